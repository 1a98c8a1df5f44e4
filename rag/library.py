"""`Library`: the artefact folder as a whole. Which version serves, live changes on top, pictures beside it.

    artifacts/
      current            name of the serving version (replaced by rename)
      changes.sqlite     every film added or removed since, in order, with its vectors
      reviews.sqlite     what people decided about findings of the audit
      posters/ab/ab12…   pictures by the SHA-256 of their bytes, shared by all versions
      0007-1f2e3d4c/     one published version: manifest, vectors, Annoy file, catalogue, heads, reports

A change is first written to the log (one transaction), then applied to the serving version's
catalogue; what a crash leaves unapplied is applied at the next opening, and a version built
meanwhile takes over exactly the changes made after its catalogue was copied. So nothing is lost
and no removed film comes back. A version that can't be opened while another serves is waited for. Does not know how versions are built (`index_builder`).
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from PIL.Image import Image

from movies.catalogue import Catalogue
from movies.database import connect
from movies.encoder_choice import encoder_for
from movies.encoders import Encoder, whole_and_parts
from movies.errors import BadImage, BadInput, IndexMismatch, ModelMissing, MovieServiceError, UnknownMovie
from movies.images import as_shown, content_hash, open_image
from movies.movie import Movie
from movies.settings import Settings
from movies.turns import COMPUTING
from rag.identify import fingerprint
from rag.index import MovieIndex, read_manifest
from rag.passages import sections
from rag.vectors import POSTER, ROW, text_rows

_GLANCE = 0.02  # seconds between two looks at the files
_AGAIN = 15.0  # seconds after which a version that could not be taken up is tried again
_CHANGES = """
CREATE TABLE IF NOT EXISTS changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, action TEXT NOT NULL, movie_id TEXT NOT NULL, record TEXT,
    encoder TEXT, rows BLOB, vectors BLOB
);
"""


class PosterStore:
    """Pictures by the SHA-256 of their bytes, under one folder. Keys are hex; nothing else is a path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes, image: Image) -> str:
        """Keep a picture, `image` being what it opened to, and return its key. A BMP or TIFF is kept as PNG."""
        data = as_shown(data, image)
        key = content_hash(data)
        path = self._path(key)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{key}.{os.getpid()}.{threading.get_ident()}.part")
            part.write_bytes(data)
            part.replace(path)
        return key

    def path(self, key: str) -> Path:
        """The file of a key; raises UnknownMovie if it isn't there."""
        if len(key) != 64 or not all(char in "0123456789abcdef" for char in key) or not self._path(key).is_file():
            raise UnknownMovie("This film has no poster here.")
        return self._path(key)

    def open(self, key: str) -> Image:
        """A picture of ours. It was measured when it came in, maybe under wider limits than those of today."""
        return open_image(self.path(key), max_bytes=sys.maxsize, max_pixels=sys.maxsize)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and len(key) == 64 and "/" not in key and self._path(key).is_file()

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key


class Changes:
    """The log of live changes: films added (with their vectors) and removed, numbered."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = str(path)  # looked at with every request: a Path would cost more than the look
        self._lock = threading.Lock()

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self.path, synchronous="FULL")
        connection.executescript(_CHANGES)
        return connection

    def append(self, entries: Sequence[tuple[str, str, str | None, str | None, bytes | None, bytes | None]]) -> int:
        """Write entries (action, id, record, encoder, rows, vectors) in one transaction; the last number."""
        connection = self._connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO changes (action, movie_id, record, encoder, rows, vectors) VALUES (?, ?, ?, ?, ?, ?)", entries
            )
            connection.execute("COMMIT")
            return self._last(connection)
        finally:
            connection.close()

    def last(self) -> int:
        """The number of the latest change; 0 without any."""
        if not self.path.is_file():
            return 0
        connection = self._connect()
        try:
            return self._last(connection)
        finally:
            connection.close()

    def stamp(self) -> object:
        """Something that differs after a change."""
        return _file_stamp(self._file), _file_stamp(self._file + "-wal")

    def after(self, number: int) -> list[tuple[int, str, str, str | None, str | None, bytes | None, bytes | None]]:
        """Entries with a greater number, in order."""
        if not self.path.is_file():
            return []
        connection = self._connect()
        try:
            query = (
                "SELECT number, action, movie_id, record, encoder, rows, vectors FROM changes WHERE number > ? ORDER BY number"
            )
            return connection.execute(query, (number,)).fetchall()
        finally:
            connection.close()

    @staticmethod
    def _last(connection: sqlite3.Connection) -> int:
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
        return int(row[0]) if row else 0


class Taken(NamedTuple):
    """Films as they are kept, each once, and how many of them are new or changed."""

    films: list[Movie]
    changed: int


@dataclass(frozen=True)
class Waiting:
    """What was published and can't be taken up, while the version before it goes on serving.

    `version` is empty where `current` names none that is there; `note` says why and what to do, to operators.
    """

    version: str
    reason: Literal["no_version", "other_encoder", "unusable"]
    note: str


class Library:
    """What a serving process holds: the current index, swapped when a new version is published.

    A version that can't be taken up changes nothing but `waiting`, which `on_waiting` is told when it changes.
    """

    def __init__(self, artifacts: Path, encoder: Encoder, index: MovieIndex) -> None:
        self.artifacts = artifacts
        self.encoder = encoder
        self.posters = PosterStore(artifacts / "posters")
        self.changes = Changes(artifacts / "changes.sqlite")
        self._current = str(artifacts / "current")
        self._index = index
        self._lock = threading.RLock()
        self._fingerprints: dict[str, np.ndarray] = {}  # of pictures that are being added, by key
        self._applied = 0
        self._seen: tuple[object, object] = (None, None)
        self._look_again = 0.0
        self.waiting: Waiting | None = None
        self.on_waiting: Callable[[Waiting | None], None] = lambda _: None
        self.again_after = _AGAIN
        self._refused: object = None  # the stamp of `current` when it could not be taken up
        self._again = 0.0
        self._catch_up(index, from_number=None)

    @classmethod
    def open(
        cls, artifacts: Path, settings: Settings, say: Callable[[str], None] = lambda _: None, encoder: Encoder | None = None
    ) -> Library:
        """Open the current version with the encoder it was built with. Raises ModelMissing or IndexMismatch."""
        artifacts = artifacts.absolute()  # files are sent from here whatever the server's own folder is
        folder = current_version(artifacts)
        encoder = encoder or encoder_for(read_manifest(folder)["encoder"]["name"], settings, say)
        return cls(artifacts, encoder, MovieIndex.open(folder, encoder))

    @property
    def index(self) -> MovieIndex:
        """The serving version, with every change made so far by any process."""
        self.refresh()
        return self._index

    @property
    def edition(self) -> object:
        """Differs after every swap and change: what was made from an equal edition is still true."""
        self.refresh()
        return self._seen

    @property
    def catalogue(self) -> Catalogue:
        return self.index.catalogue

    @property
    def heads_folder(self) -> Path:
        """Where the classifiers of the serving version are."""
        return self._index.folder / "heads"

    def refresh(self, to: int = 0, *, look: bool = False) -> bool:
        """Take in a new version or changes by other processes, if there are any; cheap otherwise.

        `to`: a change known to be there. A file's time has a grain of milliseconds, so that of two
        changes right after one another the second might not show in it. A version that can't be taken up
        is tried again when `current` changes, and every `again_after` seconds. What other processes did
        is looked for every 20 ms, or now (`look`): looking with each request cost a film's page an eighth of its time.
        """
        now = time.monotonic()
        if now < self._look_again and self._applied >= to and not look:
            return False
        self._look_again = now + _GLANCE
        if self._stamp() == self._seen and self._applied >= to and (self.waiting is None or now < self._again):
            return False
        # Whoever holds the lock may have to wait for a turn at computing, so nobody who has the turn waits for the lock.
        with COMPUTING.aside(), self._lock:
            stamp = self._stamp()
            due = self.waiting is not None and time.monotonic() >= self._again
            if stamp == self._seen and self._applied >= to and not due:
                return False
            before = self._index
            if due or self.waiting is None or stamp[0] != self._refused:
                self._take_up(stamp[0])
            if self._index is before:
                self._catch_up(before, from_number=self._applied)
            self._seen = stamp
            return True

    def _take_up(self, current: object) -> None:
        """Let the published version serve, if it is another than the one that does; the latter goes on if that fails."""
        self._again = time.monotonic() + self.again_after
        waiting = None
        try:
            if current_version(self.artifacts) != self._index.folder:
                fresh = self._open_current()
                self._catch_up(fresh, from_number=None)
                self._index = fresh  # one assignment: searches see the old version or the new one
        except Exception as error:  # whatever is wrong with it, the version that serves is good
            waiting = self._what_waits(error)
            self._refused = current
        if waiting != self.waiting:
            self.waiting = waiting
            self.on_waiting(waiting)

    def _what_waits(self, error: Exception) -> Waiting:
        serving = f"Version {self._index.version} goes on serving."
        try:
            folder = current_version(self.artifacts)
        except ModelMissing:
            back = f"matinee rollback {self._index.version}"
            way_out = f"Go back to it with {back}, or build one: matinee build --catalogue FILE --artifacts DIR"
            return Waiting("", "no_version", f"The file `current` names no version that is there. {serving} {way_out}")
        try:
            made_with = read_manifest(folder)["encoder"]["name"]
        except (MovieServiceError, KeyError, TypeError):
            made_with = self.encoder.name
        if made_with != self.encoder.name:
            note = f"It was built with the encoder {made_with}; this process has {self.encoder.name}. {serving}"
            return Waiting(
                folder.name, "other_encoder", f"{note} Restart the server: it takes the new version up when it starts."
            )
        what = error.message if isinstance(error, IndexMismatch) else f"It can't be opened ({type(error).__name__})."
        return Waiting(folder.name, "unusable", f"{what} {serving}")

    def add(
        self,
        movies: Iterable[Movie],
        pictures: Mapping[str, bytes | None] | None = None,
        decode: Callable[[bytes], Image] = open_image,
    ) -> Taken:
        """Add or replace films, findable at once and kept for good; of several with one id the last counts.

        `pictures`: poster bytes by film id, None to take the picture away. Without either a film's `poster` path is
        read, and a film that names none keeps the picture it has here. `decode` opens what comes in. Raises BadImage
        for a picture that can't be used; then nothing is added.
        """
        kept, entries, catalogue = [], [], self.catalogue
        for movie in {movie.id: movie for movie in movies}.values():
            film, image = self._with_poster(movie, pictures or {}, decode)
            kept.append(film)
            if film.id in catalogue and catalogue.movie(film.id) == film:
                continue
            if film.poster:
                image = image or self.posters.open(film.poster)
                self._fingerprints[film.poster] = fingerprint(image)
            vectors, rows = embed_movie(film, self.encoder, image)
            record = json.dumps(film.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False, sort_keys=True)
            entries.append(("add", film.id, record, self.encoder.name, rows.tobytes(), vectors.tobytes()))
        if entries:
            self.refresh(self.changes.append(entries))
        for film in kept:
            self._fingerprints.pop(film.poster or "", None)
        return Taken(kept, len(entries))

    def remove(self, ids: Iterable[str]) -> int:
        """Remove films for good; returns how many there were. Unknown ids are passed over."""
        known = [movie_id for movie_id in dict.fromkeys(ids) if movie_id in self.catalogue]
        if known:
            self.refresh(self.changes.append([("remove", movie_id, None, None, None, None) for movie_id in known]))
        return len(known)

    def poster(self, movie_id: str) -> Path:
        """The poster file of a film. Raises UnknownMovie if the film or its picture isn't there."""
        movie = self.catalogue.movie(movie_id)
        if movie.poster is None:
            raise UnknownMovie(f"{movie.label} has no poster in this catalogue.")
        return self.posters.path(movie.poster)

    def _with_poster(
        self, movie: Movie, pictures: Mapping[str, bytes | None], decode: Callable[[bytes], Image]
    ) -> tuple[Movie, Image | None]:
        """The film with the key of its picture, and the picture if it just came in."""
        data, key = pictures.get(movie.id), movie.poster
        if data is None:
            if movie.id in pictures:
                return movie.model_copy(update={"poster": None}), None
            if key is None and movie.id in self.catalogue:
                key = self.catalogue.movie(movie.id).poster
                return movie.model_copy(update={"poster": key if key in self.posters else None}), None
            if key is None or key in self.posters:
                return movie, None
            try:
                data = Path(key).read_bytes()
            except OSError as error:
                raise BadInput(f"The poster of {movie.label} can't be read ({error.strerror}).") from None
        try:
            image = decode(data)
        except BadImage as error:
            raise BadImage(f"The poster of {movie.label}: {error.message}", error.reason) from None
        return movie.model_copy(update={"poster": self.posters.put(data, image)}), image

    def _open_current(self) -> MovieIndex:
        """The version that serves; if it is replaced and tidied away while being opened, the one that replaced it."""
        while True:
            folder = current_version(self.artifacts)
            try:
                return MovieIndex.open(folder, self.encoder)
            except MovieServiceError:
                if current_version(self.artifacts) == folder:
                    raise

    def _stamp(self) -> tuple[object, object]:
        """Something that differs after a swap or a change; costs looks at the file system, as it is asked at every search."""
        return _file_stamp(self._current), self.changes.stamp()

    def _catch_up(self, index: MovieIndex, from_number: int | None) -> None:
        """Apply changes to a version's catalogue and rows: those its catalogue lacks, and the rows of all."""
        built_with = int(index.manifest.get("changes", 0))
        start = built_with if from_number is None else from_number
        catalogue = index.catalogue
        number = start
        latest: dict[str, tuple[str, str | None, bytes, bytes]] = {}
        for number, action, movie_id, record, encoder, rows, vectors in self.changes.after(start):
            with catalogue.writing():
                if number > int(catalogue.meta("changes") or built_with):
                    if action == "add" and record:
                        catalogue.add([Movie.model_validate_json(record)])
                    else:
                        catalogue.remove([movie_id])
                    catalogue.set_meta("changes", str(number))
            latest.pop(movie_id, None)
            if action == "add" and record:
                latest[movie_id] = (record, encoder, rows or b"", vectors or b"")
        for movie_id, (record, encoder, rows, vectors) in latest.items():
            movie = Movie.model_validate_json(record)
            if movie_id in catalogue and catalogue.movie(movie_id) == movie:
                self._take_in(index, movie, catalogue.key(movie_id), encoder, rows, vectors)
        self._applied = number
        index.refresh()

    def _take_in(self, index: MovieIndex, movie: Movie, key: int, encoder: str | None, rows: bytes, vectors: bytes) -> None:
        if encoder == self.encoder.name:
            kinds = np.frombuffer(rows, dtype=ROW).copy()
            matrix = np.frombuffer(vectors, dtype=np.float32).reshape(len(kinds), self.encoder.dim).copy()
        else:  # logged under another encoder
            matrix, kinds = embed_movie(movie, self.encoder, self.posters.open(movie.poster) if movie.poster else None)
        kinds["key"] = key
        picture = None
        if movie.poster:
            picture = self._fingerprints.get(movie.poster)  # there if we added it ourselves
            picture = fingerprint(self.posters.open(movie.poster)) if picture is None else picture
        index.extend(matrix, kinds, picture)


def _file_stamp(path: str) -> tuple[int, int, int] | None:
    try:
        known = os.stat(path)  # noqa: PTH116  # a Path costs more than the look
    except OSError:
        return None
    return known.st_ino, known.st_mtime_ns, known.st_size


def embed_movie(movie: Movie, encoder: Encoder, poster: Image | None) -> tuple[np.ndarray, np.ndarray]:
    """All rows of one film and its poster: vectors float32 (n, dim), raw, and rows (n,) of dtype ROW with key 0."""
    parts = sections(movie, encoder)
    vectors = whole_and_parts(encoder, [part.text for part in parts], [part.spans for part in parts])
    rows = [row for part in parts for row in text_rows(0, part.rows)]
    if poster is not None:
        vectors.append(encoder.images([poster]))
        rows.append((0, POSTER, -1, -1))
    return np.concatenate(vectors).astype(np.float32), np.array(rows, dtype=ROW)


def current_version(artifacts: Path) -> Path:
    """The folder of the serving version. Raises ModelMissing with the fixing command."""
    name = _pointer(artifacts)
    folder = artifacts / name
    if not name or "/" in name or name.startswith(".") or not folder.is_dir():
        raise ModelMissing(
            f"There is no index in {artifacts}. Build one: matinee build --catalogue FILE --artifacts {artifacts} (or `make run` for the demo)."
        )
    return folder


def versions(artifacts: Path) -> list[Path]:
    """All published versions, oldest first."""
    if not artifacts.is_dir():
        return []
    folders = [
        path for path in artifacts.iterdir() if path.is_dir() and (path / "manifest.json").is_file() and path.name[:4].isdigit()
    ]
    return sorted(folders, key=lambda path: path.name)


def point_to(artifacts: Path, version: str) -> None:
    """Make a version the serving one: a small file replaced by rename, so a reader sees the old name or the new."""
    part = artifacts / f".current.{os.getpid()}.part"
    part.write_text(version + "\n", "utf-8")
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(artifacts / "current")


def _pointer(artifacts: Path) -> str:
    try:
        return (artifacts / "current").read_text("utf-8").strip()
    except OSError:
        return ""
