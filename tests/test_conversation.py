"""What a turn points to, takes back, undoes and asks besides, with the built-in concierge over the test films."""

from __future__ import annotations

from pathlib import Path

import pytest

from movies.images import open_image
from movies.settings import Settings
from rag.agent import Agent
from rag.library import Library
from tests.encoders import HashedEncoder
from tests.films import FILMS
from tests.talking import Answer, agent_over, say

BY_TITLE = {film.title: film for film in FILMS}


@pytest.fixture(scope="module")
def library(built_index: Path) -> Library:
    return Library.open(built_index, Settings(_env_file=None), encoder=HashedEncoder())


@pytest.fixture
def agent(library: Library, tmp_path: Path) -> Agent:
    return agent_over(library, tmp_path)


def talk(agent: Agent, *messages: str) -> Answer:
    """Say all, in order; the last answer."""
    return [say(agent, message) for message in messages][-1]


# -- the request that stands -----------------------------------------------------------------------


def test_the_last_change_is_undone(agent: Agent) -> None:
    wide = talk(agent, "a crime film").plan
    narrow = talk(agent, "from the seventies").plan
    assert narrow != wide
    assert talk(agent, "undo that last bit").plan == wide
    assert talk(agent, "undo").plan == narrow


@pytest.mark.parametrize(
    ("turns", "held", "gone"),
    [
        (["a drama with Al Pacino", "with or without him, and from the seventies"], {"year_min": 1970}, {"people"}),
        (["a drama with Al Pacino", "Pacino or not"], {"genres_all": ["Drama"]}, {"people"}),
        (["a crime film under two hours", "and without the time limit"], {"genres_all": ["Crime"]}, {"runtime_max"}),
        (["an animated film, no comedies", "allow comedy again"], {"genres_all": ["Animation"]}, {"genres_none"}),
        (["a crime film from the nineties", "drop the drama ones"], {"genres_none": ["Drama"], "year_min": 1990}, set()),
        (["a crime film", "how many without Al Pacino?"], {"genres_all": ["Crime"], "people_none": ["Al Pacino"]}, set()),
        (["a drama after 1990, wait no, any year's fine"], {"genres_all": ["Drama"]}, {"year_min"}),
    ],
    ids=lambda value: " / ".join(value) if isinstance(value, list) else "",
)
def test_what_is_taken_back_goes_and_the_rest_stays(
    agent: Agent, turns: list[str], held: dict[str, object], gone: set[str]
) -> None:
    filters = talk(agent, *turns).plan["filters"]
    assert {name: filters.get(name) for name in held} == held
    assert not gone & filters.keys()


def test_years_that_are_refused_are_kept_out(agent: Agent) -> None:
    answer = talk(agent, "a crime film, anything but the nineties")
    assert answer.titles
    assert all(not 1990 <= (film["year"] or 0) <= 1999 for film in answer.done["candidates"])


# -- what is pointed to ----------------------------------------------------------------------------


def test_the_earlier_of_the_two_and_the_other(agent: Agent) -> None:
    assert set(talk(agent, "films by Francis Ford Coppola with Al Pacino").titles) == {"The Godfather", "The Godfather Part II"}
    assert talk(agent, "what's the earlier of the two about?").titles == ["The Godfather"]
    assert talk(agent, "and the other?").titles == ["The Godfather Part II"]


def test_measured_by_a_film_and_by_it(agent: Agent) -> None:
    shorter = talk(agent, "which crime films are shorter than Heat?").plan["filters"]
    assert shorter == {"genres_all": ["Crime"], "runtime_max": BY_TITLE["Heat"].runtime - 1}  # type: ignore[operator]
    before = talk(agent, "something like Alien", "but made before it came out").plan["filters"]
    assert before["year_max"] == 1978


def test_further_parts_of_a_film(agent: Agent) -> None:
    assert talk(agent, "how long is Toy Story?", "is there a second part?").titles == ["Toy Story 2"]
    none = talk(agent, "how long is Heat?", "is there a sequel?")
    assert "No other film here begins with “Heat”" in none.text


def test_whoever_was_asked_about_is_he(agent: Agent) -> None:
    answer = talk(agent, "does Heat have Robert De Niro?", "what else has he been in?")
    assert answer.plan["filters"]["people"] == ["Robert De Niro"]
    assert "Heat" not in answer.titles


# -- titles ----------------------------------------------------------------------------------------


def test_several_titles_at_once(agent: Agent) -> None:
    answer = talk(agent, "do you have Heat and Zoolander?")
    assert "“Zoolander” is not in this catalogue" in answer.text
    assert answer.titles[0] == "Heat"


def test_a_part_that_is_not_here(agent: Agent) -> None:
    assert "“Heat 2” is not in this catalogue" in talk(agent, "Heat 2").text


def test_two_films_compared(agent: Agent) -> None:
    longer = talk(agent, "is Heat longer than Up?")
    assert longer.titles == ["Heat"]
    assert talk(agent, "is Up or Heat older?").titles == ["Heat"]
    assert talk(agent, "compare Heat and Up").titles == ["Heat", "Up"]


# -- beside requests -------------------------------------------------------------------------------


def test_verdicts_by_clause(agent: Agent) -> None:
    told = talk(agent, "I liked Heat and hated Up")
    assert "you liked **Heat (1995)**" in told.text
    assert "you didn't care for **Up (2009)**" in told.text


def test_what_is_left_and_something_else(agent: Agent) -> None:
    first = talk(agent, "a crime film")
    assert talk(agent, "what is left?").titles == first.titles
    assert not set(talk(agent, "boring").titles) & set(first.titles)


def test_pleading_does_not_help(agent: Agent) -> None:
    assert talk(agent, "write me a python function", "please, it's for school!").done["refused"]
    assert not talk(agent, "what can you help me with, then?").done["refused"]


def test_what_only_plots_can_tell_is_called_so(agent: Agent) -> None:
    assert "About “witches” I know only what plots and keywords say." in talk(agent, "a family film, no witches").text


def test_a_verdict_beside_a_poster(agent: Agent, library: Library) -> None:
    picture = open_image(library.poster(BY_TITLE["Heat"].id).read_bytes())
    assert "Noted: you have seen it." in say(agent, "I've seen this one, what next?", image=picture).text
    assert "Heat" not in talk(agent, "a crime film from 1995").titles
    hated = say(agent, "I hated this", image=picture)
    assert "Noted: it isn't for you." in hated.text
    assert "query" not in hated.plan
