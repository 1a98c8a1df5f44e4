"""Taking turns at the interpreter: one at a time, aside without blocking, no turn lost."""

import threading
import time
from collections.abc import Callable

import pytest

from movies.turns import Turns

PATIENCE = 10.0


def started(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def finished(*threads: threading.Thread) -> bool:
    for thread in threads:
        thread.join(PATIENCE)
    return not any(thread.is_alive() for thread in threads)


def stepped_aside(turns: Turns, afterwards: Callable[[], None]) -> tuple[threading.Thread, threading.Event]:
    """A thread that had its turn and waits aside until the event is set; then it does `afterwards` in its turn."""
    away, back = threading.Event(), threading.Event()

    def work() -> None:
        with turns.turn():
            with turns.aside():
                away.set()
                back.wait(PATIENCE)
            afterwards()

    thread = started(work)
    assert away.wait(PATIENCE)
    return thread, back


def test_one_thread_at_a_time_has_the_turn() -> None:
    turns, inside, most, done = Turns(), 0, 0, []

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with turns.turn():
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1
                with turns.aside():
                    time.sleep(0)
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1
        done.append(True)

    assert finished(*(started(work) for _ in range(8)))
    assert (most, inside, len(done)) == (1, 0, 8)


def test_who_waits_aside_holds_nobody_up() -> None:
    turns, ready = Turns(), threading.Event()
    answered = []

    def waits_for_another() -> None:
        with turns.turn(), turns.aside():
            answered.append(ready.wait(PATIENCE))

    def the_other() -> None:
        with turns.turn():
            ready.set()

    assert finished(started(waits_for_another), started(the_other))
    assert answered == [True]


def test_who_comes_back_goes_before_who_is_new() -> None:
    turns, order = Turns(), []
    first, back = stepped_aside(turns, lambda: order.append("back"))

    def new() -> None:
        with turns.turn():
            order.append("new")

    with turns.turn():
        second = started(new)
        waiting(turns, 1)
        back.set()
        waiting(turns, 2)
    assert finished(first, second)
    assert order == ["back", "new"]


def test_the_patient_let_others_go_first_when_they_come_back_too() -> None:
    turns, order = Turns(), []
    away, back = threading.Event(), threading.Event()

    def patient() -> None:
        with turns.turn(PATIENCE):
            with turns.aside():
                away.set()
                back.wait(PATIENCE)
            order.append("patient")

    def new() -> None:
        with turns.turn():
            order.append("new")

    first = started(patient)
    assert away.wait(PATIENCE)
    with turns.turn():
        back.set()
        waiting(turns, 1)
        second = started(new)
        waiting(turns, 2)
    assert finished(first, second)
    assert order == ["new", "patient"]


def waiting(turns: Turns, number: int) -> None:
    """Until so many threads wait for the turn."""
    until = time.monotonic() + PATIENCE
    while len(turns._waiting) + len(turns._patient) < number:
        assert time.monotonic() < until, "the threads never came to wait"
        time.sleep(0.001)


def test_the_patient_wait_for_those_aside_too_but_not_for_ever() -> None:
    turns, order = Turns(), []
    first, back = stepped_aside(turns, lambda: order.append("first"))

    def patient(seconds: float, name: str) -> None:
        with turns.turn(seconds):
            order.append(name)

    assert finished(started(lambda: patient(0.01, "hasty")))  # the turn is free, and its patience is at an end
    second = started(lambda: patient(PATIENCE, "patient"))
    waiting(turns, 1)
    back.set()
    assert finished(first, second)
    assert order == ["hasty", "first", "patient"]


def test_patience_that_ends_while_another_computes_queues_like_the_rest() -> None:
    turns, order = Turns(), []

    def comes(name: str, patience: float) -> None:
        with turns.turn(patience):
            order.append(name)

    with turns.turn():
        first = started(lambda: comes("patient once", 0.01))
        waiting(turns, 1)
        until = time.monotonic() + PATIENCE
        while not turns._waiting:
            assert time.monotonic() < until
            time.sleep(0.001)
        second = started(lambda: comes("new", 0.0))
        waiting(turns, 2)
    assert finished(first, second)
    assert order == ["patient once", "new"]
    assert (turns._busy, turns._taken) == (0, False)


def test_a_failure_gives_the_turn_back() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.turn():
        _ = 1 / 0
    with pytest.raises(ZeroDivisionError), turns.turn(), turns.aside():
        _ = 1 / 0
    free = []
    assert finished(started(lambda: took(turns, free)))
    assert free == [True]


def took(turns: Turns, free: list[bool]) -> None:
    with turns.turn():
        free.append(True)


def test_a_turn_within_a_turn_and_aside_without_one_change_nothing() -> None:
    turns, free = Turns(), []
    with turns.turn():
        with turns.turn():
            pass
        other = started(lambda: took(turns, free))
        waiting(turns, 1)
        assert free == []  # still ours
    assert finished(other)
    with turns.aside():
        pass
    assert free == [True]
