"""Failures as RFC 9457 problem documents: the only place in the project that knows HTTP statuses.

    {"type": "urn:matinee:problem:unknown_movie", "title": "Not Found", "status": 404,
     "detail": "No film has the id 'x'. …", "code": "unknown_movie", "request_id": "6f0c…"}

`detail` is a sentence for people and says what to do next; `code` is stable and meant for programs.
An exception that nobody foresaw becomes a 500 that says nothing but its request id; the log has the rest.
What the server could not even read as HTTP is answered here too (`refusal`), without a word of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Response
from gunicorn.http import errors as faults  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import ClientDisconnected, HTTPException

from api.edge import REQUEST_ID, request_id
from api.worker import FAULT, SlowHeaders
from movies.errors import (
    BadCatalogue,
    BadImage,
    BadInput,
    Busy,
    IndexMismatch,
    LlmUnreachable,
    ModelMissing,
    MovieServiceError,
    UnknownFinding,
    UnknownMovie,
)
from rag.tools import UnavailableError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

PROBLEM = "application/problem+json"


class TooLarge(BadInput):
    code = "too_large"


class WrongType(BadInput):
    """The body is in a format this address does not read."""

    code = "wrong_type"


class TooSlow(BadInput):
    """The request did not arrive in the time it has."""

    code = "too_slow"


class KeyRequired(MovieServiceError):
    code = "key_required"


class ScopeMissing(MovieServiceError):
    """The key is known but may not do this; also: a page of another origin may not."""

    code = "scope_missing"


class TooManyRequests(Busy):
    code = "too_many_requests"


STATUSES: dict[type[MovieServiceError], HTTPStatus] = {
    MovieServiceError: HTTPStatus.INTERNAL_SERVER_ERROR,
    BadInput: HTTPStatus.BAD_REQUEST,
    BadImage: HTTPStatus.BAD_REQUEST,
    BadCatalogue: HTTPStatus.BAD_REQUEST,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    WrongType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    KeyRequired: HTTPStatus.UNAUTHORIZED,
    ScopeMissing: HTTPStatus.FORBIDDEN,
    UnknownMovie: HTTPStatus.NOT_FOUND,
    UnknownFinding: HTTPStatus.NOT_FOUND,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    ModelMissing: HTTPStatus.SERVICE_UNAVAILABLE,
    IndexMismatch: HTTPStatus.SERVICE_UNAVAILABLE,
    LlmUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Every class of the tree has its own line; a test walks the tree and fails when one is missing."""

_IMAGE_STATUSES = {"too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "unsupported": HTTPStatus.UNSUPPORTED_MEDIA_TYPE}

# What Flask and Werkzeug raise on their own, in our words.
_WORDS: dict[int, tuple[str, str]] = {
    400: ("bad_input", "The request can't be read. Compare it with the examples at /docs."),
    404: ("not_found", "There is nothing at this address. The addresses are listed at /docs."),
    405: ("method_not_allowed", "This address exists, but not for this method. See the Allow header and /docs."),
    413: ("too_large", "The request is too large. Send a smaller picture or fewer films at once."),
    415: ("wrong_type", "Send application/json, or multipart/form-data with a picture."),
    416: ("bad_range", "The file is shorter than the range that was asked for. Ask for it without a Range header."),
}

_SLOW = "The request took too long to arrive. Send it again, over a faster connection or with a smaller picture."
_CHUNKS = "The body is not in the chunks that its Transfer-Encoding announces. Send it again, or with a Content-Length."

# What gunicorn refuses before the app sees it; anything else of its kind can't be read as a request.
_FAULTS: dict[type[Exception], tuple[int, str, str]] = {
    SlowHeaders: (408, TooSlow.code, _SLOW),
    faults.LimitRequestLine: (414, TooLarge.code, "The address is too long. Send long texts in a body; see /docs."),
    faults.LimitRequestHeaders: (431, TooLarge.code, "The headers of the request are too many or too long. Send fewer."),
    faults.ExpectationFailed: (417, BadInput.code, "What the header Expect asks for can't be had. Leave it out."),
    faults.UnsupportedTransferCoding: (
        501,
        BadInput.code,
        "Send the body in chunks or with a Content-Length, in no other coding.",
    ),
}


class Problem(BaseModel):
    """A failure (RFC 9457). Branch on `code`; show `detail`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:matinee:problem:unknown_movie",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "No film has the id 'heat-1996'. Search by title to find its id.",
                    "code": "unknown_movie",
                    "request_id": "5f3a9c0e6b1d4f7c",
                }
            ]
        }
    )

    type: str = Field(description="Names the kind of problem: `urn:matinee:problem:` and the code.")
    title: str = Field(description="The phrase of the status.")
    status: int
    detail: str = Field(description="A sentence for people: what is wrong and what to do next.")
    code: str = Field(description="Stable; programs may rely on it.")
    request_id: str = Field(description="Name it when you report the problem; the log has it too.")


def status_of(error: MovieServiceError) -> HTTPStatus:
    """The status of an error: that of its class, or of the nearest class above it that has one."""
    if isinstance(error, BadImage):
        return _IMAGE_STATUSES.get(error.reason, STATUSES[BadImage])
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def problem(status: int, code: str, detail: str, request: str) -> dict[str, Any]:
    """A problem document as a JSON-able dict, in the order people read it."""
    title = HTTPStatus(status).phrase
    return Problem(
        type=f"urn:matinee:problem:{code}", title=title, status=status, detail=detail, code=code, request_id=request
    ).model_dump()


def problem_of(error: Exception, request: str) -> dict[str, Any]:
    """Any exception as a problem document; what nobody foresaw is logged and keeps its details to itself."""
    if isinstance(error, MovieServiceError):
        return problem(status_of(error), error.code, error.message, request)
    if isinstance(error, ValidationError):
        return problem(400, BadInput.code, in_words(error), request)
    if isinstance(error, faults.ParseException):  # a body that breaks off or lies while it is read
        return problem(400, BadInput.code, _CHUNKS, request)
    structlog.get_logger("api").error("unforeseen", request_id=request, exc_info=error)
    return problem(500, "internal", "Something went wrong on our side. Try again, or report the request id.", request)


def in_words(error: ValidationError) -> str:
    """The first thing that is wrong, with its place."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}. See /docs for an example." if where else f"{message}. See /docs for an example."


def install(app: Flask) -> None:
    """Answer every failure of the app with a problem document."""

    @app.errorhandler(MovieServiceError)
    @app.errorhandler(ValidationError)
    @app.errorhandler(Exception)
    def any_error(error: Exception) -> Response:
        response = respond(problem_of(error, request_id()))
        if isinstance(error, Busy):
            response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
        if isinstance(error, KeyRequired):
            response.headers["WWW-Authenticate"] = 'Bearer realm="matinee"'
        return response

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        if isinstance(error, ClientDisconnected) and isinstance(error.__context__, TimeoutError):
            return any_error(TooSlow(_SLOW))
        status = error.code or 500
        if error.response is not None or status < 400:  # a redirect or a ready-made answer
            return app.make_response(error.get_response())
        code, detail = _WORDS.get(status, ("http_error", "The request can't be served as it is. Compare it with /docs."))
        response = respond(problem(status, code, detail, request_id()))
        for name, value in error.get_headers():
            if name in ("Allow", "Content-Range", "Retry-After"):
                response.headers[name] = value
        return response


def refusal(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The answer to a request that never reached the app, or fell out of it: a WSGI app for the server, behind an `Edge`."""
    error, request = environ[FAULT], environ[REQUEST_ID]
    if isinstance(error, faults.ParseException):
        document = problem(*_FAULTS.get(type(error), (400, *_WORDS[400])), request)
    else:
        document = problem_of(error, request)
    start_response(f"{document['status']} {document['title']}", [("Content-Type", PROBLEM)])
    return [json.dumps(document, ensure_ascii=False).encode()]


def respond(document: dict[str, Any]) -> Response:
    """The document as a response."""
    return Response(json.dumps(document, ensure_ascii=False), status=document["status"], content_type=PROBLEM)
