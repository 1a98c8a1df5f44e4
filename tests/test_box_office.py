"""The forecast: features that see no future, trees as arrays, honest intervals, and all the ways it is asked."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from typer.testing import CliRunner

from api.heads import Heads
from box_office.features import Columns, History, series
from box_office.forecast import Forecaster, pitch
from box_office.money import dollars, nominal, real
from box_office.training import Trained, fit, grow, train_box_office
from chat_ui import forecast as desk
from chat_ui.client import Matinee
from cli.main import app
from evaluation.box_office import evaluate_box_office, figures_of
from index_builder.heads import retrain
from movies.catalogue import Catalogue
from movies.errors import BadCatalogue, BadInput, IndexMismatch, ModelMissing
from movies.movie import Movie
from movies.settings import Settings
from rag.conversation.pitching import is_pitch, money_in, pitched
from rag.library import Library
from rag.reading.understanding import Understanding, Vocabulary, understand
from tests.conftest import ApiClient
from tests.encoders import HashedEncoder
from tests.talking import agent_over, all_skills, say

DIRECTORS = [f"Director {letter}{letter.lower()}" for letter in "ABCDEFGHIJKL"]


def invented(count: int, seed: int = 0, first: int = 0) -> list[Movie]:
    """Films whose revenue follows a law: budget, director, genre and season count, and chance."""
    chance = np.random.default_rng(seed)
    films = []
    for number in range(count):
        director = int(chance.integers(len(DIRECTORS)))
        genre = ("Action", "Drama", "Comedy")[int(chance.integers(3))]
        day = date(1985 + int(chance.integers(25)), int(chance.integers(1, 13)), int(chance.integers(1, 28)))
        budget = int(math.exp(chance.normal(16.5, 1.2)))
        law = (
            math.log(budget)
            + 0.12 * (director - 5)
            + (0.5 if genre == "Action" else -0.2)
            + (0.3 if day.month in (6, 12) else 0)
        )
        films.append(
            Movie(
                id=f"made-{first + number}",
                title=f"Invention number {first + number}x",
                year=day.year,
                release_date=day,
                genres=(genre,),
                runtime=int(chance.integers(80, 160)),
                directors=(DIRECTORS[director],),
                cast=(f"Actor {int(chance.integers(40))}",),
                budget=budget if chance.random() > 0.25 else None,
                revenue=int(math.exp(law + chance.normal(0, 0.5))) + 2000,
            )
        )
    return films


@pytest.fixture(scope="module")
def trained() -> Trained:
    return fit(invented(400))


@pytest.fixture(scope="module")
def forecaster(trained: Trained) -> Forecaster:
    return trained.forecaster


# -- features ----------------------------------------------------------------------------------------


def test_no_feature_sees_what_comes_after_the_first_night() -> None:
    films = invented(60)
    film = sorted(films, key=lambda one: one.release_date or date.min)[30]
    columns = Columns.of(films)
    before = columns.rows([film], History(films))
    later = [
        one if (one.release_date or date.min) < (film.release_date or date.max) else one.model_copy(update={"revenue": 10**9})
        for one in films
    ]
    praised = film.model_copy(update={"rating": 9.9, "votes": 10**6, "revenue": 5})
    np.testing.assert_array_equal(before, columns.rows([praised], History(later)))


def test_a_cut_hides_what_opened_after_it() -> None:
    films = invented(60)
    late = max(films, key=lambda one: one.release_date or date.min)
    columns = Columns.of(films)
    count = columns.names.index("director.count")
    assert columns.rows([late], History(films))[0, count] > 0
    assert columns.rows([late], History(films), until=date(1980, 1, 1))[0, count] == 0


def test_money_keeps_its_worth_over_the_years() -> None:
    assert nominal(real(60_000_000, 1995), 1995) == pytest.approx(60_000_000)
    assert nominal(real(60_000_000, 1980), 2010) == pytest.approx(60_000_000 * 218.1 / 82.4)
    assert real(1e6, 2099) == real(1e6, 2024)
    assert [dollars(x) for x in (999, 1_200_000, 60_000_000, 2_787_965_087)] == ["$999", "$1.2M", "$60M", "$2.8B"]


@pytest.mark.parametrize("title", ["Iron Man", "Iron Man 3", "The Iron Man II", "Iron Man: Rise of Nothing"])
def test_sequels_share_a_stem(title: str) -> None:
    assert series(title) == "iron man"


# -- trees -------------------------------------------------------------------------------------------


def test_trees_as_arrays_say_what_the_library_says() -> None:
    chance = np.random.default_rng(3)
    rows = chance.normal(size=(300, 5))
    rows[chance.random(rows.shape) < 0.2] = np.nan
    target = np.nan_to_num(rows[:, 0]) * 3 + np.where(np.isnan(rows[:, 1]), 2.0, rows[:, 1])
    trees = grow(rows, target)
    settings: dict[str, Any] = {
        "max_iter": 200, "learning_rate": 0.05, "max_leaf_nodes": 15, "min_samples_leaf": 10, "max_features": 0.5, "early_stopping": False
    }  # fmt: skip
    expected = np.mean(
        [HistGradientBoostingRegressor(**settings, random_state=seed).fit(rows, target).predict(rows) for seed in range(3)],
        axis=0,
    )
    np.testing.assert_allclose(trees.predict(rows), expected, atol=1e-6)
    base, moves = trees.explain(rows[0])
    assert base + moves.sum() == pytest.approx(expected[0], abs=1e-6)
    assert base == pytest.approx(target.mean(), abs=0.05)
    assert abs(moves[0]) > abs(moves[4])  # the column that makes the target moves it most


def test_serving_needs_no_learning_library() -> None:
    code = "import sys, box_office.forecast, api.heads; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- training ----------------------------------------------------------------------------------------


def test_it_beats_the_mean_and_the_budget_and_its_interval_holds_on_films_not_seen(forecaster: Forecaster) -> None:
    figures = figures_of(forecaster, invented(300, seed=9, first=1000), Counter())
    assert figures["by_budget"]["known"]["r2_log"] > 0.7
    assert figures["r2_log"] > figures["baselines"]["budget_only"]["r2_log"] > figures["baselines"]["mean"]["r2_log"]
    assert 0.72 <= figures["interval_coverage"] <= 0.92
    assert figures["by_budget"]["unknown"]["rmsle"] > figures["by_budget"]["known"]["rmsle"]


def test_too_few_films_are_said_with_what_to_do() -> None:
    with pytest.raises(BadCatalogue, match=r"^60 films .* needs 80.*matinee build"):
        fit(invented(60))


def test_films_without_revenue_or_date_are_passed_over() -> None:
    useless = [Movie(id=f"u{n}", title="Nothing known", revenue=None) for n in range(50)]
    undated = [Movie(id=f"v{n}", title="No date", revenue=10**7) for n in range(50)]
    assert fit([*invented(90), *useless, *undated]).films == 90


def test_a_catalogue_that_knows_years_and_revenues_alone_can_be_learned_from() -> None:
    films = [Movie(id=film.id, title=film.title, year=film.year, revenue=film.revenue) for film in invented(90)]
    told = fit(films).forecaster.ask(films[0])
    assert told.interval[0] < told.revenue < told.interval[1]


def test_training_twice_gives_the_same_bytes_and_loading_the_same_forecasts(tmp_path: Path) -> None:
    films = invented(100)
    for name in ("one", "two"):
        train_box_office(films, tmp_path / name)
    for file in ("heads.npz", "manifest.json", "films.jsonl"):
        assert (tmp_path / "one/box_office" / file).read_bytes() == (tmp_path / "two/box_office" / file).read_bytes()
    asked = invented(20, seed=5, first=500)
    assert Forecaster.load(tmp_path / "one").forecasts(asked) == fit(films).forecaster.forecasts(asked)
    (tmp_path / "one/box_office/films.jsonl").write_text("{", "utf-8")
    with pytest.raises(IndexMismatch, match="matinee train box-office"):
        Forecaster.load(tmp_path / "one")
    with pytest.raises(ModelMissing, match="matinee train box-office"):
        Forecaster.load(tmp_path / "three")


# -- asking ------------------------------------------------------------------------------------------


def ask(forecaster: Forecaster, **known: Any) -> Any:
    return forecaster.ask(pitch(known), today=date(2010, 5, 1))


def test_a_forecast_has_money_bounds_reasons_and_comparables(forecaster: Forecaster) -> None:
    told = ask(
        forecaster, budget=60_000_000, genres=["Action"], directors=["director ll"], release_date="2009-12-11", runtime=120
    )
    low, high = told.interval
    assert 1e6 < low < told.revenue < high < 1e10
    words = {driver.name: driver.words for driver in told.drivers}
    assert words["budget"] == "a budget of $60M"
    assert "director ll: " in words["director"]
    assert "earlier films" in words["director"]
    assert len(told.comparables) == 5
    assert all(one.film.release_date < date(2009, 12, 11) for one in told.comparables)
    assert any("Action" in one.reason for one in told.comparables)


def test_more_budget_more_money_no_budget_wider_bounds(forecaster: Forecaster) -> None:
    small, large = (ask(forecaster, budget=budget, genres=["Drama"], year=2005) for budget in (2_000_000, 100_000_000))
    assert large.revenue > 5 * small.revenue
    unknown = ask(forecaster, genres=["Drama"], year=2005)
    ratio = unknown.interval[1] / unknown.interval[0]
    assert ratio > large.interval[1] / large.interval[0]
    assert any("Without a budget" in note for note in unknown.notes)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"year": 1879}, "No film opens in 1879"),
        ({"release_date": "1700-01-01"}, "No film opens in 1700"),
        ({"budget": 10**18}, "more than any film can cost"),
        ({"budget": -5}, "budget"),
        ({"runtime": 0}, "runtime"),
        ({"cast": ["x"] * 10_000}, "1,000 entries"),
        ({"budget": "plenty"}, "budget"),
    ],
)
def test_nonsense_is_refused_in_words(forecaster: Forecaster, known: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        ask(forecaster, **known)


@pytest.mark.parametrize(
    ("known", "note"),
    [
        ({"budget": 3, "year": 2000}, "too small"),
        ({"budget": 9_000_000_000, "year": 2000}, "never saw a budget over"),
        ({}, "opening in 2010"),
        ({"year": 2050}, "newest film it learned from"),
        ({"title": "Invention number 3x", "year": invented(4)[3].year}, "among those it learned from"),
        ({"directors": ["Nobody Known"], "cast": ["Neither"], "genres": ["Unheard Of"], "year": 2005}, ""),
    ],
)
def test_odd_questions_get_sane_answers_that_say_so(forecaster: Forecaster, known: dict[str, Any], note: str) -> None:
    told = ask(forecaster, **known)
    assert 1e4 < told.interval[0] <= told.revenue <= told.interval[1] < 1e11
    assert note in " ".join(told.notes)


# -- the server, the command, the concierge -----------------------------------------------------------


@pytest.fixture(scope="module")
def stocked(built_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artefact folder with invented films added live and the forecast trained in place."""
    folder = tmp_path_factory.mktemp("box-office")
    shutil.copytree(built_index, folder / "artifacts")
    library = Library.open(folder / "artifacts", Settings(_env_file=None), encoder=HashedEncoder())
    library.add(invented(120))
    retrain(library, "box_office", None, folder / "cache", lambda stage, done, total: None)
    return folder / "artifacts"


def opened(artifacts: Path) -> Library:
    return Library.open(artifacts, Settings(_env_file=None), encoder=HashedEncoder())


def test_the_route_answers_from_a_trained_forecast(serve: Callable[..., ApiClient], stocked: Path) -> None:
    library = opened(stocked)
    client = serve(heads=Heads(library))
    client.services.library = library
    answer = client.post("/v1/box-office", json={"budget": 250_000_000, "genres": ["Action"], "year": 2008})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["interval"][0] < told["revenue"] < told["interval"][1]
    assert {driver["name"] for driver in told["drivers"]} >= {"budget"}
    near = told["comparables"][0]
    assert near["movie"]["id"] in library.catalogue
    assert near["revenue"] == near["movie"]["revenue"]
    assert client.get("/readyz").json()["models"]["box_office"] is True
    library.remove([near["movie"]["id"]])
    again = client.post("/v1/box-office", json={"budget": 60_000_000, "genres": ["Action"], "year": 2008}).json()
    assert near["movie"]["id"] not in [one["movie"]["id"] for one in again["comparables"]]


@pytest.mark.parametrize(
    "asked",
    [
        {"budget": -1}, {"budget": 10**18}, {"year": 1700}, {"release_date": "1700-01-01"}, {"cast": ["x"] * 10_000}, {"rating": 8},
        {"budget": "60"}, {"genres": "Crime"},
    ],
)  # fmt: skip
def test_the_route_refuses_nonsense(client: ApiClient, asked: dict[str, Any]) -> None:
    assert client.post("/v1/box-office", json=asked).status_code == 400


def test_a_forecast_trained_while_serving_is_taken_over(built_index: Path, tmp_path: Path) -> None:
    shutil.copytree(built_index, tmp_path / "artifacts")
    library = opened(tmp_path / "artifacts")
    heads = Heads(library)
    assert heads.box_office is None
    with pytest.raises(BadCatalogue, match="needs 80"):
        retrain(library, "box_office", None, tmp_path / "cache", lambda stage, done, total: None)
    library.add(invented(90))
    retrain(library, "box_office", None, tmp_path / "cache", lambda stage, done, total: None)
    assert heads.box_office is not None


def test_evaluation_leaves_out_what_was_learned_from(stocked: Path, tmp_path: Path) -> None:
    films = [*invented(3), *invented(40, seed=7, first=700), Movie(id="none", title="No revenue", year=2000)]
    data = tmp_path / "films.jsonl"
    data.write_text("\n".join([*(film.model_dump_json() for film in films), "broken"]), "utf-8")
    figures = evaluate_box_office(stocked, data)
    assert figures["n"] == 40
    assert figures["left_out"] == {"learned_from": 3, "no_revenue_or_date": 1, "unreadable": 1}
    run = CliRunner().invoke(app, ["evaluate", "box-office", "--artifacts", str(stocked), "--data", str(data), "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert told["n"] == 40
    assert set(told["baselines"]) == {"mean", "budget_only"}
    walked = CliRunner().invoke(
        app, ["evaluate", "box-office", "--artifacts", str(stocked), "--walk-forward", "2005", "--json"]
    )
    assert walked.exit_code == 0, walked.output
    assert json.loads(walked.stdout)["n"] >= 10


def test_the_concierge_forecasts_a_film_that_is_not_made_yet(stocked: Path, tmp_path: Path) -> None:
    library = opened(stocked)
    model = Heads(library).box_office
    assert model is not None

    def skill(known: Any) -> dict[str, Any]:
        told = model.ask(pitch(known))
        seen.append(dict(known))
        return {
            "revenue": told.revenue, "interval": list(told.interval), "notes": list(told.notes),
            "comparables": [
                {"movie": {"id": one.film.id}, "revenue": one.film.revenue, "reason": one.reason} for one in told.comparables
            ],
            "drivers": [{"name": one.name, "words": one.words, "effect": one.effect} for one in told.drivers],
        }  # fmt: skip

    seen: list[dict[str, Any]] = []
    skills = all_skills()
    with_forecast = type(skills)(skills.plot_genres, skills.poster_genres, skills.validate_poster, skill)
    agent = agent_over(library, tmp_path, skills=with_forecast)
    answer = say(agent, "how much would a $60m heist film by Director Ll make?")
    assert "predict_box_office" in answer.tools
    assert seen[0]["budget"] == 60_000_000
    assert seen[0]["directors"] == ["Director Ll"]
    assert "Crime" in seen[0]["genres"]
    assert "My forecast for that film is $" in answer.text
    assert "directed by Director Ll: 11 earlier films" in answer.text
    assert "Comparable films here: **Invention number" in answer.text
    assert "tell me its title" in say(agent, "how much would it make?", "other").text


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("a $60m heist film", 60_000_000), ("with a budget of 1.5 billion", 1_500_000_000), ("a 200,000 dollar film", 200_000),
        ("a $40 million western", 40_000_000), ("a film from 1995", None), ("2 hours long", None), ("ten films", None),
        ("€25m for it", 25_000_000),
    ],
)  # fmt: skip
def test_money_is_read(said: str, expected: int | None) -> None:
    assert money_in(said) == expected


def test_a_pitch_is_told_from_a_title(tmp_path: Path) -> None:
    assert is_pitch("how much would a horror movie with Actor 3 make?")
    assert not is_pitch("how much would Heat make today?")
    assert not is_pitch("how much would a film like Heat make?")
    vocabulary = Vocabulary.of(Catalogue.open(tmp_path / "empty.sqlite"))
    said = "how much would an independent comedy by Jane Doe with Ann Lee and Bob Ray make in December 2027?"
    read: Understanding = understand(said, vocabulary)
    known = pitched(said, read, date(2026, 1, 1))
    assert known["directors"] == ["Jane Doe"]
    assert known["cast"] == ["Ann Lee", "Bob Ray"]
    assert known["release_date"] == "2027-12-15"
    assert known["keywords"] == ["independent film"]


# -- the page ----------------------------------------------------------------------------------------


def test_the_form_becomes_a_request() -> None:
    assert desk.asked("60", "2027-12-10", "120", "Crime, Thriller", "Michael Mann", "") == {
        "budget": 60_000_000, "release_date": "2027-12-10", "runtime": 120, "genres": ["Crime", "Thriller"], "directors": ["Michael Mann"],
    }  # fmt: skip
    assert desk.asked(None, "2027", None, None, None, None) == {"year": 2027}
    with pytest.raises(ValueError, match="2027-12-10"):
        desk.asked(None, "next year", None, None, None, None)
    for wrong in ("a lot", "-1", "inf", "1e9", "nan"):
        with pytest.raises(ValueError, match="millions"):
            desk.asked(wrong, None, None, None, None, None)


def test_the_report_tells_money_reasons_and_films_and_escapes_them(serve: Callable[..., ApiClient], stocked: Path) -> None:
    library = opened(stocked)
    http = serve(heads=Heads(library))
    http.services.library = library
    with Matinee("http://127.0.0.1:8000", transport=httpx.WSGITransport(app=http.app)) as api:
        page = desk.told(api.box_office(budget=250_000_000, genres=["Action"], directors=["<b>Nobody</b>"], year=2008))
    assert "Four of five such films" in page
    assert "a budget of $250M" in page
    assert "Invention number" in page
    assert "<b>Nobody" not in page
