"""Searches asked for in a conversation: what a sentence, alone or beside a picture, makes of the request.

Joins what the sentence says by itself with what it points to ("like the second one", "by the same
director") and with the request that stands. Does not tell searches from other acts (`dialogue.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from movies.catalogue import fts_query
from movies.movie import Filters, Movie
from movies.vocabulary import fold
from rag.conversation import phrasing as say
from rag.conversation.acts import Act, Scene
from rag.conversation.bounding import bounded, firm, renumbered
from rag.conversation.facts import fact_asked
from rag.conversation.lifting import lifted
from rag.conversation.memory import Memory, Verdict
from rag.conversation.references import Reference, fitting_beyond, refer
from rag.conversation.revision import is_new, own_words, revised
from rag.lexical import content_words
from rag.plan import Plan
from rag.reading.names import tokenize_name
from rag.reading.plainly import plain, repaired
from rag.reading.spelling import is_english
from rag.reading.understanding import Understanding, Vocabulary, understand

_STRANGER = re.compile(
    r"\b(?:with|starring|featuring|directed by|films? by|movies? by|in the mood for|fancy)\s+(?P<name>[^\W\d_a-z][\w'’.-]+(?:\s+[^\W\d_a-z][\w'’.-]*){1,2})(?=\W*$|[,.;!?]|\s+(?:and|or|in|from|please|then|but)\b)"
)
_STRANGER_TYPED = re.compile(r"\b(?:with|starring|featuring|by) (?P<name>[a-z]{3,}(?: [a-z'’-]{3,}){1,2})(?=\W*$|[,.;!?])")
_STRANGERS_FILMS = re.compile(
    r"\b(?P<name>[^\W\d_][\w'’.-]+ [^\W\d_][\w'’.-]+?)(?:'s)? (?:films?|movies?|flicks?|comed(?:y|ies)|dramas?|thrillers?|westerns?|musicals?|romances?)\b",
    re.IGNORECASE,
)
_REASON = re.compile(r"^.*[,.] (?:and )?so (?=(?:never ?mind|forget|ignore|drop|no need)\b)", re.IGNORECASE)
_WHAT_ABOUT = re.compile(
    r"(?:^|[.!] )(?:(?:[Aa]nd )?(?:[Ww]hat|[Hh]ow) about ((?:the )?\w+(?: [A-Z]\w+)?)|(?:[Aa]nd )?((?:the )?[A-Z]\w+(?: [A-Z]\w+)?)|(?<!.)((?:the )?[a-z]+))"
    r"(?:,? (?:then|instead|in (?:any|whatever) language))*\s*\?*$"
)
_SHORT_AT_THE_END = re.compile(
    r"[.!]\s+(?:and )?((?!(?:any|his|her|their|its|it|that|this|same|other|another|more|will|would|is|are|can|could|do|does|what|who|how|why|or|ok|right|please|yes|no)\b)(?:[\w'’-]+ ){0,2}[\w'’-]+)\s*\?+$",
    re.IGNORECASE,
)
_SAID_OF_IT: tuple[tuple[re.Pattern[str], Verdict], ...] = (
    (say.DISLIKED, "dislike"),
    (say.SEEN, "seen"),
    (re.compile(r"\b(?:i|we) (?:really |absolutely |just )?(?:loved?|liked|adored?|enjoyed)\b"), "like"),
)
_NOT_LIKE_IT = re.compile(
    r"\b(?:not|nothing|unlike)(?: anything)?(?: at all)? (?:like )?(?:this|that|it)(?: one| film| movie)?(?=\W*$|\s*[,.;!])"
)
_INSTEAD = re.compile(r"\binstead\W*$")
_THAN_IT = re.compile(
    r"\bthan (?:that|this|it)(?: one| film| movie)?\b(?! (?:long|short|old)\b)|\b(?:before|after) (?:it|that one)\b"
)
_TELLING = 3  # words of a description that a film elsewhere has to have, all of them
_NAME_ASKED = re.compile(
    r"(?:[,.;:!?…–-]* *(?:and )?(?:how|what)(?:'s| is| was) (?:it|that|this|that one|the (?:film|movie)|(?:the|its) (?:title|name))(?: called| named)?|"
    r"[,.;:!?…–-]+ *(?:and )?(?:who .+|how long .+|when .+|title))(?: again)?\W*$",
    re.IGNORECASE,
)  # what is asked behind a description
_ANY_LANGUAGE = re.compile(
    r"\b(?:the )?language(?: itself)? (?:doesn't|does not|needn't|need not) matter\b|\bwhatever (?:the )?language\b",
    re.IGNORECASE,
)
_FAMILY = re.compile(
    r"\b(?:the )?([\w'’-]+)s? (?:brothers|bros|sisters|siblings)\b|\bby the ([\w’-]{3,}s)(?=\s*(?:[?!.,]|$))", re.IGNORECASE
)


@lru_cache(maxsize=256)  # one sentence is looked at from several sides
def read_sentence(said: str, vocabulary: Vocabulary) -> Understanding:
    """The sentence reader, for sentences of a conversation: put plainly, corrections made, short "which film is …?" read as a request."""
    if halves := repaired(said):
        first, meant = (read_sentence(half, vocabulary) for half in halves)
        taken_back = lifted(halves[1], first.plan)
        if meant.plan.filters == Plan().filters and taken_back != first.plan:  # "after 2010, wait no, any year's fine"
            return replace(first, plan=taken_back)
        if meant.plan != Plan() and not first.tip_of_the_tongue:
            both = revised(first.plan, meant.plan, "instead", lambda _: 1)
            return replace(meant, plan=both, mentions=(*first.mentions, *meant.mentions), spans=(*first.spans, *meant.spans))
    text = _FAMILY.sub(lambda found: _siblings(found, vocabulary), plain(said))
    if len(text.split()) <= 9 and not re.search(
        r"\b(?:where|in which|that one|with the|about (?:a|the))\b", text, re.IGNORECASE
    ):
        text = say.WHICH.sub(r"\g<what> films ", text)
    read = understand(text, vocabulary)
    return _in_any_language(read) if _ANY_LANGUAGE.search(fold(said)) else read


def _in_any_language(read: Understanding) -> Understanding:
    """ "Spanish films, made in Spain I mean, the language doesn't matter" """
    plan = read.plan
    free = plan.filters.model_copy(update={"languages": ()})
    return replace(read, plan=plan.model_copy(update={"filters": free, "query": _ANY_LANGUAGE.sub("", plan.query).strip()}))


def _siblings(found: re.Match[str], vocabulary: Vocabulary) -> str:
    """ "The Coen brothers" by their names."""
    name = fold(found[1] or found[2])
    people = vocabulary.family(name) or vocabulary.family(name.removesuffix("s"))
    return f"by {' and '.join(person.name for person in people)}" if people else found[0]


def request(said: str, scene: Scene) -> Act:
    """A search: the request as it stands after this sentence, and what has been ruled out for good."""
    act = _request(said, scene)
    if act.kind != "search":
        return act
    asked = act.read.plan.filters
    refused = Filters(genres_none=asked.genres_none, people_none=asked.people_none)
    standing = refused if refused and say.STANDING.search(fold(said)) else None
    plan = without_refused(act.plan, scene.memory.never, asked)
    return replace(act, plan=plan.model_copy(update={"exclude": tuple(dict.fromkeys(plan.exclude))}), standing=standing)


def described(what: str, scene: Scene) -> Act:
    """ "The one in the Amish community": a film that wasn't shown, among those that fit the request, or else among all."""
    read = read_sentence(f"a film {_NAME_ASKED.sub('', what)}", scene.vocabulary)
    base = scene.memory.plan.model_copy(
        update={"query": "", "like": (), "soft": (), "relative": (), "avoid": (), "sort": "relevance"}
    )
    plan = revised(base, read.plan, "also", scene.catalogue.count)
    elsewhere = not scene.table.beyond(plan.query) and len(content_words(plan.query)) >= _TELLING
    elsewhere = elsewhere and fitting_beyond(plan.query, scene.catalogue, read.plan.filters) is not None
    if elsewhere or not scene.catalogue.count(plan.filters):
        plan = read.plan
    asked = _NAME_ASKED.search(what)
    fact = fact_asked(asked[0]) if asked else ""
    if fact and (film := scene.table.beyond(plan.query)):  # "the one with the memory loss, who made it?"
        return Act("details", films=(film.id,), text=fact, read=read)
    return Act("search", plan=plan, read=read)


def without_refused(plan: Plan, never: Filters, asked: Filters) -> Plan:
    """The plan without what is ruled out for good, unless it is asked for by name now."""
    wanted = {*asked.genres_all, *asked.genres_any, *asked.people}
    filters = plan.filters
    for name in ("genres_none", "people_none"):
        refused = [value for value in getattr(never, name) if value not in wanted]
        filters = filters.model_copy(update={name: tuple(dict.fromkeys((*getattr(filters, name), *refused)))})
    clash = set(filters.genres_none) & set(filters.genres_all)
    filters = filters.model_copy(update={"genres_all": tuple(name for name in filters.genres_all if name not in clash)})
    return plan.model_copy(update={"filters": filters})


def _request(said: str, scene: Scene) -> Act:
    memory, vocabulary = scene.memory, scene.vocabulary
    heard = re.sub(
        r"^\s*(?:(?:ok(?:ay)?|hmm+|well|so|now|actually|then|great|cool|nice|and|but|yes)\s*,?|(?:no|yes|nah|(?:oh )?wait)\s*,)\s+(?=\w)",
        "",
        said,
        flags=re.IGNORECASE,
    )
    heard = _change_asked(heard, scene) if memory.plan else heard
    anchors: tuple[Movie, ...] = ()
    pointed = refer(heard, scene.table, vocabulary)
    folded = fold(heard)
    if number := renumbered(heard, memory.plan):
        return Act("search", plan=number)
    if say.ONLY_THEM.match(folded) and len(people := memory.plan.filters.people) > 1:
        alone = memory.plan.filters.model_copy(update={"people": people[-1:]})
        return Act("search", plan=memory.plan.model_copy(update={"filters": alone}))
    if (found := say.TOGETHER.match(folded)) and (both := _all_of_either(memory.plan)):
        rest = heard[found.end() :] if len(heard) == len(folded) else ""
        together = replace(scene, memory=memory.model_copy(update={"plan": both}))
        return _request(rest.strip(" ,;."), together) if own_words(rest) else Act("search", plan=both)
    if not scene.table.shown and say.EARLIER.search(folded):
        return Act("which", text="I haven't shown you anything yet. Which film do you mean?")
    if example := _example(folded, pointed, scene):
        anchors = example.films
        folded = heard = f"{folded[: example.start]} {folded[example.end :]}".strip()
    read = read_sentence(heard or said, vocabulary)
    delta = read.plan.model_copy(update={"query": own_words(read.plan.query), "k": Plan().k})
    given = {kind for kind in ("year", "runtime") if delta.filters.chosen().keys() & {f"{kind}_min", f"{kind}_max"}}
    delta = delta.model_copy(
        update={"relative": tuple(r for r in delta.relative if r.kind not in given)}
    )  # "older, from the 50s"
    delta = _with_same(_with_surname(_kept_away(delta, folded), scene), folded, scene)
    delta = _with_strangers(delta, heard, scene)
    if delta.filters.people and say.ELSE.search(folded):  # "what else did she do?": not what was just talked about
        named = [mention.films[0].id for mention in read.mentions if mention.films]
        return Act(
            "search",
            plan=firm(
                bounded(_others_of(delta, scene, named), [scene.table.it] if scene.table.it else []),
                Plan(),
                scene.catalogue.count,
            ),
            new=True,
            read=read,
            asked_for=None,
        )
    if not anchors and not delta.like and say.SIMILAR.search(folded) and scene.table.it:
        anchors = (scene.table.it,)
        delta = delta.model_copy(update={"query": ""})
    if scene.table.it and say.BESIDES_IT.search(folded):
        delta = delta.model_copy(update={"exclude": (*delta.exclude, scene.table.it.id)})
    if scene.table.it and say.ELSE.search(folded):  # "what other war films have you got?"
        delta = delta.model_copy(update={"exclude": (*delta.exclude, scene.table.it.id)})
    asked_for = next((int(span.value) for span in read.spans if span.field == "k" and isinstance(span.value, int)), None)
    examples = [scene.catalogue.movie(movie_id) for movie_id in delta.like if movie_id in scene.catalogue]
    table = examples or list(anchors) or list(scene.table.shown)
    if delta.relative and not examples and not anchors and _THAN_IT.search(folded):
        # "Newer than that one"; "before it came out", of the film to be like
        liked = [scene.catalogue.movie(movie_id) for movie_id in memory.plan.like if movie_id in scene.catalogue]
        measured = scene.table.focus or (liked[0] if len(liked) == 1 else None)
        table = [measured] if measured else table
    if delta.relative and say.THAN_A_FILM.search(fold(plain(heard))):
        # "Newer than Blade Runner" measures by it, and asks for nothing like it.
        delta = delta.model_copy(update={"like": ()})
    if anchors:
        ids = tuple(film.id for film in anchors[:3])
        base = memory.plan.model_copy(update={"query": "", "like": (), "soft": (), "relative": (), "sort": "relevance"})
        plan = revised(base, delta.model_copy(update={"like": ids}), said, scene.catalogue.count, anchors)
        return Act("search", plan=firm(plan, memory.plan, scene.catalogue.count), read=read, asked_for=asked_for)
    standing = _without_role(folded, memory.plan, vocabulary)
    if not heard.strip() or (standing == memory.plan and is_new(said, delta, memory.plan)):
        delta = delta.model_copy(update={"like": delta.like or (memory.picture if _points_at_picture(folded, memory) else ())})
        plan = firm(bounded(delta, table), Plan(), scene.catalogue.count)
        return Act("search", plan=plan, new=True, read=read, asked_for=asked_for)
    plan = revised(standing, delta, said, scene.catalogue.count, table)
    by_name = bool(delta.filters.genres_all or delta.filters.people) and len(delta.filters.chosen()) > 1
    if _INSTEAD.search(folded) and by_name and not scene.catalogue.count(plan.filters):
        plan = bounded(delta, table)  # "a German-language comedy instead": of what stood nothing can be kept
    return Act("search", plan=firm(plan, memory.plan, scene.catalogue.count), read=read, asked_for=asked_for)


def _example(text: str, pointed: Reference | None, scene: Scene) -> Reference | None:
    """The films on the table that "something like it" points to, and where those words stand."""
    if pointed and (found := say.LIKE_THAT.search(text[: pointed.start])):
        return replace(pointed, start=found.start())
    if called := re.search(r"\blike the ([\w-]+) (?:film|movie)\b", text):  # "like the troll film": the troll one on the table
        film = refer(f"the {called[1]} one", scene.table, scene.vocabulary)
        if film and film.explicit and (found := say.LIKE_THAT.search(text[: called.start() + 5])):
            return replace(film, start=found.start(), end=called.end())
    for cue in say.LIKE_CUE.finditer(text):  # "he knows it. Something like it": the first "it" is not the example
        film = refer(text[cue.end() :], scene.table, scene.vocabulary)
        if film and film.start == 0 and (found := say.LIKE_THAT.search(text[: cue.end()])):
            return replace(film, start=found.start(), end=cue.end() + film.end)
    return None


def _all_of_either(plan: Plan) -> Plan | None:
    """The plan with all of the people, or genres, of whom one would have done; None where there was no choice."""
    filters = plan.filters
    for each, either in (("people", "people_any"), ("genres_all", "genres_any")):
        if choice := getattr(filters, either):
            asked = {each: tuple(dict.fromkeys((*getattr(filters, each), *choice))), either: ()}
            return plan.model_copy(update={"filters": filters.model_copy(update=asked)})
    return None


def _change_asked(heard: str, scene: Scene) -> str:
    """What a follow-up asks for, without the remark before it: "He has done WW2 to death. Vietnam?"."""
    if found := _REASON.search(heard):
        return heard[found.end() :]
    if found := _SHORT_AT_THE_END.search(heard):
        heard = f"what about {found[1]}?"
    filters = scene.memory.plan.filters
    found = _WHAT_ABOUT.search(heard) if filters.countries or filters.languages else None
    place = found and (found[1] or found[2] or found[3])
    countries = read_sentence(f"films from {place}", scene.vocabulary).plan.filters.countries if place else ()
    if place and countries:  # "and Iceland?": where films are from, if that leaves any; else what they are about
        moved = filters.model_copy(update={"countries": countries, "languages": ()})
        nowhere = not scene.catalogue.count(Filters(countries=countries))  # which is worth saying
        return f"instead from {place}" if nowhere or scene.catalogue.count(moved) else heard
    return heard


def beside_picture(said: str, scene: Scene) -> Act:
    """A picture: what the words beside it ask for on top ("something like this, but lighter")."""
    text = fold(said)
    left = re.sub(
        r"\b(?:what|which|who|is|it|this|that|the|a|an|of|for|from|does|do|you|have|know|can|tell|me|film|movie|poster|picture|image|photo|genres?|belongs?|to|find|similar|like|something|more|please|same|here|look|looks|style|vein|spirit|mood|vibe|way|sort|kind|attached|recogni[sz]e|identify|show|i|in|on|called|title|name|and|or|real|valid)\b",
        " ",
        text,
    )
    read = read_sentence(said, scene.vocabulary)
    delta = read.plan.model_copy(
        update={"query": own_words(read.plan.query) if re.search(r"\w{3}", left) else "", "k": Plan().k}
    )
    asks = asked_of_picture(said)
    verdict = next((kind for pattern, kind in _SAID_OF_IT if pattern.search(text)), None)
    if verdict:  # "I hated this", "seen it, what next?"
        delta = delta.model_copy(update={"query": ""})
        next_one = verdict != "dislike" and bool(
            say.ASKS_FILMS.search(text) or re.search(r"\b(?:next|else|similar|like|more)\b", text)
        )
        asks = frozenset({"which", "films"} if next_one else {"which"})
    if _NOT_LIKE_IT.search(text):
        asks = asks | {"unlike", "films"}
    return Act("poster", plan=delta, new=True, read=read, text=verdict or "", asks=asks)


def asked_of_picture(said: str) -> frozenset[str]:
    """What the words beside a picture ask: to `check` it, its `genres`, `which` film it is, a `fact` about that, `films` like it.

    Empty for a picture without words, or with words that are no question: then everything is told.
    """
    text = fold(said)
    patterns = {
        "check": say.PICTURE_CHECK,
        "genres": say.PICTURE_GENRES,
        "which": say.PICTURE_WHICH,
        "films": say.PICTURE_FILMS,
    }
    found = {name for name, pattern in patterns.items() if pattern.search(text)}
    besides = say.PICTURE_CHECK.sub(" ", text)
    yes_or_no = say.QUESTION.match(text) and not found
    if (
        fact_asked(said) not in ("", "genres", "poster")
        or yes_or_no
        or re.search(r"\b(?:is|was|does) (?:it|this|that)\b.+", besides.partition(" and ")[2])
    ):
        found.add("fact")
    return frozenset(found)


def _with_same(delta: Plan, text: str, scene: Scene) -> Plan:
    """ "by the same director", "with her", "from the same year": taken from the film talked about."""
    if say.WITHOUT_THEM.search(text):
        named = scene.memory.plan.filters.people or delta.filters.people or (scene.table.it.cast[:1] if scene.table.it else ())
        wanted = [name for name in delta.filters.people if name not in named]  # "something else by Edgar Wright, without them"
        filters = {**delta.filters.chosen(), "people": wanted, "people_none": (*delta.filters.people_none, *named)}
        return delta.model_copy(update={"filters": Filters(**filters), "query": ""})
    liked = scene.memory.plan.like if len(scene.memory.plan.like) == 1 and scene.memory.plan.like[0] in scene.catalogue else ()
    example = scene.catalogue.movie(liked[0]) if liked else None  # "more films like Whiplash. Anything else by its director?"
    found, film = say.SAME.search(text), scene.table.focus or example or scene.table.it
    if say.SOMEBODY_ELSE.search(text) and (people := scene.memory.plan.filters.people or (film.directors if film else ())):
        filters = {**delta.filters.chosen(), "people_none": (*delta.filters.people_none, *people)}
        query = own_words(say.SOMEBODY_ELSE.sub("", delta.query))
        return delta.model_copy(update={"filters": Filters(**filters), "query": query})
    if found is None:
        return delta
    # "I love Keira. What else did she do?": whoever was named in the sentence before
    named_before = r"|he|she|they" if re.search(r"[.!?]", text[: found.start()]) else ""
    pronoun = re.search(rf"\b(?:(him|her|them)$|his|her|their{named_before})\b", found[0])
    if pronoun and delta.filters.people:
        return delta  # "Sigourney Weaver! What have you got with her?"
    last = scene.memory.exchanges[-1] if scene.memory.exchanges else None
    asked_fact = fact_asked(last.said) if last is not None and last.act == "details" else None
    just_named = read_sentence(last.said, scene.vocabulary).plan.filters.people if last else ()
    with_them = pronoun[1] if pronoun else None  # "with him", rather than "his films"
    if re.search(r"\b(?:he|she|him|his|her)\b", found[0]) and len(just_named) == 1:  # "is Darín in it?", "only those with him"
        return _by_them(delta, just_named, with_them)
    if with_them and asked_fact == "directors" and film and film.directors and with_them != "them":  # "who directed it?"
        others = delta.model_copy(update={"exclude": (*delta.exclude, film.id)})
        return _by_them(others, film.directors[:1], with_them)
    asked_for = scene.memory.plan.filters.people
    if with_them and asked_for:
        return _by_them(delta, asked_for[-1:], with_them)
    if re.search(r"\b(?:not|no|nothing|none|without|never|except)(?: by| from| with)?\s+$", text[: found.start()]):
        refused = {"director": film.directors, "actor": film.cast[:1]}.get(found.group(1) or "", ()) if film else ()
        filters = {**delta.filters.chosen(), "people_none": (*delta.filters.people_none, *refused)}
        return delta.model_copy(update={"query": "", "avoid": (), "filters": Filters(**filters)}) if refused else delta
    details = asked_fact in ("", "cast", "directors")
    if asked_for and re.match(r"(?:his|her|their)\b" if details else r".*\b(?:his|her|their|he|she|they)\b", found[0]):
        return _by_them(delta, asked_for[-1:])
    if film is None:
        return delta
    what = found.group(1) or ("actor" if found.group(2) else "director")
    if not found.group(2) and re.search(
        r"\b(?:he|she|they|his|her|their)\b", found[0]
    ):  # "what else did she do?": whoever was asked about
        about = fact_asked(last.said) if last else ""
        acting = re.search(r"\b(?:star|act|play|appear|been in)", text) or (about == "cast" and "direct" not in text)
        what = "actor" if acting else "director"
    record: dict[str, object] = {}
    if what.startswith(("actor", "cast", "actress", "star", "lead")) and film.cast:
        record["people"] = film.cast[:1]
    elif what in ("director", "maker", "filmmaker", "film maker") and film.directors:
        record["people"] = film.directors[:1]
    elif what == "year" and film.year:
        record |= {"year_min": film.year, "year_max": film.year}
    elif what in ("decade", "era") and film.year:
        record |= {"year_min": film.year // 10 * 10, "year_max": film.year // 10 * 10 + 9}
    elif what == "country" and film.countries:
        record["countries"] = film.countries[:1]
    elif what == "language" and film.language:
        record["languages"] = (film.language,)
    elif what.startswith("genre"):
        record["genres_all"] = film.genres[:2]
    query = re.sub(
        r"\b(?:director|actors?|cast|actress|star|lead|year|decade|era|country|language|genres?|maker|same|studio|or|him|her|them|his|their|he|she|they|anything|other|else|do|did|done|make|made|been|star(?:red)?|play(?:ed)?|act(?:ed)?|direct(?:ed)?)\b",
        "",
        delta.query,
        flags=re.IGNORECASE,
    )
    return delta.model_copy(
        update={
            "filters": Filters(**{**delta.filters.chosen(), **record}),
            "query": " ".join(query.split()),
            "exclude": (*delta.exclude, film.id),
        }
    )


def _by_them(delta: Plan, people: tuple[str, ...], pronoun: str | None = None) -> Plan:
    """The request with these people, and of its words what stands beside "with him"; nothing of "what else did he do"."""
    query = own_words(re.sub(rf"\b(?:with|by|from) {pronoun}\b", " ", delta.query)) if pronoun else ""
    return delta.model_copy(update={"query": query, "filters": delta.filters.model_copy(update={"people": people})})


def _others_of(delta: Plan, scene: Scene, named: Sequence[str] = ()) -> Plan:
    """A request of its own for other films of people: without those at hand or `named` that they take part in."""
    wanted = set(delta.filters.people)
    at_hand = [scene.table.focus] if scene.table.focus else list(scene.table.shown)
    at_hand += [
        scene.catalogue.movie(movie_id) for movie_id in (*scene.memory.plan.like, *named) if movie_id in scene.catalogue
    ]
    known = [film.id for film in at_hand if wanted & set(film.people)]
    return delta.model_copy(update={"query": "", "exclude": tuple(dict.fromkeys((*delta.exclude, *known)))})


def _with_strangers(delta: Plan, said: str, scene: Scene) -> Plan:
    """ "Dramas with Meryl Streep", of whom there is nothing here: asked for all the same, so that it is said that nothing fits.

    Only where no film speaks of them, for "with Darth Vader" names nobody who acts.
    """
    found = _STRANGER.search(said) or _STRANGERS_FILMS.search(said) or _STRANGER_TYPED.search(said)
    name = found["name"].rstrip(".") if found else ""
    if found is None or name not in delta.query or scene.catalogue.speaks_of(name):
        return delta
    if found.re is _STRANGERS_FILMS and not _sounds_like_a_name(name, scene):
        return delta
    if found.re is _STRANGER_TYPED and any(is_english(fold(word)) for word in name.split()):
        return delta
    people = (*delta.filters.people, name if name != name.lower() else name.title())
    query = " ".join(delta.query.replace(name, " ").split())
    return delta.model_copy(update={"query": own_words(query), "filters": delta.filters.model_copy(update={"people": people})})


def _sounds_like_a_name(words: str, scene: Scene) -> bool:
    """A first name that people here have, and a word that no film has: "adam sandler"."""
    first, *_, last = fold(words).split()
    known = scene.vocabulary.is_ordinary(last) or scene.catalogue.words(fts_query([last]), 1)
    strange = not scene.catalogue.words(fts_query([first]), 1) and words == words.title()
    return (scene.vocabulary.in_a_name(first) or strange) and not scene.vocabulary.is_ordinary(first) and not known


def _with_surname(delta: Plan, scene: Scene) -> Plan:
    """ "Scorsese with De Niro": when all that is left of a sentence is a name, people are meant."""
    words, vocabulary = delta.query.split(), scene.vocabulary
    named = all(word[:1].isupper() or not vocabulary.is_ordinary(fold(word)) for word in words)
    if not 0 < len(words) <= 3 or not named:
        return delta
    names = tokenize_name(delta.query)
    person = vocabulary.person_named(names) or (
        (vocabulary.person_by_surname(names[0]) or vocabulary.person_by_surname(names[0], directing=True))
        if len(names) == 1
        else None
    )
    if person is None or vocabulary.films_named(delta.query):
        return delta
    filters = delta.filters.model_copy(update={"people": (*delta.filters.people, person.name)})
    if scene.catalogue.count(delta.filters) and not scene.catalogue.count(filters):  # "the Bond films with Sean Connery"
        return delta
    return delta.model_copy(update={"query": "", "filters": filters})


def _without_role(text: str, plan: Plan, vocabulary: Vocabulary) -> Plan:
    """ "Any director", "never mind the actors": the plan without its people of that trade."""
    found = say.ANY_ROLE.search(text)
    if found is None:
        return plan
    directing = "direct" in found[0] or "maker" in found[0]

    def of_that_trade(name: str) -> bool:
        person = vocabulary.person_named(tokenize_name(name))
        return person is None or (person.directed > person.played) == directing

    kept = {
        field: tuple(name for name in getattr(plan.filters, field) if not of_that_trade(name))
        for field in ("people", "people_none")
    }
    return plan.model_copy(update={"filters": plan.filters.model_copy(update=kept)})


def _kept_away(delta: Plan, text: str) -> Plan:
    """ "less confusing", "not Star Wars or Indiana Jones": words left over behind a negation are a theme to avoid."""
    left = fold(delta.query)
    if left and re.search(
        rf"\b(?:less|not (?:too|so|very|as)|(?:not|no|except|other than) [^.,;]*\bor) {re.escape(left)}\b", text
    ):
        return delta.model_copy(update={"query": "", "avoid": (*delta.avoid, delta.query)})
    return delta


def _points_at_picture(text: str, memory: Memory) -> bool:
    return bool(memory.picture) and bool(re.search(r"\b(?:poster|picture|image|like (?:this|that|it))\b", text))
