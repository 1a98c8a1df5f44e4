"""An index from object storage: fetched when the server starts, checked, unpacked, published by rename.

    tar -C artifacts -czf matinee.tar.gz "$(cat artifacts/current)" posters      # where it was built
    MATINEE_ARTIFACTS_URL=https://…/matinee.tar.gz MATINEE_ARTIFACTS_SHA256=…    # where it is served

The archive holds one version folder, and may hold `posters/` and `weights/`; anything else in it is
refused. A download that breaks off goes on where it stopped, in this run or the next. Until the last
rename nothing of the new version is visible, and what served before goes on serving if the new one
can't be had. Changes made live on this server are applied on top of a fetched version. Does not know
any storage provider: a plain or signed HTTPS link is all it takes.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import lzma
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import httpx

from movies.catalogue import Catalogue
from movies.errors import BadCatalogue, BadInput, IndexMismatch, ModelMissing, MovieServiceError
from movies.settings import Settings
from rag.index import read_manifest
from rag.library import current_version, point_to

_ATTEMPTS = 5  # in a row without a byte of progress
_KEPT = 2  # fetched versions: the serving one, and the one before for a quick way back
_CHUNK = 1 << 20
_MOST_FILES = 2_000_000
_VERSION = re.compile(r"\d{4}-[0-9a-f]{8}")
_POSTER = re.compile(r"posters/([0-9a-f]{2})/\1[0-9a-f]{62}")
_PACK = 'Pack it anew: tar -C artifacts -czf matinee.tar.gz "$(cat artifacts/current)" posters'
_REBUILD = "Run matinee build where it was made, then pack the new version."


def fetch_artifacts(settings: Settings, say: Callable[[str], None] = lambda _: None, wait: float = 1.0) -> str | None:
    """Make the version at `artifacts_url` the serving one, unless it already was.

    Returns its name, or None if there was nothing to do. `wait`: seconds before the second attempt.
    Raises BadInput for settings that can't work, ModelMissing if it can't be fetched and
    IndexMismatch if it is not what was promised; but where a version is being served already, `say`
    tells the reason and that version stays.
    """
    if settings.artifacts_url is None or not settings.artifacts_url.get_secret_value():
        return None
    artifacts = settings.artifacts
    artifacts.mkdir(parents=True, exist_ok=True)
    with _alone(artifacts):
        try:
            return _fetch(settings, settings.artifacts_url.get_secret_value(), say, wait)
        except MovieServiceError as error:
            try:
                serving = current_version(artifacts).name
            except ModelMissing:
                raise error from None
            say(f"{error.message} Until then the version that is here goes on serving: {serving}.")
            return None


def _fetch(settings: Settings, url: str, say: Callable[[str], None], wait: float) -> str | None:
    artifacts, digest = settings.artifacts, settings.artifacts_sha256.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise BadInput("MATINEE_ARTIFACTS_URL needs MATINEE_ARTIFACTS_SHA256: 64 hex digits, as sha256sum prints them.")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise BadInput("MATINEE_ARTIFACTS_URL is not an https:// address. For a private bucket, use a signed link.")
    known = _fetched_before(artifacts)
    for entry in known:
        if entry["sha256"] == digest and (artifacts / entry["version"]).is_dir():
            if entry is known[-1] and (artifacts / "current").is_file():
                return None  # an index built or rolled back to here since then is left in place
            point_to(artifacts, entry["version"])
            _remember(artifacts, [*(other for other in known if other is not entry), entry])
            return entry["version"]
    archive = artifacts / f".fetch-{digest[:16]}.part"
    for stale in artifacts.glob(".fetch-*"):
        if stale != archive:
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
    _download(url, archive, settings.artifacts_max_bytes, say, wait)
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest:
        archive.unlink()
        raise IndexMismatch(
            f"What {_shown(url)} holds is not what was promised (SHA-256 {found[:12]}…, expected {digest[:12]}…). "
            "Check MATINEE_ARTIFACTS_URL and MATINEE_ARTIFACTS_SHA256, then start again."
        )
    version = _publish(archive, artifacts, settings.artifacts_max_bytes)
    _remember(artifacts, [*(entry for entry in known if entry["version"] != version), {"sha256": digest, "version": version}])
    archive.unlink()
    say(f"Fetched the index {version} from {_shown(url)}.")
    return version


# -- downloading -----------------------------------------------------------------------------------


class _Hiccup(Exception):
    """The server can't answer now; another attempt makes sense."""


def _download(url: str, part: Path, limit: int, say: Callable[[str], None], wait: float) -> None:
    """Bring the file at `url` into `part`, going on from what is there. Raises ModelMissing or BadInput."""
    failures = 0
    timeout = httpx.Timeout(30, connect=10)
    with httpx.Client(follow_redirects=True, timeout=timeout, headers={"Accept-Encoding": "identity"}) as client:
        while True:
            here = _size(part)
            try:
                return _continue(client, url, part, limit, say)
            except (httpx.TransportError, _Hiccup) as error:
                failures = 1 if _size(part) > here else failures + 1
                if failures >= _ATTEMPTS:
                    raise ModelMissing(
                        f"The index could not be fetched from {_shown(url)} ({str(error) or type(error).__name__}); "
                        f"{_size(part) / 1e6:.1f} MB are kept. Start again to go on, or build one here: matinee demo"
                    ) from None
                time.sleep(wait * 2 ** (failures - 1))
            except httpx.HTTPError as error:  # too many redirects, an address that is none
                raise ModelMissing(f"{_shown(url)} can't be fetched ({error}). Check MATINEE_ARTIFACTS_URL.") from None


def _continue(client: httpx.Client, url: str, part: Path, limit: int, say: Callable[[str], None]) -> None:
    """One request for what is missing of the file."""
    start = _size(part)
    with client.stream("GET", url, headers={"Range": f"bytes={start}-"} if start else {}) as answer:
        if answer.status_code == 416:  # nothing after what is here: complete, or not this file
            if answer.headers.get("Content-Range", "").rpartition("/")[2] == str(start):
                return
            part.unlink()
            raise _Hiccup("the file there is shorter than what was kept of it")
        if answer.status_code == 429 or answer.status_code >= 500:
            raise _Hiccup(f"it answers {answer.status_code}")
        if answer.status_code not in (200, 206):
            raise ModelMissing(
                f"{_shown(url)} answers {answer.status_code}. Check MATINEE_ARTIFACTS_URL; a signed link may have run out."
            )
        if answer.status_code == 206 and not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            part.unlink(missing_ok=True)
            raise _Hiccup("it sends another part than was asked for")
        resumed = start and answer.status_code == 206
        total = (start if resumed else 0) + int(answer.headers.get("Content-Length") or 0)
        if total > limit:
            raise _too_large(limit)
        free = shutil.disk_usage(part.parent).free
        if total - start > free:
            raise ModelMissing(
                f"The index needs {total / 1e9:.1f} GB and {free / 1e9:.1f} GB are free. Make room, then start again."
            )
        say(f"Fetching {_shown(url)}: {total / 1e6:.1f} MB{f', {start / 1e6:.1f} of them here already' if resumed else ''}.")
        with part.open("ab" if resumed else "wb") as file:
            for chunk in answer.iter_raw():  # as they come: what has arrived is kept when the line goes dead
                if file.tell() + len(chunk) > limit:
                    raise _too_large(limit)
                file.write(chunk)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _shown(url: str) -> str:
    """The address without user, password and signature."""
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"


def _too_large(limit: int) -> BadInput:
    return BadInput(f"The index is larger than {limit / 1e9:.1f} GB. If that is meant, raise MATINEE_ARTIFACTS_MAX_BYTES.")


# -- unpacking -------------------------------------------------------------------------------------


def _publish(archive: Path, artifacts: Path, limit: int) -> str:
    """Unpack aside, look at what came, move it into place; returns the version's name."""
    staging = Path(tempfile.mkdtemp(prefix=".fetch-", dir=artifacts))
    try:
        version = _unpack(archive, staging, limit)
        if not (artifacts / version).is_dir():
            _rebase(staging / version)
        for folder in ("posters", "weights"):
            for path in sorted((staging / folder).rglob("*")):
                target = artifacts / path.relative_to(staging)
                if path.is_file() and not (folder == "posters" and target.is_file()):  # posters are named by their content
                    target.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(target)
        os.sync()
        if not (artifacts / version).is_dir():
            (staging / version).rename(artifacts / version)
        point_to(artifacts, version)
        return version
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _unpack(archive: Path, staging: Path, limit: int) -> str:
    """Regular files at allowed places only, no more than `limit` bytes. Raises IndexMismatch or BadInput."""
    found: set[str] = set()
    room = limit
    try:
        with tarfile.open(archive, "r|*") as members:
            for number, member in enumerate(members):
                path = PurePosixPath(member.name)  # "./a" is "a"
                if number >= _MOST_FILES:
                    raise _too_large(limit)
                if member.isdir() and (path == PurePosixPath() or _allowed_folder(path)):
                    continue
                if not member.isreg() or not _allowed_file(path):
                    raise IndexMismatch(f"The archive holds {str(path)[:80]!r}, which is no part of an index. {_PACK}")
                if _VERSION.fullmatch(path.parts[0]):
                    found.add(path.parts[0])
                source = members.extractfile(member)
                assert source is not None  # a regular file
                target = staging / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    while chunk := source.read(_CHUNK):
                        room -= len(chunk)
                        if room < 0:
                            raise _too_large(limit)
                        file.write(chunk)
    except (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise ModelMissing("The disk is full before the index is unpacked. Make room, then start again.") from None
        raise IndexMismatch(f"The archive can't be unpacked ({error}). {_PACK}") from None
    if len(found) != 1:
        raise IndexMismatch(f"The archive holds {len(found)} versions of an index, not one. {_PACK}")
    return found.pop()


def _allowed_folder(path: PurePosixPath) -> bool:
    return _safe(path) and (path.parts[0] in ("posters", "weights") or _VERSION.fullmatch(path.parts[0]) is not None)


def _allowed_file(path: PurePosixPath) -> bool:
    if not _safe(path) or len(path.parts) < 2:
        return False
    return _POSTER.fullmatch(str(path)) is not None if path.parts[0] == "posters" else _allowed_folder(path)


def _safe(path: PurePosixPath) -> bool:
    """No way out of the folder: relative, no `..`, no characters that mean something to some system."""
    return not path.is_absolute() and all(
        part != ".." and len(part.encode(errors="replace")) <= 255 and not re.search(r"[\\:\x00-\x1f]", part)
        for part in path.parts
    )


def _rebase(folder: Path) -> None:
    """Make the version a base for this server's own log of changes, whose numbers it knows nothing of.

    A version packed after live changes is refused: its catalogue has films that its index lacks.
    """
    manifest = read_manifest(folder)
    try:
        with closing(Catalogue.open(folder / "catalogue.sqlite", create=False)) as catalogue:
            if int(catalogue.meta("changes") or 0) != int(manifest.get("changes", 0)):
                raise IndexMismatch(f"This version was packed after films had been added or removed live. {_REBUILD}")
            catalogue.set_meta("changes", "0")
            catalogue.checkpoint()
    except (BadCatalogue, sqlite3.DatabaseError, TypeError, ValueError):
        raise IndexMismatch(f"The catalogue of this version is missing or damaged. {_REBUILD}") from None
    (folder / "manifest.json").write_text(json.dumps(manifest | {"changes": 0}, indent=1, sort_keys=True), "utf-8")


# -- what was fetched before -----------------------------------------------------------------------


def _fetched_before(artifacts: Path) -> list[dict[str, str]]:
    """Fetched versions, the last one last; nothing if the note is missing or damaged."""
    try:
        entries = json.loads((artifacts / "fetched.json").read_text("utf-8"))
        return [{"sha256": str(entry["sha256"]), "version": str(entry["version"])} for entry in entries]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _remember(artifacts: Path, entries: list[dict[str, str]]) -> None:
    """Note what was fetched, and drop fetched versions that are too old to go back to."""
    for entry in entries[:-_KEPT]:
        if _VERSION.fullmatch(entry["version"]):
            shutil.rmtree(artifacts / entry["version"], ignore_errors=True)
    part = artifacts / ".fetched.json.part"
    part.write_text(json.dumps(entries[-_KEPT:], indent=1), "utf-8")
    part.replace(artifacts / "fetched.json")


@contextmanager
def _alone(artifacts: Path) -> Iterator[None]:
    """Several servers may share the folder: one fetches, the others wait and find it there."""
    with (artifacts / ".fetch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
