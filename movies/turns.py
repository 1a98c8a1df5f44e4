"""Taking turns at the interpreter, of which there is one however many threads want it.

A search is some hundred operations on arrays, and numpy lets go of the interpreter in each. Sixteen searches side by side
take it from one another all the time: 750 changes of thread for a search, a third of what the processor did. So whoever
computes takes a turn, first come first served, and steps aside where the work is shared with others or done without the
interpreter: the encoder, a pass over the index. Does not know what is computed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """One thread at a time has the turn. Thread-safe.

    Whoever waits for something another thread may hold while it steps aside must not have the turn.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._new: deque[threading.Lock] = deque()  # a closed gate for each thread that waits
        self._returning: deque[threading.Lock] = deque()
        self._here = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Compute when it is one's turn. A thread that has it goes on."""
        if self._mine:
            yield
            return
        self._take(self._new)
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others have the turn meanwhile; whoever comes back goes before whoever is new. Nothing for a thread without it."""
        if not self._mine:
            yield
            return
        self._give()
        try:
            yield
        finally:
            self._take(self._returning)

    @property
    def _mine(self) -> bool:
        return getattr(self._here, "turn", False)

    def _take(self, queue: deque[threading.Lock]) -> None:
        gate = None
        with self._lock:
            if self._taken:
                gate = threading.Lock()
                gate.acquire()
                queue.append(gate)
            self._taken = True
        if gate is not None:
            gate.acquire()
        self._here.turn = True

    def _give(self) -> None:
        self._here.turn = False
        with self._lock:
            queue = self._returning or self._new
            if queue:
                queue.popleft().release()
            else:
                self._taken = False


COMPUTING = Turns()
"""The turn of this process: a server's searches and answers share it."""
