"""English money: `$3.50`, `US$5`, `€20`, `£5m`, `$2 million`, `20 €`, `99¢`, `5 USD`, `$5/mo`."""

import re

from speech.text.english.numbers import digits, parse_number, whole_words
from speech.text.english.units import per
from speech.text.reading import Reading

# Symbol: unit, units, hundredth, hundredths.
_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "", ""),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₽": ("ruble", "rubles", "kopeck", "kopecks"),
    "₩": ("won", "won", "", ""),
    "₿": ("bitcoin", "bitcoins", "", ""),
    "¢": ("cent", "cents", "", ""),
}
_CODES = {
    "USD": ("dollar", "dollars"),
    "EUR": ("euro", "euros"),
    "GBP": ("pound", "pounds"),
    "JPY": ("yen", "yen"),
    "CHF": ("Swiss franc", "Swiss francs"),
    "CAD": ("Canadian dollar", "Canadian dollars"),
    "AUD": ("Australian dollar", "Australian dollars"),
}
_LANDS = {"US": "US", "CA": "Canadian", "C": "Canadian", "AU": "Australian", "A": "Australian",
          "NZ": "New Zealand", "HK": "Hong Kong", "S": "Singapore"}  # fmt: skip
SYMBOLS = "".join(_CURRENCIES)
PREFIX = r"(?:US|CA|AU|NZ|HK|[CAS])(?=\$[0-9.])"
"""What may stand before a dollar sign."""

_MAGNITUDES = {
    "k": "thousand",
    "m": "million",
    "mn": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
    "tn": "trillion",
}
_HEAD = re.compile(rf"(?P<land>{PREFIX})?(?P<symbol>[{SYMBOLS}]) ?(?=\.?[0-9])")
_AMOUNT = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3}){1,12}+(?![0-9])|[0-9]++|(?=\.))(?:\.(?P<part>[0-9]++))?"
)
_MAGNITUDE = re.compile(
    r" ?(?P<word>hundred|thousand|million|billion|trillion|[Bb]n|[Mm]n|[Tt]n|[KkMBb](?!/)|m|T)"
    r"(?![A-Za-z0-9])"
)
_TAIL = re.compile(rf" ?(?:(?P<symbol>[{SYMBOLS}])(?!\.?[0-9])|(?P<code>{'|'.join(_CODES)})\b)")
_RANGE = re.compile(rf" ?- ?(?=[{SYMBOLS}]?[0-9])")
_CODE_HEAD = re.compile(rf"(?P<code>{'|'.join(_CODES)}) ?(?=[0-9])")
CODES = "|".join(_CODES)


def read_money(text: str, start: int) -> Reading | None:
    """An amount behind its currency sign."""
    head = _HEAD.match(text, start)
    if head is None:
        return None
    names = _CURRENCIES[head["symbol"]]
    amount = _AMOUNT.match(text, head.end())
    if amount is None:
        return None
    spoken, end = _amount(text, amount, names, _LANDS.get(head["land"] or "", ""))
    share = per(text, end)
    if share:
        spoken, end = f"{spoken} {share.spoken}", share.end
    gap = _RANGE.match(text, end)
    return Reading(f"{spoken} to", gap.end(), "money") if gap else Reading(spoken, end, "money")


def read_money_code(text: str, start: int) -> Reading | None:
    """An amount behind an ISO code: `USD 5`."""
    head = _CODE_HEAD.match(text, start)
    if head is None:
        return None
    amount = _AMOUNT.match(text, head.end())
    if amount is None:
        return None
    names = (*_CODES[head["code"]], "cent", "cents")
    return Reading(*_amount(text, amount, names, ""), "money")


def read_money_after(text: str, start: int) -> Reading | None:
    """An amount before its currency sign or code: `20 €`, `99¢`, `5 USD`."""
    number = parse_number(text, start)
    if number is None:
        return None
    end, words, is_one = number.end, number.spoken, number.is_one
    magnitude = _MAGNITUDE.match(text, end)
    if magnitude:
        words = f"{words} {_magnitude(magnitude['word'])}"
        end, is_one = magnitude.end(), False
    tail = _TAIL.match(text, end)
    if tail is None:
        return None
    names = _CODES[tail["code"]] if tail["code"] else _CURRENCIES[tail["symbol"]][:2]
    if not magnitude and not tail["code"]:
        amount = _AMOUNT.match(text, start)
        if amount and amount.end() == number.end:
            words, _ = _amount(text, amount, _CURRENCIES[tail["symbol"]], "")
            return Reading(words, tail.end(), "money")
    return Reading(f"{words} {names[0] if is_one else names[1]}", tail.end(), "money")


def _amount(
    text: str, amount: re.Match[str], names: tuple[str, str, str, str], land: str
) -> tuple[str, int]:
    one, many, small, smalls = (
        f"{land} {names[0]}".strip(),
        f"{land} {names[1]}".strip(),
        *names[2:],
    )
    whole, part = amount["whole"], amount["part"]
    magnitude = _MAGNITUDE.match(text, amount.end())
    if magnitude:
        words = whole_words(whole) if whole else ""
        words += f" point {digits(part)}" if part else ""
        return f"{words} {_magnitude(magnitude['word'])} {many}".strip(), magnitude.end()
    if part and small and len(part.rstrip("0")) <= 2:
        hundredths = int(part[:2].ljust(2, "0"))
        said = []
        if whole.strip("0,"):
            said.append(f"{whole_words(whole)} {one if whole == '1' else many}")
        if hundredths:
            said.append(f"{whole_words(str(hundredths))} {small if hundredths == 1 else smalls}")
        return " ".join(said) or f"zero {many}", amount.end()
    words = whole_words(whole) if whole else ""
    words += f" point {digits(part)}" if part else ""
    return f"{words} {one if whole == '1' and not part else many}".strip(), amount.end()


def _magnitude(word: str) -> str:
    return _MAGNITUDES.get(word.lower(), word)
