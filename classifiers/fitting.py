"""Fitting linear heads: one L-BFGS over all labels at once, on dense or sparse rows.

Knows loss functions and penalties. Does not know genres, files or where rows come from. Training
code: scipy is imported here and nowhere in serving.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from classifiers.figures import macro_f1, micro_f1
from classifiers.heads import Blend, Floats, Linear

_PULLS = (0.0, 0.15, 0.3, 0.45)
_LUCK = 150  # hits of a label at which they weigh as much as what is expected

Imbalance = Literal["none", "weighted", "oversampled", "asymmetric"]


def fit_linear(
    rows: Any, labels: NDArray[Any], penalty: float, *, imbalance: Imbalance = "none", one_of: bool = False,
    scaled: bool = True, rounds: int = 100,
) -> Linear:  # fmt: skip
    """Logistic scores for every column of `labels` (n, k), 0 or 1, from `rows` (n, d), dense or CSR.

    `penalty` is the L2 weight against the mean loss; `one_of`: exactly one label per row (softmax).
    Imbalance: `weighted` gives both sides of each label half the weight, `oversampled` repeats rows
    with rare labels (by weight), `asymmetric` lets easy negatives fade (exponent 2). `scaled`
    brings dense columns to mean 0 and spread 1 first.
    """
    count, width = rows.shape
    wanted = np.asarray(labels, dtype=np.float32)
    if scaled:
        shift = np.asarray(rows.mean(axis=0), dtype=np.float32)
        scale = np.asarray(1 / np.maximum(rows.std(axis=0), 1e-4), dtype=np.float32)
        rows = np.clip((rows - shift) * scale, -6, 6).astype(np.float32)
    else:
        shift, scale = np.zeros(width, dtype=np.float32), np.ones(width, dtype=np.float32)
    weights = _row_weights(wanted, imbalance)
    width_out = wanted.shape[1]
    share = np.clip((weights * wanted).sum(axis=0) / weights.sum(axis=0), 1e-4, 1 - 1e-4)
    start = np.concatenate([np.zeros(width * width_out), np.log(share) if one_of else np.log(share / (1 - share))])

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        matrix = flat[: width * width_out].reshape(width, width_out).astype(np.float32)
        logits = rows @ matrix + flat[width * width_out :].astype(np.float32)
        value, slope = _softmax_loss(logits, wanted) if one_of else _binary_loss(logits, wanted, imbalance == "asymmetric")
        value, slope = value * weights, slope * weights
        gradient = rows.T @ slope / count + penalty * matrix
        total = float(value.sum(dtype=np.float64)) / count + 0.5 * penalty * float((matrix * matrix).sum(dtype=np.float64))
        return total, np.concatenate([np.asarray(gradient).ravel(), slope.sum(axis=0) / count]).astype(np.float64)

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": rounds, "maxcor": 8}).x.astype(np.float32)
    return Linear(found[: width * width_out].reshape(width, width_out), found[width * width_out :], shift, scale)


def fit_blend(parts: Sequence[Floats], labels: NDArray[Any], penalty: float, *, one_of: bool = False) -> Blend:
    """Weigh scores (n, k) of the same labels into calibrated log-odds.

    A label's weights are those of all labels plus its own deviation, which `penalty` holds back: so
    rare labels lean on what the others show.
    """
    wanted = np.asarray(labels, dtype=np.float64)
    centre = np.stack([part.mean(axis=0) for part in parts])
    scores = np.stack([part - middle for part, middle in zip(parts, centre, strict=True)]).astype(np.float64)
    sources, count, width = scores.shape
    share = np.clip(wanted.mean(axis=0), 1e-4, 1 - 1e-4)
    start = [np.full(sources, 1 / sources), np.zeros(sources * width), np.log(share) if one_of else np.log(share / (1 - share))]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        shared, own = flat[:sources], flat[sources : sources + sources * width].reshape(sources, width)
        logits = (scores * (shared[:, None] + own)[:, None, :]).sum(axis=0) + flat[-width:]
        value, slope = _softmax_loss(logits, wanted) if one_of else _binary_loss(logits, wanted, False)
        moved = (scores * slope[None]).sum(axis=1) / count
        gradient = np.concatenate([moved.sum(axis=1), (moved + penalty * own).ravel(), slope.sum(axis=0) / count])
        return float(value.sum()) / count + 0.5 * penalty * float((own**2).sum()), gradient

    found = minimize(loss, np.concatenate(start), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    weights = found[:sources, None] + found[sources : sources + sources * width].reshape(sources, width)
    return Blend(weights.astype(np.float32), centre.astype(np.float32), found[-width:].astype(np.float32))


def _binary_loss(logits: NDArray[Any], wanted: NDArray[Any], asymmetric: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """Loss and its slope per row and label."""
    likely = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    if not asymmetric:
        return np.logaddexp(0, logits) - wanted * logits, likely - wanted
    softly = np.logaddexp(0, logits)  # -log(1 - p)
    fade = likely**2
    value = np.where(wanted > 0, softly - logits, fade * softly)
    slope = np.where(wanted > 0, likely - 1, fade * likely + 2 * fade * (1 - likely) * softly)
    return value, slope


def _softmax_loss(logits: NDArray[Any], wanted: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    sums = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return wanted * (sums - shifted), np.exp(shifted - sums) - wanted


def _row_weights(wanted: Floats, imbalance: Imbalance) -> Floats:
    """Weight per row and label, mean 1."""
    if imbalance == "weighted":
        share = np.clip(wanted.mean(axis=0), 1e-4, 1 - 1e-4)
        return np.asarray(np.where(wanted > 0, 0.5 / share, 0.5 / (1 - share)), dtype=np.float32)
    if imbalance == "oversampled":
        share = np.clip(wanted.mean(axis=0), 1e-4, 1)
        rarest = np.where(wanted > 0, share, 1).min(axis=1, keepdims=True)
        weights = np.sqrt(1 / rarest)
        return np.asarray(np.repeat(weights / weights.mean(), wanted.shape[1], axis=1), dtype=np.float32)
    return np.ones_like(wanted)


def best_thresholds(probabilities: Floats, labels: NDArray[Any]) -> Floats:
    """Thresholds (k,) on calibrated probabilities, a compromise of the best F1 per label and over all labels.

    The best threshold of a rare label is a matter of luck, so its few hits are mixed with what the
    probabilities themselves expect. And the best for each label alone floods an answer with labels
    that are hard to tell, so each is pulled towards the one bound that is best for all labels
    pooled; how far is tried out on halves of the rows (micro plus macro F1).
    """
    half = np.arange(len(labels)) % 2 == 0
    tried = {}
    for pull in _PULLS:
        tried[pull] = 0.0
        for fitted in (half, ~half):
            decided = probabilities[~fitted] >= _thresholds(probabilities[fitted], labels[fitted], pull)
            truth = labels[~fitted] > 0
            tried[pull] += micro_f1(decided, truth) + macro_f1(decided, truth)
    return _thresholds(probabilities, labels, max(tried, key=lambda pull: tried[pull]))


def _thresholds(probabilities: Floats, labels: NDArray[Any], pull: float) -> Floats:
    hits = labels.sum(axis=0)
    trust = hits / (hits + _LUCK)
    expected = trust * labels + (1 - trust) * probabilities
    pooled = _best_bound(probabilities.ravel(), labels.ravel().astype(np.float64))
    own = [_best_bound(probabilities[:, column], expected[:, column]) for column in range(labels.shape[1])]
    return np.asarray(np.array(own) ** (1 - pull) * pooled**pull, dtype=np.float32)


def _best_bound(values: NDArray[Any], hits: NDArray[Any]) -> float:
    """The bound with the best F1 against (soft) hits, halfway to the next lower value; 0.5 where nothing is hit."""
    if not len(values) or hits.sum() <= 0:
        return 0.5
    order = np.argsort(-values, kind="stable")
    found = np.cumsum(hits[order])
    scores = 2 * found / (np.arange(1, len(order) + 1) + found[-1])
    best = int(scores.argmax())
    return float(values[order[best]] + values[order[min(best + 1, len(order) - 1)]]) / 2


def set_bound(probabilities: Floats, labels: NDArray[Any], coverage: float) -> float:
    """The bound above which genres enter the set, so that sets hold `coverage` of the true labels on average.

    Conformal risk control (Angelopoulos et al. 2022) of the share of true labels that are missed.
    """
    rows = np.flatnonzero(labels.sum(axis=1))
    if not len(rows):
        return 0.0
    weights = (labels[rows] / labels[rows].sum(axis=1, keepdims=True)).astype(np.float64)
    held = labels[rows] > 0
    values, parts = probabilities[rows][held], weights[held]
    order = np.argsort(values, kind="stable")
    missed = np.cumsum(parts[order])  # if the bound lies just above this value
    allowed = (len(rows) + 1) * (1 - coverage) - 1
    first = int(np.searchsorted(missed, allowed, side="right"))
    return float(values[order[min(first, len(order) - 1)]]) if allowed > 0 else 0.0


def stratified_parts(labels: NDArray[Any], groups: NDArray[Any], parts: int, seed: int) -> NDArray[np.int64]:
    """A part number 0…parts-1 for each row; rows of one group stay together, labels are spread evenly.

    Groups are sorted by their rarest labels, shuffled where equal, and dealt round: simple, and
    each part gets its share of every genre.
    """
    frequency = labels.sum(axis=0)
    rank = np.argsort(np.argsort(frequency, kind="stable"), kind="stable")
    noise = np.random.default_rng(seed).random(len(labels))
    names, first = np.unique(groups, return_index=True)
    keys = [(*sorted(rank[np.flatnonzero(labels[row])])[:3], noise[row]) for row in first]
    dealt = {names[place]: turn % parts for turn, place in enumerate(sorted(range(len(names)), key=lambda place: keys[place]))}
    return np.array([dealt[group] for group in groups], dtype=np.int64)
