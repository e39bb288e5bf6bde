"""Words of one spelling and two sounds: which phonemes are given, and where none are."""

import pytest

from speech.text import marks
from speech.text.english import english_spans

CASES = [
    ("She read the book.", "ɹˈɛd"),
    ("I read it yesterday.", "ɹˈɛd"),
    ("Yesterday I read a book.", "ɹˈɛd"),
    ("I've read it.", "ɹˈɛd"),
    ("Did she read it?", ""),
    ("I'd read it if I could.", ""),
    ("I read books every day.", ""),
    ("a well-read man", "ɹˈɛd"),
    ("People live in cities.", "lˈɪv"),
    ("It's live on TV.", ""),
    ("She lives in Rome.", "lˈɪvz"),
    ("nine lives", ""),
    ("lead poisoning", "lˈɛd"),
    ("made of lead", "lˈɛd"),
    ("the lead singer", ""),
    ("Wind the clock.", "wˈaɪnd"),
    ("the wind blows", ""),
    ("She wound the rope up.", "wˈaʊnd"),
    ("a wound", ""),
    ("Tear the paper.", "tˈɛɹ"),
    ("a tear fell", ""),
    ("We caught a bass.", "bˈæs"),
    ("a bass guitar", ""),
    ("a minute amount", "maɪnˈuːt"),
    ("five minute details", ""),
    ("I am content.", "kəntˈɛnt"),
    ("the content of it", ""),
    ("fresh produce", "pɹˈoʊduːs"),
    ("Take a bow.", "bˈaʊ"),
    ("He dove in.", "dˈoʊv"),
    ("A dove flew in.", ""),
    ("my resume", "ɹˈɛzəmˌeɪ"),
    ("Excuse me.", "ɛkskjˈuːz"),
    ("Close the door.", "klˈoʊz"),
    ("close to home", ""),
    ("Many people use it.", "jˈuːz"),
    ("the use of force", ""),
    ("It uses a lot.", "jˈuːzᵻz"),
    ("many uses of it", ""),
    ("Record this.", "ɹᵻkˈɔːɹd"),
    ("a record of this", ""),
    ("Polish the floor.", "pˈɑːlɪʃ"),
    ("The Polish the world knows", ""),
    ("Please subject it to heat.", "səbdʒˈɛkt"),
    ("the x and y axes", "ˈæksiːz"),
    ("Collect the refuse.", "ɹˈɛfjuːs"),
]


@pytest.mark.parametrize(("written", "phonemes"), CASES)
def test_phonemes_are_given_where_a_neighbour_decides(written: str, phonemes: str) -> None:
    spans = [span for span in english_spans(written) if span.kind == "homograph"]
    given = [marks.phonemes_of(mark) for s in spans for mark in marks.PRONOUNCED.finditer(s.spoken)]
    assert given == [phonemes] * bool(phonemes)


@pytest.mark.parametrize("written", [case[0] for case in CASES])
def test_the_word_itself_stays(written: str) -> None:
    for span in english_spans(written):
        if span.kind == "homograph":
            assert marks.plain(span.spoken) == written[span.start : span.end]
