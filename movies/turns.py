"""Taking turns at the interpreter, of which there is one however many threads want it.

A search is some hundred operations on arrays, and numpy lets go of the interpreter in each. Sixteen searches side by side
take it from one another all the time: 750 changes of thread for a search, a third of what the processor did. So whoever
computes takes a turn, first come first served, and steps aside where the work is shared with others or done without the
interpreter: the encoder, a pass over the index. Does not know what is computed.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_Queue = deque[threading.Lock]  # a closed gate for each thread that waits


class Turns:
    """One thread at a time has the turn. Thread-safe.

    Whoever waits for something another thread may hold while it steps aside must not have the turn.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._busy = 0  # threads that have a turn or stepped aside from it
        self._returning: list[tuple[int, threading.Lock]] = []  # a heap: who began first goes first
        self._new: _Queue = deque()
        self._patient: _Queue = deque()
        self._here = threading.local()
        self._begun = itertools.count()

    @contextmanager
    def turn(self, patience: float = 0.0) -> Iterator[None]:
        """Compute when it is one's turn. A thread that has it goes on.

        `patience`: seconds to let all others finish first, those who stepped aside too, before queueing like them.
        """
        if self._mine:
            yield
            return
        self._take(patience)
        try:
            yield
        finally:
            self._give(done=True)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others have the turn meanwhile; whoever comes back goes before whoever is new. Nothing for a thread without it."""
        if not self._mine:
            yield
            return
        self._give(done=False)
        try:
            yield
        finally:
            self._come_back()

    @property
    def _mine(self) -> bool:
        return getattr(self._here, "turn", False)

    def _take(self, patience: float) -> None:
        with self._lock:
            if not self._taken and not (patience and self._busy):
                gate = None
                self._taken = True
                self._busy += 1
            else:
                gate = _closed()
                (self._patient if patience else self._new).append(gate)
        if gate is not None and not (patience and gate.acquire(timeout=patience)):
            if patience:
                self._lose_patience(gate)
            gate.acquire()
        self._here.turn = True
        self._here.number = next(self._begun)

    def _lose_patience(self, gate: threading.Lock) -> None:
        """Queue like the others, unless the gate was opened meanwhile."""
        with self._lock:
            if gate in self._patient:
                self._patient.remove(gate)
                self._new.append(gate)
                if not self._taken:
                    self._open_next()

    def _come_back(self) -> None:
        with self._lock:
            gate = _closed() if self._taken else None
            if gate is not None:
                heapq.heappush(self._returning, (self._here.number, gate))
            self._taken = True
        if gate is not None:
            gate.acquire()
        self._here.turn = True

    def _give(self, *, done: bool) -> None:
        self._here.turn = False
        with self._lock:
            self._busy -= done
            self._open_next()

    def _open_next(self) -> None:
        """The turn goes to whoever is next, if anybody is. With `_lock` held."""
        if self._returning:
            self._taken = True
            heapq.heappop(self._returning)[1].release()
            return
        queue = self._new or (self._patient if not self._busy else None)
        self._taken = bool(queue)
        if queue:
            self._busy += 1
            queue.popleft().release()


def _closed() -> threading.Lock:
    gate = threading.Lock()
    gate.acquire()
    return gate


COMPUTING = Turns()
"""The turn of this process: a server's searches and answers share it."""
