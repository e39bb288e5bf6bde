import math
import subprocess
import sys
from collections import Counter
from itertools import chain, islice
from pathlib import Path

import pytest

from loadtests.texts import DISTINCT, LONGEST, SHORTEST, cumulative, replies, reply, zipf_weights
from loadtests.workloads import Plan, Service, WorkloadName, requests, warm_up

ROOT = Path(__file__).resolve().parents[2]


def first_texts(plan: Plan, workload: WorkloadName, user: int, count: int) -> list[str]:
    return [body["input"] for body in islice(requests(plan, workload, user), count)]


def test_every_reply_is_different_and_short() -> None:
    texts = replies(DISTINCT)
    assert len(set(texts)) == DISTINCT
    assert min(map(len, texts)) >= SHORTEST == 20
    assert max(map(len, texts)) <= LONGEST == 120


def test_neighbouring_replies_are_of_all_lengths() -> None:
    lengths = [len(text) for text in replies(200)]
    assert min(lengths) < 40
    assert max(lengths) > 100


def test_replies_go_on_where_asked() -> None:
    assert replies(3, first=5) == (reply(5), reply(6), reply(7))
    assert reply(DISTINCT) == reply(0)
    with pytest.raises(ValueError, match="different replies"):
        replies(DISTINCT + 1)


@pytest.mark.parametrize("exponent", [0.0, 0.6, 0.9, 1.0, 2.0])
def test_zipf_shares_follow_the_law(exponent: float) -> None:
    shares = zipf_weights(100, exponent)
    assert math.isclose(math.fsum(shares), 1.0)
    for rank in (2, 10, 100):
        assert math.isclose(shares[0] / shares[rank - 1], rank**exponent)


def test_cumulative_shares_end_at_one() -> None:
    sums = cumulative(zipf_weights(50, 0.9))
    assert list(sums) == sorted(sums)
    assert math.isclose(sums[-1], 1.0)


def test_popular_replies_are_drawn_by_their_shares() -> None:
    plan = Plan(popular_replies=20, zipf_exponent=1.0)
    drawn = Counter(chain.from_iterable(first_texts(plan, "assistant", u, 2500) for u in range(8)))
    assert set(drawn) == set(replies(20))
    for rank, share in enumerate(zipf_weights(20, 1.0)):
        expected = 20_000 * share
        # Five standard deviations of a binomial; the draws are the same in every run.
        assert abs(drawn[reply(rank)] - expected) < 5 * math.sqrt(expected)


def test_users_draw_differently_and_alike_in_every_run() -> None:
    plan = Plan()
    mine = first_texts(plan, "assistant", 0, 50)
    assert mine == first_texts(plan, "assistant", 0, 50)
    assert mine != first_texts(plan, "assistant", 1, 50)
    assert mine != first_texts(Plan(seed=1), "assistant", 0, 50)


def test_a_plan_means_the_same_requests_in_another_process() -> None:
    code = (
        "from itertools import islice; from loadtests.workloads import *\n"
        "print([b['input'] for b in islice(requests(Plan(), 'assistant', 3), 20)])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert told.strip() == str(first_texts(Plan(), "assistant", 3, 20))


def test_new_texts_are_new_to_everybody() -> None:
    plan = Plan(users=8)
    new = [text for user in range(8) for text in first_texts(plan, "unique", user, 500)]
    popular = replies(plan.popular_replies)
    warm = [body["input"] for body in warm_up(plan, 4)]
    everything = [*new, *popular, *warm]
    assert len(set(everything)) == len(everything)


def test_users_share_the_services_in_turn() -> None:
    services = (Service(voice="a", format="mp3"), Service(voice="b", format="wav"))
    plan = Plan(services=services)
    for user in range(4):
        body = next(requests(plan, "unique", user))
        service = services[user % 2]
        assert (body["voice"], body["response_format"]) == (service.voice, service.format)
    assert [body["voice"] for body in warm_up(plan, 2)] == ["a", "a", "b", "b"]


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    plan = Plan(users=3, seconds=1.5, services=(Service(voice="x", format="pcm"),))
    file = tmp_path / "plan.json"
    file.write_text(plan.to_json(), "utf-8")
    assert Plan.read(file) == plan
