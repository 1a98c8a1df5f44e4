"""What a turn wants: the act behind a sentence, given what has been said and shown before.

Acts are told apart by small patterns on the folded sentence, tried from the most to the least
specific; what is left is a search, new or revised. Everything here is deterministic and is the
floor under any language model. Does not search, and does not write answers.
"""

from __future__ import annotations

import re
from dataclasses import replace

from movies.vocabulary import fold
from rag.conversation import phrasing as say
from rag.conversation.acts import Act, Scene
from rag.conversation.asking import beside_picture, read_sentence, request
from rag.conversation.bounding import bounded
from rag.conversation.naming import (
    absent_title,
    films_meant,
    misspelt_title,
    named_films,
    unknown_person,
    unknown_title,
)
from rag.conversation.pitching import is_pitch
from rag.conversation.questions import about_films, asked_again, why_or_why_not
from rag.conversation.references import NUMBERS, passes, refer
from rag.conversation.revision import own_words, revised
from rag.conversation.verdicts import judged, praised
from rag.plan import Plan
from rag.reading.chatter import spelled
from rag.reading.pieces import grammar_of

_I = re.IGNORECASE
_PLOT_TOLD = re.compile(r"[\"“](.{60,}?)[\"”]|:\s*(.{60,}?)(?=[.!?]\s*(?:what|which)\b|$)", _I | re.DOTALL)
_IS_HERE = re.compile(
    r"^(?:is|are) (?!(?:it|that|this|there|they|any|she|he)\b)(.+?) (?:here|available|in (?:the|your|this) (?:catalogue|catalog|library|collection)|in stock)\s*\?*$",
    _I,
)
_NOT_AGAIN = re.compile(
    r"^(?:always|again|every time)\b.{0,25}\b(?:another|something else|others)(?: one)?\W*$"
)  # "always that one, another"
_SUM = re.compile(r"[$€£]?\d[\d.,]* ?(?:million|billion|thousand|mln|m|k)\b", _I)
_FEW_WORDS = 5
_SHORT = 8  # words of a question about parts
_SHORT_QUESTION = 120  # characters: who asks what he likes doesn't tell a story first
_AMOUNTS = NUMBERS | {"few": 3, "a few": 3, "couple": 2, "a couple": 2}


def hear(said: str, scene: Scene) -> Act:
    """The act of a turn. Never fails: what isn't understood is a search for its words, or off topic."""
    said = _by_name(grammar_of(scene.vocabulary).speller.mended(spelled(said.strip())), scene)
    said = _IS_HERE.sub(r"do you have \1?", said)
    said = say.WHICH_IS.sub("the one ", said) if scene.table.shown else said
    said = say.SHORTENED.sub(r"\1 is", say.EXCLAMATION.sub("", said))
    if scene.table.shown:
        said = say.YES_AND_MORE.sub("", said)
    text = fold(said)
    if scene.picture:
        return beside_picture(said, scene)
    if not text:
        return Act("help")
    for attempt in (
        _small_talk, _hunting, _offered, _anything, _title_alone, _about_me, _from_plot, why_or_why_not, about_films, _about_catalogue, _more, _no_series, judged,
        _tip_of_the_tongue, _sequel, _series, _named, _unrelated,
    ):  # fmt: skip
        act = attempt(said, text, scene)
        if act is not None:
            return act
    return request(said, scene)


# -- acts, most specific first ------------------------------------------------------------------------


def _small_talk(said: str, text: str, scene: Scene) -> Act | None:
    if (
        say.INJECTION.search(said)
        or say.BOOKING.search(text)
        or (say.OFF_TOPIC.search(text) and not say.FILM_WORDS.search(text) and not _bounded(said, scene))
    ):
        return Act("off_topic")
    if not re.search(r"\w", text):
        return Act("help")
    if say.FETCH_MODEL.match(text):
        return Act("fetch_model")
    if say.GREETING.fullmatch(text):
        return Act("greeting")
    if say.HELP.search(text):
        return Act("help")
    if say.RESET.match(text):
        return Act("reset")
    if say.UNDO.match(text) and scene.memory.turns:
        return Act("search", plan=scene.memory.before)
    last = scene.memory.exchanges[-1].act if scene.memory.exchanges else ""
    if last == "off_topic" and say.PLEADED.match(text) and not read_sentence(said, scene.vocabulary).plan.filters:
        return Act("off_topic")
    if (
        (
            say.THANKS.fullmatch(text)
            or say.NEVER_MIND.search(text)
            or (say.SET.match(text) and not read_sentence(said, scene.vocabulary).plan.filters)
            or (say.THANKING.match(text) and not (praised(said, scene) or read_sentence(said, scene.vocabulary).plan.filters))
        )
        and not (scene.memory.hunt and (say.FOUND.search(text) or say.YES.match(text)))
        and not (scene.memory.offer and say.YES.match(text))
    ):
        return Act("thanks")
    return None


def _hunting(said: str, text: str, scene: Scene) -> Act | None:
    """Answers to the questions of a hunt, more clues, and its end."""
    hunt = scene.memory.hunt
    if hunt is None:
        return None
    if say.FOUND.search(text) and scene.table.it:
        pointed = refer(re.sub(say.FOUND, " ", text), scene.table, scene.vocabulary)
        return Act("found", films=(pointed.films[0].id if pointed else scene.table.it.id,))
    if hunt.pending:
        head = text.split(",")[0].split(" but ")[0]
        for pattern, answer in ((say.YES, "yes"), (say.NO, "no"), (say.UNSURE, "unsure")):
            if pattern.match(head) or (answer == "unsure" and pattern.search(head)):
                rest = said[len(head) :].strip(" ,.") if len(text) > len(head) else ""
                return Act("hunt", text=answer, plan=Plan(query=rest))
    elif say.UNSURE.search(text) and len(text.split()) <= _FEW_WORDS:
        return Act("which", text="Then tell me one thing more: a scene, a place, a name, roughly when it was made.")
    elif say.YES.match(text) and scene.table.it:
        return Act("found", films=(scene.table.it.id,))
    elif say.NO.match(text):
        return Act("hunt", text="none", films=scene.memory.shown)
    if re.search(r"\b(?:similar to|(?:films?|movies?|more|others?|something|anything|ones?) like) (?:it|that|this)\b", text):
        return None
    if re.search(r"\b(?:none of (?:these|those|them)|not (?:any of )?(?:these|those|them|that one|it)|wrong)\b", text):
        return Act("hunt", text="none", films=scene.memory.shown)
    if say.MORE.match(text):
        return Act("hunt", text="none", films=scene.memory.shown)
    telling = re.search(
        r"^(?:it|there|they|he|she|i (?:think|remember|also|believe)|also|and|maybe|the (?:film|movie|main|guy|girl|hero|ending|end)|one scene|in (?:it|one|the)|set|from|with|a|an|no,)\b",
        text,
    )
    telling = telling or re.search(r"\b(?:is|was|were|are|stars?|played?|appears?) in (?:it|that|the film|the movie)\W*$", text)
    if telling and not say.QUESTION.match(text) and not say.LIKED.search(text) and not say.SEEN.search(text):
        return Act("hunt", text="clue", read=read_sentence(said, scene.vocabulary))
    return None


def _about_me(said: str, text: str, scene: Scene) -> Act | None:
    if say.RECAP.search(text):
        return Act("recap")
    if (found := say.CLEAR.search(text)) and (
        kinds := [
            name
            for name, pattern in (
                ("like", r"\blike|lov|favou?r|enjoy|taste|preference"),
                ("dislike", r"dislik|hate"),
                ("seen", r"seen|watch|histor"),
            )
            if re.search(pattern, found["what"])
        ]
    ):
        return Act("clear_tastes", text=" ".join([] if re.search(r"taste|preference|histor", found["what"]) else kinds))
    if (
        len(text) < _SHORT_QUESTION
        and say.TASTES.search(text)
        and not re.search(r"\b(?:would|should|might|could)\b|i'd\b", text)
    ):
        return Act("tastes")
    return None


def _offered(said: str, text: str, scene: Scene) -> Act | None:
    """ "Yes" to what the last answer offered."""
    if scene.memory.offer is not None and (
        say.YES.match(text)
        or (
            len(text.split()) <= _FEW_WORDS
            and re.match(
                r"^(?:yes|yeah|sure|ok|please)\b(?!.*\b(?:what|who|when|how|which)\b).*\b(?:drop|without|do|show)\b", text
            )
        )
    ):
        return Act("search", plan=scene.memory.offer)
    if (say.YES.match(text) or say.NO.match(text)) and not scene.memory.plan:
        return Act("which", text="What would you like to watch? A genre, a mood, an actor or a film you love will do.")
    last = scene.memory.exchanges[-1].act if scene.memory.exchanges else ""
    if say.YES.match(text) and scene.table.shown and last in ("search", "more", "extreme"):
        return Act("which", text="Good. Shall I tell you more about one of them, or is there something to change?")
    if say.NO.match(text):
        return Act("which", text="What should I change then: the genre, the mood, the years, the people?")
    return None


def _anything(said: str, text: str, scene: Scene) -> Act | None:
    """Sentences that leave the choice to us: what is left, what is popular, "surprise me" after films were shown."""
    if say.WHAT_IS_LEFT.match(text) and scene.memory.plan:
        return Act("search", plan=scene.memory.plan)
    if say.POPULAR.match(text):
        return Act("search", plan=scene.memory.plan.model_copy(update={"sort": "popularity"}))
    if scene.memory.shown and (
        say.OTHERS_PLEASE.match(text)
        or (scene.memory.plan == Plan() and say.MORE.match(text) and not re.search(r"\blike\b", text))
    ):
        return Act("more", plan=scene.memory.plan)
    return None


def _title_alone(said: str, text: str, scene: Scene) -> Act | None:
    """The sentence is the title of a film, with "the film" in front at most."""
    if again := asked_again(said, text, None, scene):
        return again
    if (called := say.CALLED.search(said)) and (films := scene.vocabulary.films_named(called["title"])):
        return Act("search", plan=Plan(query=called["title"]), films=tuple(film.id for film in films), new=True)
    title = re.sub(r"^(?:the |that )?(?:film|movie)\s+(?=\S)", "", said.strip(" .!\"“”'"), flags=_I)
    read = read_sentence(title, scene.vocabulary)
    whole = [mention for mention in read.mentions if mention.films and fold(mention.text) == fold(title).strip(" ?!.")]
    part = say.SECOND_PART.match(title.strip(" ?!."))
    if (
        not whole
        and part
        and scene.vocabulary.films_named(part["first"])
        and not scene.vocabulary.films_named(title.strip(" ?!."))
    ):
        return Act("absent", absent=(title.strip(" ?!."),))  # "Inception 2"
    if not whole and title != said:
        films = scene.vocabulary.films_named(title)
        return Act("search", plan=Plan(query=title), films=tuple(film.id for film in films), new=True) if films else None
    if not whole and (near := misspelt_title(title, scene)):
        return Act("search", plan=Plan(query=near.title), films=(near.id,), new=True)
    if not whole or read.plan.filters or read.plan.like:
        return None
    return Act("search", plan=Plan(query=title), films=tuple(film.id for film in whole[0].films), new=True, read=read)


def _from_plot(said: str, text: str, scene: Scene) -> Act | None:
    if found := say.PLOT_GENRES.search(said):
        return Act("plot_genres", text=next(filter(None, found.groups())).strip(" \"“”'"))
    if re.search(r"\b(?:what|which|guess|predict|classify|tell|name)\b.*\bgenres?\b|\bgenres?\b.*\?", text) and (
        found := _PLOT_TOLD.search(said)
    ):
        return Act("plot_genres", text=(found[1] or found[2]).strip())
    last = scene.memory.exchanges[-1] if scene.memory.exchanges else None
    if last and last.act == "box_office" and (other := _SUM.search(said)) and _SUM.search(last.said) and len(text.split()) < 10:
        said = _SUM.sub(other[0], last.said, count=1)  # "and if it only cost 20 million?"
        return Act("box_office", films=films_meant(said, fold(said), scene, read_sentence(said, scene.vocabulary)), text=said)
    if say.BOX_OFFICE.search(text):
        read = read_sentence(said, scene.vocabulary)
        films = () if is_pitch(said) else films_meant(said, text, scene, read)
        return Act("box_office", films=films, read=read, text=said)
    return None


def _about_catalogue(said: str, text: str, scene: Scene) -> Act | None:
    if (found := say.COUNT.search(text)) and not say.OFF_TOPIC.search(text):
        asked = said[len(said) - len(found["what"]) :] if len(said) == len(text) else found["what"]
        if not asked.strip(" ?!."):  # "comedies with Meg Ryan, how many?"
            asked = said[: found.start()] if len(said) == len(text) else text[: found.start()]
            if not own_words(asked):
                return Act("count", plan=scene.memory.plan.model_copy(update={"k": Plan().k}))
        if say.COUNT_OF_THAT.fullmatch(fold(asked)):
            return Act("count", plan=scene.memory.plan.model_copy(update={"k": Plan().k}))
        further = bool(scene.memory.plan) and bool(say.COUNTED_FURTHER.match(fold(asked)))  # "how many without Costner?"
        what = say.COUNT_TALK.sub(" ", asked)
        read = read_sentence("show me " + " ".join(what.strip(" ?!.").split()), scene.vocabulary)
        plan = read.plan.model_copy(update={"query": own_words(read.plan.query), "k": Plan().k})
        if further or re.search(r"\bof (?:them|these|those)\b", text):
            plan = revised(scene.memory.plan, plan, "also " + said, scene.catalogue.count)
        return Act("count", plan=plan, read=read, new=True)
    found = say.INVENTORY.search(text)
    if found and not read_sentence(said, scene.vocabulary).plan.filters:  # "a rom-com from the nineties: what have you got?"
        what = found["what"] or "genres"
        kind = next(
            (kind for kind, stem in (("language", "language"), ("country", "countr"), ("decade", "decade")) if stem in what),
            "genre",
        )
        return Act("inventory", text=kind)
    return None


def _more(said: str, text: str, scene: Scene) -> Act | None:
    if not scene.memory.shown and not scene.memory.plan:
        return None
    found = say.MORE.match(text) or say.MORE.match("another" if _NOT_AGAIN.match(text) else _asked_last(text, scene))
    if found is None:
        return None
    if scene.table.focus and re.search(r"\blike (?:that|this|it)\b", text):
        return None  # like the film talked about
    said_number = (
        found["n"]
        or found["n2"]
        or ("one" if re.search(r"\banother(?: (?:one|film|movie|suggestion|option))?\s*(?:please)?[?!.]*$", text) else "")
    )
    number = int(said_number) if said_number.isdigit() else _AMOUNTS.get(said_number)
    return Act("more", plan=scene.memory.plan, asked_for=min(max(number, 1), 50) if number else None)


def _asked_last(text: str, scene: Scene) -> str:
    """The last sentence, behind one that neither wishes nor judges: "that one is everywhere. Another"."""
    head, _, tail = text.rpartition(". ")
    judges = any(pattern.search(head) for pattern in (say.SEEN, say.KNOWN, say.LIKED, say.DISLIKED))
    return "" if judges or " like " in f" {tail}" or read_sentence(head, scene.vocabulary).plan.filters else tail


def _no_series(said: str, text: str, scene: Scene) -> Act | None:
    """ "Not a Pink Panther one", "none of the Alien films": the request without any film of that series."""
    found = say.NO_SERIES.search(said)
    if found is None or read_sentence(f"{found['title']} films", scene.vocabulary).plan.filters:
        return None
    films = scene.vocabulary.series(found["title"], sure=(found["which"] or "").strip().lower().endswith("the"))
    films = [*films, *scene.vocabulary.holding(found["title"])] if films else []
    rest = say.SEEN_THEM.sub("", f"{said[: found.start()]} {said[found.end() :]}").strip(" ,.;!")
    if len(films) < 2 or not (rest or scene.memory.plan):
        return None
    act = request(rest, scene) if own_words(rest) else Act("search", plan=scene.memory.plan)
    return replace(act, plan=act.plan.model_copy(update={"exclude": (*act.plan.exclude, *(film.id for film in films))}))


def _tip_of_the_tongue(said: str, text: str, scene: Scene) -> Act | None:
    read = read_sentence(said, scene.vocabulary)
    if not read.tip_of_the_tongue or (say.WHICH.match(said) and re.search(r"\b(?:best|good|right|suitable)\b", text)):
        return None
    return Act("hunt", text="start", read=read)


def _named(said: str, text: str, scene: Scene) -> Act | None:
    """A film asked for by its title: shown if it is here, said to be absent if it isn't."""
    read = read_sentence(said, scene.vocabulary)
    asked = [mention for mention in read.mentions if mention.role == "asked" and mention.films]
    rest = own_words(
        " ".join(word for word in read.plan.query.split() if all(fold(word) not in fold(mention.text) for mention in asked))
    )
    if asked and not read.plan.filters and not rest and not read.plan.like:
        titles = " ".join(mention.text for mention in asked)
        return Act(
            "search",
            plan=Plan(query=titles),
            films=tuple(
                film.id for mention in asked for film in mention.films if fold(film.title) == fold(mention.films[0].title)
            ),
            new=True,
            read=read,
        )
    if several := _several_titles(said, scene):
        return several
    rest = read.plan.query
    absent = tuple(mention.text for mention in read.mentions if not mention.films and mention.role in ("like", "asked"))
    if (found := say.UNKNOWN_PERSON.search(said)) and unknown_person(found["name"], read, scene):
        absent = (*absent, found["name"].strip())
    if (
        not absent
        and (title := absent_title(said, scene))
        and not read.plan.filters
        and not read.plan.soft
        and read.plan.sort == "relevance"
    ):
        near = scene.vocabulary.film_like(title, 0.8 if len(title.split()) == 1 else 0.86)
        if near:
            return Act("search", plan=Plan(query=near[0].title), films=(near[0].id,), new=True, read=read)
        absent, rest = (title,), ""  # the whole sentence is about that film
    if (
        not absent
        and not read.plan.like
        and not read.plan.filters.people_none
        and (found := say.LIKE_TITLE.search(said))
        and unknown_title(found["title"], scene)
        and not refer(found["title"], scene.table, scene.vocabulary)
    ):
        absent = (found["title"].strip(),)
    if not absent:
        return None
    gone = set(re.findall(r"\w+", fold(" ".join(absent))))
    query = own_words(" ".join(word for word in rest.split() if fold(word).strip(".,!?") not in gone))
    plan = read.plan.model_copy(
        update={"query": query, "like": tuple(i for i in read.plan.like if i in scene.catalogue), "k": Plan().k}
    )
    return Act("absent", absent=absent, plan=bounded(plan, []), new=True, read=read)


def _several_titles(said: str, scene: Scene) -> Act | None:
    """ "Do you have Casablanca and Dune 2?": those that are here, and word of those that aren't."""
    found = say.HAVE.match(said)
    parts = [part.strip(" ?!.") for part in re.split(r",? (?:and|or) |, ", found["title"])] if found else []
    if len(parts) < 2 or not all(part and (scene.vocabulary.films_named(part) or unknown_title(part, scene)) for part in parts):
        return None
    known = [films[0] for part in parts if (films := scene.vocabulary.films_named(part))]
    absent = tuple(part for part in parts if not scene.vocabulary.films_named(part))
    plan = Plan(query=" ".join(film.title for film in known))
    return (
        Act("absent" if absent else "search", absent=absent, plan=plan, films=tuple(film.id for film in known), new=True)
        if known
        else None
    )


def _by_name(said: str, scene: Scene) -> str:
    """ "By the director of Parasite": by his name."""

    def name(found: re.Match[str]) -> str:
        films = scene.vocabulary.films_named(found["title"])
        film = scene.catalogue.movie(films[0].id) if films else None
        people = () if film is None else film.directors if re.search(r"direct|mak|made", found["role"], _I) else film.cast[:1]
        return f"{found['cue']} {' and '.join(people)}" if people else found[0]

    return say.PERSON_OF.sub(name, said)


def _sequel(said: str, text: str, scene: Scene) -> Act | None:
    """ "Is there a second part?": films whose title begins as that of the film at hand and goes on."""
    it = scene.table.it
    if it is None or not say.SEQUEL.search(text) or len(text.split()) > _SHORT:
        return None
    if named_films(read_sentence(said, scene.vocabulary)):
        return None
    first = re.split(r":| (?:\d+|I{1,3}|Part)\b", it.title)[0]
    head = re.escape(fold(first).removeprefix("the "))
    goes_on = re.compile(rf"{head}(?:['’]s)?\W+\w")  # *The Heat* is no second *Heat*
    parts = tuple(
        film.id
        for film in scene.vocabulary.series(first)
        if film.id != it.id and goes_on.match(fold(film.title).removeprefix("the "))
    )[:10]
    if parts:
        return Act("search", plan=Plan(query=first), films=parts, new=True, asked_for=len(parts))
    return Act("which", text=f"No other film here begins with “{first}”. Shall I look for something like it?")


def _series(said: str, text: str, scene: Scene) -> Act | None:
    """ "All three Lord of the Rings films": every film whose title begins so."""
    if parts_of := say.ALL_PARTS.match(said):
        said = f"all the {parts_of['title']} films"  # "Rush Hour, every part please"
    found = say.SERIES.search(said)
    every = found is not None and bool(re.search(r"\b(?:all|every|both)\b", found[0], _I))
    words = found["title"].split() if found else []
    for start in range(len(words)):
        title = " ".join(words[start:])
        films = scene.vocabulary.series(title, sure=every and title[:1].isupper())
        if len(films) > 1:
            asked = read_sentence(re.sub(re.escape(title), " ", said, flags=_I), scene.vocabulary).plan.filters
            fitting = [film.id for film in films if passes(scene.catalogue.movie(film.id), asked)]
            ids = tuple((fitting or [film.id for film in films])[:10])
            return Act(
                "search",
                plan=Plan(query=title, filters=asked if fitting else Plan().filters),
                films=ids,
                new=True,
                asked_for=len(ids),
            )
    return None


def _unrelated(said: str, text: str, scene: Scene) -> Act | None:
    read = read_sentence(said, scene.vocabulary)
    if say.PART_PLAYED.match(text) and not read.plan.filters and not read.mentions:
        return Act(
            "which",
            text="I know who is in a film, but not which part they play. Which film do you mean? I'll tell you its cast.",
        )
    of_films = bool(say.FILM_WORDS.search(text)) or bool(read.mentions)
    if say.OFF_TOPIC.search(text) and not of_films and not _bounded(said, scene):
        return Act("off_topic")
    plain = not (read.plan.filters or read.plan.soft or read.plan.relative or read.plan.like or read.plan.sort != "relevance")
    factual = re.match(
        r"^(?:who|what|when|where|why|how|can you|could you|do you|are you|will|is it|should i|tell me|explain|write|translate)\b",
        text,
    ) or re.search(r"\b(?:what|how|where|when|why|who) (?:should|do|can|could|would|is|are|did|am) (?:i|we|my|our)\b", text)
    asking_films = say.ASKS_FILMS.search(text)
    person = re.match(r"^who (?:is|was|are)\b", text) and read.plan.filters.people
    if (
        factual
        and not asking_films
        and not of_films
        and not person
        and (plain or re.match(r"^(?:who|when|where|why|explain|translate|write)\b", text))
    ):
        return Act("off_topic")
    return None


def _bounded(said: str, scene: Scene) -> bool:
    """Does a sentence say how long a film may be ("two hours at most, with my back")?"""
    return read_sentence(said, scene.vocabulary).plan.filters.runtime_max is not None
