"""The command line. The help of each command says what it is for."""

import os
import shlex
import sys
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, cast

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from serve_app.benchmark.command import benchmark
from serve_app.capacity_command import capacity
from serve_app.closed import keep_files_private
from serve_app.doctor_command import doctor
from serve_app.environment import node_switches
from serve_app.keys import key_headers
from serve_app.keys.command import keys
from serve_app.quality.command import quality
from serve_app.quality.quantize_command import quantize
from serve_app.read_command import read
from serve_app.terminal import err, fail
from serve_app.voices.command import voices
from serve_app.warm_command import warm
from serve_app.wyoming_command import wyoming
from speech.errors import ConfigError, SpeechError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Chorale: text to speech.")
lexicon = typer.Typer(no_args_is_help=True, help="Lexicons: how words are said.")
app.add_typer(lexicon, name="lexicon")
app.add_typer(voices, name="voices")
app.add_typer(keys, name="keys")
app.command()(warm)
app.command()(capacity)
app.command()(doctor)
app.command()(read)
app.command()(quality)
app.command()(benchmark)
app.command()(quantize)
app.command()(wyoming)

_CONFIGS = Path(__file__).resolve().parent.parent / "configs"
_SERVE_CONFIG = _CONFIGS / "serve_config.yaml"
Url = Annotated[str, typer.Option(help="Address of a running server.", envvar="CHORALE_URL")]
_DEFAULT_URL = "http://127.0.0.1:8000"


@app.command()
def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    config: Annotated[
        Path | None,
        typer.Option(help="Serve configuration, as `serve deploy` takes it. Default: the shipped."),
    ] = None,
    graph: Annotated[
        str,
        typer.Option(
            help="Graph configuration, by its name in configs/ or its path. Default: what --config "
            "names, or without that `cpu`: each stage is a deployment. `compact` has all stages in "
            "one process."
        ),
    ] = "",
    haproxy: Annotated[
        bool, typer.Option(help="Put HAProxy in front instead of Serve's Python proxy.")
    ] = True,
    profile_startup: Annotated[
        bool, typer.Option(help="Say what the start took, step by step, against its budget.")
    ] = False,
) -> None:
    """Start a local Ray and serve until Ctrl-C or SIGTERM."""
    # Imported here: say and voices need none of it.
    from serve_app.launch import serve_forever  # noqa: PLC0415

    try:
        serve_forever(
            config_file=config or _SERVE_CONFIG,
            host=host,
            port=port,
            haproxy=haproxy,
            say=err.print,
            graph=graph,
            profile=profile_startup,
        )
    except ConfigError as error:
        fail(str(error))
    # Ray may leave threads that would keep the interpreter; everything is stopped by now.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@app.command()
def switches() -> None:
    """Tell a node's shell what to export before `ray start`: `eval "$(chorale switches)"`.

    Its folder, ~/.ray, becomes its user's alone. What is set already stays.
    """
    folder = Path.home() / ".ray"
    try:
        exports = node_switches(folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        keep_files_private(exports)
    except (ConfigError, OSError) as error:
        fail(str(error))
    print("umask 077")
    for name, value in exports.items():
        print(f"export {name}={shlex.quote(value)}")


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="What to say; `-` reads standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    *,
    voice: Annotated[
        str | None, typer.Option(help="Voice, alias or voice/speaker. Default: the server's.")
    ] = None,
    audio_format: Annotated[
        str | None, typer.Option("--format", help="Default: the file's ending.")
    ] = None,
    speed: Annotated[float, typer.Option(help="0.25 to 4.0.")] = 1.0,
    language: Annotated[str | None, typer.Option(help="Language of the text.")] = None,
    url: Url = _DEFAULT_URL,
) -> None:
    """Speak a text through the HTTP API into a file; prints what it took."""
    body: dict[str, object] = {
        "model": "chorale",
        "input": sys.stdin.read() if text == "-" else text,
        "response_format": audio_format or output.suffix.removeprefix(".").lower() or "wav",
        "speed": speed,
        **({"language": language} if language else {}),
    }
    first: float | None = None
    size = 0
    try:
        timeout = httpx.Timeout(600, connect=5)
        with httpx.Client(timeout=timeout, headers=key_headers()) as client:
            body["voice"] = voice or _listing(client, url)["default"]
            started = perf_counter()
            with client.stream("POST", f"{url}/v1/audio/speech", json=body) as reply:
                _checked(reply)
                with output.open("wb") as file:
                    for chunk in reply.iter_bytes():
                        first = first if first is not None else perf_counter() - started
                        size += len(chunk)
                        file.write(chunk)
    except httpx.HTTPError as error:
        fail(f"{url}: {error}")
    took = perf_counter() - started
    lasts = _duration(output, str(body["response_format"]))
    print(
        f"{output}: {lasts:.2f} s of audio by {reply.headers.get('x-voice', '?')}, "
        f"{size} bytes; first byte {(first or took) * 1000:.0f} ms, "
        f"complete {took * 1000:.0f} ms; cache {reply.headers.get('x-cache', '?')}"
    )


@app.command()
def providers(
    voice: Annotated[str, typer.Argument(help="Of the catalogue; the default one if none.")] = "",
    *,
    graph: Annotated[
        str, typer.Option(help="Graph configuration, by its name in configs/ or its path.")
    ] = "cpu",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Measure anew what is remembered.")
    ] = False,
) -> None:
    """Show what can compute a voice on this machine, how fast, and what `auto` takes."""
    from serve_app.provider_table import print_providers  # noqa: PLC0415 (it loads engines)

    try:
        print_providers(voice, graph, Console(), fresh=fresh)
    except SpeechError as error:
        fail(error.message)


def _listing(client: httpx.Client, url: str) -> Any:
    return _checked(client.get(f"{url}/v1/audio/voices")).json()


@lexicon.command("import")
def import_lexicon(
    file: Annotated[Path, typer.Argument(help="A pronunciation lexicon of the W3C (PLS 1.0).")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write; default: LANGUAGE.yaml, here."),
    ] = None,
) -> None:
    """Turn a PLS file into a lexicon of Chorale's; put it into the folder `lexicon` names."""
    from speech.text.lexicon import lexicon_entries  # noqa: PLC0415 (only this needs them)
    from speech.text.lexicon_files import lexicon_yaml  # noqa: PLC0415
    from speech.text.pls import read_pls  # noqa: PLC0415

    try:
        language, words = read_pls(file.read_bytes())
        lexicon_entries(words)
        path = output or Path(f"{language}.yaml")
        with path.open("x", encoding="utf-8") as target:
            target.write(lexicon_yaml(words))
    except (ConfigError, OSError, ValueError) as error:
        fail(f"{file}: {error}")
    print(f"{path}: {len(words)} words for {language}")


def _duration(path: Path, audio_format: str) -> float:
    from speech.audio.decoding import decoded  # noqa: PLC0415 (only `say` decodes)

    samples, rate = decoded(path.read_bytes(), cast(Any, audio_format))
    return len(samples) / rate


def _checked(reply: httpx.Response) -> httpx.Response:
    """The reply, or its error told and the end."""
    if reply.status_code == httpx.codes.OK:
        return reply
    reply.read()
    try:
        message = reply.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = reply.text[:200]
    err.print(f"[red]error {reply.status_code}:[/red] {escape(str(message))}")
    raise typer.Exit(1)


def main() -> None:
    """Entry point of the console script."""
    app()
