"""Every metric, bucket list and log field, declared once.

Names are what Prometheus shows after the exporter's own prefix (`ray_`). Metrics are declared as
data so that nothing here depends on who exports them.
"""

from dataclasses import dataclass
from typing import Literal

LATENCY_SECONDS = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.075,
    0.1,
    0.125,
    0.15,
    0.175,
    0.2,
    0.3,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)
"""Dense around 150 ms, so that a 95th percentile of 150 ms can be read off."""
BATCH_SIZES = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what it is called, what it means, how it is labelled."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


REQUESTS = Metric(
    "chorale_requests",
    "counter",
    "Speech requests by outcome (ok, aborted, unread, or an error code) and cache state.",
    ("outcome", "cache"),
)
REFUSED = Metric(
    "chorale_refused",
    "counter",
    "Refused before the application, where HAProxy does not: method, timeout or connections; and "
    "connections cut because nothing was read (unread).",
    ("reason",),
)
REQUEST_SECONDS = Metric(
    "chorale_request_seconds",
    "histogram",
    "Seconds from a request's arrival to its last byte, by cache state.",
    ("cache",),
    LATENCY_SECONDS,
)
TTFA_SECONDS = Metric(
    "chorale_ttfa_seconds",
    "histogram",
    "Time to first audio: seconds from a request's arrival to its first byte, by cache state.",
    ("cache",),
    LATENCY_SECONDS,
)
STAGE_SECONDS = Metric(
    "chorale_stage_seconds",
    "histogram",
    "Seconds one stage took for one request (normalize, cache, encode) or batch (synthesize).",
    ("stage",),
    LATENCY_SECONDS,
)
SESSIONS = Metric(
    "chorale_sessions",
    "gauge",
    "Open WebSockets on which text is streamed in; bounded by gateway.sessions.max_open.",
)
SESSION_CHARACTERS = Metric(
    "chorale_session_characters",
    "gauge",
    "Characters that arrived on WebSockets and are not spoken yet; each session is bounded by "
    "gateway.sessions.max_characters.",
)
SESSION_AUDIO_SECONDS = Metric(
    "chorale_session_audio_seconds",
    "counter",
    "Seconds of audio made for sessions: sent, or dropped because the client interrupted or left.",
    ("outcome",),
)
INFLIGHT_CHARACTERS = Metric(
    "chorale_inflight_characters",
    "gauge",
    "Characters of admitted requests still to be made; bounded by max_inflight_characters.",
)
INFLIGHT_REQUESTS = Metric(
    "chorale_inflight_requests",
    "gauge",
    "Speech requests admitted and not finished; bounded by max_inflight_requests.",
)
BATCHES = Metric(
    "chorale_batches",
    "gauge",
    "Batches of texts until their last byte; bounded by admission.max_batches.",
)
READING_BYTES = Metric(
    "chorale_reading_bytes",
    "gauge",
    "Bytes of replies handed to readers who have not taken them; bounded by max_reading_bytes.",
)
SHOWN_CHARACTERS = Metric(
    "chorale_shown_characters",
    "gauge",
    "Characters /v1/text/normalize reads or that wait for it; bounded by max_shown_characters.",
)
ENCODINGS = Metric(
    "chorale_encodings",
    "gauge",
    "Replies being encoded or waiting for a thread to be; `encoder.threads` run at a time.",
)
WHOLE_BYTES = Metric(
    "chorale_whole_bytes",
    "gauge",
    "Bytes that long replies which leave whole hold in this encoder; bounded by "
    "encoder.max_whole_bytes.",
)
GATE_WAIT_SECONDS = Metric(
    "chorale_gate_wait_seconds",
    "histogram",
    "Seconds a phrase waited at the gate in front of the engine.",
    ("position",),
    LATENCY_SECONDS,
)
BATCH_SIZE = Metric(
    "chorale_batch_size", "histogram", "Phrases per batch.", ("voice",), BATCH_SIZES
)
QUEUE_DEPTH = Metric(
    "chorale_queue_depth",
    "gauge",
    "Phrases waiting at the gate of this replica; bounded by batch.max_waiting.",
)
SYNTHESIZED_PHRASES = Metric(
    "chorale_synthesized_phrases",
    "counter",
    "Phrases the engine was asked for, by outcome (ok or an error code).",
    ("outcome",),
)
AUDIO_SECONDS = Metric(
    "chorale_audio_seconds", "counter", "Seconds of audio synthesised, by voice.", ("voice",)
)
ENGINE_SPEED = Metric(
    "chorale_engine_speed",
    "gauge",
    "Seconds of audio in a second of a voice's engine, over the last batches; 1 / RTF.",
    ("voice",),
)
FALLBACKS = Metric(
    "chorale_fallbacks",
    "gauge",
    "1 where a voice is not computed by the provider that was asked for, because that cannot.",
    ("voice",),
)
UNUSABLE_VOICES = Metric(
    "chorale_unusable_voices",
    "gauge",
    "Optional voices left out, and what of the user's own cannot be used; the log says why.",
)
RESIDENT_VOICES = Metric(
    "chorale_resident_voices",
    "gauge",
    "Voices loaded in this replica; bounded by engine.max_resident_voices.",
)
RESIDENT_BYTES = Metric(
    "chorale_resident_bytes",
    "gauge",
    "Memory of a loaded voice, as far as its engine knows; on a GPU bounded by engine.gpu_share.",
    ("voice",),
)
UNLOADED_VOICES = Metric(
    "chorale_unloaded_voices",
    "counter",
    "Voices unloaded: idle for engine.idle_voice seconds, for memory that ran short (memory), or "
    "for another one (room).",
    ("cause",),
)
MEMORY_BYTES = Metric(
    "chorale_memory_bytes",
    "gauge",
    "Memory taken: of the replica's process (anonymous; replica), and of its container or machine "
    "(without the cache of files; node).",
    ("of",),
)
MEMORY_BOUND_BYTES = Metric(
    "chorale_memory_bound_bytes",
    "gauge",
    "What bounds it: stages.*.memory of a replica; the limit of its container, or the machine's.",
    ("of",),
)
MEMORY_LEVEL = Metric(
    "chorale_memory_level",
    "gauge",
    "What gives way to a bound of memory: 0 nothing, 1 caches, 2 idle voices too, 3 admission too.",
)
UNKNOWN_SYMBOLS = Metric(
    "chorale_unknown_symbols",
    "counter",
    "Symbols that a voice's vocabulary lacks, by class (letter, modifier, mark, digit, "
    "punctuation, other) and fate: replaced by the nearest it has, or skipped.",
    ("class", "fate"),
)
PHONEME_MEMO_ENTRIES = Metric(
    "chorale_phoneme_memo_entries",
    "gauge",
    "Phrases whose phonemes are remembered; bounded by text.phoneme_memo_entries.",
)
PHONEME_LOOKUPS = Metric(
    "chorale_phoneme_lookups",
    "counter",
    "Phrases phonemes were asked for, by outcome (hit: remembered, miss: asked of espeak-ng).",
    ("outcome",),
)
TEXTS_READ = Metric(
    "chorale_texts_read",
    "gauge",
    "Texts that threads read or that wait for one, by lane: short and long ones to be spoken "
    "(text.long_threads at a time), and shown ones (text.shown_threads).",
    ("lane",),
)
LOST_CALLS = Metric(
    "chorale_lost_calls",
    "counter",
    "Calls of a stage whose worker died with them in hand, by outcome: retried (once), ended (the "
    "job was in hand at two deaths), refused (such a job was asked for again).",
    ("stage", "outcome"),
)
SUSPECT_JOBS = Metric(
    "chorale_suspect_jobs",
    "gauge",
    "Jobs a caller remembers because a worker of this stage died with them; bounded by "
    "retries.max_jobs.",
    ("stage",),
)
ESPEAK_PROCESSES = Metric(
    "chorale_espeak_processes",
    "gauge",
    "Processes that run espeak-ng for this replica; as many as espeak.processes.",
)
ESPEAK_DEATHS = Metric(
    "chorale_espeak_deaths",
    "counter",
    "Processes of espeak-ng that ended and were replaced, by cause: crash or time (a text it "
    "breaks down on or takes too long for, an error of that phrase) or lost (killed or stuck).",
    ("cause",),
)
CACHE_BYTES = Metric(
    "chorale_cache_bytes",
    "gauge",
    "Bytes held, by tier (hot, ram, disk); each bounded by its max_bytes.",
    ("tier",),
)
CACHE_LOOKUPS = Metric(
    "chorale_cache_lookups",
    "counter",
    "Lookups by tier (hot, ram, disk, redis) and outcome (hit, miss).",
    ("tier", "outcome"),
)
PHRASE_SECONDS = Metric(
    "chorale_phrase_seconds",
    "counter",
    "Seconds of speech by whether the phrase had been spoken before (hit, miss).",
    ("outcome",),
)
PHRASE_BYTES = Metric(
    "chorale_phrase_bytes",
    "gauge",
    "Bytes of phrases kept by this encoder replica; bounded by encoder.phrases.max_bytes.",
)
CACHE_TIER_UP = Metric(
    "chorale_cache_tier_up", "gauge", "1 while a tier answers, 0 while it is down.", ("tier",)
)
STARTUP_SECONDS = Metric(
    "chorale_startup_seconds",
    "gauge",
    "Seconds a replica took to be ready, by step: of its process (ray, imports) and of each stage.",
    ("stage", "step"),
)
CACHE_TIER_EVENT_LABELS = ("stored", "dropped", "evictions", "corrupted", "errors")
CACHE_TIER_EVENTS = Metric(
    "chorale_cache_tier_events",
    "counter",
    "Events of the disk or Redis tier: entries stored, dropped (not stored), evicted or found "
    "corrupted, and operations that failed.",
    ("tier", "event"),
)
FILLS = Metric(
    "chorale_fills",
    "counter",
    "Replies made for the cache, by outcome: ok, failed, or abandoned by their last reader.",
    ("outcome",),
)
FILLS_RUNNING = Metric(
    "chorale_fills_running",
    "gauge",
    "Replies being made by this cache replica; bounded by cache.max_fills.",
)
FILLS_PAUSED = Metric(
    "chorale_fills_paused",
    "gauge",
    "Replies being made that wait for their readers, or for room within cache.max_fills_bytes.",
)
FILL_BYTES = Metric(
    "chorale_fill_bytes",
    "gauge",
    "Bytes of replies that are being made or read, in this cache replica; bounded by "
    "cache.max_fills_bytes and a frame for each.",
)
READERS_DROPPED = Metric(
    "chorale_readers_dropped",
    "counter",
    "Readers of a reply in the making given up by the cache because others waited for them.",
)

METERED_CHARACTERS = Metric(
    "chorale_metered_characters",
    "counter",
    "Written characters of replies that had begun, by key; keys beyond keys.metric_keys are other.",
    ("key",),
)
METERED_AUDIO_SECONDS = Metric(
    "chorale_metered_audio_seconds",
    "counter",
    "Seconds of audio that were sent, by key; keys beyond keys.metric_keys are other.",
    ("key",),
)
METERED_CALLERS = Metric(
    "chorale_metered_callers",
    "gauge",
    "Callers this gateway remembers because of their limits; bounded by keys.max_callers.",
)
UNWRITTEN_USAGE_SECONDS = Metric(
    "chorale_unwritten_usage_seconds",
    "gauge",
    "Seconds since usage was last written, 0 when nothing is left to write: above keys.flush where "
    "the store does not take it.",
)

ALL: tuple[Metric, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Metric)
)

LOG_FIELDS = (
    "request_id",
    "outcome",
    "cache",
    "voice",
    "format",
    "characters",
    "audio_seconds",
    "seconds",
    "ttfa_seconds",
)
"""Fields of the one log record a request writes. Input text is never among them."""
