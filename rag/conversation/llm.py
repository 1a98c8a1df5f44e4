"""Which language model answers, and talking with it so that no failure of it can hurt.

`Models.choose` gives Ollama (langchain-ollama), whatever an `init_chat_model` string names, or the
built-in concierge. `speak` streams a model's text with deadlines and limits and without its
thinking; everything that can go wrong (nobody listens, no such model, silence, a cut stream, garbage
without end) becomes LlmUnreachable with a reason in words. Does not know prompts or films.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import ollama
from langchain.chat_models import init_chat_model
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.runnables import Runnable
from langchain_ollama import ChatOllama

from movies.errors import LlmUnreachable
from movies.settings import Settings

BUILTIN = "built-in"
_RECHECK = 30.0  # seconds after which a server that was away, or a model that failed, is tried again
_CONNECT = 1.0  # seconds to reach Ollama
_PULL_PATIENCE = 20.0  # seconds a turn shows a download before it answers without the model
_MOST_CHARACTERS = 12_000  # of one answer; a model that goes on is stopped
_MOST_THINKING = 8_000  # characters of thinking aloud before we stop listening
_THINKING = re.compile(r"<(think|thinking|thought|reasoning)>", re.IGNORECASE)
_END_OF_THINKING = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_TAG = 14  # characters a tag may still need to become recognisable


Piece = AIMessageChunk | BaseException | None
_HURRY = "The language model is not waited for any longer."


class Listeners:
    """Who waits for a model's words now, so that the waiting can be ended. Thread-safe."""

    def __init__(self) -> None:
        self._queues: set[queue.Queue[Piece]] = set()
        self._lock = threading.Lock()
        self._over = False

    @contextmanager
    def listening(self, pieces: queue.Queue[Piece]) -> Iterator[None]:
        with self._lock:
            if self._over:
                raise LlmUnreachable(_HURRY)
            self._queues.add(pieces)
        try:
            yield
        finally:
            with self._lock:
                self._queues.discard(pieces)

    def hurry(self) -> None:
        """End all waiting for good; what is said already is heard."""
        with self._lock:
            self._over = True
            for pieces in self._queues:
                with suppress(queue.Full):  # then nobody waits for it
                    pieces.put_nowait(LlmUnreachable(_HURRY))


@dataclass(frozen=True)
class Speaker:
    """A chat model and how to talk with it. `tools`: it calls tools natively; `context` in tokens; times in seconds."""

    model: BaseChatModel
    name: str
    builtin: bool = False
    tools: bool = False
    context: int = 8192
    reply: int = 600
    silence: float = 30.0
    total: float = 120.0
    listeners: Listeners = field(default_factory=Listeners, compare=False, repr=False)

    def structured(self, schema: dict[str, Any], tools: Sequence[Any]) -> Runnable[Any, Any]:
        """The model asked for structure in the way it knows: native tools, a JSON schema (`format`), or just the prompt."""
        if self.tools:
            try:
                return self.model.bind_tools(list(tools))
            except NotImplementedError:
                return self.model
        return self.model.bind(format=schema) if isinstance(self.model, ChatOllama) else self.model


@dataclass
class Models:
    """Chooses who answers, remembers failures for half a minute, and fetches a missing Ollama model when asked or allowed to."""

    settings: Settings
    builtin: BaseChatModel
    clock: Callable[[], float] = time.monotonic
    _chosen: tuple[Speaker, str] | None = field(default=None, init=False, repr=False)
    _checked: float = field(default=-1e9, init=False, repr=False)
    _away: tuple[float, str] = field(default=(-1e9, ""), init=False, repr=False)
    _made: dict[str, ChatOllama] = field(default_factory=dict, init=False, repr=False)  # each holds open connections
    _pull: _Pull | None = field(default=None, init=False, repr=False)
    _absent: str = field(default="", init=False, repr=False)  # the model that Ollama lacks
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _listeners: Listeners = field(default_factory=Listeners, init=False, repr=False)

    def choose(self) -> tuple[Speaker, str]:
        """(who answers, a note for the user or an empty text). Never raises; quick when asked again."""
        with self._lock:
            now = self.clock()
            if now - self._away[0] < _RECHECK:
                return self._house(), self._away[1]
            if self._chosen is None or (now - self._checked > _RECHECK and self.settings.llm != "builtin"):
                self._chosen = self._look()
                self._checked = self.clock()
            return self._chosen

    def failed(self, reason: str) -> None:
        """Take note that the model just failed: the built-in concierge answers for a while."""
        with self._lock:
            self._away = (self.clock(), f"The language model is resting after a failure ({reason}).")
            self._chosen = None

    def hurry(self) -> None:
        """Wait for no model any longer: the built-in concierge ends what is being answered, and answers from now on."""
        self.failed("there is no time to wait for it")
        self._listeners.hurry()

    def close(self) -> None:
        """Give back the connections to Ollama; the next question opens new ones."""
        with self._lock:
            for model in self._made.values():
                model._client.close()  # type: ignore[no-untyped-call]  # langchain-ollama has no way of its own
            self._made.clear()
            self._chosen = None

    def pull(self) -> str:
        """Have the missing Ollama model fetched, as was offered; its name, or an empty text when none is missing."""
        self.choose()
        with self._lock:
            if self._absent and (self._pull is None or not self._pull.running):
                self._pull = _Pull(self.settings.ollama_url, self._absent)
            return self._absent

    def fetch(self) -> Iterator[str]:
        """Lines about a download of the missing model, while it runs and at most for some seconds; often none."""
        pull = self._pull
        if pull is None:
            return
        deadline = time.monotonic() + _PULL_PATIENCE
        last = ""
        while pull.running and time.monotonic() < deadline:
            if pull.progress != last:
                last = pull.progress
                yield last
            pull.wait(0.25)
        with self._lock:
            if not pull.running:
                if pull.failure:
                    self._away = (self.clock(), pull.failure)
                self._pull, self._chosen, self._absent = None, None, ""
        if pull.failure or pull.progress != last:
            yield pull.failure or pull.progress

    def _house(self) -> Speaker:
        return Speaker(self.builtin, BUILTIN, builtin=True)

    def _look(self) -> tuple[Speaker, str]:
        wanted = self.settings.llm
        if wanted == "builtin":
            return self._house(), ""
        if wanted == "auto" or wanted.startswith("ollama:"):
            name = self.settings.ollama_model if wanted == "auto" else wanted.removeprefix("ollama:")
            return self._ollama(name, asked_for=wanted != "auto")
        try:
            model = init_chat_model(wanted)
        except Exception as error:  # each provider has its own kinds: no package, no key, no such model
            return self._house(), f"{wanted} can't be used ({_short(error)})."
        return self._speaker(model, wanted, tools=bool((model.profile or {}).get("tool_calling", True))), ""

    def _ollama(self, name: str, asked_for: bool) -> tuple[Speaker, str]:
        client = ollama.Client(host=self.settings.ollama_url, timeout=httpx.Timeout(5.0, connect=_CONNECT))
        try:
            shown = client.show(name)
        except ollama.ResponseError as error:
            if error.status_code == 404:
                return self._house(), self._missing(name)
            return self._house(), f"Ollama answered with an error ({error.status_code})."
        except (ConnectionError, httpx.HTTPError, OSError, ValueError) as error:
            note = f"No Ollama at {self.settings.ollama_url} ({_short(error)})." if asked_for else ""
            return self._house(), note
        finally:
            client.close()  # type: ignore[no-untyped-call]
        model = self._made[name] = self._made.get(name) or ChatOllama(
            model=name, base_url=self.settings.ollama_url, num_ctx=self.settings.llm_context, num_predict=self.settings.llm_reply,
            keep_alive=self.settings.ollama_keep_alive, reasoning=False, temperature=0.2,
            sync_client_kwargs={"timeout": httpx.Timeout(self.settings.llm_silence, connect=_CONNECT)},
        )  # fmt: skip
        return self._speaker(model, f"ollama:{name}", tools="tools" in (shown.capabilities or ())), ""

    def _missing(self, name: str) -> str:
        self._absent = name
        if not self.settings.ollama_pull:
            return (
                f"Ollama has no {name} yet. Say “fetch the model” to have it fetched (gigabytes), or run: ollama pull {name}."
            )
        if self._pull is None or not self._pull.running:
            self._pull = _Pull(self.settings.ollama_url, name)
        return f"Ollama has no {name} yet; it is being fetched."

    def _speaker(self, model: BaseChatModel, name: str, tools: bool) -> Speaker:
        settings = self.settings
        return Speaker(
            model, name, tools=tools, context=settings.llm_context, reply=settings.llm_reply,
            silence=settings.llm_silence, total=settings.llm_total, listeners=self._listeners,
        )  # fmt: skip


class _Pull:
    """A download by Ollama in a thread of its own; `progress` is a line for people."""

    def __init__(self, url: str, name: str) -> None:
        self.progress = f"Ollama is fetching {name} …"
        self.failure = ""
        self._thread = threading.Thread(target=self._run, args=(url, name), name=f"pull {name}", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self, url: str, name: str) -> None:
        client = ollama.Client(host=url, timeout=httpx.Timeout(60.0, connect=_CONNECT))
        try:
            for step in client.pull(name, stream=True):
                share = f" {step.completed / step.total:.0%}" if step.completed and step.total else ""
                self.progress = f"Ollama is fetching {name}: {step.status or ''}{share}"
            self.progress = f"{name} is ready."
        except Exception as error:  # whatever it is, it must reach the user instead of a thread's end
            self.failure = f"Ollama could not fetch {name} ({_short(error)})."
        finally:
            client.close()  # type: ignore[no-untyped-call]


# -- listening -------------------------------------------------------------------------------------


def speak(
    speaker: Speaker, messages: Sequence[BaseMessage], model: Runnable[Any, Any] | None = None
) -> Generator[AIMessageChunk]:
    """The model's answer in pieces, thinking stripped. Closing the iterator stops the work.

    Raises LlmUnreachable with a reason when it does not answer, falls silent, breaks off, thinks
    without end or says nothing. An endless answer is ended after 12,000 characters without error.
    """
    source = model or speaker.model
    if speaker.builtin:  # runs here and now
        yield from (piece for piece in source.stream(list(messages)))
        return
    said = 0
    with closing(_listen(source, messages, speaker)) as pieces:
        strip = _Thinking()
        for piece in pieces:
            text = strip.feed(piece.text if isinstance(piece.text, str) else str(piece.text))
            calls = bool(piece.tool_call_chunks or piece.tool_calls)
            said += len(text) + (1 if calls else 0)
            if text or calls:
                yield piece.model_copy(update={"content": text})
            if said > _MOST_CHARACTERS:
                return
        if rest := strip.rest():
            said += len(rest)
            yield AIMessageChunk(content=rest)
    if not said:
        raise LlmUnreachable("The language model said nothing.")


def _listen(source: Runnable[Any, Any], messages: Sequence[BaseMessage], speaker: Speaker) -> Generator[AIMessageChunk]:
    """Pieces from a thread of its own, so that silence can be noticed; what fails there is raised here."""
    silence, total = speaker.silence, speaker.total
    pieces: queue.Queue[Piece] = queue.Queue(maxsize=64)
    stop = threading.Event()

    def put(item: Piece) -> bool:
        while not stop.is_set():
            try:
                pieces.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            stream = source.stream(list(messages))
            try:
                for piece in stream:
                    if not put(piece):
                        return
            finally:
                close = getattr(stream, "close", None)
                if close is not None:
                    close()
            put(None)
        except BaseException as error:  # carried over to the listener
            put(error)

    threading.Thread(target=work, name="language model", daemon=True).start()
    deadline = time.monotonic() + total
    try:
        with speaker.listeners.listening(pieces):
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise LlmUnreachable(f"The language model took longer than {total:g} seconds.")
                try:
                    item = pieces.get(timeout=min(silence, left))
                except queue.Empty:
                    quiet = min(silence, max(left, 0))
                    raise LlmUnreachable(f"The language model said nothing for {quiet:.0f} seconds.") from None
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise LlmUnreachable(_reason(item)) from None
                yield item
    finally:
        stop.set()


class _Thinking:
    """Takes `<think>…</think>` out of a stream, tags cut across pieces included."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._thought = 0

    def feed(self, text: str) -> str:
        self._held += text
        out = ""
        while True:
            found = (_END_OF_THINKING if self._inside else _THINKING).search(self._held)
            if found:
                out += "" if self._inside else self._held[: found.start()]
                self._held = self._held[found.end() :]
                self._inside = not self._inside
                continue
            if self._inside:
                self._thought += max(0, len(self._held) - _TAG)
                self._held = self._held[-_TAG:]
                if self._thought > _MOST_THINKING:
                    raise LlmUnreachable("The language model only thinks and does not answer.")
                return out
            cut = self._held.rfind("<", max(0, len(self._held) - _TAG))
            keep = cut if cut >= 0 else len(self._held)
            out, self._held = out + self._held[:keep], self._held[keep:]
            return out

    def rest(self) -> str:
        return "" if self._inside else self._held


def _reason(error: BaseException) -> str:
    if isinstance(error, LlmUnreachable):
        return error.message
    if isinstance(error, ollama.ResponseError):
        if error.status_code == 404:
            return "Ollama does not have this model."
        return (
            f"The language model answered with an error ({error.status_code})."
            if error.status_code > 0
            else "The answer broke off."
        )
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, ConnectionError)):
        return "The language model can't be reached."
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return "The language model fell silent."
    if isinstance(error, httpx.TransportError):
        return "The answer of the language model broke off."
    return f"The language model failed ({_short(error)})."


def _short(error: BaseException) -> str:
    """The kind of an error and nothing of its text, which may hold keys and addresses."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()


def tokens(text: str) -> int:
    """About how many tokens a text has, rather too many than too few."""
    return len(text) // 3 + 1
