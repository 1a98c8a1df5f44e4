"""A `Plan` under construction: what has been read so far, and how lists settle when the sentence is over.

Does not know words or negation; `grammar.py` decides what is said, here it is put together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from movies.movie import Filters
from rag.plan import Bounds, Plan, Relative, Wish
from rag.reading.lexicon import FUNCTION_WORDS
from rag.reading.names import Vocabulary
from rag.reading.places import Place
from rag.reading.tokens import Token

Relation = Literal["apart", "adjacent", "and", "or", "comma"]
_LISTED = ("and", "or", "comma")
LIST_LIMIT = 50  # entries a filter list may have
_PEOPLE_LIMIT = 20
_EDGE_WORDS = FUNCTION_WORDS | {
    "about", "involving", "featuring", "concerning", "regarding", "exploring", "follows", "following", "dealing", "deals",
    "revolving", "starring", "directed", "story", "stories", "plot", "one", "ones", "&", "/", "-", "+", "'", "’", '"', "“",
    "”", "*",
    "named", "seen", "watched", "called", "titled", "made", "released", "film", "films", "movie", "movies",
}  # fmt: skip


_PROPER = {"Will", "May", "It", "Us", "Art"}  # small words that are names when written so inside a sentence


@dataclass(frozen=True)
class Span:
    """Which words of the sentence a part of the plan was read from: ("under two hours", "runtime_max", 120)."""

    text: str
    field: str
    value: Any


class Draft:
    """Collects the parts of a plan with the words they came from."""

    def __init__(self, sentence: str, tokens: Sequence[Token], vocabulary: Vocabulary) -> None:
        self._sentence, self._tokens, self._names = sentence, tokens, vocabulary
        self.spans: list[Span] = []
        self.filters: dict[str, Any] = {}
        self.soft: list[Wish] = []
        self.relative: list[Relative] = []
        self.avoid: list[str] = []
        self.titles: dict[str, list[str]] = {"like": [], "unlike": [], "exclude": []}
        self.genres: list[tuple[int, tuple[str, ...], Relation, int]] = []  # place, names, relation to the last, strength
        self.people: list[tuple[int, str, Relation]] = []
        self.places: list[tuple[int, Place, Relation]] = []
        self.sort = "relevance"
        self.k: int | None = None
        self._kept: list[tuple[int, int]] = []
        self._named: set[int] = set()

    # -- collecting ----------------------------------------------------------------------------

    def note(self, text: str, field: str, value: Any) -> None:
        """Remember which words a part came from."""
        self.spans.append(Span(text, field, value))

    def keep(self, start: int, end: int, *, name: bool = False) -> None:
        """Leave tokens `start` to `end` in the query; of a `name` ("Up", "The Thing") no small word is trimmed."""
        self._kept.append((start, end))
        self._named.update(range(start, end) if name else ())

    def text(self, start: int, end: int) -> str:
        """The sentence from token `start` to `end`."""
        return self._sentence[self._tokens[start].start : self._tokens[end - 1].end]

    def wish(self, text: str, kind: str, value: str | Bounds, weight: float = 1.0) -> None:
        made = Wish.model_validate({"kind": kind, "value": value, "weight": weight})
        self.soft.append(made)
        self.note(text, f"soft.{kind}", made.value)

    def compare(self, text: str, kind: str, direction: int, name: str = "") -> None:
        self.relative.append(Relative.model_validate({"kind": kind, "direction": direction, "name": name}))
        self.note(text, f"relative.{name or kind}", direction)

    def add(self, text: str, field: str, value: str) -> None:
        """Add to a list filter; beyond the limit of the list nothing is added."""
        values = self.filters.setdefault(field, [])
        if value not in values and len(values) < (_PEOPLE_LIMIT if field.startswith("people") else LIST_LIMIT):
            values.append(value)
        self.note(text, field, value)

    def avoid_theme(self, start: int, end: int) -> None:
        theme = self.text(start, end)[:200]
        bearers = self._names.bearers("".join(token.bare for token in self._tokens[start:end]))
        for name in bearers[:_PEOPLE_LIMIT]:  # "not Bergman": neither of them
            self.add(theme, "people_none", name)
        if bearers:
            return
        self.avoid.append(theme)
        self.note(theme, "avoid", theme)

    def bound(self, text: str, field: str, value: float) -> None:
        """Tighten a limit."""
        tighter = max if field.endswith("_min") else min
        self.filters[field] = tighter(self.filters.get(field, value), value)
        self.note(text, field, value)

    def refuse_place(self, text: str, place: Place) -> None:
        """There is no filter against a country: all others of the catalogue are asked for."""
        field = "languages" if place.languages and self._names.languages else "countries"
        refused = getattr(place, field)
        allowed = self.filters.get(field) or getattr(self._names, field)
        self.filters[field] = [value for value in allowed if value not in refused][:LIST_LIMIT]
        if field == "countries":  # nor made with one of them
            self.soft += [Wish(kind="country", value=value, weight=-1) for value in refused]
        self.note(text, field, f"not {', '.join(refused)}")

    def soften_last(self) -> None:
        """A hedge behind a constraint ("from the 80s, I think") makes a wish of it."""
        last = self.spans[-1] if self.spans else None
        stem = last.field.split("_")[0] if last else ""
        if last and stem in ("year", "runtime", "rating"):
            bounds = (self.filters.pop(f"{stem}_min", None), self.filters.pop(f"{stem}_max", None))
            self.spans = [span for span in self.spans if not span.field.startswith(stem)]
            self.wish(last.text, "years" if stem == "year" else stem, bounds, 0.5)
        elif last and last.field == "genres" and self.genres:
            compound = [self.genres.pop()]
            while compound[0][2] == "adjacent" and self.genres:
                compound.insert(0, self.genres.pop())
            for _, names, _, _ in compound:
                for name in names:
                    self.wish(last.text, "genre", name, 0.5)
        elif last and last.field == "people" and self.people and self._query():  # alone, a name is all there is to go by
            while (listed := self.people.pop()) and listed[2] in _LISTED and self.people:
                self.wish(last.text, "person", listed[1], 0.7)
            self.wish(last.text, "person", listed[1], 0.7)

    # -- the result ----------------------------------------------------------------------------

    def plan(self) -> Plan:
        """The plan of all that was collected."""
        self._settle_genres()
        self._settle_places()
        self._settle_people()
        return Plan(
            query=self._query(),
            filters=Filters.model_validate({name: value for name, value in self.filters.items() if value not in (None, [])}),
            soft=_first(self.soft),
            relative=_first(self.relative),
            avoid=_first(self.avoid),
            like=_first(self.titles["like"]),
            unlike=_first(self.titles["unlike"]),
            exclude=_first(self.titles["exclude"]),
            k=self.k or 10,
            sort=self.sort,
        )

    def _settle_genres(self) -> None:
        """Lists ("comedy or thriller") are alternatives, everything else holds together ("romantic comedy").

        An adjective in front of a list holds for all of it: "romantic comedy or drama" must be romance.
        """
        lists: list[list[list[tuple[str, int]]]] = []  # lists of compounds of (genre, strength)
        for _, names, relation, strength in self.genres:
            compound = [(name, strength) for name in names]
            if relation in _LISTED and lists:
                lists[-1].append(compound)
            elif relation == "adjacent" and lists:
                lists[-1][-1] += compound
            else:
                lists.append([compound])
        needed: list[str] = []
        either: list[str] = list(self.filters.get("genres_any", []))
        for alternatives in lists:
            if len(alternatives) == 1:
                needed += [name for name, _ in alternatives[0]]
                continue
            if len(alternatives[0]) > 1 and alternatives[0][0][1] == 0:
                needed.append(alternatives[0].pop(0)[0])
            either += [name for compound in alternatives for name, _ in compound]
        self.filters["genres_all"] = list(dict.fromkeys(needed))[:LIST_LIMIT]
        self.filters["genres_any"] = list(dict.fromkeys(name for name in either if name not in needed))[:LIST_LIMIT]

    def _settle_places(self) -> None:
        """Languages where all are languages, countries where all are countries; a mixed list becomes countries."""
        if not self.places:
            return
        listed = any(relation in _LISTED for _, _, relation in self.places)
        by_country = [place for _, place, _ in self.places if not (place.languages and self._names.languages)]
        by_language = [place for _, place, _ in self.places if place.languages and self._names.languages]
        if by_country and listed and self._names.countries:
            by_country, by_language = [place for _, place, _ in self.places], []
        for field, places in (("languages", by_language), ("countries", by_country)):
            values = list(dict.fromkeys(value for place in places for value in getattr(place, field)))[:LIST_LIMIT]
            if values:
                self.filters[field] = values

    def _settle_people(self) -> None:
        """Two people: films with both. "Tom Hanks or Meg Ryan": films with either."""
        lists: list[list[tuple[str, Relation]]] = []
        refused = set(self.filters.get("people_none", ()))  # "I know all the Bogarts, so leave Humphrey Bogart out"
        for _, name, relation in self.people:
            if name in refused:
                continue
            if relation in _LISTED and lists:
                lists[-1].append((name, relation))
            else:
                lists.append([(name, "apart")])
        for people in lists:
            names = [name for name, _ in people]
            if any(relation == "or" for _, relation in people):
                self.filters["people_any"] = list(dict.fromkeys(names))[:_PEOPLE_LIMIT]
            else:
                self.filters["people"] = list(dict.fromkeys(self.filters.get("people", []) + names))[:_PEOPLE_LIMIT]

    def _query(self) -> str:
        """The words that are left, in order, without the small words at their edges."""
        runs: list[list[int]] = []
        last = -1
        for start, end in self._kept:
            if runs and all(token.fold in {"and", "or", "&"} for token in self._tokens[last:start]):
                runs[-1] += range(last, end)
            else:
                runs.append(list(range(start, end)))
            last = end
        out: list[str] = []
        for run in runs:
            first = not out
            while run and self._is_edge(run[-1]):
                run.pop()
            while run and self._is_edge(run[0]) and (first or not self._opens_clause(run[0])):
                run.pop(0)
            if run and any(not self._is_edge(token) for token in run):
                out.append(self.text(run[0], run[-1] + 1))
        return " ".join(out)[:4000]

    def _is_edge(self, token: int) -> bool:
        if token in self._named:
            return False
        if token and self._tokens[token].text in _PROPER:
            return False
        return self._tokens[token].fold in _EDGE_WORDS or not self._tokens[token].fold.strip("'’-–,")

    def _opens_clause(self, token: int) -> bool:
        return self._tokens[token].fold in {
            "that",
            "who",
            "where",
            "which",
            "whose",
            "when",
            "in",
            "about",
            "on",
            "with",
            "set",
        }


def _first(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))[:LIST_LIMIT]
