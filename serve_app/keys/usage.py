"""What `GET /v1/usage` says."""

import re
from dataclasses import asdict

from pydantic import BaseModel, Field

from serve_app.keys.books import Usage, today
from serve_app.keys.meter import Meter
from speech.errors import InvalidInputError


class UsageSum(BaseModel):
    """What was used."""

    requests: int = Field(description="Replies that had begun and did not fail.")
    characters: int = Field(description="Of their written text.")
    audio_seconds: float = Field(description="Of replies that were sent whole.")
    cache_hits: int = Field(description="Replies that were kept from before.")


class KeyDay(UsageSum):
    """By one key on one day."""

    key: str = Field(description="The key's name.")
    day: str = Field(description="Such as 2026-11-30, UTC.")


class UsageReply(BaseModel):
    """What was used in a month."""

    object: str = "usage"
    month: str = Field(description="Such as 2026-11.")
    data: list[KeyDay] = Field(description="By day and key.")
    total: UsageSum


async def usage_reply(meter: Meter, month: str | None, key: str | None) -> UsageReply:
    """What a key has used in a month, or all keys where it is None; this month for no month.

    Raises:
        InvalidInputError: it is no month.
        UnavailableError: the books cannot be read.
    """
    month = today()[:7] if month is None else month
    if not re.fullmatch(r"\d{4}-\d{2}", month, re.ASCII):
        raise InvalidInputError("month must be written like 2026-11", "month")
    found = await meter.usage(month, key)
    total = Usage()
    for used in found.values():
        total.add(used)
    return UsageReply(
        month=month,
        data=[
            KeyDay(key=entry.key, day=entry.day, **asdict(used))
            for entry, used in sorted(found.items())
        ],
        total=UsageSum(**asdict(total)),
    )
