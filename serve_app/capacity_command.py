"""`chorale capacity`: reads shares from the command line, prints a plan."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from math import isclose
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

_SHARES = "VALUE:SHARE,... or one value."


def capacity(
    rate: Annotated[float, typer.Option(help="Requests a second at the busiest time.", min=0.001)],
    *,
    hit_rate: Annotated[
        float, typer.Option(help="Share of the replies found in a cache.", min=0, max=1)
    ] = 0.0,
    characters: Annotated[str, typer.Option(help=f"Lengths of texts: {_SHARES}")] = "60",
    formats: Annotated[str, typer.Option("--format", help=f"Formats: {_SHARES}")] = "mp3",
    keep_hours: Annotated[
        float, typer.Option(help="How long Redis keeps what nobody asks for again.", min=0)
    ] = 1.0,
    mean_share: Annotated[
        float, typer.Option(help="Mean rate of these hours, as a share of --rate.", min=0, max=1)
    ] = 0.5,
    gpu_speed: Annotated[
        float | None,
        typer.Option(help="Audio seconds a second of one GPU, as you measured.", min=0.001),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say how many replicas, cores, GPUs and bytes a load needs, from measured costs."""
    from serve_app.capacity import Costs, Load, plan  # noqa: PLC0415 (only this command needs it)

    costs = Costs.load()
    load = Load(
        rate=rate,
        hit_rate=hit_rate,
        lengths=_lengths(characters),
        formats=_formats(formats, costs.codec_ms_per_audio_second),
        keep_hours=keep_hours,
        mean_share=mean_share,
    )
    found = plan(load, costs, gpu_audio_seconds=gpu_speed)
    if as_json:
        typer.echo(json.dumps({**asdict(found), "cores": found.cores, "gib": found.gib}))
        return
    table = Table("", "replicas", "busy cores", "memory, GiB", title=f"{rate:g} requests/s")
    for stage in found.stages:
        table.add_row(
            stage.name, str(stage.replicas), f"{stage.cores:.1f}", f"{stage.mib / 1024:.1f}"
        )
    table.add_row("HAProxy and Ray", "", f"{found.proxy_cores:.1f}", "")
    table.add_row("all", str(sum(s.replicas for s in found.stages)), "", f"{found.gib:.1f}")
    console = Console()
    console.print(table)
    engines = next(stage for stage in found.stages if stage.name == "Synthesizer")
    for line in (
        f"cores: {found.cores}, one for each replica and the proxies'",
        f"speech made: {found.audio_seconds:,.1f} audio seconds a second",
        "GPUs: their speed was not measured; give it as --gpu-speed"
        if found.gpus is None
        else f"GPUs: {found.gpus}, instead of {engines.replicas} cores for Synthesizers",
        f"Redis: {_size(found.redis_bytes)} to keep {keep_hours:g} h of new replies",
        f"sent to callers: {_size(found.egress_bytes)}/s",
    ):
        console.print(line, highlight=False, soft_wrap=True)


def _lengths(text: str) -> Mapping[float, float]:
    shares = {}
    for name, share in _shares(text, "--characters").items():
        try:
            length = float(name)
        except ValueError:
            raise _bad("--characters", f"{name!r} is not a number") from None
        if not 1 <= length <= 4096:
            raise _bad("--characters", f"{name} is not between 1 and 4096")
        shares[length] = share
    return shares


def _formats(text: str, known: Mapping[str, Any]) -> Mapping[str, float]:
    shares = _shares(text, "--format")
    if unknown := sorted(shares.keys() - known.keys()):
        raise _bad("--format", f"{unknown[0]!r} is none of {', '.join(known)}")
    return shares


def _shares(text: str, option: str) -> dict[str, float]:
    """`a:0.9,b:0.1`, or `a` alone."""
    if ":" not in text:
        return {text: 1.0}
    shares: dict[str, float] = {}
    for item in text.split(","):
        name, _, share = item.partition(":")
        try:
            shares[name] = float(share)
        except ValueError:
            raise _bad(option, f"{item!r} is not VALUE:SHARE") from None
    if min(shares.values()) < 0 or not isclose(sum(shares.values()), 1.0, abs_tol=0.001):
        raise _bad(option, f"the shares of {text!r} do not sum to 1")
    return shares


def _bad(option: str, message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint=option)


def _size(count: float) -> str:
    """Bytes for people."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"
