"""A conversation as the page holds it: turns made from the API's events, in the order they come.

A turn is answered in a thread of its own, so that the page can show a clock while a slow model thinks
and can stop at once. Conversations are kept by session id, so that a reloaded tab finds its own again
and two people never meet. Does not know Gradio or HTML.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any, Literal

from pydantic import ValidationError

from chat_ui.client import Event, Hit, Matinee
from movies.errors import BadInput, MovieServiceError

State = Literal["answering", "done", "stopped", "failed"]
Verdict = Literal["like", "dislike", "seen"]

_TURNS = 40  # kept on the page; the API remembers what it needs itself
_TICK = 1.0  # seconds after which a waiting page is told so
_GATHER = 0.06  # seconds in which tokens are gathered into one redraw
_PAIRS = {"year_min": "year_max", "runtime_min": "runtime_max"}  # bounds of one thing share a chip
_SESSION = re.compile(r"[A-Za-z0-9._:-]{16,100}")


@dataclass(frozen=True)
class Chip:
    """A part of the plan in words; `path` leads to it in the plan."""

    label: str
    path: tuple[str | int, ...]


@dataclass
class Turn:
    """One question and what is known of its answer so far.

    `said` goes to the API, `shown` is what the page prints for it; `picture` is a file of an upload. Asked again it
    keeps its `name`, by which the API knows that this is no new turn.
    """

    shown: str
    said: str = ""
    picture: str | None = None
    edited: Mapping[str, Any] | None = None
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = "answering"
    status: str = ""
    concierge: str = ""
    plan: dict[str, Any] = field(default_factory=dict)
    chips: tuple[Chip, ...] = ()
    tools: list[tuple[str, str]] = field(default_factory=list)
    hits: tuple[Hit, ...] = ()
    text: str = ""
    problem: str = ""
    code: str = ""
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    def take(self, event: Event) -> None:
        """Add an event. Raises pydantic.ValidationError for films that can't be read."""
        data = event.data
        match event.name:
            case "status":
                self.status = str(data.get("text") or data.get("message") or self.status)
            case "plan":
                self.plan = dict(data.get("plan") or {})
                self.chips = tuple(
                    Chip(str(chip["label"]), tuple(chip["path"]))
                    for chip in data.get("chips") or ()
                    if isinstance(chip, dict) and chip.get("label") and chip.get("path")
                )
            case "tool":
                self.tools.append((str(data.get("name", "")), str(data.get("result", ""))))
            case "candidates":
                self.hits = tuple(Hit.model_validate(hit) for hit in data.get("films") or ())
            case "token":
                self.text += str(data.get("text", ""))
            case "done":
                self.state = "done"
            case "error":
                self.fail(str(data.get("detail") or "The answer broke off. Ask again."), str(data.get("code", "")))
        self.concierge = str(data.get("concierge") or self.concierge)

    def fail(self, problem: str, code: str = "") -> None:
        self.state, self.problem, self.code = "failed", problem, code


def without(plan: Mapping[str, Any], path: Sequence[str | int]) -> dict[str, Any]:
    """The plan less the part at `path`; a lower bound takes its upper one along. Raises BadInput if nothing is there."""
    if not path:
        raise BadInput("That part of the search is not there any more. Ask again.")
    head, *rest = path
    try:
        if not rest:
            kept: Any = {key: value for key, value in plan.items() if key not in (head, _PAIRS.get(str(head)))}
            found = head in plan
        elif len(rest) == 1 and isinstance(plan[str(head)], list | tuple):
            values = list(plan[str(head)])
            values.pop(int(rest[0]))
            kept, found = {**plan, str(head): values}, True
        else:
            kept, found = {**plan, str(head): without(plan[str(head)], rest)}, True
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        found, kept = False, {}
    if not found:
        raise BadInput("That part of the search is not there any more. Ask again.")
    return dict(kept)


class Conversation:
    """The turns of one session, newest last. One turn is answered at a time."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.turns: list[Turn] = []
        self.verdicts: dict[str, set[Verdict]] = {}
        self._lock = threading.Lock()
        self._answering: Turn | None = None

    @property
    def busy(self) -> bool:
        return self._answering is not None

    def ask(self, client: Matinee, turn: Turn) -> Iterator[None]:
        """Answer a turn; yields whenever there is something new to show, and each second of waiting.

        Raises BadInput while another turn is being answered. Closing the iterator stops the answer.
        """
        with self._lock:
            if self._answering is not None:
                raise BadInput("One moment: the last question is still being answered. Stop it, or wait for it.")
            self._answering = turn
        self.turns = [*self.turns, turn][-_TURNS:]
        pump = _Pump(client, self.session, turn)
        pump.start()
        try:
            yield
            while turn.state == "answering":
                pump.gather(turn)
                turn.seconds = time.monotonic() - turn.started
                yield
        finally:
            pump.left.set()
            if turn.state == "answering":  # the page went away
                turn.state = "stopped"
            self._answering = None

    def stop(self) -> None:
        """End the turn that is being answered; what came so far stays."""
        if (turn := self._answering) is not None:
            turn.state = "stopped"

    def take_back(self) -> Turn:
        """Remove the last turn and return it fresh, to be asked again. Raises BadInput if there is none."""
        if not self.turns or self.busy:
            raise BadInput("There is nothing to ask again yet.")
        last = self.turns.pop()
        return Turn(last.shown, last.said, last.picture, last.edited, last.name)

    def leave(self) -> None:
        """Stop answering and forget all turns: the visitor has begun another conversation."""
        self.stop()
        self.turns = []

    def shows(self, turn: Turn) -> bool:
        """Whether a turn is still on the page."""
        return any(known is turn for known in self.turns)

    def rerun(self, number: int, path: Sequence[str | int]) -> Turn:
        """A turn that carries out the plan of turn `number` without one of its chips. Raises BadInput."""
        if not 0 <= number < len(self.turns):
            raise BadInput("That search is not on the page any more. Ask again.")
        turn = self.turns[number]
        label = next((chip.label for chip in turn.chips if chip.path == tuple(path)), "that")
        return Turn(f"Without {label}", edited=without(turn.plan, path))

    def judge(self, client: Matinee, movie_id: str, verdict: Verdict) -> None:
        """Tell the API what is thought of a film; a like takes back a dislike, and a verdict given twice itself."""
        known = self.verdicts.setdefault(movie_id, set())
        if verdict in known:
            client.feedback(self.session, movie_id, "none")
            kept = known - {verdict}
            known.clear()
            for other in kept:  # `none` takes back all of them
                client.feedback(self.session, movie_id, other)
                known.add(other)
            return
        client.feedback(self.session, movie_id, verdict)
        if verdict != "seen":
            known -= {"like", "dislike"}
        known.add(verdict)


class Conversations:
    """Conversations by session id, the least recently used forgotten first. Thread-safe."""

    def __init__(self, most: int = 1000) -> None:
        self._most = most
        self._known: OrderedDict[str, Conversation] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, session: str) -> Conversation:
        """The conversation of a session, a new one if need be. Raises BadInput for ids no tab of ours makes."""
        if not _SESSION.fullmatch(session):
            raise BadInput("This page lost its session. Reload it.")
        with self._lock:
            found = self._known.setdefault(session, Conversation(session))
            self._known.move_to_end(session)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
            return found


class _Pump(threading.Thread):
    """Reads one answer into a queue until it ends or nobody listens any more."""

    def __init__(self, client: Matinee, session: str, turn: Turn) -> None:
        super().__init__(daemon=True, name="matinee-answer")
        self.left = threading.Event()
        self._came: Queue[Event | MovieServiceError] = Queue()
        self._client, self._session, self._turn = client, session, turn

    def run(self) -> None:
        turn = self._turn
        try:
            events = self._client.chat(self._session, turn.said, plan=turn.edited, poster=turn.picture, turn=turn.name)
            try:
                for event in events:
                    self._came.put(event)
                    if self.left.is_set() or event.name in ("done", "error"):
                        return
            finally:
                if hasattr(events, "close"):
                    events.close()  # the server stops working for us
            self._came.put(MovieServiceError("The answer broke off. Ask again; the conversation is kept."))
        except MovieServiceError as error:
            self._came.put(error)
        except Exception:  # whatever else goes wrong in here must end the turn, or the page would wait for ever
            self._came.put(MovieServiceError("The page could not read the answer. Ask again."))

    def gather(self, turn: Turn) -> None:
        """Add what comes next to the turn: waits up to a second for something, then a moment for more."""
        patience = _TICK
        until = time.monotonic() + _TICK
        while turn.state == "answering" and time.monotonic() < until:
            try:
                came = self._came.get(timeout=min(patience, 0.15))
            except Empty:
                if patience == _GATHER:
                    return
                continue
            if isinstance(came, MovieServiceError):
                turn.fail(came.message, came.code)
                return
            try:
                turn.take(came)
            except (ValidationError, KeyError, TypeError, ValueError):
                turn.fail("The film service answered in a way this page does not understand. Update both to one version.")
            if patience != _GATHER:
                patience = _GATHER
                until = time.monotonic() + _GATHER
