"""Structured logs: one JSON object per line on standard error, with the request id.

Nothing that people typed is logged unless `MATINEE_LOG_TEXT` says so: events carry lengths, codes
and route patterns. Does not know where the lines go.
"""

from __future__ import annotations

import atexit
import json
import logging
import queue
import threading
import time
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer

from movies.settings import Settings

PERSONAL = ("query", "message", "plot", "address", "session")
"""Fields that may hold what a person typed or who they are."""


_WAITING = 10_000  # lines; when nobody takes them off the stream, requests wait as they would without a queue
_GATHER = 0.02  # seconds between two writes


class Behind:
    """A stream whose lines a thread writes, all that have gathered in one go.

    Every request logs a line. Written by the request itself, under the logger's lock, that took a third of
    the time of a request which is answered from memory.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: queue.Queue[str] = queue.Queue(_WAITING)
        self._something = threading.Event()
        self._writing = threading.Lock()
        threading.Thread(target=self._work, name="log", daemon=True).start()
        atexit.register(self.drain)

    def write(self, line: str) -> None:
        self._lines.put(line)
        if not self._something.is_set():
            self._something.set()

    def flush(self) -> None:
        """The thread does that."""

    def drain(self) -> None:
        """Write what is waiting now."""
        with self._writing:
            lines = []
            while not self._lines.empty():
                lines.append(self._lines.get())
            if lines:
                self._stream.write("".join(lines))
                self._stream.flush()

    def _work(self) -> None:
        while True:
            self._something.wait()
            time.sleep(_GATHER)
            self._something.clear()
            self.drain()


def configure(settings: Settings, stream: TextIO | Behind) -> None:
    """Set up logging for this process. Called by the server, not by the app factory."""
    level = getattr(logging, settings.log_level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _keep_private(settings.log_text),
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(_one_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, stream)),
        cache_logger_on_first_use=True,
    )


def _one_line(event: Any, **options: Any) -> str:
    try:
        return orjson.dumps(event, **options).decode()
    except TypeError:  # a lone surrogate, or a number of more than 64 bits
        return json.dumps(event, **options)


def _keep_private(text_allowed: bool) -> structlog.typing.Processor:
    def processor(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if not text_allowed:
            for name in PERSONAL:
                if name in event:
                    event[name] = f"({len(str(event[name]))} characters)"
        return event

    return processor
