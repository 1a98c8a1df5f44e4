"""The demo catalogue: well-known films with facts, and plots written for this project, in `films/*.jsonl`.

Posters are drawn on the spot by `demo.painter`, not stored. Does not know how a catalogue is built
or served.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from demo.painter import paint_all
from movies.catalogue import Catalogue
from movies.movie import Movie

_ORIGIN = "origin"
_FILMS = Path(__file__).parent / "films"


def records() -> Iterator[dict[str, Any]]:
    """The films as written, in a fixed order; `tagline` is for the poster, `remembered` (what people ask for a film by) no motif for it."""
    for path in sorted(_FILMS.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            yield json.loads(line)


def write_demo(catalogue_file: Path, posters: Path, progress: Callable[[str, int, int], None]) -> Catalogue:
    """Draw the posters that are missing and put all demo films into a catalogue file; safe to repeat."""
    films = list(records())
    drawn = paint_all(films, posters, progress=lambda _, done, total: progress("drawing posters", done, total))
    catalogue = Catalogue.open(catalogue_file)
    catalogue.set_meta(_ORIGIN, "demo")
    catalogue.add(
        Movie.from_record(
            film | {"keywords": film["keywords"] + film["remembered"], "poster": str(drawn[film["id"]].resolve())}
        )
        for film in films
    )
    return catalogue


def is_demo(catalogue_file: Path) -> bool:
    """Whether a catalogue was made by `write_demo`."""
    catalogue = Catalogue.open(catalogue_file, create=False)
    try:
        return catalogue.meta(_ORIGIN) == "demo"
    finally:
        catalogue.close()
