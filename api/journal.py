"""The journal: what people asked for in vain. One SQLite file, for `matinee report unanswered`.

Holds no address and no session: a question that found nothing is kept as the plan it was understood
as, and counted. Bounded: what was asked least often and longest ago goes. Keeping it is best effort: whoever searches
neither waits for the file nor learns that it can't be written. Does not know how films are found.
"""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from movies.database import connect, locked
from rag.plan import Plan, describe

_SCHEMA = """
CREATE TABLE IF NOT EXISTS unanswered (
    plan TEXT PRIMARY KEY, words TEXT NOT NULL, times INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL
);
"""
_MOST = 20_000  # entries
_WAITING = 1000  # notes that may wait to be written; more are lost
_SETTLING = 2.0  # seconds for what waits, when somebody reads or closes
_SAY_AGAIN = 60.0  # seconds between two lines in the log about lost notes


@dataclass(frozen=True)
class Unanswered:
    """A request that found nothing: in words, as a plan, how often and when last (UTC)."""

    words: str
    plan: Plan
    times: int
    last: str


class Journal:
    """Thread-safe. One thread writes the notes, each in a transaction; `lost` is called for each that can't be written."""

    def __init__(self, path: Path, most: int = _MOST) -> None:
        self._most = most
        self.path = path
        self.lost: Callable[[], None] = lambda: None
        self._notes: queue.Queue[tuple[Plan, str] | None] = queue.Queue(_WAITING)
        self._writer: threading.Thread | None = None
        self._starting = threading.Lock()
        self._lost = 0  # since the log was told
        self._say_from = 0.0

    def missed(self, plan: Plan) -> None:
        """Note that nothing in the catalogue fits a plan, however many films were wanted. Neither waits nor fails."""
        plan = plan.model_copy(update={"k": Plan().k})
        if not plan:
            return
        try:
            self._notes.put_nowait((plan, _now()))
        except queue.Full:
            self._lose("too many wait")
        if self._writer is None:
            with self._starting:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._work, name="journal", daemon=True)
                    self._writer.start()

    def unanswered(self, most: int = 100) -> list[Unanswered]:
        """What was asked for in vain, most often first."""
        self._settle()
        query = "SELECT words, plan, times, last FROM unanswered ORDER BY times DESC, last DESC LIMIT ?"
        with closing(self._open()) as connection:
            rows = connection.execute(query, (most,)).fetchall()
        return [Unanswered(words, Plan.from_record(json.loads(plan)), times, last) for words, plan, times, last in rows]

    def close(self) -> None:
        """Write what waits, if that is soon done."""
        if self._settle() and self._writer is not None:
            self._notes.put_nowait(None)
            self._writer.join(_SETTLING)
            self._writer = None

    def _settle(self) -> bool:
        """Wait for what waits to be written, for a moment; whether it was."""
        done = self._notes.all_tasks_done
        with done:
            return done.wait_for(lambda: not self._notes.unfinished_tasks, _SETTLING)

    # -- the writer ----------------------------------------------------------------------------

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            note = self._notes.get()
            try:
                if note is None:
                    break
                connection = connection or self._open()
                self._write(connection, *note)
            except Exception as error:  # whatever it is: the next note may be written
                self._lose(getattr(error, "sqlite_errorname", type(error).__name__))
                if connection is not None and not locked(error):
                    connection.close()
                    connection = None  # the file may be another one when the disk is repaired
            finally:
                self._notes.task_done()
        if connection is not None:
            connection.close()

    def _write(self, connection: sqlite3.Connection, plan: Plan, now: str) -> None:
        key = json.dumps(plan.chosen(), sort_keys=True, ensure_ascii=False)
        with _writing(connection):
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

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(self.path)
        try:
            connection.executescript(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection

    def _lose(self, reason: str) -> None:
        """Count a note that is lost; a full disk would fill the log too, so that is told now and then only."""
        self.lost()
        self._lost += 1
        now = time.monotonic()
        if now >= self._say_from:
            structlog.get_logger("api").warning("notes lost", of="journal", reason=reason, notes=self._lost)
            self._lost, self._say_from = 0, now + _SAY_AGAIN


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has rolled back by itself where the disk is full
            connection.execute("ROLLBACK")
        raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
