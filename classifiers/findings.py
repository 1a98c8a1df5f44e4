"""What an audit found and what people decided: findings, where they are kept, their review, their CSV.

    book = AuditBook(lambda: version_folder, artifacts / REVIEWS)
    book.page(kinds=("not_a_poster",), state="open").findings

Findings lie beside the version they were made for (`reports/audit.json`); decisions lie in one SQLite
file for all versions and hold wherever the same finding turns up again. Does not know how anything is found.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from movies.database import connect
from movies.errors import BadInput, IndexMismatch, ModelMissing, UnknownFinding

Kind = Literal[
    "broken_picture", "not_a_poster", "poster_disagrees", "duplicate_film", "duplicate_plot", "duplicate_poster",
    "suspect_year", "suspect_runtime", "genre_doubtful", "genre_missing", "tiny_picture", "no_plot", "no_poster",
]  # fmt: skip
State = Literal["open", "accepted", "rejected"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATES: tuple[State, ...] = get_args(State)
GAPS = ("no_plot", "no_poster")  # true and plain to see; listed after everything that is wrong
AUDIT = "matinee audit"
REVIEWS = "reviews.sqlite"  # in the artefact folder, shared by all versions
_PLACE = "reports/audit.json"  # in a version's folder
_COMPUTED = frozenset("=+-@|%\t\r\n")  # what a cell begins with that a spreadsheet may run


@dataclass(frozen=True)
class Finding:
    """One thing to look at: `evidence` is a sentence with the numbers behind it, `confidence` 0–1.

    `other` is the second film of a pair. `about` is what the judgement hangs on (the picture, the plot,
    the year): a decision holds as long as that stays the same.
    """

    kind: Kind
    movie_id: str
    title: str
    evidence: str
    confidence: float
    suggestion: str
    other: str | None = None
    genre: str | None = None
    about: str = field(default="", repr=False)

    @property
    def id(self) -> str:
        """16 hex digits, the same in every audit that finds the same."""
        text = "\0".join((self.kind, self.movie_id, self.other or "", self.genre or "", self.about))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

    def record(self, state: State = "open") -> dict[str, Any]:
        """The finding as JSON types, with its id and the state of its review."""
        told = asdict(self)
        del told["about"]
        return {"id": self.id, **told, "confidence": round(self.confidence, 3), "state": state}


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """What is wrong before what is merely missing, the surest first."""
    return sorted(findings, key=lambda one: (one.kind in GAPS, -one.confidence, KINDS.index(one.kind), one.movie_id))


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each kind, most first."""
    return dict(Counter(finding.kind for finding in findings).most_common())


# -- decisions ---------------------------------------------------------------------------------------


class Reviews:
    """What people decided, by finding id; one SQLite file. Any thread or process may use it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def states(self) -> dict[str, State]:
        """All decisions; what nobody decided is open."""
        if not self.path.is_file():
            return {}
        with self._open() as connection:
            return dict(connection.execute("SELECT id, state FROM reviews"))

    def decide(self, finding_id: str, state: State) -> None:
        """Remember a decision; `open` forgets it. Raises BadInput for any other word."""
        if state not in STATES:
            raise BadInput("A finding can be accepted, rejected or open.")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            if state == "open":
                connection.execute("DELETE FROM reviews WHERE id = ?", (finding_id,))
            else:
                now = datetime.now(UTC).isoformat(timespec="seconds")
                connection.execute("INSERT OR REPLACE INTO reviews VALUES (?, ?, ?)", (finding_id, state, now))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection: sqlite3.Connection | None = None
        try:
            connection = connect(self.path, synchronous="FULL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS reviews (id TEXT PRIMARY KEY, state TEXT NOT NULL, decided TEXT NOT NULL)"
            )
            yield connection
        except sqlite3.DatabaseError as error:
            raise BadInput(
                f"The decisions in {self.path.name} can't be used ({error}). Restore the file or remove it to start anew."
            ) from None
        finally:
            if connection is not None:
                connection.close()


# -- an audit, kept ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Audited:
    """One audit: when (UTC, ISO), of which version, of how many films, and what it found."""

    made: str
    version: str
    films: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Page:
    """Part of an audit. `findings`: records with state; `total`: how many fit the question; `counts`: open ones by kind."""

    made: str
    version: str
    films: int
    findings: list[dict[str, Any]]
    total: int
    counts: dict[str, int]


def save_audit(folder: Path, films: int, findings: Sequence[Finding], version: str = "") -> Path:
    """Write an audit into a version's folder, by rename: whoever reads sees the old one or the new one."""
    path = folder / _PLACE
    path.parent.mkdir(exist_ok=True)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    record = {"made": made, "version": version, "films": films, "findings": [asdict(finding) for finding in findings]}
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8", errors="backslashreplace")
    part.replace(path)
    return path


class AuditBook:
    """The audit of the version that serves, with what people decided. Thread-safe."""

    def __init__(self, folder: Callable[[], Path], reviews: Path) -> None:
        self._folder = folder
        self.reviews = Reviews(reviews)
        self._lock = threading.Lock()
        self._known: tuple[object, Audited] | None = None

    @property
    def there(self) -> bool:
        """Whether the version that serves has been audited."""
        return self._path.is_file()

    @property
    def _path(self) -> Path:
        return self._folder() / _PLACE

    def audited(self) -> Audited:
        """Raises ModelMissing with the command if there was no audit of this version yet."""
        path = self._path
        try:
            seen = path.stat()
        except OSError:
            raise ModelMissing(f"This version of the catalogue has not been audited yet. Run: {AUDIT}") from None
        stamp = (path, seen.st_mtime_ns, seen.st_size)
        with self._lock:
            if self._known is None or self._known[0] != stamp:
                self._known = (stamp, _read(path))
            return self._known[1]

    def page(
        self, kinds: Sequence[str] = (), state: str | None = None, movie_id: str | None = None,
        limit: int | None = None, offset: int = 0,
    ) -> Page:  # fmt: skip
        """Findings of some kinds (all if none is named), in one state, of one film. Raises BadInput for other kinds."""
        if unknown := set(kinds) - set(KINDS):
            raise BadInput(f"No finding is of the kind {unknown.pop()[:40]!r}. There are: {', '.join(KINDS)}.")
        audited, states = self.audited(), self.reviews.states()
        told = [(finding, states.get(finding.id, "open")) for finding in audited.findings]
        fitting = [
            (finding, is_)
            for finding, is_ in told
            if (not kinds or finding.kind in kinds)
            and state in (None, is_)
            and movie_id in (None, finding.movie_id, finding.other)
        ]
        shown = fitting[offset : None if limit is None else offset + limit]
        return Page(
            audited.made, audited.version, audited.films, [finding.record(is_) for finding, is_ in shown], len(fitting),
            counts(finding for finding, is_ in told if is_ == "open"),
        )  # fmt: skip

    def decide(self, finding_id: str, state: State) -> dict[str, Any]:
        """Remember a decision and return the finding as it is now. Raises UnknownFinding or BadInput."""
        found = next((finding for finding in self.audited().findings if finding.id == finding_id), None)
        if found is None:
            raise UnknownFinding(f"This audit has no finding {finding_id[:40]!r}. GET /v1/audit or {AUDIT} lists them.")
        self.reviews.decide(finding_id, state)
        return found.record(state)


def _read(path: Path) -> Audited:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        findings = tuple(Finding(**finding) for finding in record["findings"])
        return Audited(str(record["made"]), str(record["version"]) or path.parent.parent.name, int(record["films"]), findings)
    except (OSError, ValueError, KeyError, TypeError):
        raise IndexMismatch(f"The audit of this version is damaged. Make it anew: {AUDIT}") from None


# -- CSV ---------------------------------------------------------------------------------------------


def as_csv(records: Iterable[Mapping[str, Any]]) -> str:
    """Findings (as `record` gives them) as CSV; cells that a spreadsheet would compute are disarmed."""
    store = io.StringIO()
    writer: Any = None
    for record in records:
        if writer is None:
            writer = csv.DictWriter(store, list(record))
            writer.writeheader()
        writer.writerow({name: _harmless(value) for name, value in record.items()})
    return store.getvalue()


def write_csv(records: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write `as_csv` to a file. Raises BadInput if that can't be written."""
    try:
        path.write_text(as_csv(records), encoding="utf-8", errors="replace", newline="")
    except OSError as error:
        raise BadInput(f"{path} can't be written ({error.strerror}). Name another file.") from None


def _harmless(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and value.lstrip(" ")[:1] in _COMPUTED else value
