"""The poster painter, against real films of the demo catalogue and awkward made-up ones."""

from __future__ import annotations

import importlib.util
import itertools
import json
import random
import re
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops

from demo.canvas import Canvas, contrast
from demo.lettering import Lettering
from demo.looks import LETTERINGS, LOOKS, looks_for
from demo.motifs import WORDS, motifs_for
from demo.painter import fingerprint, jpeg, paint, paint_all
from demo.palettes import mixed_palette
from demo.printing import print_texts, tones
from demo.silhouettes import CUTS, ICONS, motif_mask
from demo.typesetting import PLANS, compose

FILMS = Path(__file__).parents[1] / "demo" / "films"
GENRES = (
    "Action Adventure Animation Biography Comedy Crime Documentary Drama Family Fantasy Film-Noir History Horror Music "
    "Musical Mystery Romance Sci-Fi Sport Thriller War Western"
)


def film(title: str, **facts: Any) -> dict[str, Any]:
    slug = re.sub(r"[^a-z0-9]+", "-", plain(title).lower()).strip("-") or "film"
    basics: dict[str, Any] = {
        "id": f"{slug}-{facts.get('year', 1999)}",
        "title": title,
        "year": 1999,
        "genres": ["Drama"],
        "runtime": 101,
        "directors": ["Ana Example"],
        "cast": ["Bo Player", "Cy Actor", "Di Extra"],
        "countries": ["France"],
        "keywords": ["sea", "loneliness"],
        "tagline": "The tide keeps every promise",
        "plot": "A keeper alone at a lighthouse waits for a letter that the boat never brings.",
    }
    return basics | facts


def catalogue(every: int) -> list[dict[str, Any]]:
    rows = [line for path in sorted(FILMS.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(row) for row in rows[::every]]


def plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def impression(picture: Image.Image) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What is left of a poster at a glance: 12 x 18 blots of colour."""
    return np.asarray(picture.resize((12, 18), Image.Resampling.BOX), dtype=np.float32)


def same_picture(first: Image.Image, second: Image.Image) -> bool:
    return ImageChops.difference(first, second).getbbox() is None


def test_a_poster_has_the_size_asked_for() -> None:
    picture = paint(film("Tides"))
    assert picture.size == (480, 720)
    assert picture.mode == "RGB"
    assert paint(film("Tides"), (200, 300)).size == (200, 300)


def test_the_same_film_gives_the_same_bytes() -> None:
    for row in catalogue(every=120):
        assert jpeg(row) == jpeg(dict(reversed(list(row.items()))))


def test_no_two_posters_look_alike() -> None:
    glances = {row["id"]: impression(paint(row)) for row in catalogue(every=8)}
    assert len(glances) > 40
    closest, pair = min((float(np.abs(glances[a] - glances[b]).mean()), (a, b)) for a, b in itertools.combinations(glances, 2))
    assert closest > 6, f"{pair} are {closest:.1f} apart"


def test_remakes_of_one_title_get_posters_of_their_own() -> None:
    first, second = paint(film("True Grit", id="true-grit-1969")), paint(film("True Grit", id="true-grit-2010"))
    assert np.abs(impression(first) - impression(second)).mean() > 6


@pytest.mark.parametrize("genre", GENRES.split())
def test_every_genre_has_a_look_and_can_be_painted(genre: str) -> None:
    assert genre in LOOKS
    for year in (1931, 1972, 2019):
        assert paint(film(f"{genre} {year}", genres=[genre], year=year)).size == (480, 720)


def test_a_poster_speaks_of_its_film() -> None:
    jaws = film("Jaws", keywords=["shark", "beach"], plot="A great white shark hunts off a summer island.")
    assert motifs_for(jaws, random.Random(1))[0] == "shark"
    cosmos = film("Orbit", keywords=["astronaut"], plot="An astronaut alone in a space station.")
    assert "astronaut" in motifs_for(cosmos, random.Random(1))[:2]


def test_every_motif_has_a_silhouette() -> None:
    assert set(WORDS) == set(ICONS) | set(CUTS)
    for name in WORDS:
        mask = motif_mask(name, 60)
        assert max(mask.size) == 60
        assert np.asarray(mask).max() > 200


@pytest.mark.parametrize(
    "title",
    [
        "M",
        "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb",
        "Amélie",
        "8½",
        "WALL·E",
        "Ådalen 31",
        "Łódź, čaj & őszi žár",
        "Straße nach İzmir",
        "Honigwabenzellenverschlusswachsgewinnungsanlage",
        "¡Átame!",
        "…",
        "   ",
    ],
)
def test_awkward_titles_are_set(title: str) -> None:
    for year in (1950, 2001):
        assert paint(film(title, id=f"awkward-{len(title)}-{year}", year=year)).size == (480, 720)


@pytest.mark.parametrize("bare", ["year", "genres", "directors", "cast", "tagline", "keywords", "runtime", "countries", "plot"])
def test_any_one_fact_may_be_missing_or_none(bare: str) -> None:
    row = film("Gaps")
    del row[bare]
    assert same_picture(paint(row), paint(row | {bare: None}))


def test_id_and_title_are_enough() -> None:
    assert paint({"id": "alone-2000", "title": "Alone"}).size == (480, 720)
    with pytest.raises(KeyError):
        paint({"title": "No id"})


def test_titles_stand_out_from_their_ground() -> None:
    """Title ink was chosen for contrast, so the rows it stands on must hold tones far apart."""
    for number, (name, plan) in enumerate(sorted(PLANS.items())):
        chance = random.Random(number)
        canvas = Canvas(960, 1440)
        noise = np.random.default_rng(number).integers(0, 256, (18, 12, 3), dtype=np.uint8)
        canvas.image.paste(Image.fromarray(noise).resize(canvas.image.size))  # the busiest ground there could be
        sheet = compose(film("Tides"), canvas.image.size, plan, (LETTERINGS["slab"], "plain"), Lettering("sans"), chance)
        look, other = looks_for(["Comedy", "War"])
        print_texts(sheet, canvas, mixed_palette(look, other, 1999, chance), flat=number % 2 == 0, chance=chance)
        for block in (*sheet.head, *sheet.foot):
            low, high = tones(canvas.image, block.box)
            assert contrast(low, high) > 4.5, f"{name}: {contrast(low, high):.1f}"


def test_texts_never_overlap_nor_leave_the_sheet() -> None:
    rows = [film("M"), film("Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb"), *catalogue(every=90)]
    for row, plan, style in itertools.product(rows, PLANS.values(), ("tall", "wide", "hand")):
        sheet = compose(row, (960, 1440), plan, (LETTERINGS[style], "plain"), Lettering("italic"), random.Random(3))
        boxes = sorted((block.box for block in (*sheet.head, *sheet.foot)), key=lambda box: box[1])
        assert all(box[0] >= 0 and box[1] >= 0 and box[2] <= 960 and box[3] <= 1440 for box in boxes)
        assert all(upper[3] <= lower[1] for upper, lower in itertools.pairwise(boxes))


def test_posters_are_written_once_and_again_only_when_their_film_changes(tmp_path: Path) -> None:
    rows = [film("One"), film("Two"), film("Three")]
    seen: list[tuple[str, int, int]] = []
    paths = paint_all(rows, tmp_path / "posters", workers=1, progress=lambda *step: seen.append(step))
    assert sorted(paths) == ["one-1999", "three-1999", "two-1999"]
    assert [step[1:] for step in seen] == [(1, 3), (2, 3), (3, 3)]
    for path in paths.values():
        with Image.open(path) as picture:
            assert picture.format == "JPEG"
    before = {ident: (path.read_bytes(), path.stat().st_mtime_ns) for ident, path in paths.items()}

    seen.clear()
    rows[1]["tagline"] = "Another line altogether"
    paths["three-1999"].write_bytes(before["three-1999"][0][:900])  # as a crash would leave it
    paint_all(rows, tmp_path / "posters", workers=1, progress=lambda *step: seen.append(step))
    assert [step[0] for step in seen] == ["two-1999", "three-1999"]
    assert paths["one-1999"].stat().st_mtime_ns == before["one-1999"][1]
    assert paths["two-1999"].read_bytes() != before["two-1999"][0]
    assert paths["three-1999"].read_bytes() == before["three-1999"][0]
    assert sorted(p.name for p in (tmp_path / "posters").iterdir()) == ["one-1999.jpg", "three-1999.jpg", "two-1999.jpg"]


def test_many_processes_write_the_same_bytes_as_one(tmp_path: Path) -> None:
    rows = [film(f"Part {n}") for n in range(5)]
    alone, together = paint_all(rows, tmp_path / "a", workers=1), paint_all(rows, tmp_path / "b", workers=2)
    assert all(alone[ident].read_bytes() == together[ident].read_bytes() for ident in alone)


def test_a_fingerprint_depends_on_what_is_drawn_and_nothing_else() -> None:
    row = film("Tides")
    assert fingerprint(row) == fingerprint(row | {"revenue": 12, "imdb_id": "tt1"})
    assert fingerprint(row) != fingerprint(row | {"tagline": "Other"})
    assert fingerprint(row) != fingerprint(row, (240, 360))


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="needs the text reader")
def test_a_text_reader_can_read_the_titles() -> None:
    from rapidocr import RapidOCR

    def letters(text: str) -> str:
        return re.sub(r"[^a-z0-9]", "", plain(text).lower())

    reader: Any = RapidOCR()
    rows = catalogue(every=55)
    unread = []
    for row in rows:
        found = letters("".join(reader(np.asarray(paint(row))[:, :, ::-1]).txts or ()))
        if not all(letters(word) in found for word in row["title"].split()):
            unread.append(row["title"])
    assert len(unread) <= len(rows) // 10, unread
