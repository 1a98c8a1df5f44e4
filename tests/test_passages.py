"""What of a film is encoded: nothing is lost, nothing is too long, and every span stands where it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movies.builtin import BuiltinEncoder
from movies.encoders import whole_and_parts
from movies.movie import Movie
from rag.passages import WINDOW_TOKENS, sections, sentences
from tests.encoders import HashedEncoder


class Wide(HashedEncoder):
    max_tokens = 256


ENCODER = HashedEncoder()
WORDS = st.lists(
    st.sampled_from("thief runs the city of rain. Why? and then… “Stop!” x 1995 naïve\n\n 映画".split(" ")), max_size=250
)
PLOTS = WORDS.map(" ".join) | st.text(max_size=400) | st.just("word" * 50) | st.just("no stop " * 120)


def film(plot: str, title: str = "Heat") -> Movie:
    return Movie(id="heat", title=title, year=1995, genres=("Crime", "Drama"), plot=plot)


@given(PLOTS, st.booleans())
def test_a_plot_is_read_in_full_and_every_span_is_where_it_says(plot: str, wide: bool) -> None:
    movie, encoder = film(plot), Wide() if wide else ENCODER
    parts = sections(movie, encoder)
    assert parts[0].whole is None
    assert parts[0].text.startswith("Heat (1995). Crime, Drama.")
    assert max(encoder.token_counts([part.text for part in parts])) <= encoder.max_tokens
    covered = np.zeros(len(movie.plot), dtype=bool)
    for part in parts:
        if part.whole is not None:
            assert movie.plot[slice(*part.whole)] == part.text
        for inside, place in zip(part.spans, part.passages, strict=True):
            assert part.text[inside[0]].strip()
            assert part.text[inside[1] - 1].strip()
            assert part.text[slice(*inside)].split() == movie.plot[slice(*place)].split()
        for kind, place in part.rows[0 if part.whole else 1 :]:
            assert kind == "passage"
            assert place is not None
            assert ENCODER.token_counts([movie.plot[slice(*place)]])[0] <= WINDOW_TOKENS
            covered[slice(*place)] = True
    for sentence in sentences(movie.plot):
        said = [place for place in range(sentence.start, sentence.end) if movie.plot[place].isalnum()]
        assert covered[said].all()


def test_a_long_plot_goes_on_beyond_the_overview() -> None:
    parts = sections(film("A thief runs through the city of rain. " * 40), Wide())
    assert len(parts) > 2
    assert parts[0].spans
    assert all(part.whole and not part.spans for part in parts[1:])


def test_an_endless_title_is_cut_and_the_plot_still_read() -> None:
    parts = sections(film("A thief runs.", title="so long " * 60), ENCODER)
    assert parts[0].spans == ()
    assert [part.text for part in parts[1:]] == ["A thief runs."]


@pytest.fixture(scope="module")
def builtin() -> BuiltinEncoder:
    return BuiltinEncoder()


def test_parts_read_in_place_are_near_the_same_words_read_apart(builtin: BuiltinEncoder) -> None:
    first, second = "A lonely robot cleans the empty earth.", "Two chefs fight over a restaurant in Rome."
    text = f"{first} {second}"
    spans = [(0, len(first)), (len(first) + 1, len(text))]
    whole = whole_and_parts(builtin, [text, "a"], [spans, []])
    assert [rows.shape for rows in whole] == [(3, builtin.dim), (1, builtin.dim)]
    assert whole[0][0] @ builtin.texts([text])[0] > 0.999
    apart = builtin.texts([first, second])
    likeness = whole[0][1:] @ apart.T
    assert likeness[0, 0] > likeness[0, 1] + 0.2
    assert likeness[1, 1] > likeness[1, 0] + 0.2
    assert np.linalg.norm(whole[0], axis=1) == pytest.approx(1, abs=1e-3)


def test_a_span_without_words_stands_for_the_whole(builtin: BuiltinEncoder) -> None:
    rows = whole_and_parts(builtin, ["a thief   runs"], [[(7, 9)]])[0]
    assert np.array_equal(rows[0], rows[1])
    assert whole_and_parts(builtin, [], []) == []


def test_an_encoder_that_cannot_read_in_place_reads_each_part_by_itself() -> None:
    whole = whole_and_parts(ENCODER, ["one two", "three"], [[(0, 3), (4, 7)], []])
    assert np.array_equal(np.concatenate(whole), ENCODER.texts(["one two", "one", "two", "three"]))
