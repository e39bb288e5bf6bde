"""The tables of `loadtests.micro.stages`."""

from collections.abc import Iterable, Mapping
from math import fsum

from rich.console import Console, RenderableType
from rich.table import Table

from loadtests.micro.cells import Cell, Cost, Report
from loadtests.processes import KINDS, RAY, STAGES
from loadtests.samples import Summary

_BARE = (
    *("replies", "phrases", "audio s", "normalize P50", "engine P50", "engine P95"),
    *("encode P50", "sum P50", "sum P95"),
)
_LATENCY = (
    *("clients", "replies", "first P50", "P50", "P95", "P99", "per s"),
    *("over bare", "x bare", "bare rate", "x livez", "failed"),
)
_TIMED = ("normalize", "cache", "queue", "synthesize", "encode", "graph")


def show(report: Report, console: Console) -> None:
    """Print every table, and what to think of the machine first."""
    console.print(f"Measured on {report.machine}.")
    if report.machine.warning:
        console.print(f"[yellow]Warning:[/yellow] {report.machine.warning}.")
    for table in (
        _bare(report),
        _livez(report),
        _latency(report),
        _stages(report),
        _processor(report),
        _held(report),
    ):
        console.print(table)
    clients = [cell.cost.client_cores for cell in report.cells]
    others = [cell.cost.others_cores for cell in report.cells]
    console.print(
        f"The client itself kept {fsum(clients) / len(clients):.2f} cores busy on average, "
        f"{max(clients):.2f} at most; programs that are neither server nor client "
        f"{fsum(others) / len(others):.2f} on average, {max(others):.2f} at most."
    )
    for cell in report.cells:
        if cell.failures:
            console.print(f"[red]{_name(cell)}: {cell.failures} failed: {cell.first_failure}[/red]")


def _bare(report: Report) -> RenderableType:
    table = _table(
        "Bare, one at a time in one process (ms)",
        ("voice", "format"),
        _BARE,
    )
    for bare in report.bare:
        table.add_row(
            bare.voice,
            bare.format,
            str(bare.total.count),
            f"{bare.phrases:.2f}",
            f"{bare.audio_seconds:.2f}",
            _ms(bare.normalize.p50),
            _ms(bare.synthesize.p50),
            _ms(bare.synthesize.p95),
            _ms(bare.encode.p50),
            _ms(bare.total.p50),
            _ms(bare.total.p95),
        )
    return table


def _livez(report: Report) -> RenderableType:
    table = _table(
        "GET /livez over HTTP: no speech (ms)",
        ("clients",),
        ("replies", "P50", "P95", "P99", "per s", "server processor", "client processor"),
    )
    for item in report.livez:
        table.add_row(
            str(item.concurrency),
            str(item.latency.count),
            *_percentiles(item.latency),
            f"{item.rate:.0f}",
            _ms(item.cost.ours + item.cost.rays),
            _ms(item.cost.client_milliseconds),
        )
    return table


def _latency(report: Report) -> RenderableType:
    table = _table(
        "Replies over HTTP, to the last byte (ms)",
        ("voice", "format", "X-Cache"),
        _LATENCY,
    )
    for cell in report.cells:
        miss = cell.state == "miss"
        table.add_row(
            cell.voice,
            cell.format,
            cell.state,
            str(cell.concurrency),
            str(cell.latency.count),
            _ms(cell.first_byte.p50),
            *_percentiles(cell.latency),
            f"{cell.rate:.0f}",
            _ms(cell.over_bare) if miss else "",
            f"{cell.times_bare:.2f}",
            f"{100 * cell.bare_rate_share:.0f} %" if miss else "",
            f"{cell.times_livez:.1f}",
            str(cell.failures),
        )
    return table


def _stages(report: Report) -> RenderableType:
    table = _table(
        "Where it goes, as Server-Timing says (P50, ms)",
        ("voice", "format", "X-Cache"),
        ("clients", "replies", *_TIMED, "hops", "outside"),
    )
    for cell in report.cells:
        table.add_row(
            cell.voice,
            cell.format,
            cell.state,
            str(cell.concurrency),
            str(cell.outside.count) if cell.outside else "0",
            *(_ms(cell.stages[name].p50) if name in cell.stages else "" for name in _TIMED),
            _ms(cell.hops.p50) if cell.hops else "",
            _ms(cell.outside.p50) if cell.outside else "",
        )
    table.caption = (
        "Replies of one phrase. graph: from the normalizer's answer to the first frame; hops: "
        "graph without the work named in it; outside: client, proxy, gateway and body."
    )
    return table


def _processor(report: Report) -> RenderableType:
    table = _table(
        "Processor time of one request, idle share taken off (ms)",
        ("request",),
        (*KINDS, "sum", "client"),
    )
    table.add_row(
        "idle, ms per s",
        *(_ms(1000 * report.idle_cores[kind]) for kind in KINDS),
        _ms(1000 * fsum(report.idle_cores.values())),
        "",
        end_section=True,
    )
    for floor in report.livez:
        table.add_row(f"/livez x{floor.concurrency}", *_kinds(floor.cost))
    for cell in report.cells:
        table.add_row(_name(cell), *_kinds(cell.cost))
    return table


def _kinds(cost: Cost) -> Iterable[str]:
    yield from (_ms(cost.milliseconds[kind]) for kind in KINDS)
    yield _ms(cost.ours + cost.rays)
    yield _ms(cost.client_milliseconds)


def _held(report: Report) -> RenderableType:
    table = _table("Memory, proportional set size (MiB)", ("of",), (*KINDS, "sum"))
    table.add_row("each", *_mib(report.memory_mib, KINDS))
    ours, rays = (_total(report.memory_mib, kinds) for kinds in (STAGES, RAY))
    table.caption = f"Our replicas {ours:.0f} MiB, Ray's own processes {rays:.0f} MiB."
    return table


def _mib(memory: Mapping[str, float], kinds: Iterable[str]) -> Iterable[str]:
    yield from (f"{memory[kind]:.0f}" for kind in kinds)
    yield f"{_total(memory, kinds):.0f}"


def _total(memory: Mapping[str, float], kinds: Iterable[str]) -> float:
    return fsum(memory[kind] for kind in kinds)


def _name(cell: Cell) -> str:
    return f"{cell.voice} {cell.format} {cell.state} x{cell.concurrency}"


def _percentiles(summary: Summary) -> Iterable[str]:
    return (_ms(summary.p50), _ms(summary.p95), _ms(summary.p99))


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.1f}" if abs(milliseconds) >= 10 else f"{milliseconds:.2f}"


def _table(title: str, names: Iterable[str], figures: Iterable[str]) -> Table:
    table = Table(title=title)
    for name in names:
        table.add_column(name)
    for name in figures:
        table.add_column(name, justify="right")
    return table
