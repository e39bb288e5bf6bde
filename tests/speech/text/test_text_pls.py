import pytest

from speech.errors import ConfigError
from speech.text.lexicon import lexicon_entries
from speech.text.pls import MAX_BYTES, read_pls

ROOT = (
    '<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" '
    'alphabet="ipa" xml:lang="en-US">'
)


def pls(body: str, root: str = ROOT) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}{body}</lexicon>'.encode()


def test_the_examples_of_the_recommendation_are_read() -> None:
    """PLS 1.0, sections 4.9.1 to 4.9.3: several spellings, several sounds, preference, aliases."""
    body = """
      <meta name="author" content="somebody"/>
      <metadata><a xmlns="urn:other"><grapheme>not mine</grapheme></a></metadata>
      <lexeme><grapheme>judgment</grapheme><grapheme>judgement</grapheme>
        <phoneme>ˈdʒʌdʒ.mənt</phoneme><!-- one sound --></lexeme>
      <lexeme><grapheme>huge</grapheme>
        <phoneme>hjuːdʒ</phoneme><phoneme prefer="true">juːdʒ</phoneme></lexeme>
      <lexeme><grapheme>W3C</grapheme><alias>World Wide Web
        Consortium</alias></lexeme>
      <lexeme role="a:verb"><grapheme>refuse</grapheme><phoneme>rɪˈfjuːz</phoneme></lexeme>
      <lexeme role="a:noun"><grapheme>refuse</grapheme><phoneme>ˈrɛfjuːs</phoneme></lexeme>
      <lexeme><grapheme>silent</grapheme></lexeme>"""
    language, words = read_pls(pls(body))
    assert language == "en-us"
    assert words == {
        "judgment": "/ˈdʒʌdʒ.mənt/",
        "judgement": "/ˈdʒʌdʒ.mənt/",
        "huge": "/juːdʒ/",
        "W3C": "World Wide Web Consortium",
        "refuse": "/rɪˈfjuːz/",
    }
    assert lexicon_entries(words)[0].phonemes == "ˈdʒʌdʒmənt"


def test_predefined_entities_are_characters() -> None:
    body = "<lexeme><grapheme>AT&amp;T</grapheme><alias>A &#38; T</alias></lexeme>"
    assert read_pls(pls(body))[1] == {"AT&T": "A & T"}


BOMB = """<!DOCTYPE lexicon [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
EXTERNAL = """<!DOCTYPE lexicon [<!ENTITY x SYSTEM "file:///etc/passwd">]>"""
OUTSIDE = """<!DOCTYPE lexicon SYSTEM "http://127.0.0.1:9/lexicon.dtd">"""


@pytest.mark.parametrize("doctype", [BOMB, EXTERNAL, OUTSIDE])
def test_a_document_type_is_refused(doctype: str) -> None:
    body = "<lexeme><grapheme>x</grapheme><alias>&x;</alias></lexeme>"
    with pytest.raises(ConfigError, match="document type"):
        read_pls(f"{doctype}{ROOT}{body}</lexicon>".encode())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "well-formed"),
        (b"<lexicon", "well-formed"),
        (b"<lexicon xml:lang='en'/>", "no PLS document"),
        (b"<other/>", "no PLS document"),
        (pls("", ROOT.replace(' xml:lang="en-US"', "")), "xml:lang"),
        (
            pls("<lexeme><phoneme>x</phoneme></lexeme>", ROOT.replace('"ipa"', '"x-sampa"')),
            "only IPA",
        ),
        (pls('<lexeme>\n<phoneme alphabet="x-y">x</phoneme></lexeme>'), "line 3: only IPA"),
        (b" " * (MAX_BYTES + 1), "bytes"),
        (pls("<lexeme>&x;</lexeme>"), "well-formed"),
    ],
)
def test_what_is_no_lexicon_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_pls(data)
