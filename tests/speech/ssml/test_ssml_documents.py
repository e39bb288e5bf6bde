"""Documents as the W3C's recommendation and the clouds' documentation write them."""

from pathlib import Path

import pytest

from speech.config import PauseConfig, TextConfig
from speech.errors import InvalidInputError
from speech.ssml import Plain, read_document
from speech.text import FrontEnd
from speech.voices import VoiceCatalogue

ROOT = Path(__file__).resolve().parents[3]
FRONT_END = FrontEnd(TextConfig())
W3C = (
    '<?xml version="1.0"?>\n<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xml:lang="en-US">\n'
)
AZURE = (
    '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" '
    'xmlns:mstts="https://www.w3.org/2001/mstts" xml:lang="en-US">'
)


@pytest.fixture(scope="module")
def shipped() -> VoiceCatalogue:
    return VoiceCatalogue.load(ROOT / "configs" / "voices.yaml")


@pytest.mark.parametrize(
    ("document", "wanted", "warnings"),
    [
        (
            W3C + "  <p>\n    <s>You have 4 new messages.</s>\n    <s>The first is from Stephanie "
            'Williams and arrived at <break/> 3:45pm.\n    </s>\n    <s>\n      The subject is '
            '<prosody rate="80%">ski trip</prosody>\n    </s>\n  </p>\n</speak>',
            "You have four new messages.|The first is from Stephanie Williams and arrived at "
            "three forty five PM.|The subject is|ski trip",
            (),
        ),
        (
            W3C + '<p>Today we preview the latest romantic music from Example.</p>'
            '<p><audio src="http://www.example.com/a.wav"><desc>An ad</desc></audio></p>'
            '<voice gender="male"><mark name="here"/>Any <w role="x">time</w>.</voice></speak>',
            "Today we preview the latest romantic music from Example.|Any time.",
            ("SSML audio is not played, its text is said",
             "SSML voice without a name is not heeded"),
        ),
        (
            W3C + "<lexicon uri=\"http://www.example.com/lexicon.pls\" xml:id=\"pls\"/>"
            '<phoneme alphabet="ipa" ph="t&#x259;mei&#x325;&#x27E;ou&#x325;"> tomato </phoneme>'
            '<lookup ref="pls"> tei </lookup></speak>',
            "tomato tei",
            ("SSML element lexicon is not known, its text is said",
             "SSML element lookup is not known, its text is said"),
        ),
        (
            W3C + 'The price of XYZ is <prosody rate="-10%" pitch="high">$45</prosody>. '
            'That is a <emphasis> big </emphasis> car! Take a deep breath<break/>'
            ' then continue. Press 1 or wait for the tone. <break time="3s"/>'
            " I didn't hear you! <break strength=\"weak\"/> Please repeat.</speak>",
            "The price of X Y Z is|forty five dollars.|That is a|big|car! Take a deep breath then "
            "continue. Press one or wait for the tone. I didn't hear you! Please repeat.",
            (),
        ),
        (
            '<speak>\n  Here are <say-as interpret-as="characters">SSML</say-as> samples.\n'
            '  I can pause <break time="3s"/>.\n  I can play a sound <audio src="https://a.example/'
            'b.mp3">didn\'t get your MP3 audio file</audio>. My number is\n <say-as interpret-as='
            '"cardinal">\n10\n</say-as>, you are <say-as interpret-as="ordinal">10</say-as> in '
            'line. <p><s>This is one.</s><s>This is two.</s></p>\n</speak>',
            "Here are S S M L samples. I can pause . I can play a sound didn't get your MP three "
            "audio file. My number is ten, you are tenth in line.|This is one.|This is two.",
            ("SSML audio is not played, its text is said",),
        ),
        (
            "<speak>Step 1, take a deep breath. <break time=\"200ms\"/> Step 2, exhale. "
            '<say-as interpret-as="verbatim">abc</say-as> '
            '<say-as interpret-as="date" format="yyyymmdd" detail="1">1960-09-10</say-as> '
            '<say-as interpret-as="time" format="hms12">2:30pm</say-as> '
            '<media xml:id="q" begin="0.5s"><speak>Who invented it?</speak></media></speak>',
            "Step one, take a deep breath. Step two, exhale. A B C September tenth nineteen sixty "
            "two thirty PM Who invented it?",
            ("SSML element media is not known, its text is said",),
        ),
        (
            AZURE + '<voice name="nova"><mstts:express-as style="cheerful" styledegree="2">'
            'That would be amazing!</mstts:express-as></voice><voice name="echo"><mstts:silence '
            'type="Sentenceboundary" value="200ms"/><prosody rate="+30.00%" volume="+20.00%">'
            'Welcome <bookmark mark="b1"/>to text.</prosody></voice></speak>',
            "That would be amazing!|Welcome to text.",
            ("SSML element mstts:express-as is not known, its text is said",
             "SSML element mstts:silence is not known, its text is said"),
        ),
        (
            AZURE + '<voice name="echo"><s>His name is Mike <phoneme alphabet="ups" ph="JH AU">'
            'Zhou</phoneme></s> <lang xml:lang="es-MX">hola</lang> <say-as interpret-as="date" '
            'format="dmy">10-12-2016</say-as> <say-as interpret-as="telephone">(888) 555-1212'
            "</say-as></voice></speak>",
            "His name is Mike Zhou|hola|December tenth twenty sixteen eight eight eight, five five "
            "five, one two one two",
            ("SSML alphabet ups is not known, the text is said",),
        ),
        (
            '<speak>Mary had <break time="3s"/>a little lamb. <amazon:effect name="whispered">It '
            'followed</amazon:effect> <emphasis level="strong">her</emphasis> to <sub alias='
            '"Mercury">Hg</sub>. Richard\'s number is <say-as interpret-as="telephone">2122241555'
            '</say-as>. You say <phoneme alphabet="x-sampa" ph=\'pI"kA:n\'>pecan</phoneme>.'
            "</speak>",
            "Mary had a little lamb. It followed|her|to Mercury. Richard's number is two one two, "
            "two two four, one five five five. You say pecan.",
            ("SSML element amazon:effect is not known, its text is said",),
        ),
    ],
)  # fmt: skip
def test_a_known_document_is_said(
    shipped: VoiceCatalogue, document: str, wanted: str, warnings: tuple[str, ...]
) -> None:
    found = read_document(document, Plain(voice="alloy", language=None), shipped, PauseConfig())
    said = [
        FRONT_END.explain(passage, phonemized=False).utterance.normalized
        for passage in found.passages
    ]
    assert "|".join(said) == wanted
    assert found.warnings == warnings


def test_finer_marks_go_and_foreign_sounds_are_refused(shipped: VoiceCatalogue) -> None:
    def read(ph: str, voice: str = "alloy") -> tuple[str, tuple[str, ...]]:
        document = f'<speak><phoneme ph="{ph}">x</phoneme></speak>'
        found = read_document(document, Plain(voice=voice, language=None), shipped, PauseConfig())
        changes = FRONT_END.explain(found.passages[0], phonemized=False).changes
        (given,) = [it.phonemes for it in changes if it.kind == "phonemes"]
        return given, found.warnings

    assert read("hə\u0330ˈloʊ") == (
        "həˈloʊ",
        ("SSML phonemes: U+0330 is not known to voice heart",),
    )
    assert read("həˈloʊ") == ("həˈloʊ", ())
    assert read("həˈloʊ", "espeak")[1] == ("voice espeak takes no phonemes, it reads the words",)
    with pytest.raises(InvalidInputError, match=r"line 1, column 8: .* no phoneme 'ʘ' \(U\+0298\)"):
        read("ʘa")
