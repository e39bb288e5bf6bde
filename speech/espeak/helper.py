"""A process that reads for another one: `python -I -S helper.py FOLDER SECONDS BYTES < socket`.

It loads espeak-ng from a folder, and reads nothing itself: each phrase is read by a child that is
forked before the phrase arrives, from memory that no text has touched, and ends with it. So what
espeak-ng breaks is gone with the child, and what one text does cannot be heard in another.

It imports nothing but ctypes and what starts in a few milliseconds; nothing of Chorale. On the
socket, which is its standard input, it says once what it is (`describe`); then a request, `REQUEST`
with a voice and a text, is answered by `REPLY` with what was read. It ends with its caller.
"""

import ctypes
import gc
import os
import re
import resource
import signal
import socket
import struct
import sys
from pathlib import Path

PHONEMIZE, SYNTHESIZE, PREPARE = 0, 1, 2
"""What can be asked for. `PREPARE` tells the next child which voice will be wanted, most likely;
it has no answer."""
REQUEST = struct.Struct("<BHHI")
"""What is wanted, words per minute, and the bytes of the voice and of the text that follow."""
WORDS, WORD = struct.Struct("<I"), struct.Struct("<II")
"""In front of the samples: how many words there are, and of each its first code point in the text
and the sample at which it begins."""
HOME = b"en-us"
"""The voice that every child begins with."""
READ, NO_VOICE, FAILED, KILLED = 0, 1, 2, 3
REPLY = struct.Struct("<BiI")
"""How it went; the status espeak-ng gave or the signal that ended the child; bytes that follow."""

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_PHONEMES_IPA = 2
_POSITION_CHARACTER = 1
_PARAMETER_RATE = 1
_EVENTS_END, _EVENT_WORD = 0, 1
_SET_PARENT_DEATH_SIGNAL = 1
_SET_NO_NEW_PRIVILEGES = 38

# What ends a clause, from the bits of espeak-ng's `translate.h`: pause, intonation and type.
_TERMINATORS = {
    0x00080000 | 0x0000 | 40: b".",
    0x00080000 | 0x2000 | 40: b"?",
    0x00080000 | 0x3000 | 45: b"!",
    0x00040000 | 0x1000 | 20: b",",
    0x00040000 | 0x0000 | 30: b":",
    0x00040000 | 0x1000 | 30: b";",
}
_TERMINATOR_MASK = 0x000FFFFF
_LANGUAGE_SWITCH = re.compile(rb"\([^)]*\)")


class _Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h; text positions count from 1."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_SynthCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _VoiceEntry(ctypes.Structure):
    """`espeak_VOICE` of speak_lib.h."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


class Library:
    """The loaded library and the buffer its callback fills."""

    def __init__(self, folder: Path) -> None:
        (file,) = folder.glob("espeakbridge*.so")
        self._api = ctypes.CDLL(str(file))
        self._api.espeak_TextToPhonemesWithTerminator.restype = ctypes.c_char_p
        self._api.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceEntry))
        data = str(folder / "espeak-ng-data").encode()
        self._sample_rate = int(
            self._api.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, _INITIALIZE_DONT_EXIT)
        )
        if self._sample_rate <= 0:
            raise OSError(f"espeak-ng could not read its data in {folder}")
        self._pieces: list[bytes] = []
        self._words: list[bytes] = []
        self._callback = _SynthCallback(self._receive)
        self._api.espeak_SetSynthCallback(self._callback)
        self._files = self._voice_files()
        self._voice = b""

    def _receive(
        self,
        wave: "ctypes._Pointer[ctypes.c_short]",
        count: int,
        events: "ctypes._Pointer[_Event]",
    ) -> int:
        if wave and count:
            self._pieces.append(ctypes.string_at(wave, 2 * count))
        number = 0
        while events and events[number].type != _EVENTS_END:
            event = events[number]
            if event.type == _EVENT_WORD and event.text_position > 0 and event.sample >= 0:
                self._words.append(WORD.pack(event.text_position - 1, event.sample))
            number += 1
        return 0

    def describe(self) -> bytes:
        """Hertz, and every language tag in lower case; a line each."""
        return b"\n".join((b"%d" % self._sample_rate, *sorted(self._files)))

    def select(self, voice: bytes) -> bool:
        """Make a voice current, e.g. `en-us` or `en-us+f3`; false where there is none."""
        if voice == self._voice:
            return True
        self._voice = b""
        if self._api.espeak_SetVoiceByName(voice) != 0:
            # Some tags, en-gb and zh among them, are no voice's name: by file, then.
            tag, plus, variant = voice.partition(b"+")
            file = self._files.get(tag.lower())
            if not file or self._api.espeak_SetVoiceByName(file + plus + variant) != 0:
                return False
        self._voice = voice
        return True

    def phonemize(self, text: bytes) -> bytes:
        """IPA of a text: clauses with their punctuation, sentences joined by a space."""
        parts: list[bytes] = []
        buffer = ctypes.create_string_buffer(text)
        pointer = ctypes.c_void_p(ctypes.addressof(buffer))
        terminator = ctypes.c_int(0)
        while pointer.value:
            phonemes = self._api.espeak_TextToPhonemesWithTerminator(
                ctypes.byref(pointer), _CHARS_UTF8, _PHONEMES_IPA, ctypes.byref(terminator)
            )
            mark = _TERMINATORS.get(terminator.value & _TERMINATOR_MASK, b"")
            clause = _LANGUAGE_SWITCH.sub(b"", phonemes or b"") + mark
            # Within a sentence the space belongs to the mark, as in piper, even at the very end.
            parts.append(clause + b" " if mark in {b",", b":", b";"} or pointer.value else clause)
        return b"".join(parts)

    def synthesize(self, text: bytes, rate: int) -> tuple[int, bytes]:
        """The status espeak-ng gives, and int16 samples."""
        self._api.espeak_ng_SetRandSeed(1)  # of breath; it is the time else
        self._api.espeak_SetParameter(_PARAMETER_RATE, rate, 0)
        size = len(text) + 1
        status = self._api.espeak_Synth(
            text, size, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        return int(status), b"".join(self._pieces)

    @property
    def words(self) -> bytes:
        """Of what was synthesised, see `WORDS`."""
        return WORDS.pack(len(self._words)) + b"".join(self._words)

    def _voice_files(self) -> dict[bytes, bytes]:
        """Every language tag, lower case, and the file of the voice that speaks it best."""
        best: dict[bytes, tuple[int, bytes]] = {}
        entries = self._api.espeak_ListVoices(None)
        position = 0
        while entries[position]:
            entry = entries[position].contents
            # A run of: one priority byte, lowest is best, a tag, NUL; closed by a zero priority.
            address = ctypes.cast(
                ctypes.addressof(entry) + _VoiceEntry.languages.offset,
                ctypes.POINTER(ctypes.c_void_p),
            ).contents.value
            while address and (priority := ctypes.string_at(address, 1)[0]):
                tag = ctypes.string_at(address + 1)
                found = (priority, bytes(entry.identifier))
                known = best.setdefault(tag.lower(), found)
                if priority < known[0]:
                    best[tag.lower()] = found
                address += len(tag) + 2
            position += 1
        return {tag: file for tag, (_, file) in best.items()}


def receive(channel: socket.socket, size: int) -> bytes:
    """Exactly so many bytes; EOFError where the other side has gone."""
    parts = []
    while size:
        part = channel.recv(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _bound(*, parent: int, memory: int) -> None:
    """Limits of this process; those of memory and files are its children's, too."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    libc = ctypes.CDLL(None)
    libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _die_with(libc, parent)


def _die_with(libc: ctypes.CDLL, parent: int) -> None:
    libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _read_one(library: Library, channel: socket.socket, seconds: float) -> None:
    """A child's life: one request."""
    kind = PREPARE
    while kind == PREPARE:
        # Touches what reading touches, so that the copies of shared pages are made before.
        library.phonemize(b"The words of this sentence, 23 of them.")
        kind, rate, voice_size, text_size = REQUEST.unpack(receive(channel, REQUEST.size))
        voice, text = receive(channel, voice_size), receive(channel, text_size)
        if kind == PREPARE:
            library.select(voice)
    signal.setitimer(signal.ITIMER_PROF, seconds)  # of the processor; its signal ends the process
    status, code, payload = READ, 0, b""
    if not library.select(voice):
        status = NO_VOICE
    elif kind == PHONEMIZE:
        payload = library.phonemize(text)
    else:
        code, payload = library.synthesize(text, rate)
        payload = library.words + payload
        status = FAILED if code else READ
    signal.setitimer(signal.ITIMER_PROF, 0)  # an answer that has begun is finished
    channel.sendall(REPLY.pack(status, code, len(payload)) + payload)


def main() -> None:
    """Fork a child, wait for its end, again, until the caller has gone."""
    folder, seconds, memory, parent = sys.argv[1:]
    _bound(parent=int(parent), memory=int(memory))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a whole group is told to stop: its caller says when
    library = Library(Path(folder))
    # Once and for all, other voices are for children to select: after some hundred changes in one
    # process the samples of a text are others.
    library.select(HOME)
    channel = socket.socket(fileno=0)
    channel.sendall(REPLY.pack(READ, 0, len(hello := library.describe())) + hello)
    libc, own = ctypes.CDLL(None), os.getpid()
    gc.disable()
    gc.freeze()
    while True:
        child = os.fork()
        if child == 0:
            try:
                _die_with(libc, own)
                _read_one(library, channel, float(seconds))
            except EOFError:
                os._exit(1)
            except BaseException:  # noqa: BLE001 (e.g. no memory is left: as good as a signal)
                os.abort()
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code > 0 or code == -signal.SIGKILL:  # killed from outside, perhaps amid its answer
            return
        if code < 0:
            channel.sendall(REPLY.pack(KILLED, -code, 0))


if __name__ == "__main__":
    main()
