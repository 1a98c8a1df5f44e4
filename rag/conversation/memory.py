"""What the concierge remembers of each conversation, in one SQLite file.

A session is one row, so people can't mix; it is bounded (lists are cut, old sessions go) and it
expires. Knows what was asked for, shown, liked and seen. Does not know what a sentence means
(`dialogue.py`) nor films beyond their ids.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal
from weakref import WeakValueDictionary

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from movies.database import connect, locked
from movies.errors import BadInput, Busy
from movies.movie import Filters
from movies.turns import COMPUTING
from rag.plan import Plan

Verdict = Literal["like", "dislike", "seen"]
Feedback = Verdict | Literal["none"]  # `none` takes back what was said of a film

EXCHANGES = 12  # remembered turns: enough for "what did I ask for?", little enough for a small model
_TASTES = 200  # films per verdict
_SHOWN = 400  # films of one request that "another five" must not repeat
_SAID = 300  # characters kept of a message
_LARGEST = 200_000  # bytes of one session
_PATIENCE = 30.0  # seconds a second message of the same session waits for the first
_FILE_PATIENCE = 2.0  # seconds a message waits for the file, when another program holds it
_HELD = "Another program holds the file of the conversations, so this one can't be kept. Try again in a moment."
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, state TEXT NOT NULL, updated REAL NOT NULL);
CREATE INDEX IF NOT EXISTS sessions_updated ON sessions (updated);
"""


class Exchange(BaseModel):
    """One turn in short: what was said (at most 300 characters) and what it asked for in words."""

    model_config = ConfigDict(frozen=True)

    said: str
    act: str
    wanted: str = ""


class Hunt(BaseModel):
    """A film somebody tries to remember: what was said of it, the questions answered, films it is not.

    `answers` are (name of a question, `yes`, `no` or `unsure`); `pending` the question that waits for an answer.
    """

    model_config = ConfigDict(frozen=True)

    said: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    pending: str = ""
    rejected: tuple[str, ...] = ()


class Memory(BaseModel):
    """The state of one conversation. Immutable; `with_…` methods give the next state.

    `plan` is the request as it stands and `before` as it stood before its last change; `shown` the films of the last answer in their order; `offered`
    all films shown for this request; `focus` the film talked about; `offer` what a bare "yes" would
    carry out; `never` what is ruled out for good (genres and people); `picture` films that stand for the last poster;
    `turn` the name of the last turn, if whoever asked gave it one, and `earlier` the memory before it, a single step back.
    """

    model_config = ConfigDict(frozen=True)

    plan: Plan = Plan()
    before: Plan = Plan()
    shown: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    focus: str | None = None
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    never: Filters = Filters()
    hunt: Hunt | None = None
    offer: Plan | None = None
    picture: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    turns: int = Field(default=0, ge=0)
    turn: str = ""
    earlier: Memory | None = None

    def with_verdict(self, movie_id: str, verdict: Feedback) -> Memory:
        """The verdict noted; a like takes back a dislike and the other way round, `none` all that was said of the film.

        It outlives the last turn being answered again: it was not given by that turn.
        """
        liked, disliked, seen = (_without(ids, movie_id) for ids in (self.liked, self.disliked, self.seen))
        said: dict[str, object]
        match verdict:
            case "seen":
                said = {"seen": (*seen, movie_id)[-_TASTES:]}
            case "like":
                said = {"liked": (*liked, movie_id)[-_TASTES:], "disliked": disliked}
            case "dislike":
                said = {"liked": liked, "disliked": (*disliked, movie_id)[-_TASTES:]}
            case "none":
                said = {"liked": liked, "disliked": disliked, "seen": seen}
        earlier = self.earlier.with_verdict(movie_id, verdict) if self.earlier else None
        return self.model_copy(update=said | {"earlier": earlier})

    def without_turn(self, turn: str) -> Memory:
        """As it was before the turn of this name, if that was the last one; else as it is."""
        return self.earlier if self.earlier is not None and turn and turn == self.turn else self

    def with_way_back(self, turn: str, earlier: Memory) -> Memory:
        """With a single step back, to what was known before this turn; none for a turn without a name."""
        step = earlier.model_copy(update={"turn": "", "earlier": None}) if turn else None
        return self.model_copy(update={"turn": turn, "earlier": step})

    def with_never(self, ruled_out: Filters) -> Memory:
        """Genres and people never to be shown again, added to those known."""
        names = ("genres_none", "people_none")
        joined = {name: tuple(dict.fromkeys((*getattr(self.never, name), *getattr(ruled_out, name))))[:20] for name in names}
        return self.model_copy(update={"never": Filters(**joined)})

    def without_tastes(self, *kinds: Verdict) -> Memory:
        """Likes, dislikes or seen films forgotten; all three when none is named."""
        names = {"like": "liked", "dislike": "disliked", "seen": "seen"}
        cleared: dict[str, object] = {names[kind]: () for kind in (kinds or ("like", "dislike", "seen"))}
        return self.model_copy(update=cleared | ({"never": Filters()} if not kinds or "dislike" in kinds else {}))

    def with_exchange(self, said: str, act: str, wanted: str) -> Memory:
        """The turn noted, the oldest one dropped when there are too many."""
        exchange = Exchange(said=said[:_SAID], act=act, wanted=wanted[:_SAID])
        return self.model_copy(update={"exchanges": (*self.exchanges, exchange)[-EXCHANGES:], "turns": self.turns + 1})

    def with_shown(self, ids: tuple[str, ...], *, again: bool) -> Memory:
        """The films now on the table; `again` adds to those offered for this request, else starts anew."""
        before = self.offered if again else ()
        offered = (*before, *(movie_id for movie_id in ids if movie_id not in before))[-_SHOWN:]
        return self.model_copy(update={"shown": ids, "offered": offered, "focus": ids[0] if len(ids) == 1 else None})

    @property
    def put_aside(self) -> tuple[str, ...]:
        """Films that are not suggested again: seen and disliked."""
        return tuple(dict.fromkeys(self.seen + self.disliked))


class Sessions:
    """All conversations, in one SQLite file. Thread-safe; one message of a session at a time.

    >>> sessions = Sessions(Path("sessions.sqlite"))           # doctest: +SKIP
    >>> with sessions.turn("kitchen") as turn:                 # doctest: +SKIP
    ...     turn.memory = turn.memory.with_verdict("heat-1995", "like")
    """

    def __init__(
        self,
        path: Path,
        *,
        days: float = 30.0,
        most: int = 10_000,
        clock: Callable[[], float] = time.time,
        patience: float = _PATIENCE,
    ) -> None:
        self.path = path
        self._expiry = days * 86_400
        self._most = most
        self._clock = clock
        self._patience = patience
        self._local = threading.local()
        self._locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
        self._locks_guard = threading.Lock()
        self._writing = threading.Lock()

    @contextmanager
    def turn(self, session: str) -> Iterator[Turn]:
        """Hold a session for one turn; what `turn.memory` is at the end is kept, unless an error escapes.

        Raises BadInput for an unusable name, Busy if another message of this session is still being answered or
        another program holds the file.
        """
        lock = self._lock(session)
        if not lock.inner.acquire(timeout=self._patience):
            raise Busy("Your last message is still being answered. Wait for it, or stop it, and send this one again.", 2.0)
        try:
            turn = Turn(self.load(session))
            before = turn.memory
            try:
                yield turn
            except GeneratorExit:  # the listener left; what was shown to them counts
                with suppress(Busy):  # nobody is there to be told
                    self._save(session, turn.memory)
                raise
            if turn.memory is not before:
                self._save(session, turn.memory)
        finally:
            lock.inner.release()

    def load(self, session: str) -> Memory:
        """What is known of a session; an empty memory for a new, expired or damaged one."""
        with _in_time():
            row = self._connection.execute("SELECT state, updated FROM sessions WHERE id = ?", (_name(session),)).fetchone()
        if row is None or row[1] < self._clock() - self._expiry:
            return Memory()
        try:
            return Memory.model_validate_json(row[0])
        except ValidationError:  # written by another version: starting over beats failing
            return Memory()

    def forget(self, session: str) -> None:
        """Drop everything known of a session."""
        with _in_time():
            self._connection.execute("DELETE FROM sessions WHERE id = ?", (_name(session),))

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM sessions").fetchone()[0])

    def _save(self, session: str, memory: Memory) -> None:
        state = memory.model_dump_json(exclude_defaults=True)
        if len(state) > _LARGEST and memory.earlier is not None:  # the way back is the first to go
            memory = memory.with_way_back("", memory)
            state = memory.model_dump_json(exclude_defaults=True)
        if len(state) > _LARGEST:  # a request of thousands of parts: keep the person, drop the request
            state = memory.model_copy(update={"plan": Plan(), "offer": None, "hunt": None}).model_dump_json(
                exclude_defaults=True
            )
        # Whoever waits for a file has no turn at computing meanwhile: another program's lock must not stop all searches.
        with COMPUTING.aside(), _in_time():
            connection = self._connection
            if not self._writing.acquire(timeout=_FILE_PATIENCE):
                raise Busy(_HELD, 2.0)
            try:  # SQLite lets waiting writers sleep and try again; a lock wakes them in turn
                self._write(connection, session, state, self._clock())
            finally:
                self._writing.release()

    def _write(self, connection: sqlite3.Connection, session: str, state: str, now: float) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state, updated = excluded.updated",
                (session, state, now),
            )
            connection.execute("DELETE FROM sessions WHERE updated < ?", (now - self._expiry,))
            connection.execute(
                "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions ORDER BY updated DESC LIMIT -1 OFFSET ?)",
                (self._most,),
            )
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite has rolled back by itself where the disk is full
                connection.execute("ROLLBACK")
            raise

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = connect(self.path, patience=_FILE_PATIENCE)
            connection.executescript(_SCHEMA)
            self._local.connection = connection
        return connection

    def _lock(self, session: str) -> _Lock:
        name = _name(session)
        with self._locks_guard:
            lock = self._locks.get(name)
            if lock is None:
                lock = self._locks[name] = _Lock()
            return lock


class Turn:
    """One turn of a session; assign `memory` to change what is remembered."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory


class _Lock:
    """A lock that can be weakly referenced, so that idle sessions leave nothing behind."""

    def __init__(self) -> None:
        self.inner = threading.Lock()


@contextmanager
def _in_time() -> Iterator[None]:
    """Turn "another program held the file for too long" into Busy, which says so."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if not locked(error):
            raise
        raise Busy(_HELD, 2.0) from None


def _name(session: str) -> str:
    if not session or len(session) > 200:
        raise BadInput("A session needs a name of 1 to 200 characters; choose any, such as `kitchen`.")
    return session


def _without(ids: tuple[str, ...], movie_id: str) -> tuple[str, ...]:
    return tuple(known for known in ids if known != movie_id)
