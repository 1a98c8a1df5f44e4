"""Conversations of the page: events become turns; plans lose chips; answers stop, break and are asked again."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from chat_ui.client import Event, Matinee
from chat_ui.conversation import Conversation, Conversations, Turn, without
from movies.errors import BadInput
from tests.browser.scripted_api import ScriptedApi

SESSION = "0123456789abcdef"


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    api = ScriptedApi().start()
    yield api
    api.stop()


@pytest.fixture
def client(api: ScriptedApi) -> Iterator[Matinee]:
    with Matinee(api.url, retries=0) as client:
        yield client


def test_a_turn_gathers_its_events(client: Matinee) -> None:
    conversation = Conversation(SESSION)
    turn = Turn("a heist", "a heist")
    for _ in conversation.ask(client, turn):
        pass
    assert turn.state == "done"
    assert [chip.label for chip in turn.chips][:2] == ["Comedy", "1990–1999"]
    assert [hit.movie.title for hit in turn.hits] == ["Heat", "Amélie", "Spirited Away", "Drive", "Casablanca"]
    assert turn.text.startswith("5 films for you (a heist):\n- **Heat (1995)**")
    assert turn.concierge == "built-in"
    assert turn.tools == [("search_movies", "Heat (1995), Alien (1979)")]
    assert not conversation.busy


def test_a_stopped_turn_ends_at_once_and_frees_the_server(api: ScriptedApi, client: Matinee) -> None:
    conversation = Conversation(SESSION)
    turn = Turn("slow", "slow")
    steps = conversation.ask(client, turn)
    next(steps)
    threading.Timer(0.5, conversation.stop).start()
    for _ in steps:
        pass
    assert turn.state == "stopped"
    api.gate.set()
    assert api.left.wait(5)


def test_a_page_that_goes_away_stops_its_answer(api: ScriptedApi, client: Matinee) -> None:
    conversation = Conversation(SESSION)
    steps = conversation.ask(client, Turn("slow", "slow"))
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert conversation.turns[0].state == "stopped"
    assert not conversation.busy
    api.gate.set()
    assert api.left.wait(5)


def test_waiting_is_told_each_second(api: ScriptedApi, client: Matinee) -> None:
    conversation = Conversation(SESSION)
    turn = Turn("slow", "slow")
    told = 0
    for _ in conversation.ask(client, turn):
        told += turn.seconds > 0.5
        if told == 2:  # the answer comes only after that: were nothing told, this test would not end
            api.gate.set()
    assert turn.state == "done"
    assert told >= 2


def test_a_second_question_waits_for_the_first(api: ScriptedApi, client: Matinee) -> None:
    conversation = Conversation(SESSION)
    steps = conversation.ask(client, Turn("slow", "slow"))
    next(steps)
    with pytest.raises(BadInput, match="still being answered"):
        next(conversation.ask(client, Turn("more", "more")))
    assert len(conversation.turns) == 1
    steps.close()  # type: ignore[attr-defined]


def test_a_broken_stream_fails_the_turn_and_keeps_what_came(client: Matinee) -> None:
    conversation = Conversation(SESSION)
    turn = Turn("break", "break")
    for _ in conversation.ask(client, turn):
        pass
    assert turn.state == "failed"
    assert "Ask again" in turn.problem
    assert turn.hits
    again = conversation.take_back()
    assert (again.said, again.state, conversation.turns) == ("break", "answering", [])
    assert again.name == turn.name


def test_a_turn_keeps_its_name_when_it_is_asked_again(api: ScriptedApi, client: Matinee) -> None:
    conversation = Conversation(SESSION)
    turn = Turn("shorter", "shorter")
    for asked in (turn, None, Turn("shorter", "shorter")):
        for _ in conversation.ask(client, asked or conversation.take_back()):
            pass
    first, again, other = (told["turn"] for told in api.asked)
    assert first == again != other


def test_a_conversation_that_was_left_shows_nothing_more(client: Matinee) -> None:
    conversation = Conversation(SESSION)
    turn = Turn("slow", "slow")
    steps = conversation.ask(client, turn)
    next(steps)
    assert conversation.shows(turn)
    conversation.leave()
    assert not conversation.shows(turn)
    for _ in steps:
        pass
    assert (turn.state, conversation.turns, conversation.busy) == ("stopped", [], False)


def test_a_service_that_is_away_fails_the_turn() -> None:
    conversation = Conversation(SESSION)
    turn = Turn("hello", "hello")
    with Matinee("http://127.0.0.1:9", retries=0) as nobody:
        for _ in conversation.ask(nobody, turn):
            pass
    assert (turn.state, turn.code) == ("failed", "api_unreachable")


def test_an_error_event_is_a_failure_in_the_servers_words() -> None:
    turn = Turn("x")
    turn.take(Event(name="error", data={"detail": "The index is being rebuilt. Try again in a minute.", "code": "busy"}))
    assert (turn.state, turn.problem) == ("failed", "The index is being rebuilt. Try again in a minute.")


def test_unknown_and_odd_events_are_passed_over() -> None:
    turn = Turn("x")
    turn.take(Event(name="weather", data={"text": "rain"}))
    turn.take(
        Event(name="plan", data={"plan": None, "chips": [{"label": "no path"}, "nonsense", {"label": "x", "path": ["query"]}]})
    )
    assert turn.state == "answering"
    assert [chip.label for chip in turn.chips] == ["x"]


PLAN = {
    "query": "heist",
    "filters": {"genres_all": ["Comedy", "Crime"], "year_min": 1990, "year_max": 1999, "runtime_max": 120},
    "like": ["heat-1995"],
    "k": 5,
}


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        (["query"], {name: value for name, value in PLAN.items() if name != "query"}),
        (["like", 0], {**PLAN, "like": []}),
        (["filters", "genres_all", 0], {**PLAN, "filters": {**PLAN["filters"], "genres_all": ["Crime"]}}),  # type: ignore[dict-item]
        (["filters", "year_min"], {**PLAN, "filters": {"genres_all": ["Comedy", "Crime"], "runtime_max": 120}}),
        (
            ["filters", "runtime_max"],
            {**PLAN, "filters": {"genres_all": ["Comedy", "Crime"], "year_min": 1990, "year_max": 1999}},
        ),
    ],
)
def test_a_chip_is_taken_out_of_the_plan(path: list[str | int], changed: dict[str, object]) -> None:
    assert without(PLAN, path) == changed


@pytest.mark.parametrize(
    "path", [[], ["nothing"], ["filters", "genres_all", 9], ["query", 0, 1], ["k", "x"], ["filters", "people", 0]]
)
def test_a_chip_that_is_not_there_is_said_to_be_gone(path: list[str | int]) -> None:
    with pytest.raises(BadInput, match="not there any more"):
        without(PLAN, path)


def test_verdicts_replace_each_other_but_seen_stays(api: ScriptedApi, client: Matinee) -> None:
    conversation = Conversation(SESSION)
    for verdict in ("like", "seen", "dislike"):
        conversation.judge(client, "heat-1995", verdict)
    assert conversation.verdicts == {"heat-1995": {"seen", "dislike"}}
    assert [told["verdict"] for told in api.verdicts] == ["like", "seen", "dislike"]


def test_a_verdict_given_twice_is_taken_back_and_others_stay(api: ScriptedApi, client: Matinee) -> None:
    conversation = Conversation(SESSION)
    for verdict in ("like", "seen", "like"):
        conversation.judge(client, "heat-1995", verdict)  # type: ignore[arg-type]
    assert conversation.verdicts == {"heat-1995": {"seen"}}
    conversation.judge(client, "heat-1995", "seen")
    assert conversation.verdicts == {"heat-1995": set()}
    assert [told["verdict"] for told in api.verdicts] == ["like", "seen", "none", "seen", "none"]


def test_conversations_are_found_by_session_and_the_oldest_is_forgotten() -> None:
    known = Conversations(most=2)
    first = known.of("a" * 16)
    second = known.of("b" * 16)
    assert known.of("a" * 16) is first
    known.of("c" * 16)
    assert known.of("a" * 16) is first
    assert known.of("b" * 16) is not second


@pytest.mark.parametrize("session", ["", "short", "x" * 101, "spaces are not " + "a" * 16, "a" * 16 + "\n"])
def test_a_session_that_no_tab_makes_is_refused(session: str) -> None:
    with pytest.raises(BadInput, match="Reload"):
        Conversations().of(session)


def test_a_rerun_of_a_turn_that_is_gone_is_refused() -> None:
    with pytest.raises(BadInput, match="not on the page"):
        Conversation(SESSION).rerun(0, ["query"])
