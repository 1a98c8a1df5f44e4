"""`matinee evaluate identify`: is the right film named for a picture of its poster?"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from movies.errors import BadImage, BadInput
from movies.images import open_image
from rag.index import MovieIndex


def evaluate_identification(
    index: MovieIndex, rows: Path, limit: int | None = None, step: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Any]:
    """Share of posters whose film comes first, and among the first five; seconds per poster.

    A picture that can't be read counts as a miss; a row whose film is not in the catalogue is left out.
    """
    try:
        with gzip.open(rows, "rt", encoding="utf-8") if rows.suffix == ".gz" else rows.open(encoding="utf-8") as lines:
            asked = [json.loads(line) for line in lines if line.strip()][:limit]
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"{rows.name} can't be read as JSON Lines with id and file: {error}") from None
    asked = [row for row in asked if row.get("id") in index.catalogue]
    first = among = 0
    started = time.perf_counter()
    for number, row in enumerate(asked, 1):
        try:
            found = [hit.movie_id for hit in index.identify(open_image(rows.parent / row["file"]), 5)]
        except BadImage:
            found = []
        first += found[:1] == [row["id"]]
        among += row["id"] in found
        step(number, len(asked))
    n = max(1, len(asked))
    seconds = (time.perf_counter() - started) / n
    return {"n": len(asked), "top1": round(first / n, 4), "top5": round(among / n, 4), "seconds_per_poster": round(seconds, 3)}
