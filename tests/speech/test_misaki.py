"""misaki's English phonemes, and how given ones stand in them."""

import random

import pytest

from speech import misaki
from speech.config import TextConfig
from speech.engines.hibari.voice import HibariEntry, read_voice
from speech.errors import SynthesisError, UnreadableTextError
from speech.text import FrontEnd
from speech.types import LexiconEntry, Vocabulary
from tests.conftest import passage


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    found = read_voice(HibariEntry(id="heart"), tmp_path_factory.mktemp("none")).vocabulary
    assert found is not None
    assert found.kind == "misaki"
    return found


@pytest.mark.parametrize(
    ("voice", "text", "phonemes"),
    [
        ("en-us", "Hello there.", "həlˈO ðˈɛɹ."),
        ("en-gb", "Hello there.", "həlˈQ ðˈɛː."),
        ("en", "The apple, the pear.", "ði ˈæpᵊl, ðə pˈɛɹ."),
        ("en-us", "I read it yesterday.", "ˌI ɹˈɛd ɪt jˈɛstəɹdˌA."),
        ("en-us", "I will read it.", "ˌI wɪl ɹˈid ɪt."),
        ("en-us", "café", "kæfˈA"),
        ("en-us", "naïve", "nɑˈiv"),
        ("en-us", "[a](/b/)", "ˈA (bˈi)"),
    ],
)
def test_texts_are_read_as_misaki_does(voice: str, text: str, phonemes: str) -> None:
    assert misaki.phonemize(text, voice) == phonemes
    assert voice in misaki.languages()
    assert not misaki.is_busy()


def test_no_text_breaks_it() -> None:
    draw = random.Random(1)
    signs = "abcXYZ '’-.,;:!?()[]\"“”/0123456789&%$€é中ß\u0301\u200d\n\t_*~#@"
    for _ in range(500):
        text = "".join(draw.choice(signs) for _ in range(draw.randrange(60)))
        assert isinstance(misaki.phonemize(text, "en-us"), str)


def test_what_it_cannot_do_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SynthesisError, match="'fr'"):
        misaki.phonemize("Bonjour", "fr")
    assert misaki.unavailable() == ""
    monkeypatch.setattr(misaki.importlib.util, "find_spec", lambda _: None)
    assert "pip install" in misaki.unavailable()

    def broken(**_: bool) -> object:
        return lambda *_, **__: {}["gone"]

    monkeypatch.setattr(misaki, "_reader", broken)
    with pytest.raises(UnreadableTextError):
        misaki.phonemize("Hello", "en-us")


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("The tomato is red.", "ðə tˈATO ɪz ɹˈɛd."),
        ("The nginx, please.", "ði ˈɛnʤɪnˈɛks, plˈiz."),
    ],
)
def test_given_phonemes_stand_in_kokoros_symbols(
    vocabulary: Vocabulary, text: str, phonemes: str
) -> None:
    lexicon = (
        LexiconEntry(word="tomato", phonemes="tˈeɪɾoʊ"),
        LexiconEntry(word="nginx", phonemes="ˈɛndʒɪnˈɛks"),
    )
    front_end = FrontEnd(TextConfig(max_seconds=60.0))
    utterance = front_end.prepare(passage(text, lexicon=lexicon), vocabulary, words=True)
    (phrase,) = utterance.phrases
    assert phrase.phonemes == phonemes
    assert [vocabulary.ids[symbol][0] for symbol in phonemes] == list(phrase.phoneme_ids[1:-1])
    assert not front_end.unknown_symbols
    assert all(word.ids[0] < word.ids[1] for word in phrase.words)
