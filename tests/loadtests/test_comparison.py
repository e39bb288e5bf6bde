"""The table of peers: ratios, and who is better."""

import json
from dataclasses import replace
from typing import Any

import pytest

from loadtests.config import Peer, Service
from loadtests.figures import Measured, Streaming
from loadtests.goodput import Goodput, Probed, Search, at_goodput, keeps, undecided
from loadtests.peers.comparison import Line, Turn, cell, lines
from loadtests.records import Record, Row
from loadtests.samples import Summary
from loadtests.search import Found
from loadtests.targets import call
from loadtests.workloads import Request


def summary(p95: float) -> Summary:
    return Summary(count=400, mean=p95 / 2, p50=p95 / 2, p95=p95, p99=2 * p95)


def measured(target: str, workload: str, p95: float, **changes: Any) -> Measured:
    usual = Measured(
        workload=workload,
        target=target,
        load="8 users",
        seconds=10,
        requests=400,
        latency=summary(p95),
        p95_between=(p95 - 5, p95 + 5),
        hits=summary(5.0) if target == "chorale" and workload == "assistant" else None,
        by_cache={},
        by_format={},
        stages={},
        hit_rate=0.6,
        rate=40.0,
        bytes_rate=8e6,
        failures=0,
        first_failure="",
        statuses={},
        late=0,
        latest=0.0,
        generator_cores=0.1,
        streaming=None,
    )
    return replace(usual, **changes)


def turn(target: str, *, goodput: float, p95: float, memory: float) -> Turn:
    return Turn(
        variant=target,
        goodput=tuple(
            Goodput(
                target=target,
                workload=workload,
                found=Found(held=goodput, failed=goodput * 1.1, tried=()),
                probed=(),
            )
            for workload in ("assistant", "unique")
        ),
        levels=(measured(target, "assistant", p95), measured(target, "unique", p95)),
        memory_mib=memory,
    )


TURNS = {
    "chorale": [turn("chorale", goodput=30, p95=100, memory=1000)],
    "piper": [
        turn("piper", goodput=14, p95=75, memory=100),
        turn("piper", goodput=16, p95=85, memory=100),
    ],
}


def line(name: str) -> Line:
    (one,) = [item for item in lines(TURNS) if item.name == name]
    return one


def test_every_figure_has_a_line() -> None:
    assert [item.name for item in lines(TURNS)] == [
        "goodput, assistant, requests/s",
        "goodput, unique, requests/s",
        *(f"hits at 8 users, {percent} ms" for percent in ("P50", "P95", "P99")),
        *(f"misses at 8 users, {percent} ms" for percent in ("P50", "P95", "P99")),
        "memory, MiB",
    ]


def test_goodput_of_several_turns_is_their_mean_and_more_is_better() -> None:
    found = line("goodput, unique, requests/s")
    assert found.values == {"chorale": 30, "piper": 15}
    assert found.ratio("piper") == 0.5
    assert not found.wins("piper")
    assert cell(found, "piper") == "15 (0.50)"


def test_less_latency_is_better_and_said_to_be() -> None:
    found = line("misses at 8 users, P95 ms")
    assert found.wins("piper")
    assert cell(found, "piper") == "80 (0.80)*"
    assert cell(found, "chorale") == "100"


def test_replies_that_are_read_as_they_come_tell_their_first_sound() -> None:
    def streamed(one: Turn, sound: float) -> Turn:
        heard = Streaming(
            first_audio=summary(sound / 2),
            first_sound=summary(sound),
            stalled=0,
            least_in_hand=None,
        )
        levels = (one.levels[0], replace(one.levels[1], streaming=heard))  # type: ignore[type-var]
        return replace(one, levels=levels)

    ours, theirs = streamed(TURNS["chorale"][0], 600.0), streamed(TURNS["piper"][0], 900.0)
    found = {item.name: item for item in lines({"chorale": [ours], "piper": [theirs]})}
    assert found["first sound at 8 users, P95 ms"].values == {"chorale": 600, "piper": 900}
    assert found["first audio at 8 users, P99 ms"].ratio("piper") == 1.5
    assert found["misses at 8 users, per second"].values == {"chorale": 40, "piper": 40}
    assert "hits at 8 users, per second" not in found


def test_our_hits_are_set_against_all_replies_of_who_keeps_none() -> None:
    assert line("hits at 8 users, P95 ms").values == {"chorale": 5.0, "piper": 80.0}


def test_a_server_that_answered_nobody_has_no_figure() -> None:
    silent = replace(TURNS["piper"][0], levels=(None, None))
    found = [item for item in lines({**TURNS, "piper": [silent]}) if "misses" in item.name]
    assert found[0].values["piper"] is None
    assert cell(found[0], "piper") == ""
    assert not found[0].wins("piper")


def record(*seconds: float) -> Record:
    rows = tuple(
        Row(
            due=0.0,
            late=0.0,
            seconds=value,
            step=0,
            status=200,
            cache="",
            timing="",
            format="wav",
            size=1,
            failure="",
        )
        for value in seconds
    )
    return Record(began=0.0, wall=1.0, processor=0.1, rows=rows)


@pytest.mark.parametrize(
    ("p95", "failures", "slowest", "held"),
    [(149, 0, 2.9, True), (150, 0, 1, False), (149, 1, 1, False), (100, 0, 3.1, False)],
)
def test_a_rate_holds_below_the_limit_without_failures(
    p95: float, failures: int, slowest: float, *, held: bool
) -> None:
    found = measured("chorale", "unique", p95, failures=failures)
    search = Search(limit_ms=150.0, start=8, precision=0.1, least_seconds=1)
    assert keeps(found, record(0.1, slowest), search) == held


@pytest.mark.parametrize(
    ("p95", "failures", "open_"), [(146, 0, True), (154, 0, True), (140, 0, False), (148, 1, False)]
)
def test_a_limit_within_the_interval_is_undecided(
    p95: float, failures: int, *, open_: bool
) -> None:
    assert undecided(measured("chorale", "unique", p95, failures=failures), 150.0) == open_


def test_the_figures_at_the_goodput_are_those_of_its_rate() -> None:
    good, bad = measured("chorale", "unique", 140), measured("chorale", "unique", 200)
    found = Goodput(
        target="chorale",
        workload="unique",
        found=Found(held=8, failed=16, tried=()),
        probed=(
            Probed(rate=16, held=False, runs=1, measured=bad),
            Probed(rate=8, held=True, runs=1, measured=good),
        ),
    )
    assert at_goodput(found) is good
    assert "8.0 requests/s held, 16.0 did not" in found.in_words()


SAID = Request(text="Hello.", service=Service(voice="joe", format="wav", share=1), stream=False)


def test_each_server_is_asked_in_its_own_words() -> None:
    assert call("piper", SAID).path == "/synthesize"
    assert call("piper", SAID).body == '{"text": "Hello."}'
    for target in ("chorale", "litserve", "fastapi"):
        assert call(target, SAID).path == "/v1/audio/speech"
        assert '"voice": "joe"' in call(target, SAID).body


@pytest.mark.parametrize("target", ["fastkokoro", "kokoro_onnx"])
def test_kokoros_servers_are_asked_for_a_stream(target: Peer) -> None:
    service = Service(voice="kokoro", format="pcm", share=1)
    body = json.loads(call(target, replace(SAID, service=service, stream=True)).body)
    assert body["stream"]
    assert (body["voice"], body["response_format"]) == ("kokoro", "pcm")
    with pytest.raises(ValueError, match="PCM, streamed"):
        call(target, replace(SAID, service=service))


def test_peers_are_asked_for_nothing_they_do_not_have() -> None:
    mp3 = replace(SAID, service=Service(voice="joe", format="mp3", share=1))
    with pytest.raises(ValueError, match="WAV"):
        call("litserve", mp3)
