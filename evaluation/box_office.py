"""`matinee evaluate box-office`: how near revenue forecasts are on films that were not learned from.

Two ways: films of a file against the trained forecast of an artefact folder, and walking forward in
time within a catalogue (learn before a year, forecast the four years after it). Errors are measured
in the log of revenue. Needs no encoder: no vector is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from box_office.features import Floats, earned, log_budget, opening
from box_office.forecast import Forecaster
from box_office.money import nominal, real
from box_office.training import fit
from movies.catalogue import Catalogue
from movies.errors import BadInput
from movies.importers import Film, open_source
from movies.importers.report import Skip
from movies.movie import Movie
from rag.library import current_version

_WINDOW = 4  # years forecast after the cut
Progress = Callable[[str, int, int], None]


def evaluate_box_office(
    artifacts: Path, data: Path, *, progress: Progress = lambda stage, done, total: None
) -> dict[str, Any]:  # fmt: skip
    """Figures on the films of `data` (import format, gzip allowed) that have a revenue and a date and were not learned from.

    n, r2_log, rmsle, interval_coverage, `by_budget` (the same for films with and without one), `baselines` (`mean`,
    `budget_only`) and `left_out` with a count for each reason. Raises BadInput if fewer than two films are left, ModelMissing.
    """
    forecaster = Forecaster.load(current_version(artifacts) / "heads")
    left_out: Counter[str] = Counter()
    films: list[Movie] = []
    kind: Literal["csv", "jsonl"] = "csv" if ".csv" in data.name else "jsonl"
    for row in open_source(kind, data):
        if not isinstance(row, Film):
            left_out["unreadable"] += isinstance(row, Skip)
        elif not earned(row.movie):
            left_out["no_revenue_or_date"] += 1
        elif forecaster.learned(row.movie):
            left_out["learned_from"] += 1
        else:
            films.append(row.movie)
    progress("forecasts", 0, len(films))
    figures = figures_of(forecaster, films, left_out)
    progress("forecasts", len(films), len(films))
    return figures


def walk(artifacts: Path, year: int, *, progress: Progress = lambda stage, done, total: None) -> dict[str, Any]:
    """The same figures within the catalogue of an artefact folder: learned before `year`, measured on the four years from it."""
    films = [film for film in Catalogue.open(current_version(artifacts) / "catalogue.sqlite", create=False) if earned(film)]
    forecaster = fit((film for film in films if _year(film) < year), progress=progress).forecaster
    late = [film for film in films if year <= _year(film) < year + _WINDOW]
    return figures_of(forecaster, late, Counter(other_years=sum(_year(film) >= year + _WINDOW for film in films)))


def figures_of(forecaster: Forecaster, films: Sequence[Movie], left_out: Counter[str]) -> dict[str, Any]:
    """Figures of a forecaster on films it has not seen. Raises BadInput for fewer than two."""
    if len(films) < 2:
        raise BadInput(f"{len(films)} films are left to measure on; two are needed. Left out: {dict(left_out)}.")
    truth = np.log([film.revenue or 1 for film in films])
    told = np.array(forecaster.forecasts(films))
    known = np.array([np.isfinite(log_budget(film, _year(film))) for film in films])
    held = (told[:, 1] <= np.exp(truth)) & (np.exp(truth) <= told[:, 2])
    forecast = np.log(told[:, 0])
    figures = {"n": len(films), **_errors(truth, forecast), "interval_coverage": _share(held)}
    groups = {"known": known, "unknown": ~known}
    return figures | {
        "interval_width": round(float(np.exp(np.median(np.log(told[:, 2] / told[:, 1])))), 2),
        "by_budget": {
            name: {
                "n": int(chosen.sum()),
                **_errors(truth[chosen], forecast[chosen]),
                "interval_coverage": _share(held[chosen]),
            }
            for name, chosen in groups.items()
        },
        "baselines": {name: _errors(truth, simple) for name, simple in _baselines(forecaster, films).items()},
        "learned_from": len(forecaster.films),
        "left_out": dict(left_out),
    }


def _baselines(forecaster: Forecaster, films: Sequence[Movie]) -> dict[str, Floats]:
    """Log revenue as the mean of the films learned from, and as a straight line over the budget where it is known."""
    learned = np.array([real(film.revenue or 1, _year(film)) for film in forecaster.films])
    budgets = np.array([log_budget(film, _year(film)) for film in forecaster.films])
    has = np.isfinite(budgets)
    slope, start = np.polyfit(budgets[has], learned[has], 1) if has.sum() > 1 else (0.0, float(learned.mean()))
    without = float(learned[~has].mean()) if (~has).any() else float(learned.mean())
    mean, line = [], []
    for film in films:
        year = _year(film)
        budget = log_budget(film, year)
        mean.append(np.log(nominal(float(learned.mean()), year)))
        line.append(np.log(nominal(start + slope * budget if np.isfinite(budget) else without, year)))
    return {"mean": np.array(mean), "budget_only": np.array(line)}


def _errors(truth: Floats, forecast: Floats) -> dict[str, Any]:
    """R² of log revenue and RMSLE; None where there are too few films."""
    if len(truth) < 2 or np.ptp(truth) == 0:
        return {"r2_log": None, "rmsle": None}
    off = float(((truth - forecast) ** 2).sum())
    plain = np.log1p(np.exp(truth)) - np.log1p(np.exp(forecast))
    return {
        "r2_log": round(1 - off / float(((truth - truth.mean()) ** 2).sum()), 4),
        "rmsle": round(float(np.sqrt((plain**2).mean())), 4),
    }


def _share(held: NDArray[np.bool_]) -> float | None:
    return round(float(held.mean()), 4) if len(held) else None


def _year(film: Movie) -> int:
    day = opening(film)
    assert day is not None
    return day.year
