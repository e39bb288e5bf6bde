"""The female teacher: CMU ARCTIC slt as an HTS voice at 32 kHz, through festival and hts_engine.

festival (package `festival`, voice `festvox-us-slt-hts`) turns text into full-context labels;
`hts_engine` (package `htsengine`) turns those into durations, log F0, mel-cepstra and audio.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.corpus import Sentence
from training.tracks import Tracks, Warp, parse_durations, parse_log_f0

VOICE = Path(
    "/usr/share/festival/voices/us/cmu_us_slt_arctic_hts/hts/cmu_us_slt_arctic_hts.htsvoice"
)
WARP = Warp(sample_rate=32_000, alpha=0.45)
"""As the voice file's header says."""
ORDER = 44

# Labels without the synthesis that festival's own method HTS would run behind them.
_SCHEME = """
(voice_cmu_us_slt_arctic_hts)
(set! labels_out nil)
(defSynthType LABELS
  (let ((fd (fopen labels_out "w")))
    (mapcar (lambda (x) (format fd "%s\\n" x)) (hts_dump_feats_string_list utt hts_feats_list))
    (fclose fd) utt))
(Parameter.set 'Synth_Method 'LABELS)
(define (label text out)
  (set! labels_out out) (utt.synth (eval (list 'Utterance 'Text text))) t)
"""


def speak(sentences: Sequence[Sentence], folder: Path, *, audio: bool) -> None:
    """Write `KEY.npz`, and `KEY.wav` if asked for, of sentences that are not there yet.

    Raises:
        subprocess.CalledProcessError: festival or hts_engine failed.
        FileNotFoundError: one of them is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        calls = "".join(
            f'(label "{_quoted(item.text)}" "{work / item.key}.lab")\n' for item in sentences
        )
        script = work / "labels.scm"
        script.write_text(_SCHEME + calls, "utf-8")
        _run("festival", "-b", str(script))
        for item in sentences:
            _render(work / f"{item.key}.lab", folder / item.key, audio=audio)


def _run(program: str, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise FileNotFoundError(f"{program}: install the Debian packages in training/README.md")
    subprocess.run([path, *arguments], check=True, capture_output=True)  # noqa: S603 - our own


def _quoted(text: str) -> str:
    return text.replace("\\", " ").replace('"', "")


def _render(labels: Path, stem: Path, *, audio: bool) -> None:
    durations, f0, cepstra = (labels.with_suffix(suffix) for suffix in (".dur", ".lf0", ".mgc"))
    outputs = ["-od", str(durations), "-of", str(f0), "-om", str(cepstra)]
    if audio:
        outputs += ["-ow", str(stem.with_suffix(".wav"))]
    _run("hts_engine", "-m", str(VOICE), *outputs, str(labels))
    phones, ends = parse_durations(durations.read_text("utf-8"))
    log_f0 = parse_log_f0(f0.read_bytes())
    spectra = np.frombuffer(cepstra.read_bytes(), np.float32).reshape(-1, ORDER + 1)
    if len(spectra) != len(log_f0):
        raise ValueError(f"{labels.name}: {len(spectra)} frames of spectrum, {len(log_f0)} of F0")
    Tracks(
        phones=phones,
        ends=ends,
        log_f0=log_f0,
        cepstra=spectra,
        strengths=np.zeros((len(spectra), 0), np.float32),
    ).save(stem.with_suffix(".npz"))
