"""Tip-of-the-tongue texts: told apart from requests, split into clues, and never turned into hard filters."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from rag.reading.names import Vocabulary
from rag.reading.understanding import Understanding, understand
from tests.films import catalogue

TODAY = date(2025, 6, 1)
_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

LIGHTHOUSE = """[TOMT][Movie][80s] Girl in a lighthouse talks to a seal
Hi all, this has been bugging me for years.
I watched this on TV as a kid around 1995 with my dad.
There is a girl who lives in a lighthouse with her grandfather and talks to a seal.
I think at the end the lighthouse burns down during a storm.
It's not The Shining, I checked.
It might be French or Canadian.
Thanks in advance!"""


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return Vocabulary.of(catalogue(tmp_path_factory.mktemp("films")))


@pytest.fixture(scope="module")
def lighthouse(vocabulary: Vocabulary) -> Understanding:
    return understand(LIGHTHOUSE, vocabulary, TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "what's the movie where a man lives the same day again and again",
        "What is that film with the talking car?",
        "I'm trying to remember a film about a girl and a seal",
        "Which movie was it where the boy finds a map in the attic?",
        "I can't remember the name of a film with a haunted lift",
        "help me find the name of this film: two brothers dig a tunnel under a bank",
        "tip of my tongue: something with a red balloon",
        "There was a man in a long coat and he was looking for his daughter in the snow. I think it was made in the nineties. "
        "The main character drives a green truck and in the end he finds her in a church with an old woman at the organ.",
    ],
)
def test_trying_to_remember_is_recognised(text: str, vocabulary: Vocabulary) -> None:
    read = understand(text, vocabulary, TODAY)
    assert read.tip_of_the_tongue
    assert read.clues
    assert not read.plan.filters


@pytest.mark.parametrize(
    "text",
    [
        "a film where a man lives the same day again and again",
        "do you remember Heat?",
        "I'd like a French romantic comedy from the 2000s, under two hours, with Audrey Tautou if you have one, nothing sad "
        "and nothing violent please, because my wife and I want to laugh tonight, and we have already seen Amélie and loved it",
        "what films do you have with Tom Hanks?",
        "what is the best film of 1994?",
    ],
)
def test_a_request_is_no_tip_of_the_tongue(text: str, vocabulary: Vocabulary) -> None:
    assert not understand(text, vocabulary, TODAY).tip_of_the_tongue


def test_the_story_is_kept_and_the_chatter_is_not(lighthouse: Understanding) -> None:
    texts = [clue.text for clue in lighthouse.clues]
    assert texts[0] == "Girl in a lighthouse talks to a seal"
    assert any("grandfather" in text for text in texts)
    assert any("burns down" in text for text in texts)
    assert not any("Thanks" in text or "bugging" in text or "Hi all" in text for text in texts)


def test_the_headline_weighs_most_and_doubts_and_viewing_least(lighthouse: Understanding) -> None:
    weights = {clue.text: clue.weight for clue in lighthouse.clues}
    headline = weights.pop("Girl in a lighthouse talks to a seal")
    assert headline > max(weights.values())
    certain = next(weight for text, weight in weights.items() if "grandfather" in text)
    doubtful = next(weight for text, weight in weights.items() if "burns down" in text)
    assert certain > doubtful > 0
    viewing = [weight for text, weight in weights.items() if "dad" in text]
    assert all(weight < doubtful for weight in viewing)


def test_when_it_was_made_and_when_it_was_seen_are_kept_apart(lighthouse: Understanding) -> None:
    years = [(wish.value, wish.weight) for wish in lighthouse.plan.soft if wish.kind == "years"]
    assert ((1980, 1989), 0.8) in years
    assert any(isinstance(value, tuple) and value[0] is None and 1995 <= (value[1] or 0) <= 1997 for value, _ in years)


def test_years_of_the_setting_are_no_hint(vocabulary: Vocabulary) -> None:
    read = understand("What's the movie where two girls run a bakery? It is set in the 1930s in Vienna.", vocabulary, TODAY)
    assert not [wish for wish in read.plan.soft if wish.kind == "years"]
    assert any("1930s" in clue.text for clue in read.clues)


def test_what_it_is_not_is_left_out_and_marked(lighthouse: Understanding) -> None:
    assert lighthouse.plan.exclude == ("the-shining-1980",)
    negated = [clue.text for clue in lighthouse.clues if clue.negated]
    assert all("Shining" in text for text in negated)
    assert "Shining" not in lighthouse.plan.query


def test_nothing_is_a_hard_filter_or_a_theme_to_avoid(lighthouse: Understanding) -> None:
    assert not lighthouse.plan.filters
    assert lighthouse.plan.avoid == ()
    assert lighthouse.plan.like == ()


def test_genres_and_languages_are_wishes(vocabulary: Vocabulary) -> None:
    read = understand("What was that French film, a horror movie, where the lift kills people?", vocabulary, TODAY)
    assert {(wish.kind, wish.value) for wish in read.plan.soft} == {("language", "fr"), ("genre", "Horror")}


def test_people_are_wishes_and_weigh_less_with_a_hedge(vocabulary: Vocabulary) -> None:
    told = "What was that film where the lift kills people? Robert De Niro was in it. Maybe Audrey Tautou as well. It wasn't Bill Murray."
    read = understand(told, vocabulary, TODAY)
    assert not read.plan.filters
    wishes = {wish.value: wish.weight for wish in read.plan.soft if wish.kind == "person"}
    assert wishes == {"Robert De Niro": 1.0, "Audrey Tautou": 0.5}


@pytest.mark.shared
@pytest.mark.slow
def test_real_questions_are_recognised_and_their_years_are_mostly_right(vocabulary: Vocabulary) -> None:
    if not _DATA.is_dir():
        pytest.skip(f"the real questions are not at {_DATA.parent.name}/{_DATA.name} beside the checkout")
    with gzip.open(_DATA / "queries_tot.jsonl.gz", "rt", encoding="utf-8") as lines:
        questions = [json.loads(line) for line in lines][:600]
    with gzip.open(_DATA / "movies.jsonl.gz", "rt", encoding="utf-8") as lines:
        made = {row["id"]: row.get("year") for row in map(json.loads, lines)}
    read = [understand(question["query"], vocabulary, date(2020, 6, 1)) for question in questions]
    assert sum(one.tip_of_the_tongue for one in read) / len(read) > 0.97
    assert all(one.clues for one in read)
    tagged = seen = tagged_right = seen_right = 0
    for one, question in zip(read, questions, strict=True):
        year = made.get(question["answers"][0])
        for wish in one.plan.soft:
            if wish.kind != "years" or isinstance(wish.value, str) or year is None:
                continue
            low, high = wish.value
            if low is None:
                seen, seen_right = seen + 1, seen_right + (year <= (high or 0))
            elif wish.weight == 0.8:
                tagged, tagged_right = tagged + 1, tagged_right + (low - 3 <= year <= (high or 9999) + 3)
    assert tagged_right / tagged > 0.7
    assert seen_right / seen > 0.75
