"""What a turn can be: the acts of a conversation, and the scene a sentence is heard in.

Data only. Which act a sentence is: `dialogue.py`; doing it: `performing.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from movies.catalogue import Catalogue
from movies.movie import Filters
from rag.conversation.memory import Memory, Verdict
from rag.conversation.references import Table
from rag.plan import Plan
from rag.reading.understanding import Understanding, Vocabulary

Kind = Literal[
    "search", "more", "details", "why", "why_not", "recap", "feedback", "tastes", "clear_tastes", "count", "inventory", "extreme",
    "poster", "hunt", "found", "greeting", "thanks", "help", "off_topic", "absent", "reset", "which", "box_office", "plot_genres", "fetch_model",
]  # fmt: skip


@dataclass(frozen=True)
class Act:
    """What a turn wants. Which fields matter depends on `kind`.

    `plan`: the whole request to carry out; `new`: it has nothing to do with the one before. `films`
    are ids; `verdicts` (film id, verdict) said on the way; `absent` titles that aren't in the catalogue;
    `text`: what `kind` is about in words (the fact asked for, the plot, what to list, an answer).
    """

    kind: Kind
    plan: Plan = field(default_factory=Plan)
    new: bool = False
    films: tuple[str, ...] = ()
    verdicts: tuple[tuple[str, Verdict], ...] = ()
    absent: tuple[str, ...] = ()
    text: str = ""
    read: Understanding = field(default_factory=lambda: Understanding("", Plan()))
    standing: Filters | None = None  # ruled out for good ("never show me horror")
    asked_for: int | None = None  # films wanted in this turn, when a number was said
    asks: frozenset[str] = (
        frozenset()
    )  # of a picture: "check", "genres", "which", "fact", "films" (like it, or "unlike"); none: everything


@dataclass(frozen=True)
class Scene:
    """What a sentence is heard against: the names of the catalogue, the memory, the films on the table."""

    vocabulary: Vocabulary
    catalogue: Catalogue
    memory: Memory
    table: Table
    picture: bool = False
