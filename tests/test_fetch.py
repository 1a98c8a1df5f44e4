"""Fetching an index: from a real server on loopback that cuts, forgets ranges, lies and refuses; and hostile archives."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.fetch import fetch_artifacts
from cli.main import app
from index_builder.build import build
from movies.catalogue import Catalogue
from movies.errors import BadInput, IndexMismatch, ModelMissing, MovieServiceError
from movies.movie import Movie
from movies.settings import Settings
from rag.library import Library, current_version
from tests.conftest import settings_at
from tests.encoders import HashedEncoder

VERSION = "0001-0123abcd"


@dataclass
class Bucket:
    """What the server holds and how it behaves; `asked` is the Range of each request."""

    body: bytes = b""
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)  # after so many bytes of an answer the line goes dead
    statuses: list[int] = field(default_factory=list)  # answered first, one per request
    asked: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """An object store on loopback."""
    store = Bucket()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            store.asked.append(wanted)
            if store.statuses:
                self.send_error(store.statuses.pop(0))
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and store.ranges else 0
            if wanted and store.ranges and start >= len(store.body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(store.body)}")
                self.end_headers()
                return
            self.send_response(206 if wanted and store.ranges else 200)
            self.send_header("Content-Length", str(len(store.body) - start))
            if wanted and store.ranges:
                self.send_header("Content-Range", f"bytes {start}-{len(store.body) - 1}/{len(store.body)}")
            self.end_headers()
            end = start + store.cuts.pop(0) if store.cuts else len(store.body)
            self.wfile.write(store.body[start:end])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    store.url = f"http://user:geheim@127.0.0.1:{server.server_address[1]}/films/index.tar.gz?signature=geheim"
    yield store
    server.shutdown()
    server.server_close()
    thread.join()


def packed(artifacts: Path) -> bytes:
    """The archive that the docs tell people to make."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(current_version(artifacts), current_version(artifacts).name)
        archive.add(artifacts / "posters", "posters")
    return buffer.getvalue()


def wanting(folder: Path, bucket: Bucket, **changed: object) -> Settings:
    """Settings that ask for what the bucket holds."""
    digest = hashlib.sha256(bucket.body).hexdigest()
    return settings_at(folder, **{"artifacts_url": bucket.url, "artifacts_sha256": digest, **changed})


def titles(artifacts: Path, query: str) -> list[str]:
    library = Library.open(artifacts, Settings(_env_file=None), encoder=HashedEncoder())
    return [hit.movie.id for hit in library.index.search(query, k=5)]


@pytest.fixture
def said() -> list[str]:
    return []


def test_an_index_is_fetched_checked_and_served(built_index: Path, bucket: Bucket, tmp_path: Path, said: list[str]) -> None:
    bucket.body = packed(built_index)
    settings = wanting(tmp_path, bucket)
    assert fetch_artifacts(settings, said.append) == current_version(built_index).name
    assert titles(settings.artifacts, "a heist") == titles(built_index, "a heist")
    films = Catalogue.open(current_version(settings.artifacts) / "catalogue.sqlite")
    with_poster = next(film for film in films if film.poster)
    library = Library.open(settings.artifacts, settings, encoder=HashedEncoder())
    assert library.poster(with_poster.id).is_file()
    assert not list(settings.artifacts.glob(".fetch-*"))
    assert fetch_artifacts(settings, said.append) is None
    assert len(bucket.asked) == 1


def test_the_command_fetches_once_and_says_so(built_index: Path, bucket: Bucket, tmp_path: Path) -> None:
    bucket.body = packed(built_index)
    wanted = {"ARTIFACTS": str(tmp_path / "served"), "ARTIFACTS_URL": bucket.url,
              "ARTIFACTS_SHA256": hashlib.sha256(bucket.body).hexdigest()}  # fmt: skip
    runner = CliRunner(env={f"MATINEE_{name}": value for name, value in wanted.items()})
    assert runner.invoke(app, ["fetch"]).exit_code == 0
    assert current_version(tmp_path / "served").name == current_version(built_index).name
    again = runner.invoke(app, ["fetch"])
    assert again.exit_code == 0
    assert len(bucket.asked) == 1
    nothing = CliRunner(env={"MATINEE_ARTIFACTS_URL": ""}).invoke(app, ["fetch"])
    assert "MATINEE_ARTIFACTS_URL is not set" in str(nothing.exception)


def test_nothing_is_fetched_unless_asked_for(tmp_path: Path) -> None:
    assert fetch_artifacts(settings_at(tmp_path)) is None
    assert fetch_artifacts(settings_at(tmp_path, artifacts_url="")) is None
    assert not (tmp_path / "artifacts").exists()


def test_a_cut_download_goes_on_where_it_stopped(built_index: Path, bucket: Bucket, tmp_path: Path) -> None:
    bucket.body = packed(built_index)
    third = len(bucket.body) // 3
    bucket.cuts = [third, third]
    assert fetch_artifacts(wanting(tmp_path, bucket), wait=0)
    assert bucket.asked == ["", f"bytes={third}-", f"bytes={2 * third}-"]


def test_a_later_start_goes_on_too(built_index: Path, bucket: Bucket, tmp_path: Path) -> None:
    bucket.body = packed(built_index)
    settings = wanting(tmp_path, bucket)
    bucket.cuts = [1000, 0, 0, 0, 0]
    with pytest.raises(ModelMissing, match="are kept"):
        fetch_artifacts(settings, wait=0)
    bucket.asked.clear()
    assert fetch_artifacts(settings, wait=0)
    assert bucket.asked == ["bytes=1000-"]


def test_a_download_that_was_complete_is_not_asked_for_again(built_index: Path, bucket: Bucket, tmp_path: Path) -> None:
    bucket.body = packed(built_index)
    settings = wanting(tmp_path, bucket)
    settings.artifacts.mkdir()
    (settings.artifacts / f".fetch-{settings.artifacts_sha256[:16]}.part").write_bytes(bucket.body)
    assert fetch_artifacts(settings, wait=0)
    assert bucket.asked == [f"bytes={len(bucket.body)}-"]


def test_a_server_without_ranges_sends_it_all_again(built_index: Path, bucket: Bucket, tmp_path: Path) -> None:
    bucket.body = packed(built_index)
    bucket.ranges = False
    bucket.cuts = [5000]
    assert fetch_artifacts(wanting(tmp_path, bucket), wait=0)


def test_a_busy_server_is_asked_again_and_then_given_up(built_index: Path, bucket: Bucket, tmp_path: Path) -> None:
    bucket.body = packed(built_index)
    bucket.statuses = [503, 429]
    assert fetch_artifacts(wanting(tmp_path, bucket), wait=0)
    bucket.statuses = [503] * 5
    with pytest.raises(ModelMissing, match="answers 503"):
        fetch_artifacts(wanting(tmp_path / "other", bucket), wait=0)


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ({"artifacts_sha256": ""}, BadInput, "MATINEE_ARTIFACTS_SHA256"),
        ({"artifacts_sha256": "0" * 63}, BadInput, "64 hex digits"),
        ({"artifacts_url": "s3://films/index.tar.gz"}, BadInput, "signed link"),
        ({"artifacts_url": "http://127.0.0.1:9/index.tar.gz"}, ModelMissing, "could not be fetched"),
        ({"artifacts_sha256": "0" * 64}, IndexMismatch, "not what was promised"),
        ({"artifacts_max_bytes": 1000}, BadInput, "MATINEE_ARTIFACTS_MAX_BYTES"),
    ],
)
def test_what_cannot_work_is_said(
    bucket: Bucket, tmp_path: Path, built_index: Path, change: dict[str, object], kind: type[MovieServiceError], says: str
) -> None:
    bucket.body = packed(built_index)
    settings = wanting(tmp_path, bucket, **change)
    with pytest.raises(kind, match=says) as raised:
        fetch_artifacts(settings, wait=0)
    assert "geheim" not in raised.value.message
    assert not (settings.artifacts / "current").exists()


def test_a_refusal_is_said_without_the_signature(bucket: Bucket, tmp_path: Path) -> None:
    bucket.statuses = [403]
    with pytest.raises(ModelMissing, match=r"127\.0\.0\.1/films/index\.tar\.gz answers 403") as raised:
        fetch_artifacts(wanting(tmp_path, bucket), wait=0)
    assert "geheim" not in raised.value.message
    assert "geheim" not in repr(wanting(tmp_path, bucket))


def test_what_serves_goes_on_serving(settings: Settings, bucket: Bucket, said: list[str]) -> None:
    before = current_version(settings.artifacts)
    bucket.body = b"something else"
    wanted = settings.model_copy(update=wanting(settings.artifacts.parent, bucket, artifacts_sha256="1" * 64).model_dump())
    assert fetch_artifacts(wanted, said.append, wait=0) is None
    assert current_version(settings.artifacts) == before
    assert any("not what was promised" in line and before.name in line for line in said)


def test_live_changes_of_this_server_are_applied_on_top(built_index: Path, bucket: Bucket, tmp_path: Path) -> None:
    bucket.body = packed(built_index)
    settings = wanting(tmp_path, bucket)
    fetch_artifacts(settings)
    library = Library.open(settings.artifacts, settings, encoder=HashedEncoder())
    library.add([Movie(id="new-one", title="Zephyrina Quillfeather", year=2020, plot="A balloonist writes letters.")])
    bucket.body = another_version(tmp_path / "elsewhere")
    assert fetch_artifacts(wanting(tmp_path, bucket))
    assert titles(settings.artifacts, "Zephyrina Quillfeather")[0] == "new-one"
    assert "far-away" in titles(settings.artifacts, "Marigold Underwood")


def another_version(folder: Path) -> bytes:
    """An index built elsewhere, after live changes there: its own log is far ahead of ours."""
    catalogue = Catalogue.open(folder / "films.sqlite")
    catalogue.add([Movie(id="far-away", title="Marigold Underwood", plot="A lighthouse keeper counts ships.")])
    build(folder / "films.sqlite", folder / "artifacts", HashedEncoder(), folder / "cache")
    library = Library.open(folder / "artifacts", Settings(_env_file=None), encoder=HashedEncoder())
    library.add([Movie(id=f"film-{number}", title=f"Film {number}") for number in range(20)])
    build(folder / "films.sqlite", folder / "artifacts", HashedEncoder(), folder / "cache")
    (folder / "artifacts" / "posters").mkdir(exist_ok=True)
    return packed(folder / "artifacts")


def test_a_version_packed_after_live_changes_is_refused(settings: Settings, bucket: Bucket, tmp_path: Path) -> None:
    Library.open(settings.artifacts, settings, encoder=HashedEncoder()).add([Movie(id="late", title="Late")])
    bucket.body = packed(settings.artifacts)
    with pytest.raises(IndexMismatch, match="matinee build"):
        fetch_artifacts(wanting(tmp_path / "other", bucket))


def test_the_version_before_is_kept_and_can_be_gone_back_to(built_index: Path, bucket: Bucket, tmp_path: Path) -> None:
    first, second = packed(built_index), another_version(tmp_path / "elsewhere")
    names = []
    for body in (first, second, first):
        bucket.body = body
        names.append(fetch_artifacts(wanting(tmp_path, bucket)))
        assert current_version(tmp_path / "artifacts").name == names[-1]
    assert names[0] == names[2] != names[1]
    assert len(bucket.asked) == 2


# -- hostile archives ------------------------------------------------------------------------------


def archive_of(*members: tuple[str, bytes | None], kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    """A tar archive of a plausible version, and then these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        manifest = json.dumps({"format": 2, "encoder": {}, "counts": {}, "means": {}}).encode()
        for name, data in ((f"{VERSION}/manifest.json", manifest), *members):
            member = tarfile.TarInfo(name)
            member.size = len(data or b"")
            if (name, data) in members:
                member.type, member.linkname = kind, target
            archive.addfile(member, io.BytesIO(data or b""))
    return buffer.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a way up": lambda: archive_of((f"{VERSION}/../../escaped", b"x")),
    "a way up at once": lambda: archive_of(("../escaped", b"x")),
    "an absolute path": lambda: archive_of(("/escaped", b"x")),
    "a drive": lambda: archive_of((f"{VERSION}/C:escaped", b"x")),
    "a backslash": lambda: archive_of((f"{VERSION}/..\\escaped", b"x")),
    "a line break": lambda: archive_of((f"{VERSION}/a\nb", b"x")),
    "a symbolic link": lambda: archive_of((f"{VERSION}/link", None), kind=tarfile.SYMTYPE, target="/etc/passwd"),
    "a hard link": lambda: archive_of((f"{VERSION}/link", None), kind=tarfile.LNKTYPE, target=f"{VERSION}/manifest.json"),
    "a device": lambda: archive_of((f"{VERSION}/device", None), kind=tarfile.CHRTYPE),
    "a pipe": lambda: archive_of((f"{VERSION}/pipe", None), kind=tarfile.FIFOTYPE),
    "another folder": lambda: archive_of(("current", b"0009-deadbeef")),
    "our own log": lambda: archive_of(("changes.sqlite", b"x")),
    "a poster with a name of its own": lambda: archive_of(("posters/ab/../../escaped", b"x")),
    "a poster in a wrong folder": lambda: archive_of((f"posters/00/{'ab' * 32}", b"x")),
    "two versions": lambda: archive_of(("0002-0123abcd/manifest.json", b"{}")),
    "a folder as a file": lambda: archive_of((f"{VERSION}/manifest.json/x", b"x")),
    "a bomb": lambda: archive_of((f"{VERSION}/vectors.npy", bytes(60_000_000))),
    "half an archive": lambda: archive_of((f"{VERSION}/rows.npy", bytes(range(256)) * 400))[:-300],
    "no archive": lambda: b"<html>Sign in to go on</html>",
    "nothing": lambda: b"",
    "no version": lambda: packed_only_posters(),
    "no catalogue": lambda: archive_of(),
    "a catalogue that is none": lambda: archive_of((f"{VERSION}/catalogue.sqlite", b"SQLite format 3\0" + bytes(200))),
}


def packed_only_posters() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(f"posters/ab/{'ab' * 32}"))
    return buffer.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused_whole(name: str, bucket: Bucket, tmp_path: Path) -> None:
    bucket.body = HOSTILE[name]()
    settings = wanting(tmp_path / "inner", bucket, artifacts_max_bytes=50_000_000)
    with pytest.raises(MovieServiceError) as raised:
        fetch_artifacts(settings, wait=0)
    assert re.fullmatch(r"[^\x00-\x1f]{20,}", raised.value.message)
    left = {path.name for path in settings.artifacts.rglob("*") if not path.name.startswith(".fetch")}
    assert left == set(), "nothing of it may be visible"
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]
