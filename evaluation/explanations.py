"""`matinee evaluate explanations`: does what an explanation names first carry the genre, or any part as well?

The part that is named first is chosen with one half of the evidence and judged with the other (two
heads that see different things of it), so the figure can come out as nothing. Does not train.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ImageOps
from PIL.Image import Image

from classifiers.explaining import COLUMNS, ROWS, RegionEffect, Scored, SentenceEffect, explain_plot, explain_poster
from classifiers.features import sentences_of
from classifiers.genres import GenreClassifier
from classifiers.heads import Floats
from evaluation.genres import Input, held_out_films
from movies.encoders import Encoder
from movies.errors import BadInput
from movies.images import open_image

_FEWEST_SENTENCES = 3
_DRAWS = 1000


def evaluate_explanations(
    heads: Path, data: Path, source: Input, encoder: Encoder, limit: int, *,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> dict[str, Any]:  # fmt: skip
    """Effects on the probability of the likeliest genre when a part is taken away, over `limit` films of `data`.

    `first`: of the part that the other evidence ranks first; `random`: of a random other part;
    `difference` with a 95 % bootstrap interval over films. Sentences are ranked by words and judged
    by meaning. Regions are ranked by the picture and judged by its mirror image. Raises BadInput
    where `source` is both or no film is left.
    """
    if source == "both":
        raise BadInput("Explanations are measured for one input at a time: --input plot or --input poster.")
    classifier = GenreClassifier.load(heads, encoder)
    films, _ = held_out_films(heads, data, source, classifier, {})
    if source == "plot":
        films = [movie for movie in films if len(sentences_of(movie.plot)) >= _FEWEST_SENTENCES]
    random = np.random.default_rng(0)
    chosen = [films[place] for place in random.permutation(len(films))[:limit]]
    if not chosen:
        raise BadInput("No plot has three sentences, so there is nothing to compare. Give a file with longer plots.")
    first, others = [], []
    for done, movie in enumerate(chosen):
        if source == "plot":
            ranked, judged = _of_plot(classifier, movie.plot)
        else:
            ranked, judged = _of_poster(classifier, open_image(Path(movie.poster or "")))
        top = int(ranked.argmax())
        rest = [place for place in range(len(ranked)) if place != top]
        first.append(float(judged[top]))
        others.append(float(judged[random.choice(rest)]))
        progress("explanations", done + 1, len(chosen))
    apart = np.array(first) - np.array(others)
    means = [float(random.choice(apart, len(apart)).mean()) for _ in range(_DRAWS)]
    return {
        "input": source, "n": len(chosen), "encoder": encoder.name, "first": round(float(np.mean(first)), 4),
        "random": round(float(np.mean(others)), 4), "difference": round(float(apart.mean()), 4),
        "interval": [round(float(value), 4) for value in np.quantile(means, (0.025, 0.975))],
    }  # fmt: skip


def _of_plot(classifier: GenreClassifier, text: str) -> tuple[Floats, Floats]:
    """Effects of each sentence on the likeliest genre, by the words alone and by the meaning alone."""
    likeliest = next(iter(classifier.from_plot(text).probabilities))

    def by(part: str) -> Floats:
        def score(texts: Sequence[str]) -> Scored:
            parts = classifier.plot_parts(texts, classifier.features.plots(texts))
            return classifier.genres, classifier.likely(parts[part])

        return _effects(explain_plot(text, score).sentences, likeliest)

    return by("words"), by("meaning")


def _of_poster(classifier: GenreClassifier, image: Image) -> tuple[Floats, Floats]:
    """Effects of each region on the likeliest genre, and those of the same regions seen in a mirror."""
    meaning = classifier.features.encoder.images([image])

    def by(picture: Image, genre: str | None) -> tuple[Floats, str]:
        _, likely = classifier.posters_likely([picture], meaning)
        genre = genre or classifier.genres[int(likely[0].argmax())]
        return _effects(
            explain_poster(picture, lambda images: classifier.posters_likely(images, meaning)).regions, genre
        ), genre

    seen, likeliest = by(image, None)
    mirrored, _ = by(ImageOps.mirror(image), likeliest)
    return seen, mirrored.reshape(ROWS, COLUMNS)[:, ::-1].ravel()


def _effects(parts: Sequence[SentenceEffect | RegionEffect], genre: str) -> Floats:
    """Float32 (parts,): how far the genre falls without each; 0 where it is not among those told."""
    return np.array([part.effects.get(genre, 0.0) for part in parts], dtype=np.float32)
