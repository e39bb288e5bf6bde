"""Keys, classes, metrics, errors and links that the documentation names exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from ray.serve.schema import DeploymentSchema, ServeApplicationSchema

from serve_app import schemas
from serve_app.config import GraphConfig
from serve_app.error_table import TABLE
from speech import telemetry
from speech.config import StrictModel
from speech.engines.kinds import ENGINES, engine_kind
from speech.errors import ConfigError

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in (
        ROOT / "README.md",
        ROOT / "ARCHITECTURE.md",
        *sorted((ROOT / "docs").glob("*.md")),
    )
}
ROOMS = ("speech", "deployments", "serve_app")
FILES = re.compile(r".*\.(py|ya?ml|json|toml|md|onnx|png|com)")
NO_KEYS = {
    *("speech.audio.delta", "speech.audio.done", "speech.audio.timestamps"),
    *("normalization.emojis", "piper.http_server", "turns.2.voice"),
    *("session.config", "session.done", "input.done", "audio.start", "audio.done", "audio.chunk"),
    *(
        "output_format.container",
        "onnxruntime.quantization",
        "onnxruntime.transformers",
        "chorale.speech",
    ),
}
"""What others call their own, and a wrong field; whatever else is dotted is a configuration key."""


def models() -> set[type[BaseModel]]:
    """All configuration, and what else YAML in the documentation may be of."""
    entries = {engine_kind(name).entry for name in ENGINES}
    found: set[type[BaseModel]] = set(entries)
    waiting: list[type[BaseModel]] = [StrictModel]
    while waiting:
        kind = waiting.pop()
        found.add(kind)
        waiting += kind.__subclasses__()
    return found


MODELS = models()
OTHERS = {DeploymentSchema, ServeApplicationSchema, schemas.SpeechBody, schemas.NormalizationBody}
FIELDS = {name for model in MODELS | OTHERS for name in model.model_fields}


def code(page: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", PAGES[page], flags=re.M | re.S))


def inside(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation holds, e.g. those of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from inside(argument)


def is_key(path: list[str], kinds: set[type[BaseModel]]) -> bool:
    """Whether one of the models has this field, and that one the next."""
    fields = [kind.model_fields[path[0]] for kind in kinds if path[0] in kind.model_fields]
    held = {kind for field in fields for kind in inside(field.annotation)}
    return bool(fields) and (len(path) == 1 or is_key(path[1:], held))


@pytest.mark.parametrize("page", PAGES)
def test_dotted_keys_exist(page: str) -> None:
    dotted = {text for text in code(page) if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", text)}
    keys = {text for text in dotted - NO_KEYS if not FILES.fullmatch(text)}
    assert {key for key in keys if not is_key(key.split("."), MODELS | OTHERS)} == set()


def keys_of(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from keys_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys_of(item)


@pytest.mark.parametrize("page", PAGES)
def test_keys_in_yaml_exist(page: str) -> None:
    """In code such as `min: 2`, and in indented blocks that are lists."""
    blocks = re.findall(
        r"^    - \w+:.*\n(?:    .*\n)*|^    - \{.*\n(?:    .*\n)*", PAGES[page], re.M
    )
    parts = [text for text in code(page) if re.match(r"[a-z_]+: \S", text)]
    named = {key for text in (*parts, *blocks) for key in keys_of(yaml.safe_load(text))}
    assert named - FIELDS - {"…"} == set()


def test_every_key_of_a_graph_has_its_row_and_class() -> None:
    row = r"^\| `(\w+)` \| (?:\[`(\w+)`\]\(\.\./([\w/]+)\.py\))? ?\| "
    rows = re.findall(row, PAGES["docs/operations.md"], re.M)
    told = {key: (kind, module.replace("/", ".")) for key, kind, module in rows}
    wanted = {
        key: next(((kind.__name__, kind.__module__) for kind in inside(field.annotation)), ("", ""))
        for key, field in GraphConfig.model_fields.items()
    }
    wanted["catalogue"] = ("CatalogueConfig", "speech.voices")
    assert {key: told.get(key) for key in wanted} == wanted


def test_every_field_in_the_tables_of_settings_exists() -> None:
    """Names with an underscore in the first column of a table are fields, or something told."""
    first = re.findall(r"^\| (`[^|]*`) \|", PAGES["docs/operations.md"], re.M)
    names = {name for cell in first for name in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", cell)}
    listening = {"gcs_server"}
    assert names - FIELDS - listening - {metric.name for metric in telemetry.ALL} == set()


def test_configuration_classes_exist() -> None:
    named = {text for page in PAGES for text in code(page) if re.fullmatch(r"[A-Z]\w+", text)}
    settings = {name for name in named if re.search(r"(Config|Tuning|Limits)$", name)}
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    written = {
        name for path in files for name in re.findall(r"^class (\w+)", path.read_text(), re.M)
    }
    assert settings - written == set()


def test_every_metric_is_told() -> None:
    told = set(re.findall(r"\bchorale_\w+", PAGES["docs/operations.md"]))
    assert told == {metric.name for metric in telemetry.ALL}


def test_every_error_is_told() -> None:
    codes = {kind.code for kind in TABLE if kind is not ConfigError}
    assert codes - set(re.findall(r"`(\w+)`", PAGES["docs/api.md"])) == set()


@pytest.mark.parametrize("page", PAGES)
def test_files_exist(page: str) -> None:
    """Paths of our own folders in code; a star stands for any name."""
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    named = {text for text in code(page) if re.fullmatch(r"[\w.*-]+/[\w./*-]+", text)}
    ours = {text for text in named if text.partition("/")[0] in folders - {"docs"}}
    made = {text for text in ours if text.startswith("loadtests/out")}
    assert {text for text in ours - made if not list(ROOT.glob(text.rstrip("/")))} == set()


def anchors(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page, re.M)
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target, anchor in re.findall(
        r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", re.sub(r"`[^`\n]*`", "", text)
    ):
        file = (ROOT / page).parent / target if target else ROOT / page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text("utf-8")), f"{target}#{anchor}"
