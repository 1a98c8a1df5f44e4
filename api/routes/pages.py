"""The OpenAPI document and its interactive page, from files on this server only."""

from __future__ import annotations

import json
from pathlib import Path

import flask_openapi3_swagger  # type: ignore[import-untyped]
from flask import Response, send_from_directory

from api.document import Api

_ASSETS = Path(flask_openapi3_swagger.__file__).parent / "templates" / "swagger"
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Matinee API</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="/docs/assets/images/swagger.svg"><link rel="stylesheet" href="/docs/assets/css/swagger-ui.css"></head>
<body><div id="page"></div>
<script src="/docs/assets/js/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
"""
_START = """window.ui = SwaggerUIBundle({url: "/openapi.json", dom_id: "#page", deepLinking: true, tryItOutEnabled: true});
"""
# The page runs scripts of this server only; Swagger UI sets styles in place and draws with data: pictures.
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"


def install(app: Api) -> None:
    """GET /openapi.json, /docs and the files it uses."""
    document = json.dumps(app.document(), ensure_ascii=False).encode()

    @app.route("/openapi.json")
    def openapi_document() -> Response:
        return Response(document, content_type="application/json")

    @app.route("/")
    def start_here() -> Response:
        return Response(status=302, headers={"Location": "/docs"})

    @app.route("/docs")
    def docs() -> Response:
        return Response(_PAGE, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY})

    @app.route("/docs/start.js")
    def start() -> Response:
        return Response(_START, content_type="text/javascript; charset=utf-8")

    @app.route("/docs/assets/<path:name>")
    def assets(name: str) -> Response:
        return send_from_directory(_ASSETS, name, max_age=86_400)
