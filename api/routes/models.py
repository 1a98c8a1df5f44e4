"""The classifiers: genres from posters and plots, is it a poster, which film is it, what will it earn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import Any

from flask import request
from PIL.Image import Image

from api.document import Routes
from api.schemas import (
    BoxOfficeAnswer,
    BoxOfficeRequest,
    GenresAnswer,
    GenresForm,
    IdentifyRequest,
    Matches,
    PlotRequest,
    PosterGenresRequest,
    PosterOnly,
    ValidateAnswer,
    hit_json,
)
from api.services import Services
from movies.errors import BadInput


def routes(services: Services, allow: Callable[[str], None]) -> Routes:
    """POST /v1/posters/…, /v1/plots/genres, /v1/genres, /v1/box-office."""
    models = Routes("models", "What posters and plots tell.", allow)

    def poster() -> Image:
        with services.metrics.stage("picture"):
            return services.pictures.open(request.files.get("poster"))

    @models.post("/v1/posters/genres", takes=PosterGenresRequest, gives=GenresAnswer, poster="only", errors=(503,))
    def poster_genres(asked: PosterGenresRequest) -> dict[str, Any]:
        """Genres from a poster"""
        model = services.genres()
        image = poster()
        with services.metrics.stage("genres"):
            return _genres(model.from_poster(image, asked.explain))

    @models.post("/v1/posters/validate", takes=PosterOnly, gives=ValidateAnswer, poster="only", errors=(503,))
    def validate_poster(asked: PosterOnly) -> dict[str, Any]:
        """Is this picture a film poster, and why"""
        model = services.validator()
        image = poster()
        with services.metrics.stage("validate"):
            verdict = model.check(image)
        return {"is_poster": verdict.is_poster, "probability": float(verdict.probability), "reasons": list(verdict.reasons)}

    @models.post("/v1/posters/identify", takes=IdentifyRequest, gives=Matches, poster="only", errors=(503,))
    def identify_poster(asked: IdentifyRequest) -> dict[str, Any]:
        """Which film of the catalogue is this the poster of"""
        image = poster()
        with services.looking(), services.metrics.stage("identify"):
            hits = services.library.index.identify(image, asked.k)
        return {"matches": [hit_json(hit) for hit in hits]}

    @models.post("/v1/plots/genres", takes=PlotRequest, gives=GenresAnswer, errors=(503,))
    def plot_genres(asked: PlotRequest) -> dict[str, Any]:
        """Genres from a plot"""
        model = services.genres()
        with services.metrics.stage("genres"):
            return _genres(model.from_plot(asked.plot, asked.explain))

    @models.post("/v1/genres", takes=PlotRequest, form=GenresForm, gives=GenresAnswer, poster="optional", errors=(503,))
    def genres(asked: PlotRequest | GenresForm) -> dict[str, Any]:
        """Genres from a poster, a plot or both; `weights` says how much came from each"""
        model = services.genres()
        image = poster() if "poster" in request.files else None
        if image is None and asked.plot is None:
            raise BadInput("Send a plot, a picture in the field poster, or both.")
        with services.metrics.stage("genres"):
            return _genres(model.from_both(image, asked.plot, asked.explain))

    @models.post("/v1/box-office", takes=BoxOfficeRequest, gives=BoxOfficeAnswer, errors=(503,))
    def box_office(asked: BoxOfficeRequest) -> dict[str, Any]:
        """What a film may earn, with an interval and comparable films"""
        with services.metrics.stage("box_office"):
            return services.forecast(asked.model_dump(exclude_none=True))

    return models


def _genres(prediction: Any) -> dict[str, Any]:
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])
    explanation = prediction.explanation
    return {
        "genres": [{"genre": name, "probability": round(float(value), 4)} for name, value in ranked],
        "chosen": list(prediction.chosen),
        "abstained": bool(prediction.abstained),
        "plausible": list(getattr(prediction, "plausible", ())),
        "coverage": getattr(prediction, "coverage", None),
        "weights": dict(prediction.weights),
        "explanation": asdict(explanation) if is_dataclass(explanation) and not isinstance(explanation, type) else explanation,
    }
