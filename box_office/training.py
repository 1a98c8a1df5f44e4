"""Training the forecast: boosted trees on log revenue, and how far such forecasts were off.

The interval is calibrated by walking forward in time: the last third of the films is forecast part by
part by trees that saw earlier films only, and the errors, measured in what is usual for a forecast of
that size, give the interval; apart for films with and without a known budget. The only module of
this room that imports a learning library.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from box_office.features import Columns, Floats, History, earned, opening
from box_office.forecast import FORMAT, KNOWN, UNKNOWN, Calibration, Forecaster
from box_office.money import real
from box_office.trees import Trees
from movies.arrays import save_arrays
from movies.errors import BadCatalogue
from movies.movie import Movie

FEWEST = 80  # films with a known revenue and date, to learn from
_FORESTS = 3  # averaged; each draws its own columns
_GROWTH = {"max_iter": 200, "learning_rate": 0.05, "max_leaf_nodes": 15, "min_samples_leaf": 10, "max_features": 0.5}
_LATE, _PARTS = 0.35, 4  # the share of films, latest in time, whose errors calibrate, and in how many steps
_MISSED = 0.2  # the share of films that may fall outside the interval
_FEW_ERRORS = 40  # fewer errors of a group than this don't make an interval of their own

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Trained:
    """What came of training: the forecaster, and how many films it learned from."""

    forecaster: Forecaster
    films: int
    budgets: int


def train_box_office(films: Iterable[Movie], folder: Path, *, progress: Progress = lambda stage, done, total: None) -> Trained:
    """Learn from a catalogue's films and write `folder / "box_office"`. Raises BadCatalogue if too few have a revenue."""
    trained = fit(films, progress=progress)
    forecaster = trained.forecaster
    target = folder / "box_office"
    manifest = {
        "format": FORMAT, "films": trained.films, "with_budget": trained.budgets, "genres": list(forecaster.columns.genres),
        "attribution": "saabas", "dollars_of": 2013, "coverage": 1 - _MISSED,
    }  # fmt: skip
    target.mkdir(parents=True, exist_ok=True)
    with (target / "films.jsonl").open("w", encoding="utf-8") as file:
        for film in forecaster.films:
            file.write(json.dumps(_kept(film), ensure_ascii=False) + "\n")
    save_arrays(target, manifest, {**forecaster.trees.arrays(), **forecaster.calibration.arrays()})
    return trained


def fit(films: Iterable[Movie], *, progress: Progress = lambda stage, done, total: None) -> Trained:
    """A forecaster from the films that have a revenue and a date; the others are passed over. Raises BadCatalogue."""
    learned = sorted((film for film in films if earned(film)), key=lambda film: (_day(film), film.id))
    if len(learned) < FEWEST:
        raise BadCatalogue(
            f"{len(learned)} films of the catalogue have a revenue and a release date or year; a forecast needs {FEWEST}. "
            "Import films with a revenue (matinee import jsonl FILE --catalogue FILE), then: matinee build --catalogue FILE"
        )
    columns = Columns.of(learned)
    history = History(learned)
    rows, target = columns.rows(learned, history), _target(learned)
    cuts = _cuts(learned)
    errors: list[tuple[float, float, bool]] = []
    progress("box office", 0, len(cuts) + 1)
    for number, (start, end) in enumerate(cuts, 1):
        late = learned[start:end]
        trees = grow(rows[:start], target[:start], forests=1)  # hardly worse than several, a third of the time
        then = columns.rows(late, history, until=_day(late[0]))
        forecasts = trees.predict(then)
        errors += zip(forecasts, target[start:end] - forecasts, np.isfinite(then[:, 0]), strict=True)
        progress("box office", number, len(cuts) + 1)
    trees = grow(rows, target)
    progress("box office", len(cuts) + 1, len(cuts) + 1)
    forecaster = Forecaster(columns, trees, calibrated(errors), learned)
    return Trained(forecaster, len(learned), sum((film.budget or 0) > 0 for film in learned))


def grow(rows: Floats, target: Floats, forests: int = _FORESTS) -> Trees:
    """Trees for rows (n, d) and log revenues (n,): the mean of a few boosted forests. The same input gives the same trees."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    rows = np.where(np.isnan(rows).all(axis=0), 0.0, rows)  # the library can't bin a column nobody knows; no tree will ask it
    grown = [
        HistGradientBoostingRegressor(**_GROWTH, early_stopping=False, random_state=seed).fit(rows, target)
        for seed in range(forests)
    ]
    base = float(np.mean([forest._baseline_prediction.item() for forest in grown]))
    return _as_arrays([step[0].nodes for forest in grown for step in forest._predictors], base, 1 / forests)


def calibrated(errors: Sequence[tuple[float, float, bool]]) -> Calibration:
    """From (forecast, error, budget known) of films that were not learned from, all in log revenue."""
    forecasts, off, known = (np.array(column) for column in zip(*errors, strict=True))
    known = known.astype(bool)
    edges = np.quantile(forecasts, np.linspace(0, 1, 5 if len(errors) >= 200 else 2))
    middles = (edges[:-1] + edges[1:]) / 2
    places = np.clip(np.searchsorted(edges, forecasts, side="right") - 1, 0, len(middles) - 1)
    usual = max(float(np.abs(off).mean()), 1e-3)
    parts = [np.abs(off[places == place]) for place in range(len(middles))]
    spread = np.array([max(float(part.mean()), usual / 10) if len(part) else usual for part in parts])
    scaled = off / np.interp(forecasts, middles, spread)
    quantiles = np.zeros((2, 2))
    for group, chosen in ((KNOWN, known), (UNKNOWN, ~known)):
        if chosen.sum() >= _FEW_ERRORS:
            quantiles[group] = _quantiles(scaled[chosen], _MISSED)
        else:  # a wider interval than all errors together would give, as little is known of this group
            quantiles[group] = _quantiles(scaled, _MISSED if group == KNOWN else _MISSED / 2)
    return Calibration(middles, spread, quantiles)


def _quantiles(scaled: Floats, missed: float) -> list[float]:
    """Low and high bound that leave out half of `missed` each, with the correction for a finite sample (conformal)."""
    ordered = np.sort(scaled)
    count = len(ordered)
    high = min(int(np.ceil((count + 1) * (1 - missed / 2))), count) - 1
    return [float(ordered[count - 1 - high]), float(ordered[high])]


def _cuts(films: Sequence[Movie]) -> list[tuple[int, int]]:
    """(first, end) of the late films' parts; films of one day stay together."""
    count = len(films)
    edges = [round(count * (1 - _LATE + _LATE * part / _PARTS)) for part in range(_PARTS)]
    starts = sorted({_first_of_day(films, edge) for edge in edges} - {0}) or edges[:1]  # all of one day: cut anywhere
    return list(zip(starts, [*starts[1:], count], strict=True))


def _first_of_day(films: Sequence[Movie], place: int) -> int:
    while place and _day(films[place - 1]) == _day(films[place]):
        place -= 1
    return place


def _day(film: Movie) -> date:
    day = opening(film)
    assert day is not None
    return day


def _target(films: Sequence[Movie]) -> Floats:
    return np.array([real(film.revenue or 1, _day(film).year) for film in films])


def _kept(film: Movie) -> dict[str, Any]:
    """What the history and the comparables need of a film."""
    names = {"id", "title", "year", "release_date", "genres", "runtime", "directors", "cast", "budget", "revenue", "imdb_id"}
    return film.model_dump(mode="json", include=names, exclude_defaults=True)


def _as_arrays(trees: Sequence[NDArray[Any]], base: float, share: float) -> Trees:
    """Node tables of the boosting library as one set of arrays; every tree counts by `share`."""
    starts = np.cumsum([0, *(len(nodes) for nodes in trees)])
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in ("column", "threshold", "left", "right", "unknown", "value")}
    for start, nodes in zip(starts, trees, strict=False):
        own = np.arange(len(nodes))
        leaf = nodes["is_leaf"].astype(bool)
        columns["column"].append(np.where(leaf, 0, nodes["feature_idx"]))
        columns["threshold"].append(np.where(leaf, 0.0, nodes["num_threshold"]))
        columns["left"].append(start + np.where(leaf, own, nodes["left"]))
        columns["right"].append(start + np.where(leaf, own, nodes["right"]))
        columns["unknown"].append(nodes["missing_go_to_left"].astype(bool))
        columns["value"].append(_means(nodes, leaf) * share)
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    return Trees(
        joined["column"].astype(np.int32), joined["threshold"].astype(np.float64), joined["left"].astype(np.int32),
        joined["right"].astype(np.int32), joined["unknown"], joined["value"].astype(np.float64),
        starts[:-1].astype(np.int32), np.array(base), np.array(max(int(nodes["depth"].max()) for nodes in trees), dtype=np.int32),
    )  # fmt: skip


def _means(nodes: NDArray[Any], leaf: NDArray[np.bool_]) -> Floats:
    """The mean over training rows of every node, from the leaves up (children come after their parent)."""
    means = np.where(leaf, nodes["value"], 0.0).astype(np.float64)
    for place in range(len(nodes) - 1, -1, -1):
        if not leaf[place]:
            left, right = nodes["left"][place], nodes["right"][place]
            weights = nodes["count"][[left, right]].astype(np.float64)
            means[place] = (means[[left, right]] @ weights) / weights.sum()
    return means
