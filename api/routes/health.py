"""For operators: alive, ready, metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from api.document import Routes
from api.schemas import Health, Readiness
from api.services import Services
from movies.errors import Busy

_TEXT: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}


def routes(services: Services, allow: Callable[[str], None]) -> Routes:
    """GET /healthz, /readyz, /metrics. They need no key and count towards no rate limit."""
    health = Routes("operations", "For operators: alive, ready, metrics.", allow)

    @health.get("/healthz", gives=Health, scope=None)
    def healthz() -> dict[str, str]:
        """Is the process alive"""
        return {"status": "ok"}

    @health.get("/readyz", gives=Readiness, scope=None, errors=(503,))
    def readyz() -> dict[str, Any]:
        """Can it answer: index version, encoder, models, queue"""
        state = services.state()
        if not state["ready"]:
            raise Busy("The server is stopping. Ask another one.")
        return state

    @health.get("/metrics", gives=_TEXT, scope=None)
    def metrics() -> Response:
        """Counters for Prometheus"""
        return Response(services.metrics.page(), content_type=services.metrics.content_type)

    return health
