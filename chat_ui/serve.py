"""The page as a server: Gradio on FastAPI, with the posters fetched from the API and strict headers.

The browser needs to reach this server only. Does not know what the page shows.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from itertools import chain
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, StreamingResponse

from chat_ui.audit_desk import audit_csv
from chat_ui.client import Matinee
from chat_ui.page import build_page
from chat_ui.theme import stylesheet, theme, typeface
from movies.errors import MovieServiceError, UnknownMovie
from movies.settings import Settings

_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n", "image/png"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp"))
_FOREVER = 3600  # seconds a browser may keep a poster
# Everything from here, nothing from elsewhere; Gradio itself needs scripts and styles in the page.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
)
Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


def create_server(settings: Settings, client: Matinee | None = None) -> FastAPI:
    """The ASGI application: `/posters` and the page. `client`: of another API than the settings name."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    api = client or Matinee.from_settings(settings, timeout=settings.llm_total + 30)
    server = FastAPI(title="Matinee", docs_url=None, redoc_url=None, openapi_url=None)

    @server.get("/posters")
    def poster(id: str) -> Response:
        """The picture of a film, by way of the API."""
        try:
            picture = api.poster(id)
        except UnknownMovie:
            return Response(status_code=404)
        except MovieServiceError:
            return Response(status_code=503, headers={"Cache-Control": "no-store"})
        kind = next((kind for start, kind in _KINDS if picture.startswith(start)), None)
        if kind is None:  # whatever it is, it is no picture that a browser should open
            return Response(status_code=404)
        return Response(picture, media_type=kind, headers={"Cache-Control": f"private, max-age={_FOREVER}"})

    @server.get("/audit.csv")
    def findings(kind: str = "", state: str = "") -> Response:
        """The audit as a file, by way of the API."""
        pieces = audit_csv(api, kind, state)
        try:
            first = next(pieces)
        except MovieServiceError as error:
            return Response(error.message, status_code=503, media_type="text/plain", headers={"Cache-Control": "no-store"})
        named = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
        return StreamingResponse(chain((first,), pieces), media_type="text/csv; charset=utf-8", headers=named)

    @server.get("/type/{name}")
    def letters(name: str) -> Response:
        """A font of ours."""
        path = typeface(name)
        if path is None or not path.is_file():
            return Response(status_code=404)
        return FileResponse(path, media_type="font/ttf", headers={"Cache-Control": "public, max-age=604800"})

    gr.mount_gradio_app(
        server, build_page(api, settings), path="/", server_name=settings.ui_host, server_port=settings.ui_port, footer_links=[],
        run_history=False, show_error=False, max_file_size=settings.max_image_bytes, ssr_mode=False, pwa=False, mcp_server=False,
        theme=theme(), css_paths=stylesheet(),
    )  # fmt: skip
    server.add_middleware(_Headers)
    return server


def serve(settings: Settings) -> None:
    """Serve the page until interrupted, at `ui_host`:`ui_port`."""
    uvicorn.run(
        create_server(settings), host=settings.ui_host, port=settings.ui_port, log_level="warning", timeout_graceful_shutdown=3
    )


class _Headers:
    """Adds the security headers to every answer, streams included."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"content-security-policy", _POLICY.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
