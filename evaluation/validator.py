"""`matinee evaluate validator`: does the poster validator tell posters from other pictures?

Every picture is brought to the standard form by the validator itself, posters and others alike, so
neither size nor shape nor compression can help. Near-posters (TV posters, cards) are reported apart
and do not enter the totals. Does not train and prints nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.figures import auroc
from classifiers.standard import standard
from classifiers.validator import PosterValidator, see_rows
from classifiers.validator_training import NEAR_POSTERS, pictures_in
from movies.encoders import Encoder
from movies.errors import BadImage, BadInput
from movies.images import open_image

_BATCH = 16


def evaluate_validator(
    heads: Path, posters: Path, negatives: Path, encoder: Encoder, *,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> dict[str, Any]:  # fmt: skip
    """Figures of the validator in `heads` on two folders; sub-folders of `negatives` are categories.

    auroc, fpr95 (share of others that pass where 95 % of posters do), threshold_accuracy (balanced,
    at the validator's own threshold), by_category with AUROC, its interval and the share let
    through; `near_posters` apart; unreadable files are counted. Raises BadInput if a folder has no
    readable picture.
    """
    validator = PosterValidator.load(heads, encoder)
    skipped: Counter[str] = Counter()
    wanted = [("poster", path) for _, path in pictures_in(posters)]
    wanted += [("posters?" if kind == "poster" else kind, path) for kind, path in pictures_in(negatives)]
    kinds, scores = [], []
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        opened = []
        for kind, path in part:
            try:
                opened.append(standard(open_image(path)))
            except BadImage as error:
                skipped[error.reason] += 1
                continue
            kinds.append(kind)
        if opened:
            scores.append(validator.probabilities(see_rows(opened, encoder, validator.eyes)))
        progress("pictures", min(start + _BATCH, len(wanted)), len(wanted))
    kind_of = np.array(kinds)
    if not (kind_of == "poster").any() or not (kind_of != "poster").any():
        raise BadInput("Not one picture of a folder could be read, so there is nothing to compare. Check the folders.")
    return _figures(np.concatenate(scores), kind_of, validator, encoder, dict(skipped))


def _figures(
    likely: NDArray[np.float32], kinds: NDArray[np.str_], validator: PosterValidator, encoder: Encoder, skipped: dict[str, int]
) -> dict[str, Any]:
    poster = kinds == "poster"
    near = np.char.startswith(kinds, NEAR_POSTERS)
    plain = ~near
    passing = likely >= validator.threshold
    others = likely[plain & ~poster]
    bound = np.quantile(likely[poster], 0.05)
    by_category = {}
    for kind in sorted(set(kinds[~poster].tolist())):
        asked = poster | (kinds == kind)
        by_category[kind] = {
            "n": int((kinds == kind).sum()), "auroc": round(auroc(likely[asked], poster[asked]), 4),
            "interval": _interval(likely[poster], likely[kinds == kind]),
            "let_through": round(float(passing[kinds == kind].mean()), 4), "near_poster": bool(kind.startswith(NEAR_POSTERS)),
        }  # fmt: skip
    right = float(passing[poster].mean()), float((~passing[plain & ~poster]).mean()) if len(others) else float("nan")
    return {
        "n_posters": int(poster.sum()), "n_negatives": int((plain & ~poster).sum()), "encoder": encoder.name,
        "method": validator.method, "threshold": validator.threshold,
        "auroc": round(auroc(likely[plain], poster[plain]), 4) if len(others) else None,
        "fpr95": round(float((others >= bound).mean()), 4) if len(others) else None,
        "threshold_accuracy": round((right[0] + right[1]) / 2, 4) if len(others) else None,
        "posters_accepted": round(right[0], 4), "by_category": by_category, "skipped": skipped,
    }  # fmt: skip


def _interval(posters: Sequence[float] | NDArray[Any], others: Sequence[float] | NDArray[Any], draws: int = 200) -> list[float]:
    """95 % bootstrap interval of the AUROC."""
    random = np.random.default_rng(0)
    first, second = np.asarray(posters), np.asarray(others)
    values = []
    for _ in range(draws):
        drawn = np.concatenate([random.choice(first, len(first)), random.choice(second, len(second))])
        values.append(auroc(drawn, np.arange(len(drawn)) < len(first)))
    return [round(float(value), 4) for value in np.quantile(values, (0.025, 0.975))]
