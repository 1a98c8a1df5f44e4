"""Every failure is a problem document with the right status, and says nothing it should not."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator

import httpx
import pytest

import api
import box_office
import movies
import rag
from api.errors import PROBLEM, STATUSES, status_of
from movies.errors import BadImage, Busy, MovieServiceError
from tests.conftest import ApiClient
from tests.small_models import SmallHeads


class Failing:
    """A forecast whose `ask` does what it is told."""

    def __init__(self, ask: Callable[[object], None]) -> None:
        self.ask = ask


def tree(kind: type[MovieServiceError] = MovieServiceError) -> Iterator[type[MovieServiceError]]:
    """The classes that have a name; those that begin with _ are a module's own business and count as their parent."""
    if not kind.__name__.startswith("_"):
        yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


def test_every_error_of_the_server_has_a_status_of_its_own() -> None:
    for package in (movies, rag, box_office, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    served = {kind for kind in tree() if kind.__module__.split(".")[0] != "chat_ui"}
    assert served == set(STATUSES)


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in tree()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(("reason", "status"), [("unreadable", 400), ("too_large", 413), ("unsupported", 415)])
def test_pictures_have_three_statuses(reason: str, status: int) -> None:
    assert status_of(BadImage("x", reason)) == status


@pytest.mark.parametrize("kind", STATUSES, ids=lambda kind: kind.__name__)
def test_a_raised_error_is_answered_as_the_table_says(serve: Callable[..., ApiClient], kind: type[MovieServiceError]) -> None:
    def fail(_film: object) -> None:
        raise kind("Do this and that.")

    response = serve(heads=SmallHeads(box_office=Failing(fail))).post("/v1/box-office", json={})
    document = response.json()
    assert response.status_code == document["status"] == STATUSES[kind]
    assert response.headers["content-type"] == PROBLEM
    assert (document["code"], document["detail"]) == (kind.code, "Do this and that.")
    assert document["request_id"] == response.headers["x-request-id"]
    assert list(document) == ["type", "title", "status", "detail", "code", "request_id"]
    assert ("retry-after" in response.headers) == issubclass(kind, Busy)


def test_what_nobody_foresaw_keeps_its_details_to_itself_and_is_logged(serve: Callable[..., ApiClient]) -> None:
    def fail(_film: object) -> None:
        raise ZeroDivisionError("/secret/place and the viewer's words")

    client = serve(heads=SmallHeads(box_office=Failing(fail)))
    response = client.post("/v1/box-office", json={}, headers={"X-Request-ID": "abc-1"})
    assert response.status_code == 500
    assert response.json()["code"] == "internal"
    assert not {"secret", "ZeroDivision"} & set(response.text.split())
    assert "/secret" not in response.text
    logged = [json.loads(line) for line in client.log.getvalue().splitlines()]
    line = next(line for line in logged if line["event"] == "unforeseen")
    assert line["request_id"] == "abc-1"
    assert line["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert "locals" not in line["exception"][0]["frames"][0]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/movies/nobody", 404, "unknown_movie"),
        ("GET", "/v1/movies/nobody/poster", 404, "unknown_movie"),
        ("PUT", "/v1/search", 405, "method_not_allowed"),
    ],
)
def test_wrong_addresses(client: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == PROBLEM
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize(
    ("body", "kind", "status", "says"),
    [
        (b"{", "application/json", 400, "JSON"),
        (b"", "application/json", 400, "JSON"),
        (b"null", "application/json", 400, "object"),
        (b'{"k": NaN}', "application/json", 400, "NaN"),
        (b'{"k": 1e999}', "application/json", 400, "too large"),
        (b'{"k": "5"}', "application/json", 400, "k: "),
        (b'{"k": 0}', "application/json", 400, "k: "),
        (b'{"kk": 1}', "application/json", 400, "kk: "),
        (b'{"filters": {"year_min": true}}', "application/json", 400, "filters.year_min: "),
        (b'{"query": "\xff"}', "application/json", 400, "JSON"),
        (b'{"query": "\\ud800"}', "application/json", 400, ""),
        (b"[" * 100_000, "application/json", 400, ""),
        (b"query=x", "application/x-www-form-urlencoded", 415, "Content-Type"),
        (b"{}", "text/plain", 415, "Content-Type"),
        (b"garbage", "multipart/form-data; boundary=x", 400, "form"),
        (b"garbage", "multipart/form-data", 400, "form"),
    ],
)
def test_bad_bodies(client: httpx.Client, body: bytes, kind: str, status: int, says: str) -> None:
    response = client.post("/v1/search", content=body, headers={"Content-Type": kind})
    assert response.status_code == status, response.text
    assert says in response.text


def test_missing_parts_say_how_to_get_them(serve: Callable[..., ApiClient]) -> None:
    client = serve(heads=None, audit=None, agent=None)
    picture = {"poster": ("x.png", b"not looked at")}
    answers = [
        client.post("/v1/plots/genres", json={"plot": "A thief."}),
        client.post("/v1/posters/genres", files=picture),
        client.post("/v1/posters/validate", files=picture),
        client.post("/v1/genres", json={"plot": "A thief."}),
        client.post("/v1/box-office", json={}),
        client.get("/v1/audit"),
        client.post("/v1/chat", json={"session": "a", "message": "hello"}),
    ]
    for response in answers:
        assert (response.status_code, response.json()["code"]) == (503, "model_missing")
        assert "matinee " in response.json()["detail"]


def test_request_ids_are_taken_over_when_they_are_sane(client: httpx.Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "my-id.1"}).headers["x-request-id"] == "my-id.1"
    for bad in ("a b", "x" * 65, "<script>"):
        assert client.get("/healthz", headers={"X-Request-ID": bad}).headers["x-request-id"] != bad


@pytest.mark.parametrize("body", ['{"query": "x", "query": "y"}', '{"filters": {"year_min": 1, "year_min": 2}}'])
def test_a_field_that_is_given_twice_is_said(client: httpx.Client, body: str) -> None:
    response = client.post("/v1/search", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (400, "bad_input")
    assert "give it once" in response.json()["detail"]


def test_methods_that_somebody_made_up_are_counted_as_one(client: httpx.Client) -> None:
    for method in ("BREW", "WHEN", "ADD-MILK"):
        assert client.request(method, "/healthz").status_code == 405
    assert 'matinee_requests_total{method="(other)",route="(none)",status="405"} 3.0' in client.get("/metrics").text


def test_the_front_door_leads_to_the_documentation(client: httpx.Client) -> None:
    assert client.get("/").headers["location"] == "/docs"
