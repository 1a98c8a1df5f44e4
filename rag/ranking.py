"""Carrying out a plan: which films, in which order.

The index finds films by meaning and words among those that pass the filters; here the plan's wishes
(moods, preferences, comparisons), the viewer's tastes, a wanted order and some variety among the
first few are put on top. Filters are never loosened here. Does not read sentences or write any.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from PIL.Image import Image

from movies.movie import Movie
from movies.titles import normal_title
from movies.vocabulary import fold
from rag.index import Hit, MovieIndex
from rag.lexical import content_words, stem
from rag.plan import Plan, Relative, Wish
from rag.reading.moods import MOODS

_POOL = 80  # films looked at again for a handful shown
_VAGUE_POOL = 300  # where nothing but a mood was said
_SPARE = 3  # films per film shown where only variety may put one off
_SORTED_POOL = 40  # films that count as answering the query when another order than relevance is wanted
_MOOD, _COMPARED, _PREFERENCE, _KIN, _TASTE = (
    2.0,
    4.0,
    0.8,
    2.5,
    0.7,
)  # what a wish is worth, in standard deviations of the search
_REMEMBERED = 4.0  # times a preference: a genre that somebody remembers a film by, rather than would like
_RENOWN, _RENOWN_ALONE = 1.0, 4.0  # of films many have voted for and rated well; the more where words say little
_MANY_VOTES = 4.0  # powers of ten
_COMPANY = 4.0  # a person who would ideally take part, or is remembered to
_NO_FURTHER = 4.0  # against a film that isn't funnier than the one it should be funnier than
_LIKENESS, _AVOIDED = 9.0, 6.0  # kinship with a film to be like; a theme to avoid, found in the text
_LEANING = (0.5, 0.25)  # what the first and second genre of a mood say for it
_PER_DIRECTOR = 2  # films of one director among those shown, unless people were asked for
ORDERS: dict[str, Callable[[Movie], float | None]] = {
    "newest": lambda film: film.year, "oldest": lambda film: -film.year if film.year else None,
    "longest": lambda film: film.runtime, "shortest": lambda film: -film.runtime if film.runtime else None,
    "rating": lambda film: film.rating, "revenue": lambda film: film.revenue,
    "popularity": lambda film: film.votes or film.revenue,
}  # fmt: skip


@dataclass(frozen=True)
class Screening:
    """What a plan brought up. `passing`: films that pass its filters, shown or not; `weak`: nothing fits well.

    `named`: the first film is what the words of the query call it, letter by letter or nearly.
    """

    hits: tuple[Hit, ...]
    passing: int
    weak: bool = False
    named: bool = False


def carry_out(
    index: MovieIndex, plan: Plan, *, k: int | None = None, image: Image | None = None, clues: Sequence[tuple[str, float]] = (),
    years: Sequence[tuple[int, int]] = (), aside: Sequence[str] = (), liked: Sequence[str] = (), disliked: Sequence[str] = (),
) -> Screening:  # fmt: skip
    """The `k` best films for a plan (`plan.k` if not given).

    `image`: a picture to be like; `clues`, `years`: as in `MovieIndex.search`; `aside`: films not to
    show; `liked`, `disliked`: film ids that pull and push a little.
    """
    k = k or plan.k
    catalogue = index.catalogue
    passing = catalogue.count(plan.filters)
    if not passing:
        return Screening((), 0)
    anchors = [movie_id for movie_id in plan.like if movie_id in catalogue]
    moods = [wish for wish in plan.soft if wish.kind == "mood" and wish.value in MOODS]
    moods += [
        Wish(kind="mood", value=r.name, weight=r.direction) for r in plan.relative if r.kind == "mood" and r.name in MOODS
    ]
    texts = [(MOODS[str(wish.value)].text, wish.weight) for wish in moods]
    index.keep(text for text, _ in texts)
    bare = not (plan.query or anchors or image or clues)
    free = bool(plan.filters.people or clues or image)  # shown as they come, however alike
    wishes = bool(plan.soft or plan.relative or plan.avoid or plan.like or plan.unlike or liked or disliked)
    vague = bare and bool(texts)  # "something funny": of the many that are, those worth the evening
    pool = _VAGUE_POOL if vague else max(_POOL, 4 * k) if wishes or plan.sort != "relevance" else k if free else _SPARE * k
    everything = plan.sort != "relevance" and bare and not texts
    hits = index.search(
        plan.query, image=image, filters=plan.filters, like=anchors,
        clues=[*clues, *((text, weight) for text, weight in texts if weight > 0)], years=years or year_hints(plan),
        avoid=[*plan.avoid, *(text for text, weight in texts if weight < 0)],
        without=[*plan.exclude, *plan.unlike, *aside], k=passing if everything else pool,
    )  # fmt: skip
    if bare:
        hits += _with_ideal_people(index, plan, {hit.movie.id for hit in hits} | set(aside), k)
    named = bool(plan.query and hits and hits[0].evidence.legs.get("title", 0) >= 0.9)
    tastes = Tastes(index, plan, liked, disliked, remembered=bool(clues))
    if everything:
        wanted = [hit for hit in hits if not tastes.refuses(hit.movie)] or hits
        return Screening(tuple(_ordered(wanted, plan.sort)[:k]), passing)
    known = _RENOWN_ALONE if vague else 0.0 if bare else _RENOWN
    scored = [
        (_strength(hit, rank, bare and not texts) + tastes.bonus(hit.movie) + known * renown(hit.movie), hit)
        for rank, hit in enumerate(hits)
    ]
    scored = [(score, hit) for score, hit in scored if not tastes.refuses(hit.movie)] or scored
    scored.sort(key=lambda pair: -pair[0])
    if not plan.query and not clues:  # a mood alone is no evidence against a film
        scored = [(score, replace(hit, weak=False)) for score, hit in scored]
    ranked = [hit for _, hit in scored]
    if plan.sort != "relevance":
        fitting = [hit for hit in ranked[:_SORTED_POOL] if not hit.weak] or ranked[: 2 * k]
        return Screening(tuple(_ordered(fitting, plan.sort)[:k]), passing)
    chosen = ranked[:k] if free or named else _varied(ranked, k)
    weak = bool(chosen) and all(hit.weak for hit in chosen[:3])
    return Screening(tuple(chosen), passing, weak, named)


def _with_ideal_people(index: MovieIndex, plan: Plan, known: set[str], k: int) -> list[Hit]:
    """Films with the people a plan would ideally have; where nothing else is asked they need not be among the best known."""
    found: dict[str, Hit] = {}
    for name in (str(wish.value) for wish in plan.soft if wish.kind == "person" and wish.weight > 0):
        filters = plan.filters.model_copy(update={"people": (*plan.filters.people, name)})
        hits = index.search(filters=filters, without=[*plan.exclude, *plan.unlike, *known], k=k)
        found |= {hit.movie.id: hit for hit in hits}
    return list(found.values())


def year_hints(plan: Plan) -> list[tuple[int, int]]:
    """The years a plan would like films from, as (from, to)."""
    spans = [wish.value for wish in plan.soft if wish.kind == "years" and wish.weight >= 0.4 and isinstance(wish.value, tuple)]
    return [(int(low if low is not None else 0), int(high if high is not None else 9999)) for low, high in spans]


class Tastes:
    """What a plan's wishes and a viewer's likes add to a film's score."""

    def __init__(
        self,
        index: MovieIndex,
        plan: Plan,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        *,
        remembered: bool = False,
    ) -> None:
        def films(ids: Sequence[str]) -> list[Movie]:
            return [index.catalogue.movie(movie_id) for movie_id in ids[-20:] if movie_id in index.catalogue]

        self._plan = plan
        self._remembered = remembered
        self._themes = [{stem(word) for word in content_words(theme)} for theme in plan.avoid]
        self._avoided = frozenset[str]().union(*self._themes)
        self._says: dict[str, frozenset[str]] = {}
        self._examples = films(plan.like)
        pulls = (
            (_LIKENESS, self._examples),
            (-_KIN, films(plan.unlike)),
            (_TASTE, films(liked)),
            (-_TASTE, films(disliked)),
        )
        self._pulls = [(weight, others) for weight, others in pulls if others]

    def refuses(self, film: Movie) -> bool:
        """Does the film speak of a theme to keep away from, with all of its words, or is it of years or a country refused?"""
        if any(_refused(wish, film) for wish in self._plan.soft):
            return True
        return any(theme and theme <= self._said(film) for theme in self._themes)

    def _said(self, film: Movie) -> frozenset[str]:
        """What the film says of the themes to keep away from; asked for twice, looked up once."""
        if film.id not in self._says:
            self._says[film.id] = _said_of_film(film, self._avoided)
        return self._says[film.id]

    def bonus(self, film: Movie) -> float:
        """In standard deviations of the search; 0 for a film nothing is said about."""
        total = sum(
            _wish(wish, film) * (_REMEMBERED if self._remembered and wish.kind == "genre" else 1) for wish in self._plan.soft
        )
        total += sum(_comparison(relative, film, self._examples) for relative in self._plan.relative)
        if self._avoided:
            total -= _AVOIDED * bool(self._said(film))
        return total + sum(weight * max(kinship(film, other) for other in others) for weight, others in self._pulls)


def renown(film: Movie) -> float:
    """How well known and liked a film is, −0.5 to 1.5; 0 where nobody has voted."""
    if not film.votes:
        return 0.0
    liked = 0.0 if film.rating is None else max(-0.5, min(0.5, (film.rating - 6) / 4))
    return min(1.0, math.log10(1 + film.votes) / _MANY_VOTES) + liked


def _said_of_film(film: Movie, stems: frozenset[str]) -> frozenset[str]:
    """Those of the stems that stand in a film's record; only words that begin like one of them are looked at closely."""
    begin = {root[:2] for root in stems}
    text = fold(" ".join((film.title, film.plot, *film.keywords, *film.genres))).replace("'", "")
    return frozenset(root for word in re.findall(r"\w+", text) if word[:2] in begin and (root := stem(word)) in stems)


def kinship(one: Movie, other: Movie) -> float:
    """How much two films have in common, 0–1: genres, keywords, people."""
    shared = 0.4 * (1 - 0.5 ** len(set(one.keywords) & set(other.keywords)))  # one keyword shared says much already
    for names, others, weight in ((one.genres, other.genres, 0.4), (one.people, other.people, 0.2)):
        both = set(names) | set(others)
        shared += weight * len(set(names) & set(others)) / len(both) if both else 0.0
    return shared


def mood_evidence(film: Movie, mood: str) -> tuple[float, tuple[str, ...]]:
    """(how much speaks for a mood, −1…1; the film's keywords and genres that say so)."""
    return _mood_evidence(film.keywords, film.genres, mood)


@lru_cache(maxsize=32_768)  # every film of a pool is asked about every mood of a plan
def _mood_evidence(keywords: tuple[str, ...], genres: tuple[str, ...], mood: str) -> tuple[float, tuple[str, ...]]:
    known, said = MOODS[mood], _said_of(mood)
    words = tuple(word for word in keywords if fold(word) in said or fold(word.replace("-", " ")) in said or _near(word, said))
    towards = tuple(name for name in known.towards[:2] if name in genres)
    against = sum(name in known.against for name in genres)
    value = 0.6 * bool(words) + sum(_LEANING[known.towards.index(name)] for name in towards) - 0.25 * against
    return max(-1.0, min(1.0, value)), (*words, *towards)


@lru_cache(maxsize=256)
def _said_of(mood: str) -> frozenset[str]:
    """How viewers say a mood, folded."""
    return frozenset(fold(word.strip()) for word in re.split(r"[,\n]", MOODS[mood].said)) | {mood}


def _near(keyword: str, said: frozenset[str]) -> bool:
    """ "dark humour" says funny and dark; "haunted house" nothing."""
    return any(word in said for word in re.findall(r"\w+", fold(keyword)) if len(word) > 3)


def _wish(wish: Wish, film: Movie) -> float:
    if isinstance(wish.value, tuple):
        number = {"years": film.year, "runtime": film.runtime, "rating": film.rating}.get(wish.kind)
        low, high = wish.value
        fits = number is not None and (low is None or number >= low) and (high is None or number <= high)
        return _PREFERENCE * wish.weight * fits
    if wish.kind == "mood":
        return _MOOD * wish.weight * mood_evidence(film, wish.value)[0] if wish.value in MOODS else 0.0
    if wish.kind == "person":
        return _COMPANY * wish.weight * (fold(wish.value) in {fold(name) for name in film.people})
    has = {
        "genre": film.genres, "language": (film.language or "",), "country": film.countries,
    }.get(wish.kind, ())  # fmt: skip
    return _PREFERENCE * wish.weight * (fold(wish.value) in {fold(name) for name in has})


def _refused(wish: Wish, film: Movie) -> bool:
    """Years and countries there is no filter against: "anything but the 80s", "no American ones"."""
    return wish.weight <= -1 and wish.kind in ("years", "country") and _wish(wish, film) < 0


def _comparison(relative: Relative, film: Movie, examples: Sequence[Movie]) -> float:
    """How far a film goes the way that was asked; one that goes no further than the example isn't "lighter" at all."""
    if relative.kind == "mood" and relative.name in MOODS:
        value = relative.direction * mood_evidence(film, relative.name)[0]
        least = max((relative.direction * mood_evidence(other, relative.name)[0] for other in examples), default=None)
        if least is not None and relative.direction > 0:
            least = max(least, 0.0)
        return _COMPARED * value - (_NO_FURTHER if least is not None and value <= least else 0.0)
    if relative.kind == "popularity":
        return 0.1 * relative.direction * math.log10(1 + (film.votes or film.revenue or 0))
    return 0.0  # longer, newer and better rated are bounds, set where the films at hand are known


def _strength(hit: Hit, rank: int, unasked: bool) -> float:
    """The search's own score on the scale bonuses are given in; the order alone where nothing was asked."""
    return 3.0 - 0.03 * rank if unasked else hit.strength


def _ordered(hits: Iterable[Hit], sort: str) -> list[Hit]:
    """Sorted by a fact; films that lack it come last."""
    fact = ORDERS[sort]
    known = [(value, hit) for hit in hits if (value := fact(hit.movie)) is not None]
    rest = [hit for hit in hits if fact(hit.movie) is None]
    return [hit for _, hit in sorted(known, key=lambda pair: -pair[0])] + rest


def _varied(hits: Sequence[Hit], k: int) -> list[Hit]:
    """The first `k`, at most one film of a series and two of a director; those put off follow if there is room."""
    chosen: list[Hit] = []
    put_off: list[Hit] = []
    directors: Counter[str] = Counter()
    for hit in hits:
        crowded = any(directors[name] >= _PER_DIRECTOR for name in hit.movie.directors)
        if crowded or any(_same_series(hit.movie.title, other.movie.title) for other in chosen):
            put_off.append(hit)
            continue
        chosen.append(hit)
        directors.update(hit.movie.directors)
        if len(chosen) == k:
            return chosen
    return [*chosen, *put_off][:k]


def _same_series(one: str, other: str) -> bool:
    """Sequels and namesakes: the same title but for a number, a part, an ending or what follows a colon."""
    first, second = sorted((_head(one), _head(other)), key=len)
    if first.removesuffix("s") == second.removesuffix("s"):
        return True
    return len(first) > 5 and second.startswith(first + " ")


@lru_cache(maxsize=8192)  # each of a pool is compared with each that was chosen
def _head(title: str) -> str:
    head = normal_title(re.split(r":| - |\bPart\b|\bVol\b", title, maxsplit=1)[0]) or normal_title(title)
    return re.sub(r"\s+\d{1,2}$", "", head)
