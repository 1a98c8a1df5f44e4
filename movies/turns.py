"""Taking turns at the interpreter, of which there is one however many threads want it.

A search is some hundred operations on arrays, and numpy lets go of the interpreter in each. Sixteen searches side by side
take it from one another all the time: 750 changes of thread for a search, a third of what the processor did. So whoever
computes takes a turn, who began first before the others, and steps aside where the work is shared with others or done without the
interpreter: the encoder, a pass over the index. Does not know what is computed.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class _Place:
    """A thread in the queue: when it began (later by its patience), a gate that is closed until its turn, and whether it only begins."""

    def __init__(self, began: float, *, new: bool = True) -> None:
        self.began, self.new = began, new
        self.gate = threading.Lock()
        self.gate.acquire()

    def __lt__(self, other: _Place) -> bool:
        return self.began < other.began


class Turns:
    """One thread at a time has the turn: who began first goes first, also when coming back from aside. Thread-safe.

    Whoever waits for something another thread may hold while it steps aside must not have the turn.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._busy = 0  # threads that have a turn or stepped aside from it
        self._waiting: list[_Place] = []  # a heap
        self._patient: deque[_Place] = deque()
        self._here = threading.local()

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
        """Let others have the turn meanwhile; nothing for a thread without it."""
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
        place = _Place(time.monotonic() + patience)
        with self._lock:
            waits = self._taken or (patience > 0 and self._busy > 0)
            if not waits:
                self._taken = True
                self._busy += 1
            elif patience:
                self._patient.append(place)
            else:
                heapq.heappush(self._waiting, place)
        if waits and not (patience and place.gate.acquire(timeout=patience)):
            if patience:
                self._lose_patience(place)
            place.gate.acquire()
        self._here.turn = True
        self._here.began = place.began

    def _lose_patience(self, place: _Place) -> None:
        """Queue like the others, unless the gate was opened meanwhile."""
        with self._lock:
            if place in self._patient:
                self._patient.remove(place)
                heapq.heappush(self._waiting, place)
                if not self._taken:
                    self._open_next()

    def _come_back(self) -> None:
        place = _Place(self._here.began, new=False)
        with self._lock:
            waits = self._taken
            if waits:
                heapq.heappush(self._waiting, place)
            self._taken = True
        if waits:
            place.gate.acquire()
        self._here.turn = True

    def _give(self, *, done: bool) -> None:
        self._here.turn = False
        with self._lock:
            self._busy -= done
            self._open_next()

    def _open_next(self) -> None:
        """The turn goes to whoever is next, if anybody is. With `_lock` held."""
        place = None
        if self._waiting:
            place = heapq.heappop(self._waiting)
        elif self._patient and not self._busy:
            place = self._patient.popleft()
        self._taken = place is not None
        if place is not None:
            self._busy += place.new
            place.gate.release()


COMPUTING = Turns()
"""The turn of this process: a server's searches and answers share it."""
