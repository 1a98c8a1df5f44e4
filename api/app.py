"""`create_app(services)`: the Flask app over wired services. Makes no model and opens no file."""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version

import structlog
from flask import Response, g, request

from api import errors, limits
from api.document import Api
from api.limits import Gate
from api.routes import catalogue, chat, health, models, pages, search
from api.services import Services

_ABOUT = """A film catalogue that answers: search in plain words or with a picture, genres, posters, conversation.

Errors are problem documents (RFC 9457) with a stable `code` and a `detail` that says what to do next.
Pictures travel as multipart field `poster`; the other fields of such a form hold JSON, plain texts excepted.
"""


def create_app(services: Services) -> Api:
    """The WSGI application. Raises BadInput for settings that can't work, such as keys that are needed and missing."""
    settings = services.settings
    gate = Gate(settings)
    app = Api(__name__, title="Matinee", version=_version(), about=_ABOUT, key_needed=gate.needed)
    app.url_map.merge_slashes = False  # ids may hold slashes; nothing here redirects
    app.url_map.strict_slashes = True
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.compact = True  # type: ignore[attr-defined]
    _observe(app, services)
    limits.install(app, settings, gate)
    errors.install(app)
    for room in (search, catalogue, models, chat, health):
        app.mount(room.routes(services, gate.allow))
    pages.install(app)
    return app


def _observe(app: Api, services: Services) -> None:
    """Count and time every request; one log line each, without what people typed."""
    log = structlog.get_logger("api")

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "(none)"
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        services.metrics.requests.labels(request.method, route, response.status_code).inc()
        services.metrics.latency.labels(route).observe(seconds)
        if response.status_code == 503:
            services.metrics.refused.labels(route).inc()
        if route not in ("/healthz", "/readyz", "/metrics"):
            level = log.warning if response.status_code >= 500 else log.info
            level(
                "request",
                request_id=g.get("request_id", "-"),
                method=request.method,
                route=route,
                status=response.status_code,
                ms=round(seconds * 1000, 1),
            )
        return response


def _version() -> str:
    try:
        return version("matinee")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"
