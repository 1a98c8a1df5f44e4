"""What a source hands over film by film, and what became of it all: `Film`, `Skip`, `Remark`, `ImportReport`.

Does not know any source, and no catalogue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Protocol

from movies.errors import BadInput
from movies.movie import Movie

_SHOWN = 20  # findings printed in full; the rest are counted by reason


@dataclass(frozen=True)
class Film:
    """A film as a source describes it; `where` is a line or a file the owner can look at."""

    where: str
    movie: Movie


class Skip(NamedTuple):
    """Something that should have become a film and didn't."""

    where: str
    reason: str


class Remark(NamedTuple):
    """A film is imported, but not everything its source says of it."""

    where: str
    reason: str


Entry = Film | Skip | Remark


class Source(Protocol):
    """Yields films lazily; `total` is how many films to expect, where that is known before reading."""

    @property
    def total(self) -> int | None: ...

    def __iter__(self) -> Generator[Entry, None, None]: ...


@dataclass
class ImportReport:
    """Counts of films, and every (where, reason) of what was left out.

    `skipped` are rows or files that became no film; `remarks` belong to films that are in the
    catalogue with something missing, such as a poster.
    """

    added: int = 0
    unchanged: int = 0
    replaced: int = 0
    skipped: list[Skip] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def films(self) -> int:
        """Films of this source that are in the catalogue now."""
        return self.added + self.unchanged + self.replaced

    def as_json(self) -> dict[str, Any]:
        """JSON types only: counts, and `skipped` and `remarks` as lists of {where, reason}."""
        listed = {name: [item._asdict() for item in getattr(self, name)] for name in ("skipped", "remarks")}
        return asdict(self) | listed

    def __str__(self) -> str:
        lines = [f"{self.films} films: {self.added} added, {self.unchanged} unchanged, {self.replaced} replaced."]
        for items, heading in ((self.skipped, "skipped"), (self.remarks, "imported with something left out")):
            if not items:
                continue
            lines.append(f"{len(items)} {heading}:")
            lines += [f"  {item.where}: {item.reason}" for item in items[:_SHOWN]]
            rest = Counter(item.reason for item in items[_SHOWN:])
            lines += [f"  … and {count} more: {reason}" for reason, count in rest.most_common(_SHOWN)]
            if len(rest) > _SHOWN:
                lines.append(f"  … and {sum(rest.values()) - sum(n for _, n in rest.most_common(_SHOWN))} more of other kinds")
        return "\n".join(lines)


def film_entries(where: str, record: Mapping[str, Any]) -> Iterator[Entry]:
    """The film of a record from a source that nobody typed for us: a field that can't be is left out, and said.

    A record whose id or title can't be is skipped.
    """
    rest = dict(record)
    remarks: list[Remark] = []
    while True:
        try:
            movie = Movie.from_record(rest)
        except BadInput as error:
            name = error.message.split(":")[0].split(".")[0]
            if name in ("id", "title") or name not in rest:
                yield Skip(where, error.message)
                return
            del rest[name]
            remarks.append(Remark(where, f"left out {error.message}"))
        else:
            yield Film(where, movie)
            yield from remarks
            return


def film_id(imdb_id: str | None, tmdb_id: int | str | None) -> str | None:
    """One id for a film wherever it comes from: its IMDb number, or else its TMDB number (`tmdb-949`)."""
    return imdb_id or (f"tmdb-{tmdb_id}" if tmdb_id else None)
