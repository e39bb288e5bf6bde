import pytest

from speech.text.normalize import normalize


@pytest.mark.parametrize(
    ("written", "language", "spoken"),
    [
        ("Ich habe 21 Hunde.", "de", "Ich habe einundzwanzig Hunde."),
        ("Es sind 1.234 Leute", "de", "Es sind eintausendzweihundertvierunddreißig Leute"),
        ("nur 3,5 Grad", "de", "nur drei Komma fünf Grad"),
        ("J'ai 71 ans", "fr", "J'ai soixante et onze ans"),
        ("1 000 euros", "fr", "mille euros"),
        ("16 casas", "pt-br", "dezesseis casas"),
        # Left to espeak-ng: dates, times, ordinals, codes, and languages num2words lacks.
        ("am 3. Mai um 12:30", "de", "am 3. Mai um 12:30"),
        ("A4 und 007", "de", "A4 und 007"),
        ("1" * 40, "de", "1" * 40),
        ("21 casas", "xx", "21 casas"),
        ("መጽሐፍ 1999", "am", "መጽሐፍ 1999"),
    ],
)
def test_numbers_are_spelt_where_the_language_is_known(
    written: str, language: str, spoken: str
) -> None:
    assert normalize(written, language) == spoken
