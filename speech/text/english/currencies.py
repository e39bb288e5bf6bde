"""Currencies: their signs and ISO 4217 codes, and how English names an amount of them."""

from typing import NamedTuple


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
