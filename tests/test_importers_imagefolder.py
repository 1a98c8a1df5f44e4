"""Posters sorted into genre folders, as courses and torchvision keep them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from movies.catalogue import Catalogue
from movies.errors import BadCatalogue
from movies.importers import import_films


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "films.sqlite")


@pytest.fixture
def posters(tmp_path: Path) -> Path:
    return tmp_path / "course" / "posters"


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 6)).save(path)
    return path


def test_each_picture_is_a_film_of_its_folders_genre(posters: Path, catalogue: Catalogue) -> None:
    for name in ("action/101.jpg", "science fiction/202.png", "drama/deep/303.webp"):
        picture(posters / name)
    report = import_films("imagefolder", posters, catalogue)
    assert (report.added, report.skipped) == (3, [])
    assert {movie.id: movie.genres for movie in catalogue} == {"101": ("Action",), "202": ("Sci-Fi",), "303": ("Drama",)}
    assert catalogue.movie("101").poster == str((posters / "action/101.jpg").resolve())
    assert "3 films have no title" in report.remarks[-1].reason
    assert import_films("imagefolder", posters, catalogue).unchanged == 3


def test_one_film_in_several_genres_has_them_all(posters: Path, catalogue: Catalogue) -> None:
    for name in ("action/heat.jpg", "crime/heat.jpg", "crime/heat.png", "drama/heat.jpg"):
        picture(posters / name)
    report = import_films("imagefolder", posters, catalogue)
    assert catalogue.movie("heat").genres == ("Action", "Crime", "Drama")
    assert [remark.where for remark in report.remarks][:1] == ["crime/heat.png"]


def test_training_and_test_folders_are_not_genres(posters: Path, catalogue: Catalogue) -> None:
    for name in ("train/action/1.jpg", "test/comedy/2.jpg", "val/comedy/1.jpg"):
        picture(posters / name)
    import_films("imagefolder", posters, catalogue)
    assert {movie.id: set(movie.genres) for movie in catalogue} == {"1": {"Action", "Comedy"}, "2": {"Comedy"}}


@pytest.mark.parametrize(
    "header",
    ["movie_category,movie_poster_path,movie_plot", "genre,filename,plot", "Category,ID,Overview", "label;image;description"],
)
@pytest.mark.parametrize("beside", [True, False])
def test_plots_come_from_a_table_with_columns_of_many_names(
    posters: Path, catalogue: Catalogue, header: str, beside: bool
) -> None:
    picture(posters / "action/101.jpg")
    delimiter = ";" if ";" in header else ","
    file = "101" if "ID" in header else "content/sorted/action/101.jpg"
    table = (posters.parent if beside else posters) / "movie_plots.csv"
    table.write_text(f"{header}\n" + delimiter.join(("crime", file, "A detective hunts a thief.")) + "\n")
    (posters.parent / "unrelated.csv").write_text("a,b\n1,2\n")
    report = import_films("imagefolder", posters, catalogue)
    assert report.skipped == []
    assert catalogue.movie("101").plot == "A detective hunts a thief."
    assert catalogue.movie("101").genres == ("Action", "Crime")


def test_titles_and_years_come_from_the_table_or_else_the_file_name(posters: Path, catalogue: Catalogue) -> None:
    for name in ("action/7.jpg", "crime/Pulp_Fiction (1994).jpg", "crime/8.jpg"):
        picture(posters / name)
    table = posters.parent / "mine.csv"
    table.write_text("movie_id,title,plot\n7,Heat (1995),x\n8,,y\n9,No Picture,z\n,Nothing,z\n")
    report = import_films("imagefolder", posters, catalogue, plots=table)
    assert {movie.id: movie.label for movie in catalogue} == {
        "7": "Heat (1995)", "Pulp_Fiction (1994)": "Pulp Fiction (1994)", "8": "8", "9": "No Picture",
    }  # fmt: skip
    assert report.skipped[0].where == "mine.csv:5"
    assert "no picture named '9'" in dict(report.remarks)["mine.csv:4"]
    assert catalogue.movie("9").poster is None


def test_two_rows_that_disagree_about_a_film_are_reported(posters: Path, catalogue: Catalogue) -> None:
    picture(posters / "action/1.jpg")
    (posters / "p.csv").write_text("id,plot,genre\n1,first,crime\n1,second,drama\n1,first,war\n")
    report = import_films("imagefolder", posters, catalogue)
    assert catalogue.movie("1").plot == "first"
    assert catalogue.movie("1").genres == ("Action", "Crime", "Drama", "War")
    assert "another plot" in dict(report.remarks)["p.csv:3"]


def test_what_is_no_poster_is_reported_and_clutter_is_not(posters: Path, tmp_path: Path, catalogue: Catalogue) -> None:
    picture(posters / "action/ok.jpg")
    picture(posters / "stray.jpg")
    outside = picture(tmp_path / "outside" / "secret.jpg")
    (posters / "action" / "notes.txt").write_text("x")
    (posters / "action" / "link.jpg").symlink_to(outside)
    (posters / "action" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (posters / "linked").symlink_to(outside.parent)
    (posters / "action" / "circle").symlink_to(posters)
    for clutter in (".DS_Store", "Thumbs.db"):
        (posters / "action" / clutter).write_text("x")
    (posters / ".git").mkdir()
    report = import_films("imagefolder", posters, catalogue)
    assert [movie.id for movie in catalogue] == ["ok"]
    assert {where for where, _ in report.skipped} == {
        "stray.jpg", "action/notes.txt", "action/link.jpg", "action/gone.jpg", "linked", "action/circle",
    }  # fmt: skip


def test_file_names_that_are_no_text_do_not_stop_the_import(posters: Path, catalogue: Catalogue) -> None:
    picture(posters / "action/ok.jpg")
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    picture(posters / "action" / name)
    report = import_films("imagefolder", posters, catalogue)
    assert report.added == 2
    assert any("poster" in remark.reason for remark in report.remarks)
    str(report).encode()


def test_folders_that_cannot_be_used_are_refused_in_words(posters: Path, catalogue: Catalogue) -> None:
    with pytest.raises(BadCatalogue, match="no folder"):
        import_films("imagefolder", posters, catalogue)
    posters.mkdir(parents=True)
    with pytest.raises(BadCatalogue, match="genre folders"):
        import_films("imagefolder", posters, catalogue)
    picture(posters / "action/1.jpg")
    with pytest.raises(BadCatalogue, match="as a folder"):
        import_films("imagefolder", posters / "action" / "1.jpg", catalogue)
    for name in ("a.csv", "b.csv"):
        (posters / name).write_text("id,plot\n1,x\n")
    with pytest.raises(BadCatalogue, match=r"a\.csv, b\.csv"):
        import_films("imagefolder", posters, catalogue)
    (posters / "c.csv").write_text("x,y\n")
    with pytest.raises(BadCatalogue, match="name the columns"):
        import_films("imagefolder", posters, catalogue, plots=posters / "c.csv")
