"""Kokoro on ONNX Runtime: graphs and packs of every kind, and the published ones."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
from onnx import TensorProto

from speech.config import EngineConfig, TextConfig
from speech.engines import load_engine
from speech.engines.kinds import Voice
from speech.engines.kokoro.engine import KokoroEngine
from speech.engines.kokoro.rows import HOP
from speech.engines.kokoro.styles import read_styles
from speech.errors import ConfigError, SynthesisError
from speech.loudness import loudness, true_peak
from speech.text import FrontEnd
from speech.types import Pcm, PhraseJob
from tests.conftest import passage, phrase_job
from tests.speech.engines.kokoro.conftest import folder, read, write_graph, write_styles

RATE = 24_000
CONFIG = EngineConfig(threads=2)
IDS = (0, 43, 46, 45, 51, 0)
UNITS = (1, 3, 2, 1, 3, 1)
"""How long the tiny graph holds each of them."""


def tiny(folder: Path, **more: object) -> KokoroEngine:
    model = write_graph(folder / "tiny.onnx", **more)  # type: ignore[arg-type]
    styles = write_styles(folder / "styles.npz", af_a=0.1, bm_b=0.3)
    made = load_engine(read(model, styles), CONFIG)
    assert isinstance(made, KokoroEngine)
    return made


def job(speaker: str = "af_a", **more: object) -> PhraseJob:
    return phrase_job("word", **{"phoneme_ids": IDS, "speaker": speaker, **more})


def say(engine: KokoroEngine, one: PhraseJob) -> Pcm:
    (pcm,) = engine.synthesize([one])
    assert isinstance(pcm, Pcm), pcm
    return pcm


def raw(engine: KokoroEngine, one: PhraseJob) -> npt.NDArray[np.float32]:
    row = engine._rows.read(one)
    assert not isinstance(row, SynthesisError)
    return engine.render(row).samples


@pytest.mark.parametrize("tokens", ["tokens", "input_ids"])
@pytest.mark.parametrize("speed", [TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64])
def test_graphs_of_all_namings_speak(tmp_path: Path, tokens: str, speed: int) -> None:
    engine = tiny(tmp_path, tokens=tokens, speed=speed)
    assert engine.info.max_batch_size == 1
    assert "masks" in engine.info.batching
    normal, slow = (say(engine, job(speed=pace, timed=True)) for pace in (1.0, 0.5))
    assert normal.phoneme_seconds is not None
    assert normal.phoneme_seconds.sum() == pytest.approx(normal.duration, abs=1e-4)
    assert slow.duration == pytest.approx(2 * normal.duration, rel=0.12)
    # The first and the last give of theirs what is cut, and the lead of sounds over their symbols.
    middle = normal.phoneme_seconds[2:4] / 0.025
    assert middle == pytest.approx(np.array(UNITS[2:4]), abs=0.01)


def test_a_graph_that_hides_its_durations_speaks_without_times(tmp_path: Path) -> None:
    assert say(tiny(tmp_path, shows=False), job(timed=True)).phoneme_seconds is None


@pytest.mark.parametrize("draws", ["RandomNormalLike", "RandomUniformLike"])
def test_what_a_graph_draws_hangs_on_the_seed(tmp_path: Path, draws: str) -> None:
    engine = tiny(tmp_path, draws=draws)
    assert engine.info.deterministic
    one, again, other = (raw(engine, job(seed=seed)) for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert np.array_equal(one, raw(engine, job(seed=3, index=1)))
    silent = raw(tiny(tmp_path), job())
    noise = (one - silent) / 0.1
    mean, deviation = (0.0, 1.0) if "Normal" in draws else (0.5, 12**-0.5)
    assert noise.mean() == pytest.approx(mean, abs=0.05)
    assert noise.std() == pytest.approx(deviation, rel=0.05)


def test_a_phrase_takes_the_row_of_its_length_and_a_mix_the_mean(tmp_path: Path) -> None:
    engine = tiny(tmp_path)
    row = engine._rows.read(job())
    assert not isinstance(row, SynthesisError)
    assert row.style[:2].tolist() == [pytest.approx(0.1), len(IDS) - 3]
    mixed = engine._rows.read(job("af_a(0.25)+bm_b(0.75)"))
    assert not isinstance(mixed, SynthesisError)
    assert mixed.style[0] == pytest.approx(0.25)
    assert np.abs(raw(engine, job("af_a(1)+bm_b(1)"))).max() == pytest.approx(0.2, rel=0.01)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"phoneme_ids": (0, 0)}, "0 phonemes"),
        ({"phoneme_ids": (0, *[43] * 511, 0)}, "511 phonemes"),
        ({"phoneme_ids": (0, 999, 0)}, "outside"),
        ({"speaker": "nobody"}, "no such speaker"),
        ({"speaker": "af_a(0)+bm_b"}, "no speaker"),
    ],
)
def test_a_wrong_phrase_fails_alone(tmp_path: Path, wrong: dict[str, object], says: str) -> None:
    engine = tiny(tmp_path)
    bad, good = engine.synthesize([job(**wrong), job()])
    assert isinstance(bad, SynthesisError)
    assert says in bad.message
    assert isinstance(good, Pcm)


def test_packs_of_every_kind_are_the_same_numbers(tmp_path: Path) -> None:
    packs = read_styles(write_styles(tmp_path / "all.npz", af_a=0.1, bm_b=0.3))
    assert list(packs) == ["af_a", "bm_b"]
    (tmp_path / "voices.bin").write_bytes((tmp_path / "all.npz").read_bytes())
    files = tmp_path / "files"
    files.mkdir()
    (files / "af_a.bin").write_bytes(packs["af_a"].tobytes())
    (files / "README.md").write_text("no pack")
    found = [read_styles(tmp_path / "voices.bin"), read_styles(files)]
    if find_spec("torch"):
        import torch  # noqa: PLC0415

        torch.save(torch.from_numpy(packs["af_a"][:, None].copy()), files / "bm_b.pt")
        found.append(read_styles(files / "bm_b.pt"))
    for other in found:
        for pack in other.values():
            assert pack.shape == (510, 256)
        assert np.array_equal(next(iter(other.values())), packs["af_a"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.bin", b"\0" * 1000),
        ("a.npz", b"none"),
        ("a.pt", b"none"),
        ("a.bin", np.full(256, np.nan, "<f4").tobytes()),
        ("a.txt", b""),
    ],
)
def test_what_is_no_pack_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError):
        read_styles(tmp_path / name)


def test_pickles_are_not_unpickled(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="writes the file")
    torch.save({"pack": SimpleNamespace(a=torch.zeros(256))}, tmp_path / "a.pt")
    assert list(read_styles(tmp_path / "a.pt")) == ["a"]
    torch.save([torch.zeros(256), torch.ones(256)], tmp_path / "b.pt")
    with pytest.raises(ConfigError, match="single tensor"):
        read_styles(tmp_path / "b.pt")


def test_a_graph_of_another_kind_is_refused(tmp_path: Path) -> None:
    model = write_graph(tmp_path / "other.onnx", tokens="words")
    styles = write_styles(tmp_path / "styles.npz", af_a=0.1)
    with pytest.raises(ConfigError, match="no Kokoro graph"):
        load_engine(read(model, styles), CONFIG)
    model.write_bytes(b"none")
    with pytest.raises(ConfigError, match="no Kokoro graph"):
        load_engine(read(model, styles), CONFIG)


def test_languages_are_read_as_kokoro_reads_them(tmp_path: Path) -> None:
    styles = write_styles(tmp_path / "s.npz", bf_b=1, zf_z=1, ff_f=1, odd=1)
    voice = read(write_graph(tmp_path / "tiny.onnx"), styles)
    assert voice.styles == {"bf_b": "en-gb", "zf_z": "zh", "ff_f": "fr-fr", "odd": "en-us"}
    kinds = {tag: (it.kind, it.espeak_voice) for tag, it in voice.vocabularies.items()}
    assert kinds["en-gb"] == kinds[voice.language] == ("misaki", "en-gb")
    assert kinds["pt"] == kinds["pt-br"] == ("kokoro", "pt-br")
    assert kinds["ja"] == ("openjtalk", "ja")
    assert "zh" not in voice.languages


def test_a_phrase_beyond_510_phonemes_is_cut_at_its_best_place(tmp_path: Path) -> None:
    styles = write_styles(tmp_path / "s.npz", af_a=1)
    vocabulary = read(write_graph(tmp_path / "tiny.onnx"), styles).vocabulary
    config = TextConfig.model_validate({"phrases": {"max_characters": 3000}})
    text = " ".join(["Nobody in the old town had ever seen such a thing before"] * 11)
    text = f"{text}, but then they went home, {text.lower()}."
    found = FrontEnd(config).prepare(passage(text), vocabulary, words=True).phrases
    assert len(found) > 2
    assert all(len(phrase.phoneme_ids) <= 512 for phrase in found)
    assert " ".join(phrase.text for phrase in found) == text
    assert [phrase.index for phrase in found] == list(range(len(found)))
    assert [phrase.is_last for phrase in found] == [False] * (len(found) - 1) + [True]
    ends = [phrase.text[-1] for phrase in found]
    assert "," in ends
    # Every word still knows where it was written.
    for phrase in found:
        for word in phrase.words:
            assert text[slice(*word.written)].strip(".,") == phrase.text[slice(*word.spoken)].strip(
                ".,"
            )


SENTENCES = (
    "How far is it to the next station from here?",
    "Five hundred people came to hear the old man speak.",
    "Thanks for waiting; your order will arrive on Thursday.",
)


@pytest.fixture(scope="module")
def engine(real_voice: Voice) -> KokoroEngine:
    made = load_engine(real_voice, CONFIG)
    assert isinstance(made, KokoroEngine)
    return made


def test_samples_are_those_of_kokoro_onnx(
    engine: KokoroEngine,
    say_job: Callable[..., PhraseJob],
    real_model: Path,
    real_styles: Path,
) -> None:
    """The same graph, style and phonemes through the package that most people use."""
    folder("kokoro_onnx")
    import kokoro_onnx  # noqa: PLC0415 (not installed everywhere)

    theirs = kokoro_onnx.Kokoro(str(real_model), str(real_styles))
    assert engine.info.precision == "int8"
    for text, speaker, speed in zip(
        SENTENCES, ("jm_kumo", "jf_alpha", "jf_nezumi"), (1, 0.8, 1.2), strict=True
    ):
        one = say_job(text, speaker=speaker, speed=speed)
        wave, _ = theirs._create_audio(_phonemes(text), theirs.voices[speaker], speed)[0], None
        assert np.array_equal(raw(engine, one), wave)


def _phonemes(text: str) -> str:
    from speech import misaki  # noqa: PLC0415

    return misaki.phonemize(text, "en-us")


def test_loudness_ends_and_times_of_the_real_voice(
    engine: KokoroEngine, say_job: Callable[..., PhraseJob]
) -> None:
    found = [say(engine, say_job(text, timed=True)) for text in SENTENCES]
    together = np.concatenate([pcm.samples for pcm in found]) / 32768.0
    assert loudness(together, RATE) == pytest.approx(-16, abs=1.5)
    for pcm in found:
        wave = pcm.samples / 32768.0
        assert true_peak(wave) < -1
        assert np.sqrt(np.mean(wave[RATE // 40 : RATE * 3 // 40] ** 2)) > 1e-3
        assert pcm.phoneme_seconds is not None
        assert pcm.phoneme_seconds.sum() == pytest.approx(pcm.duration, abs=1e-3)
        assert pcm.phoneme_seconds[1:-2].min() >= 0.02


def test_speed_keeps_what_it_promises(
    engine: KokoroEngine, say_job: Callable[..., PhraseJob]
) -> None:
    normal = say(engine, say_job(SENTENCES[0]))
    for speed in (0.5, 1.2, 2.0, 4.0):
        assert say(engine, say_job(SENTENCES[0], speed=speed)).duration * speed == pytest.approx(
            normal.duration, rel=0.05
        )


def test_every_unit_is_600_samples(engine: KokoroEngine, say_job: Callable[..., PhraseJob]) -> None:
    row = engine._rows.read(say_job(SENTENCES[1]))
    assert not isinstance(row, SynthesisError)
    wave, durations, _ = engine.render(row)
    assert durations is not None
    assert len(durations) == len(row.ids)
    assert len(wave) == HOP * durations.sum()


def test_japanese_is_spoken(engine: KokoroEngine, say_job: Callable[..., PhraseJob]) -> None:
    pytest.importorskip("pyopenjtalk", reason="reads Japanese")
    pcm = say(engine, say_job("東京駅で三時に会いましょう。", "ja", speaker="jf_alpha"))
    assert 1.5 < pcm.duration < 4
