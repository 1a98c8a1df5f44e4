"""The client that users import, against the true app and against servers that misbehave."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from datetime import date

import httpx
import pytest

from api.limits import new_key
from api.schemas import FilmOut
from api.schemas import Readiness as ReadinessOut
from chat_ui.client import ApiUnreachable, Event, Film, Matinee, Readiness
from movies.errors import BadImage, BadInput, Busy, ModelMissing, MovieServiceError, UnknownMovie
from movies.settings import Settings
from tests.conftest import ApiClient
from tests.films import FILMS
from tests.small_models import ScriptedAgent


def matinee(client: ApiClient, key: str | None = None, **options: object) -> Matinee:
    transport = httpx.WSGITransport(app=client.app, raise_app_exceptions=False)
    return Matinee("http://127.0.0.1:8000", key, transport=transport, **options)  # type: ignore[arg-type]


def answering(*responses: httpx.Response | Exception) -> tuple[httpx.MockTransport, list[float]]:
    """A transport that gives these answers one after the other, and when it was asked."""
    left = list(responses)
    times: list[float] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        times.append(time.monotonic())
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    return httpx.MockTransport(answer), times


def busy(seconds: float) -> httpx.Response:
    return httpx.Response(503, json={"code": "busy", "detail": "Try again."}, headers={"Retry-After": str(seconds)})


FILM = {"id": "x", "title": "X"}


def test_it_finds_films(client: ApiClient, poster_png: bytes) -> None:
    with matinee(client) as api:
        found = api.search("a widower ties balloons to his house", k=3)
        assert found.hits[0].movie.label == "Up (2009)"
        assert found.hits[0].evidence.reason
        nothing = api.search(filters={"genres_any": ["Western"], "year_min": 2030})
        assert nothing.hits == ()
        assert nothing.relaxations[0].without == "year_min"
        assert (
            len(api.search("thief", like=["heat-1995", "up-2009"], filters={"year_min": 1990}, poster=poster_png, k=4).hits)
            == 4
        )
        assert api.movie("heat-1995").year == 1995
        assert len(api.similar("heat-1995", k=2)) == 2
        assert api.poster("heat-1995").startswith(b"\x89PNG")
        assert api.ready().ready


def test_it_looks_at_posters_and_plots(client: ApiClient, poster_png: bytes) -> None:
    with matinee(client) as api:
        assert api.validate(poster_png).is_poster
        assert api.identify(poster_png, k=2)
        assert api.poster_genres(poster_png).genres
        assert api.plot_genres("A detective hunts a careful thief.").genres
        assert api.genres(plot="A detective.", poster=poster_png).weights == {"poster": 0.5, "plot": 0.5}
        assert api.box_office(budget=10).interval == (10, 30)
        told = api.plot_genres("A detective hunts a careful thief.", explain=True)
        assert told.plausible == ()  # this small model knows no sets


def test_it_reviews_what_is_wrong(client: ApiClient) -> None:
    with matinee(client) as api:
        told = api.audit(("suspect_year",), "open", limit=1)
        assert (told.total, told.films) == (1, len(FILMS))
        assert api.review(told.findings[0].id, "accepted").state == "accepted"
        assert api.audit(("suspect_year",), "open").total == 0
        assert api.audit(movie_id=FILMS[0].id).findings[0].evidence == "The year is 1066."
        with pytest.raises(MovieServiceError, match="no finding") as unknown:
            api.review("0" * 16, "rejected")
        assert unknown.value.code == "unknown_finding"


def test_it_changes_the_catalogue(client: ApiClient, poster_png: bytes) -> None:
    with matinee(client) as api:
        assert api.add([{"id": "n1", "title": "New"}, {"id": "n2", "title": "Newer"}]) == ["n1", "n2"]
        assert api.add([{"id": "n3", "title": "Newest"}], poster=poster_png) == ["n3"]
        assert api.poster("n3") == poster_png
        assert api.remove(["n1", "n2", "n3", "nobody"]) == 3


def test_a_film_that_is_read_changed_and_added_loses_nothing(client: ApiClient, poster_png: bytes) -> None:
    assert set(Film.model_fields) == set(FilmOut.model_fields)
    assert set(Readiness.model_fields) == set(ReadinessOut.model_fields)
    whole = {"id": "whole", "title": "Whole", "votes": 7, "budget": 1, "revenue": 2, "release_date": date(1995, 12, 15),
             "imdb_id": "tt1", "tmdb_id": 3, "keywords": ["heist"], "alt_titles": ["All of It"], "plot": "A thief.",
             "year": 1995, "genres": ["Crime"], "runtime": 90, "directors": ["D"], "cast": ("C",), "language": "en",
             "countries": ["France"], "rating": 7.5}  # fmt: skip
    with matinee(client) as api:
        api.add([whole], poster=poster_png)
        film = api.movie("whole")
        assert film.model_dump(exclude={"poster"}) == {
            name: tuple(value) if isinstance(value, list) else value for name, value in whole.items()
        }
        api.add([film.model_copy(update={"title": "Half"})])
        assert api.movie("whole") == film.model_copy(update={"title": "Half"})
        assert api.poster("whole") == poster_png
        api.add([film.model_copy(update={"poster": None})])
        assert api.movie("whole").poster is None


def test_it_talks_and_says_what_it_thinks(client: ApiClient, poster_png: bytes) -> None:
    with matinee(client) as api:
        told = list(api.chat("a", "hello you", plan={"query": "x"}, poster=poster_png, turn="1"))
        assert [event.name for event in told] == ["status", "plan", "token", "token", "done"]
        assert told[2] == Event(name="token", data={"text": "hello", "number": 0})
        assert list(api.chat("a", "one break"))[-1].data["code"] == "internal"
        api.feedback("a", "heat-1995", "seen")
    agent = client.services.agent
    assert isinstance(agent, ScriptedAgent)
    assert agent.verdicts == {("a", "heat-1995"): "seen"}


def test_failures_are_our_own_errors(client: ApiClient, serve: Callable[..., ApiClient]) -> None:
    with matinee(client) as api:
        with pytest.raises(UnknownMovie, match="nobody"):
            api.movie("nobody")
        with pytest.raises(BadInput):
            api.search(k=1000)
        with pytest.raises(BadImage):
            api.validate(b"no picture")
        with pytest.raises(MovieServiceError) as unforeseen:
            list(api.chat("a", "fail at once"))
        assert unforeseen.value.code == "internal"
    with matinee(serve(heads=None)) as api, pytest.raises(ModelMissing, match="matinee build"):
        api.plot_genres("A thief.")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda api: api.identify("/nope.jpg"),
        lambda api: api.identify("a\0b"),
        lambda api: api.add([{"id": "x", "title": object()}]),
        lambda api: api.add([{"id": "x", "title": "X", "rating": float("nan")}]),
        lambda api: api.add([{"id": "x", "title": "\ud800"}]),
        lambda api: api.feedback("a", "\ud800", "like"),
        lambda api: api.remove(["\ud800"]),
        lambda api: list(api.chat("a", "\ud800")),
    ],
)
def test_what_cannot_be_sent_is_said(client: ApiClient, wrong: Callable[[Matinee], object]) -> None:
    with matinee(client) as api, pytest.raises(BadInput) as raised:
        wrong(api)
    assert raised.value.message.endswith(".")


@pytest.mark.parametrize("key", ["mk_ü", "mk_x\n", "mk_x\r\nX-Other: 1", "mk x"])
def test_a_key_that_cannot_be_one_is_said(key: str) -> None:
    with pytest.raises(BadInput, match="MATINEE_API_KEY") as raised:
        Matinee(key=key)
    assert key not in raised.value.message


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "localhost:8000", "films.example", "ftp://films.example", "http://", "http://[::1"]
)
def test_an_address_that_cannot_be_one_is_said(url: str) -> None:
    with pytest.raises(BadInput, match="http://"):
        Matinee(url)


def test_ids_that_would_be_the_address_of_something_else_are_of_no_film(client: ApiClient) -> None:
    with matinee(client) as api:
        for name in ("heat-1995/similar", "heat-1995/poster", "\ud800", ""):
            with pytest.raises(MovieServiceError) as raised:
                api.movie(name)
            assert raised.value.code in ("unknown_movie", "not_found")


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"\x89PNG\r\n", b'{"films": 1}', b""])
def test_a_good_answer_of_another_server_is_not_believed(body: bytes) -> None:
    for call in (lambda api: api.movie("x"), lambda api: api.ready(), lambda api: api.remove(["x"])):
        transport, _ = answering(httpx.Response(200, content=body))
        with Matinee(transport=transport) as api, pytest.raises(ApiUnreachable, match="MATINEE_API_URL"):
            call(api)


def test_keys_travel(serve: Callable[..., ApiClient]) -> None:
    secret, entry = new_key("page")
    client = serve(api_keys=(entry,))
    with matinee(client, secret) as api:
        assert api.movie("heat-1995")
        with pytest.raises(MovieServiceError) as refused:
            api.remove(["heat-1995"])
        assert refused.value.code == "scope_missing"
    with matinee(client) as api, pytest.raises(MovieServiceError) as stranger:
        api.movie("heat-1995")
    assert stranger.value.code == "key_required"


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    transport, times = answering(busy(0.3), busy(0.1), httpx.Response(200, json=FILM))
    with Matinee(transport=transport) as api:
        assert api.movie("x").title == "X"
    assert times[1] - times[0] >= 0.3
    assert times[2] - times[1] >= 0.1


def test_a_short_rate_limit_is_waited_for(serve: Callable[..., ApiClient]) -> None:
    with matinee(serve(rate_limit="2/second")) as api:
        assert [api.movie("heat-1995").year for _ in range(5)] == [1995] * 5
    with matinee(serve(rate_limit="2/hour")) as api:
        api.movie("heat-1995"), api.movie("heat-1995")
        with pytest.raises(Busy) as refused:
            api.movie("heat-1995")
    assert 3500 < refused.value.retry_after <= 3600


def test_patience_ends() -> None:
    transport, times = answering(*[busy(0.01)] * 9)
    with Matinee(transport=transport, retries=2) as api, pytest.raises(Busy):
        api.movie("x")
    assert len(times) == 3
    transport, times = answering(busy(3600), httpx.Response(200, json=FILM))
    with Matinee(transport=transport) as api, pytest.raises(Busy) as refused:
        api.movie("x")
    assert (len(times), refused.value.retry_after) == (1, 3600)


def test_a_dropped_connection_is_tried_again() -> None:
    transport, times = answering(httpx.ConnectError("no"), httpx.RemoteProtocolError("cut"), httpx.Response(200, json=FILM))
    with Matinee(transport=transport) as api:
        assert api.movie("x").title == "X"
    assert len(times) == 3


@pytest.mark.parametrize("code", ["model_missing", "internal", "bad_input"])
def test_other_failures_are_not_tried_again(code: str) -> None:
    transport, times = answering(*[httpx.Response(503, json={"code": code, "detail": "No."})] * 5)
    with Matinee(transport=transport) as api, pytest.raises(MovieServiceError):
        api.movie("x")
    assert len(times) == 1


def test_nobody_there_says_how_to_start_it() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Matinee(f"http://127.0.0.1:{port}", retries=1) as api:
        with pytest.raises(ApiUnreachable, match="matinee serve"):
            api.movie("x")
        with pytest.raises(ApiUnreachable, match="matinee serve"):
            list(api.chat("a", "hello"))


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"[]", b"{}", b'"x"', b""])
def test_answers_of_other_servers_are_not_believed(body: bytes) -> None:
    transport, _ = answering(httpx.Response(502, content=body))
    with Matinee(transport=transport) as api, pytest.raises(ApiUnreachable, match="502"):
        api.movie("x")


def test_a_stream_that_breaks_off_is_said() -> None:
    def cut() -> Iterator[bytes]:
        yield b'event: token\ndata: {"text": "He"}\n\n'
        raise httpx.ReadError("cut")

    transport, _ = answering(httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=_Stream(cut)))
    with Matinee(transport=transport) as api:
        told = api.chat("a", "hello")
        assert next(told).data == {"text": "He"}
        with pytest.raises(ApiUnreachable, match="broke off"):
            next(told)


def test_leaving_a_stream_stops_the_work(client: ApiClient) -> None:
    agent = client.services.agent
    assert isinstance(agent, ScriptedAgent)
    with matinee(client) as api:
        told = api.chat("leaver", "forever")
        assert [next(told).name for _ in range(3)] == ["status", "token", "token"]
        told.close()  # type: ignore[attr-defined]
    assert agent.closed == ["leaver"]


def test_settings_make_a_client() -> None:
    made = Matinee.from_settings(Settings(_env_file=None, api_url="http://films.example:1", api_key="mk_x"))
    assert made._http.headers["authorization"] == "Bearer mk_x"
    assert str(made._http.base_url) == "http://films.example:1"
    made.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, chunks: Callable[[], Iterator[bytes]]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks()
