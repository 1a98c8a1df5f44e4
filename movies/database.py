"""How every SQLite file of Matinee is opened: a write-ahead log (WAL), so that readers never wait for a writer.

Knows nothing of what the files hold.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal

from tenacity import Retrying, retry_if_exception_message, stop_after_delay, wait_random

_PATIENCE = 30.0  # seconds a statement waits for another program's transaction


def connect(
    path: Path, *, synchronous: Literal["NORMAL", "FULL"] = "NORMAL", patience: float = _PATIENCE
) -> sqlite3.Connection:
    """Open or make a database with a write-ahead log; statements outside a transaction commit by themselves.

    `NORMAL` survives a crash of the program, `FULL` one of the machine. `patience`: seconds a statement waits for
    another program's transaction, before it fails with an error that is `locked`. The connection may change
    threads, but serves one at a time. Raises sqlite3.DatabaseError for a file that is none.
    """
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        write_ahead(connection, patience)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
    except BaseException:
        connection.close()
        raise
    return connection


def locked(error: BaseException) -> bool:
    """Whether a statement failed because another connection's transaction was in its way for too long."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def write_ahead(connection: sqlite3.Connection, patience: float = _PATIENCE) -> None:
    """Give the database a write-ahead log if it has none.

    While that is being changed by one connection, SQLite refuses the others at once instead of
    letting them wait (its busy handler is not asked), so that the first requests after a start
    would fail: they try again here.
    """
    for attempt in Retrying(
        retry=retry_if_exception_message(match="database is locked"),
        stop=stop_after_delay(patience),
        wait=wait_random(0.001, 0.01),
        reraise=True,
    ):
        with attempt:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
