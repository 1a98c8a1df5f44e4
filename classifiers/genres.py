"""Genres of a film from its plot, its poster or both, in service.

    classifier = GenreClassifier.load(folder, encoder)
    classifier.from_plot("A shark terrorises a beach town.").chosen

Each source is a few linear heads whose scores are weighed and calibrated per genre; the fused
answer weighs the two sources and says how much came from each. Before any training the encoder
itself is asked (zero-shot). Knows arrays and pictures; does not train (`classifiers/training.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from classifiers.explaining import Explanation, explain_plot, explain_poster
from classifiers.eyes import DIM, LOOK, Eyes
from classifiers.features import Features, reads
from classifiers.heads import Blend, Floats, Linear, load_heads, sigmoid, softmax
from classifiers.words import Vocabulary
from movies.encoders import Encoder, Vectors, unit
from movies.errors import BadInput, IndexMismatch, ModelMissing

TRAIN = "matinee train genres"
_PROMPTS = ("a {} film", "{} movie", "the poster of a {} film", "a story of the {} genre")
_ZERO_SHOT_SHARPNESS = 2.0


@dataclass(frozen=True)
class Prediction:
    """What a source says about a film's genres.

    `probabilities` genre → 0–1, most likely first; `chosen` genres over their thresholds, empty if
    it `abstained` (the likeliest genre is below the stated confidence); `plausible` is the set that
    holds `coverage` of the true genres on average; `weights` says how much each source counted.
    """

    probabilities: dict[str, float]
    chosen: tuple[str, ...]
    abstained: bool
    plausible: tuple[str, ...] = ()
    coverage: float | None = None
    weights: dict[str, float] = field(default_factory=dict)
    explanation: Explanation | None = None
    calibrated: bool = True


@dataclass(frozen=True)
class Decision:
    """How scores of one source become an answer: `thresholds` (k,), `set_bound`, `abstain_below`, `coverage`."""

    thresholds: Floats
    set_bound: float
    abstain_below: float
    coverage: float

    def decide(self, likely: Floats) -> NDArray[np.bool_]:
        """Rows (n, k) of probabilities → which are chosen: those over their threshold, or the one nearest to it."""
        over = likely >= self.thresholds
        bare = np.flatnonzero(~over.any(axis=1))
        over[bare, np.argmax(likely[bare] / np.maximum(self.thresholds, 1e-6), axis=1)] = True
        return np.asarray(over)


class GenreClassifier:
    """Genres over the catalogue's own vocabulary. Thread-safe: it holds arrays that nobody changes."""

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, Any], features: Features) -> None:
        self.manifest = manifest
        self.genres: tuple[str, ...] = tuple(manifest["genres"])
        self.single = bool(manifest["single"])
        self.features = features
        self._arrays = arrays
        self._zero_shot: Vectors | None = None
        self._heads = {name: Linear.of(arrays, name) for name in manifest["heads"]}
        self._blends = {name: Blend.of(arrays, name) for name in manifest["blends"]}
        self._decisions = {
            name: Decision(arrays[f"{name}.thresholds"], values["set_bound"], values["abstain_below"], values["coverage"])
            for name, values in manifest["decisions"].items()
        }
        if "plot.words" in self._heads:
            self._vocabulary = Vocabulary(arrays["vocabulary.hashes"], arrays["vocabulary.idf"])

    @classmethod
    def load(cls, folder: Path, encoder: Encoder, features: Features | None = None) -> GenreClassifier:
        """The heads in `folder/genres` (or in `folder` itself). Raises ModelMissing or IndexMismatch."""
        inner = folder / "genres" if (folder / "genres").is_dir() else folder
        manifest, arrays = load_heads(inner, encoder.name, TRAIN)
        features = features or Features(encoder)
        if manifest.get("eyes") not in (None, features.eyes.name):
            raise IndexMismatch(f"The genre heads were trained on other picture features. Run: {TRAIN}")
        try:
            if manifest.get("tuned"):
                features = replace(features, eyes=_tuned_eyes(inner, manifest))
            return cls(manifest, arrays, features)
        except (KeyError, TypeError) as error:
            raise IndexMismatch(f"The genre heads are damaged ({error} is missing). Run: {TRAIN}") from None

    @classmethod
    def zero_shot(cls, genres: Sequence[str], encoder: Encoder, features: Features | None = None) -> GenreClassifier:
        """A classifier without heads: the encoder compares with the genres' names. Not calibrated."""
        if not genres:
            raise ModelMissing("The catalogue names no genres, so there is nothing to predict. Import films with genres.")
        manifest = {"genres": list(genres), "single": False, "heads": [], "blends": [], "decisions": {}}
        return cls(manifest, {}, features or Features(encoder))

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources with trained heads: plot, poster, both."""
        return tuple(self._decisions)

    # -- answers -------------------------------------------------------------------------------

    def from_plot(self, text: str, explain: bool = False) -> Prediction:
        """Genres from a plot. Raises BadInput for a text without words."""
        rows = self.features.plots([_readable(text)])
        if "plot" not in self._decisions:
            return self._guess(self.features.meaning(rows))
        logits = self.plot_logits([text], rows)[0]
        explanation = explain_plot(text, self._plots_likely) if explain else None
        return self._answer("plot", logits, {"plot": 1.0}, explanation)

    def from_poster(self, image: Image, explain: bool = False) -> Prediction:
        """Genres from a poster (RGB)."""
        meaning = self.features.encoder.images([image])
        if "poster" not in self._decisions:
            return self._guess(meaning)
        logits = self.poster_logits(meaning, self.features.eyes.rows([image]))[0]
        explanation = explain_poster(image, lambda images: self.posters_likely(images, meaning)) if explain else None
        return self._answer("poster", logits, {"poster": 1.0}, explanation)

    def from_both(self, image: Image | None, text: str | None, explain: bool = False) -> Prediction:
        """Genres from whatever is there; `weights` says how much each source counted. Raises BadInput for neither."""
        text = text if text and has_words(text) else None
        if image is None:
            if text is None:
                raise BadInput("Send a plot, a poster, or both.")
            return self.from_plot(text, explain)
        if text is None:
            return self.from_poster(image, explain)
        plot, poster = self.features.plots([text]), self.features.encoder.images([image])
        if not {"plot", "poster"} <= set(self._decisions):
            return self._guess(np.concatenate([self.features.meaning(plot), poster]))
        plot_logits = self.plot_logits([text], plot)[0]
        poster_logits = self.poster_logits(poster, self.features.eyes.rows([image]))[0]
        if "both" not in self._decisions:  # too few films have both; the plot is the better witness
            return self._answer("plot", plot_logits, {"plot": 1.0, "poster": 0.0}, None)
        logits = self.fused_logits(plot_logits[None], poster_logits[None])[0]
        explanation = None
        if explain:
            words = explain_plot(text, self._plots_likely)
            seen = explain_poster(image, lambda images: self.posters_likely(images, poster))
            explanation = Explanation(words.sentences, seen.regions)
        return self._answer("both", logits, self._shares(plot_logits, poster_logits), explanation)

    # -- scores (also used by training, evaluation and audit) ----------------------------------

    def plot_logits(self, texts: Sequence[str], rows: Vectors) -> Floats:
        """Calibrated log-odds (n, k) of plots with their rows (`Features.plots`)."""
        return self._blends["plot"](*self._plot_scores(texts, rows))

    def plot_parts(self, texts: Sequence[str], rows: Vectors) -> dict[str, Floats]:
        """Log-odds (n, k) as each part alone moves them from the usual: the meaning (with the layers below), and the words."""
        blend = self._blends["plot"]
        *meant, said = blend.moves(*self._plot_scores(texts, rows))
        return {"meaning": np.sum(meant, axis=0) + blend.bias, "words": said + blend.bias}

    def _plot_scores(self, texts: Sequence[str], rows: Vectors) -> list[Floats]:
        """Scores (n, k) of each head on plots, in the order in which they were weighed."""
        scores = [self._heads["plot.meaning"](self.features.meaning(rows))]
        if "plot.layers" in self._heads:
            scores.append(self._heads["plot.layers"](self.features.layers(rows)))
        return [*scores, np.stack([self._word_logits(text) for text in texts])]

    def poster_logits(self, meanings: Vectors, looks: Vectors) -> Floats:
        """Calibrated log-odds (n, k) of posters with their encoder rows and the eyes' rows."""
        parts = [self._heads["poster.meaning"](meanings), self._heads["poster.look"](looks[:, LOOK])]
        if self.manifest.get("tuned"):
            parts.append(looks[:, DIM:])
        return self._blends["poster"](*parts)

    def fused_logits(self, plots: Floats, posters: Floats) -> Floats:
        """Calibrated log-odds (n, k) from both sources' log-odds."""
        return self._blends["both"](plots, posters)

    def posters_likely(self, images: Sequence[Image], meaning: Vectors) -> tuple[tuple[str, ...], Floats]:
        """Genres and probabilities of copies of one poster whose encoder row is `meaning`.

        The eyes look at each; reading each anew costs too much where the encoder reads.
        """
        again = not reads(self.features.encoder)
        meanings = self.features.encoder.images(images) if again else np.repeat(meaning, len(images), axis=0)
        return self.genres, self.likely(self.poster_logits(meanings, self.features.eyes.rows(images)))

    def likely(self, logits: Floats) -> Floats:
        """Probabilities (n, k) of log-odds."""
        return softmax(logits) if self.single else sigmoid(logits)

    def decision(self, source: str) -> Decision:
        """How the source's scores become an answer. Raises ModelMissing if it was not trained."""
        if source not in self._decisions:
            raise ModelMissing(f"These heads know no genres from {source}: too few films had one. Run: {TRAIN}")
        return self._decisions[source]

    def _word_logits(self, text: str) -> Floats:
        head = self._heads["plot.words"]
        columns, values = self._vocabulary.row(text)
        return np.asarray(values @ head.weights[columns] + head.bias, dtype=np.float32)

    def _plots_likely(self, texts: Sequence[str]) -> tuple[tuple[str, ...], Floats]:
        return self.genres, self.likely(self.plot_logits(texts, self.features.plots(texts)))

    def _shares(self, plot: Floats, poster: Floats) -> dict[str, float]:
        """How much each source moved the fused scores, as shares of 1."""
        parts = [np.abs(moved).sum() for moved in self._blends["both"].moves(plot[None], poster[None])]
        total = float(sum(parts)) or 1.0
        share = round(float(parts[0]) / total, 3)
        return {"plot": share, "poster": round(1 - share, 3)}

    def _answer(self, source: str, logits: Floats, weights: dict[str, float], explanation: Explanation | None) -> Prediction:
        decision = self._decisions[source]
        likely = self.likely(logits)
        order = np.argsort(-likely, kind="stable")
        abstained = bool(likely[order[0]] < decision.abstain_below)
        over = decision.decide(likely[None])[0]
        columns = order[:1] if self.single else [column for column in order if over[column]]
        return Prediction(
            probabilities={self.genres[column]: float(likely[column]) for column in order},
            chosen=() if abstained else tuple(self.genres[column] for column in columns),
            abstained=abstained,
            plausible=tuple(self.genres[column] for column in order if likely[column] >= decision.set_bound),
            coverage=decision.coverage,
            weights=weights,
            explanation=explanation,
        )

    def _guess(self, vectors: Vectors) -> Prediction:
        """Zero-shot: genres whose name lies nearer than usual; log-odds are not calibrated."""
        if self._zero_shot is None:
            prompts = [prompt.format(genre.lower()) for genre in self.genres for prompt in _PROMPTS]
            rows = self.features.encoder.texts(prompts).reshape(len(self.genres), len(_PROMPTS), -1)
            self._zero_shot = unit(rows.mean(axis=1))
        near = (vectors @ self._zero_shot.T).mean(axis=0)
        standing = (near - near.mean()) / max(float(near.std()), 1e-6)
        likely = sigmoid(_ZERO_SHOT_SHARPNESS * (standing - 1.0))
        order = np.argsort(-likely, kind="stable")
        names = [self.genres[column] for column in order]
        chosen = tuple(self.genres[column] for column in order[:3] if likely[column] >= 0.5) or (names[0],)
        return Prediction({self.genres[column]: float(likely[column]) for column in order}, chosen, False, calibrated=False)


def _tuned_eyes(folder: Path, manifest: dict[str, Any]) -> Eyes:
    """Eyes that also ask the network fine-tuned on this catalogue's posters."""
    from movies.sight import Tuned  # torch: only where a network was fine-tuned

    tuned = manifest["tuned"]
    network = Tuned(folder / "tuned.safetensors", tuned["architecture"], len(manifest["genres"]))
    return Eyes(network, f"tuned:{tuned['sha256'][:8]}")


def has_words(text: str) -> bool:
    """Whether a text holds anything a plot could be made of."""
    return any(char.isalpha() for char in text[:100_000])


def _readable(text: str) -> str:
    if not has_words(text):
        raise BadInput("The plot has no words. Send a sentence or two about what happens in the film.")
    return text
