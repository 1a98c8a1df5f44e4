"""The catalogue audit: what it finds, that it is remembered, and that nothing breaks it."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from classifiers.audit import Lettered, audit, small_copy
from classifiers.features import Features
from classifiers.findings import AuditBook, Finding, Reviews, as_csv, counts, save_audit, write_csv
from classifiers.opinions import _probabilities
from classifiers.records import left_out
from classifiers.validator import Verdict
from movies.errors import BadImage, BadInput, IndexMismatch, ModelMissing
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


def _kind(findings: list[Finding], kind: str) -> Finding:
    return next(finding for finding in findings if finding.kind == kind)


def _audit(films: list[Movie]) -> list[Finding]:
    return audit(films, Features(HashedEncoder(), open_poster=_picture))


def test_gaps_and_numbers_are_found() -> None:
    films = [
        Movie(id="a", title="The Night", year=1990, plot=PLOT, runtime=100),
        Movie(id="b", title="Dawn", year=1990, plot="Another one.", runtime=5000),
        Movie(id="c", title="Early", year=1880, poster="1"),
        Movie(id="d", title="Late", year=2001, release_date=date(1961, 1, 1), plot="A dog.", poster="2", runtime=95),
        Movie(id="e", title="Little", year=1999, plot="So short.", poster="3", runtime=2, genres=("Short",)),
        Movie(id="f", title="Long", year=1999, plot="So long.", poster="4", runtime=150, genres=("Short",)),
        Movie(id="g", title="Ten", year=1999, plot="So odd.", poster="5", runtime=10, genres=("Drama",)),
    ]
    found = _audit(films)
    assert _of(found, "no_plot") == ["c"]
    assert sorted(_of(found, "no_poster")) == ["a", "b"]
    assert sorted(_of(found, "suspect_year")) == ["c", "d"]
    assert sorted(_of(found, "suspect_runtime")) == ["b", "f", "g"]
    assert "1880" in _kind(found, "suspect_year").evidence
    assert all(finding.evidence and finding.suggestion and 0 <= finding.confidence <= 1 for finding in found)
    wrong = [finding.confidence for finding in found if finding.kind not in ("no_plot", "no_poster")]
    assert wrong == sorted(wrong, reverse=True)
    assert [finding.kind for finding in found[-3:]] == ["no_plot", "no_poster", "no_poster"]


def test_a_year_far_from_all_other_films_of_its_people() -> None:
    films = [
        Movie(id=f"f{year}", title=f"Film {year}", year=year, plot=f"Story {year}.", directors=("Ann",), cast=("Bob",))
        for year in (1994, 1999, 2003)
    ]
    odd = Movie(id="odd", title="Odd", year=1899, plot="Story.", directors=("Ann",), cast=("Bob",))
    late = Movie(id="late", title="Late", year=2030, plot="Story.", directors=("Ann",), cast=("Bob",))
    assert _of(_audit([*films, odd, late]), "suspect_year") == ["odd"]


def test_a_year_that_the_plot_contradicts() -> None:
    random = np.random.default_rng(1)
    films = []
    for number in range(500):
        year = int(random.integers(1920, 2020))
        words = [f"era{year // 10 + shift}" for shift in (-1, 0, 0, 1)] + ["a", "man", "walks", "on", f"word{number % 40}"]
        films.append(Movie(id=f"f{number}", title=f"Film {number}", year=year, plot=" ".join(words)))
    films[7] = films[7].model_copy(update={"year": 1900, "plot": "era200 era201 era200 era201 a man walks on word7"})
    found = _audit(films)
    assert _of(found, "suspect_year")[0] == "f7"
    assert "reads like 199" in _kind(found, "suspect_year").evidence


def test_films_entered_twice() -> None:
    films = [
        Movie(id="a", title="The Night", year=1990, plot=PLOT, directors=("Ann",)),
        Movie(id="b", title="Night", year=1990, plot="Quite another telling.", directors=("Ann",)),
        Movie(id="c", title="Night", year=1950, plot="A remake's forerunner.", directors=("Old",)),
        Movie(id="d", title="One", year=2000, imdb_id="tt1", plot="A dog."),
        Movie(id="e", title="One!", year=2000, imdb_id="tt1", plot="A cat."),
        Movie(id="f", title="Hamlet", year=2000, plot="A prince in New York hunts for the murderer of his father, a magnate."),
        Movie(
            id="g", title="Hamlet", year=2000, plot="Sailors repair a boat, sing and drink until the harbour closes at dawn."
        ),
    ]
    found = [finding for finding in _audit(films) if finding.kind == "duplicate_film"]
    assert {(finding.movie_id, finding.other) for finding in found} == {("b", "a"), ("e", "d")}
    assert all(finding.confidence > 0.9 for finding in found)


def test_pictures_and_plots_that_are_there_twice_or_broken() -> None:
    films = [
        Movie(id="a", title="One", plot=PLOT, poster="1"),
        Movie(id="b", title="Two", plot=PLOT, poster="1x"),
        Movie(
            id="c", title="Three", plot="Lovers kiss at a wedding by the sea while the band plays on and on.", poster="broken"
        ),
        Movie(id="d", title="Four", plot="A horse runs over the wide plain until the evening comes to the ranch.", poster="99"),
        Movie(id="e", title="Five", plot="A tale.", poster="5"),
        Movie(id="f", title="Five", plot="Told otherwise.", poster="5"),
    ]
    found = audit(films, Features(HashedEncoder(), open_poster=_picture), broken={"g": "gone", "a": "old news"})
    assert _of(found, "duplicate_plot") == ["b"]
    assert _of(found, "duplicate_poster") == ["b"]
    assert _of(found, "duplicate_film") == ["f"]  # and that they share a picture is not told twice
    assert _of(found, "broken_picture") == ["c"]
    assert _of(found, "tiny_picture") == ["d"]
    assert counts(found)["duplicate_plot"] == 1


def test_what_a_build_left_out_is_told() -> None:
    films = [Movie(id="a", title="One", plot="A tale."), Movie(id="b", title="Two", plot="A tale.")]
    found = audit(films, Features(HashedEncoder(), open_poster=_picture), broken={"a": "The file is empty."})
    assert [(one.kind, one.movie_id, one.evidence) for one in found] == [
        ("broken_picture", "a", "The file is empty."),
        ("no_poster", "b", "There is no picture."),
    ]


class _Sceptic:
    """A validator that trusts the even-numbered."""

    threshold = 0.5

    def check(self, image: Image.Image) -> Verdict:
        likely = 0.9 if np.asarray(image)[0, 0, 0] % 2 == 0 else 0.0004
        return Verdict(likely > 0.5, likely, ("No lettering.",))


def test_a_picture_that_is_no_poster() -> None:
    films = [Movie(id=str(number), title=f"Film {number}", plot="A tale.", poster=str(number)) for number in range(1, 9)]
    odd = [film.id for film in films if np.asarray(_picture(film.poster or ""))[0, 0, 0] % 2]
    assert 0 < len(odd) < 8
    found = audit(films, Features(HashedEncoder(), open_poster=_picture), validator=_Sceptic())  # type: ignore[arg-type]
    assert sorted(_of(found, "not_a_poster")) == sorted(odd)
    assert "0.0%" in _kind(found, "not_a_poster").evidence
    assert _kind(found, "not_a_poster").confidence > 0.9


def test_a_plain_colour_is_no_poster_and_like_no_other() -> None:
    films = [Movie(id=str(number), title=f"Film {number}", plot="A tale.", poster=str(number)) for number in range(3)]
    plain = Features(HashedEncoder(), open_poster=lambda name: Image.new("RGB", (160, 240), (int(name) * 90, 0, 0)))
    found = audit(films, plain)
    assert sorted(_of(found, "not_a_poster")) == ["0", "1", "2"]
    assert not _of(found, "duplicate_poster")


def test_lettering_that_names_another_film() -> None:
    films = [Movie(id="a", title="One", plot="A tale.", poster="1"), Movie(id="b", title="Two", plot="A tale.", poster="2")]
    found = audit(
        films, Features(HashedEncoder(), open_poster=_picture),
        lettering=lambda movies, step: {movies[0].id: Lettered(films[1], "TWO now", 0.9)},
    )  # fmt: skip
    told = _kind(found, "poster_disagrees")
    assert (told.movie_id, told.other, told.confidence) == ("a", "b", 0.9)
    assert "TWO now" in told.evidence


def _tagged(number: int, genre: str, random: np.random.Generator) -> Movie:
    words = {"Horror": "ghost haunted scream blood cellar", "Western": "sheriff saloon horse outlaw ranch"}
    plot = " ".join(str(word) for word in random.permutation([*words[genre].split(), "a", "man", "in", "the", f"town{number}"]))
    return Movie(id=f"f{number}", title=f"Film {number}", plot=plot, genres=(genre,))


def test_wrong_tags_are_doubted_and_missing_ones_missed() -> None:
    random = np.random.default_rng(0)
    films = [_tagged(number, ("Horror", "Western")[number % 2], random) for number in range(1500)]
    films[10] = films[10].model_copy(update={"genres": ("Western",)})  # what others say counts, not the tag itself
    films[31] = films[31].model_copy(update={"genres": ("Western", "Horror")})
    films[50] = films[50].model_copy(update={"genres": ()})
    found = _audit(films)
    assert sorted(_of(found, "genre_doubtful")) == ["f10", "f31"]
    assert _of(found, "genre_missing") == ["f10"]
    told = {(finding.kind, finding.movie_id): finding for finding in found}
    assert told["genre_doubtful", "f10"].genre == told["genre_doubtful", "f10"].suggestion.split()[1][:-1] == "Western"
    assert told["genre_missing", "f10"].genre == "Horror"
    assert told["genre_doubtful", "f31"].genre == "Horror"


def test_few_films_are_no_grounds_for_doubting_genres() -> None:
    random = np.random.default_rng(0)
    films = [_tagged(number, ("Horror", "Western")[number % 2], random) for number in range(60)]
    assert not [one for one in _audit(films) if one.kind.startswith("genre")]


def test_each_answer_comes_from_all_other_rows() -> None:
    random = np.random.default_rng(3)
    rows = random.standard_normal((30, 4)).astype(np.float32)
    wanted = random.standard_normal((30, 2))
    quick = left_out(rows, wanted)
    for row in (0, 17):
        others = np.arange(30) != row
        told = np.hstack([rows, np.ones((30, 1))])
        ridge = 3.0 * np.diag([1, 1, 1, 1, 1e-9])
        weights = np.linalg.solve(told[others].T @ told[others] + ridge, told[others].T @ wanted[others])
        np.testing.assert_allclose(quick[row], told[row] @ weights, atol=1e-6)


def test_reviews_are_remembered_as_long_as_nothing_changes(tmp_path: Path) -> None:
    early = Movie(id="c", title="Early", year=1880, plot=PLOT)
    first = _kind(_audit([early]), "suspect_year")
    reviews = Reviews(tmp_path / "deep" / "reviews.sqlite")
    assert reviews.states() == {}
    reviews.decide(first.id, "rejected")
    again = _kind(_audit([early, Movie(id="d", title="Other", plot="A tale.")]), "suspect_year")
    assert Reviews(reviews.path).states() == {again.id: "rejected"}
    changed = _kind(_audit([early.model_copy(update={"year": 1770})]), "suspect_year")
    assert changed.id != first.id
    reviews.decide(first.id, "open")
    assert reviews.states() == {}
    with pytest.raises(BadInput):
        reviews.decide(first.id, "perhaps")  # type: ignore[arg-type]
    (tmp_path / "bad.sqlite").write_text("no database at all, but long enough to be looked at")
    with pytest.raises(BadInput, match=r"bad\.sqlite"):
        Reviews(tmp_path / "bad.sqlite").states()


def test_many_decide_at_once(tmp_path: Path) -> None:
    reviews = Reviews(tmp_path / "reviews.sqlite")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: reviews.decide(f"{number:016x}", "accepted"), range(40)))
    assert len(reviews.states()) == 40


def test_an_audit_is_kept_beside_its_version(tmp_path: Path) -> None:
    book = AuditBook(lambda: tmp_path, tmp_path / "reviews.sqlite")
    with pytest.raises(ModelMissing, match="Run: matinee audit"):
        book.page()
    found = _audit([Movie(id="c", title="Early \ud800", year=1880, plot="")])
    path = save_audit(tmp_path, 1, found)
    page = book.page()
    assert [one["id"] for one in page.findings] == [one.id for one in found]
    assert (page.total, page.films, page.version) == (len(found), 1, tmp_path.name)
    book.decide(found[0].id, "accepted")
    assert [one["state"] for one in book.page(state="accepted").findings] == ["accepted"]
    assert book.page(kinds=["no_plot"], limit=1, offset=1).findings == []
    save_audit(tmp_path, 1, found[:1])
    assert book.page().total == 1  # a new audit is seen at once
    path.write_text('{"findings": [{}]}')
    with pytest.raises(IndexMismatch, match="matinee audit"):
        book.page()


def test_csv_holds_everything_and_computes_nothing(tmp_path: Path) -> None:
    films = [
        Movie(id="=1+1", title='  =HYPERLINK("x")', year=1990, plot=""),
        Movie(id="@ok", title='A, "quoted" one', plot="A tale."),
    ]
    found = _audit(films)
    write_csv([finding.record("accepted") for finding in found], tmp_path / "findings.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "findings.csv").read_text())))
    assert len(rows) == len(found) == 3
    assert {row["state"] for row in rows} == {"accepted"}
    assert {row["movie_id"] for row in rows} == {"'=1+1", "'@ok"}
    assert 'A, "quoted" one' in {row["title"] for row in rows}
    assert not any(cell.lstrip(" ")[:1] in tuple("=+-@") for row in rows for cell in row.values())
    assert as_csv([]) == ""
    with pytest.raises(BadInput, match="can't be written"):
        write_csv([found[0].record()], tmp_path / "no" / "such" / "folder.csv")


def test_small_copies_are_near_for_near_pictures() -> None:
    one, near, other = (small_copy(_picture(name)) for name in ("5", "5x", "6"))
    assert one @ near > 0.97
    assert one @ other < 0.6


def test_an_empty_catalogue_has_no_findings() -> None:
    assert audit([], Features(HashedEncoder(), open_poster=_picture)) == []


def test_a_genre_that_no_pictured_film_has_stops_nothing() -> None:
    """A catalogue may have posters for some genres only."""
    labels = np.zeros((40, 3))
    labels[::2, 0] = 1
    labels[:, 1] = 1
    said = _probabilities([np.random.default_rng(0).normal(size=labels.shape)], labels)
    assert said[:, 1] == pytest.approx(1, abs=1e-4)
    assert said[:, 2] == pytest.approx(0, abs=1e-4)
    assert np.isfinite(said).all()
