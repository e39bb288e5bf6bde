"""What a fault may cost, and whether other audio than was asked for is noticed."""

import io
import wave
from dataclasses import replace
from itertools import islice

import httpx
import numpy as np
import pytest
from stub_server import HEADER, Stub

from loadtests.faults.callers import BROKEN, REFUSED, WRONG, Callers, Row, learn
from loadtests.faults.list import FAULTS
from loadtests.faults.references import FORMATS, References, Wanted, everything_wanted, requests
from loadtests.faults.verdict import Price, judge

STRUCK, BACK = 10.0, 14.0
FINE = [Row(sent=moment, begun=moment, ended=moment + 0.5, outcome="ok") for moment in range(20)]
OPEN = Row(sent=9.5, begun=None, ended=10.5, outcome=BROKEN)
BEGUN = replace(OPEN, begun=9.9)
NEWCOMER = replace(OPEN, sent=11.0, ended=11.1)
BEFORE = replace(OPEN, sent=9.0, ended=9.5)
WAV = Wanted(voice="fake", text="Hello.", format="wav", private=True)


def stray(price: Price, *rows: Row, lasting: bool = False, back: float | None = BACK) -> int:
    rows_seen = [*FINE, *rows]
    found = judge("x", rows_seen, price=price, struck=STRUCK, back=back, lasting=lasting)
    assert found.kept == (not found.stray and not found.wrong and back is not None)
    return found.stray


@pytest.mark.parametrize(
    ("price", "covered"),
    [
        (Price.NOBODY, []),
        (Price.OPEN, [BEGUN, OPEN]),
        (Price.DOOR, [BEGUN, OPEN, replace(OPEN, outcome=REFUSED)]),
    ],
)
def test_who_may_fail_when_a_victim_is_killed(price: Price, covered: list[Row]) -> None:
    for row in (BEGUN, OPEN, replace(OPEN, outcome=REFUSED)):
        assert stray(price, row) == (row not in covered), row
    assert stray(price, NEWCOMER) == stray(price, BEFORE) == 1
    assert stray(price, replace(BEGUN, outcome=WRONG)) == 1


def test_a_victim_that_lasts_takes_newcomers_until_its_place_is_taken() -> None:
    assert stray(Price.OPEN, NEWCOMER, lasting=True) == 0
    assert stray(Price.OPEN, replace(NEWCOMER, sent=14.5, ended=15), lasting=True) == 1
    assert stray(Price.OPEN, BEFORE, lasting=True) == 1
    assert stray(Price.NOBODY, NEWCOMER, lasting=True) == 1


def test_a_place_that_is_never_taken_is_a_failure_of_its_own() -> None:
    assert stray(Price.OPEN, OPEN, back=None) == 0
    assert (
        judge("x", FINE, price=Price.OPEN, struck=STRUCK, back=None, lasting=True).replaced is None
    )


def test_what_is_told_of_a_fault() -> None:
    slow = Row(sent=9.0, begun=12.0, ended=13.0, outcome="ok")
    rows = [*FINE, slow, OPEN, NEWCOMER, replace(BEGUN, outcome="503")]
    found = judge("x", rows, price=Price.OPEN, struck=STRUCK, back=BACK, lasting=False)
    assert (found.requests, found.failed, found.stray, found.wrong) == (24, 3, 1, 0)
    assert found.how == {BROKEN: 2, "503 after it had begun": 1}
    # Under way were: slow, the two that failed, and the one of FINE that was sent that moment.
    assert found.open == 4
    assert found.recovered == pytest.approx(1.5)  # NEWCOMER ends at 11.1, the next success at 11.5
    assert found.slowest == 4.0
    assert found.replaced == 4.0
    assert found.first_stray.startswith("broken")
    calm = judge("x", FINE, price=Price.OPEN, struck=STRUCK, back=BACK, lasting=False)
    assert (calm.failed, calm.recovered, calm.first_stray) == (0, 0.0, "")


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) > 10


def tone(count: int, *, rate: int = 24_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((8000 * np.sin(np.arange(count) / 9)).astype("<i2").tobytes())
    return file.getvalue()


def test_audio_that_is_cut_or_changed_is_noticed() -> None:
    known, whole = References(), tone(24_000)
    known.keep(WAV, whole)
    assert known.wrong(WAV, whole) == ""
    assert known.decoded == 0
    assert "samples instead of 24000" in known.wrong(WAV, whole[:-200])
    assert known.wrong(WAV, whole[:20]).startswith("it does not decode")
    assert known.wrong(WAV, b"").startswith("it does not decode")
    assert "samples instead of" in known.wrong(WAV, tone(24_001))
    gap = bytearray(whole)
    gap[1000:1400] = bytes(400)
    assert known.wrong(WAV, bytes(gap)).startswith("samples differ")
    rounded = bytearray(whole)
    rounded[1000] ^= 1
    assert known.wrong(WAV, bytes(rounded)) == ""
    assert known.wrong(replace(WAV, private=False), whole) == ""
    with pytest.raises(ValueError, match="hardly any"):
        known.keep(WAV, tone(100))


def test_requests_are_of_every_kind_with_and_without_the_caches() -> None:
    asked = list(islice(requests("a", "b"), 2_000))
    kinds = {(item.voice, item.format, item.private) for item in asked}
    assert len(kinds) == 2 * len(FORMATS) * 2
    assert sum(item.voice == "b" for item in asked) == 500
    texts = {item.text for item in everything_wanted(["a", "b"])}
    assert {item.text for item in asked} == texts
    assert any("\n" in text for text in texts)


async def call(stub: Stub, references: References, count: int) -> list[Row]:
    callers = Callers(url=stub.url, wanted=iter([WAV] * count), references=references, rate=1000.0)
    async with httpx.AsyncClient() as client:
        for _ in range(count):
            await callers._call(client, WAV)
    return callers.rows


async def test_callers_tell_what_became_of_each(stub: Stub) -> None:
    references = References()
    references.keep(WAV, tone(24_000))
    (row,) = await call(stub, references, 1)
    assert (row.outcome, row.ok) == (WRONG, False)  # a header and no audio
    assert row.begun is not None
    assert stub.asked[0]["headers"]["cache-control"] == "no-store"
    stub.status = 503
    (row,) = await call(stub, references, 1)
    assert (row.outcome, row.begun) == ("503", None)
    references._right[WAV.voice, WAV.text, WAV.format].add(
        __import__("hashlib").sha256(HEADER).digest()
    )
    stub.status = 200
    (row,) = await call(stub, references, 1)
    assert row.ok
    gone = Stub(url="http://127.0.0.1:1")
    (row,) = await call(gone, references, 1)
    assert row.outcome == REFUSED


async def test_a_reference_that_cannot_be_had_is_an_error(stub: Stub) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await learn(stub.url, [WAV], References())
    assert caught.group_contains(Exception)
