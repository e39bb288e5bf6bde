"""What a fault cost, and whether it may cost that."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from loadtests.faults.callers import REFUSED, WRONG, Row


class Price(Enum):
    """Who may fail, at most."""

    NOBODY = "nobody"
    """The work is asked for once more elsewhere, or the victim is not on the way."""
    OPEN = "requests under way"
    """Whatever the victim had in hand; at most what all had."""
    DOOR = "requests under way, and newcomers until it is back"
    """The victim is the only way in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What callers saw of one fault; seconds count from the fault."""

    fault: str
    price: str
    """A `Price` in words."""
    requests: int
    open: int
    """Under way when it struck, at the victim or elsewhere."""
    failed: int
    how: dict[str, int]
    """The failures by what callers got."""
    stray: int
    """Failures that the price does not cover."""
    wrong: int
    """Answers with other audio than asked for."""
    recovered: float
    """Until the first success after the last failure; 0 where nothing failed."""
    slowest: float
    """The longest anybody who was answered waited."""
    replaced: float | None
    """Until the victim's place was taken; None where it was not in time."""
    first_stray: str = ""

    @property
    def kept(self) -> bool:
        """Whether it cost no more than it may."""
        return not self.stray and not self.wrong and self.replaced is not None


def judge(
    fault: str,
    rows: Sequence[Row],
    *,
    price: Price,
    struck: float,
    back: float | None,
    lasting: bool,
) -> Outcome:
    """Look at everybody who called around a fault.

    Args:
        fault: Its name.
        rows: All requests, from before the fault until after it.
        price: Who may fail.
        struck: When it struck, on the rows' clock.
        back: When the victim's place was taken; None where it was not.
        lasting: Whether the victim still takes what comes until its place is taken, as one that is
            frozen does; otherwise it had only what was under way when the fault struck.
    """
    failures = [row for row in rows if not row.ok]
    last = max((row.ended for row in failures), default=struck)
    until = back if lasting and back is not None else struck
    stray = [row for row in failures if not _covered(row, price, struck=struck, until=until)]
    successes = sorted(row.ended for row in rows if row.ok and row.ended > last)
    recovered = (successes[0] if successes else max(row.ended for row in rows)) - struck
    first = min(stray, key=lambda row: row.sent, default=None)
    return Outcome(
        fault=fault,
        price=price.value,
        requests=len(rows),
        open=sum(row.sent <= struck < row.ended for row in rows),
        failed=len(failures),
        how=dict(Counter(_how(row) for row in failures)),
        stray=len(stray),
        wrong=sum(row.outcome == WRONG for row in rows),
        recovered=max(0.0, recovered) if failures else 0.0,
        slowest=max((row.ended - row.sent for row in rows if row.ok), default=0.0),
        replaced=None if back is None else back - struck,
        first_stray=""
        if first is None
        else f"{first.outcome} {first.detail}, sent "
        f"{first.sent - struck:+.2f} s, ended {first.ended - struck:+.2f} s",
    )


def _covered(row: Row, price: Price, *, struck: float, until: float) -> bool:
    """Whether a failure is part of the price; `until` is when the last came to the victim."""
    if row.outcome == WRONG or row.ended < struck:
        return False
    match price:
        case Price.NOBODY:
            return False
        case Price.OPEN:
            return row.outcome != REFUSED and row.sent <= until
        case Price.DOOR:
            return row.sent <= until


def _how(row: Row) -> str:
    return f"{row.outcome} after it had begun" if row.begun is not None else row.outcome
