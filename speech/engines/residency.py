"""Which voices are in memory: loaded when first asked for, the least recently used closed first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from speech.config import EngineConfig
from speech.engines.loading import Loaded, load_voice
from speech.errors import ConfigError, SpeechError
from speech.interfaces import Engine, EngineInfo
from speech.types import Pcm, PhraseJob
from speech.voices import VoiceCatalogue


class ResidentVoices:
    """Loaded engines by voice id, at most `config.max_resident_voices` of them.

    One worker thread calls `engine`, `synthesize`, `preload`, `replace`, `configure` and `close`;
    `infos`, `outdated` and `build` may be called from any thread. An engine is the worker's only
    until its next call, which may close it.
    """

    def __init__(
        self,
        catalogue: VoiceCatalogue,
        config: EngineConfig,
        note: Callable[[str, EngineInfo], None] = lambda _voice, _info: None,
    ) -> None:
        """Start empty.

        Args:
            catalogue: Where voices are found.
            config: What they are loaded with.
            note: Told of every voice that is loaded.
        """
        self._catalogue = catalogue
        self._config = config
        self._note = note
        self._engines: OrderedDict[str, Loaded] = OrderedDict()
        # Guards the dictionary alone: a load takes seconds and must not hold up a reader.
        self._lock = threading.Lock()

    def engine(self, voice_id: str) -> Engine:
        """The loaded engine of a voice; loads and warms it where needed, evicting another.

        Raises:
            ConfigError: there is no such voice, or it cannot be loaded.
        """
        with self._lock:
            resident = self._engines.get(voice_id)
            if resident is not None:
                self._engines.move_to_end(voice_id)
                return resident.engine
        # Room is made first: two voices above the bound may be more than the memory holds.
        self._evict(self._config.max_resident_voices - 1)
        loaded = self.build(voice_id, self._config)
        with self._lock:
            self._engines[voice_id] = loaded
        return loaded.engine

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        """Speak phrases of one voice; where memory runs out, others make room for it.

        Raises:
            ConfigError: there is no such voice, or it cannot be loaded.
            MemoryError: it does not fit, or not its phrases, though no other voice is left.
        """
        voice_id = jobs[0].voice
        while True:
            try:
                return self.engine(voice_id).synthesize(jobs)
            except MemoryError:
                if not self._close_another(voice_id):
                    raise

    def build(self, voice_id: str, config: EngineConfig) -> Loaded:
        """Load and warm a voice, beside whatever is resident.

        Raises:
            ConfigError: there is no such voice, or it cannot be loaded.
        """
        voice = self._catalogue.voices.get(voice_id)
        if voice is None:
            raise ConfigError(f"no voice {voice_id!r} in the catalogue")
        loaded = load_voice(voice, config)
        self._note(voice_id, loaded.info)
        return loaded

    def replace(self, voice_id: str, loaded: Loaded) -> None:
        """Let a built engine speak from now on, and whatever is loaded later be loaded as it was.

        The engine it replaces is closed; a voice that has left meanwhile stays away.
        """
        self.configure(loaded.config)
        with self._lock:
            before = self._engines.get(voice_id)
            if before is not None:
                self._engines[voice_id] = loaded
        (loaded if before is None else before).engine.close()

    def configure(self, config: EngineConfig) -> None:
        """Load with another configuration from now on; what is resident stays as it is."""
        self._config = config

    def outdated(self, config: EngineConfig) -> list[str]:
        """Voices that were loaded with another configuration, the last used first."""
        with self._lock:
            return [name for name, item in self._engines.items() if item.config != config][::-1]

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
            try:
                self.engine(voice_id)
            except MemoryError as error:
                raise ConfigError(
                    f"voice {voice_id!r} has no room beside {', '.join(self.infos()) or 'nothing'}"
                ) from error

    def infos(self) -> dict[str, EngineInfo]:
        """What is loaded, least recently used first."""
        with self._lock:
            return {voice_id: loaded.info for voice_id, loaded in self._engines.items()}

    def close(self) -> None:
        """Close every engine."""
        self._evict(0)

    def _close_another(self, voice_id: str) -> bool:
        """Close the least recently used voice but this one; False where there is none."""
        with self._lock:
            other = next((name for name in self._engines if name != voice_id), None)
            if other is None:
                return False
            loaded = self._engines.pop(other)
        loaded.engine.close()
        return True

    def _evict(self, keep: int) -> None:
        while True:
            with self._lock:
                if len(self._engines) <= keep:
                    return
                _, loaded = self._engines.popitem(last=False)
            loaded.engine.close()
