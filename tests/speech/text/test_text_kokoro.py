import pytest

from speech.text.kokoro import kokoro_symbols
from speech.text.phonemes import phonemize


@pytest.mark.parametrize(
    ("voice", "ipa", "symbols"),
    [
        # The examples of misaki's own table of English phones, in espeak-ng's spelling.
        ("en-us", "kˈoʊkəɹoʊ", "kˈOkəɹO"),
        ("en-us", "tʃˈɔɪs", "ʧˈYs"),
        ("en-us", "dʒˈʌdʒ", "ʤˈʌʤ"),
        ("en-us", "nˈaʊ", "nˈW"),
        ("en-us", "ˈeɪt", "ˈAt"),
        ("en-us", "bˈʌɾɚ", "bˈʌTəɹ"),
        ("en-us", "bˈɑːɾəl", "bˈɑTᵊl"),
        ("en-us", "nˈɜːs", "nˈɜɹs"),
        ("en-us", "bˈɜːɹd", "bˈɜɹd"),
        ("en-us", "bˈʌʔn\u0329", "bˈʌtᵊn"),
        ("en-us", "lˈɪsn\u0329", "lˈɪsᵊn"),
        ("en-us", "ðɪʲ ˈæpəl", "ðɪ ˈæpᵊl"),
        ("en-gb", "ɡˈəʊ", "ɡˈQ"),
        ("en-gb", "hˈeə", "hˈɛː"),
        ("en-gb", "nˈɜːs", "nˈɜːs"),
        ("en-gb-x-rp", "hˈiə", "hˈɪə"),
        ("es", "mˈutʃo", "mˈuʧo"),
        ("it", "pˈittsa", "pˈitʦa"),
        # What is Kokoro's already.
        ("en-us", "kˈOkəɹO ʧˈYs", "kˈOkəɹO ʧˈYs"),
    ],
)
def test_ipa_is_written_in_kokoros_symbols(voice: str, ipa: str, symbols: str) -> None:
    assert kokoro_symbols(ipa, voice) == symbols


def test_a_sentence_as_kokoro_reads_it() -> None:
    said = kokoro_symbols(phonemize("Now choose the boat, Joy.", "en-us"), "en-us")
    assert said == "nˈW ʧˈuz ðə bˈOt, ʤˈY."
