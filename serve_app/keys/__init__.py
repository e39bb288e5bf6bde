"""Keys: who may speak how much, and what it came to."""

import os


def key_headers() -> dict[str, str]:
    """What a command of ours signs in with: CHORALE_API_KEY, where it is set."""
    key = os.environ.get("CHORALE_API_KEY")
    return {"Authorization": f"Bearer {key}"} if key else {}
