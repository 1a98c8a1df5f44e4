"""`matinee evaluate retrieval`: does search find the film that was meant?

Questions with known answers run through the product's own path (reading the sentence, all legs,
fusion), and through each leg alone. The baseline is plain BM25: stop words removed, every word once,
title + year + genres + plot. Does not know where questions come from.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from movies.errors import BadInput
from rag.index import MovieIndex
from rag.lexical import plain_query
from rag.ranking import carry_out
from rag.reading.understanding import Vocabulary, understand

_DEPTH = 100


@dataclass
class Ranks:
    """Measures over questions: nDCG@10 (binary gains, Järvelin & Kekäläinen 2002), success@k, reciprocal rank."""

    ndcg: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)

    def add(self, found: Sequence[Any], answers: set[Any]) -> None:
        """`found`: ids, best first, at least 100 deep; `answers`: the right ones."""
        places = [place for place, movie in enumerate(found) if movie in answers]
        gain = sum(1 / np.log2(place + 2) for place in places if place < 10)
        ideal = sum(1 / np.log2(place + 2) for place in range(min(10, len(answers))))
        self.ndcg.append(gain / ideal if ideal else 0.0)
        self.first.append(places[0] if places else np.inf)

    def figures(self) -> dict[str, float]:
        first = np.asarray(self.first)
        named = {"ndcg@10": float(np.mean(self.ndcg)) if self.ndcg else 0.0}
        named |= {f"success@{k}": float((first < k).mean()) if len(first) else 0.0 for k in (1, 10, 100)}
        named["mrr"] = float((1 / (first + 1)).mean()) if len(first) else 0.0
        return {name: round(value, 4) for name, value in named.items()}


def read_questions(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(query, answers) of each line of a JSON Lines file, gzip by ending. Raises BadInput with the line."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    row = json.loads(line)
                    yield str(row["query"]), [str(answer) for answer in row["answers"]]
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise BadInput(f"{path.name} can't be read as questions (JSON Lines with query and answers): {error!r}") from None


def evaluate_retrieval(
    index: MovieIndex, questions: Sequence[tuple[str, list[str]]], step: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """The contract's figures: fused search, every leg alone, latency in ms.

    Questions none of whose answers is in the catalogue are left out, as no search could answer them.
    """
    vocabulary = Vocabulary.of(index.catalogue)
    fused = Ranks()
    legs: dict[str, Ranks] = {}
    taken: list[float] = []
    asked = [(query, known) for query, answers in questions if (known := {a for a in answers if a in index.catalogue})]
    index.search("warm up")
    for number, (query, answers) in enumerate(asked, 1):
        keys = {index.catalogue.key(answer) for answer in answers}
        started = time.perf_counter()
        read = understand(query, vocabulary)
        screening = carry_out(
            index, read.plan, k=_DEPTH, clues=[(clue.text, clue.weight) for clue in read.clues if not clue.negated]
        )
        taken.append((time.perf_counter() - started) * 1000)
        fused.add([hit.movie_id for hit in screening.hits], answers)
        for name, ranked in _legs(index, query):
            legs.setdefault(name, Ranks()).add(ranked, keys)
        step(number, len(asked))
    figures: dict[str, Any] = {"queries": len(asked), "pool": len(index.catalogue), **fused.figures()}
    figures["legs"] = {name: ranks.figures() for name, ranks in legs.items()}
    figures["latency_ms"] = percentiles(taken)
    return figures


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """p50 and p95, rounded to a hundredth."""
    if not milliseconds:
        return {"p50": 0.0, "p95": 0.0}
    return {f"p{p}": round(float(np.percentile(milliseconds, p)), 2) for p in (50, 95)}


def _legs(index: MovieIndex, query: str) -> Iterator[tuple[str, list[int]]]:
    """Film keys as plain BM25 and each dense leg alone would rank them."""
    plain = index.catalogue.words(plain_query(query), _DEPTH, weights=(1.0, 0.0, 1.0, 1.0))
    yield "bm25", [key for key, _ in plain]
    found, _ = index.ranked(index.question(query), exact=True)
    for name, scores in (
        ("overview", found.overview),
        ("passage", found.passage),
        ("keywords", found.keywords),
        ("poster", found.poster),
        ("words", found.bm25),
    ):
        if scores is not None and np.isfinite(scores).any() and np.nanmax(scores) != np.nanmin(scores):
            order = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")[:_DEPTH]
            yield name, [int(found.keys[row]) for row in order]
