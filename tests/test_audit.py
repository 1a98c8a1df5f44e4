"""The catalogue audit: what it finds, that it is remembered, and that nothing breaks it."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from classifiers.audit import Finding, Reviews, as_csv, audit, counts, difference_hash, facts, write_csv
from classifiers.features import Features
from classifiers.genres import GenreClassifier
from classifiers.training import train_genres
from movies.errors import BadImage, BadInput
from movies.movie import Movie
from tests.encoders import HashedEncoder

PLOT = "A tireless detective hunts a careful thief through the long nights of the city."


def _picture(name: str) -> Image.Image:
    if name == "broken":
        raise BadImage("The picture is damaged or cut off and can't be decoded.")
    number = int(name.rstrip("x"))
    random = np.random.default_rng(number)
    small = Image.fromarray(random.integers(0, 255, (12, 8, 3), dtype=np.uint8))
    size = (40, 60) if number == 99 else (160, 240)
    image = small.resize(size, Image.Resampling.BICUBIC)
    return image.filter(ImageFilter.GaussianBlur(1)) if name.endswith("x") else image


def _of(findings: list[Finding], kind: str) -> list[str]:
    return [finding.movie_id for finding in findings if finding.kind == kind]


def test_gaps_numbers_and_twins_are_found() -> None:
    films = [
        Movie(id="a", title="The Night", year=1990, plot=PLOT, runtime=100, directors=("Ann",)),
        Movie(id="b", title="Night", year=1990, plot="Another one.", runtime=5000, directors=("Ann",)),
        Movie(id="c", title="Early", year=1880, poster="1"),
        Movie(id="d", title="Late", year=2001, release_date=date(1961, 1, 1), plot=PLOT + " Really.", poster="2", runtime=95),
        Movie(id="e", title="Little", year=1999, plot="So short.", poster="3", runtime=2, genres=("Short",)),
    ]
    found = list(facts(films))
    assert _of(found, "no_plot") == ["c"]
    assert _of(found, "no_poster") == ["a", "b"]
    assert _of(found, "suspect_year") == ["c", "d"]
    assert _of(found, "suspect_runtime") == ["b"]
    twin = next(finding for finding in found if finding.kind == "duplicate_film")
    assert (twin.movie_id, twin.other) == ("b", "a")
    assert twin.confidence > 0.9
    assert all(finding.evidence and finding.suggestion and 0 <= finding.confidence <= 1 for finding in found)


def test_pictures_and_plots_that_are_there_twice_or_broken() -> None:
    films = [
        Movie(id="a", title="One", plot=PLOT, poster="1"),
        Movie(id="b", title="Two", plot=PLOT, poster="1x"),
        Movie(
            id="c", title="Three", plot="Lovers kiss at a wedding by the sea while the band plays on and on.", poster="broken"
        ),
        Movie(id="d", title="Four", plot="A horse runs over the wide plain until the evening comes to the ranch.", poster="99"),
    ]
    found = audit(films, Features(HashedEncoder(), open_poster=_picture))
    assert _of(found, "duplicate_plot") == ["b"]
    assert _of(found, "duplicate_poster") == ["b"]
    assert _of(found, "broken_picture") == ["c"]
    assert _of(found, "tiny_picture") == ["d"]
    assert [finding.confidence for finding in found] == sorted((finding.confidence for finding in found), reverse=True)
    assert counts(found)["duplicate_plot"] == 1


def test_wrong_tags_are_doubted_and_missing_ones_missed(tmp_path: Path) -> None:
    words = {"Horror": "ghost haunted scream blood cellar", "Western": "sheriff saloon horse outlaw ranch"}
    random = np.random.default_rng(0)
    films = []
    for number in range(400):
        genre = list(words)[number % 2]
        plot = " ".join(str(word) for word in random.permutation([*words[genre].split(), "a", "man", "in", "the", "town"]))
        films.append(Movie(id=f"f{number}", title=f"Film {number}", plot=plot, genres=(genre,)))
    features = Features(HashedEncoder())
    classifier = train_genres(films, features, tmp_path, posters=False).classifier
    wrong = Movie(
        id="wrong", title="Wrong", plot="the ghost screams, blood in the haunted cellar of a man", genres=("Western",)
    )
    found = audit([*films[:20], wrong], features, classifier)
    assert _of(found, "genre_doubtful") == ["wrong"]
    assert _of(found, "genre_missing") == ["wrong"]
    doubt = next(finding for finding in found if finding.kind == "genre_doubtful")
    assert doubt.genre == "Western"


def test_zero_shot_genres_are_no_grounds_for_findings() -> None:
    classifier = GenreClassifier.zero_shot(["Horror"], HashedEncoder())
    films = [Movie(id="a", title="One", plot=PLOT, genres=("Western",), year=1990)]
    assert not _of(audit(films, Features(HashedEncoder()), classifier), "genre_missing")


def test_reviews_are_remembered_and_findings_keep_their_ids(tmp_path: Path) -> None:
    films = [Movie(id="c", title="Early", year=1880, plot=PLOT)]
    first = next(finding for finding in facts(films) if finding.kind == "suspect_year")
    reviews = Reviews(tmp_path / "deep" / "reviews.json")
    reviews.decide(first.id, "rejected")
    again = next(finding for finding in facts(films) if finding.kind == "suspect_year")
    assert Reviews(tmp_path / "deep" / "reviews.json").state(again.id) == "rejected"
    reviews.decide(first.id, "open")
    assert Reviews(tmp_path / "deep" / "reviews.json").state(first.id) == "open"
    with pytest.raises(BadInput):
        reviews.decide(first.id, "perhaps")  # type: ignore[arg-type]
    for damage in ("{", "[1]"):
        (tmp_path / "bad.json").write_text(damage)
        with pytest.raises(BadInput, match="damaged"):
            Reviews(tmp_path / "bad.json")


def test_csv_holds_everything_and_computes_nothing(tmp_path: Path) -> None:
    films = [Movie(id="=1+1", title='=HYPERLINK("x")', year=1990, plot=""), Movie(id="ok", title='A, "quoted" one', plot="")]
    found = list(facts(films))
    reviews = Reviews(tmp_path / "reviews.json")
    reviews.decide(found[0].id, "accepted")
    write_csv(found, tmp_path / "findings.csv", reviews)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "findings.csv").read_text())))
    assert len(rows) == len(found) == 4
    assert rows[0]["state"] == "accepted"
    assert rows[0]["movie_id"] == "'=1+1"
    assert rows[2]["title"] == 'A, "quoted" one'
    assert as_csv([]) == ""


def test_difference_hash_is_near_for_near_pictures() -> None:
    one, near, other = difference_hash(_picture("5")), difference_hash(_picture("5x")), difference_hash(_picture("6"))
    assert (one ^ near).bit_count() <= 3
    assert (one ^ other).bit_count() > 10


def test_an_empty_catalogue_has_no_findings() -> None:
    assert audit([], Features(HashedEncoder(), open_poster=_picture)) == []
