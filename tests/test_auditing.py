"""The audit over a true library: what a build stores, posters that bear another title, errors that were planted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from classifiers.findings import REVIEWS, AuditBook
from evaluation.audit import evaluate_audit, plant
from index_builder.auditing import audit_library, misplaced
from index_builder.build import build
from index_builder.heads import trainer
from movies.catalogue import Catalogue
from movies.images import open_image
from movies.movie import Movie
from movies.settings import Settings
from rag.library import Library
from tests.encoders import HashedEncoder
from tests.films import FILMS

TITLES = ("Paper Moon", "Silver River", "Harvest Home", "Broken Arrow", "Midnight Garden", "Golden Harbour")


def lettered(folder: Path, number: int) -> str:
    """A drawn poster that bears a title."""
    pattern = np.random.default_rng(number).integers(0, 255, (6, 4, 3), dtype=np.uint8)
    image = Image.fromarray(pattern).resize((400, 600), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 60, 400, 170), fill="white")
    draw.text((20, 80), TITLES[number], fill="black", font=ImageFont.load_default(46))
    path = folder / f"{number}.png"
    image.save(path)
    return str(path)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Six films with lettered posters, the first two swapped, and one whose picture is broken."""
    folder = tmp_path_factory.mktemp("audit")
    shown = [1, 0, 2, 3, 4, 5]
    films = [
        Movie(id=f"f{number}", title=title, year=1990, plot=f"A tale of {title}.", poster=lettered(folder, shown[number]))
        for number, title in enumerate(TITLES)
    ]
    (folder / "broken.png").write_bytes(b"no picture")
    films.append(Movie(id="broken", title="Broken", year=1990, plot="A tale.", poster=str(folder / "broken.png")))
    catalogue = Catalogue.open(folder / "films.sqlite")
    catalogue.add(films)
    catalogue.close()
    train = trainer(None, text_only=False)
    build(folder / "films.sqlite", folder / "artifacts", HashedEncoder(), folder / "cache", train=train)
    return Library.open(folder / "artifacts", Settings(_env_file=None), encoder=HashedEncoder())


def test_a_build_ends_with_an_audit_and_the_command_makes_another(library: Library, tmp_path: Path) -> None:
    book = AuditBook(lambda: library.index.folder, tmp_path / REVIEWS)
    told = book.page()
    assert [(one["kind"], one["movie_id"]) for one in told.findings] == [("broken_picture", "broken")]
    assert "not a picture" in told.findings[0]["evidence"]
    assert told.version == library.index.version
    stages: Counter[str] = Counter()
    found = audit_library(library, tmp_path, lambda stage, done, total: stages.update([stage]), print)
    assert ("broken_picture", "broken") in {(one.kind, one.movie_id) for one in found}
    assert {"audit plots", "audit pictures"} <= stages.keys()
    assert book.page().total == len(found)


def test_swapped_posters_are_named(library: Library) -> None:
    pictured = [movie for movie in library.catalogue if movie.poster]
    told = misplaced(
        library, pictured, lambda key: open_image(library.posters.path(key)), lambda stage, done, total: None, near=-1
    )
    assert {movie_id: named.movie.id for movie_id, named in told.items()} == {"f0": "f1", "f1": "f0"}
    assert "silver" in told["f0"].read.lower()
    assert all(0.5 < named.confidence <= 0.95 for named in told.values())


def test_planted_errors_are_apart_and_in_their_films(tmp_path: Path) -> None:
    pictures = [tmp_path / "a.png", tmp_path / "b.png"]
    films = [movie.model_copy(update={"poster": f"{movie.id}.png"}) for movie in FILMS]
    out, planted = plant(films, pictures, 2, np.random.default_rng(0))
    changed = {movie.id for movie, old in zip(out, films, strict=False) if movie != old} | {
        movie.id for movie in out[len(films) :]
    }
    assert changed == {name for names in planted.values() for name in names}
    apart = [name for kind, names in planted.items() if kind != "genre_missing" for name in names]
    assert len(apart) == len(set(apart))
    assert {len(planted[kind]) for kind in ("suspect_year", "tiny_picture", "not_a_poster", "duplicate_film")} == {2}


def test_what_was_planted_is_counted(built_index: Path, tmp_path: Path) -> None:
    library = Library.open(built_index, Settings(_env_file=None), encoder=HashedEncoder())
    figures = evaluate_audit(library, tmp_path, None, each=2, progress=lambda stage, done, total: None)
    planted = figures["planted"]
    assert planted["broken_picture"] == planted["tiny_picture"] == {"n": 2, "found": 2, "recall": 1.0}
    assert planted["duplicate_plot"]["found"] == 2
    assert figures["films"] == len(FILMS) + 2
    json.dumps(figures)
