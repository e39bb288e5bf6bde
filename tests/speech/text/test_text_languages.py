"""Languages other than English, written from how they are spoken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.config import TextConfig
from speech.text import FrontEnd
from speech.text.languages import foreign_spans
from speech.text.normalize import normalize
from tests.conftest import passage

GERMAN = [
    ("Ich habe 21 Hunde.", "Ich habe einundzwanzig Hunde."),
    ("Es sind 1.234 Leute", "Es sind eintausendzweihundertvierunddreißig Leute"),
    ("nur 3,14", "nur drei Komma eins vier"),
    ("3,50 Punkte", "drei Komma fünf null Punkte"),
    ("3,5 % mehr", "drei Komma fünf Prozent mehr"),
    ("1 % und 100%", "ein Prozent und einhundert Prozent"),
    ("am 3. Mai 2024", "am dritten Mai zweitausendvierundzwanzig"),
    ("Der 1. Mai ist frei.", "Der erste Mai ist frei."),
    ("Berlin, 7. Oktober 1989", "Berlin, siebter Oktober neunzehnhundertneunundachtzig"),
    ("vom 3. bis 5. Mai", "vom dritten bis fünften Mai"),
    (
        "am 24.12.2024 um 18 Uhr",
        "am vierundzwanzigsten Dezember zweitausendvierundzwanzig um achtzehn Uhr",
    ),
    ("bis 3.5. zahlen", "bis dritten Mai zahlen"),
    ("2024-05-03", "dritter Mai zweitausendvierundzwanzig"),
    ("um 14:30 Uhr", "um vierzehn Uhr dreißig"),
    ("um 9:05", "um neun Uhr fünf"),
    ("um 1:00 Uhr", "um ein Uhr"),
    ("um 14.30 Uhr los", "um vierzehn Uhr dreißig los"),
    ("im 19. Jahrhundert", "im neunzehnten Jahrhundert"),
    ("die 3. Auflage", "die dritte Auflage"),
    ("seit 1984", "seit neunzehnhundertvierundachtzig"),
    ("1990-1995", "neunzehnhundertneunzig bis neunzehnhundertfünfundneunzig"),
    ("3,50 €", "drei Euro fünfzig"),
    ("1 € oder 0,99 €", "ein Euro oder neunundneunzig Cent"),
    ("€ 5", "fünf Euro"),
    ("20,- €", "zwanzig Euro"),
    ("3,5 Mio. € Verlust", "drei Komma fünf Millionen Euro Verlust"),
    ("2 Mrd. Menschen", "zwei Milliarden Menschen"),
    ("12,5 kg", "zwölf Komma fünf Kilogramm"),
    ("1 h und 2 h", "eine Stunde und zwei Stunden"),
    ("120 km/h", "einhundertzwanzig Kilometer pro Stunde"),
    ("80 m² bei -5 °C", "achtzig Quadratmeter bei minus fünf Grad Celsius"),
    ("10-12 Tage", "zehn bis zwölf Tage"),
    ("3-5 km", "drei bis fünf Kilometer"),
    ("Tel. 030 1234567", "Telefon null drei null, eins zwei drei vier fünf sechs sieben"),
    ("Version 3.5", "Version drei Punkt fünf"),
    ("1 Hund, 1 Stunde, 1 Wohnung", "ein Hund, eine Stunde, eine Wohnung"),
    ("1 Euro, 3,50 Euro, 2 Millionen Euro", "ein Euro, drei Euro fünfzig, zwei Millionen Euro"),
    ("Nummer 1 ist 1.", "Nummer eins ist eins."),
    (
        "5-10 % von 1.234,50 €",
        "fünf bis zehn Prozent von eintausendzweihundertvierunddreißig Euro fünfzig",
    ),
    ("Wilhelm II. dankte ab.", "Wilhelm der Zweite dankte ab."),
    ("ihren 18. Geburtstag", "ihren achtzehnten Geburtstag"),
    ("am Montag, 5. Aug. da", "am Montag, fünften August da"),
    ("Größe XL, Teil II", "Größe XL, Teil zwei"),
    # Left to espeak-ng: codes, and what may be an ordinal.
    ("A4 und 007", "A4 und 007"),
    ("1" * 40, "1" * 40),
    ("978-3-16-148410-0", "978-3-16-148410-0"),
]
FRENCH = [
    ("J'ai 71 ans", "J'ai soixante et onze ans"),
    ("1 000 euros", "mille euros"),
    ("3,14", "trois virgule quatorze"),
    ("2,05 m", "deux virgule zéro cinq mètres"),
    ("3,5 %", "trois virgule cinq pour cent"),
    ("à 14h30", "à quatorze heures trente"),
    ("à 21 h", "à vingt et une heures"),
    ("à 1h", "à une heure"),
    ("à 9:05", "à neuf heures cinq"),
    ("le 1er mai", "le premier mai"),
    ("le 3 mai 2024", "le trois mai deux mille vingt-quatre"),
    ("le 03/05/2024", "le trois mai deux mille vingt-quatre"),
    ("3,50 €", "trois euros cinquante"),
    ("1 €", "un euro"),
    ("0,50 €", "cinquante centimes"),
    ("5 millions d'euros", "cinq millions d'euros"),
    ("2,5 M€", "deux virgule cinq millions d'euros"),
    ("la 2e fois, la 1re, le 21ème", "la deuxième fois, la première, le vingt et unième"),
    ("1,5 kg", "un virgule cinq kilogramme"),
    ("20 m²", "vingt mètres carrés"),
    ("90 km/h", "quatre-vingt-dix kilomètres heure"),
    ("-3 °C", "moins trois degrés Celsius"),
    ("10-12 jours", "dix à douze jours"),
    ("au XIXe siècle, Louis XV", "au dix-neuvième siècle, Louis quinze"),
    ("à 18 h 30", "à dix-huit heures trente"),
    ("1 200,50 €", "mille deux cents euros cinquante"),
    ("1 heure et 21 heures", "une heure et vingt et une heures"),
    ("3,50 euros", "trois euros cinquante"),
]
SPANISH = [
    ("3,5 %", "tres coma cinco por ciento"),
    ("a las 14:30", "a las catorce y treinta"),
    ("a las 15:00", "a las quince"),
    ("a la 1:15", "a la una y quince"),
    ("15:00 h", "quince horas"),
    ("el 3 de mayo de 2024", "el tres de mayo de dos mil veinticuatro"),
    ("el 3/5/2024", "el tres de mayo de dos mil veinticuatro"),
    ("el 1.º y la 2.ª", "el primero y la segunda"),
    ("el 3.er piso", "el tercer piso"),
    ("3,50 €", "tres euros con cincuenta"),
    ("21 €", "veintiún euros"),
    ("1 €", "un euro"),
    ("$5", "cinco dólares"),
    ("5 millones de personas", "cinco millones de personas"),
    ("21 h", "veintiuna horas"),
    ("1,5 kg", "uno coma cinco kilogramos"),
    ("100 km/h", "cien kilómetros por hora"),
    ("1.234 casas", "mil doscientos treinta y cuatro casas"),
    ("1 casa y 21 libros", "una casa y veintiún libros"),
    ("2 millones de euros", "dos millones de euros"),
    ("el siglo XX, Felipe II, Alfonso XIII", "el siglo veinte, Felipe segundo, Alfonso trece"),
    ("61 días y 1 problema", "sesenta y un días y un problema"),
    ("Capítulo II", "Capítulo dos"),
    ("el 4° piso a 20°", "el cuarto piso a veinte grados"),
]
ITALIAN = [
    ("3,5 %", "tre virgola cinque per cento"),
    ("alle 14:30", "alle quattordici e trenta"),
    ("alle 15:00", "alle quindici"),
    ("all'1:00", "all'una"),
    ("il 1º maggio", "il primo maggio"),
    ("il 1 maggio 2024", "il primo maggio duemilaventiquattro"),
    ("il 3/5/2024", "il tre maggio duemilaventiquattro"),
    ("la 2ª volta", "la seconda volta"),
    ("3,50 €", "tre euro e cinquanta"),
    ("1 €", "un euro"),
    ("1 kg di pane", "un chilogrammo di pane"),
    ("1 casa, 1 libro", "una casa, un libro"),
    ("nel XX secolo, Luigi XIV", "nel ventesimo secolo, Luigi quattordicesimo"),
    ("al 4° piano", "al quarto piano"),
    ("5 milioni di euro", "cinque milioni di euro"),
    ("130 km/h", "centotrenta chilometri orari"),
]
PORTUGUESE = [
    ("3,5 %", "três vírgula cinco por cento"),
    ("às 14h30", "às catorze horas e trinta"),
    ("às 14:30", "às catorze horas e trinta"),
    ("às 2h", "às duas horas"),
    ("3 de maio de 2024", "três de maio de dois mil e vinte e quatro"),
    ("03/05/2024", "três de maio de dois mil e vinte e quatro"),
    ("o 1º e a 2ª", "o primeiro e a segunda"),
    ("3,50 €", "três euros e cinquenta cêntimos"),
    ("1 €", "um euro"),
    ("100 km", "cem quilómetros"),
    ("2 casas e 1 livro", "duas casas e um livro"),
    ("em 1º de maio, século XX", "em primeiro de maio, século vinte"),
]
BRAZILIAN = [
    ("16 casas", "dezesseis casas"),
    ("1.984 casas", "mil novecentos e oitenta e quatro casas"),
    ("R$ 3,50", "três reais e cinquenta centavos"),
    ("R$ 1", "um real"),
    ("1 de maio", "primeiro de maio"),
    ("100 km", "cem quilômetros"),
    ("R$ 2 milhões", "dois milhões de reais"),
]
DUTCH = [
    ("3,5 %", "drie komma vijf procent"),
    ("om 14.30 uur", "om veertien uur dertig"),
    ("om 9:05", "om negen uur vijf"),
    ("3 mei 2024", "drie mei tweeduizendvierentwintig"),
    ("op 3-5-2024", "op drie mei tweeduizendvierentwintig"),
    ("€ 3,50", "drie euro vijftig"),
    ("€ 0,99", "negenennegentig cent"),
    ("de 1e en 2de keer", "de eerste en tweede keer"),
    ("sinds 1984", "sinds negentienhonderd vierentachtig"),
    ("100 km/u", "honderd kilometer per uur"),
    ("2 mln. mensen", "twee miljoen mensen"),
    ("Willem II", "Willem de tweede"),
]
POLISH = [
    ("3,5%", "trzy przecinek pięć procent"),
    ("o 14:30", "o czternastej trzydzieści"),
    ("jest 14:05", "jest czternasta zero pięć"),
    ("o 20:00", "o dwudziestej"),
    ("3 maja 2024 r.", "trzeciego maja dwa tysiące dwudziestego czwartego roku"),
    (
        "22.12.1999",
        "dwudziestego drugiego grudnia tysiąc dziewięćset dziewięćdziesiątego dziewiątego roku",
    ),
    ("3,50 zł", "trzy złote pięćdziesiąt groszy"),
    ("1 zł, 5 zł, 22 zł", "jeden złoty, pięć złotych, dwadzieścia dwa złote"),
    ("2 h i 5 h", "dwie godziny i pięć godzin"),
    ("1,5 kg", "jeden przecinek pięć kilograma"),
    ("12 km", "dwanaście kilometrów"),
    ("3 mln zł", "trzy miliony złotych"),
    ("3. miejsce na 2. piętrze w 3. klasie", "trzecie miejsce na drugim piętrze w trzeciej klasie"),
    (
        "w XIX wieku; XX wiek; Zygmunt III",
        "w dziewiętnastym wieku; dwudziesty wiek; Zygmunt trzeci",
    ),
]
OTHERS = [
    ("21 casas", "xx", "21 casas"),
    ("መጽሐፍ 1999", "am", "መጽሐፍ 1999"),
    ("21 дом", "ru", "двадцать один дом"),
    ("3,50 €", "ru", "три евро пятьдесят центов"),
    ("5 €", "uk", "п'ять євро"),
    ("5 € och 21", "sv", "fem euro och tjugoett"),
    ("3,5 Kč", "cs", "tři koruny padesát haléřů"),
    ("septante: 71", "fr-be", "septante: septante et un"),
    ("3.5 por ciento", "es-419", "tres punto cinco por ciento"),
    ("$1,250", "es-419", "mil doscientos cincuenta dólares"),
]
TABLES = {
    "de": GERMAN, "fr": FRENCH, "es": SPANISH, "it": ITALIAN, "pt": PORTUGUESE,
    "pt-br": BRAZILIAN, "nl": DUTCH, "pl": POLISH,
}  # fmt: skip
CASES = [(*case, tag) for tag, cases in TABLES.items() for case in cases]


@pytest.mark.parametrize(
    ("written", "spoken", "language"),
    [*CASES, *((written, spoken, tag) for written, tag, spoken in OTHERS)],
)
def test_numbers_are_read_as_the_language_is_spoken(
    written: str, spoken: str, language: str
) -> None:
    assert normalize(written, language) == spoken


@pytest.mark.parametrize(
    ("written", "language", "phrases"),
    [
        ("Im 19. Jahrhundert. So war es.", "de", ["Im neunzehnten Jahrhundert.", "So war es."]),
        ("Er ist 19. Danach kam sie.", "de", ["Er ist neunzehn.", "Danach kam sie."]),
        ("es la 2.ª vez que", "es", ["es la segunda vez que"]),
        ("El 3.er piso.", "es", ["El tercer piso."]),
        ("She ate 3 lbs. of it.", "en-us", ["She ate three pounds of it."]),
    ],
)
def test_the_dot_of_a_number_ends_no_sentence(
    written: str, language: str, phrases: list[str]
) -> None:
    found = FrontEnd(TextConfig()).prepare(passage(written, language), None).phrases
    assert [phrase.text for phrase in found] == phrases


@pytest.mark.parametrize("language", [*TABLES, "ru", "ja"])
@given(text=st.text("0123456789.,:/- h€$%kmUhr'ºe+", max_size=40))
def test_any_run_of_signs_has_spans_in_order(text: str, language: str) -> None:
    found = foreign_spans(text, language)
    position = 0
    for span in found:
        assert position <= span.start < span.end <= len(text)
        position = span.end
