"""Performing an act: which tools are used, which films come up, what may be told and what is remembered.

One method per act, each from (act, memory) to `Performed`. Deterministic; a language model words the
result at most. Does not read sentences (`dialogue.py`), write prose (`prose.py`) or stream (`agent.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from movies.movie import Movie
from movies.vocabulary import fold
from rag.conversation.acts import Act
from rag.conversation.facts import answer, stock
from rag.conversation.hunting import continued, trail
from rag.conversation.looking import look
from rag.conversation.memory import Memory
from rag.conversation.pitching import pitched
from rag.conversation.prose import Brief, Told, listed_words, money
from rag.conversation.reasons import because, explained, failure, worth_saying
from rag.conversation.references import failed
from rag.conversation.twenty_questions import KNOWN, next_question, with_answers
from rag.index import Evidence, Hit, MovieIndex
from rag.plan import Plan, chips, describe, plan_without
from rag.ranking import ORDERS, Screening
from rag.reading.understanding import Vocabulary
from rag.tools import Toolbox

SHOWN = 5  # films in an answer, unless a number was said
_ALL_SHOWN = 5  # so many films counted are named, of more only some
_ASKED_ABOUT = "The film you asked about."
_FEW = 3  # with fewer films than this, the constraint to give up is named
_STEEPNESS = 0.75  # how fast the odds of a candidate grow with its score
_HUNTED = 25  # films that remain possible in a hunt
_RANKED = 200  # how far down "why not …?" looks
_LISTED = 24  # entries of "what genres do you have?"
_BEFORE = {
    "id", "title", "plot", "budget", "runtime", "genres", "directors", "cast", "language", "countries", "release_date", "year",
    "keywords",
}  # fmt: skip
"""What is known of a film before it opens."""


@dataclass(frozen=True)
class Performed:
    """What came of an act: `hits` are the candidates shown, `memory` the state after it, `refused`: politely declined."""

    brief: Brief
    memory: Memory
    plan: Plan
    hits: tuple[Hit, ...] = ()
    refused: bool = False
    films: tuple[Movie, ...] = ()  # further films the prose may speak of
    numbers: tuple[float, ...] = ()


@dataclass
class Stage:
    """Everything an act is performed with; one per turn."""

    box: Toolbox
    vocabulary: Vocabulary
    memory: Memory
    said: str = ""
    index: MovieIndex = field(init=False)

    def __post_init__(self) -> None:
        self.index = self.box.index

    def perform(self, act: Act) -> Performed:
        """Do what the act asks for."""
        return getattr(self, f"_{act.kind}", self._search)(act)

    # -- searches ------------------------------------------------------------------------------

    def _search(
        self, act: Act, *, again: bool = False, notes: Sequence[str] = (), told_as: str = "search", **facts: Any
    ) -> Performed:
        memory, plan = self.memory, act.plan
        wanted = act.asked_for or (plan.k if plan.k != Plan().k else SHOWN)
        aside = [*memory.put_aside, *(memory.offered if again else ())]
        because = ""
        asked = plan
        if not plan and memory.liked and not again:
            asked = plan.model_copy(update={"like": memory.liked[-3:]})
            because = f"Because you liked {listed_words(self._title(movie_id) for movie_id in asked.like)}"
        named = [self.box.movie_details(movie_id) for movie_id in act.films if movie_id in self.index.catalogue]
        aside = [movie_id for movie_id in aside if movie_id not in act.films]
        found = self.box.search_movies(asked, k=wanted, aside=aside, liked=memory.liked, disliked=memory.disliked)
        if named:
            found = self._named_first(named, found, wanted, aside)
        anchors = [self.index.catalogue.movie(movie_id) for movie_id in asked.like if movie_id in self.index.catalogue]
        gone = [title for title in plan.like if title not in self.index.catalogue]
        hits = tuple(explained(hit, asked, anchors) for hit in found.hits)
        if self._makes_no_sense(plan, found):
            return self._say("unclear", memory.plan)
        offers, offer = self._relaxations(plan) if len(hits) < min(_FEW, wanted) else ([], None)
        notes = [*notes, *(f"“{title}” is not in this catalogue." for title in gone), *act.read.notes]
        if unsure := [theme for theme in plan.avoid if theme not in self.memory.plan.avoid]:
            notes.append(f"About {listed_words(f'“{theme}”' for theme in unsure)} I know only what plots and keywords say.")
        if plan.sort != "relevance" and hits and ORDERS[plan.sort](hits[0].movie) is None:
            notes.append("That isn't on file for any film here, so these are simply the best known.")
        facts |= {
            "notes": notes, "relaxations": offers, "weak": not named and (found.weak or self._far_off(plan, found)), "named": bool(named), "again": again,
            "because": because, "asked_for": _FEW, "passing": found.passing,
        }  # fmt: skip
        plan_now = plan.model_copy(update={"k": Plan().k})
        before = memory.plan if plan_now != memory.plan else memory.before
        memory = memory.model_copy(update={"plan": plan_now, "before": before, "offer": offer, "hunt": None})
        if act.standing is not None:
            memory = memory.with_never(act.standing)
        if hits or not again:
            memory = memory.with_shown(tuple(hit.movie_id for hit in hits), again=again)
        brief = self._brief(told_as, plan, hits, facts)
        return Performed(
            brief, memory, plan, hits, films=tuple(anchors), numbers=(found.passing, *(films for _, films in offers))
        )

    def _more(self, act: Act) -> Performed:
        return self._search(act, again=True)

    def _absent(self, act: Act) -> Performed:
        """A film asked for that isn't here: said so, with near titles, and what else was asked is still searched."""
        note = f"{listed_words(f'“{title}”' for title in act.absent)} {'is' if len(act.absent) == 1 else 'are'} not in this catalogue."
        if act.plan:
            return self._search(act, notes=[note])
        near = [film for title in act.absent for film in self._near(title)]
        self.box.note("search_movies", {"query": ", ".join(act.absent)}, "not in this catalogue")
        hits = tuple(Hit(film, 0.3, Evidence(said="Its title is near."), weak=True) for film in dict.fromkeys(near))
        memory = self.memory.with_shown(tuple(hit.movie_id for hit in hits), again=False) if hits else self.memory
        return Performed(self._brief("absent", Plan(), hits, {"absent": act.absent}), memory, self.memory.plan, hits)

    def _feedback(self, act: Act) -> Performed:
        for movie_id, verdict in act.verdicts:
            self.memory = self.memory.with_verdict(movie_id, verdict)
        films = [self.index.catalogue.movie(movie_id) for movie_id, _ in act.verdicts if movie_id in self.index.catalogue]
        words = {"like": "you liked", "dislike": "you didn't care for", "seen": "you've seen"}
        noted = listed_words(f"{words[verdict]} {self._title(movie_id)}" for movie_id, verdict in act.verdicts)
        if act.plan:
            return self._search(replace(act, kind="search"), told_as="feedback_search", noted=noted)
        verdicts: dict[str, list[str]] = {}
        for movie_id, verdict in act.verdicts:
            verdicts.setdefault(movie_id, []).append(verdict)
        likes = tuple(movie_id for movie_id, verdict in act.verdicts if verdict == "like")
        ask = " Shall I look for something like it?" if likes else ""
        brief = Brief(
            act="feedback",
            said=self.said,
            films=tuple(Told(film=film) for film in films),
            facts={**verdicts, "ask": ask},
            turn=self.memory.turns,
        )
        offer = Plan(like=likes) if likes else self.memory.offer
        focus = likes[0] if len(act.verdicts) == len(likes) == 1 else self.memory.focus  # "more like that"
        memory = self.memory.model_copy(update={"offer": offer, "focus": focus})
        return Performed(brief, memory, memory.plan)

    # -- one film ------------------------------------------------------------------------------

    def _details(self, act: Act) -> Performed:
        film = self.box.movie_details(act.films[0])
        told = answer(film, act.text, self.said, act.read) if act.text or self.said else ""
        brief = self._brief("details", self.memory.plan, (_bare(film),), {"answer": told})
        named = tuple(mention.films[0].id for mention in act.read.mentions if mention.films)
        table = named if len(named) > 1 else self.memory.shown or (film.id,)  # "is A better than B?" "Which is older?"
        memory = self.memory.model_copy(update={"focus": film.id, "shown": table})
        return Performed(brief, memory, memory.plan, (_bare(film, _ASKED_ABOUT),))

    def _extreme(self, act: Act) -> Performed:
        film = self.box.movie_details(act.films[0])
        value = f"{film.runtime} minutes" if act.text in ("longest", "shortest", "longer", "shorter") else f"from {film.year}"
        value = money(film.revenue) if film.revenue and act.text.startswith(("made", "earned")) else value
        value = f"rated {film.rating:g}" if film.rating is not None and "rated" in act.text else value
        facts = {"which": act.text, "value": value, "among": " of these"}
        memory = self.memory.model_copy(update={"focus": film.id})
        hit = _bare(film, _ASKED_ABOUT)
        return Performed(self._brief("extreme", memory.plan, (hit,), facts), memory, memory.plan, (hit,))

    def _why(self, act: Act) -> Performed:
        film = self.box.movie_details(act.films[0])
        plan = self.memory.plan
        found = self.box.search_movies(plan, k=_RANKED) if plan else Screening((), 0)
        hit = next((hit for hit in found.hits if hit.movie_id == film.id), _bare(film))
        anchors = [self.index.catalogue.movie(movie_id) for movie_id in plan.like if movie_id in self.index.catalogue]
        hit = explained(hit, plan, anchors)
        held = [chip.label if chip.label[:1].islower() else f"“{chip.label}”" for chip in chips(Plan(filters=plan.filters))]
        reasons = [because(hit, plan, anchors), f"it fits what you asked for: {listed_words(held)}" if held else ""]
        facts = {"reason": ", and ".join(reason for reason in reasons if reason)}
        memory = self.memory.model_copy(update={"focus": film.id})
        return Performed(self._brief("why", plan, (hit,), facts), memory, plan, (hit,), films=tuple(anchors))

    def _why_not(self, act: Act) -> Performed:
        """Which constraint a film fails, or how far down it ranks."""
        film = self.box.movie_details(act.films[0])
        memory, plan = self.memory, self.memory.plan
        facts: dict[str, Any] = {"shown": len(memory.shown), "asked": bool(plan)}
        missed = failed(film, plan.filters)
        offer = None
        if missed:
            facts["fails"] = [failure(film, name, plan) for name in missed]
            offer = plan.model_copy(
                update={"filters": plan.filters.model_copy(update={name: Plan().filters.model_dump()[name] for name in missed})}
            )
        elif film.id in plan.exclude:
            facts["aside"] = "you asked me to leave it out"
        elif film.id in plan.like:
            facts["aside"] = "you asked for films like it"
        elif film.id in memory.put_aside:
            facts["aside"] = "you have seen it" if film.id in memory.seen else "it wasn't for you"
        elif plan:
            ranked = [hit.movie_id for hit in self.box.search_movies(plan, k=_RANKED, aside=memory.put_aside).hits]
            facts["rank"] = (
                memory.shown.index(film.id) + 1
                if film.id in memory.shown
                else ranked.index(film.id) + 1
                if film.id in ranked
                else None
            )
        numbers = tuple(float(n) for n in (facts.get("rank"),) if n)
        brief = self._brief("why_not", plan, (_bare(film),), facts)
        return Performed(
            brief,
            memory.model_copy(update={"focus": film.id, "offer": offer}),
            plan,
            (_bare(film, _ASKED_ABOUT),),
            numbers=numbers,
            films=(film,),
        )

    def _box_office(self, act: Act) -> Performed:
        """A forecast for a film of the catalogue, or for one that the sentence describes, with comparable films."""
        film = self.box.movie_details(act.films[0]) if act.films else None
        known = film.model_dump(mode="json", include=_BEFORE) if film else pitched(self.said, act.read)
        facts: dict[str, Any] = {"known": film.revenue if film else None, "film": film is not None}
        near: tuple[Hit, ...] = ()
        forecast = None
        if known:
            forecast = self.box.predict_box_office({name: value for name, value in known.items() if value})
        else:
            facts["reason"] = "tell me its title, or what it costs, its genre and who makes it"
        if forecast is not None:
            facts |= {
                "revenue": forecast["revenue"],
                "interval": forecast.get("interval"),
                "notes": list(forecast.get("notes", ())),
            }
            facts["drivers"] = [(driver["words"], driver["effect"]) for driver in forecast.get("drivers", ())[:3]]
            near = tuple(self._comparable(one) for one in forecast.get("comparables", ())[:3])
        elif known:
            facts["reason"] = self.box.uses[-1].result.rstrip(".") if self.box.uses else "the forecast failed"
        hits = (*((_bare(film),) if film else ()), *near)
        memory = self.memory.model_copy(update={"focus": film.id}) if film else self.memory
        if near and not film:
            memory = memory.with_shown(tuple(hit.movie_id for hit in near), again=False)
        return Performed(self._brief("box_office", self.memory.plan, hits, facts), memory, memory.plan, hits)

    def _comparable(self, one: Mapping[str, Any]) -> Hit:
        film = self.index.catalogue.movie(one["movie"]["id"])
        return Hit(film, 0.5, Evidence(said=f"Comparable: {one['reason']}; it took {money(one['revenue'])}."))

    # -- pictures and plots --------------------------------------------------------------------

    def _poster(self, act: Act) -> Performed:
        seen = look(act, self.box, self.memory, self.said)
        brief = self._brief("poster", seen.plan, seen.told, seen.facts)
        return Performed(brief, seen.memory, seen.memory.plan, seen.shown, films=seen.anchors)

    def _plot_genres(self, act: Act) -> Performed:
        verdict = self.box.plot_genres(act.text)
        found = self.box.search_movies(Plan(query=act.text[:1000]), k=3)
        facts = {
            "unavailable": verdict is None,
            "genres": list(verdict.chosen) if verdict and not verdict.abstained else [],
        }
        return Performed(self._brief("genres", Plan(), found.hits, facts), self.memory, self.memory.plan, found.hits)

    # -- a film somebody tries to remember -------------------------------------------------------

    def _hunt(self, act: Act) -> Performed:
        hunt = continued(self.memory.hunt, act, self.said)
        told = trail(hunt, self.vocabulary)
        found = self.box.search_movies(told.plan, k=_HUNTED, clues=told.clues, years=told.years)
        by_id = {hit.movie_id: hit for hit in found.hits}
        films = {movie_id: hit.movie for movie_id, hit in by_id.items()}
        chances = {movie_id: (hit.score / (1.0001 - hit.score)) ** _STEEPNESS + 1e-6 for movie_id, hit in by_id.items()}
        odds = with_answers(chances, films, hunt.answers)
        hits = tuple(by_id[movie_id] for movie_id in list(odds)[:SHOWN])
        question = next_question(odds, films, [name for name, _ in hunt.answers], hunt.said)
        sure = bool(odds) and max(odds.values()) >= KNOWN
        ask = question.text if question else "Is that it?" if sure or len(hits) < 2 else "Is it one of these?"
        hunt = hunt.model_copy(update={"pending": question.name if question else ""})
        memory = self.memory.model_copy(update={"hunt": hunt, "offer": None, "plan": Plan()})
        memory = memory.with_shown(tuple(hit.movie_id for hit in hits), again=False)
        brief = self._brief("hunt", told.plan, hits, {"sure": sure, "ask": ask}, wanted="")
        return Performed(brief, memory, told.plan.model_copy(update={"query": told.plan.query[:300]}), hits)

    def _found(self, act: Act) -> Performed:
        film = self.box.movie_details(act.films[0])
        memory = self.memory.model_copy(update={"hunt": None, "focus": film.id})
        return Performed(self._brief("found", Plan(), (_bare(film),), {}), memory, memory.plan, (_bare(film),))

    # -- about the catalogue and the viewer -------------------------------------------------------

    def _count(self, act: Act) -> Performed:
        found = self.box.search_movies(act.plan, k=_RANKED if act.plan.query else _ALL_SHOWN)
        number = sum(not hit.weak for hit in found.hits) if act.plan.query else found.passing
        hits = tuple(hit for hit in found.hits if not hit.weak)[: number if number <= _ALL_SHOWN else _FEW]
        if not act.plan:
            hits = ()
        offers, offer = self._relaxations(act.plan) if not number else ([], None)
        memory = self.memory.model_copy(update={"offer": offer, "plan": act.plan, "hunt": None})
        memory = memory.with_shown(tuple(hit.movie_id for hit in hits), again=False)
        brief = self._brief("count", act.plan, hits, {"count": number, "relaxations": offers, "notes": list(act.read.notes)})
        return Performed(brief, memory, act.plan, hits, numbers=(number, *(films for _, films in offers)))

    def _inventory(self, act: Act) -> Performed:
        catalogue = self.index.catalogue
        what, entries = stock(catalogue, act.text)
        return self._say("inventory", self.memory.plan, total=len(catalogue), what=what, entries=entries[:_LISTED])

    def _recap(self, act: Act) -> Performed:
        said = [
            exchange.said
            for exchange in self.memory.exchanges
            if exchange.act in ("search", "absent", "feedback", "hunt", "poster", "more") and exchange.said
        ]
        return self._say("recap", self.memory.plan, said=said)

    def _tastes(self, act: Act) -> Performed:
        memory = self.memory
        kinds = {"liked": memory.liked, "disliked": memory.disliked, "seen": memory.seen}
        ids = [movie_id for listed in kinds.values() for movie_id in listed if movie_id in self.index.catalogue]
        films = tuple(Told(film=self.index.catalogue.movie(movie_id)) for movie_id in dict.fromkeys(ids))
        never = [*memory.never.genres_none, *memory.never.people_none]
        facts = {**{name: list(ids) for name, ids in kinds.items()}, "never": never}
        brief = Brief(act="tastes", said=self.said, films=films, facts=facts, turn=memory.turns)
        return Performed(brief, memory, memory.plan)

    def _clear_tastes(self, act: Act) -> Performed:
        kinds = act.text.split()
        words = {"like": "what you liked", "dislike": "what you disliked", "seen": "what you have seen"}
        facts = {"what": listed_words(words[kind] for kind in kinds)} if kinds else {}
        memory = self.memory.without_tastes(*kinds)  # type: ignore[arg-type]
        return Performed(Brief(act="tastes_cleared", said=self.said, facts=facts, turn=memory.turns), memory, memory.plan)

    # -- talk ------------------------------------------------------------------------------------

    def _greeting(self, act: Act) -> Performed:
        return self._say("greeting", self.memory.plan, total=len(self.index.catalogue))

    def _thanks(self, act: Act) -> Performed:
        return self._say("thanks", self.memory.plan)

    def _help(self, act: Act) -> Performed:
        return self._say("help", self.memory.plan)

    def _which(self, act: Act) -> Performed:
        return self._say("question", self.memory.plan, ask=act.text)

    def _fetch_model(self, act: Act) -> Performed:
        return self._say("question", self.memory.plan, ask=act.text)

    def _off_topic(self, act: Act) -> Performed:
        return replace(self._say("off_topic", self.memory.plan), refused=True)

    def _reset(self, act: Act) -> Performed:
        kept = {name: getattr(self.memory, name) for name in ("liked", "disliked", "seen", "never", "exchanges", "turns")}
        return Performed(Brief(act="reset", said=self.said), Memory(**kept), Plan())

    # -- parts -------------------------------------------------------------------------------------

    def _say(self, kind: str, plan: Plan, **facts: Any) -> Performed:
        return Performed(self._brief(kind, plan, (), facts), self.memory, plan)

    def _brief(self, kind: str, plan: Plan, hits: Sequence[Hit], facts: dict[str, Any], wanted: str | None = None) -> Brief:
        told = tuple(
            Told(film=hit.movie, because=worth_saying(hit.evidence.reason), passage=hit.evidence.passage or "", weak=hit.weak)
            for hit in hits
        )
        if wanted is None:
            wanted = self.wanted(plan)
        return Brief(act=kind, said=self.said, wanted=wanted, films=told, facts=facts, turn=self.memory.turns)

    def wanted(self, plan: Plan) -> str:
        """A plan in words, with titles for ids."""
        return describe(plan, self.titles(plan)) if plan else ""

    def titles(self, plan: Plan) -> dict[str, str]:
        """Titles of the films a plan names by id."""
        ids = (*plan.like, *plan.unlike, *plan.exclude)
        return {movie_id: self.index.catalogue.movie(movie_id).label for movie_id in ids if movie_id in self.index.catalogue}

    def _title(self, movie_id: str) -> str:
        return self.index.catalogue.movie(movie_id).label if movie_id in self.index.catalogue else movie_id

    def _near(self, title: str) -> list[Movie]:
        """Films with nearly this title, and those whose title the words begin with ("The Matrix Reloaded")."""
        words = title.split()
        heads = [" ".join(words[:size]) for size in range(len(words) - 1, 0, -1)]
        begun = [film for head in heads if len(head) > 5 for film in self.vocabulary.films_named(head)][:2]
        near = [match.movie for match in self.index.catalogue.find(title, limit=3, cutoff=0.6)]
        return [*(self.index.catalogue.movie(film.id) for film in begun), *near]

    def _named_first(self, named: Sequence[Movie], found: Screening, k: int, aside: Sequence[str]) -> Screening:
        """The films asked for by title, and after them what resembles the first."""
        hits = {hit.movie_id: hit for hit in found.hits}
        first = [hits.get(film.id, _bare(film)) for film in named]
        same = [hit for hit in found.hits if fold(hit.movie.title) == fold(named[0].title) and hit not in first]
        rest = self.box.search_movies(
            Plan(like=(named[0].id,)), k=k, aside=[*aside, *(hit.movie_id for hit in (*first, *same))]
        )
        chosen = [*first, *same, *(explained(hit, Plan(like=(named[0].id,)), named[:1]) for hit in rest.hits)]
        return Screening(tuple(chosen[: max(k, len(first))]), found.passing, named=True)

    @staticmethod
    def _far_off(plan: Plan, found: Screening) -> bool:
        """Whether a question found nothing but films that share no word with it."""
        asked = bool(plan.query) and not (plan.filters or plan.soft or plan.like)
        return asked and bool(found.hits) and not any(hit.evidence.words for hit in found.hits)

    def _makes_no_sense(self, plan: Plan, found: Screening) -> bool:
        bare = not (plan.filters or plan.soft or plan.relative or plan.like)
        return bool(plan.query) and bare and found.weak and not any(hit.evidence.words for hit in found.hits)

    def _relaxations(self, plan: Plan) -> tuple[list[tuple[str, int]], Plan | None]:
        """(label, films there would be) for each hard constraint, most first; and the plan without the first."""
        count = self.index.catalogue.count
        now = count(plan.filters)
        options = []
        for chip in chips(plan, self.titles(plan)):
            if chip.path[0] == "filters":
                without = plan_without(plan, chip)
                options.append((count(without.filters), chip.label, without))
        options = sorted((option for option in options if option[0] > now), key=lambda option: -option[0])
        return [(label, films) for films, label, _ in options], options[0][2] if options else None


def _bare(film: Movie, said: str = "") -> Hit:
    return Hit(film, 1.0, Evidence(said=said))
