"""Training the genre heads from a catalogue: split, fit, weigh, calibrate, measure, save.

Films are split once (stratified, one film one side): a seventh is held out and touched only for
the report. On the rest everything is fitted on out-of-fold scores, so that weights, calibration,
thresholds and set bounds come from scores of films a head had not seen. Seconds on known vectors.
Does not know where vectors are kept or how the report looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifiers.eyes import LOOK
from classifiers.features import Features, progress_of
from classifiers.films import Films
from classifiers.fitting import Imbalance, best_thresholds, fit_blend, fit_linear, set_bound, stratified_parts
from classifiers.genres import GenreClassifier, has_words
from classifiers.heads import Blend, Floats, Linear, save_heads, sigmoid, softmax
from classifiers.report import write_genre_report
from classifiers.tuning import JUDGED, Tuning, tune
from classifiers.words import Vocabulary
from movies.catalogue import Catalogue
from movies.encoders import layers_of
from movies.errors import BadCatalogue
from movies.movie import Movie
from movies.titles import normal_title

_PARTS = 7  # one of them is held out
_FOLDS = 4
_FEWEST_FILMS = 40  # with genres, or there is nothing to learn from
_FEWEST_POSTERS = 60
_PENALTIES = {"meaning": 2e-2, "layers": 2e-2, "words": 2e-5, "look": 1.0, "blend": 0.1}
_COVERAGE = 0.9
_ABSTAIN_BELOW = 0.35
_SEEN_IN = 3  # texts a word must occur in
_ROUNDS = {"words": 40}  # of the fit, else 80; stopping early costs nothing here and is twice as fast


class Progress(Protocol):
    def __call__(self, stage: str, done: int, total: int, /) -> None: ...


def no_progress(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class GenreTraining:
    """What came out: the classifier, ready to serve, and its figures on the held-out films by source."""

    classifier: GenreClassifier
    figures: dict[str, Any]
    films: Films


def train_genres(
    catalogue: Catalogue | Sequence[Movie], features: Features, folder: Path, *, seed: int = 0,
    imbalance: Imbalance = "none", posters: bool = True, fine_tune: str | None = None, progress: Progress = no_progress,
) -> GenreTraining:  # fmt: skip
    """Train on a catalogue's own genres and write `folder/genres/` (heads, manifest, report).

    `fine_tune`: a backbone (`movies.sight.backbone`) to tune on the posters, kept only if it beats the head on
    frozen features.

    Raises BadCatalogue if too few films have genres. Without enough posters only plots are learned
    (and the other way round); the classifier then says so through `sources`.
    """
    films = gather(catalogue, seed)
    _compute_rows(films, features, posters, progress)
    heads: dict[str, Linear] = {}
    blends: dict[str, Blend] = {}
    scores: dict[str, Floats] = {}
    arrays: dict[str, NDArray[Any]] = {}
    calibrated: dict[str, NDArray[np.bool_]] = {}  # films whose scores say how the source's scores are to be read
    tuning = Tuning()
    layers = ("layers",) if "plot.layers" in films.rows else ()
    sources = {"plot": ("meaning", *layers, "words"), "poster": ("meaning", "look")}
    trained = [name for name in sources if name in films.has]
    for source in trained:
        parts = []
        for part in sources[source]:
            name = f"{source}.{part}"
            heads[name], out = _fit_out_of_fold(films, source, name, _PENALTIES[part], imbalance, progress)
            parts.append(out)
        calibrated[source] = films.has[source] & ~films.test
        if source == "poster" and fine_tune:
            tuning = tune(films, features, fine_tune, out, folder / "genres", seed, progress)
            if tuning.logits is not None:  # only posters it was not tuned on may say how far to trust it
                parts.append(tuning.logits)
                calibrated[source] &= films.fold == JUDGED
        blends[source], scores[source] = _weigh(films, films.has[source], parts, calibrated[source])
    both = films.has["plot"] & films.has["poster"] if len(trained) == 2 else np.zeros(len(films.movies), dtype=bool)
    if (both & ~films.test).sum() >= _FEWEST_POSTERS:
        calibrated["both"] = both & calibrated["poster"]
        blends["both"], scores["both"] = _weigh(films, both, [scores["plot"], scores["poster"]], calibrated["both"])
        films.has["both"] = both
    decisions = {}
    for source, logits in scores.items():
        learned = calibrated[source]
        likely = _likely(films, logits[learned])
        arrays[f"{source}.thresholds"] = best_thresholds(likely, films.labels[learned])
        bound = set_bound(likely, films.labels[learned], _COVERAGE)
        decisions[source] = {"set_bound": bound, "coverage": _COVERAGE, "abstain_below": _ABSTAIN_BELOW}
    for name, head in (heads | blends).items():
        arrays |= head.arrays(name)
    if "plot" in films.has:
        vocabulary: Vocabulary = films.rows["vocabulary"]
        arrays |= {"vocabulary.hashes": vocabulary.hashes, "vocabulary.idf": vocabulary.idf}
    manifest: dict[str, Any] = {
        "kind": "genres", "encoder": features.encoder.name, "eyes": features.eyes.name, "seed": seed, "single": films.single,
        "genres": list(films.genres), "heads": list(heads), "blends": list(blends), "decisions": decisions, "imbalance": imbalance,
        "counts": _counts(films), "held_out": [movie.id for movie, out in zip(films.movies, films.test, strict=True) if out],
    }  # fmt: skip
    if fine_tune:
        manifest |= {"tuned": tuning.tuned, "fine_tuning": tuning.report}
    inner = folder / "genres"
    save_heads(inner, manifest, arrays)
    (inner / "learned_from.txt").write_text(
        "\n".join(movie.id for movie, out in zip(films.movies, films.test, strict=True) if not out), encoding="utf-8"
    )
    classifier = GenreClassifier.load(inner, features.encoder, features)
    progress("report", 0, 1)
    figures = write_genre_report(inner, classifier, films, scores)
    progress("report", 1, 1)
    return GenreTraining(classifier, figures, films)


def gather(catalogue: Catalogue | Sequence[Movie], seed: int = 0) -> Films:
    """Films with genres, genres with enough films, and the split. Raises BadCatalogue if there is too little."""
    movies = [movie for movie in catalogue if movie.genres]
    counts = Counter(genre for movie in movies for genre in movie.genres)
    fewest = max(5, len(movies) // 1000)
    genres = tuple(genre for genre, count in counts.most_common() if count >= fewest)
    movies = [movie for movie in movies if any(genre in genres for genre in movie.genres)]
    if len(movies) < _FEWEST_FILMS or len(genres) < 2:
        raise BadCatalogue(
            f"Genres can be learned from {_FEWEST_FILMS} films and two genres upwards; this catalogue has {len(movies)} films "
            f"with {len(genres)} genres that occur {fewest} times. Import more films; until then zero-shot answers serve."
        )
    column = {genre: place for place, genre in enumerate(genres)}
    labels = np.zeros((len(movies), len(genres)), dtype=np.int64)
    for row, movie in enumerate(movies):
        labels[row, [column[genre] for genre in movie.genres if genre in column]] = 1
    groups = np.array([f"{normal_title(movie.title)} {movie.year or ''}" for movie in movies])
    test = stratified_parts(labels, groups, _PARTS, seed) == 0
    fold = np.full(len(movies), -1, dtype=np.int64)
    fold[~test] = stratified_parts(labels[~test], groups[~test], _FOLDS, seed + 1)
    return Films(movies, genres, labels, test, fold, bool((labels.sum(axis=1) == 1).all()))


def _compute_rows(films: Films, features: Features, posters: bool, progress: Progress) -> None:
    plots = np.array([has_words(movie.plot) for movie in films.movies])
    if (plots & ~films.test).sum() >= _FEWEST_FILMS:
        texts = [movie.plot for movie in films.movies]
        films.has["plot"] = plots
        rows = features.plots(texts, progress_of(progress, "plots"))
        films.rows["plot.meaning"] = features.meaning(rows)
        if layers_of(features.encoder):
            films.rows["plot.layers"] = features.layers(rows)
        vocabulary = Vocabulary.of((text for text, out in zip(texts, films.test, strict=True) if not out), _SEEN_IN)
        data, columns, ends = vocabulary.rows(texts)
        films.rows["plot.words"] = csr_matrix((data, columns, ends), shape=(len(texts), len(vocabulary.hashes)))
        films.rows["vocabulary"] = vocabulary
    pictured = np.array([bool(movie.poster) for movie in films.movies])
    if posters and features.open_poster is not None and (pictured & ~films.test).sum() >= _FEWEST_POSTERS:
        names = [movie.poster or "" for movie, has in zip(films.movies, pictured, strict=True) if has]
        films.has["poster"] = pictured
        for part, rows in (
            ("meaning", features.meanings(names, progress_of(progress, "posters"))),
            ("look", features.looks(names, progress_of(progress, "looks"))[:, LOOK]),
        ):
            full = np.zeros((len(films.movies), rows.shape[1]), dtype=np.float32)
            full[pictured] = rows
            films.rows[f"poster.{part}"] = full
    if not films.has:
        raise BadCatalogue("Neither plots nor posters are there for enough films with genres. Import some first.")


def _fit_out_of_fold(
    films: Films, source: str, name: str, penalty: float, imbalance: Imbalance, progress: Progress
) -> tuple[Linear, Floats]:
    """The head over all films learned from, and scores (n, k) that no film's own label went into."""
    rows, has = films.rows[name], films.has[source]
    dense = not isinstance(rows, csr_matrix)
    out = np.zeros((len(films.movies), len(films.genres)), dtype=np.float32)

    def fitted(which: NDArray[np.bool_]) -> Linear:
        return fit_linear(
            rows[which],
            films.labels[which],
            penalty,
            imbalance=imbalance,
            one_of=films.single,
            scaled=dense,
            rounds=_ROUNDS.get(name.split(".")[-1], 80),
        )

    def scored(head: Linear, which: NDArray[np.bool_]) -> Floats:
        return head(rows[which]) if dense else np.asarray(rows[which] @ head.weights + head.bias, dtype=np.float32)

    learned = has & ~films.test
    for fold in range(_FOLDS):
        progress(name, fold, _FOLDS + 1)
        part = learned & (films.fold == fold)
        if part.any():
            out[part] = scored(fitted(learned & ~part), part)
    progress(name, _FOLDS, _FOLDS + 1)
    head = fitted(learned)
    out[has & films.test] = scored(head, has & films.test)
    progress(name, _FOLDS + 1, _FOLDS + 1)
    return head, out


def _weigh(films: Films, has: NDArray[np.bool_], parts: list[Floats], learned: NDArray[np.bool_]) -> tuple[Blend, Floats]:
    """Weigh several scores into calibrated log-odds, learned on the out-of-fold scores of the films `learned`."""
    head = fit_blend([part[learned] for part in parts], films.labels[learned], _PENALTIES["blend"], one_of=films.single)
    out = np.zeros((len(has), len(films.genres)), dtype=np.float32)
    out[has] = head(*(part[has] for part in parts))
    return head, out


def _likely(films: Films, logits: Floats) -> Floats:
    return softmax(logits) if films.single else sigmoid(logits)


def _counts(films: Films) -> dict[str, Any]:
    return {
        "films": len(films.movies), "learned": int((~films.test).sum()), "held_out": int(films.test.sum()),
        **{f"with_{source}": int(has.sum()) for source, has in films.has.items()},
        "per_genre": {genre: int(count) for genre, count in zip(films.genres, films.labels.sum(axis=0), strict=True)},
    }  # fmt: skip
