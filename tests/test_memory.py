"""Sessions: kept, bounded, expiring, apart from each other."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from movies.errors import BadInput, Busy
from rag.conversation.memory import EXCHANGES, Memory, Sessions
from rag.plan import Plan


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def remember(sessions: Sessions, name: str, **fields: object) -> None:
    with sessions.turn(name) as turn:
        turn.memory = turn.memory.model_copy(update=fields)


def test_a_session_outlives_the_process(tmp_path: Path) -> None:
    remember(Sessions(tmp_path / "s.sqlite"), "kitchen", liked=("heat-1995",), plan=Plan(query="heist"))
    known = Sessions(tmp_path / "s.sqlite").load("kitchen")
    assert known.liked == ("heat-1995",)
    assert known.plan.query == "heist"


def test_sessions_never_mix(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")
    remember(sessions, "ann", liked=("heat-1995",))
    assert sessions.load("bob") == Memory()


def test_a_session_expires(tmp_path: Path) -> None:
    clock = Clock()
    sessions = Sessions(tmp_path / "s.sqlite", days=2, clock=clock)
    remember(sessions, "ann", liked=("heat-1995",))
    clock.now += 1.9 * 86_400
    assert sessions.load("ann").liked
    clock.now += 0.2 * 86_400
    assert sessions.load("ann") == Memory()
    remember(sessions, "bob", liked=("up-2009",))
    assert len(sessions) == 1


def test_the_oldest_sessions_go_when_there_are_too_many(tmp_path: Path) -> None:
    clock = Clock()
    sessions = Sessions(tmp_path / "s.sqlite", most=3, clock=clock)
    for name in "abcde":
        clock.now += 1
        remember(sessions, name, liked=(name,))
    assert len(sessions) == 3
    assert sessions.load("a") == Memory()
    assert sessions.load("e").liked == ("e",)


def test_a_long_conversation_stays_small(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")
    for number in range(200):
        with sessions.turn("ann") as turn:
            shown = tuple(f"film-{number}-{n}" for n in range(5))
            turn.memory = turn.memory.with_exchange("x" * 4000, "search", "y" * 4000).with_shown(shown, again=True)
            turn.memory = turn.memory.with_verdict(f"film-{number}-0", "like")
    memory = sessions.load("ann")
    assert len(memory.exchanges) == EXCHANGES
    assert memory.turns == 200
    assert len(memory.model_dump_json()) < 40_000


def test_an_error_in_a_turn_changes_nothing(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")
    remember(sessions, "ann", liked=("heat-1995",))
    with pytest.raises(RuntimeError), sessions.turn("ann") as turn:  # noqa: PT012
        turn.memory = Memory()
        raise RuntimeError
    assert sessions.load("ann").liked == ("heat-1995",)


def test_one_message_of_a_session_at_a_time(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite", patience=0.05)
    with sessions.turn("ann"), ExitStack() as stack:
        with pytest.raises(Busy, match="still being answered"):
            stack.enter_context(sessions.turn("ann"))
        with sessions.turn("bob"):
            pass


def test_turns_of_many_threads_are_all_counted(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")

    def talk() -> None:
        for _ in range(10):
            with sessions.turn("ann") as turn:
                turn.memory = turn.memory.with_exchange("hello", "greeting", "")

    threads = [threading.Thread(target=talk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sessions.load("ann").turns == 80


def test_a_damaged_session_starts_over(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")
    remember(sessions, "ann", liked=("heat-1995",))
    with sqlite3.connect(tmp_path / "s.sqlite") as connection:
        connection.execute("UPDATE sessions SET state = '{\"liked\": 7'")
    connection.close()
    assert sessions.load("ann") == Memory()


def test_a_like_takes_back_a_dislike() -> None:
    memory = Memory().with_verdict("heat-1995", "dislike").with_verdict("heat-1995", "like").with_verdict("heat-1995", "seen")
    assert (memory.liked, memory.disliked, memory.seen) == (("heat-1995",), (), ("heat-1995",))
    assert memory.put_aside == ("heat-1995",)
    assert memory.without_tastes("like") == Memory(seen=("heat-1995",))


@pytest.mark.parametrize("name", ["", "x" * 201])
def test_a_session_needs_a_usable_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="needs a name"):
        Sessions(tmp_path / "s.sqlite").load(name)


def test_forgetting(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")
    remember(sessions, "ann", liked=("heat-1995",))
    sessions.forget("ann")
    assert sessions.load("ann") == Memory()


def test_a_named_turn_can_be_undone_once() -> None:
    first = Memory(plan=Plan(query="heist")).with_way_back("t1", Memory())
    second = first.model_copy(update={"plan": Plan(query="western")}).with_way_back("t2", first)
    assert second.without_turn("t2").plan.query == "heist"
    assert second.without_turn("t2").earlier is None  # one step, however long the conversation
    for other in ("t1", "", "t3"):
        assert second.without_turn(other) is second
    unnamed = second.with_way_back("", second)
    assert unnamed.without_turn("") is unnamed
    assert unnamed.earlier is None


def test_a_verdict_outlives_the_turn_before_it() -> None:
    memory = Memory().with_exchange("a heist", "search", "").with_way_back("t1", Memory()).with_verdict("heat-1995", "seen")
    assert memory.without_turn("t1") == Memory(seen=("heat-1995",))
    assert memory.with_verdict("heat-1995", "none").without_turn("t1") == Memory()


def test_a_verdict_is_taken_back() -> None:
    memory = Memory()
    for verdict in ("like", "seen", "dislike"):
        memory = memory.with_verdict("heat-1995", verdict).with_verdict("up-2009", verdict)  # type: ignore[arg-type]
    memory = memory.with_verdict("heat-1995", "none")
    assert (memory.liked, memory.disliked, memory.seen) == ((), ("up-2009",), ("up-2009",))


def test_the_way_back_is_the_first_to_go_when_a_session_grows_too_large(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "s.sqlite")
    large = Memory(liked=tuple(f"{number:0>600}" for number in range(200)))
    with sessions.turn("ann") as turn:
        turn.memory = large.with_way_back("t1", large)
    known = sessions.load("ann")
    assert known.earlier is None
    assert known == large
