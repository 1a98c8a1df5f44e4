"""Searching over HTTP: words, pictures, examples, filters, and what is said when nothing fits."""

from __future__ import annotations

import io
from collections.abc import Callable

import httpx
import pytest

from tests.conftest import ApiClient, paint_poster
from tests.films import FILMS, film


def png(title: str) -> bytes:
    buffer = io.BytesIO()
    paint_poster(film(title)).save(buffer, "PNG")
    return buffer.getvalue()


def ids(response: httpx.Response, field: str = "hits") -> list[str]:
    assert response.status_code == 200, response.text
    return [hit["movie"]["id"] for hit in response.json()[field]]


def test_words_find_the_film_and_say_why(client: httpx.Client) -> None:
    response = client.post("/v1/search", json={"query": "a widower ties balloons to his house", "k": 3})
    first = response.json()["hits"][0]
    assert first["movie"]["id"] == "up-2009"
    assert first["movie"]["poster"] is None or first["movie"]["poster"] == "/v1/movies/up-2009/poster"
    assert "balloons" in first["evidence"]["words"]
    assert first["evidence"]["reason"]
    assert 0 <= first["score"] <= 1


def test_explicit_filters_hold_for_every_hit(client: httpx.Client) -> None:
    asked = {"query": "a story", "filters": {"genres_any": ["western"], "year_max": 1970}, "k": 20}
    response = client.post("/v1/search", json=asked)
    for hit in response.json()["hits"]:
        assert "Western" in hit["movie"]["genres"]
        assert hit["movie"]["year"] <= 1970
    assert response.json()["plan"]["filters"]["genres_any"] == ["Western"]


def test_explicit_filters_outrank_the_sentence(client: httpx.Client) -> None:
    response = client.post("/v1/search", json={"query": "a western from before 1970", "filters": {"year_max": 2000}})
    assert response.json()["plan"]["filters"]["year_max"] == 2000


def test_films_to_be_like_are_left_out(client: httpx.Client) -> None:
    assert "heat-1995" not in ids(client.post("/v1/search", json={"like": ["heat-1995"], "k": 5}))


def test_an_unknown_film_to_be_like_is_said(client: httpx.Client) -> None:
    assert client.post("/v1/search", json={"like": ["nobody"]}).json()["code"] == "unknown_movie"


def test_nothing_fits_names_what_to_give_up_and_notes_it(client: ApiClient) -> None:
    response = client.post("/v1/search", json={"filters": {"genres_any": ["Western"], "year_min": 2030}})
    westerns = sum("Western" in movie.genres for movie in FILMS)
    assert response.json()["hits"] == []
    assert {"without": "year_min", "films": westerns} in response.json()["relaxations"]
    journal = client.services.journal
    assert journal is not None
    [noted] = journal.unanswered()
    assert (noted.times, noted.plan.filters.year_min) == (1, 2030)
    assert b"matinee_searches_without_hits_total 1.0" in client.get("/metrics").content


def test_what_was_asked_in_vain_is_not_kept_when_settings_say_so(serve: Callable[..., ApiClient]) -> None:
    client = serve(keep_unanswered=False)
    client.post("/v1/search", json={"filters": {"year_min": 2030}})
    assert client.services.journal is not None
    assert client.services.journal.unanswered() == []


def test_a_poster_finds_its_film(client: httpx.Client) -> None:
    for title in ("Heat", "Amélie", "Titanic"):
        wanted = film(title).id
        assert wanted in ids(client.post("/v1/search", data={"k": "5"}, files={"poster": ("p.png", png(title))}))
        assert wanted == ids(client.post("/v1/posters/identify", files={"poster": ("p.png", png(title))}), "matches")[0]


def test_a_form_carries_the_same_as_json(client: httpx.Client) -> None:
    asked = {"query": "thief", "filters": '{"year_min": 2000}', "like": ["heat-1995", "up-2009"], "k": "4"}
    response = client.post("/v1/search", data=asked, files={"poster": ("p.png", png("Heat"))})
    found = ids(response)
    assert len(found) == 4
    assert not {"heat-1995", "up-2009"} & set(found)
    assert all(hit["movie"]["year"] >= 2000 for hit in response.json()["hits"])


def test_a_picture_in_the_wrong_field_is_said(client: httpx.Client) -> None:
    response = client.post("/v1/search", files={"picture": ("p.png", png("Heat"))})
    assert response.status_code == 400
    assert "poster" in response.json()["detail"]


def test_similar_films(client: httpx.Client) -> None:
    found = ids(client.get("/v1/movies/toy-story-1995/similar", params={"k": 4}))
    assert len(found) == 4
    assert "toy-story-1995" not in found
    assert client.get("/v1/movies/toy-story-1995/similar", params={"k": 0}).status_code == 400
    assert client.get("/v1/movies/toy-story-1995/similar?k=1&k=2").status_code == 400
    assert client.get("/v1/movies/nobody/similar").status_code == 404


@pytest.mark.parametrize("query", ["' OR 1=1 --", '"', "NEAR(", "*", "\x00", "🎬🍿", "a" * 2000, "שלום", "../../etc/passwd"])
def test_odd_questions_are_answered(client: httpx.Client, query: str) -> None:
    assert client.post("/v1/search", json={"query": query}).status_code == 200
