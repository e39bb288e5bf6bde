from collections import Counter

import pytest

from training.corpus import pair_coverage, sentence, sentences, spell, vocabulary
from training.features import symbols


def test_the_set_is_the_same_every_time_and_grows_at_its_end() -> None:
    assert sentences(300) == sentences(300)
    assert sentences(400)[:300] == sentences(300)
    # The first sentence and its key on the machine this was written on: no hash seed, no locale.
    assert sentences(1)[0].key == "06579ba799d6"


def test_a_text_has_one_split_wherever_it_stands() -> None:
    found = sentences(2_000)
    assert len({item.text for item in found}) == len(found)
    shares = Counter(item.split for item in found)
    assert 0.09 < shares["test"] / len(found) < 0.15
    assert 0.015 < shares["validation"] / len(found) < 0.045
    assert all(sentence(item.text) == item for item in found)


def test_five_thousand_sentences_hold_four_hundred_for_the_test() -> None:
    assert sum(item.split == "test" for item in sentences(5_000)) >= 400


def test_sentences_are_of_every_kind() -> None:
    texts = [item.text for item in sentences(1_500)]
    assert sum(text.endswith("?") for text in texts) > 200
    assert sum(text.endswith("!") for text in texts) > 20
    assert sum(len(text) <= 12 for text in texts) > 40
    assert sum(len(text) > 110 for text in texts) > 40
    assert not any(sign in text for text in texts for sign in "{}|_0123456789")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (19, "nineteen"),
        (20, "twenty"),
        (101, "one hundred one"),
        (999, "nine hundred ninety nine"),
        (42_000, "forty two thousand"),
        (999_999, "nine hundred ninety nine thousand nine hundred ninety nine"),
    ],
)
def test_numbers_are_spelled(number: int, words: str) -> None:
    assert spell(number) == words


def test_words_are_read_by_section() -> None:
    words = vocabulary()
    assert all(len(verb.split()) == 2 for verb in words["verbs"])
    assert "Thank you." in words["short"]
    assert all(line.count("{") == line.count("}") for line in words["frames"])


def test_pairs_are_counted_within_a_sequence_only() -> None:
    assert pair_coverage(["abc", "bc"]) == {("a", "b"): 1, ("b", "c"): 2}


def test_the_set_covers_the_sounds_of_english() -> None:
    found: Counter[str] = Counter()
    for item in sentences(250):
        found.update(symbols(item.text))
    wanted = "pbtdkɡmnŋfvθðszʃʒhɹljwɾiɪeɛæɑɔoʊuʌəɐɚɜaː"
    assert {symbol for symbol in wanted if not found[symbol]} == set()
