"""The subcommands of `chorale voices`. Pulled voices go to the folder of `speech.voice_home`."""

import re
import shutil
import subprocess
import wave
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import numpy as np
import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from serve_app.terminal import err, fail
from serve_app.voices import sources
from serve_app.voices.download import Downloader, PullError
from serve_app.voices.sources import Offer
from speech.config import EngineConfig, TextConfig
from speech.engines import load_engine
from speech.engines.kinds import Voice, engine_kind
from speech.engines.piper.voice import PiperEntry
from speech.errors import ConfigError, SpeechError
from speech.text import FrontEnd
from speech.types import Delivery, Passage, PhraseJob, Samples
from speech.voice_home import NAME, Home, LiveCatalogue, home_folder
from speech.voices import Alias, CatalogueConfig, VoiceCatalogue, parse_entry

voices = typer.Typer(no_args_is_help=True, help="Voices: list, pull, remove and try them.")
SHIPPED = Path(__file__).resolve().parents[2] / "configs" / "voices.yaml"
_SPARE = 100_000_000
"""Bytes that stay free on the disk."""
_LEVEL = -16.0
"""LUFS of every voice."""
_LEVEL_SENTENCES = 20
_PLAYERS = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
    ("ffplay", "-autoexit", "-nodisp"),
)
_ENGLISH = "Hello! This is how I sound when I read a text aloud. Shall we begin?"
_ANY_LANGUAGE = "1, 2, 3, 4, 5, 6, 7."

PiperUrl = Annotated[
    str, typer.Option(help="Base of Piper's voices, or of a mirror.", envvar="CHORALE_PIPER_URL")
]
KokoroUrl = Annotated[
    str, typer.Option(help="Base of Kokoro's files.", envvar="CHORALE_KOKORO_URL")
]
HibariUrl = Annotated[
    str, typer.Option(help="Base of hibari's voices.", envvar="CHORALE_HIBARI_URL")
]


@voices.command("list")
def list_voices(
    language: Annotated[str, typer.Argument(help="Only voices of this language.")] = "",
    *,
    available: Annotated[
        bool, typer.Option("--available", help="What can be pulled, instead of what is here.")
    ] = False,
    url: Annotated[
        str, typer.Option(help="Address of a running server whose voices are meant.")
    ] = "",
    piper_url: PiperUrl = sources.PIPER,
    kokoro_url: KokoroUrl = sources.KOKORO,
    hibari_url: HibariUrl = sources.HIBARI,
) -> None:
    """List the voices that are here, shipped and pulled."""
    wanted = language.replace("_", "-").lower()
    with _told():
        if available:
            offers = _offers(piper_url, kokoro_url, hibari_url, home_folder())
            rows = [_offer_row(offer) for offer in offers if _speaks(offer.languages, wanted)]
        elif url:
            told = _served(url)
            rows = [_served_row(voice) for voice in told if _speaks(voice["languages"], wanted)]
        else:
            live = local_catalogue()
            found = [it for it in live.catalogue.voices.values() if _speaks(it.languages, wanted)]
            rows = [_voice_row(voice) for voice in found]
            for problem in live.problems:
                err.print(f"[yellow]not used:[/yellow] {escape(problem)}", highlight=False)
    table = Table("voice", "engine", "languages", "speakers", "size", "licence", "quality")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)


@voices.command()
def pull(
    names: Annotated[list[str], typer.Argument(help="As `list --available` has them.")],
    *,
    alias: Annotated[
        str, typer.Option("--as", help="Also call it so: a name of your own, or one of OpenAI's.")
    ] = "",
    piper_url: PiperUrl = sources.PIPER,
    kokoro_url: KokoroUrl = sources.KOKORO,
    hibari_url: HibariUrl = sources.HIBARI,
) -> None:
    """Fetch voices into CHORALE_HOME; a running server has them within seconds.

    An unfinished download goes on where it broke off. Proxies are those of HTTPS_PROXY, HTTP_PROXY,
    ALL_PROXY and NO_PROXY.
    """
    home = Home(home_folder())
    with _told(), _client() as client:
        if alias and (len(set(names)) > 1 or not NAME.fullmatch(alias)):
            raise PullError("--as gives one voice a name of letters, digits, `.`, `_` and `-`")
        if alias in local_catalogue().catalogue.voices:
            raise PullError(f"{alias!r} is a voice itself")
        known = {
            it.id: it
            for it in (*sources.kokoro_offers(kokoro_url), *sources.hibari_offers(hibari_url))
        }
        if not known.keys() >= set(names):
            known |= {it.id: it for it in _piper_offers(client, piper_url, home.folder)}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise PullError(
                f"no voice {', '.join(map(repr, unknown))}: see `chorale voices list --available`"
            )
        for name in dict.fromkeys(names):
            _pull(client, known[name], home)
            typer.echo(f"{name}: {home.folder_of(name)}")
        if alias:
            before = local_catalogue().shipped.aliases.get(alias)
            other = None if before is None else before.other_languages
            home.name(alias, Alias(voice=names[0], other_languages=other))
            typer.echo(f"{alias}: {names[0]}")


@voices.command()
def remove(
    name: Annotated[str, typer.Argument(help="Of a voice that was pulled.")],
) -> None:
    """Take a pulled voice and its files away; what a running server has loaded it drops."""
    home = Home(home_folder())
    with _told():
        folder = home.folder_of(name)
        if not home.drop(name) and not folder.exists():
            raise PullError(f"{name!r} is no voice in {home.folder}")
        if folder.exists():
            shutil.rmtree(folder)
    typer.echo(f"{name} is removed")


@voices.command("try")
def try_voice(
    name: Annotated[str, typer.Argument(help="Voice, alias or voice/speaker.")],
    *,
    text: Annotated[str, typer.Option(help="What to say; default: a greeting.")] = "",
    language: Annotated[str, typer.Option(help="Of the text; default: the voice's.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="WAV file to write instead of playing.")
    ] = None,
) -> None:
    """Speak a sentence without a server, into a file or, where this machine has one, a player."""
    with _told():
        voice, speaker, tag = local_catalogue().catalogue.resolve_in(name, language or None)
        said = text or (_ENGLISH if tag.split("-")[0] == "en" else _ANY_LANGUAGE)
        samples = _spoken(voice, speaker, tag, [said])
        player = next((line for line in _PLAYERS if shutil.which(line[0])), None)
        path = output or Path(f"{voice.id}.wav")
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(voice.sample_rate)
            file.writeframes(samples.tobytes())
    if output is None and player is not None:
        done = subprocess.run([*player, str(path)], check=False)  # noqa: S603 (a player found here)
        path.unlink()
        raise typer.Exit(done.returncode)
    typer.echo(f"{path}: {len(samples) / voice.sample_rate:.2f} s of audio by {voice.id}")


def local_catalogue() -> LiveCatalogue:
    """The shipped voices and those that were pulled."""
    return LiveCatalogue(SHIPPED, home_folder())


def find_voice(name: str) -> tuple[Voice, str]:
    """A voice and its speaker, by a name of the catalogue or the file of a Piper voice.

    Raises:
        SpeechError: there is none.
    """
    if not name.endswith(".onnx"):
        return local_catalogue().catalogue.resolve(name)
    path = Path(name).resolve()
    entry = PiperEntry(id=path.stem, model=path)
    config = CatalogueConfig(default=entry.id, voices=(entry,))
    return VoiceCatalogue.build(config, path.parent).resolve(entry.id)


def _pull(client: httpx.Client, offer: Offer, home: Home) -> None:
    """Bring the files of a voice, see that it can be read, and put it into the catalogue."""
    folder = home.folder_of(offer.id)
    missing = sum(file.size or 0 for file in offer.files if not (folder / file.name).exists())
    home.folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(home.folder).free
    if missing + _SPARE > free:
        raise PullError(
            f"{offer.id} needs {decimal(missing)}, and {decimal(free)} are free in {home.folder}; "
            f"{decimal(_SPARE)} must stay free"
        )
    columns = (
        TextColumn("{task.description}"),
        *(BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()),
    )
    downloader = Downloader(client)
    with Progress(*columns, console=err) as progress:
        task = progress.add_task(offer.id, total=offer.size)
        for file in offer.files:
            downloader.fetch(file, folder / file.name, lambda count: progress.advance(task, count))
    entry = offer.entry(f"voices/{offer.id}")
    if offer.card:
        entry["license"] = sources.card_license(folder / offer.card) or f"see {folder / offer.card}"
    voice = _read(entry, home.folder)
    if not offer.is_levelled:
        entry["gain"] = _levelled(entry, voice, home.folder)
    home.add(entry)


def _read(entry: dict[str, Any], folder: Path) -> Voice:
    try:
        parsed = parse_entry(entry)
    except ValueError as error:
        raise ConfigError(f"voice {entry['id']!r}: {error}") from error
    return engine_kind(parsed.engine).read(parsed, folder)


def _levelled(entry: dict[str, Any], voice: Voice, folder: Path) -> float:
    """The gain at which a voice is as loud as all others, in decibels."""
    # Nothing that serves loads what measures, and this module is loaded with the command line.
    from speech.evaluation import sentences  # noqa: PLC0415
    from speech.loudness import loudness  # noqa: PLC0415

    gain = float(getattr(voice.entry, "gain"))  # noqa: B009 (of engines that have one)
    for _ in range(2):  # a limiter takes some of the first correction
        texts = sentences()[:_LEVEL_SENTENCES]
        samples = _spoken(_read({**entry, "gain": gain}, folder), "", voice.language, texts)
        gain = round(gain + _LEVEL - loudness(samples / 32_768, voice.sample_rate), 2)
    return gain


def _spoken(voice: Voice, speaker: str, language: str, texts: Sequence[str]) -> Samples:
    """Texts one behind the other, as the engine says them."""
    how = Delivery(voice=voice.id, speaker=speaker, language=language)
    front_end, engine = FrontEnd(TextConfig()), load_engine(voice, EngineConfig(threads=1))
    pieces: list[Samples] = []
    for text in texts:
        said = front_end.prepare(Passage(text=text, delivery=how), voice.vocabulary_in(language))
        for phrase in said.phrases:
            (result,) = engine.synthesize([PhraseJob(phrase=phrase)])
            if isinstance(result, SpeechError):
                raise result
            pause = np.zeros(round(phrase.pause_after * voice.sample_rate), np.int16)
            pieces += (result.samples, pause)
    engine.close()
    return np.concatenate(pieces)


def _served(url: str) -> list[dict[str, Any]]:
    """The voices of a running server."""
    try:
        with _client() as client:
            reply = client.get(f"{url}/v1/audio/voices").raise_for_status()
    except httpx.HTTPError as error:
        raise PullError(f"{url}: {error}") from error
    found: list[dict[str, Any]] = reply.json()["data"]
    return found


def _offers(piper_url: str, kokoro_url: str, hibari_url: str, folder: Path) -> list[Offer]:
    with _client() as client:
        return [
            *sources.hibari_offers(hibari_url),
            *sources.kokoro_offers(kokoro_url),
            *_piper_offers(client, piper_url, folder),
        ]


def _piper_offers(client: httpx.Client, base: str, folder: Path) -> list[Offer]:
    index = sources.fetch_index(client, f"{base}/voices.json", folder / "index" / "piper.json", err)
    try:
        return sources.piper_offers(index, base)
    except ValueError as error:
        raise PullError(f"{base}/voices.json is no index of voices: {error}") from error


def _client() -> httpx.Client:
    """It knows the proxies of the environment."""
    return httpx.Client(
        follow_redirects=True, max_redirects=5, timeout=httpx.Timeout(30, connect=10)
    )


def _speaks(languages: Sequence[str], wanted: str) -> bool:
    return not wanted or any(tag == wanted or tag.startswith(f"{wanted}-") for tag in languages)


def _voice_row(voice: Voice) -> tuple[str, ...]:
    size = voice.size
    return (
        voice.id,
        voice.engine,
        _short(voice.languages),
        _short(tuple(voice.speakers)) or "1",
        decimal(size) if size else "",
        _first_words(voice.license),
        voice.entry.quality,
    )


def _served_row(voice: Mapping[str, Any]) -> tuple[str, ...]:
    engine = voice["engine"]
    speed = f", {engine['speed']:.0f} times real time" if engine.get("speed") else ""
    names = [name.partition("/")[2] for name in voice["speakers"]]
    return (
        voice["id"],
        f"{engine['engine']}{speed}",
        _short(voice["languages"]),
        _short(names) or "1",
        decimal(voice["bytes"]) if voice["bytes"] else "",
        _first_words(voice["license"]),
        voice["quality"],
    )


def _offer_row(offer: Offer) -> tuple[str, ...]:
    license_ = _first_words(offer.license) or "on its card"
    size = decimal(offer.size) if offer.size is not None else "?"
    tags = _short(offer.languages)
    return offer.id, offer.engine, tags, str(offer.speakers), size, license_, offer.quality


def _short(values: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    rest = f" and {len(values) - 4} more" if len(values) > 4 else ""
    return " ".join(values[:4]) + rest


def _first_words(license_: str) -> str:
    """A licence's name, without what is told of it."""
    return re.split(r" \(|; ", license_)[0]


@contextmanager
def _told() -> Iterator[None]:
    """Errors that are the user's to mend end the command with a line instead of a traceback."""
    try:
        yield
    except (PullError, SpeechError, OSError, httpx.InvalidURL) as error:
        fail(str(error))
