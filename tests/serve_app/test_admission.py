"""Admission: bounds, deadlines, and a count that returns to zero."""

import random
from collections import Counter
from contextlib import suppress

import pytest

from serve_app import admission
from serve_app.admission import Admission, AdmissionLimits, Cost, Ticket
from serve_app.callers import Caller
from serve_app.keys.limits import KeyLimits
from speech.errors import AtCapacityError, DeadlineExceededError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(admission, "perf_counter", made)
    return made


def gateway(characters: int = 100, requests: int = 3) -> Admission:
    return Admission(
        AdmissionLimits(
            max_inflight_characters=characters, max_inflight_requests=requests, caller_share=1.0
        )
    )


def all_of(characters: int) -> Cost:
    """A reply whose first byte waits for all of it."""
    return Cost(whole=characters, first=characters)


def end(ticket: Ticket, *, served: bool) -> None:
    """A request ends; `served` when its first byte came before."""
    if served:
        ticket.begin()
    ticket.leave()


def measured(clock: Clock, rate: float) -> Admission:
    """A gateway that has just drained so many characters a second."""
    made = gateway(10_000, 100)
    ticket = made.enter(all_of(round(rate * 2)), 30)
    clock.now += 2
    end(ticket, served=True)
    return made


def test_an_idle_gateway_admits_anything() -> None:
    ticket = gateway(100).enter(all_of(5000), 0.001)
    end(ticket, served=True)


def test_characters_are_bounded() -> None:
    made = gateway(100)
    made.enter(all_of(60), 30)
    made.enter(all_of(40), 30)
    with pytest.raises(AtCapacityError):
        made.enter(all_of(1), 30)
    assert (made.characters, made.requests) == (100, 2)


def test_requests_are_bounded() -> None:
    made = gateway(requests=3)
    for _ in range(3):
        made.enter(all_of(1), 30)
    with pytest.raises(AtCapacityError):
        made.enter(all_of(1), 30)
    assert made.requests == 3


def test_a_large_request_does_not_join_others() -> None:
    made = gateway(100)
    made.enter(all_of(1), 30)
    with pytest.raises(AtCapacityError):
        made.enter(all_of(100), 30)


def test_leaving_makes_room_once() -> None:
    made = gateway(100)
    first = made.enter(all_of(60), 30)
    made.enter(all_of(40), 30)
    for _ in range(3):
        end(first, served=True)
    assert (made.characters, made.requests) == (40, 1)
    made.enter(all_of(60), 30)


def test_a_request_may_turn_out_longer_or_shorter() -> None:
    made = gateway(100)
    ticket = made.enter(all_of(60), 30)
    ticket.reprice(all_of(500))
    assert made.characters == 500
    ticket.reprice(all_of(10))
    other = made.enter(all_of(90), 30)
    end(ticket, served=True)
    ticket.reprice(all_of(70))
    assert made.characters == 90
    end(other, served=True)
    assert (made.requests, made.characters) == (0, 0)


def test_nothing_is_known_before_the_first_second(clock: Clock) -> None:
    made = gateway(10_000)
    made.enter(all_of(5000), 30)
    assert made.expected_wait == 0.0
    made.enter(all_of(5000), 0.001)


def test_what_cannot_begin_in_time_is_refused(clock: Clock) -> None:
    made = measured(clock, 100)
    made.enter(all_of(1000), 30)
    assert made.expected_wait == pytest.approx(10)
    made.limits = made.limits.model_copy(update={"deadline_share": 0.5})
    with pytest.raises(DeadlineExceededError) as late:
        made.enter(all_of(500), 29.0)
    assert late.value.retry_after == pytest.approx(0.5)
    made.enter(all_of(500), 30.1)
    assert made.requests == 2


def test_what_a_cache_answered_says_nothing_of_the_rate(clock: Clock) -> None:
    made = measured(clock, 100)
    for _ in range(5):
        ticket = made.enter(all_of(5000), 30)
        clock.now += 1
        ticket.begin(made=False)
        ticket.leave()
    ticket = made.enter(all_of(500), 30)
    assert made.expected_wait == pytest.approx(5)


def test_a_stream_waits_for_its_first_phrase_and_weighs_all_of_it(clock: Clock) -> None:
    """32 callers of one long text are not 32 long texts in front of the next caller."""
    made = gateway(100_000, 100)
    ticket = made.enter(Cost(whole=4000, first=100), 30)
    clock.now += 2
    ticket.begin()
    callers = [made.enter(Cost(whole=1000, first=40), 90) for _ in range(32)]
    assert made.characters == 4000 + 32_000
    assert made.expected_wait == pytest.approx(32 * 40 / (100 / 2))
    callers[0].reprice(Cost(whole=2000, first=150))
    assert made.characters == 4000 + 33_000
    assert made.expected_wait == pytest.approx((32 * 40 + 110) / (100 / 2))
    for caller in [ticket, *callers]:
        end(caller, served=True)
    assert (made.requests, made.characters) == (0, 0)
    assert made.expected_wait == 0.0


def test_the_queue_has_a_length_in_seconds(clock: Clock) -> None:
    made = measured(clock, 10)
    made.limits = AdmissionLimits(max_wait=5.0)
    first = made.enter(all_of(40), 60)
    made.enter(all_of(40), 60)
    with pytest.raises(AtCapacityError, match="queue is longer") as long:
        made.enter(all_of(1), 60)
    assert long.value.retry_after == pytest.approx(80 / 10 - 5)
    end(first, served=True)
    made.enter(all_of(1), 60)


def test_an_idle_gateway_refuses_no_deadline(clock: Clock) -> None:
    measured(clock, 1).enter(all_of(4096), 0.001)


def test_the_rate_follows_what_is_measured(clock: Clock) -> None:
    made = measured(clock, 100)
    for _ in range(20):
        ticket = made.enter(all_of(1000), 30)
        clock.now += 1
        end(ticket, served=True)
    made.enter(all_of(1000), 30)
    assert made.expected_wait == pytest.approx(1.0, rel=0.01)


def test_idle_time_does_not_lower_the_rate(clock: Clock) -> None:
    made = measured(clock, 100)
    for _ in range(5):
        clock.now += 1000
        ticket = made.enter(all_of(200), 30)
        clock.now += 2
        end(ticket, served=True)
    made.enter(all_of(100), 30)
    assert made.expected_wait == pytest.approx(1.0)


def test_work_side_by_side_counts_once(clock: Clock) -> None:
    made = gateway(10_000, 100)
    tickets = [made.enter(all_of(100), 30) for _ in range(10)]
    clock.now += 2
    for ticket in tickets:
        end(ticket, served=True)
    tickets = [made.enter(all_of(100), 90) for _ in range(10)]
    clock.now += 2
    for ticket in tickets:
        end(ticket, served=True)
    made.enter(all_of(500), 30)
    # Ten times 100 characters in two seconds are 500 a second; the window of two seconds that
    # the very first reply closed had only its own 100.
    assert made.expected_wait == pytest.approx(500 / (0.7 * 50 + 0.3 * 500))


def served_together(made: Admission, clock: Clock, count: int, seconds: float) -> None:
    """Requests of 100 characters that come together and are answered by and by."""
    for ticket in [made.enter(all_of(100), 90) for _ in range(count)]:
        clock.now += seconds / count
        end(ticket, served=True)


def rate_of(made: Admission) -> float:
    """Characters a second, by what is expected of 1,000 more."""
    ticket = made.enter(all_of(1000), 1e6)
    rate = 1000 / made.expected_wait
    end(ticket, served=False)
    return rate


def test_one_caller_at_a_time_does_not_hide_what_many_get(clock: Clock) -> None:
    """Ten at once take twice as long as one, so they are served five times as fast."""
    made = gateway(10_000, 100)
    for _ in range(20):
        served_together(made, clock, 10, 2.0)
    assert rate_of(made) == pytest.approx(500, rel=0.01)
    for _ in range(50):
        served_together(made, clock, 1, 1.0)
    assert rate_of(made) == pytest.approx(500, rel=0.01)
    # As many as before, and slower: that is measured anew.
    for _ in range(20):
        served_together(made, clock, 8, 4.0)
    assert rate_of(made) == pytest.approx(200, rel=0.05)
    # Fewer, and yet faster.
    for _ in range(20):
        served_together(made, clock, 4, 1.0)
    assert rate_of(made) == pytest.approx(400, rel=0.05)


def test_a_long_outage_does_not_pass_for_slowness(clock: Clock) -> None:
    """Ten minutes in which nothing completed say nothing of the rate once things work again."""
    made = gateway(10_000)
    for _ in range(20):
        ticket = made.enter(all_of(100), 30)
        clock.now += 30
        end(ticket, served=False)
    ticket = made.enter(all_of(100), 30)
    clock.now += 1
    end(ticket, served=True)
    made.enter(all_of(100), 90)
    made.enter(all_of(100), 90)
    assert made.expected_wait < 30


def test_a_slow_reader_holds_capacity_and_keeps_nobody_waiting(clock: Clock) -> None:
    made = measured(clock, 100)
    reader = made.enter(all_of(5000), 30)
    clock.now += 50
    reader.begin()
    assert made.expected_wait == 0.0
    clock.now += 1000
    other = made.enter(all_of(100), 5)
    assert made.characters == 5100
    assert made.expected_wait == pytest.approx(1.0)
    end(other, served=True)
    reader.begin()
    reader.leave()
    assert (made.requests, made.characters) == (0, 0)
    assert made.expected_wait == 0.0


def test_a_reply_that_begins_is_counted_once(clock: Clock) -> None:
    made = gateway(10_000, 100)
    ticket = made.enter(all_of(200), 30)
    ticket.reprice(all_of(300))
    clock.now += 2
    ticket.begin()
    ticket.begin()
    ticket.reprice(all_of(100))
    ticket.leave()
    made.enter(all_of(150), 30)
    assert made.expected_wait == pytest.approx(1.0)


def test_counters_return_to_zero(clock: Clock) -> None:
    chance = random.Random(1)
    made = gateway(5000, 20)
    inside: list[Ticket] = []
    refused = 0
    for _ in range(5000):
        clock.now += chance.random()
        if chance.random() < 0.6:
            try:
                inside.append(made.enter(all_of(chance.randrange(1, 1000)), chance.random() * 10))
            except (AtCapacityError, DeadlineExceededError):
                refused += 1
        elif inside:
            end(inside.pop(chance.randrange(len(inside))), served=chance.random() < 0.8)
        assert made.requests == len(inside) <= 20
        assert made.characters <= 5000
    assert refused
    for ticket in inside:
        end(ticket, served=False)
    assert (made.requests, made.characters) == (0, 0)
    assert made.expected_wait == 0.0


def shared(**limits: float) -> Admission:
    return Admission(AdmissionLimits.model_validate({"caller_share": 0.8, **limits}))


@pytest.mark.parametrize("bound", ["max_inflight_characters", "max_inflight_requests"])
@pytest.mark.parametrize("callers", [1, 2, 5])
def test_no_caller_has_more_than_its_share_and_room_is_left(bound: str, callers: int) -> None:
    made = shared(**{"max_inflight_characters": 10**9, "max_inflight_requests": 10**9, bound: 1000})
    cost = all_of(1)
    held = dict.fromkeys(map(str, range(callers)), 0)
    for _ in range(1000):
        for caller in held:
            try:
                made.enter(cost, 30, Caller(caller))
                held[caller] += 1
            except AtCapacityError:
                pass
    share = 1000 * 0.8 / (1 + (callers - 1) * 0.8)
    assert all(abs(amount - share) <= callers for amount in held.values())
    made.enter(cost, 30, Caller("late"))


def test_a_caller_of_double_weight_holds_twice_as_much() -> None:
    """Once requests have come and gone: nothing is taken away from who was there first."""
    made, chance = (
        shared(max_inflight_characters=10**9, max_inflight_requests=300),
        random.Random(1),
    )
    one, two = Caller("one"), Caller("two", KeyLimits(weight=2.0))
    inside: list[Ticket] = []
    for _ in range(3000):
        for caller in (one, two):
            with suppress(AtCapacityError):
                inside.append(made.enter(all_of(1), 30, caller))
        inside.pop(chance.randrange(len(inside))).leave()
    held = Counter(ticket.caller.name for ticket in inside)
    assert held["two"] == pytest.approx(2 * held["one"], rel=0.05)


def test_one_caller_may_have_all_where_it_is_told_so() -> None:
    made = shared(max_inflight_characters=1000, caller_share=1.0)
    for _ in range(10):
        made.enter(all_of(100), 30)
    assert made.characters == 1000


def test_what_is_made_is_given_back_while_it_is_read() -> None:
    made = shared(max_inflight_characters=100)
    ticket = made.enter(all_of(80), 30)
    with pytest.raises(AtCapacityError):
        made.enter(all_of(30), 30)
    ticket.remain(10)
    assert (made.characters, made.requests) == (10, 1)
    made.enter(all_of(50), 30).leave()
    ticket.remain(400)  # the rest of an opening is longer than it looked
    assert made.characters == 400
    ticket.leave()
    ticket.remain(7)
    assert (made.characters, made.requests) == (0, 0)


def test_what_waits_for_its_reader_is_not_being_made() -> None:
    made = shared(max_inflight_characters=65_536)
    readers = [made.enter(all_of(16_384), 30, Caller("idle")) for _ in range(3)]
    with pytest.raises(AtCapacityError):
        made.enter(all_of(16_384), 30, Caller("idle"))
    for reader in readers:
        reader.stall()
        reader.stall()
    assert (made.characters, made.requests) == (0, 3)
    readers[0].remain(5000)
    readers[0].resume()
    readers[0].resume()
    assert made.characters == 5000
    for reader in readers:
        reader.leave()
        reader.resume()
    assert (made.characters, made.requests) == (0, 0)


def test_nobody_enters_while_too_much_is_unread() -> None:
    made = shared(max_reading_bytes=1000)
    made.reading.take(Caller("idle"), 900)
    with pytest.raises(AtCapacityError, match="has not been read"):
        made.check_reading(Caller("idle"))
    made.enter(all_of(1), 30, Caller("other")).leave()
    made.reading.take(Caller("another"), 101)
    with pytest.raises(AtCapacityError, match="has not been read"):
        made.enter(all_of(1), 30, Caller("other"))
    made.reading.take(Caller("idle"), -900)
    made.enter(all_of(1), 30, Caller("other"))


def test_texts_for_showing_have_a_bound_of_their_own() -> None:
    made = shared(max_shown_characters=1000)
    with made.show(Caller("a"), 5000):  # the first one is read, whatever it is
        with pytest.raises(AtCapacityError), made.show(Caller("b"), 1):
            pass
        made.enter(all_of(1), 30, Caller("a")).leave()
    with made.show(Caller("a"), 1), made.show(Caller("a"), 1):
        assert made.shown_characters == 200
        with pytest.raises(AtCapacityError), made.show(Caller("a"), 700):
            pass
        with made.show(Caller("b"), 400):
            assert made.shown_characters == 600
    assert made.shown_characters == 0


def test_a_ledger_forgets_who_holds_nothing() -> None:
    made = shared()
    for number in range(1000):
        made.enter(all_of(10), 30, Caller(str(number))).leave()
    assert not made._making._held
    assert not made._requests._held


def test_narrow_limits_admit_less_and_wide_ones_as_much_again() -> None:
    made = gateway(characters=800, requests=16)
    for _ in range(9):
        made.narrow()
    first = made.enter(all_of(700), 30)  # nobody waits: an idle gateway admits anything
    with pytest.raises(AtCapacityError):
        made.enter(all_of(1), 30)
    end(first, served=True)
    small = [made.enter(all_of(40), 30) for _ in range(2)]
    with pytest.raises(AtCapacityError):
        made.enter(all_of(1), 30)
    made.limits = gateway(characters=800, requests=32).limits
    assert made.limits.max_inflight_requests == 4
    for _ in range(9):
        made.widen()
    small += [made.enter(all_of(40), 30) for _ in range(5)]
    assert made.limits.max_inflight_requests == 32
    for ticket in small:
        end(ticket, served=True)
    assert (made.requests, made.characters) == (0, 0)
