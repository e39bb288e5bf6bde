"""What encoding costs: one reply of speech per format, whole and streamed.

Real speech of espeak-ng, cut to 1 s and 3.3 s (a usual short reply), goes through
`speech.audio.containers` exactly as the encoder deployment sends it. Every figure is processor time
of the encoding thread, the only one at work, and the least of `--rounds` runs: the one that other
work on the machine disturbed least.

    python -m loadtests.micro.codecs [--rate 24000] [--rounds 30]

The last line of output is one JSON object.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import thread_time

from rich.console import Console
from rich.table import Table

from speech import espeak
from speech.audio.containers import codec_rate, encode_whole, open_writer
from speech.audio.resample import resample
from speech.config import AudioConfig
from speech.types import AUDIO_FORMATS, AudioFormat, Samples

TEXT = (
    "The train to Bristol leaves at half past nine from platform four. She sells fresh fish, "
    "sharp cheese and six thick slices of sourdough."
)
SHORT, USUAL = 1.0, 3.3
"""Seconds of the two replies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecCost:
    """One format's figures; processor times in milliseconds."""

    format: AudioFormat
    delivered_rate: int
    """Hertz in the container."""
    open_close: float
    """A writer of one sample: what every reply pays."""
    short: float
    """A whole reply of 1 s."""
    usual: float
    """A whole reply of 3.3 s."""
    per_second: float
    """Per second of audio, without what every reply pays."""
    usual_bytes: int
    first_write: float
    """A stream's first write, of 1 s, with its opening: when the first bytes can leave."""
    first_bytes: int


def measure(format: AudioFormat, samples: Samples, rate: int, rounds: int) -> CodecCost:  # noqa: A002
    """Encode 1 s and 3.3 s of `samples` (int16, `rate` Hertz) as the encoder would."""
    config = AudioConfig()
    short, usual = samples[: round(SHORT * rate)], samples[: round(USUAL * rate)]

    def first_write() -> bytes:
        writer = open_writer(format, sample_rate=rate, config=config, total_samples=None)
        return writer.write(short)

    def whole(part: Samples) -> Callable[[], bytes]:
        return lambda: encode_whole(part, format, rate, config)

    open_close, _ = _least(whole(samples[:1]), rounds)
    short_time, _ = _least(whole(short), rounds)
    usual_time, data = _least(whole(usual), rounds)
    first_time, first = _least(first_write, rounds)
    return CodecCost(
        format=format,
        delivered_rate=codec_rate(format, rate),
        open_close=open_close,
        short=short_time,
        usual=usual_time,
        per_second=(usual_time - short_time) / (USUAL - SHORT),
        usual_bytes=len(data),
        first_write=first_time,
        first_bytes=len(first),
    )


def _least(work: Callable[[], bytes], rounds: int) -> tuple[float, bytes]:
    """Processor milliseconds of the fastest run, and what it returned."""
    times = []
    data = b""
    for _ in range(rounds):
        started = thread_time()
        data = work()
        times.append(thread_time() - started)
    return 1000 * min(times), data


def speech_at(rate: int) -> Samples:
    """At least 3.3 s of speech at a rate in Hertz: int16, from its first sound on."""
    samples = resample(espeak.synthesize(TEXT, "en-us"), espeak.sample_rate(), rate)
    if len(samples) < USUAL * rate:
        raise RuntimeError("espeak-ng spoke less than the benchmark needs")
    return samples


def main() -> None:
    """Measure every format and print the table and the JSON line."""
    parser = argparse.ArgumentParser(description="What encoding costs, per format.")
    parser.add_argument("--rate", type=int, default=24_000, help="Hertz of the speech")
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()

    samples = speech_at(arguments.rate)
    costs = [measure(name, samples, arguments.rate, arguments.rounds) for name in AUDIO_FORMATS]
    table = Table(title=f"Encoding speech at {arguments.rate} Hz")
    for column in (
        "format", "Hz", "open+close ms", "1 s ms", "3.3 s ms", "ms per s", "kbit/s",
        "first write ms", "first bytes",
    ):  # fmt: skip
        table.add_column(column, justify="left" if column == "format" else "right")
    for cost in costs:
        table.add_row(
            cost.format,
            str(cost.delivered_rate),
            f"{cost.open_close:.2f}",
            f"{cost.short:.2f}",
            f"{cost.usual:.2f}",
            f"{cost.per_second:.2f}",
            f"{8 * cost.usual_bytes / USUAL / 1000:.1f}",
            f"{cost.first_write:.2f}",
            str(cost.first_bytes),
        )
    Console(width=100).print(table)
    print(
        json.dumps(
            {
                "benchmark": "codecs",
                "rate": arguments.rate,
                "rounds": arguments.rounds,
                "formats": [asdict(cost) for cost in costs],
            }
        )
    )


if __name__ == "__main__":
    main()
