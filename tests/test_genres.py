"""Genres from plots and posters: learned, saved, loaded, answered, explained, evaluated."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classifiers.eyes import DIM
from classifiers.features import Features, sentences_of, windows_of
from classifiers.figures import auroc, average_precision, calibration_error, multilabel_figures
from classifiers.fitting import Imbalance, best_thresholds, fit_linear, set_bound, stratified_parts
from classifiers.genres import GenreClassifier
from classifiers.heads import load_heads, save_heads
from classifiers.training import GenreTraining, gather, train_genres
from classifiers.tuning import tune
from classifiers.words import Vocabulary
from evaluation.genres import evaluate_genres
from movies.errors import BadCatalogue, BadImage, BadInput, IndexMismatch, ModelMissing
from movies.images import open_image
from movies.movie import Movie
from tests.encoders import HashedEncoder
from tests.pictures import hundred_megapixels, odd_pictures

WORDS = {
    "Horror": ("ghost", "haunted", "scream", "blood", "cellar"),
    "Romance": ("kiss", "wedding", "lovers", "letter", "heart"),
    "Western": ("sheriff", "saloon", "horse", "outlaw", "ranch"),
}
COLOURS = {"Horror": (20, 10, 30), "Romance": (230, 120, 150), "Western": (220, 180, 90)}
FILLER = "a man and a woman in the town find that nothing is as it was before".split()


def _films(count: int = 150, single: bool = False) -> list[Movie]:
    random = np.random.default_rng(3)
    films = []
    for number in range(count):
        names = list(random.choice(list(WORDS), 1 if single or number % 3 else 2, replace=False))
        words = [str(word) for name in names for word in random.choice(WORDS[name], 3)]
        plot = " ".join(random.permutation([*words, *random.choice(FILLER, 6)])) + ". The end comes slowly."
        films.append(
            Movie(id=f"f{number}", title=f"Film {number}", year=1990, plot=plot, genres=tuple(names), poster=f"{number}")
        )
    return films


def _poster(movie: Movie) -> Image.Image:
    random = np.random.default_rng(int(movie.id[1:]))
    pixels = random.normal(np.array(COLOURS[movie.genres[0]]), 14, (96, 64, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[GenreTraining, Path]:
    films = _films()
    by_name = {movie.poster or "": movie for movie in films}
    features = Features(HashedEncoder(), open_poster=lambda name: _poster(by_name[name]))
    folder = tmp_path_factory.mktemp("heads")
    return train_genres(films, features, folder), folder


@pytest.fixture(scope="module")
def classifier(trained: tuple[GenreTraining, Path]) -> GenreClassifier:
    return GenreClassifier.load(trained[1], HashedEncoder())


def test_plot_poster_and_both_name_the_genre(classifier: GenreClassifier) -> None:
    plot = "The sheriff rides his horse from the saloon to the ranch to find the outlaw."
    image = Image.new("RGB", (64, 96), COLOURS["Western"])
    for answer in (classifier.from_plot(plot), classifier.from_poster(image), classifier.from_both(image, plot)):
        assert next(iter(answer.probabilities)) == "Western"
        assert answer.chosen[0] == "Western"
        assert not answer.abstained
        assert "Western" in answer.plausible
        assert list(answer.probabilities.values()) == sorted(answer.probabilities.values(), reverse=True)


def test_fused_answer_says_how_much_came_from_each(classifier: GenreClassifier) -> None:
    plot, image = "A ghost screams in the haunted cellar.", Image.new("RGB", (64, 96), COLOURS["Horror"])
    weights = classifier.from_both(image, plot).weights
    assert set(weights) == {"plot", "poster"}
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) > 0


def test_missing_source_is_no_worse_than_the_other_alone(classifier: GenreClassifier) -> None:
    plot, image = "Lovers kiss at the wedding.", Image.new("RGB", (64, 96), COLOURS["Romance"])
    assert classifier.from_both(None, plot).probabilities == classifier.from_plot(plot).probabilities
    assert classifier.from_both(image, "  ").probabilities == classifier.from_poster(image).probabilities
    with pytest.raises(BadInput):
        classifier.from_both(None, None)


def test_explanation_finds_the_sentence_and_the_region(classifier: GenreClassifier) -> None:
    plot = "It is a quiet day in the town. The ghost screams in the haunted cellar full of blood. A man goes home."
    effects = classifier.from_plot(plot, explain=True).explanation
    assert effects is not None
    strongest = max(effects.sentences, key=lambda part: part.effects["Horror"])
    assert "ghost" in strongest.text
    image = Image.new("RGB", (90, 120), COLOURS["Western"])
    seen = classifier.from_poster(image, explain=True).explanation
    assert seen is not None
    assert len(seen.regions) == 12
    assert sum(part.width * part.height for part in seen.regions) == pytest.approx(1, abs=1e-3)


def test_held_out_figures_beat_the_constant(trained: tuple[GenreTraining, Path]) -> None:
    figures = trained[0].figures
    for source in ("plot", "poster", "both"):
        own = figures["sources"][source]
        assert own["mAP"] > own["constant"]["mAP"] + 0.2, source
        assert own["intervals"]["mAP"][0] > own["constant"]["mAP"], source
    learned = set((trained[1] / "genres" / "learned_from.txt").read_text().split())
    held_out = set(trained[0].classifier.manifest["held_out"])
    assert learned
    assert held_out
    assert not learned & held_out


def test_training_twice_gives_the_same_arrays(trained: tuple[GenreTraining, Path], tmp_path: Path) -> None:
    films = _films()
    train_genres(films, Features(HashedEncoder()), tmp_path / "one", posters=False)
    train_genres(films, Features(HashedEncoder()), tmp_path / "two", posters=False)
    one, two = (tmp_path / name / "genres" / "heads.npz" for name in ("one", "two"))
    with np.load(one, allow_pickle=False) as first, np.load(two, allow_pickle=False) as second:
        assert first.files == second.files
        assert all(np.array_equal(first[name], second[name]) for name in first.files)


def test_report_is_escaped_and_complete(tmp_path: Path) -> None:
    films = [movie.model_copy(update={"title": f"<script>alert({movie.id})</script>"}) for movie in _films(90)]
    train_genres(films, Features(HashedEncoder()), tmp_path, posters=False)
    page = (tmp_path / "genres" / "report.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "Model card" in page
    report = json.loads((tmp_path / "genres" / "report.json").read_text())
    plot = report["sources"]["plot"]
    assert {"precision", "recall", "f1", "ap", "threshold"} <= set(plot["per_genre"]["Horror"])
    assert plot["reliability"]
    assert plot["worst"]


def test_one_genre_per_film_gives_probabilities_that_sum_to_one(tmp_path: Path) -> None:
    made = train_genres(_films(200, single=True), Features(HashedEncoder()), tmp_path, posters=False)
    answer = made.classifier.from_plot("The sheriff and the outlaw meet at the saloon.")
    assert made.classifier.single
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert answer.chosen == ("Western",)
    assert made.figures["sources"]["plot"]["accuracy"] > 0.8
    assert made.figures["sources"]["plot"]["top3"] == 1


@pytest.mark.parametrize("kind", ["none", "weighted", "oversampled", "asymmetric"])
def test_every_remedy_for_imbalance_learns(kind: Imbalance) -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(600, 8)).astype(np.float32)
    labels = (rows[:, :2] + random.normal(size=(600, 2)) * 0.3 > 1.3).astype(int)
    head = fit_linear(rows[:400], labels[:400], 1e-3, imbalance=kind)
    assert auroc(head(rows[400:])[:, 0], labels[400:, 0] > 0) > 0.9


def test_gradients_match_differences() -> None:
    """The fit is at a minimum: no small step lowers the loss."""
    random = np.random.default_rng(0)
    rows, labels = random.normal(size=(80, 3)).astype(np.float32), random.integers(0, 2, (80, 2))
    head = fit_linear(rows, labels, 0.1, scaled=False, rounds=300)

    def loss(weights: np.ndarray) -> float:
        logits = rows @ weights + head.bias
        return float((np.logaddexp(0, logits) - labels * logits).sum() / 80 + 0.05 * (weights**2).sum())

    for _ in range(20):
        step = random.normal(size=head.weights.shape) * 0.02
        assert loss(head.weights + step) > loss(head.weights) - 1e-6


def test_no_training_answers_by_the_genres_names() -> None:
    classifier = GenreClassifier.zero_shot(["Horror", "Western"], HashedEncoder())
    answer = classifier.from_plot("a western film about a horse")
    assert next(iter(answer.probabilities)) == "Western"
    assert not answer.calibrated
    with pytest.raises(ModelMissing):
        classifier.decision("plot")
    with pytest.raises(ModelMissing):
        GenreClassifier.zero_shot([], HashedEncoder())


@pytest.mark.parametrize(
    "text", ["ghost", "призрак в подвале кричит", "👻 haunted 👻", "gh" * 600_000, "ghost screams. " * 70_000, "1 2 3 four"]
)
def test_odd_plots_get_an_answer(classifier: GenreClassifier, text: str) -> None:
    answer = classifier.from_plot(text, explain=True)
    assert all(0 <= value <= 1 for value in answer.probabilities.values())


@pytest.mark.parametrize("text", ["", "   \n", "👻👻", "1234 !!"])
def test_plots_without_words_are_refused(classifier: GenreClassifier, text: str) -> None:
    with pytest.raises(BadInput, match="no words"):
        classifier.from_plot(text)


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (300, 300)])
def test_odd_pictures_get_an_answer(classifier: GenreClassifier, size: tuple[int, int]) -> None:
    answer = classifier.from_poster(Image.new("RGB", size, (10, 200, 30)), explain=True)
    assert all(np.isfinite(value) for value in answer.probabilities.values())


@pytest.mark.parametrize("name", sorted(odd_pictures()))
def test_every_kind_of_picture_gets_an_answer(classifier: GenreClassifier, name: str) -> None:
    answer = classifier.from_poster(open_image(odd_pictures()[name]))
    assert sum(answer.probabilities.values()) > 0


def test_a_picture_too_large_to_unpack_is_refused_in_words() -> None:
    with pytest.raises(BadImage, match="pixels"):
        open_image(hundred_megapixels())


def test_one_answer_takes_two_milliseconds_besides_the_encoder(classifier: GenreClassifier) -> None:
    text = "a ghost in the cellar screams and two lovers kiss at the wedding on the ranch"
    plot = classifier.features.plots([text])
    poster = classifier.features.encoder.images([_poster(_films(1)[0])])
    look = classifier.features.eyes.rows([_poster(_films(1)[0])])
    took = []
    for _ in range(60):
        start = time.perf_counter()
        logits = classifier.fused_logits(classifier.plot_logits([text], plot), classifier.poster_logits(poster, look))
        classifier.decision("both").decide(classifier.likely(logits))
        took.append(time.perf_counter() - start)
    assert min(took) < 0.002  # the best of many: other work on the machine is not the classifier's


def test_a_tuned_network_joins_the_heads_where_it_is_better(trained: tuple[GenreTraining, Path], tmp_path: Path) -> None:
    training, folder = trained
    films, features = training.films, training.classifier.features
    bad = np.zeros((len(films.movies), len(films.genres)), dtype=np.float32)
    kept = tune(films, features, "builtin", bad, tmp_path / "genres", 0, lambda stage, done, total: None)
    assert kept.report["kept"]
    assert kept.tuned is not None
    perfect = np.asarray(films.labels * 2 - 1, dtype=np.float32)
    dropped = tune(films, features, "builtin", perfect, tmp_path / "other", 0, lambda stage, done, total: None)
    assert dropped.logits is None
    assert not (tmp_path / "other").exists()
    manifest, arrays = load_heads(folder / "genres", HashedEncoder.name, "")
    for part in ("weights", "centre"):
        arrays[f"poster.{part}"] = np.vstack([arrays[f"poster.{part}"], np.zeros_like(arrays[f"poster.{part}"][:1])])
    save_heads(tmp_path / "genres", manifest | {"tuned": kept.tuned}, arrays)
    poster = _poster(_films(1)[0])
    before = GenreClassifier.load(folder, HashedEncoder()).from_poster(poster).probabilities
    after = GenreClassifier.load(tmp_path, HashedEncoder())
    assert after.features.eyes.dim == DIM + len(films.genres)
    assert after.from_poster(poster).probabilities == pytest.approx(before, abs=1e-3)  # a weight of zero changes nothing


def test_heads_of_another_encoder_or_damaged_ones_are_refused(trained: tuple[GenreTraining, Path], tmp_path: Path) -> None:
    class Other(HashedEncoder):
        name = "test:other"

    with pytest.raises(IndexMismatch, match="matinee train genres"):
        GenreClassifier.load(trained[1], Other())
    with pytest.raises(ModelMissing, match="matinee train genres"):
        GenreClassifier.load(tmp_path, HashedEncoder())
    for name, damage in (
        ("manifest.json", b"{"),
        ("heads.npz", b"PK\x03\x04 no"),
        ("manifest.json", b'{"format": 1, "encoder": "test:hashed"}'),
    ):
        folder = tmp_path / f"{name}{len(damage)}"
        folder.mkdir()
        for file in (trained[1] / "genres").iterdir():
            (folder / file.name).write_bytes(damage if file.name == name else file.read_bytes())
        with pytest.raises(IndexMismatch):
            GenreClassifier.load(folder, HashedEncoder())


def test_too_few_films_are_refused() -> None:
    with pytest.raises(BadCatalogue, match="Import more"):
        gather(_films(10))


def test_serving_imports_no_learning_library(trained: tuple[GenreTraining, Path]) -> None:
    code = (
        "import sys; from pathlib import Path; from classifiers.genres import GenreClassifier; import classifiers.validator\n"
        "from tests.encoders import HashedEncoder\n"
        f"GenreClassifier.load(Path({str(trained[1])!r}), HashedEncoder()).from_plot('a ghost', explain=True)\n"
        "print([name for name in ('sklearn', 'torch', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent
    )
    assert done.stdout.strip() == "[]"


def test_films_are_split_evenly_and_kept_together() -> None:
    random = np.random.default_rng(0)
    labels = (random.random((900, 4)) < np.array([0.5, 0.2, 0.1, 0.03])).astype(int)
    groups = np.array([f"film {number // 2}" for number in range(900)])
    parts = stratified_parts(labels, groups, 7, 0)
    assert all(len(set(parts[groups == group])) == 1 for group in set(groups.tolist()))
    shares = np.array([labels[parts == part].mean(axis=0) for part in range(7)])
    assert (np.abs(shares - labels.mean(axis=0)).max(axis=0) < np.array([0.1, 0.07, 0.05, 0.03])).all()


def test_thresholds_and_sets() -> None:
    likely = np.array([[0.9], [0.8], [0.3], [0.1]], dtype=np.float32)
    assert 0.3 <= best_thresholds(likely, np.array([[1], [1], [0], [0]]))[0] <= 0.8
    random = np.random.default_rng(1)
    chance = random.random((4000, 5)).astype(np.float32)
    labels = (random.random((4000, 5)) < chance).astype(int)
    bound = set_bound(chance[:2000], labels[:2000], 0.9)
    fresh, truth = chance[2000:] >= bound, labels[2000:] > 0
    rows = truth.any(axis=1)
    covered = ((fresh & truth).sum(axis=1)[rows] / truth.sum(axis=1)[rows]).mean()
    assert covered == pytest.approx(0.9, abs=0.015)


def test_figures_agree_with_scikit_learn() -> None:
    from sklearn import metrics

    random = np.random.default_rng(2)
    truth = random.random((300, 4)) < 0.3
    likely = np.round(np.clip(truth * 0.3 + random.random((300, 4)) * 0.7, 0, 1), 2).astype(np.float32)
    decided = likely >= 0.5
    own = multilabel_figures(likely, decided, truth.astype(int), decided, ("a", "b", "c", "d"))
    assert own["micro_f1"] == pytest.approx(metrics.f1_score(truth, decided, average="micro"))
    assert own["macro_f1"] == pytest.approx(metrics.f1_score(truth, decided, average="macro"))
    assert own["weighted_f1"] == pytest.approx(metrics.f1_score(truth, decided, average="weighted"))
    assert own["samples_f1"] == pytest.approx(metrics.f1_score(truth, decided, average="samples", zero_division=0))
    assert own["mAP"] == pytest.approx(metrics.average_precision_score(truth, likely))
    assert average_precision(likely[:, 0], truth[:, 0]) == pytest.approx(
        metrics.average_precision_score(truth[:, 0], likely[:, 0])
    )
    assert auroc(likely[:, 0], truth[:, 0]) == pytest.approx(metrics.roc_auc_score(truth[:, 0], likely[:, 0]))
    assert calibration_error(np.full((10, 1), 0.75, dtype=np.float32), np.arange(10)[:, None] < 5) == pytest.approx(0.25)


def test_words_weigh_rare_terms_more_and_forget_unknown_ones() -> None:
    vocabulary = Vocabulary.of(["the ghost", "the ghosts", "the ghost screams", "the end", "the end"], seen_in=2)
    columns, values = vocabulary.row("The GHOST and the unicorn")
    assert len(columns) == 3  # the, ghost, "the ghost"
    assert np.linalg.norm(values) == pytest.approx(1)
    assert len(vocabulary.row("unicorn")[0]) == 0


def test_long_texts_are_split_at_sentences_within_the_limit() -> None:
    encoder = HashedEncoder()
    text = " ".join(f"This is sentence number {number} of a long plot." for number in range(40))
    windows = windows_of(text, encoder)
    assert len(windows) > 1
    assert max(encoder.token_counts(windows)) <= encoder.max_tokens
    assert " ".join(windows) == text
    assert sentences_of("One. Two! Three?") == ["One.", "Two!", "Three?"]
    assert windows_of(" … ", encoder) == [" … ".strip()] or windows_of(" … ", encoder) == []


def test_evaluation_leaves_out_what_must_not_count(trained: tuple[GenreTraining, Path], tmp_path: Path) -> None:
    held_out = set(trained[0].classifier.manifest["held_out"])
    rows = [{"id": movie.id, "title": movie.title, "plot": movie.plot, "genres": list(movie.genres)} for movie in _films()]
    rows += [
        {"id": f"new{number}", "title": "New", "plot": f"the ghost screams {number}", "genres": ["Horror"]}
        for number in range(5)
    ]
    rows += [{"id": "flagged", "title": "F", "plot": "a ghost", "genres": ["Horror"], "plot_leaks_title_genre": True}]
    rows += [{"id": "untagged", "title": "U", "plot": "a ghost"}, {"id": "silent", "title": "S", "genres": ["Horror"]}]
    rows += [{"id": "odd", "title": "O", "plot": "a ghost", "genres": ["Opera"]}]
    data = tmp_path / "films.jsonl"
    data.write_text("\n".join(json.dumps(row) for row in rows) + "\n{broken\n")
    figures = evaluate_genres(trained[1], data, "plot", HashedEncoder())
    assert figures["n"] == len(held_out) + 5
    assert figures["left_out"] == {
        "learned from": 150 - len(held_out), "plot names title and genre": 1, "no genres": 1, "no plot": 1,
        "only genres the heads don't know": 1, "row can't be read": 1,
    }  # fmt: skip
    assert {"micro_f1", "macro_f1", "weighted_f1", "samples_f1", "mAP", "ece", "coverage", "per_genre", "genres"} <= set(
        figures
    )
    assert figures["micro_f1"] > 0.6
    with pytest.raises(BadInput, match="no poster"):
        evaluate_genres(trained[1], data, "poster", HashedEncoder())
