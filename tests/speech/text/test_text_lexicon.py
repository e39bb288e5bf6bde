import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from speech import espeak
from speech.config import LexiconDetail, LexiconWords, TextConfig
from speech.errors import ConfigError, InvalidInputError
from speech.text import FrontEnd, marks
from speech.text.lexicon import (
    MAX_PHONEMES,
    MAX_SAY,
    MAX_SPOKEN,
    MAX_WORD,
    Lexicon,
    LexiconReader,
    find_words,
    lexicon_entries,
)
from speech.text.lexicon_files import lexicon_yaml, load_lexicon, load_lexicons
from speech.text.normalize import normalize
from speech.text.phonemes import phoneme_ids
from speech.types import LexiconEntry, Vocabulary
from tests.conftest import passage

SHIPPED = Path(__file__).parents[3] / "configs" / "lexicon"
ENGLISH = Vocabulary(
    kind="espeak",
    espeak_voice="en-us",
    ids={symbol: tuple(ids) for symbol, ids in DEFAULT_PHONEME_ID_MAP.items()},
)


def read(text: str, *layers: LexiconWords, language: str = "en-us") -> str:
    lexicons = [Lexicon(lexicon_entries(words)) for words in layers]
    return marks.plain(normalize(text, language, LexiconReader(lexicons)))


@pytest.mark.parametrize(
    ("words", "text", "spoken"),
    [
        ({"nginx": "engine X"}, "Use nginx, or Nginx.", "Use engine X, or engine X."),
        ({"nginx": "engine X"}, "unnginx nginxes 2nginx", "unnginx nginxes two nginx"),
        ({"nginx": "engine X"}, "nginx's (nginx-based)", "engine X's (engine X-based)"),
        ({"SQL": {"say": "sequel", "case": "exact"}}, "SQL and sql", "sequel and sql"),
        ({"Qwen": "kwen", "MP": "member"}, "Qwen3 as MP3", "kwen three as MP"),
        # Several words, and the longest of what matches.
        ({"New": "old", "New York": "the city", "York": "town"}, "New York, New", "the city, old"),
        ({"New York": "the city"}, "New Yorker", "New Yorker"),
        # Names with signs.
        ({"C++": "see plus plus"}, "in C++17 and C++.", "in see plus plus seventeen and see"),
        ({".NET": "dot net"}, "a .NET app", "a dot net app"),
        ({"k8s": "kubes"}, "on k8s", "on kubes"),
        ({"@home": "at home"}, "be @home now", "be at home now"),
        ({"O'Reilly": "oh rye lee"}, "by O’Reilly".replace("’", "'"), "by oh rye lee"),
        # What a reading says may hold a word, too.
        ({"dollars": "bucks"}, "for $5", "for five bucks"),
        ({"straße": "street"}, "die STRASSE, die Straße", "die strasse, die street"),
        ({"İstanbul": "the city"}, "to İstanbul", "to the city"),
    ],
)
def test_words_are_said_as_the_lexicon_says(words: dict[str, Any], text: str, spoken: str) -> None:
    parsed = {
        word: value if isinstance(value, str) else LexiconDetail(**value)
        for word, value in words.items()
    }
    assert read(text, parsed).startswith(spoken)


def test_a_part_of_a_longer_reading_does_not_break_it() -> None:
    address = normalize("see github.com/x", "en-us")
    assert read("see github.com/x", {"github.com": "hub", "com": "comm"}) != address
    assert "slash" in read("see github.com/x", {"github": "git hub"})


def test_what_decides_between_entries_of_one_word() -> None:
    def said(*entries: LexiconEntry) -> str:
        ((_, _, entry),) = find_words("Go", [Lexicon(entries)])
        return entry.say

    low, high = (LexiconEntry(word="go", say=str(n), priority=n) for n in (1, 2))
    exact = LexiconEntry(word="Go", say="exact", case="exact", priority=-5)
    assert said(low, high) == said(high, low) == "2"
    assert said(low, LexiconEntry(word="go", say="later", priority=1)) == "later"
    assert said(high, exact) == "exact"


def test_a_requests_words_come_first_unless_the_servers_are_longer() -> None:
    server: LexiconWords = {"Go": "server", "Go Go": "long"}
    assert read("Go, Go Go", {"Go": "request"}, server) == "request, long"


def test_phonemes_reach_the_voice_and_words_the_engine_that_reads() -> None:
    words: LexiconWords = {"Qwen": LexiconDetail(phonemes="/kwˈɛn/", say="kwenn")}
    front_end = FrontEnd(TextConfig(lexicons={"en": words}))
    (phrase,) = front_end.prepare(passage("The Qwen model."), ENGLISH).phrases
    assert phrase.phonemes == "ðə kwˈɛn mˈɑːdəl."
    (phrase,) = front_end.prepare(passage("The Qwen model."), None).phrases
    assert phrase.text == "The kwenn model."
    (phrase,) = front_end.prepare(passage("The Qwen model.", "de"), ENGLISH).phrases
    assert "kwˈɛn" not in phrase.phonemes


def test_the_narrower_language_comes_first() -> None:
    lexicons = {"en": {"a b": "wide", "b": "wide"}, "en-us": {"b": "narrow"}}
    front_end = FrontEnd(TextConfig(lexicons=lexicons))
    assert front_end.prepare(passage("b"), None).normalized == "narrow"
    assert front_end.prepare(passage("b", "en-gb-x-rp"), None).normalized == "wide"


def test_a_requests_own_words_and_their_errors() -> None:
    front_end = FrontEnd(TextConfig())
    good = lexicon_entries({"Qwen": "/kwˈɛn/"})
    assert front_end.prepare(passage("Qwen", lexicon=good), ENGLISH).phrases[0].phonemes == "kwˈɛn"
    bad = lexicon_entries({"fine": "/fˈaɪn/", "Qwen": "/kw漢n/"})
    with pytest.raises(InvalidInputError, match=r"entry 2.*U\+6F22") as caught:
        front_end.prepare(passage("nothing of it", lexicon=bad), ENGLISH)
    assert caught.value.param == "lexicon"


def test_a_text_does_not_grow_without_bound() -> None:
    front_end = FrontEnd(TextConfig())
    words = lexicon_entries({"a": "b" * MAX_SAY})
    with pytest.raises(InvalidInputError, match=str(MAX_SPOKEN)) as caught:
        front_end.prepare(passage("a " * 2000, lexicon=words), None)
    assert caught.value.param == "lexicon"


@pytest.mark.parametrize(
    "words",
    [
        {"": "x"},
        {"x": ""},
        {"x": LexiconDetail()},
        {"x" * (MAX_WORD + 1): "y"},
        {"x": "y" * (MAX_SAY + 1)},
        {"x": "/" + "y" * (MAX_PHONEMES + 1) + "/"},
        {"x": LexiconDetail(phonemes="\U000f0041")},
        {"\ue000": "y"},
    ],
)
def test_an_entry_that_cannot_be_said_is_refused(words: LexiconWords) -> None:
    with pytest.raises(ValueError, match="entry 2"):
        lexicon_entries({"fine": "good", **words})


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=6), max_size=8))
def test_matches_are_stretches_in_order(text: str, words: list[str]) -> None:
    free = 0
    entries = [LexiconEntry(word=word, say="x") for word in words]
    for start, end, entry in find_words(text, [Lexicon(entries)]):
        assert free <= start < end <= len(text)
        assert len(entry.word) == end - start
        free = end


@pytest.mark.parametrize("unit", ["a ", "ab", "a.", "+", "a b c d ", "aaaa "])
def test_time_is_linear_in_the_text(unit: str) -> None:
    words = {("a b c d " * 8)[:length].strip() or "a": "x" for length in range(1, MAX_WORD)}
    words |= {"+" * length: "y" for length in range(1, MAX_WORD)}
    lexicon = Lexicon(lexicon_entries(words))

    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        best = 1.0
        for _ in range(4):
            begin = time.process_time()
            find_words(text, [lexicon])
            best = min(best, time.process_time() - begin)
        return best

    assert seconds(4096) < 9 * seconds(1024) + 0.005


def test_every_shipped_word_is_needed_and_can_be_said() -> None:
    for entry in lexicon_entries(load_lexicon(SHIPPED / "en-us.yaml")):
        own = espeak.phonemize(entry.word, "en-us")
        assert bare(own) != bare(entry.phonemes) or own != entry.phonemes, entry.word
        encoded = phoneme_ids(entry.phonemes, ENGLISH)
        assert not encoded.unknown, entry.word
        if entry.say:
            assert espeak.phonemize(entry.say, "en-us") != own, entry.word


def bare(phonemes: str) -> str:
    return phonemes.translate(dict.fromkeys(map(ord, "ˈˌʲ ")))


def test_shipped_lexicons_are_loaded_by_language() -> None:
    lexicons = load_lexicons(SHIPPED)
    assert "en-us" in lexicons
    spoken = FrontEnd(TextConfig(lexicons=lexicons)).prepare(passage("Redis runs."), ENGLISH)
    assert spoken.phrases[0].phonemes.startswith("ɹˈɛdɪs ")


@pytest.mark.parametrize(
    "content", ["a: [1]", "- a", "a: {phonemes: x, other: y}", "a: ''", "no: x", "a: 1", "{", "\0"]
)
def test_a_wrong_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "en.yaml"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigError, match=r"en\.yaml"):
        load_lexicons(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        load_lexicons(tmp_path / "nowhere")


def test_words_are_written_as_they_are_read(tmp_path: Path) -> None:
    words: LexiconWords = {
        "no": "/nˈoʊ/",
        "C++: a": LexiconDetail(say="see", case="exact", priority=3),
        "1": "one",
    }
    path = tmp_path / "en.yaml"
    path.write_text(lexicon_yaml(words), "utf-8")
    assert load_lexicon(path) == words
