"""BM25 in memory: the formula, weights, words of the like, live additions, damaged files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from movies.encoders import Vectors, unit
from movies.errors import IndexMismatch
from movies.movie import Movie
from rag.lexical import stem, word_weights
from rag.words import WordIndex

FILMS = {
    3: Movie(id="a", title="Snow", plot="Snow falls on a village. Snow again."),
    5: Movie(id="b", title="Blizzard", plot="A blizzard, a blizzard!"),
    8: Movie(id="c", title="Desert", plot="Two people cross a desert.", directors=("Ana Ruiz",)),
    9: Movie(id="d", title="White Blizzard", plot="Lost in white."),
    16: Movie(id="s", title="Sled", plot="A sled in the snow."),
    **{key: Movie(id=str(key), title=f"Film {key}", plot=f"Number {key} is about something else.") for key in range(10, 16)},
}
_CLOSE = {"snow": (1.0, 0.0, 0.1), "blizzard": (0.98, 0.1, 0.2), "desert": (0.0, 1.0, 0.0)}


def embed(words: Sequence[str]) -> Vectors:
    """Snow and blizzard point one way; every other word somewhere else."""
    rows = np.zeros((len(words), 40), dtype=np.float32)
    for row, word in enumerate(words):
        rows[row, :3] = _CLOSE.get(word, (0, 0, 0))
        if word not in _CLOSE:
            rows[row, 3 + row % 37] = 1
    return unit(rows)


def test_scores_are_bm25() -> None:
    words = WordIndex.build(FILMS.items())
    lengths = [len(f"{film.title} {' '.join(film.people)} {film.plot}".replace(".", "").split()) for film in FILMS.values()]
    discount = 0.8 * (0.25 + 0.75 * lengths[0] / (sum(lengths) / 11))
    expected = math.log((11 - 2 + 0.5) / (2 + 0.5)) * 3 * 1.8 / (3 + discount)
    scores = words.scores({"snow": 1.0})
    assert scores.shape == (17,)
    assert scores[3] == pytest.approx(expected, rel=1e-5)
    assert np.flatnonzero(scores).tolist() == [3, 16]
    assert words.scores({"snow": 2.0})[3] == pytest.approx(2 * expected, rel=1e-5)


def test_people_and_stems_count_and_unknown_words_find_nothing() -> None:
    words = WordIndex.build(FILMS.items())
    assert words.scores({stem("ruiz"): 1.0}).argmax() == 8
    assert words.scores({stem("deserts"): 1.0}).argmax() == 8
    assert not words.scores({"zebra": 1.0}).any()
    assert not words.scores({}).any()


def test_a_word_finds_its_like_at_half_its_worth_and_a_film_that_says_both_once() -> None:
    plain, soft = WordIndex.build(FILMS.items()), WordIndex.build(FILMS.items(), embed)
    assert not plain.scores({"snow": 1.0})[5]
    found = soft.scores({"snow": 1.0})
    assert found[3] > found[5] > 0
    assert found[8] == 0
    own, like = plain.scores({"snow": 1.0})[3], plain.scores({"blizzard": 1.0})[5]
    assert found[3] == pytest.approx(own)
    assert found[5] <= like / 2 + 1e-6


def test_a_word_of_one_film_is_nobodys_like() -> None:
    """Names and misspellings stand in one film; only words that two films use are compared."""
    soft = WordIndex.build({key: film for key, film in FILMS.items() if key != 16}.items(), embed)
    assert soft.scores({"blizzard": 1.0})[3] == 0
    assert soft.scores({"snow": 1.0})[5] == 0


def test_films_added_later_are_found_and_change_nothing_for_others() -> None:
    words = WordIndex.build(FILMS.items())
    before = words.scores({"desert": 1.0})
    assert words.missing([3, 5, 30]) == [30]
    words.add({30: Movie(id="e", title="Penguins", plot="Penguins march.")})
    assert words.missing([3, 5, 30]) == []
    assert words.scores({stem("penguins"): 1.0}).argmax() == 30
    assert words.scores({"desert": 1.0})[: len(before)].argmax() == before.argmax()


def test_saved_and_opened_it_scores_the_same_and_the_same_films_give_the_same_bytes(tmp_path: Path) -> None:
    made = WordIndex.build(FILMS.items(), embed)
    made.save(tmp_path)
    first = (tmp_path / "words.npz").read_bytes()
    opened = WordIndex.open(tmp_path)
    weights = word_weights("a blizzard in the desert")
    assert np.array_equal(opened.scores(weights), made.scores(weights))
    WordIndex.build(FILMS.items(), embed).save(tmp_path)
    assert (tmp_path / "words.npz").read_bytes() == first


@pytest.mark.parametrize("keep", [0, 40, 0.5, 0.9])
def test_a_damaged_file_is_refused(tmp_path: Path, keep: float) -> None:
    WordIndex.build(FILMS.items(), embed).save(tmp_path)
    path = tmp_path / "words.npz"
    data = path.read_bytes()
    path.write_bytes(data[: int(keep if keep > 1 else keep * len(data))])
    with pytest.raises(IndexMismatch, match="matinee build"):
        WordIndex.open(tmp_path)


def test_no_films_at_all(tmp_path: Path) -> None:
    WordIndex.build([], embed).save(tmp_path)
    assert WordIndex.open(tmp_path).scores({"snow": 1.0}).shape == (1,)


def test_everyday_words_count_half_and_repeated_ones_more() -> None:
    weights = word_weights("I think it was a film about a wizard. The wizard had a house.")
    assert weights == {"wizard": 1.5, "hous": 0.5}
