"""Sloppy sentences: spelling, roundabout constraints, corrections, and what the concierge makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from movies.settings import Settings
from rag.agent import Agent
from rag.library import Library
from rag.reading.chatter import spelled
from rag.reading.plainly import RULES, Rule, plain, repaired
from tests.encoders import HashedEncoder
from tests.talking import agent_over, say


@pytest.fixture
def agent(built_index: Path, tmp_path: Path) -> Agent:
    return agent_over(Library.open(built_index, Settings(_env_file=None), encoder=HashedEncoder()), tmp_path)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("smth funny abt cops pls", "something funny about cops please"),
        ("romcoms w emma stone", "romcoms with emma stone"),
        ("great, when's it from?", "when is it from?"),
        ("ngl kinda bored", "kinda bored"),
        ("#3 sounds good", "number 3 sounds good"),
        ("id like something by that guy", "i'd like something by him"),
        ("remind me who directed Heat", "who directed Heat"),
        ("remind me what I asked for", "remind me what I asked for"),
        ("pulp", "pulp"),
        ("", ""),
    ],
)
def test_spelling(typed: str, meant: str) -> None:
    assert spelled(typed) == meant


@pytest.mark.parametrize("rule", RULES, ids=[rule.example for rule in RULES])
def test_each_rule_puts_its_example_plainly(rule: Rule) -> None:
    assert rule.pattern.sub(rule.plainly, rule.example) != rule.example


@pytest.mark.parametrize(
    ("said", "plainly"),
    [
        ("pre-war german films", "before 1940 german films"),
        ("and in 95?", "and in 1995?"),
        ("around the world in 80 days", "around the world in 80 days"),
        ("2 kids aged 5 and 8, what now", "for kids, what now"),
        ("two kids who find a body", "two kids who find a body"),
        ("but live action", "but not animated"),
        ("-nolan", "no nolan"),
        ("sci-fi", "sci-fi"),
        ("horror/comedy", "horror comedy"),
        ("and/or", "and/or"),
        ("not too long", "not too long"),
        ("never show me horror", "no horror"),
        ("2h15 left", "at most 2h15"),
        ("sports film, but boxing is out", "sports film, but no boxing "),
        ("this is out of the question", "this is out of the question"),
        ("a thriller in any language but English", "a thriller not in English"),
        ("shorter than 90, please", "shorter than 90 minutes, please"),
        ("one where Harrison Ford plays", "one with Harrison Ford"),
        ("instead of Pacino, Joe Pesci", " Joe Pesci"),
        ("two hours is my absolute limit", "at most two hours"),
        ("he nods off if it's longer than 1h50", "he nods off at most 1h50"),
        ("2h40 is a lot for the kids", "shorter. "),
        ("over two hours, under two and a half", "from two hours to two and a half hours"),
        ("kids are finally asleep, a thriller", "a thriller"),
        ("a film in which they are asleep", "a film in which they are asleep"),
        ("100 minutes is the most we can do", "at most 100 minutes"),
        ("the match starts in 90 minutes, an action film", "the match at most 90 minutes, an action film"),
        ("fine, you can have two and a half hours", "fine, at most two and a half hours"),
        ("165 min no thanks. a western", "shorter. a western"),
        ("swap Iran for Turkey", "Turkey"),
        ("zero boxing", "no boxing"),
        ("nor the UK", "not from the UK"),
        ("he's gone off clint since the speech", "no clint"),
        ("sci-fi and adventure both", "sci-fi adventure"),
        ("max 135 minutes, so no longer than that", "max 135 minutes"),
        ("nothing from before he was born in 2009", "nothing from before 2009"),
        ("what's the oldest film in the collection?", "what's the oldest film ?"),
        ("a murder in the library", "a murder in the library"),
        ("so leave Humphrey Bogart out of it", "so no Humphrey Bogart"),
        ("don't leave me out", "don't leave me out"),
        ("right, Bambi's out then", "right, no Bambi then"),
        ("it's out of print", "it's out of print"),
        ("zombies are a no!!", "no zombies !!"),
        ("70 minutes till bedtime", "at most 70 minutes."),
        ("I can't sit for more than three hours with my back", "at most three hours"),
        ("I've never seen a film from Senegal. Any?", "a film from Senegal?"),
        ("no crime stories this time", "no crime films this time"),
        ("she can't abide Olivia Colman so nothing with her.", ". no Olivia Colman."),
        ("2h50, no chance tonight. Something similar", "shorter. Something similar"),
        ("two hours, never mind the genre", "two hours, never mind the genre"),
        ("I wouldn't say no to a musical", "i want a musical"),
        ("nothing that isn't in English", "only in English"),
        ("don't offer me anything that doesn't finish within an hour", "at most an hour"),
        ("none of those from before 1950", "not from before 1950"),
        ("it's not that I don't like Bergman, I just don't want him", "no Bergman"),
        ("comedy form france", "comedy from france"),
        ("from 2000 then", "from 2000 onwards"),
        ("drama AND western", "drama western"),
        ("a horror film and a comedy at the same time", "a horror comedy"),
        ("is it black and white b. Then another", "is it black and white b. Then another"),
        ("documentaries about music", "music documentaries"),
        ("films about war in Vietnam", "films about war in Vietnam"),
        ("wife wants crime in it", "wife crime film"),
        ("one with five kids stuck in detention", "one with five kids stuck in detention"),
    ],
)
def test_plain(said: str, plainly: str) -> None:
    assert plain(said) == plainly


def test_corrections() -> None:
    assert repaired("a spanish, no sorry, italian film") == ("a spanish", "italian film")
    assert repaired("a film with no name") is None
    assert repaired("no wait") is None


@pytest.mark.parametrize(
    ("first", "then", "filters"),
    [
        ("horror from the 70s", "hmm, on second thoughts make that the 80s", {"genres_all": ["Horror"], "year_min": 1980, "year_max": 1989}),
        ("comedies in French or Korean", "leave the Korean ones out", {"genres_all": ["Comedy"], "languages": ["fr"]}),
        ("a comedy, not with Tom Hanks", "ok, Hanks may come back in", {"genres_all": ["Comedy"]}),
        ("a film by James Cameron with Kate Winslet", "swap Winslet for Sigourney Weaver", {"people": ["James Cameron", "Sigourney Weaver"]}),
        ("a film at least two hours long", "sorry, the other way round: at most two hours", {"runtime_max": 120}),
        ("a French comedy", "new topic: a western", {"genres_all": ["Western"]}),
        ("a French comedy", "scrap all that. A western", {"genres_all": ["Western"]}),
        ("a Japanese western", "then just a simple comedy", {"genres_all": ["Comedy"]}),
        ("a western with Tom Hanks", "and comedies?", {"genres_all": ["Comedy"], "people": ["Tom Hanks"]}),
        ("a French comedy", "it needn't be French or funny", {"genres_all": ["Comedy"]}),
        ("a film", "made before nineteen sixty", {"year_max": 1959}),
        ("a film", "from the nineties that doesn't go on for more than two hours", {"year_min": 1990, "year_max": 1999, "runtime_max": 120}),
        ("a film from Sweden", "what about france instead", {"countries": ["France"]}),
        ("a film", "in Swahili", {"languages": ["sw"]}),
        ("a film", "one of us hates subtitles so English only", {"languages": ["en"]}),
    ],
)  # fmt: skip
def test_follow_ups(agent: Agent, first: str, then: str, filters: dict[str, object]) -> None:
    say(agent, first)
    assert {name: value for name, value in say(agent, then).plan["filters"].items() if value} == filters


def test_several_films_seen_in_one_breath(agent: Agent) -> None:
    say(agent, "an animated comedy")
    answer = say(agent, "Up and Toy Story we've seen about a hundred times, anything but those")
    assert answer.titles
    assert not {"Up", "Toy Story"} & set(answer.titles)


def test_a_film_beyond_the_table_is_told_by_its_story(agent: Agent) -> None:
    say(agent, "a comedy")
    assert say(agent, "the balloons one. How long is it?").titles == ["Up"]


def test_a_statement_with_a_question_at_its_end(agent: Agent) -> None:
    answer = say(agent, "Ryan Gosling is in Drive, right?")
    assert answer.tools == ["movie_details"]
    assert "Ryan Gosling" in answer.text


def test_what_is_like_a_film_is_no_question_about_it(agent: Agent) -> None:
    answer = say(agent, "What have you got like Alien?")
    assert "similar_movies" in answer.tools
    assert "Alien" not in answer.titles


def test_small_talk_about_the_weather_is_declined(agent: Agent) -> None:
    say(agent, "a comedy")
    assert say(agent, "will it rain in Manchester tomorrow?").tools == []


def test_a_correction_takes_the_place_of_what_it_corrects(agent: Agent) -> None:
    assert say(agent, "a french, no sorry, japanese film").plan["filters"] == {"languages": ["ja"]}


def test_a_mood_holds_where_films_remain_and_goes_with_it(agent: Agent) -> None:
    answer = say(agent, "something scary")
    assert answer.plan["filters"] == {"genres_all": ["Horror"]}
    assert "genres_all" not in say(agent, "something sad instead").plan.get("filters", {})


def test_never_stands_for_good_and_can_be_cleared(agent: Agent) -> None:
    say(agent, "never show me horror")
    assert say(agent, "a film with monsters").plan["filters"]["genres_none"] == ["Horror"]
    assert "Never: Horror" in say(agent, "what do you know about my taste?").text
    say(agent, "forget everything I disliked")
    assert "Horror" not in say(agent, "what do you know about my taste?").text


def test_two_films_compared_and_the_same_question_again(agent: Agent) -> None:
    assert say(agent, "which is longer, heat or alien?").titles == ["Heat"]
    assert "1979" in say(agent, "when did Alien come out?").text
    again = say(agent, "and Heat?")
    assert again.tools == ["movie_details"]
    assert "1995" in again.text


def test_a_bare_number_changes_the_bound_there_is(agent: Agent) -> None:
    say(agent, "a film under 120 minutes")
    assert say(agent, "make that 100").plan["filters"] == {"runtime_max": 100}
