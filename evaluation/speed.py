"""`matinee evaluate speed` (`make bench`): how long a search takes, where the time goes, and what Annoy costs.

Absolute times belong to the machine they were taken on, so each comes with a ratio taken in the
same run. The Annoy part makes its own vectors: clustered, as an encoder's are.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.retrieval import percentiles
from movies.encoders import Vectors, unit
from movies.movie import Filters
from rag.index import MovieIndex
from rag.lexical import word_weights
from rag.ranking import carry_out
from rag.reading.understanding import Vocabulary, understand
from rag.vectors import OVERVIEW, ROW, VectorFile

SENTENCES = (
    "a funny heist film with a clever plan", "lonely robot falls in love in space", "a French drama about a teacher and her pupils",
    "something scary in a cabin in the woods", "war film from the 90s without romance", "two friends drive across the country",
    "a detective with a secret hunts a killer in the rain", "feel-good musical under two hours", "a family runs a small restaurant",
    "an old sailor and a storm", "a thriller about a stolen painting", "children find a door to another world",
    "the last train out of the city before the invasion", "a boxer gets one more chance", "aliens land in a small town",
    "a lawyer defends an innocent man in the south", "a western about revenge", "slow and beautiful film about grief",
    "a computer that knows too much", "a wedding where everything goes wrong",
)  # fmt: skip
"""Sentences of at most twenty words, as viewers write them."""

_ROUNDS = 5
_SHARES = (0.5, 0.25, 0.1, 0.03, 0.01, 0.003, 0.001)


def evaluate_speed(index: MovieIndex, vectors: int = 100_000, dim: int = 512) -> dict[str, Any]:
    """Search end to end with its stages, recall of filtered search against exact, and Annoy on made vectors. In ms."""
    return {
        "search": _search(index),
        "filtered": _filtered(index),
        "annoy": evaluate_annoy(vectors, dim),
    }


def _search(index: MovieIndex) -> dict[str, Any]:
    vocabulary = Vocabulary.of(index.catalogue)
    for sentence in SENTENCES:
        carry_out(index, understand(sentence, vocabulary).plan)
    whole: list[float] = []
    stages: dict[str, list[float]] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        out = work()
        stages.setdefault(stage, []).append((time.perf_counter() - started) * 1000)
        return out

    for _ in range(_ROUNDS):
        for sentence in SENTENCES:
            started = time.perf_counter()
            carry_out(index, understand(sentence, vocabulary).plan, k=10)
            whole.append((time.perf_counter() - started) * 1000)
            plan = timed("understand", partial(understand, sentence, vocabulary)).plan
            question = timed("encode", partial(index.question, plan.query))
            timed("titles", partial(index.catalogue.titles().find, plan.query, 5, 0.85))
            timed("words", partial(index.words.scores, word_weights(plan.query)))
            if question.main is not None:
                timed("scan", partial(index.view.whole.cosines, question.main[None]))
                timed("rank", partial(index.ranked, question, plan.filters))
    means = {stage: round(float(np.mean(values)), 2) for stage, values in stages.items()}
    return {
        "films": len(index.catalogue),
        **percentiles(whole),
        "mean": round(float(np.mean(whole)), 2),
        "stages_mean": means,  # titles, words and scan are parts of rank; what is left of the mean is reading films and evidence
        "encode_share": round(means["encode"] / float(np.mean(whole)), 3),
    }


def _filtered(index: MovieIndex) -> list[dict[str, Any]]:
    """Recall@10 of the served search against scanning everything, from all films to a handful."""
    out = []
    for filters in _selections(index):
        allowed = set(index.catalogue.filter(filters))
        recall, clean = _recall(index, filters, allowed)
        served, index.exact_rows = index.exact_rows, 0
        try:
            annoy, also_clean = _recall(index, filters, allowed)
        finally:
            index.exact_rows = served
        out.append(
            {
                "filters": filters.chosen(),
                "films": len(allowed),
                "share": round(len(allowed) / max(len(index.catalogue), 1), 5),
                "recall@10": recall,
                "recall@10_by_annoy": annoy,
                "all_satisfy": clean and also_clean,
            }
        )
    return out


def _recall(index: MovieIndex, filters: Filters, allowed: set[str]) -> tuple[float, bool]:
    """Recall@10 of search against scanning every row that passes, and whether every hit passes."""
    agreed = total = 0
    clean = True
    for sentence in SENTENCES:
        exact = {hit.movie_id for hit in index.search(sentence, filters=filters, exact=True)}
        found = {hit.movie_id for hit in index.search(sentence, filters=filters)}
        agreed += len(exact & found)
        total += len(exact)
        clean = clean and found <= allowed
    return round(agreed / max(total, 1), 4), clean


def _selections(index: MovieIndex) -> list[Filters]:
    """Filters that let through about these shares of the catalogue, from everything to one film in a thousand."""
    genres = list(index.catalogue.genres())[:12]
    spans = [(year, year + length) for year in (1950, 1972, 1985, 1994, 2003, 2011) for length in (0, 4, 14)]
    offered = [Filters(year_min=low, year_max=high) for low, high in spans]
    offered += [Filters(genres_none=(name,)) for name in genres] + [Filters(genres_any=(name,)) for name in genres]
    offered += [Filters(genres_all=(name,), year_min=low, year_max=high) for name in genres for low, high in spans]
    counts = np.asarray([index.catalogue.count(filters) for filters in offered], dtype=np.float64)
    chosen = [Filters()]
    for share in _SHARES:
        away = np.abs(np.log(np.maximum(counts, 0.1) / (share * len(index.catalogue))))
        chosen.append(offered[int(away.argmin())])
    return list(dict.fromkeys(chosen))


def evaluate_annoy(count: int, dim: int, queries: int = 300, clusters: int = 2000) -> dict[str, Any]:
    """Recall@10 and time of Annoy over `search_k` against an exact scan, on clustered unit vectors."""
    random = np.random.default_rng(3)
    centres = random.standard_normal((clusters, dim)).astype(np.float32)
    made = _near(centres, random, count)
    asked = _near(centres, random, queries)
    exact = np.argsort(-(asked @ made.T), axis=1)[:, :10]
    started = time.perf_counter()
    scanned = [made @ query for query in asked[:50]]
    scan = (time.perf_counter() - started) / len(scanned) * 1000
    rows = np.array([(number, OVERVIEW, -1, -1) for number in range(count)], dtype=ROW)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        VectorFile.write(folder, made, rows, np.zeros(count, dtype=np.float32))
        started = time.perf_counter()
        file = VectorFile.open(folder, dim, count)
        mapped = (time.perf_counter() - started) * 1000
        curve = {}
        for search_k in (3000, 6000, 12_000, 24_000, 48_000):
            agreed = 0
            taken = []
            for query, right in zip(asked, exact, strict=True):
                started = time.perf_counter()
                numbers, _ = file.nearest(query, 10, search_k)
                taken.append((time.perf_counter() - started) * 1000)
                agreed += len(set(numbers.tolist()) & set(right.tolist()))
            curve[search_k] = {
                "recall@10": round(agreed / (10 * queries), 4),
                **percentiles(taken),
                "exact_over_annoy": round(scan / float(np.mean(taken)), 1),
            }
        file.close()
    return {"vectors": count, "dim": dim, "mapped_ms": round(mapped, 1), "exact_ms": round(scan, 2), "by_search_k": curve}


def _near(centres: Vectors, random: np.random.Generator, count: int) -> Vectors:
    chosen = centres[random.integers(0, len(centres), count)]
    return unit(chosen + 0.6 * random.standard_normal(chosen.shape).astype(np.float32))
