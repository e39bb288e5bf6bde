"""Runs of characters without spaces: where they begin and end, and what they leave alone."""

import time
from collections.abc import Callable

import pytest

from speech.text import marks
from speech.text.english.runs import MAX_RUN, find_runs, spell_name, spell_word

# Names written without spaces, piece by piece.


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("john_doe99", "john underscore doe nine nine"),
        ("rtx-6000", "R T X dash six thousand"),
        ("a1000", "A one zero zero zero"),
        ("ReadMe.md", "Read Me dot M D"),
        ("image.jpg", "image dot jpeg"),
        ("a+b=c", "A plus B equals C"),
        ("naïve.org", "naïve dot org"),
    ],
)
def test_every_piece_is_said(name: str, spoken: str) -> None:
    assert marks.plain(spell_name(name)) == spoken


def test_letters_alone_are_spelled() -> None:
    assert spell_word("html") == "H T M L"
    assert spell_word("house") == "house"


# Addresses of mail and of the web.

ELECTRONIC = [
    ("mail me@test.com", "mail me at test dot com"),
    ("a-1.b3_c&-d@gma4i-l.com",
     "A dash one dot B three underscore C ampersand "
     "dash D at gma four I dash L dot com"),
    ("john.o'neil@x.co, (me@x.com)", "john dot O apostrophe neil at X dot co, (me at X dot com)"),
    ("a@hotmail.de", "A at hotmail dot D E"),
    ("sam@gmail.com.sm", "sam at gmail dot com dot S M"),
    ("http://www.example.com/a?b=1#c",
     "H T T P colon slash slash W W W dot "
     "example dot com slash A question mark B equals one hash C"),
    ("HTTPS://EXAMPLE.COM", "H T T P S colon slash slash example dot com"),
    ("http://localhost:8080", "H T T P colon slash slash localhost colon eight zero eight zero"),
    ("see bbc.co.uk/news.", "see B B C dot co dot U K slash news."),
    ("at end.Then it stopped", "at end.Then it stopped"),
    ("1.5 and 3.de", "one point five and three.de"),
    ("file:///photos/image.jpg", "file colon slash slash slash photos slash image dot jpeg"),
    ("git@github.com:me/repo.git", "git at github dot com colon me slash repo dot git"),
    ("rate 5@3", "rate five at three"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "spoken"), ELECTRONIC)
def test_electronic(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Hashtags, handles and forums.

HANDLES = [
    ("#ThrowbackThursday", "hashtag Throwback Thursday"),
    ("#COVID19 #2024Goals", "hashtag COVID nineteen hashtag twenty twenty four Goals"),
    ("#100DaysOfCode", "hashtag one hundred Days Of Code"),
    ("#mytext#", "hash mytext hash"),
    ("we are #1", "we are number one"),
    ("@john_doe99 said", "at john underscore doe nine nine said"),
    ("r/askscience and u/name", "r slash askscience and u slash name"),
    ("meet @ 5", "meet at five"),
    ("Dial #31#", "Dial pound three one pound"),
]


@pytest.mark.parametrize(("written", "spoken"), HANDLES)
def test_handles(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Files, folders, identifiers.

PATHS = [
    ("C:\\Users\\me", "C colon backslash Users backslash me"),
    ("edit /etc/hosts", "edit slash etc slash hosts"),
    ("~/.bashrc", "tilde slash dot bashrc"),
    ("cd ../src", "cd dot dot slash src"),
    ("src/main.rs", "src slash main dot R S"),
    ("report_v2.pdf", "report underscore V two dot P D F"),
    ("archive.tar.gz", "archive dot tar dot G Z"),
    ("my_var_name", "my underscore var underscore name"),
    ("test.abc", "test dot A B C"),
    ("Use .NET and .com", "Use dot net and dot com"),
    ("cd .. and ls", "cd dot dot and ls"),
    ("Well .. no", "Well .. no"),
    ("the $GIT_DIR", "the git underscore DIR"),
    ("upgrade/update", "upgrade slash update"),
]


@pytest.mark.parametrize(("written", "spoken"), PATHS)
def test_paths(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Versions, addresses of networks, identifiers.

VERSIONS = [
    ("v1.2.3 and v2", "version one point two point three and version two"),
    ("Python 3.12, version 2.60", "Python three point twelve, version two point sixty"),
    ("Ubuntu 22.04", "Ubuntu twenty two point zero four"),
    ("1.0.0-rc1", "one point zero point zero R C one"),
    ("pi is 3.12", "pi is three point one two"),
    ("192.168.1.1:8080",
     "one nine two dot one six eight dot "
     "one dot one colon eight zero eight zero"),
    ("10.0.0.0/8", "one zero dot zero dot zero dot zero slash eight"),
    ("fe80::1", "F E eight zero colon colon one"),
    ("00:1A:2B:3C:4D:5E",
     "zero zero colon one A colon two B "
     "colon three C colon four D colon five E"),
    ("commit a1b2c3d", "commit A one B two C three D"),
    ("0x1F", "zero x one F"),
    ("#ff00aa", "hash F F zero zero A A"),
    ("deadbeef", "deadbeef"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "spoken"), VERSIONS)
def test_versions(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


def found(text: str) -> list[str]:
    return [text[start : reading.end] for start, reading in find_runs(text)]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("(see me@x.com).", ["me@x.com"]),
        ('at "http://x.org/a", then', ["http://x.org/a"]),
        ("a.b@c.de;d@e.fr", ["a.b@c.de", "d@e.fr"]),
        ("to:me@x.com", ["me@x.com"]),
        ("open /etc/hosts.", ["/etc/hosts"]),
        ("He left. She stayed: 3.5, 1/2, 10:30 and 5-6", []),
        ("and/or 24/7 w/o", []),
        ("@", []),
    ],
)
def test_a_run_ends_before_the_sentence_goes_on(text: str, runs: list[str]) -> None:
    assert found(text) == runs


def test_runs_come_in_order() -> None:
    starts = [
        start for start, _ in find_runs("a@b.co /etc/x v1.2.3 #Tag file.txt www.x.org 10.0.0.1")
    ]
    assert starts == sorted(starts)
    assert len(starts) == 7


def test_a_very_long_run_is_no_name() -> None:
    assert found("a_" * MAX_RUN) == []


@pytest.mark.parametrize(
    "unit",
    [
        "a@",
        "a.",
        "#",
        "/",
        "http://",
        "a_",
        "\\",
        "::",
        "0:",
        "c-c-",
        "v1.",
        "1.1.",
        "~/",
        "ooo",
        "@a",
    ],
)
def test_finding_takes_linear_time(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        best = 1.0
        for _ in range(4):
            begin = time.process_time()
            find_runs(text)
            best = min(best, time.process_time() - begin)
        return best

    # Quadratic time would give 16; the shared machine and small times ask for room.
    assert seconds(4096) < 9 * seconds(1024) + 0.005
