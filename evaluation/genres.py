"""`matinee evaluate genres`: how well the trained heads name genres of films they have not seen.

Reads films in the import format, leaves out what must not count (rows whose plot is an encyclopedia
lead that names title and genre; films the heads learned from) and says how many that were. Does not
train and prints nothing.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from classifiers.features import Features, NoStore, Store, progress_of
from classifiers.figures import micro_f1, multilabel_figures
from classifiers.genres import GenreClassifier, has_words
from classifiers.heads import Floats
from classifiers.report import constant_figures, source_figures
from movies.encoders import Encoder
from movies.errors import BadImage, BadInput
from movies.images import open_image
from movies.importers import Film, open_source
from movies.movie import Movie

Input = Literal["plot", "poster", "both"]
_FLAG = "plot_leaks_title_genre"


def evaluate_genres(
    heads: Path, data: Path, source: Input, encoder: Encoder, *, store: Store | None = None, limit: int | None = None,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> dict[str, Any]:  # fmt: skip
    """Figures of `source` on the films of `data` (import format, gzip allowed; labels from `genres`).

    `heads`: an artefact's folder of heads. Besides the contract's names (n, genres, micro_f1,
    macro_f1, weighted_f1, samples_f1, mAP, ece, coverage, per_genre) there are intervals,
    `baselines`, `left_out` with a count for each reason, and for both what they gain `against` each alone. Raises BadInput if no film is left to measure.
    """
    pictures: dict[str, Path] = {}
    features = Features(encoder, store=store or NoStore(), open_poster=lambda key: open_image(pictures[key]))
    classifier = GenreClassifier.load(heads, encoder, features)
    classifier.decision(source)
    films, left_out = held_out_films(heads, data, source, classifier, pictures, limit)
    column = {genre: place for place, genre in enumerate(classifier.genres)}
    labels = np.zeros((len(films), len(column)), dtype=np.int64)
    for row, movie in enumerate(films):
        labels[row, [column[genre] for genre in movie.genres if genre in column]] = 1
    logits = _logits(classifier, films, source, pictures, progress)
    figures = source_figures(classifier, source, logits[source], labels)
    figures["baselines"] = _baselines(classifier, labels)
    if source == "both":
        figures["against"] = {
            other: _gain(classifier, logits, labels, other, figures["micro_f1"]) for other in logits if other != "both"
        }
    figures |= {"input": source, "encoder": encoder.name, "genres": list(classifier.genres), "left_out": dict(left_out)}
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}


def held_out_films(
    heads: Path, data: Path, source: Input, classifier: GenreClassifier, pictures: dict[str, Path], limit: int | None = None
) -> tuple[list[Movie], Counter[str]]:
    """Films of `data` that count for `source`, and how many don't, by reason; fills `pictures` (content hash → file).

    Raises BadInput if no film is left.
    """
    learned, flagged = learned_from(heads), _flagged(data)
    left_out: Counter[str] = Counter()
    films: list[Movie] = []
    for movie in _films(data, left_out):
        reason = _reason(movie, source, flagged, learned, classifier)
        if not reason and source != "plot":
            reason = _take_poster(movie, pictures)
        if reason:
            left_out[reason] += 1
        elif limit is None or len(films) < limit:
            films.append(movie)
        else:
            left_out["over the limit"] += 1
    if not films:
        raise BadInput(f"No film is left to measure genres from {source} ({_told(left_out)}). Give a file with other films.")
    return films, left_out


def _baselines(classifier: GenreClassifier, labels: NDArray[np.int64]) -> dict[str, dict[str, float]]:
    """What answers achieve that never look: always the commonest genres, and each genre by lot as often as it occurs."""
    counts = classifier.manifest["counts"]
    share = np.array([counts["per_genre"][genre] for genre in classifier.genres], dtype=np.float32) / counts["films"]
    lots = np.random.default_rng(0).random(labels.shape).astype(np.float32) < share
    prior = multilabel_figures(np.repeat(share[None], len(labels), axis=0), lots, labels, lots, classifier.genres)
    found = {"constant": constant_figures(labels, classifier.genres, share), "prior": prior}
    return {name: {key: round(values[key], 4) for key in ("micro_f1", "macro_f1", "mAP")} for name, values in found.items()}


def _gain(
    classifier: GenreClassifier, logits: dict[str, Floats], labels: NDArray[np.int64], other: str, fused: float
) -> dict[str, Any]:
    """Micro F1 and mAP of one source on the very films that both have, and how much better both are, with its interval."""
    decided = {name: classifier.decision(name).decide(classifier.likely(logits[name])) for name in ("both", other)}
    truth = labels > 0
    random = np.random.default_rng(0)
    drawn = [random.integers(0, len(truth), len(truth)) for _ in range(1000)]
    gains = [micro_f1(decided["both"][rows], truth[rows]) - micro_f1(decided[other][rows], truth[rows]) for rows in drawn]
    alone = source_figures(classifier, other, logits[other], labels)
    return {
        "micro_f1": round(alone["micro_f1"], 4), "macro_f1": round(alone["macro_f1"], 4), "mAP": round(alone["mAP"], 4),
        "gain": round(fused - alone["micro_f1"], 4),
        "interval": [round(float(value), 4) for value in np.quantile(gains, (0.025, 0.975))],
    }  # fmt: skip


def learned_from(heads: Path) -> set[str]:
    """Ids of the films that heads were fitted on; empty if that was not written down."""
    inner = heads / "genres" if (heads / "genres").is_dir() else heads
    path = inner / "learned_from.txt"
    return set(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else set()


def _logits(
    classifier: GenreClassifier, films: list[Movie], source: Input, pictures: dict[str, Path],
    progress: Callable[[str, int, int], None],
) -> dict[str, Floats]:  # fmt: skip
    """Log-odds (n, k) by source: of the one asked for, and for both also of each alone."""
    out: dict[str, Floats] = {}
    if source != "poster":
        texts = [movie.plot for movie in films]
        out["plot"] = classifier.plot_logits(texts, classifier.features.plots(texts, progress_of(progress, "plots")))
    if source != "plot":
        of_path = {path: key for key, path in pictures.items()}
        keys = [of_path[Path(movie.poster or "")] for movie in films]
        meanings = classifier.features.meanings(keys, progress_of(progress, "posters"))
        out["poster"] = classifier.poster_logits(meanings, classifier.features.looks(keys, progress_of(progress, "looks")))
    if source == "both":
        out["both"] = classifier.fused_logits(out["plot"], out["poster"])
    return out


def _reason(movie: Movie, source: Input, flagged: set[str], learned: set[str], classifier: GenreClassifier) -> str:
    """Why a film does not count; empty if it does."""
    if movie.id in learned:
        return "learned from"
    if movie.id in flagged:
        return "plot names title and genre"
    if not movie.genres:
        return "no genres"
    if not any(genre in classifier.genres for genre in movie.genres):
        return "only genres the heads don't know"
    if source != "poster" and not has_words(movie.plot):
        return "no plot"
    return "no poster" if source != "plot" and not movie.poster else ""


def _take_poster(movie: Movie, pictures: dict[str, Path]) -> str:
    path = Path(movie.poster or "")
    try:
        open_image(path)
        pictures[hashlib.sha256(path.read_bytes()).hexdigest()] = path
    except (BadImage, OSError):
        return "poster can't be read"
    return ""


def _films(data: Path, left_out: Counter[str]) -> Iterator[Movie]:
    kind: Literal["csv", "jsonl"] = "csv" if ".csv" in data.name else "jsonl"
    for entry in open_source(kind, data):
        if isinstance(entry, Film):
            yield entry.movie
        elif type(entry).__name__ == "Skip":
            left_out["row can't be read"] += 1


def _flagged(data: Path) -> set[str]:
    """Ids of the rows whose plot gives title and genre away."""
    if ".csv" in data.name:
        return set()
    opened = gzip.open if data.suffix == ".gz" else open
    out: set[str] = set()
    with opened(data, "rt", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if _FLAG not in line:
                continue
            try:
                row = json.loads(line)
            except ValueError:
                continue  # the reader of films counts it
            if isinstance(row, dict) and row.get(_FLAG) is True:
                out.add(str(row.get("id")))
    return out


def _told(left_out: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in left_out.most_common()) or "the file is empty"
