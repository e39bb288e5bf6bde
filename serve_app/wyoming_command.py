"""`chorale wyoming`: a running server's voices for Home Assistant."""

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

if TYPE_CHECKING:
    from serve_app.wyoming_bridge import Bridge


def wyoming(
    uri: Annotated[
        str, typer.Option(help="Where to listen: tcp://HOST:PORT.")
    ] = "tcp://127.0.0.1:10200",
    server: Annotated[
        str, typer.Option(help="Address of a running server.", envvar="CHORALE_URL")
    ] = "http://127.0.0.1:8000",
    key: Annotated[
        str | None,
        typer.Option(help="Key the server asks for.", envvar="CHORALE_API_KEY", show_default=False),
    ] = None,
) -> None:
    """Speak the Wyoming protocol in front of a running server, for Home Assistant."""
    place = urlsplit(uri)
    try:
        port = place.port
    except ValueError:
        port = None
    if place.scheme != "tcp" or not place.hostname or port is None:
        raise typer.BadParameter("must be tcp://HOST:PORT", param_hint="--uri")
    try:
        from serve_app.wyoming_bridge import Bridge  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "wyoming":
            raise
        typer.echo("error: `pip install 'chorale[wyoming]'` brings what this needs", err=True)
        raise typer.Exit(1) from None
    try:
        asyncio.run(_serve(Bridge(server.rstrip("/"), key), place.hostname, port, server))
    except OSError as error:
        typer.echo(f"error: {uri}: {error}", err=True)
        raise typer.Exit(1) from None


async def _serve(bridge: "Bridge", host: str, port: int, server: str) -> None:
    """Answer clients until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listening = await bridge.listen(host, port)
    try:
        address, bound = listening.sockets[0].getsockname()[:2]
        typer.echo(f"Wyoming at tcp://{address}:{bound}, speech from {server}", err=True)
        await stop.wait()
    finally:
        listening.close()
        await bridge.aclose()
