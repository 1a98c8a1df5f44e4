"""The catalogue file: what goes in comes out, filters mean what they say, and crashes lose nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movies.catalogue import Catalogue, fts_query
from movies.errors import BadCatalogue, Busy, UnknownMovie
from movies.movie import Filters, Movie
from movies.vocabulary import fold


def film(id: str, **fields: Any) -> Movie:
    return Movie.from_record({"id": id, "title": id.title()} | fields)


HEAT = film(
    "heat",
    year=1995,
    genres="Crime|Drama",
    runtime=170,
    directors="Michael Mann",
    cast="Al Pacino|Robert De Niro",
    language="en",
    countries="US",
    rating=8.3,
    votes=700_000,
    plot="A detective hunts a careful thief.",
)
AMELIE = film(
    "amelie",
    title="Amélie",
    year=2001,
    genres="Comedy|Romance",
    runtime=122,
    directors="Jean-Pierre Jeunet",
    cast="Audrey Tautou",
    language="fr",
    countries="France|Germany",
    rating=8.3,
    poster="/posters/amelie.jpg",
    plot="A waitress in Montmartre mends the lives of others.",
    alt_titles="Le fabuleux destin d'Amélie Poulain",
)
ALIEN = film(
    "alien",
    year=1979,
    genres="Horror|Sci-Fi",
    runtime=117,
    directors="Ridley Scott",
    cast="Sigourney Weaver",
    language="en",
    countries="GB|US",
    rating=8.5,
    plot="A freighter's crew answers a signal.",
)
UNKNOWN = film("unknown")


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    catalogue = Catalogue.open(tmp_path / "films.sqlite")
    catalogue.add([HEAT, AMELIE, ALIEN, UNKNOWN])
    return catalogue


def test_films_come_back_as_they_went_in(catalogue: Catalogue) -> None:
    assert list(catalogue) == [HEAT, AMELIE, ALIEN, UNKNOWN]
    assert catalogue.movie("amelie") == AMELIE
    assert len(catalogue) == 4
    assert "heat" in catalogue
    assert "Heat" not in catalogue
    assert catalogue.by_key([catalogue.key("alien"), 999]) == {catalogue.key("alien"): ALIEN}
    assert catalogue.genres()["Crime"] == 1
    assert catalogue.languages() == {"en": 2, "fr": 1}
    assert catalogue.people()[fold("audrey tautou")] == ("Audrey Tautou", 1)
    assert catalogue.terms("country")["united states"] == 2


def test_equal_films_keep_their_keys_and_changed_ones_get_new_ones(catalogue: Catalogue) -> None:
    keys, version = catalogue.keys(), catalogue.data_version()
    assert catalogue.add([HEAT, AMELIE]) == keys[:2]
    assert catalogue.data_version() == version
    (key,) = catalogue.add([HEAT.model_copy(update={"year": 1996})])
    assert key > max(keys)
    assert catalogue.data_version() != version
    assert catalogue.filter(Filters(people=("al pacino",))) == ["heat"]
    assert catalogue.movie("heat").year == 1996
    assert len(catalogue) == 4


def test_a_removed_film_leaves_no_trace(catalogue: Catalogue) -> None:
    key, version = catalogue.key("amelie"), catalogue.data_version()
    assert catalogue.remove(["amelie", "never was", "amelie"]) == 1
    assert catalogue.data_version() != version
    assert catalogue.words(fts_query(["montmartre"]), 5) == []
    assert catalogue.filter(Filters(languages=("fr",))) == []
    assert "romance" not in catalogue.terms("genre")
    assert catalogue.find("amelie", cutoff=0.8) == []
    with pytest.raises(UnknownMovie):
        catalogue.movie("amelie")
    assert catalogue.add([AMELIE])[0] > key, "a key is never used twice"


@pytest.mark.parametrize("movie_id", ["", "nope", "' OR 1=1 --", "\0", "\ud800", "x" * 1_000_000])
def test_unknown_ids_are_said_to_be(catalogue: Catalogue, movie_id: str) -> None:
    for look in (catalogue.movie, catalogue.key):
        with pytest.raises(UnknownMovie) as raised:
            look(movie_id)
        assert len(raised.value.message) < 500
        raised.value.message.encode()
    assert movie_id not in catalogue
    assert catalogue.remove([movie_id]) == 0


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Heat (1995)", "heat"),
        ("haet", "heat"),
        ("Amelie", "amelie"),
        ("fabuleux destin d'amelie poulain", "amelie"),
        ("the alien", "alien"),
    ],
)
def test_films_are_found_by_something_like_their_title(catalogue: Catalogue, asked: str, found: str) -> None:
    assert catalogue.find(asked)[0].movie.id == found


def test_a_new_film_is_found_at_once_and_the_better_known_first(catalogue: Catalogue) -> None:
    assert [match.movie.id for match in catalogue.find("heat", cutoff=0.9)] == ["heat"]
    catalogue.add([film("heat-1972", title="Heat", votes=2000), film("heat-2020", title="Heat", votes=900_000)])
    assert [match.movie.id for match in catalogue.find("heat", cutoff=0.9)] == ["heat-2020", "heat", "heat-1972"]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, ["heat", "amelie", "alien", "unknown"]),
        ({"genres_any": ["crime", "science fiction"]}, ["heat", "alien"]),
        ({"genres_all": ["Crime", "Drama"]}, ["heat"]),
        ({"genres_all": ["Crime", "Horror"]}, []),
        ({"genres_none": ["Crime"]}, ["amelie", "alien", "unknown"]),
        ({"year_min": 1995}, ["heat", "amelie"]),
        ({"year_max": 1995}, ["heat", "alien"]),
        ({"runtime_min": 122, "runtime_max": 170}, ["heat", "amelie"]),
        ({"languages": ["French", "xx"]}, ["amelie"]),
        ({"countries": ["usa"]}, ["heat", "alien"]),
        ({"people": ["AL PACINO", "robert de niro"]}, ["heat"]),
        ({"people": ["Al Pacino", "Sigourney Weaver"]}, []),
        ({"people_any": ["Al Pacino", "Audrey Tautou"]}, ["heat", "amelie"]),
        ({"people_any": ["Al Pacino", "Audrey Tautou"], "people_none": ["Robert De Niro"]}, ["amelie"]),
        ({"people_none": ["Al Pacino", "Ridley Scott"]}, ["amelie", "unknown"]),
        ({"rating_min": 8.4}, ["alien"]),
        ({"has_poster": True}, ["amelie"]),
        ({"has_poster": False, "year_min": 1990}, ["heat"]),
    ],
)
def test_each_filter_means_what_it_says(catalogue: Catalogue, filters: dict[str, Any], ids: list[str]) -> None:
    chosen = Filters.from_record(filters)
    assert catalogue.filter(chosen) == ids
    assert catalogue.count(chosen) == len(ids)
    assert catalogue.filter_keys(chosen).tolist() == [catalogue.key(movie_id) for movie_id in ids]


_NAMES = ["Ann", "Bob", "Zoë", "O'Neil", 'Quo"te', "100%", "a_b", "é", "e\u0301", "; --"]
_GENRES = ["Crime", "Sci-Fi", "Drama", "Weird", "weird"]
_some = st.lists(st.sampled_from(_NAMES), max_size=3)
_films: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    year=st.none() | st.integers(1990, 1994),
    runtime=st.none() | st.integers(90, 94),
    rating=st.none() | st.sampled_from([5.0, 6.5, 7.0]),
    genres=st.lists(st.sampled_from(_GENRES), max_size=3),
    directors=_some,
    cast=_some,
    countries=st.lists(st.sampled_from(["US", "usa", "France", "Nowhere"]), max_size=2),
    language=st.none() | st.sampled_from(["en", "English", "fr", "tlh"]),
    poster=st.none() | st.just("/p.jpg"),
)
_filters = st.builds(
    Filters,
    genres_any=st.lists(st.sampled_from([*_GENRES, "science fiction"]), max_size=2),
    genres_all=st.lists(st.sampled_from(_GENRES), max_size=2),
    genres_none=st.lists(st.sampled_from(_GENRES), max_size=2),
    year_min=st.none() | st.integers(1990, 1994),
    year_max=st.none() | st.integers(1990, 1994),
    runtime_min=st.none() | st.integers(90, 94),
    runtime_max=st.none() | st.integers(90, 94),
    languages=st.lists(st.sampled_from(["en", "French"]), max_size=2),
    countries=st.lists(st.sampled_from(["us", "France"]), max_size=2),
    people=st.lists(st.sampled_from(_NAMES), max_size=2),
    people_any=st.lists(st.sampled_from(_NAMES), max_size=2),
    people_none=st.lists(st.sampled_from(_NAMES), max_size=2),
    rating_min=st.none() | st.sampled_from([5.0, 6.6]),
    has_poster=st.none() | st.booleans(),
)


def admits(filters: Filters, movie: Movie) -> bool:
    """What filters mean, film by film, without SQL."""

    def among(names: tuple[str, ...], own: tuple[str, ...]) -> list[bool]:
        folded = {fold(name) for name in own}
        return [fold(name) in folded for name in names]

    def within(value: float | None, least: float | None, most: float | None) -> bool:
        if least is None and most is None:
            return True
        return value is not None and (least is None or value >= least) and (most is None or value <= most)

    return (
        (not filters.genres_any or any(among(filters.genres_any, movie.genres)))
        and all(among(filters.genres_all, movie.genres))
        and not any(among(filters.genres_none, movie.genres))
        and (not filters.countries or any(among(filters.countries, movie.countries)))
        and all(among(filters.people, movie.people))
        and (not filters.people_any or any(among(filters.people_any, movie.people)))
        and not any(among(filters.people_none, movie.people))
        and (not filters.languages or movie.language in filters.languages)
        and within(movie.year, filters.year_min, filters.year_max)
        and within(movie.runtime, filters.runtime_min, filters.runtime_max)
        and within(movie.rating, filters.rating_min, None)
        and (filters.has_poster is None or (movie.poster is not None) == filters.has_poster)
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(_films, max_size=12), st.lists(_filters, min_size=1, max_size=6))
def test_filtering_in_sql_agrees_with_plain_python(tmp_path: Path, records: list[dict[str, Any]], asked: list[Filters]) -> None:
    catalogue = Catalogue.open(tmp_path / "any.sqlite")
    catalogue.remove([movie.id for movie in catalogue])
    movies = [film(f"f{number}", **record) for number, record in enumerate(records)]
    catalogue.add(movies)
    for filters in asked:
        assert catalogue.filter(filters) == [movie.id for movie in movies if admits(filters, movie)]


HOSTILE = [
    "'; DROP TABLE movies; --",
    '" OR 1=1',
    "%",
    "_",
    "*",
    "NEAR(",
    "a AND b",
    "title:heat",
    "-",
    "^",
    "\0",
    "\ud800",
    "",
    "𝕏" * 400,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_only_words(catalogue: Catalogue, text: str) -> None:
    catalogue.words(fts_query([text, *text.split()]), 5)
    assert catalogue.find(text, cutoff=0.95) == []
    if "\ud800" not in text:
        for name in ("people", "genres_all", "languages", "countries"):
            assert text.strip() == "" or catalogue.filter(Filters(**{name: (text,)})) == []
        added = film("hostile", title=text + " x", plot=text, genres=[text], cast=[text], keywords=[text])
        catalogue.add([added])
        assert catalogue.movie("hostile") == added
    assert catalogue.movie("heat") == HEAT


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=12), max_size=5))
def test_no_words_whatever_break_the_word_search(catalogue: Catalogue, words: list[str]) -> None:
    catalogue.words(fts_query(words), 5)


def test_words_rank_titles_above_plots_and_keep_to_the_films_asked_for(catalogue: Catalogue) -> None:
    catalogue.add([film("plot", title="Other", plot="sunset"), film("title", title="Sunset", plot="other")])
    catalogue.add(film(f"filler{number}", title="Filler", plot="nothing") for number in range(30))
    title, plot = catalogue.key("title"), catalogue.key("plot")
    found = catalogue.words(fts_query(["sunsets", "absent"]), 5)
    assert [key for key, _ in found] == [title, plot]
    assert found[0][1] > found[1][1] > 0
    assert [key for key, _ in catalogue.words(fts_query(["sunset"]), 5, keys=[plot])] == [plot]
    assert catalogue.words(fts_query(["sunset"]), 5, keys=[]) == []
    assert catalogue.words("", 5) == []


# -- the file ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"not a database at all, really not" * 99, b"PK\x03\x04" + b"\0" * 2000, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_file_that_is_no_catalogue_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.sqlite"
    path.write_bytes(content)
    with pytest.raises(BadCatalogue, match="can't be used"):
        Catalogue.open(path)
    assert path.read_bytes() == content


def test_another_programs_database_and_another_version_are_refused(tmp_path: Path) -> None:
    for statement, said in (("CREATE TABLE notes (x)", "not a Matinee"), ("PRAGMA user_version = 99", "another version")):
        path = tmp_path / f"{said[0]}.sqlite"
        other = sqlite3.connect(path)
        other.execute(statement)
        other.commit()
        other.close()
        with pytest.raises(BadCatalogue, match=said):
            Catalogue.open(path)


def test_places_where_no_catalogue_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadCatalogue, match="is a folder"):
        Catalogue.open(tmp_path)
    with pytest.raises(BadCatalogue, match="can't be used"):
        Catalogue.open(tmp_path / "file" / "films.sqlite")
    with pytest.raises(BadCatalogue, match="matinee import"):
        Catalogue.open(tmp_path / "none.sqlite", create=False)
    assert not (tmp_path / "none.sqlite").exists()
    assert len(Catalogue.open(tmp_path / "new" / "folder" / "films.sqlite")) == 0


def test_a_failed_write_changes_nothing(catalogue: Catalogue) -> None:
    def films() -> Any:
        yield film("new")
        yield HEAT.model_copy(update={"year": 1990})
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError):
        catalogue.add(films())
    assert list(catalogue) == [HEAT, AMELIE, ALIEN, UNKNOWN]

    def outer() -> None:
        with catalogue.writing():
            catalogue.add([film("inner")])
            raise RuntimeError("the outer step broke")

    with pytest.raises(RuntimeError):
        outer()
    assert "inner" not in catalogue
    catalogue.add([film("after")])
    assert "after" in catalogue


def test_another_program_that_keeps_writing_is_said_to(catalogue: Catalogue) -> None:
    other = sqlite3.connect(catalogue.path, isolation_level=None)
    with catalogue.writing() as connection:
        connection.execute("PRAGMA busy_timeout = 50")  # instead of half a minute
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy, match="Try again") as raised:
        catalogue.add([film("new")])
    assert raised.value.retry_after > 0
    assert catalogue.movie("heat") == HEAT
    other.execute("ROLLBACK")
    other.close()
    catalogue.add([film("new")])
    assert "new" in catalogue


def test_names_kept_beside_the_films(catalogue: Catalogue) -> None:
    assert catalogue.meta("source") is None
    catalogue.set_meta("source", "a")
    catalogue.set_meta("source", "b")
    assert catalogue.meta("source") == "b"


def test_a_snapshot_is_a_whole_catalogue(catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue.snapshot(tmp_path / "copy.sqlite")
    catalogue.remove(["heat"])
    copy = Catalogue.open(tmp_path / "copy.sqlite", create=False)
    assert list(copy) == [HEAT, AMELIE, ALIEN, UNKNOWN]
    assert copy.find("haet")[0].movie == HEAT


# -- many at once ------------------------------------------------------------------------------

_WRITER = """
import sys
from movies.catalogue import Catalogue
from movies.movie import Movie

catalogue = Catalogue.open(sys.argv[1])
for batch in range(int(sys.argv[2])):
    catalogue.add(Movie(id=f"b{batch}-{n}", title=f"Film {batch} {n}", genres=("Drama",)) for n in range(50))
    print(batch, flush=True)
"""


def writer(catalogue: Catalogue, code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(catalogue.path), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )


def test_readers_in_threads_see_whole_batches_of_a_writer_in_another_process(catalogue: Catalogue) -> None:
    trouble: list[BaseException] = []
    done = threading.Event()
    counts: set[int] = set()

    def read() -> None:
        try:
            while not done.is_set():
                drama = catalogue.count(Filters(genres_any=("Drama",)))
                counts.add(drama)
                assert (drama - 1) % 50 == 0, "half a batch was seen"
                assert catalogue.movie("heat") == HEAT
                catalogue.find("film 3 7")
                catalogue.words(fts_query(["film"]), 3)
        except BaseException as error:
            trouble.append(error)
        finally:
            catalogue.close()

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    with writer(catalogue, _WRITER, "20") as process:
        catalogue.add([film("meanwhile")])  # two writers take turns
        assert process.wait(60) == 0
    done.set()
    for reader in readers:
        reader.join(30)
    assert trouble == []
    assert catalogue.count(Filters(genres_any=("Drama",))) == 1001
    assert "meanwhile" in catalogue
    assert len(counts) > 1, "the readers read while the writer wrote"


def test_many_threads_may_write(catalogue: Catalogue) -> None:
    def write(name: int) -> None:
        for number in range(10):
            catalogue.add([film(f"t{name}-{number}")])
        catalogue.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(catalogue) == 64


_HALF_WRITER = """
import sys, time
from movies.catalogue import Catalogue
from movies.movie import Movie

catalogue = Catalogue.open(sys.argv[1])
catalogue.add([Movie(id="whole", title="Whole")])
with catalogue.writing():
    catalogue.remove(["heat"])
    catalogue.add(Movie(id=f"half-{n}", title="Half", plot="x" * 5000) for n in range(2000))
    print("in the middle", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_writer_killed_in_the_middle_loses_nothing(catalogue: Catalogue) -> None:
    with writer(catalogue, _HALF_WRITER) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        assert catalogue.movie("heat") == HEAT, "what isn't committed isn't seen"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    again = Catalogue.open(catalogue.path, create=False)
    assert {movie.id for movie in again} == {"heat", "amelie", "alien", "unknown", "whole"}
    assert again.words(fts_query(["half"]), 5) == []
    again.add([film("later")])
    check = sqlite3.connect(catalogue.path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    check.rollback()
    check.close()
