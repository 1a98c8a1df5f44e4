"""Any text is understood without an error, in bounded time, into a plan that is within its own bounds."""

from __future__ import annotations

import random
import time
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.plan import Plan, chips, describe, plan_without
from rag.reading.names import Vocabulary
from rag.reading.understanding import LONGEST, understand
from tests.films import FILMS, catalogue

_VOCABULARY = """
a the no not nothing without but and or , . ( ) " ' ? like similar to than with by from in since before after under
over at least most two 90 1990s 80s 1995 2001 hours minutes 1h40 stars rated 8 comedy horror war family french british
foreign subtitles funny scary too less more shorter newest best film films Tom Hanks Kubrick Heat Up Her It M 300 1917
The Matrix about where who that something anything please I think maybe is are fine tomt remember movie saw as kid [ ]
/ - & + % 't 's
"""
_WORDS = _VOCABULARY.split()
_HOSTILE = [
    "",
    " ",
    "\x00\x01\x7f\x85",
    "\ud800 comedy",
    "🎬🍿",
    "映画 千と千尋の神隠し",
    "فيلم كوميدي",
    "a\u0301\u0301\u0301 comedy",
    "'; DROP TABLE movies; --",
    '"unbalanced quotes " like "',
    "((((((((((",
    "99999999999999999999 hours",
    "1e309 minutes",
    "under -5 minutes",
    "٣ films",
    "½ hour",
    "from ²⁰²⁰",
    "like like like like",
    "not not not not horror",
    "…………",
    "\n\n\n",
    "0 films",
    "1000000 films",
]


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return Vocabulary.of(catalogue(tmp_path_factory.mktemp("films")))


@pytest.mark.parametrize("text", _HOSTILE, ids=range(len(_HOSTILE)))
def test_hostile_text_is_understood(text: str, vocabulary: Vocabulary) -> None:
    read = understand(text, vocabulary)
    assert Plan.from_record(read.plan.chosen()) == read.plan
    read.sentence.encode()


def test_a_very_long_text_is_cut_with_a_note(vocabulary: Vocabulary) -> None:
    read = understand("a French comedy with Bob Unknown, like Zork Blat (1999), not scary. " * 15_000, vocabulary)
    assert len(read.sentence) <= LONGEST
    assert "4,000" in read.notes[0]


@pytest.mark.parametrize(
    "unit", ["no ", "like Xyzzy Abcd ", "with Bob Qwertz ", '"Foo Bar" ', "A B ", "1990 or ", "( ", "horror, war or no "]
)
def test_repetition_takes_bounded_time(unit: str, vocabulary: Vocabulary) -> None:
    understand(unit * 1000, vocabulary)  # what grows with the square would run into the test's own limit


@settings(deadline=None, max_examples=150)
@given(text=st.text(max_size=200))
def test_any_text_gives_a_plan(text: str) -> None:
    read = understand(text, _empty())
    assert Plan.from_record(read.plan.chosen()) == read.plan
    assert describe(read.plan)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(_WORDS), max_size=30))
def test_any_mixture_of_known_words_gives_a_plan(words: list[str], vocabulary: Vocabulary) -> None:
    read = understand(" ".join(words), vocabulary, date(2025, 6, 1))
    plan = read.plan
    assert Plan.from_record(plan.chosen()) == plan
    known = {film.id for film in FILMS}
    assert all(name in known for name in plan.exclude if "-" in name and name.rsplit("-", 1)[1].isdigit())
    if read.tip_of_the_tongue:
        assert not plan.filters
    for chip in chips(plan):
        assert chip.label
        assert plan_without(plan, chip) != plan


def _empty() -> Vocabulary:
    return Vocabulary()


def test_an_empty_catalogue_has_an_empty_vocabulary_that_works(vocabulary: Vocabulary) -> None:
    plan = understand("a French comedy under two hours like Heat with Tom Hanks", _empty()).plan
    assert plan.filters.runtime_max == 120
    assert plan.filters.people == ()
    assert "Tom Hanks" in plan.query


def test_speed_is_printed(vocabulary: Vocabulary, capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(7)
    sentences = [" ".join(rng.choices(_WORDS, k=20)) for _ in range(200)]
    understand(sentences[0], vocabulary)
    started = time.perf_counter()
    for sentence in sentences:
        understand(sentence, vocabulary)
    each = (time.perf_counter() - started) / len(sentences) * 1000
    with capsys.disabled():
        print(f"\nunderstand: {each:.2f} ms per sentence of 20 words")
    assert each > 0
