import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.config import PhraseConfig
from speech.text.cleanup import is_speakable
from speech.text.phrases import cut_phrases, paragraphs

CONFIG = PhraseConfig()


def test_the_written_forms_dots_are_evidence() -> None:
    text = "Dr. Smith paid $3.50 to J. Doe. He left at 5 p.m. Then it rained."
    assert paragraphs(text, "en-us") == [
        ["Dr. Smith paid $3.50 to J. Doe.", "He left at 5 p.m.", "Then it rained."]
    ]


def test_a_newline_ends_a_paragraph() -> None:
    cuts = cut_phrases(paragraphs("A title\nSome text. More text.", "en"), CONFIG)
    assert [(cut.text, cut.pause_after) for cut in cuts] == [
        ("A title", 0.6),
        ("Some text. More text.", 0.0),
    ]


def test_the_first_sentence_stands_alone_and_later_ones_are_joined() -> None:
    cuts = cut_phrases([["One is here.", "Two is.", "Three is.", "Four."]], CONFIG)
    assert [cut.text for cut in cuts] == ["One is here.", "Two is. Three is. Four."]
    assert [cut.pause_after for cut in cuts] == [0.35, 0.0]


def test_neighbours_are_not_joined_beyond_the_target() -> None:
    sentence = "x" * 119 + "."
    cuts = cut_phrases([["Hi.", sentence, sentence]], CONFIG)
    assert [len(cut.text) for cut in cuts] == [3, 120, 120]


def test_a_long_first_sentence_is_cut_at_its_clause() -> None:
    sentence = "When the rain had stopped at last, " + "we walked on and on " * 6 + "home."
    cuts = cut_phrases([[sentence]], CONFIG)
    assert cuts[0].text == "When the rain had stopped at last,"
    assert cuts[0].pause_after == CONFIG.clause_pause


def test_a_sentence_without_clauses_is_cut_before_a_conjunction() -> None:
    sentence = "he walked through the big old town " * 2 + "and " + "he went by the sea " * 4
    cuts = cut_phrases([[sentence.strip()]], CONFIG)
    assert cuts[1].text.startswith("and ")
    assert cuts[0].pause_after == 0


def test_initials_end_no_piece() -> None:
    sentence = "the army of the U.S. is known to be large " + "and very big indeed " * 5
    assert not cut_phrases([[sentence]], CONFIG)[0].text.endswith("U.S.")


def test_full_width_sentences_need_no_space() -> None:
    cuts = cut_phrases(paragraphs("你好。" + "世界很大。" * 30, "zh"), CONFIG)
    assert cuts[0].text == "你好。"
    assert " " not in "".join(cut.text for cut in cuts)
    assert all(cut.text.endswith("。") for cut in cuts)


def test_text_without_spaces_is_cut_hard() -> None:
    cuts = cut_phrases([["ก" * 4096]], CONFIG)
    assert "".join(cut.text for cut in cuts) == "ก" * 4096
    assert len(cuts[0].text) <= CONFIG.first_max_characters


def test_no_cut_falls_inside_a_combining_sequence() -> None:
    cuts = cut_phrases([["ก\u0e34\u0e48" * 400]], CONFIG)
    assert all(unicodedata.category(cut.text[0])[0] != "M" for cut in cuts)


@pytest.mark.parametrize("text", ["\n" * 4096, "." * 4096, ". " * 2048, '"' * 4096])
def test_what_has_no_sound_makes_no_phrase(text: str) -> None:
    assert cut_phrases(paragraphs(text, "en"), CONFIG) == []


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
    cuts = cut_phrases(text, config)
    said = "".join(cut.text for cut in cuts)
    written = "".join(sentence for sentences in text for sentence in sentences)
    # Punctuation on its own may be dropped, what is said never, and never reordered.
    assert _sounds(said) == _sounds(written)
    for index, cut in enumerate(cuts):
        limit = config.max_characters
        if index == 0:
            limit = min(limit, config.first_max_characters)
        assert 0 < len(cut.text) <= limit
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
    cuts = cut_phrases([text], CONFIG)
    assert " ".join(cut.text for cut in cuts).split() == " ".join(text).split()
