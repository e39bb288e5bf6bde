"""Providers, options of ONNX Runtime and precisions, as far as a CPU shows them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

from speech.config import EngineConfig, ProviderName
from speech.engines.closeness import mel_distance
from speech.engines.hardware import gpus, this_hardware
from speech.engines.kinds import Voice, engine_kind
from speech.engines.loading import load_voice
from speech.engines.onnx_precision import half_precision, products
from speech.engines.onnx_session import OnnxSession, gpu_bytes, onnx_providers
from speech.engines.piper.engine import PiperEngine, warm_up_sizes
from speech.engines.piper.graph import read_graph
from speech.engines.piper.render import Sizes
from speech.engines.providers import candidates, load_first, load_on
from speech.errors import ConfigError
from speech.types import Pcm, PhraseJob
from tests.real_voices import piper_joe

AsVoice = Callable[[Path], Voice]
PiperJob = Callable[..., PhraseJob]
CONFIG = EngineConfig(threads=1)
PROVIDERS = engine_kind("piper").providers
NO_CUDA = "CUDAExecutionProvider" not in onnxruntime.get_available_providers()
without_cuda = pytest.mark.skipif(not NO_CUDA, reason="this ONNX Runtime has CUDA")


def options(gpu: int = 0, **config: object) -> dict[str, dict[str, str]]:
    return dict(onnx_providers(EngineConfig.model_validate(config), gpu))


def test_a_processor_needs_no_options() -> None:
    assert options(provider="cpu") == {"CPUExecutionProvider": {}}


def test_cuda_never_searches_for_every_shape() -> None:
    cuda = options(provider="cuda")["CUDAExecutionProvider"]
    assert cuda["cudnn_conv_algo_search"] == "HEURISTIC"
    assert cuda["use_tf32"] == "0"
    assert "gpu_mem_limit" not in cuda
    assert all(isinstance(value, str) for value in cuda.values())
    assert options(provider="cuda", precision="tf32")["CUDAExecutionProvider"]["use_tf32"] == "1"
    limited = options(provider="cuda", gpu=2**34)["CUDAExecutionProvider"]
    assert limited["gpu_mem_limit"] == str(2**34)


def test_tensorrt_keeps_its_engines_and_leaves_the_rest_to_cuda(tmp_path: Path) -> None:
    found = onnx_providers(
        EngineConfig(provider="tensorrt", precision="fp16", provider_cache=tmp_path), 2**33
    )
    assert [name for name, _ in found] == ["TensorrtExecutionProvider", "CUDAExecutionProvider"]
    tensorrt, cuda = dict(found).values()
    assert tensorrt["trt_fp16_enable"] == "1"
    assert tensorrt["trt_engine_cache_enable"] == "1"
    assert Path(tensorrt["trt_engine_cache_path"]).parent == tmp_path
    assert tensorrt["trt_max_workspace_size"] == str(2**30)
    assert cuda["gpu_mem_limit"] == str(2**33)
    assert options(provider="tensorrt")["TensorrtExecutionProvider"]["trt_fp16_enable"] == "0"


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a driver's program that answers so in the place of any other."""

    def answer(text: str) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ncat <<'E'\n{text}\nE\n")
        program.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return answer


def test_a_replica_takes_its_fraction_of_the_memory(
    driver: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver("NVIDIA H200, 570.86, 143771\nNVIDIA H200, 570.86, 143771")
    assert [(gpu.name, gpu.driver) for gpu in gpus()] == [("NVIDIA H200", "570.86")] * 2
    quarter = EngineConfig(provider="cuda", gpu_share=0.25)
    assert gpu_bytes(quarter) == 143771 * 2**20 // 4
    assert gpu_bytes(EngineConfig(provider="cuda")) == 0
    assert gpu_bytes(EngineConfig(provider="cpu", gpu_share=0.25)) == 0
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(ConfigError, match="names no GPU"):
        gpu_bytes(quarter)


@pytest.mark.parametrize("text", ["", "No devices were found", "a, b", "a, b, c"])
def test_a_driver_that_tells_nothing_is_no_gpu(driver: Callable[[str], None], text: str) -> None:
    driver(text)
    assert gpus() == ()
    assert gpus("no-such-program") == ()


def test_the_machine_is_named() -> None:
    hardware = this_hardware()
    assert hardware.processor
    assert hardware.cores > 0
    assert {"chorale", "onnx"} <= dict(hardware.libraries).keys()


@without_cuda
def test_a_fallback_is_taken_in_its_order_and_says_why(
    tiny: Path, as_voice: AsVoice, caplog: pytest.LogCaptureFixture
) -> None:
    config = EngineConfig(provider="cuda", fallback=("tensorrt", "cpu"), threads=1)
    info = load_voice(as_voice(tiny), config).info
    assert (info.provider, info.precision) == ("cpu", "fp32")
    assert info.choice.startswith("fallback: provider 'cuda' is not available")
    assert info.choice.index("'cuda'") < info.choice.index("'tensorrt'")
    assert "'tensorrt' is not available" in caplog.text
    assert load_voice(as_voice(tiny), CONFIG).info.choice == "asked for"


@without_cuda
def test_without_a_fallback_nothing_else_is_taken(tiny: Path, as_voice: AsVoice) -> None:
    with pytest.raises(ConfigError, match="'cuda' is not available: this ONNX Runtime has only"):
        load_voice(as_voice(tiny), EngineConfig(provider="cuda"))
    config = EngineConfig(provider="cuda", fallback=("tensorrt",))
    with pytest.raises(ConfigError, match=r"voice 'tiny': .*'cuda'.*; .*'tensorrt'"):
        load_voice(as_voice(tiny), config)


def test_a_fallback_that_lacks_the_precision_speaks_in_single(
    tiny: Path, as_voice: AsVoice
) -> None:
    def refuse(_voice: Voice, _config: EngineConfig) -> PiperEngine:
        raise ConfigError("no memory")

    def reason(_voice: Voice) -> str:
        return ""

    broken = type(PROVIDERS["cuda"])(precisions=("tf32",), unavailable=reason, load=refuse)
    config = EngineConfig(provider="cuda", precision="tf32", fallback=("cpu",), threads=1)
    engine, choice, fell_back = load_first(
        as_voice(tiny), config, "", {**PROVIDERS, "cuda": broken}
    )
    assert engine.info.precision == "fp32"
    assert (choice, fell_back) == ("fallback: no memory", True)


def test_a_precision_that_a_provider_lacks_is_an_error(tiny: Path, as_voice: AsVoice) -> None:
    with pytest.raises(ConfigError, match=r"'cpu' has no precision 'tf32', only fp32, fp16"):
        load_voice(as_voice(tiny), EngineConfig(precision="tf32"))
    with pytest.raises(ConfigError, match="'auto'"):
        load_on(as_voice(tiny), EngineConfig(provider="auto"), PROVIDERS)


def test_an_engine_that_does_not_speak_is_not_taken(
    tiny: Path, as_voice: AsVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> object:
        raise MemoryError

    monkeypatch.setattr(OnnxSession, "run", fail)
    with pytest.raises(ConfigError, match="does not speak on 'cpu': the model failed: MemoryError"):
        load_voice(as_voice(tiny), CONFIG)


def test_candidates_are_what_is_allowed() -> None:
    names: set[ProviderName] = {name for name, _ in candidates(("fp32",), PROVIDERS)}
    assert names == set(PROVIDERS)
    assert ("cuda", "tf32") in candidates(("tf32", "fp16"), PROVIDERS)
    assert ("cpu", "fp32") not in candidates(("tf32", "fp16"), PROVIDERS)


def test_a_gpus_first_runs_span_the_others() -> None:
    few = Sizes("cuda")
    rows, ids = zip(*warm_up_sizes("tensorrt", batches=True), strict=True)
    for count, length in ((1, 1), (3, 40), (8, 250), (16, 600)):
        assert min(rows) <= few.rows(count) <= max(rows)
        assert min(ids) <= few.steps(length) <= max(ids)
    # Captured or built for them: they are shapes that come back.
    assert all((few.rows(n), few.steps(t)) == (n, t) for n, t in zip(rows, ids, strict=True))
    assert {count for count, _ in warm_up_sizes("cuda", batches=False)} == {1}
    assert max(length for _, length in warm_up_sizes("cpu", batches=True)) == 120


def test_a_bound_run_computes_the_same(tiny: Path, as_voice: AsVoice) -> None:
    """What a GPU runs, on the CPU's memory."""
    graph = read_graph(tiny, as_voice(tiny).model_config)
    session = OnnxSession(graph.models[0], CONFIG)
    ids = np.arange(20, dtype=np.int64)[np.newaxis]
    feeds: dict[str, npt.NDArray[np.generic]] = {
        "input": ids,
        "input_lengths": np.array([20]),
        "scales": np.array([0.0, 1.0, 0.0], np.float32),
        graph.duration_noise: np.zeros((1, 2, 20), np.float32),
        "not an input": ids,
    }
    plain = session.run(graph.names[:3], feeds)
    del feeds["not an input"]
    for one, other in zip(plain, session._run_bound(graph.names[:3], feeds), strict=True):
        assert np.array_equal(one, other)


def test_shapes_are_few_and_hardly_larger() -> None:
    few, every = Sizes("cuda"), Sizes("cpu")
    lengths = range(17, 3000)
    assert [every.steps(n) for n in (1, 17, 999)] == [1, 17, 999]
    assert [every.rows(n) for n in (1, 3)] == [1, 3]
    assert [few.rows(n) for n in (1, 2, 3, 5, 8, 9)] == [1, 2, 4, 8, 8, 16]
    assert all(n <= few.steps(n) <= 1.25 * n for n in lengths)
    assert few.steps(1) == 16
    assert len({few.steps(n) for n in lengths}) < 40


def test_few_shapes_sound_the_same(tiny_many: Path, as_voice: AsVoice, piper_job: PiperJob) -> None:
    """The same rows, filled up as for a GPU."""
    jobs = [piper_job(n, speaker=f"s{n % 3}", seed=n) for n in (7, 30, 51)]
    engine = PiperEngine(as_voice(tiny_many), CONFIG)
    plain = spoken(engine, jobs)
    assert hasattr(engine._renderer, "_sizes")
    engine._renderer._sizes = Sizes("cuda")
    filled = spoken(engine, jobs)
    for one, other in zip(plain, filled, strict=True):
        assert len(one) == len(other)
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 1


def spoken(engine: PiperEngine, jobs: list[PhraseJob]) -> list[npt.NDArray[np.int16]]:
    results = engine.synthesize(jobs)
    assert all(isinstance(item, Pcm) for item in results), results
    return [item.samples for item in results if isinstance(item, Pcm)]


def test_half_precision_keeps_the_rhythm_and_nearly_the_sound(
    as_voice: AsVoice, piper_job: PiperJob
) -> None:
    voice = as_voice(piper_joe())
    jobs = [piper_job(40), piper_job(70)]
    single = spoken(PiperEngine(voice, CONFIG), jobs)
    engine = PiperEngine(voice, CONFIG.model_copy(update={"precision": "fp16"}))
    assert engine.info.precision == "fp16"
    for one, other in zip(single, spoken(engine, jobs), strict=True):
        assert not np.array_equal(one, other)
        assert mel_distance(one, other, voice.sample_rate) < 0.01


def test_only_products_that_bear_it_are_chosen() -> None:
    model = onnx.load(str(piper_joe()))
    chosen = products(model)
    made = {name: node for node in model.graph.node for name in node.output}
    names = {made[name].name for name in chosen}
    every = {node.name for node in model.graph.node if node.op_type in {"Conv", "ConvTranspose"}}
    # The projection to the prior, all of flow and decoder but the last layer, and nothing of the
    # encoder and the lengths before.
    sound = {name for name in every if name.startswith(("/flow/", "/dec/"))}
    assert names == sound - {"/dec/conv_post/Conv"} | {"/enc_p/proj/Conv"}
    half = half_precision(model, chosen)
    kinds = {item.name: item.data_type for item in half.graph.initializer}
    assert sum(name.endswith(".fp16") for name in kinds) >= len(chosen)
    assert [item.name for item in half.graph.input] == [item.name for item in model.graph.input]


def test_closeness_is_the_ears() -> None:
    rate = 24_000
    time = np.arange(rate) / rate
    tone = 8000 * np.sin(2 * np.pi * 300 * time)
    assert mel_distance(tone, tone, rate) == 0.0
    # A tenth louder is 0.19 nepers of power, wherever there is any.
    noise = np.random.default_rng(0).standard_normal(rate) * 1000
    assert mel_distance(noise, 1.1 * noise, rate) == pytest.approx(0.19, abs=0.01)
    assert mel_distance(tone, tone[:-200], rate) < 0.1
    assert mel_distance(tone, tone[: rate // 2], rate) == float("inf")
