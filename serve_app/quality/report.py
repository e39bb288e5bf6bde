"""The HTML report: one file with everything in it, that needs no network."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from speech.audio.containers import encode_whole
from speech.config import AudioConfig
from speech.evaluation.comparison import Change
from speech.evaluation.measures import MEASURES, Limit, VoiceResult, written
from speech.evaluation.versions import versions
from speech.types import Samples


def report_page(
    results: Sequence[VoiceResult],
    *,
    audio: Sequence[Sequence[tuple[Samples, int]]],
    changes: Sequence[Sequence[Change]],
    faults: Sequence[Sequence[str]],
    limits: Mapping[str, Limit],
    recogniser: str,
) -> str:
    """The page; it draws itself from the numbers, and spectrograms from the audio.

    Args:
        results: One for each voice and way.
        audio: Of each, what was heard: int16 and its rate, one for each sentence.
        changes: Of each, against an earlier run; none without one.
        faults: Of each, in words.
        limits: What it was held against.
        recogniser: Who heard the words.
    """
    data = {
        "recogniser": recogniser,
        "versions": versions(),
        "measures": {
            name: measure.model_dump()
            | {"limit": limits.get(name, Limit()).model_dump(exclude_none=True)}
            for name, measure in MEASURES.items()
        },
        "voices": [
            one.model_dump(mode="json")
            | {
                "means": one.means(),
                "categories": {
                    name: one.means(name)
                    for name in dict.fromkeys(each.category for each in one.sentences)
                },
                "audio": [_mp3(*each) for each in spoken],
                "changes": [_change(each) for each in changed],
                "faults": list(wrong),
            }
            for one, spoken, changed, wrong in zip(results, audio, changes, faults, strict=True)
        ],
    }
    # No text of a sentence may end the script.
    told = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return Path(__file__).with_name("report.html").read_text("utf-8").replace("{{DATA}}", told)


def _change(change: Change) -> dict[str, object]:
    return {
        "name": change.name,
        "title": MEASURES[change.name].title,
        "before": written(change.name, change.before),
        "now": written(change.name, change.now),
        "low": change.low,
        "high": change.high,
        "difference": change.now - change.before,
        "verdict": change.verdict,
        "sentences": change.sentences,
    }


def _mp3(samples: Samples, sample_rate: int) -> str:
    data = encode_whole(samples, "mp3", sample_rate, AudioConfig())
    return base64.b64encode(data).decode("ascii")
