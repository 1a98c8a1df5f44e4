"""Bringing films into a catalogue: `import_films(kind, source, catalogue) -> ImportReport`.

One module per kind of source (`tabular`, `imagefolder`, `nfo`, `tmdb`); each yields films lazily
and says what it had to leave out. This module writes them. A second import of the same source
changes nothing. Does not know how films are indexed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Literal, get_args

from movies.catalogue import Catalogue
from movies.errors import BadInput
from movies.importers.imagefolder import ImageFolder
from movies.importers.nfo import HomeLibrary
from movies.importers.report import Film, ImportReport, Remark, Skip, Source
from movies.importers.tabular import CsvFilms, JsonLines
from movies.importers.tmdb import Tmdb
from movies.movie import Movie
from movies.settings import Settings

__all__ = ["Film", "ImportReport", "Kind", "Remark", "Skip", "Source", "import_films", "open_source", "store"]

Kind = Literal["jsonl", "csv", "imagefolder", "nfo", "tmdb"]
Progress = Callable[[int, int | None], None]
"""Called with (films seen so far, films expected or None)."""

_BATCH = 500  # films a transaction


def import_films(
    kind: Kind,
    source: str | Path,
    catalogue: Catalogue,
    *,
    plots: Path | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Read every film of `source` into the catalogue, 500 films a transaction.

    `source`: a file (jsonl, csv), a folder (imagefolder, nfo), or for tmdb a file of ids, a
    MovieLens `links.csv`, or `popular[:N]`. `plots`: the CSV beside an image folder. Films with
    an id that is there already replace it if they differ. Raises BadInput where nothing can be
    read at all; films that were read before a later failure are kept.
    """
    return store(open_source(kind, source, plots=plots, settings=settings), catalogue, progress)


def open_source(kind: Kind, source: str | Path, *, plots: Path | None = None, settings: Settings | None = None) -> Source:
    """The source itself, unread; raises BadInput for a kind there is none of."""
    if kind not in get_args(Kind):
        raise BadInput(f"There is no importer named {str(kind)[:40]!r}. Choose one of: {', '.join(get_args(Kind))}.")
    if plots is not None and kind != "imagefolder":
        raise BadInput("A separate file of plots goes with an image folder only.")
    if kind == "imagefolder":
        return ImageFolder(Path(source), plots)
    if kind == "tmdb":
        return Tmdb(str(source), settings or Settings())
    readers: dict[str, Callable[[Path], Source]] = {"jsonl": JsonLines, "csv": CsvFilms, "nfo": HomeLibrary}
    return readers[kind](Path(source))


def store(source: Source, catalogue: Catalogue, progress: Progress | None = None) -> ImportReport:
    """Write the films of a source into the catalogue and report on each that wasn't."""
    report = ImportReport()
    first_seen: dict[str, str] = {}
    waiting: list[Movie] = []
    try:
        with closing(iter(source)) as entries:
            for entry in entries:
                if isinstance(entry, Skip):
                    report.skipped.append(entry)
                elif isinstance(entry, Remark):
                    report.remarks.append(entry)
                elif entry.movie.id in first_seen:
                    taken = f"the id {entry.movie.id[:80]!r} is taken by {first_seen[entry.movie.id]}, which is kept"
                    report.skipped.append(Skip(entry.where, taken))
                else:
                    first_seen[entry.movie.id] = entry.where
                    waiting.append(entry.movie)
                if len(waiting) >= _BATCH:
                    _write(waiting, catalogue, report)
                if progress is not None and not isinstance(entry, Remark):
                    progress(len(first_seen) + len(report.skipped), source.total)
    finally:  # also when the source fails or the user stops it: a second run goes on from here
        _write(waiting, catalogue, report)
    return report


def _write(movies: list[Movie], catalogue: Catalogue, report: ImportReport) -> None:
    if not movies:
        return
    with catalogue.writing():
        before = {movie.id: catalogue.key(movie.id) for movie in movies if movie.id in catalogue}
        keys = catalogue.add(movies)
    for movie, key in zip(movies, keys, strict=True):
        if movie.id not in before:
            report.added += 1
        elif before[movie.id] == key:
            report.unchanged += 1
        else:
            report.replaced += 1
    movies.clear()
