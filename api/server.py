"""Running the API: gunicorn, one worker process, many threads, a graceful end.

One process, because models are large and search releases the interpreter where it matters; threads,
because most requests wait. The worker opens the index before it takes the first request; if it
can't, the server ends with the sentence that says what to do.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.errors import AppImportError  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits

from api import logs
from api.app import create_app
from api.edge import Edge
from api.errors import refusal
from api.limits import key_needed, on_loopback, rate_of
from api.services import Services
from api.worker import Worker, late
from movies.errors import MovieServiceError
from movies.settings import Settings
from rag.index import read_manifest
from rag.library import current_version

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

Open = Callable[[Settings, Callable[[str], None]], Services]
_M_ARENA_MAX = -8  # of malloc.h
_TURN = 0.0003  # seconds a thread may keep the interpreter while others wait for it
_WATCH = 10.0  # seconds between looks at which version serves
_LAST_WORDS = 0.8  # of the time to stop in, after which conversations are told to end


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with our settings; `load` runs in the worker, after the fork."""

    def __init__(self, settings: Settings, say: Callable[[str], None], open_services: Open) -> None:
        self.settings = settings
        self.say = say
        self.open_services = open_services
        self.services: Services | None = None
        self.log: logs.Behind | None = None
        self.stopping = threading.Event()
        self.arrival = settings.request_seconds
        self.refusal: WSGIApplication = refusal
        super().__init__()

    def stop(self, seconds: float) -> None:
        """The worker was asked to stop, takes no more connections and ends after `seconds`: say so to whoever has one."""
        self.stopping.set()
        if self.services is not None:
            self.services.stop(_LAST_WORDS * seconds)

    def load_config(self) -> None:
        settings = self.settings
        host = f"[{settings.api_host}]" if ":" in settings.api_host else settings.api_host
        options: dict[str, Any] = {
            "bind": f"{host}:{settings.api_port}",
            "worker_class": Worker,
            "workers": 1,
            "threads": settings.api_threads,
            "timeout": 120,
            "graceful_timeout": settings.stop_seconds,
            "keepalive": 5,
            "backlog": 512,
            "limit_request_line": 8190,
            "limit_request_fields": 60,
            "loglevel": "warning",
            "proc_name": "matinee",
            "control_socket_disable": True,
            "forwarded_allow_ips": "",  # whom to believe is said by MATINEE_TRUSTED_PROXIES, inside the app
            "worker_exit": self._stopped,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        self.log = logs.Behind(sys.stderr)
        logs.configure(self.settings, self.log)
        _make_room_for_many()
        try:
            self.services = self.open_services(self.settings, self.say)
            app = create_app(self.services, late)
            self.refusal = Edge(refusal, self.settings, self.services.metrics)
        except MovieServiceError as error:
            raise AppImportError(error.message) from None  # ends the server instead of starting workers again and again
        threading.Thread(target=_set_apart, args=(self.services, self.stopping), name="set apart", daemon=True).start()
        structlog.get_logger("api").info("ready", version=self.services.library.index.version)
        return app

    def _stopped(self, _server: Any, worker: Any) -> None:
        self.stopping.set()
        if self.services is not None:
            self.services.close()
        if self.log is not None:
            self.log.drain()
        if worker.booted and not worker.alive:  # asked to stop, and stopped in good order
            _leave(0)

    def run(self) -> NoReturn:
        """Serve until stopped; ends the process."""
        try:
            super().run()
        except SystemExit as stopped:
            _leave(stopped.code if isinstance(stopped.code, int) else 1)
        _leave(0)


def _make_room_for_many() -> None:
    """Many requests share a few cores and one interpreter: nobody should take all of either.

    A product for one search gains nothing from a second core, while OpenBLAS's threads spin between products: on two
    cores searches cost 64 ms of processor time with them and 36 without. The encoder comes back to the interpreter after
    every layer, and would wait Python's 5 ms each time somebody else is busy in it. And glibc would give every few
    threads a heap of their own, each as large as the largest picture looked at in it: two do, and memory stays flat.
    """
    set_allocator = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it
    if set_allocator is not None:
        set_allocator(_M_ARENA_MAX, 2)
    threadpool_limits(1, user_api="blas")
    sys.setswitchinterval(_TURN)


def _set_apart(services: Services, stopping: threading.Event) -> None:
    """Tell the garbage collector that what serves is no garbage, after the start and whenever another version has taken over.

    A collection that walks over a whole catalogue stops every thread for .2 seconds, and came several times a minute.
    """
    version = ""
    while True:
        with suppress(MovieServiceError):  # a change that can't be taken in: requests say so
            if services.library.index.version != version:
                version = services.library.index.version
                gc.unfreeze()
                gc.collect()
                gc.freeze()
        if stopping.wait(_WATCH):
            return


def _leave(status: int) -> NoReturn:
    """End this process now: all of ours is closed, and what the model libraries dismantle takes them seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201


def serve(settings: Settings, say: Callable[[str], None] = _say, open_services: Open = Services.open) -> NoReturn:
    """Serve until stopped (SIGTERM: running requests are finished first). Does not return.

    `open_services` is called in the worker. Raises ModelMissing, IndexMismatch or BadInput before
    anything listens, if that can be told so early.
    """
    needed = key_needed(settings)
    read_manifest(current_version(settings.artifacts))
    for line in _posture(settings, needed):
        say(line)
    _hide_server_name()
    Server(settings, say, open_services).run()


def _posture(settings: Settings, needed: bool) -> list[str]:
    """What an operator must know at the start, loudly."""
    lines = [f"API: http://{settings.api_host}:{settings.api_port}  (documentation: /docs)"]
    if needed:
        lines.append(f"Keys: needed; {len(settings.api_keys)} known.")
    elif on_loopback(settings):
        lines.append("Keys: OFF. Everybody on this machine may read AND CHANGE the catalogue. MATINEE_AUTH=on changes that.")
    else:
        lines.append(
            f"WARNING: keys are OFF and the API listens on {settings.api_host}. "
            "Everybody who reaches it may read AND CHANGE the catalogue."
        )
    lines.append(f"Rate limit: {rate_of(settings) or 'none'}.")
    return lines


def _hide_server_name() -> None:
    """Gunicorn names itself in every answer; which server runs is nobody's business."""
    from gunicorn.http import wsgi  # type: ignore[import-untyped]

    wsgi.SERVER = "matinee"
