"""The studio in a real browser: what is heard, shown and told; on a narrow screen, too."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from servers import Server

from speech.types import AUDIO_FORMATS
from tests.browser import Browser, open_page

pytestmark = pytest.mark.integration

TEXT = (
    "It costs $3.50 at 12:30, or so they say. 😀 Every “word” of this **text** lights up while it "
    "is spoken, as it is written. Another sentence follows, and then it is over."
)
MOMENTS = (0.5, 2.0, 4.0, 6.5, 9.0)
"""Seconds of the audio at which the page is looked at."""
SLACK = 0.1
"""Seconds by which the page may lag: some frames of its own."""
PATIENCE = 1.5
"""Seconds of the audio within which it must be so prompt once: a busy machine lets it wait."""


def is_right(marks: list[dict[str, Any]], heard: float, shown: str) -> bool:
    """Whether a word is shown that is said, or was until a moment ago."""
    assert heard is not None, "it is over too soon"
    said = {it["text"] for it in marks if it["start"] <= heard and heard - SLACK < it["end"]}
    silent = not any(it["start"] <= heard - SLACK < it["end"] for it in marks)
    return shown in said or (silent and shown == "")


@pytest.fixture
def browser(server: Server, tmp_path: Path) -> Iterator[Browser]:
    with open_page(f"{server.url}/", tmp_path) as browser:
        browser.wait("!!window.heard", "the script")
        yield browser


def test_the_word_that_is_heard_is_highlighted(
    server: Server, browser: Browser, tmp_path: Path
) -> None:
    body = {"model": "tts-1", "input": TEXT, "voice": "heart", "response_format": "pcm"}
    route = f"{server.url}/v1/audio/speech/with-timestamps"
    marks = httpx.post(route, json=body, timeout=60).json()["marks"]
    assert browser.evaluate("document.getElementById('voice').value") == "alloy"
    browser.fill(text=TEXT)
    browser.click("#play")
    # Both are read in one turn of the page's loop.
    look = "[heard(), document.querySelector('.page .now')?.textContent ?? '']"
    for moment in MOMENTS:
        browser.wait(f"(heard() ?? 0) >= {moment}", "the moment")
        seen = [browser.evaluate(look)]
        while not is_right(marks, *seen[-1]):
            assert seen[-1][0] < moment + PATIENCE, seen
            seen.append(browser.evaluate(look))
        browser.picture(tmp_path / f"studio-{moment:.1f}.png")
    # The page shows the text as it was written, to the last letter.
    assert browser.evaluate("document.querySelector('.page').textContent") == TEXT
    browser.wait("heard() === null", "the end")
    assert browser.evaluate("document.querySelector('.page .now')") is None
    assert len(marks) == browser.evaluate("document.querySelectorAll('.times li').length")
    assert "three dollars" in browser.text("#reading")
    assert "ˈ" in browser.text("#reading code")


def test_two_voices_are_compared_and_heard_again(browser: Browser) -> None:
    browser.fill(text="A pair of voices.", voice="nova", other="onyx", format="mp3", speed="2")
    browser.click("#play")
    browser.wait("document.querySelectorAll('.take dl div').length === 10", "both replies")
    takes = [browser.text(f".take:nth-child({number})") for number in (1, 2)]
    for take, voice in zip(takes, ("heart/nova", "heart/onyx"), strict=True):
        assert voice in take
        assert re.search(r"First audio\s+[\d.]+ ms", take)
        assert re.search(r"Cache\s+(miss|hit|hot|coalesced)", take)
    browser.wait("heard() === null", "the end of both")
    browser.click(".take .again")
    browser.wait("(heard() ?? 0) > 0.2", "the first one again")
    browser.click("#stop")
    assert browser.evaluate("heard()") is None
    browser.click("#play")
    browser.wait("document.querySelector('.take dl')?.innerText.includes('hot')", "a hot reply")
    # What is saved is the file that was asked for.
    saved = "fetch(document.querySelector('.save').href).then(it => it.arrayBuffer())"
    size = browser.evaluate(f"{saved}.then(it => it.byteLength).catch(() => 'refused')")
    assert size == "refused", "the page may connect to its server alone"
    assert browser.evaluate("document.querySelector('.save').download") == "speech.mp3"
    browser.click("#stop")


def test_every_format_is_heard(browser: Browser) -> None:
    for name in AUDIO_FORMATS:
        browser.fill(text="Short.", format=name)
        browser.click("#play")
        browser.wait("(heard() ?? 0) > 0.1", f"{name} in the browser")
        assert browser.text("#error") == ""
        assert name in browser.text("#code") or name == "mp3"


def test_words_of_the_lexicon_are_sent_and_shown(browser: Browser) -> None:
    browser.fill(text="Ask nginx.")
    browser.click("#add")
    browser.evaluate(
        "document.querySelectorAll('#lexicon input').forEach((it, n) => {"
        "it.value = ['nginx', 'engine X'][n];"
        "it.dispatchEvent(new Event('input', {bubbles: true}))})"
    )
    assert '"nginx":"engine X"' in browser.text("#code")
    browser.click("#play")
    browser.wait("document.getElementById('reading').innerText.includes('engine X')", "the word")
    browser.click("#lexicon button")
    assert 'nginx":' not in browser.text("#code")


def test_the_code_does_what_it_says(server: Server, browser: Browser, tmp_path: Path) -> None:
    browser.fill(text='It\'s "quoted" and $HOME.', voice="nova", format="wav")
    code = browser.text("#code")
    subprocess.run(["bash", "-c", code], cwd=tmp_path, check=True, timeout=60, capture_output=True)
    assert (tmp_path / "speech.wav").read_bytes()[:4] == b"RIFF"
    (tmp_path / "speech.wav").unlink()
    browser.click(".tabs button:nth-child(2)")
    python = browser.text("#code")
    run = [sys.executable, "-c", python]
    subprocess.run(run, cwd=tmp_path, check=True, timeout=60, capture_output=True)
    assert (tmp_path / "speech.wav").read_bytes()[:4] == b"RIFF"
    browser.click(".tabs button:nth-child(3)")
    assert "openai" in browser.text("#code")


def test_an_error_is_shown(browser: Browser) -> None:
    browser.fill(text="Speak.", voice="espeak", language="")
    browser.evaluate("document.getElementById('text').value = 'x'.repeat(4097)")
    browser.click("#play")
    assert "at most 4096" in browser.wait(
        "document.getElementById('error').textContent", "the error"
    )


def test_the_page_fits_and_can_be_read(browser: Browser) -> None:
    browser.fill(text="Words " * 20 + "W" * 90, voice="nova", other="onyx", format="pcm")
    browser.click("#play")
    browser.wait("document.querySelectorAll('.take dl div').length >= 5", "a reply")
    browser.wait("!!document.querySelector('#reading code')", "how it is read")
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (320, "dark")):
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        # Without motion colours change at once.
        media = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        browser.call("Emulation.setEmulatedMedia", features=media)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        # WCAG 2.2: what is written stands out from what is behind it.
        for selector in ("#play", ".under", "dt", "#reading code", ".quiet:enabled", "#text"):
            assert browser.evaluate(CONTRAST % json.dumps(selector)) >= 4.5, selector
    # Every control has a name for those who do not see it.
    controls = {"button", "textbox", "combobox", "slider", "link", "tab"}
    for node in browser.call("Accessibility.getFullAXTree")["nodes"]:
        if not node["ignored"] and node["role"]["value"] in controls:
            assert node["name"]["value"], node


CONTRAST = """(selector => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((it) => it / 255).map((it) =>
    it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4)
    .reduce((sum, it, at) => sum + it * [0.2126, 0.7152, 0.0722][at], 0);
  const element = document.querySelector(selector);
  let behind = element;
  while (parse(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const [a, b] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor]
    .map((it) => light(parse(it)) + 0.05);
  return Math.max(a, b) / Math.min(a, b);
})(%s)"""


def test_it_is_worked_by_keys(browser: Browser) -> None:
    browser.fill(text="Keys are enough for all of this.")
    browser.evaluate("document.getElementById('text').focus()")
    for kind in ("rawKeyDown", "keyUp"):
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "modifiers": 2}
        browser.call("Input.dispatchKeyEvent", type=kind, **key)
    browser.wait("(heard() ?? 0) > 0.1", "speech")
    key = {"key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27}
    browser.call("Input.dispatchKeyEvent", type="rawKeyDown", **key)
    browser.wait("heard() === null", "silence")
    browser.evaluate("document.querySelector('.tabs button').focus()")
    key = {"key": "ArrowRight", "code": "ArrowRight", "windowsVirtualKeyCode": 39}
    browser.call("Input.dispatchKeyEvent", type="rawKeyDown", **key)
    assert "from openai import OpenAI" in browser.text("#code")


def test_the_page_loads_nothing_from_elsewhere(server: Server) -> None:
    for path in ("/", *(f"/studio/{it}" for it in ("studio.css", "studio.js", "player.js"))):
        reply = httpx.get(f"{server.url}{path}")
        assert reply.status_code == 200
        assert reply.headers["content-security-policy"].startswith("default-src 'none'; ")
        code = re.sub(r"^\s*//.*|http://www.w3.org/2000/svg", "", reply.text, flags=re.M)
        assert not re.search(r"(https?:)?//[a-z]", code)
