"""What the concierge says, from templates: short, friendly, concrete, and true by construction.

A `Brief` holds all that may be told about a turn; `write` makes sentences of it, each with the film
it speaks of. The built-in concierge says exactly these; behind a language model they stand in for
sentences that fail the check or never come. Does not know conversations, search or models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from movies.movie import Movie
from rag.plan import language_name

_QUOTE = 150  # characters of a plot quoted beside a film
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CHECKING = "checking posters"
_MARKUP = re.compile(r"[*_`\[\]<>#|\\]|https?://\S+")


class Told(BaseModel):
    """A film of a brief, with what there is to say for it here. `because`: half a sentence, or empty."""

    model_config = ConfigDict(frozen=True)

    film: Movie
    because: str = ""
    passage: str = ""
    weak: bool = False


class Brief(BaseModel):
    """Everything that may be told in a turn. `facts` by act; `turn` varies the wording."""

    model_config = ConfigDict(frozen=True)

    act: str
    said: str = ""
    wanted: str = ""
    films: tuple[Told, ...] = ()
    facts: dict[str, Any] = {}
    turn: int = 0


@dataclass(frozen=True)
class Line:
    """A sentence or list entry, ready to show; `film_id` of the film it is about, or empty.

    `must`: to be said in these words, whoever writes the rest.
    """

    text: str
    film_id: str = ""
    must: bool = False


def write(brief: Brief) -> list[Line]:
    """The whole answer. Every act has one; an unknown act is told like a search."""
    teller = getattr(_Tellers, brief.act, None) or _Tellers.search
    return list(teller(brief))


class _Tellers:
    """One generator of lines per act."""

    @staticmethod
    def search(brief: Brief) -> Iterator[Line]:
        yield from _preface(brief)
        films, facts = brief.films, brief.facts
        if not films:
            yield from _nothing(brief)
            return
        count = _count(len(films), "film")
        if facts.get("named"):
            yield Line(
                f"Here it is: {title_of(films[0].film)}.{' And what comes near it:' if len(films) > 1 else ''}\n", must=True
            )
        elif facts.get("weak"):
            yield Line("Nothing here is a close match, I'm afraid; these are only the nearest I have.\n", must=True)
        elif facts.get("because"):
            yield Line(f"{facts['because']}: {count} you might like.\n")
        elif facts.get("again"):
            yield Line(_pick(brief, f"{count.capitalize()} more:", f"Another {_number(len(films))}:", "Some others:") + "\n")
        elif brief.wanted:
            fit = "{} that fit ({})" if len(films) > 1 else "{} fits ({})"
            opening = _pick(brief, "{} for you ({})", "I found {} ({})", "Try {} ({})", fit)
            yield Line(_capital(opening.format(count, _plain(brief.wanted))) + ":\n")
        else:
            yield Line(_pick(brief, "A few to start with:", "Some that people come back to:", "How about one of these?") + "\n")
        yield from _listed(films)
        yield from _afterword(brief)

    similar = search

    @staticmethod
    def details(brief: Brief) -> Iterator[Line]:
        film = brief.films[0].film
        answer = brief.facts.get("answer", "")
        yield Line(_capital(answer) if answer else f"{title_of(film)}: {_facts_line(film)}.", film.id)
        if brief.facts.get("plot", False):
            yield Line(" " + quoted(film.plot, 600) if film.plot else " There is no plot on file for it.", film.id)

    @staticmethod
    def why(brief: Brief) -> Iterator[Line]:
        told = brief.films[0]
        yield Line(
            f"I suggested {title_of(told.film)} because {brief.facts.get('reason') or told.because or 'it passes all your filters'}.",
            told.film.id,
        )
        if told.passage:
            yield Line(f" The plot says: “{quoted(told.passage, _QUOTE)}”", told.film.id)

    @staticmethod
    def why_not(brief: Brief) -> Iterator[Line]:
        film, facts = brief.films[0].film, brief.facts
        fails: Sequence[str] = facts.get("fails", ())
        if fails:
            yield Line(f"{title_of(film)} doesn't fit because {listed_words(fails)}.", film.id)
            yield Line(" Say the word and I'll drop that.", film.id)
        elif facts.get("aside"):
            yield Line(f"{title_of(film)} is set aside because {facts['aside']}.", film.id)
        elif facts.get("rank") and facts["rank"] <= facts.get("shown", 5):
            yield Line(f"{title_of(film)} is in: it is number {facts['rank']} of what I showed.", film.id)
        elif facts.get("rank"):
            yield Line(
                f"{title_of(film)} fits everything you asked for; it just ranks lower, at number {facts['rank']}.", film.id
            )
        elif facts.get("asked"):
            yield Line(f"{title_of(film)} passes your filters, but little in it speaks of what you asked for.", film.id)
        else:
            yield Line(f"{title_of(film)} is here, nothing speaks against it: {_facts_line(film)}.", film.id)

    @staticmethod
    def recap(brief: Brief) -> Iterator[Line]:
        said: Sequence[str] = brief.facts.get("said", ())
        if not said:
            yield Line("You haven't asked for anything yet. Tell me what you feel like watching.")
            return
        yield Line(f"Right now I'm looking for: {_plain(brief.wanted) or 'anything'}.")
        yield Line(" You said: " + "; ".join(f"“{quoted(text, 80)}”" for text in said[-5:]) + ".")

    @staticmethod
    def tastes(brief: Brief) -> Iterator[Line]:
        known = False
        for name, lead in (("liked", "You liked"), ("disliked", "Not for you:"), ("seen", "You have seen")):
            films = [told.film for told in brief.films if told.film.id in brief.facts.get(name, ())]
            if films:
                yield Line(f"{' ' if known else ''}{lead} {listed_words(title_of(film) for film in films[-12:])}.")
                known = True
        if never := brief.facts.get("never", ()):
            yield Line(f"{' ' if known else ''}Never: {_plain(listed_words(never))}.")
            known = True
        if not known:
            yield Line("I don't know your tastes yet. Tell me a film you loved, or one you've seen, and I'll keep it in mind.")

    @staticmethod
    def tastes_cleared(brief: Brief) -> Iterator[Line]:
        yield Line(f"Done: I have forgotten {brief.facts.get('what', 'what you liked, disliked and have seen')}.")

    @staticmethod
    def feedback(brief: Brief) -> Iterator[Line]:
        words = {"like": "you liked", "dislike": "you didn't care for", "seen": "you have seen"}
        noted = [
            f"{words[verdict]} {title_of(told.film)}" for told in brief.films for verdict in brief.facts.get(told.film.id, ())
        ]
        yield Line(f"Noted: {listed_words(noted)}. I'll keep that in mind.{brief.facts.get('ask', '')}")

    @staticmethod
    def feedback_search(brief: Brief) -> Iterator[Line]:
        yield Line(f"Noted: {brief.facts['noted']}. ", must=True)
        yield from _Tellers.search(brief)

    @staticmethod
    def count(brief: Brief) -> Iterator[Line]:
        number, wanted = brief.facts["count"], _plain(brief.wanted)
        what = f" ({wanted})" if wanted else " in all"
        yield from (Line(f"{note} ", must=True) for note in brief.facts.get("notes", ()))
        yield Line(f"I have {number:,} film{'s' if number != 1 else ''}{what}." if number else f"None{what}, I'm afraid.")
        if not number:
            yield from _nothing(brief, short=True)
        elif brief.films:
            yield Line(
                (" It is:" if number == 1 else " Here they are:" if number == len(brief.films) else " For instance:") + "\n"
            )
            yield from _listed(brief.films)

    @staticmethod
    def inventory(brief: Brief) -> Iterator[Line]:
        entries = ", ".join(f"{name} ({number})" for name, number in brief.facts["entries"])
        yield Line(f"{brief.facts['total']:,} films in all. {_capital(brief.facts['what'])} here: {entries}.")

    @staticmethod
    def extreme(brief: Brief) -> Iterator[Line]:
        if not brief.films:
            yield from _nothing(brief)
            return
        first = brief.films[0].film
        value = f", {brief.facts['value']}" if brief.facts.get("value") else ""
        yield Line(f"The {brief.facts['which']}{brief.facts.get('among', '')} is {title_of(first)}{value}.", first.id)
        if len(brief.films) > 1:
            yield Line(" After it come:\n")
            yield from _listed(brief.films[1:])

    @staticmethod
    def greeting(brief: Brief) -> Iterator[Line]:
        yield Line(
            _pick(brief, "Hello!", "Good to see you!", "Hi there!") + f" I know {brief.facts.get('total', 0):,} films here."
        )
        yield Line(" What do you feel like: a mood, a genre, an actor, or something like a film you love?")

    @staticmethod
    def thanks(brief: Brief) -> Iterator[Line]:
        yield Line(_pick(brief, "You're welcome. Enjoy the film!", "My pleasure. Have a good evening!", "Any time!"))

    @staticmethod
    def help(brief: Brief) -> Iterator[Line]:
        yield Line("I'm the concierge of this film catalogue: I find films that are really here, and say why. Try:\n")
        yield Line(
            "- “a French comedy under two hours”\n- “something like Heat, but funnier” and then “older”, “another five”\n"
        )
        yield Line("- “I'm trying to remember a film where …”\n- “who directed the second one?”, “why not Alien?”\n")
        yield Line("- a poster: I'll tell you which film it is and what resembles it.\n")

    @staticmethod
    def off_topic(brief: Brief) -> Iterator[Line]:
        yield Line(
            _pick(
                brief,
                "That's outside what I do: I only know films.",
                "I can't help with that; films are my whole world.",
                "I'll have to pass on that one, as I only deal in films.",
            )
        )
        yield Line(" But I'd gladly find you something to watch. What are you in the mood for?")

    @staticmethod
    def reset(brief: Brief) -> Iterator[Line]:
        yield Line("A clean slate. What shall we look for?")

    @staticmethod
    def unclear(brief: Brief) -> Iterator[Line]:
        yield Line("I'm not sure what you mean, and nothing here comes near it.")
        yield Line(" Try a genre, a mood, a person, a title, or what the film is about.")

    @staticmethod
    def question(brief: Brief) -> Iterator[Line]:
        yield Line(str(brief.facts.get("ask", "Could you tell me a little more?")))

    @staticmethod
    def absent(brief: Brief) -> Iterator[Line]:
        titles = brief.facts.get("absent", ())
        yield Line(
            f"{listed_words(f'“{quoted(title, 80)}”' for title in titles)} {'is' if len(titles) == 1 else 'are'} not in this catalogue."
        )
        if brief.films:
            yield Line(" The nearest titles I have:\n")
            yield from _listed(brief.films)
        else:
            yield Line(" Tell me what you like there, and I'll look for something in that spirit.")

    @staticmethod
    def hunt(brief: Brief) -> Iterator[Line]:
        facts = brief.facts
        yield from _preface(brief)
        if not brief.films:
            yield Line(
                "Nothing here matches those clues yet. What else do you remember: a place, an actor, the ending, the decade?"
            )
            return
        if facts.get("sure"):
            yield Line(f"I think it is {title_of(brief.films[0].film)}.", must=True)
        else:
            guess = title_of(brief.films[0].film)
            yield Line(_pick(brief, f"My best guess is {guess}.", f"Could it be {guess}?"), must=True)
        if brief.films[0].passage:
            yield Line(f" In it: “{quoted(brief.films[0].passage, _QUOTE)}”", brief.films[0].film.id)
        if len(brief.films) > 1:
            yield Line("\n\nOr perhaps:\n")
            yield from _listed(brief.films[1:])
        if facts.get("ask"):
            yield Line(f"\n{facts['ask']}", must=True)

    @staticmethod
    def found(brief: Brief) -> Iterator[Line]:
        film = brief.films[0].film
        yield Line(f"Wonderful, so it was {title_of(film)}! {_facts_line(film)}.", film.id)

    @staticmethod
    def poster(brief: Brief) -> Iterator[Line]:
        facts = brief.facts
        asks: Sequence[str] = facts.get("asks", ())
        sentences = [*_verdict(facts, asked="check" in asks), *_recognised(brief, asks), *_pictured(brief, asks)]
        if missing := [words for words in facts.get("unavailable", ()) if not ("check" in asks and words == CHECKING)]:
            verb = "is" if len(missing) == 1 else "are"
            sentences.append(f"({_capital(listed_words(missing))} {verb} not available on this server.)")
        film_id = brief.films[0].film.id if facts.get("named") else ""
        if verdict := facts.get("verdict"):
            sentences.append(
                {"like": "Noted: you liked it.", "dislike": "Noted: it isn't for you.", "seen": "Noted: you have seen it."}[
                    verdict
                ]
            )
        for number, sentence in enumerate(sentences):
            yield Line(f"{' ' if number else ''}{sentence}", film_id, must=True)
        rest = brief.films[1:] if facts.get("named") else brief.films
        if rest:
            heading = "In that spirit" if facts.get("sure") else "Going by the picture itself, and so weak matches"
            yield Line(f"\n\n{heading}{f' ({_plain(brief.wanted)})' if brief.wanted else ''}:\n")
            yield from _listed(rest)
        yield from _afterword(brief)

    @staticmethod
    def genres(brief: Brief) -> Iterator[Line]:
        facts = brief.facts
        if facts.get("unavailable"):
            yield Line("Telling genres from a plot is not available on this server: its classifier hasn't been trained.")
        elif facts.get("genres"):
            yield Line(f"That plot reads like {listed_words(facts['genres'])}.")
        else:
            yield Line("That plot could be many things; I'd rather not put a genre on it.")
        if brief.films:
            yield Line(" Films with a plot like it:\n")
            yield from _listed(brief.films)

    @staticmethod
    def box_office(brief: Brief) -> Iterator[Line]:
        facts = brief.facts
        named = brief.films[:1] if facts.get("film") else ()
        about = title_of(named[0].film) if named else "that film"
        if facts.get("revenue") is None:
            yield Line(f"I can't forecast what {about} would earn: {facts.get('reason', 'not available on this server')}.")
        else:
            low, high = facts.get("interval") or (None, None)
            between = f" (four of five such films end up between {money(low)} and {money(high)})" if low and high else ""
            yield Line(f"My forecast for {about} is {money(facts['revenue'])}{between}.")
            if drivers := facts.get("drivers"):
                yield Line(f" What weighs most: {'; '.join(f'{words} (×{effect:.2g})' for words, effect in drivers)}.")
            near = brief.films[len(named) :]
            if near:
                yield Line(" Comparable films here: " + listed_words(_took(told.film) for told in near) + ".")
            for note in facts.get("notes", ()):
                yield Line(f" {note}")
        if facts.get("known"):
            yield Line(f" It really took {money(facts['known'])}.")


def _verdict(facts: Mapping[str, Any], *, asked: bool) -> Iterator[str]:
    """Whether a picture is a poster, and why: always when it isn't one, else when asked."""
    if asked and not facts.get("checked", True):
        yield f"I can't tell whether this is a film poster: {CHECKING} is not available on this server."
    if not facts.get("checked", True) or (facts.get("is_poster", True) and not asked):
        return
    reasons = [quoted(reason, 160).rstrip(".") for reason in facts.get("reasons", ())]
    if facts.get("is_poster", True):
        verdict = "Yes, this is a film poster, as far as I can tell"
    else:
        verdict = f"{'No, that' if asked else 'That'} doesn't look like a film poster to me"
    why = f"{reasons[0][:1].lower()}{reasons[0][1:]}" if reasons else ""
    yield f"{verdict}: {why}." if why else f"{verdict}."
    yield from (f"{_capital(reason)}." for reason in reasons[1:])


def _recognised(brief: Brief, asks: Sequence[str]) -> Iterator[str]:
    """Which film a poster is of, how surely, and the fact asked about it."""
    facts = brief.facts
    film = brief.films[0].film if facts.get("named") and brief.films else None
    if film is not None and facts.get("sure"):
        told = "" if facts.get("answer") and "which" not in asks else f": {_facts_line(film)}"
        yield f"It is the poster of {title_of(film)}{told}."
    elif film is not None:
        yield f"I'm not sure which film it is: the nearest here is {title_of(film)}, a weak match."
    elif facts.get("is_poster", True) or "which" in asks:
        yield "I don't recognise it as one of our films."
    if film is not None and facts.get("answer"):
        yield f"{'' if facts.get('sure') else 'Should it be that one: '}{facts['answer']}"


def _pictured(brief: Brief, asks: Sequence[str]) -> Iterator[str]:
    """The genres that a picture suggests, beside those on file where they were asked for."""
    facts = brief.facts
    genres: Sequence[str] = facts.get("genres", ())
    if genres:
        yield f"From the picture alone I'd call it {listed_words(genres)}."
    elif facts.get("abstained"):
        yield "The picture alone doesn't tell me its genre with confidence."
    if "genres" in asks and facts.get("sure") and brief.films and brief.films[0].film.genres:
        yield f"On file it is {listed_words(brief.films[0].film.genres)}."


def _took(film: Movie) -> str:
    return f"{title_of(film)}, {money(film.revenue)}" if film.revenue else title_of(film)


# -- parts of answers ------------------------------------------------------------------------------


def _preface(brief: Brief) -> Iterator[Line]:
    """What must be said before the films: named films that aren't here, constraints that were lifted."""
    for note in brief.facts.get("notes", ()):
        yield Line(_capital(note) + " ", must=True)


def _nothing(brief: Brief, short: bool = False) -> Iterator[Line]:
    wanted = _plain(brief.wanted)
    if not short:
        yield Line(f"Nothing here fits all of that{f' ({wanted})' if wanted else ''}.")
    offers: Sequence[tuple[str, int]] = brief.facts.get("relaxations", ())
    if offers:
        label, films = offers[0]
        yield Line(
            f" Without “{_plain(label)}” there {'is 1 film' if films == 1 else f'are {films:,} films'}. Shall I drop that?"
        )
    elif brief.facts.get("again"):
        yield Line(" You have seen all I have for this. Shall we change something?")
    else:
        yield Line(" Tell me which part matters least to you, and I'll look again.")


def _afterword(brief: Brief) -> Iterator[Line]:
    facts = brief.facts
    offers: Sequence[tuple[str, int]] = facts.get("relaxations", ())
    if offers and len(brief.films) < facts.get("asked_for", 5):
        label, films = offers[0]
        amount = "That is all" if len(brief.films) > 1 else "That is the only one"
        yield Line(f"\n{amount} that fits. Without “{_plain(label)}” there would be {films:,}.", must=True)
    if facts.get("ask"):
        yield Line(f"\n{facts['ask']}", must=True)


def _listed(films: Sequence[Told]) -> Iterator[Line]:
    for told in films:
        yield Line(f"- {title_of(told.film)} – {_reason(told)}\n", told.film.id)


def _reason(told: Told) -> str:
    """Facts in a breath, then why: "170 min, Michael Mann. Has bank and thief in common with Heat." """
    facts = [f"{told.film.runtime} min" if told.film.runtime else "", listed_words(told.film.directors[:2])]
    parts = [", ".join(part for part in facts if part)]
    if told.because:
        parts.append(_capital(told.because.rstrip(".")))
    if told.passage:
        parts.append(f"“{quoted(told.passage, _QUOTE)}”")
    elif not told.because and told.film.plot:
        parts.append(quoted(told.film.plot, _QUOTE))
    text = ". ".join(part.rstrip(".") for part in parts if part)
    return text + ("" if text.endswith(("”", "…", "!", "?")) else ".")


def _facts_line(film: Movie) -> str:
    """ "a crime drama of 170 minutes by Michael Mann, with Al Pacino and Robert De Niro" """
    genres = " and ".join(film.genres[:2]).lower() if film.genres else "film"
    kind = f"{'an' if genres[0] in 'aeiou' else 'a'} {genres} film" if film.genres else "a film"
    parts = [kind]
    if film.language and film.language != "en":
        parts.append(f"in {language_name(film.language)}")
    if film.runtime:
        parts.append(f"of {film.runtime} minutes")
    if film.directors:
        parts.append(f"by {listed_words(film.directors)}")
    text = " ".join(parts)
    return text + (f", with {listed_words(film.cast[:3])}" if film.cast else "")


def money(amount: float) -> str:
    """ "$187 million", "$2.1 billion", "$35,000"."""
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if amount >= size:
            return f"${amount / size:.1f} {name}".replace(".0 ", " ")
    return f"${amount:,.0f}"


def title_of(film: Movie) -> str:
    """A film's title and year as shown, emphasised; markup in it is made harmless."""
    return f"**{_MARKUP.sub(_escape, film.label)}**"


def _escape(found: re.Match[str]) -> str:
    return "\\" + found.group() if found.group() in "*_[]" else ""


def quoted(text: str, most: int = _QUOTE) -> str:
    """Catalogue text or a user's words for quoting: no markup, no links, one line, cut between words."""
    plain = " ".join(_MARKUP.sub(" ", text).replace("“", "‘").replace("”", "’").replace('"', "'").split())
    if len(plain) <= most:
        return plain
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s)", plain[:most])]
    if ends and ends[-1] > most // 3:
        return plain[: ends[-1]]
    return plain[:most].rsplit(" ", 1)[0].rstrip(",;:–- ") + " …"


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub(" ", text).split())


def listed_words(words: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"; empty for none."""
    listed = list(words)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}" if listed else ""


def _count(number: int, noun: str) -> str:
    return f"{_number(number)} {noun}{'' if number == 1 else 's'}"


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _pick(brief: Brief, *wordings: str) -> str:
    """One of several wordings, another one each turn."""
    return wordings[brief.turn % len(wordings)]
