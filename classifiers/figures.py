"""Figures for many labels at once: F1 in its four averages, average precision, calibration, intervals.

Plain numpy, so that reports can be checked by hand. Does not know genres.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.heads import Floats

_BINS = 10


def multilabel_figures(
    likely: Floats, decided: NDArray[np.bool_], labels: NDArray[Any], held: NDArray[np.bool_], names: tuple[str, ...]
) -> dict[str, Any]:
    """All figures of `likely` (n, k), `decided` (n, k) and prediction sets `held` (n, k) against `labels` (n, k).

    Averages over labels take only labels that occur; `coverage` is the mean share of a row's true
    labels that its set holds.
    """
    truth = labels > 0
    present = np.flatnonzero(truth.any(axis=0))
    hits = (truth & decided).sum(axis=0)
    f1 = 2 * hits / np.maximum(truth.sum(axis=0) + decided.sum(axis=0), 1)
    precision = hits / np.maximum(decided.sum(axis=0), 1)
    recall = hits / np.maximum(truth.sum(axis=0), 1)
    precisions = np.array([average_precision(likely[:, column], truth[:, column]) for column in range(len(names))])
    support = truth.sum(axis=0)
    both = (truth & decided).sum(axis=1)
    samples = 2 * both / np.maximum(truth.sum(axis=1) + decided.sum(axis=1), 1)
    labelled = truth.any(axis=1)
    covered = (truth & held).sum(axis=1)[labelled] / truth.sum(axis=1)[labelled]
    return {
        "n": len(labels),
        "micro_f1": micro_f1(decided, truth),
        "macro_f1": float(f1[present].mean()) if len(present) else 0.0,
        "weighted_f1": float((f1 * support).sum() / max(support.sum(), 1)),
        "samples_f1": float(samples.mean()) if len(samples) else 0.0,
        "mAP": float(precisions[present].mean()) if len(present) else 0.0,
        "ece": calibration_error(likely, truth),
        "coverage": float(covered.mean()) if len(covered) else 0.0,
        "set_size": float(held.sum(axis=1).mean()) if len(held) else 0.0,
        "per_genre": {
            name: {
                "precision": float(precision[place]), "recall": float(recall[place]), "f1": float(f1[place]),
                "ap": float(precisions[place]), "films": int(support[place]),
            }
            for place, name in enumerate(names)
        },
    }  # fmt: skip


def micro_f1(decided: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float(2 * (decided & truth).sum() / max(int(decided.sum() + truth.sum()), 1))


def macro_f1(decided: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    present = truth.any(axis=0)
    f1 = 2 * (decided & truth).sum(axis=0) / np.maximum(decided.sum(axis=0) + truth.sum(axis=0), 1)
    return float(f1[present].mean()) if present.any() else 0.0


def mean_average_precision(likely: Floats, truth: NDArray[np.bool_]) -> float:
    columns = np.flatnonzero(truth.any(axis=0))
    return (
        float(np.mean([average_precision(likely[:, column], truth[:, column]) for column in columns])) if len(columns) else 0.0
    )


def average_precision(scores: NDArray[Any], truth: NDArray[np.bool_]) -> float:
    """Mean precision at each hit, equal scores taken together; 0 where nothing is true."""
    total = int(truth.sum())
    if not total:
        return 0.0
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    gained = np.diff(np.concatenate([[0], hits[last]]))
    return float((gained * hits[last] / (last + 1)).sum() / total)


def auroc(scores: NDArray[Any], truth: NDArray[np.bool_]) -> float:
    """Probability that a true row scores above a false one (ties count half); 0.5 where one side is empty."""
    positive, negative = int(truth.sum()), int((~truth).sum())
    if not positive or not negative:
        return 0.5
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))


def calibration_error(likely: Floats, truth: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten equal bins, all labels pooled."""
    return float(sum(part["share"] * abs(part["said"] - part["true"]) for part in reliability(likely, truth)))


def reliability(likely: Floats, truth: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Per bin: mean probability `said`, share `true`, and the bin's `share` of all pairs."""
    flat, hit = likely.ravel(), truth.ravel()
    bins = np.minimum((flat * _BINS).astype(int), _BINS - 1)
    out = []
    for place in range(_BINS):
        inside = bins == place
        if inside.any():
            said, true = float(flat[inside].mean()), float(hit[inside].mean())
            out.append({"said": said, "true": true, "share": float(inside.mean())})
    return out


def intervals(
    likely: Floats, decided: NDArray[np.bool_], truth: NDArray[np.bool_], seed: int = 0, draws: int = 300
) -> dict[str, list[float]]:
    """95 % bootstrap intervals over rows of micro F1, macro F1 and mAP."""
    random = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {"micro_f1": [], "macro_f1": [], "mAP": []}
    for _ in range(draws if len(truth) else 0):
        rows = random.integers(0, len(truth), len(truth))
        drawn["micro_f1"].append(micro_f1(decided[rows], truth[rows]))
        drawn["macro_f1"].append(macro_f1(decided[rows], truth[rows]))
        drawn["mAP"].append(mean_average_precision(likely[rows], truth[rows]))
    return {
        name: [round(float(value), 4) for value in np.quantile(values, (0.025, 0.975))]
        for name, values in drawn.items()
        if values
    }
