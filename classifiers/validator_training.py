"""Training the poster validator: pictures made alike, methods compared on kinds never trained on.

Each method on each view of the eyes, and each team of them, is judged by how well it tells posters from
kinds of pictures it was not shown, which is what it will meet in service, on average and on the worst kind.
The best is kept, and calibrated on held-out scores. Training code: scikit-learn is imported here and nowhere in serving.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.counterexamples import counterexamples
from classifiers.covers import PRINTED
from classifiers.eyes import VIEWS
from classifiers.features import Features, progress_of, reads
from classifiers.figures import auroc
from classifiers.heads import Floats, save_heads
from classifiers.report import write_page
from classifiers.standard import DETAIL, standard
from classifiers.training import Progress, no_progress
from classifiers.validator import METHODS, RULES, Expert, PosterValidator, Space, in_view, see_rows, team_name, together
from movies.catalogue import Catalogue
from movies.errors import BadCatalogue, BadImage, BadInput
from movies.images import open_image
from movies.movie import Movie

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
NEAR_POSTERS = "near_poster"  # categories so named (TV posters, cards) are neither: not trained on, reported apart
_AXES = 256
_MOST_POSTERS = 4000
_FEWEST_POSTERS = 30
_MADE = 3600  # pictures drawn by the project
_PRINTED = 6  # times as much printed matter of each kind among them as of every other: it looks most like posters
_LINES_LEARNED = 420  # posters, and as much printed matter, for the expert on lines: from more it learns how the project draws
_PIECED = 200  # posters that pieces are cut from
_COMPARED_POSTERS = 1500
_FEWEST_PRINTED = 5  # pictures, for the expert on lines to keep to them
_WINDOWS = (0.5, 0.1, 0.9)  # where along its longer side a picture that is not 2:3 is cropped
_FOLDS = 5
_TEAMS = 6  # shown in the report, of all that were tried
_UNJUDGED = team_name("mean, the last twice and with a veto,", ["lines/kernel", "layout/kernel", "all/kernel"])
"""What is taken where only drawn pictures stand against the posters: those can't tell which method carries over to real
ones. On the real ones of docs/quality-classifiers.md this does."""
_TURNS = 3  # in which the kinds that the project drew are held back


@dataclass(frozen=True)
class Pictures:
    """Rows of pictures with their kind; `group` keeps the crops of one picture together."""

    rows: Floats
    kinds: NDArray[np.str_]
    groups: NDArray[np.int64]

    @property
    def posters(self) -> NDArray[np.bool_]:
        return np.asarray(self.kinds == "poster")


@dataclass(frozen=True)
class ValidatorTraining:
    validator: PosterValidator
    figures: dict[str, Any]
    skipped: list[tuple[str, str]]


def train_validator(
    catalogue: Catalogue | Sequence[Movie], negatives: Path | None, features: Features, folder: Path, *, seed: int = 0,
    made: int = _MADE, printed: int = _PRINTED, progress: Progress = no_progress,
) -> ValidatorTraining:  # fmt: skip
    """Train on the catalogue's posters and a folder of other pictures (sub-folders are kinds), and write `folder/validator/`.

    Without a folder only the `made` pictures drawn by the project stand against the posters, with printed matter `printed`
    times as often as every other kind (`counterexamples`). Raises BadCatalogue
    if there are too few posters, BadInput if the folder holds no pictures.
    """
    skipped: list[tuple[str, str]] = []
    posters = sorted({movie.poster for movie in catalogue if movie.poster})
    posters = [posters[place] for place in np.random.default_rng(seed).permutation(len(posters))[:_MOST_POSTERS]]
    if features.open_poster is None or len(posters) < _FEWEST_POSTERS:
        raise BadCatalogue(
            f"The validator learns from {_FEWEST_POSTERS} posters upwards; this catalogue has {len(posters)}. Add some."
        )
    pictures = _gather(posters, negatives, features, made, printed, seed, skipped, progress)
    spaces = {view: _space(in_view(pictures.rows, view)) for view in VIEWS}
    compared = _compare(spaces, pictures, seed, progress)
    chosen = max(compared, key=lambda name: _worth(compared[name])) if negatives is not None else _UNJUDGED
    rule, _, team = chosen.rpartition(" of ")
    rule = rule or "mean"
    pairs = [(view, method) for view, _, method in (name.partition("/") for name in team.split(" + "))]
    everything = np.ones(len(pictures.kinds), dtype=bool)
    experts = [fit_expert(view, method, spaces[view], pictures, everything, seed) for view, method in pairs]
    scores = _held_out_scores(pairs, rule, spaces, pictures, seed)
    calibration, threshold = _calibrate(scores, pictures.posters, real=negatives is not None)
    figures = {
        "methods": compared, "chosen": chosen, "threshold": threshold,
        "seen_kinds": _by_kind(scores, pictures.kinds),
        "counts": {str(kind): int(count) for kind, count in zip(*np.unique(pictures.kinds, return_counts=True), strict=True)},
        "skipped": skipped, "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    manifest = {
        "kind": "validator", "encoder": features.encoder.name, "eyes": features.eyes.name, "seed": seed, "experts": pairs, "rule": rule,
        "threshold": threshold, "calibration": list(calibration), "counts": figures["counts"],
        "negatives": negatives is not None,
    }  # fmt: skip
    inner = folder / "validator"
    save_heads(inner, manifest, {name: value for expert in experts for name, value in expert.arrays().items()})
    (inner / "report.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    write_page(inner / "report.html", "validator.html", manifest=manifest, figures=figures)
    return ValidatorTraining(PosterValidator.load(inner, features.encoder, features.eyes), figures, skipped)


def pictures_in(folder: Path) -> list[tuple[str, Path]]:
    """(category, file) of every picture file below a folder; the category is the first sub-folder's name.

    Raises BadInput if there is no such folder or no picture in it.
    """
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}. Name one whose sub-folders hold pictures.")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in PICTURES)
    if not files:
        raise BadInput(
            f"There are no pictures in {folder}. Put JPEG, PNG or WebP files into it, in a sub-folder for each kind."
        )
    return [(path.relative_to(folder).parts[0] if path.parent != folder else "pictures", path) for path in files]


def _gather(
    posters: list[str], negatives: Path | None, features: Features, made: int, printed: int, seed: int,
    skipped: list[tuple[str, str]], progress: Progress,
) -> Pictures:  # fmt: skip
    """Rows of everything, each picture blurred to a detail drawn alike for all."""
    opened = features.open_poster
    assert opened is not None
    rows, kinds, groups = [], [], []

    def add(kind: str, items: list[tuple[str, float]], keys: list[bytes], number: list[int], stage: str, load: Any) -> None:
        def encode(part: Sequence[tuple[str, float]]) -> Floats:
            return see_rows(
                [standard(load(name), _detail(name), place) for name, place in part], features.encoder, features.eyes
            )

        width = features.eyes.dim + (0 if reads(features.encoder) else features.encoder.dim)
        name = f"validator/{features.encoder.name if width > features.eyes.dim else ''}/{features.eyes.name}"
        rows.append(features.store.embed(name, items, keys, encode, width, 16, progress_of(progress, stage)))
        kinds.extend([kind] * len(items) if kind else [folder_kinds[item[0]] for item in items])
        groups.extend(number)

    items = [(name, 0.5) for name in posters]
    add("poster", items, [_key("poster", *item) for item in items], list(range(len(items))), "validator posters", opened)
    folder_kinds: dict[str, str] = {}
    if negatives is not None:
        usable, keys, numbers = [], [], []
        for number, (kind, path) in enumerate(pictures_in(negatives)):
            if kind.startswith(NEAR_POSTERS):
                continue
            try:
                image = open_image(path)
            except BadImage as error:
                skipped.append((str(path.relative_to(negatives)), error.message))
                continue
            folder_kinds[str(path)] = kind
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            for place in _WINDOWS if abs(image.width / image.height - 2 / 3) > 0.15 else _WINDOWS[:1]:
                usable.append((str(path), place))
                keys.append(_key(digest, path.name, place))
                numbers.append(1_000_000 + number)
        add("", usable, keys, numbers, "validator negatives", open_image)
    pieces = [standard(opened(name)) for name in posters[:_PIECED]]
    lettering = [seen.lettering for seen in features.eyes.look(pieces)]
    drawn = list(counterexamples(made, seed, pieces, lettering, printed=printed))
    names = {f"made {seed} {kind} {number}": picture for number, (kind, picture) in enumerate(drawn)}
    folder_kinds |= {name: f"made {kind}" for name, (kind, _) in zip(names, drawn, strict=True)}
    source = "|".join(posters[:_PIECED])
    add("", [(name, 0.5) for name in names], [_key(source, name, 0.5) for name in names],
        [2_000_000 + number for number in range(len(names))], "validator made", names.__getitem__)  # fmt: skip
    return Pictures(np.concatenate(rows), np.array(kinds), np.array(groups, dtype=np.int64))


def _detail(name: str) -> int:
    """A height in pixels, drawn from the name: the same spread for every kind of picture."""
    number = int.from_bytes(hashlib.sha256(Path(name).name.encode()).digest()[:8], "little")
    return DETAIL[0] + number % (DETAIL[1] - DETAIL[0] + 1)


def _key(*parts: object) -> bytes:
    return hashlib.sha256("\0".join(str(part) for part in parts).encode("utf-8", "replace")).digest()


def fit_expert(view: str, method: str, space: Space, pictures: Pictures, shown: NDArray[np.bool_], seed: int) -> Expert:
    """A method on a view, fitted on the pictures `shown` (n,) and no others.

    On lines, it is fitted against drawn printed matter alone: so it learns what sets a poster's
    lettering apart from a cover's, which carries over to covers never seen, and leaves photos to others.
    """
    printed = shown & (pictures.posters | np.isin(pictures.kinds, [f"made {kind}" for kind in PRINTED]))
    if view == "lines" and (printed & ~pictures.posters).sum() >= _FEWEST_PRINTED:
        shown = _a_few_of_each(printed, pictures.posters, seed)
    points = space(in_view(pictures.rows[shown], view))
    found = fit_method(method, points, pictures.posters[shown], seed, smooth=view == "lines")
    scores = METHODS[method](points, found)
    return Expert(view, method, space, found, float(scores.mean()), max(float(scores.std()), 1e-6))


def _a_few_of_each(shown: NDArray[np.bool_], posters: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """At most `_LINES_LEARNED` posters and as many others of those `shown`."""
    random = np.random.default_rng(seed)
    few = np.zeros_like(shown)
    for side in (shown & posters, shown & ~posters):
        few[random.permutation(np.flatnonzero(side))[:_LINES_LEARNED]] = True
    return few


def _space(rows: Floats) -> Space:
    from sklearn.decomposition import PCA

    shift = rows.mean(axis=0)
    scale = 1 / np.maximum(rows.std(axis=0), 1e-4)
    scaled = np.clip((rows - shift) * scale, -5, 5)
    count = min(_AXES, len(rows) - 1, rows.shape[1])
    found = PCA(count, svd_solver="randomized", random_state=0).fit(scaled)
    return Space(shift, scale, found.components_.T.astype(np.float32))


def fit_method(
    method: str, points: Floats, posters: NDArray[np.bool_], seed: int, *, smooth: bool = False
) -> dict[str, NDArray[Any]]:
    """The arrays that the method of this name scores with, fitted on points (n, m); `smooth` for few, plain numbers."""
    if method == "linear":
        from sklearn.linear_model import LogisticRegression

        found = LogisticRegression(C=0.1 if smooth else 1e-3, max_iter=1000, class_weight="balanced").fit(points, posters)
        return {"linear.weights": found.coef_[0].astype(np.float32), "linear.bias": found.intercept_.astype(np.float32)}
    if method == "kernel":
        from sklearn.svm import SVC

        gamma = (0.1 if smooth else 1.0) / max(float((points.var(axis=0)).sum()), 1e-6)
        machine = SVC(C=0.3 if smooth else 3, gamma=gamma, class_weight="balanced", random_state=seed).fit(points, posters)
        return {
            "kernel.support": machine.support_vectors_.astype(np.float32),
            "kernel.weights": machine.dual_coef_[0].astype(np.float32),
            "kernel.bias": machine.intercept_.astype(np.float32), "kernel.gamma": np.array(gamma, dtype=np.float32),
        }  # fmt: skip
    if method == "neighbours":
        spread = points.std(axis=0) + np.float32(points.std(axis=0).max() * 0.1)
        return {
            "neighbours.spread": spread, "neighbours.posters": points[posters] / spread,
            "neighbours.others": points[~posters] / spread,
        }  # fmt: skip
    out: dict[str, NDArray[Any]] = {}
    for side, which in (("posters", posters), ("others", ~posters)):
        mean = points[which].mean(axis=0)
        spread = np.cov((points[which] - mean).T) + np.eye(points.shape[1]) * 0.1 * float(points.var(axis=0).mean())
        out |= {f"distance.{side}.mean": mean, f"distance.{side}.inverse": np.linalg.inv(spread).astype(np.float32)}
    return out


def _compare(spaces: dict[str, Space], pictures: Pictures, seed: int, progress: Progress) -> dict[str, dict[str, Any]]:
    """AUROC of held-out posters against each kind that was not shown: every method on every view, and views together.

    Kinds of a folder are judged where there are any, else those the project made, several held back at once:
    there are many, and they say less. A part of the posters is enough to compare by.
    """
    kinds = sorted({str(kind) for kind in pictures.kinds} - {"poster"})
    real = [kind for kind in kinds if not kind.startswith("made ")]
    judged = [kind for kind in real or kinds if (pictures.kinds == kind).sum() >= 5] or real or kinds
    hidden = [[kind] for kind in judged] if real else [judged[turn::_TURNS] for turn in range(min(_TURNS, len(judged)))]
    random = np.random.default_rng(seed)
    held = pictures.posters & (random.random(len(pictures.kinds)) < 0.3)
    spare = np.flatnonzero(pictures.posters & ~held)
    learned = ~held
    learned[random.permutation(spare)[_COMPARED_POSTERS:]] = False
    scores: dict[str, dict[str, Floats]] = {f"{view}/{method}": {} for view in VIEWS for method in METHODS}
    asked = {kind: held | (pictures.kinds == kind) for kind in judged}
    for done, name in enumerate(scores):
        view, _, method = name.partition("/")
        progress("validator methods", done, len(scores))
        for absent in hidden:
            shown = learned & ~np.isin(pictures.kinds, absent)
            expert = fit_expert(view, method, spaces[view], pictures, shown, seed)
            scores[name] |= {kind: expert(pictures.rows[asked[kind]]) for kind in absent}
    progress("validator methods", len(scores), len(scores))

    def unseen(rule: str, names: Sequence[str]) -> dict[str, Any]:
        found = {
            kind: round(auroc(together([scores[name][kind] for name in names], rule), pictures.posters[asked[kind]]), 4)
            for kind in judged
        }
        values = list(found.values())
        return {"unseen": found, "unseen_mean": round(float(np.mean(values)), 4), "unseen_worst": min(values)}

    out = {name: unseen("mean", [name]) for name in scores}
    # What is best alone need not be best in company, and a team costs milliseconds: so all are tried.
    teams = {
        team_name(rule, team): unseen(rule, team)
        for size in range(2, len(VIEWS) + 1) for views in combinations(VIEWS, size)
        for team in product(*([f"{view}/{method}" for method in METHODS] for view in views)) for rule in RULES
    }  # fmt: skip
    best = sorted(teams, key=lambda name: -_worth(teams[name]))[:_TEAMS]
    return out | {name: teams[name] for name in (*best, _UNJUDGED)}


def _worth(figures: dict[str, Any]) -> float:
    """The worst kind counts as much as all together: covers, the hardest, are one of eight and would not be heard."""
    return float(figures["unseen_mean"] + figures["unseen_worst"])


def _held_out_scores(
    pairs: Sequence[tuple[str, str]], rule: str, spaces: dict[str, Space], pictures: Pictures, seed: int
) -> Floats:
    """Scores of every picture by a validator that saw neither it nor another crop of it."""
    names, place = np.unique(pictures.groups, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(names)) % _FOLDS)[place]
    out = np.zeros(len(pictures.kinds), dtype=np.float32)
    for turn in range(_FOLDS):
        asked = fold == turn
        experts = [fit_expert(view, method, spaces[view], pictures, ~asked, seed) for view, method in pairs]
        out[asked] = together([expert(pictures.rows[asked]) for expert in experts], rule)
    return out


def _calibrate(scores: Floats, posters: NDArray[np.bool_], real: bool) -> tuple[tuple[float, float], float]:
    """Slope and offset from score to log-odds, and the threshold.

    That is the probability with the best balanced accuracy. Without real pictures to judge by,
    drawn ones make it too lenient; then it is what 95 % of the posters reach.
    """
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=1e6, class_weight="balanced").fit(scores[:, None], posters)
    slope, offset = float(found.coef_[0, 0]), float(found.intercept_[0])
    likely = 1 / (1 + np.exp(-np.clip(slope * scores + offset, -30, 30)))
    if not real:
        return (slope, offset), round(float(np.clip(np.quantile(likely[posters], 0.05), 0.05, 0.95)), 3)
    bounds = np.linspace(0.2, 0.8, 61)
    right = [((likely >= bound)[posters].mean() + (likely < bound)[~posters].mean()) / 2 for bound in bounds]
    return (slope, offset), round(float(bounds[int(np.argmax(right))]), 3)


def _by_kind(scores: Floats, kinds: NDArray[np.str_]) -> dict[str, float]:
    posters = kinds == "poster"
    return {
        str(kind): round(auroc(scores[posters | (kinds == kind)], posters[posters | (kinds == kind)]), 4)
        for kind in np.unique(kinds) if kind != "poster"
    }  # fmt: skip
