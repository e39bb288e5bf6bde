"""Versions, addresses of networks, identifiers."""

from collections.abc import Callable

import pytest

CASES = [
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


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_versions(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
