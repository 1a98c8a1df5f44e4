"""`Films`: what genres are learned from. Knows rows and labels; does not know how they are learned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movies.movie import Movie


@dataclass
class Films:
    """What is learned from: films with genres, their labels (n, k) 0/1, and rows where there are any."""

    movies: list[Movie]
    genres: tuple[str, ...]
    labels: NDArray[np.int64]
    test: NDArray[np.bool_]
    fold: NDArray[np.int64]
    single: bool
    rows: dict[str, Any] = field(default_factory=dict)  # name → (n, d), all films; rows without the source are zero
    has: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
