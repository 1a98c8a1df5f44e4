"""The builder's side of the classifiers and the forecast: trains them on the version being built, and keeps notes.

Does not know how heads are trained. A catalogue too small to learn from is no failure: the note says so.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from box_office.training import train_box_office
from classifiers.features import Features
from classifiers.training import train_genres
from classifiers.validator_training import train_validator
from index_builder.auditing import audit_staging
from index_builder.build import Progress, Staging, TrainHeads
from index_builder.cache import VectorCache
from movies.catalogue import Catalogue
from movies.errors import BadCatalogue
from rag.library import Library

_FEW_FILMS = 2000
_MADE_FOR_FEW = 500  # counterexamples drawn: as many as the posters of a small catalogue, so that a first start is quick


def trainer(negatives: Path | None, *, text_only: bool) -> TrainHeads:
    """What `build` calls to train heads; `negatives`: a folder of pictures that are no posters."""

    def train(staging: Staging, progress: Progress) -> list[str]:
        features = Features(staging.encoder, store=staging.cache, open_poster=lambda key: staging.posters.open(key))
        heads = staging.folder / "heads"
        notes = [_box_office(staging.catalogue, heads, progress)]
        try:
            trained = train_genres(staging.catalogue, features, heads, posters=not text_only, progress=progress)
            notes.append(f"Genres learned from {len(trained.films.movies)} films; report: heads/genres/report.html")
        except BadCatalogue as error:
            notes.append(f"No genre classifier: {error.message}")
        if text_only:
            return [*notes, audit_staging(staging, progress)]
        try:
            few = negatives is None and len(staging.catalogue) < _FEW_FILMS
            drawn = {"made": _MADE_FOR_FEW, "printed": 1} if few else {}
            train_validator(staging.catalogue, negatives, features, heads, **drawn, progress=progress)
            notes.append("Poster validator trained; report: heads/validator/report.html")
        except BadCatalogue as error:
            notes.append(f"No poster validator: {error.message}")
        return [*notes, audit_staging(staging, progress)]

    return train


def retrain(
    library: Library, what: str, negatives: Path | None, cache_folder: Path, progress: Progress, fine_tune: str | None = None
) -> Path:
    """Train one head of the serving version anew and put it in place by rename; returns its report, or its folder.

    Raises BadCatalogue if there is too little to learn from; the old heads then stay.
    """
    cache = VectorCache(cache_folder / "vectors.sqlite")
    target = library.heads_folder
    target.mkdir(exist_ok=True)
    try:
        features = Features(library.encoder, store=cache, open_poster=lambda key: library.posters.open(key))
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".heads-") as aside:
            if what == "box_office":
                train_box_office(library.catalogue, Path(aside), progress=progress)
            elif what == "genres":
                train_genres(library.catalogue, features, Path(aside), fine_tune=fine_tune, progress=progress)
            else:
                train_validator(library.catalogue, negatives, features, Path(aside), progress=progress)
            old = target / f".{what}.old"
            shutil.rmtree(old, ignore_errors=True)
            if (target / what).is_dir():
                (target / what).rename(old)
            (Path(aside) / what).rename(target / what)
            shutil.rmtree(old, ignore_errors=True)
    finally:
        cache.close()
    return target / what if what == "box_office" else target / what / "report.html"


def _box_office(catalogue: Catalogue, heads: Path, progress: Progress) -> str:
    try:
        trained = train_box_office(catalogue, heads, progress=progress)
    except BadCatalogue as error:
        return f"No box-office forecast: {error.message}"
    return f"Box office learned from {trained.films} films with a revenue, {trained.budgets} of them with a budget"
