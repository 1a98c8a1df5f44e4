"""Building, publishing, live changes: nothing is lost, nothing comes back, a crash leaves the last good version."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from index_builder.build import build, fold_changes, roll_back
from movies.catalogue import Catalogue
from movies.errors import BadCatalogue, BadImage, BadInput, Busy, UnknownMovie
from movies.images import open_image
from movies.movie import Filters, Movie
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
    for name in ("vectors.npy", "rows.npy", "hubs.npy", "index.ann", "fingerprints.npy", "manifest.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_a_rebuild_embeds_only_what_changed(house: Path) -> None:
    first = build(house / "films.sqlite", house / "artifacts", HashedEncoder(), house / "cache")
    Catalogue.open(house / "films.sqlite").add([Movie(id="new", title="A New One", plot="A lighthouse keeper counts whales.")])
    second = build(house / "films.sqlite", house / "artifacts", HashedEncoder(), house / "cache")
    assert first.embedded == first.films + first.posters
    assert second.rows == first.rows + 2
    assert second.embedded == 1
    assert titles(house, "lighthouse keeper")[0] == "A New One"


def test_unread_posters_are_shown_and_read_later(house: Path) -> None:
    assert build(house / "films.sqlite", house / "artifacts", HashedEncoder(), house / "cache", posters="unread").posters == 0
    early = library(house)
    shown = [movie.id for _, movie in early.catalogue.items() if movie.poster]
    assert len(shown) == 10
    assert early.poster(shown[0]).is_file()
    assert build(house / "films.sqlite", house / "artifacts", HashedEncoder(), house / "cache").posters == 10


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
    shelf.add([changed], {changed.id: None})
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


def test_a_picture_is_opened_once_by_who_adds_it_and_kept_until_it_is_taken_away(house: Path) -> None:
    make(house)
    shelf = library(house)
    film = Movie(id="whales", title="Counting Whales", plot="A lighthouse keeper counts whales.")
    picture = (house / "posters" / "0.png").read_bytes()
    opened: list[bytes] = []

    def decode(data: bytes) -> Image.Image:
        opened.append(data)
        return open_image(data)

    assert shelf.add([film], {"whales": picture}, decode).changed == 1
    assert opened == [picture]
    assert shelf.add([film]) == ([shelf.catalogue.movie("whales")], 0), "as it is here already"
    renamed = film.model_copy(update={"title": "Whales, Counted"})
    assert shelf.add([film, renamed]).changed == 1
    assert (shelf.catalogue.movie("whales").title, shelf.poster("whales").read_bytes()) == ("Whales, Counted", picture)
    assert shelf.index.identify(open_image(picture), 1)
    assert shelf.add([film], {"whales": None}).changed == 1
    assert shelf.catalogue.movie("whales").poster is None
    assert library(house).catalogue.movie("whales").poster is None


def test_a_picture_under_wider_limits_than_usual_survives_a_restart_and_a_rebuild(house: Path) -> None:
    make(house)
    wide = io.BytesIO()
    Image.new("1", (9000, 5000)).save(wide, "PNG")
    library(house).add([Movie(id="wide", title="Wide")], {"wide": wide.getvalue()}, partial(open_image, max_pixels=10**8))
    assert library(house).poster("wide").read_bytes() == wide.getvalue()
    make(house)
    assert library(house).poster("wide").read_bytes() == wide.getvalue()


@pytest.mark.parametrize("format", ["BMP", "TIFF"])
def test_pictures_that_browsers_do_not_show_are_kept_as_png(house: Path, format: str) -> None:
    path = house / f"poster.{format.lower()}"
    Image.new("RGB", (40, 60), (20, 40, 200)).save(path, format)
    Catalogue.open(house / "films.sqlite").add([Movie(id="a", title="Folder", poster=str(path))])
    make(house)
    shelf = library(house)
    shelf.add([Movie(id="b", title="Live", poster=str(path))])
    for movie_id in ("a", "b"):
        with Image.open(shelf.poster(movie_id)) as kept:
            assert (kept.format, kept.size, kept.getpixel((5, 5))) == ("PNG", (40, 60), (20, 40, 200))


_NURSERY = """
import itertools, os, sys
from pathlib import Path
from index_builder.build import build, roll_back
from movies.catalogue import Catalogue
from movies.movie import Movie
from movies.settings import Settings
from rag.library import Library
from tests.encoders import HashedEncoder

house, work = Path(sys.argv[1]), sys.argv[2]
films, artifacts = house / "films.sqlite", house / "artifacts"

def build_anew(round_, number):
    build(films, artifacts, HashedEncoder(), house / f"cache-{round_}-{number}")

def add(round_, number):
    shelf = Library.open(artifacts, Settings(_env_file=None), encoder=HashedEncoder())
    shelf.add([Movie(id=f"added-{round_}-{number}", title=f"Added {round_} {number}", plot="A postman rows across the lake.")])
    print(f"added-{round_}-{number}", flush=True)

def swap(round_, number):
    Catalogue.open(films).add([Movie(id=f"swapped-{round_}-{number}", title="Swapped", plot="A crew swaps its ship.")])
    build(films, artifacts, HashedEncoder(), house / "cache")
    roll_back(artifacts)

for line in sys.stdin:
    child = os.fork()
    if not child:
        for number in itertools.count():
            {"build": build_anew, "add": add, "swap": swap}[work](line.strip(), number)
    print("pid", child, flush=True)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("work", ["build", "add", "swap"])
def test_kill_at_random_moments_leaves_the_last_good_version(house: Path, work: str) -> None:
    """Twenty times each: SIGKILL somewhere in the middle, while a server follows; all that was acknowledged must be there."""
    make(house)
    serving = library(house)
    acknowledged: set[str] = set()
    nursery = subprocess.Popen(
        [sys.executable, "-c", _NURSERY, str(house), work], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parent.parent, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    with nursery, nursery.stdin, nursery.stdout:
        for round_ in range(20):
            nursery.stdin.write(f"{round_}\n")
            nursery.stdin.flush()
            while not (line := nursery.stdout.readline()).startswith("pid"):
                acknowledged.add(line.strip())
            moment = int(hashlib.sha256(f"{work}{round_}".encode()).hexdigest()[:4], 16) / 65536
            until = time.monotonic() + 0.01 + 0.6 * moment
            while time.monotonic() < until:
                assert len(serving.index.search("crew", k=5)) == 5
            os.kill(int(line.split()[1]), signal.SIGKILL)
            while (line := nursery.stdout.readline().strip()) != "gone":
                acknowledged.add(line)
            assert len(MovieIndex.open(current_version(house / "artifacts"), HashedEncoder()).search("crew", k=5)) == 5
            for shelf in (serving, library(house)):
                kept = set(shelf.catalogue.filter(Filters()))
                assert acknowledged | {movie.id for movie in FILMS[:20]} <= kept
                assert len(shelf.index.search("crew", k=5)) == 5
    assert work != "add" or acknowledged
    make(house)
    assert acknowledged <= set(library(house).catalogue.filter(Filters()))
    assert not list((house / "artifacts").glob(".building-*"))
