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

from classifiers.features import Features, NoStore, Store, progress_of
from classifiers.genres import GenreClassifier, has_words
from classifiers.heads import Floats
from classifiers.report import source_figures
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
    macro_f1, weighted_f1, samples_f1, mAP, ece, coverage, per_genre) there are intervals and
    `left_out` with a count for each reason. Raises BadInput if no film is left to measure.
    """
    pictures: dict[str, Path] = {}
    features = Features(encoder, store=store or NoStore(), open_poster=lambda key: open_image(pictures[key]))
    classifier = GenreClassifier.load(heads, encoder, features)
    classifier.decision(source)
    learned = learned_from(heads)
    left_out: Counter[str] = Counter()
    films: list[Movie] = []
    flagged = _flagged(data)
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
    column = {genre: place for place, genre in enumerate(classifier.genres)}
    labels = np.zeros((len(films), len(column)), dtype=np.int64)
    for row, movie in enumerate(films):
        labels[row, [column[genre] for genre in movie.genres if genre in column]] = 1
    figures = source_figures(classifier, source, _logits(classifier, films, source, pictures, progress), labels)
    figures |= {"input": source, "encoder": encoder.name, "genres": list(classifier.genres), "left_out": dict(left_out)}
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}


def learned_from(heads: Path) -> set[str]:
    """Ids of the films that heads were fitted on; empty if that was not written down."""
    inner = heads / "genres" if (heads / "genres").is_dir() else heads
    path = inner / "learned_from.txt"
    return set(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else set()


def _logits(
    classifier: GenreClassifier,
    films: list[Movie],
    source: Input,
    pictures: dict[str, Path],
    progress: Callable[[str, int, int], None],
) -> Floats:
    plots = posters = None
    if source != "poster":
        texts = [movie.plot for movie in films]
        plots = classifier.plot_logits(texts, classifier.features.plots(texts, progress_of(progress, "plots")))
    if source != "plot":
        of_path = {path: key for key, path in pictures.items()}
        keys = [of_path[Path(movie.poster or "")] for movie in films]
        meanings = classifier.features.meanings(keys, progress_of(progress, "posters"))
        posters = classifier.poster_logits(meanings, classifier.features.looks(keys, progress_of(progress, "looks")))
    if plots is None or posters is None:
        made = plots if posters is None else posters
        assert made is not None
        return made
    return classifier.fused_logits(plots, posters)


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
