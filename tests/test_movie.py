"""`Movie` and `Filters`: what a record may be, and what hostile ones get."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from movies.errors import BadInput
from movies.movie import Filters, Movie
from movies.vocabulary import canonical_country, canonical_genre, canonical_language


def movie(**fields: Any) -> Movie:
    return Movie.from_record({"id": "x", "title": "X"} | fields)


def test_csv_and_json_spellings_give_the_same_film() -> None:
    as_json = movie(year=1995, genres=["Crime", "sci fi"], cast=["Al Pacino"], budget=60_000_000, rating=8.3, countries=["USA"])
    as_csv = movie(
        year="1995.0",
        genres="Crime| Science Fiction |crime",
        cast="Al Pacino|",
        budget="$60,000,000",
        rating="8.3",
        countries="us",
    )
    assert as_json == as_csv
    assert as_json.genres == ("Crime", "Sci-Fi")


def test_empty_texts_count_as_absent() -> None:
    assert movie(year="", plot="  ", genres="", rating=None, poster=" ", release_date="") == movie()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("year", "soon"),
        ("year", 1500),
        ("year", 1995.5),
        ("year", True),
        ("year", 10**400),
        ("year", [1995]),
        ("rating", 11),
        ("rating", -1),
        ("rating", float("nan")),
        ("rating", float("inf")),
        ("rating", True),
        ("rating", "8,5"),
        ("runtime", 0),
        ("runtime", "1e3"),
        ("votes", -1),
        ("budget", 2**63),
        ("budget", "9" * 30),
        ("budget", {}),
        ("tmdb_id", "12abc"),
        ("release_date", 19950101),
        ("release_date", 86_400),
        ("release_date", "1995"),
        ("release_date", "1995-13-01"),
        ("release_date", {}),
        ("genres", 5),
        ("genres", {"name": "Drama"}),
        ("genres", [["Drama"]]),
        ("genres", [1]),
        ("cast", ["a"] * 1001),
        ("title", True),
        ("title", ["X"]),
        ("title", "x" * 501),
        ("title", "\x00\x1f"),
        ("title", "\u200b\u202e"),
        ("id", "y" * 201),
        ("plot", 5),
        ("plot", "x" * 20_001),
        ("poster", ["x"]),
        ("poster", "a\0.jpg"),
        ("poster", "\ud800.jpg"),
        ("language", "x" * 61),
        ("imdb_id", "x" * 41),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(BadInput) as raised:
        movie(**{field: value})
    assert raised.value.message.startswith(field)
    assert len(raised.value.message) < 300


@pytest.mark.parametrize("record", [{}, {"id": "x"}, {"title": "X"}, {"id": "", "title": "X"}, [], "x", None, 7])
def test_a_record_needs_an_id_and_a_title(record: Any) -> None:
    with pytest.raises(BadInput):
        Movie.from_record(record)


def test_texts_lose_what_deceives_or_breaks() -> None:
    found = movie(title="He\u202ea\x07t\u200b \x85(x)", plot="one\x00two\n\nthree\t four", cast=["A\x1b[31mB", "  ", "A\ud800"])
    assert found.title == "Hea t  (x)"
    assert found.plot == "one two\n\nthree four"
    assert found.cast == ("A [31mB", "A?")
    found.model_dump_json().encode()


def test_names_in_other_scripts_are_left_alone() -> None:
    title = "می‌خواهم زنده بمانم 千と千尋 Amélie"  # with a zero-width non-joiner, which Persian needs
    assert movie(title=title).title == title


def test_a_film_is_frozen_equal_by_value_and_survives_json() -> None:
    full = movie(
        year=1995, release_date="1995-12-15T00:00:00Z", genres="Crime", poster="/a/b.jpg", directors="M. Mann", rating=8.3
    )
    assert full.release_date == date(1995, 12, 15)
    assert Movie.model_validate_json(full.model_dump_json()) == full
    assert hash(full) == hash(movie(**full.model_dump(exclude={"id", "title"})))
    with pytest.raises(ValueError, match="frozen"):
        full.year = 1996  # type: ignore[misc]


def test_people_and_label() -> None:
    found = movie(directors="Clint Eastwood", cast="Clint Eastwood|Gene Hackman", year=1992)
    assert found.people == ("Clint Eastwood", "Gene Hackman")
    assert (found.label, movie().label) == ("X (1992)", "X")


def test_filters_say_what_they_are() -> None:
    filters = Filters.from_record(
        {"genres_any": ["science fiction"], "languages": ["French"], "countries": ["uk"], "year_min": 1990}
    )
    assert filters.chosen() == {
        "genres_any": ["Sci-Fi"],
        "languages": ["fr"],
        "countries": ["United Kingdom"],
        "year_min": 1990,
    }
    assert filters
    assert not Filters()
    assert filters.without("year_min").year_min is None
    assert filters.without("year_min").genres_any == ("Sci-Fi",)


@pytest.mark.parametrize(
    "record",
    [
        {"genre": ["Drama"]},
        {"genres_any": "Drama"},
        {"genres_any": ["x"] * 51},
        {"year_min": "soon"},
        {"rating_min": 11},
        {"people": [None]},
        {"people": ["\ud800"]},
        {"has_poster": "perhaps"},
        [],
        {"year_max": 10**30},
    ],
)
def test_filters_that_cannot_be_are_refused_with_the_names_there_are(record: Any) -> None:
    with pytest.raises(BadInput, match="genres_any, genres_all"):
        Filters.from_record(record)


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(Movie.model_fields)), _JSON, max_size=8))
def test_any_json_is_a_film_or_refused(record: dict[str, Any]) -> None:
    try:
        found = Movie.from_record({"id": "x", "title": "X"} | record)
    except BadInput as error:
        error.message.encode()
    else:
        assert Movie.model_validate_json(found.model_dump_json()) == found
        assert Movie.from_record(json.loads(json.dumps(found.model_dump(mode="json")))) == found


@given(st.dictionaries(st.sampled_from(sorted(Filters.model_fields)), _JSON, max_size=5))
def test_any_json_is_a_filter_or_refused(record: dict[str, Any]) -> None:
    try:
        found = Filters.from_record(record)
    except BadInput as error:
        error.message.encode()
    else:
        assert Filters.from_record(found.chosen()) == found


@given(st.text(max_size=40))
@example("ꟲ")
def test_canonical_names_stay_what_they_are(name: str) -> None:
    for canonical in (canonical_genre, canonical_language, canonical_country):
        once = canonical(name)
        assert canonical(once) == once


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("English", "en"),
        ("eng", "en"),
        ("fre", "fr"),
        ("fra", "fr"),
        ("ger", "de"),
        ("fr-CA", "fr"),
        ("cn", "zh"),
        ("nb", "no"),
        ("Mandarin", "zh"),
        ("per", "fa"),
        ("Klingon", "klingon"),
    ],
)
def test_languages_by_name_and_code(name: str, code: str) -> None:
    assert canonical_language(name) == code


@pytest.mark.parametrize(
    ("name", "genre"),
    [
        ("Science Fiction", "Sci-Fi"),
        ("sci-fi", "Sci-Fi"),
        ("film noir", "Film-Noir"),
        ("(no genres listed)", ""),
        ("TV Movie", "TV Movie"),
        ("splatter", "Splatter"),
        ("Children's", "Children"),
    ],
)
def test_genres_have_one_spelling(name: str, genre: str) -> None:
    assert canonical_genre(name) == genre
