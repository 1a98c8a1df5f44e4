"""Tip of the tongue over several turns: what is known of the film, as something to search for.

Keeps what was said, the answers and the films it is not; turns them into clues with weights. Which
question to put next is `twenty_questions.py`'s; searching is the index's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.conversation.acts import Act
from rag.conversation.memory import Hunt
from rag.plan import Plan
from rag.reading.understanding import Vocabulary, understand

_NEGATED = -0.5  # weight of what the film is said not to be, against 1 for what it is
_MOST_SAID = 4000  # characters
_LEAD = re.compile(
    r"^.*?\b(?:remember|recall|think of|looking for|find|name of|what(?:'s| is| was)|which)\b[^.?!]{0,40}?"
    r"\b(?:film|movie|flick|one|title)\b(?: (?:i saw|i watched|called))?\s*(?:,|:)?\s*"
    r"(?:where|in which|about|with|that has|when|of|from)?\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Trail:
    """What to search for: a plan of wishes, clues (text, weight) and spans of years (from, to)."""

    plan: Plan
    clues: tuple[tuple[str, float], ...]
    years: tuple[tuple[int, int], ...]


def continued(hunt: Hunt | None, act: Act, said: str) -> Hunt:
    """The hunt after a turn: begun, a question answered, films rejected, or another clue."""
    before = hunt or Hunt()
    if act.text == "start":
        return Hunt(said=said[:_MOST_SAID])
    if act.text == "none":
        return before.model_copy(update={"rejected": tuple(dict.fromkeys((*before.rejected, *act.films)))})
    if act.text in ("yes", "no", "unsure"):
        told = f"{before.said}\n{act.plan.query}".strip()[:_MOST_SAID]
        return before.model_copy(update={"answers": (*before.answers, (before.pending, act.text)), "said": told})
    return before.model_copy(update={"said": f"{before.said}\n{said}"[:_MOST_SAID]})


def trail(hunt: Hunt, vocabulary: Vocabulary) -> Trail:
    """Everything said so far as clues."""
    read = understand(hunt.said, vocabulary)
    clues = [(without_lead(clue.text), _NEGATED * clue.weight if clue.negated else clue.weight) for clue in read.clues]
    if not read.tip_of_the_tongue:
        clues = [(without_lead(line), 1.0) for line in hunt.said.split("\n") if line.strip()]
    kept = tuple(clue for clue in clues if clue[0])
    query = ". ".join(text for text, weight in kept if weight > 0) or without_lead(hunt.said)
    plan = Plan(query=query[:_MOST_SAID], soft=read.plan.soft, exclude=(*read.plan.exclude, *hunt.rejected))
    wishes = [wish.value for wish in plan.soft if wish.kind == "years" and isinstance(wish.value, tuple)]
    return Trail(plan, kept, tuple((int(low or 1880), int(high or 2100)) for low, high in wishes))


def without_lead(text: str) -> str:
    """A clue without "I'm trying to remember a film where"."""
    stripped = _LEAD.sub("", text, count=1).strip(" ?.")
    return stripped if len(stripped.split()) > 1 else text
