"""Which voices are in memory: loaded when first asked for, the least recently used closed first."""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from speech.config import EngineConfig
from speech.engines.kinds import Voice
from speech.engines.loading import Loaded, load_voice
from speech.errors import ConfigError, SpeechError
from speech.interfaces import Engine, EngineInfo
from speech.memory import trim
from speech.types import Pcm, PhraseJob

_LOADING = 5
"""Most bytes that are taken while a voice is loaded, for each of its files'. Piper's
en_US-joe-medium takes 4.5, and 2.2 of them afterwards."""


class _Resident:
    """A loaded voice, the calls that use it, and whether it is to be closed after the last."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.users = 0
        self.used = time.monotonic()
        """When its last user left."""
        self.retired = False


class ResidentVoices:
    """Loaded engines by voice id, at most `config.max_resident_voices` of them.

    Every method may be called from any thread. What is evicted or replaced while it speaks is
    closed by its last speaker: until then memory holds it beside what took its place.
    """

    def __init__(
        self,
        voices: Mapping[str, Voice],
        config: EngineConfig,
        note: Callable[[str, EngineInfo], None] = lambda _voice, _info: None,
        fits: Callable[[int], bool] = lambda _bytes: True,
    ) -> None:
        """Start empty.

        Args:
            voices: Every voice that may be asked for, by id.
            config: What they are loaded with.
            note: Told of every voice that is loaded.
            fits: Whether memory has so many bytes; asked before a voice is loaded, for which idle
                ones make room where it has not.
        """
        self._voices = voices
        self._config = config
        self._note = note
        self._fits = fits
        self._preloaded: frozenset[str] = frozenset()
        self.unloaded: Counter[str] = Counter()
        """How many voices left so far, by cause: `idle`, `memory` or `room`."""
        self._engines: OrderedDict[str, _Resident] = OrderedDict()
        # Guards the dictionary and its values: a load takes seconds and must not hold up a reader.
        self._lock = threading.Lock()
        # Held by whoever loads a voice that is asked for, so that nobody else loads it too.
        self._loading = threading.Lock()

    @contextmanager
    def engine(self, voice_id: str) -> Iterator[Engine]:
        """The loaded engine of a voice, which stays open within the block.

        Loads and warms it where needed, evicting another.

        Raises:
            ConfigError: there is no such voice, or it cannot be loaded.
            MemoryError: there is no room for it.
        """
        resident = self._taken(voice_id)
        if resident is None:
            with self._loading:
                resident = self._taken(voice_id) or self._load(voice_id)
        try:
            yield resident.loaded.engine
        finally:
            with self._lock:
                resident.users -= 1
                resident.used = time.monotonic()
            self._close_unused(resident)

    def _taken(self, voice_id: str) -> _Resident | None:
        """The voice with one more user; None where it is not loaded."""
        with self._lock:
            resident = self._engines.get(voice_id)
            if resident is not None:
                self._engines.move_to_end(voice_id)
                resident.users += 1
            return resident

    def _load(self, voice_id: str) -> _Resident:
        # Room is made first: two voices above the bound may be more than the memory holds.
        self._evict(self._config.max_resident_voices - 1)
        voice = self._voices.get(voice_id)
        while voice and not self._fits(_LOADING * voice.size) and self._unload_idle("room"):
            pass
        while True:
            resident = _Resident(self.build(voice_id, self._config))
            with self._lock:
                if self._voices.get(voice_id) is resident.loaded.voice:
                    resident.users = 1
                    self._engines[voice_id] = resident
                    return resident
            # The catalogue has another voice of this name by now, or none.
            self._retire(resident)

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        """Speak phrases of one voice; where memory runs out, others make room for it.

        Raises:
            ConfigError: there is no such voice, or it cannot be loaded.
            MemoryError: it does not fit, or not its phrases, though no other voice is left.
        """
        voice_id = jobs[0].phrase.delivery.voice
        while True:
            try:
                with self.engine(voice_id) as engine:
                    return engine.synthesize(jobs)
            except MemoryError:
                if not self._close_another(voice_id):
                    raise

    def build(self, voice_id: str, config: EngineConfig) -> Loaded:
        """Load and warm a voice, beside whatever is resident.

        Raises:
            ConfigError: there is no such voice, or it cannot be loaded.
        """
        voice = self._voices.get(voice_id)
        if voice is None:
            raise ConfigError(f"no voice {voice_id!r} in the catalogue")
        loaded = load_voice(voice, config)
        trim()  # of what loading took only a part stays
        self._note(voice_id, loaded.info)
        return loaded

    def replace(self, voice_id: str, loaded: Loaded) -> None:
        """Let a built engine speak from now on, and whatever is loaded later be loaded as it was.

        The engine it replaces is closed. One that was built of a voice that has left meanwhile, or
        has changed, is closed itself.
        """
        self.configure(loaded.config)
        new = _Resident(loaded)
        with self._lock:
            before = self._engines.get(voice_id)
            taken = before is not None and before.loaded.voice is loaded.voice
            if taken:
                self._engines[voice_id] = new
        self._retire(before if before is not None and taken else new)

    def know(self, voices: Mapping[str, Voice]) -> None:
        """Take other voices from now on; what is loaded and not among them any more is closed."""
        with self._lock:
            self._voices = voices
            resident = self._engines.items()
            names = [name for name, it in resident if voices.get(name) is not it.loaded.voice]
            gone = [self._engines.pop(name) for name in names]
        for one in gone:
            self._retire(one)

    def configure(self, config: EngineConfig) -> None:
        """Load with another configuration from now on; what is resident stays as it is."""
        self._config = config

    def outdated(self, config: EngineConfig) -> list[str]:
        """Voices that another configuration loads otherwise, the last used first.

        A voice whose own options decide all that has changed is not among them.
        """
        with self._lock:
            loaded = [item.loaded for item in self._engines.values()]
        return [
            one.voice.id
            for one in reversed(loaded)
            if one.voice.config(one.config) != one.voice.config(config)
        ]

    def preload(self, voice_ids: Iterable[str]) -> None:
        """Load voices before they are asked for.

        Raises:
            ConfigError: a voice cannot be loaded, or they are more than may be resident.
        """
        wanted = list(dict.fromkeys(voice_ids))
        self._preloaded = frozenset(wanted)
        if len(wanted) > self._config.max_resident_voices:
            raise ConfigError(
                f"{len(wanted)} voices to preload, but max_resident_voices is "
                f"{self._config.max_resident_voices}"
            )
        for voice_id in wanted:
            try:
                with self.engine(voice_id):
                    pass
            except MemoryError as error:
                raise ConfigError(
                    f"voice {voice_id!r} has no room beside {', '.join(self.infos()) or 'nothing'}"
                ) from error

    def unload_for_memory(self) -> bool:
        """Close the least recently used voice that nobody speaks with; returns whether one was.

        The last one stays, and all do while one is loaded: what that takes is gone when it is done.
        """
        if self._loading.locked() or len(self._engines) < 2:
            return False
        return self._unload_idle("memory")

    def unload_unused(self, seconds: float) -> None:
        """Close what was not preloaded and nobody has spoken with for so long."""
        since = time.monotonic() - seconds

        def is_unused(name: str, resident: _Resident) -> bool:
            return name not in self._preloaded and resident.used < since

        while self._unload_idle("idle", is_unused):
            pass

    def _unload_idle(
        self, cause: str, may: Callable[[str, _Resident], bool] = lambda _name, _resident: True
    ) -> bool:
        with self._lock:
            names = (name for name, it in self._engines.items() if not it.users and may(name, it))
            found = next(names, None)
            if found is None:
                return False
            resident = self._engines.pop(found)
            self.unloaded[cause] += 1
        self._retire(resident)
        return True

    def infos(self) -> dict[str, EngineInfo]:
        """What is loaded, least recently used first."""
        with self._lock:
            return {voice_id: item.loaded.info for voice_id, item in self._engines.items()}

    def close(self) -> None:
        """Close every engine."""
        self._evict(0)

    def _close_another(self, voice_id: str) -> bool:
        """Close the least recently used voice but this one; False where there is none."""
        with self._lock:
            other = next((name for name in self._engines if name != voice_id), None)
            if other is None:
                return False
            resident = self._engines.pop(other)
            self.unloaded["room"] += 1
        self._retire(resident)
        return True

    def _evict(self, keep: int) -> None:
        while True:
            with self._lock:
                if len(self._engines) <= keep:
                    return
                _, resident = self._engines.popitem(last=False)
                self.unloaded["room"] += 1
            self._retire(resident)

    def _retire(self, resident: _Resident) -> None:
        """Close what nobody finds any more, now or when its last user has left."""
        with self._lock:
            resident.retired = True
        self._close_unused(resident)

    def _close_unused(self, resident: _Resident) -> None:
        with self._lock:
            unused = resident.retired and not resident.users
            if unused:
                resident.users = -1  # closed: whoever comes second finds it used
        if unused:
            resident.loaded.engine.close()
            trim()
