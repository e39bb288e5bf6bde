"""Pipecat's HTTP service for ElevenLabs works with the base URL changed."""

from itertools import pairwise
from typing import Any

import pytest
from servers import Server

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

TEXT = "It costs $3.50, and that is all. Really, we all agree that it is a bargain."


async def test_pipecat_hears_words_when_they_are_told(server: Server) -> None:
    # Some 40 packages, so it is in no lock.
    pytest.importorskip("pipecat", reason="pipecat is not installed: pip install pipecat-ai")
    import aiohttp  # noqa: PLC0415
    from pipecat.frames.frames import (  # noqa: PLC0415
        EndFrame,
        Frame,
        TTSAudioRawFrame,
        TTSSpeakFrame,
        TTSTextFrame,
    )
    from pipecat.pipeline.pipeline import Pipeline  # noqa: PLC0415
    from pipecat.pipeline.runner import PipelineRunner  # noqa: PLC0415
    from pipecat.pipeline.task import PipelineParams, PipelineTask  # noqa: PLC0415
    from pipecat.processors.frame_processor import FrameProcessor  # noqa: PLC0415
    from pipecat.services.elevenlabs.tts import ElevenLabsHttpTTSService  # noqa: PLC0415

    audio: list[bytes] = []
    words: list[tuple[str, float]] = []

    class Ear(FrameProcessor):
        async def process_frame(self, frame: Frame, direction: Any) -> None:
            await super().process_frame(frame, direction)
            if isinstance(frame, TTSAudioRawFrame):
                audio.append(frame.audio)
            if isinstance(frame, TTSTextFrame):
                words.append((frame.text.strip(".,"), frame.pts / 1e9))
            await self.push_frame(frame, direction)

    async with aiohttp.ClientSession() as session:
        service = ElevenLabsHttpTTSService(
            api_key="any",
            base_url=server.url,
            aiohttp_session=session,
            settings=ElevenLabsHttpTTSService.Settings(voice="heart"),
            sample_rate=24_000,
        )
        params = PipelineParams(audio_out_sample_rate=24_000)
        task = PipelineTask(Pipeline([service, Ear()]), params=params)
        await task.queue_frames([TTSSpeakFrame(TEXT), EndFrame()])
        await PipelineRunner(handle_sigint=False).run(task)
        body = {"model": "tts-1", "voice": "heart", "response_format": "pcm", "input": TEXT}
        route = f"{server.url}/v1/audio/speech/with-timestamps"
        async with session.post(route, json=body) as reply:
            told = await reply.json()

    assert len(b"".join(audio)) / 48_000 == pytest.approx(told["audio_seconds"], abs=0.001)
    assert [word for word, _ in words] == [mark["text"] for mark in told["marks"]]
    # Pipecat's clock begins somewhere, so distances count.
    ours = [two["start"] - one["start"] for one, two in pairwise(told["marks"])]
    theirs = [two - one for (_, one), (_, two) in pairwise(words)]
    assert theirs == pytest.approx(ours, abs=0.002)
