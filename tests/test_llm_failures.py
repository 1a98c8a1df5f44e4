"""Whatever a language model does, the answer is complete, useful, in time, and says who gave it."""

from __future__ import annotations

import gc
import socket
import sqlite3
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk

from movies.settings import Settings
from rag.agent import Agent
from rag.conversation.concierge import BuiltinConcierge
from rag.conversation.llm import BUILTIN, Models
from rag.library import Library
from tests.encoders import HashedEncoder
from tests.films import FILMS
from tests.scripted_model import ScriptedModel
from tests.talking import CutOffError, FixedModels, SmallOllama, agent_over, line, say, small_ollama

ASKED = "a crime film with Al Pacino"
TITLES = {film.title for film in FILMS}
GOOD = "Heat is a tense hunt through Los Angeles. The Godfather is a family saga."


@pytest.fixture(scope="module")
def library(built_index: Path) -> Library:
    return Library.open(built_index, Settings(_env_file=None), encoder=HashedEncoder())


@pytest.fixture
def ollama() -> Iterator[SmallOllama]:
    with small_ollama() as server:
        yield server


@pytest.fixture
def with_ollama(library: Library, tmp_path: Path) -> Iterator[Callable[..., Agent]]:
    """`with_ollama(url, …)`: an agent whose settings name that server."""
    made: list[Agent] = []

    def make(url: str, **settings: Any) -> Agent:
        chosen = {"llm": "ollama:small", "ollama_url": url, "llm_silence": 1.0, "llm_total": 4.0, **settings}
        made.append(agent_over(library, tmp_path, Models(Settings(_env_file=None, **chosen), BuiltinConcierge())))
        return made[-1]

    yield make
    for agent in made:
        agent.close()


def saying(*parts: bytes) -> Callable[[Callable[[bytes], None]], None]:
    """A chat that writes these parts."""

    def chat(write: Callable[[bytes], None]) -> None:
        for part in parts:
            write(part)

    return chat


def waiting_for(event: threading.Event) -> Callable[[Callable[[bytes], None]], None]:
    """A chat that says nothing for ten seconds."""

    def chat(_: Callable[[bytes], None]) -> None:
        event.wait(10)

    return chat


def is_complete(answer: Any) -> None:
    """The built-in answer, or what stands in for it: films that are here, with titles, and an end."""
    assert answer.done["candidates"], "an answer without films"
    assert all(film["title"] in TITLES for film in answer.done["candidates"])
    assert answer.done["text"] == answer.text
    assert any(title in answer.text for title in answer.titles)
    assert answer.text.rstrip()[-1] in ".!?…”:)"


def falls_back(answer: Any) -> None:
    is_complete(answer)
    assert answer.done["concierge"] == BUILTIN
    assert "built-in concierge answers" in answer.statuses


# -- a server that is not well ---------------------------------------------------------------------


def test_closed_port(with_ollama: Callable[..., Agent]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = say(with_ollama(f"http://127.0.0.1:{port}"), ASKED)
    falls_back(answer)
    assert "No Ollama" in answer.statuses


def test_nobody_there_is_no_news_when_nobody_was_asked_for(with_ollama: Callable[..., Agent]) -> None:
    answer = say(with_ollama("http://127.0.0.1:9", llm="auto"), ASKED)
    is_complete(answer)
    assert "Ollama" not in answer.statuses


def test_missing_model_says_how_to_get_it(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    answer = say(with_ollama(ollama.url, llm="ollama:absent"), ASKED)
    falls_back(answer)
    assert "ollama pull absent" in answer.statuses


def test_missing_model_is_offered_and_fetched_on_a_word(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    ollama.chat = saying(line(GOOD), line(done=True))
    agent = with_ollama(ollama.url, llm="ollama:absent")
    assert "fetch the model" in say(agent, ASKED).statuses
    assert "/api/pull" not in [path for path, _ in ollama.requests]
    fetched = say(agent, "ok, fetch the model please")
    assert "absent" in ollama.models
    assert "absent is ready." in fetched.statuses
    assert fetched.text == "absent is ready."
    assert say(agent, ASKED, session="another").done["concierge"] == "ollama:absent"
    assert "No language model is missing" in say(agent, "fetch the model").text


def test_missing_model_is_fetched_when_allowed(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    ollama.chat = saying(line(GOOD), line(done=True))
    agent = with_ollama(ollama.url, llm="ollama:absent", ollama_pull=True)
    is_complete(say(agent, ASKED))
    later = say(agent, "thrillers")
    assert "absent" in later.statuses
    assert "absent" in ollama.models
    assert say(agent, ASKED, session="another").done["concierge"] == "ollama:absent"


def test_error_500(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    ollama.status = 500
    falls_back(say(with_ollama(ollama.url), ASKED))


def test_silence(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    quiet = threading.Event()
    ollama.chat = waiting_for(quiet)
    falls_back(say(with_ollama(ollama.url), ASKED))
    assert not quiet.is_set()  # the answer came while the server was still silent
    quiet.set()


def test_a_model_that_thinks_long_is_not_waited_for_when_there_is_no_time(
    with_ollama: Callable[..., Agent], ollama: SmallOllama
) -> None:
    quiet = threading.Event()
    ollama.chat = waiting_for(quiet)
    agent = with_ollama(ollama.url, llm_silence=60.0, llm_total=60.0)
    hurry = threading.Timer(1.0, agent.hurry)
    hurry.start()
    started = time.monotonic()
    falls_back(say(agent, ASKED))
    assert time.monotonic() - started < 9  # the model would have been silent for ten seconds, twice
    hurry.join()
    quiet.set()


def test_silence_in_the_middle_of_a_sentence(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    quiet = threading.Event()
    turns = iter(["{}", "The Godfather is a family saga. Heat is a te"])

    def chat(write: Callable[[bytes], None]) -> None:
        text = next(turns)
        write(line(text))
        if text == "{}":
            write(line(done=True))
        else:
            quiet.wait(10)

    ollama.chat = chat
    answer = say(with_ollama(ollama.url), ASKED)
    falls_back(answer)
    assert "Heat is a te" not in answer.text
    quiet.set()


def test_cut_in_the_middle_of_a_token(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    turns = iter([False, True])

    def chat(write: Callable[[bytes], None]) -> None:
        if not next(turns):
            write(line('{"query": ""}'))
            write(line(done=True))
            return
        write(line("The Godfather is a family saga. "))
        write(line("Heat is a tense h")[:40])
        raise CutOffError

    ollama.chat = chat
    answer = say(with_ollama(ollama.url), ASKED)
    falls_back(answer)
    assert "tense h" not in answer.text


def test_a_broken_stream_of_json(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    ollama.chat = lambda write: write(b"<html>gateway</html>\n")
    falls_back(say(with_ollama(ollama.url), ASKED))


def test_a_failed_model_rests_for_a_while(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    ollama.status = 500
    agent = with_ollama(ollama.url)
    say(agent, ASKED)
    asked = len(ollama.requests)
    answer = say(agent, "a western")
    assert len(ollama.requests) == asked
    assert "resting" in answer.statuses


def test_a_healthy_ollama_is_asked_as_it_should_be(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    ollama.chat = saying(line(GOOD), line(done=True))
    answer = say(with_ollama(ollama.url, llm_context=4096), ASKED)
    assert answer.done["concierge"] == "ollama:small"
    assert GOOD in answer.text
    plan, prose = next(body for path, body in ollama.requests if path == "/api/chat"), ollama.requests[-1][1]
    assert plan["options"]["num_ctx"] == prose["options"]["num_ctx"] == 4096
    assert plan["think"] is False
    assert plan["keep_alive"] == "30m"
    assert plan["format"]["properties"]["genres"]
    assert "JSON schema" in plan["messages"][0]["content"]


def test_native_tools_where_the_model_has_them(with_ollama: Callable[..., Agent], ollama: SmallOllama) -> None:
    ollama.capabilities = ("completion", "tools")
    call = {"function": {"name": "search_movies", "arguments": {"moods": ["dark"]}}}
    replies = iter([[line(tool_calls=[call]), line(done=True)], [line(GOOD), line(done=True)]])
    ollama.chat = lambda write: saying(*next(replies))(write)
    answer = say(with_ollama(ollama.url), ASKED)
    asked = next(body for path, body in ollama.requests if path == "/api/chat")
    assert "search_movies" in {tool["function"]["name"] for tool in asked["tools"]}
    assert {"kind": "mood", "value": "dark", "weight": 0.6} in answer.plan["soft"]


# -- a model that says the wrong things --------------------------------------------------------------

NONSENSE = {
    "garbage": ["%%%% \x00\x07 ���� ;;;; {{{{ "] * 20,
    "invented titles": ["You must watch Galactic Nonsense 7 (2031). ", "Also The Return of Captain Zog, by Hugo Fake. "],
    "another catalogue": ["Zoolander would suit you. ", "Barbarella is wild. "],
    "wrong JSON": ['{"tool": "search_movies", "genres": [[[', "}}}"],
    "tool calls in prose": ['<tool_call>{"name": "search_movies", "arguments": {"query": "x"}}</tool_call>'],
    "python calls": ['[search_movies(query="heist", year_min=1990)]'],
    "endless thinking": ["<think>", "hmm, let me think about that. " * 2000],
    "thinking that never ends in silence": ["<think>I wonder", 1.5, "still wondering", 1.5, "and on"],
    "40k tokens": ["and then there was more and more of it " * 4000],
    "one endless word": ["a" * 200_000],
    "nothing": [""],
    "only spaces": ["   \n \n  "],
    "an error": [RuntimeError("boom with a secret sk-12345")],
    "markdown": ['# Films\n\n```json\n{"a": 1}\n```\n<script>alert(1)</script> See https://evil.example/x for more.'],
}


@pytest.mark.parametrize("script", NONSENSE.values(), ids=NONSENSE.keys())
def test_nothing_false_is_shown(library: Library, tmp_path: Path, script: list[Any]) -> None:
    models = FixedModels(ScriptedModel(scripts=[script]), silence=1.0, total=4.0)
    started = time.monotonic()
    answer = say(agent_over(library, tmp_path, models), ASKED)
    assert time.monotonic() - started < 30
    is_complete(answer)
    for word in (
        "Galactic",
        "Zog",
        "Fake",
        "Zoolander",
        "Barbarella",
        "tool_call",
        "search_movies",
        "<",
        "```",
        "https",
        "sk-12345",
        "%%",
        "hmm",
    ):
        assert word not in answer.text
    assert len(answer.text) < 6000


@pytest.mark.parametrize(
    "lie",
    [
        "Heat came out in 1987.",
        "Heat (2013) is the one.",
        "Heat was directed by Steven Spielberg.",
        "Heat, directed by Francis Ford Coppola, is a classic.",
        "The Godfather stars Val Kilmer.",
        "Heat runs 95 minutes.",
        "Heat took $900 million.",
        "Heat is a French comedy.",
        "Critics gave Heat 9.9 stars.",
        "“Bullitt” is the better film.",
        "It is nearly as good as the italian job.",
    ],
)
def test_a_lie_is_replaced_and_counted(library: Library, tmp_path: Path, lie: str) -> None:
    models = FixedModels(ScriptedModel(scripts=[["{}"], [f"{lie} The Godfather is a family saga. "]]))
    answer = say(agent_over(library, tmp_path, models), ASKED)
    assert lie not in answer.text
    assert answer.done["corrections"] == 1
    assert "The Godfather is a family saga." in answer.text
    assert answer.done["concierge"] == "scripted"


@pytest.mark.parametrize(
    "truth",
    [
        "Heat is a crime drama by Michael Mann, with Al Pacino and Robert De Niro.",
        "**Heat (1995)** runs 170 minutes.",
        "You asked for Al Pacino, and The Godfather from 1972 has him.",
        "Both are dramas with Al Pacino.",
        "If you like slow tension, try Heat first.",
    ],
)
def test_the_truth_is_let_through(library: Library, tmp_path: Path, truth: str) -> None:
    models = FixedModels(ScriptedModel(scripts=[["{}"], [truth + " "]]))
    answer = say(agent_over(library, tmp_path, models), ASKED)
    assert answer.done["corrections"] == 0
    assert truth in answer.text


# -- plans from a model ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        '{"tool": "search_movies", "moods": ["dark"]}',
        'Sure! ```json\n{"moods": "dark", "year_min": "", "genres": null}\n```',
        '<think>the user wants {"moods": ["funny"]}</think>{"moods": ["dark"]}',
        '<tool_call>\n{"name": "search_movies", "arguments": {"moods": ["dark"]}}\n</tool_call>',
        '[search_movies(moods=["dark"])]',
        '{"name": "search_movies", "parameters": {"moods": ["dark"]}}',
        '{"function": {"name": "search_movies", "arguments": "{\\"moods\\": [\\"dark\\"]}"}}',
    ],
)
def test_a_plan_is_read_in_whatever_notation(library: Library, tmp_path: Path, reply: str) -> None:
    models = FixedModels(ScriptedModel(scripts=[[reply], [GOOD]]))
    answer = say(agent_over(library, tmp_path, models), ASKED)
    assert answer.plan["soft"] == [{"kind": "mood", "value": "dark", "weight": 0.6}]
    assert answer.plan["filters"] == {"genres_all": ["Crime"], "people": ["Al Pacino"]}


def test_a_plan_is_asked_for_twice_and_then_given_up(library: Library, tmp_path: Path) -> None:
    model = ScriptedModel(scripts=[["no idea"], ["still none"], [GOOD]])
    answer = say(agent_over(library, tmp_path, FixedModels(model)), ASKED)
    assert len(model.prompts) == 3
    assert "not usable" in model.prompts[1][-1].text
    assert answer.plan["filters"] == {"genres_all": ["Crime"], "people": ["Al Pacino"]}
    is_complete(answer)


def test_what_the_user_said_holds_against_the_model(library: Library, tmp_path: Path) -> None:
    reply = '{"genres": ["Comedy"], "not_genres": ["Crime"], "people": ["Sandra Bullock"], "year_min": 2010, "languages": ["French"]}'
    answer = say(agent_over(library, tmp_path, FixedModels(ScriptedModel(scripts=[[reply], [GOOD]]))), ASKED)
    assert answer.plan["filters"] == {"genres_all": ["Crime"], "people": ["Al Pacino"]}
    assert set(answer.titles) == {"Heat", "The Godfather", "The Godfather Part II"}


def test_native_tool_calls(library: Library, tmp_path: Path) -> None:
    call = AIMessageChunk(
        content="", tool_call_chunks=[{"name": "search_movies", "args": '{"moods": ["dark"]}', "id": "1", "index": 0}]
    )
    model = ScriptedModel(scripts=[[call], [GOOD]], native_tools=True)
    answer = say(agent_over(library, tmp_path, FixedModels(model, tools=True)), ASKED)
    assert {tool.name for tool in model.bound} >= {"search_movies", "predict_box_office"}
    assert answer.plan["soft"] == [{"kind": "mood", "value": "dark", "weight": 0.6}]


def test_an_edited_plan_needs_no_model(library: Library, tmp_path: Path) -> None:
    from rag.plan import Plan

    model = ScriptedModel(scripts=[["should not be asked"]])
    agent = agent_over(library, tmp_path, FixedModels(model))
    answer = say(agent, "", plan=Plan.from_record({"filters": {"genres_all": ["Western"]}}))
    assert model.prompts == []
    assert "Unforgiven" in answer.titles


# -- leaving, and long conversations -----------------------------------------------------------------


def test_a_listener_who_leaves_stops_the_model(library: Library, tmp_path: Path) -> None:
    said: list[int] = []

    def endless(_: Any) -> str:
        said.append(1)
        time.sleep(0.02)
        return "Heat is a tense hunt. "

    model = ScriptedModel(scripts=[["{}"], ["The Godfather is a saga. ", *([endless] * 1000)]])
    agent = agent_over(library, tmp_path, FixedModels(model))
    events = agent.answer("leaver", ASKED)
    for event in events:
        if event.name == "token":
            break
    events.close()
    count = -1
    while count != len(said) < 500:
        count = len(said)
        time.sleep(0.5)
    assert count < 500  # of the thousand it would have said
    assert say(agent, "what did I ask for?", session="leaver").text.count(ASKED) == 1


def test_sixty_turns_stay_inside_the_context(library: Library, tmp_path: Path, poster: Any) -> None:
    context = 2048
    model = ScriptedModel(scripts=[["{}"], [GOOD]])
    agent = agent_over(library, tmp_path, FixedModels(model, context=context))
    for turn in range(60):
        wordy = f"a crime film with Al Pacino, please, number {turn}, " + "and I mean it, " * 60
        say(agent, wordy if turn % 3 else "what is this?", image=None if turn % 3 else poster)
        if turn == 20:
            gc.collect()
            tracemalloc.start()
            early, kept = tracemalloc.get_traced_memory()[0], _session_size(tmp_path)
            model.prompts.clear()
    gc.collect()
    longest = max(sum(len(message.text) for message in prompt) for prompt in model.prompts)
    model.prompts.clear()
    assert longest / 3 < context
    grown = tracemalloc.get_traced_memory()[0] - early
    tracemalloc.stop()
    assert grown < 4_000_000, f"{grown:,} bytes more after forty turns"
    assert _session_size(tmp_path) < 2 * kept < 40_000


def _session_size(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "talk.sqlite")) as store:
        return int(store.execute("SELECT max(length(state)) FROM sessions").fetchone()[0])


@pytest.fixture
def poster(library: Library) -> Any:
    from movies.images import open_image

    return open_image(library.poster(next(film.id for film in FILMS if film.title == "Heat")))
