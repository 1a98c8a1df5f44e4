"""`build_page`: the page with its tabs: Chat, Poster desk, Plot desk, Forecast and Audit.

Wires Gradio's events to conversations and desks; what things look like is `markup.py` and `page.css`,
what a conversation is `conversation.py`. Talks to the API through the client it is given, and to
nothing else.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from chat_ui import markup
from chat_ui.audit_desk import audit_desk
from chat_ui.client import Film, Matinee, Readiness
from chat_ui.conversation import Conversation, Conversations, Turn
from chat_ui.desks import plot_desk, poster_desk
from chat_ui.forecast import forecast_desk
from chat_ui.theme import script
from movies.errors import BadInput, MovieServiceError
from movies.settings import Settings

EXAMPLES = (  # (as it is shown, as it is said)
    ("Funny and French, under two hours", "Something funny and French, under two hours"),
    ("A tense thriller from the seventies", "A tense thriller from the seventies"),
    ("Like Heat, but funnier", "Something like Heat, but funnier"),
    ("That film where a man relives one day …", "I'm trying to remember a film where a man lives the same day again and again"),
)
_PLACEHOLDER = "A mood, an actor, a film …"
_WATCH = 12.0  # seconds between looks at the API
_FRESH = 3.0  # seconds for which all tabs share one look
_WALL = 14  # posters of the empty page, drawn from
_WELL_KNOWN = 80  # the best known films
_QUEUE_LOOKS = 0.02  # seconds between Gradio's looks at its queue; its own 1 ms takes an eighth of a core while nobody asks
# Every event asks the browser for the session's name, so that a message sent before the page has wholly loaded
# has one too. It lives as long as the tab: a reload keeps it, another tab has another.
_SESSION = """(_, ...rest) => {
  const key = "matinee-session";
  const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  let id = RENEW ? null : window[key];
  try { id ||= RENEW ? null : sessionStorage.getItem(key); } catch { /* storage is off: the window remembers */ }
  id ||= fresh();
  window[key] = id;
  try { sessionStorage.setItem(key, id); } catch { /* as above */ }
  return [id, ...rest];
}"""
_OWN_SESSION, _NEW_SESSION = _SESSION.replace("RENEW", "false"), _SESSION.replace("RENEW", "true")

Update = dict[Any, Any]


def build_page(client: Matinee, settings: Settings) -> gr.Blocks:
    """The page as Gradio blocks. `settings` give the limits of uploads."""
    with gr.Blocks(title="Matinee", analytics_enabled=False, fill_width=True) as page:
        house = House(client)
        header = gr.HTML(house.header(), elem_id="mt-header", js_on_load=script("bridge.js"))
        notice = gr.HTML("", elem_id="mt-notice")
        with gr.Tabs(elem_id="mt-tabs"):
            with gr.Tab("Chat", id="chat"):
                _Chat(client, house).build(page, header, notice)
            with gr.Tab("Poster desk", id="poster"):
                poster_desk(client, settings)
            with gr.Tab("Plot desk", id="plot"):
                plot_desk(client)
            with gr.Tab("Forecast", id="forecast"):
                forecast_desk(client)
            with gr.Tab("Audit", id="audit") as tab:
                audit_desk(client, tab, header)
        clock = gr.Timer(_WATCH)
        for event in (page.load, clock.tick):
            event(house.look, None, [header, notice], show_progress="hidden", api_visibility="private", concurrency_limit=None)
    page.queue(default_concurrency_limit=64, api_open=False)
    page._queue.sleep_when_free = _QUEUE_LOOKS
    page._queue.progress_update_sleep_when_free = 5 * _QUEUE_LOOKS
    return page


class House:
    """What the page knows of the API behind it: whether it answers, with which encoder, over how many films."""

    def __init__(self, client: Matinee) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._state: Readiness | None = None
        self._films: tuple[Film, ...] = ()
        self.concierge = ""  # who gave the last answer

    def look(self) -> tuple[str, str]:
        """(the header, a notice if the API is away), at most one question to the API in three seconds."""
        with self._lock:
            if time.monotonic() - self._looked > _FRESH:
                try:
                    self._state = self._client.ready()
                except MovieServiceError:
                    self._state = None
                self._looked = time.monotonic()
        away = self._state is None or not self._state.ready
        return self.header(), markup.note("", "api_unreachable") if away else ""

    def header(self) -> str:
        """The name of the house, and who works in it."""
        state = self._state
        who = f" · <span>{markup.text(markup.concierge(self.concierge))}</span>" if self.concierge else ""
        if state is None:
            line = '<span class="mt-lamp"></span>no connection' if self._looked > 0 else '<span class="mt-lamp"></span>'
        else:
            line = f'<span class="mt-lamp mt-lit"></span><span>{state.films:,} films<span class="mt-wide"> · {markup.encoder(state.encoder)}{who}</span></span>'
        return (
            '<header class="mt-head"><span class="mt-mark"></span><span class="mt-name">Matinee</span>'
            f'<span class="mt-house" role="status">{line}</span>'
            f"{markup.button('theme', '', '', 'mt-theme', 'Light or dark')}</header>"
        )

    def wall(self) -> str:
        """A row of posters from the catalogue for the empty page; none while the API is away."""
        if not self._films:
            try:
                found = self._client.search(filters={"has_poster": True}, k=_WELL_KNOWN)
            except MovieServiceError:
                return markup.wall(())
            self._films = tuple(hit.movie for hit in found.hits)
        return markup.wall(random.sample(self._films, min(_WALL, len(self._films))))


class _Chat:
    """The first tab: the conversation, its message box and everything that can be pressed in it."""

    def __init__(self, client: Matinee, house: House) -> None:
        self._client, self._house = client, house
        self._known = Conversations()

    def build(self, page: gr.Blocks, header: gr.HTML, notice: gr.HTML) -> None:
        """Lay the tab out and wire it."""
        with gr.Column(elem_id="mt-chat"):
            self.session = gr.Textbox("", visible=False)
            self.hero = gr.HTML(_hero(markup.wall(())), elem_id="mt-hero")
            self.thread = gr.Chatbot(
                elem_id="mt-thread", show_label=False, label="Conversation", buttons=[], layout="panel", height=None, visible=False,
                latex_delimiters=[], allow_tags=False, feedback_options=None, group_consecutive_messages=False,
            )  # fmt: skip
            with gr.Column(elem_id="mt-composer"):
                self.box = gr.MultimodalTextbox(
                    elem_id="mt-box", show_label=False, label="Message", placeholder=_PLACEHOLDER, file_types=["image"],
                    sources=["upload"], file_count="single", max_plain_text_length=4000,
                )  # fmt: skip
                self.fresh = gr.Button("New conversation", elem_id="mt-fresh", variant="secondary", size="sm", visible=False)
        shown = [self.hero, self.thread, self.box, self.fresh]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        own = {**quiet, "js": _OWN_SESSION}
        page.load(self.resume, self.session, [self.session, *shown], **own)
        page.load(self.dress, None, self.hero, **quiet)
        notice.change(self.redress, notice, self.hero, **quiet)
        self.box.submit(self.say, [self.session, self.box], shown, **own)
        self.box.stop(self.stop, self.session, None, queue=False, **own)
        header.submit(self.press, self.session, shown, trigger_mode="multiple", **own)
        header.like(self.judge, self.session, self.thread, trigger_mode="multiple", **own)
        self.fresh.click(self.leave, self.session, None, queue=False, **own).then(
            self.begin, self.session, [self.session, *shown], js=_NEW_SESSION, **quiet
        )

    # -- events --------------------------------------------------------------------------------

    def resume(self, session: str) -> Update:
        """The conversation of this tab as it stands: after a reload it is there again.

        A tab without one changes nothing, so that a message sent meanwhile is not wiped off the page.
        """
        conversation = self._known.of(session)
        return {self.session: session, **(self._show(conversation, running=False) if conversation.turns else {})}

    def begin(self, session: str) -> Update:
        """An empty page for a new session."""
        return {self.session: session, **self._show(self._known.of(session), running=False)}

    def dress(self) -> gr.HTML:
        """Posters on the empty page; they may take a moment."""
        return gr.HTML(_hero(self._house.wall()))

    def redress(self, notice: str) -> gr.HTML:
        """Posters again when the API is back; nothing while it is away."""
        return gr.HTML() if notice else self.dress()

    def say(self, session: str, message: dict[str, Any] | None) -> Iterator[Update]:
        """A message, a picture or both."""
        words = str((message or {}).get("text") or "").strip()
        files = list((message or {}).get("files") or ())
        if not words and not files:
            yield {self.box: gr.MultimodalTextbox(placeholder="Say what you feel like watching, or drop in a poster")}
            return
        yield from self._ask(session, Turn(words, words, picture=str(files[0]) if files else None), clear=True)

    def press(self, session: str, event: gr.EventData) -> Iterator[Update]:
        """A chip taken out, a question asked again, an example or a poster pressed."""
        act, value = str(event.act), str(event.value)
        conversation = self._known.of(session)
        try:
            if act == "drop":
                number, path = json.loads(value)
                turn = conversation.rerun(int(number), path)
            elif act == "again":
                turn = conversation.take_back()
            elif act == "say":
                turn = Turn(value, value)
            else:
                return
        except (BadInput, ValueError, TypeError) as error:
            gr.Info(markup.text(error), duration=4)
            return
        yield from self._ask(session, turn)

    def judge(self, session: str, event: gr.EventData) -> Update:
        """Like, not for me, seen; pressed again, taken back."""
        conversation = self._known.of(session)
        if event.act not in ("like", "dislike", "seen"):
            return {}
        try:
            conversation.judge(self._client, str(event.value), event.act)
        except MovieServiceError as error:
            gr.Warning(markup.problem(error.message, error.code), duration=5)
        return {self.thread: self._messages(conversation)}

    def stop(self, session: str) -> None:
        """Stop the answer that is being written; what came so far stays."""
        self._known.of(session).stop()

    def leave(self, session: str) -> None:
        """Leave a conversation for a new one; an answer that is being written ends."""
        self._known.of(session).leave()

    # -- showing -------------------------------------------------------------------------------

    def _ask(self, session: str, turn: Turn, clear: bool = False) -> Iterator[Update]:
        try:
            conversation = self._known.of(session)
            for step, _ in enumerate(conversation.ask(self._client, turn)):
                if not conversation.shows(turn):
                    return  # the page was emptied for a new conversation, which this must not cover
                if step == 0:
                    yield {
                        **self._show(conversation, running=True),
                        **({self.box: self._box(True, clear=True)} if clear else {}),
                    }
                else:
                    yield {self.thread: self._messages(conversation)}
        except BadInput as error:
            gr.Info(markup.text(error), duration=4)
            return
        self._house.concierge = turn.concierge or self._house.concierge
        if conversation.shows(turn):
            yield self._show(conversation, running=False)

    def _show(self, conversation: Conversation, running: bool) -> Update:
        empty = not conversation.turns
        return {
            self.hero: gr.HTML(visible=empty),
            self.thread: gr.Chatbot(value=self._messages(conversation), visible=not empty),
            self.box: self._box(running),
            self.fresh: gr.Button(visible=not empty),
        }

    @staticmethod
    def _box(running: bool, clear: bool = False) -> gr.MultimodalTextbox:
        """The message box: a stop button takes the place of the send button while an answer is written."""
        value: dict[str, Any] = {"value": {"text": "", "files": []}} if clear else {}
        return gr.MultimodalTextbox(submit_btn=not running, stop_btn=running, **value)

    def _messages(self, conversation: Conversation) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        for number, turn in enumerate(conversation.turns):
            out.append({"role": "user", "content": markup.question(turn)})
            out.append({"role": "assistant", "content": markup.answer(conversation, number)})
        return out


def _hero(wall: str) -> str:
    """What the empty page says."""
    examples = "".join(markup.button("say", said, shown, "mt-example") for shown, said in EXAMPLES)
    return (
        '<section class="mt-hero"><h1>What do you feel like watching?</h1>'
        "<p>Say it in your own words, correct me as we go. Every film I name is one of yours.</p>"
        f'{wall}<div class="mt-examples">{examples}</div></section>'
    )
