"""Questions about one film, answered from its record: who, when, how long, what about, is it sad; and what there is in all.

What the record doesn't hold is said to be unknown. Knows films and words; does not know which film
is meant (`references.py`) nor that a sentence is such a question at all (`dialogue.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from movies.catalogue import Catalogue
from movies.movie import Movie
from movies.vocabulary import fold
from rag.conversation.grounding import fold_words
from rag.conversation.prose import listed_words, money, quoted, title_of
from rag.plan import language_name
from rag.ranking import mood_evidence
from rag.reading.moods import MOODS
from rag.reading.understanding import Understanding

FACTS: dict[str, str] = {
    "cast": r"\bwho(?:'s|s| is| are| was| were| else)* (?:in (?:it|that|this|the)|in\b|star|act|play|the (?:star|lead|actor|main))|\bcast\b|\bactors?\b|\bactress(?:es)?\b"
    r"|^starring|stars in|who (?:does|do) .* star|lead (?:role|actor)|whose voice|\bwho(?:'s| is| does)? (?:the )?voic",
    "directors": r"\bwho\b.{0,20}\bdirect|\bwho(?:'s|s| is| was)?(?: the)? (?:direct|made|makes|film-?maker|behind)|\bdirectors?\b|\bdirected\b|^who (?:is|was) .+ by\W*$",
    "year": r"^year\b|\bwhen (?:was|is|did|were|does)\b|(?:what|which) year|release (?:date|year)|how old (?:is|was)|year (?:is|was) (?:it|that)|came? out",
    "runtime": r"^length\b|\bhow (?:(?:much )?long|(?:many|much) (?:minutes?|hours?|time))\b|running time|\bruntime\b|\b(?:its|the) length\b",
    "money": r"box office|how much (?:money )?(?:did|has|does|will|would|might)|\bbudget\b|\bgross(?:ed)?\b|\bearn(?:ed)?\b|\brevenue\b|did it (?:cost|flop)|a (?:flop|box)",
    "genres": r"(?:what|which) (?:genres?|kind|type|sort)(?: of)?\b",
    "language": r"(?:what|which) languages?|subtitle|dubbed|what do they speak",
    "countries": r"(?:what|which) country|where (?:is|was|are|were|does) .*(?:from|made|shot|filmed|set)\b",
    "rating": r"\b(?:its |the )?rat(?:ing|ed)\b|\bscore\b|any good|how good|well rated|worth (?:watching|seeing|it)|(?:is|was) (?:it|that|this|he) good\b",
    "poster": r"\bposter\b",
    "unrecorded": r"\bwho (?:composed|scored|wrote|produced|shot|edited|did)(?: the (?:music|score|script|screenplay|songs?|costumes|effects)| it| this| that)\b|\b(?:composers?|screenwriters?|producers?|cinematographers?|soundtrack)\b"
    r"|\b(?:oscars?|awards?|golden globes?|palme d'or)\b",
    "plot": r"\babout\b|\bplot\b|\bsynopsis\b|\bthe story\b|\bwhat happens\b|summar|describe|tell me more|more (?:info|details)|know about",
}  # fmt: skip
"""Fact → how viewers ask for it, on folded text; the first that matches counts."""

_PROPERTIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "black and white": (r"black (?:and|&) white|\bb\s?&\s?w\b|in colou?r", ("black and white", "silent film")),
    "silent": (r"\bsilent\b", ("silent film",)),
    "based on a book": (r"based on (?:a|the) (?:book|novel|play|comic|story)", ("based on a book", "based on a novel", "based on a play", "based on a comic", "based on a short story")),
    "a true story": (r"true (?:story|events)|really happen|based on (?:real|true)", ("based on a true story", "true story", "based on true events")),
    "a sequel": (r"\bsequel\b", ("sequel",)),
    "a remake": (r"\bremake\b", ("remake",)),
}  # fmt: skip
_FOR_CHILDREN = re.compile(r"\b(?:kids?|child(?:ren)?|famil(?:y|ies)|little ones|(?:\w+ )?year[- ]olds?|toddlers?)\b")


def fact_asked(said: str) -> str:
    """Which fact a question is after; empty when none of those we know by name."""
    text = fold(said)
    return next((fact for fact, pattern in FACTS.items() if re.search(pattern, text)), "")


def answer(film: Movie, fact: str, said: str, read: Understanding) -> str:
    """One sentence that answers the question about the film. `read` is the question as the sentence reader saw it."""
    title = title_of(film)
    if fact == "directors":
        return (
            f"{title} was directed by {listed_words(film.directors)}." if film.directors else _unknown(title, "who directed it")
        )
    if fact == "cast":
        asked = [name for name in read.plan.filters.people if fold(name) not in fold(film.title)]
        if asked:
            return _takes_part(film, asked)
        return f"{title} stars {listed_words(film.cast[:6])}." if film.cast else _unknown(title, "who is in it")
    if fact == "year":
        return f"{title} came out in {film.year}." if film.year else _unknown(title, "when it came out")
    if fact == "runtime":
        return (
            f"{title} runs {film.runtime} minutes{_hours(film.runtime)}." if film.runtime else _unknown(title, "how long it is")
        )
    if fact == "money":
        return _money(film)
    if fact == "genres":
        return f"{title} is filed under {listed_words(film.genres)}." if film.genres else _unknown(title, "its genre")
    if fact == "language":
        return f"{title} is in {language_name(film.language)}." if film.language else _unknown(title, "its language")
    if fact == "countries":
        return f"{title} comes from {listed_words(film.countries)}." if film.countries else _unknown(title, "where it was made")
    if fact == "rating":
        known = f"{title} is rated {film.rating:g} of 10." if film.rating is not None else f"I have no ratings for {title}."
        return known + (f" What it is: “{quoted(film.plot)}”" if film.plot and film.rating is None else "")
    if fact == "unrecorded":
        return f"That isn't on file for {title}: I know directors, casts, years, lengths, genres and plots."
    if fact == "plot":
        return f"{title}: “{quoted(film.plot, 700)}”" if film.plot else _unknown(title, "its plot")
    return _property(film, said, read)


def _property(film: Movie, said: str, read: Understanding) -> str:
    """Yes-or-no questions: moods, genres, languages, people, years, "for kids", "black and white"."""
    title, text = title_of(film), fold(said)
    filters = read.plan.filters
    for name, (pattern, keywords) in _PROPERTIES.items():
        if re.search(pattern, text):
            return _yes_or_no(title, name, [word for word in film.keywords if word in keywords])
    if _FOR_CHILDREN.search(text):
        return _for_children(film)
    if filters.people:
        return _takes_part(film, filters.people)
    moods = [str(wish.value) for wish in read.plan.soft if wish.kind == "mood"] + [
        r.name for r in read.plan.relative if r.kind == "mood"
    ]
    for mood in moods:
        if mood in MOODS:
            return _mood(film, mood)
    genres = [*filters.genres_all, *filters.genres_any]
    if genres:
        fitting = [name for name in genres if name in film.genres]
        filed = f"it is filed under {listed_words(film.genres)}" if film.genres else "no genre is on file"
        return f"{'Yes' if len(fitting) == len(genres) else 'Not quite' if fitting else 'No'}, {filed}: {title}."
    if filters.languages or "subtitle" in text:
        return f"{title} is in {language_name(film.language)}." if film.language else _unknown(title, "its language")
    if filters.countries:
        return f"{title} comes from {listed_words(film.countries)}." if film.countries else _unknown(title, "where it was made")
    if re.search(r"\b(?:long|short|length|hours?|minutes)\b", text) and film.runtime:
        return f"{title} runs {film.runtime} minutes{_hours(film.runtime)}."
    if re.search(r"\b(?:old|new|recent|classic|modern)\b", text) and film.year:
        return f"{title} came out in {film.year}."
    words = [word for word in fold_words(read.plan.query).split() if len(word) > 3]
    held = [word for word in words if word in fold_words(" ".join((film.plot, *film.keywords)))]
    if held:
        return f"It looks that way: the description of {title} mentions {listed_words(f'“{word}”' for word in held)}."
    return f"That isn't on file for {title}. What I know: {quoted(film.plot) or 'little'}"


def _mood(film: Movie, mood: str) -> str:
    value, words = mood_evidence(film, mood)
    title = title_of(film)
    marks = [f"“{word}”" for word in words]
    if value >= 0.5:
        return f"Yes, {title} is on the {mood} side: it is marked {listed_words(marks)}."
    if value > 0:
        return f"Somewhat: {title} is marked {listed_words(marks)}, though nothing says outright that it is {mood}."
    filed = f" It is filed under {listed_words(film.genres)}" if film.genres else ""
    told = f", and marked {listed_words(f'“{word}”' for word in film.keywords[:4])}" if film.keywords and filed else ""
    return f"{'Hardly' if value < 0 else 'Nothing on file says so'}: {title}.{filed}{told}{'.' if filed else ''}"


def _for_children(film: Movie) -> str:
    title = title_of(film)
    if {"Family", "Children"} & set(film.genres):
        return f"Yes, {title} is a film for the whole family."
    rough = [name for name in film.genres if name in ("Horror", "War", "Crime", "Thriller", "Film-Noir")]
    if rough:
        return f"I wouldn't: {title} is filed under {listed_words(rough)}."
    return f"It isn't marked as a family film: {title} is filed under {listed_words(film.genres) or 'nothing yet'}. There are no age ratings on file."


def _takes_part(film: Movie, names: Sequence[str]) -> str:
    known = {fold(name) for name in film.people}
    there = [name for name in names if fold(name) in known]
    if there:
        roles = ["directed it" if name in film.directors and name not in film.cast else "is in it" for name in there]
        return f"Yes, {there[0]} {roles[0]}: {title_of(film)}."
    return f"No, {listed_words(names)} isn't in {title_of(film)}" + (
        f"; the cast on file is {listed_words(film.cast[:5])}." if film.cast else "."
    )


def _yes_or_no(title: str, what: str, marks: Sequence[str]) -> str:
    if marks:
        return f"Yes: {title} is marked {listed_words(f'“{mark}”' for mark in marks)}."
    return f"Nothing on file says that {title} is {what}."


def _money(film: Movie) -> str:
    parts = [f"took {money(film.revenue)}" if film.revenue else "", f"cost {money(film.budget)}" if film.budget else ""]
    known = [part for part in parts if part]
    return f"{title_of(film)} {listed_words(known)}." if known else _unknown(title_of(film), "what it cost or took")


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f" ({hours} h {rest:02d})" if hours else ""


def _unknown(title: str, what: str) -> str:
    return f"I don't know {what}: {title} has nothing on file for that."


def stock(catalogue: Catalogue, kind: str) -> tuple[str, list[tuple[str, int]]]:
    """(what is listed, each with its number of films) for `genre`, `language`, `country` or `decade`."""
    if kind == "language":
        return "languages", [(language_name(code), number) for code, number in catalogue.languages().items()]
    if kind == "country":
        counted = sorted(catalogue.terms("country").items(), key=lambda pair: -pair[1])
        return "countries", [(name.title(), number) for name, number in counted]
    if kind == "decade":
        decades = Counter(year // 10 * 10 for _, year in catalogue.years())
        return "decades", [(f"{decade}s", decades[decade]) for decade in sorted(decades)]
    return "genres", list(catalogue.genres().items())
