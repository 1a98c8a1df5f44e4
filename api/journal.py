"""The journal: what people asked for in vain. One SQLite file, for `matinee report unanswered`.

Holds no address and no session: a question that found nothing is kept as the plan it was understood
as, and counted. Bounded: what was asked least often and longest ago goes. Does not know how films are found.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from movies.database import connect
from rag.plan import Plan, describe

_SCHEMA = """
CREATE TABLE IF NOT EXISTS unanswered (
    plan TEXT PRIMARY KEY, words TEXT NOT NULL, times INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL
);
"""
_MOST = 20_000  # entries


@dataclass(frozen=True)
class Unanswered:
    """A request that found nothing: in words, as a plan, how often and when last (UTC)."""

    words: str
    plan: Plan
    times: int
    last: str


class Journal:
    """Thread-safe; each write is one transaction."""

    def __init__(self, path: Path, most: int = _MOST) -> None:
        self._most = most
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = threading.Lock()
        self._connection = connect(path)
        self._connection.executescript(_SCHEMA)

    def missed(self, plan: Plan) -> None:
        """Note that nothing in the catalogue fits a plan. How many films were wanted is nothing it lacks."""
        plan = plan.model_copy(update={"k": Plan().k})
        if not plan:
            return
        key, now = json.dumps(plan.chosen(), sort_keys=True, ensure_ascii=False), _now()
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO unanswered VALUES (?, ?, 1, ?, ?) "
                "ON CONFLICT DO UPDATE SET times = times + 1, last = excluded.last",
                (key, describe(plan), now, now),
            )
            [(known,)] = connection.execute("SELECT count(*) FROM unanswered")
            if known > self._most:  # a twentieth at once, so that this is rare; never the newest, or nothing new got in
                connection.execute(
                    "DELETE FROM unanswered WHERE plan IN "
                    "(SELECT plan FROM unanswered WHERE plan != ? ORDER BY times, last, rowid LIMIT ?)",
                    (key, known - self._most + self._most // 20),
                )

    def unanswered(self, most: int = 100) -> list[Unanswered]:
        """What was asked for in vain, most often first."""
        query = "SELECT words, plan, times, last FROM unanswered ORDER BY times DESC, last DESC LIMIT ?"
        with self._lock:
            rows = self._connection.execute(query, (most,)).fetchall()
        return [Unanswered(words, Plan.from_record(json.loads(plan)), times, last) for words, plan, times, last in rows]

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
