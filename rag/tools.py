"""The tools of a turn: what the plan and a language model may have done, and nothing else.

`Toolbox` closes over the turn's poster (a model can't pass pixels), notes every use for the `tool`
events, and says so when a part isn't there. `read_calls` finds tool calls in a model's text, in the
notations small models leak them in. Does not decide which tool to use.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from langchain_core.tools import BaseTool, StructuredTool
from PIL.Image import Image
from pydantic import BaseModel, Field

from movies.errors import MovieServiceError
from movies.movie import Movie
from rag.index import Hit, MovieIndex
from rag.plan import Plan
from rag.ranking import Screening, carry_out

T = TypeVar("T")
U = TypeVar("U")

DESCRIPTIONS = {
    "search_movies": "Find films by what they are about, mood, genre, year, length, language, country or people.",
    "similar_movies": "Find films like a named film.",
    "movie_details": "Look up facts about one named film: director, cast, year, length, plot.",
    "plot_genres": "Tell the genres of a plot that the user wrote.",
    "poster_genres": "Tell the genres of the attached picture.",
    "validate_poster": "Tell whether the attached picture is a film poster.",
    "identify_poster": "Tell which film the attached picture is the poster of.",
    "predict_box_office": "Forecast what a film will earn.",
}
TOOL_NAMES = tuple(DESCRIPTIONS)


class GenreVerdict(Protocol):
    """What a genre classifier says."""

    @property
    def chosen(self) -> Sequence[str]: ...
    @property
    def abstained(self) -> bool: ...


class PosterVerdict(Protocol):
    """What a poster validator says; `reasons` are sentences."""

    @property
    def is_poster(self) -> bool: ...
    @property
    def probability(self) -> float: ...
    @property
    def reasons(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Skills:
    """The classifiers and forecasts handed in; None: not available on this server."""

    plot_genres: Callable[[str], GenreVerdict] | None = None
    poster_genres: Callable[[Image], GenreVerdict] | None = None
    validate_poster: Callable[[Image], PosterVerdict] | None = None
    predict_box_office: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Use:
    """One use of a tool: `result` is a line for people, `ok` whether it could do its work."""

    name: str
    arguments: Mapping[str, Any]
    result: str
    ok: bool = True


@dataclass
class Toolbox:
    """The tools of one turn. `uses` fills as they are used."""

    index: MovieIndex
    skills: Skills = Skills()
    poster: Image | None = None
    uses: list[Use] = field(default_factory=list)

    def search_movies(self, plan: Plan, **wishes: Any) -> Screening:
        """Films for a plan; a plan made of examples alone counts as `similar_movies`, with constraints beside them as both."""
        found = carry_out(self.index, plan, **wishes)
        told = _found(found.hits) + (f" of {found.passing:,} that pass the filters" if plan.filters else "")
        if plan.like:
            self.note("similar_movies", {"movies": list(plan.like)}, told)
        if not plan.like or plan.filters or plan.query:
            self.note("search_movies", plan.chosen(), told)
        return found

    def movie_details(self, movie_id: str) -> Movie:
        """One film's record. Raises UnknownMovie."""
        film = self.index.catalogue.movie(movie_id)
        self.note("movie_details", {"movie": movie_id}, film.label)
        return film

    def plot_genres(self, plot: str) -> GenreVerdict | None:
        """Genres from a plot; None where nobody can tell."""
        return self._use("plot_genres", {"plot": plot[:80]}, lambda: _need(self.skills.plot_genres)(plot), _genres)

    def poster_genres(self) -> GenreVerdict | None:
        """Genres from the turn's picture; None where nobody can tell or there is no picture."""
        return self._use("poster_genres", {}, lambda: _need(self.skills.poster_genres)(self._picture()), _genres)

    def validate_poster(self) -> PosterVerdict | None:
        """Whether the turn's picture is a film poster."""
        return self._use(
            "validate_poster", {}, lambda: _need(self.skills.validate_poster)(self._picture()),
            lambda verdict: "a poster" if verdict.is_poster else "not a poster",
        )  # fmt: skip

    def identify_poster(self, k: int = 5) -> list[Hit]:
        """The films whose poster the turn's picture may be, best first."""
        return (
            self._use("identify_poster", {}, lambda: self.index.identify(self._picture(), k), lambda hits: _found(hits[:1]))
            or []
        )

    def predict_box_office(self, film: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A revenue forecast from what is known of a film before it opens."""
        return self._use(
            "predict_box_office", {"title": film.get("title")}, lambda: _need(self.skills.predict_box_office)(film),
            lambda forecast: f"{forecast['revenue']:,.0f} US dollars",
        )  # fmt: skip

    def drain(self) -> list[Use]:
        """The uses since the last time."""
        done, self.uses = self.uses, []
        return done

    def langchain_tools(self) -> list[BaseTool]:
        """The same tools as LangChain knows them, for models that call tools natively. Their calls are read, not run."""
        schemas: dict[str, type[BaseModel]] = {"search_movies": SearchArguments, "plot_genres": PlotArgument}
        schemas |= dict.fromkeys(("similar_movies", "movie_details", "predict_box_office"), FilmArgument)
        return [
            StructuredTool.from_function(
                func=lambda **_: "", name=name, description=text, args_schema=schemas.get(name, NoArguments)
            )
            for name, text in DESCRIPTIONS.items()
        ]  # fmt: skip

    def _picture(self) -> Image:
        if self.poster is None:
            raise UnavailableError("no picture was sent")
        return self.poster

    def _use(self, name: str, arguments: Mapping[str, Any], work: Callable[[], T], tell: Callable[[T], str]) -> T | None:
        """Run a tool; its failure is noted and told, never raised: an answer without it is still an answer."""
        try:
            result = work()
            self.note(name, arguments, tell(result))
        except MovieServiceError as error:
            self.note(name, arguments, error.message, ok=False)
            return None
        except Exception as error:  # a classifier's libraries raise kinds of their own
            self.note(name, arguments, f"failed ({type(error).__name__})", ok=False)
            return None
        return result

    def note(self, name: str, arguments: Mapping[str, Any], result: str, ok: bool = True) -> None:
        """Take down that a tool was used."""
        self.uses.append(Use(name, arguments, result, ok))


def _need(skill: Callable[[U], T] | None) -> Callable[[U], T]:
    if skill is None:
        raise UnavailableError("not available on this server")
    return skill


class UnavailableError(MovieServiceError):
    code = "unavailable"


def _found(hits: Sequence[Hit]) -> str:
    return ", ".join(hit.movie.label for hit in hits[:3]) + (" …" if len(hits) > 3 else "") if hits else "nothing"


def _genres(verdict: GenreVerdict) -> str:
    return ", ".join(verdict.chosen) or "undecided"


# -- what a model may say it wants -------------------------------------------------------------------


class SearchArguments(BaseModel):
    """Arguments of search_movies, as few and flat as a small model needs."""

    query: str = Field(default="", description="what the film is about, in a few words")
    genres: list[str] = Field(default=[], description="genres it must have")
    not_genres: list[str] = Field(default=[], description="genres it must not have")
    year_min: int | None = None
    year_max: int | None = None
    runtime_min: int | None = Field(default=None, description="minutes")
    runtime_max: int | None = Field(default=None, description="minutes")
    languages: list[str] = []
    countries: list[str] = []
    people: list[str] = Field(default=[], description="actors or directors who take part")
    not_people: list[str] = []
    moods: list[str] = Field(default=[], description="such as funny, dark, feel-good")


class FilmArgument(BaseModel):
    """The one film that is meant."""

    movie: str = Field(description="its title")


class PlotArgument(BaseModel):
    """A plot in words."""

    plot: str


class NoArguments(BaseModel):
    """The turn's picture is known."""


@dataclass(frozen=True)
class Call:
    """A tool call found in a model's text."""

    name: str
    arguments: Mapping[str, Any]


_FENCE = re.compile(r"```(?:json|tool_call|python)?\s*(.*?)```", re.DOTALL)
_TAGGED = re.compile(r"<(?:\|)?(tool_call|function_call|tool|function)(?:[^>]*)>\s*(.*?)\s*(?:</?(?:\|)?\1[^>]*>|$)", re.DOTALL)
_PYTHON = re.compile(rf"\b({'|'.join(TOOL_NAMES)})\s*\(")


def read_calls(text: str) -> list[Call]:
    """Tool calls in a text: `<tool_call>{…}</tool_call>`, JSON bare or in fences, `[search_movies(query="x")]`."""
    calls: list[Call] = []
    bodies = [found.group(2) for found in _TAGGED.finditer(text)] + [found.group(1) for found in _FENCE.finditer(text)]
    for body in [*bodies, text]:
        calls += [call for value in json_objects(body) for call in _as_calls(value)]
        calls += _python_calls(body)
        if calls:
            return calls
    return calls


def json_objects(text: str) -> Iterator[Any]:
    """Every JSON object or list that can be read in a text, outermost ones only."""
    decoder = json.JSONDecoder()
    at = 0
    while found := re.compile(r"[{\[]").search(text, at):
        try:
            value, at = decoder.raw_decode(text, found.start())
            yield value
        except (ValueError, RecursionError):
            at = found.start() + 1


def _as_calls(value: Any) -> Iterator[Call]:
    if isinstance(value, list):
        for item in value[:20]:
            yield from _as_calls(item)
        return
    if not isinstance(value, dict):
        return
    if isinstance(value.get("tool_calls"), list):
        yield from _as_calls(value["tool_calls"])
    if isinstance(value.get("function"), dict):
        yield from _as_calls(value["function"])
    name = value.get("name") or value.get("tool") or value.get("function")
    if isinstance(name, str) and name in DESCRIPTIONS:
        arguments = next((value[key] for key in ("arguments", "parameters", "args", "input") if key in value), None)
        if isinstance(arguments, str):
            arguments = next(json_objects(arguments), {})
        rest = {key: item for key, item in value.items() if key not in ("name", "tool", "function", "type", "id")}
        yield Call(name, arguments if isinstance(arguments, dict) else rest)


def _python_calls(text: str) -> Iterator[Call]:
    for found in _PYTHON.finditer(text):
        end = text.find(")", found.end())
        while end != -1:
            try:
                tree = ast.parse(text[found.start() : end + 1], mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                end = text.find(")", end + 1) if end - found.start() < 2000 else -1
                continue
            if isinstance(tree, ast.Call):
                yield Call(found.group(1), dict(_literals(tree)))
            break


def _literals(call: ast.Call) -> Iterator[tuple[str, Any]]:
    for keyword in call.keywords:
        try:
            if keyword.arg:
                yield keyword.arg, ast.literal_eval(keyword.value)
        except ValueError:
            continue
