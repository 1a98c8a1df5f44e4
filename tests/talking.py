"""Talking to an agent in tests: an agent over the test films, and a small Ollama that fails on order."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from PIL.Image import Image

from movies.settings import Settings
from rag.agent import Agent, Event
from rag.conversation.concierge import BuiltinConcierge
from rag.conversation.llm import Models, Speaker
from rag.conversation.memory import Sessions
from rag.plan import Plan
from rag.tools import Skills
from tests.encoders import HashedEncoder
from tests.films import FILMS
from tests.small_models import NearestGenres, ShapeValidator, box_office


class FixedModels(Models):
    """Always the same model, without looking for a server; failures are counted, not remembered."""

    def __init__(
        self, model: BaseChatModel, *, tools: bool = False, silence: float = 2.0, total: float = 5.0, context: int = 8192
    ) -> None:
        super().__init__(Settings(_env_file=None, llm="builtin"), BuiltinConcierge())
        self.speaker = Speaker(model, "scripted", tools=tools, silence=silence, total=total, context=context)
        self.failures: list[str] = []

    def choose(self) -> tuple[Speaker, str]:
        return self.speaker, ""

    def failed(self, reason: str) -> None:
        self.failures.append(reason)


def all_skills() -> Skills:
    """Small real models for every tool."""
    genres = NearestGenres(HashedEncoder(), FILMS)
    return Skills(genres.from_plot, genres.from_poster, ShapeValidator().check, box_office)


@dataclass
class Answer:
    """The events of one answer, and what is looked at most."""

    events: list[Event]

    @property
    def done(self) -> dict[str, Any]:
        return next(event.data for event in self.events if event.name == "done")

    @property
    def text(self) -> str:
        return "".join(event.data["text"] for event in self.events if event.name == "token")

    @property
    def titles(self) -> list[str]:
        return [film["title"] for film in self.done["candidates"]]

    @property
    def tools(self) -> list[str]:
        return [event.data["name"] for event in self.events if event.name == "tool"]

    @property
    def plan(self) -> dict[str, Any]:
        return Plan.from_record(self.done["plan"]).chosen()

    @property
    def statuses(self) -> str:
        return " ".join(event.data["text"] for event in self.events if event.name == "status")


def say(
    agent: Agent,
    message: str,
    session: str = "test",
    image: Image | None = None,
    plan: Plan | None = None,
    turn: str | None = None,
) -> Answer:
    """One turn, to its end."""
    return Answer(list(agent.answer(session, message, image=image, plan=plan, turn=turn)))


def agent_over(library: Any, folder: Path, models: Models | None = None, skills: Skills | None = None) -> Agent:
    """An agent with sessions of its own."""
    return Agent(
        library, Sessions(folder / "talk.sqlite"), models or Models(Settings(_env_file=None, llm="builtin"), BuiltinConcierge()),
        skills if skills is not None else all_skills(),
    )  # fmt: skip


# -- a small Ollama --------------------------------------------------------------------------------


@dataclass
class SmallOllama:
    """What the server does: `chat` writes the body of /api/chat through a function; `models` are pulled ones."""

    url: str
    models: set[str] = field(default_factory=lambda: {"small"})
    chat: Callable[[Callable[[bytes], None]], None] = lambda write: None
    status: int = 200
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    capabilities: tuple[str, ...] = ("completion",)


def line(content: str = "", done: bool = False, **message: Any) -> bytes:
    """One line of Ollama's stream."""
    record = {
        "model": "small",
        "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": content, **message},
        "done": done,
    }
    return (json.dumps(record | ({"done_reason": "stop"} if done else {})) + "\n").encode()


@contextmanager
def small_ollama() -> Iterator[SmallOllama]:
    """A server that speaks enough of Ollama's protocol, on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
            state.requests.append((self.path, body))
            name = body.get("model", "")
            if self.path == "/api/pull":
                self._stream(self._pull, name)
            elif name not in state.models:
                self._json(404, {"error": f"model '{name}' not found"})
            elif self.path == "/api/show":
                self._json(200, {"capabilities": list(state.capabilities), "details": {}, "model_info": {}})
            elif state.status != 200:
                self._json(state.status, {"error": "something broke"})
            else:
                self._stream(lambda write, _: state.chat(write), name)

        def _pull(self, write: Callable[[bytes], None], name: str) -> None:
            for part in (25, 100):
                write((json.dumps({"status": "pulling", "total": 100, "completed": part}) + "\n").encode())
            write(b'{"status": "success"}\n')
            state.models.add(name)

        def _json(self, status: int, record: dict[str, Any]) -> None:
            data = json.dumps(record).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _stream(self, work: Callable[[Callable[[bytes], None], str], None], name: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/x-ndjson")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()

            def write(data: bytes) -> None:
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()

            try:
                work(write, name)
                self.wfile.write(b"0\r\n\r\n")
            except CutOffError:
                self.close_connection = True
                self.connection.close()
            except OSError:
                pass  # the client left

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # a connection cut on purpose

    server = Server(("127.0.0.1", 0), Handler)
    state = SmallOllama(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class CutOffError(Exception):
    """Raised in `chat` to close the connection in the middle of a chunk."""
