"""The films themselves: one film, its picture, and live changes to the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Response, request, send_file

from api.document import Routes
from api.schemas import (
    Added,
    AddForm,
    AddRequest,
    AuditAnswer,
    AuditQuery,
    FilmOut,
    Finding,
    Removed,
    RemoveQuery,
    ReviewRequest,
)
from api.services import Services
from movies.images import media_type

_PICTURE: dict[str, Any] = {
    kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/jpeg", "image/png", "image/webp", "image/gif")
}


def routes(services: Services, allow: Callable[[str], None]) -> Routes:
    """GET /v1/movies/{id}, …/poster, POST and DELETE /v1/movies, GET /v1/audit, POST /v1/audit/{id}."""
    catalogue = Routes("catalogue", "Films, their posters, and changes while everything runs.", allow)

    @catalogue.get("/v1/movies/<path:movie_id>/poster", gives=_PICTURE, also=(206, 304), errors=(404, 416))
    def movie_poster(movie_id: str) -> Response:
        """The poster of a film

        Has an ETag and answers conditional requests, and those for one range of bytes.
        """
        asked = request.range
        if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:  # the whole is a right answer to others
            request.environ.pop("HTTP_RANGE", None)
        path = services.library.poster(movie_id)
        with path.open("rb") as file:
            kind = media_type(file.read(16))
        response = send_file(path, mimetype=kind, etag=path.name, conditional=True)
        response.headers["Cache-Control"] = "private, no-cache"  # asked for again each time: the picture may have been replaced
        if services.settings.cors_origins:  # what was kept for one page is not given to another
            response.vary.add("Origin")
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # shown by pages at other addresses
        return response

    @catalogue.get("/v1/movies/<path:movie_id>", gives=FilmOut, errors=(404,))
    def get_movie(movie_id: str) -> Response:
        """One film"""
        return Response(services.film(movie_id), content_type="application/json")

    @catalogue.post("/v1/movies", takes=AddRequest, form=AddForm, gives=Added, poster="optional", errors=(503,), scope="write")
    def add_movies(asked: AddRequest | AddForm) -> dict[str, Any]:
        """Add or replace films; they can be found at once

        A form may carry one film in `movies` and its picture in `poster`. A film sent without a picture keeps the one
        it has here, unless its record says `"poster": null`.
        """
        films = {movie.id: (movie, record.bare) for record in asked.movies for movie in (record.movie(),)}
        pictures: dict[str, bytes | None] = {movie_id: None for movie_id, (_, bare) in films.items() if bare}
        if "poster" in request.files:
            pictures[next(iter(films))] = services.pictures.read(request.files["poster"])
        taken = services.library.add([movie for movie, _ in films.values()], pictures, services.pictures.decoded)
        return {"added": taken.changed, "ids": [movie.id for movie in taken.films]}

    @catalogue.delete("/v1/movies", query=RemoveQuery, gives=Removed, errors=(503,), scope="write")
    def remove_movies(asked: RemoveQuery) -> dict[str, Any]:
        """Remove films by id (repeat `id` for several)"""
        return {"removed": services.library.remove(asked.id)}

    @catalogue.get("/v1/audit", query=AuditQuery, gives=AuditAnswer, errors=(503,))
    def audit(asked: AuditQuery) -> dict[str, Any]:
        """What looks wrong in the catalogue

        The stored findings of the last `matinee audit`, what is wrong before what is missing, the surest first. An
        audit takes minutes, so none is made here.
        """
        return asdict(services.findings().page(asked.kind, asked.state, asked.movie_id, asked.limit, asked.offset))

    @catalogue.post("/v1/audit/<finding_id>", takes=ReviewRequest, gives=Finding, errors=(404, 503), scope="write")
    def review(finding_id: str, asked: ReviewRequest) -> dict[str, Any]:
        """Accept or reject a finding

        The decision is remembered across audits and rebuilds, as long as what it was about stays the same. `open` takes
        it back.
        """
        return services.findings().decide(finding_id, asked.state)

    return catalogue
