"""What a server leaves to others of its machine: nothing, neither while it runs nor after."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest
from servers import ROOT, free_port, wait_for

pytestmark = pytest.mark.integration


def open_to_others(folder: Path) -> list[str]:
    """What others could open below a folder; where they cannot enter, nothing."""
    found = []
    for item in folder.iterdir():
        mode = item.lstat().st_mode
        if item.is_symlink() or not mode & 0o077:
            continue
        found.append(f"{stat.filemode(mode)} {item}")
        if item.is_dir():
            found += open_to_others(item)
    return found


@pytest.mark.parametrize("kept", [False, True], ids=["own_folder", "ray_tmpdir"])
def test_files_are_for_their_owner_and_none_is_left(*, kept: bool) -> None:
    """Also where the operator names Ray's folder, and a token was there that all could read."""
    with tempfile.TemporaryDirectory(prefix="ct-", dir="/tmp") as name:
        home, temporary, rays = (Path(name) / part for part in ("home", "tmp", "rays"))
        for folder in (home, temporary, rays):
            folder.mkdir()
        rays.chmod(0o700)
        token = home / ".ray" / "auth_token"
        if kept:
            token.parent.mkdir(mode=0o700)
            token.write_text("a" * 64)
            token.chmod(0o644)
        port = free_port()
        log = Path(name) / "log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [Path(sys.executable).parent / "chorale", "serve", "--port", str(port)],
                env={
                    **{key: text for key, text in os.environ.items() if key[:4] != "RAY_"},
                    **({"RAY_TMPDIR": str(rays)} if kept else {}),
                    "HOME": str(home),
                    "TMPDIR": str(temporary),
                    "PYTHONPATH": str(ROOT),
                },
                stdout=output,
                stderr=output,
                cwd=ROOT,
                umask=0o022,
            )
        try:
            wait_for(
                lambda: (
                    server.poll() is not None
                    or httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
                ),
                timeout=180,
                what="readiness",
            )
            assert server.poll() is None, log.read_text()
            assert token.stat().st_mode & 0o777 == 0o600
            assert [*open_to_others(home), *open_to_others(temporary)] == []
            assert rays.stat().st_mode & 0o777 == 0o700
            assert any(path.is_socket() for path in Path(name).rglob("*"))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(90)
        assert server.returncode == 0, log.read_text()
        left = [path for folder in (temporary, rays) for path in folder.rglob("*")]
        assert left == ([rays / "ray"] if kept else [])
        assert {path for path in home.rglob("*") if path.is_file()} == {token}
