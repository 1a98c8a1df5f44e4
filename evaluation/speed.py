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
            timed("words", partial(index.words.scores, word_weights(plan.query)))
            if not question.empty:
                timed("rank", partial(index.ranked, question, plan.filters))
    means = {stage: round(float(np.mean(values)), 2) for stage, values in stages.items()}
    return {
        "films": len(index.catalogue),
        **percentiles(whole),
        "stages_mean": means,
        "encode_share": round(means["encode"] / float(np.mean(whole)), 3),
    }


def _filtered(index: MovieIndex) -> list[dict[str, Any]]:
    """Recall@10 of the served search against scanning everything, from all films to a handful."""
    genres = list(index.catalogue.genres())
    choices = [
        Filters(),
        Filters(year_min=1980),
        Filters(genres_none=tuple(genres[:1])),
        Filters(genres_any=tuple(genres[:1]), year_min=1990),
    ]
    choices += [Filters(genres_any=(genre,)) for genre in genres[2:12:3]]
    choices += [Filters(year_min=1994, year_max=1994, genres_any=tuple(genres[:2]))]
    out = []
    for filters in choices:
        allowed = set(index.catalogue.filter(filters))
        agreed = total = 0
        clean = True
        for sentence in SENTENCES:
            exact = [hit.movie_id for hit in index.search(sentence, filters=filters, exact=True)]
            found = [hit.movie_id for hit in index.search(sentence, filters=filters)]
            agreed += len(set(exact) & set(found))
            total += len(exact)
            clean = clean and set(found) <= allowed
        out.append(
            {
                "filters": filters.chosen(),
                "films": len(allowed),
                "recall@10": round(agreed / max(total, 1), 4),
                "all_satisfy": clean,
            }
        )
    return out


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
        VectorFile.write(folder, made, rows)
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
