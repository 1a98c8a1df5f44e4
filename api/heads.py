"""`Heads`: the classifiers of the version that serves, opened anew when another version takes over.

What a version was built without is None. Does not know what a classifier says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from classifiers.genres import GenreClassifier
from classifiers.validator import PosterValidator
from movies.encoders import Encoder
from movies.errors import ModelMissing
from rag.library import Library

T = TypeVar("T")


@dataclass(frozen=True)
class _Opened:
    folder: Path
    genres: GenreClassifier | None
    validator: PosterValidator | None


class Heads:
    """`genres` and `validator` of the serving version, or None. Thread-safe."""

    def __init__(self, library: Library, say: Callable[[str], None] = lambda _: None) -> None:
        self._library = library
        self._say = say
        self._lock = threading.Lock()
        self._opened: _Opened | None = None

    @property
    def genres(self) -> GenreClassifier | None:
        return self._current().genres

    @property
    def validator(self) -> PosterValidator | None:
        return self._current().validator

    def _current(self) -> _Opened:
        folder = self._library.heads_folder
        opened = self._opened
        if opened is None or opened.folder != folder:
            with self._lock:
                if self._opened is None or self._opened.folder != folder:
                    encoder = self._library.encoder
                    self._opened = _Opened(
                        folder,
                        self._try(GenreClassifier.load, folder, encoder),
                        self._try(PosterValidator.load, folder, encoder),
                    )
                opened = self._opened
        return opened

    def _try(self, load: Callable[[Path, Encoder], T], folder: Path, encoder: Any) -> T | None:
        try:
            return load(folder, encoder)
        except ModelMissing as error:  # the API serves without; asking for it says the command
            self._say(error.message)
            return None
