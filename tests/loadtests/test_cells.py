"""How the figures of the stages benchmark are made; nothing is measured here."""

import math
from typing import Any

import pytest

from loadtests.machine import Machine
from loadtests.micro.bare import Bare
from loadtests.micro.bench import overhead
from loadtests.micro.cells import Floor, MeasurementError, cell, cost, fault, floor
from loadtests.micro.client import Answer, Run
from loadtests.processes import KINDS, Spent, Usage, kind_of, usage
from loadtests.samples import Summary

IDLE = dict.fromkeys(KINDS, 0.0)


def answer(**changes: Any) -> Answer:
    usual = {
        "seconds": 0.05,
        "first_byte": 0.04,
        "status": 200,
        "cache": "miss",
        "server_timing": "normalize;dur=5, queue;dur=1, synthesize;dur=20, encode;dur=2, "
        "graph;dur=30",
        "whole": True,
        "size": 1000,
    }
    return Answer(**{**usual, **changes})


def run_of(*answers: Answer, wall: float = 1.0) -> Run:
    return Run(answers=answers, wall=wall, client_processor=0.1)


def used(**seconds: float) -> Usage:
    return Usage(wall=2.0, seconds={**IDLE, **seconds}, machine=1.5)


def bare() -> Bare:
    ten, twenty = Summary.of([0.010]), Summary.of([0.020])
    return Bare(
        voice="v",
        format="wav",
        normalize=ten,
        synthesize=ten,
        encode=ten,
        total=twenty,
        phrases=1.0,
        audio_seconds=2.0,
    )


def livez() -> Floor:
    return floor(run_of(answer(seconds=0.005)), used(), IDLE, 1)


def test_a_miss_is_set_against_bare_and_floor() -> None:
    found = cell(run_of(answer(), answer()), used(), IDLE, bare=bare(), livez=livez(), state="miss")
    assert math.isclose(found.over_bare, 30.0)
    assert math.isclose(found.times_bare, 2.5)
    assert math.isclose(found.times_livez, 10.0)
    assert math.isclose(found.rate, 2.0)
    assert math.isclose(found.bare_rate_share, 0.04)
    assert found.hops is not None
    assert found.outside is not None
    assert math.isclose(found.hops.p50, 30 - 1 - 20 - 2)
    assert math.isclose(found.outside.p50, 50 - 5 - 30)
    assert found.failures == 0


def test_replies_of_several_phrases_stay_out_of_the_stages() -> None:
    found = cell(
        run_of(answer(), answer(whole=False, seconds=0.2)),
        used(),
        IDLE,
        bare=bare(),
        livez=livez(),
        state="miss",
    )
    assert found.latency.count == 2
    assert found.outside is not None
    assert found.outside.count == found.stages["graph"].count == 1


def test_a_hot_hit_has_no_stages() -> None:
    hot = answer(cache="hot", server_timing="")
    found = cell(run_of(hot), used(), IDLE, bare=bare(), livez=livez(), state="hot")
    assert found.hops is None
    assert found.stages == {}
    assert found.outside is not None
    assert math.isclose(found.outside.p50, 50.0)


def test_replies_from_elsewhere_are_failures() -> None:
    answers = run_of(answer(), answer(cache="hit"), answer(status=0, error="TimeoutError"))
    found = cell(answers, used(), IDLE, bare=bare(), livez=livez(), state="miss")
    assert found.failures == 2
    assert found.first_failure == "X-Cache: hit, not miss"
    assert found.latency.count == 1


def test_no_good_reply_is_an_error() -> None:
    with pytest.raises(MeasurementError, match="v wav hit x1"):
        cell(run_of(answer()), used(), IDLE, bare=bare(), livez=livez(), state="hit")
    with pytest.raises(MeasurementError, match="livez"):
        floor(run_of(answer(status=503)), used(), IDLE, 1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ""),
        ({"status": 503}, "status 503"),
        ({"status": 0, "error": "ServerDisconnectedError"}, "ServerDisconnectedError"),
        ({"size": 0}, "an empty body"),
    ],
)
def test_faults(changes: dict[str, Any], expected: str) -> None:
    assert fault(answer(**changes), "miss") == expected


def test_the_idle_share_is_taken_off() -> None:
    idle = {**IDLE, "Gateway": 0.05}
    found = cost(run_of(answer(), answer()), used(Gateway=0.5, haproxy=0.2), idle)
    assert math.isclose(found.milliseconds["Gateway"], 1000 * (0.5 - 0.05 * 2.0) / 2)
    assert math.isclose(found.ours, 200.0)
    assert math.isclose(found.rays, 100.0)
    assert math.isclose(found.client_milliseconds, 50.0)
    assert math.isclose(found.others_cores, (1.5 - 0.7 - 0.1) / 2.0)


def test_the_overhead_is_what_one_client_sees() -> None:
    cells = [
        {
            "voice": "v",
            "format": "wav",
            "state": state,
            "concurrency": concurrency,
            "latency": {"p50": p50},
            "over_bare": p50 - 20,
        }
        for state, concurrency, p50 in (
            ("miss", 1, 35.0),
            ("hit", 1, 5.0),
            ("hot", 1, 1.5),
            ("miss", 8, 99.0),
            ("hot", 8, 9.0),
        )
    ]
    assert overhead({"cells": cells}) == [
        {"voice": "v", "format": "wav", "miss_over_bare_ms": 15.0, "hot_hit_ms": 1.5}
    ]


def test_usage_counts_new_processes_and_not_old_time() -> None:
    before = Spent(moment=10.0, by_process={(1, 0.0): ("Gateway", 5.0)}, machine=100.0)
    after = Spent(
        moment=12.0,
        by_process={(1, 0.0): ("Gateway", 5.5), (1, 11.0): ("Encoder", 0.25)},
        machine=103.0,
    )
    found = usage(before, after)
    assert (found.wall, found.machine) == (2.0, 3.0)
    assert found.seconds["Gateway"] == 0.5
    assert found.seconds["Encoder"] == 0.25
    assert found.cores()["Gateway"] == 0.25


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("ray::ServeReplica:chorale:Gateway", "Gateway"),
        ("ray::ServeReplica:chorale:Synthesizer", "Synthesizer"),
        ("ray::ServeReplica:other:Unknown", "rest of Ray"),
        ("ray::ServeController", "controller"),
        ("ray::HAProxyManager", "proxy"),
        ("ray::ProxyActor", "proxy"),
        ("/somewhere/bin/haproxy", "haproxy"),
        ("/somewhere/raylet", "rest of Ray"),
        ("ray::IDLE", "rest of Ray"),
    ],
)
def test_kinds_of_processes(title: str, kind: str) -> None:
    assert kind_of(title) == kind


@pytest.mark.parametrize(("load", "warned"), [(0.1, False), (0.5, False), (0.6, True)])
def test_a_busy_machine_is_warned_about(load: float, *, warned: bool) -> None:
    machine = Machine(processor="p", cores=2, memory_gib=4, python="3.11.0", load_average=load)
    assert (machine.warning is not None) == warned
