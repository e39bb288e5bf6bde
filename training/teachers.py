"""Teacher speech and its tracks for the text set, sentence by sentence; goes on where it stopped.

    python -m training.teachers SPEAKER [--count N] [--split test] [--work DIR]

Writes WORK/tracks/SPEAKER/KEY.npz, and KEY.wav beside it for sentences of the test, which are
what the voice is later held against.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.progress import track

from training import teach_flite, teach_hts
from training.corpus import Sentence, sentences

WORK = Path("training/work")
_BATCH = 50
"""Sentences of one call of festival, which takes half a second to start."""

Speak = Callable[[Sequence[Sentence], Path], None]


def teacher(speaker: str) -> Speak:
    """What speaks for a speaker's name.

    Raises:
        ValueError: nobody has that name.
    """
    if speaker == "slt":
        return lambda items, folder: _both(items, folder, teach_hts.speak)
    if speaker in teach_flite.VOICES:
        voice = teach_flite.FliteVoice(speaker)
        return lambda items, folder: _both(items, folder, voice.speak)
    raise ValueError(f"no teacher named {speaker!r}")


def _both(items: Sequence[Sentence], folder: Path, speak: Callable[..., None]) -> None:
    """Audio for the test alone: what is trained on is tracks, and audio takes most of the disk."""
    for audio in (False, True):
        chosen = [item for item in items if (item.split == "test") == audio]
        if chosen:
            speak(chosen, folder, audio=audio)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Let a teacher speak the text set.")
    parser.add_argument("speaker", choices=("slt", *teach_flite.VOICES))
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--split", choices=("train", "validation", "test"), help="only this one")
    options = parser.parse_args()
    folder = options.work / "tracks" / options.speaker
    folder.mkdir(parents=True, exist_ok=True)
    left = [
        item
        for item in sentences(options.count)
        if options.split in {None, item.split} and not (folder / f"{item.key}.npz").exists()
    ]
    speak = teacher(options.speaker)
    for start in track(range(0, len(left), _BATCH), description=options.speaker):
        speak(left[start : start + _BATCH], folder)


if __name__ == "__main__":
    main()
