"""`chorale providers`: what can compute a voice on this machine, how fast, what would be taken."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from serve_app.config import GraphArguments
from speech.config import EngineConfig
from speech.engines.kinds import Voice, engine_kind
from speech.engines.provider_trials import Trial, best, measured, unusable
from speech.engines.providers import cache_folder
from speech.errors import ConfigError
from speech.voice_home import LiveCatalogue


def print_providers(voice: str, graph: str, console: Console, *, fresh: bool) -> None:
    """Measure, or remember, every provider in every precision, and print the table.

    Args:
        voice: Of the graph's catalogue; empty for its default.
        graph: Name or path of the graph's configuration.
        console: Where it goes.
        fresh: Measure, whatever is remembered.

    Raises:
        SpeechError: there is no such graph or voice, or only one provider computes it.
    """
    config = GraphArguments(config=graph).graph()
    catalogue = LiveCatalogue(config.catalogue, config.voice_home()).catalogue
    found, _ = catalogue.resolve(voice or catalogue.default)
    providers, engine = engine_kind(found.engine).providers, found.config(config.engine)
    if len(providers) == 1:
        raise ConfigError(f"voice {found.id!r} is {found.engine}'s own: it has no providers")
    every = [precision for provider in providers.values() for precision in provider.precisions]
    wide = engine.model_copy(update={"precisions": tuple(dict.fromkeys(every))})
    trials = measured(found, wide, cache_folder(engine), providers, fresh=fresh)
    console.print(provider_table(found, trials, engine))
    for line in left_out(trials):
        console.print(line, soft_wrap=True, highlight=False)


def provider_table(voice: Voice, trials: Sequence[Trial], config: EngineConfig) -> Table:
    """What was measured, and what `auto` and the configuration make of it."""
    taken = best([trial for trial in trials if trial.precision in config.precisions], config)
    asked = f"{config.provider}/{config.precision}"
    if config.provider == "auto":
        asked = f"auto among {', '.join(config.precisions)}"
    table = Table(
        title=f"{voice.id}: what computes it here",
        caption=f"Configured: {asked}; fallback: {', '.join(config.fallback) or 'none'}. "
        "Milliseconds of a phrase of 3 s alone; seconds of audio in a second, phrases one by one "
        "and in one batch; log-mel difference to single precision.",
    )
    table.add_column("provider")
    for name in ("ms", "alone", "batch", "difference"):
        table.add_column(name, justify="right")
    table.add_column("")
    for trial in trials:
        if not trial.reason:
            table.add_row(
                f"{trial.provider}/{trial.precision}",
                f"{trial.alone_ms:.1f}",
                f"{trial.alone:.0f}",
                f"{trial.together:.0f}" if trial.together else "",
                "" if trial.distance is None else f"{trial.distance:.4f}",
                _remark(trial, taken, config),
            )
    return table


def left_out(trials: Sequence[Trial]) -> list[str]:
    """Why the others were not measured, a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for trial in trials:
        if trial.reason:
            reasons.setdefault(trial.reason, []).append(f"{trial.provider}/{trial.precision}")
    return [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()]


def _remark(trial: Trial, taken: Trial, config: EngineConfig) -> str:
    remarks = []
    if (trial.provider, trial.precision) == (config.provider, config.precision):
        remarks.append("configured")
    if trial is taken:
        remarks.append("auto takes it")
    elif reason := unusable(trial, config):
        remarks.append(reason)
    elif trial.precision not in config.precisions:
        remarks.append("not in `precisions`")
    return ", ".join(remarks)
