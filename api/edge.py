"""The outermost layer: what every request gets on its way in and out, whichever route answers it.

A request id, CORS for the origins that are listed, headers that protect, one count, one log line
without what people typed, and a refusal for requests that waited too long for a thread. It is WSGI
around the Flask app, because the same in Flask's hooks cost more than a lookup in the catalogue.
Knows neither routes nor films.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import structlog
from flask import request

from api.metrics import Metrics
from api.worker import FAULT
from movies.settings import Settings

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LATE = "matinee.late"
"""In the WSGI environment: whether the request waited so long for a thread that it is to be refused."""
REQUEST_ID = "matinee.request_id"
"""In the WSGI environment: what `request_id()` gives."""
_OWN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = ("/healthz", "/readyz", "/metrics")  # asked every few seconds by machines: counted, not logged
_METHODS = frozenset(("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"))  # anything else is counted as one
_HEADERS = {
    "x-content-type-options": ("X-Content-Type-Options", "nosniff"),
    "x-frame-options": ("X-Frame-Options", "DENY"),
    "referrer-policy": ("Referrer-Policy", "no-referrer"),
    "cross-origin-opener-policy": ("Cross-Origin-Opener-Policy", "same-origin"),
    "cross-origin-resource-policy": ("Cross-Origin-Resource-Policy", "same-site"),
    "content-security-policy": ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    "cache-control": ("Cache-Control", "no-store"),
}
_CORS = [
    ("Access-Control-Allow-Methods", "GET, POST, DELETE"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, X-API-Key, X-Request-ID"),
    ("Access-Control-Expose-Headers", "X-Request-ID, Retry-After"),
    ("Access-Control-Max-Age", "600"),
    ("Vary", "Origin"),
]


def request_id() -> str:
    """The id of the request that is being answered: the caller's own if it is sane, else a fresh one."""
    known: str = request.environ.get(REQUEST_ID, "-")
    return known


class Edge:
    """WSGI middleware around `app`. `late()`: whether this thread's request waited too long before it got here."""

    def __init__(
        self, app: WSGIApplication, settings: Settings, metrics: Metrics, late: Callable[[], bool] = lambda: False
    ) -> None:
        self._app = app
        self._origins = {origin.rstrip("/") for origin in settings.cors_origins}
        self._metrics = metrics
        self._late = late
        self._log = structlog.get_logger("api")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        asked = environ.get("HTTP_X_REQUEST_ID")
        name = asked if asked and _OWN_ID.fullmatch(asked) else secrets.token_hex(8)
        environ[REQUEST_ID] = name
        environ[LATE] = self._late()
        origin = environ.get("HTTP_ORIGIN", "").rstrip("/")
        allowed = origin if origin in self._origins else ""

        def answer(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            present = {header.lower() for header, _ in headers}
            headers = [*headers, ("X-Request-ID", name), *(pair for low, pair in _HEADERS.items() if low not in present)]
            if allowed:
                headers += [("Access-Control-Allow-Origin", allowed), *_CORS]
            self._note(environ, name, int(status[:3]), time.perf_counter() - started)
            return start_response(status, headers, exc_info)

        if allowed and environ["REQUEST_METHOD"] == "OPTIONS":
            answer("204 No Content", [])
            return ()
        return self._app(environ, answer)

    def _note(self, environ: WSGIEnvironment, name: str, status: int, seconds: float) -> None:
        seen = environ.get("werkzeug.request")
        rule = getattr(seen, "url_rule", None)
        route = rule.rule if rule is not None else "(none)"
        method = environ["REQUEST_METHOD"]
        self._metrics.answered(method if method in _METHODS else "(other)", route, status, seconds)
        if route not in _QUIET:
            level = self._log.warning if status >= 500 else self._log.info
            fault = {"fault": type(environ[FAULT]).__name__} if FAULT in environ else {}
            level("request", request_id=name, method=method, route=route, status=status, ms=round(seconds * 1000, 1), **fault)
