"""Which voices are in memory: loaded when first asked for, the least recently used closed first."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

from speech.config import EngineConfig
from speech.engines.loading import load_engine
from speech.errors import ConfigError
from speech.interfaces import Engine, EngineInfo
from speech.voices import VoiceCatalogue


class ResidentVoices:
    """Loaded engines by voice id, at most `config.max_resident_voices` of them.

    One worker thread calls `engine`, `preload` and `close`; `infos` may be read from any thread.
    An engine is the worker's only until its next call of `engine`, which may evict it.
    """

    def __init__(self, catalogue: VoiceCatalogue, config: EngineConfig) -> None:
        self._catalogue = catalogue
        self._config = config
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        # Guards the dictionary alone: a load takes seconds and must not hold up a reader.
        self._lock = threading.Lock()

    def engine(self, voice_id: str) -> Engine:
        """The loaded engine of a voice; loads and warms it where needed, evicting another.

        Raises:
            ConfigError: there is no such voice, or it cannot be loaded.
        """
        with self._lock:
            engine = self._engines.get(voice_id)
            if engine is not None:
                self._engines.move_to_end(voice_id)
                return engine
        voice = self._catalogue.voices.get(voice_id)
        if voice is None:
            raise ConfigError(f"no voice {voice_id!r} in the catalogue")
        # Room is made first: two voices above the bound may be more than the memory holds.
        self._evict(self._config.max_resident_voices - 1)
        engine = load_engine(voice, self._config)
        try:
            engine.warm_up()
        except BaseException:
            engine.close()
            raise
        with self._lock:
            self._engines[voice_id] = engine
        return engine

    def preload(self, voice_ids: Iterable[str]) -> None:
        """Load voices before they are asked for.

        Raises:
            ConfigError: a voice cannot be loaded, or they are more than may be resident.
        """
        wanted = list(dict.fromkeys(voice_ids))
        if len(wanted) > self._config.max_resident_voices:
            raise ConfigError(
                f"{len(wanted)} voices to preload, but max_resident_voices is "
                f"{self._config.max_resident_voices}"
            )
        for voice_id in wanted:
            self.engine(voice_id)

    def infos(self) -> dict[str, EngineInfo]:
        """What is loaded, least recently used first."""
        with self._lock:
            return {voice_id: engine.info for voice_id, engine in self._engines.items()}

    def close(self) -> None:
        """Close every engine."""
        self._evict(0)

    def _evict(self, keep: int) -> None:
        while True:
            with self._lock:
                if len(self._engines) <= keep:
                    return
                _, engine = self._engines.popitem(last=False)
            engine.close()
