"""Who may come in, how often and with how much."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import httpx
import pytest

from api.app import create_app
from api.errors import STATUSES
from api.limits import Key, key_needed, new_key, on_loopback, rate_of
from movies.errors import BadInput
from movies.settings import Settings
from tests.conftest import ApiClient

ADD = {"movies": [{"id": "x", "title": "X"}]}


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


# -- keys ------------------------------------------------------------------------------------------


def test_scopes_open_what_they_name_and_no_more(serve: Callable[..., ApiClient]) -> None:
    reader, read_entry = new_key("page")
    editor, write_entry = new_key("editors", ["write"])
    client = serve(api_keys=(read_entry, write_entry))
    assert client.get("/v1/movies/heat-1995").status_code == 401
    assert client.get("/v1/movies/heat-1995", headers=bearer("mk_wrong")).status_code == 401
    assert client.get("/v1/movies/heat-1995", headers=bearer(reader)).status_code == 200
    assert client.get("/v1/movies/heat-1995", headers={"X-API-Key": reader}).status_code == 200
    refused = client.post("/v1/movies", json=ADD, headers=bearer(reader))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert client.delete("/v1/movies", params={"id": "heat-1995"}, headers=bearer(reader)).status_code == 403
    assert client.post("/v1/movies", json=ADD, headers=bearer(editor)).status_code == 200
    assert client.get("/v1/movies/x", headers=bearer(editor)).status_code == 200


def test_a_missing_key_is_asked_for_before_the_body_is_read(serve: Callable[..., ApiClient]) -> None:
    client = serve(api_keys=(new_key("page")[1],))
    response = client.post("/v1/search", content=b"{broken", headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (401, "key_required")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_health_needs_no_key(serve: Callable[..., ApiClient]) -> None:
    client = serve(api_keys=(new_key("page")[1],))
    assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs")] == [200] * 5
    assert "securitySchemes" in client.get("/openapi.json").json()["components"]


def test_an_old_and_a_new_key_work_side_by_side(serve: Callable[..., ApiClient]) -> None:
    old, old_entry = new_key("page")
    new, new_entry = new_key("page")
    both = serve(api_keys=(old_entry, new_entry))
    assert [both.get("/v1/audit", headers=bearer(secret)).status_code for secret in (old, new)] == [200, 200]
    only_new = serve(api_keys=(new_entry,))
    assert [only_new.get("/v1/audit", headers=bearer(secret)).status_code for secret in (old, new)] == [401, 200]


def test_a_key_is_kept_as_a_hash_only() -> None:
    secret, entry = new_key("page", ["read", "write"])
    assert secret not in entry
    assert Key.read(entry).scopes == {"read", "write"}


@pytest.mark.parametrize("name", ["a,b", "a:b", "", " ", " a", "a\n", "x" * 65])
def test_a_name_that_no_entry_can_hold_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="name of a key"):
        new_key(name)
    with pytest.raises(BadInput, match="read, write, admin"):
        new_key("page", ["fly"])


@pytest.mark.parametrize("entry", ["page", "page:read", "page:fly:" + "0" * 64, ":read:" + "0" * 64, "page:read:short", ""])
def test_bad_key_entries_are_said(entry: str) -> None:
    with pytest.raises(BadInput, match="matinee key"):
        Key.read(entry)


@pytest.mark.parametrize(
    ("host", "auth", "keys", "needed"),
    [
        ("127.0.0.1", "auto", False, False),
        ("localhost", "auto", False, False),
        ("::1", "auto", False, False),
        ("127.0.0.1", "auto", True, True),
        ("0.0.0.0", "auto", True, True),
        ("0.0.0.0", "off", False, False),
        ("127.0.0.1", "off", True, False),
    ],
)
def test_when_keys_are_needed(host: str, auth: str, keys: bool, needed: bool) -> None:
    entries = (new_key("page")[1],) if keys else ()
    assert key_needed(Settings(_env_file=None, api_host=host, auth=auth, api_keys=entries)) is needed


@pytest.mark.parametrize(("host", "auth"), [("0.0.0.0", "auto"), ("127.0.0.1", "on"), ("films.example", "auto")])
def test_an_open_door_without_a_key_is_refused_with_the_way_out(host: str, auth: str) -> None:
    with pytest.raises(BadInput, match="MATINEE_AUTH=off"):
        key_needed(Settings(_env_file=None, api_host=host, auth=auth))


# -- origins and hosts -------------------------------------------------------------------------------


def test_pages_of_other_origins_may_neither_read_nor_change(client: httpx.Client) -> None:
    there = {"Origin": "https://evil.example"}
    assert "access-control-allow-origin" not in client.get("/v1/movies/heat-1995", headers=there).headers
    assert client.post("/v1/movies", json=ADD, headers=there).status_code == 403
    assert client.delete("/v1/movies", params={"id": "heat-1995"}, headers=there).status_code == 403
    assert client.post("/v1/search", json={"query": "x"}, headers={"Origin": "http://127.0.0.1:8000"}).status_code == 200


def test_listed_origins_may(serve: Callable[..., ApiClient]) -> None:
    client = serve(cors_origins=("https://films.example",))
    here = {"Origin": "https://films.example"}
    asked = client.options("/v1/search", headers={**here, "Access-Control-Request-Method": "POST"})
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "https://films.example")
    assert client.post("/v1/search", json={"query": "x"}, headers=here).headers["access-control-allow-origin"] == here["Origin"]
    assert client.post("/v1/search", json={"query": "x"}, headers={"Origin": "https://evil.example"}).status_code == 403


def test_on_loopback_other_names_for_this_machine_are_refused(client: httpx.Client) -> None:
    refused = client.get("/v1/movies/heat-1995", headers={"Host": "rebound.example"})
    assert refused.status_code == 400
    assert "'rebound.example'" in refused.json()["detail"]
    assert "MATINEE_PUBLIC_HOSTS" in refused.json()["detail"]
    for name in ("localhost:8000", "LOCALHOST", "127.0.0.1", "[::1]:8000", "[::1]"):
        assert client.get("/v1/movies/heat-1995", headers={"Host": name}).status_code == 200


def test_a_proxy_may_hand_on_the_names_that_are_set(serve: Callable[..., ApiClient]) -> None:
    secret, entry = new_key("page")
    client = serve(public_hosts=("films.example", "tv.example"), api_keys=(entry,))
    for host, status in (("films.example", 200), ("tv.example:443", 200), ("localhost", 200), ("evil.example", 400)):
        assert client.get("/v1/movies/heat-1995", headers={"Host": host, **bearer(secret)}).status_code == status
    there = {"Host": "films.example", "Origin": "https://films.example", **bearer(secret)}
    assert client.post("/v1/search", json={"query": "x"}, headers=there).status_code == 200


def test_who_is_public_needs_keys_and_a_rate(serve: Callable[..., ApiClient]) -> None:
    public = Settings(_env_file=None, public_hosts=("films.example",))
    assert not on_loopback(public)
    assert rate_of(public) == "600/minute"
    with pytest.raises(BadInput, match=r"reached as films\.example"):
        key_needed(public)
    with pytest.raises(BadInput, match="MATINEE_PUBLIC_HOSTS"):
        serve(public_hosts=("https://films.example/",), auth="off")


def test_headers_that_protect(client: httpx.Client) -> None:
    headers = client.get("/v1/movies/heat-1995").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert "unsafe-inline" not in client.get("/docs").headers["content-security-policy"].split("style-src")[0]


# -- how often ---------------------------------------------------------------------------------------


def test_rates_are_limited_per_address(serve: Callable[..., ApiClient]) -> None:
    client = serve(rate_limit="3/minute")
    answers = [client.get("/v1/movies/heat-1995") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 50 <= int(answers[-1].headers["retry-after"]) <= 60
    assert client.get("/healthz").status_code == 200


def test_whoever_asks_too_often_is_told_when_the_next_is_let_in(serve: Callable[..., ApiClient]) -> None:
    client = serve(rate_limit="2/2 seconds")
    answers = [client.get("/v1/movies/heat-1995") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    wait = int(answers[-1].headers["retry-after"])
    assert 1 <= wait <= 2
    time.sleep(wait)
    assert client.get("/v1/movies/heat-1995").status_code == 200


def test_only_who_is_to_wait_is_told_to(serve: Callable[..., ApiClient]) -> None:
    late: list[bool] = []
    client = serve(rate_limit="100/hour", api_keys=(new_key("page")[1],))
    known = client.get("/v1/movies/heat-1995")
    assert (known.status_code, known.headers["x-ratelimit-remaining"]) == (401, "99")
    assert "retry-after" not in known.headers
    open_to_all = serve(rate_limit="100/hour")
    assert "retry-after" not in open_to_all.get("/v1/movies/heat-1995").headers
    app = create_app(open_to_all.services, lambda: bool(late))
    late.append(True)
    busy = app.test_client().get("/v1/movies/heat-1995")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")


def test_rates_are_limited_per_key(serve: Callable[..., ApiClient]) -> None:
    (one, first), (two, second) = new_key("one"), new_key("two")
    client = serve(rate_limit="2/minute", api_keys=(first, second))
    assert [client.get("/v1/audit", headers=bearer(one)).status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/v1/audit", headers=bearer(two)).status_code == 200


def test_the_rate_by_default() -> None:
    assert rate_of(Settings(_env_file=None)) is None
    assert rate_of(Settings(_env_file=None, api_host="0.0.0.0")) == "600/minute"
    assert rate_of(Settings(_env_file=None, api_host="0.0.0.0", rate_limit="off")) is None
    assert rate_of(Settings(_env_file=None, rate_limit="5/second")) == "5/second"
    assert on_loopback(Settings(_env_file=None))


@pytest.mark.parametrize("changed", [{"rate_limit": "often"}, {"rate_limit": "1/second", "rate_limit_storage": "nowhere://"}])
def test_a_rate_limit_that_cannot_work_is_said_at_the_start(serve: Callable[..., ApiClient], changed: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="MATINEE_RATE_LIMIT"):
        serve(**changed)


# -- how much ----------------------------------------------------------------------------------------


def test_bodies_that_are_too_large_are_refused_by_their_length(client: httpx.Client) -> None:
    response = client.post(
        "/v1/search", content=b"{}", headers={"Content-Type": "application/json", "Content-Length": "99999999"}
    )
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_bodies_that_are_too_large_are_refused_without_a_length(client: httpx.Client) -> None:
    def chunks() -> object:
        yield b'{"query": "'
        for _ in range(6000):
            yield b"x" * 1000
        yield b'"}'

    response = client.post("/v1/search", content=chunks(), headers={"Content-Type": "application/json"})  # type: ignore[arg-type]
    assert response.status_code in (400, 413)


def test_forms_with_too_many_parts_are_refused(client: httpx.Client) -> None:
    assert client.post("/v1/search", files=[("poster", ("p", b"x"))] * 200).status_code == 413


def test_logs_hold_no_personal_text(client: ApiClient) -> None:
    client.post("/v1/search", json={"query": "my very private wish"})
    client.post("/v1/chat", json={"session": "my-session-1", "message": "my very private wish"}).read()
    client.get("/v1/movies/private-id")
    lines = [json.loads(line) for line in client.log.getvalue().splitlines()]
    assert [line["route"] for line in lines if line["event"] == "request"] == [
        "/v1/search", "/v1/chat", "/v1/movies/<path:movie_id>"
    ]  # fmt: skip
    assert "private" not in client.log.getvalue()
    assert "my-session-1" not in client.log.getvalue()


def test_every_status_is_an_error() -> None:
    assert all(400 <= status < 600 for status in STATUSES.values())
