"""Verdicts: "I've seen it", "loved Heat", "not that one", "they know Shrek backwards", with the request that may follow.

Notes what somebody says of films, and carries out what is asked behind it. Which sentences ask for
films in other ways is `dialogue.py`'s; keeping the verdicts is `memory.py`'s.
"""

from __future__ import annotations

import re
from dataclasses import replace

from movies.vocabulary import fold
from rag.conversation import phrasing as say
from rag.conversation.acts import Act, Scene
from rag.conversation.asking import read_sentence, request
from rag.conversation.bounding import bounded
from rag.conversation.lifting import lifted
from rag.conversation.memory import Verdict
from rag.conversation.naming import named_films, title_inside, titles_known
from rag.conversation.references import refer
from rag.conversation.revision import own_words
from rag.lexical import content_words
from rag.plan import Plan
from rag.reading.understanding import Understanding

_I = re.IGNORECASE
_FEW_WORDS = 5
_SEEN_TITLE = re.compile(r"^.*?\b(?:seen|saw|watched) ", _I)
_SUBJECT = re.compile(r"^(?:(?:but|and|no|sorry),? )*(?:he|she|they)(?='s|'ve| has| have| saw| watched| seen)")


def judged(said: str, text: str, scene: Scene) -> Act | None:
    """ "I've seen it", "loved Heat", "not that one": noted; with a request behind it, carried out as well."""
    read = read_sentence(said, scene.vocabulary)
    pointed = refer(_SUBJECT.sub("", text), scene.table, scene.vocabulary)
    head = re.split(r"[,.;!]", said)[0]
    if (
        say.REJECT.match(text)
        and (not read.plan.filters or (pointed and pointed.explicit and say.NOT_THE_ONE.match(text)))
        and (pointed or (len(head.split()) <= _FEW_WORDS and named_films(read_sentence(head, scene.vocabulary))))
        and not say.SEEN.search(text)
    ):
        away = tuple(film.id for film in pointed.films) if pointed else named_films(read)
        if pointed is None or pointed.explicit or len(text.split()) <= _FEW_WORDS:
            plan = scene.memory.plan
            return Act("search", plan=plan.model_copy(update={"exclude": tuple(dict.fromkeys((*plan.exclude, *away)))}))
    if not_that := say.AWAY.search(
        text
    ):  # "we watch Home Alone every year, so not that", "a bit violent, not that. A gentle one"
        before = said[: not_that.start()]
        if say.SIMILAR.search(fold(before)):  # "similar, but not that one"
            return None
        away = named_films(read_sentence(before, scene.vocabulary)) or title_inside(before, scene)
        away = away or ((scene.table.it.id,) if scene.table.it else ())
        rest = said[not_that.end() :].strip(" .,;!") if len(said) == len(text) else ""
        if away and (not_that.start() or (rest and re.match(r"not (?:that|this) (?:one|film|movie)\b", text))):
            wish = rest or (before if read_sentence(before, scene.vocabulary).plan.filters else "")
            act = request(wish, scene) if wish else Act("search", plan=scene.memory.plan)
            return replace(act, plan=act.plan.model_copy(update={"exclude": tuple(dict.fromkeys((*act.plan.exclude, *away)))}))
    if known := _known(said, text, read, scene):
        return known
    if mixed := _mixed_verdicts(said, scene):
        return Act("feedback", verdicts=mixed)
    verdict: Verdict | None = None
    for pattern, kind in ((say.DISLIKED, "dislike"), (say.SEEN, "seen"), (say.LIKED, "like")):
        if pattern.search(text):
            verdict = kind  # type: ignore[assignment]
            break
    if verdict is None and (liked := praised(said, scene)) and not say.ELSE.search(text):
        return Act("feedback", verdicts=((liked[0], "like"),))
    people = {"like": read.plan.filters.people, "dislike": read.plan.filters.people_none}.get(verdict or "")
    if verdict is None or (people and not named_films(read)):  # "I love Sam Neill. His others?", "I don't want Bergman"
        return None
    films = named_films(read, scene.table) or (tuple(film.id for film in pointed.films) if pointed else ())
    if verdict == "seen" and (not films or named_films(read)):  # "Shrek and Toy Story we've seen"
        films = tuple(dict.fromkeys((*films, *titles_known(said, scene))))
    bare = verdict == "seen" and re.search(r"\b(?:seen|saw|watched|know)\W*(?:already|before|too|both|all)?\W*$", text)
    if not films and bare and scene.table.it and len(text.split()) <= 4:
        films = (scene.table.it.id,)
    if not films and verdict == "seen":
        title = re.sub(
            r"(?:\s+(?:already|before|too|yesterday|last \w+|twice|once|again|\d+ times|(?:in|at) the (?:cinema|theat(?:er|re)|movies)|on (?:tv|dvd|netflix|a plane)))+\W*$",
            "",
            _SEEN_TITLE.sub("", said),
            flags=_I,
        ).strip(" .!?")
        films = tuple(film.id for film in scene.vocabulary.films_named(title)[:1])
    if not films:
        title = _SEEN_TITLE.sub("", said).strip(" .!?")
        strange = not all(scene.vocabulary.is_ordinary(word) for word in content_words(title)) and len(title.split()) <= 8
        return Act("absent", absent=(title,)) if verdict == "seen" and strange else None
    verdicts = tuple((movie_id, verdict) for movie_id in films[:10])
    rest = own_words(read.plan.query)
    asks = re.search(
        r"\b(?:something|anything|similar|(?<!not )(?<!n't )like (?:it|that|this)|recommend|suggest|show|find|what else|more|another|want|looking|but|next|"
        r"(?:what|which)\b.*\b(?:watch|see|like|enjoy))\b",
        say.NEVER_AGAIN.sub("", text),
    )
    wishes = [wish for wish in read.plan.soft if wish.kind != "rating"]  # "both brilliant" praises what was seen
    other = read.plan.filters or wishes or read.plan.relative or say.SAME.search(text)
    if verdict == "seen":
        plan = request(said, scene).plan if other else scene.memory.plan
        if read.plan.like:  # "seen it, loved it. What else is like The Babadook?"
            plan = Plan(like=read.plan.like)
        elif re.search(r"\b(?:like (?:it|that|this|those)|similar)\b", text):
            plan = _like_them(films, read, scene)
        return Act("feedback", verdicts=verdicts, plan=plan, new=not scene.memory.plan)
    other = other or say.ELSE.search(text)
    if verdict == "like" and (asks or other):
        delta = read.plan.model_copy(update={"query": "" if not other else rest, "like": films, "k": Plan().k})
        return Act("feedback", verdicts=verdicts, plan=bounded(delta, [scene.catalogue.movie(films[0])]), new=True)
    if verdict == "dislike" and not (asks or other) and set(named_films(read, scene.table)) & set(scene.memory.offered):
        return Act("feedback", verdicts=verdicts, plan=scene.memory.plan)  # what is left without it
    if verdict == "dislike" and (asks or other):
        act = request(said, scene)
        return Act("feedback", verdicts=verdicts, plan=act.plan.model_copy(update={"unlike": films[:1]}), new=act.new)
    return Act("feedback", verdicts=verdicts)


def _mixed_verdicts(said: str, scene: Scene) -> tuple[tuple[str, Verdict], ...]:
    """ "I liked Heat and hated Titanic": one verdict per clause; none unless they differ and each names a film."""
    given: list[tuple[str, Verdict]] = []
    for clause in re.split(
        r"[,;.!]\s+(?:but |and )?|\s+(?:but|and|while)\s+(?=(?:i |we )?(?:really |absolutely )?(?:loved?|liked?|enjoyed|hated?|disliked?|adored?|didn'?t|did not|don'?t|couldn'?t|can'?t)\b)",
        said,
        flags=_I,
    ):
        kind: Verdict | None = (
            "dislike" if say.DISLIKED.search(fold(clause)) else "like" if say.LIKED.search(fold(clause)) else None
        )
        films = named_films(read_sentence(clause, scene.vocabulary), scene.table) if kind else ()
        if kind is None or not films:
            return ()
        given += [(movie_id, kind) for movie_id in films]
    return tuple(given[:10]) if len({kind for _, kind in given}) > 1 else ()


def _known(said: str, text: str, read: Understanding, scene: Scene) -> Act | None:
    """Films somebody knows without saying that he has seen them: "done Die Hard", "they know Shrek backwards"."""
    if not say.KNOWN.search(text) or say.QUESTION.match(text):
        return None
    known, it = titles_known(said, scene) or named_films(read, scene.table), scene.table.it
    if not known and it and len(text.split()) <= 12 and re.search(r"\b(?:seen|saw|watched|done|did) (?:it|that|this)\b", text):
        known = (it.id,)
    if not known:
        return None
    plan = scene.memory.plan
    if re.search(r"\b(?:similar|like (?:it|that|this|those|them))\b", text):
        plan = _like_them(known[:3], read, scene)
    elif read.plan.filters or read.plan.soft or read.plan.relative or lifted(said, plan) != plan:
        plan = request(re.split(r"[.!]\s+", said, maxsplit=1)[-1], scene).plan
    return Act("feedback", verdicts=tuple((film, "seen") for film in known[:10]), plan=plan, new=not scene.memory.plan)


def _like_them(films: tuple[str, ...], read: Understanding, scene: Scene) -> Plan:
    """ "Seen it. Something like it, but shorter": films like those, with whatever else was said."""
    wish = read.plan.model_copy(update={"query": "", "like": films, "exclude": (), "k": Plan().k})
    return bounded(wish, [scene.catalogue.movie(films[0])])


def praised(said: str, scene: Scene) -> tuple[str, ...]:
    """The film of "thanks, The Apartment was wonderful"; "it" is told by what was shown."""
    found = say.PRAISED.search(said)
    return tuple(film.id for film in scene.vocabulary.films_named(found["title"])[:1]) if found else ()
