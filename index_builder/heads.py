"""The builder's side of the classifiers: trains them on the version being built, and keeps notes.

Does not know how heads are trained. A catalogue too small to learn from is no failure: the note says so.
"""

from __future__ import annotations

from pathlib import Path

from classifiers.features import Features
from classifiers.training import train_genres
from classifiers.validator_training import train_validator
from index_builder.build import Progress, Staging, TrainHeads
from movies.errors import BadCatalogue
from movies.images import open_image


def trainer(negatives: Path | None, *, text_only: bool) -> TrainHeads:
    """What `build` calls to train heads; `negatives`: a folder of pictures that are no posters."""

    def train(staging: Staging, progress: Progress) -> list[str]:
        features = Features(staging.encoder, store=staging.cache, open_poster=lambda key: open_image(staging.posters.path(key)))
        heads = staging.folder / "heads"
        notes = []
        try:
            trained = train_genres(staging.catalogue, features, heads, posters=not text_only, progress=progress)
            notes.append(f"Genres learned from {len(trained.films.movies)} films; report: heads/genres/report.html")
        except BadCatalogue as error:
            notes.append(f"No genre classifier: {error.message}")
        if text_only:
            return notes
        try:
            train_validator(staging.catalogue, negatives, features, heads, progress=progress)
            notes.append("Poster validator trained; report: heads/validator/report.html")
        except BadCatalogue as error:
            notes.append(f"No poster validator: {error.message}")
        return notes

    return train
