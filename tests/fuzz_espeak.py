"""Fuzzer of what stands between Chorale and espeak-ng: random texts in all its languages.

    python -m tests.fuzz_espeak --seconds 600 [--seed 1]

A text is read or refused; whatever it does, sentences read beside it by another thread sound as
ever, and no helper process ends. The last line of output is one JSON object; a text that breaks a
rule is printed, and the status is 1.
"""

import argparse
import json
import sys
import threading
from collections import Counter
from time import perf_counter

from speech import espeak
from speech.errors import UnreadableTextError
from tests.speech.espeak_texts import CRASHES, random_texts

KNOWN = (("en-us", "A sentence of several words."), ("de", "Noch ein Satz, etwas länger."))


def read(voice: str, text: str) -> str:
    """What a text is to callers: phonemes, or the name of its error."""
    try:
        return espeak.phonemize(text, voice)
    except UnreadableTextError as error:
        return error.code


def main() -> None:
    """Run until the time is over."""
    parser = argparse.ArgumentParser(description="Fuzz the processes that run espeak-ng.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    expected = [espeak.phonemize(text, voice) for voice, text in KNOWN]
    told: Counter[str] = Counter()
    found: list[tuple[str, str]] = []
    over = threading.Event()

    def others() -> None:
        while not over.is_set():
            told["beside"] += 1
            if (heard := [read(voice, text) for voice, text in KNOWN]) != expected:
                found.append(("beside", json.dumps(heard)))

    beside = threading.Thread(target=others)
    beside.start()
    end = perf_counter() + arguments.seconds
    texts = random_texts(espeak.languages(), arguments.seed)
    try:
        while perf_counter() < end and not found:
            for language, text in (*CRASHES, *(next(texts) for _ in range(20 * len(CRASHES)))):
                try:
                    result = read(language, text)
                except Exception as error:  # noqa: BLE001 (whatever it raises is the find)
                    found.append((language, f"{text!r}: {error!r}"))
                    continue
                told["refused" if result == UnreadableTextError.code else "read"] += 1
    finally:
        over.set()
        beside.join()
    state = espeak.state()
    lost = state.deaths.get("lost", 0) if state else 0
    for find in found:
        print(*find, flush=True)
    print(json.dumps({**told, "lost": lost, "found": len(found)}))
    sys.exit(bool(found or lost))


if __name__ == "__main__":
    main()
