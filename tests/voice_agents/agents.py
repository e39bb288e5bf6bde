"""Speech services of LiveKit and Pipecat against one server, as an agent uses them.

Runs in an environment of its own (`make voice-agents`): `agents.py URL VOICE SERVICE`. A recorded
answer of a model comes in tokens; the next turn is interrupted in the middle; then the answer comes
again. Prints one line of JSON: of the first and the last turn the seconds of audio, and the words
with their seconds.
"""

import asyncio
import json
import sys
from typing import Any

import aiohttp

ANSWER = (
    "Sure! Your order comes to $23.50, and it should arrive by 5 p.m. on Friday. 🎉 "
    "Dr. Smith will call you back. Is there anything else that I can do for you today?"
)
ANOTHER = "Let me explain all of that again, from the very beginning. " * 12
RATE = 24_000
TOKEN_SECONDS = 1 / 200
"""Faster than a model, so that the audio is never late: pauses are then those of the text."""


def tokens(text: str) -> list[str]:
    """Pieces as a model's tokens are: about four characters, blanks in front."""
    return [text[start : start + 4] for start in range(0, len(text), 4)]


class LiveKit:
    """livekit-agents; a turn is a stream of its own."""

    def __init__(self, url: str, voice: str, service: str, session: aiohttp.ClientSession) -> None:
        from livekit.agents import tokenize, tts
        from livekit.plugins import baseten, cartesia, deepgram, elevenlabs, openai

        make: dict[str, Any] = {
            "elevenlabs": lambda: elevenlabs.TTS(
                api_key="any", voice_id=voice, base_url=f"{url}/v1", http_session=session
            ),
            "deepgram": lambda: deepgram.TTS(
                api_key="any", model=voice, base_url=f"{url}/v1/speak", http_session=session
            ),
            "cartesia": lambda: cartesia.TTS(
                api_key="any", voice=voice, base_url=url, http_session=session
            ),
            "baseten": lambda: baseten.TTS(
                model="qwen3-tts",
                api_key="any",
                voice=voice,
                model_endpoint=f"{url.replace('http', 'ws', 1)}/v1/audio/speech/stream",
                word_timestamps=True,
                http_session=session,
            ),
            "openai": lambda: tts.StreamAdapter(
                tts=openai.TTS(api_key="any", voice=voice, base_url=f"{url}/v1"),
                sentence_tokenizer=tokenize.blingfire.SentenceTokenizer(),
            ),
        }
        self._tts = make[service]()

    async def start(self) -> None:
        """Nothing to do."""

    async def turn(self, text: str, *, interrupt: bool = False) -> dict[str, Any]:
        """Have a text spoken; interrupted: leave at the first audio."""
        from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT

        seconds, words = 0.0, []

        async def write(stream: Any) -> None:
            for token in tokens(text):
                stream.push_text(token)
                await asyncio.sleep(TOKEN_SECONDS)
            stream.end_input()

        async with self._tts.stream() as stream:
            writing = asyncio.create_task(write(stream))
            async for event in stream:
                seconds += event.frame.duration
                timed = event.frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, [])
                words += [(str(word).strip(), word.start_time) for word in timed]
                if interrupt and seconds:
                    writing.cancel()
                    break
            else:
                await writing
        return {"seconds": seconds, "words": words}

    async def aclose(self) -> None:
        """End the service."""
        await self._tts.aclose()


class Pipecat:
    """pipecat-ai: a pipeline of the service and an ear."""

    def __init__(self, url: str, voice: str, service: str, session: aiohttp.ClientSession) -> None:
        from pipecat.services.cartesia.tts import CartesiaTTSService
        from pipecat.services.deepgram.tts import DeepgramTTSService
        from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
        from pipecat.services.openai.tts import OpenAITTSService
        from pipecat.services.piper.tts import PiperHttpTTSService

        socket = url.replace("http", "ws", 1)
        make: dict[str, Any] = {
            "elevenlabs": lambda: ElevenLabsTTSService(
                api_key="any",
                url=socket,
                sample_rate=RATE,
                settings=ElevenLabsTTSService.Settings(voice=voice),
            ),
            "deepgram": lambda: DeepgramTTSService(
                api_key="any",
                base_url=socket,
                sample_rate=RATE,
                settings=DeepgramTTSService.Settings(voice=voice),
            ),
            "cartesia": lambda: CartesiaTTSService(
                api_key="any",
                url=f"{socket}/tts/websocket",
                sample_rate=RATE,
                settings=CartesiaTTSService.Settings(voice=voice),
            ),
            "openai": lambda: OpenAITTSService(
                api_key="any",
                base_url=f"{url}/v1",
                sample_rate=RATE,
                settings=OpenAITTSService.Settings(voice="alloy"),
            ),
            "piper": lambda: PiperHttpTTSService(
                base_url=url,
                aiohttp_session=session,
                sample_rate=RATE,
                settings=PiperHttpTTSService.Settings(voice=voice),
            ),
        }
        self._service = make[service]()
        self._audio = 0
        self._words: list[tuple[str, float]] = []
        self._heard = asyncio.Event()
        self._stopped = asyncio.Event()

    async def start(self) -> None:
        """Run the pipeline."""
        from pipecat.frames.frames import Frame, TTSAudioRawFrame, TTSStoppedFrame, TTSTextFrame
        from pipecat.pipeline.pipeline import Pipeline
        from pipecat.pipeline.runner import PipelineRunner
        from pipecat.pipeline.task import PipelineParams, PipelineTask
        from pipecat.processors.frame_processor import FrameProcessor

        agent = self

        class Ear(FrameProcessor):
            async def process_frame(self, frame: Frame, direction: Any) -> None:
                await super().process_frame(frame, direction)
                if isinstance(frame, TTSAudioRawFrame):
                    agent._audio += len(frame.audio)
                    agent._heard.set()
                elif isinstance(frame, TTSTextFrame) and frame.pts is not None:
                    agent._words.append((frame.text.strip(), frame.pts / 1e9))
                elif isinstance(frame, TTSStoppedFrame):
                    agent._stopped.set()
                await self.push_frame(frame, direction)

        params = PipelineParams(audio_out_sample_rate=RATE)
        self._task = PipelineTask(Pipeline([self._service, Ear()]), params=params)
        self._running = asyncio.create_task(PipelineRunner(handle_sigint=False).run(self._task))
        await asyncio.sleep(0.5)

    async def turn(self, text: str, *, interrupt: bool = False) -> dict[str, Any]:
        """Have a text spoken; interrupted: say so at the first audio."""
        from pipecat.frames.frames import (
            InterruptionFrame,
            LLMFullResponseEndFrame,
            LLMFullResponseStartFrame,
            LLMTextFrame,
        )

        self._audio, self._words = 0, []
        self._heard.clear()
        self._stopped.clear()
        await self._task.queue_frame(LLMFullResponseStartFrame())
        for token in tokens(text):
            await self._task.queue_frame(LLMTextFrame(token))
            await asyncio.sleep(TOKEN_SECONDS)
            if interrupt and self._heard.is_set():
                break
        if interrupt:
            await asyncio.wait_for(self._heard.wait(), 20)
            await self._task.queue_frame(InterruptionFrame())
            await asyncio.sleep(1.0)
            return {"seconds": self._audio / (2 * RATE), "words": []}
        await self._task.queue_frame(LLMFullResponseEndFrame())
        await asyncio.wait_for(self._stopped.wait(), 40)
        audio = -1
        while audio != self._audio:
            audio = self._audio
            await asyncio.sleep(1.0)
        return {"seconds": self._audio / (2 * RATE), "words": self._words}

    async def aclose(self) -> None:
        """End the pipeline."""
        await self._task.cancel()
        await asyncio.wait({self._running}, timeout=10)


async def main(url: str, voice: str, name: str) -> None:
    """Three turns of one service."""
    framework, _, service = name.partition("-")
    async with aiohttp.ClientSession() as session:
        agent = {"livekit": LiveKit, "pipecat": Pipecat}[framework](url, voice, service, session)
        await agent.start()
        try:
            async with asyncio.timeout(120):
                first = await agent.turn(ANSWER)
                interrupted = await agent.turn(ANOTHER, interrupt=True)
                last = await agent.turn(ANSWER)
        finally:
            await agent.aclose()
    print(json.dumps({"first": first, "interrupted": interrupted, "last": last}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
