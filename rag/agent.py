"""`Agent`: one conversation partner for the API, the page and the terminal.

A turn: read the sentence in the light of the session, let a language model (where there is one) add
what it heard, let code use the tools, then word the answer; each step is an `Event`. Whatever fails
on the way, the answer ends complete: the built-in concierge takes over and a `status` says so. Knows
the order of things; the things themselves are the other modules of this room.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from PIL.Image import Image

from movies.errors import BadInput, LlmUnreachable
from movies.movie import Movie
from movies.settings import Settings
from rag.conversation.acts import Act, Scene
from rag.conversation.concierge import BuiltinConcierge
from rag.conversation.dialogue import hear
from rag.conversation.grounding import Grounds
from rag.conversation.llm import BUILTIN, Models, Speaker
from rag.conversation.memory import Feedback, Memory, Sessions
from rag.conversation.performing import Performed, Stage
from rag.conversation.planner import hear as hear_model
from rag.conversation.planner import merged
from rag.conversation.references import Table, fitting_beyond
from rag.conversation.telling import Telling, tell
from rag.index import Hit, MovieIndex
from rag.plan import Plan, chips
from rag.reading.names import Names
from rag.reading.understanding import Vocabulary
from rag.tools import Skills, Toolbox, Use

EventName = Literal["status", "plan", "tool", "candidates", "token", "done", "error"]
_LONGEST = 4000  # characters of a message
_RECENT = 3  # earlier messages a model gets to see


@dataclass(frozen=True)
class Event:
    """One step of an answer; `data` holds JSON types only.

    `status` {text, concierge?}; `plan` {plan, chips, wanted}; `tool` {name, arguments, result, ok};
    `candidates` {films: [{id, title, year, movie, score, weak, reason, evidence}]}; `token` {text};
    `done` {act, text, plan, chips, candidates, concierge, corrections, refused, question, seconds}.
    """

    name: EventName
    data: dict[str, Any]


class HasIndex(Protocol):
    """What the agent needs of a library: the index that serves now."""

    @property
    def index(self) -> MovieIndex: ...


@dataclass
class Agent:
    """Answers messages of any number of sessions; thread-safe.

    >>> agent = Agent(library, Sessions(Path("sessions.sqlite")), Models(settings, BuiltinConcierge()))  # doctest: +SKIP
    >>> for event in agent.answer("kitchen", "a French comedy under two hours"):                         # doctest: +SKIP
    ...     print(event.name, event.data)
    """

    library: HasIndex
    sessions: Sessions
    models: Models
    skills: Skills = field(default_factory=Skills)
    film_json: Callable[[Movie], dict[str, Any]] = lambda movie: movie.model_dump(mode="json")
    observe: Callable[[dict[str, Any]], None] = lambda done: None
    names: Names = field(default_factory=Names, repr=False)

    @classmethod
    def open(cls, library: HasIndex, settings: Settings, skills: Skills | None = None, **more: Any) -> Agent:
        """An agent with sessions and models as the settings say; `more`: further fields of the class."""
        sessions = Sessions(settings.sessions, days=settings.session_days)
        return cls(library, sessions, Models(settings, BuiltinConcierge()), skills or Skills(), **more)

    def answer(
        self, session: str, message: str, *, image: Image | None = None, plan: Plan | None = None, turn: str | None = None
    ) -> Generator[Event]:
        """Answer a message as events, the last one `done`. An edited `plan` is carried out without any model call.

        `turn` names the message. If the session's last turn has that name, it is answered anew in its place: what the
        concierge learnt from it is forgotten first. A turn that was stopped before it changed anything leaves no name,
        so trying it again undoes nothing.

        Closing the iterator stops the work. Raises BadInput for an unusable session name and Busy when the
        session's last message is still being answered.
        """
        if len(message) > _LONGEST:
            raise BadInput(f"A message may have {_LONGEST:,} characters at most; this one has {len(message):,}. Shorten it.")
        started = time.perf_counter()
        with self.sessions.turn(session) as held:
            yield Event("status", {"text": "Looking at your picture …" if image is not None else "Thinking about it …"})
            index = self.library.index
            vocabulary = self.names.of(index.catalogue)
            box = Toolbox(index, self.skills, image)
            memory = _without_gone(held.memory.without_turn(turn or ""), index)
            scene = _scene(memory, index, vocabulary, image is not None)
            speaker, note = self._house(), ""
            if plan is not None:
                act = Act("search", plan=plan, new=True)
            else:
                act = hear(message, scene)
                missing = self.models.pull() if act.kind == "fetch_model" else ""
                news = ""
                for news in self.models.fetch():
                    yield Event("status", {"text": news})
                if act.kind == "fetch_model":
                    act = replace(act, text=(missing and news) or "No language model is missing here.")
                speaker, note = self.models.choose()
            if note:
                yield Event("status", {"text": f"{note} The built-in concierge answers.", "concierge": BUILTIN})
            if act.kind == "search" and not speaker.builtin and not act.films:
                yield Event("status", {"text": f"{speaker.name} reads your wish …", "concierge": speaker.name})
                act, failure = self._with_model(act, message, speaker, scene, box)
                if failure:
                    yield self._fallen_back(failure)
                    speaker = self._house()
            done = Stage(box, vocabulary, memory, message).perform(act)
            learnt = done.memory.with_exchange(
                message, done.brief.act if act.kind == "details" else act.kind, done.brief.wanted
            )
            # What somebody wants forgotten is kept nowhere, not even for a step back; asked again, it is forgotten twice.
            held.memory = learnt.with_way_back("" if act.kind == "clear_tastes" else turn or "", memory)
            shown = _plan_json(done.plan, vocabulary, index)
            yield Event("plan", shown)
            yield from (Event("tool", _use_json(use)) for use in box.drain())
            candidates = [self._hit_json(hit) for hit in done.hits]
            yield Event("candidates", {"films": candidates})
            outcome = Telling()
            grounds = _grounds(done, message, memory, index) if not speaker.builtin else Grounds(())
            history = [exchange.said for exchange in memory.exchanges[-_RECENT:]]
            with closing(tell(done.brief, speaker, grounds, outcome, history)) as pieces:
                for piece in pieces:
                    yield Event("token", {"text": piece})
            if outcome.failure:
                yield self._fallen_back(outcome.failure)
                speaker = self._house()
            result = {
                "act": act.kind, "text": outcome.text, **shown, "candidates": candidates, "concierge": speaker.name,
                "corrections": outcome.corrections, "sentences": outcome.sentences, "refused": done.refused,
                "question": done.brief.facts.get("ask"), "session": session, "seconds": round(time.perf_counter() - started, 4),
            }  # fmt: skip
            self.observe(result)
        yield Event("done", result)  # after what was learnt is kept: nobody is told `done` of a message that is forgotten

    def feedback(self, session: str, movie_id: str, verdict: Feedback) -> None:
        """Note a verdict given on a card, or take it back (`none`). Raises UnknownMovie."""
        self.library.index.catalogue.key(movie_id)
        with self.sessions.turn(session) as turn:
            turn.memory = turn.memory.with_verdict(movie_id, verdict)

    def reset(self, session: str) -> None:
        """Forget everything about a session."""
        self.sessions.forget(session)

    def answering(self) -> str:
        """The name of who would answer now: "built-in", "ollama:qwen3:1.7b"."""
        return self.models.choose()[0].name

    def at_once(self) -> bool:
        """Whether the built-in concierge would answer now: as quick as a search, so no place in a queue is needed."""
        return self.models.choose()[0].builtin

    def hurry(self) -> None:
        """Bring answers that wait for a language model to an end: the built-in concierge takes over."""
        self.models.hurry()

    def close(self) -> None:
        """Give back what the agent holds open."""
        self.models.close()

    # -- the language model's part ---------------------------------------------------------------

    def _with_model(self, act: Act, said: str, speaker: Speaker, scene: Scene, box: Toolbox) -> tuple[Act, str]:
        """The act with what the model heard between the lines; the act as it is, and why, when the model fails."""
        wanted = Stage(box, scene.vocabulary, scene.memory).wanted(scene.memory.plan)
        try:
            heard = hear_model(speaker, said, wanted, box)
        except LlmUnreachable as error:
            return act, error.message
        if heard is None:
            return act, ""
        return replace(act, plan=merged(act.plan, heard, said, scene.vocabulary)), ""

    def _fallen_back(self, failure: str) -> Event:
        self.models.failed(failure.removeprefix("The language model ").rstrip("."))
        return Event("status", {"text": f"{failure} The built-in concierge answers.", "concierge": BUILTIN})

    def _house(self) -> Speaker:
        return Speaker(self.models.builtin, BUILTIN, builtin=True)

    # -- parts -----------------------------------------------------------------------------------

    def _hit_json(self, hit: Hit) -> dict[str, Any]:
        film, evidence = hit.movie, hit.evidence
        return {
            "id": film.id, "title": film.title, "year": film.year, "movie": self.film_json(film), "score": hit.score, "weak": hit.weak,
            "reason": evidence.reason,
            "evidence": {
                "passage": evidence.passage, "poster": evidence.poster, "words": list(evidence.words), "legs": dict(evidence.legs),
                "reason": evidence.reason,
            },
        }  # fmt: skip


def _scene(memory: Memory, index: MovieIndex, vocabulary: Vocabulary, picture: bool) -> Scene:
    films = index.catalogue
    shown = [films.movie(movie_id) for movie_id in memory.shown]
    focus = films.movie(memory.focus) if memory.focus else None
    table = Table(shown, focus, lambda words: fitting_beyond(words, films, memory.plan.filters))
    return Scene(vocabulary, films, memory, table, picture)


def _without_gone(memory: Memory, index: MovieIndex) -> Memory:
    """The memory without films that were removed from the catalogue meanwhile."""

    def kept(ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(movie_id for movie_id in ids if movie_id in index.catalogue)

    names = ("shown", "liked", "disliked", "seen", "picture")
    focus = memory.focus if memory.focus and memory.focus in index.catalogue else None
    return memory.model_copy(update={name: kept(getattr(memory, name)) for name in names} | {"focus": focus})


def _plan_json(plan: Plan, vocabulary: Vocabulary, index: MovieIndex) -> dict[str, Any]:
    ids = (*plan.like, *plan.unlike, *plan.exclude)
    titles = {movie_id: index.catalogue.movie(movie_id).label for movie_id in ids if movie_id in index.catalogue}
    return {"plan": plan.model_dump(mode="json"), "chips": [chip.model_dump(mode="json") for chip in chips(plan, titles)]}


def _use_json(use: Use) -> dict[str, Any]:
    return {"name": use.name, "arguments": dict(use.arguments), "result": use.result, "ok": use.ok}


def _grounds(done: Performed, said: str, memory: Memory, index: MovieIndex) -> Grounds:
    """What the prose may speak of: the films of the brief, the user's words, the answer's own numbers."""
    films = {film.id: film for film in (*(told.film for told in done.brief.films), *done.films)}
    words = " . ".join([said, *(exchange.said for exchange in memory.exchanges[-_RECENT:])])
    filters = done.plan.filters.chosen()
    numbers = [*done.numbers, *(value for value in filters.values() if isinstance(value, (int, float)))]
    return Grounds(list(films.values()), words, numbers, index.catalogue.titles())
