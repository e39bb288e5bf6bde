"""A gateway that follows the user's voices, and the stage behind it that sees them later."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from inline_server import Server

from speech.errors import InvalidInputError
from speech.voice_home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
async def follower(fake_catalogue: Path, home: Home) -> AsyncIterator[Server]:
    made = Server(fake_catalogue, home.folder)
    yield made
    await made.client.aclose()
    await made.cache._epochs.close()


async def follow(server: Server) -> None:
    """What a health check does, and its end."""
    server.gateway._live.refresh()
    server.gateway._follow_voices()
    await asyncio.sleep(0)


async def test_a_voice_that_has_come_is_spoken_with(follower: Server, home: Home) -> None:
    assert (await follower.speak(voice="mine")).status_code == 400
    home.add({"id": "mine", "engine": "fake"})
    await follow(follower)
    # The Normalizer has not looked since.
    reply = await follower.speak(voice="mine")
    assert reply.status_code == 200, reply.text
    listing = (await follower.client.get("/v1/audio/voices")).json()
    assert "mine" in {voice["id"] for voice in listing["data"]}


async def test_what_a_voice_said_before_it_changed_is_forgotten(
    follower: Server, home: Home
) -> None:
    home.add({"id": "mine", "engine": "fake"})
    await follow(follower)
    states = []
    for change in (
        None,
        None,
        {"id": "other-one", "engine": "fake"},
        {"id": "mine", "engine": "fake", "seconds": 1},
    ):
        if change is not None:
            home.add(change)
            await follow(follower)
        states.append((await follower.speak(voice="mine")).headers["x-cache"])
        await follower.settled()
    assert states[:3] == ["miss", "hot", "hot"]
    assert states[3] != "hot"


async def test_a_voice_that_has_gone_is_an_error_of_the_caller(
    follower: Server, home: Home
) -> None:
    home.add({"id": "mine", "engine": "fake"})
    await follow(follower)
    home.drop("mine")
    # The gateway has not looked since, but the Normalizer has: its catalogue is read now.
    reply = await follower.speak(voice="mine")
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "voice"
    await follow(follower)
    with pytest.raises(InvalidInputError):
        follower.gateway._catalogue.resolve("mine")
