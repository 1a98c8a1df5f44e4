"""The page's server: posters by way of the API, strict headers, nothing from elsewhere."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.browser.conftest import page_server
from tests.browser.scripted_api import HOSTILE, ScriptedApi


@pytest.fixture(scope="module")
def api() -> Iterator[ScriptedApi]:
    api = ScriptedApi().start()
    yield api
    api.stop()


@pytest.fixture(scope="module")
def server(api: ScriptedApi) -> Iterator[httpx.Client]:
    """The page in a process of its own: Gradio leaves loops and sockets behind that belong to no test."""
    with page_server(api.url) as url, httpx.Client(base_url=url, timeout=30) as server:
        yield server


def test_a_poster_comes_through(server: httpx.Client) -> None:
    answer = server.get("/posters", params={"id": "heat-1995"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content.startswith(b"\xff\xd8")
    assert "max-age" in answer.headers["cache-control"]


def test_the_audit_comes_as_a_file(server: httpx.Client, api: ScriptedApi) -> None:
    answer = server.get("/audit.csv", params={"kind": "suspect_year", "state": "open"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))
    assert [row["id"] for row in rows] == ["b2"]
    assert len(server.get("/audit.csv").text.splitlines()) > 30
    api.missing = ("audit",)
    refused = server.get("/audit.csv")
    assert (refused.status_code, "Run: matinee audit" in refused.text) == (503, True)
    api.reset()


def test_strange_ids_arrive_whole(server: httpx.Client) -> None:
    assert server.get("/posters", params={"id": HOSTILE.id}).status_code == 200
    assert server.get("/posters", params={"id": "nobody"}).status_code == 404
    assert server.get("/posters").status_code == 422


def test_what_is_no_picture_is_not_passed_on(api: ScriptedApi, server: httpx.Client) -> None:
    paint, api.paint = api.paint, lambda movie: b"<svg onload='alert(1)'/>"
    try:
        assert server.get("/posters", params={"id": "heat-1995"}).status_code == 404
    finally:
        api.paint = paint


def test_an_api_that_is_away_is_not_cached(api: ScriptedApi, server: httpx.Client) -> None:
    api.stop()
    try:
        answer = server.get("/posters", params={"id": "heat-1995"})
        assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
        assert server.get("/").status_code == 200  # the page itself is there
    finally:
        api.start()


def test_the_page_forbids_everything_from_elsewhere(server: httpx.Client) -> None:
    answer = server.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert not re.search(r"https?:|\*", policy)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_stylesheet_or_script_of_the_page_lies_elsewhere(server: httpx.Client) -> None:
    page = server.get("/").text
    assert not re.findall(r'<(?:script|link)[^>]+(?:src|href)="https?://', page)
    assert '"stylesheets":[]' in page.replace(" ", "")
    assert "fonts.googleapis" not in page + server.get("/theme.css").text


def test_only_our_typefaces_are_given_out(server: httpx.Client) -> None:
    assert server.get("/type/SourceSerifPro-Semibold.ttf").status_code == 200
    assert server.get("/type/__init__.py").status_code == 404
    assert server.get("/type/..%2F__init__.py").status_code == 404


def test_events_are_no_public_api(server: httpx.Client) -> None:
    assert server.get("/gradio_api/info").json()["named_endpoints"] == {}
