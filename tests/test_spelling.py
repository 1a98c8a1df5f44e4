"""Misspelt words of a request: what is mended, and what is left alone because somebody may have meant it."""

from __future__ import annotations

import pytest

from movies.catalogue import Catalogue
from rag.reading.names import Vocabulary
from rag.reading.pieces import grammar_of
from rag.reading.spelling import Speller
from rag.reading.understanding import understand
from tests.films import FILMS


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    catalogue = Catalogue.open(":memory:")
    catalogue.add(FILMS)
    return Vocabulary.of(catalogue)


@pytest.fixture(scope="module")
def speller(vocabulary: Vocabulary) -> Speller:
    return grammar_of(vocabulary).speller


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sceince ficton flims", "science fiction films"),
        ("no wra moveis, not aftr 2010", "no war movies, not after 2010"),
        ("Comdy pls", "comedy pls"),
        ("docummentaries", "documentaries"),
    ],
)
def test_words_that_steer_are_mended(speller: Speller, typed: str, meant: str) -> None:
    assert speller.mended(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "a film by Tarkovski",  # a capital: a name, as likely
        "with adam sandler",  # no word anywhere, but two slips from one is too far
        "with meryl streep",  # behind a word that is none either
        "amelie",  # a title
        "both toy storys",  # a plural of a known word
        "the worn dram",  # English
        "wall-e", "sci-fi", "don't", "x" * 50, "",
    ],
)  # fmt: skip
def test_names_titles_and_english_stay(speller: Speller, typed: str) -> None:
    assert speller.mended(typed) == typed


def test_a_story_is_searched_for_as_it_was_told(speller: Speller) -> None:
    assert speller.mended("a flim " * 100) == "a flim " * 100


def test_the_plan_of_a_misspelt_wish(vocabulary: Vocabulary) -> None:
    assert understand("romanitc comdies befroe 2005", vocabulary).plan.filters.chosen() == {
        "genres_all": ["Romance", "Comedy"],
        "year_max": 2004,
    }
