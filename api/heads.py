"""`Heads`: the classifiers and the forecast of the version that serves, opened anew when another version takes over.

What a version was built without is None. Does not know what a classifier says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from box_office.forecast import Forecaster
from classifiers.genres import GenreClassifier
from classifiers.validator import PosterValidator
from movies.errors import ModelMissing
from rag.library import Library

T = TypeVar("T")


@dataclass(frozen=True)
class _Opened:
    state: tuple[Path, int]  # the folder, and when a head was last put there
    genres: GenreClassifier | None
    validator: PosterValidator | None
    box_office: Forecaster | None


class Heads:
    """`genres`, `validator` and `box_office` of the serving version, or None. Thread-safe."""

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

    @property
    def box_office(self) -> Forecaster | None:
        return self._current().box_office

    def _current(self) -> _Opened:
        folder = self._library.heads_folder
        state = (folder, folder.stat().st_mtime_ns if folder.is_dir() else 0)
        opened = self._opened
        if opened is None or opened.state != state:
            with self._lock:
                if self._opened is None or self._opened.state != state:
                    self._opened = self._open(folder, state)
                opened = self._opened
        return opened

    def _open(self, folder: Path, state: tuple[Path, int]) -> _Opened:
        if not folder.is_dir():
            self._say("Classifiers: none yet; they serve as soon as they are trained (matinee train genres, for one).")
            return _Opened(state, None, None, None)
        encoder = self._library.encoder
        return _Opened(
            state,
            self._try(lambda: GenreClassifier.load(folder, encoder)),
            self._try(lambda: PosterValidator.load(folder, encoder)),
            self._try(lambda: Forecaster.load(folder)),
        )

    def _try(self, load: Callable[[], T]) -> T | None:
        try:
            return load()
        except ModelMissing as error:  # the API serves without; asking for it says the command
            self._say(error.message)
            return None
