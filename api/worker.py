"""The gunicorn worker: its threaded one, taught not to be held up and not to wait for nothing.

- A connection that sends nothing holds no thread. A request has a bounded time to arrive, and those
  that take more than a moment have fewer places than there are threads: sixteen strangers who are
  silent, or send a byte now and then, must not stop the house.
- A request that waited too long for a thread is marked, so that the app refuses it at once (503)
  and the rest is answered in time.
- What is no HTTP is refused in the words of the app, and what was sent is repeated nowhere.
- Asked to stop, it closes the door first: who comes now is refused instead of waiting for nobody.
  Asked to stop while it is still starting, it stops.

Of the server it runs in (`app`) it asks how long a request may take to arrive (`arrival`), whom to ask
for the answer to a fault (`refusal`, a WSGI app that finds it under `FAULT`), and tells it when it stops and how many seconds are left (`stop`).
Leans on how gunicorn's `gthread` worker is made inside; the tests of the server
(tests/test_api_server.py) tell when a new gunicorn changes that.
"""

from __future__ import annotations

import logging
import select
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http import Request, RequestParser, wsgi  # type: ignore[import-untyped]
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from gunicorn.http.unreader import SocketUnreader  # type: ignore[import-untyped]
from gunicorn.workers.gthread import _DEFER, ThreadWorker  # type: ignore[import-untyped]

FAULT = "matinee.fault"
"""In the WSGI environment given to `refusal`: the exception that kept the request from the app."""
_FIRST_BYTE = 0.05  # seconds a new connection may hold a thread without having sent anything
_SILENCE = 15  # seconds without a byte in the middle of a request, or without taking one of the answer
_PACE = 10_000  # bytes a second at which a request earns more time to arrive
_MOMENT = 1.0  # seconds a request may keep a thread waiting without a place among the slow
_TURN = 2.0  # seconds a request may wait for a thread
_PARTING = 0.5  # seconds for the other side to take note that a connection ends
_CLOSING = 2  # seconds of the time to stop in that are kept for closing what is open

_here = threading.local()


def late() -> bool:
    """Whether the request this thread is about to answer waited too long for it."""
    return getattr(_here, "late", False)


class SlowHeaders(ParseException):  # type: ignore[misc]
    """The head of a request did not arrive in time."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """`gthread` with the differences above."""

    def init_process(self) -> None:
        patience = struct.pack("ll", _SILENCE, 0)
        for listener in self.sockets:  # connections inherit it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        self.log.error_log.addFilter(_worth_a_line)
        self.places = threading.BoundedSemaphore(max(1, self.cfg.threads - max(1, self.cfg.threads // 4)))
        self.open = True
        # The arbiter kills a worker that takes as long as it was given; this one is to be gone before.
        self.cfg.set("graceful_timeout", max(1, self.cfg.graceful_timeout - _CLOSING))
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        conn.since = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        if not conn.initialized and not conn.data_ready and not conn.wait_for_data(_FIRST_BYTE):
            return _DEFER
        _here.late = time.monotonic() - conn.since > _TURN
        if conn.parser is None:
            conn.parser = _Parser(self.cfg, conn.sock, conn.client)
            conn.parser.unreader = _Arriving(conn.sock, self.app.arrival, self.places)
        arriving = conn.parser.unreader
        arriving.begin()
        try:
            kept = super().handle(conn)
        finally:
            arriving.end()
        if not kept:
            _part(conn.sock)
        return kept

    def handle_request(self, req: Any, conn: Any) -> Any:
        conn.parser.unreader.within = True
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        head: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            head.extend((f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)))

        body = b"".join(self.app.refusal({"REQUEST_METHOD": "-", FAULT: exc}, start_response))
        head += [f"Server: {wsgi.SERVER}", f"Date: {util.http_date()}", "Connection: close", f"Content-Length: {len(body)}"]
        with suppress(OSError):
            client.sendall("\r\n".join((*head, "", "")).encode("latin-1") + body)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        if not self.booted:
            sys.exit(0)
        for conn in list(self.pending_conns):  # nothing was asked on these
            conn.timeout = 0
        super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if self.alive or enabled or not self.open:
            return
        self.open = False
        for listener in self.sockets:
            there = -1
            while self.nr_conns != there:  # who was connected already is answered
                there = self.nr_conns
                self.accept(listener)
            listener.close()
        self.app.stop(self.cfg.graceful_timeout)


class _Request(Request):  # type: ignore[misc]
    """A request whose answer says that the connection ends when its body could not be read to the end."""

    def should_close(self) -> bool:
        return bool(getattr(self.body, "failed", False) or super().should_close())


class _Parser(RequestParser):  # type: ignore[misc]
    mesg_class = _Request


class _Arriving(SocketUnreader):  # type: ignore[misc]
    """What a connection sends, waited for with a patience that ends.

    All waiting for one request may take `patience` seconds, and more by what has come at `_PACE`. A request that made
    its thread wait for longer than a moment goes on only in one of `places`.
    """

    def __init__(self, sock: socket.socket, patience: float, places: threading.BoundedSemaphore) -> None:
        super().__init__(sock)
        self._patience, self._places = patience, places
        self._slow = False

    def begin(self) -> None:
        """Another request: its head, then (`within`) its body."""
        self.within = False
        self._waited = 0.0
        self._came = 0

    def end(self) -> None:
        if self._slow:
            self._slow = False
            self._places.release()

    def chunk(self, size_hint: int | None = None) -> bytes:
        size = max(self.mxchunk, min(size_hint or 0, self.max_body_chunk))
        while True:
            try:
                data: bytes = self.sock.recv(size, socket.MSG_DONTWAIT)
            except BlockingIOError:
                self._wait()
            else:
                self._came += len(data)
                return data

    def _wait(self) -> None:
        """Until there is something to read. Raises SlowHeaders, or TimeoutError within the body."""
        silent = 0.0
        waiting = select.poll()
        waiting.register(self.sock, select.POLLIN)
        while True:
            if self._waited >= _MOMENT and not self._slow:
                self._slow = self._places.acquire(blocking=False)
            left = min(_SILENCE - silent, self._patience + self._came / _PACE - self._waited)
            if left <= 0 or (self._waited >= _MOMENT and not self._slow):
                raise TimeoutError("the body takes too long to arrive") if self.within else SlowHeaders()
            started = time.monotonic()
            there = waiting.poll(1000 * (left if self._slow else min(left, _MOMENT - self._waited)) + 1)
            spent = time.monotonic() - started
            self._waited += spent
            silent += spent
            if there:
                return


def _part(sock: socket.socket) -> None:
    """Say that nothing more comes, and read on for a moment until the other side has heard it.

    Gunicorn would do that in the thread that accepts, for two seconds: one stranger who doesn't hang up would hold up all.
    """
    until = time.monotonic() + _PARTING
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(_PARTING)
        while sock.recv(65536) and time.monotonic() < until:
            pass
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RD)  # so that gunicorn finds nothing left to wait for


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Whether gunicorn's own log should have this: a stranger who fell silent is no error of ours."""
    return not (record.exc_info and isinstance(record.exc_info[1], (BlockingIOError, TimeoutError)))
