"""Keys, limits and usage in a Redis, for all gateways of a cluster.

    PREFIX:keys             the table of keys; PREFIX:keys:revision grows with it
    PREFIX:limits:CALLER    what is left of a caller's limits, and how many streams each gateway has
    PREFIX:usage:MONTH      names of the keys that were used in a month
    PREFIX:usage:MONTH:KEY  totals by `DAY WRITER`

Importing this module needs the extra `redis`. Redis Cluster is not supported: one script touches
many keys.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, WatchError

from serve_app.keys.books import Entry, Grant, Grants, Pages, Usage, Wants
from serve_app.keys.limits import KeysRedisConfig
from serve_app.keys.table import Edit, KeyFile
from speech.errors import ConfigError, UnavailableError

_EDITS = 10
_STALE_STREAMS = 15.0
"""Seconds after which what a gateway said of its streams no longer counts: it may have died."""
_LIMITS_TTL = 3600
"""Seconds after which a caller's limits are as new."""

# A token bucket for each of two limits, by Redis' own clock; its level is what no gateway has set
# aside. What is owed is taken, however little is left, and a level below zero is paid back before
# anything is given again. A gateway gets no more streams than others leave it.
_SHARE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1e6
local writer, stale, ttl = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local answer = {}
for i, name in ipairs(KEYS) do
  local at = 3 + (i - 1) * 10
  local held = redis.call('HMGET', name, 'at', 'requests', 'characters')
  local passed = held[1] and math.max(0, now - held[1]) or 0
  local told, levels = {}, {}
  for n = 1, 2 do
    local first = at + (n - 1) * 4
    local most, owed = tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2])
    local need, wanted = tonumber(ARGV[first + 3]), tonumber(ARGV[first + 4])
    local level = math.min(most, (held[n + 1] or most) + passed * most / 60)
    level = math.min(most, level - owed)
    local granted = level >= need and math.max(0, math.min(wanted, level)) or 0
    levels[n] = string.format('%.6f', level - granted)
    told[2 * n - 1], told[2 * n] = string.format('%.6f', granted), levels[n]
  end
  redis.call('HSET', name, 'at', string.format('%.6f', now),
             'requests', levels[1], 'characters', levels[2])
  local elsewhere, fields = 0, redis.call('HGETALL', name)
  for n = 1, #fields, 2 do
    if string.sub(fields[n], 1, 2) == 's:' and fields[n] ~= 's:' .. writer then
      local count, since = string.match(fields[n + 1], '(%S+) (%S+)')
      if now - since > stale then redis.call('HDEL', name, fields[n])
      else elsewhere = elsewhere + count end
    end
  end
  local streams, bound = tonumber(ARGV[at + 9]), tonumber(ARGV[at + 10])
  if bound > 0 then streams = math.max(0, math.min(streams, bound - elsewhere)) end
  if streams > 0 then
    redis.call('HSET', name, 's:' .. writer, streams .. ' ' .. string.format('%.3f', now))
  else
    redis.call('HDEL', name, 's:' .. writer)
  end
  redis.call('EXPIRE', name, ttl)
  told[5], told[6] = streams, elsewhere
  answer[i] = told
end
return answer
"""


class RedisStore:
    """Implements `Store`. For one event loop; construction does not connect.

    Args:
        config: Where it is.
        writer: This gateway's name.
        keep_months: Months whose usage is kept.
        password: Used where the URL holds none.

    Raises:
        ConfigError: the URL cannot be read.
    """

    def __init__(
        self, config: KeysRedisConfig, writer: str, keep_months: int, password: str | None
    ) -> None:
        options = {} if password is None else {"password": password}
        try:
            self._client = Redis.from_url(
                config.url,
                decode_responses=True,
                retry=Retry(NoBackoff(), 0),
                max_connections=8,
                **options,
            )
        except ValueError:
            # The client's message may quote the URL, and a URL may hold a password.
            raise ConfigError("the url of the keys' Redis cannot be read") from None
        self._timeout = config.timeout
        self._prefix = config.prefix
        self._writer = writer
        self._seconds_kept = (keep_months + 1) * 31 * 86_400
        self._script = self._client.register_script(_SHARE)
        self._revision: str | None = None

    async def keys(self) -> KeyFile | None:
        """See `Store`."""
        async with self._told():
            revision = await self._client.get(f"{self._prefix}:keys:revision") or ""
            if revision == self._revision:
                return None
            found = await self._client.get(f"{self._prefix}:keys")
        if found is None and self._revision:
            raise UnavailableError("the keys' Redis has lost the table of keys")
        file = KeyFile.parse(found) if found else KeyFile()
        self._revision = revision
        return file

    async def edit(self, edit: Edit) -> KeyFile:
        """See `Store`."""
        table, revision = f"{self._prefix}:keys", f"{self._prefix}:keys:revision"
        async with self._told(), self._client.pipeline() as pipe:
            for _ in range(_EDITS):
                await pipe.watch(table)
                found = await pipe.get(table)
                changed = edit(KeyFile.parse(found) if found else KeyFile())
                pipe.multi()
                pipe.set(table, changed.text())
                pipe.incr(revision)
                try:
                    await pipe.execute()
                except WatchError:
                    continue
                return changed
        raise UnavailableError("others change the keys all the time")

    async def share(self, wants: Mapping[str, Wants]) -> Mapping[str, Grants]:
        """See `Store`; one round trip, also for no callers."""
        async with self._told():
            answers = await self._script(
                keys=[f"{self._prefix}:limits:{name}" for name in wants],
                args=[
                    self._writer,
                    _STALE_STREAMS,
                    _LIMITS_TTL,
                    *(
                        value
                        for one in wants.values()
                        for value in (*one.requests, *one.characters, *one[2:])
                    ),
                ],
            )
        grants = {}
        for name, (requests, left, characters, rest, *streams) in zip(wants, answers, strict=True):
            grants[name] = Grants(
                Grant(float(requests), float(left)),
                Grant(float(characters), float(rest)),
                *map(int, streams),
            )
        return grants

    async def write(self, pages: Pages) -> None:
        """See `Store`; one round trip."""
        if not pages:
            return
        async with self._told(), self._client.pipeline(transaction=False) as pipe:
            for entry, used in pages.items():
                names = f"{self._prefix}:usage:{entry.month}"
                totals = f"{names}:{entry.key}"
                pipe.sadd(names, entry.key)
                field = f"{entry.day} {self._writer}"
                pipe.hset(totals, field, " ".join(map(str, used.packed())))
                pipe.expire(names, self._seconds_kept)
                pipe.expire(totals, self._seconds_kept)
            await pipe.execute()

    async def read(
        self, month: str, keys: Collection[str] | None = None, *, others: bool = False
    ) -> Pages:
        """See `Store`."""
        total: Pages = {}
        names = f"{self._prefix}:usage:{month}"
        async with self._told(), self._client.pipeline(transaction=False) as pipe:
            chosen = sorted(await self._client.smembers(names) if keys is None else keys)
            for key in chosen:
                pipe.hgetall(f"{names}:{key}")
            found = await pipe.execute()
            for key, fields in zip(chosen, found, strict=True):
                for field, packed in fields.items():
                    day, _, writer = field.partition(" ")
                    if not (others and writer == self._writer):
                        used = Usage.unpacked([float(value) for value in packed.split()])
                        total.setdefault(Entry(day, key), Usage()).add(used)
        return total

    async def close(self) -> None:
        """See `Store`."""
        await self._client.aclose()

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        """Bound what is asked, and tell what fails as one error."""
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except (RedisError, OSError, ValueError) as error:
            # TimeoutError is an OSError.
            raise UnavailableError(
                f"the keys' Redis does not answer: {type(error).__name__}"
            ) from error
