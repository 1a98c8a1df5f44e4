"""`Services`: the one place where the parts of a serving process are wired together.

The library (index and catalogue), the encoder behind its queue, the classifiers, the concierge and
the journal. What is optional and absent is None; asking for it raises ModelMissing with the command
that brings it. Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from PIL.Image import Image

from api.batching import BatchingEncoder
from api.journal import Journal
from api.limits import PictureDesk
from api.metrics import Metrics
from movies.encoders import encoder_for
from movies.errors import ModelMissing
from movies.settings import Settings
from rag.index import Hit, read_manifest
from rag.library import Library, current_version
from rag.plan import Plan
from rag.understanding import Vocabulary, understand

T = TypeVar("T")
_FEW = 3  # fewer hits than this, and the answer says which constraints to give up


class GenreModel(Protocol):
    """Genres from a plot, a poster or both (`classifiers`)."""

    def from_plot(self, plot: str) -> Any: ...
    def from_poster(self, poster: Image) -> Any: ...
    def from_both(self, poster: Image | None, plot: str | None) -> Any: ...


class PosterModel(Protocol):
    """Tells posters from other pictures (`classifiers`)."""

    def check(self, picture: Image) -> Any: ...


class Agent(Protocol):
    """The concierge: answers a message with events that have a `name` and JSON-able `data`."""

    def answer(self, session: str, message: str, *, image: Image | None = None, plan: Plan | None = None) -> Iterator[Any]: ...


@dataclass(frozen=True)
class Found:
    """The answer to a search: hits, the plan that was carried out, and what to give up when they are few."""

    hits: list[Hit]
    plan: Plan
    relaxations: list[tuple[str, int]]


@dataclass
class Services:
    """Everything the routes call. `close()` ends the threads behind it."""

    library: Library
    settings: Settings
    genres: GenreModel | None = None
    validator: PosterModel | None = None
    box_office: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    audit: Callable[[], Sequence[Mapping[str, Any]]] | None = None
    agent: Agent | None = None
    journal: Journal | None = None
    metrics: Metrics = field(default_factory=Metrics)
    pictures: PictureDesk = field(init=False)
    _vocabulary: tuple[tuple[str, int], Vocabulary] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.pictures = PictureDesk(self.settings)

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
            observe=metrics.batches.observe,
        )
        metrics.watch_queue(lambda: encoder.waiting)
        library = Library.open(settings.artifacts, settings, say, encoder=encoder)
        metrics.films.set_function(lambda: len(library.catalogue))
        services = cls(library, settings, journal=Journal(settings.journal), metrics=metrics)
        services.warm_up()
        return services

    # -- searching -----------------------------------------------------------------------------

    def search(self, asked: Plan, image: Image | None = None) -> Found:
        """Read the question in `asked.query`, join it with the explicit parts of `asked`, carry it out.

        What is asked for explicitly outranks what was read from the sentence.
        """
        plan = asked
        if asked.query:
            with self.metrics.stage("understand"):
                read = understand(asked.query, self.vocabulary()).plan
            filters = type(read.filters)(**{**read.filters.chosen(), **asked.filters.chosen()})
            like = tuple(dict.fromkeys((*asked.like, *read.like)))
            plan = read.model_copy(update={"filters": filters, "like": like, "k": asked.k})
        return self.carry_out(plan, image)

    def carry_out(self, plan: Plan, image: Image | None = None) -> Found:
        """Search as the plan says; a request that finds nothing is noted in the journal."""
        index = self.library.index
        with self.metrics.stage("search"):
            hits = index.search(
                plan.query, image=image, filters=plan.filters, like=plan.like, avoid=plan.avoid, without=plan.exclude, k=plan.k
            )
        relaxations: list[tuple[str, int]] = []
        if len(hits) < min(_FEW, plan.k) and plan.filters:
            relaxations = index.relaxations(plan.filters)
        if not hits:
            self.metrics.no_hits.inc()
            if self.journal is not None and self.settings.keep_unanswered and plan:
                self.journal.missed(plan)
        return Found(hits, plan, relaxations)

    def vocabulary(self) -> Vocabulary:
        """The words of the catalogue as it is now (made once per change)."""
        index = self.library.index
        stamp = (index.version, index.catalogue.data_version())
        if self._vocabulary is None or self._vocabulary[0] != stamp:
            self._vocabulary = (stamp, Vocabulary.of(index.catalogue))
        return self._vocabulary[1]

    def warm_up(self) -> None:
        """One search, so that the first visitor does not pay for what is made on first use."""
        self.search(Plan(query="a first look around", k=1))

    # -- the house -----------------------------------------------------------------------------

    def need(self, part: T | None, what: str, command: str) -> T:
        """`part`, or ModelMissing with the command that brings it."""
        if part is None:
            raise ModelMissing(f"This server has no {what} yet. Run: {command}")
        return part

    def state(self) -> dict[str, Any]:
        """What /readyz tells: the index, the encoder, the optional parts, the queue."""
        index = self.library.index
        encoder = self.library.encoder
        return {
            "ready": getattr(encoder, "alive", True),
            "version": index.version,
            "encoder": encoder.name,
            "films": len(index.catalogue),
            "models": {
                "genres": self.genres is not None,
                "validator": self.validator is not None,
                "box_office": self.box_office is not None,
                "audit": self.audit is not None,
                "agent": self.agent is not None,
            },
            "queue": getattr(encoder, "waiting", 0),
        }

    def close(self) -> None:
        """Answer what waits, then end the threads."""
        if isinstance(self.library.encoder, BatchingEncoder):
            self.library.encoder.close()
        self.pictures.close()
        if self.journal is not None:
            self.journal.close()
