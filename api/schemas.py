"""What the API takes and gives, as pydantic models: the OpenAPI document is made from them.

Takes are strict (a text is no number, unknown fields are refused); gives are built from the
domain's own records. Does not know HTTP: reading a request is `api/document.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from classifiers.findings import Kind, State
from movies.movie import Filters, Movie
from rag.index import Hit
from rag.plan import Plan

# Something to read must be left once blanks, controls and invisible characters are taken away.
_READABLE = r"[^\s\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff]"
MovieId = Annotated[
    str, Field(min_length=1, max_length=200, pattern=_READABLE, description="The id of a film.", examples=["heat-1995"])
]


class _Take(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class _Give(BaseModel):
    model_config = ConfigDict(frozen=True)


# -- films and hits --------------------------------------------------------------------------------


class FilmRecord(BaseModel):
    """A film as it is handed in. Units: minutes, US dollars, rating 0–10. Unknown fields are ignored."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [{"id": "heat-1995", "title": "Heat", "year": 1995, "genres": ["Crime"], "runtime": 170}]
        },
    )

    id: str = Field(
        min_length=1, max_length=200, pattern=_READABLE, description="Doesn't begin with / or end in /poster or /similar."
    )
    title: str = Field(min_length=1, max_length=500, pattern=_READABLE)
    year: int | None = Field(default=None, ge=1870, le=2200)
    plot: str = Field(default="", max_length=20_000)
    genres: tuple[str, ...] = Field(default=(), max_length=1000)
    runtime: int | None = Field(default=None, ge=1, le=6000, description="Minutes.")
    directors: tuple[str, ...] = Field(default=(), max_length=1000)
    cast: tuple[str, ...] = Field(default=(), max_length=1000)
    language: str | None = Field(default=None, max_length=60, description="ISO 639-1 code or English name.")
    countries: tuple[str, ...] = Field(default=(), max_length=1000)
    rating: float | None = Field(default=None, ge=0, le=10)
    votes: int | None = Field(default=None, ge=0, lt=2**53)
    budget: int | None = Field(default=None, ge=0, lt=2**53, description="US dollars.")
    revenue: int | None = Field(default=None, ge=0, lt=2**53, description="US dollars.")
    release_date: date | None = None
    imdb_id: str | None = Field(default=None, max_length=40)
    tmdb_id: int | None = Field(default=None, ge=0, lt=2**53)
    keywords: tuple[str, ...] = Field(default=(), max_length=1000)
    alt_titles: tuple[str, ...] = Field(default=(), max_length=1000)
    poster: str | None = Field(
        default=None,
        description="null takes the picture away that the film has here. Left out, or the address that a GET gave, it "
        "stays; no file or address is ever read. A new picture comes in a form.",
    )

    def movie(self) -> Movie:
        """The film, without a picture. Raises BadInput."""
        return Movie.from_record({**self.model_dump(mode="json"), "poster": None})

    @property
    def bare(self) -> bool:
        """Whether it was said that the film has no picture."""
        return self.poster is None and "poster" in self.model_fields_set


class FilmOut(_Give):
    """A film of the catalogue. `poster` is the address of its picture, on this server."""

    id: str
    title: str
    year: int | None
    plot: str
    genres: list[str]
    poster: str | None = Field(examples=["/v1/movies/heat-1995/poster"])
    runtime: int | None = Field(description="Minutes.")
    directors: list[str]
    cast: list[str]
    language: str | None
    countries: list[str]
    rating: float | None
    votes: int | None
    budget: int | None
    revenue: int | None
    release_date: date | None
    imdb_id: str | None
    tmdb_id: int | None
    keywords: list[str]
    alt_titles: list[str]


class EvidenceOut(_Give):
    """Why a film was found."""

    passage: str | None = Field(description="The sentence of the plot that matched best.")
    poster: bool = Field(description="Whether the poster spoke for it.")
    words: list[str] = Field(description="Words of the question that the film's text holds.")
    legs: dict[str, float] = Field(description="The score of each leg of the search.")
    reason: str = Field(description="One short sentence for people.")


class HitOut(_Give):
    movie: FilmOut
    score: float = Field(description="0–1, comparable within one answer.")
    weak: bool = Field(description="Little speaks for this film.")
    evidence: EvidenceOut


class Relaxation(_Give):
    """A constraint, and how many films there would be without it."""

    without: str = Field(examples=["year_min"])
    films: int


def film_json(movie: Movie) -> dict[str, Any]:
    """A film for the wire; where its picture lies on our disk stays with us."""
    record = movie.model_dump(mode="json")
    record["poster"] = f"/v1/movies/{quote(movie.id, safe='')}/poster" if movie.poster else None
    return record


def hit_json(hit: Hit) -> dict[str, Any]:
    """A hit for the wire."""
    evidence = hit.evidence
    return {
        "movie": film_json(hit.movie),
        "score": hit.score,
        "weak": hit.weak,
        "evidence": {
            "passage": evidence.passage,
            "poster": evidence.poster,
            "words": list(evidence.words),
            "legs": dict(evidence.legs),
            "reason": evidence.reason,
        },
    }


# -- search ----------------------------------------------------------------------------------------


class SearchRequest(_Take):
    """A question in plain words, a picture, films to be like, hard filters, or any mix of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"query": "a heist that goes wrong, from the nineties", "k": 5},
                {"query": "slow burning", "filters": {"genres_any": ["Western"], "runtime_max": 140}},
                {"like": ["heat-1995"], "filters": {"year_min": 2000}, "k": 3},
            ]
        }
    )

    query: str = Field(default="", max_length=2000)
    filters: Filters = Filters()
    like: tuple[MovieId, ...] = Field(default=(), max_length=20)
    k: int = Field(default=10, ge=1, le=100, description="How many films at most.")


class SearchAnswer(_Give):
    hits: list[HitOut]
    plan: Plan = Field(description="What the question was understood to ask for. Edit it and send it to /v1/chat.")
    relaxations: list[Relaxation] = Field(description="When little or nothing fits: what to give up, most films first.")


class Hits(_Give):
    hits: list[HitOut]


class Matches(_Give):
    matches: list[HitOut]


class SimilarQuery(_Take):
    k: int = Field(default=10, ge=1, le=100)


# -- the live catalogue ------------------------------------------------------------------------------


class AddRequest(_Take):
    movies: tuple[FilmRecord, ...] = Field(min_length=1, max_length=100)


class AddForm(_Take):
    """One film, and its picture in `poster`."""

    movies: tuple[FilmRecord, ...] = Field(min_length=1, max_length=1)


class Added(_Give):
    added: int = Field(description="Films that are new or changed; one sent as it is here already is neither.")
    ids: list[str] = Field(description="All films that were sent, each once; of several with one id the last counts.")


class RemoveQuery(_Take):
    id: tuple[MovieId, ...] = Field(min_length=1, max_length=100)


class Removed(_Give):
    removed: int = Field(description="Films that were there; ids nobody knows are passed over.")


# -- posters, plots, money -----------------------------------------------------------------------------


_EXPLAIN = Field(default=False, description="Also say which sentences or regions carried the genres; takes longer.")


class PosterOnly(_Take):
    """A picture, sent as multipart field `poster`."""


class PosterGenresRequest(_Take):
    explain: bool = _EXPLAIN


class IdentifyRequest(_Take):
    k: int = Field(default=5, ge=1, le=100)


class PlotRequest(_Take):
    model_config = ConfigDict(json_schema_extra={"examples": [{"plot": "A detective hunts a careful thief."}]})

    plot: str = Field(min_length=1, max_length=20_000, pattern=_READABLE)
    explain: bool = _EXPLAIN


class GenresForm(_Take):
    """A poster, a plot, or both."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["poster"]}, {"required": ["plot"]}]})

    plot: str | SkipJsonSchema[None] = Field(default=None, min_length=1, max_length=20_000, pattern=_READABLE)
    explain: bool = _EXPLAIN


class GenreProbability(_Give):
    genre: str
    probability: float = Field(ge=0, le=1)


class GenresAnswer(_Give):
    genres: list[GenreProbability] = Field(description="Every genre the classifier knows, most probable first.")
    chosen: list[str]
    abstained: bool = Field(description="The classifier would rather not say.")
    plausible: list[str] = Field(
        description="A set that holds the true genres with the stated `coverage`; empty without training."
    )
    coverage: float | None = Field(description="The share of true genres that sets like this one hold.")
    weights: dict[str, float] = Field(description="How much came from `poster` and from `plot`.")
    explanation: Any = Field(default=None, description="What spoke for the chosen genres.")


class ValidateAnswer(_Give):
    is_poster: bool
    probability: float = Field(ge=0, le=1)
    reasons: list[str]


_FIRST_DAY, _LAST_DAY = date(1890, 1, 1), date(2100, 12, 31)


class BoxOfficeRequest(_Take):
    """What is known of a film before it opens; all of it optional. Nothing known after the opening is asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"budget": 60_000_000, "genres": ["Crime"], "directors": ["Michael Mann"], "release_date": "2027-12-10"},
                {"title": "Heat", "year": 1995},
            ]
        }
    )

    title: str | None = Field(default=None, max_length=500)
    plot: str = Field(default="", max_length=20_000, description="Not read yet.")
    budget: int | None = Field(default=None, ge=0, le=10_000_000_000, description="US dollars; 0 means unknown.")
    release_date: date | None = Field(
        default=None, ge=_FIRST_DAY, le=_LAST_DAY, json_schema_extra={"pattern": r"^(189\d|19\d\d|20\d\d)-\d\d-\d\d$"}
    )
    year: int | None = Field(default=None, ge=1890, le=2100, description="Where the day isn't known yet.")
    runtime: int | None = Field(default=None, ge=1, le=6000, description="Minutes.")
    genres: tuple[str, ...] = Field(default=(), max_length=50)
    directors: tuple[str, ...] = Field(default=(), max_length=50)
    cast: tuple[str, ...] = Field(default=(), max_length=200, description="In billing order; the first five count.")
    language: str | None = Field(default=None, max_length=60, description="Not used yet.")
    countries: tuple[str, ...] = Field(default=(), max_length=50, description="Not used yet.")
    keywords: tuple[str, ...] = Field(default=(), max_length=200, description="sequel, 3d and independent film count.")


class ComparableOut(_Give):
    """A past film of the catalogue that is like it in what is known beforehand."""

    movie: FilmOut
    revenue: int = Field(description="US dollars of its own year.")
    reason: str = Field(description="What it shares, in words.")


class DriverOut(_Give):
    """A fact that moves the forecast, the strongest first (path attribution over the trees, Saabas)."""

    name: Literal["budget", "date", "runtime", "genres", "director", "cast", "series", "making"]
    words: str
    effect: float = Field(
        gt=0, description="The forecast is so many times what it would be for a film that is average in this."
    )


class BoxOfficeAnswer(_Give):
    revenue: float = Field(ge=0, description="US dollars of the film's year, worldwide as far as the catalogue's figures are.")
    interval: list[float] = Field(min_length=2, max_length=2, description="US dollars: four films of five end up between.")
    comparables: list[ComparableOut]
    drivers: list[DriverOut]
    notes: list[str] = Field(description="What the forecast took for granted, in sentences.")


# -- conversation ----------------------------------------------------------------------------------------

Session = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:-]+$", description="Chosen by you.")]


class ChatRequest(_Take):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"session": "kitchen", "message": "something like Heat, but funnier"}]}
    )

    session: Session
    message: str = Field(max_length=4000, description="May be empty when a picture or a plan says it all.")
    plan: Plan | None = Field(default=None, description="An edited plan: it is carried out as it is.")
    turn: Session | SkipJsonSchema[None] = Field(
        default=None,
        description="A name of yours for this message. Sent again under the same name, the session's last message is answered in "
        'its own place, as if it had not been said before: "shorter" asked again is not shorter still.',
    )


class FeedbackRequest(_Take):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"session": "kitchen", "movie_id": "heat-1995", "verdict": "like"}]}
    )

    session: Session
    movie_id: MovieId
    verdict: Literal["like", "dislike", "seen", "none"] = Field(description="`none` takes back what was said of the film.")


# -- the house -----------------------------------------------------------------------------------------


class AuditQuery(_Take):
    kind: tuple[Kind, ...] = Field(default=(), max_length=20, description="Only these kinds; repeat it for several.")
    state: State | SkipJsonSchema[None] = Field(default=None, description="Only findings in this state of their review.")
    movie_id: MovieId | SkipJsonSchema[None] = Field(default=None, description="Only findings about this film.")
    limit: int = Field(default=1000, ge=1, le=5000)
    offset: int = Field(default=0, ge=0, le=10_000_000)


class ReviewRequest(_Take):
    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "accepted"}]})

    state: State


class Finding(_Give):
    """Something that looks wrong in the catalogue, and what people decided about it."""

    id: str = Field(description="The same in every audit that finds the same.")
    kind: Kind
    movie_id: str
    title: str = Field(examples=["Heat (1995)"])
    evidence: str = Field(description="What is wrong, with the numbers behind it.")
    confidence: float = Field(ge=0, le=1)
    suggestion: str = Field(description="What would mend it.")
    other: str | None = Field(description="The id of the second film of a pair.")
    genre: str | None = Field(description="The genre that is doubted or missing.")
    state: State


class AuditAnswer(_Give):
    made: str = Field(description="When the audit was made (UTC).")
    version: str = Field(description="The version of the index it was made for.")
    films: int
    findings: list[Finding]
    total: int = Field(description="How many findings fit, on all pages.")
    counts: dict[str, int] = Field(description="Open findings by kind, whatever was asked for.")


class Health(_Give):
    status: Literal["ok"]


class WaitingVersion(_Give):
    version: str = Field(description="Empty if no version that is there is named as the current one.")
    reason: Literal["no_version", "other_encoder", "unusable"]
    note: str = Field(description="A sentence for operators: why, and what to do.")


class Readiness(_Give):
    ready: bool
    version: str = Field(description="The index that answers.")
    encoder: str
    films: int
    models: dict[str, bool] = Field(description="Which of the optional parts are there.")
    queue: int = Field(description="Texts waiting for the encoder.")
    waiting: WaitingVersion | None = Field(default=None, description="What was published and can't be taken up; null: nothing.")
