"""Words: where each was written, which ids speak it, when it is heard."""

from dataclasses import replace
from itertools import pairwise

import pytest

from speech.audio.joins import word_times
from speech.config import PhraseConfig, TextConfig
from speech.text import FrontEnd
from speech.types import Normalization, Phrase, Vocabulary
from tests.conftest import passage
from tests.speech.text.test_text_frontend import ENGLISH, LETTERS
from tests.speech.text.test_text_phonemes import KOKORO, SMALL

SYMBOLS = {ids[0]: symbol for symbol, ids in ENGLISH.ids.items()}


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    return FrontEnd(TextConfig())


def told(text: str, phrase: Phrase) -> list[tuple[str, str]]:
    """Spoken and written words."""
    return [(phrase.text[slice(*it.spoken)], text[slice(*it.written)]) for it in phrase.words]


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("“Well-known,” (she) said…", "en-us", "Well-known she said"),
        ("A $3.50 tip", "en-us", "A $3.50=three $3.50=dollars $3.50=fifty $3.50=cents tip"),
        ("for ＄５ now", "en-us", "for ＄５=five ＄５=dollars now"),
        ("in 12 °C", "en-us", "in 12_°C=twelve 12_°C=degrees 12_°C=Celsius"),
        ("Calculate 9 - 4", "en-us", "Calculate 9_-=nine 9_-=minus 4=four"),
        ("**bold** <b>un<i>believ</i>able</b>", "en-us", "bold un<i>believ</i>able=unbelievable"),
        ("R&amp;D\r\n\r\n- caf\u0065\u0301", "en-us",
         "R&amp;D=R R&amp;D=and R&amp;D=D caf\u0065\u0301=café"),
        ("Ｈｉ\u3000ｙｏｕ", "en-us", "Ｈｉ=Hi ｙｏｕ=you"),
        ("so 👍🏽!", "en-us", "so 👍🏽=thumbs 👍🏽=up 👍🏽=medium 👍🏽=skin 👍🏽=tone"),
        ("see https://www.a.de/b?c now", "en-us",
         "see https://www.a.de/b?c=A https://www.a.de/b?c=dot https://www.a.de/b?c=D "
         "https://www.a.de/b?c=E now"),
        ("[New York](/nˈuː jˈɔːɹk/)'s [pause:1s] end", "en-us",
         "[New_York](/nˈuː_jˈɔːɹk/)=New [New_York](/nˈuː_jˈɔːɹk/)'s=York's end"),
        ("nginx runs", "en-us", "nginx=engine nginx=X runs"),
        ("مرحبا بالعالم", "ar", "مرحبا بالعالم"),
        ("हिन्दी में।", "hi", "हिन्दी में"),
        ("你好，世界。", "cmn", "你 好 世 界"),
        ("きょうはコーヒー。", "ja", "きょ う は コー ヒー"),
        ("3,50 €", "de", "3,50_€=drei 3,50_€=Euro 3,50_€=fünfzig"),
    ],
)  # fmt: skip
def test_every_word_knows_where_it_was_written(
    front_end: FrontEnd, text: str, language: str, words: str
) -> None:
    spelt = FrontEnd(TextConfig(lexicons={"en": {"nginx": "engine X"}}))
    wanted = Normalization(emoji="say", urls="short" if "see" in text else "spell")
    phrases = spelt.explain(passage(text, language, normalization=wanted)).utterance.phrases
    found = [pair for phrase in phrases for pair in told(text, phrase)]
    pairs = [word.replace("_", " ").rsplit("=", 1) for word in words.split(" ")]
    assert found == [(pair[-1], pair[0]) for pair in pairs]


@pytest.mark.parametrize("vocabulary", [None, ENGLISH, LETTERS, KOKORO])
def test_offsets_go_on_in_a_long_text(vocabulary: Vocabulary | None) -> None:
    """Joined and cut phrases, and an opening, count in the whole text; nothing else changes."""
    front_end = FrontEnd(TextConfig(phrases=PhraseConfig(max_characters=60, target_characters=50)))
    text = "  It’s 5.  “Two”\n**three** and four, five and six &amp; so on. " * 20
    asked = front_end.prepare(passage(text), vocabulary, words=True)
    plain = front_end.prepare(passage(text), vocabulary)
    assert front_end.opening(passage(text), vocabulary, words=True) == asked.phrases[0]
    assert tuple(replace(it, words=(), written=(0, 0)) for it in asked.phrases) == plain.phrases
    assert all((it.words, it.written) == ((), (0, 0)) for it in plain.phrases)
    pairs = [pair for phrase in asked.phrases for pair in told(text, phrase)]
    once = ("It’s", "5", "Two", "three", "and", "four", "five", "and", "six", "&amp;", "so", "on")
    assert [written for _, written in pairs] == [*once] * 20
    places = [phrase.written for phrase in asked.phrases]
    assert all(a[1] <= b[0] for a, b in pairwise(places))


@pytest.mark.parametrize(
    ("text", "language", "sounds"),
    [
        # One group for several words, several groups for one word, a group that words share.
        ("in the end of it", "en-us", "ɪn ðɪʲ ˈɛnd ʌv ɪt"),
        ("for a while", "en-us", "fɚɹ ə wˈaɪl"),
        ("OpenAI in the U.S.", "en-us", "ˈoʊpən.ˌeɪˈaɪ ɪn ðə jˈuː ˈɛs"),
        ("F F F F F at once", "en-us", "ˈɛf ˈɛf ˈɛf   ɐt wˈʌns"),
        ("a [big](/bˈɪɡ/) [New York](/nˈuː jˈɔːɹk/).", "en-us", "ɐ bˈɪɡ nˈuː jˈɔːɹk"),
        ("l'homme qu'il y a, c'est-à-dire", "fr", "lˈɔm kil iʲ ˈa sɛtadˈiʁ"),
        ("im Haus, und in der Stadt!", "de", "ɪm hˈaʊs ʊnt ɪn dɛɾ ʃtˈat"),
    ],
)
def test_every_word_has_its_phonemes(
    front_end: FrontEnd, text: str, language: str, sounds: str
) -> None:
    vocabulary = replace(ENGLISH, espeak_voice=language)
    (phrase, *others) = front_end.prepare(passage(text, language), vocabulary, words=True).phrases
    found = [
        "".join(SYMBOLS[it] for it in said.phoneme_ids[slice(*word.ids)] if it).replace(" ", ".")
        for said in (phrase, *others)
        for word in said.words
    ]
    assert found == sounds.split(" ")


def test_words_are_timed(front_end: FrontEnd) -> None:
    (phrase,) = front_end.prepare(passage("(Ab c), d!"), LETTERS, words=True).phrases
    # ^ _ A _ b _ blank _ c _ , _ blank _ d _ $: what the voice lacks has no ids.
    seconds = [float(2**number) for number in range(len(phrase.phoneme_ids))]
    times = [(word.start, word.end) for word in word_times(phrase, seconds)]
    assert times == [(3, 3 + 60), (255, 255 + 768), (4095, 4095 + 12288)]
    with pytest.raises(ValueError, match="duration"):
        word_times(phrase, seconds[1:])


@pytest.mark.parametrize("vocabulary", [ENGLISH, KOKORO, SMALL, LETTERS])
def test_all_sounds_are_in_words(front_end: FrontEnd, vocabulary: Vocabulary) -> None:
    """Words are apart and in order; between them are only blanks, marks, and the frame's ids."""
    text = "“The jury's choice” (of the year) is OpenAI's bottle; for a bird, 1 in 1,000, eh?"
    frame = {vocabulary.ids[it][0] for it in "^$_" if it in vocabulary.ids}
    silent = frame | {vocabulary.ids[it][0] for it in ' .,;:!?"“”()' if it in vocabulary.ids}
    for phrase in front_end.prepare(passage(text), vocabulary, words=True).phrases:
        behind = 0
        for start, end in (*(word.ids for word in phrase.words), (len(phrase.phoneme_ids),) * 2):
            assert behind <= start <= end
            assert set(phrase.phoneme_ids[behind:start]) <= silent
            assert start == end or phrase.phoneme_ids[start] not in silent
            behind = end


@pytest.mark.parametrize("vocabulary", [ENGLISH, KOKORO, SMALL, LETTERS])
def test_every_word_has_its_sounds(front_end: FrontEnd, vocabulary: Vocabulary) -> None:
    """Stress goes with the sound behind it, length with the one before; all ids are of sounds."""
    text = "The jury's choice is “tea” at 3:45, though. " * 8
    asked = front_end.prepare(passage(text), vocabulary, words=True, sounds=True)
    opening = front_end.opening(passage(text), vocabulary, words=True, sounds=True)
    assert opening in {None, asked.phrases[0]}
    for phrase in asked.phrases:
        for word in phrase.words:
            assert sum(count for _, count in word.sounds) == word.ids[1] - word.ids[0]
            assert all(symbol and symbol[-1] not in "ˈˌ " for symbol, _ in word.sounds)
            assert not any(symbol.startswith("ː") for symbol, _ in word.sounds)
    if vocabulary is ENGLISH:
        jury = next(it for it in asked.phrases[0].words if len(it.sounds) > 4)
        assert [symbol for symbol, _ in jury.sounds] == ["d", "ʒ", "ˈʊ", "ɹ", "ɹ", "i", "z"]


def test_a_word_knows_whether_the_next_one_goes_on(front_end: FrontEnd) -> None:
    """Also where the next one is in another phrase."""
    short = FrontEnd(TextConfig(phrases=PhraseConfig(max_characters=30, target_characters=0)))
    text = "It is 12,345,678,901 now. Calculate 9 - 4. Then $3.50, then [New York](/nˈuː jˈɔːk/)!"
    for reader in (front_end, short):
        phrases = reader.explain(passage(text)).utterance.phrases
        words = [word for phrase in phrases for word in phrase.words]
        behind = 0
        for word, follow in pairwise(words):
            behind = max(behind, word.written[1])
            assert word.continued == (follow.written[0] < behind)
        assert not words[-1].continued
    assert sum(phrase.words[-1].continued for phrase in phrases) >= 2


def test_every_word_knows_where_its_sentence_begins(front_end: FrontEnd) -> None:
    text = "  “One & two,” **three**. Four 5!\n\n- Six; seven? " + "and eight, " * 40
    joined = FrontEnd(TextConfig(phrases=PhraseConfig(target_characters=200)))
    begins = [text.index(it) for it in ("“One", "Four", "Six", "and eight")]
    for reader in (front_end, joined):
        phrases = reader.explain(passage(text)).utterance.phrases
        for word in (word for phrase in phrases for word in phrase.words):
            assert word.sentence == max(it for it in begins if it <= word.written[0])
    (phrase,) = front_end.explain(replace(passage("Six."), start=70)).utterance.phrases
    assert phrase.words[0].sentence == 70


@pytest.mark.parametrize("text", ["a " * 149, "at once it is of the " * 14, "世" * 299, "x," * 140])
def test_a_flood_of_words_is_shared_out(front_end: FrontEnd, text: str) -> None:
    phrases = front_end.prepare(
        passage(text, "cmn" if "世" in text else "en-us"), ENGLISH, words=True
    ).phrases
    for phrase in phrases:
        ends = [place for word in phrase.words for place in word.ids]
        assert ends == sorted(ends)
        assert phrase.words
