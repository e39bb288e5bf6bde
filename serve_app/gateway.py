"""The Gateway deployment: what each route does, around the `Speaker`."""

import asyncio
import hmac
import math
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.request import parse_http_list

from fastapi import FastAPI, Request, Response
from ray.serve.handle import DeploymentHandle
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from deployments import metrics
from deployments.audio_cache import AudioCache
from deployments.collector import settle
from deployments.epochs import EpochBook
from deployments.peers import application_name, broadcast_forget, loaded_engines
from deployments.stages import RETRIES, Inline, check_inline, normalizer_stage, speech_stage
from serve_app import docs
from serve_app.admission import Admission, AdmissionLimits
from serve_app.api import ApiRoute, build_api
from serve_app.callers import VERSION_HEADER, Callers
from serve_app.caption_shapes import captions_shape
from serve_app.config import GatewayConfig
from serve_app.dialects import Here, Reader
from serve_app.dialects.routes import DIALECTS
from serve_app.dialogue import DialogueBody, asked_dialogue
from serve_app.pages import page_routes
from serve_app.places import marker_of
from serve_app.readiness import Readiness
from serve_app.responses import SpeechResponse, audio_type, unheeded
from serve_app.schemas import (
    MAX_BODY_BYTES,
    Asked,
    CaptionsBody,
    ChangedSpan,
    InvalidateBody,
    NormalizeBody,
    NormalizedPhrase,
    NormalizedWord,
    NormalizeReply,
    ReplyBody,
    SpeechBody,
    TimesBody,
    asked_speech,
    parse,
    shown_passages,
)
from serve_app.shapes import AudioInJson, Shape, SpeechEvents, timed_marks
from serve_app.speaker import Speaker
from speech import telemetry
from speech.cache.ram import RamTier
from speech.cache.stored import StoredReply
from speech.config import RetryConfig
from speech.engine_load import ProcessorLoad
from speech.errors import (
    InvalidInputError,
    NothingToSayError,
    TooLargeError,
    UnauthorizedError,
    UnavailableError,
)
from speech.types import CacheState, Change, Explanation, Passage, SpeechRequest, Utterance
from speech.voice_home import LiveCatalogue

_BODY_SECONDS = 10.0


async def _read(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "the body must be application/json")
    declared = request.headers.get("content-length", "")
    too_large = TooLargeError(f"the body must be at most {MAX_BODY_BYTES} bytes")
    if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
        raise too_large
    body = bytearray()
    try:
        # Where Serve's servers run without our guard, nobody else ends a body that does not come.
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise too_large
    except TimeoutError:
        raise HTTPException(
            408, "the body did not arrive in time", {"connection": "close"}
        ) from None
    return bytes(body)


def _directives(request: Request) -> set[str]:
    """The names of all `Cache-Control` directives, in lower case (RFC 9111, section 5.2)."""
    return {
        directive.partition("=")[0].strip().lower()
        for line in request.headers.getlist("cache-control")
        for directive in parse_http_list(line)
    }


def _knows_no_chunks(request: Request) -> bool:
    """Whether it came by HTTP/1.0, whose clients would take the sizes of chunks for audio."""
    return "1.0" in {request.scope["http_version"], request.headers.get(VERSION_HEADER)}


class Gateway:
    """Parses, admits, asks the graph, answers."""

    def __init__(
        self,
        config: GatewayConfig,
        catalogue: Path,
        normalizer: DeploymentHandle | Inline,
        audio_cache: DeploymentHandle | Inline,
        synthesizer: DeploymentHandle | Inline,
        *,
        retries: RetryConfig = RETRIES,
        home: Path | None = None,
    ) -> None:
        """Take the stages it calls; the synthesizer only to tell what that has loaded."""
        self._config = config
        self._live = LiveCatalogue(catalogue, home)
        self._catalogue = self._live.catalogue
        self._synthesizer = synthesizer
        self._normalizer = normalizer_stage(normalizer, retries)
        self._epochs = EpochBook(config.epoch_poll)
        self._hot: RamTier[StoredReply] = RamTier(config.hot)
        self._admission = Admission(AdmissionLimits())
        self._callers = Callers(config.trusted_proxies)
        self._draining = False
        self._load = ProcessorLoad()
        self._admin_token = os.environ.get("CHORALE_ADMIN_TOKEN", "")
        self._readiness = Readiness(application_name(), config.status_poll)
        self._cache = speech_stage(audio_cache, retries, routed_by_digest=True)
        self._speaker = Speaker(
            normalizer=self._normalizer,
            cache=self._cache,
            admission=self._admission,
            hot=self._hot,
            hot_entry_bytes=config.hot_entry_bytes,
            epochs=self._epochs.of,
        )

    def __serve_build_asgi_app__(self) -> FastAPI:
        """The routes of this replica; Serve calls it after the constructor."""
        api = build_api(
            [
                ApiRoute("/v1/audio/speech", self.speech, "POST", docs.SPEECH, speaks=True),
                ApiRoute(
                    "/v1/audio/speech/with-timestamps", self.times, "POST", docs.TIMES, speaks=True
                ),
                ApiRoute("/v1/audio/dialogue", self.dialogue, "POST", docs.DIALOGUE, speaks=True),
                ApiRoute("/v1/audio/captions", self.captions, "POST", docs.CAPTIONS, speaks=True),
                *(
                    ApiRoute(path, self._in_dialect(reader), "POST", options, errors, speaks=True)
                    for path, reader, options, errors in DIALECTS
                ),
                ApiRoute("/v1/audio/voices", self.voices, "GET", docs.VOICES),
                ApiRoute("/v1/models", self.models, "GET", docs.MODELS),
                ApiRoute("/v1/models/{model}", self.model, "GET", docs.MODEL),
                ApiRoute("/v1/text/normalize", self.normalize, "POST", docs.NORMALIZE),
                ApiRoute("/admin/cache/invalidate", self.invalidate, "POST", docs.INVALIDATE),
                ApiRoute("/livez", self.livez, "GET", docs.LIVEZ),
                ApiRoute("/readyz", self.readyz, "GET", docs.READYZ),
                *page_routes(),
            ]
        )
        settle()
        return api

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take new `AdmissionLimits`. Serve calls it once before the first request, too."""
        self._admission.limits = AdmissionLimits.model_validate(user_config)
        await self._epochs.follow()
        self._readiness.start()

    def check_health(self) -> None:
        """Report, and follow the user's voices; it has nothing of its own that can break."""
        self._follow_voices()
        metrics.set_gauge(telemetry.UNUSABLE_VOICES, len(self._live.problems))
        metrics.set_gauge(telemetry.CACHE_BYTES, self._hot.counters.bytes, tier="hot")
        metrics.set_gauge(telemetry.INFLIGHT_CHARACTERS, self._admission.characters)
        metrics.set_gauge(telemetry.INFLIGHT_REQUESTS, self._admission.requests)
        metrics.set_gauge(telemetry.READING_BYTES, self._admission.reading.total)
        metrics.set_gauge(telemetry.SHOWN_CHARACTERS, self._admission.shown_characters)
        check_inline(self._normalizer, self._cache)

    def _follow_voices(self) -> None:
        self._live.poll()
        found = self._live.catalogue
        for name, voice in self._catalogue.voices.items():
            if found.voices.get(name) is not voice:
                self._hot.purge(name)  # its keys know a voice by its id alone
        self._catalogue = found

    def record_autoscaling_stats(self) -> dict[str, float]:
        """What `BusyPolicy` reads."""
        return self._load.stats()

    async def drain(self) -> int:
        """Admit no more speech; returns the requests still under way here."""
        self._draining = True
        return self._admission.requests

    async def forget(self, voice: str | None) -> None:
        """A voice's epoch was bumped, or all were."""
        await self._epochs.refresh()
        self._hot.purge(voice)
        if isinstance(self._cache, AudioCache):
            await self._cache.forget(voice)

    async def speech(self, request: Request) -> Response:
        """Answer with the spoken text in the asked container."""
        body = parse(SpeechBody, await _read(request))
        asked = asked_speech(body, self._catalogue, self._config.models)
        return await self._streamed(request, asked, body, body.input)

    async def dialogue(self, request: Request) -> Response:
        """Answer with the turns of several speakers as one audio."""
        body = parse(DialogueBody, await _read(request))
        asked = asked_dialogue(body, self._catalogue, self._config.models)
        return await self._streamed(request, asked, body, body.text)

    async def _streamed(
        self, request: Request, asked: Asked, body: ReplyBody, text: str
    ) -> Response:
        if body.timestamps and body.stream_format != "sse":
            raise InvalidInputError(
                "timestamps need stream_format 'sse' or the route /v1/audio/speech/with-timestamps",
                "timestamps",
            )
        marker = marker_of(text, body.timestamps, asked) if body.timestamps else None
        sse = body.stream_format == "sse"
        shape = SpeechEvents(asked.request.characters, marker) if sse else None
        return await self._speak(request, asked.request, shape, _unheeded(asked, body))

    async def times(self, request: Request) -> Response:
        """The spoken text as base64 in JSON, and when which word of the written text is said."""
        body = parse(TimesBody, await _read(request))
        asked = asked_speech(body, self._catalogue, self._config.models)
        head = {"content_type": audio_type(asked.request)}, "audio"
        marker = marker_of(body.input, body.timestamps, asked)
        shape = AudioInJson(marker, head, timed_marks)
        return await self._speak(request, asked.request, shape, _unheeded(asked, body))

    async def captions(self, request: Request) -> Response:
        """Captions of the spoken text, with or without the audio."""
        body = parse(CaptionsBody, await _read(request))
        asked = asked_speech(body, self._catalogue, self._config.models)
        shape = captions_shape(body, asked.request)
        return await self._speak(request, asked.request, shape, _unheeded(asked, body))

    def _in_dialect(self, reader: Reader) -> Callable[[Request], Awaitable[Response]]:
        async def speech(request: Request) -> Response:
            raw = await _read(request)
            call = reader(raw, request, Here(self._catalogue, self._config.models))
            return await self._speak(
                request, call.spoken, call.shape, call.warnings, private=call.private
            )

        return speech

    async def _speak(
        self,
        request: Request,
        spoken: SpeechRequest,
        shape: Shape | None,
        warnings: Sequence[str],
        *,
        private: bool = False,
    ) -> Response:
        """Have it spoken, and answer in a shape; None for the audio itself."""
        if self._draining:
            raise UnavailableError("the server is shutting down")
        if _knows_no_chunks(request):
            if shape is not None:
                raise InvalidInputError("all but the audio alone needs HTTP/1.1", "stream_format")
            spoken = replace(spoken, stream=False)
        caller = self._callers.of(request)
        reply = await self._speaker.speak(
            spoken,
            request_id=request.state.request_id,
            deadline=self._deadline(request),
            caller=caller,
            private=private or not _directives(request).isdisjoint({"no-store", "private"}),
        )
        outcome = "hit" if reply.cache is CacheState.HOT else "miss"
        metrics.count(telemetry.CACHE_LOOKUPS, tier="hot", outcome=outcome)
        return SpeechResponse(
            reply,
            spoken,
            request,
            shape=shape,
            warnings=warnings,
            admission=self._admission,
            caller=caller,
        )

    async def models(self) -> dict[str, Any]:
        """Every model name a request may carry."""
        return {"object": "list", "data": [_model(name) for name in self._config.models]}

    async def model(self, model: str) -> dict[str, Any]:
        """One model name."""
        if model not in self._config.models:
            raise HTTPException(404, "there is no such model")
        return _model(model)

    async def voices(self) -> dict[str, Any]:
        """Every voice with its speakers and languages, and every alias.

        `engine` of a voice that is loaded says what it can do and how fast it was here; of others,
        and of all while no synthesizer answers, it has the engine's name alone.
        """
        try:
            engines = await loaded_engines(self._synthesizer)
        except UnavailableError:
            engines = {}
        voices = [
            {
                "id": voice.id,
                "object": "audio.voice",
                "name": voice.name,
                "language": voice.language,
                "languages": list(voice.languages),
                "speakers": [f"{voice.id}/{speaker}" for speaker in voice.speakers],
                "sample_rate": voice.sample_rate,
                "license": voice.license,
                "description": voice.description,
                "quality": voice.entry.quality,
                "bytes": voice.size,
                "engine": {
                    **(asdict(engines[voice.id]) if voice.id in engines else {}),
                    "engine": voice.engine,
                    "loaded": voice.id in engines,
                },
            }
            for voice in self._catalogue.voices.values()
        ]
        aliases = [
            {"id": name, "name": name, **alias.model_dump(mode="json")}
            for name, alias in sorted(self._catalogue.aliases.items())
        ]
        return {
            "object": "list",
            "data": voices,
            "voices": [
                *({"id": entry["id"], "name": entry["name"]} for entry in voices + aliases),
                *(
                    {"id": f"{voice.id}/{speaker}", "name": f"{voice.name}, {speaker}"}
                    for voice in self._catalogue.voices.values()
                    for speaker in voice.speakers
                ),
            ],
            "aliases": aliases,
            "default": self._catalogue.default,
        }

    async def normalize(self, request: Request) -> NormalizeReply:
        """The spoken text, its phrases with their phonemes, and what was changed where."""
        body = parse(NormalizeBody, await _read(request))
        passages = shown_passages(body, self._catalogue)
        with self._admission.show(self._callers.of(request), len(body.input)):
            shown = await self._explained(passages)
        return NormalizeReply(
            normalized=shown.utterance.normalized,
            language=passages[0].delivery.language,
            phrases=[
                NormalizedPhrase(
                    text=phrase.text,
                    phonemes=phrase.phonemes,
                    start=phrase.written[0],
                    end=phrase.written[1],
                    words=[
                        NormalizedWord(
                            text=phrase.text[slice(*word.spoken)],
                            start=word.written[0],
                            end=word.written[1],
                        )
                        for word in phrase.words
                    ],
                )
                for phrase in shown.utterance.phrases
            ],
            spans=[
                ChangedSpan(
                    start=change.start,
                    end=change.end,
                    original=body.input[change.start : change.end],
                    reading=change.reading,
                    phonemes=change.phonemes,
                    kind=change.kind,
                    why=change.why,
                )
                for change in shown.changes
            ],
        )

    async def _explained(self, passages: tuple[Passage, ...]) -> Explanation:
        """All passages as one, by the places of the whole text."""
        if len(passages) == 1 and not passages[0].start:
            return await self._normalizer.explain(passages[0])
        shown: list[Explanation] = []
        changes: list[Change] = []
        for passage in passages:
            with suppress(NothingToSayError):
                shown.append(await self._normalizer.explain(passage))
                at = passage.start
                changes += [
                    replace(change, start=change.start + at, end=change.end + at)
                    for change in shown[-1].changes
                ]
        if not shown:
            raise NothingToSayError("nothing is left to say", "input")
        utterance = Utterance(
            normalized=" ".join(it.utterance.normalized for it in shown),
            phrases=tuple(phrase for it in shown for phrase in it.utterance.phrases),
        )
        return Explanation(utterance=utterance, changes=tuple(changes))

    async def invalidate(self, request: Request) -> dict[str, Any]:
        """Needs `Authorization: Bearer` with CHORALE_ADMIN_TOKEN; without one it does not exist."""
        if not self._admin_token:
            raise HTTPException(404, "Not Found")
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            given.strip().encode(), self._admin_token.encode()
        ):
            raise UnauthorizedError("the admin token is missing or wrong")
        voice = parse(InvalidateBody, await _read(request)).voice
        if voice is not None and voice not in self._catalogue.voices:
            raise InvalidInputError("there is no voice with this id", "voice")
        await self._epochs.bump(voice)
        holders = ["Gateway"] if isinstance(self._cache, AudioCache) else ["AudioCache", "Gateway"]
        await broadcast_forget(voice, holders)
        return {"invalidated": voice or "all", "epoch": self._epochs.current(voice or "*")}

    async def livez(self) -> dict[str, str]:
        """Always 200 while the event loop runs."""
        return {"status": "ok"}

    async def readyz(self) -> JSONResponse:
        """200 when every stage can serve, else 503; the body names the stages."""
        ready = self._readiness.ready and not self._draining
        return JSONResponse(
            {"ready": ready, "stages": self._readiness.stages}, status_code=200 if ready else 503
        )

    def _deadline(self, request: Request) -> float:
        limits = self._admission.limits
        given = request.headers.get("x-deadline-ms")
        if given is None:
            return limits.default_deadline
        try:
            seconds = float(given) / 1000
        except ValueError:
            seconds = math.nan
        if not 0 < seconds < math.inf:
            raise InvalidInputError("X-Deadline-Ms must be a positive number", "X-Deadline-Ms")
        return min(seconds, limits.max_deadline)


def _unheeded(asked: Asked, body: ReplyBody) -> list[str]:
    language = body.language if isinstance(body, SpeechBody) else None
    warnings = unheeded(asked.request, ignored=body.model_extra or (), language=language)
    return [*warnings, *asked.warnings]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "chorale"}
