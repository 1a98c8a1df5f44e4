"""`Plan`: what a sentence was understood to ask for. Shown to the user as chips, edited, and sent back.

A plan separates what must hold (`filters`), what would be nice (`soft`, `relative`), what to keep
away from (`avoid`, `unlike`, `exclude`) and what is left for search by meaning (`query`). Says
plans in words too. Does not know how a sentence is read (`understanding.py`) or how a plan is
carried out (the search).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from babel import Locale
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from movies.errors import BadInput
from movies.movie import Filters
from rag.reading.moods import comparative

Bounds = tuple[int | float | None, int | float | None]
Sort = Literal["relevance", "newest", "oldest", "shortest", "longest", "rating", "revenue", "popularity"]

_WIDESPREAD = ("en", "fr", "de", "es", "it", "ja")
_PROLIFIC = ("United States", "United Kingdom", "France", "Germany", "Italy", "Japan", "India")
_TEXTS = Field(default=(), max_length=50)


class Wish(BaseModel):
    """Something that moves films up or down but never shuts one out.

    `value` is a name for `mood` (a key of `moods.MOODS`), `genre`, `language`, `country` and `person`,
    and (lowest, highest), either open, for `years`, `runtime` (minutes) and `rating` (0–10).
    `weight` −1…1: how much it counts; below zero, away from it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    kind: Literal["mood", "genre", "language", "country", "person", "years", "runtime", "rating"]
    value: str | Bounds
    weight: float = Field(default=1.0, ge=-1, le=1)


class Relative(BaseModel):
    """A comparison with the films at hand (the anchors, or what was shown last): "funnier", "shorter".

    `direction` +1 means more (longer, later, better rated, better known), −1 less. `name` is the mood
    when `kind` is `mood`, and empty otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["mood", "runtime", "year", "rating", "popularity"]
    direction: Literal[-1, 1]
    name: str = ""


class Plan(BaseModel):
    """A request in parts. Immutable; `Plan()` asks for nothing in particular.

    `like`, `unlike`, `exclude`: film ids where the title is in the catalogue, else the title as it was
    written. `like` are examples to follow, `unlike` examples to keep away from, `exclude` must not be
    shown. `avoid`: themes to keep away from that are no genre of the catalogue. `k`: films wanted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    query: str = Field(default="", max_length=4000)
    filters: Filters = Filters()
    soft: tuple[Wish, ...] = _TEXTS
    relative: tuple[Relative, ...] = _TEXTS
    avoid: tuple[str, ...] = _TEXTS
    like: tuple[str, ...] = _TEXTS
    unlike: tuple[str, ...] = _TEXTS
    exclude: tuple[str, ...] = Field(default=(), max_length=1000)
    k: int = Field(default=10, ge=1, le=100)
    sort: Sort = "relevance"

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Plan:
        """Build a plan from JSON names and values; raises BadInput in words."""
        try:
            return cls.model_validate(record)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "plan"
            raise BadInput(f"plan.{where}: {first['msg']}. A plan has: {', '.join(cls.model_fields)}.") from None

    def chosen(self) -> dict[str, Any]:
        """Only what is set, by name, in JSON types; `from_record` reads it back."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def __bool__(self) -> bool:
        return bool(self.chosen())


class Chip(BaseModel):
    """One part of a plan in words, with the JSON path that holds it, such as `("filters", "people", 0)`.

    Bounds of one thing share a chip: the path then names the lower one, or the only one that is set.
    """

    model_config = ConfigDict(frozen=True)

    label: str
    path: tuple[str | int, ...]


_PAIRS = {"year_min": "year_max", "runtime_min": "runtime_max"}
_SORTS: dict[str, str] = {
    "newest": "newest first", "oldest": "oldest first", "shortest": "shortest first", "longest": "longest first",
    "rating": "best rated first", "revenue": "highest grossing first", "popularity": "best known first",
}  # fmt: skip
_COMPARATIVES = {
    "runtime": ("shorter", "longer"), "year": ("older", "newer"), "rating": ("less well rated", "better rated"),
    "popularity": ("less known", "better known"),
}  # fmt: skip


def chips(plan: Plan, titles: Mapping[str, str] | None = None) -> list[Chip]:
    """The plan as removable labels, what must hold first. `titles` gives labels for film ids."""
    known = titles or {}
    out = [Chip(label=label, path=("filters", *path)) for label, path in _filter_labels(plan.filters)]
    told = set(plan.filters.countries)  # "not from Spain" says already what is preferred
    out += [
        Chip(label=wish_label(wish), path=("soft", n))
        for n, wish in enumerate(plan.soft)
        if not (told and wish.kind == "country" and wish.weight <= -1)
    ]
    for n, relative in enumerate(plan.relative):
        less_or_more = _COMPARATIVES.get(relative.kind, (f"less {relative.name}", comparative(relative.name)))
        out.append(Chip(label=less_or_more[relative.direction > 0], path=("relative", n)))
    for field, prefix in (("like", "like "), ("unlike", "unlike "), ("avoid", "no "), ("exclude", "not ")):
        out += [Chip(label=prefix + known.get(text, text), path=(field, n)) for n, text in enumerate(getattr(plan, field))]
    if plan.query:
        out.append(Chip(label=f"“{plan.query}”", path=("query",)))
    if plan.sort != "relevance":
        out.append(Chip(label=_SORTS[plan.sort], path=("sort",)))
    if plan.k != Plan().k:
        out.append(Chip(label="1 film" if plan.k == 1 else f"{plan.k} films", path=("k",)))
    return out


def describe(plan: Plan, titles: Mapping[str, str] | None = None) -> str:
    """The plan in a line: "Comedy, 1990–1999, at most 120 minutes, not Horror"."""
    return ", ".join(chip.label for chip in chips(plan, titles)) or "anything"


def plan_without(plan: Plan, chip: Chip | Sequence[str | int]) -> Plan:
    """The plan with one chip's part taken out. A path that holds nothing raises BadInput."""
    path = list(chip.path if isinstance(chip, Chip) else chip)
    record = plan.chosen()
    try:
        holder: Any = record
        for step in path[:-1]:
            holder = holder[step]
        last = path[-1]
        del holder[last]
        if isinstance(last, str) and path[0] == "filters":
            holder.pop(_PAIRS.get(last, ""), None)
    except (KeyError, IndexError, TypeError):
        raise BadInput(f"The plan has no part at {path!r}: ask for its chips and remove one of those.") from None
    return Plan.from_record(record)


def wish_label(wish: Wish) -> str:
    """A wish in words: "ideally 1980–1989", "preferably not sad"."""
    if isinstance(wish.value, str):
        name = language_name(wish.value) if wish.kind == "language" else wish.value
        if wish.kind == "mood":
            return name if wish.weight > 0 else f"not {name}"
    else:
        unit = {"runtime": " minutes", "rating": " stars"}.get(wish.kind, "")
        name = _bounds(*wish.value, unit=unit)
    if wish.weight <= -1 and wish.kind in ("years", "country"):  # kept out (`ranking.py`)
        return f"not {name}"
    return f"ideally {name}" if wish.weight > 0 else f"preferably not {name}"


def _filter_labels(filters: Filters) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for field, prefix in (
        ("genres_all", ""), ("genres_any", "or "), ("genres_none", "not "), ("languages", "or in "), ("countries", "or from "),
        ("people", "with "), ("people_any", "or with "), ("people_none", "without "),
    ):  # fmt: skip
        values: tuple[str, ...] = getattr(filters, field)
        if field == "languages" and len(values) > 6:
            left_out = [language_name(code) for code in _WIDESPREAD if code not in values]
            english = "in another language than English"
            yield (english if "en" not in values else _but("in", left_out, f"in one of {len(values)} languages")), (field,)
        elif field == "countries" and len(values) > 6:
            left_out = [name for name in _PROLIFIC if name not in values]
            yield _but("from", left_out, f"from one of {len(values)} countries"), (field,)
        else:
            for n, value in enumerate(values):
                name = language_name(value) if field == "languages" else value
                yield (prefix if n else prefix.removeprefix("or ")) + name, (field, n)
    for low, high, unit in (("year_min", "year_max", ""), ("runtime_min", "runtime_max", " minutes")):
        least, most = getattr(filters, low), getattr(filters, high)
        if least is not None or most is not None:
            yield _bounds(least, most, unit=unit), (low if least is not None else high,)
    if filters.rating_min is not None:
        yield f"rated {filters.rating_min:g} or better", ("rating_min",)
    if filters.has_poster is not None:
        yield "with a poster" if filters.has_poster else "without a poster", ("has_poster",)


def _but(preposition: str, left_out: Sequence[str], otherwise: str) -> str:
    """ "not in French", of a long list that lacks little of what a catalogue is likely to have."""
    return f"not {preposition} {' or '.join(left_out)}" if 0 < len(left_out) < 3 else otherwise


def language_name(code: str) -> str:
    """The English name of a language code; codes without one stay as they are."""
    return str(Locale("en").languages.get(code, code))


def _bounds(low: float | None, high: float | None, *, unit: str) -> str:
    if low is None or high is None:
        year = unit == ""
        if low is None:
            return f"{high:g} or earlier" if year else f"at most {high:g}{unit}"
        return f"{low:g} or later" if year else f"at least {low:g}{unit}"
    return f"{low:g}{unit}" if low == high else f"{low:g}–{high:g}{unit}"
