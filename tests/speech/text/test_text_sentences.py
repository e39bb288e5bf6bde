"""Sentences of written text; a bar in a case is where one ends."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.text import marks
from speech.text.sentences import paragraphs

CASES = [
    ("en", "Dr. Smith paid $3.50 to J. Doe. | He left at 5 p.m. | Then it rained."),
    # The dot of an abbreviation, and what may follow it.
    ("en", "Meet at 5 p.m. EST. | Then go."),
    ("en", "It is 5 a.m. PST now. | Fine."),
    ("en", "Call at 9 a.m. Eastern. | Thanks."),
    ("en", "At 5 p.m. | He left."),
    ("en", "It is at 3 p.m. Monday. | Bring notes."),
    ("en", "Is this Mr. Right? | Yes."),
    ("en", "Open Mon.-Fri. | Closed."),
    ("en", "Closed Sat. and Sun. as ever. | Bye."),
    ("en", "Add 2 tbsp. sugar. | Stir."),
    ("en", "I live on Main St. | It's quiet."),
    ("en", "No. | I won't."),
    ("en", "What is 2 + 2? | 4. | Right."),
    ("en", "i went home. | then i slept."),
    ("en", "He joined the U.S. Army in 1990. | He left."),
    ("en", "The U.S. Senate met. | It voted."),
    ("en", "It lives in the U.S. | It is big."),
    ("en", "Take No. 5. | It is good."),
    ("en", "He said No. | Then left."),
    ("en", "It is approx. 5 km. | Done."),
    ("en", "See vol. 2 and pp. 3-5. | Fig. 3 shows it."),
    ("en", "J. K. Rowling wrote it. | C. S. Lewis too."),
    ("en", "Plan B. | He did it."),
    ("en", "Vitamin C. | It is good."),
    ("en", "Go to Washington, D.C. | The town is nice."),
    ("en", "Cats, dogs, etc. | They eat."),
    ("fr", "M. Dupont est là. | Il part."),
    ("de", "Er kam am 3. Mai. | Es war z.B. kalt."),
    # Points that are no stops, and stops that are three.
    ("en", "Is it 3.5 or 4.0? | Yes."),
    ("en", "See example.com. | Then go to https://a.b/c.html. | Done."),
    ("en", "Wait... what? | No... | Never."),
    ("en", "What?! | No way!! | Really..."),
    # Quotes and brackets.
    ("en", '"Stop!" he said. | "Go." | She left.'),
    ("en", 'He said "Stop." | Then he left.'),
    ("en", 'She asked, "Why?" and left.'),
    ("en", "(He left.) | She stayed."),
    ("en", "They left (all of them) at once. | Good."),
    # Numbers of list items and headings.
    ("en", "1. First item"),
    ("en", "2) Second item. | It is long."),
    ("en", "a) Third item"),
    ("en", "iv. Fourth item"),
    # Other scripts, and other scripts in English.
    ("zh", "你好。|今天天气很好！|是吗？"),
    ("en", "He wrote 你好。|世界很大。|Done."),
    ("ja", "「行く。」|彼は言った。"),
    ("ar", "السلام عليكم. | كيف حالك؟ | أنا بخير."),
    ("hi", "यह ठीक है। | हाँ।"),
    ("es", "¿Qué? | ¡Sí! | Bueno."),
]


@pytest.mark.parametrize(("language", "marked"), CASES)
def test_a_sentence_ends_where_it_should(language: str, marked: str) -> None:
    wanted = [sentence.strip() for sentence in marked.split("|")]
    text = marked.replace(" | ", " ").replace("|", "")
    (found,) = paragraphs(text, language)
    assert [sentence.text for sentence in found.sentences] == wanted


LIST = "To buy:\n- milk\n• eggs and bread\n* 3. butter\n1. tea"


def test_list_items_are_lines_without_their_bullets() -> None:
    found = [[s.text for s in lines] for lines, _ in paragraphs(LIST, "en")]
    assert found == [["To buy:"], ["milk"], ["eggs and bread"], ["3. butter"], ["1. tea"]]


def test_a_line_broken_at_a_width_goes_on() -> None:
    text = "This is a line that was broken at a width of some\nforty characters. It ends.\nNew one."
    found = [[s.text for s in lines] for lines, _ in paragraphs(text, "en")]
    assert found == [
        ["This is a line that was broken at a width of some forty characters.", "It ends."],
        ["New one."],
    ]


@pytest.mark.parametrize(
    "text", ["milk\neggs", "A long line that ends with a stop of its own.\nand"]
)
def test_a_line_that_is_short_or_ended_does_not_go_on(text: str) -> None:
    assert len(paragraphs(text, "en")) == 2


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The quick brown fox jumps\nover the lazy dog and then\nruns away into the dark.", 1),
        ("Der Hund läuft über die\nStraße und bellt.", 1),
        ("We met at the\npark.", 1),
        ("roses are red\nviolets are blue\nsugar is sweet\nand so are you.", 4),
        ("an old silent pond\na frog jumps into the pond\nsplash and silence.", 3),
        ("two cups of white flour\na pinch of sea salt\nthree eggs", 3),
        ("To do:\nbuy milk\ncall mom", 3),
        ("This is a text that was\nwrapped at forty or so\ncharacters by an editor.", 1),
        ("Please call me\ntomorrow.", 1),
        ("1. Open the door\n2. Go in\n3. Sit down", 3),
        ("I wandered lonely as a cloud\nThat floats on high o'er vales.", 2),
    ],
)
def test_short_lines_are_one_sentence_if_they_were_broken_at_a_width(text: str, count: int) -> None:
    assert len(paragraphs(text, "en")) == count


def test_what_has_no_mark_at_its_end_says_so() -> None:
    text = 'A heading\nA sentence.\nHe said "so."\nto do:\n好。'
    assert [ended for _, ended in paragraphs(text, "en")] == [False, True, True, True, True]


def test_marks_are_words_and_pauses() -> None:
    word = marks.pronounced("Dr. Who", "dˈɑːktɚ hˈuː")
    (found,) = paragraphs(f"At 5 p.m. {word} left. {marks.pause(300)} Then he sat.", "en")
    assert [marks.plain(s.text).strip() for s in found.sentences][-1] == "Then he sat."
    assert sum(s.text.count(word) for s in found.sentences) == 1


texts = st.text(st.sampled_from("aB1 .!?\"'()\n-•,。！你؟A.é\u3000\u00a0ü"), max_size=120)


@settings(max_examples=300, deadline=None)
@given(texts, st.sampled_from(["en-us", "de", "fr", "zh", "ar", "xx"]))
def test_sentences_are_stretches_of_the_text_in_order(text: str, language: str) -> None:
    position = 0
    for sentences, _ in paragraphs(text, language):
        for start, sentence in sentences:
            assert sentence == sentence.strip() != ""
            assert text[start : start + len(sentence)].replace("\n", " ") == sentence
            assert not any(map(str.isalnum, text[position:start]))
            position = start + len(sentence)
    assert not any(map(str.isalnum, text[position:]))


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u2003"])
def test_wide_spaces_behind_an_initial_do_no_harm(space: str) -> None:
    """Where sentencex itself panics, with an exception that is no `Exception`."""
    assert paragraphs(f"bb {space}A{space}. Yes", "en")


@pytest.mark.parametrize(
    "unit", [".", ". ", "a.", "U.S. ", "A. ", '"', "?)", "1. ", "\n- ", "。", "a\n", "A.) ", "x,\n"]
)
def test_time_is_linear(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        best = 1.0
        for _ in range(4):
            begin = time.process_time()
            paragraphs(text, "en")
            best = min(best, time.process_time() - begin)
        return best

    assert seconds(4096) < 9 * seconds(1024) + 0.005
