"""The plan as a record: said in words, shown as chips, edited, sent as JSON and read back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movies.errors import BadInput
from movies.movie import Filters
from rag.plan import Plan, Relative, Wish, chips, describe, plan_without

FULL = Plan(
    query="a heist that goes wrong",
    filters=Filters(
        genres_all=("Comedy",),
        genres_any=("Crime", "Drama"),
        genres_none=("Horror",),
        year_min=1990,
        year_max=1999,
        runtime_max=120,
        languages=("fr", "it"),
        people=("Jean Reno",),
        people_none=("Tom Cruise",),
        rating_min=7.5,
        has_poster=True,
    ),
    soft=(
        Wish(kind="mood", value="feel-good"),
        Wish(kind="years", value=(1990, None), weight=0.5),
        Wish(kind="mood", value="sad", weight=-1),
    ),
    relative=(Relative(kind="mood", direction=1, name="funny"), Relative(kind="runtime", direction=-1)),
    avoid=("zombies",),
    like=("heat-1995",),
    exclude=("up-2009",),
    k=5,
    sort="newest",
)


def test_a_plan_in_words() -> None:
    plan = Plan(filters=Filters(genres_all=("Comedy",), year_min=1990, year_max=1999, runtime_max=120, genres_none=("Horror",)))
    assert describe(plan) == "Comedy, not Horror, 1990–1999, at most 120 minutes"
    assert describe(Plan()) == "anything"
    assert describe(Plan(filters=Filters(year_max=1979))) == "1979 or earlier"
    assert describe(Plan(filters=Filters(languages=("fr", "it")), k=1)) == "in French, or in Italian, 1 film"


def test_chips_name_films_by_title() -> None:
    labels = [chip.label for chip in chips(FULL, {"heat-1995": "Heat (1995)"})]
    assert "like Heat (1995)" in labels
    assert "not up-2009" in labels
    assert labels[0] == "Comedy"
    assert {"funnier", "shorter", "no zombies", "not sad", "ideally 1990 or later", "5 films", "newest first"} <= set(labels)


def test_each_chip_removes_what_it_says_and_nothing_else() -> None:
    for chip in chips(FULL):
        less = plan_without(FULL, chip)
        labels = [other.label for other in chips(FULL)]
        remaining = [other.label for other in chips(less)]
        assert len(remaining) == len(labels) - 1, chip
        assert chip.label not in remaining


def test_without_all_its_chips_a_plan_asks_for_nothing() -> None:
    plan = FULL
    while found := chips(plan):
        plan = plan_without(plan, found[0])
    assert plan == Plan()


def test_removing_years_removes_both_ends() -> None:
    plan = Plan(filters=Filters(year_min=1990, year_max=1999))
    assert plan_without(plan, chips(plan)[0]) == Plan()


@pytest.mark.parametrize("path", [("filters", "people", 7), ("nothing",), (), ("query", 0, "x"), ("soft", "a"), ("filters",)])
def test_a_path_that_holds_nothing_is_refused_in_words(path: tuple[str | int, ...]) -> None:
    plan = Plan(query="robots", soft=(Wish(kind="mood", value="sad"),))
    with pytest.raises(BadInput, match="chips"):
        plan_without(plan, path)


def test_a_plan_survives_json() -> None:
    assert Plan.from_record(json.loads(json.dumps(FULL.chosen()))) == FULL
    assert Plan.from_record({}) == Plan()
    assert not Plan()
    assert FULL


@pytest.mark.parametrize(
    "record",
    [
        {"k": 0},
        {"k": 101},
        {"sort": "best"},
        {"query": "x" * 4001},
        {"filters": {"decade": 1990}},
        {"soft": [{"kind": "mood", "value": "sad", "weight": 2}]},
        {"like": ["x"] * 51},
        {"unknown": 1},
        {"relative": [{"kind": "runtime", "direction": 0}]},
        {"soft": [{"kind": "years", "value": [1990]}]},
    ],
)
def test_a_plan_from_outside_is_checked(record: dict[str, object]) -> None:
    with pytest.raises(BadInput, match=r"^plan\."):
        Plan.from_record(record)


@given(
    st.dictionaries(
        st.sampled_from([*Plan.model_fields, "other"]), st.recursive(st.none() | st.integers() | st.text(), st.lists)
    )
)
def test_any_record_is_a_plan_or_bad_input(record: dict[str, object]) -> None:
    try:
        plan = Plan.from_record(record)
    except BadInput as error:
        assert error.message  # noqa: PT017
    else:
        assert Plan.from_record(plan.chosen()) == plan
        assert describe(plan)
