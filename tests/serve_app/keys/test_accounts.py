"""Token buckets: a minute's worth, steadily refilled, and what is overdrawn is paid back."""

import asyncio

import pytest

from serve_app.keys.accounts import Account, Bucket, Wish
from serve_app.keys.books import Grant, Grants, Want
from serve_app.keys.limits import KeyLimits
from speech.errors import RateLimitedError


def test_a_bucket_gives_a_minutes_worth_at_once_and_then_its_rate() -> None:
    bucket, given, now = Bucket(60, 0.0), 0, 0.0
    while now < 120.0:
        if not bucket.wait(1, now):
            bucket.take(1, now)
            given += 1
        now += 0.01
    assert given == pytest.approx(60 + 120, abs=1)


def test_more_than_a_minutes_worth_passes_a_full_bucket_and_is_paid_back() -> None:
    bucket = Bucket(60, 0.0)
    assert bucket.wait(150, 0.0) == 0
    bucket.take(150, 0.0)
    assert bucket.wait(1, 0.0) == pytest.approx(91)
    assert bucket.wait(150, 90.0) == pytest.approx(60)
    assert bucket.wait(150, 150.0) == 0


def account(**limits: int) -> Account:
    return Account("a", KeyLimits.model_validate(limits), 0.0)


NONE = Grant(0, 0)


def grants(requests: Grant = NONE, characters: Grant = NONE, *streams: int) -> Grants:
    return Grants(requests, characters, *(streams or (0, 0)))


def test_whoever_is_refused_has_taken_nothing() -> None:
    one = account(requests_per_minute=6, characters_per_minute=60)
    assert one.take(60, 0.0, shared=False)
    with pytest.raises(RateLimitedError) as refused:
        one.take(30, 0.0, shared=False)
    assert refused.value.retry_after == pytest.approx(30)
    assert one.headers(0.0) == {
        "x-ratelimit-limit-requests": "6",
        "x-ratelimit-remaining-requests": "5",
        "x-ratelimit-reset-requests": "10s",
        "x-ratelimit-limit-tokens": "60",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "1m0s",
    }
    wants = one.tell(10.0)
    assert (wants.requests.owed, wants.characters.owed) == (1, 60)
    assert one.tell(10.0).requests.owed == 0


async def test_only_what_is_set_aside_is_taken_where_gateways_share() -> None:
    one = account(requests_per_minute=60, streams=3)
    assert not one.take(1, 0.0, shared=True)
    wish = Wish(1, asyncio.get_running_loop().create_future())
    one.wishes.append(wish)
    wants = one.tell(0.0)
    assert (wants.requests.need, wants.requests.wanted) == (1, 2)  # a second's worth to spare
    assert (wants.streams, wants.streams_at_a_time) == (1, 3)
    one.wishes.remove(wish)
    one.learn(grants(Grant(2, 8), NONE, 1, 2), 0.0)
    assert one.headers(0.0)["x-ratelimit-remaining-requests"] == "10"
    assert one.take(1, 0.0, shared=True)
    with pytest.raises(RateLimitedError, match="3 requests at a time"):
        one.take(1, 0.0, shared=True, asked=True)
    assert not one.take(1, 0.0, shared=True)  # another gateway's may have ended
    one.streams -= 1
    assert one.take(1, 0.0, shared=True)
    one.learn(grants(NONE, NONE, 1, 0), 0.0)
    with pytest.raises(RateLimitedError, match="60 requests a minute"):
        one.take(1, 0.0, shared=True)


def test_what_is_set_aside_is_given_back_when_its_caller_has_gone() -> None:
    one = account(characters_per_minute=600)
    one.learn(grants(characters=Grant(10, 590)), 0.0)
    assert one.take(4, 1.0, shared=True)
    assert one.tell(2.0).characters == Want(600, 0, 0, 4)
    assert not one.is_idle(5.0)
    assert one.is_idle(7.0)
    assert one.tell(7.0).characters == Want(600, -6, 0, 0)
    assert not one.is_idle(7.0)


def test_a_text_of_more_than_a_minutes_worth_is_owed() -> None:
    one = account(characters_per_minute=600)
    one.learn(grants(characters=Grant(600, 0)), 0.0)
    assert one.take(1000, 0.0, shared=True)
    assert one.tell(0.0).characters == Want(600, 400, 0, 10)


def test_a_gateway_by_itself_goes_on_from_what_it_knows_and_owes_it() -> None:
    one = account(requests_per_minute=60)
    one.learn(grants(Grant(2, 1)), 0.0)
    assert [one.take(1, 0.0, shared=False) for _ in range(3)] == [True] * 3
    with pytest.raises(RateLimitedError):
        one.take(1, 0.0, shared=False)
    wants = one.tell(0.0)
    assert wants.requests.owed == 1
    one.untold(wants)
    assert one.tell(0.0).requests.owed == 1


def test_an_account_is_kept_while_it_matters() -> None:
    one = account(requests_per_minute=60)
    assert one.is_as_new(0.0)
    one.take(1, 0.0, shared=False)
    assert not one.is_as_new(10.0)
    one.streams -= 1
    assert not one.is_as_new(0.5)
    assert one.is_as_new(1.1)
