"""What a search gives back: films, each with its score and the evidence for it. Knows films and numbers only."""

from __future__ import annotations

from dataclasses import dataclass, field

from movies.caching import kept
from movies.movie import Movie
from rag.lexical import shared_words


@dataclass(frozen=True)
class Evidence:
    """Why a film was found.

    `passage`: the part of the plot that comes closest; `poster`: whether its poster speaks for it most;
    `legs`: each leg's own score (cosines; BM25; 0–1 for the title). `words` and `reason` are made when
    asked for: most candidates are never shown.
    """

    passage: str | None = None
    poster: bool = False
    legs: dict[str, float] = field(default_factory=dict)
    said: str = ""
    _asked: tuple[str, ...] = field(default=(), repr=False)
    _movie: Movie | None = field(default=None, repr=False)

    @kept
    def words(self) -> tuple[str, ...]:
        """Words of the question found in the film's text, as written there."""
        if self._movie is None:
            return self._asked
        film = self._movie
        return shared_words(self._asked, " ".join((film.title, *film.people, film.plot, *film.keywords, *film.genres)))

    @kept
    def reason(self) -> str:
        """One short sentence for people."""
        if self.said:
            return self.said
        if self.legs.get("title", 0) >= 0.9:
            return "The title is what you asked for."
        if self.words:
            return "Mentions " + ", ".join(self.words[:4]) + "."
        if self.poster:
            return "Its poster comes closest."
        return "Its plot comes closest in meaning." if self.passage or self.legs else "Fits what you asked for."


@dataclass(frozen=True)
class Hit:
    """A film found. `score` 0–1, comparable within one search; `strength`: the same on an open scale, in
    standard deviations over an average film; `weak`: little speaks for it."""

    movie: Movie
    score: float
    evidence: Evidence
    weak: bool = False
    strength: float = 0.0

    @property
    def movie_id(self) -> str:
        return self.movie.id
