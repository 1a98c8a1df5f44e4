"""Small real models for tests of the API: deterministic, trained on nothing but the films at hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL.Image import Image

from box_office.forecast import Forecast
from box_office.wording import Driver
from movies.encoders import Encoder
from movies.errors import UnknownMovie
from movies.movie import Movie
from tests.films import FILMS


@dataclass(frozen=True)
class Guess:
    probabilities: dict[str, float]
    chosen: tuple[str, ...]
    abstained: bool
    explanation: Any = None
    weights: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    is_poster: bool
    probability: float
    reasons: tuple[str, ...]


class NearestGenres:
    """A genre is as probable as the nearest film that has it is near."""

    def __init__(self, encoder: Encoder, films: Sequence[Movie]) -> None:
        self._encoder = encoder
        self._genres = [movie.genres for movie in films]
        self._plots = encoder.texts([movie.plot for movie in films])

    def from_plot(self, text: str, explain: bool = False) -> Guess:
        words = " ".join(text.split()[: self._encoder.max_tokens // 2]) or "nothing"
        return self._guess(self._encoder.texts([words])[0])

    def from_poster(self, image: Image, explain: bool = False) -> Guess:
        return self._guess(self._encoder.images([image])[0])

    def from_both(self, image: Image | None, text: str | None, explain: bool = False) -> Guess:
        made = [self.from_poster(image)] if image is not None else []
        made += [self.from_plot(text)] if text is not None else []
        names = made[0].probabilities
        mean = {name: float(np.mean([guess.probabilities[name] for guess in made])) for name in names}
        share = 1 / len(made)
        weights = {"poster": share if image is not None else 0.0, "plot": share if text is not None else 0.0}
        return Guess(mean, tuple(name for name in mean if mean[name] > 0.9), False, weights=weights)

    def _guess(self, vector: np.ndarray) -> Guess:
        near = np.clip(self._plots @ vector, 0, 1)
        names = sorted({name for genres in self._genres for name in genres})
        best = {name: max(float(near[n]) for n, genres in enumerate(self._genres) if name in genres) for name in names}
        return Guess(best, tuple(name for name in names if best[name] > 0.9), max(best.values()) < 0.2)


class ShapeValidator:
    """A poster is about two thirds as wide as it is high."""

    def check(self, image: Image) -> Look:
        ratio = image.width / image.height
        probability = float(np.exp(-abs(ratio - 2 / 3)))
        return Look(probability > 0.8, probability, (f"Its width is {ratio:.2f} of its height.",))


@dataclass(frozen=True)
class SmallHeads:
    """The classifiers of a test's server."""

    genres: NearestGenres | None = None
    validator: ShapeValidator | None = None
    box_office: Any = None


class TwiceTheBudget:
    """A forecast: twice the budget, give or take as much."""

    def ask(self, film: Movie) -> Forecast:
        budget = float(film.budget or 10_000_000)
        return Forecast(2 * budget, (budget, 3 * budget), (), (Driver("budget", "a budget", 1.5),))


def box_office(known: Mapping[str, Any]) -> dict[str, Any]:
    """The same for the concierge's tool."""
    told = TwiceTheBudget().ask(Movie.from_record({"id": "pitch", "title": "A film", "budget": known.get("budget")}))
    return {"revenue": told.revenue, "interval": list(told.interval), "comparables": [], "drivers": [], "notes": []}


@dataclass(frozen=True)
class Said:
    name: str
    data: dict[str, Any]


@dataclass
class ScriptedAgent:
    """Answers with the words of the message; scripted words make it fail, wait or talk without end."""

    gate: threading.Event = field(default_factory=threading.Event)
    closed: list[str] = field(default_factory=list)
    verdicts: dict[tuple[str, str], str] = field(default_factory=dict)
    quick: bool = False

    def at_once(self) -> bool:
        return self.quick

    def hurry(self) -> None:
        self.gate.set()

    def feedback(self, session: str, movie_id: str, verdict: str) -> None:
        if movie_id not in {film.id for film in FILMS}:
            raise UnknownMovie("No film has this id.")
        self.verdicts[session, movie_id] = verdict

    def answer(
        self, session: str, message: str, *, image: Image | None = None, plan: Any = None, turn: str | None = None
    ) -> Iterator[Said]:
        if message == "fail at once":
            raise RuntimeError("secret detail of the inside")
        try:
            yield Said("status", {"text": "Looking.", "image": list(image.size) if image else None})
            if plan is not None:
                yield Said("plan", plan.chosen())
            for number, word in enumerate(message.split()):
                if word == "wait":
                    self.gate.wait(20)
                if word == "slow":
                    self.gate.wait(0.5)
                if word == "break":
                    raise RuntimeError("secret detail of the inside")
                yield Said("token", {"text": word, "number": number})
            while message == "forever":
                yield Said("token", {"text": "and on "})
            yield Said("done", {})
        finally:
            self.closed.append(session)
