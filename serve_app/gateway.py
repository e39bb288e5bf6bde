"""The Gateway deployment: what each route does, around the `Speaker`."""

import hmac
import math
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.request import parse_http_list

from fastapi import Request, Response, WebSocket
from ray.serve.handle import DeploymentHandle
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from deployments import metrics, startup, tracing
from deployments.audio_cache import AudioCache
from deployments.collector import settle
from deployments.epochs import EpochBook
from deployments.memory import MEMORY, MemoryWatch
from deployments.peers import application_name, broadcast_forget, loaded_engines
from deployments.stages import RETRIES, Inline, check_inline, normalizer_stage, speech_stage
from serve_app import docs, listings
from serve_app.admission import Admission, AdmissionLimits
from serve_app.api import ApiRoute, build_api
from serve_app.batches import BatchBody, BatchLine, BatchResponse, batch_item
from serve_app.bodies import parse, read_body
from serve_app.callers import VERSION_HEADER, Caller, Callers
from serve_app.caption_shapes import captions_shape
from serve_app.config import GatewayConfig
from serve_app.cors import check_origin, cross_origin
from serve_app.dialects import Here, Reader
from serve_app.dialects.routes import DIALECTS, SOCKETS
from serve_app.dialogue import DialogueBody, asked_dialogue
from serve_app.keys.limits import KeysConfig
from serve_app.keys.meter import Meter
from serve_app.keys.stores import open_store
from serve_app.keys.usage import UsageReply, usage_reply
from serve_app.pages import page_routes
from serve_app.places import marker_of
from serve_app.readiness import Readiness, came_by_fallback
from serve_app.responses import SpeechResponse, audio_type, unheeded, warning_header
from serve_app.schemas import (
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
    shown_passages,
)
from serve_app.sessions.session import Dialect, Session, Sessions
from serve_app.shapes import AudioInJson, Shape, SpeechEvents, timed_marks
from serve_app.speaker import Speaker
from speech import telemetry
from speech.cache.ram import RamTier
from speech.cache.stored import StoredReply
from speech.config import MemoryConfig, RetryConfig
from speech.engine_load import ProcessorLoad
from speech.errors import (
    InvalidInputError,
    UnauthorizedError,
    UnavailableError,
)
from speech.memory import Level
from speech.types import CacheState, Change, Explanation, Passage, SpeechRequest, Utterance
from speech.voice_home import LiveCatalogue, home_folder


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


def _check_chunks(request: Request) -> None:
    """Whether a reply of unknown size can be sent.

    Raises:
        InvalidInputError: the client would not know its end.
    """
    if _knows_no_chunks(request):
        raise InvalidInputError("all but the audio alone needs HTTP/1.1", "stream_format")


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
        keys: KeysConfig | None = None,
        memory: MemoryConfig = MEMORY,
    ) -> None:
        """Take the stages it calls; the synthesizer only to tell what that has loaded."""
        began = startup.Startup("gateway")
        keys = keys or KeysConfig()
        self._config = config
        self._memory = MemoryWatch(memory)
        self._live = LiveCatalogue(catalogue, home)
        began.done("catalogue")
        self._catalogue = self._live.catalogue
        config.models.check(self._catalogue)
        self._synthesizer = synthesizer
        self._normalizer = normalizer_stage(normalizer, retries)
        self._epochs = EpochBook(config.epoch_poll)
        self._hot: RamTier[StoredReply] = RamTier(config.hot)
        self._admission = Admission(AdmissionLimits())
        self._meter = Meter(keys, open_store(keys, home or home_folder(), uuid.uuid4().hex[:12]))
        self._callers = Callers(
            config.trusted_proxies,
            keys=self._meter.table if keys.required else None,
            address=keys.address,
        )
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
            meter=self._meter,
        )
        self._sessions = Sessions(config.sessions, self._speaker, self._admission)

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The routes of this replica; Serve calls it after the constructor."""
        api = build_api(
            [
                ApiRoute("/v1/audio/speech", self.speech, "POST", docs.SPEECH, speaks=True),
                ApiRoute(
                    "/v1/audio/speech/with-timestamps", self.times, "POST", docs.TIMES, speaks=True
                ),
                ApiRoute("/v1/audio/speech/batch", self.batch, "POST", docs.BATCH, speaks=True),
                ApiRoute("/v1/audio/dialogue", self.dialogue, "POST", docs.DIALOGUE, speaks=True),
                ApiRoute("/v1/audio/captions", self.captions, "POST", docs.CAPTIONS, speaks=True),
                *(
                    ApiRoute(it.path, self._in_dialect(it.reader), "POST", *it[2:], speaks=True)
                    for it in DIALECTS
                ),
                ApiRoute("/v1/audio/voices", self.voices, "GET", docs.VOICES),
                ApiRoute("/v1/voices", self.elevenlabs_voices, "GET", docs.ELEVENLABS_VOICES),
                ApiRoute(
                    "/v1/audio/speech/voices",
                    self.speaches_voices,
                    "GET",
                    docs.SPEACHES_VOICES,
                    query=frozenset({"model_id"}),
                ),
                ApiRoute("/v1/audio/models", self.audio_models, "GET", docs.AUDIO_MODELS),
                ApiRoute("/v1/models", self.models, "GET", docs.MODELS),
                ApiRoute("/v1/models/{model}", self.model, "GET", docs.MODEL),
                ApiRoute("/v1/text/normalize", self.normalize, "POST", docs.NORMALIZE),
                ApiRoute(
                    "/admin/cache/invalidate",
                    self.invalidate,
                    "POST",
                    docs.INVALIDATE,
                    is_open=True,  # it asks for a token of its own
                ),
                ApiRoute(
                    "/v1/usage",
                    self.usage,
                    "GET",
                    docs.USAGE,
                    is_open=True,  # a key, or the admin token
                    query=frozenset({"month"}),
                ),
                ApiRoute("/livez", self.livez, "GET", docs.LIVEZ, is_open=True),
                ApiRoute("/readyz", self.readyz, "GET", docs.READYZ, is_open=True),
                ApiRoute("/health", self.health, "GET", docs.HEALTH, is_open=True),
                ApiRoute("/v1/test", self.test, "GET", docs.TEST, is_open=True),
                *page_routes(),
            ],
            who=self._callers.of,
            check=self._meter.check,
            limits=self._meter.headers,
            at_end=self._end,
        )
        for path, speaks in SOCKETS:
            api.add_api_websocket_route(path, self._socket(speaks))
        settle()
        return cross_origin(api, self._config.cors)

    async def _end(self) -> None:
        """Let go of what follows the store and Serve, and write the books."""
        await self._readiness.close()
        await self._epochs.close()
        await self._meter.close()

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take new `AdmissionLimits`. Serve calls it once before the first request, too."""
        self._admission.limits = AdmissionLimits.model_validate(user_config)
        await self._epochs.follow()
        await self._meter.start()
        self._readiness.start()

    def check_health(self) -> None:
        """Report, and follow the user's voices; it has nothing of its own that can break."""
        startup.report()
        self._follow_voices()
        self._heed_memory()
        metrics.set_gauge(telemetry.UNUSABLE_VOICES, len(self._live.problems))
        metrics.set_gauge(telemetry.CACHE_BYTES, self._hot.counters.bytes, tier="hot")
        metrics.set_gauge(telemetry.INFLIGHT_CHARACTERS, self._admission.characters)
        metrics.set_gauge(telemetry.INFLIGHT_REQUESTS, self._admission.requests)
        metrics.set_gauge(telemetry.READING_BYTES, self._admission.reading.total)
        metrics.set_gauge(telemetry.BATCHES, self._admission.batches)
        metrics.set_gauge(telemetry.SHOWN_CHARACTERS, self._admission.shown_characters)
        self._sessions.report()
        self._meter.report()
        check_inline(self._normalizer, self._cache)

    def _heed_memory(self) -> None:
        level = self._memory.look(self._hot)
        if max((level, *self._readiness.memory.values())) >= Level.ADMISSION:
            self._admission.narrow()
        else:
            self._admission.widen()

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

    async def startup_steps(self) -> Mapping[tuple[str, str], float]:
        """Seconds this replica took to be ready, by stage and step."""
        return startup.steps()

    async def drain(self) -> int:
        """Admit no more speech; returns the requests and sessions still under way here."""
        self._draining = True
        self._sessions.leave()
        await self._meter.flush()
        return self._admission.requests + self._sessions.count

    async def forget(self, voice: str | None) -> None:
        """A voice's epoch was bumped, or all were."""
        await self._epochs.refresh()
        self._hot.purge(voice)
        if isinstance(self._cache, AudioCache):
            await self._cache.forget(voice)

    async def speech(self, request: Request) -> Response:
        """Answer with the spoken text in the asked container."""
        body = parse(SpeechBody, await read_body(request))
        asked = asked_speech(body, self._catalogue, self._config.models)
        return await self._streamed(request, asked, body, body.input)

    async def batch(self, request: Request) -> Response:
        """Answer with a line for each of many texts."""
        with self._admission.batch(request.state.caller):
            raw = await read_body(request, self._admission.limits.max_batch_bytes)
        body = parse(BatchBody, raw)
        _check_chunks(request)

        async def answer(index: int) -> SpeechResponse:
            item = batch_item(body.items[index])
            asked = asked_speech(item, self._catalogue, self._config.models)
            marker = marker_of(item.input, item.timestamps, asked) if item.timestamps else None
            line = BatchLine(index, audio_type(asked.request), marker)
            state = {
                "arrived": perf_counter(),
                "request_id": f"{request.state.request_id}.{index}",
            }
            own = Request({**request.scope, "state": {**request.scope["state"], **state}})
            response = await self._speak(
                own, asked.request, line, _unheeded(asked, item), ahead=self._config.hot_entry_bytes
            )
            line.warnings = response.warnings
            return response

        return BatchResponse(len(body.items), answer, self._admission, request.state.caller)

    async def dialogue(self, request: Request) -> Response:
        """Answer with the turns of several speakers as one audio."""
        body = parse(DialogueBody, await read_body(request))
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
        body = parse(TimesBody, await read_body(request))
        asked = asked_speech(body, self._catalogue, self._config.models)
        head = {"content_type": audio_type(asked.request)}, "audio"
        marker = marker_of(body.input, body.timestamps, asked)
        shape = AudioInJson(marker, head, timed_marks)
        return await self._speak(request, asked.request, shape, _unheeded(asked, body))

    async def captions(self, request: Request) -> Response:
        """Captions of the spoken text, with or without the audio."""
        body = parse(CaptionsBody, await read_body(request))
        asked = asked_speech(body, self._catalogue, self._config.models)
        shape = captions_shape(body, asked.request)
        return await self._speak(request, asked.request, shape, _unheeded(asked, body))

    def _in_dialect(self, reader: Reader) -> Callable[[Request], Awaitable[Response]]:
        async def speech(request: Request) -> Response:
            raw = await read_body(request)
            call = reader(raw, request, Here(self._catalogue, self._config.models))
            return await self._speak(
                request, call.spoken, call.shape, call.warnings, private=call.private
            )

        return speech

    def _socket(self, speaks: Callable[[Session], Dialect]) -> Callable[..., Awaitable[None]]:
        async def session(socket: WebSocket) -> None:
            here = Here(self._catalogue, self._config.models)
            await self._sessions.serve(socket, speaks, here, self._socket_caller)

        return session

    def _socket_caller(self, socket: WebSocket) -> Caller:
        check_origin(socket, self._config.cors)
        return self._callers.of(socket)

    async def _speak(
        self,
        request: Request,
        spoken: SpeechRequest,
        shape: Shape | None,
        warnings: Sequence[str],
        *,
        private: bool = False,
        ahead: int = 0,
    ) -> SpeechResponse:
        """Have it spoken, and answer in a shape; None for the audio itself.

        So many bytes of it are read `ahead`: what goes wrong meanwhile is raised.
        """
        if self._draining:
            raise UnavailableError("the server is shutting down")
        if shape is not None:
            _check_chunks(request)
        if _knows_no_chunks(request):
            spoken = replace(spoken, stream=False)
        if trace := tracing.current():
            spoken = replace(spoken, trace=trace)
        caller = request.state.caller
        reply = await self._speaker.speak(
            spoken,
            request_id=request.state.request_id,
            deadline=self._deadline(request),
            caller=caller,
            private=private or not _directives(request).isdisjoint({"no-store", "private"}),
        )
        try:
            if ahead:
                await reply.settle(ahead)
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
                limits=self._meter.headers(caller),
            )
        except BaseException:
            await reply.aclose()
            raise

    async def models(self) -> dict[str, Any]:
        """Every model name a request may carry."""
        return listings.models(self._config.models)

    async def audio_models(self) -> dict[str, Any]:
        """The same for Open WebUI."""
        return listings.audio_models(self._config.models)

    async def model(self, model: str) -> dict[str, Any]:
        """One model name, in any case."""
        found = self._config.models.find(model)
        if found is None:
            raise HTTPException(404, "there is no such model")
        return listings.model(found, self._catalogue)

    async def voices(self) -> dict[str, Any]:
        """Every voice with its speakers and languages, and every alias.

        `engine` of a voice that is loaded says what it can do and how fast it was here; of others,
        and of all while no synthesizer answers, it has the engine's name alone.
        """
        try:
            engines = await loaded_engines(self._synthesizer)
        except UnavailableError:
            engines = {}
        return listings.voices(self._catalogue, engines)

    async def elevenlabs_voices(self) -> dict[str, Any]:
        """All that `voice` takes, for ElevenLabs' clients."""
        return listings.elevenlabs_voices(self._catalogue)

    async def speaches_voices(self, model_id: str | None = None) -> list[dict[str, str]]:
        """All that `voice` takes, for Speaches' clients."""
        found = self._config.models.find(model_id)
        if found is None:
            raise HTTPException(404, "there is no such model")
        return listings.speaches_voices(self._catalogue, found)

    async def normalize(self, request: Request, response: Response) -> NormalizeReply:
        """The spoken text, its phrases with their phonemes, and what was changed where."""
        body = parse(NormalizeBody, await read_body(request))
        passages = shown_passages(body, self._catalogue)
        with self._admission.show(request.state.caller, len(body.input)):
            shown = await self._explained(passages)
        ignored = body.model_extra or ()
        warnings = unheeded(passages, ignored=ignored, language=body.language)
        response.headers.update(warning_header(warnings))
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
            shown.append(await self._normalizer.explain(passage))
            at = passage.start
            changes += [
                replace(change, start=change.start + at, end=change.end + at)
                for change in shown[-1].changes
            ]
        utterance = Utterance(
            normalized=" ".join(filter(None, (it.utterance.normalized for it in shown))),
            phrases=tuple(phrase for it in shown for phrase in it.utterance.phrases),
        )
        return Explanation(utterance=utterance, changes=tuple(changes))

    async def invalidate(self, request: Request) -> dict[str, Any]:
        """Needs `Authorization: Bearer` with CHORALE_ADMIN_TOKEN; without one it does not exist."""
        if not self._admin_token:
            raise HTTPException(404, "Not Found")
        if not self._is_admin(request):
            raise UnauthorizedError("the admin token is missing or wrong")
        voice = parse(InvalidateBody, await read_body(request)).voice
        if voice is not None and voice not in self._catalogue.voices:
            raise InvalidInputError("there is no voice with this id", "voice")
        await self._epochs.bump(voice)
        holders = ["Gateway"] if isinstance(self._cache, AudioCache) else ["AudioCache", "Gateway"]
        await broadcast_forget(voice, holders)
        return {"invalidated": voice or "all", "epoch": self._epochs.current(voice or "*")}

    async def usage(self, request: Request) -> UsageReply:
        """What keys used in a month: the one that asks, or all for the admin token."""
        caller = None if self._is_admin(request) else self._callers.of(request)
        if caller is not None and not caller.key:
            raise HTTPException(404, "no keys are required here, so no usage is kept")
        key = None if caller is None else caller.key
        return await usage_reply(self._meter, request.query_params.get("month"), key)

    def _is_admin(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return (
            bool(self._admin_token)
            and scheme.lower() == "bearer"
            and hmac.compare_digest(given.strip().encode(), self._admin_token.encode())
        )

    async def livez(self) -> dict[str, str]:
        """Always 200 while the event loop runs."""
        return {"status": "ok"}

    async def readyz(self, request: Request) -> JSONResponse:
        """200 when every stage can serve, else 503; the body names the stages."""
        levels = {"Gateway": self._memory.level, **self._readiness.memory}
        short = {stage: level.name.lower() for stage, level in levels.items() if level}
        stages, is_ready = dict(self._readiness.stages), self._is_ready(request)
        if came_by_fallback(request.scope):
            stages["Gateway"] = "unknown to haproxy"
        body = {"ready": is_ready, "stages": stages, "memory": short}
        return JSONResponse(body, status_code=200 if is_ready else 503)

    async def health(self, request: Request) -> JSONResponse:
        """The same as front ends and containers ask for it."""
        is_ready = self._is_ready(request)
        body = {"status": "ok" if is_ready else "unavailable"}
        return JSONResponse(body, status_code=200 if is_ready else 503)

    async def test(self) -> dict[str, str]:
        """By this clients of Kokoro-FastAPI know that `/v1/audio/voices` lists the voices."""
        return {"status": "ok"}

    def _is_ready(self, request: Request) -> bool:
        # Serve's Python proxy takes a reply in whole, however slowly its client reads.
        known = not came_by_fallback(request.scope)
        return known and self._readiness.ready and not self._draining

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
    ignored = [name for name, value in (body.model_extra or {}).items() if value is not None]
    warnings = unheeded(asked.request.passages, ignored=ignored, language=language)
    return [*warnings, *asked.warnings]
