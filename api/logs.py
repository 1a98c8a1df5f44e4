"""Structured logs: one JSON object per line on standard error, with the request id.

Nothing that people typed is logged unless `MATINEE_LOG_TEXT` says so: events carry lengths, codes
and route patterns. Does not know where the lines go.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer

from movies.settings import Settings

PERSONAL = ("query", "message", "plot", "address", "session")
"""Fields that may hold what a person typed or who they are."""


def configure(settings: Settings, stream: TextIO | None = None) -> None:
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
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
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
