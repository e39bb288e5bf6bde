"""Voices heard by the suite of `chorale quality`: table and plot of docs/quality.md.

The default voice, Piper's joe, espeak-ng and Kokoro's 8-bit graph, engines alone on one thread of
this process, through the front end and the joins.

    python -m loadtests.micro.listening [--keep] && python -m loadtests.performance_page

Needs the extras `evaluate` and `test-voices`, and some ten minutes. The last line of output is one
JSON object.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from loadtests import real_voices
from loadtests.machine import this_machine
from loadtests.plots import plot_voices
from loadtests.results import add_arguments, publish
from serve_app.voices.command import find_voice
from speech.engines.kinds import Voice
from speech.engines.kokoro.voice import KokoroEntry
from speech.evaluation.listening import Listener
from speech.evaluation.measures import MEASURES, VoiceResult
from speech.evaluation.speaking import EngineAlone, tag_of
from speech.evaluation.suite import Sentence, chosen
from speech.evaluation.versions import versions
from speech.voices import CatalogueConfig, VoiceCatalogue

_PLOTTED = ("word_error", "p808", "overall", "pitch_range", "comma", "loudness", "speed")
_console = Console(stderr=True)


def _voices(folder: Path) -> Iterator[tuple[str, Voice, str]]:
    """What each is called, and its speaker."""
    for name, known in (
        ("heart/alloy", "heart/alloy"),
        ("Piper's joe", str(real_voices.joe())),
        ("espeak", "espeak"),
    ):
        yield name, *find_voice(known)
    files = real_voices.kokoro(folder)
    entry = KokoroEntry(
        id="kokoro", model=files.model, styles=files.styles,
        default_speaker="jm_kumo", language="en-us",
    )  # fmt: skip
    config = CatalogueConfig(default=entry.id, voices=(entry,))
    yield "Kokoro int8, jm_kumo", *VoiceCatalogue.build(config, folder).resolve(entry.id)


def listened(
    name: str,
    voice: Voice,
    speaker: str,
    said: Sequence[tuple[str, Sentence]],
    listener: Listener,
) -> VoiceResult:
    """Have every sentence said that the voice can say, and measure it."""
    speaks = EngineAlone(voice, speaker)
    able = [it for it in said if tag_of(speaks.languages(), it[1].language)]
    found = tuple(
        listener.listen(category, sentence, speaks.say(sentence, len(sentence.text)))
        for category, sentence in track(able, name, console=_console)
    )
    speaks.close()
    return VoiceResult(voice=name, source="engine", sentences=found)


def _told(result: VoiceResult) -> dict[str, Any]:
    categories = dict.fromkeys(one.category for one in result.sentences)
    errors = {name: result.means(name).get("word_error") for name in categories}
    return {
        "voice": result.voice,
        "sentences": len(result.sentences),
        "means": result.means(),
        "word_error": {name: value for name, value in errors.items() if value is not None},
    }


def _listened(sentences: int) -> dict[str, Any]:
    machine, listener = this_machine(), Listener()
    said = chosen([], sentences)
    with tempfile.TemporaryDirectory() as folder:
        voices = [
            _told(listened(name, voice, speaker, said, listener))
            for name, voice, speaker in _voices(Path(folder))
        ]
    return {
        "machine": asdict(machine),
        "recogniser": listener.recogniser.name,
        "versions": versions(),
        "settings": {"sentences": sentences},
        "voices": voices,
    }


def main() -> None:
    """Listen, draw, print and write the JSON line."""
    parser = argparse.ArgumentParser(description="Several voices heard.")
    parser.add_argument("--sentences", type=int, default=10, help="of each category")
    add_arguments(parser)
    parser.add_argument("--again", type=Path, help="draw this result again; listen to nothing")
    given = parser.parse_args()
    if given.again:
        result = json.loads(given.again.read_text("utf-8"))
    else:
        result = _listened(given.sentences)
    measures = {name: measure.model_dump() for name, measure in MEASURES.items()}
    drawn = {name: measures[name] for name in _PLOTTED}
    plot_voices(result["voices"], drawn, given.out / "quality.png")
    result |= {"benchmark": "quality", "measures": measures}
    publish(result, given, plots=("quality.png",))


if __name__ == "__main__":
    main()
