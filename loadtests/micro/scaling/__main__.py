"""Autoscaling policies side by side on five kinds of traffic, simulated.

    python -m loadtests.micro.scaling [--seconds 600] [--cpu-second 0.0055] [--seed 1]
                                      [--out FOLDER] [--keep]

Compared are our policy, Ray Serve's own as quick as ours, and Ray Serve's own with its default
delays. For each: the wait for an engine (P50, P95), replica-seconds, the most replicas, and how
often their number changed direction. One table, one plot for each engine, one JSON line last.
"""

import argparse
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from loadtests.micro.scaling.simulator import (
    Arrival,
    Outcome,
    Policy,
    Setting,
    ongoing_requests,
    queue_time,
    simulate,
)
from loadtests.results import OUT, add_arguments, publish
from speech.scaling import Speed, Target

_PHRASE, _SPREAD, _SHORTEST = 3.5, 1.2, 0.5
"""Audio seconds of phrases: mean, deviation, least."""
_BATCH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run of the comparison."""

    engine: str
    traffic: str
    policy: str
    wait_p50: float
    wait_p95: float
    replica_seconds: float
    most: int
    turns: int


def traffics(seconds: float) -> dict[str, Callable[[float], float]]:
    """Phrases a second by time, for an engine that speaks some 50."""
    return {
        "constant": lambda _: 30.0,
        "step": lambda t: 10.0 if t < seconds * 0.4 else 60.0,
        "ramp": lambda t: 5.0 + 80.0 * t / seconds,
        "diurnal": lambda t: 30.0 + 25.0 * math.sin(4 * math.pi * t / seconds),
        "burst": lambda t: 120.0 if 0.3 < t / seconds < 0.4 else 8.0,
    }


def poisson(
    rate: Callable[[float], float], seconds: float, seed: int, times: float = 1.0
) -> Iterator[Arrival]:
    """Arrivals of a changing rate, so many times it, by thinning (Lewis and Shedler 1979)."""
    rng = random.Random(seed)
    peak = max(rate(seconds * step / 1000) for step in range(1001))
    moment = 0.0
    while (moment := moment + rng.expovariate(peak * times)) < seconds:
        if rng.random() < rate(moment) / peak:
            yield Arrival(moment=moment, audio=max(_SHORTEST, rng.gauss(_PHRASE, _SPREAD)))


def policies(largest: int) -> dict[str, tuple[Policy, dict[str, float | str]]]:
    """Name to policy and what it changes of the setting."""
    slow: dict[str, float | str] = {
        "metrics_interval": 10.0,
        "look_back": 30.0,
        "aggregation": "mean",
        "upscale_delay": 30.0,
        "downscale_delay": 600.0,
    }
    return {
        "queueing time": (queue_time(Target(), largest), {}),
        "Ray's, as quick": (ongoing_requests(2.0), {}),
        "Ray's defaults": (ongoing_requests(2.0), slow),
    }


def engines(cpu_second: float) -> dict[str, tuple[Speed, float, float]]:
    """Name to speed, start-up time and how many times the traffic it is given."""
    full = _BATCH * _PHRASE
    return {
        "CPU core": (Speed(fixed=0.001, per_second=cpu_second, full=full), 4.0, 1.0),
        "GPU share": (Speed(fixed=0.02, per_second=0.0004, full=full), 8.0, 12.0),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Formatter)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--largest", type=int, default=16, help="replicas at most")
    parser.add_argument(
        "--cpu-second", type=float, default=0.0055, help="seconds a core takes for one of audio"
    )
    parser.add_argument("--seed", type=int, default=1)
    add_arguments(parser, OUT / "scaling")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cases: list[Case] = []
    plots: list[str] = []
    for engine, (speed, start_up, times) in engines(options.cpu_second).items():
        runs: dict[str, dict[str, Outcome]] = {}
        for name, rate in track(traffics(options.seconds).items(), description=engine):
            arrivals = list(poisson(rate, options.seconds, options.seed, times))
            for policy, (decide, changes) in policies(options.largest).items():
                setting = Setting(
                    speed=speed,
                    full_batch=_BATCH,
                    start_up=start_up,
                    largest=options.largest,
                    **changes,  # type: ignore[arg-type]
                )
                outcome = simulate(arrivals, setting, decide)
                runs.setdefault(name, {})[policy] = outcome
                cases.append(_case(engine, name, policy, outcome))
        plots.append(f"{engine.split()[0].lower()}.png")
        _plot(runs, engine, options.out / plots[-1])
    _show(cases)
    publish(
        {
            "benchmark": "scaling",
            "simulated": True,
            "seconds": options.seconds,
            "cases": [asdict(case) for case in cases],
        },
        options,
        plots=plots,
    )


class _Formatter(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    pass


def _case(engine: str, traffic: str, policy: str, outcome: Outcome) -> Case:
    waits = sorted(outcome.waits)
    return Case(
        engine=engine,
        traffic=traffic,
        policy=policy,
        wait_p50=waits[len(waits) // 2],
        wait_p95=waits[int(len(waits) * 0.95)],
        replica_seconds=outcome.replica_seconds,
        most=max(count for _, count in outcome.history),
        turns=outcome.turns,
    )


def _show(cases: list[Case]) -> None:
    table = Table("engine", "traffic", "policy", title="Autoscaling, simulated")
    for name in ("wait P50 ms", "wait P95 ms", "replica-seconds", "most", "turns"):
        table.add_column(name, justify="right")
    for case in cases:
        table.add_row(
            *(case.engine, case.traffic, case.policy),
            f"{case.wait_p50 * 1000:,.0f}",
            f"{case.wait_p95 * 1000:,.0f}",
            f"{case.replica_seconds:,.0f}",
            str(case.most),
            str(case.turns),
        )
    Console().print(table)


def _plot(runs: dict[str, dict[str, Outcome]], engine: str, path: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 (slow to import)

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(len(runs), 1, figsize=(9, 2.2 * len(runs)), sharex=True)
    for axis, (name, outcomes) in zip(axes, runs.items(), strict=True):
        for policy, outcome in outcomes.items():
            moments, counts = zip(*outcome.history, strict=True)
            axis.step(moments, counts, where="post", label=policy)
        axis.set_ylabel(f"{name}\nreplicas")
    axes[0].legend(loc="upper left", ncols=3)
    axes[0].set_title(engine)
    axes[-1].set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
