"""Russian: days, years and centuries are ordinals, which are declined."""

import re

from speech.text.languages.grammar import (
    Case,
    Currency,
    Day,
    Language,
    Moment,
    Noun,
    listed,
    nouns,
)
from speech.text.languages.numerals import russian

_FORMS = {
    "й": "", "ый": "", "ий": "", "ой": "", "я": "ая", "ая": "ая", "е": "ое", "ое": "ое",
    "го": "ого", "ого": "ого", "му": "ому", "ому": "ому", "м": "ом", "ом": "ом", "ым": "ым",
    "х": "ых", "ых": "ых", "ю": "ую", "ую": "ую", "ые": "ые",
}  # fmt: skip
"""By what is written behind the figures: the ending of the adjective; nothing is the masculine."""
_THIRD = {
    "ая": "ья", "ое": "ье", "ого": "ьего", "ому": "ьему", "ом": "ьем", "ым": "ьим", "ых": "ьих",
    "ую": "ью", "ые": "ьи",
}  # fmt: skip
# e.g. `Екатерины`
_KINGS = re.compile(
    r"(?:П[её]т|Никола|Александр|Пав|Иван|Карл|Генрих|Фридрих|Вильгельм|Франциск|Филипп|Людовик"
    r"|Георг|Рамзес)\w{0,4}|(?P<queen>Екатерин|Елизавет|Анн|Мари|Виктори)(?P<case>\w{1,2})"
)
_OF_QUEENS = {"а": "ая", "я": "ая", "у": "ую", "ю": "ую"}
_OF_KINGS = {"а": "ого", "я": "ого", "у": "ому", "ю": "ому", "е": "ом", "м": "ым"}
_SHARES = ("", "десятая", "сотая", "тысячная")


class _Russian(Language):
    """Ordinals are adjectives; decimals are shares."""

    __slots__ = ()

    def declined(self, number: str, case: str, gender: str = "") -> str:
        return russian(number, case[0], gender)

    def _nth(self, number: str, ending: str) -> str:
        """An ordinal with an ending of `_FORMS`."""
        head, space, last = self.nth(number).rpartition(" ")
        if ending and last == "третий":
            return f"{head}{space}трет{_THIRD[ending]}"
        return f"{head}{space}{last[:-2]}{ending}" if ending else f"{head}{space}{last}"

    def gender(self, noun: str, count: str = "") -> str:
        # Behind 2, 3 and 4 stands the genitive.
        if count[-1:] in {"2", "3", "4"}:
            return "f" if noun.endswith(("ы", "и")) else "m"
        return "f" if noun.endswith(("а", "я")) else "n" if noun.endswith(("о", "е")) else "m"

    def year_in(self, number: str, case: str) -> str:
        return self._nth(number, {"genitive": "ого", "dative": "ому"}.get(case, "ом"))

    def day(self, date: Day) -> str:
        if date.before.endswith("-") or date.before == "по":
            return self._nth(str(date.day), "ое")
        return self._nth(str(date.day), "ого")

    def hour(self, moment: Moment) -> str:
        case = self.case(moment.before, "")
        hour = str(moment.hour)
        said = self.declined(hour, case) if case else self.cardinal(hour)
        return said if moment.minute else f"{said} ноль ноль"

    def decimal(self, whole: str, part: str, gender: str = "") -> str:
        if not part or len(part) > 3:
            return super().decimal(whole, part, gender)
        share = _SHARES[len(part)]
        of = share if _is_one(part) else f"{share[:-2]}ых"
        full = "целая" if _is_one(whole) else "целых"
        return f"{self.cardinal(whole, 'f')} {full} {self.cardinal(part, 'f')} {of}"

    def ordinal(self, number: str, ending: str, around: str) -> str:
        del around
        form = _FORMS[ending.lstrip("-")]
        if form == "ое" and number[-1] == "0" and ending == "-е":
            form = "ые"
        return self._nth(number, form)

    def is_ruler(self, name: str) -> bool:
        return bool(_KINGS.fullmatch(name))

    def roman(self, number: str, before: str, after: str) -> str:
        if after.startswith("век"):
            return self._nth(number, _OF_KINGS.get(after[-1], ""))
        name = _KINGS.fullmatch(before)
        if name is None:
            return ""
        if name["queen"]:
            return self._nth(number, _OF_QUEENS.get(name["case"], "ой"))
        return self._nth(number, _OF_KINGS.get(before[-1], ""))

    def century(self, number: str, before: str) -> str:
        if before.lower() in {"в", "во"}:
            return f"{self._nth(number, 'ом')} веке"
        return f"{self._nth(number, 'ого')} века"

    def year(self, number: str) -> str:
        return f"{self._nth(number, 'ого')} года"

    def marked_year(self, number: str, mark: str, before: str) -> str:
        word = mark.strip()
        if word == "год":
            return f"{self._nth(number, '')} год"
        if word == "году" or (word == "г." and before in {"в", "во"}):
            return f"{self._nth(number, 'ом')} году"
        return self.year(number)


def _is_one(number: str) -> bool:
    return number[-1] == "1" and number[-2:] != "11"


_CENT = Noun("m", "цент", "центов", "цента", "цента")
RUSSIAN = _Russian(
    tag="ru",
    point="запятая",
    dot="точка",
    minus="минус",
    to="—",
    against="",
    times="на",
    per="за",
    often=" раз",
    months=listed(
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
    ),
    short_months={
        "янв": 1, "февр": 2, "фев": 2, "апр": 4, "авг": 8, "сент": 9, "сен": 9, "окт": 10,
        "нояб": 11, "ноя": 11, "дек": 12,
    },
    units=nouns("""
        % m процент процентов процента процента
        ‰ m промилле
        км m километр километров километра километра
        м m метр метров метра метра
        см m сантиметр сантиметров сантиметра сантиметра
        мм m миллиметр миллиметров миллиметра миллиметра
        км/ч m километр_в_час километров_в_час километра_в_час километра_в_час
        м/с m метр_в_секунду метров_в_секунду метра_в_секунду метра_в_секунду
        км² m квадратный_километр квадратных_километров квадратных_километра \
            квадратного_километра
        м² m квадратный_метр квадратных_метров квадратных_метра квадратного_метра
        м³ m кубический_метр кубических_метров кубических_метра кубического_метра
        га m гектар гектаров гектара гектара
        кг m килограмм килограммов килограмма килограмма
        г m грамм граммов грамма грамма
        мг m миллиграмм миллиграммов миллиграмма миллиграмма
        т f тонна тонн тонны тонны
        л m литр литров литра литра
        мл m миллилитр миллилитров миллилитра миллилитра
        °C m градус_Цельсия градусов_Цельсия градуса_Цельсия градуса_Цельсия
        °F m градус_Фаренгейта градусов_Фаренгейта градуса_Фаренгейта градуса_Фаренгейта
        ° m градус градусов градуса градуса
        ч m час часов часа часа
        ч. m час часов часа часа
        мин f минута минут минуты минуты
        мин. f минута минут минуты минуты
        с f секунда секунд секунды секунды
        сек f секунда секунд секунды секунды
        сек. f секунда секунд секунды секунды
        Вт m ватт ватт ватта ватта
        кВт m киловатт киловатт киловатта киловатта
        В m вольт вольт вольта вольта
        Гц m герц герц герца герца
        МБ m мегабайт мегабайт мегабайта мегабайта
        ГБ m гигабайт гигабайт гигабайта гигабайта
        ТБ m терабайт терабайт терабайта терабайта
        коп. f копейка копеек копейки копейки
    """),
    currencies={
        "RUB": Currency(
            Noun("m", "рубль", "рублей", "рубля", "рубля"),
            Noun("f", "копейка", "копеек", "копейки", "копейки"),
        ),
        "EUR": Currency(Noun("n", "евро", "евро"), _CENT),
        "USD": Currency(Noun("m", "доллар", "долларов", "доллара", "доллара"), _CENT),
        "GBP": Currency(
            Noun("m", "фунт", "фунтов", "фунта", "фунта"),
            Noun("m", "пенс", "пенсов", "пенса", "пенса"),
        ),
        "UAH": Currency(Noun("f", "гривна", "гривен", "гривны", "гривны"), None),
        "JPY": Currency(Noun("f", "иена", "иен", "иены", "иены"), None),
        "INR": Currency(Noun("f", "рупия", "рупий", "рупии", "рупии"), None),
    },
    scales=nouns("""
        тыс. f тысяча тысяч тысячи тысячи
        млн m миллион миллионов миллиона миллиона
        млн. m миллион миллионов миллиона миллиона
        млрд m миллиард миллиардов миллиарда миллиарда
        млрд. m миллиард миллиардов миллиарда миллиарда
        трлн m триллион триллионов триллиона триллиона
    """),
    agreement={"f": {"один": "одна", "два": "две"}, "n": {"один": "одно"}},
    sections=frozenset(listed("глава часть том раздел тип класс фаза")),
    zero="ноль ",
    cases=(
        Case("instrumental", frozenset(), ("ами", "ями", "ьми")),
        Case("instrumental", frozenset(listed("между перед над"))),
        Case("prepositional", frozenset(listed("в во на о об при")), ("ах", "ях")),
        Case("dative", frozenset(listed("к ко благодаря"))),
        Case(
            "genitive",
            frozenset(
                listed(
                    """от до из с со без для около ок. после свыше более менее больше меньше у
                    кроме среди против вместо ниже выше старше младше порядка"""
                )
            ),
        ),
    ),
    endings="-(?:" + "|".join(sorted(_FORMS, key=len, reverse=True)) + ")",
    year_mark=r"(?: ?г\.| года?)?",
    year_behind=r" ?г\.| год[ау]?(?!\w)",
    century_mark=r" ?в\.",
    cents="{major} {minor} {coin}",
    days=("с со", "по"),
    slavic="russian",
)  # fmt: skip
