"""The event stream: order, failures before and after the first event, clients that leave, limits."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from httpx_sse import EventSource
from werkzeug.test import Client as WerkzeugClient

from api.limits import new_key
from api.routes.chat import _in_turn
from movies.settings import Settings
from rag.library import Library
from rag.plan import Plan
from tests.conftest import ApiClient
from tests.encoders import HashedEncoder
from tests.small_models import ScriptedAgent
from tests.talking import agent_over


def say(client: httpx.Client, message: str, session: str = "a", key: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return client.post("/v1/chat", json={"session": session, "message": message}, headers=headers)


def events(response: httpx.Response) -> list[tuple[str, dict[str, object]]]:
    assert response.status_code == 200, response.text
    return [(event.event, json.loads(event.data)) for event in EventSource(response).iter_sse()]


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


def test_events_come_in_order_and_nothing_buffers_them(client: httpx.Client) -> None:
    response = say(client, "Bonjour, ça\u2028va?\n\ndata: x")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    told = events(response)
    assert [name for name, _ in told] == ["status", "token", "token", "token", "token", "token", "done"]
    assert " ".join(str(data["text"]) for name, data in told if name == "token") == "Bonjour, ça va? data: x"


def test_a_picture_and_a_plan_reach_the_concierge(client: httpx.Client, poster_png: bytes) -> None:
    form = {"session": "a", "message": "like this", "plan": '{"query": "x", "k": 3}'}
    told = events(client.post("/v1/chat", data=form, files={"poster": ("p.png", poster_png)}))
    assert told[0] == ("status", {"text": "Looking.", "image": [80, 120]})
    assert told[1] == ("plan", {"query": "x", "k": 3})


def test_a_failure_before_the_first_event_keeps_its_status(client: httpx.Client) -> None:
    response = say(client, "fail at once")
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert response.headers["content-type"] == "application/problem+json"
    assert "secret" not in response.text


def test_a_failure_on_the_way_is_an_error_event_without_details(client: httpx.Client) -> None:
    response = say(client, "one break two")
    told = events(response)
    assert [name for name, _ in told] == ["status", "token", "error"]
    assert told[-1][1]["code"] == "internal"
    assert told[-1][1]["request_id"] == response.headers["x-request-id"]
    assert "secret" not in response.text


def test_a_client_that_leaves_stops_the_work_and_frees_its_place(serve: Callable[..., ApiClient]) -> None:
    client = serve(chat_streams=1)
    agent = client.services.agent
    assert isinstance(agent, ScriptedAgent)
    for session in ("first", "second"):
        response = WerkzeugClient(client.app).post("/v1/chat", json={"session": session, "message": "forever"}, buffered=False)
        assert next(response.iter_encoded()).startswith(b"event: status")
        assert say(client, "hello", "third").status_code == 503
        response.close()
        assert agent.closed[-1] == session
    assert events(say(client, "hello"))[-1][0] == "done"
    assert b"matinee_chats 0.0" in client.get("/metrics").content


def test_a_client_that_leaves_before_reading_anything_frees_its_place(serve: Callable[..., ApiClient]) -> None:
    client = serve(chat_streams=1)
    for _ in range(3):
        response = WerkzeugClient(client.app).post("/v1/chat", json={"session": "a", "message": "forever"}, buffered=False)
        assert response.status_code == 200
        response.close()
    assert events(say(client, "hello"))[-1][0] == "done"


def test_too_many_conversations_are_refused_and_search_goes_on(serve: Callable[..., ApiClient]) -> None:
    agent = ScriptedAgent()
    client = serve(chat_streams=2, agent=agent)
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(say, client, "please wait", f"s{n}") for n in range(2)]
        assert wait_for(lambda: b"matinee_chats 2.0" in client.get("/metrics").content)
        refused = say(client, "hello", "third")
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert int(refused.headers["retry-after"]) >= 1
        assert client.post("/v1/search", json={"query": "thief"}).status_code == 200
        agent.gate.set()
        assert all(call.result(10).status_code == 200 for call in running)
    assert say(client, "hello").status_code == 200


def test_a_concierge_that_answers_at_once_needs_no_place(serve: Callable[..., ApiClient]) -> None:
    client = serve(chat_streams=1, agent=ScriptedAgent(quick=True))
    start = threading.Barrier(8)

    def talk(number: int) -> int:
        start.wait(5)
        return say(client, "slow hello", f"s{number}").status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(talk, range(8))) == [200] * 8


def test_sessions_never_mix(client: httpx.Client) -> None:
    start = threading.Barrier(16)

    def talk(number: int) -> bool:
        start.wait(5)
        words = " ".join(f"{number}-{n}" for n in range(5))
        response = say(client, words, f"session-{number}")
        if response.status_code == 503:  # only so many at once
            return True
        return " ".join(str(data["text"]) for name, data in events(response) if name == "token") == words

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(talk, range(16)))


def test_a_conversation_belongs_to_the_name_of_a_key(
    serve: Callable[..., ApiClient], built_index: Path, tmp_path: Path
) -> None:
    (one, first), (again, renewed), (two, second) = new_key("one"), new_key("one"), new_key("two")
    library = Library.open(built_index, Settings(_env_file=None), encoder=HashedEncoder())
    client = serve(agent=agent_over(library, tmp_path), api_keys=(first, renewed, second))

    def filters(message: str, key: str) -> object:
        name, data = events(say(client, message, "kitchen", key))[-1]
        assert (name, data["session"]) == ("done", "kitchen")
        return Plan.from_record(data["plan"]).filters.chosen()  # type: ignore[arg-type]

    assert filters("a comedy", one) == {"genres_all": ["Comedy"]}
    assert filters("from the nineties", two) == {"year_min": 1990, "year_max": 1999}
    assert filters("from the nineties", again) == {"genres_all": ["Comedy"], "year_min": 1990, "year_max": 1999}
    said = {"session": "kitchen", "movie_id": "heat-1995", "verdict": "seen"}
    assert client.post("/v1/feedback", json=said, headers={"X-API-Key": two}).status_code == 204
    sessions = agent_over(library, tmp_path).sessions
    assert [bool(sessions.load(name).seen) for name in ("kitchen", "one/kitchen", "two/kitchen")] == [False, False, True]


def test_a_session_that_is_not_read_holds_up_no_other(
    serve: Callable[..., ApiClient], built_index: Path, tmp_path: Path
) -> None:
    library = Library.open(built_index, Settings(_env_file=None), encoder=HashedEncoder())
    client = serve(agent=agent_over(library, tmp_path))
    question = {"session": "unread", "message": "a comedy"}
    unread = WerkzeugClient(client.app).post("/v1/chat", json=question, buffered=False)
    assert next(unread.iter_encoded()).startswith(b"event: status")  # the answer is on its way, and its session taken
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(say, client, "and a western", "unread")
        time.sleep(0.3)
        assert events(pool.submit(say, client, "a drama", "another").result(5))[-1][0] == "done"
        unread.close()
        assert waiting.result(30).status_code in (200, 503)


def test_a_message_sent_again_under_its_name_is_answered_in_its_own_place(
    serve: Callable[..., ApiClient], built_index: Path, tmp_path: Path, poster_png: bytes
) -> None:
    library = Library.open(built_index, Settings(_env_file=None), encoder=HashedEncoder())
    client = serve(agent=agent_over(library, tmp_path))

    def longest(told: list[tuple[str, dict[str, object]]]) -> object:
        return dict(told)["plan"]["plan"]["filters"]["runtime_max"]  # type: ignore[index]

    say(client, "a comedy under two hours")
    shorter = {"session": "a", "message": "shorter", "turn": "2"}
    first, again = (longest(events(client.post("/v1/chat", json=shorter))) for _ in range(2))
    assert first == again
    as_form = client.post(
        "/v1/chat", data={"session": "b", "message": "which film is this?", "turn": "2"}, files={"poster": poster_png}
    )
    assert events(as_form)[-1][0] == "done"
    assert longest(events(client.post("/v1/chat", json={**shorter, "turn": "3"}))) < first  # type: ignore[operator]


def test_bad_messages(client: httpx.Client) -> None:
    good = {"session": "a", "message": "x"}
    for body in (
        {"session": "a"},
        {"message": "x"},
        {**good, "session": "a b"},
        {**good, "message": "x" * 4001},
        {**good, "plan": {"kk": 1}},
        {**good, "turn": ""},
        {**good, "turn": 7},
        {**good, "turn": "a b"},
    ):
        assert client.post("/v1/chat", json=body).status_code == 400


def test_a_slice_of_time_cuts_no_answer_short() -> None:
    def slow() -> Iterator[int]:
        for number in range(4):
            time.sleep(0.012)  # longer than a slice
            yield number

    assert list(_in_turn(slow())) == [0, 1, 2, 3]
    assert list(_in_turn(iter(range(500)))) == list(range(500))


def test_what_was_made_before_a_failure_is_told() -> None:
    def fails() -> Iterator[str]:
        yield "status"
        yield "plan"
        raise ZeroDivisionError

    told = _in_turn(fails())
    assert [next(told), next(told)] == ["status", "plan"]
    with pytest.raises(ZeroDivisionError):
        next(told)
