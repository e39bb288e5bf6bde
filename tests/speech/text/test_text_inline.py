import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from speech.config import PauseConfig, TextConfig
from speech.errors import InvalidInputError
from speech.text import FrontEnd, marks
from speech.text.edits import applied
from speech.text.inline import MAX_PHONEMES, MAX_WORD, inline_edits
from speech.types import Vocabulary
from tests.conftest import passage

ENGLISH = Vocabulary(
    kind="espeak",
    espeak_voice="en-us",
    ids={symbol: tuple(ids) for symbol, ids in DEFAULT_PHONEME_ID_MAP.items()},
)
PAUSES = PauseConfig()


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    return FrontEnd(TextConfig())


def marked(text: str) -> str:
    return applied(text, inline_edits(text, PAUSES, lambda _: ""))


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("[pause:0.5s]", 500),
        ("[pause:300ms]", 300),
        ("[pause: 1 s ]", 1000),
        ("[PAUSE:.25S]", 250),
        ("[pause:10s]", 10_000),
        ("[pause:0s]", 0),
        ("[pause:1.2344s]", 1234),
    ],
)
def test_a_pause_is_as_long_as_it_says(written: str, milliseconds: int) -> None:
    found = marks.PAUSE.search(marked(f"a{written}b"))
    assert found is not None
    assert marks.milliseconds_of(found[0]) == milliseconds


def test_a_pause_reaches_the_phrase_exactly(front_end: FrontEnd) -> None:
    for vocabulary in (None, ENGLISH):
        utterance = front_end.prepare(
            passage("Wait [pause:1.234s] for it.[pause:50ms]Now.[pause:2s]"),
            vocabulary,
        )
        assert [(p.text, p.pause_after) for p in utterance.phrases] == [
            ("Wait", 1.234),
            ("for it.", 0.05),
            ("Now.", 2.0),
        ]
        assert utterance.normalized == "Wait for it. Now."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc [pause:]", "character 5: a pause is written"),
        ("[pause:soon]", "character 1: a pause is written"),
        ("[pause:1]", "character 1"),
        ("[pause:-1s]", "character 1"),
        ("[pause:1e3s]", "character 1"),
        ("[pause:10.01s]", "10 s at most"),
        ("[pause:99999999s]", "10 s at most"),
        ("[pause:9s]" * 7, "character 61: all pauses together exceed 60 s"),
        ("say [x](/ /)", "character 5: a word and its phonemes"),
        ("say [ ](/x/)", "character 5: a word and its phonemes"),
        (f"[{'x' * (MAX_WORD + 1)}](/x/)", "at most 64"),
        (f"[x](/{'x' * (MAX_PHONEMES + 1)}/)", "at most 64"),
        ("[😀](/x/)", "only letters"),
        ("a [word](/w漢/)", r"character 3: this voice has no phoneme '漢' \(U\+6F22\)"),
    ],
)
def test_what_cannot_be_spoken_is_named_with_its_place(
    front_end: FrontEnd, text: str, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message) as caught:
        front_end.prepare(passage(text), ENGLISH)
    assert caught.value.param == "input"


@pytest.mark.parametrize(
    "text",
    ["[text](https://example.org/)", "[text](/a/path)", "[text](/a/b/)", "[a] (/b/)", "[pause: x",
     "[pause]", "[pause:\n1s]", "a[0](b)", "[](/x/)", "[a](//)", "[a\nb](/x/)"],
)  # fmt: skip
def test_what_is_no_form_of_ours_stays(text: str) -> None:
    assert marked(text) == text


def test_a_link_is_read_by_its_text(front_end: FrontEnd) -> None:
    text = "See [the docs](https://example.org/a) and [tomato](/təmˈɑːtoʊ/)."
    (phrase,) = front_end.prepare(passage(text), ENGLISH).phrases
    assert phrase.text == "See the docs and tomato."
    assert phrase.phonemes == "sˈiː ðə dˈɑːks ænd təmˈɑːtoʊ."


def test_phonemes_are_written_as_people_write_them(front_end: FrontEnd) -> None:
    def spoken(ipa: str) -> str:
        return front_end.prepare(passage(f"[x](/{ipa}/)"), ENGLISH).phrases[0].phonemes

    assert spoken("'t͡ʃiːz.keɪk") == "ˈtʃiːzkeɪk"
    assert spoken("gəʊ") == "ɡəʊ"


def test_words_around_given_phonemes_are_said_as_around_a_word(front_end: FrontEnd) -> None:
    (phrase,) = front_end.prepare(
        passage("The [x](/ˈæpəl/) and the [y](/pˈɛɹ/) go to [z](/ˈɪt/)."),
        ENGLISH,
    ).phrases
    assert phrase.phonemes == "ðɪʲ ˈæpəl ænd ðə pˈɛɹ ɡˌoʊ tʊ ˈɪt."


@pytest.mark.parametrize(
    ("ipa", "owner"),
    [("mˈæks", "mˈæksᵻz"), ("mˈɑɹk", "mˈɑɹks"), ("bˈɑb", "bˈɑbz"), ("lˈiː", "lˈiːz")],
)
def test_a_possessive_sounds_by_what_it_follows(front_end: FrontEnd, ipa: str, owner: str) -> None:
    (phrase,) = front_end.prepare(passage(f"It is [x](/{ipa}/)'s house."), ENGLISH).phrases
    assert phrase.phonemes == f"ɪɾ ɪz {owner} hˈaʊs."


def test_a_text_that_holds_a_carrier_is_still_right(front_end: FrontEnd) -> None:
    (phrase,) = front_end.prepare(passage("zhoovgoth [x](/ˈæpəl/) here."), ENGLISH).phrases
    assert phrase.phonemes == "ʒˈuːvɡɑːθ ˈæpəl hˈɪɹ."


@pytest.mark.parametrize("language", ["de", "ru", "cmn", "ar", "ja"])
def test_given_phonemes_stand_in_every_language(front_end: FrontEnd, language: str) -> None:
    vocabulary = Vocabulary(kind="espeak", espeak_voice=language, ids=ENGLISH.ids)
    (phrase,) = front_end.prepare(
        passage("[a](/kˈɑmə/), [b](/ˈɛsə/).", language), vocabulary
    ).phrases
    assert phrase.phonemes.count("kˈɑmə") == phrase.phonemes.count("ˈɛsə") == 1


@pytest.mark.parametrize("before", ["", "well-", '"', "(", "so ", "— ", "(half-"])
def test_what_may_stand_before_a_word_stays(before: str) -> None:
    assert "  " not in marked(f"it {before}[x](/y/)")
    assert f"{before}{marks.pronounced('x', 'y')}" in marked(f"it {before}[x](/y/)")


def test_a_callers_private_characters_mean_nothing(front_end: FrontEnd) -> None:
    hidden = marks.pronounced("bad", "bˈæd") + marks.pause(9000)
    (phrase,) = front_end.prepare(passage(f"[a{hidden}b](/ˈeɪ/)"), ENGLISH).phrases
    assert phrase.text == "ab"
    (phrase,) = front_end.prepare(passage(f"Good{hidden} day."), ENGLISH).phrases
    assert (phrase.text, phrase.pause_after) == ("Good day.", 0.0)
    entities = "".join(f"&#{ord(c)};" for c in marks.pause(9000))
    (phrase,) = front_end.prepare(passage(f"Good{entities} day."), ENGLISH).phrases
    assert phrase.pause_after == 0


@pytest.mark.parametrize(
    "before", ["https://a.b/c", "me@a.b/", "$5/", "https://a.b/c(", "v1.2-", "#tag", "12"]
)
def test_what_is_read_before_does_not_go_on_through_phonemes(
    front_end: FrontEnd, before: str
) -> None:
    (phrase,) = front_end.prepare(passage(f"{before}[a b](/kˈæt/)"), ENGLISH).phrases
    assert phrase.text.endswith("a b")
    assert phrase.phonemes.endswith("kˈæt")


@given(st.text(st.sampled_from("[]()/ap:use1ms. \ue000\U00100041"), max_size=80))
def test_edits_are_in_order_and_leave_no_private_character_of_the_callers(text: str) -> None:
    try:
        edits = inline_edits(text, PAUSES, lambda _: "")
    except InvalidInputError:
        return
    position = 0
    for edit in edits:
        assert position <= edit.start < edit.end <= len(text)
        assert not any(c >= "\ue000" for c in text[position : edit.start])
        position = edit.end
    assert not any(c >= "\ue000" for c in text[position:])


@pytest.mark.parametrize(
    "unit",
    ["[", "(/", "[pause:", "[a](/", "](/", "[a](", "[pause:0s]", "[a](/b/)", "\ue000", "/)["],
)
def test_time_is_linear(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        best = 1.0
        for _ in range(4):
            begin = time.process_time()
            marked(text)
            best = min(best, time.process_time() - begin)
        return best

    assert seconds(4096) < 9 * seconds(1024) + 0.005
