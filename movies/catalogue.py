"""`Catalogue`: the films, in one SQLite file with a full-text index (FTS5).

One writer and any number of readers at a time, in any number of threads and processes (WAL; a
connection per thread). Every value reaches SQL as a bound parameter. Knows nothing of vectors,
pictures or HTTP.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from movies.caching import Cache
from movies.database import write_ahead
from movies.errors import BadCatalogue, Busy, UnknownMovie
from movies.movie import Filters, Movie
from movies.titles import TitleFinder
from movies.vocabulary import fold

_FRESH = 0.01  # seconds for which what another program did may go unnoticed
_FILTERS = 64  # sets of keys kept: a catalogue of 100,000 films takes at most 50 MB for them
_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS movies (
    key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, year INTEGER,
    runtime INTEGER, rating REAL, votes INTEGER, language TEXT, has_poster INTEGER NOT NULL, record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS movies_year ON movies (year);
CREATE TABLE IF NOT EXISTS terms (
    kind TEXT NOT NULL, term TEXT NOT NULL, key INTEGER NOT NULL REFERENCES movies (key) ON DELETE CASCADE,
    PRIMARY KEY (kind, term, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS terms_key ON terms (key);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
    title, people, plot, labels, tokenize = "porter unicode61 remove_diacritics 2"
);
"""


@dataclass(frozen=True)
class Match:
    """A film near a title that was asked for; `score` 0–1, 1 means the same title."""

    movie: Movie
    score: float


class _Counted(NamedTuple):
    """(largest key, number) of films, and the state of the file in which that was so."""

    ours: tuple[int, int]
    others: int
    films: tuple[int, int]
    until: float


class Catalogue:
    """A film catalogue in one file.

    >>> catalogue = Catalogue.open(Path("films.sqlite"))          # doctest: +SKIP
    >>> catalogue.add([Movie(id="heat", title="Heat", year=1995)])  # doctest: +SKIP
    >>> catalogue.find("haet")[0].movie.label                      # doctest: +SKIP
    'Heat (1995)'
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._write_lock = threading.RLock()
        self._ahead = False
        self._writes = 0
        self._cache_lock = threading.Lock()
        self._titles: tuple[int, TitleFinder] | None = None
        self._passing: Cache[Filters, NDArray[np.int64]] = Cache(_FILTERS)

    @classmethod
    def open(cls, path: str | Path, *, create: bool = True) -> Catalogue:
        """Open a catalogue file, making it where it isn't there and `create` is true.

        Raises BadCatalogue if the file isn't a Matinee catalogue or can't be written.
        """
        path = Path(path)
        if not create and not path.is_file():
            raise BadCatalogue(f"There is no catalogue at {path}. Make one with: matinee import jsonl FILE --catalogue {path}")
        if path.is_dir():
            raise BadCatalogue(f"{path} is a folder; a catalogue is one file, such as {path / 'films.sqlite'}.")
        catalogue = cls(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = catalogue._connection
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _SCHEMA_VERSION):
                raise BadCatalogue(f"{path} was made by another version of Matinee (schema {version}). Import it anew.")
            if version == 0:
                if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise BadCatalogue(f"{path} is a database, but not a Matinee catalogue.")
                write_ahead(connection)
                connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version = {_SCHEMA_VERSION};COMMIT;")
        except (sqlite3.DatabaseError, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise BadCatalogue(f"{path} can't be used as a catalogue ({reason}). Name another file.") from None
        return catalogue

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA mmap_size = 268435456")
            self._local.connection = connection
        return connection

    def close(self) -> None:
        """Close this thread's connection; other threads close theirs when they end."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = self._local.counted = None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: all of it happens, or nothing.

        Raises Busy if another process keeps writing, BadCatalogue if the file can't be written.
        """
        with self._write_lock:
            connection = self._connection
            if connection.in_transaction:  # nested: part of the outer transaction
                yield connection
                return
            try:
                if not self._ahead:  # a published version is one plain file until something in it changes
                    write_ahead(connection)
                    self._ahead = True
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
                self._writes += 1
            except BaseException as error:
                if connection.in_transaction:  # SQLite has rolled back by itself where the disk is full
                    connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                    raise Busy("Another program is writing to the catalogue. Try again when it is done.", 30) from None
                if isinstance(error, sqlite3.DatabaseError):
                    raise BadCatalogue(
                        f"{self.path.name} can't be written ({error}). Nothing of this step was changed."
                    ) from None
                raise

    # -- writing -------------------------------------------------------------------------------

    def add(self, movies: Iterable[Movie]) -> list[int]:
        """Add films, replacing those with the same id that differ; returns their keys in order.

        A film that is already there, equal in every field, keeps its key: re-imports change nothing.
        """
        keys: list[int] = []
        with self.writing() as connection:
            for movie in movies:
                record = _record(movie)
                old = connection.execute("SELECT key, record FROM movies WHERE id = ?", (movie.id,)).fetchone()
                if old is not None and old[1] == record:
                    keys.append(old[0])
                    continue
                if old is not None:
                    self._drop(connection, old[0])
                keys.append(self._insert(connection, movie, record))
        return keys

    def remove(self, ids: Iterable[str]) -> int:
        """Remove films by id; returns how many were there. Unknown ids are passed over."""
        removed = 0
        with self.writing() as connection:
            for movie_id in ids:
                row = connection.execute("SELECT key FROM movies WHERE id = ?", (_bindable(movie_id),)).fetchone()
                if row is not None:
                    self._drop(connection, row[0])
                    removed += 1
        return removed

    def set_posters(self, posters: Mapping[int, str | None]) -> None:
        """Change only the poster of films, by row key; keys stay as they are."""
        with self.writing() as connection:
            for key, movie in self.by_key(list(posters)).items():
                changed = movie.model_copy(update={"poster": posters[key]})
                values = (_record(changed), posters[key] is not None, key)
                connection.execute("UPDATE movies SET record = ?, has_poster = ? WHERE key = ?", values)

    def set_meta(self, name: str, value: str) -> None:
        """Keep a named text beside the films (bookkeeping of imports and builds)."""
        with self.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def meta(self, name: str) -> str | None:
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    @staticmethod
    def _drop(connection: sqlite3.Connection, key: int) -> None:
        connection.execute("DELETE FROM words WHERE rowid = ?", (key,))
        connection.execute("DELETE FROM movies WHERE key = ?", (key,))

    @staticmethod
    def _insert(connection: sqlite3.Connection, movie: Movie, record: str) -> int:
        cursor = connection.execute(
            "INSERT INTO movies (id, title, year, runtime, rating, votes, language, has_poster, record) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (movie.id, movie.title, movie.year, movie.runtime, movie.rating, movie.votes, movie.language,
             movie.poster is not None, record),
        )  # fmt: skip
        key = cursor.lastrowid
        assert key is not None
        terms = [("genre", name) for name in movie.genres] + [("person", name) for name in movie.people]
        terms += [("country", name) for name in movie.countries]
        rows = {(kind, fold(name), key) for kind, name in terms}
        connection.executemany("INSERT INTO terms VALUES (?, ?, ?)", rows)
        connection.execute(
            "INSERT INTO words (rowid, title, people, plot, labels) VALUES (?, ?, ?, ?, ?)",
            (key, " ".join((movie.title, *movie.alt_titles)), " ".join(movie.people), movie.plot,
             " ".join((*movie.genres, *movie.keywords, *movie.countries, str(movie.year or "")))),
        )  # fmt: skip
        return key

    # -- reading -------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._counted()[1]

    def __iter__(self) -> Iterator[Movie]:
        """All films in the order they were added."""
        for _, movie in self.items():
            yield movie

    def items(self) -> Iterator[tuple[int, Movie]]:
        """(key, film) in the order they were added. Keys are never used twice in a file."""
        after = 0
        while rows := self._connection.execute(
            "SELECT key, record FROM movies WHERE key > ? ORDER BY key LIMIT 1000", (after,)
        ).fetchall():
            for key, record in rows:
                yield key, _movie(record)
            after = rows[-1][0]

    def __contains__(self, movie_id: object) -> bool:
        return self._connection.execute("SELECT 1 FROM movies WHERE id = ?", (_bindable(movie_id),)).fetchone() is not None

    def movie(self, movie_id: str) -> Movie:
        """The film with this id; raises UnknownMovie."""
        row = self._connection.execute("SELECT record FROM movies WHERE id = ?", (_bindable(movie_id),)).fetchone()
        if row is None:
            raise UnknownMovie(f"No film has the id {movie_id[:80]!r}. Search by title to find its id.")
        return _movie(row[0])

    def key(self, movie_id: str) -> int:
        """The row key of a film; raises UnknownMovie."""
        row = self._connection.execute("SELECT key FROM movies WHERE id = ?", (_bindable(movie_id),)).fetchone()
        if row is None:
            raise UnknownMovie(f"No film has the id {movie_id[:80]!r}. Search by title to find its id.")
        return int(row[0])

    def by_key(self, keys: Sequence[int]) -> dict[int, Movie]:
        """Films by row key; keys that are gone are left out."""
        found: dict[int, Movie] = {}
        for start in range(0, len(keys), 500):
            part = [int(key) for key in keys[start : start + 500]]
            marks = ",".join("?" * len(part))
            # As one text: each row taken from SQLite lets go of the interpreter four times, and others want it. JSON holds no
            # control characters.
            joined = f"SELECT group_concat(key || char(31) || record, char(30)) FROM movies WHERE key IN ({marks})"
            rows = self._connection.execute(joined, part).fetchone()[0]
            for key, _, record in (row.partition("\x1f") for row in (rows or "").split("\x1e") if row):
                found[int(key)] = _movie(record)
        return found

    def keys(self) -> list[int]:
        """All row keys, ascending."""
        return [row[0] for row in self._connection.execute("SELECT key FROM movies ORDER BY key")]

    def years(self) -> list[tuple[int, int]]:
        """(key, year) of the films whose year is known."""
        return self._connection.execute("SELECT key, year FROM movies WHERE year IS NOT NULL").fetchall()

    def filter(self, filters: Filters) -> list[str]:
        """Ids of the films that satisfy every filter, in the order they were added."""
        where, values = _where(filters)
        rows = self._connection.execute(f"SELECT id FROM movies m WHERE {where} ORDER BY key", values)
        return [row[0] for row in rows]

    def filter_keys(self, filters: Filters) -> NDArray[np.int64]:
        """Row keys of the films that satisfy every filter, ascending; read-only, kept until the catalogue changes."""
        version = self.data_version()
        keys = self._passing.get(filters, version)
        if keys is None:
            where, values = _where(filters)
            # As one text: SQLite joins faster than Python takes thousands of rows, and lets other threads run meanwhile.
            joined = f"SELECT group_concat(key) FROM (SELECT key FROM movies m WHERE {where})"
            found = self._connection.execute(joined, values).fetchone()[0]
            keys = np.sort(np.fromstring(found or "", dtype=np.int64, sep=","))
            keys.flags.writeable = False
            self._passing.put(filters, keys, version)
        return keys

    def best_known(self, filters: Filters, limit: int) -> list[int]:
        """Row keys of films that satisfy every filter: most votes or revenue first, then rating, then newest."""
        where, values = _where(filters)
        order = "coalesce(votes, 0) DESC, coalesce(json_extract(record, '$.revenue'), 0) DESC, coalesce(rating, 0) DESC, year DESC, key"
        return [row[0] for row in self._connection.execute(
            f"SELECT key FROM movies m WHERE {where} ORDER BY {order} LIMIT ?", [*values, limit]
        )]  # fmt: skip

    def count(self, filters: Filters | None = None) -> int:
        """How many films satisfy every filter."""
        return len(self.filter_keys(filters)) if filters else len(self)

    def speaks_of(self, phrase: str) -> bool:
        """Whether a record holds these words one after the other: a title, a plot, a keyword, a name."""
        expression = f'"{_bindable(phrase).replace(chr(0), " ").replace(chr(34), " ")}"'
        found = self._connection.execute("SELECT 1 FROM words WHERE words MATCH ? LIMIT 1", (expression,)).fetchone()
        return found is not None

    def find(self, title: str, limit: int = 5, cutoff: float = 0.6) -> list[Match]:
        """Films with a title near `title`, best first: typos, articles, accents, "(1995)", numerals."""
        matches = self.titles().find(title, limit, cutoff)
        movies = self.by_key([match.key for match in matches])
        return [Match(movies[match.key], match.score) for match in matches if match.key in movies]

    def titles(self) -> TitleFinder:
        """The title finder over the catalogue as it is now (built once per change)."""
        version = self.data_version()
        with self._cache_lock:
            if self._titles is None or self._titles[0] != version:
                self._titles = (version, TitleFinder(self._title_rows()))
            return self._titles[1]

    def data_version(self) -> int:
        """A number that grows with every added or replaced film and differs after a removal."""
        last, films = self._counted()
        return last * 10_000_019 + films

    def _counted(self) -> tuple[int, int]:
        """(largest key, how many films)."""
        connection, now = self._connection, time.monotonic()
        # Counting takes a millisecond or two and is asked for several times in a search, so it is done again only after a
        # change: `ours` tells of changes made here, the pragma of other programs', which are looked for a hundred times a second.
        ours = (self._writes, connection.total_changes)
        known: _Counted | None = getattr(self._local, "counted", None)
        if known is not None and known.ours == ours and now < known.until:
            return known.films
        others = connection.execute("PRAGMA data_version").fetchone()[0]
        if known is not None and (known.ours, known.others) == (ours, others):
            films = known.films
        else:
            row = connection.execute("SELECT coalesce(max(key), 0), count(*) FROM movies").fetchone()
            films = int(row[0]), int(row[1])
        self._local.counted = _Counted(ours, others, films, now + _FRESH)
        return films

    def _title_rows(self) -> Iterator[tuple[int, str, int | None]]:
        """(key, title or alternative title, year): the better-known film of two with the same title first."""
        query = (
            "SELECT key, title, year, json_extract(record, '$.alt_titles') FROM movies "
            "ORDER BY coalesce(votes, 0) DESC, coalesce(json_extract(record, '$.revenue'), 0) DESC, key"
        )
        for key, title, year, others in self._connection.execute(query):
            yield key, title, year
            for other in json.loads(others) if others else ():
                yield key, other, year

    def terms(self, kind: str) -> dict[str, int]:
        """Folded names of one kind (`genre`, `person`, `country`) with the number of their films."""
        rows = self._connection.execute("SELECT term, count(*) FROM terms WHERE kind = ? GROUP BY term", (kind,))
        return {row[0]: row[1] for row in rows}

    def genres(self) -> dict[str, int]:
        """The catalogue's own genre vocabulary with the number of films of each, most frequent first."""
        rows = self._connection.execute(
            "SELECT value, count(*) AS n FROM movies, json_each(record, '$.genres') GROUP BY value ORDER BY n DESC, value"
        )
        return {row[0]: row[1] for row in rows}

    def languages(self) -> dict[str, int]:
        """Language codes with the number of films of each, most frequent first."""
        rows = self._connection.execute(
            "SELECT language, count(*) AS n FROM movies WHERE language IS NOT NULL GROUP BY language ORDER BY n DESC, language"
        )
        return {row[0]: row[1] for row in rows}

    def people(self) -> dict[str, tuple[str, int]]:
        """Folded name → (name as written, number of films) of every director and actor."""
        names: dict[str, tuple[str, int]] = {}
        for movie in self:
            for name in movie.people:
                folded = fold(name)
                names[folded] = (names.get(folded, (name, 0))[0], names.get(folded, (name, 0))[1] + 1)
        return names

    def words(
        self, query: str, limit: int, keys: Sequence[int] | None = None, weights: tuple[float, ...] = (4.0, 3.0, 1.0, 1.0)
    ) -> list[tuple[int, float]]:
        """BM25 over title, people, plot and labels: (key, score), best first; higher is better.

        `query` is an FTS5 expression (build it with `fts_query`); `keys` restricts to those films;
        `weights` are per column (FTS5 `bm25`, Robertson/Sparck Jones with k1 = 1.2, b = 0.75).
        """
        if not query:
            return []
        rank = "bm25(words, " + ", ".join(str(float(weight)) for weight in weights) + ")"
        sql = f"SELECT rowid, {rank} AS r FROM words WHERE words MATCH ?"
        values: list[Any] = [query]
        if keys is not None:
            sql += " AND rowid IN (SELECT value FROM json_each(?))"
            values.append(json.dumps([int(key) for key in keys]))
        rows = self._connection.execute(sql + " ORDER BY r LIMIT ?", [*values, limit])
        return [(row[0], -row[1]) for row in rows]

    def content_hash(self) -> str:
        """SHA-256 over all records in order: equal for equal catalogues."""
        digest = hashlib.sha256()
        for key, record in self._connection.execute("SELECT key, record FROM movies ORDER BY key"):
            digest.update(f"{key}:{record}\n".encode())
        return digest.hexdigest()

    def checkpoint(self) -> None:
        """Write everything into the one file (no journal beside it), so that it can be moved."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.execute("PRAGMA journal_mode = DELETE")
        self.close()

    def snapshot(self, target: Path) -> None:
        """Copy the catalogue as it is at this moment to `target` (SQLite's online backup)."""
        copy = sqlite3.connect(target)
        try:
            self._connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            copy.close()


def fts_query(words: Iterable[str]) -> str:
    """An FTS5 expression that matches any of the words; quoting makes operators plain words."""
    plain = (_bindable(word).replace("\0", " ").replace('"', '""') for word in words)
    return " OR ".join(f'"{word}"' for word in dict.fromkeys(plain) if word.strip())


def _bindable(text: object) -> str:
    """A text SQLite takes: lone surrogates, which are in no film, are spelt out."""
    return str(text).encode("utf-8", "backslashreplace").decode()


def _record(movie: Movie) -> str:
    return json.dumps(movie.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False, sort_keys=True)


@lru_cache(maxsize=4096)
def _movie(record: str) -> Movie:
    """A film from a record of ours: valid when it was written, so it is not checked again."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(record).items()
    }
    if "release_date" in fields:
        fields["release_date"] = date.fromisoformat(fields["release_date"])
    return Movie.model_construct(**fields)


def _where(filters: Filters) -> tuple[str, list[Any]]:
    """SQL condition over `movies m` and its bound values."""
    parts: list[str] = ["1"]
    values: list[Any] = []

    def has(kind: str, names: Sequence[str]) -> str:
        values.append(kind)
        values.extend(fold(name) for name in names)
        marks = ",".join("?" * len(names))
        return f"m.key IN (SELECT t.key FROM terms t WHERE t.kind = ? AND t.term IN ({marks}))"

    def no(kind: str, names: Sequence[str]) -> str:
        return "NOT " + has(kind, names)

    if filters.genres_any:
        parts.append(has("genre", filters.genres_any))
    parts.extend(has("genre", [name]) for name in filters.genres_all)
    if filters.genres_none:
        parts.append(no("genre", filters.genres_none))
    if filters.countries:
        parts.append(has("country", filters.countries))
    parts.extend(has("person", [name]) for name in filters.people)
    if filters.people_any:
        parts.append(has("person", filters.people_any))
    if filters.people_none:
        parts.append(no("person", filters.people_none))
    for column, bound, value in (
        ("year", ">=", filters.year_min), ("year", "<=", filters.year_max),
        ("runtime", ">=", filters.runtime_min), ("runtime", "<=", filters.runtime_max),
        ("rating", ">=", filters.rating_min),
    ):  # fmt: skip
        if value is not None:
            parts.append(f"m.{column} {bound} ?")
            values.append(value)
    if filters.languages:
        parts.append(f"m.language IN ({','.join('?' * len(filters.languages))})")
        values.extend(filters.languages)
    if filters.has_poster is not None:
        parts.append("m.has_poster = ?")
        values.append(filters.has_poster)
    return " AND ".join(parts), values
