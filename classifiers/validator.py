"""Is this picture a film poster, how surely, and why.

    PosterValidator.load(folder, encoder).check(image).reasons

Looks at the standard form only, so neither size nor shape nor compression decides. What
scores was chosen by measurement when it was trained: a method (linear, kernel, neighbours or
distance) on a view of the picture (its lines of lettering, its layout, everything), or one on each together. Knows
arrays and pictures; does not train (`classifiers/validator_training.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from classifiers.eyes import VIEWS, Eyes, lettered
from classifiers.features import reads
from classifiers.heads import Floats, load_heads
from classifiers.standard import standard
from movies.encoders import Encoder, Vectors
from movies.errors import IndexMismatch

TRAIN = "matinee train validator"
_NEIGHBOURS = 5
_LETTERED = 0.3  # share of lettering above which a cell of the map counts as lettered
_SURELY = 0.5
_AS_CREDITED = "a title and small print at the foot, as credits are set"
_HARDLY_A_POSTER, _VETO = 0.5, 2.0  # a score below which a twentieth of posters lie, and what each point below it costs
_BARE = -1.5  # what the expert on lines says of a picture that has none: posters have some


@dataclass(frozen=True)
class Verdict:
    """`probability` 0–1 that the picture is a film poster; `reasons` are sentences for people."""

    is_poster: bool
    probability: float
    reasons: tuple[str, ...]


class PosterValidator:
    """Tells film posters from other pictures. Thread-safe: it holds arrays that nobody changes."""

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]], encoder: Encoder, eyes: Eyes) -> None:
        self.manifest = manifest
        self.threshold = float(manifest["threshold"])
        self.encoder = encoder
        self.eyes = eyes
        self._experts = [Expert.of(arrays, view, method) for view, method in manifest["experts"]]
        self._rule = str(manifest["rule"])
        if self._rule not in RULES:
            raise KeyError("rule")
        self._slope, self._offset = (float(value) for value in manifest["calibration"])

    @property
    def method(self) -> str:
        """What scores, such as "lines/kernel", or "least of lines/kernel + layout/linear"."""
        return team_name(self._rule, [expert.name for expert in self._experts])

    @classmethod
    def load(cls, folder: Path, encoder: Encoder, eyes: Eyes | None = None) -> PosterValidator:
        """The heads in `folder/validator` (or in `folder` itself). Raises ModelMissing or IndexMismatch."""
        inner = folder / "validator" if (folder / "validator").is_dir() else folder
        manifest, arrays = load_heads(inner, encoder.name, TRAIN)
        eyes = eyes or Eyes()
        if manifest.get("eyes") != eyes.name:
            raise IndexMismatch(f"The validator was trained on other picture features. Run: {TRAIN}")
        try:
            return cls(manifest, arrays, encoder, eyes)
        except (KeyError, TypeError, ValueError) as error:
            raise IndexMismatch(f"The validator is damaged ({error} is missing). Run: {TRAIN}") from None

    def check(self, image: Image) -> Verdict:
        """The verdict on one RGB picture of any size and shape."""
        looked = standard(image)
        (seen,) = self.eyes.look([looked])
        probability = float(self.probabilities(see_rows([looked], self.encoder, self.eyes, seen.row[None]))[0])
        is_poster = probability >= self.threshold
        return Verdict(is_poster, probability, tuple(reasons(image, seen.lettering, is_poster, probability)))

    def probabilities(self, rows: Floats) -> Floats:
        """float32 (n,) of rows made by `see_rows`."""
        scores = together([expert(rows) for expert in self._experts], self._rule)
        return np.asarray(1 / (1 + np.exp(-np.clip(self._slope * scores + self._offset, -30, 30))), dtype=np.float32)


@dataclass(frozen=True)
class Space:
    """Rows shifted, scaled and turned onto the main axes: shift and scale (d,), axes (d, m)."""

    shift: Floats
    scale: Floats
    axes: Floats

    def __call__(self, rows: Floats) -> Floats:
        """float32 (n, m) of rows (n, d)."""
        return np.asarray(np.clip((rows - self.shift) * self.scale, -5, 5) @ self.axes, dtype=np.float32)


@dataclass(frozen=True)
class Expert:
    """One method on one view of a picture; `middle` and `spread` are those of its scores, to make experts comparable."""

    view: str
    method: str
    space: Space
    found: dict[str, NDArray[Any]]
    middle: float = 0.0
    spread: float = 1.0

    @property
    def name(self) -> str:
        return f"{self.view}/{self.method}"

    def __call__(self, rows: Floats) -> Floats:
        """Scores (n,), higher for posters, of rows made by `see_rows`."""
        scores = (METHODS[self.method](self.space(in_view(rows, self.view)), self.found) - self.middle) / self.spread
        return np.where(lettered(rows), scores, _BARE) if self.view == "lines" else scores

    def arrays(self) -> dict[str, NDArray[Any]]:
        own = {"shift": self.space.shift, "scale": self.space.scale, "axes": self.space.axes} | self.found
        own["scores"] = np.array([self.middle, self.spread], dtype=np.float32)
        return {f"{self.view}|{name}": value for name, value in own.items()}

    @classmethod
    def of(cls, arrays: dict[str, NDArray[Any]], view: str, method: str) -> Expert:
        """Raises KeyError where something is missing."""
        own = {name.partition("|")[2]: value for name, value in arrays.items() if name.startswith(f"{view}|")}
        if method not in METHODS or view not in VIEWS:
            raise KeyError(f"{view}/{method}")
        middle, spread = (float(value) for value in own["scores"])
        return cls(view, method, Space(own["shift"], own["scale"], own["axes"]), own, middle, spread)


def together(scores: Sequence[Floats], rule: str) -> Floats:
    """One score (n,) from those of the experts: by a rule of `RULES`."""
    return np.asarray(RULES[rule](np.stack(scores), axis=0), dtype=np.float32)


def see_rows(images: Sequence[Image], encoder: Encoder, eyes: Eyes, looks: Vectors | None = None) -> Vectors:
    """Rows for the validator of pictures in standard form: the eyes', and the encoder's if it sees.

    An encoder that reads posters has nothing to add here: where lettering is, the eyes know, and
    reading takes ten times as long.
    """
    rows = eyes.rows(images) if looks is None else looks
    return rows if reads(encoder) else np.hstack([rows, encoder.images(images)])


def team_name(rule: str, names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{rule} of {' + '.join(names)}"


def in_view(rows: Floats, view: str) -> Floats:
    """The columns of `see_rows` that a view looks at; what the encoder saw belongs to "all"."""
    return rows if view == "all" else rows[:, VIEWS[view]]


def _linear(points: Floats, arrays: dict[str, NDArray[Any]]) -> Floats:
    return np.asarray(points @ arrays["linear.weights"] + arrays["linear.bias"], dtype=np.float32)


def _kernel(points: Floats, arrays: dict[str, NDArray[Any]]) -> Floats:
    support = arrays["kernel.support"]
    distance = (points**2).sum(1)[:, None] + (support**2).sum(1)[None] - 2 * points @ support.T
    return np.asarray(
        np.exp(-arrays["kernel.gamma"] * np.maximum(distance, 0)) @ arrays["kernel.weights"] + arrays["kernel.bias"]
    )


def _neighbours(points: Floats, arrays: dict[str, NDArray[Any]]) -> Floats:
    """How much nearer the nearest posters are than the nearest other pictures."""
    asked = points / arrays["neighbours.spread"]

    def nearest(known: Floats) -> Floats:
        distance = (asked**2).sum(1)[:, None] + (known**2).sum(1)[None] - 2 * asked @ known.T
        count = min(_NEIGHBOURS, distance.shape[1])
        return np.asarray(np.sqrt(np.maximum(np.partition(distance, count - 1, axis=1)[:, :count], 0)).mean(axis=1))

    return nearest(arrays["neighbours.others"]) - nearest(arrays["neighbours.posters"])


def _distance(points: Floats, arrays: dict[str, NDArray[Any]]) -> Floats:
    """Mahalanobis distance to the other pictures minus that to the posters."""
    out = []
    for side in ("others", "posters"):
        away = points - arrays[f"distance.{side}.mean"]
        out.append(np.sqrt(np.maximum(((away @ arrays[f"distance.{side}.inverse"]) * away).sum(axis=1), 0)))
    return np.asarray(out[0] - out[1], dtype=np.float32)


def _last_twice(scores: Floats, axis: int) -> Floats:
    """The mean, with the expert on the view that sees most counted twice."""
    return np.asarray((scores.sum(axis) + scores.take(-1, axis)) / (scores.shape[axis] + 1))


def _with_veto(scores: Floats, axis: int) -> Floats:
    """`_last_twice`, but what looks less like a poster than nearly all posters do is not saved by its lettering.

    The expert on lines has never seen a photo, and says of one whatever its few lines happen to say.
    """
    return np.asarray(_last_twice(scores, axis) + _VETO * np.minimum(scores.take(-1, axis) - _HARDLY_A_POSTER, 0))


RULES: dict[str, Callable[..., Any]] = {
    "mean": np.mean, "least": np.min, "mean, the last twice,": _last_twice, "mean, the last twice and with a veto,": _with_veto,
}  # fmt: skip
METHODS = {"linear": _linear, "kernel": _kernel, "neighbours": _neighbours, "distance": _distance}
"""Scores (n,), higher for posters, of points (n, m) in the space, from the arrays of a method."""


def reasons(image: Image, lettering: Floats, is_poster: bool, probability: float) -> list[str]:
    """What can be said of lettering, shape and colours, the telling things first.

    `lettering` is the map of the eyes; these sentences describe, they do not decide.
    """
    lettered = lettering > _LETTERED
    share = float(lettered.mean())
    bands = lettered.mean(axis=1)
    largest = _largest_run(bands > 0.12) / len(bands)
    credits_block = bool((bands[-10:] > 0.3).sum() >= 2)
    if share < 0.01:
        words = "no lettering to be found"
    elif share > 0.4:
        words = "lettering nearly everywhere, as on a page or a screen"
    elif largest > 0.06 and credits_block:
        words = _AS_CREDITED
    elif largest > 0.06:
        words = "what looks like large lettering, as of a title, but no block of credits"
    else:
        words = "only small lettering, no title"
    likeness = "much like" if abs(probability - _SURELY) > 0.4 else "more like"
    likeness = likeness if is_poster else "more like"
    others = "photographs, screenshots and printed pages than like posters"
    looks = f"Its picture looks {likeness} {'the posters it was compared with' if is_poster else others}"
    against = words == _AS_CREDITED and not is_poster  # what tells must come first, and not sound like praise
    out = [f"{looks}, though something on it is placed as a title and credits are."] if against else [f"There is {words}."]
    ratio = image.width / max(image.height, 1)
    if 0.62 <= ratio <= 0.76:
        out.append("It is about two thirds as wide as tall, the usual shape of posters (shape alone does not count).")
    elif ratio >= 1.1:
        out.append("It is wider than tall, as few posters are (shape alone does not count).")
    if min(image.size) < 64:
        out.append(f"It has only {image.width}×{image.height} pixels, too few to be sure.")
    pixels = np.asarray(image.convert("RGB").resize((32, 32)), dtype=np.float32)
    if float(pixels.std(axis=(0, 1)).mean()) < 6:
        out.append("It is nearly one plain colour.")
    return out if against else [*out, f"{looks}."]


def _largest_run(flags: NDArray[np.bool_]) -> int:
    longest = current = 0
    for flag in flags:
        current = current + 1 if flag else 0
        longest = max(longest, current)
    return longest
