"""Every configuration file loads through its typed model, and a wrong key is refused."""

import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

from speech.engines.loading import load_engine
from speech.errors import ConfigError, InvalidInputError
from speech.voices import VoiceCatalogue

with warnings.catch_warnings():
    # Ray's own imports warn, and warnings are errors here.
    warnings.simplefilter("ignore")
    from ray.serve.schema import ServeDeploySchema

    from serve_app.app import _engine, build_graph
    from serve_app.config import CONFIG_FOLDER, GraphArguments, GraphConfig, Replicas

ROOT = Path(__file__).resolve().parents[1]
OTHERS = {"voices", "serve_config"}
GRAPHS = sorted(path for path in CONFIG_FOLDER.glob("*.yaml") if path.stem not in OTHERS)
WOMEN = ["alloy", "coral", "marin", "nova", "sage", "shimmer"]
MEN = ["ash", "ballad", "cedar", "echo", "fable", "onyx", "verse"]


def test_the_files_are_there() -> None:
    assert {"cpu", "gpu"} <= {path.stem for path in GRAPHS}
    assert (CONFIG_FOLDER / "voices.yaml").is_file()


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_a_graph_loads_and_refers_to_files_that_exist(path: Path) -> None:
    graph = GraphConfig.load(path)
    assert graph.catalogue.is_absolute()
    catalogue = VoiceCatalogue.load(graph.catalogue)
    assert set(graph.preload) <= set(catalogue.voices)


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_nothing_admitted_waits_for_a_slot(path: Path) -> None:
    graph = GraphConfig.load(path)
    for name in ("gateway", "normalizer", "audio_cache", "encoder"):
        stage = getattr(graph.stages, name)
        assert stage.max_ongoing_requests * stage.min >= graph.admission.max_inflight_requests
    assert graph.cache.max_fills >= graph.admission.max_inflight_requests
    synthesizer = graph.stages.synthesizer
    if synthesizer.min == synthesizer.max and not synthesizer.inline:
        phrases = graph.admission.max_inflight_requests * (1 + graph.encoder.look_ahead)
        assert synthesizer.max_ongoing_requests >= phrases
    # A stage that scales lets phrases wait at their callers; but what a replica takes, its gate
    # holds: a phrase refused there would truncate a reply that has begun.
    assert graph.batch.max_waiting >= synthesizer.max_ongoing_requests


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_admission_knows_how_long_a_first_phrase_is(path: Path) -> None:
    graph = GraphConfig.load(path)
    assert graph.admission.first_phrase_characters == graph.text.phrases.first_max_characters


@pytest.mark.filterwarnings("ignore:The `metrics_interval_s`")
@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_a_graph_can_be_bound(path: Path) -> None:
    assert build_graph(GraphConfig.load(path))


def test_replicas_can_be_kept_on_several_nodes() -> None:
    assert "max_replicas_per_node" not in Replicas(min=2, max=2).options()
    assert "memory" not in Replicas().options()["ray_actor_options"]
    assert Replicas(memory=10**9).options()["ray_actor_options"]["memory"] == 10**9
    assert Replicas(min=2, max=2, max_per_node=1).options()["max_replicas_per_node"] == 1


def test_every_voice_of_the_catalogue_can_be_loaded() -> None:
    graph = GraphArguments(config="cpu").graph()
    catalogue = VoiceCatalogue.load(graph.catalogue)
    for voice in catalogue.voices.values():
        engine = load_engine(voice, graph.engine)
        assert engine.info.sample_rate == voice.sample_rate
        engine.close()


def test_openais_voice_names_are_understood() -> None:
    catalogue = VoiceCatalogue.load(CONFIG_FOLDER / "voices.yaml")
    assert sorted(catalogue.aliases) == sorted(WOMEN + MEN)
    for name in WOMEN + MEN:
        for language in (None, "en", "en-us"):
            voice, found, _ = catalogue.resolve_in(name, language)
            assert (voice.id, found) == ("heart", name)


def test_the_page_of_the_api_tells_who_speaks() -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    for names, example in ((WOMEN, "heart/alloy"), (MEN, "heart/ash")):
        assert f"| {', '.join(names)} | `heart` under the same name, as `{example}` |" in page


def test_openais_voice_names_speak_every_language() -> None:
    """espeak-ng does where heart does not, and thirteen names are thirteen voices there."""
    catalogue = VoiceCatalogue.load(CONFIG_FOLDER / "voices.yaml")
    for language in ("de", "en-gb", "cmn"):
        assert catalogue.resolve_in(catalogue.default, language)[2] == language
        found = [catalogue.resolve_in(name, language) for name in WOMEN + MEN]
        assert {(voice.id, tag) for voice, _, tag in found} == {("espeak", language)}
        assert len({speaker for _, speaker, _ in found}) == len(WOMEN + MEN)
    with pytest.raises(InvalidInputError, match="de"):
        catalogue.resolve_in("heart", "de")


def test_a_fresh_install_speaks_with_a_natural_voice() -> None:
    for path in GRAPHS:
        catalogue = VoiceCatalogue.load(GraphConfig.load(path).catalogue)
        assert catalogue.default_voice == "heart"


def set_in(content: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    head, _, rest = path.partition(".")
    inner = content.get(head)
    changed = set_in(inner if isinstance(inner, dict) else {}, rest, value) if rest else value
    return {**content, head: changed}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("catalog", "voices.yaml"),
        ("stages.gateways", {}),
        ("stages.encoder.cpus", 1),
        ("stages.encoder.num_cpus", -1),
        ("stages.encoder.num_cpus", "one"),
        ("stages.encoder.max", 0),
        ("engine.provider", "tpu"),
        ("engine.fallback", ["auto"]),
        ("engine.precision", "int8"),
        ("engine.precisions", ["fp64"]),
        ("engine.gpu_share", 0),
        ("engine.gpu_share", 1.5),
        ("engine.treads", 1),
        ("batch.later_share", 0),
        ("batch.later_share", 1),
        ("batch.classes", []),
        ("cache.second", {"kind": "tape"}),
        ("cache.second", {"kind": "disk"}),
        ("cache.frame_bytes", 0),
        ("cache.fill_timeout", float("inf")),
        ("audio.opus_complexity", 11),
        ("encoder.look_ahead", -1),
        ("admission.max_inflight_requests", 0),
        ("gateway.hot", {"bytes": 1}),
        ("text.phrases.max_characters", 0),
    ],
)
def test_a_wrong_graph_is_refused(tmp_path: Path, path: str, value: Any) -> None:
    content = yaml.safe_load((CONFIG_FOLDER / "cpu.yaml").read_text())
    file = tmp_path / "graph.yaml"
    file.write_text(yaml.safe_dump(set_in(content, path, value)))
    with pytest.raises(ConfigError, match=path.rpartition(".")[2]):
        GraphConfig.load(file)


@pytest.mark.parametrize("raw", [b"- 1", b"stages: [", b"\xff\xfe\xff", b"text"])
def test_a_file_that_is_no_graph_is_refused(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "graph.yaml"
    file.write_bytes(raw)
    with pytest.raises(ConfigError, match=r"graph\.yaml"):
        GraphConfig.load(file)


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    file = tmp_path / "graph.yaml"
    file.write_text("")
    assert GraphConfig.load(file).catalogue == (tmp_path / "voices.yaml").resolve()


def test_a_configuration_is_named_or_a_path(tmp_path: Path) -> None:
    assert GraphArguments(config="gpu").graph().engine.provider == "cuda"
    assert GraphArguments(config="cpu").graph().engine.provider == "cpu"
    file = tmp_path / "own.yaml"
    file.write_text("preload: [x]")
    assert GraphArguments(config=str(file)).graph().preload == ("x",)
    with pytest.raises(ConfigError, match=r"nowhere"):
        GraphArguments(config="nowhere").graph()


def test_the_serve_configuration_is_one() -> None:
    content = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    # What an installed package serves, where there is no repository.
    assert content == yaml.safe_load((CONFIG_FOLDER / "serve_config.yaml").read_text())
    schema = ServeDeploySchema.model_validate(content)
    (application,) = schema.applications
    assert application.import_path == "serve_app.app:build"
    assert application.route_prefix == "/"
    arguments = GraphArguments.model_validate(application.args)
    assert arguments.graph() == GraphConfig.load(CONFIG_FOLDER / "cpu.yaml")
    # It would cut a long reply after its 200.
    assert schema.http_options.request_timeout_s is None
    assert schema.http_options.host == "127.0.0.1"
    with pytest.raises(ValueError, match="configs"):
        GraphArguments.model_validate({"configs": "cpu"})


def test_the_shipped_lexicons_go_to_the_front_end() -> None:
    for path in GRAPHS:
        lexicons = GraphConfig.load(path).front_end().lexicons
        assert "Qwen" in lexicons["en-us"]


def test_a_graphs_own_words_come_on_top_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "en.yaml").write_text("a: one\nb: two\n", "utf-8")
    path = tmp_path / "graph.yaml"
    own = {"lexicons": {"en": {"b": "three"}, "de": {"c": "vier"}}}
    path.write_text(yaml.safe_dump({"lexicon": "words", "text": own}), "utf-8")
    config = GraphConfig.load(path)
    assert config.front_end().lexicons == {"en": {"a": "one", "b": "three"}, "de": {"c": "vier"}}
    # What is read is what is there when the graph is built: that makes a new deployment reload it.
    (tmp_path / "words" / "en.yaml").write_text("a: other\n", "utf-8")
    assert config.front_end().lexicons["en"] == {"a": "other", "b": "three"}
    path.write_text("lexicon: null\n", "utf-8")
    assert GraphConfig.load(path).front_end().lexicons == {}


def test_a_wrong_lexicon_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "graph.yaml"
    path.write_text("lexicon: nowhere\n", "utf-8")
    with pytest.raises(ConfigError, match="nowhere"):
        GraphConfig.load(path).front_end()
    path.write_text("lexicon: null\ntext: {lexicons: {en: {a: ''}}}\n", "utf-8")
    with pytest.raises(ConfigError, match="entry 1"):
        GraphConfig.load(path).front_end()


def test_a_replicas_fraction_of_a_gpu_is_its_share_of_the_memory() -> None:
    graph = GraphConfig.load(CONFIG_FOLDER / "gpu.yaml")
    stages = graph.stages

    def share(num_gpus: float, asked: float | None = None) -> float | None:
        replicas = stages.synthesizer.model_copy(update={"num_gpus": num_gpus})
        update = {
            "stages": stages.model_copy(update={"synthesizer": replicas}),
            "engine": graph.engine.model_copy(update={"gpu_share": asked}),
        }
        return _engine(graph.model_copy(update=update)).gpu_share

    assert _engine(graph).gpu_share == stages.synthesizer.num_gpus == 0.25
    assert [share(0), share(1), share(0.5), share(0.5, asked=0.3)] == [None, None, 0.5, 0.3]


def test_what_is_measured_lies_beside_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "graph.yaml"
    file.write_text("engine: {provider_cache: measured}")
    assert GraphConfig.load(file).engine.provider_cache == tmp_path.resolve() / "measured"
