"""The histories as one HTML page, and as metrics for Prometheus."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from serve_app.benchmark.history import Point
from serve_app.benchmark.regression import Regression

_WIDTH, _HEIGHT, _EDGE = 340, 110, 8
_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;
padding:32px 20px;
max-width:1120px;color:light-dark(#1d2330,#e6e9f0);background:light-dark(#f6f7f9,#14171d)}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:14px}
section{background:light-dark(#fff,#1c212b);border:1px solid light-dark(#e3e7ee,#2d3442);
border-radius:12px;padding:14px 16px}section.worse{border-color:#c4320a}h2{font-size:15px;margin:0}
p{margin:2px 0;font-size:13px;color:light-dark(#667085,#98a2b3)}p b{color:#e0562b}
polyline{fill:none;stroke:#5b7cfa;stroke-width:2}circle{fill:#5b7cfa}svg{width:100%;height:auto}
"""


def trends_page(histories: Mapping[str, Sequence[Point]], regressions: Sequence[Regression]) -> str:
    """A curve for each number; what got worse comes first."""
    worse = {one.name: one for one in regressions}
    names = sorted(histories, key=lambda name: (name not in worse, name))
    drawn = "".join(_drawn(name, histories[name], worse.get(name)) for name in names)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Benchmarks</title>'
        f"<style>{_STYLE}</style><h1>Benchmarks</h1><main>{drawn}</main></html>"
    )


def _drawn(name: str, points: Sequence[Point], worse: Regression | None) -> str:
    values = [point.value for point in points]
    low, high = min(values), max(values)
    step = (_WIDTH - 2 * _EDGE) / max(1, len(points) - 1)
    places = [
        (
            _EDGE + step * i,
            _HEIGHT - _EDGE - (value - low) / ((high - low) or 1) * (_HEIGHT - 2 * _EDGE),
        )
        for i, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"><title>{escape(point.at)} '
        f"{escape(point.revision)}: {point.value:.4g}</title></circle>"
        for (x, y), point in zip(places, points, strict=True)
    )
    told = f"<p><b>worse</b>: {escape(worse.told())}</p>" if worse else ""
    return (
        f'<section class="{"worse" if worse else ""}"><h2>{escape(name)}</h2>'
        f"<p>{values[-1]:.4g} now, {low:.4g} to {high:.4g} in {len(values)} runs</p>{told}"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}"><polyline points="{line}"/>{dots}</svg></section>'
    )


def metrics(histories: Mapping[str, Sequence[Point]], regressions: Sequence[Regression]) -> str:
    """The last run in Prometheus's text format, for a textfile collector or a Pushgateway."""
    worse = {one.name for one in regressions}
    at = datetime.now(UTC).timestamp()
    lines = [
        "# HELP chorale_benchmark_timestamp_seconds When the last benchmark ended.",
        "# TYPE chorale_benchmark_timestamp_seconds gauge",
        f"chorale_benchmark_timestamp_seconds {at:.0f}",
        "# HELP chorale_benchmark_value What the last benchmark measured.",
        "# TYPE chorale_benchmark_value gauge",
        *(
            f'chorale_benchmark_value{{name="{name}"}} {points[-1].value:.6g}'
            for name, points in histories.items()
        ),
        "# HELP chorale_benchmark_regression 1 where a number got worse in the last runs.",
        "# TYPE chorale_benchmark_regression gauge",
        *(
            f'chorale_benchmark_regression{{name="{name}"}} {int(name in worse)}'
            for name in histories
        ),
    ]
    return "\n".join(lines) + "\n"
