import numpy as np
import pytest

report = pytest.importorskip("training.report", reason="pictures need matplotlib")


def test_a_page_holds_figures_pictures_and_what_was_left_out() -> None:
    time = np.arange(24_000) / 24_000
    wave = np.sin(2 * np.pi * 300 * time).astype(np.float32)
    picture = report.Picture('Say "<a>".', ((wave, 24_000, "teacher"), (wave, 24_000, "voice")))
    assert picture.png().startswith(b"\x89PNG")
    found = {
        "voice": "<v>",
        "bytes": 5,
        "speed": {"reply_ms": 12.5},
        "speakers": {"ann": {"voice": {"word_error": 0.2}, "dc": 0.0}},
        "left_out": ["bob"],
    }
    page = report.page(found, [picture])
    for part in ("Voice &lt;v&gt;", "<td>12.5", "word_error 0.2", "<li>bob", "image/png;base64,"):
        assert part in page
    assert "<a>" not in page
