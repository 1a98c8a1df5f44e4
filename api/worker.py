"""The gunicorn worker: its threaded one, taught not to be held up and not to wait for nothing.

- A connection that sends nothing holds no thread, and one that stops in the middle of a request is
  dropped: sixteen silent strangers must not stop the house.
- A request that waited too long for a thread is marked, so that the app refuses it at once (503)
  and the rest is answered in time.
- Asked to stop while it is still starting, it stops.

Knows nothing of the app. Leans on how gunicorn's `gthread` worker is made inside; the tests of the
server (tests/test_api_server.py) tell when a new gunicorn changes that.
"""

from __future__ import annotations

import logging
import socket
import struct
import sys
import threading
import time
from typing import Any

from gunicorn.workers.gthread import _DEFER, ThreadWorker  # type: ignore[import-untyped]

_FIRST_BYTE = 0.05  # seconds a new connection may hold a thread without having sent anything
_SILENCE = 15  # seconds without a byte in the middle of a request, or without taking one of the answer
_TURN = 2.0  # seconds a request may wait for a thread

_here = threading.local()


def late() -> bool:
    """Whether the request this thread is about to answer waited too long for it."""
    return getattr(_here, "late", False)


class Worker(ThreadWorker):  # type: ignore[misc]
    """`gthread` with the differences above."""

    def init_process(self) -> None:
        patience = struct.pack("ll", _SILENCE, 0)
        for listener in self.sockets:  # connections inherit it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        self.log.error_log.addFilter(_worth_a_line)
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        conn.since = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        if not conn.initialized and not conn.data_ready and not conn.wait_for_data(_FIRST_BYTE):
            return _DEFER
        _here.late = time.monotonic() - conn.since > _TURN
        return super().handle(conn)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        if not self.booted:
            sys.exit(0)
        for conn in list(self.pending_conns):  # nothing was asked on these
            conn.timeout = 0
        super().handle_exit(sig, frame)


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Whether gunicorn's own log should have this: a stranger who fell silent is no error of ours."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))
