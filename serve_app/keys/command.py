"""The subcommands of `chorale keys`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from serve_app.keys.books import Store
from serve_app.keys.limits import NO_LIMITS, KeyLimits, KeysConfig
from serve_app.keys.stores import open_store
from serve_app.keys.table import KeyFile, new_key
from serve_app.terminal import fail
from speech.errors import ConfigError, SpeechError
from speech.voice_home import home_folder

_T = TypeVar("_T")
keys = typer.Typer(no_args_is_help=True, help="Keys: who may speak, and how much.")

Name = Annotated[str, typer.Argument(help="Tells the key in listings, usage and metrics.")]
Graph = Annotated[
    str,
    typer.Option(
        help="Graph configuration, by its name in configs/ or its path, whose `keys.redis` or "
        "`home` is meant. Default: the files of CHORALE_HOME.",
        envvar="CHORALE_GRAPH",
    ),
]
_NO_LIMIT = "0 for no limit."
_LIMITS: dict[str, Any] = {
    "requests_per_minute": Annotated[
        int | None, typer.Option(help=f"Requests a minute; {_NO_LIMIT}", min=0)
    ],
    "characters_per_minute": Annotated[
        int | None, typer.Option(help=f"Characters a minute; {_NO_LIMIT}", min=0)
    ],
    "characters_per_month": Annotated[
        int | None, typer.Option(help=f"Characters a month; {_NO_LIMIT}", min=0)
    ],
    "streams": Annotated[int | None, typer.Option(help=f"Requests at a time; {_NO_LIMIT}", min=0)],
    "voices": Annotated[
        list[str] | None,
        typer.Option("--voice", help="Id of a voice it may use, once or more; `all` for all."),
    ],
    "weight": Annotated[
        float | None, typer.Option(help="Part of what is shared out; others have 1.")
    ],
    "own_cache": Annotated[bool | None, typer.Option(help="Keep its replies for it alone.")],
}
"""Options of a command, by the fields of `KeyLimits`."""


def _takes_limits(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each limit; it gets them all as `asked`, None where not used."""
    own = [it for it in signature(command).parameters.values() if it.name != "asked"]
    options = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in _LIMITS.items()
    ]

    @wraps(command)
    def called(**given: Any) -> None:
        command(asked={name: given.pop(name) for name in _LIMITS}, **given)

    called.__annotations__ = {it.name: it.annotation for it in (*own, *options)}
    # Typer reads it.
    called.__signature__ = Signature([*own, *options])  # type: ignore[attr-defined]
    return called


@keys.command()
@_takes_limits
def create(name: Name, *, graph: Graph = "", asked: Mapping[str, Any]) -> None:
    """Make a key and print it, once: nobody can tell it later."""
    with _told():
        key, secret = new_key(name, _changed(NO_LIMITS, asked))

        def add(file: KeyFile) -> KeyFile:
            if any(one.name == name for one in file.keys):
                raise ConfigError(f"there is or was a key named {name!r}")
            return file.with_key(key)

        _with_store(graph, lambda store: store.edit(add))
    typer.echo(secret)


@keys.command("list")
def list_keys(*, graph: Graph = "") -> None:
    """List all keys, with what they allow."""
    with _told():
        file = _with_store(graph, lambda store: store.keys()) or KeyFile()
    table = Table("key", "created", "limits")
    for key in file.keys:
        state = f"revoked {key.revoked:%Y-%m-%d}" if key.revoked else _words(key.limits)
        table.add_row(key.name, f"{key.created:%Y-%m-%d}", escape(state))
    Console().print(table)


@keys.command()
def revoke(name: Name, *, graph: Graph = "") -> None:
    """End a key; running servers refuse it a second later."""
    now = datetime.now(UTC).replace(microsecond=0)

    def end(file: KeyFile) -> KeyFile:
        return file.with_key(file.named(name).model_copy(update={"revoked": now}))

    with _told():
        _with_store(graph, lambda store: store.edit(end))


@keys.command()
@_takes_limits
def limits(name: Name, *, graph: Graph = "", asked: Mapping[str, Any]) -> None:
    """Change what a key allows, and show it; running servers know a second later."""

    def change(file: KeyFile) -> KeyFile:
        key = file.named(name)
        return file.with_key(key.model_copy(update={"limits": _changed(key.limits, asked)}))

    with _told():
        file = _with_store(graph, lambda store: store.edit(change))
        typer.echo(_words(file.named(name).limits))


def _changed(limits: KeyLimits, asked: Mapping[str, Any]) -> KeyLimits:
    """Limits with what is asked for; 0 asks for none, `all` for all voices."""
    values = limits.model_dump()
    for name, value in asked.items():
        if value is not None:
            values[name] = None if value in (0, ["all"]) and name != "weight" else value
    values["own_cache"] = bool(values["own_cache"])
    try:
        return KeyLimits.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{first['loc'][0]}: {first['msg']}") from error


def _words(limits: KeyLimits) -> str:
    """What differs from no limits."""
    told = limits.model_dump(mode="json", exclude_defaults=True)
    return ", ".join(f"{name} {_said(value)}" for name, value in told.items()) or "none"


def _said(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, list) else str(value)


def _with_store(graph: str, ask: Callable[[Store], Awaitable[_T]]) -> _T:
    config, home = KeysConfig(), home_folder()
    if graph:
        from serve_app.config import GraphArguments  # noqa: PLC0415 (it loads the deployments)

        named = GraphArguments(config=graph).graph()
        config, home = named.keys, named.voice_home()

    async def run() -> _T:
        store = open_store(config, home, "command")
        try:
            return await ask(store)
        finally:
            await store.close()

    return asyncio.run(run())


@contextmanager
def _told() -> Iterator[None]:
    """Tell what fails, and end."""
    try:
        yield
    except SpeechError as error:
        fail(error.message)
