"""hibari's own package, as its users call it: text in, samples out, one text at a time.

For the peers alone, in their own environment.
"""

import io
from collections.abc import Sequence

from hibari import Hibari, write_wav


class HibariVoice:
    """The voice inside the package. Calls may come from several threads."""

    def __init__(self, *, threads: int) -> None:
        self._speaker = Hibari(threads=threads)
        self._speaker("The first call loads what turns text into phonemes.")

    def speak(self, texts: Sequence[str]) -> list[bytes]:
        """WAV files of several texts."""
        return [self._wav(text) for text in texts]

    def _wav(self, text: str) -> bytes:
        with io.BytesIO() as buffer:
            write_wav(buffer, self._speaker(text))
            return buffer.getvalue()
