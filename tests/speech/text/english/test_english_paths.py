"""Files, folders, identifiers."""

from collections.abc import Callable

import pytest

CASES = [
    ("C:\\Users\\me", "C colon backslash Users backslash me"),
    ("edit /etc/hosts", "edit slash etc slash hosts"),
    ("~/.bashrc", "tilde slash dot bashrc"),
    ("cd ../src", "cd dot dot slash src"),
    ("src/main.rs", "src slash main dot R S"),
    ("report_v2.pdf", "report underscore V two dot P D F"),
    ("archive.tar.gz", "archive dot tar dot G Z"),
    ("my_var_name", "my underscore var underscore name"),
    ("test.abc", "test dot A B C"),
    ("Use .NET and .com", "Use dot NET and dot com"),
    ("cd .. and ls", "cd dot dot and ls"),
    ("Well .. no", "Well .. no"),
    ("the $GIT_DIR", "the GIT underscore DIR"),
    ("upgrade/update", "upgrade slash update"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_paths(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
