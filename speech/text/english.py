"""English: written forms to words."""


def read_english(text: str, *, british: bool = False) -> str:
    """Spoken form of one cleaned English sentence."""
    return text
