"""SSML documents as passages: who says what, how, with which pauses, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from speech.config import PauseConfig, TextConfig
from speech.errors import InvalidInputError
from speech.ssml import Document, Plain, is_ssml, read_document, say_as
from speech.ssml.events import MAX_DEPTH
from speech.text import FrontEnd
from speech.types import Passage, Phrase
from speech.voices import VoiceCatalogue

FRONT_END = FrontEnd(TextConfig())


@pytest.fixture
def catalogue(fake_catalogue: Path) -> VoiceCatalogue:
    return VoiceCatalogue.load(fake_catalogue)


def read(catalogue: VoiceCatalogue, text: str, **plain: Any) -> Document:
    how = Plain(**{"voice": "tone", "language": None, **plain})
    return read_document(text, how, catalogue, PauseConfig())


def said(passage: Passage) -> str:
    return FRONT_END.explain(passage, phonemized=False).utterance.normalized


def phrases(catalogue: VoiceCatalogue, inner: str, **plain: Any) -> list[Phrase]:
    """All phrases of what stands in a document, with the pauses between passages."""
    found: list[Phrase] = []
    pause = None
    for passage in read(catalogue, f"<speak>{inner}</speak>", **plain).passages:
        found[-1:] = [FRONT_END.followed(it, pause) for it in found[-1:]]
        found += FRONT_END.prepare(passage, None, words=True).phrases
        pause = passage.pause
    if pause is not None:
        found[-1] = FRONT_END.followed(found[-1], pause)
    return found


def spoken(catalogue: VoiceCatalogue, inner: str, **plain: Any) -> str:
    return " | ".join(
        said(it) for it in read(catalogue, f"<speak>{inner}</speak>", **plain).passages
    )


def paused(catalogue: VoiceCatalogue, inner: str, **plain: Any) -> list[tuple[str, float]]:
    """Phrases with the silence behind each, as it is heard."""
    return [
        (phrase.text, round(phrase.pause_after / phrase.delivery.speed, 3))
        for phrase in phrases(catalogue, inner, **plain)
    ]


def test_a_document_is_known_by_its_beginning() -> None:
    for text in ("<speak>a</speak>", " \n<speak version='1.1'>", "<speak/>", "<speak",
                 "<?xml version='1.0'?>\n<speak>a</speak>"):  # fmt: skip
        assert is_ssml(text), text
    for text in ("", "speak", "<speaker>a", "a <speak>b</speak>", "< speak>"):
        assert not is_ssml(text), text


def test_text_is_said_as_it_stands(catalogue: VoiceCatalogue) -> None:
    (passage,) = read(
        catalogue, "<speak>Tom &amp; I have\n   <![CDATA[3 <]]> cats.</speak>"
    ).passages
    assert said(passage) == "Tom and I have three less than cats."
    assert passage.delivery.voice == "tone"
    assert passage.start == len("<speak>")


def test_words_have_their_places_in_the_document(catalogue: VoiceCatalogue) -> None:
    inner = (
        'ä<!-- no --> <prosody rate="slow">costs $3.50 &amp; '
        '<sub alias="value added tax">VAT</sub></prosody>!'
    )
    source = f"<speak>{inner}</speak>"
    found = [
        (phrase.text[slice(*word.spoken)], source[slice(*word.written)])
        for phrase in phrases(catalogue, inner)
        for word in phrase.words
    ]
    assert found == [
        ("ä", "ä"), ("costs", "costs"), ("three", "$3.50"), ("dollars", "$3.50"),
        ("fifty", "$3.50"), ("cents", "$3.50"), ("and", "&amp;"),
        ("value", "VAT"), ("added", "VAT"), ("tax", "VAT"),
    ]  # fmt: skip


def test_pauses_last_what_they_say_at_every_speed(catalogue: VoiceCatalogue) -> None:
    inner = 'One. <break time="700ms"/> Two <break time=".3s"/><break time="0.2s"/> three. Four.'
    wanted = [("One.", 0.7), ("Two", 0.5), ("three.", 0.35), ("Four.", 0.0)]
    assert paused(catalogue, inner) == wanted
    fast = [(text, pause if pause != 0.35 else 0.175) for text, pause in wanted]
    assert paused(catalogue, inner, speed=2.0) == fast
    long = '<prosody rate="4">a <break time="9s"/> b</prosody>'
    assert paused(catalogue, long) == [("a", 9.0), ("b", 0.0)]


def test_pauses_by_strength(catalogue: VoiceCatalogue) -> None:
    for word, pause in (("none", 0.0), ("x-weak", 0.075), ("weak", 0.15), ("medium", 0.25),
                        ("strong", 0.35), ("x-strong", 0.6)):  # fmt: skip
        assert paused(catalogue, f'a <break strength="{word}"/> b')[0] == ("a", pause)
    assert paused(catalogue, "a <break/> b")[0] == ("a", 0.25)


def test_a_pause_between_voices_and_at_the_end_stays(catalogue: VoiceCatalogue) -> None:
    inner = 'a <break time="1s"/><voice name="other"><break time="1s"/>b</voice><break time="3s"/>'
    assert paused(catalogue, inner) == [("a", 2.0), ("b", 3.0)]


def test_a_pause_before_the_first_word(catalogue: VoiceCatalogue) -> None:
    inner = '<break time="9s"/><prosody rate="200%">One.</prosody> <break time="1s"/>Two.'
    found = phrases(catalogue, inner)
    silences = [it.pause_before / it.delivery.speed for it in found]
    assert [(it.text, pause) for it, pause in zip(found, silences, strict=True)] == [
        ("One.", 9.0), ("Two.", 0.0),
    ]  # fmt: skip
    assert found[0].pause_after / found[0].delivery.speed == 1.0


def test_an_expletive_is_a_silence(catalogue: VoiceCatalogue) -> None:
    inner = 'The <say-as interpret-as="expletive">damn</say-as> cat, <voice name="other">a'
    inner += ' <say-as interpret-as="bleep">damn</say-as></voice> dog'
    assert paused(catalogue, inner) == [("The", 0.3), ("cat,", 0.15), ("a", 0.3), ("dog", 0.0)]


def test_sentences_and_paragraphs_end_where_they_say(catalogue: VoiceCatalogue) -> None:
    inner = "<p><s>I saw the Dr.</s><s>Smith left</s>and<s>so on</s></p><p>New. Last</p>"
    assert paused(catalogue, inner) == [
        ("I saw the Doctor.", 0.35), ("Smith left", 0.35), ("and", 0.35), ("so on", 0.6),
        ("New.", 0.35), ("Last", 0.0),
    ]  # fmt: skip


def test_a_mark_behind_an_element_ends_what_it_holds(catalogue: VoiceCatalogue) -> None:
    inner = 'Say <emphasis level="strong">this</emphasis>, please.'
    assert paused(catalogue, inner) == [
        ("Say", 0.0),
        ("this,", 0.176),
        ("please.", 0.0),
    ]


def test_rates_multiply_and_end(catalogue: VoiceCatalogue) -> None:
    inner = (
        'a <prosody rate="50%">b <prosody rate="+20%">c</prosody></prosody> '
        '<prosody rate="x-fast">d</prosody> <prosody rate="0.8">e</prosody> '
        '<prosody rate="-10%">f</prosody>'
    )
    speeds = [it.delivery.speed for it in read(catalogue, f"<speak>{inner}</speak>").passages]
    assert speeds == pytest.approx([1.0, 0.5, 0.6, 2.0, 0.8, 0.9])
    document = read(catalogue, '<speak><prosody rate="x-fast">a</prosody></speak>', speed=3.0)
    assert document.passages[0].delivery.speed == 4.0
    assert document.warnings == ("SSML rates are kept between 0.25 and 4 in all",)


def test_volumes(catalogue: VoiceCatalogue) -> None:
    for volume, gain in (("+6dB", 6.0), ("-3.5dB", -3.5), ("soft", -6.0), ("loud", 4.0),
                         ("50", -6.02), ("100", 0.0), ("silent", -96.0), ("0", -96.0),
                         ("+100%", 6.02), ("+40dB", 12.0)):  # fmt: skip
        (passage,) = read(
            catalogue, f'<speak><prosody volume="{volume}">a</prosody></speak>'
        ).passages
        assert passage.delivery.volume == pytest.approx(gain, abs=0.01), volume


@pytest.fixture(scope="module")
def shipped() -> VoiceCatalogue:
    return VoiceCatalogue.load(Path(__file__).parents[3] / "configs" / "voices.yaml")


def test_pitches(shipped: VoiceCatalogue) -> None:
    for pitch, factor in (("high", 1.2), ("+12st", 2.0), ("-10%", 0.9), ("80%", 0.8),
                          ("+49Hz", 1.25), ("98 Hz", 0.5), ("-30st", 0.5)):  # fmt: skip
        document = read(
            shipped, f'<speak><prosody pitch="{pitch}">a</prosody></speak>', voice="alloy"
        )
        assert document.passages[0].delivery.pitch == pytest.approx(factor), pitch
        assert bool(document.warnings) is (pitch == "-30st")
    inner = (
        '<prosody pitch="+10%">a <prosody pitch="+10%">b</prosody> '
        '<voice name="espeak">c</voice></prosody>'
    )
    document = read(shipped, f"<speak>{inner} d</speak>", voice="onyx")
    found = [it.delivery.pitch for it in document.passages]
    assert found == pytest.approx([1.1, 1.21, 1.0, 1.0])
    assert document.warnings == ("SSML prosody pitch is not heeded by voice espeak",)
    # A pitch in Hertz is one whatever is around it, and Hertz are added to what is around.
    inner = '<prosody pitch="high">a <prosody pitch="98Hz">b</prosody> <prosody pitch="+49Hz">c'
    document = read(shipped, f"<speak>{inner}</prosody></prosody></speak>", voice="alloy")
    found = [it.delivery.pitch for it in document.passages]
    assert found == pytest.approx([1.2, 0.5, 1.45])


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en-us", "1,234", "one thousand two hundred and thirty four"),
        ("en-us", "1.5", "one point five"),
        ("de", "1.234", "eintausendzweihundertvierunddreißig"),
        ("de", "1,5", "eins Komma fünf"),
        ("fr", "1\u202f234", "mille deux cent trente-quatre"),
        ("es-mx", "1,234", "mil doscientos treinta y cuatro"),
        ("es", "1.234", "mil doscientos treinta y cuatro"),
        ("ja", "1,234", "千二百三十四"),
        ("sv", "2,5", "två komma fem"),
    ],
)
def test_cardinals_have_the_signs_of_their_language(language: str, written: str, said: str) -> None:
    found = say_as.say_as(written, "cardinal", "", language)
    assert found is not None
    assert found.spoken == said


@pytest.mark.parametrize("written", ["12/25/2024 10:30", "2024-12-25 10:30"])
def test_a_time_behind_a_date_is_said(written: str) -> None:
    found = say_as.say_as(written, "date", "", "en-us")
    assert found is not None
    assert found.spoken.startswith("December twenty fifth twenty twenty four")
    assert found.spoken.endswith("ten thirty")


def test_voices_and_languages(catalogue: VoiceCatalogue) -> None:
    inner = (
        'a <voice name="tone/high">b</voice> <voice name="nobody other">c <lang xml:lang="de-DE">d'
        "</lang></voice>"
    )
    found = [it.delivery for it in read(catalogue, f"<speak>{inner}</speak>").passages]
    assert [(it.voice, it.speaker, it.language) for it in found] == [
        ("tone", "low", "en-us"), ("tone", "high", "en-us"), ("other", "", "de"),
    ]  # fmt: skip


def test_the_language_of_the_root_gives_way_to_the_voice(catalogue: VoiceCatalogue) -> None:
    document = read(catalogue, '<speak xml:lang="en-US"><voice name="other">eins</voice></speak>')
    assert document.passages[0].delivery.language == "de"
    assert document.warnings == ("voice other speaks de, not en-US",)
    assert not read(catalogue, '<speak xml:lang="en-US">one</speak>').warnings


def test_a_language_nobody_speaks_is_an_error_or_what_the_writer_says(
    catalogue: VoiceCatalogue,
) -> None:
    with pytest.raises(InvalidInputError, match=r"line 1, column 10.*does not speak") as error:
        read(catalogue, '<speak>a <lang xml:lang="fr">b</lang></speak>')
    assert error.value.param == "input"
    kept = read(catalogue, '<speak><lang xml:lang="fr" onlangfailure="ignorelang">b</lang></speak>')
    assert kept.passages[0].delivery.language == "en-us"
    inner = 'a <lang xml:lang="fr" onlangfailure="ignoretext">b</lang> c'
    assert spoken(catalogue, inner) == "a c"


def test_what_stands_in_its_own_words(catalogue: VoiceCatalogue) -> None:
    inner = (
        'The <sub alias="World Wide Web Consortium">W3C</sub> met on '
        '<say-as interpret-as="date" format="dmy">2/1/2021</say-as>, room '
        '<say-as interpret-as="digits">101</say-as>; <say-as interpret-as="nothing">$5</say-as>'
        '<audio src="a.mp3"><desc>a bell</desc> rang</audio><metadata>me</metadata> now.'
    )
    assert spoken(catalogue, inner) == (
        "The World Wide Web Consortium met on January second twenty twenty one, "
        "room one zero one; five dollars rang now."
    )
    assert read(catalogue, f"<speak>{inner}</speak>").warnings == (
        "SSML say-as nothing is not known, its text is said",
        "SSML audio is not played, its text is said",
    )


def test_given_phonemes_are_said(catalogue: VoiceCatalogue) -> None:
    inner = (
        '<phoneme ph="pɪˈkɑːn">pecan</phoneme> <phoneme alphabet="x-sampa" ph=\'p@"tA:t@U\'/> '
        '<phoneme alphabet="pinyin" ph="x">word</phoneme>'
    )
    (passage,) = read(catalogue, f"<speak>{inner}</speak>").passages
    changes = FRONT_END.explain(passage, phonemized=False).changes
    assert [(it.reading, it.phonemes) for it in changes if it.kind == "phonemes"] == [
        ("pecan", "pɪˈkɑːn"), ("pəˈtɑːtəʊ", "pəˈtɑːtəʊ"),
    ]  # fmt: skip
    assert read(catalogue, f"<speak>{inner}</speak>").warnings[-1] == (
        "SSML alphabet pinyin is not known, the text is said"
    )


def test_unknown_elements_are_said_and_named(catalogue: VoiceCatalogue) -> None:
    document = read(catalogue, '<speak><mstts:express-as style="x">Hi</mstts:express-as></speak>')
    assert said(document.passages[0]) == "Hi"
    assert document.warnings == ("SSML element mstts:express-as is not known, its text is said",)


def test_marks_have_a_name_and_a_place(catalogue: VoiceCatalogue) -> None:
    document = read(catalogue, '<speak>a <mark name="here"/>b <bookmark mark="there"/></speak>')
    assert [(it.name, it.place) for it in document.marks] == [("here", 9), ("there", 30)]


def test_nobody_writes_marks_of_ours(catalogue: VoiceCatalogue) -> None:
    (passage,) = read(catalogue, "<speak>a\ue001\ue101b [pause:1s] &#xF0061;c</speak>").passages
    assert "\ue001" not in said(passage)
    assert paused(catalogue, "a\ue005\ue101b")[0][1] == 0.0


@pytest.mark.parametrize(
    ("document", "place", "message"),
    [
        ("<speak>a", "line 1, column 9", "no element found"),
        ("<speak>\n a & b</speak>", "line 2, column 5", "not well-formed"),
        ("<speak>é</p></speak>", "line 1, column 11", "mismatched tag"),
        ("<speak>&nbsp;</speak>", "line 1, column 8", "undefined entity"),
        ("<p>a</p>", "line 1, column 1", "outermost element must be speak"),
        ('<speak><break time="11s"/></speak>', "line 1, column 8", "at most"),
        ('<speak><break time="soon"/></speak>', "line 1, column 8", "has a time such as"),
        ("<speak>" + '<break time="9s"/>' * 7 + "a</speak>", "line 1, column 116", "exceed 60 s"),
        ('<speak>a <voice name="no one">b</voice></speak>', "line 1, column 10", "unknown voice"),
        ('<speak><prosody rate="quick">b</prosody></speak>', "line 1, column 8", "a rate is"),
        ('<speak><prosody volume="big">b</prosody></speak>', "line 1, column 8", "a volume is"),
        ('<speak><prosody pitch="5">b</prosody></speak>', "line 1, column 8", "a pitch is"),
        ("<speak><sub>b</sub></speak>", "line 1, column 8", "needs an alias"),
        ("<speak><say-as>b</say-as></speak>", "line 1, column 8", "needs interpret-as"),
        ("<speak><phoneme>b</phoneme></speak>", "line 1, column 8", "needs ph"),
        ("<speak>a <mark/></speak>", "line 1, column 10", "needs a name"),
        ("<speak><lang>b</lang></speak>", "line 1, column 8", "needs xml:lang"),
        ('<speak><emphasis level="x">b</emphasis></speak>', "line 1, column 8", "emphasis is"),
    ],
)
def test_a_bad_document_is_refused_where_it_is_bad(
    catalogue: VoiceCatalogue, document: str, place: str, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message) as error:
        read(catalogue, document)
    assert error.value.message.startswith(f"SSML, {place}: ")
    assert error.value.param == "input"


def test_nothing_to_say(catalogue: VoiceCatalogue) -> None:
    for document in (
        "<speak/>",
        "<speak> . </speak>",
        '<speak><break time="1s"/></speak>',
        "<speak>" + "<!-- a -->" * 6_000 + "</speak>",
        "<speak>" + "<![CDATA[ ]]>" * 5_000 + "</speak>",
        f'<speak a="{"a" * 64_000}"></speak>',
    ):
        (passage,) = read(catalogue, document).passages
        assert (passage.text, said(passage), passage.delivery.voice) == (document, "", "tone")


BILLION_LAUGHS = (
    '<!DOCTYPE speak [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><speak>&c;</speak>'
)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            "<speak>" + "<p>" * 10_000 + "a" + "</p>" * 10_000 + "</speak>",
            f"deeper than {MAX_DEPTH}",
        ),
        (BILLION_LAUGHS, "document type"),
        ('<!DOCTYPE speak SYSTEM "file:///etc/passwd"><speak>a</speak>', "document type"),
        ("<speak>" + "&amp;" * 12_000, "no element found"),
        ("<speak " + " ".join(f'a{n}="{n}"' for n in range(6_000)) + ">", "no element found"),
        ("<speak>" + "<s>a</s>" * 8_000 + "</speak>", "more than 400 changes"),
        ("<speak>" + "<a" * 30_000, "not well-formed"),
        ("<speak>" + "<sub alias='b'>" * 31 + "a" * 60_000, "no element found"),
    ],
)
def test_floods_end_at_once(catalogue: VoiceCatalogue, document: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        read(catalogue, document)
