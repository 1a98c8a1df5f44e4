"""The write-ahead log of every database: who comes while it is being made waits, instead of failing."""

import sqlite3
import threading
from pathlib import Path

import pytest

from movies.database import connect


def test_a_database_is_made_while_another_program_writes_to_it(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):  # what SQLite does by itself, however patient
        sqlite3.connect(path, timeout=30, isolation_level=None).execute("PRAGMA journal_mode = WAL")
    done = threading.Timer(0.2, other.execute, ("COMMIT",))
    done.start()
    connection = connect(path)
    done.join()
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    other.close()


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("milk, bread, and a film for the evening\n" * 40, "utf-8")
    before = path.read_bytes()
    with pytest.raises(sqlite3.DatabaseError):
        connect(path)
    assert path.read_bytes() == before
