"""The faults, and what each may cost."""

from dataclasses import dataclass

from loadtests.faults.verdict import Price
from loadtests.faults.victims import GCS

REDIS = "Redis"
"""The caches' second tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that happens to one process."""

    kind: str
    """Of `loadtests.processes`, the GCS or Redis."""
    frozen: bool
    """It stops and does not end, as with a kernel or a driver that hangs; otherwise kill -9."""
    price: Price

    @property
    def lasting(self) -> bool:
        """Whether callers still come to the victim until it is replaced."""
        return self.frozen or self.price is Price.DOOR

    @property
    def name(self) -> str:
        """For tables and `--only`."""
        return f"{'freeze' if self.frozen else 'kill'} {self.kind}"


_STAGE_PRICES = {
    # A gateway may have died of what it had in hand, so HAProxy gives that to no other.
    "Gateway": Price.OPEN,
    "Normalizer": Price.NOBODY,
    "AudioCache": Price.NOBODY,
    "Encoder": Price.NOBODY,
    "Synthesizer": Price.NOBODY,
}
FAULTS = (
    *(Fault(kind=kind, frozen=False, price=price) for kind, price in _STAGE_PRICES.items()),
    *(Fault(kind=kind, frozen=True, price=price) for kind, price in _STAGE_PRICES.items()),
    Fault(kind="haproxy", frozen=False, price=Price.DOOR),
    Fault(kind="proxy", frozen=False, price=Price.DOOR),
    Fault(kind="controller", frozen=False, price=Price.NOBODY),
    Fault(kind=REDIS, frozen=False, price=Price.NOBODY),
    Fault(kind=REDIS, frozen=True, price=Price.NOBODY),
    Fault(kind=GCS, frozen=False, price=Price.NOBODY),
)
