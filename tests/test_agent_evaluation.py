"""The chat evaluation: its contract, its figures, and that it notices what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.chat import SCENARIOS, evaluate_chat, read_scenarios
from evaluation.crowd import evaluate_crowd
from movies.errors import BadInput
from movies.settings import Settings
from rag.library import Library
from rag.tools import TOOL_NAMES
from tests.encoders import HashedEncoder

KEYS = {
    "scenarios", "turns", "tool_accuracy", "constraint_satisfaction", "contains@5", "excludes", "refusals", "out_of_catalogue",
    "latency_ms", "failures",
}  # fmt: skip


@pytest.fixture(scope="module")
def library(built_index: Path) -> Library:
    return Library.open(built_index, Settings(_env_file=None), encoder=HashedEncoder())


def run(folder: Path, library: Library, *scenarios: dict[str, Any]) -> dict[str, Any]:
    path = folder / "scenarios.jsonl"
    path.write_text("\n".join(json.dumps(scenario) for scenario in scenarios), "utf-8")
    return evaluate_chat(path, library)


def test_the_contract(tmp_path: Path, library: Library) -> None:
    western = {"genres_all": ["Western"]}
    found = run(
        tmp_path, library,
        {"id": "a", "turns": [
            {"say": "a western", "expect": {"tool": "search_movies", "filters": western, "contains": ["Unforgiven"]}},
            {"say": "before 1970", "expect": {"filters": {**western, "year_max": 1969}, "excludes": ["Unforgiven"], "empty": False}},
        ]},
        {"id": "b", "turns": [{"say": "what's the weather?", "expect": {"tool": "none", "refuses": True, "empty": True}}]},
        {"id": "c", "turns": [{"say": "what film is this?", "poster": "heat-1995", "expect": {"tool": "identify_poster"}}]},
    )  # fmt: skip
    assert set(found) == KEYS
    json.dumps(found)
    assert (found["scenarios"], found["turns"], found["failures"]) == (3, 4, [])
    shares = ("tool_accuracy", "constraint_satisfaction", "contains@5", "excludes", "refusals")
    assert [found[name] for name in shares] == [1.0] * 5
    assert found["out_of_catalogue"] == 0
    assert found["latency_ms"]["p95"] > 0


@pytest.mark.parametrize(
    ("say", "expect", "measure"),
    [
        ("a western", {"tool": "movie_details"}, "tool_accuracy"),
        ("a western", {"filters": {"genres_all": ["Musical"]}}, "constraint_satisfaction"),
        ("a western", {"contains": ["Up"]}, "contains@5"),
        ("a western", {"excludes": ["Unforgiven"]}, "excludes"),
        ("a western", {"refuses": True}, "refusals"),
        ("a western", {"empty": True}, "constraint_satisfaction"),
    ],
)
def test_what_is_wrong_is_noticed(tmp_path: Path, library: Library, say: str, expect: dict[str, Any], measure: str) -> None:
    found = run(tmp_path, library, {"id": "x", "turns": [{"say": say, "expect": expect}]})
    assert found[measure] == 0.0
    assert found["failures"][0]["scenario"] == "x"


def test_a_lost_constraint_is_noticed(tmp_path: Path, library: Library) -> None:
    turns = [{"say": "a western"}, {"say": "now I want a comedy", "expect": {"filters": {"genres_all": ["Western", "Comedy"]}}}]
    found = run(tmp_path, library, {"id": "x", "turns": turns})
    assert {failure["what"] for failure in found["failures"]} >= {"carry-over"}


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": "x"}', '{"turns": [{"say": 7}]}', '{"turns": [{"say": "x", "expect": {"likes": 1}}]}',
             '{"turns": [{"say": "x", "expect": {"filters": {"colour": "red"}}}]}']
)  # fmt: skip
def test_an_unusable_file_is_refused_with_its_line(tmp_path: Path, library: Library, line: str) -> None:
    (tmp_path / "bad.jsonl").write_text('{"id": "ok", "turns": [{"say": "hi"}]}\n' + line, "utf-8")
    with pytest.raises(BadInput, match="line 2"):
        evaluate_chat(tmp_path / "bad.jsonl", library)
    with pytest.raises(BadInput, match="can't be read"):
        evaluate_chat(tmp_path / "absent.jsonl", library)


def test_our_own_scenarios_are_sound() -> None:
    scenarios = list(read_scenarios(SCENARIOS))
    assert len(scenarios) >= 150
    assert len({scenario["id"] for scenario in scenarios}) == len(scenarios)
    assert all(1 <= len(scenario["turns"]) <= 6 for scenario in scenarios)
    tools = {turn["expect"].get("tool") for scenario in scenarios for turn in scenario["turns"]}
    assert tools - {None, "none"} <= set(TOOL_NAMES)


def test_a_crowd_is_measured_and_nothing_mixes(library: Library) -> None:
    found = evaluate_crowd(library, guests=8, turns=3)
    assert (found["conversations"], found["turns"], found["mixed"], found["errors"]) == (8, 24, [], [])
    assert found["complete_ms"]["p95"] >= found["first_event_ms"]["p95"] >= 0
    assert found["cpu_ms_per_turn"] > 0
