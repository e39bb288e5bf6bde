import fcntl
import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from voice_site import Site

from serve_app.voices.download import Downloader, PullError, RemoteFile

CONTENT = random.Random(1).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
HALF = len(CONTENT) // 2
Fetch = Callable[..., Path]


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def fetch(site: Site, tmp_path: Path, pauses: list[float]) -> Fetch:
    """Fetch the file; what is known of it may be changed. Checks that its bytes were counted."""
    site.files["/a.onnx"] = CONTENT

    def run(**known: object) -> Path:
        told = {"size": len(CONTENT), "sha256": SHA256} | known
        file = RemoteFile(**{"url": f"{site.url}/a.onnx", "name": "a.onnx", **told})
        target, counted = tmp_path / "voice" / "a.onnx", [0]
        with httpx.Client(follow_redirects=True, timeout=5) as client:
            Downloader(client, pauses.append).fetch(
                file, target, lambda count: counted.append(counted[-1] + count)
            )
        assert target.read_bytes() == CONTENT
        assert counted[-1] == len(CONTENT)
        assert [path.name for path in target.parent.iterdir()] == ["a.onnx"]
        return target

    return run


@pytest.mark.parametrize("known", [{}, {"size": None}, {"sha256": "", "md5": MD5}, {"sha256": ""}])
def test_a_file_comes_whole(fetch: Fetch, site: Site, known: dict[str, object]) -> None:
    fetch(**known)
    assert site.asked == [("/a.onnx", "")]


@pytest.mark.parametrize("act", ["break", "cut"])
def test_what_breaks_off_is_resumed(fetch: Fetch, site: Site, act: str) -> None:
    site.script["/a.onnx"] = [act] * 6
    fetch()
    spans = site.ranges("/a.onnx")
    assert spans[:2] == ["", f"bytes={HALF}-"]
    assert len(spans) == 7


def test_a_later_run_goes_on_where_one_was_killed(fetch: Fetch, site: Site, tmp_path: Path) -> None:
    (tmp_path / "voice").mkdir()
    (tmp_path / "voice" / "a.onnx.part").write_bytes(CONTENT[:1000])
    fetch()
    assert site.ranges("/a.onnx") == ["bytes=1000-"]


def test_without_a_digest_nothing_is_resumed(fetch: Fetch, site: Site, tmp_path: Path) -> None:
    (tmp_path / "voice").mkdir()
    (tmp_path / "voice" / "a.onnx.part").write_bytes(b"other")
    fetch(sha256="")
    assert site.ranges("/a.onnx") == [""]


def test_a_wrong_beginning_is_thrown_away(fetch: Fetch, site: Site, tmp_path: Path) -> None:
    (tmp_path / "voice").mkdir()
    (tmp_path / "voice" / "a.onnx.part").write_bytes(b"x" * 1000)
    fetch()
    assert site.ranges("/a.onnx") == ["bytes=1000-", ""]


@pytest.mark.parametrize("act", ["whole", "other range", 416])
def test_a_server_that_does_not_resume(
    fetch: Fetch, site: Site, tmp_path: Path, act: str | int
) -> None:
    (tmp_path / "voice").mkdir()
    (tmp_path / "voice" / "a.onnx.part").write_bytes(CONTENT[:1000])
    site.script["/a.onnx"] = [act]
    fetch()
    assert site.ranges("/a.onnx") == ["bytes=1000-", *([""] if act != "whole" else [])]


@pytest.mark.parametrize("known", [{}, {"size": None}])
@pytest.mark.parametrize("act", ["long", "short"])
def test_a_server_that_lies_once_about_the_length(
    fetch: Fetch, site: Site, act: str, known: dict[str, object]
) -> None:
    site.script["/a.onnx"] = [act]
    if act == "short" and known:
        # Nothing contradicts the length, but the digest does.
        with pytest.raises(PullError, match="not what was promised: its sha256"):
            fetch(**known)
    fetch(**known)


@pytest.mark.parametrize("act", ["long", "short"])
def test_a_server_that_always_lies_about_the_length(
    fetch: Fetch, site: Site, tmp_path: Path, act: str
) -> None:
    site.script["/a.onnx"] = [act] * 50
    with pytest.raises(PullError, match=r"and 300000 were promised\. Where there is no network"):
        fetch()
    assert not (tmp_path / "voice" / "a.onnx").exists()


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("wrong", "not what was promised: its sha256 is"),
        ("endless", "goes on beyond the 300000 bytes told"),
        (404, "the server answers 404"),
        (403, "the server answers 403"),
    ],
)
def test_what_cannot_be_mended_ends_at_once(
    fetch: Fetch, site: Site, tmp_path: Path, act: str | int, says: str
) -> None:
    site.script["/a.onnx"] = [act]
    with pytest.raises(PullError, match=says):
        fetch()
    assert len(site.asked) == 1
    assert list((tmp_path / "voice").iterdir()) == []


def test_where_only_md5_is_known_it_is_held_to_that(fetch: Fetch, site: Site) -> None:
    site.script["/a.onnx"] = ["wrong"]
    with pytest.raises(PullError, match="its md5 is"):
        fetch(sha256="", md5=MD5)


def test_a_busy_server_is_asked_again_when_it_says(
    fetch: Fetch, site: Site, pauses: list[float]
) -> None:
    site.script["/a.onnx"] = [503, 429]
    fetch()
    assert pauses == [7, 7]
    site.script["/a.onnx"] = [503] * 50
    (fetch()).unlink()
    with pytest.raises(PullError, match="the server answers 503"):
        fetch()


def test_without_a_network_address_and_place_are_named(
    fetch: Fetch, site: Site, tmp_path: Path, pauses: list[float]
) -> None:
    url = "http://127.0.0.1:9/a.onnx"
    with pytest.raises(PullError) as told:
        fetch(url=url)
    target = tmp_path / "voice" / "a.onnx"
    assert url in str(told.value)
    assert f"put the file at {target} and run the command again" in str(told.value)
    assert pauses == [1, 2, 4]
    # Put there by hand it is taken, once it is right.
    target.write_bytes(CONTENT)
    fetch(url=url)
    target.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(PullError, match="cannot be had"):
        fetch(url=url)


def test_redirects_are_followed_and_their_digest_counts(fetch: Fetch, site: Site) -> None:
    site.files["/b"] = CONTENT
    site.script["/a.onnx"] = [f"{site.url}/b"]
    site.headers = {"X-Linked-Etag": f'"{SHA256}"'}
    fetch(sha256="", md5=MD5).unlink()
    site.script["/a.onnx"] = [f"{site.url}/b"]
    site.headers = {"X-Linked-Etag": f'"{"0" * 64}"'}
    with pytest.raises(PullError, match=r"its sha256 is .* and not 0000"):
        fetch(sha256="", md5=MD5)
    site.script["/a.onnx"] = [f"{site.url}/a.onnx"] * 50
    with pytest.raises(PullError, match="redirects"):
        fetch()


def test_two_do_not_fetch_one_file(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "voice").mkdir()
    with (tmp_path / "voice" / "a.onnx.part").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(PullError, match="another process is fetching"):
            fetch()
    fetch()


def test_a_proxy_of_the_environment_is_used(
    fetch: Fetch, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", site.url)
    site.files["http://voices.invalid/a.onnx"] = CONTENT
    fetch(url="http://voices.invalid/a.onnx")
    assert site.asked == [("http://voices.invalid/a.onnx", "")]


def test_an_encrypted_address_leads_to_no_other(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            return httpx.Response(302, headers={"Location": "http://voices.invalid/a"})
        return httpx.Response(200, content=CONTENT)

    file = RemoteFile(url="https://voices.invalid/a", name="a", sha256=SHA256)
    client = httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=True)
    with client, pytest.raises(PullError, match="which is not encrypted"):
        Downloader(client).fetch(file, tmp_path / "a", lambda _: None)
    assert list(tmp_path.iterdir()) == []
