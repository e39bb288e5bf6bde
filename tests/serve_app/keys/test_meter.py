"""Keys over a real Gateway whose stages live in this process."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from inline_server import LONG, TOKEN, Server
from socket_door import Door, hear, say
from starlette.requests import HTTPConnection
from websockets.exceptions import InvalidStatus

from serve_app.callers import presented
from serve_app.keys.books import Entry, Usage, today
from serve_app.keys.files import FileStore
from serve_app.keys.limits import KeyLimits, KeysConfig, RateLimits
from serve_app.keys.table import new_key
from speech import telemetry
from speech.errors import SynthesisError, UnavailableError

CONFIG = KeysConfig(required=True, flush=0.1)


class Keyed(Server):
    """Asks for keys, which are made as the command makes them."""

    def __init__(self, catalogue: Path, home: Path, keys: KeysConfig = CONFIG) -> None:
        super().__init__(catalogue, home, keys=keys)
        self.store = FileStore(home, "command", 1)

    async def key(self, name: str, **limits: Any) -> dict[str, str]:
        key, secret = new_key(name, KeyLimits.model_validate(limits))
        await self.store.edit(lambda file: file.with_key(key))
        await self.gateway._meter.flush()
        return {"authorization": f"Bearer {secret}"}

    async def used(self, key: dict[str, str]) -> Usage:
        reply = await self.client.get("/v1/usage", headers=key)
        assert reply.status_code == 200
        return Usage(**reply.json()["total"])


@pytest.fixture
async def keyed(
    fake_catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Keyed]:
    monkeypatch.setenv("CHORALE_ADMIN_TOKEN", TOKEN)
    server = Keyed(fake_catalogue, tmp_path / "home")
    await server.gateway._meter.start()
    yield server
    await server.client.aclose()
    await server.gateway._meter.close()
    await server.cache._epochs.close()
    assert server.admitted == (0, 0)
    assert all(account.streams == 0 for account in server.gateway._meter._accounts.values())


@pytest.fixture
def server(keyed: Keyed) -> Keyed:
    """What `door` serves."""
    return keyed


SENTENCES = ("This is said first.", "That is said behind it.", "And this is the last one.")


async def told(door: Door, key: dict[str, str]) -> list[Any]:
    """What a session of Cartesia's hears of the sentences: to its end, or to an error."""
    voice = {"mode": "id", "id": "alloy"}
    raw = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000}
    text = " ".join(SENTENCES)
    async with door.open("/tts/websocket", additional_headers=key) as socket:
        await say(socket, transcript=text, voice=voice, output_format=raw, context_id="a")
        messages = [await hear(socket)]
        while messages[-1]["type"] not in {"done", "error"}:
            messages.append(await hear(socket))
    await door.idle()
    return messages


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


async def test_nobody_speaks_without_a_key(keyed: Keyed) -> None:
    team = await keyed.key("team")
    refused = await keyed.speak()
    assert code(refused) == (401, "invalid_api_key")
    assert refused.headers["x-should-retry"] == "false"
    assert code(await keyed.speak(headers={"authorization": "Bearer nobody"})) == code(refused)
    assert code(await keyed.client.get("/v1/audio/voices")) == code(refused)
    dialect = await keyed.client.post("/v1/text-to-speech/starter", json={"text": "Hi."})
    assert (dialect.status_code, dialect.json()["detail"]["status"]) == (401, "invalid_api_key")
    said = await keyed.speak(headers=team)
    assert (said.status_code, said.headers["x-characters"]) == (200, "6")
    assert (await keyed.speak(headers=team)).headers["x-audio-seconds"] == "0.500"
    assert "x-ratelimit-limit-requests" not in said.headers
    secret = team["authorization"].removeprefix("Bearer ")
    forms = ({"xi-api-key": secret}, {"X-API-Key": secret}, {"authorization": f"Token {secret}"})
    for form in (*forms, {"authorization": f"Api-Key {secret}"}):
        assert (await keyed.speak(headers=form)).status_code == 200, form


@pytest.mark.parametrize(
    ("address", "protocols", "expected"),
    [
        ("xi-api-key=one", [], "one"),
        ("api_key=one", [], "one"),
        ("authorization=Bearer%20one", [], "one"),
        ("", ["token", "one"], "one"),
        ("", ["realtime", "openai-insecure-api-key.one"], "one"),
        ("", ["realtime"], ""),
    ],
)
def test_a_socket_signs_in_where_it_can(address: str, protocols: list[str], expected: str) -> None:
    scope = {"headers": [], "query_string": address.encode(), "subprotocols": protocols}
    assert presented(HTTPConnection({"type": "websocket", **scope})) == expected
    assert presented(HTTPConnection({"type": "http", **scope})) == ""


async def test_a_revoked_key_is_refused_and_its_usage_stays(keyed: Keyed) -> None:
    team = await keyed.key("team")
    assert (await keyed.speak(headers=team)).status_code == 200
    found = keyed.store._keys().named("team")
    gone = found.model_copy(update={"revoked": found.created})
    await keyed.store.edit(lambda file: file.with_key(gone))
    await asyncio.sleep(0.3)  # it is followed without being told
    assert code(await keyed.speak(headers=team)) == (401, "invalid_api_key")
    admin = {"authorization": f"Bearer {TOKEN}"}
    assert await keyed.used(admin) == Usage(1, 6, 0.5, 0)


async def test_limits_refuse_and_say_when_to_come_again(keyed: Keyed) -> None:
    team = await keyed.key("team", requests_per_minute=2, characters_per_minute=60)
    first = await keyed.speak(headers=team)
    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert first.headers["x-ratelimit-limit-tokens"] == "60"
    assert first.headers["x-ratelimit-remaining-tokens"] == "54"
    late = await keyed.speak(headers=team, input=LONG)
    assert code(late) == (429, "rate_limit_exceeded")
    assert 5000 < int(late.headers["retry-after-ms"]) <= 6000
    assert (await keyed.speak(headers=team)).status_code == 200
    refused = await keyed.speak(headers=team)
    assert code(refused) == (429, "rate_limit_exceeded")
    assert 29_000 < int(refused.headers["retry-after-ms"]) <= 30_000
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    # One too many is not even read.
    routes = ("speech", "speech/with-timestamps", "speech/batch", "dialogue", "captions")
    for route in routes:
        unread = await keyed.client.post(f"/v1/audio/{route}", content=b"{", headers=team)
        assert code(unread) == (429, "rate_limit_exceeded"), route
    other = await keyed.key("other")
    assert (await keyed.speak(headers=other)).status_code == 200


async def test_a_months_characters_are_a_months(keyed: Keyed) -> None:
    team = await keyed.key("team", characters_per_month=20)
    elsewhere = FileStore(keyed.store._file.parent, "another gateway", 1)
    for _ in range(2):
        assert (await keyed.speak(headers=team)).status_code == 200
    await elsewhere.write({Entry(today(), "team"): Usage(1, 5)})
    # What others wrote is read after a request that it concerns.
    assert (await keyed.speak(headers=team, input="Ten letters.")).status_code == 429
    await keyed.gateway._meter.flush()
    refused = await keyed.speak(headers=team)
    assert code(refused) == (429, "insufficient_quota")
    assert refused.headers["x-should-retry"] == "false"
    assert refused.json()["error"]["type"] == "insufficient_quota"


async def test_streams_at_a_time_end_with_their_last_byte(keyed: Keyed) -> None:
    team = await keyed.key("team", streams=1)
    one, two = await asyncio.gather(
        keyed.speak(headers=team, input=LONG), keyed.speak(headers=team, input="Two.")
    )
    assert {one.status_code, two.status_code} == {200, 429}
    assert (await keyed.speak(headers=team, input="Three.")).status_code == 200


async def test_a_key_is_for_its_voices(keyed: Keyed) -> None:
    team = await keyed.key("team", voices=["none-of-these"])
    refused = await keyed.speak(headers=team)
    assert code(refused) == (403, "voice_not_allowed")
    assert refused.json()["error"]["param"] == "voice"


async def test_a_cache_of_its_own_gives_and_takes_nothing(keyed: Keyed) -> None:
    shared, own, other = (
        await keyed.key("shared"),
        await keyed.key("own", own_cache=True),
        await keyed.key("other", own_cache=True),
    )
    for key in (shared, own, other):
        assert (await keyed.speak(headers=key)).headers["x-cache"] == "miss"
        await keyed.settled()
        assert (await keyed.speak(headers=key)).headers["x-cache"] == "hot"
    keyed.gateway._hot.purge(None)
    for key in (shared, own, other):
        assert (await keyed.speak(headers=key)).headers["x-cache"] == "hit"
    assert keyed.synthesizer.calls == 3


async def test_the_books_say_what_was_spoken(keyed: Keyed) -> None:
    team = await keyed.key("team", characters_per_minute=100)
    assert (await keyed.speak(headers=team)).status_code == 200
    assert (await keyed.speak(headers=team)).headers["x-cache"] == "hot"
    keyed.synthesizer.error = SynthesisError("the engine failed")
    keyed.synthesizer.fail_at = 0
    broken = await keyed.speak(headers=team, input="Not this.")
    assert broken.status_code == 500
    keyed.synthesizer.fail_at = None
    assert broken.headers["x-ratelimit-remaining-tokens"] == "88"  # what is not spoken is not taken
    assert await keyed.used(team) == Usage(2, 12, 1.0, 1)
    stranger = await keyed.key("stranger")
    assert await keyed.used(stranger) == Usage()
    everybody = await keyed.client.get("/v1/usage", headers={"authorization": f"Bearer {TOKEN}"})
    assert [(it["key"], it["day"]) for it in everybody.json()["data"]] == [("team", today())]
    assert (await keyed.client.get("/v1/usage")).status_code == 401
    wrong = await keyed.client.get("/v1/usage?month=nov", headers=team)
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "month")


async def test_a_reply_that_breaks_off_is_not_charged(keyed: Keyed) -> None:
    team = await keyed.key("team")
    keyed.synthesizer.fail_at = 1
    broken = await keyed.speak(headers=team, input=LONG)
    assert broken.status_code == 200
    assert await keyed.used(team) == Usage()


async def test_what_the_store_did_not_take_is_written_when_it_is_back(
    keyed: Keyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = await keyed.key("team")
    meter = keyed.gateway._meter
    with monkeypatch.context() as broken:

        async def down(*_: object) -> None:
            raise UnavailableError("it is down")

        broken.setattr(meter._store, "write", down)
        assert (await keyed.speak(headers=team)).status_code == 200
        await meter.flush()
        assert not meter._book.is_written
    await meter.flush()
    assert meter._book.is_written
    assert await keyed.used(team) == Usage(1, 6, 0.5, 0)


async def test_a_meter_that_has_ended_is_told_by_the_health_check(
    keyed: Keyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyed.gateway.check_health()
    with monkeypatch.context() as broken:
        broken.setattr(keyed.gateway._meter, "flush", lambda: 1 / 0)
        await asyncio.sleep(0.3)
    with pytest.raises(ZeroDivisionError):
        keyed.gateway.check_health()


async def test_addresses_have_limits_where_no_keys_are_required(
    fake_catalogue: Path, tmp_path: Path
) -> None:
    config = KeysConfig(address=RateLimits(requests_per_minute=1))
    server = Keyed(fake_catalogue, tmp_path / "home", config)
    await server.gateway._meter.start()
    ignored = {"authorization": "Bearer whatever"}
    assert (await server.speak(headers=ignored)).status_code == 200
    assert code(await server.speak()) == (429, "rate_limit_exceeded")
    assert (await server.client.get("/v1/usage")).status_code == 404
    await server.gateway._meter.close()
    assert not (tmp_path / "home").exists()
    await server.client.aclose()
    await server.cache._epochs.close()


async def test_each_sentence_of_a_session_is_a_request(
    keyed: Keyed, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: Counter[tuple[str, str]] = Counter()

    def count(metric: telemetry.Metric, amount: float = 1.0, **labels: str) -> None:
        if metric is telemetry.REQUESTS:
            outcomes[labels["outcome"], labels["cache"]] += int(amount)

    monkeypatch.setattr("deployments.metrics.count", count)
    team = await keyed.key("team")
    characters = sum(map(len, SENTENCES))
    assert (await told(door, team))[-1]["type"] == "done"
    assert await keyed.used(team) == Usage(3, characters, 1.5, 0)
    assert (await told(door, team))[-1]["type"] == "done"
    assert await keyed.used(team) == Usage(6, 2 * characters, 3.0, 3)
    with pytest.raises(InvalidStatus) as refused:
        await door.open("/tts/websocket")
    assert refused.value.response.headers["www-authenticate"] == "Bearer"
    async with door.open("/tts/websocket", additional_headers=team) as socket:
        await say(socket, transcript=7)
        assert (await hear(socket))["type"] == "error"
    refusals = {("invalid_api_key", "none"): 1, ("invalid_value", "none"): 1}
    assert outcomes == {("ok", "miss"): 3, ("ok", "hot"): 3, **refusals}


async def test_a_session_past_its_quota_is_told_in_its_dialect(keyed: Keyed, door: Door) -> None:
    spoken = sum(map(len, SENTENCES[:2]))
    team = await keyed.key("team", characters_per_month=spoken + 1)
    heard = await told(door, team)
    assert (heard[-1]["type"], heard[-1]["error_code"]) == ("error", "insufficient_quota")
    assert {it["type"] for it in heard[:-1]} == {"chunk"}
    assert await keyed.used(team) == Usage(2, spoken, 1.0, 0)


async def test_a_session_ends_with_its_key(keyed: Keyed, door: Door) -> None:
    team = await keyed.key("team")
    path = "/v1/text-to-speech/alloy/multi-stream-input"
    async with door.open(path, additional_headers=team) as socket:
        await say(socket, text=SENTENCES[0], context_id="a", flush=True)
        assert (await hear(socket))["audio"]
        found = keyed.store._keys().named("team")
        gone = found.model_copy(update={"revoked": found.created})
        await keyed.store.edit(lambda file: file.with_key(gone))
        await keyed.gateway._meter.flush()
        await say(socket, text=SENTENCES[1], context_id="a", flush=True)
        async with asyncio.timeout(10):
            while "error" not in (message := await hear(socket)):
                pass
    assert message["error"] == "invalid_api_key"


@pytest.mark.parametrize("kept", [True, False])
async def test_a_wrong_guess_is_not_charged(keyed: Keyed, door: Door, kept: bool) -> None:
    path = "/v1/text-to-speech/alloy/stream-input?output_format=pcm_24000"

    async def talk(key: dict[str, str], *texts: str) -> None:
        async with door.open(path, additional_headers=key) as socket:
            for text in texts:
                await say(socket, text=text)
                await asyncio.sleep(0.1)  # what might be a sentence is made meanwhile
            await say(socket, text="")
            while not (await hear(socket)).get("isFinal"):
                pass
        await door.idle()

    if kept:
        await talk(await keyed.key("other"), "See this example.")
    team = await keyed.key("team")
    await talk(team, "See this example.", "com now.")
    assert keyed.synthesizer.calls == 2
    assert await keyed.used(team) == Usage(1, len("See this example.com now."), 0.5, 0)
