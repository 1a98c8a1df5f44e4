"""`create_app(services)`: the Flask app over wired services. Makes no model and opens no file."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from api import errors, limits
from api.document import Api
from api.edge import Edge
from api.limits import Gate
from api.routes import catalogue, chat, health, models, pages, search
from api.services import Services

_ABOUT = """A film catalogue that answers: search in plain words or with a picture, genres, posters, conversation.

Errors are problem documents (RFC 9457) with a stable `code` and a `detail` that says what to do next.
Pictures travel as multipart field `poster`; the other fields of such a form hold JSON, plain texts excepted.
"""


def create_app(services: Services, late: Callable[[], bool] = lambda: False) -> Api:
    """The WSGI application. Raises BadInput for settings that can't work, such as keys that are needed and missing.

    `late()` is asked with each request: whether it waited so long for its turn that it is to be refused.
    """
    settings = services.settings
    gate = Gate(settings)
    app = Api(__name__, title="Matinee", version=_version(), about=_ABOUT, key_needed=gate.needed)
    app.url_map.merge_slashes = False  # ids may hold slashes; nothing here redirects
    app.url_map.strict_slashes = True
    limits.install(app, settings, gate)
    errors.install(app)
    for room in (search, catalogue, models, chat, health):
        app.mount(room.routes(services, gate.allow))
    pages.install(app)
    app.wsgi_app = Edge(app.wsgi_app, settings, services.metrics, late)  # type: ignore[method-assign]
    return app


def _version() -> str:
    try:
        return version("matinee")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"
