"""What the README tells a newcomer to type works as it stands."""

import re
import shutil
import subprocess
from pathlib import Path

import av
import pytest
from servers import ROOT, Server

pytestmark = pytest.mark.integration


def test_the_python_snippets_run(
    server: Server, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    snippets = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(snippets) >= 2
    scope: dict[str, object] = {}
    for snippet in snippets:
        code = snippet.replace("http://127.0.0.1:8000", server.url)
        exec(compile(code, "README.md", "exec"), scope)  # noqa: S102
    scope["client"].close()  # type: ignore[attr-defined]


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_curl_example_speaks(server: Server, tmp_path: Path) -> None:
    (example,) = re.findall(r"^    (curl (?:.*\\\n)*.*)$", (ROOT / "README.md").read_text(), re.M)
    command = example.replace("http://127.0.0.1:8000", server.url)
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, timeout=60)
    with av.open(str(tmp_path / "hello.mp3")) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) > 12_000
