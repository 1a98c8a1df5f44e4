"""`Services`: the one place where the parts of a serving process are wired together.

The library (index and catalogue), the encoder behind its queue, the classifiers, the concierge and
the journal. What is optional and absent is None; asking for it raises ModelMissing with the command
that brings it. Knows no HTTP.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, TypeVar

import orjson
import structlog
from PIL.Image import Image

from api.batching import BatchingEncoder
from api.heads import Heads
from api.journal import Journal
from api.limits import PictureDesk
from api.metrics import Metrics
from api.schemas import film_json
from box_office.forecast import TRAIN, Forecast, pitch
from classifiers.findings import AUDIT, REVIEWS, AuditBook
from movies.caching import Cache
from movies.encoder_choice import encoder_for
from movies.errors import Busy, ModelMissing
from movies.movie import Filters, Movie
from movies.settings import Settings
from movies.turns import COMPUTING
from rag.agent import Agent
from rag.index import Hit, read_manifest
from rag.library import Library, Waiting, current_version
from rag.plan import Plan
from rag.ranking import carry_out
from rag.reading.names import Names
from rag.reading.understanding import understand
from rag.tools import Skills

T = TypeVar("T")
BUILD = "matinee build --catalogue FILE --artifacts DIR"
_QUESTIONS = 2000  # whose vectors are kept: 3 MB
_PAGES = 2000  # films kept as JSON: 3 MB
_LIKES = 20  # films to be like, at most
_MODELS = 0.8  # of the time a stopping server has for conversations, after which no language model is waited for
_FEW = 3  # fewer hits than this, and the answer says which constraints to give up


class GenreModel(Protocol):
    """Genres from a plot, a poster or both (`classifiers`)."""

    def from_plot(self, text: str, explain: bool = False) -> Any: ...
    def from_poster(self, image: Image, explain: bool = False) -> Any: ...
    def from_both(self, image: Image | None, text: str | None, explain: bool = False) -> Any: ...


class PosterModel(Protocol):
    """Tells posters from other pictures (`classifiers`)."""

    def check(self, image: Image) -> Any: ...


class RevenueModel(Protocol):
    """Forecasts what a film earns (`box_office`)."""

    def ask(self, film: Movie, /) -> Forecast: ...


class Classifiers(Protocol):
    """The classifiers and the forecast that serve now (`Heads`)."""

    @property
    def genres(self) -> GenreModel | None: ...
    @property
    def validator(self) -> PosterModel | None: ...
    @property
    def box_office(self) -> RevenueModel | None: ...


class Concierge(Protocol):
    """Answers a message with events that have a `name` and JSON-able `data` (`rag.agent.Agent`)."""

    def answer(
        self, session: str, message: str, *, image: Image | None = None, plan: Plan | None = None, turn: str | None = None
    ) -> Iterator[Any]: ...
    def feedback(self, session: str, movie_id: str, verdict: Literal["like", "dislike", "seen", "none"]) -> None: ...
    def at_once(self) -> bool: ...
    def hurry(self) -> None: ...


@dataclass(frozen=True)
class Found:
    """The answer to a search: hits, the plan that was carried out, and what to give up when they are few."""

    hits: Sequence[Hit]
    plan: Plan
    relaxations: list[tuple[str, int]]


@dataclass
class Services:
    """Everything the routes call. `close()` ends the threads behind it."""

    library: Library
    settings: Settings
    heads: Classifiers | None = None
    audit: AuditBook | None = None
    agent: Concierge | None = None
    journal: Journal | None = None
    metrics: Metrics = field(default_factory=Metrics)
    names: Names = field(default_factory=Names, repr=False)
    pictures: PictureDesk = field(init=False)
    ends: float = field(default=math.inf, init=False)
    """When conversations must have ended (`time.monotonic`); infinity until the server is asked to stop."""
    _pages: Cache[str, bytes] = field(init=False, repr=False)
    _eyes: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(2), init=False, repr=False)

    def __post_init__(self) -> None:
        self.pictures = PictureDesk(self.settings)
        self._pages = Cache(_PAGES, self.metrics.cached("films"))
        self.metrics.films.set_function(lambda: len(self.library.catalogue))
        self.metrics.waiting.set_function(lambda: self.library.waiting is not None)
        self.library.on_waiting = _tell_waiting
        if self.journal is not None:
            self.journal.lost = self.metrics.lost_notes.inc

    @classmethod
    def open(cls, settings: Settings, say: Callable[[str], None] = lambda _: None) -> Services:
        """Everything from the artefact folder and the settings. Raises ModelMissing or IndexMismatch."""
        metrics = Metrics()
        manifest = read_manifest(current_version(settings.artifacts))
        encoder = BatchingEncoder(
            encoder_for(manifest["encoder"]["name"], settings, say),
            queue=settings.encoder_queue,
            patience=settings.encoder_patience,
            wait=settings.batch_wait,
            largest=settings.encoder_batch,
            observe=metrics.batches.observe,
            known=Cache(_QUESTIONS, metrics.cached("questions")),
        )
        metrics.watch_queue(lambda: encoder.waiting)
        library = Library.open(settings.artifacts, settings, say, encoder=encoder)
        services = cls(library, settings, heads=Heads(library, say), journal=Journal(settings.journal), metrics=metrics)
        services.audit = AuditBook(lambda: library.index.folder, library.artifacts / REVIEWS)
        agent = services.agent = Agent.open(
            library, settings, services.skills(), film_json=film_json, observe=services.observe, names=services.names
        )
        services.warm_up()
        speaker, note = agent.models.choose()
        if speaker.builtin and settings.llm == "auto" and not note:
            note = f"No Ollama at {settings.ollama_url}; once it runs, its model answers."
        say(f"Concierge: {speaker.name}. {note}".rstrip())
        return services

    def skills(self) -> Skills:
        """What the concierge may ask the classifiers; a missing one is said when it is asked."""
        return Skills(
            plot_genres=lambda plot: self.genres().from_plot(plot),
            poster_genres=lambda poster: self.genres().from_poster(poster),
            validate_poster=lambda poster: self.validator().check(poster),
            predict_box_office=self.forecast,
        )

    # -- searching -----------------------------------------------------------------------------

    def search(self, asked: Plan, image: Image | None = None) -> Found:
        """Read the question in `asked.query`, join it with the explicit parts of `asked`, carry it out.

        What is asked for explicitly outranks what was read from the sentence. Raises UnknownMovie for
        an id in `asked.like`, Busy when the encoder has too much to do.
        """
        with COMPUTING.turn():
            return self._search(asked, image)

    def _search(self, asked: Plan, image: Image | None) -> Found:
        index = self.library.index
        for movie_id in asked.like:
            index.catalogue.key(movie_id)
        plan = asked
        clues: list[tuple[str, float]] = []
        if asked.query.strip():
            with self.metrics.stage("understand"):
                reading = understand(asked.query, self.names.of(index.catalogue, patient=False))
            filters = Filters(**{**reading.plan.filters.chosen(), **asked.filters.chosen()})
            like = tuple(dict.fromkeys((*asked.like, *reading.plan.like)))[:_LIKES]
            plan = reading.plan.model_copy(update={"filters": filters, "like": like, "k": asked.k})
            clues = [(clue.text, clue.weight) for clue in reading.clues if not clue.negated]
        with self.metrics.stage("search"):
            screening = carry_out(index, plan, image=image, clues=clues)
        relaxations: list[tuple[str, int]] = []
        if len(screening.hits) < min(_FEW, plan.k) and plan.filters:
            relaxations = index.relaxations(plan.filters)
        if not screening.hits:
            self._missed(plan)
        return Found(screening.hits, plan, relaxations)

    def similar(self, movie_id: str, k: int) -> list[Hit]:
        """The films most like a film. Raises UnknownMovie."""
        with COMPUTING.turn(), self.metrics.stage("search"):
            return self.library.index.similar(movie_id, k)

    def observe(self, done: Mapping[str, Any]) -> None:
        """Count what an answer of the concierge was like (the data of its `done` event)."""
        self.metrics.corrections.inc(int(done.get("corrections", 0)))
        if done.get("act") == "search" and not done.get("candidates"):
            self._missed(Plan.from_record(done["plan"]))

    def _missed(self, plan: Plan) -> None:
        self.metrics.no_hits.inc()
        if self.journal is not None and self.settings.keep_unanswered and plan:
            self.journal.missed(plan)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """A place for reading a picture, which fills a processor for half a second. Raises Busy when all are taken."""
        if not self._eyes.acquire(timeout=self.settings.encoder_patience):
            raise Busy("Too many pictures are being looked at. Try again in a moment.", retry_after=2)
        try:
            yield
        finally:
            self._eyes.release()

    def warm_up(self) -> None:
        """One search and a look at every part, so that the first visitor does not pay for what is made on first use."""
        self.state()
        self.search(Plan(query="the", k=1))

    def film(self, movie_id: str) -> bytes:
        """One film as JSON. Raises UnknownMovie."""
        edition = self.library.edition
        page = self._pages.get(movie_id, edition)
        if page is None:
            page = orjson.dumps(film_json(self.library.catalogue.movie(movie_id)))
            self._pages.put(movie_id, page, edition)
        return page

    # -- the house -----------------------------------------------------------------------------

    def genres(self) -> GenreModel:
        """The genre classifier. Raises ModelMissing."""
        return self.need(self.heads.genres if self.heads else None, "genre classifier", BUILD)

    def validator(self) -> PosterModel:
        """The poster validator. Raises ModelMissing."""
        return self.need(self.heads.validator if self.heads else None, "poster validator", f"{BUILD} --negatives DIR")

    def forecast(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """What a film may earn, from what is known of it before it opens, for the wire.

        Comparable films that have left the catalogue are left out. Raises ModelMissing, or BadInput for years and
        budgets that can't be.
        """
        model = self.need(self.heads.box_office if self.heads else None, "box-office forecast", TRAIN)
        told = model.ask(pitch(known))
        catalogue = self.library.catalogue
        return {
            "revenue": told.revenue,
            "interval": list(told.interval),
            "comparables": [
                {"movie": film_json(catalogue.movie(near.film.id)), "revenue": near.film.revenue, "reason": near.reason}
                for near in told.comparables
                if near.film.id in catalogue
            ],
            "drivers": [{"name": driver.name, "words": driver.words, "effect": driver.effect} for driver in told.drivers],
            "notes": list(told.notes),
        }

    def findings(self) -> AuditBook:
        """The audit of the catalogue. Raises ModelMissing; so does reading it before there was an audit."""
        return self.need(self.audit, "catalogue audit", AUDIT)

    def need(self, part: T | None, what: str, command: str) -> T:
        """`part`, or ModelMissing with the command that brings it."""
        if part is None:
            raise ModelMissing(f"This server has no {what} yet. Run: {command}")
        return part

    def state(self) -> dict[str, Any]:
        """What /readyz tells: the index, the encoder, the optional parts, the queue, a version that can't be taken up."""
        self.library.refresh(look=True)
        index = self.library.index
        encoder = self.library.encoder
        return {
            "ready": getattr(encoder, "alive", True) and self.ends == math.inf,
            "version": index.version,
            "encoder": encoder.name,
            "films": len(index.catalogue),
            "models": {
                "genres": self.heads is not None and self.heads.genres is not None,
                "validator": self.heads is not None and self.heads.validator is not None,
                "box_office": self.heads is not None and self.heads.box_office is not None,
                "audit": self.audit is not None and self.audit.there,
                "agent": self.agent is not None,
            },
            "queue": getattr(encoder, "waiting", 0),
            "waiting": asdict(self.library.waiting) if self.library.waiting else None,
        }

    def stop(self, seconds: float) -> None:
        """The server is stopping: no longer ready, and conversations have so long to end; language models less."""
        self.ends = time.monotonic() + seconds
        if self.agent is not None:
            waiting = threading.Timer(_MODELS * seconds, self.agent.hurry)
            waiting.daemon = True
            waiting.start()

    def ending(self) -> None:
        """Raises Busy when what goes on without end has to end: the server stops."""
        if time.monotonic() > self.ends:
            raise Busy("The server is stopping, so this answer ends here. Send your message again in a moment.", retry_after=5)

    def close(self) -> None:
        """Answer what waits, then end the threads."""
        if isinstance(self.library.encoder, BatchingEncoder):
            self.library.encoder.close()
        self.pictures.close()
        if self.journal is not None:
            self.journal.close()


def _tell_waiting(waiting: Waiting | None) -> None:
    log = structlog.get_logger("api")
    if waiting is None:
        log.info("version no longer waits")
    else:
        log.error("version waits", version=waiting.version, reason=waiting.reason, note=waiting.note)
