"""Finding films by something like their title."""

from __future__ import annotations

import gzip
import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from movies.titles import TitleFinder, _Bags, normal_title, split_year

TITLES: list[tuple[str, int]] = [
    ("Heat", 1995),
    ("Heat", 1972),
    ("The Heat", 2013),
    ("Se7en", 1995),
    ("The Matrix", 1999),
    ("The Matrix Reloaded", 2003),
    ("The Godfather", 1972),
    ("The Godfather: Part II", 1974),
    ("The Godfather: Part III", 1990),
    ("Amélie", 2001),
    ("Alien", 1979),
    ("Aliens", 1986),
    ("Alien³", 1992),
    ("Terminator 2: Judgment Day", 1991),
    ("Terminator 3: Rise of the Machines", 2003),
    ("Rocky", 1976),
    ("Rocky II", 1979),
    ("Rocky IV", 1985),
    ("Rocky V", 1990),
    ("12 Angry Men", 1957),
    ("WALL·E", 2008),
    ("Spider-Man", 2002),
    ("Spider-Man: No Way Home", 2021),
    ("Ocean's Eleven", 2001),
    ("8½", 1963),
    ("V for Vendetta", 2005),
    ("I, Robot", 2004),
    ("Léon: The Professional", 1994),
    ("The Lord of the Rings: The Fellowship of the Ring", 2001),
    ("Kill Bill: Vol. 2", 2004),
    ("Kill Bill: Vol. 1", 2003),
    ("Scarface", 1932),
    ("Scarface", 1983),
    ("Death Race 2000", 1975),
    ("Blade Runner 2049", 2017),
    ("Blade Runner", 1982),
    ("The Good, the Bad and the Ugly", 1966),
    ("Fast & Furious", 2009),
    ("M", 1931),
    ("Up", 2009),
    ("It", 2017),
    ("千と千尋の神隠し", 2001),
    ("Star Wars: Episode IV - A New Hope", 1977),
    ("The Shawshank Redemption", 1994),
    ("2001: A Space Odyssey", 1968),
    ("Das Boot", 1981),
    ("Inception", 2010),
    ("S1m0ne", 2002),
    ("Mission: Impossible II", 2000),
    ("1917", 2019),
    ("Back to the Future Part III", 1990),
    ("Wonder Woman 1984", 2020),
]


@pytest.fixture(scope="module")
def finder() -> TitleFinder:
    return TitleFinder((row, title, year) for row, (title, year) in enumerate(TITLES))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Heat", "Heat (1995)"),
        ("heat (1972)", "Heat (1972)"),
        ("the heat", "The Heat (2013)"),
        ("Heat 1972", "Heat (1972)"),
        ("se7en", "Se7en (1995)"),
        ("seven", "Se7en (1995)"),
        ("matrix", "The Matrix (1999)"),
        ("Matrix, The", "The Matrix (1999)"),
        ("teh matrx", "The Matrix (1999)"),
        ("The Godfather 2", "The Godfather: Part II (1974)"),
        ("Godfather Part II", "The Godfather: Part II (1974)"),
        ("godfather part two", "The Godfather: Part II (1974)"),
        ("the godfather", "The Godfather (1972)"),
        ("godfather 3", "The Godfather: Part III (1990)"),
        ("amelie", "Amélie (2001)"),
        ("alien 3", "Alien³ (1992)"),
        ("alien", "Alien (1979)"),
        ("aliens", "Aliens (1986)"),
        ("terminator 2", "Terminator 2: Judgment Day (1991)"),
        ("rocky 4", "Rocky IV (1985)"),
        ("rocky five", "Rocky V (1990)"),
        ("twelve angry men", "12 Angry Men (1957)"),
        ("walle", "WALL·E (2008)"),
        ("wall-e", "WALL·E (2008)"),
        ("spiderman", "Spider-Man (2002)"),
        ("spiderman no way home", "Spider-Man: No Way Home (2021)"),
        ("oceans 11", "Ocean's Eleven (2001)"),
        ("8 1/2", "8½ (1963)"),
        ("v for vendeta", "V for Vendetta (2005)"),
        ("irobot", "I, Robot (2004)"),
        ("leon the professional", "Léon: The Professional (1994)"),
        ("léon", "Léon: The Professional (1994)"),
        ("fellowship of the ring", "The Lord of the Rings: The Fellowship of the Ring (2001)"),
        ("kill bill 2", "Kill Bill: Vol. 2 (2004)"),
        ("kill bill volume 1", "Kill Bill: Vol. 1 (2003)"),
        ("scarface 1983", "Scarface (1983)"),
        ("scarface (1932)", "Scarface (1932)"),
        ("death race 2000", "Death Race 2000 (1975)"),
        ("blade runer", "Blade Runner (1982)"),
        ("blade runner 2049", "Blade Runner 2049 (2017)"),
        ("good bad ugly", "The Good, the Bad and the Ugly (1966)"),
        ("fast and furious", "Fast & Furious (2009)"),
        ("M", "M (1931)"),
        ("up", "Up (2009)"),
        ("IT", "It (2017)"),
        ("千と千尋", "千と千尋の神隠し (2001)"),
        ("star wars", "Star Wars: Episode IV - A New Hope (1977)"),
        ("shawshank", "The Shawshank Redemption (1994)"),
        ("2001", "2001: A Space Odyssey (1968)"),
        ("boot", "Das Boot (1981)"),
        ("Inceptoin", "Inception (2010)"),
        ("simone", "S1m0ne (2002)"),
        ("mission impossible 2", "Mission: Impossible II (2000)"),
        ("1917", "1917 (2019)"),
        ("back to the future 3", "Back to the Future Part III (1990)"),
        ("wonder woman 1984", "Wonder Woman 1984 (2020)"),
    ],
)
def test_the_film_that_was_meant_comes_first(finder: TitleFinder, asked: str, found: str) -> None:
    matches = finder.find(asked)
    assert matches
    title, year = matches[0].title, matches[0].year
    assert f"{title} ({year})" == found


@pytest.mark.parametrize("asked", ["", "   ", "(1995)", "xqzwv kjhgf", "!!!", "\0", "\ud800", "%", "'; DROP TABLE movies; --"])
def test_nothing_near_finds_nothing(finder: TitleFinder, asked: str) -> None:
    assert finder.find(asked) == []


def test_the_same_title_scores_one_and_scores_fall(finder: TitleFinder) -> None:
    matches = finder.find("The Godfather", limit=5, cutoff=0.5)
    assert matches[0].score == 1
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)
    assert len({match.key for match in matches}) == len(matches)
    assert len(finder.find("the", limit=2, cutoff=0.0)) == 2


def test_the_better_known_of_two_equal_titles_comes_first() -> None:
    rows = [(7, "Heat", 1995), (3, "Heat", 1972)]
    assert [match.key for match in TitleFinder(rows).find("heat")] == [7, 3]
    assert [match.key for match in TitleFinder(rows[::-1]).find("heat")] == [3, 7]


def test_exact_knows_main_titles_and_normal_forms(finder: TitleFinder) -> None:
    assert [TITLES[key] for key in finder.exact("MATRIX, the")] == [("The Matrix", 1999)]
    assert [TITLES[key][1] for key in finder.exact("Heat")] == [1995, 1972, 2013]
    assert finder.exact("Hea") == []
    assert [TITLES[key][0] for key in finder.exact("Terminator 2")] == ["Terminator 2: Judgment Day"]


def test_an_empty_catalogue_and_very_long_words(finder: TitleFinder) -> None:
    assert TitleFinder([]).find("heat") == []
    assert finder.find("x" * 1_000_000) == []
    assert TitleFinder([(1, "!!!", None), (2, "?", 2000)]).find("heat") == []


@pytest.mark.parametrize(
    ("title", "normal"),
    [
        ("The Godfather: Part II", "godfather 2"),
        ("Matrix, The", "matrix"),
        ("Fast & Furious", "fast furious"),
        ("The", "the"),
        ("V for Vendetta", "v for vendetta"),
        ("Rocky V", "rocky 5"),
        ("Malcolm X", "malcolm 10"),
        ("8½", "8 1 2"),
        ("Alien³", "alien 3"),
        ("Amélie (2001)", "amelie"),
        ("And", "and"),
        ("Part One", "part 1"),
        ("L'Avventura", "lavventura"),
    ],
)
def test_normal_forms(title: str, normal: str) -> None:
    assert normal_title(title) == normal


def test_years_in_brackets() -> None:
    assert split_year("Heat (1995)") == ("Heat", 1995)
    assert split_year("Heat [1995] ") == ("Heat", 1995)
    assert split_year("Blade Runner 2049") == ("Blade Runner 2049", None)
    assert split_year("Heat (195)") == ("Heat (195)", None)


@given(st.lists(st.tuples(st.text(max_size=30), st.none() | st.integers(1870, 2100)), max_size=12), st.text(max_size=40))
def test_any_titles_can_be_held_and_asked_for(titles: list[tuple[str, int | None]], asked: str) -> None:
    finder = TitleFinder((row, title, year) for row, (title, year) in enumerate(titles))
    assert all(0 <= match.score <= 1 for match in finder.find(asked))
    for title, _ in titles:
        if normal_title(title) and normal_title(split_year(title)[0]):
            assert finder.find(title)
            assert finder.find(title)[0].score > 0.9


@given(st.lists(st.text("abn 1é", max_size=12), min_size=1, max_size=12), st.text("abn 1é", max_size=12), st.floats(0, 1))
def test_counting_letters_rules_out_no_match(texts: list[str], asked: str, cutoff: float) -> None:
    near = set(_Bags(texts).near(asked, cutoff).tolist())
    for row, text in enumerate(texts):
        if text and asked and max(OSA.normalized_similarity(asked, text), fuzz.ratio(asked, text) / 100) >= cutoff:
            assert row in near


@pytest.mark.shared
def test_real_titles_with_typos_are_found_quickly(capsys: pytest.CaptureFixture[str]) -> None:
    source = Path(__file__).parents[2] / "shared" / "data" / "movies.jsonl.gz"
    if not source.is_file():
        pytest.skip(f"needs {source.name} in shared/data beside the checkout")
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        films = [json.loads(line) for line in lines]
    rows = [
        (row, title, film.get("year"))
        for row, film in enumerate(films)
        for title in (film["title"], *film.get("alt_titles", ()))
    ]
    finder = TitleFinder(rows)
    chance = random.Random(7)
    asked = chance.sample([row for row, film in enumerate(films) if len(film["title"]) >= 5], 300)
    for typos, least in ((1, 0.97), (2, 0.94)):
        right, seconds = 0, []
        for row in asked:
            words = films[row]["title"]
            for _ in range(typos):
                words = mistyped(words, chance)
            start = time.perf_counter()
            matches = finder.find(words)
            seconds.append(time.perf_counter() - start)
            right += bool(matches) and films[matches[0].key]["title"].lower() == films[row]["title"].lower()
        median = sorted(seconds)[150] * 1000
        with capsys.disabled():
            print(f"\n{typos} typos: right film first {right / 300:.3f}, {median:.1f} ms over {len(films):,} films")
        assert right / 300 >= least


def mistyped(words: str, chance: random.Random) -> str:
    """One letter left out, doubled, replaced, or swapped with the next."""
    at, letter = chance.randrange(len(words)), chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice(
        (
            words[:at] + words[at + 1 :],
            words[:at] + letter + words[at:],
            words[:at] + letter + words[at + 1 :],
            words[:at] + words[at + 1 : at + 2] + words[at : at + 1] + words[at + 2 :],
        )
    )
