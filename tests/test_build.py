"""Building, publishing, live changes: nothing is lost, nothing comes back, a crash leaves the last good version."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index_builder.build import build, fold_changes, roll_back
from movies.catalogue import Catalogue
from movies.errors import BadCatalogue, BadImage, BadInput, Busy, UnknownMovie
from movies.movie import Movie
from movies.settings import Settings
from rag.index import MovieIndex
from rag.library import Library, current_version, versions
from tests.conftest import paint_poster
from tests.encoders import HashedEncoder
from tests.films import FILMS


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with a catalogue of twenty films, half of them with posters, not yet built."""
    (tmp_path / "posters").mkdir()
    movies = []
    for number, movie in enumerate(FILMS[:20]):
        path = tmp_path / "posters" / f"{number}.png"
        paint_poster(movie).save(path)
        movies.append(movie.model_copy(update={"poster": str(path) if number % 2 else None}))
    Catalogue.open(tmp_path / "films.sqlite").add(movies)
    return tmp_path


def make(house: Path, **options: object) -> str:
    return build(house / "films.sqlite", house / "artifacts", HashedEncoder(), house / "cache", **options).version  # type: ignore[arg-type]


def library(house: Path) -> Library:
    return Library.open(house / "artifacts", Settings(_env_file=None), encoder=HashedEncoder())


def titles(house: Path, query: str) -> list[str]:
    return [hit.movie.title for hit in library(house).index.search(query, k=5)]


def test_the_same_input_gives_the_same_bytes(house: Path) -> None:
    make(house)
    build(house / "films.sqlite", house / "elsewhere", HashedEncoder(), house / "another cache")
    one, two = current_version(house / "artifacts"), current_version(house / "elsewhere")
    assert one.name == two.name
    for name in ("vectors.npy", "rows.npy", "index.ann", "fingerprints.npy", "manifest.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_a_rebuild_embeds_only_what_changed(house: Path) -> None:
    first = build(house / "films.sqlite", house / "artifacts", HashedEncoder(), house / "cache")
    Catalogue.open(house / "films.sqlite").add([Movie(id="new", title="A New One", plot="A lighthouse keeper counts whales.")])
    second = build(house / "films.sqlite", house / "artifacts", HashedEncoder(), house / "cache")
    assert first.embedded == first.rows
    assert second.rows == first.rows + 2
    assert second.embedded == 2
    assert titles(house, "lighthouse keeper")[0] == "A New One"


def test_bad_posters_are_reported_and_their_films_kept(house: Path) -> None:
    (house / "page.jpg").write_text("<html>not a picture</html>")
    (house / "cut.png").write_bytes((house / "posters" / "1.png").read_bytes()[:200])
    Catalogue.open(house / "films.sqlite").add([
        Movie(id="a", title="Html", poster=str(house / "page.jpg")), Movie(id="b", title="Cut", poster=str(house / "cut.png")),
        Movie(id="c", title="Gone", poster=str(house / "nothing.jpg")),
    ])  # fmt: skip
    report = build(house / "films.sqlite", house / "artifacts", HashedEncoder(), house / "cache")
    assert {movie_id for movie_id, _ in report.skipped} == {"a", "b", "c"}
    assert report.films == 23
    assert library(house).catalogue.movie("a").poster is None


def test_an_empty_catalogue_and_a_missing_one_say_what_to_do(tmp_path: Path) -> None:
    Catalogue.open(tmp_path / "empty.sqlite")
    for name in ("empty.sqlite", "missing.sqlite"):
        with pytest.raises(BadCatalogue, match="matinee import"):
            build(tmp_path / name, tmp_path / "artifacts", HashedEncoder(), tmp_path / "cache")
    assert not versions(tmp_path / "artifacts")


def test_old_versions_are_kept_to_a_number_and_can_be_rolled_back_to(house: Path) -> None:
    names = [make(house, keep=3) for _ in range(4)]
    assert [folder.name for folder in versions(house / "artifacts")] == names[1:]
    assert current_version(house / "artifacts").name == names[3]
    assert roll_back(house / "artifacts") == names[2]
    assert current_version(house / "artifacts").name == names[2]
    with pytest.raises(BadInput, match="Versions"):
        roll_back(house / "artifacts", "0099-none")


def test_only_one_build_at_a_time(house: Path) -> None:
    busy: list[str] = []

    def second(staging: object, progress: object) -> list[str]:
        try:
            make(house)
        except Busy as error:
            busy.append(error.message)
        return []

    make(house, train=second)
    assert len(busy) == 1


def test_added_films_are_found_at_once_survive_a_restart_and_a_rebuild(house: Path) -> None:
    make(house)
    shelf = library(house)
    film = Movie(id="whales", title="Counting Whales", plot="A lighthouse keeper counts whales.", year=2001)
    picture = (house / "posters" / "0.png").read_bytes()
    shelf.add([film], {"whales": picture})
    assert shelf.index.search("lighthouse keeper", k=1)[0].movie_id == "whales"
    assert shelf.poster("whales").read_bytes() == picture
    assert titles(house, "lighthouse keeper")[0] == "Counting Whales"
    make(house)
    assert shelf.index.search("lighthouse keeper", k=1)[0].movie_id == "whales"
    assert shelf.index.manifest["counts"]["films"] == 21
    assert Catalogue.open(house / "films.sqlite").movie("whales").title == "Counting Whales"


def test_removed_films_do_not_come_back(house: Path) -> None:
    make(house)
    shelf = library(house)
    assert shelf.remove([FILMS[0].id, "no-such-film"]) == 1
    assert FILMS[0].id not in {hit.movie_id for hit in shelf.index.search(FILMS[0].title, k=50)}
    make(house)
    assert FILMS[0].id not in library(house).catalogue
    with pytest.raises(UnknownMovie):
        library(house).catalogue.movie(FILMS[0].id)


def test_a_replaced_film_is_found_by_its_new_plot_only(house: Path) -> None:
    make(house)
    shelf = library(house)
    changed = FILMS[1].model_copy(update={"plot": "An accordion player crosses Greenland.", "poster": None})
    shelf.add([changed])
    found = shelf.index.search("accordion Greenland", k=3)
    assert found[0].movie == changed
    assert [hit.movie_id for hit in shelf.index.search("accordion", k=50)].count(changed.id) == 1


def test_changes_made_while_a_build_runs_are_in_the_new_version(house: Path) -> None:
    make(house)
    shelf = library(house)

    def meanwhile(staging: object, progress: object) -> list[str]:
        shelf.add([Movie(id="late", title="Late Arrival", plot="A beekeeper wins the lottery.")])
        shelf.remove([FILMS[2].id])
        return []

    make(house, train=meanwhile)
    assert shelf.index.search("beekeeper", k=1)[0].movie_id == "late"
    assert FILMS[2].id not in shelf.catalogue
    assert len(shelf.catalogue) == 20
    assert fold_changes(Catalogue.open(house / "films.sqlite"), house / "artifacts") == 2
    assert "late" in Catalogue.open(house / "films.sqlite")


def test_a_relative_artefact_folder_gives_absolute_poster_files(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(house)
    monkeypatch.chdir(house)
    shelf = Library.open(Path("artifacts"), Settings(_env_file=None), encoder=HashedEncoder())
    film = next(movie for movie in shelf.catalogue if movie.poster)
    assert shelf.poster(film.id).is_absolute()
    assert shelf.poster(film.id).is_file()


def test_another_process_sees_changes(house: Path) -> None:
    make(house)
    one, two = library(house), library(house)
    one.add([Movie(id="x", title="Xylophone", plot="A xylophone falls from the sky.")])
    assert two.index.search("xylophone", k=1)[0].movie_id == "x"
    two.remove(["x"])
    assert "x" not in one.catalogue


def test_a_bad_picture_adds_nothing(house: Path) -> None:
    make(house)
    shelf = library(house)
    with pytest.raises(BadImage):
        shelf.add([Movie(id="one", title="One"), Movie(id="two", title="Two")], {"two": b"no picture"})
    assert "one" not in shelf.catalogue
    with pytest.raises(UnknownMovie):
        shelf.posters.path("../../etc/passwd")


_WORKER = """
import sys
from pathlib import Path
from index_builder.build import build
from movies.movie import Movie
from movies.settings import Settings
from rag.library import Library
from tests.encoders import HashedEncoder
house = Path(sys.argv[1])
print("ready", flush=True)
for number in range(1000):
    if sys.argv[2] == "build":
        build(house / "films.sqlite", house / "artifacts", HashedEncoder(), house / f"cache-{number}")
    else:
        Library.open(house / "artifacts", Settings(_env_file=None), encoder=HashedEncoder()).add(
            [Movie(id=f"added-{number}", title=f"Added {number}", plot="A postman rows across the lake.")])
        print(number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("work", ["build", "add"])
def test_kill_at_random_moments_leaves_the_last_good_version(house: Path, work: str) -> None:
    """Ten times each: SIGKILL somewhere in the middle, then everything acknowledged must be there."""
    make(house)
    added = 0
    for round_ in range(10):
        worker = subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(house), work], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        moment = int(hashlib.sha256(f"{work}{round_}".encode()).hexdigest()[:4], 16) / 65536
        time.sleep(0.01 + 0.6 * moment)
        worker.send_signal(signal.SIGKILL)
        said = worker.stdout.read().split()
        worker.wait()
        worker.stdout.close()
        added = max([added, *(int(number) + 1 for number in said)])
        index = MovieIndex.open(current_version(house / "artifacts"), HashedEncoder())
        assert len(index.search("crew", k=5)) == 5
        shelf = library(house)
        assert all(f"added-{number}" in shelf.catalogue for number in range(added))
        assert all(movie.id in shelf.catalogue for movie in FILMS[:20])
    make(house)
    assert len(library(house).catalogue) >= 20 + added
    assert not list((house / "artifacts").glob(".building-*"))
