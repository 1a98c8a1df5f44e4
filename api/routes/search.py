"""Searching: in words, with a picture, by example, or all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request

from api.document import Routes
from api.schemas import Hits, SearchAnswer, SearchRequest, SimilarQuery, hit_json
from api.services import Services
from rag.plan import Plan


def routes(services: Services, allow: Callable[[str], None]) -> Routes:
    """POST /v1/search, GET /v1/movies/{id}/similar."""
    search = Routes("search", "Find films.", allow)

    @search.post("/v1/search", takes=SearchRequest, gives=SearchAnswer, poster="optional", errors=(404, 503))
    def search_movies(asked: SearchRequest) -> dict[str, Any]:
        """Search in plain words, with a picture, by example, or all at once

        The question is read: genres, years, people, lengths and "not …" become filters, shown in
        `plan`. Explicit `filters` outrank what was read. Send JSON, or a form with a picture.
        """
        image = None
        if "poster" in request.files:
            with services.metrics.stage("picture"):
                image = services.pictures.open(request.files["poster"])
        found = services.search(Plan(query=asked.query, filters=asked.filters, like=asked.like, k=asked.k), image)
        return {
            "hits": [hit_json(hit) for hit in found.hits],
            "plan": found.plan.model_dump(mode="json"),
            "relaxations": [{"without": name, "films": count} for name, count in found.relaxations],
        }

    @search.get("/v1/movies/<path:movie_id>/similar", query=SimilarQuery, gives=Hits, errors=(404, 503))
    def similar_movies(asked: SimilarQuery, movie_id: str) -> dict[str, Any]:
        """Films like this one"""
        return {"hits": [hit_json(hit) for hit in services.similar(movie_id, asked.k)]}

    return search
