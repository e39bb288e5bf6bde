import threading
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from speech.config import TextConfig
from speech.errors import InvalidInputError
from speech.text import FrontEnd
from speech.text.cleanup import cleaned
from speech.text.frontend import may_become
from speech.types import Normalization, Vocabulary
from tests.conftest import passage

ENGLISH = Vocabulary(
    kind="espeak",
    espeak_voice="en-us",
    ids={symbol: tuple(ids) for symbol, ids in DEFAULT_PHONEME_ID_MAP.items()},
)
LETTERS = Vocabulary(
    kind="text",
    espeak_voice="en-us",
    ids={symbol: (index,) for index, symbol in enumerate("_^$ .abcdefghijklmnopqrstuvwxyz")},
)
CONFIG = TextConfig()
PHRASES = CONFIG.phrases


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    return FrontEnd(CONFIG)


def test_a_written_text_becomes_phrases(front_end: FrontEnd) -> None:
    utterance = front_end.prepare(passage("It costs $5. Really!\nYes."), ENGLISH)
    assert [phrase.text for phrase in utterance.phrases] == [
        "It costs five dollars.",
        "Really!",
        "Yes.",
    ]
    assert [phrase.pause_after for phrase in utterance.phrases] == [0.35, 0.6, 0.0]
    assert [phrase.index for phrase in utterance.phrases] == [0, 1, 2]
    assert [phrase.is_last for phrase in utterance.phrases] == [False, False, True]
    assert utterance.normalized == "It costs five dollars. Really! Yes."
    assert utterance.phrases[2].phonemes == "jˈɛs."
    assert utterance.phrases[2].phoneme_ids[:2] == (1, 0)


def test_an_engine_that_reads_text_gets_text(front_end: FrontEnd) -> None:
    (phrase,) = front_end.prepare(passage("Hello there."), None).phrases
    assert (phrase.phonemes, phrase.phoneme_ids) == ("", ())


def test_phonemes_of_a_text_are_shown_for_any_language(front_end: FrontEnd) -> None:
    (phrase,) = front_end.explain(passage("Hallo Welt", "de")).utterance.phrases
    assert phrase.phonemes == "hˈaloː vˈɛlt"


@pytest.mark.parametrize("text", ["😀🎉", "\x00\x07\u200b", "...", "!!!", " \n ", "—", "." * 4096])
@pytest.mark.parametrize("vocabulary", [None, ENGLISH, LETTERS])
def test_what_leaves_nothing_to_say_has_no_phrases(
    front_end: FrontEnd, text: str, vocabulary: Vocabulary | None
) -> None:
    assert front_end.prepare(passage(text), vocabulary, words=True).phrases == ()
    shown = front_end.explain(passage(text))
    assert (shown.utterance.normalized, shown.utterance.phrases) == ("", ())


def test_symbols_the_voice_lacks_are_counted() -> None:
    front_end = FrontEnd(CONFIG)
    utterance = front_end.prepare(passage("abç def."), LETTERS)
    # ç is c and a cedilla; the voice knows the letter.
    assert front_end.unknown_symbols == {("mark", "skipped"): 1}
    assert len(utterance.phrases[0].phoneme_ids) == 3 + 2 * 8


def test_a_text_wholly_unknown_to_the_voice_has_no_phrases() -> None:
    front_end = FrontEnd(CONFIG)
    assert not front_end.prepare(passage("你好。", "zh"), LETTERS).phrases
    assert front_end.unknown_symbols["letter", "skipped"] == 2


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("السلام عليكم. كيف حالك؟", "ar"),
        ("你好世界。今天天气很好！" * 100, "cmn"),
        ("สวัสดีครับ" * 400, "th"),
        ("a" * 4096, "en-us"),
        ("1" * 4096, "en-us"),
        ("1" * 4096, "de"),
        ("9" * 400, "en-us"),
        ("x\n" * 2048, "en-us"),
        ("(" * 4000 + "a", "en-us"),
    ],
)
def test_hard_texts_obey_the_bounds(front_end: FrontEnd, text: str, language: str) -> None:
    phrases = front_end.prepare(passage(text, language), None).phrases
    assert all(0 < len(phrase.text) <= PHRASES.max_characters for phrase in phrases)


@settings(max_examples=150, deadline=None)
@given(
    st.text(
        st.one_of(st.characters(codec="utf-8"), st.sampled_from("a1 5.,$-/:%#@&\n'\"()")),
        min_size=1,
        max_size=300,
    ),
    st.sampled_from(["en-us", "en-gb", "de", "fr", "zh"]),
)
def test_any_text_becomes_phrases_or_the_callers_error(text: str, language: str) -> None:
    try:
        phrases = FrontEnd(CONFIG).prepare(passage(text, language), None).phrases
    except InvalidInputError:
        return
    assert [phrase.index for phrase in phrases] == list(range(len(phrases)))
    assert [phrase.is_last for phrase in phrases[:-1]] == [False] * (len(phrases) - 1)
    assert all(phrase.is_last and not phrase.pause_after for phrase in phrases[-1:])
    assert all(0 < len(phrase.text) <= PHRASES.max_characters for phrase in phrases)
    assert all("\n" not in phrase.text for phrase in phrases)


def test_threads_share_one_front_end(front_end: FrontEnd) -> None:
    text = "Dr. Smith paid $3.50 for 12 km. He left at 3:45 pm, in 1984!"
    wanted = front_end.prepare(passage(text), ENGLISH)
    wrong: list[bool] = []

    def work() -> None:
        prepared = [front_end.prepare(passage(text), ENGLISH) for _ in range(50)]
        wrong.extend(utterance != wanted for utterance in prepared)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) == 200
    assert not any(wrong)


@pytest.mark.parametrize("vocabulary", [None, ENGLISH, LETTERS])
@pytest.mark.parametrize(
    "text",
    [
        "It costs $5. Really!\nYes.",
        "[pause:0.5s] One. [pause:2s] Two.",
        "A heading\nAnd what comes under it, with a number such as 12.",
        "A sentence that is far too long to be said in one breath, because it goes on and on, with "
        "one clause after another, until nobody knows any more how it began. And a second one.",
    ],
)
def test_an_opening_is_the_first_phrase(
    front_end: FrontEnd, text: str, vocabulary: Vocabulary | None
) -> None:
    whole = front_end.prepare(passage(text), vocabulary)
    assert front_end.opening(passage(text), vocabulary) == whole.phrases[0]


@pytest.mark.parametrize("text", ["One phrase.", "The end [pause:2s]", "Hm. 😀"])
def test_one_phrase_has_no_opening(front_end: FrontEnd, text: str) -> None:
    assert front_end.opening(passage(text), None) is None


def test_slovenian_vi_is_a_word(front_end: FrontEnd) -> None:
    (phrase,) = front_end.explain(passage("Kako ste vi?", "sl")).utterance.phrases
    assert phrase.phonemes.endswith("vˈiː?")


def test_a_first_phrase_without_a_sound_is_no_opening(front_end: FrontEnd) -> None:
    assert front_end.opening(passage("안녕. Hello there."), LETTERS) is None


def test_an_opening_refuses_what_the_whole_refuses(front_end: FrontEnd) -> None:
    text = "Hello there. " * 30 + "[word](/§/)"
    with pytest.raises(InvalidInputError):
        front_end.prepare(passage(text), ENGLISH)
    with pytest.raises(InvalidInputError):
        front_end.opening(passage(text), ENGLISH)
    assert front_end.opening(passage("..."), ENGLISH) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [("😀🎉" * 2048, "de"), ("²" * 4096, "en-us"), ("777777 " * 585, "pl"), ("≤" * 4096, "en-us")],
)
@pytest.mark.parametrize("read", [FrontEnd.prepare, FrontEnd.explain, FrontEnd.opening])
def test_a_text_that_grows_too_long_is_refused(
    read: Callable[..., object], text: str, language: str
) -> None:
    front_end = FrontEnd(CONFIG)
    said = passage(text, language, normalization=Normalization(emoji="say"))
    arguments = (said,) if read is FrontEnd.explain else (said, None)
    if read is FrontEnd.opening and "😀" not in text:  # its rest would be: it is read whole
        assert read(front_end, *arguments) is None
        return
    with pytest.raises(InvalidInputError, match=r"becomes [0-9]{5} characters") as caught:
        read(front_end, *arguments)
    assert caught.value.param == "input"


def test_phonemes_count_where_the_text_does_not_grow() -> None:
    front_end = FrontEnd(TextConfig(max_spoken_characters=400))
    with pytest.raises(InvalidInputError, match="becomes"):
        front_end.explain(passage("7" * 30 + " " + "8" * 30 + " 1234567" * 30, "sv"))


def test_a_text_that_takes_too_long_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="too long to read") as caught:
        FrontEnd(TextConfig(max_seconds=1e-9)).explain(passage("Hello."))
    assert caught.value.param == "input"


_GROWING = (
    *("WWW ", "kWh ", "5 km/h ", "$1,50 ", "≤", "²", "½", "777777 ", "1/1/70 ", "www.a.b ", "√"),
    *("XXXVIII ", "№", "‰", "NaCl ", "0x1F ", "10:30 ", "1990s ", "+1 555 ", "1e5 ", "Dr. ", "a "),
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(_GROWING), min_size=1, max_size=6),
    st.sampled_from(["en-us", "en-gb", "de", "fr", "pl", "es", "ru", "ja"]),
)
def test_an_opening_knows_how_long_its_text_may_become(pieces: list[str], language: str) -> None:
    text = "a " + "".join(pieces) * 20
    spoken = FrontEnd(CONFIG).prepare(passage(text, language), None).normalized
    assert len(spoken) <= may_become(cleaned(text, language=language).text, ())
