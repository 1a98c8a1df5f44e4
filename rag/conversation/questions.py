"""Questions about films: is the sentence one, which film is meant, and which fact is asked.

"Who directed it?", "Dogtooth, is it as weird as they say?", "which is longer, Heat or Goodfellas?", "why not Alien?".
Does not know the answers (`facts.py`, `telling.py`).
"""

from __future__ import annotations

import re

from movies.vocabulary import fold
from rag.conversation import phrasing as say
from rag.conversation.acts import Act, Scene
from rag.conversation.asking import described, read_sentence
from rag.conversation.facts import fact_asked
from rag.conversation.naming import (
    absent_title,
    begun_on_table,
    called_by_a_word,
    named_films,
    title_first,
    title_in,
    unknown_title,
)
from rag.conversation.references import Reference, extreme_of, failed, refer
from rag.conversation.revision import own_words, revised
from rag.plan import Plan
from rag.reading.understanding import Understanding

_I = re.IGNORECASE
_POLITE = re.compile(r"\b(?:please|ok|okay|yes|hmm+|and|then|maybe|oh|show me|tell me about|more about|i meant?|sorry|again)\b")
_AT_FIRST = 8  # characters before a reference that begins a sentence ("ok, ")
_ASKED_BARE = (
    "unrecorded",
    "runtime",
    "cast",
    "directors",
    "year",
    "money",
    "language",
    "countries",
    "rating",
)  # whatever else is said


def why_or_why_not(said: str, text: str, scene: Scene) -> Act | None:
    """ "Why Heat?", "why not Alien?", "what happened to Up?": of a film shown, or of one that wasn't."""
    if not say.WHY.match(text) and not say.WHY_NOT.search(text):
        return None
    read = read_sentence(said, scene.vocabulary)
    named = named_films(read)
    if say.WHY_NOT.search(text):
        absent = tuple(mention.text for mention in read.mentions if not mention.films)
        title = re.sub(
            r"^.*?\bwhy (?:not|no|isn'?t|is not|didn'?t you (?:\w+ )?|don'?t you (?:\w+ )?)\s*", "", said, flags=_I
        ).strip(" ?!.")
        if not named and not absent and title and not refer(title, scene.table, scene.vocabulary):
            named = tuple(
                film.id
                for film in scene.vocabulary.film_like(
                    re.sub(r"\b(?:in (?:there|the list|it)|here|on the list|included|show(?:n)?)\b", "", title).strip(), 0.8
                )[:1]
            )
            absent = () if named else ((title,) if unknown_title(title, scene) else ())
        if named:
            return Act("why_not", films=named[:1], read=read)
        if absent:
            return Act("absent", absent=absent)
    pointed = refer(text, scene.table, scene.vocabulary)
    it = pointed.films[0] if pointed else scene.table.it
    films = named[:1] or ((it.id,) if it else ())
    return Act("why", films=films) if films else None


def about_films(said: str, text: str, scene: Scene) -> Act | None:
    """Questions about one film: "who directed it?", "is it sad?", "how long is the third?"."""
    fact = fact_asked(said)
    read = read_sentence(said, scene.vocabulary)
    if say.DROPPING.search(text):
        return None  # "that's too heavy. Forget the length: a comedy?"
    if about := _after_a_remark(said, text, scene):
        return about
    if _asks_for_films(text, read):
        return None
    among = say.AMONG.match(text)
    if scene.table.shown and among:
        read = read_sentence(f"films {said[among.end() :]}", scene.vocabulary)
    if scene.table.shown and among and read.plan.filters:
        delta = Plan(filters=read.plan.filters)
        return Act("search", plan=revised(scene.memory.plan, delta, "only", scene.catalogue.count), read=read)
    if (within := say.IN_ANY_OF_THEM.match(said)) and scene.table.shown:
        read = read_sentence(f"films with {within['who']}", scene.vocabulary)
        if read.plan.filters:
            return Act(
                "search",
                plan=revised(scene.memory.plan, Plan(filters=read.plan.filters), "only", scene.catalogue.count),
                read=read,
            )
    pointed = refer(text, scene.table, scene.vocabulary)
    if compared := _compared(said, text, scene):
        return compared
    pointed = refer(text, scene.table, scene.vocabulary)
    if (found := say.THE_ONE.match(said)) and not (pointed and pointed.explicit):
        hunting = read.tip_of_the_tongue and not text.startswith("the ")
        return described(found["what"], scene) if scene.memory.plan and not hunting else None
    if again := asked_again(said, text, pointed, scene):
        return again
    if len(scene.table.shown) > 1 and re.match(
        r"^(?:(?:and|so|but)\s)*(?:(?:which|what|who)\b|(?:the )?\w+ of (?:them|these|those)\b)", text
    ):
        best = extreme_of(text, scene.table.shown)
        among = re.search(r"\b(?:of|among) (?:them|these|those)\b|\bwhich (?:one )?(?:is|was|of|has)\b|\bones?\b", text)
        if best and among and not re.search(r"\b(?:films?|movies?|catalogue|you have|you've got|there is)\b", text):
            return Act("extreme", films=(best[1].id,), text=best[0])
    if pointed and pointed.explicit and not re.search(r"\w", _POLITE.sub("", text[: pointed.start] + text[pointed.end :])):
        return Act("details", films=(pointed.films[0].id,), text="plot", read=read)  # "the second one"
    rest = text[pointed.end :].strip(" ,.;:–—-") if pointed and pointed.explicit and pointed.start < _AT_FIRST else ""
    behind = bool(rest) and bool(say.QUESTION.match(rest) or say.BARE_FACT.match(rest))  # "the submarine one: length?"
    fact = fact_asked(rest) if behind else fact
    asks = (
        bool(say.QUESTION.match(text))
        or behind
        or (fact and (said.endswith("?") or say.BARE_FACT.match(text) or (pointed is not None and pointed.explicit)))
    )
    if (
        (both := say.AND_A_FACT.search(text))
        and (fact or both[0].startswith(("and is", "and was")))
        and (named_films(read) or title_in(said, scene))
    ):
        return Act("details", films=(named_films(read) or (str(title_in(said, scene)),))[:1], text=fact, read=read)
    if not asks or re.match(
        r"^(?:and |so )*(?:(?:the )?same (?:director|actor|actress|star|year|decade|country|language|genre)\b(?! as\b)|do you have|have you got|is there|are there|can you (?:find|show|recommend|suggest|make)|could you|(?:it )?(?:could|may|might|can) be\b|(?:can|could) it (?:also )?be (?:an? \w+ |one |something )?(?:by|from|with(?:out)?|not|no|under|over|less|more|longer|shorter|older|newer|about|animated|that|which|in)\b|(?:can|could) it (?:also )?be (?:an? )?[\w -]{2,30}? (?:one|film|movie)\b|(?:can|could) it also be an?\b|(?:can|could) it be a (?:bit|little)\b|give me(?! (?:the|its) (?:plot|story)\b)|do i|what (?:films|movies)|which (?:films|movies)|how many(?! (?:minutes|hours)\b)|would you|can i|can we|what should|what can|what would|what do you|what(?:'s| is| are)? (?:there |else )?(?:like|similar to) (?!it\b)|what (?:have|else have|else do) you|what else (?:is there|are there|have)|have you (?:got )?any)\b",
        text,
    ):
        return None
    if (
        say.INVENTORY.search(text)
        and not re.search(r"\bin it\b", text)
        and ("genre" in fact or re.search(r"\b(?:are there|you have|you've got|have you|the catalogue)\b", text))
    ):
        return None
    wanted = read.plan.filters
    if fact == "year" and (wanted.genres_all or wanted.genres_any) and (wanted.year_min or wanted.year_max):
        return None  # "what came out in 1994 that's a comedy"
    named = named_films(read)
    if (
        not named
        and (title := title_in(said, scene))
        and not (pointed and pointed.explicit and re.search(r"\bthe .* one\b", text))
    ):
        named = (title,)
    named = named or (called_by_a_word(said, scene) if not (pointed and pointed.explicit) else ())
    stranger = "" if named else absent_title(said, scene) or ""
    if stranger[:1].isupper() and not re.search(r"\b(?:it|that|this|them|one|film|movie)\b", stranger):
        return None  # "who's in Zoolander?" is not about the film at hand
    what_about = re.match(r"^(?:and |so |but |ok(?:ay)?,? |well,? |right,? |alright,? |hmm+,? )*(?:what|how) about\b", text)
    if named and what_about:
        fits = not failed(scene.catalogue.movie(named[0]), scene.memory.plan.filters)
        if scene.memory.plan and fits and named[0] not in scene.memory.offered:
            return Act("search", plan=Plan(query=scene.catalogue.movie(named[0]).title), films=named[:1], new=True, read=read)
        return (
            Act("why_not", films=named[:1], read=read)
            if scene.memory.plan
            else Act("details", films=named[:1], text="", read=read)
        )
    if what_about and not pointed:
        return None
    if named and (fact or re.match(r"^(?:and |so )*(?:is|was|does|did|has|tell me|describe|what|who|when|where|how)\b", text)):
        return Act("details", films=named[:1], text=fact, read=read)
    if say.THE_ONE.match(text) and (not pointed or failed(pointed.films[0], read.plan.filters)):
        return None  # "which is the one with the shark?"
    if pointed and not say.LIKE_THAT.search(text[: pointed.start]) and not say.SAME.search(text):
        return Act("details", films=tuple(film.id for film in pointed.films[:1]), text=fact, read=read)
    made = re.match(r"^(?:and |so )*what (?:films? |movies? )?(?:did|has|have) (?:its|the|that|this|his|her)\b", text)
    if say.SAME.search(text) and (
        made or say.ELSE.search(text) or say.FURTHER.search(text)
    ):  # "what else did its director make?"
        return None
    if fact and scene.table.it and not read.mentions and (fact not in ("genres", "poster") or pointed):
        if fact in ("cast", "directors") and re.search(r"\bwho (?:is|was) (?!in\b|the\b|it\b)", text) and not pointed:
            return None
        if not own_words(read.plan.query) or fact in _ASKED_BARE or say.ITS_PLOT.match(text):
            return Act("details", films=(scene.table.it.id,), text=fact, read=read)
    if (
        fact
        and not scene.table.it
        and re.search(r"\b(?:it|that|this|the (?:first|second|third|last))\b", text)
        and not own_words(read.plan.query)
    ):
        return Act("which", text="Which film do you mean? Tell me its title.")
    return None


def _asks_for_films(text: str, read: Understanding) -> bool:
    """Questions that sound like one about a film and ask for films: "what else did David Lean direct?"."""
    if re.match(r"^(?:and |so |any )*(?:an)?other (?!one\b)", text):  # "other family films, with real actors"
        return True
    if re.match(
        r"^(?:and |so )*(?:which|what)(?: [\w'’-]+){1,5} (?:films|movies) (?:do you|have you|are there|is there)\b", text
    ):
        return True
    if read.plan.filters.people and say.ANYTHING_WITH.match(
        text
    ):  # "has Adam Sandler ever been in something that is no comedy?"
        return True
    return bool(read.plan.filters.people) and bool(say.ELSE.search(text) or say.WHICH_HAS.match(text))


def _after_a_remark(said: str, text: str, scene: Scene) -> Act | None:
    """A question behind a title or a remark: "Dogtooth, is it as weird as they say?", "The pigs! Who made it?"."""
    found = say.HEAD_THEN_QUESTION.search(said)
    if found is None and (last := say.OF_A_TITLE.match(said)) and (title := title_in(last["asked"], scene)):
        return Act(
            "details", films=(title,), text=fact_asked(last["asked"]), read=read_sentence(last["asked"], scene.vocabulary)
        )
    if found is None or scene.vocabulary.films_named(said.strip(" ?!.")):
        return None
    head, asked = found["head"].strip(" \"“”'"), found["asked"]
    read = read_sentence(asked, scene.vocabulary)
    if re.match(r"(?:tell me|what do)\b", asked, re.IGNORECASE):
        title = title_in(asked, scene)
        return Act("details", films=(title,), text="plot", read=read) if title else None
    pointed = refer(head, scene.table, scene.vocabulary)
    ids: tuple[str, ...] = (
        (pointed.films[0].id,) if pointed and pointed.explicit else ()
    )  # "the Indian one sounds good, how does it start?"
    ids = ids or title_first(head, scene) or named_films(read_sentence(head, scene.vocabulary)) or begun_on_table(head, scene)
    if ids and say.THE_OTHER.search(asked):  # "seen the western, how long is the other?"
        ids = tuple(film.id for film in scene.table.shown if film.id not in ids) or ids
    ids = ids or ((title,) if say.QUESTION.match(fold(head)) and (title := title_in(head, scene)) else ())
    of_it = re.match(r"(?:and |but |so )?(?:is|was|did|does|has) (?:it|that|this)\b", asked, _I)  # whatever is asked of it
    plain = not say.THE_ONE.match(head) and not say.SAME.search(text)
    plain = plain and bool(of_it or not read_sentence(said, scene.vocabulary).plan.filters)
    if not ids and scene.table.it and plain and re.search(r"[.!?…]", found["stop"]):
        ids = (scene.table.it.id,)
    return Act("details", films=ids[:1], text=fact_asked(asked), read=read) if ids else None


def _compared(said: str, text: str, scene: Scene) -> Act | None:
    """ "Which is longer, Heat or Goodfellas?" """
    if (pair := say.COMPARE.match(said)) and all(scene.vocabulary.films_named(pair[part]) for part in ("one", "other")):
        ids = tuple(scene.vocabulary.films_named(pair[part])[0].id for part in ("one", "other"))
        return Act("search", plan=Plan(query=" ".join((pair["one"], pair["other"]))), films=ids, new=True, asked_for=2)
    if not say.COMPARED.match(text):
        return None
    titles = [title.strip(" ?!.,:") for title in re.split(r"\bor\b|\band\b|\bvs\.?(?=\s)|[,:]", say.COMPARING.sub(",", said))]
    films = [scene.catalogue.movie(known[0].id) for title in titles if title and (known := scene.vocabulary.films_named(title))]
    if len(films) < 2:
        return None
    which = extreme_of(re.sub(r"\bfirst\b|\bearlier\b", "oldest", text), films)
    return Act("extreme", films=(which[1].id,), text=which[0]) if which else None


def asked_again(said: str, text: str, pointed: Reference | None, scene: Scene) -> Act | None:
    """ "And the other one?", "what about Seven?": the last question, of another film."""
    last = scene.memory.exchanges[-1] if scene.memory.exchanges else None
    short = re.match(r"^(?:and|what about|how about|same (?:question )?for|so)\b", text) and len(text.split()) <= 7
    if last is None or last.act != "details" or not short or fact_asked(said):
        return None
    title = re.sub(r"^(?:and |so |what about |how about |same (?:question )?for |for |in )+", "", said, flags=_I).strip(" ?!.")
    named = scene.vocabulary.films_named(title) or scene.vocabulary.films_named(
        re.sub(r"^the (?:film|movie) ", "", title, flags=_I)
    )
    if named:
        return Act("details", films=(named[0].id,), text=fact_asked(last.said), read=read_sentence(last.said, scene.vocabulary))
    if pointed and pointed.explicit:
        return Act(
            "details", films=(pointed.films[0].id,), text=fact_asked(last.said), read=read_sentence(last.said, scene.vocabulary)
        )
    return None
