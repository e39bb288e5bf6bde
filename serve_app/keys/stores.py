"""Which store a configuration names."""

import os
from pathlib import Path

from serve_app.keys.books import Store
from serve_app.keys.files import FileStore
from serve_app.keys.limits import KeysConfig
from speech.errors import ConfigError


def open_store(config: KeysConfig, home: Path, writer: str) -> Store:
    """Open what keeps keys and usage; nothing is read yet.

    Raises:
        ConfigError: it is a Redis, and its URL is wrong or the extra `redis` is not installed.
    """
    if config.redis is None:
        return FileStore(home, writer, config.keep_months)
    try:
        from serve_app.keys.redis_store import RedisStore  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ConfigError("keys in a Redis need the extra `redis`") from error
    password = os.environ.get("CHORALE_KEYS_REDIS_PASSWORD")
    return RedisStore(config.redis, writer, config.keep_months, password)
