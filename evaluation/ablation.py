"""What each idea of the index is worth: centring, passages, fusion, Annoy in place of a full scan.

Works on a published version: its vectors are un-centred and centred again from the manifest's means,
so that both variants see the same rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evaluation.retrieval import Ranks, percentiles
from movies.encoders import Vectors, unit
from movies.errors import BadInput
from rag.centring import centred
from rag.index import MovieIndex
from rag.passages import fit
from rag.vectors import OVERVIEW, PASSAGE, POSTER

_DEPTH = 100


def evaluate_ablation(
    index: MovieIndex, questions: Sequence[tuple[str, list[str]]], step: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """Dense search alone, in variants: raw or centred, one row per film or passages; share of posters in the top 10 rows."""
    known = [(query, {a for a in answers if a in index.catalogue}) for query, answers in questions]
    known = [(query, answers) for query, answers in known if answers]
    if not known:
        raise BadInput("None of these questions has an answer in this catalogue. Build the index from the films they ask for.")
    keys = index.view.keys
    rows_centred, rows = index.view.whole.vectors(), index.view.whole.rows
    texts = [fit(query, index.encoder) for query, _ in known]
    raw_queries = np.concatenate([index.encoder.texts(texts[start : start + 256]) for start in range(0, len(texts), 256)])
    film = np.searchsorted(keys, rows["key"])
    variants = {
        "raw": (raw_queries, _uncentred(index, rows_centred, rows)),
        "centred": (centred(raw_queries, index.means.text), np.asarray(rows_centred)),
    }
    out: dict[str, Any] = {
        "queries": len(known),
        "films": len(keys),
        "rows": len(rows),
        "poster_rows": int((rows["kind"] == POSTER).sum()),
    }
    for name, (queries, vectors) in variants.items():
        ranks = {part: Ranks() for part in ("overview only", "passages only", "all text", "all rows")}
        share = 0.0
        for number, (query, (_, answers)) in enumerate(zip(queries, known, strict=True), 1):
            cosines = vectors @ query
            top = np.argpartition(-cosines, 10)[:10]
            share += float((rows["kind"][top] == POSTER).mean())
            wanted = {index.catalogue.key(answer) for answer in answers}
            masks = {
                "overview only": rows["kind"] == OVERVIEW, "passages only": rows["kind"] == PASSAGE,
                "all text": rows["kind"] != POSTER, "all rows": np.ones(len(rows), dtype=bool),
            }  # fmt: skip
            for part, mask in masks.items():
                best = np.full(len(keys), -2.0, dtype=np.float32)
                np.maximum.at(best, film[mask], cosines[mask])
                ranks[part].add([int(keys[place]) for place in np.argsort(-best, kind="stable")[:_DEPTH]], wanted)
            step(number, len(known))
        out[name] = {part: figures.figures() for part, figures in ranks.items()} | {
            "posters_in_top10": round(share / len(known), 4)
        }
    out["pictures"] = _pictures(index, rows_centred, rows, film)
    out["annoy"] = _annoy(index, variants["centred"][0][:200])
    return out


def _annoy(index: MovieIndex, queries: Vectors) -> dict[int, dict[str, float]]:
    """Recall@10 and time of the published Annoy file against scanning its rows, over `search_k`, for real questions."""
    exact = np.argsort(-(queries @ np.asarray(index.file.vectors).T), axis=1)[:, :10]
    out = {}
    for search_k in (3000, 6000, 12_000, 24_000, 48_000, 96_000):
        taken, agreed = [], 0
        for query, right in zip(queries, exact, strict=True):
            started = time.perf_counter()
            found, _ = index.file.nearest(query, 10, search_k)
            taken.append((time.perf_counter() - started) * 1000)
            agreed += len(set(found.tolist()) & set(right.tolist()))
        out[search_k] = {"recall@10": round(agreed / max(exact.size, 1), 4), **percentiles(taken)}
    return out


def _uncentred(index: MovieIndex, vectors: Vectors, rows: Any) -> Vectors:
    """The rows as the encoder gave them. Centring is x = (v − m)/|v − m| with |v| = 1, so v = m + s·x with
    s the positive root of |m + s·x| = 1."""
    means = np.where((rows["kind"] == POSTER)[:, None], index.means.image, index.means.text)
    along = (vectors * means).sum(axis=1)
    length = -along + np.sqrt(np.maximum(along**2 - (means**2).sum(axis=1) + 1, 0))
    return unit(means + length[:, None] * vectors)


def _pictures(index: MovieIndex, vectors: Vectors, rows: Any, film: Any) -> dict[str, Any]:
    """Posters as questions, raw and centred: rank of the right film's text among films with posters, and the share of
    posters among the ten nearest other rows."""
    posters = np.flatnonzero(rows["kind"] == POSTER)[:2000]
    if len(posters) < 10:
        return {}
    overviews = np.flatnonzero((rows["kind"] == OVERVIEW) & np.isin(rows["key"], rows["key"][posters]))
    raw = _uncentred(index, np.asarray(vectors), rows)
    out = {}
    for name, rows_of in (("raw", raw), ("centred", np.asarray(vectors))):
        cosines = rows_of[posters] @ rows_of[overviews].T
        own = cosines[film[posters][:, None] == film[overviews][None, :]]
        rank = (cosines > own[:, None]).sum(axis=1) + 1
        out[name] = {
            "median_rank": float(np.median(rank)),
            "of": len(overviews),
            "recall@10": round(float((rank <= 10).mean()), 4),
            "posters_in_top10": _posters_near(rows_of, rows, posters[:500]),
        }
    return out


def _posters_near(vectors: Vectors, rows: Any, posters: Any) -> float:
    cosines = vectors[posters] @ vectors.T
    cosines[np.arange(len(posters)), posters] = -2  # not itself
    top = np.argpartition(-cosines, 10, axis=1)[:, :10]
    return round(float((rows["kind"][top] == POSTER).mean()), 4)
