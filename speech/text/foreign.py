"""Numbers in languages other than English."""


def read_numbers(text: str, language: str) -> str:
    """Spoken form of the numbers in one cleaned sentence."""
    return text
