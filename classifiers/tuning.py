"""Whether a fine-tuned backbone joins the poster's heads: tune it, compare it with the head, keep the better.

It is tuned on three quarters of the films that are learned from and judged on the fourth, which the
head on frozen features did not see either. Does not know networks (`movies/sight.py`) or how they
are tuned (`classifiers/fine_tuning.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image

from classifiers.eyes import for_sight
from classifiers.features import Features
from classifiers.figures import mean_average_precision
from classifiers.films import Films
from classifiers.heads import Floats
from classifiers.standard import standard
from movies.encoders import file_sha256

JUDGED = 0  # the fold of films that say which is better


@dataclass(frozen=True)
class Tuning:
    """`logits` (n, k) of all films and `tuned` for the manifest, if it was kept; `report` says both figures."""

    logits: Floats | None = None
    tuned: dict[str, Any] | None = None
    report: dict[str, Any] = field(default_factory=dict)


def tune(films: Films, features: Features, spec: str, frozen: Floats, folder: Path, seed: int, progress: Any) -> Tuning:
    """Fine-tune the backbone `spec`; `frozen` (n, k) are the out-of-fold scores of the head that it has to beat.

    Writes `folder/tuned.safetensors` if it does. Raises BadInput or ModelMissing where there is no such backbone.
    """
    from classifiers.fine_tuning import epochs, fine_tune
    from movies.sight import backbone, save_tuned

    network = backbone(spec)
    rows = np.flatnonzero(films.has["poster"])
    opened = features.open_poster
    assert opened is not None
    pixels = []
    for done, row in enumerate(rows):
        pixels.append(_pixels(opened(films.movies[row].poster or "")))
        progress("posters to tune on", done + 1, len(rows))
    fold, test, labels = films.fold[rows], films.test[rows], films.labels[rows]
    judged = fold == JUDGED
    network, logits, reached = fine_tune(
        network, np.stack(pixels), labels, ~test & ~judged, judged, epochs=epochs(), seed=seed, one_of=films.single,
        progress=lambda done, total: progress("fine-tuning", done, total),
    )  # fmt: skip
    head = mean_average_precision(frozen[rows][judged], labels[judged] > 0)
    report = {"backbone": spec.partition(":")[0], "mAP": round(reached, 4), "head_mAP": round(head, 4), "kept": reached > head}
    if reached <= head:
        return Tuning(report=report)
    folder.mkdir(parents=True, exist_ok=True)
    save_tuned(network, folder / "tuned.safetensors")
    full = np.zeros(frozen.shape, dtype=np.float32)
    full[rows] = logits
    architecture = str(network.pretrained_cfg["architecture"])
    return Tuning(full, {"architecture": architecture, "sha256": file_sha256(folder / "tuned.safetensors")}, report)


def _pixels(image: Image) -> Any:
    return for_sight(np.asarray(standard(image)))
