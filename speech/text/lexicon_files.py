"""Lexicons as files: one YAML file for each language, named after its tag.

Kubernetes: /kˌuːbɚnˈɛɾiːz/            phonemes between slashes
nginx: engine x                         words to say instead
SQL: {say: sequel, case: exact, priority: 1}
"""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from speech.config import LexiconWords
from speech.errors import ConfigError
from speech.text.lexicon import lexicon_entries

MAX_ENTRIES = 50_000
"""Words of one file; they travel to every replica of the normalizer."""

_WORDS: TypeAdapter[LexiconWords] = TypeAdapter(LexiconWords)


def load_lexicon(path: Path) -> LexiconWords:
    """The words of one file.

    Raises:
        ConfigError: it is missing, or an entry is wrong.
    """
    try:
        # YAML 1.1 reads some words as other things: `no: ...` has to be quoted, and is told so.
        words = _WORDS.validate_python(yaml.safe_load(path.read_text("utf-8")) or {}, strict=True)
        if len(words) > MAX_ENTRIES:
            raise ConfigError(f"lexicon {path}: more than {MAX_ENTRIES} words")
        lexicon_entries(words)
    except (OSError, ValueError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"lexicon {path}: {error}") from error
    return words


def load_lexicons(folder: Path) -> Mapping[str, LexiconWords]:
    """The words of every `*.yaml` in a folder, by language tag.

    Raises:
        ConfigError: there is no such folder, or a file is wrong.
    """
    if not folder.is_dir():
        raise ConfigError(f"lexicon: there is no folder {folder}")
    return {path.stem.lower(): load_lexicon(path) for path in sorted(folder.glob("*.yaml"))}


def lexicon_yaml(words: LexiconWords) -> str:
    """Words as the text of a file `load_lexicon` reads."""
    plain = {
        word: value if isinstance(value, str) else value.model_dump(exclude_defaults=True)
        for word, value in words.items()
    }
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=1000)
