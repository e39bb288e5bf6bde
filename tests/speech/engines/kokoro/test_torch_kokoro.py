"""Kokoro on torch: batches are what their rows are alone, and what the published graph is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch", reason="extra torch")

from speech.config import EngineConfig  # noqa: E402
from speech.engines import load_engine  # noqa: E402
from speech.engines.kinds import Voice  # noqa: E402
from speech.engines.kokoro.graph import read_graph  # noqa: E402
from speech.engines.kokoro.network import KokoroNetwork, Lstm, adain, spans, turned  # noqa: E402
from speech.engines.kokoro.rows import KokoroRow, KokoroRows, Wave  # noqa: E402
from speech.engines.kokoro.torch_engine import _LOUDER, KokoroTorchEngine  # noqa: E402
from speech.engines.kokoro.weights import graph_weights, read_weights  # noqa: E402
from speech.engines.onnx_session import OnnxSession  # noqa: E402
from speech.engines.torch_batches import Given  # noqa: E402
from speech.errors import ConfigError, SynthesisError  # noqa: E402
from speech.types import Pcm, PhraseJob  # noqa: E402
from tests.dequantized import dequantized_graph  # noqa: E402

CLOSE = 2e-3
TEXTS = ("Done.", "It is eight o'clock.", "Paris", "Oh!", "Half of them had gone.")
STYLES = ("jm_kumo", "jf_alpha", "jf_nezumi(0.25)+jm_kumo(0.75)", "jf_tebukuro", "jf_gongitsune")
SPEEDS = (1.0, 1.25, 0.8, 1.1)


@pytest.fixture(autouse=True, scope="module")
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def engine(real_voice: Voice) -> KokoroTorchEngine:
    made = load_engine(real_voice, EngineConfig(provider="torch", threads=2))
    assert isinstance(made, KokoroTorchEngine)
    return made


@pytest.fixture(scope="module")
def rows(real_voice: Voice, say_job: Callable[..., PhraseJob]) -> Callable[[int], list[KokoroRow]]:
    """Some rows of mixed lengths, styles, speeds and seeds."""
    reader = KokoroRows(real_voice)

    def make(count: int) -> list[KokoroRow]:
        found = []
        for place in range(count):
            job = say_job(
                TEXTS[place % len(TEXTS)],
                speaker=STYLES[place % len(STYLES)],
                speed=SPEEDS[place % len(SPEEDS)],
                seed=place,
            )
            row = reader.read(job)
            assert isinstance(row, KokoroRow)
            found.append(row)
        return found

    return make


@pytest.fixture(scope="module")
def alone(engine: KokoroTorchEngine, rows: Callable[[int], list[KokoroRow]]) -> list[Wave]:
    """What each of 5 rows is alone."""
    found = [engine.render([row])[0] for row in rows(len(TEXTS))]
    return [wave for wave in found if wave is not None]


@pytest.mark.parametrize("count", [2, 5, 16])
def test_a_batch_is_what_its_rows_are_alone(
    engine: KokoroTorchEngine,
    rows: Callable[[int], list[KokoroRow]],
    alone: list[Wave],
    count: int,
) -> None:
    together = engine.render(rows(count))
    assert all(together)
    assert len(alone) == len(TEXTS)
    for one, several in zip(alone, together, strict=False):
        assert several is not None
        assert np.array_equal(one.durations, several.durations)
        assert np.array_equal(one.normal, several.normal)
        assert np.abs(one.samples - several.samples).max() < CLOSE
        assert np.abs(one.samples).max() > 0.2


def test_padding_changes_nothing(
    engine: KokoroTorchEngine, rows: Callable[[int], list[KokoroRow]], alone: list[Wave]
) -> None:
    """Two frames of padding hurt a network without masks as much as many; so do ids."""
    assert engine._renderer is not None
    network = engine._renderer._network
    row = rows(3)[2]
    for more_ids, more_frames in ((0, 2), (40, 70)):
        ids = torch.tensor(np.pad(row.ids, (0, more_ids), constant_values=50))[None]
        real = torch.tensor([[row.speed, *row.style]], dtype=torch.float32)
        given = Given(torch.tensor([[row.noise]]), real)
        with torch.inference_mode():
            states, ends, _ = network.encode(ids, torch.tensor([len(row.ids)]), given)
            frames = int(ends[0, -1])
            samples, _ = network.speak(states, torch.tensor([0]), ends, given, frames + more_frames)
        wave = samples[0].numpy() / 32767 * _LOUDER
        assert np.abs(wave[: frames * 600] - alone[2].samples).max() < CLOSE
        assert not samples[0, frames * 600 :].any()


SPECTRA = "/decoder/decoder/generator/Concat_3_output_0"


@pytest.fixture(scope="module")
def graph(real_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published graph without its integers, which also shows its source's spectra."""
    path = tmp_path_factory.mktemp("floats") / "kokoro.onnx"
    model = dequantized_graph(onnx.load(real_model))
    model.graph.output.append(onnx.helper.make_tensor_value_info(SPECTRA, 1, None))
    onnx.save(model, path)
    return path


def test_it_is_the_published_graph(
    graph: Path, rows: Callable[[int], list[KokoroRow]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That graph draws no noise, so where there is no voice its source is all but silent.

    The phase of all but nothing is a matter of rounding: the network is given the graph's spectra
    of its source. The graph also leaves out the sum of windows behind the first 20 samples.
    """
    theirs = read_graph(graph.read_bytes())
    session = OnnxSession(theirs.model, EngineConfig(threads=2))
    network = KokoroNetwork(read_weights(graph), noise=False)
    for row in rows(4)[2:3]:
        feeds = {
            theirs.tokens: row.ids[None],
            "style": row.style[None],
            "speed": np.array([row.speed], np.float32),
        }
        audio, spectra, units = session.run((theirs.audio, SPECTRA, theirs.units), feeds)
        theirs_given = torch.tensor(spectra)
        monkeypatch.setattr(network, "_spectra", lambda _wave, _lengths, it=theirs_given: it)
        ids = torch.tensor(row.ids)[None]
        real = torch.tensor([[row.speed, *row.style]], dtype=torch.float32)
        given = Given(torch.tensor([[0]]), real)
        with torch.inference_mode():
            states, ends, _ = network.encode(ids, torch.tensor([len(row.ids)]), given)
            samples, sane = network.speak(states, torch.tensor([0]), ends, given, int(ends[0, -1]))
        assert bool(sane)
        durations = np.maximum(1, np.rint(units.reshape(-1) / np.float32(row.speed)))
        assert np.diff(ends[0].numpy(), prepend=0).tolist() == durations.tolist()
        wave = samples[0].numpy() / 32767 * _LOUDER
        whole = np.abs(wave) < _LOUDER * 0.999
        assert np.abs(wave - audio.reshape(-1))[20:][whole[20:]].max() < CLOSE


def test_the_source_is_the_graphs_where_there_is_a_voice(
    graph: Path, rows: Callable[[int], list[KokoroRow]], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = read_graph(graph.read_bytes())
    session = OnnxSession(theirs.model, EngineConfig(threads=2))
    network = KokoroNetwork(read_weights(graph), noise=False)
    row = rows(3)[2]
    feeds = {
        theirs.tokens: row.ids[None],
        "style": row.style[None],
        "speed": np.array([row.speed], np.float32),
    }
    (expected,) = session.run((SPECTRA,), feeds)
    ids = torch.tensor(row.ids)[None]
    real = torch.tensor([[row.speed, *row.style]], dtype=torch.float32)
    given = Given(torch.tensor([[0]]), real)
    found: list[Any] = []

    def kept(_text: Any, *, pitch: Any, lengths: Any, **_more: Any) -> Any:
        found.append(
            network._spectra(network._source(pitch[:, 0], given.whole[:, 0], lengths), lengths)
        )
        return pitch[:, 0]

    monkeypatch.setattr(network, "_decode", kept)
    with torch.inference_mode():
        states, ends, _ = network.encode(ids, torch.tensor([len(row.ids)]), given)
        network.speak(states, torch.tensor([0]), ends, given, int(ends[0, -1]))
    sizes, phases = np.split(found[0].numpy()[0], 2)
    their_sizes, their_phases = np.split(expected.reshape(22, -1), 2)
    assert np.abs(sizes - their_sizes).max() < 5e-3
    loud = their_sizes > 0.05
    turns = np.abs(np.exp(1j * phases) - np.exp(1j * their_phases))[loud]
    assert loud.mean() > 0.1
    assert np.quantile(turns, 0.99) < 0.05


def test_noise_is_the_rows_own(
    engine: KokoroTorchEngine, rows: Callable[[int], list[KokoroRow]], alone: list[Wave]
) -> None:
    (other,) = engine.render([replace(row, noise=row.noise + 1000) for row in rows(1)])
    assert other is not None
    assert np.abs(other.samples - alone[0].samples).max() > 10 * CLOSE


def test_a_wrong_phrase_in_a_batch_fails_alone(
    engine: KokoroTorchEngine, say_job: Callable[..., PhraseJob]
) -> None:
    good, bad = say_job("Done.", timed=True), say_job("Done.", speaker="nobody")
    first, second = engine.synthesize([bad, good])
    assert isinstance(first, SynthesisError)
    assert isinstance(second, Pcm)
    assert second.phoneme_seconds is not None
    assert second.phoneme_seconds.sum() == pytest.approx(second.duration, abs=1e-3)


# Parts, without the real weights.


def test_a_backward_lstm_begins_at_a_rows_own_end() -> None:
    torch.manual_seed(0)
    whole = torch.nn.LSTM(6, 4, batch_first=True, bidirectional=True)
    mine = Lstm({f"l.{name}": value.detach() for name, value in whole.named_parameters()}, "l")
    lengths = torch.tensor([7, 3, 1])
    x = torch.randn(3, 7, 6)
    with torch.inference_mode():
        found = mine(x, turned(lengths, 7))
        for row, length in enumerate(lengths.tolist()):
            expected = whole(x[row : row + 1, :length])[0][0]
            assert torch.allclose(found[row, :length], expected, atol=1e-6)


def test_padding_has_no_part_in_a_norm() -> None:
    torch.manual_seed(0)
    x, scale, beta = torch.randn(2, 3, 9), torch.rand(2, 3, 1), torch.rand(2, 3, 1)
    found = adain(x, (scale, beta), spans(torch.tensor([9, 4]), 9))
    for row, length in ((0, 9), (1, 4)):
        part = torch.nn.functional.instance_norm(x[row : row + 1, :, :length])
        expected = scale[row] * part[0] + beta[row]
        assert torch.allclose(found[row, :, :length], expected, atol=1e-5)
    assert not found[1, :, 4:].any()


def test_weights_are_read_from_every_file(real_model: Path, graph: Path, tmp_path: Path) -> None:
    """The official file has a state for each part, of wrapped modules with weight norms."""
    weights = read_weights(real_model)
    floats = graph_weights(onnx.load(graph))
    for name, value in floats.items():
        assert np.array_equal(value, weights[name].numpy()), name
    parts: dict[str, dict[str, torch.Tensor]] = {}
    for name, value in weights.items():
        part, _, rest = name.partition(".")
        state = parts.setdefault(part, {})
        if ".conv" in name and name.endswith(".weight"):
            base = f"module.{rest.removesuffix('.weight')}"
            norm = value.flatten(1).norm(dim=1).view(-1, 1, 1)
            state[f"{base}.weight_v"], state[f"{base}.weight_g"] = 3 * value, norm
        else:
            state[f"module.{rest}"] = value
    torch.save(parts, tmp_path / "kokoro.pth")
    official = read_weights(tmp_path / "kokoro.pth")
    assert official.keys() == weights.keys()
    for name, value in official.items():
        assert torch.allclose(value, weights[name], atol=1e-6), name


def test_files_without_weights_are_refused(tmp_path: Path) -> None:
    for name, content in (("a.pth", b"none"), ("a.onnx", b"none")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match="no weights"):
            read_weights(tmp_path / name)
    torch.save({"bert": {}}, tmp_path / "b.pth")
    with pytest.raises(ConfigError, match="no weights"):
        read_weights(tmp_path / "b.pth")
    with pytest.raises(ConfigError, match="no weights"):
        read_weights(tmp_path / "missing.pth")
