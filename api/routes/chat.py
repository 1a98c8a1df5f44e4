"""Conversation: the concierge's events as a stream (SSE), and what people think of films.

The first event is made before the headers go out, so a failure at the start keeps its status. A
client that leaves closes the stream, and with it the concierge's work. A limited number of
conversations is answered by a language model at once, so that slow ones never starve the search;
the built-in concierge, quick as a search, is always there and takes turns with the searches.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from flask import Response, request

from api.document import Routes
from api.edge import request_id
from api.errors import problem_of
from api.limits import own_session
from api.schemas import ChatRequest, FeedbackRequest
from api.services import Services
from movies.errors import Busy
from movies.turns import COMPUTING

EVENTS = ("status", "plan", "tool", "candidates", "token", "done", "error")
_PATIENCE = 0.1  # seconds an answer of the built-in concierge lets searches go first, each time
_SLICE = 0.003  # seconds after which it lets them again
_STREAM: dict[str, Any] = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "description": "One event of the stream; `data` holds JSON.",
            "properties": {"event": {"enum": list(EVENTS)}, "data": {"type": "string"}},
            "required": ["event", "data"],
        },
        "example": 'event: token\ndata: {"text": "Heat"}\n\nevent: done\ndata: {}\n\n',
    }
}


def routes(services: Services, allow: Callable[[str], None]) -> Routes:
    """POST /v1/chat, POST /v1/feedback."""
    chat = Routes("chat", "Talk to the concierge.", allow)
    places = threading.BoundedSemaphore(services.settings.chat_streams)

    @chat.post("/v1/chat", takes=ChatRequest, gives=_STREAM, poster="optional", errors=(503,))
    def chat_stream(asked: ChatRequest) -> Response:
        """Answer a message as a stream of events

        A conversation goes on as long as `session` stays the same. An edited `plan` is carried out
        as it is. The last message sent again under the same `turn` is answered in the place of its
        first answer. Send JSON, or a form with a picture.
        """
        agent = services.need(services.agent, "concierge", "matinee serve")
        image = services.pictures.open(request.files["poster"]) if "poster" in request.files else None
        slow = not agent.at_once()
        if slow and not places.acquire(blocking=False):
            raise Busy("Too many conversations are being answered. Try again in a moment.", retry_after=2)
        leave = _Leaving(services, places if slow else None)
        try:
            answer = agent.answer(own_session(asked.session), asked.message, image=image, plan=asked.plan, turn=asked.turn)
            events = leave.closing(iter(answer))
            first = next(events, None)
            if not slow and image is None:
                events = _in_turn(events)
        except BaseException:
            leave()
            raise
        response = Response(
            _frames(chain([first] if first is not None else [], events), request_id(), leave, asked.session, services.ending),
            mimetype="text/event-stream",
        )
        response.headers["X-Accel-Buffering"] = "no"
        response.call_on_close(leave)
        return response

    @chat.post("/v1/feedback", takes=FeedbackRequest, errors=(404, 503), status=204)
    def feedback(asked: FeedbackRequest) -> None:
        """Say what a session thinks of a film: it steers later answers; `none` takes it back"""
        agent = services.need(services.agent, "concierge", "matinee serve")
        agent.feedback(own_session(asked.session), asked.movie_id, asked.verdict)

    return chat


class _Leaving:
    """Ends one conversation's answer exactly once, however it ends: closes the events, frees the place."""

    def __init__(self, services: Services, places: threading.BoundedSemaphore | None) -> None:
        self._services, self._places = services, places
        self._events: Iterator[Any] | None = None
        self._lock = threading.Lock()
        self._left = False
        services.metrics.chats.inc()

    def closing(self, events: Iterator[Any]) -> Iterator[Any]:
        self._events = events
        return events

    def __call__(self) -> None:
        with self._lock:
            if self._left:
                return
            self._left = True
        try:
            close = getattr(self._events, "close", None)
            if close is not None:
                close()
        finally:
            if self._places is not None:
                self._places.release()
            self._services.metrics.chats.dec()


def _in_turn(events: Iterator[Any]) -> Iterator[Any]:
    """The events after the first, made a few at a time in turn: they are all computing. Searches, which are shorter, go first.

    The first comes when the session is free for it, so nobody who has a turn here waits for somebody who hasn't.
    """
    going = True
    while going:
        made: list[Any] = []
        going, failure = False, None
        with COMPUTING.turn(_PATIENCE):
            until = time.monotonic() + _SLICE
            try:
                for event in events:
                    made.append(event)
                    if going := time.monotonic() > until:
                        break
            except Exception as error:  # after what was made before it
                failure = error
        yield from made
        if failure is not None:
            raise failure


def _frames(
    events: Iterator[Any], name: str, leave: Callable[[], None], session: str, ending: Callable[[], None]
) -> Iterator[str]:
    """Events in the wire format, with the session as the caller named it; a failure becomes an `error` event with a
    problem document, and so does the server's end."""
    try:
        for event in events:
            ending()
            yield _frame(event.name, event.data | {"session": session} if "session" in event.data else event.data)
    except Exception as error:
        yield _frame("error", problem_of(error, name))
    finally:
        leave()


def _frame(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
