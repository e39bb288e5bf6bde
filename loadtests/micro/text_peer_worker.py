"""One other normaliser, asked for texts on standard input; runs in that program's own environment.

It imports nothing of the project, so that it starts wherever the other program is installed.

    <its python> loadtests/micro/text_peer_worker.py wetext|nemo

One JSON line says how long the start took. Then every input line is a JSON string, and every
output line an object: `spoken` (null where the program failed, with the exception's name in
`error`) and `seconds` of processor time.
"""

import json
import sys
from collections.abc import Callable
from time import perf_counter, thread_time


def wetext() -> Callable[[str], str]:
    """The WeTextProcessing grammars with a runtime of its own."""
    from wetext import Normalizer  # type: ignore[import-not-found]  # noqa: PLC0415

    normalizer = Normalizer(lang="en", operator="tn")
    return lambda text: str(normalizer.normalize(text))


def nemo() -> Callable[[str], str]:
    """NVIDIA's NeMo text processing; it builds its grammars first."""
    from nemo_text_processing.text_normalization.normalize import (  # type: ignore[import-not-found]  # noqa: PLC0415
        Normalizer,
    )

    normalizer = Normalizer(input_case="cased", lang="en")
    return lambda text: str(normalizer.normalize(text, verbose=False))


def main() -> None:
    """Answer line by line."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what the other program prints is no answer
    begin = perf_counter()
    say = {"wetext": wetext, "nemo": nemo}[sys.argv[1]]()
    say("It costs $5.")
    print(json.dumps({"start_seconds": perf_counter() - begin}), file=answers, flush=True)
    for line in sys.stdin:
        text = json.loads(line)
        start = thread_time()
        answer: dict[str, object] = {"spoken": None}
        try:
            answer["spoken"] = say(text)
        except Exception as error:  # noqa: BLE001 (a peer's failure of any kind is a result)
            answer["error"] = type(error).__name__
        answer["seconds"] = thread_time() - start
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
