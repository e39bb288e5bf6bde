import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.brackets import spoken_brackets
from speech.config import PauseConfig, PhraseConfig
from speech.text import marks
from speech.text.cleanup import is_speakable
from speech.text.phrases import Cut, cut_phrases, pause_after
from speech.text.sentences import paragraphs

CONFIG = PhraseConfig()
JOINING = PhraseConfig(target_characters=200)
PAUSES = CONFIG.pauses


def cuts_of(text: str, language: str = "en", config: PhraseConfig = CONFIG) -> list[Cut]:
    written = [([s.text for s in found], ended) for found, ended in paragraphs(text, language)]
    return cut_phrases(written, config, language)


def cut_sentences(*sentences: str, config: PhraseConfig = CONFIG) -> list[Cut]:
    return cut_phrases([(sentences, True)], config)


def test_a_line_ends_a_phrase() -> None:
    cuts = cuts_of("A title\nSome text. More text.\nAn end.")
    assert [(cut.text, cut.pause_after) for cut in cuts] == [
        ("A title", PAUSES.line),
        ("Some text.", PAUSES.sentence),
        ("More text.", PAUSES.paragraph),
        ("An end.", 0.0),
    ]


def test_every_sentence_stands_alone() -> None:
    cuts = cut_sentences("One is here.", "Two is.", "Three.")
    assert [cut.text for cut in cuts] == ["One is here.", "Two is.", "Three."]
    assert [cut.pause_after for cut in cuts] == [PAUSES.sentence, PAUSES.sentence, 0.0]


def test_later_sentences_are_joined_where_that_is_wished() -> None:
    cuts = cut_sentences("One is here.", "Two is.", "Three is.", "Four.", config=JOINING)
    assert [cut.text for cut in cuts] == ["One is here.", "Two is. Three is. Four."]
    assert [cut.pause_after for cut in cuts] == [PAUSES.sentence, 0.0]


def test_neighbours_are_not_joined_beyond_the_target() -> None:
    sentence = "x" * 119 + "."
    cuts = cut_sentences("Hi.", sentence, sentence, config=JOINING)
    assert [len(cut.text) for cut in cuts] == [3, 120, 120]


CLAUSE = "When the rain had stopped at last,"
LONG = "we walked on and on through the old town and out to the sea and along the sand"


def test_a_long_first_sentence_is_cut_at_its_last_clause_in_reach() -> None:
    cuts = cut_sentences(f"{CLAUSE} so they say, {LONG}.")
    assert [cut.text for cut in cuts] == [f"{CLAUSE} so they say,", f"{LONG}."]
    assert cuts[0].pause_after == PAUSES.comma


def test_a_first_sentence_of_any_phrases_length_is_not_cut_within_its_clause() -> None:
    sentence = f"{LONG} {LONG}."
    assert 100 < len(sentence) <= 300
    assert [cut.text for cut in cut_sentences(sentence)] == [sentence]


def test_a_later_clause_is_waited_for() -> None:
    cuts = cut_sentences(f"{LONG} and to the end of the world, we said; {LONG}.")
    assert cuts[0].text == f"{LONG} and to the end of the world,"


def test_a_clause_may_begin_with_a_conjunction() -> None:
    cuts = cut_sentences(f"{LONG} because {LONG}.")
    assert [cut.text for cut in cuts] == [LONG, f"because {LONG}."]
    assert cuts[0].pause_after == 0


def test_no_cut_comes_so_early_that_it_would_play_out() -> None:
    cuts = cut_sentences(f"Yes, {LONG} because {LONG}.")
    assert cuts[0].text == f"Yes, {LONG}"


def test_a_sentence_longer_than_any_phrase_is_cut_between_words() -> None:
    sentence = " ".join([LONG] * 5) + "."
    cuts = cut_sentences(sentence)
    assert " ".join(cut.text for cut in cuts) == sentence
    assert len(cuts[0].text) <= CONFIG.first_max_characters
    assert all(cut.text.startswith("and ") for cut in cuts[1:])


def test_a_number_is_not_cut_at_its_and() -> None:
    number = "one hundred and five thousand three hundred and twenty two"
    for cut in cut_sentences(" ".join([number] * 12)):
        assert not cut.text.startswith("and")


def test_initials_end_no_piece() -> None:
    sentence = "the army of the U.S. is known to be large " + "and very big indeed " * 20
    assert not cut_sentences(sentence)[0].text.endswith("U.S.")


def test_full_width_sentences_need_no_space() -> None:
    cuts = cuts_of("你好。" + "世界很大。" * 30, "zh")
    assert cuts[0].text == "你好。"
    assert " " not in "".join(cut.text for cut in cuts)
    assert all(cut.text.endswith("。") for cut in cuts)


def test_text_without_spaces_is_cut_hard() -> None:
    cuts = cut_sentences("ก" * 4096)
    assert "".join(cut.text for cut in cuts) == "ก" * 4096
    assert len(cuts[0].text) <= CONFIG.first_max_characters


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("So.", "sentence"), ("So?", "question"), ("So!", "exclamation"), ("So?!", "question"),
        ("So...", "ellipsis"), ("So…", "ellipsis"), ("So,", "comma"), ("So;", "semicolon"),
        ("So:", "colon"), ("So —", "dash"), ("(so)", "comma"), ('He said "so."', "sentence"),
        ("(He said so.)", "sentence"), ("好。", "sentence"), ("好？」", "question"),
        ("好，", "comma"),
        ("كيف؟", "question"), ("ठीक।", "sentence"), ("أجل،", "comma"),
    ],
)  # fmt: skip
def test_the_last_mark_says_how_long_the_pause_is(text: str, mark: str) -> None:
    # Every length another, so that no mark passes for its neighbour.
    names = ("sentence", "question", "exclamation", "ellipsis", "semicolon", "colon", "dash")
    lengths = {name: index / 8 for index, name in enumerate((*names, "comma"), 1)}
    assert pause_after(text, PauseConfig(**lengths)) == lengths[mark]


def test_no_mark_is_no_pause() -> None:
    assert pause_after("so", PAUSES) == pause_after("3.5", PAUSES) == 0


def paused(text: str) -> str:
    return re.sub(r"<(\d+)>", lambda match: f" {marks.pause(int(match[1]))} ", text)


def test_an_inline_pause_ends_a_phrase_and_is_exact() -> None:
    cuts = cuts_of(paused("Wait<1234>for it.<50>Now. And<300><200>then.<750>"), config=JOINING)
    assert [(cut.text, cut.pause_after) for cut in cuts] == [
        ("Wait", 1.234),
        ("for it.", 0.05),
        ("Now. And", 0.5),
        ("then.", 0.75),
    ]


def test_an_inline_pause_counts_more_than_the_end_of_a_line() -> None:
    cuts = cuts_of(paused("One.<2000>\nTwo.\n<3000>\nThree."))
    assert [cut.pause_after for cut in cuts] == [2.0, 3.0, 0.0]


def test_a_pause_before_the_first_word_is_before_the_first_phrase() -> None:
    first, second = cuts_of(paused("<900><100>One. Two."))
    assert (first.pause_before, first.pause_after) == (1.0, PAUSES.sentence)
    assert (second.pause_before, second.pause_after) == (0.0, 0.0)


def test_given_phonemes_are_cut_nowhere() -> None:
    word = marks.pronounced("word", "wˈɜːd")
    config = PhraseConfig(max_characters=20, first_max_characters=6, target_characters=20)
    cuts = cut_sentences(word * 40, config=config)
    assert "".join(cut.text for cut in cuts) == word * 40
    assert all(len(marks.PRONOUNCED.sub("", cut.text)) == 0 for cut in cuts)


def test_no_cut_falls_inside_a_combining_sequence() -> None:
    cuts = cut_sentences("ก\u0e34\u0e48" * 400)
    assert all(unicodedata.category(cut.text[0])[0] != "M" for cut in cuts)


@pytest.mark.parametrize("text", ["\n" * 4096, "." * 4096, ". " * 2048, '"' * 4096])
def test_what_has_no_sound_makes_no_phrase(text: str) -> None:
    assert cuts_of(text) == []


words = st.text(
    st.characters(categories=("L", "N", "Mn"), include_characters=",;:-'\".!?、。"),
    min_size=1,
    max_size=12,
)
configs = st.builds(
    PhraseConfig,
    max_characters=st.integers(1, 120),
    first_max_characters=st.integers(1, 150),
    target_characters=st.integers(1, 150),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.lists(words, min_size=1, max_size=30), max_size=6), max_size=4), configs
)
def test_every_bound_holds_and_nothing_is_lost(
    spoken: list[list[list[str]]], config: PhraseConfig
) -> None:
    text = [[" ".join(sentence) for sentence in sentences] for sentences in spoken]
    cuts = cut_phrases([(sentences, True) for sentences in text], config)
    said = "".join(cut.text for cut in cuts)
    written = "".join(sentence for sentences in text for sentence in sentences)
    # Punctuation on its own may be dropped, what is said never, and never reordered.
    assert _sounds(said) == _sounds(written)
    for cut in cuts:
        assert 0 < len(cut.text) <= config.max_characters
        assert cut.text == cut.text.strip()
        assert is_speakable(cut.text)
    if cuts:
        assert cuts[-1].pause_after == 0


def _sounds(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


plain = st.from_regex(r"[a-z]{1,10}", fullmatch=True)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(plain, min_size=1, max_size=120), min_size=1, max_size=5))
def test_words_stay_whole(sentences: list[list[str]]) -> None:
    text = [" ".join(sentence) + "." for sentence in sentences]
    cuts = cut_sentences(*text)
    assert " ".join(cut.text for cut in cuts).split() == " ".join(text).split()


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("Well... I am not sure.", ["Well...", "I am not sure."]),
        ('"So...", she said.', ['"So...",', "she said."]),
        ("Wait (if you can...) here.", ["Wait (if you can...)", "here."]),
        ("One, two, ... and ten.", ["One, two, ...", "and ten."]),
        ("...and so on", ["...and so on"]),
        ("A file..name", ["A file..name"]),
    ],
)
def test_an_ellipsis_within_a_sentence_is_a_pause(text: str, phrases: list[str]) -> None:
    cuts = cut_sentences(text, config=JOINING)
    assert [cut.text for cut in cuts] == phrases
    assert all(cut.pause_after == PAUSES.ellipsis for cut in cuts[:-1])


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("I am (maybe) sure.", "I am, maybe, sure."),
        ("I am [maybe] sure", "I am, maybe, sure"),
        ("He left (at last).", "He left, at last ."),
        ("item(s) and f(x)", "item(s) and f(x)"),
        ("(a) first", "(a) first"),
    ],
)
def test_brackets_between_words_are_commas(text: str, spoken: str) -> None:
    assert spoken_brackets(text) == spoken
    assert len(spoken) == len(text)
