"""Films over HTTP: reading them, their posters, and changing the catalogue while it serves."""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from rag.library import Library
from tests.conftest import ApiClient
from tests.encoders import HashedEncoder
from tests.films import FILMS, film
from tests.small_models import ScriptedAgent

WITH_POSTER = next(movie.id for movie in FILMS if movie.poster)
WITHOUT = next(movie.id for movie in FILMS if not movie.poster)


def test_a_film_is_told_whole_and_without_our_paths(client: httpx.Client) -> None:
    told = client.get(f"/v1/movies/{WITH_POSTER}").json()
    known = next(movie for movie in FILMS if movie.id == WITH_POSTER)
    assert (told["title"], told["year"], told["cast"]) == (known.title, known.year, list(known.cast))
    assert told["poster"] == f"/v1/movies/{WITH_POSTER}/poster"


def test_a_poster_is_cached_by_its_etag(client: httpx.Client) -> None:
    first = client.get(f"/v1/movies/{WITH_POSTER}/poster")
    assert first.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(first.content)).size == (80, 120)
    again = client.get(f"/v1/movies/{WITH_POSTER}/poster", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"/v1/movies/{WITH_POSTER}/poster", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_poster_is_given_in_ranges(client: httpx.Client) -> None:
    address = f"/v1/movies/{WITH_POSTER}/poster"
    whole = client.get(address).content
    part = client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    for several in ("bytes=0-1,5-6", "lines=1-2", "bytes=9-3"):
        told = client.get(address, headers={"Range": several})
        assert (told.status_code, told.content) == (200, whole)
    beyond = client.get(address, headers={"Range": f"bytes={len(whole) + 5}-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "bad_range")


def test_a_replaced_poster_is_seen_at_once(client: httpx.Client, poster_png: bytes) -> None:
    address = f"/v1/movies/{WITH_POSTER}/poster"
    first = client.get(address)
    assert first.headers["cache-control"] == "private, no-cache"
    form = {"movies": f'[{{"id": "{WITH_POSTER}", "title": "Replaced"}}]'}
    client.post("/v1/movies", data=form, files={"poster": ("p.png", poster_png)})
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (200, poster_png)


def test_a_poster_kept_for_one_page_is_not_given_to_another(serve: Callable[..., ApiClient]) -> None:
    client = serve(cors_origins=("https://films.example",))
    for origin in ({}, {"Origin": "https://films.example"}, {"Origin": "https://evil.example"}):
        assert "Origin" in client.get(f"/v1/movies/{WITH_POSTER}/poster", headers=origin).headers["vary"]


def test_a_film_without_poster_says_so(client: httpx.Client) -> None:
    response = client.get(f"/v1/movies/{WITHOUT}/poster")
    assert (response.status_code, response.json()["code"]) == (404, "unknown_movie")


@pytest.mark.parametrize(
    "name",
    ["..", "../../../../etc/passwd", "%2e%2e%2f%2e%2e%2fmanifest.json", "/etc/passwd", "..%5c..%5cx", "\x00", "a" * 5000],
)
def test_no_path_tricks(client: httpx.Client, name: str) -> None:
    for address in (f"/v1/movies/{quote(name, safe='')}/poster", f"/v1/movies/{name}/poster".replace("\x00", "%00")):
        response = client.get(address)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


def test_assets_of_the_page_stay_in_their_folder(client: httpx.Client) -> None:
    assert client.get("/docs/assets/css/swagger-ui.css").status_code == 200
    for name in ("../__init__.py", "..%2f__init__.py", "%2e%2e/__init__.py", "/etc/passwd"):
        assert client.get(f"/docs/assets/{name}").status_code == 404


@pytest.mark.parametrize("name", ["x/poster", "x/similar", "/poster", "/x", "..", "."])
def test_an_id_that_no_address_can_name_is_refused(client: httpx.Client, name: str) -> None:
    response = client.post("/v1/movies", json={"movies": [{"id": name, "title": "X"}]})
    assert (response.status_code, response.json()["code"]) == (400, "bad_input")
    assert "/poster or /similar" in response.json()["detail"]


@pytest.mark.parametrize("name", [" sp ", "\u3000w", "x/", "x//y", "poster", "similar/x", "x/poster/", "a/../b", "%2F", "é?#;"])
def test_an_id_that_is_accepted_can_be_asked_for(client: ApiClient, name: str) -> None:
    assert client.post("/v1/movies", json={"movies": [{"id": name, "title": "X"}]}).status_code == 200
    werkzeug = client.app.test_client()  # httpx's WSGI transport passes paths beyond Latin-1 wrongly
    for address in (f"/v1/movies/{quote(name, safe='')}", f"/v1/movies/{quote(name, safe='')}/similar"):
        assert werkzeug.get(address).status_code == 200
    assert client.post("/v1/search", json={"like": [name], "k": 1}).status_code == 200
    assert client.delete("/v1/movies", params={"id": name}).json() == {"removed": 1}


def test_an_added_film_is_found_at_once_and_after_a_restart(client: ApiClient) -> None:
    record = {"id": "zz/1 ü", "title": "The Zigzag Zebra", "plot": "A zebra zigzags through Zanzibar.", "genres": ["western"]}
    assert client.post("/v1/movies", json={"movies": [record]}).json() == {"added": 1, "ids": ["zz/1 ü"]}
    found = client.post("/v1/search", json={"query": "zebra in Zanzibar", "k": 1}).json()["hits"][0]["movie"]
    assert (found["id"], found["genres"]) == ("zz/1 ü", ["Western"])
    # Werkzeug's client, because httpx's WSGI transport passes paths beyond Latin-1 wrongly.
    told = client.app.test_client().get(f"/v1/movies/{quote('zz/1 ü', safe='')}")
    assert told.get_json()["title"] == "The Zigzag Zebra"
    settings = client.services.settings
    reopened = Library.open(settings.artifacts, settings, encoder=HashedEncoder())
    assert reopened.index.search("zebra in Zanzibar", k=1)[0].movie_id == "zz/1 ü"
    removed = client.delete("/v1/movies", params={"id": ["zz/1 ü", "nobody"]})
    assert removed.json() == {"removed": 1}
    assert client.app.test_client().get("/v1/movies/zz%2F1%20%C3%BC").status_code == 404
    assert "zz/1 ü" not in client.post("/v1/search", json={"query": "zebra in Zanzibar"}).text


def test_a_film_comes_with_its_poster(client: httpx.Client, poster_png: bytes) -> None:
    form = {"movies": '[{"id": "new", "title": "New"}]'}
    assert client.post("/v1/movies", data=form, files={"poster": ("../../x.png", poster_png)}).json()["ids"] == ["new"]
    assert client.get("/v1/movies/new/poster").content == poster_png
    assert client.get("/v1/movies/new").json()["poster"] == "/v1/movies/new/poster"


def test_a_film_that_is_read_changed_and_sent_back_keeps_its_picture(client: httpx.Client, poster_png: bytes) -> None:
    before = client.get(f"/v1/movies/{WITH_POSTER}/poster").content
    record = client.get(f"/v1/movies/{WITH_POSTER}").json() | {"title": "Renamed"}
    assert client.post("/v1/movies", json={"movies": [record]}).json() == {"added": 1, "ids": [WITH_POSTER]}
    assert client.get(f"/v1/movies/{WITH_POSTER}").json() == record
    assert client.get(f"/v1/movies/{WITH_POSTER}/poster").content == before
    unsaid = {"id": WITH_POSTER, "title": "Renamed again"}
    client.post("/v1/movies", json={"movies": [unsaid]})
    assert client.get(f"/v1/movies/{WITH_POSTER}/poster").content == before
    client.post("/v1/movies", json={"movies": [unsaid | {"poster": None}]})
    assert client.get(f"/v1/movies/{WITH_POSTER}").json()["poster"] is None
    form = {"movies": f'[{{"id": "{WITH_POSTER}", "title": "Renamed", "poster": null}}]'}
    client.post("/v1/movies", data=form, files={"poster": ("p.png", poster_png)})
    assert client.get(f"/v1/movies/{WITH_POSTER}/poster").content == poster_png


def test_films_are_counted_that_are_new_or_changed(client: httpx.Client) -> None:
    one, two = {"id": "one", "title": "One"}, {"id": "two", "title": "Two"}

    def added(*records: dict[str, str]) -> object:
        return client.post("/v1/movies", json={"movies": records}).json()

    assert added(one, two) == {"added": 2, "ids": ["one", "two"]}
    assert added(one, two) == {"added": 0, "ids": ["one", "two"]}
    assert added(one | {"title": "First"}, two, one | {"title": "Last"}) == {"added": 1, "ids": ["one", "two"]}
    assert client.get("/v1/movies/one").json()["title"] == "Last"


def test_a_film_cannot_name_a_file_of_ours(client: httpx.Client) -> None:
    client.post("/v1/movies", json={"movies": [{"id": "spy", "title": "Spy", "poster": "/etc/passwd"}]})
    assert client.get("/v1/movies/spy").json()["poster"] is None
    assert client.get("/v1/movies/spy/poster").status_code == 404


@pytest.mark.parametrize(
    "record",
    [{}, {"id": "x"}, {"id": "", "title": "x"}, {"id": "x", "title": " \t"}, {"id": "x", "title": "x", "year": "1995"},
     {"id": "x", "title": "x", "plot": "p" * 20_001}, {"id": "x", "title": "x", "rating": 11}],
)  # fmt: skip
def test_one_bad_film_and_none_is_added(client: httpx.Client, record: dict[str, object]) -> None:
    response = client.post("/v1/movies", json={"movies": [{"id": "good", "title": "Good"}, record]})
    assert (response.status_code, response.json()["code"]) == (400, "bad_input")
    assert client.get("/v1/movies/good").status_code == 404


def test_a_film_with_a_broken_poster_is_not_added(client: httpx.Client) -> None:
    form = {"movies": '[{"id": "new", "title": "New"}]'}
    response = client.post("/v1/movies", data=form, files={"poster": ("x.png", b"\x89PNG\r\n\x1a\n broken")})
    assert response.status_code in (400, 415)
    assert client.get("/v1/movies/new").status_code == 404


def test_the_audit_is_what_was_stored(client: ApiClient) -> None:
    told = client.get("/v1/audit").json()
    bare = sum(not movie.poster for movie in FILMS)
    assert told["total"] == len(told["findings"]) == bare + 1
    assert told["version"] == client.services.library.index.version
    assert told["made"].endswith("+00:00")
    assert told["counts"] == {"no_poster": bare, "suspect_year": 1}
    first = told["findings"][0]
    assert (first["kind"], first["movie_id"], first["state"]) == ("suspect_year", FILMS[0].id, "open")
    assert first["evidence"]
    assert first["suggestion"]
    assert 0 <= first["confidence"] <= 1


def test_findings_can_be_sifted(client: ApiClient) -> None:
    bare = sum(not movie.poster for movie in FILMS)
    page = client.get("/v1/audit", params={"kind": "no_poster", "limit": 1, "offset": 1}).json()
    assert (page["total"], len(page["findings"])) == (bare, 1)
    both = client.get("/v1/audit", params={"kind": ["no_poster", "suspect_year"]}).json()
    assert both["total"] == bare + 1
    assert client.get("/v1/audit", params={"movie_id": FILMS[0].id}).json()["total"] == 1 + (not FILMS[0].poster)
    assert client.get("/v1/audit", params={"state": "accepted"}).json()["findings"] == []
    for wrong in ({"kind": "ugly"}, {"state": "perhaps"}, {"limit": 0}, {"offset": -1}, {"page": 1}):
        assert client.get("/v1/audit", params=wrong).status_code == 400


def test_a_decision_is_remembered_and_can_be_taken_back(client: ApiClient, serve: Callable[..., ApiClient]) -> None:
    finding = client.get("/v1/audit", params={"kind": "suspect_year"}).json()["findings"][0]
    told = client.post(f"/v1/audit/{finding['id']}", json={"state": "rejected"})
    assert (told.status_code, told.json()) == (200, {**finding, "state": "rejected"})
    later = serve()  # another process, another audit of the same films
    assert later.get("/v1/audit", params={"state": "rejected"}).json()["findings"] == [told.json()]
    assert "suspect_year" not in later.get("/v1/audit").json()["counts"]
    assert later.post(f"/v1/audit/{finding['id']}", json={"state": "open"}).json()["state"] == "open"
    assert client.get("/v1/audit", params={"state": "rejected"}).json()["total"] == 0
    assert client.post("/v1/audit/nobody", json={"state": "open"}).json()["code"] == "unknown_finding"
    assert client.post(f"/v1/audit/{finding['id']}", json={"state": "maybe"}).status_code == 400


def test_a_version_that_nobody_audited_says_the_command(client: ApiClient) -> None:
    (client.services.library.index.folder / "reports" / "audit.json").unlink()
    told = client.get("/v1/audit")
    assert (told.status_code, told.json()["code"]) == (503, "model_missing")
    assert "Run: matinee audit" in told.json()["detail"]
    assert client.get("/readyz").json()["models"]["audit"] is False


def test_readiness_tells_the_state(client: httpx.Client, serve: Callable[..., ApiClient]) -> None:
    told = client.get("/readyz").json()
    assert (told["ready"], told["encoder"], told["films"]) == (True, "test:hashed", len(FILMS))
    assert all(told["models"].values())
    stopping = serve()
    stopping.services.library.encoder.close()  # type: ignore[attr-defined]
    assert stopping.get("/readyz").status_code == 503
    assert stopping.get("/healthz").status_code == 200


def test_feedback_is_kept_per_session(client: ApiClient) -> None:
    said = {"session": "kitchen", "movie_id": film("Heat").id, "verdict": "dislike"}
    assert client.post("/v1/feedback", json=said).status_code == 204
    assert client.post("/v1/feedback", json={**said, "verdict": "like"}).status_code == 204
    agent = client.services.agent
    assert isinstance(agent, ScriptedAgent)
    assert agent.verdicts == {("kitchen", film("Heat").id): "like"}
    assert client.post("/v1/feedback", json={**said, "movie_id": "nobody"}).status_code == 404
    assert client.post("/v1/feedback", json={**said, "verdict": "meh"}).status_code == 400
