"""The reports of training: figures on held-out films and pictures as JSON, and the same as one HTML page.

The page is self-contained (figures, curves and thumbnails inside it) and escapes what comes from the
catalogue. Does not train and does not decide.
"""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from classifiers.figures import intervals, multilabel_figures, reliability
from classifiers.heads import Floats
from movies.errors import BadImage

if TYPE_CHECKING:
    from classifiers.films import Films
    from classifiers.genres import GenreClassifier

_WORST = 12


def source_figures(classifier: GenreClassifier, source: str, logits: Floats, labels: NDArray[Any]) -> dict[str, Any]:
    """Everything measured of one source on rows that were not learned from."""
    likely, decision = classifier.likely(logits), classifier.decision(source)
    decided = decision.decide(likely)
    if classifier.single:
        decided = likely == likely.max(axis=1, keepdims=True)
    held = likely >= decision.set_bound
    truth = labels > 0
    top = likely.max(axis=1) if len(likely) else np.zeros(0)
    answered = top >= decision.abstain_below
    figures = multilabel_figures(likely, decided, labels, held, classifier.genres)
    figures["intervals"] = intervals(likely, decided, truth)
    figures["reliability"] = reliability(likely, truth)
    figures["answered"] = float(answered.mean()) if len(answered) else 0.0
    figures["micro_f1_answered"] = multilabel_figures(
        likely[answered], decided[answered], labels[answered], held[answered], classifier.genres
    )["micro_f1"]
    if classifier.single and len(likely):
        ranks = np.argsort(-likely, axis=1)
        right = labels.argmax(axis=1)
        figures["accuracy"] = float((ranks[:, 0] == right).mean())
        figures["top3"] = float((ranks[:, :3] == right[:, None]).any(axis=1).mean())
    for place, name in enumerate(classifier.genres):
        figures["per_genre"][name]["threshold"] = float(decision.thresholds[place])
    return figures


def constant_figures(labels: NDArray[Any], names: tuple[str, ...], learned_share: Floats) -> dict[str, Any]:
    """The same for an answer that never looks: every film gets each genre's share, and genres above 0.3 are chosen."""
    likely = np.repeat(np.asarray(learned_share, dtype=np.float32)[None], len(labels), axis=0)
    decided = likely >= min(0.3, float(np.max(learned_share)))
    return multilabel_figures(likely, decided, labels, likely >= 0, names)


def write_genre_report(folder: Path, classifier: GenreClassifier, films: Films, scores: dict[str, Floats]) -> dict[str, Any]:
    """Write `report.json` and `report.html` beside the heads; returns the figures by source."""
    out: dict[str, Any] = {
        "sources": {},
        "counts": classifier.manifest["counts"],
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    pages = []
    for source, logits in scores.items():
        rows = films.test & films.has[source]
        labels = films.labels[rows]
        figures = source_figures(classifier, source, logits[rows], labels)
        constant = constant_figures(labels, films.genres, films.labels[~films.test].mean(axis=0))
        figures["constant"] = {name: value for name, value in constant.items() if isinstance(value, float)}
        likely = classifier.likely(logits[rows])
        figures["confusion"] = _confusion(likely, labels, films.genres)
        out["sources"][source] = figures
        worst = _worst(likely, labels, np.flatnonzero(rows))
        mistakes = [_mistake(classifier, films, row, chances) for row, chances in worst]
        figures["worst"] = [{key: value for key, value in mistake.items() if key != "thumbnail"} for mistake in mistakes]
        pages.append((source, figures, mistakes))
    if "both" in scores:
        out["fusion"] = _fusion(classifier, films, scores)
    (folder / "report.json").write_text(json.dumps(out, indent=1, ensure_ascii=False), encoding="utf-8")
    write_page(
        folder / "report.html",
        "genres.html",
        manifest=classifier.manifest,
        pages=pages,
        fusion=out.get("fusion"),
        made=out["made"],
    )
    return out


def write_page(path: Path, template: str, **values: Any) -> None:
    """Render one of the templates in this folder's `pages/`."""
    environment = Environment(loader=PackageLoader("classifiers", "pages"), autoescape=True, undefined=StrictUndefined)
    path.write_text(environment.get_template(template).render(**values), encoding="utf-8")


def thumbnail(open_poster: Any, poster: str | None) -> str:
    """A small poster as a data address; empty where there is none or it can't be opened."""
    if open_poster is None or not poster:
        return ""
    try:
        image = open_poster(poster)
    except (BadImage, OSError):
        return ""
    image.thumbnail((120, 180))
    store = io.BytesIO()
    image.save(store, "JPEG", quality=70)
    return "data:image/jpeg;base64," + base64.b64encode(store.getvalue()).decode()


def _fusion(classifier: GenreClassifier, films: Films, scores: dict[str, Floats]) -> dict[str, float]:
    """Micro F1 of each source on the very films that have both."""
    rows = films.test & films.has["both"]
    return {
        source: round(source_figures(classifier, source, logits[rows], films.labels[rows])["micro_f1"], 4)
        for source, logits in scores.items()
    }


def _confusion(likely: Floats, labels: NDArray[Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The commonest mistakes: films of one genre whose likeliest genre is one they don't have."""
    top = likely.argmax(axis=1)
    pairs: dict[tuple[int, int], int] = {}
    for row in np.flatnonzero(labels[np.arange(len(labels)), top] == 0):
        for column in np.flatnonzero(labels[row]):
            pairs[int(column), int(top[row])] = pairs.get((int(column), int(top[row])), 0) + 1
    most = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:15]
    return [{"true": names[true], "answered": names[said], "films": count} for (true, said), count in most]


def _worst(likely: Floats, labels: NDArray[Any], rows: NDArray[np.intp]) -> list[tuple[int, Floats]]:
    """Films whose labels were held least likely: (row among all films, probabilities)."""
    safe = np.clip(likely, 1e-4, 1 - 1e-4)
    loss = -(labels * np.log(safe) + (1 - labels) * np.log(1 - safe)).sum(axis=1)
    return [(int(rows[place]), likely[place]) for place in np.argsort(-loss, kind="stable")[:_WORST]]


def _mistake(classifier: GenreClassifier, films: Films, row: int, likely: Floats) -> dict[str, Any]:
    movie = films.movies[row]
    best = np.argsort(-likely, kind="stable")[:3]
    return {
        "id": movie.id, "title": movie.label, "genres": list(movie.genres), "plot": movie.plot[:240],
        "answered": [{"genre": films.genres[column], "probability": round(float(likely[column]), 3)} for column in best],
        "thumbnail": thumbnail(classifier.features.open_poster, movie.poster),
    }  # fmt: skip
