"""Films from folders of posters sorted by genre, as `torchvision.datasets.ImageFolder` reads them.

`SOURCE/<genre>/<id or name>.jpg`, or one level deeper under `train`, `val`, `test`. The same file
name in several genres is one film with all of them. A CSV of plots in SOURCE or beside it adds
what its columns are recognised as. Does not open the pictures.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from movies.errors import BadCatalogue, BadInput
from movies.importers.folders import PICTURES, inside, label, walk
from movies.importers.report import Entry, Remark, Skip, film_entries
from movies.importers.tabular import Row, table_rows
from movies.titles import split_year

_SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing"}
_FILE_COLUMNS = (
    "movie_poster_path", "poster_path", "poster", "image_path", "image", "img_path", "filename", "file_name", "file", "path",
    "id", "movie_id", "movieid", "imdb_id", "imdbid",
)  # fmt: skip
_COLUMNS = {
    "genres": ("genres", "genre", "movie_category", "category", "movie_genre", "label"),
    "plot": ("movie_plot", "plot", "overview", "description", "synopsis", "summary"),
    "title": ("movie_title", "title", "name", "movie_name"),
    "year": ("year", "release_year", "movie_year"),
}
"""Field of a film → column names it goes by, first choice first."""


@dataclass
class _Found:
    """What folders and plots say of one film; `where` is its first picture or its row."""

    where: str
    poster: Path | None = None
    genres: list[str] = field(default_factory=list)
    row: dict[str, str] = field(default_factory=dict)


class ImageFolder:
    """Films of a folder of genre folders; ids are the file names without ending."""

    total: int | None = None

    def __init__(self, folder: Path, plots: Path | None = None) -> None:
        self.folder = folder
        self.plots = plots

    def __iter__(self) -> Generator[Entry, None, None]:
        found: dict[str, _Found] = {}
        yield from self._pictures(found)
        yield from self._plots(found)
        self.total = len(found)
        untitled = 0
        for film_id, film in found.items():
            title, year = split_year(film.row.get("title", "") or re.sub(r"[_\s]+", " ", film_id))
            untitled += not film.row.get("title")
            record: dict[str, Any] = {"id": film_id, "title": title or film_id, "year": film.row.get("year") or year}
            record |= {"plot": film.row.get("plot"), "genres": film.genres, "poster": str(film.poster) if film.poster else None}
            yield from film_entries(film.where, record)
        if untitled:
            yield Remark(self.folder.name, f"{untitled} films have no title in the source; they carry their file name")

    def _pictures(self, found: dict[str, _Found]) -> Iterator[Entry]:
        for folder in walk(self.folder):
            if isinstance(folder, Skip):
                yield folder
                continue
            genre = next(iter(_parts(folder.path, self.folder)), None)
            for name in folder.files:
                path = folder.path / name
                where = label(path, self.folder)
                if genre is None:
                    if path.suffix.lower() in PICTURES:
                        yield Skip(where, "the picture is in no genre folder")
                    continue
                try:
                    if path.suffix.lower() not in PICTURES:
                        raise BadInput("not a picture by its name")
                    poster = inside(self.folder, path)
                except BadInput as error:
                    yield Skip(where, error.message)
                    continue
                film = found.setdefault(path.stem, _Found(where, poster))
                if genre in film.genres:
                    yield Remark(where, f"a second picture of the same name; {film.where} is kept as the poster")
                else:
                    film.genres.append(genre)
        if not found:
            raise BadCatalogue(
                f"{self.folder} holds no genre folders. Expected pictures as {self.folder / 'Comedy' / 'film.jpg'}."
            )

    def _plots(self, found: dict[str, _Found]) -> Iterator[Entry]:
        path = self.plots or self._plots_nearby()
        if path is None:
            return

        def readable(columns: Sequence[str]) -> bool:
            return _has(columns, _FILE_COLUMNS) and any(_has(columns, _COLUMNS[name]) for name in ("plot", "title"))

        for row in table_rows(path, readable, "a file name or id, and a plot or title"):
            if isinstance(row, Skip):
                yield row
            else:
                yield from _add_row(row, found)

    def _plots_nearby(self) -> Path | None:
        """The one CSV in the folder, or else beside it, whose columns are those of plots."""
        for place in (self.folder, self.folder.resolve().parent):
            try:
                tables = sorted(path for path in place.iterdir() if path.name.lower().endswith((".csv", ".csv.gz", ".tsv")))
            except OSError:  # a folder above the source that we may not list
                continue
            fitting = [path for path in tables if _fits(path)]
            if len(fitting) > 1:
                names = ", ".join(path.name for path in fitting[:5])
                raise BadCatalogue(f"Several files could hold the plots: {names}. Say which one to read.")
            if fitting:
                return fitting[0]
        return None


def _add_row(row: Row, found: dict[str, _Found]) -> Iterator[Entry]:
    names = [row.fields[column] for column in _FILE_COLUMNS if row.fields.get(column, "").strip()]
    keys = [PurePosixPath(name.strip().replace("\\", "/")) for name in names]
    ids = [key.stem if key.suffix.lower() in PICTURES else key.name for key in keys]
    film_id = next((name for name in ids if name in found), ids[0] if ids else "")
    if not film_id:
        yield Skip(row.where, "the row names no picture and no id")
        return
    values = {
        name: next((row.fields[c].strip() for c in columns if row.fields.get(c, "").strip()), "")
        for name, columns in _COLUMNS.items()
    }
    if film_id not in found:
        found[film_id] = _Found(row.where)
        yield Remark(row.where, f"no picture named {film_id[:80]!r}; the film has no poster")
    film = found[film_id]
    film.genres += [genre for genre in values.pop("genres").split("|") if genre.strip()]
    different = [name for name, value in values.items() if value and film.row.get(name, value) != value]
    if different:
        yield Remark(row.where, f"{film_id[:80]!r} has another {' and '.join(different)} in an earlier row, which is kept")
    film.row = {**values, **{name: value for name, value in film.row.items() if value}}


def _has(columns: Sequence[str], names: Sequence[str]) -> bool:
    return any(name in columns for name in names)


def _fits(path: Path) -> bool:
    """Whether the header of a CSV names a picture and a plot."""
    try:
        rows = table_rows(path, lambda c: _has(c, _FILE_COLUMNS) and _has(c, _COLUMNS["plot"]), "")
        next(rows, None)
    except BadCatalogue:
        return False
    return True


def _parts(path: Path, root: Path) -> tuple[str, ...]:
    """Folder names between the source and a folder in it, without a leading `train`, `val` or `test`."""
    parts = path.relative_to(root).parts
    return parts[1:] if parts and parts[0].lower() in _SPLITS else parts
