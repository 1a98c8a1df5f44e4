"""`matinee classify`: every picture of a folder looked at: is it a poster, of which film, of which genres."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from classifiers.findings import write_csv
from cli.building import Artifacts, Json
from cli.screen import output, print_json, progress_bars, say
from movies.errors import BadInput, MovieServiceError
from movies.settings import Settings

if TYPE_CHECKING:
    from api.heads import Heads
    from rag.index import MovieIndex

T = TypeVar("T")
_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}


@dataclass
class Looked:
    """What was told of one picture; None or empty for what could not be. `problem` says why, in words."""

    file: str
    is_poster: bool | None = None
    probability: float | None = None
    reasons: list[str] = field(default_factory=list)
    film: str | None = None
    film_id: str | None = None
    score: float | None = None
    chosen: list[str] = field(default_factory=list)
    genres: dict[str, float] = field(default_factory=dict)
    problem: str = ""

    def row(self) -> dict[str, object]:
        """For a spreadsheet: lists joined, without the long list of genres."""
        told = asdict(self) | {"reasons": " ".join(self.reasons), "chosen": "|".join(self.chosen)}
        del told["genres"]
        return told


def classify(
    pictures: Annotated[list[Path], typer.Argument(help="Folders (with all folders in them) or files.")],
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write the table to a CSV file.")] = None,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Look at every picture of a folder: is it a poster, of which film, of which genres. Broken files are told, not fatal."""
    from api.heads import Heads
    from rag.library import Library

    files, passed = _files(pictures)
    settings = Settings()
    library = Library.open(artifacts or settings.artifacts, settings, say)
    heads = Heads(library, say)
    look = _looker(library.index, heads)
    told: list[Looked] = []
    with progress_bars() as step:
        step("pictures", 0, len(files))
        for looked in _each(files, look):
            told.append(looked)
            step("pictures", len(told), len(files))
    if passed:
        say(f"{passed} other {'file' if passed == 1 else 'files'} passed over: not named like a picture.")
    if csv_file is not None:
        write_csv([looked.row() for looked in told], csv_file)
        say(f"{len(told):,} pictures in {csv_file}")
    if as_json:
        print_json({"pictures": [asdict(looked) for looked in told], **_summary(told)})
    elif csv_file is None:
        _print(told)
    counts = _summary(told)
    say(
        f"{counts['total']:,} pictures: {counts['posters']:,} posters, {counts['others']:,} others, {counts['broken']:,} broken."
    )


def _summary(told: Sequence[Looked]) -> dict[str, int]:
    return {
        "total": len(told),
        "posters": sum(looked.is_poster is True for looked in told),
        "others": sum(looked.is_poster is False for looked in told),
        "broken": sum(looked.is_poster is None and bool(looked.problem) for looked in told),
    }


def _files(asked: Sequence[Path]) -> tuple[list[tuple[str, Path]], int]:
    """(name to show, file) of all pictures, and how many files are named like something else. Raises BadInput."""
    found: list[tuple[str, Path]] = []
    passed = 0
    for place in asked:
        if place.is_file():
            found.append((str(place), place))
        elif place.is_dir():
            inside = sorted(path for path in place.rglob("*") if path.is_file() and not path.name.startswith("."))
            pictures = [path for path in inside if path.suffix.lower() in _SUFFIXES]
            passed += len(inside) - len(pictures)
            found += [(str(path.relative_to(place)), path) for path in pictures]
        else:
            raise BadInput(f"There is no file or folder {str(place)!r}.")
    if not found:
        raise BadInput("No pictures there (JPEG, PNG, WebP, GIF, BMP or TIFF by their names).")
    return found, passed


def _looker(index: MovieIndex, heads: Heads) -> Callable[[tuple[str, Path]], Looked]:
    from movies.images import open_image

    def tried(looked: Looked, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except MovieServiceError as error:
            looked.problem = looked.problem or error.message
        except Exception as error:  # decoders and networks raise kinds of their own; one picture must not end the run
            looked.problem = looked.problem or f"It could not be looked at ({type(error).__name__})."
        return None

    def look(named: tuple[str, Path]) -> Looked:
        name, path = named
        looked = Looked(name)
        image = tried(looked, lambda: open_image(path))
        if image is None:
            return looked
        validator, genres = heads.validator, heads.genres
        if validator is not None and (verdict := tried(looked, lambda: validator.check(image))) is not None:
            looked.is_poster, looked.probability = verdict.is_poster, round(verdict.probability, 4)
            looked.reasons = list(verdict.reasons)
        hits = tried(looked, lambda: index.identify(image, 1))
        if hits and not hits[0].weak:
            looked.film, looked.film_id, looked.score = hits[0].movie.label, hits[0].movie.id, round(hits[0].score, 4)
        if genres is not None and (said := tried(looked, lambda: genres.from_poster(image))) is not None:
            looked.chosen = list(said.chosen)
            looked.genres = {genre: round(likely, 4) for genre, likely in said.probabilities.items()}
        return looked

    return look


def _each(files: Sequence[tuple[str, Path]], look: Callable[[tuple[str, Path]], Looked]) -> Iterator[Looked]:
    """In order, several at a time: reading lettering leaves the interpreter free."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(look, files)


def _print(told: Sequence[Looked]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("File", "Poster?", "Film", "Genres", "Note"):
        table.add_column(name, overflow="fold")
    for looked in told:
        word = "?" if looked.is_poster is None else "yes" if looked.is_poster else "no"
        sure = "" if looked.probability is None else f" {looked.probability:.0%}"
        note = looked.problem or (looked.reasons[0] if looked.reasons and not looked.is_poster else "")
        table.add_row(Text(looked.file), word + sure, Text(looked.film or "–"), Text(", ".join(looked.chosen)), Text(note))
    output.print(table)
