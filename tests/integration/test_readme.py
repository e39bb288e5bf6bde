"""What the README tells a newcomer to type works as it stands."""

import re

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
