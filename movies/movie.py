"""`Movie`, and `Filters` over movies: the two records that every room and the HTTP API share.

Knows what a valid film record looks like. Does not know where records come from (importers)
or how they are stored (catalogue).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from movies.errors import BadInput
from movies.vocabulary import canonical_country, canonical_genre, canonical_language

_LIST_FIELDS = ("genres", "directors", "cast", "countries", "keywords", "alt_titles")
_TEXT_LIMIT = 20_000  # characters of a plot; longer ones are cut by no importer, but refused
_NAME_LIMIT = 500
_NO_ADDRESS = re.compile(r"^/|^\.{1,2}$|/(poster|similar)$")  # ids that no address of the HTTP API can name


class Movie(BaseModel):
    """One film. Immutable; equal films compare equal.

    Units: `runtime` minutes, `rating` 0–10, `budget` and `revenue` US dollars. `poster` is a
    file path in an imported catalogue and a content key in a published one. `language` is an
    ISO 639-1 code where the language is known to us.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    id: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=_NAME_LIMIT)
    year: int | None = Field(default=None, ge=1870, le=2200)
    plot: str = Field(default="", max_length=_TEXT_LIMIT)
    genres: tuple[str, ...] = ()
    poster: str | None = None
    runtime: int | None = Field(default=None, ge=1, le=6000)
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    language: str | None = Field(default=None, max_length=60)
    countries: tuple[str, ...] = ()
    rating: float | None = Field(default=None, ge=0, le=10)
    votes: int | None = Field(default=None, ge=0)
    budget: int | None = Field(default=None, ge=0, lt=2**63)
    revenue: int | None = Field(default=None, ge=0, lt=2**63)
    release_date: date | None = None
    imdb_id: str | None = Field(default=None, max_length=40)
    tmdb_id: int | None = Field(default=None, ge=0, lt=2**63)
    keywords: tuple[str, ...] = ()
    alt_titles: tuple[str, ...] = ()

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Movie:
        """Build a film from one row of the import format (JSON or CSV types alike).

        Lists may come as a list or as one string split by `|`; empty strings count as absent.
        Raises BadInput with the first reason in words, also for an id that would be the address of something else.
        """
        try:
            movie = cls.model_validate(record)
            if _NO_ADDRESS.search(movie.id):
                raise BadInput(
                    f"id: {movie.id[:80]!r} can't be addressed; an id doesn't begin with / or end in /poster or /similar"
                )
            return movie
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "record"
            raise BadInput(f"{where}: {first['msg']}") from None

    @model_validator(mode="before")
    @classmethod
    def _absent_is_none(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise ValueError("a film must be an object with named fields")
        return {
            name: value
            for name, value in data.items()
            if value is not None and not (isinstance(value, str) and not value.strip())
        }

    @field_validator(*_LIST_FIELDS, mode="before")
    @classmethod
    def _as_tuple(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = value.split("|")
        if not isinstance(value, (list, tuple)):
            raise ValueError("expected a list, or one text split by |")
        if len(value) > 1000:
            raise ValueError("a list may have 1,000 entries at most")
        names = [item.get("name", "") if isinstance(item, Mapping) else item for item in value]
        if not all(isinstance(name, str) for name in names):
            raise ValueError("expected a list of texts")
        kept = dict.fromkeys(_clean(name)[:_NAME_LIMIT].strip() for name in names)
        return tuple(name for name in kept if name)

    @field_validator("id", "title", "imdb_id", "language", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("expected a text")
        return _clean(str(value)) if isinstance(value, (str, int)) else value

    @field_validator("plot", mode="before")
    @classmethod
    def _as_prose(cls, value: Any) -> Any:
        return re.sub(r"[ \t]+", " ", _clean(value, keep_lines=True)) if isinstance(value, str) else value

    @field_validator("poster")
    @classmethod
    def _as_path(cls, value: str | None) -> str | None:
        if value and "\0" in value:
            raise ValueError("a path can't hold NUL")
        return value

    @field_validator("rating", mode="before")
    @classmethod
    def _as_number(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("expected a number")
        return value

    @field_validator("release_date", mode="before")
    @classmethod
    def _as_date(cls, value: Any) -> Any:
        # Numbers would pass for seconds since 1970.
        if isinstance(value, date):
            return value
        if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value.strip()):
            raise ValueError("expected a date such as 1995-12-15")
        return value.strip()[:10]

    @field_validator("year", "runtime", "votes", "budget", "revenue", "tmdb_id", mode="before")
    @classmethod
    def _as_whole_number(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("expected a number")
        if isinstance(value, str):
            digits = value.replace(",", "").replace("_", "").removeprefix("$").strip()
            value = re.sub(r"\.0+$", "", digits)
        return value

    @field_validator("genres")
    @classmethod
    def _known_genres(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = (canonical_genre(name) for name in value)
        return tuple(dict.fromkeys(name for name in names if name))

    @field_validator("language")
    @classmethod
    def _language_code(cls, value: str | None) -> str | None:
        return canonical_language(value) if value else None

    @field_validator("countries")
    @classmethod
    def _country_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(canonical_country(name) for name in value))

    @property
    def people(self) -> tuple[str, ...]:
        """Directors and cast, each once."""
        return tuple(dict.fromkeys(self.directors + self.cast))

    @property
    def label(self) -> str:
        """The title with its year, as people write it: `Heat (1995)`."""
        return f"{self.title} ({self.year})" if self.year else self.title


class Filters(BaseModel):
    """Hard constraints. Each field that is set must hold; an empty `Filters()` admits all films.

    `genres_any`: at least one; `genres_all`: each; `genres_none`: not one of them.
    `people` must all take part (director or cast), one of `people_any` must, `people_none` must not.
    `languages` and `countries`: at least one of the named. Bounds are inclusive; a film whose
    year, runtime or rating is unknown does not pass a bound on it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    genres_any: tuple[str, ...] = Field(default=(), max_length=50)
    genres_all: tuple[str, ...] = Field(default=(), max_length=50)
    genres_none: tuple[str, ...] = Field(default=(), max_length=50)
    year_min: int | None = Field(default=None, ge=0, le=9999)
    year_max: int | None = Field(default=None, ge=0, le=9999)
    runtime_min: int | None = Field(default=None, ge=0, le=100_000)
    runtime_max: int | None = Field(default=None, ge=0, le=100_000)
    languages: tuple[str, ...] = Field(default=(), max_length=50)
    countries: tuple[str, ...] = Field(default=(), max_length=50)
    people: tuple[str, ...] = Field(default=(), max_length=20)
    people_any: tuple[str, ...] = Field(default=(), max_length=20)
    people_none: tuple[str, ...] = Field(default=(), max_length=20)
    rating_min: float | None = Field(default=None, ge=0, le=10)
    has_poster: bool | None = None

    @field_validator("genres_any", "genres_all", "genres_none")
    @classmethod
    def _known_genres(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(canonical_genre(name) or name for name in value))

    @field_validator("languages")
    @classmethod
    def _language_codes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(canonical_language(name) for name in value))

    @field_validator("countries")
    @classmethod
    def _country_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(canonical_country(name) for name in value))

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Filters:
        """Build filters from JSON names and values; raises BadInput in words."""
        try:
            return cls.model_validate(record)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "filters"
            names = ", ".join(cls.model_fields)
            raise BadInput(f"filters.{where}: {first['msg']}. The filters are: {names}.") from None

    def chosen(self) -> dict[str, Any]:
        """Only the constraints that are set, by name, in JSON types."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def __bool__(self) -> bool:
        return bool(self.chosen())

    def without(self, name: str) -> Filters:
        """The same filters with one constraint lifted."""
        return Filters(**{key: value for key, value in self.chosen().items() if key != name})


def _clean(text: str, *, keep_lines: bool = False) -> str:
    """Text without control characters (they break terminals, logs and FTS) and lone surrogates."""
    out = text.translate(_CONTROLS_BUT_LINES if keep_lines else _CONTROLS)
    return out.encode("utf-8", "replace").decode("utf-8")


# Direction overrides and invisible spaces go too: they make a name look like another.
_CONTROLS: dict[int, str | None] = {
    **dict.fromkeys([*range(32), *range(127, 160), 0x2028, 0x2029], " "),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2060, 0x206A), 0x200B, 0xFEFF], None),
}
_CONTROLS_BUT_LINES = {code: char for code, char in _CONTROLS.items() if code != ord("\n")}
