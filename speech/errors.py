"""Every error Chorale raises on purpose.

    SpeechError
    ├── InvalidInputError      the caller's request cannot be spoken; `param` names the culprit
    │   ├── TooLargeError      it could be, were it smaller
    │   └── UnreadableTextError  the phonemizer or the engine breaks down on its text
    ├── UnauthorizedError      an admin route without its token
    │   └── UnknownKeyError    a key is required, and none that is known was given
    ├── VoiceNotAllowedError   the caller's key is not for this voice
    ├── OriginNotAllowedError  a web page of another origin opened a WebSocket
    ├── AtCapacityError        healthy, but full: retry after a while
    │   └── RateLimitedError   the caller has had what it may have for now
    ├── QuotaExceededError     the caller has had what it may have this month
    ├── DeadlineExceededError  accepted, but not in the time the caller allowed
    ├── UnavailableError       a stage cannot be reached or is restarting
    ├── SynthesisError         the engine failed on this phrase
    ├── WorkerDiedError        processes ended while they worked on this job; it is not asked again
    └── ConfigError            the server's own configuration is wrong; raised at start

`code` is a stable machine-readable word, `retryable` says whether the same request may succeed
later. All arguments reach `Exception.__init__`, so every instance survives pickling.
"""

from typing import ClassVar


class SpeechError(Exception):
    """Base of all errors; `message` is written for the caller and holds no input text."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(
        self, message: str, param: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, param, retry_after)
        self.message = message
        self.param = param
        self.retry_after = retry_after
        """Seconds after which there should be room, where that was predicted."""

    def __str__(self) -> str:
        return self.message


class InvalidInputError(SpeechError):
    """The request cannot be spoken as it is."""

    code = "invalid_value"


class TooLargeError(InvalidInputError):
    """The request exceeds a documented size limit."""

    code = "too_large"


class UnreadableTextError(InvalidInputError):
    """A text that is in order and yet cannot be read: the reader crashes on it, every time.

    Another text can be read, this one never, and the server is well: so it is no error of the
    server's, for which others would be told to stay away or to come back.
    """

    code = "unreadable_text"


class UnauthorizedError(SpeechError):
    """An admin route was called without its token."""

    code = "invalid_token"


class UnknownKeyError(UnauthorizedError):
    """A key is required, and none that is known was given."""

    code = "invalid_api_key"


class VoiceNotAllowedError(SpeechError):
    """The caller's key is not for this voice."""

    code = "voice_not_allowed"


class OriginNotAllowedError(SpeechError):
    """A web page of another origin opened a WebSocket."""

    code = "origin_not_allowed"


class AtCapacityError(SpeechError):
    """The server is healthy but full."""

    code = "at_capacity"
    retryable = True


class RateLimitedError(AtCapacityError):
    """The caller has had what it may have for now; others are served."""

    code = "rate_limit_exceeded"


class QuotaExceededError(SpeechError):
    """The caller has had what it may have this month."""

    code = "insufficient_quota"


class DeadlineExceededError(SpeechError):
    """The reply could not begin within the caller's deadline."""

    code = "deadline_exceeded"
    retryable = True


class UnavailableError(SpeechError):
    """A stage cannot be reached: starting, restarting or lost."""

    code = "unavailable"
    retryable = True


class SynthesisError(SpeechError):
    """The engine failed on a phrase."""

    code = "synthesis_failed"


class WorkerDiedError(SpeechError):
    """More than one process ended while it worked on this job, or one did and none may again."""

    code = "worker_died"


class ConfigError(SpeechError):
    """The server's configuration cannot work; raised at start, never while serving."""

    code = "invalid_config"
