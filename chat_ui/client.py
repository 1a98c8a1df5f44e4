"""`Matinee`: a typed client of the HTTP API, with retries and streaming. Import it in your own programs.

    from chat_ui.client import Matinee

    with Matinee("http://127.0.0.1:8000") as matinee:
        for hit in matinee.search("a heist that goes wrong", k=3).hits:
            print(hit.movie.label, hit.evidence.reason)
        for event in matinee.chat("kitchen", "something like Heat, but funnier"):
            print(event.name, event.data)

Failures are the errors of `movies.errors`: made from the problem documents of the server, or BadInput for
what can't be sent to one; a server that can't be reached is `ApiUnreachable`. Does not know how films are found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import httpx
from httpx_sse import EventSource, SSEError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from movies.errors import BadImage, BadInput, Busy, MovieServiceError, UnknownMovie
from movies.settings import Settings

M = TypeVar("M", bound=BaseModel)
Picture = bytes | str | Path
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any, config=ConfigDict(ser_json_inf_nan="constants"))  # or NaN became null
_PATIENCE = 10.0  # seconds: a longer Retry-After is left to the caller


class ApiUnreachable(MovieServiceError):
    """Nobody answers at the API's address, or the answer broke off."""

    code = "api_unreachable"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Film(_Record):
    """A film, whole: changed and given to `Matinee.add`, nothing of it is lost.

    `poster`: its address on the server, fetched with `Matinee.poster`.
    """

    id: str
    title: str
    year: int | None = None
    plot: str = ""
    genres: tuple[str, ...] = ()
    poster: str | None = None
    runtime: int | None = None
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    language: str | None = None
    countries: tuple[str, ...] = ()
    rating: float | None = None
    votes: int | None = None
    budget: int | None = None
    revenue: int | None = None
    release_date: date | None = None
    imdb_id: str | None = None
    tmdb_id: int | None = None
    keywords: tuple[str, ...] = ()
    alt_titles: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """`Heat (1995)`."""
        return f"{self.title} ({self.year})" if self.year else self.title


class Evidence(_Record):
    passage: str | None = None
    poster: bool = False
    words: tuple[str, ...] = ()
    legs: dict[str, float] = Field(default_factory=dict)
    reason: str = ""


class Hit(_Record):
    movie: Film
    score: float
    weak: bool = False
    evidence: Evidence = Evidence()


class _Hits(_Record):
    hits: tuple[Hit, ...]


class _Matches(_Record):
    matches: tuple[Hit, ...]


class _Added(_Record):
    ids: tuple[str, ...]


class _Removed(_Record):
    removed: int


class Relaxation(_Record):
    without: str
    films: int


class Found(_Record):
    """What a search gave. `plan`: how the question was understood, to be edited and sent to `chat`."""

    hits: tuple[Hit, ...]
    plan: dict[str, Any]
    relaxations: tuple[Relaxation, ...] = ()


class GenreProbability(_Record):
    genre: str
    probability: float


class Genres(_Record):
    genres: tuple[GenreProbability, ...]
    chosen: tuple[str, ...]
    abstained: bool
    plausible: tuple[str, ...] = ()
    coverage: float | None = None
    weights: dict[str, float] | None = None
    explanation: Any = None


class Verdict(_Record):
    is_poster: bool
    probability: float
    reasons: tuple[str, ...] = ()


class BoxOffice(_Record):
    revenue: float
    interval: tuple[float, float]
    comparables: tuple[dict[str, Any], ...] = ()
    drivers: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


class Finding(_Record):
    """Something that looks wrong in the catalogue. `state`: open, accepted or rejected."""

    id: str
    kind: str
    movie_id: str
    title: str
    evidence: str
    confidence: float
    suggestion: str
    other: str | None = None
    genre: str | None = None
    state: str = "open"


class Audit(_Record):
    """Findings of the last audit: when it was made (UTC), how many there are in all, and open ones by kind."""

    made: str
    version: str
    films: int
    findings: tuple[Finding, ...]
    total: int
    counts: dict[str, int]


class WaitingVersion(_Record):
    """A version that was published and can't be taken up while the one before it goes on serving."""

    version: str
    reason: str
    note: str


class Readiness(_Record):
    ready: bool
    version: str
    encoder: str
    films: int
    models: dict[str, bool]
    queue: int = 0
    waiting: WaitingVersion | None = None


class Event(_Record):
    """One event of a conversation: `status plan tool candidates token done error`."""

    name: str
    data: dict[str, Any]


class Matinee:
    """A connection to one API. Thread-safe; close it or use it in a `with`.

    `retries`: further tries when the server is busy or the connection fails; waiting as long as the
    server says. `transport` is for tests and proxies. Raises BadInput for a URL or a key that can't be one.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise BadInput(
                "This is no API key (MATINEE_API_KEY): it is one word such as mk_…, as `matinee key NAME` printed it."
            )
        self._http = httpx.Client(
            base_url=_address(url),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(timeout, connect=min(5.0, timeout)),
            transport=transport,
        )
        self._url = url
        self._retries = retries

    @classmethod
    def from_settings(cls, settings: Settings, **options: Any) -> Self:
        """A client for `MATINEE_API_URL` with the key `MATINEE_API_KEY`."""
        key = settings.api_key.get_secret_value() if settings.api_key else None
        return cls(settings.api_url, key, **options)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # -- films ---------------------------------------------------------------------------------

    def search(
        self,
        query: str = "",
        *,
        filters: Mapping[str, Any] | None = None,
        like: Sequence[str] = (),
        k: int = 10,
        poster: Picture | None = None,
    ) -> Found:
        """Films for a question, a picture, films to be like, filters, or any mix. Raises BadInput, UnknownMovie, Busy …"""
        asked: dict[str, Any] = {"query": query, "filters": dict(filters or {}), "like": list(like), "k": k}
        return self._post("/v1/search", asked, Found, poster)

    def movie(self, movie_id: str) -> Film:
        """One film. Raises UnknownMovie."""
        if movie_id.endswith(("/poster", "/similar")):  # no film's id does, and the address would be another one's
            raise UnknownMovie(f"No film has the id {movie_id[:80]!r}. Search by title to find its id.")
        return self._read(Film, self._call("GET", f"/v1/movies/{_quoted(movie_id)}"))

    def poster(self, movie_id: str) -> bytes:
        """The picture of a film. Raises UnknownMovie if there is none."""
        return self._call("GET", f"/v1/movies/{_quoted(movie_id)}/poster").content

    def similar(self, movie_id: str, k: int = 10) -> tuple[Hit, ...]:
        """Films like a film. Raises UnknownMovie."""
        asked = self._call("GET", f"/v1/movies/{_quoted(movie_id)}/similar", params={"k": k})
        return self._read(_Hits, asked).hits

    def add(self, movies: Sequence[Mapping[str, Any] | Film], poster: Picture | None = None) -> list[str]:
        """Add or replace films (records of the import format, or films that were read here); returns their ids.

        A picture goes with a single film. A film sent without one keeps the picture it has, unless its record says
        `"poster": None`.
        """
        return list(self._post("/v1/movies", {"movies": [dict(movie) for movie in movies]}, _Added, poster).ids)

    def remove(self, ids: Sequence[str]) -> int:
        """Remove films; returns how many were there."""
        return self._read(_Removed, self._call("DELETE", "/v1/movies", params={"id": list(ids)})).removed

    # -- posters, plots, money -----------------------------------------------------------------

    def identify(self, poster: Picture, k: int = 5) -> tuple[Hit, ...]:
        """Which films this may be the poster of, most likely first."""
        return self._post("/v1/posters/identify", {"k": k}, _Matches, poster).matches

    def validate(self, poster: Picture) -> Verdict:
        """Whether a picture is a film poster, and why."""
        return self._post("/v1/posters/validate", {}, Verdict, poster)

    def poster_genres(self, poster: Picture, *, explain: bool = False) -> Genres:
        """Genres from a poster; `explain`: which regions carried them, too."""
        return self._post("/v1/posters/genres", {"explain": explain}, Genres, poster)

    def plot_genres(self, plot: str, *, explain: bool = False) -> Genres:
        """Genres from a plot; `explain`: which sentences carried them, too."""
        return self._post("/v1/plots/genres", {"plot": plot, "explain": explain}, Genres)

    def genres(self, *, plot: str | None = None, poster: Picture | None = None, explain: bool = False) -> Genres:
        """Genres from a plot, a poster or both; `weights` says how much came from each."""
        asked = {"explain": explain} | ({"plot": plot} if plot else {})
        return self._post("/v1/genres", asked, Genres, poster)

    def box_office(self, **known: Any) -> BoxOffice:
        """What a film may earn: `budget`, `release_date`, `genres`, `cast` …"""
        return self._post("/v1/box-office", known, BoxOffice)

    # -- conversation --------------------------------------------------------------------------

    def chat(
        self,
        session: str,
        message: str = "",
        *,
        plan: Mapping[str, Any] | None = None,
        poster: Picture | None = None,
        turn: str | None = None,
    ) -> Iterator[Event]:
        """The answer to a message, event by event; closing the iterator stops the server's work.

        `turn` names the message: sent once more under that name, the last message is answered in its own place.
        A failure at the start raises; one on the way comes as an `error` event. Raises
        ApiUnreachable if the stream breaks off.
        """
        body: dict[str, Any] = {"session": session, "message": message}
        if plan is not None:
            body["plan"] = dict(plan)
        if turn is not None:
            body["turn"] = turn
        with self._stream("/v1/chat", _body(body, poster)) as response:
            try:
                for event in EventSource(response).iter_sse():
                    yield Event(name=event.event, data=json.loads(event.data))
            except (httpx.TransportError, SSEError, ValueError):
                raise ApiUnreachable("The answer broke off. Ask again; the conversation is kept.") from None

    def feedback(self, session: str, movie_id: str, verdict: Literal["like", "dislike", "seen", "none"]) -> None:
        """Say what a session thinks of a film; `none` takes back all that was said of it."""
        self._call("POST", "/v1/feedback", **_body({"session": session, "movie_id": movie_id, "verdict": verdict}))

    # -- the house -----------------------------------------------------------------------------

    def audit(
        self,
        kinds: Sequence[str] = (),
        state: str | None = None,
        *,
        movie_id: str | None = None,
        limit: int = 1000,
        offset: int = 0,
    ) -> Audit:
        """What looks wrong in the catalogue: stored findings, the surest first. Raises ModelMissing before any audit."""
        asked: dict[str, Any] = {"kind": list(kinds), "limit": limit, "offset": offset}
        asked |= {name: value for name, value in (("state", state), ("movie_id", movie_id)) if value is not None}
        return self._read(Audit, self._call("GET", "/v1/audit", params=asked))

    def review(self, finding_id: str, state: Literal["open", "accepted", "rejected"]) -> Finding:
        """Accept or reject a finding; `open` takes the decision back. Needs the scope write."""
        return self._post(f"/v1/audit/{_quoted(finding_id)}", {"state": state}, Finding)

    def ready(self) -> Readiness:
        """The state of the server. Raises Busy or ApiUnreachable while it can't answer."""
        return self._read(Readiness, self._call("GET", "/readyz"))

    # -- calling -------------------------------------------------------------------------------

    def _post(self, path: str, body: dict[str, Any], model: type[M], poster: Picture | None = None) -> M:
        return self._read(model, self._call("POST", path, **_body(body, poster)))

    def _read(self, model: type[M], response: httpx.Response) -> M:
        """An answer as `model`. Raises ApiUnreachable for one that is none of Matinee's."""
        try:
            return model.model_validate_json(response.content)
        except ValueError:
            raise ApiUnreachable(f"What answers at {self._url} is no Matinee of this version. Check MATINEE_API_URL.") from None

    def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._tried(lambda: self._checked(self._http.request(method, path, **request)))
        except UnicodeEncodeError:
            raise BadInput("Half a character stands in what is to be sent. Take it out.") from None

    @contextmanager
    def _stream(self, path: str, request: dict[str, Any]) -> Iterator[httpx.Response]:
        def start() -> httpx.Response:
            built = self._http.build_request("POST", path, headers={"Accept": "text/event-stream"}, **request)
            response = self._http.send(built, stream=True)
            if response.status_code >= 400:
                response.read()
            return self._checked(response)

        response = self._tried(start)
        try:
            yield response
        finally:
            response.close()

    def _tried(self, call: Any) -> httpx.Response:
        """The answer, after as many tries as are worth it."""
        tries = Retrying(
            stop=stop_after_attempt(self._retries + 1), wait=_pause, retry=retry_if_exception(_worth_another_try), reraise=True
        )
        try:
            answer: httpx.Response = tries(call)
        except httpx.TransportError as error:
            raise ApiUnreachable(
                f"The API at {self._url} does not answer ({type(error).__name__}). Start it with: matinee serve"
            ) from None
        return answer

    @staticmethod
    def _checked(response: httpx.Response) -> httpx.Response:
        if response.status_code < 400:
            return response
        try:
            document = response.json()
            code, detail = str(document["code"]), str(document["detail"])
        except (ValueError, KeyError, TypeError):  # not our server, or something between us
            raise ApiUnreachable(f"The API answered with status {response.status_code} and no explanation.") from None
        raise _error(code, detail, response)


def _error(code: str, detail: str, response: httpx.Response) -> MovieServiceError:
    """The error of a problem document: of the class that has its code, else a plain one with that code."""
    if response.status_code == 429 or code == Busy.code:
        busy = Busy(detail, _seconds(response.headers.get("Retry-After")))
        busy.code = code
        return busy
    error = _classes(MovieServiceError).get(code, MovieServiceError)(detail)
    error.code = code
    return error


def _classes(kind: type[MovieServiceError]) -> dict[str, type[MovieServiceError]]:
    found = {kind.code: kind}
    for child in kind.__subclasses__():
        if child.__module__ == "movies.errors":
            found |= _classes(child)
    return found


def _worth_another_try(error: BaseException) -> bool:
    if isinstance(error, Busy):
        return error.retry_after <= _PATIENCE
    return isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.RemoteProtocolError, httpx.ReadError))


def _pause(state: RetryCallState) -> float:
    """Seconds to wait: what the server says, else a little longer each time."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Busy):
        return error.retry_after
    return float(min(0.2 * 2 ** (state.attempt_number - 1), 2.0))


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or 1.0))
    except ValueError:  # a date
        return 1.0


def _body(given: dict[str, Any], poster: Picture | None = None) -> dict[str, Any]:
    """JSON, or a form when a picture comes along: texts as they are, lists of texts repeated, the rest as JSON.

    Raises BadInput for what JSON can't say, BadImage for a picture that can't be read.
    """
    try:
        fields: dict[str, Any] = _ANYTHING.dump_python(given, mode="json")
        json.dumps(fields, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise BadInput(
            f"This can't be sent as JSON: {str(error)[:200]}. Send texts, numbers, dates and lists of them."
        ) from None
    if poster is None:
        return {"json": fields}
    form: dict[str, Any] = {}
    for name, value in fields.items():
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        form[name] = value if isinstance(value, str) or texts else json.dumps(value)
    try:
        data = poster if isinstance(poster, bytes) else Path(poster).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name can't be used"
        raise BadImage(f"The picture {str(poster)[:200]!r} can't be read ({reason}). Check the file.") from None
    return {"data": form, "files": {"poster": ("poster", data)}}


def _address(url: str) -> str:
    """The base of all addresses. Raises BadInput for one that nobody could answer at."""
    try:
        known = httpx.URL(url)
    except httpx.InvalidURL:
        known = httpx.URL()
    if known.scheme not in ("http", "https") or not known.host:
        raise BadInput(
            f"{url[:200]!r} is no address of an API (MATINEE_API_URL): it begins with http:// or https://, such as http://127.0.0.1:8000."
        )
    return url.rstrip("/")


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="replace")
