"""Matinee for other assistants: its tools over the Model Context Protocol, on standard streams or over HTTP.

    matinee mcp             started by the assistant itself (stdio)
    matinee mcp --http      http://127.0.0.1:8765/mcp (streamable HTTP, this machine only)

A thin layer over the typed client, so it starts in a second, holds no model, and can do no more than
its API key. Every tool only reads. A failure reaches the assistant as the sentence that says what to
do next. This is the only file that knows the MCP SDK (`pip install '.[mcp]'`).
"""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field

from chat_ui.client import BoxOffice, Film, Found, Genres, Hit, Matinee, Verdict
from movies.errors import BadInput, MovieServiceError, UnknownMovie

P = ParamSpec("P")
R = TypeVar("R")
_MOST_BYTES = 12_000_000  # of a picture; the API has its own limit
_INSTRUCTIONS = (
    "Matinee knows the films of one catalogue, and only those. Recommend no film and state no fact that these tools did "
    "not give you. Search first; name films by title and year."
)
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8")

Count = Annotated[int, Field(ge=1, le=50, description="how many films at most")]
Picture = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2 * _MOST_BYTES,
        description="a JPEG, PNG, WebP or GIF as base64 text; over standard streams also the path of one on this machine",
    ),
]
Named = Annotated[str, Field(min_length=1, max_length=500, description="the film's title, or its id as other tools gave it")]


class Films(BaseModel):
    """Films, best first."""

    films: tuple[Hit, ...]


class Filters(BaseModel):
    """Hard constraints: every film found satisfies them."""

    model_config = ConfigDict(extra="forbid")  # a constraint that is not known must not seem to hold

    genres_any: tuple[str, ...] = ()
    genres_all: tuple[str, ...] = ()
    genres_none: tuple[str, ...] = ()
    year_min: int | None = None
    year_max: int | None = None
    runtime_min: int | None = Field(default=None, description="minutes")
    runtime_max: int | None = Field(default=None, description="minutes")
    languages: tuple[str, ...] = Field(default=(), description="ISO 639-1 codes or English names")
    countries: tuple[str, ...] = ()
    people: tuple[str, ...] = Field(default=(), description="actors or directors who take part")
    people_any: tuple[str, ...] = Field(default=(), description="of these at least one takes part")
    people_none: tuple[str, ...] = ()
    rating_min: float | None = Field(default=None, description="0 to 10")
    has_poster: bool | None = None


def serve(api: Matinee, http: tuple[str, int] | None = None) -> None:
    """Offer the tools until the assistant hangs up or the process is stopped; `http`: host and port, else stdio."""
    server = server_over(api, files=http is None)
    if http is None:
        server.run("stdio")
    else:
        host, port = http
        server.run("streamable-http", host=host, port=port, stateless_http=True, max_request_body_size=2 * _MOST_BYTES)


def server_over(api: Matinee, *, files: bool) -> MCPServer[Any]:
    """The MCP server. `files`: whether pictures may be named by a path on this machine; not for callers from elsewhere."""
    server: MCPServer[Any] = MCPServer("matinee", title="Matinee", instructions=_INSTRUCTIONS, log_level="WARNING")

    def tool(work: Callable[P, R]) -> Callable[P, R]:
        """Offer `work` under its name; what Matinee says went wrong is what the assistant reads."""

        @functools.wraps(work)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return work(*args, **kwargs)
            except MovieServiceError as error:
                raise ToolError(error.message) from None

        server.add_tool(call, annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))
        return call

    @tool
    def search_movies(query: str = "", filters: Filters | None = None, k: Count = 10) -> Found:
        """Find films by what they are about, mood, genre, year, length, language, country or people.

        Plain words are read ("a French comedy from the 90s under two hours"); `filters` are hard. `relaxations` says
        which constraint to give up when little or nothing fits.
        """
        return api.search(query, filters=filters.model_dump(exclude_defaults=True) if filters else None, k=k)

    @tool
    def similar_movies(movie: Named, k: Count = 10) -> Films:
        """Find films like a named film."""
        return Films(films=api.similar(_named(api, movie).id, k))

    @tool
    def movie_details(movie: Named) -> Film:
        """Look up facts about one named film: director, cast, year, length, plot."""
        return _named(api, movie)

    @tool
    def plot_genres(plot: Annotated[str, Field(min_length=1, max_length=20_000)], explain: bool = False) -> Genres:
        """Tell the genres of a plot; `explain` adds the sentences that spoke for them."""
        return api.plot_genres(plot, explain=explain)

    @tool
    def poster_genres(picture: Picture, explain: bool = False) -> Genres:
        """Tell the genres of a film poster; `explain` adds what spoke for them."""
        return api.poster_genres(_picture(picture, files), explain=explain)

    @tool
    def validate_poster(picture: Picture) -> Verdict:
        """Tell whether a picture is a film poster, and why."""
        return api.validate(_picture(picture, files))

    @tool
    def identify_poster(picture: Picture, k: Count = 5) -> Films:
        """Tell which film of the catalogue a picture is the poster of, most likely first."""
        return Films(films=api.identify(_picture(picture, files), k))

    @tool
    def predict_box_office(
        title: str | None = None,
        plot: str = "",
        budget: Annotated[int | None, Field(ge=0, description="US dollars")] = None,
        release_date: Annotated[str | None, Field(description="YYYY-MM-DD")] = None,
        runtime: Annotated[int | None, Field(ge=1, description="minutes")] = None,
        genres: tuple[str, ...] = (),
        directors: tuple[str, ...] = (),
        cast: tuple[str, ...] = (),
    ) -> BoxOffice:
        """Forecast what a film will earn, from what is known before it opens, with an interval and comparable films."""
        known = {"title": title, "plot": plot, "budget": budget, "release_date": release_date, "runtime": runtime}
        lists = {"genres": list(genres), "directors": list(directors), "cast": list(cast)}
        return api.box_office(**{name: value for name, value in {**known, **lists}.items() if value})

    return server


def _named(api: Matinee, name: str) -> Film:
    """The film with this id or title. Raises UnknownMovie, naming films that are near."""
    try:
        return api.movie(name)
    except UnknownMovie:
        found = [hit.movie for hit in api.search(name[:2000], k=10).hits]
    wanted = name.strip().casefold()
    for film in found:
        if wanted in (film.title.casefold(), film.label.casefold()):
            return film
    near = "; ".join(film.label for film in found[:3])
    raise UnknownMovie(f"No film here is called {name[:100]!r}." + (f" Near: {near}." if near else ""))


def _picture(given: str, files: bool) -> bytes:
    """The bytes of a picture given as base64 or, where that is allowed, as a path. Raises BadInput."""
    text = given.partition("base64,")[2] or given
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data.startswith(_MAGIC) and files:
        try:
            with Path(given).expanduser().open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except (OSError, ValueError):
            data = b""
    if not data.startswith(_MAGIC):  # nothing else is sent on, whatever somebody talked the assistant into
        raise BadInput("That is no picture: send a JPEG, PNG, WebP or GIF as base64" + (" or name its file." if files else "."))
    if len(data) > _MOST_BYTES:
        raise BadInput(f"The picture has more than {_MOST_BYTES / 1e6:.0f} MB. Send a smaller one.")
    return data
