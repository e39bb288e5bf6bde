"""What a command prints beside its result, and how it ends where it cannot do its work."""

from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

err = Console(stderr=True, soft_wrap=True)


def tell(message: str) -> None:
    """Print a line that begins with `error:`."""
    err.print(f"[red]error:[/red] {escape(message)}", highlight=False)


def fail(message: str) -> NoReturn:
    """Tell, and end the command with status 1."""
    tell(message)
    raise typer.Exit(1) from None
