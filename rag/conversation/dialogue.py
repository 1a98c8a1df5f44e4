"""What a turn wants: the act behind a sentence, given what has been said and shown before.

Acts are told apart by small patterns on the folded sentence, tried from the most to the least
specific; what is left is a search, new or revised. Everything here is deterministic and is the
floor under any language model. Does not search, and does not write answers.
"""

from __future__ import annotations

import re
from dataclasses import replace

from movies.catalogue import fts_query
from movies.vocabulary import fold
from rag.conversation import phrasing as say
from rag.conversation.acts import Act, Scene
from rag.conversation.asking import beside_picture, read_sentence, request
from rag.conversation.facts import fact_asked
from rag.conversation.memory import Verdict
from rag.conversation.pitching import is_pitch
from rag.conversation.references import NUMBERS, Reference, extreme_of, failed, refer
from rag.conversation.revision import bounded, own_words, revised
from rag.lexical import content_words
from rag.plan import Plan
from rag.reading.names import Film
from rag.reading.plainly import spelled
from rag.reading.understanding import Understanding

_I = re.IGNORECASE
_POLITE = re.compile(r"\b(?:please|ok|okay|yes|hmm+|and|then|maybe|oh|show me|tell me about|more about|i meant?|sorry|again)\b")
_AT_FIRST = 8  # characters before a reference that begins a sentence ("ok, ")
_SEEN_TITLE = re.compile(r"^.*?\b(?:seen|saw|watched) ", _I)
_SUBJECT = re.compile(r"^(?:(?:but|and|no|sorry),? )*(?:he|she|they)(?='s|'ve| has| have| saw| watched| seen)")
_AMOUNTS = NUMBERS | {"few": 3, "a few": 3, "couple": 2, "a couple": 2}


def hear(said: str, scene: Scene) -> Act:
    """The act of a turn. Never fails: what isn't understood is a search for its words, or off topic."""
    said = _by_name(spelled(said.strip()), scene)
    if scene.table.shown:
        said = say.YES_AND_MORE.sub("", said)
    text = fold(said)
    if scene.picture:
        return beside_picture(said, scene)
    if not text:
        return Act("help")
    for attempt in (
        _small_talk, _hunting, _offered, _title_alone, _about_me, _from_plot, _whys, _about_films, _about_catalogue, _more, _verdict,
        _tip_of_the_tongue, _series, _named, _unrelated,
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
    if (
        (say.THANKS.fullmatch(text) or say.THANKING.match(text))
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
    elif say.YES.match(text) and scene.table.it:
        return Act("found", films=(scene.table.it.id,))
    elif say.NO.match(text):
        return Act("hunt", text="none", films=scene.memory.shown)
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
    if say.TASTES.search(text) and not re.search(r"\b(?:would|should|might|could)\b", text):
        return Act("tastes")
    return None


def _offered(said: str, text: str, scene: Scene) -> Act | None:
    """ "Yes" to what the last answer offered."""
    if scene.memory.offer is not None and (
        say.YES.match(text) or re.match(r"^(?:yes|yeah|sure|ok|please)\b.*\b(?:drop|without|do|show)\b", text)
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


def _title_alone(said: str, text: str, scene: Scene) -> Act | None:
    """The sentence is the title of a film, with "the film" in front at most."""
    if again := _asked_again(said, text, None, scene):
        return again
    title = re.sub(r"^(?:the |that )?(?:film|movie)\s+(?=\S)", "", said.strip(" .!\"“”'"), flags=_I)
    read = read_sentence(title, scene.vocabulary)
    whole = [mention for mention in read.mentions if mention.films and fold(mention.text) == fold(title).strip(" ?!.")]
    if not whole and title != said:
        films = scene.vocabulary.films_named(title)
        return Act("search", plan=Plan(query=title), films=tuple(film.id for film in films), new=True) if films else None
    if not whole and (near := _misspelt(title, scene)):
        return Act("search", plan=Plan(query=near.title), films=(near.id,), new=True)
    if not whole or read.plan.filters or read.plan.like:
        return None
    return Act("search", plan=Plan(query=title), films=tuple(film.id for film in whole[0].films), new=True, read=read)


def _from_plot(said: str, text: str, scene: Scene) -> Act | None:
    if found := say.PLOT_GENRES.search(said):
        return Act("plot_genres", text=(found["plot"] or found["plot2"]).strip(" \"“”'"))
    if say.BOX_OFFICE.search(text):
        read = read_sentence(said, scene.vocabulary)
        films = () if is_pitch(said) else _films_meant(said, text, scene, read)
        return Act("box_office", films=films, read=read, text=said)
    return None


def _whys(said: str, text: str, scene: Scene) -> Act | None:
    if not say.WHY.match(text) and not say.WHY_NOT.search(text):
        return None
    read = read_sentence(said, scene.vocabulary)
    named = _ids(read)
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
            absent = () if named else ((title,) if _unknown_title(title, scene) else ())
        if named:
            return Act("why_not", films=named[:1], read=read)
        if absent:
            return Act("absent", absent=absent)
    pointed = refer(text, scene.table, scene.vocabulary)
    it = pointed.films[0] if pointed else scene.table.it
    films = named[:1] or ((it.id,) if it else ())
    return Act("why", films=films) if films else None


def _about_films(said: str, text: str, scene: Scene) -> Act | None:
    """Questions about one film: "who directed it?", "is it sad?", "how long is the third?"."""
    fact = fact_asked(said)
    read = read_sentence(said, scene.vocabulary)
    if about := _title_then_question(said, scene):
        return about
    if read.plan.filters.people and say.ELSE.search(text):  # "what else did David Lean direct?"
        return None
    if re.match(r"^(?:and |so |any )*(?:an)?other (?!one\b)", text):  # "other family films, with real actors"
        return None
    if (found := say.TELL_ABOUT.search(said)) and (films := scene.vocabulary.films_named(found["title"])):
        return Act("details", films=(films[0].id,), text="plot", read=read)
    if read.plan.filters.people and say.WHICH_HAS.match(text):  # "which of yours has Barbara Stanwyck in it?"
        return None
    among = say.AMONG.match(text)
    if scene.table.shown and among:
        read = read_sentence(f"films {said[among.end() :]}", scene.vocabulary)
    if scene.table.shown and among and read.plan.filters:
        delta = Plan(filters=read.plan.filters)
        return Act("search", plan=revised(scene.memory.plan, delta, "only", scene.catalogue.count), read=read)
    if scene.table.it and re.search(r"[.!]\s+(?:and )?(?:will|would|should|can) (?:i|we) [a-z ]{2,20}\?$", text):
        return Act("details", films=(scene.table.it.id,), text="", read=read)  # "The one with the computer. Will I cry?"
    if scene.table.it and fact == "plot" and re.match(r"^(?:please )?give me (?:the|its) (?:plot|story)\b", text):
        return Act("details", films=(scene.table.it.id,), text=fact, read=read)
    if compared := _compared(said, text, scene):
        return compared
    pointed = refer(text, scene.table, scene.vocabulary)
    if again := _asked_again(said, text, pointed, scene):
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
        and (_ids(read) or _title_in(said, scene))
    ):
        return Act("details", films=(_ids(read) or (str(_title_in(said, scene)),))[:1], text=fact, read=read)
    if not asks or re.match(
        r"^(?:and |so )*(?:do you have|have you got|is there|are there|can you (?:find|show|recommend|suggest|make)|could you|(?:can|could) it be (?:an? \w+ |one |something )?(?:by|from|with|that|which|in)\b|give me|do i|what (?:films|movies)|which (?:films|movies)|how many|would you|can i|can we|what should|what can|what would|what do you)\b",
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
    named = _ids(read)
    if not named and (title := _title_in(said, scene)):
        named = (title,)
    what_about = re.match(r"^(?:and |so |but )*(?:what|how) about\b", text)
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
    if say.THE_ONE.match(text) and (
        not pointed or failed(pointed.films[0], read.plan.filters)
    ):  # "which is the one with the shark?"
        return None
    if pointed and not say.LIKE_THAT.search(text[: pointed.start]) and not say.SAME.search(text):
        return Act("details", films=tuple(film.id for film in pointed.films[:1]), text=fact, read=read)
    if say.SAME.search(text) and say.ELSE.search(text):  # "what else did its director make?"
        return None
    if fact and scene.table.it and not read.mentions and (fact not in ("genres", "poster") or pointed):
        if fact in ("cast", "directors") and re.search(r"\bwho (?:is|was) (?!in\b|the\b|it\b)", text) and not pointed:
            return None
        if not own_words(read.plan.query) or fact in _ASKED_BARE:
            return Act("details", films=(scene.table.it.id,), text=fact, read=read)
    if (
        fact
        and not scene.table.it
        and re.search(r"\b(?:it|that|this|the (?:first|second|third|last))\b", text)
        and not own_words(read.plan.query)
    ):
        return Act("which", text="Which film do you mean? Tell me its title.")
    return None


def _title_then_question(said: str, scene: Scene) -> Act | None:
    """ "Dogtooth, is it as weird as they say?", "Wadjda looks sweet. Can my son watch it?": a film, then what is asked about it."""
    found = say.TITLE_THEN_QUESTION.match(said)
    if found is None:
        return None
    title, asked = found["title"].strip(" \"“”'"), found["asked"]
    words = re.sub(r"^(?:and|hmm+|ok(?:ay)?|so),? ", "", title, flags=_I).split()
    beginnings = [" ".join(words[:size]) for size in range(len(words), 0, -1)]
    films = next(
        (
            films
            for name in beginnings
            if (name == " ".join(words) or not scene.vocabulary.is_ordinary(fold(name)))
            and (films := scene.vocabulary.films_named(name))
        ),
        [],
    )
    ids = (films[0].id,) if films else _ids(read_sentence(title, scene.vocabulary))
    if not ids or scene.vocabulary.films_named(said.strip(" ?!.")):
        return None
    return Act("details", films=ids[:1], text=fact_asked(asked), read=read_sentence(asked, scene.vocabulary))


def _compared(said: str, text: str, scene: Scene) -> Act | None:
    """ "Which is longer, Heat or Goodfellas?" """
    if not say.COMPARED.match(text):
        return None
    titles = [title.strip(" ?!.,:") for title in re.split(r"\bor\b|\band\b|\bvs\.?(?=\s)|[,:]", say.COMPARING.sub(",", said))]
    films = [scene.catalogue.movie(known[0].id) for title in titles if title and (known := scene.vocabulary.films_named(title))]
    if len(films) < 2:
        return None
    which = extreme_of(re.sub(r"\bfirst\b|\bearlier\b", "oldest", text), films)
    return Act("extreme", films=(which[1].id,), text=which[0]) if which else None


def _asked_again(said: str, text: str, pointed: Reference | None, scene: Scene) -> Act | None:
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


def _about_catalogue(said: str, text: str, scene: Scene) -> Act | None:
    if (found := say.COUNT.search(text)) and not say.OFF_TOPIC.search(text):
        what = say.COUNT_TALK.sub(" ", said[len(said) - len(found["what"]) :] if len(said) == len(text) else found["what"])
        read = read_sentence("show me " + " ".join(what.strip(" ?!.").split()), scene.vocabulary)
        plan = read.plan.model_copy(update={"query": own_words(read.plan.query), "k": Plan().k})
        if re.search(r"\bof (?:them|these|those)\b", text):
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
    found = say.MORE.match(text)
    if found is None or (not scene.memory.shown and not scene.memory.plan):
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


def _verdict(said: str, text: str, scene: Scene) -> Act | None:
    """ "I've seen it", "loved Heat", "not that one": noted; with a request behind it, carried out as well."""
    read = read_sentence(said, scene.vocabulary)
    pointed = refer(_SUBJECT.sub("", text), scene.table, scene.vocabulary)
    if (
        say.REJECT.match(text)
        and not read.plan.filters
        and (pointed or (len(text.split()) < 4 and _ids(read)))
        and not say.SEEN.search(text)
    ):
        away = tuple(film.id for film in pointed.films) if pointed else _ids(read)
        if pointed is None or pointed.explicit or len(text.split()) <= 5:
            plan = scene.memory.plan
            return Act("search", plan=plan.model_copy(update={"exclude": tuple(dict.fromkeys((*plan.exclude, *away)))}))
    if not_that := say.AWAY.search(
        text
    ):  # "we watch Home Alone every year, so not that", "a bit violent, not that. A gentle one"
        away = _ids(read_sentence(said[: not_that.start()], scene.vocabulary)) or (
            (scene.table.it.id,) if scene.table.it else ()
        )
        rest = said[not_that.end() :].strip(" .,;!") if len(said) == len(text) else ""
        if away and not_that.start():
            act = request(rest, scene) if rest else Act("search", plan=scene.memory.plan)
            return replace(act, plan=act.plan.model_copy(update={"exclude": tuple(dict.fromkeys((*act.plan.exclude, *away)))}))
    verdict: Verdict | None = None
    for pattern, kind in ((say.DISLIKED, "dislike"), (say.SEEN, "seen"), (say.LIKED, "like")):
        if pattern.search(text):
            verdict = kind  # type: ignore[assignment]
            break
    if verdict is None or (
        verdict == "like" and read.plan.filters.people and not _ids(read)
    ):  # "I love Sam Neill. His others?"
        return None
    films = _ids(read) or (tuple(film.id for film in pointed.films) if pointed else ())
    bare = verdict == "seen" and re.search(r"\b(?:seen|saw|watched|know)\W*(?:already|before|too|both|all)?\W*$", text)
    if not films and bare and scene.table.it and len(text.split()) <= 4:
        films = (scene.table.it.id,)
    if not films and verdict == "seen":
        title = re.sub(r"\s+(?:already|before|too|yesterday|last \w+)\W*$", "", _SEEN_TITLE.sub("", said), flags=_I).strip(
            " .!?"
        )
        films = tuple(film.id for film in scene.vocabulary.films_named(title)[:1])
    if not films:
        title = _SEEN_TITLE.sub("", said).strip(" .!?")
        strange = not all(scene.vocabulary.is_ordinary(word) for word in content_words(title)) and len(title.split()) <= 8
        return Act("absent", absent=(title,)) if verdict == "seen" and strange else None
    verdicts = tuple((movie_id, verdict) for movie_id in films[:10])
    rest = own_words(read.plan.query)
    asks = re.search(
        r"\b(?:something|anything|similar|like (?:it|that|this)|recommend|suggest|show|find|what else|more|another|want|looking|but|next|"
        r"(?:what|which)\b.*\b(?:watch|see|like|enjoy))\b",
        text,
    )
    other = read.plan.filters or read.plan.soft or read.plan.relative
    if verdict == "seen":
        plan = request(said, scene).plan if other else scene.memory.plan
        if re.search(r"\b(?:like (?:it|that|this|those)|similar)\b", text):
            plan = read.plan.model_copy(update={"query": "", "like": films, "exclude": (), "k": Plan().k})
        return Act("feedback", verdicts=verdicts, plan=plan, new=not scene.memory.plan)
    if verdict == "like" and (asks or other):
        delta = read.plan.model_copy(update={"query": "" if not other else rest, "like": films, "k": Plan().k})
        return Act("feedback", verdicts=verdicts, plan=bounded(delta, [scene.catalogue.movie(films[0])]), new=True)
    if verdict == "dislike" and (asks or other):
        act = request(said, scene)
        return Act("feedback", verdicts=verdicts, plan=act.plan.model_copy(update={"unlike": films[:1]}), new=act.new)
    return Act("feedback", verdicts=verdicts)


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
    absent = tuple(mention.text for mention in read.mentions if not mention.films and mention.role in ("like", "asked"))
    if (found := say.UNKNOWN_PERSON.search(said)) and _unknown_person(found["name"], read, scene):
        absent = (*absent, found["name"].strip())
    if (
        not absent
        and (found := say.HAVE.match(said))
        and _unknown_title(found["title"], scene)
        and not read.plan.filters
        and not read.plan.soft
    ):
        near = scene.vocabulary.film_like(found["title"], 0.8 if len(found["title"].split()) == 1 else 0.86)
        if near:
            return Act("search", plan=Plan(query=near[0].title), films=(near[0].id,), new=True, read=read)
        absent = (found["title"].strip(),)
    if (
        not absent
        and not read.plan.like
        and (found := say.LIKE_TITLE.search(said))
        and _unknown_title(found["title"], scene)
        and not refer(found["title"], scene.table, scene.vocabulary)
    ):
        absent = (found["title"].strip(),)
    if not absent:
        return None
    gone = set(re.findall(r"\w+", fold(" ".join(absent))))
    query = own_words(" ".join(word for word in read.plan.query.split() if fold(word).strip(".,!?") not in gone))
    plan = read.plan.model_copy(
        update={"query": query, "like": tuple(i for i in read.plan.like if i in scene.catalogue), "k": Plan().k}
    )
    return Act("absent", absent=absent, plan=bounded(plan, []), new=True, read=read)


def _by_name(said: str, scene: Scene) -> str:
    """ "By the director of Parasite": by his name."""

    def name(found: re.Match[str]) -> str:
        films = scene.vocabulary.films_named(found["title"])
        film = scene.catalogue.movie(films[0].id) if films else None
        people = () if film is None else film.directors if re.search(r"direct|mak|made", found["role"], _I) else film.cast[:1]
        return f"{found['cue']} {' and '.join(people)}" if people else found[0]

    return say.PERSON_OF.sub(name, said)


def _series(said: str, text: str, scene: Scene) -> Act | None:
    """ "All three Lord of the Rings films": every film whose title begins so."""
    found = say.SERIES.search(said)
    words = found["title"].split() if found else []
    for start in range(len(words)):
        films = scene.vocabulary.series(" ".join(words[start:]))
        if len(films) > 1:
            ids = tuple(film.id for film in films[:10])
            return Act("search", plan=Plan(query=" ".join(words[start:])), films=ids, new=True, asked_for=len(ids))
    return None


def _unrelated(said: str, text: str, scene: Scene) -> Act | None:
    read = read_sentence(said, scene.vocabulary)
    if say.PART_PLAYED.match(text) and not read.plan.filters and not read.mentions:
        return Act(
            "which",
            text="I know who is in a film, but not which part they play. Which film do you mean? I'll tell you its cast.",
        )
    about_films = bool(say.FILM_WORDS.search(text)) or bool(read.mentions)
    if say.OFF_TOPIC.search(text) and not about_films and not _bounded(said, scene):
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
        and not about_films
        and not person
        and (plain or re.match(r"^(?:who|when|where|why|explain|translate|write)\b", text))
    ):
        return Act("off_topic")
    return None


# -- looking things up -------------------------------------------------------------------------------


def _bounded(said: str, scene: Scene) -> bool:
    """Does a sentence say how long a film may be ("two hours at most, with my back")?"""
    return read_sentence(said, scene.vocabulary).plan.filters.runtime_max is not None


def _ids(read: Understanding) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mention.films[0].id for mention in read.mentions if mention.films))


def _films_meant(said: str, text: str, scene: Scene, read: Understanding) -> tuple[str, ...]:
    pointed = refer(text, scene.table, scene.vocabulary)
    return (
        _ids(read)
        or ((title,) if (title := _title_in(said, scene)) else ())
        or (tuple(film.id for film in pointed.films[:1]) if pointed else ())
    )


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
_AFTER_ASKING = re.compile(
    r"^(?:and |so |but )*(?:(?:who|what|when|where|how|which) (?:\w+ )?)*?(?:is|was|are|does|did|has|would|could|might|will|directed|made|stars in|starred in|of|in|"
    r"about|for)\s+(?:the (?:film|movie) )?[\"“]?(?=\S)",
    re.IGNORECASE,
)
_NO_TITLES = {
    "it",
    "that",
    "this",
    "them",
    "he",
    "she",
    "there",
    "her",
    "the film",
    "the movie",
    "the first",
    "one",
    "you",
    "they",
}


def _title_in(said: str, scene: Scene) -> str | None:
    """A known title that a question about a film holds, whatever stands behind it ("is Up for kids?", "who directed heat")."""
    asked = _AFTER_ASKING.match(said) or say.HAVE.match(said) or say.QUESTION.match(fold(said))
    if not asked:
        return None
    if tail := re.search(
        r"\b(?:of|in|direct(?:ed)?|make|made|write|wrote) (?:the (?:film|movie) )?(?P<title>[^?!.]+?)\s*[?!.]*$", said
    ):
        films = scene.vocabulary.films_named(tail["title"]) if fold(tail["title"]) not in _NO_TITLES else []
        if films and (len(tail["title"].split()) > 1 or not scene.vocabulary.is_ordinary(fold(tail["title"]))):
            return films[0].id
    behind = re.search(r"\b(?:of|in|from)\s+(?P<title>[A-Z0-9].*)$", said)
    start = behind.start("title") if behind else asked.start("title") if "title" in asked.re.groupindex else asked.end()
    words = said[start:].strip(' ?!."”').split()
    for size in range(min(len(words), 10), 0, -1):
        title = " ".join(words[:size]).strip(',"”')
        films = scene.vocabulary.films_named(title) if fold(title) not in _NO_TITLES else []
        plain = size == 1 and not title[:1].isupper() and scene.vocabulary.is_ordinary(fold(title))
        if films and not (plain and len(words) > 1):
            return films[0].id
    title = " ".join(words)
    near = scene.vocabulary.film_like(title, 0.88) if len(title) > 4 else []
    return near[0].id if near else None


def _misspelt(title: str, scene: Scene) -> Film | None:
    """The film whose title these words nearly are, where no film speaks of them as they stand: "shawshenk redemtion"."""
    words = content_words(title)
    strange = [
        word for word in words if not scene.vocabulary.is_ordinary(word) and not scene.catalogue.words(fts_query([word]), 1)
    ]
    if (
        not 0 < len(words) <= 5
        or len(title) < 6
        or 2 * len(strange) < len(words)
        or any(scene.vocabulary.in_a_name(word) for word in words)
    ):
        return None
    return next(iter(scene.vocabulary.film_like(title, 0.85)), None)


def _unknown_person(name: str, read: Understanding, scene: Scene) -> bool:
    """Is this a name, left over by the sentence reader, that no film of the catalogue has?"""
    left = set(fold(read.plan.query).split())
    words = [fold(word) for word in re.findall(r"[\w'’-]+", name)]
    capital = len(words) > 1 and all(word[:1].isupper() for word in re.findall(r"[\w'’-]+", name))
    strange = not any(scene.vocabulary.is_ordinary(word) or scene.catalogue.words(fts_query([word]), 1) for word in words)
    return set(words) <= left and (capital or strange) and not all(scene.vocabulary.in_a_name(word) for word in words)


def _unknown_title(title: str, scene: Scene) -> bool:
    """Do these words look like a title, or nothing at all the catalogue speaks of?"""
    words = re.findall(r"[\w'’-]+", title)
    content = content_words(title)
    if not content or len(words) > 8:
        return False
    read = read_sentence(title, scene.vocabulary)
    if (
        read.plan.filters
        or read.plan.soft
        or read.plan.relative
        or read.plan.sort != "relevance"
        or say.FILM_WORDS.search(fold(title))
        or fold(title) in {"something", "anything"}
    ):
        return False
    capital = all(word[:1].isupper() or word[:1].isdigit() for word in words if len(word) > 3) and words[0][:1].isupper()
    known = all(scene.catalogue.words(fts_query([word]), 1) for word in content)
    ordinary = all(scene.vocabulary.is_ordinary(word) for word in content)
    return (capital and not ordinary) or (capital and len(content) > 1) or (not known and not ordinary)
