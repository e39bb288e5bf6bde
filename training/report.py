"""An evaluation as a page of its own: figures, and spectrograms of teacher beside voice."""

import base64
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

_STYLE = "body{font:15px sans-serif;margin:2em}td{padding:2px 12px}img{max-width:100%}"


@dataclass(frozen=True, slots=True)
class Picture:
    """Spectrograms one above the other."""

    text: str
    """What is spoken."""
    waves: tuple[tuple[npt.NDArray[np.float32], int, str], ...]
    """Wave, hertz and title of each."""

    def png(self) -> bytes:
        """From 0 Hz to half the sample rate, at a common level."""
        figure = Figure(figsize=(13, 4 * len(self.waves)))
        axes = figure.subplots(len(self.waves), 1, squeeze=False)[:, 0]
        for axis, (wave, rate, title) in zip(axes, self.waves, strict=True):
            level = float(np.sqrt(np.mean(wave**2))) or 1.0
            levelled = wave * (0.06 / level)
            axis.specgram(levelled, NFFT=768, Fs=rate, noverlap=640, vmin=-130, vmax=-40)
            axis.set_title(f"{title}: {self.text[:90]}")
        figure.tight_layout()
        content = BytesIO()
        figure.savefig(content, dpi=60)
        return content.getvalue()


def page(report: Mapping[str, Any], pictures: Sequence[Picture]) -> str:
    """HTML with the pictures inside."""
    title = f"Voice {html.escape(report['voice'])}"
    parts = [f"<!doctype html><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>"]
    parts.append(f"<h1>{title}</h1>{_table({'bytes': report['bytes'], **report['speed']})}")
    for name, found in report["speakers"].items():
        parts.append(f"<h2>{html.escape(name or 'voice')}</h2>{_table(found)}")
    if report["left_out"]:
        items = "".join(f"<li>{html.escape(line)}" for line in report["left_out"])
        parts.append(f"<h2>Left out</h2><ul>{items}</ul>")
    for picture in pictures:
        content = base64.b64encode(picture.png()).decode()
        alt = html.escape(picture.text, quote=True)
        parts.append(f'<p><img alt="{alt}" src="data:image/png;base64,{content}">')
    return "\n".join(parts) + "\n"


def _table(figures: Mapping[str, Any]) -> str:
    rows = []
    for key, value in figures.items():
        shown = value
        if isinstance(value, Mapping):
            shown = ", ".join(f"{name} {part}" for name, part in value.items())
        rows.append(f"<tr><td>{html.escape(key)}<td>{html.escape(str(shown))}")
    return f"<table>{''.join(rows)}</table>"
