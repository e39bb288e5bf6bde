"""English money: `$3.50`, `US$5`, `€20`, `£5m`, `$2 million`, `20 €`, `99¢`, `5 USD`, `$5/mo`."""

import re
from typing import NamedTuple

from speech.text.english.neighbours import describes
from speech.text.english.numbers import WHOLE, digits, parse_number, whole_words
from speech.text.english.units import per
from speech.text.reading import Reading, word_after

# Currencies: their signs and ISO 4217 codes, and how English names an amount of them.


class Currency(NamedTuple):
    """How an amount is said; `hundredth` is empty where nobody counts in hundredths."""

    one: str
    many: str
    hundredth: str = ""
    hundredths: str = ""


def _land(land: str) -> Currency:
    return Currency(f"{land} dollar", f"{land} dollars", "cent", "cents")


_DOLLAR = Currency("dollar", "dollars", "cent", "cents")
_EURO = Currency("euro", "euros", "cent", "cents")
_POUND = Currency("pound", "pounds", "penny", "pence")
_YEN = Currency("yen", "yen")
_YUAN = Currency("yuan", "yuan")
_WON = Currency("won", "won")
_RUPEE = Currency("rupee", "rupees", "paisa", "paise")
_RUBLE = Currency("ruble", "rubles", "kopeck", "kopecks")
_LIRA = Currency("lira", "lira", "kurus", "kurus")
_HRYVNIA = Currency("hryvnia", "hryvnias", "kopiyka", "kopiykas")
_SHEKEL = Currency("shekel", "shekels", "agora", "agorot")
_ZLOTY = Currency("zloty", "zlotys", "grosz", "groszy")
_REAL = Currency("real", "reais", "centavo", "centavos")
_FRANC = Currency("Swiss franc", "Swiss francs", "centime", "centimes")
_KORUNA = Currency("koruna", "korunas", "haler", "halers")
_FORINT = Currency("forint", "forints")
_BAHT = Currency("baht", "baht", "satang", "satang")
_DONG = Currency("dong", "dong")
_NAIRA = Currency("naira", "naira", "kobo", "kobo")
_CEDI = Currency("cedi", "cedis", "pesewa", "pesewas")
_PHILIPPINE_PESO = Currency("peso", "pesos", "centavo", "centavos")
_RINGGIT = Currency("ringgit", "ringgit", "sen", "sen")
_BITCOIN = Currency("bitcoin", "bitcoins")
_KRONE = Currency("krone", "kroner", "ore", "ore")

SIGNS = {
    "$": _DOLLAR, "€": _EURO, "£": _POUND, "¥": _YEN, "￥": _YEN, "₹": _RUPEE, "₽": _RUBLE,
    "₩": _WON, "₿": _BITCOIN, "¢": Currency("cent", "cents"), "₺": _LIRA, "₴": _HRYVNIA,
    "₪": _SHEKEL, "₫": _DONG, "₦": _NAIRA, "₱": _PHILIPPINE_PESO, "฿": _BAHT,
    "₡": Currency("colon", "colones"), "₲": Currency("guarani", "guaranis"), "₵": _CEDI,
    "₸": Currency("tenge", "tenge"), "₼": Currency("manat", "manat"),
    "₾": Currency("lari", "lari"), "₭": Currency("kip", "kip"),
    "₮": Currency("tugrik", "tugriks"), "₨": _RUPEE,
}  # fmt: skip
"""By a sign of one character."""

LANDS = {
    "US": _land("US"), "CA": _land("Canadian"), "C": _land("Canadian"), "Can": _land("Canadian"),
    "AU": _land("Australian"), "A": _land("Australian"), "NZ": _land("New Zealand"),
    "HK": _land("Hong Kong"), "S": _land("Singapore"), "SG": _land("Singapore"),
    "NT": _land("New Taiwan"), "TT": _land("Trinidad and Tobago"), "J": _land("Jamaican"),
    "R": _REAL, "MX": Currency("Mexican peso", "Mexican pesos", "centavo", "centavos"),
}  # fmt: skip
"""By the letters before a dollar sign."""

CODES = {
    "USD": Currency("US dollar", "US dollars", "cent", "cents"), "EUR": _EURO,
    "GBP": _POUND, "JPY": _YEN, "CNY": _YUAN, "RMB": _YUAN, "CHF": _FRANC,
    "CAD": LANDS["C"], "AUD": LANDS["A"], "NZD": LANDS["NZ"], "HKD": LANDS["HK"],
    "SGD": LANDS["S"], "TWD": LANDS["NT"], "INR": Currency("Indian rupee", "Indian rupees"),
    "RUB": _RUBLE, "KRW": _WON, "BRL": _REAL, "MXN": LANDS["MX"], "TRY": _LIRA, "UAH": _HRYVNIA,
    "ILS": _SHEKEL, "PLN": _ZLOTY, "CZK": _KORUNA, "HUF": _FORINT, "THB": _BAHT, "VND": _DONG,
    "NGN": _NAIRA, "PHP": _PHILIPPINE_PESO, "MYR": _RINGGIT,
    "SEK": Currency("Swedish krona", "Swedish kronor", "ore", "ore"),
    "NOK": Currency("Norwegian krone", "Norwegian kroner", "ore", "ore"),
    "DKK": Currency("Danish krone", "Danish kroner", "ore", "ore"),
    "ISK": Currency("Icelandic krona", "Icelandic kronur"),
    "ZAR": Currency("rand", "rand", "cent", "cents"), "IDR": Currency("rupiah", "rupiah"),
    "AED": Currency("dirham", "dirhams", "fils", "fils"),
    "SAR": Currency("riyal", "riyals", "halala", "halalas"),
    "EGP": Currency("Egyptian pound", "Egyptian pounds"), "KES": Currency(
        "Kenyan shilling", "Kenyan shillings"),
    "ARS": Currency("Argentine peso", "Argentine pesos"),
    "CLP": Currency("Chilean peso", "Chilean pesos"),
    "COP": Currency("Colombian peso", "Colombian pesos"),
    "PKR": Currency("Pakistani rupee", "Pakistani rupees"),
    "RON": Currency("leu", "lei", "ban", "bani"), "BGN": Currency("lev", "leva"),
    "BTC": _BITCOIN, "ETH": Currency("ether", "ether"),
}  # fmt: skip
"""By ISO code, before or behind the amount."""

WRITTEN = {
    "kr": _KRONE, "zł": _ZLOTY, "zl": _ZLOTY, "Kč": _KORUNA, "Ft": _FORINT, "Rs": _RUPEE,
    "RM": _RINGGIT, "Fr": _FRANC, "SFr": _FRANC, "Tk": Currency("taka", "taka"),
    "KSh": Currency("Kenyan shilling", "Kenyan shillings"),
    "Rp": Currency("rupiah", "rupiah"), "p": Currency("penny", "pence"),
}  # fmt: skip
"""By letters used as a sign; `kr` is said as in Norway and Denmark, whose crowns it shares."""


# Amounts.

SYMBOLS = "".join(SIGNS)
_LAND = "|".join(sorted(LANDS, key=len, reverse=True))
PREFIX = rf"(?:{_LAND})(?=\$ ?[0-9.])"
"""What may stand before a dollar sign."""

_CODE = "|".join(CODES)
CODE_HEAD = rf"(?:(?:{_CODE}) ?(?=[0-9{SYMBOLS}])|(?:kr|Rs|RM|S?Fr|Tk|KSh|Rp)\.? ?(?=[0-9]))"
"""A code or letters used as a sign, before an amount."""

_MAGNITUDES = {
    "k": "thousand", "m": "million", "mn": "million", "mm": "million", "mil": "million",
    "mln": "million", "b": "billion", "bn": "billion", "bil": "billion", "t": "trillion",
    "tn": "trillion", "trn": "trillion",
}  # fmt: skip
_HEAD = re.compile(rf"(?P<land>{PREFIX})?(?P<sign>[{SYMBOLS}]) ?(?P<minus>-?)(?=\.?[0-9])")
# e.g. `CHF 2`
_CODED = re.compile(
    rf"(?P<code>{_CODE}|kr|Rs|RM|S?Fr|Tk|KSh|Rp)\.? ?[{SYMBOLS}]?(?P<minus>-?)(?=\.?[0-9])"
)
# e.g. `1,250.50`
_AMOUNT = re.compile(
    rf"(?P<continental>[0-9]{{1,3}}(?:\.[0-9]{{3}}){{1,4}},[0-9]{{2}}(?![0-9])|[0-9]{{1,7}},[0-9]{{2}}(?![0-9]|,[0-9]))"
    rf"|(?P<whole>{WHOLE}|(?=\.))(?:\.(?P<part>[0-9]++))?"
)
# e.g. ` million`
_MAGNITUDE = re.compile(
    r"[ -]?(?P<word>hundred|thousand|million|billion|trillion|quadrillion|dozen|lakh|crore)"
    r"(?![A-Za-z0-9])"
    r"| ?(?P<short>[Bb]n|[Mm]n|MM|[Mm]il|mln|[Bb]il|[Tt]r?n|[KkMBb]|m(?!/)|T)(?![^\W_]|')"
)
# e.g. ` EUR`
_TAIL = re.compile(
    rf" ?(?:(?P<sign>[{SYMBOLS}])(?!\.?[0-9])|(?P<code>{_CODE})(?![A-Za-z0-9])"
    r"|(?P<word>kr|zł|zl|Kč|Ft|Rs|Tk)(?![A-Za-z0-9])|(?P<pence>(?<=[0-9])p)(?![A-Za-z0-9]))"
)
# e.g. ` - $5`
_RANGE = re.compile(
    rf" ?[-–—] ?(?:(?P<land>{_LAND})?(?P<sign>[{SYMBOLS}])|(?P<code>{_CODE}) ?)?(?=\.?[0-9])"
)
_NAMED = re.compile(r" ?(?P<code>USD|CAD|AUD|NZD|HKD|SGD|TWD|MXN)(?![A-Za-z0-9])")
_SECOND = re.compile(r"[-–](?=\.?[0-9])")
# PHP 8.2 is no price.
_LANGUAGE = re.compile(r"PHP [4-9](?:\.[0-9]{1,2}){0,2}(?![0-9,])")
# A price in whole units (20.-), and the dot of kr. inside a sentence.
_MARKED = re.compile(r"[.,][-–—](?![A-Za-z0-9])|(?<=kr)\.(?=,| [a-z])")
_NO_TAIL = frozenset(["", *"()[]{};!?,:'&/"])
_PER_WORD = re.compile(r" ?/ ?(?P<word>[a-z]{3,14})(?![A-Za-z0-9/])")
# The 3 Rs and 5 Ft of rope are no money.
_LEAST = {"Rs": 2, "Ft": 3}
_NOTES = frozenset("bill bills note notes coin coins banknote banknotes voucher vouchers".split())
_VIDEO = frozenset({"144", "240", "360", "480", "540", "576", "720", "1080", "1440", "2160"})


class _Amount(NamedTuple):
    whole: str
    part: str
    magnitude: str
    end: int

    @property
    def bare(self) -> str:
        """The amount as a bare number."""
        words = whole_words(self.whole, most=15) if self.whole else ""
        words += f" point {digits(self.part)}" if self.part else ""
        return f"{words} {self.magnitude}".strip()


def read_money(text: str, start: int) -> Reading | None:
    """An amount behind its currency sign."""
    head = _HEAD.match(text, start)
    if head is None:
        return None
    currency = LANDS[head["land"]] if head["land"] else SIGNS[head["sign"]]
    return _read(text, start, head, currency)


def read_money_code(text: str, start: int) -> Reading | None:
    """An amount behind a code or letters: `USD 5`, `CHF 1'200`, `Rs. 500`."""
    head = _CODED.match(text, start)
    if head is None or _LANGUAGE.match(text, start):
        return None
    return _read(text, start, head, CODES.get(head["code"]) or WRITTEN[head["code"]])


def read_money_after(text: str, start: int) -> Reading | None:
    """An amount before its currency sign or code: `20 €`, `99¢`, `27,50 €`, `5-10 USD`."""
    if text[start - 1 : start].isalnum():
        return None
    first = _parse(text, start)
    if first is None or text[first.end : first.end + 1] in _NO_TAIL:
        return None
    gap = _SECOND.match(text, first.end)
    last = _parse(text, gap.end()) if gap else first
    tail = _TAIL.match(text, last.end) if last else None
    if last is None or tail is None:
        return None
    if tail["word"] in _LEAST and len(last.whole) < _LEAST[tail["word"]]:
        return None
    if tail["pence"] and (last.whole in _VIDEO or last.magnitude or last.part):
        return None
    currency = (
        CODES[tail["code"]]
        if tail["code"]
        else SIGNS[tail["sign"]]
        if tail["sign"]
        else WRITTEN[tail["word"] or "p"]
    )
    if last is not first:
        return Reading(f"{first.bare} to {last.bare} {currency.many}", tail.end(), "money")
    number = parse_number(text, start)
    if number and number.end > first.end:
        return None
    return _finish(text, start, tail.end(), _words(first, currency))


def _read(text: str, start: int, head: re.Match[str], currency: Currency) -> Reading | None:
    first = _parse(text, head.end())
    if first is None:
        return None
    code = _NAMED.match(text, first.end)
    if code:
        # $100 USD
        currency, first = CODES[code["code"]], first._replace(end=code.end())
    minus = "minus " if head["minus"] else ""
    gap = _RANGE.match(text, first.end)
    last = _parse(text, gap.end()) if gap else None
    if gap and last and not text.startswith("-", last.end):
        if describes(text, start, last.end):
            said = f"{first.bare} to {last.bare} {currency.one}"
            return Reading(minus + said, last.end, "money")
        named = (gap["sign"] or gap["code"]) and (first.magnitude or not last.magnitude)
        said = _words(first, currency) if named else first.bare
        return _finish(text, start, last.end, f"{minus}{said} to {_words(last, currency)}")
    said = _words(first, currency)
    if describes(text, start, first.end) or (word_after(text, first.end).strip(".,;:!?") in _NOTES):
        # As an adjective it is not counted: a five dollar bill.
        said = f"{first.bare} {currency.one}" if not first.part or first.magnitude else said
        said = said.replace("-", " ")
        end = first.end + (text[first.end : first.end + 1] == "-")
        return Reading(f"{minus}{said}", end, "money")
    return _finish(text, start, first.end, minus + said)


def _finish(text: str, start: int, end: int, said: str) -> Reading:
    if text.startswith("'s worth", end):
        return Reading(said, end + 2, "money")
    share = per(text, end)
    if share:
        return Reading(f"{said} {share.spoken}", share.end, "money")
    word = _PER_WORD.match(text, end)
    if word:
        return Reading(f"{said} per {word['word']}", word.end(), "money")
    mark = _MARKED.match(text, end)
    return Reading(said, mark.end() if mark else end, "money")


def _parse(text: str, start: int) -> _Amount | None:
    match = _AMOUNT.match(text, start)
    if match is None:
        return None
    if match["continental"]:
        whole, _, part = match["continental"].rpartition(",")
        whole = whole.replace(".", "")
    else:
        whole, part = match["whole"], match["part"] or ""
    magnitude = _MAGNITUDE.match(text, match.end())
    if magnitude is None:
        return _Amount(whole, part, "", match.end())
    word = magnitude["word"] or _MAGNITUDES[magnitude["short"].lower()]
    return _Amount(whole, part, word, magnitude.end())


def _words(amount: _Amount, currency: Currency) -> str:
    whole, part = amount.whole, amount.part
    if amount.magnitude:
        return f"{amount.bare} {currency.many}"
    if part and currency.hundredth and len(part.rstrip("0")) <= 2 and (whole or len(part) <= 2):
        hundredths = int(part[:2].ljust(2, "0"))
        said = []
        if whole.strip("0,' "):
            said.append(
                f"{whole_words(whole, most=15)} {currency.one if whole == '1' else currency.many}"
            )
        if hundredths:
            unit = currency.hundredth if hundredths == 1 else currency.hundredths
            said.append(f"{whole_words(str(hundredths))} {unit}")
        return " ".join(said) or f"zero {currency.many}"
    return f"{amount.bare} {currency.one if whole == '1' and not part else currency.many}"
