"""Why a film was shown, and why another was not, in words for people.

Each reason is read off the film's record and the plan; nothing is guessed. Does not choose films.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from movies.movie import Filters, Movie
from movies.vocabulary import fold
from rag.conversation.prose import listed_words
from rag.index import Hit
from rag.plan import Plan, language_name
from rag.ranking import mood_evidence
from rag.reading.moods import MOODS, comparative


def explained(hit: Hit, plan: Plan, anchors: Sequence[Movie], *, by_picture: bool = False) -> Hit:
    """The hit with a reason that fits the plan, in words for people. `by_picture`: it was searched for with a picture."""
    said = because(hit, plan, anchors)
    said = f"{said[:1].upper()}{said[1:]}." if said else hit.evidence.said
    passage = hit.evidence.passage if plan.query else None
    poster = hit.evidence.poster and (
        by_picture or bool(plan.query or plan.like)
    )  # nothing was asked that it could come near to
    return replace(hit, evidence=replace(hit.evidence, said=said, passage=passage, poster=poster))


def because(hit: Hit, plan: Plan, anchors: Sequence[Movie]) -> str:
    """What speaks for a hit, in half a sentence; empty when there is nothing in particular."""
    film = hit.movie
    parts: list[str] = []
    for anchor in anchors[:1]:
        shared = [word for word in film.keywords if word in anchor.keywords] or [
            name.lower() for name in film.genres if name in anchor.genres
        ]
        people = [name for name in film.people if name in anchor.people]
        if shared or people:
            parts.append(f"it shares {listed_words([*people[:1], *shared[:2]])} with {anchor.title}")
    held = plan.filters.genres_all  # true of every film shown, so no reason for a wish
    for wish in plan.soft:
        if wish.kind == "mood" and wish.weight > 0 and wish.value in MOODS:
            words = [word for word in mood_evidence(film, str(wish.value))[1] if word not in held]
            parts += [f"{wish.value}: {_in_words(words)}"] if words else []
    for relative in plan.relative:
        if relative.kind == "mood" and relative.direction > 0 and relative.name in MOODS:
            words = list(mood_evidence(film, relative.name)[1])
            parts += [f"{comparative(relative.name)}: {_in_words(words)}"] if words else []
    if plan.query and hit.evidence.words and not anchors:
        parts.append(
            f"it speaks of {listed_words(word.lower() if word.islower() else word for word in hit.evidence.words[:3])}"
        )
    return "; ".join(parts)


def _in_words(words: Sequence[str]) -> str:
    return listed_words(word.lower() for word in words[:2])


def worth_saying(reason: str) -> str:
    """Reasons that say nothing beyond the obvious are left out of the prose."""
    return (
        ""
        if reason in ("", "Fits what you asked for.", "Its plot comes closest in meaning.") or reason.startswith("Mentions")
        else reason
    )


def failure(film: Movie, name: str, plan: Plan) -> str:
    """Why a film does not satisfy one constraint: "it runs 170 minutes, and you asked for at most 120"."""
    filters = plan.filters
    people = {fold(person) for person in film.people}
    told = Filters(**{name: plan.filters.model_dump()[name]}).chosen()[name]
    if name in ("year_min", "year_max"):
        return f"it is from {film.year or 'an unknown year'}, and you asked for {told} or {'later' if name == 'year_min' else 'earlier'}"
    if name in ("runtime_min", "runtime_max"):
        length = f"it runs {film.runtime} minutes" if film.runtime else "its length is unknown"
        return f"{length}, and you asked for at {'least' if name == 'runtime_min' else 'most'} {told}"
    if name == "genres_all":
        missing = listed_words(genre for genre in filters.genres_all if genre not in film.genres)
        return f"it is not filed under {missing} (but {listed_words(film.genres)})"
    if name == "genres_any":
        return f"it is none of {listed_words(filters.genres_any)} (but {listed_words(film.genres)})"
    if name == "genres_none":
        return f"it is filed under {listed_words(genre for genre in film.genres if genre in filters.genres_none)}, which you ruled out"
    if name == "languages":
        spoken = language_name(film.language) if film.language else "an unknown language"
        return f"it is in {spoken}, not {listed_words(language_name(code) for code in filters.languages[:3])}"
    if name == "countries":
        return (
            f"it comes from {listed_words(film.countries) or 'an unknown country'}, not {listed_words(filters.countries[:3])}"
        )
    if name == "people":
        return f"{listed_words(person for person in filters.people if fold(person) not in people)} isn't in it"
    if name == "people_any":
        return f"none of {listed_words(filters.people_any)} is in it"
    if name == "people_none":
        return f"{listed_words(person for person in filters.people_none if fold(person) in people)} is in it"
    if name == "rating_min":
        return f"it is rated {film.rating:g}" if film.rating is not None else "there is no rating for it"
    return "of its poster"
