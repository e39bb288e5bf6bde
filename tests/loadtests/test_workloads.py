import math
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from loadtests.config import ConfigurationError, Plan, Service, Step, WorkloadName, Workloads
from loadtests.popularity import expected_hit_share, zipf_shares
from loadtests.workloads import Request, requests, warm_up

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = Workloads.load()


def plan(workload: WorkloadName = "assistant", **changes: Any) -> Plan:
    usual: dict[str, Any] = {
        "workload": workload,
        "workloads": SHIPPED,
        "steps": (Step(seconds=1, rate=1),),
    }
    return Plan(**{**usual, **changes})


def some(chosen: Plan, count: int) -> list[Request]:
    return list(islice(requests(chosen), count))


def texts(chosen: Plan, count: int) -> list[str]:
    return [request.text for request in some(chosen, count)]


@pytest.mark.parametrize("exponent", [0.0, 0.6, 1.1, 2.0])
def test_zipf_shares_follow_the_law(exponent: float) -> None:
    shares = zipf_shares(100, exponent)
    assert math.isclose(math.fsum(shares), 1.0)
    for rank in (2, 10, 100):
        assert math.isclose(shares[0] / shares[rank - 1], rank**exponent)


@pytest.mark.parametrize("count", [600, 2_400, 12_000])
def test_the_shipped_assistant_hits_as_often_as_it_says(count: int) -> None:
    """60 to 80 % of a short run and of five minutes at 40 requests a second, as computed and as
    drawn."""
    expected = expected_hit_share(SHIPPED, count)
    assert 0.6 < expected < 0.8
    chosen = plan()
    known = {(request.text, request.service) for request in warm_up(chosen)}
    hits = 0
    for request in some(chosen, count):
        key = (request.text, request.service)
        hits += key in known
        known.add(key)
    assert abs(hits / count - expected) < 4 * math.sqrt(expected * (1 - expected) / count)


def test_services_are_drawn_by_their_shares() -> None:
    drawn = Counter(request.service for request in some(plan("unique"), 10_000))
    total = math.fsum(service.share for service in SHIPPED.services)
    assert set(drawn) == set(SHIPPED.services)
    for service, count in drawn.items():
        expected = 10_000 * service.share / total
        assert abs(count - expected) < 5 * math.sqrt(expected)


def test_popular_replies_outlive_a_round_and_nothing_else_does() -> None:
    first, second = (
        {request.text for request in some(plan(round=number), 3000)} for number in (1, 2)
    )
    warm = {request.text for request in warm_up(plan())}
    assert first & second <= warm
    assert len(first & second) > 50
    assert first - warm
    assert not {r.text for r in some(plan(seed=1), 3000)} & (first | warm)


def test_new_texts_are_new_to_everybody() -> None:
    new = [text for number in (1, 2) for text in texts(plan("unique", round=number), 20_000)]
    warm = {request.text for request in warm_up(plan("unique"))}
    popular = {request.text for request in warm_up(plan())}
    assert len(set(new)) == len(new)
    assert not set(new) & (warm | popular)


def test_every_service_is_warmed() -> None:
    for workload in ("assistant", "unique"):
        warmed = Counter(request.service for request in warm_up(plan(workload)))
        assert set(warmed) == set(SHIPPED.services)
        assert len(set(warmed.values())) == 1
    assert len(warm_up(plan())) == SHIPPED.assistant.warm * len(SHIPPED.services)


def test_readers_get_long_texts_of_all_lengths_that_never_repeat() -> None:
    read = some(plan("reader"), 200)
    shortest, longest = SHIPPED.reader.characters
    lengths = [len(request.text) for request in read]
    assert max(lengths) <= longest
    # A sentence that would have exceeded the drawn length is left for the next text.
    assert min(lengths) >= shortest - 121
    assert max(lengths) - min(lengths) > (longest - shortest) / 2
    assert len({request.text for request in read}) == len(read)
    assert all(request.stream for request in read)
    assert {request.service for request in read} == set(SHIPPED.reader.services)


def test_a_plan_means_the_same_requests_in_another_process() -> None:
    chosen = plan(round=3)
    code = (
        "import sys; from itertools import islice; from loadtests.workloads import requests\n"
        "from loadtests.config import Plan; plan = Plan.model_validate_json(sys.argv[1])\n"
        "print([(r.text, r.service.voice) for r in islice(requests(plan), 50)])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, chosen.model_dump_json()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.strip() == str([(r.text, r.service.voice) for r in some(chosen, 50)])


def test_one_format_for_everybody_keeps_the_voices_shares() -> None:
    services = tuple(
        Service(voice=voice, format=audio_format, share=share)
        for voice, audio_format, share in (("a", "mp3", 5), ("b", "opus", 2), ("a", "wav", 3))
    )
    changed = SHIPPED.model_copy(update={"services": services}).everywhere("wav")
    assert changed.services == (
        Service(voice="a", format="wav", share=8),
        Service(voice="b", format="wav", share=2),
    )
    assert 0.6 < expected_hit_share(SHIPPED.everywhere("wav"), 600) < 0.8


@pytest.mark.parametrize(
    "steps",
    [
        (),
        ({"seconds": 1},),
        ({"seconds": 1, "rate": 1, "users": 1},),
        ({"seconds": 1, "rate": 1}, {"seconds": 1, "users": 1}),
        ({"seconds": 0, "rate": 1},),
    ],
)
def test_impossible_steps_are_errors(steps: tuple[dict[str, float], ...]) -> None:
    with pytest.raises(ValidationError):
        plan(steps=steps)


def test_an_unknown_key_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("services: []\nzipf: 1\n")
    with pytest.raises(ConfigurationError, match=r"w\.yaml(.|\n)*zipf"):
        Workloads.load(file)


def test_a_service_needs_a_share() -> None:
    with pytest.raises(ValidationError):
        Service(voice="v", format="wav", share=0)
