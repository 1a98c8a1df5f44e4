"""A poster in the conversation: checked, identified, its genres told, and what was asked about it.

What is asked decides what is told ("is this a real poster?" gets a yes or no and its reasons, no
films); without a question everything is told and similar films are looked for. A film that little
speaks for is called a weak match. Knows tools and films; does not read sentences (`asking.py`) nor
write prose (`prose.py`), and pixels are the tools'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from movies.movie import Movie
from movies.vocabulary import fold
from rag.conversation.acts import Act
from rag.conversation.bounding import bounded, firm
from rag.conversation.facts import answer, fact_asked
from rag.conversation.memory import Memory, Verdict
from rag.conversation.phrasing import LIKE_PICTURE
from rag.conversation.prose import CHECKING
from rag.conversation.reasons import explained
from rag.conversation.references import failed
from rag.index import Hit
from rag.plan import Plan
from rag.tools import Toolbox

_SHOWN = 5
_NAMEABLE = 0.45  # likeness from which the nearest film is worth naming, as a weak match


@dataclass(frozen=True)
class Look:
    """What came of a look: the plan of the search, films `told` of and `shown`, facts for the prose, the memory after it."""

    plan: Plan
    told: tuple[Hit, ...]
    shown: tuple[Hit, ...]
    facts: dict[str, Any]
    memory: Memory
    anchors: tuple[Movie, ...]


@dataclass(frozen=True)
class _Seen:
    """What the tools said. `film`: the best match; `sure`: the picture is surely that film's poster."""

    film: Hit | None
    sure: bool
    is_poster: bool
    facts: dict[str, Any]


def look(act: Act, box: Toolbox, memory: Memory, said: str) -> Look:
    """Look at the turn's picture, with the tools that what was said calls for."""
    asks = act.asks
    seen = _seen(box, asks)
    anchors = (seen.film.movie,) if seen.film is not None and seen.sure else ()
    asked = firm(bounded(act.plan, anchors), Plan(), box.index.catalogue.count)  # "like this, but newer"
    wanted = "films" in asks or (not asks and (seen.is_poster or bool(asked)))
    similar = _similar(box, asked, seen, anchors, memory, asks) if wanted else ()
    named = _named(seen, asks)
    if named is not None and act.text and seen.sure:
        memory = memory.with_verdict(named.movie_id, cast(Verdict, act.text))
    noted = {"verdict": act.text} if named is not None and act.text and seen.sure else {}
    facts = seen.facts | {"asks": sorted(asks - {"unlike"}), "named": named is not None, "sure": seen.sure} | noted
    if "fact" in asks and named is not None:
        facts["answer"] = answer(box.movie_details(named.movie_id), fact_asked(said), said, act.read)
    told = (*((named,) if named is not None else ()), *similar)[:_SHOWN]
    unwanted = named is not None and wanted and (failed(named.movie, asked.filters) or LIKE_PICTURE.search(fold(said)))
    shown = similar[:_SHOWN] if unwanted else told
    picture = (named.movie_id,) if named is not None else tuple(hit.movie_id for hit in similar[:3])
    plan = asked if wanted else Plan()
    memory = memory.model_copy(
        update={
            "picture": picture,
            "hunt": None,
            "offer": None,
            "plan": plan.model_copy(update={"unlike" if "unlike" in asks else "like": picture}),
        }
    ).with_shown(tuple(hit.movie_id for hit in shown), again=False)
    memory = memory.model_copy(update={"focus": named.movie_id if named is not None else memory.focus})
    return Look(plan, told, shown, facts, memory, anchors)


def _seen(box: Toolbox, asks: frozenset[str]) -> _Seen:
    """The picture checked, identified and, where wanted, its genres told; those of a picture that is no poster only when asked."""
    verdict = box.validate_poster()
    genres = "genres" in asks or ((verdict is None or verdict.is_poster) and (not asks or "films" in asks))
    told = box.poster_genres() if genres else None
    matches = box.identify_poster()
    is_poster = verdict is None or verdict.is_poster
    first = matches[0] if matches else None
    missing = ((verdict is None, CHECKING), (genres and told is None, "genres from posters"))
    facts: dict[str, Any] = {
        "checked": verdict is not None, "is_poster": is_poster, "reasons": list(verdict.reasons) if verdict else [],
        "genres": list(told.chosen) if told and not told.abstained else [], "abstained": bool(told and told.abstained),
        "unavailable": [words for lacking, words in missing if lacking],
    }  # fmt: skip
    return _Seen(first, first is not None and is_poster and not first.weak, is_poster, facts)


def _similar(
    box: Toolbox, asked: Plan, seen: _Seen, anchors: Sequence[Movie], memory: Memory, asks: frozenset[str]
) -> tuple[Hit, ...]:
    """Films like the one on the poster; else like the picture itself, all called weak when it is no poster."""
    field = "unlike" if "unlike" in asks else "like"
    plan = asked.model_copy(update={field: tuple(film.id for film in anchors)}) if anchors else asked
    found = box.search_movies(plan, k=_SHOWN, image=None if anchors else box.poster, aside=memory.put_aside)
    hits = tuple(explained(hit, plan, anchors, by_picture=not anchors) for hit in found.hits)
    return hits if seen.is_poster else tuple(replace(hit, weak=True) for hit in hits)


def _named(seen: _Seen, asks: frozenset[str]) -> Hit | None:
    """The film to name: the one on the poster, or the nearest one as a weak match where that may help."""
    if seen.film is None:
        return None
    evidence = seen.film.evidence
    if seen.sure:
        return replace(seen.film, evidence=replace(evidence, said="This is the film on the poster."))
    helps = asks != {"check"} and (seen.is_poster or bool(asks & {"which", "fact"}))
    if not helps or seen.film.score < _NAMEABLE:
        return None
    return replace(seen.film, weak=True, evidence=replace(evidence, said=f"A weak match. {evidence.reason}"))
