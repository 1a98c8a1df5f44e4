"""The poster validator: learned, saved, loaded, its reasons, its evaluation; the pictures it learns from."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from classifiers.counterexamples import counterexamples
from classifiers.eyes import DIM, VIEWS, Eyes, lettered
from classifiers.features import Features
from classifiers.figures import auroc
from classifiers.standard import HEIGHT, WIDTH, standard
from classifiers.validator import METHODS, PosterValidator, Space, reasons, together
from classifiers.validator_training import ValidatorTraining, fit_method, pictures_in, train_validator
from evaluation.validator import evaluate_validator
from movies.errors import BadCatalogue, BadInput, IndexMismatch, ModelMissing
from movies.images import open_image
from movies.movie import Movie
from tests.encoders import HashedEncoder
from tests.pictures import odd_pictures


class ReadingEncoder(HashedEncoder):
    """Stands where an encoder stands that reads posters: pictures are not shown to it here."""

    name = "builtin:test"


def _poster(seed: int, size: tuple[int, int] = (160, 240)) -> Image.Image:
    """A picture, a title, names above it, a block of small print at the foot."""
    random = np.random.default_rng(seed)
    low, high = random.integers(0, 120, 3), random.integers(90, 255, 3)
    ramp = np.linspace(0, 1, 240)[:, None, None]
    pixels = np.repeat(low * (1 - ramp) + high * ramp, 160, axis=1) + random.normal(0, 8, (240, 160, 1))
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    x, y = int(random.integers(40, 120)), int(random.integers(70, 110))
    draw.ellipse((x - 34, y - 34, x + 34, y + 34), fill=tuple(int(value) for value in random.integers(0, 255, 3)))
    draw.text((80, 8), "ANNA REED   TOM HALE", fill="white", font=ImageFont.load_default(10), anchor="ma")
    draw.text(
        (80, 165),
        str(random.choice(["NIGHT RIVER", "THE LAST RANCH", "HEARTLINE"])),
        fill="white",
        font=ImageFont.load_default(19),
        anchor="ma",
    )
    for line in range(4):
        draw.text(
            (80, 200 + 9 * line),
            "directed by A. Reed produced by T. Hale",
            fill="white",
            font=ImageFont.load_default(8),
            anchor="ma",
        )
    return image.resize(size)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[ValidatorTraining, Path]:
    films = [Movie(id=str(number), title=f"Film {number}", poster=str(number)) for number in range(40)]
    features = Features(ReadingEncoder(), open_poster=lambda name: _poster(int(name)))
    folder = tmp_path_factory.mktemp("heads")
    return train_validator(films, None, features, folder, made=75), folder


def test_knows_posters_from_pictures_it_never_saw(trained: tuple[ValidatorTraining, Path]) -> None:
    validator = PosterValidator.load(trained[1], ReadingEncoder())
    posters = [validator.check(_poster(seed)) for seed in range(1000, 1012)]
    others = [validator.check(image) for kind, image in counterexamples(24, seed=99) if kind != "cover"]
    scores = np.array([verdict.probability for verdict in posters + others])
    assert auroc(scores, np.arange(len(scores)) < len(posters)) > 0.95
    assert np.mean([verdict.is_poster for verdict in posters]) > 0.8
    assert np.mean([verdict.is_poster for verdict in others]) < 0.2


def test_size_shape_and_compression_hardly_matter(trained: tuple[ValidatorTraining, Path]) -> None:
    validator = trained[0].validator
    plain = validator.check(_poster(2000, (320, 480))).probability
    store = io.BytesIO()
    _poster(2000, (320, 480)).save(store, "JPEG", quality=60)
    squeezed = validator.check(open_image(store.getvalue())).probability
    boxed = Image.new("RGB", (700, 480))
    boxed.paste(_poster(2000, (320, 480)), (190, 0))
    for other in (squeezed, validator.check(boxed).probability, validator.check(_poster(2000, (480, 720))).probability):
        assert other == pytest.approx(plain, abs=0.2)


def test_all_pictures_become_alike() -> None:
    for size in ((1, 1), (2, 900), (900, 2), (640, 480), (185, 278)):
        assert standard(Image.new("RGB", size, "red")).size == (WIDTH, HEIGHT)
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (0, 0, 100, 100))
    left, right = np.asarray(standard(wide, place=0.0)), np.asarray(standard(wide, place=1.0))
    assert left[..., 2].mean() > 200
    assert right[..., 0].mean() > 200


def test_reasons_describe_lettering_and_shape() -> None:
    bare = np.zeros((48, 32), dtype=np.float32)
    wide = Image.effect_noise((300, 150), 90).convert("RGB")
    said = " ".join(reasons(wide, bare, False, 0.02))
    assert "no lettering" in said
    assert "wider than tall" in said
    poster = bare.copy()
    poster[30:35], poster[40:46, 4:28] = 1, 1
    said = " ".join(reasons(Image.effect_noise((200, 300), 90).convert("RGB"), poster, True, 0.98))
    assert "title" in said
    assert "credits" in said
    assert "two thirds" in said
    said = reasons(Image.effect_noise((200, 300), 90).convert("RGB"), poster, False, 0.02)  # and yet it is none
    assert said[0].startswith("Its picture looks more like photographs, screenshots and printed pages than like posters")
    assert not any(sentence.startswith("There is a title") for sentence in said)
    assert "plain colour" in " ".join(reasons(Image.new("RGB", (20, 20), "red"), bare, False, 0.1))
    assert "20×20" in " ".join(reasons(Image.new("RGB", (20, 20), "red"), bare, False, 0.1))


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (1024, 1024)])
def test_odd_pictures_get_a_verdict(trained: tuple[ValidatorTraining, Path], size: tuple[int, int]) -> None:
    verdict = trained[0].validator.check(Image.new("RGB", size, (128, 128, 128)))
    assert not verdict.is_poster
    assert verdict.reasons


@pytest.mark.parametrize("name", sorted(odd_pictures()))
def test_every_kind_of_picture_gets_a_verdict(trained: tuple[ValidatorTraining, Path], name: str) -> None:
    verdict = trained[0].validator.check(open_image(odd_pictures()[name]))
    assert 0 <= verdict.probability <= 1
    assert verdict.reasons


def test_an_encoder_that_sees_is_asked_too(tmp_path: Path) -> None:
    films = [Movie(id=str(number), title=f"Film {number}", poster=str(number)) for number in range(31)]
    features = Features(HashedEncoder(), open_poster=lambda name: _poster(int(name)))
    made = train_validator(films, None, features, tmp_path, made=30)
    assert made.validator.check(_poster(5)).is_poster
    with pytest.raises(IndexMismatch, match="matinee train validator"):
        PosterValidator.load(tmp_path, ReadingEncoder())


def test_a_folder_of_others_is_used_and_bad_files_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "others"
    for number, (kind, image) in enumerate(counterexamples(24, seed=7)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        image.save(folder / kind / f"{number}.png")
    (folder / "photo" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    (folder / "near_poster_tv").mkdir()
    _poster(1).save(folder / "near_poster_tv" / "a.png")
    films = [Movie(id=str(number), title=f"Film {number}", poster=str(number)) for number in range(31)]
    features = Features(ReadingEncoder(), open_poster=lambda name: _poster(int(name)))
    made = train_validator(films, folder, features, tmp_path / "heads", made=22)
    assert [Path(name).name for name, _ in made.skipped] == ["broken.jpg"]
    assert "near_poster_tv" not in made.figures["counts"]
    assert {f"{view}/{method}" for view in VIEWS for method in METHODS} < set(made.figures["methods"])
    assert made.figures["chosen"] == made.validator.method
    posters = tmp_path / "posters"
    posters.mkdir()
    for number in range(6):
        _poster(3000 + number).save(posters / f"{number}.jpg")
    figures = evaluate_validator(tmp_path / "heads", posters, folder, ReadingEncoder())
    assert figures["auroc"] > 0.9
    assert 0 <= figures["fpr95"] <= 1
    assert figures["by_category"]["near_poster_tv"]["near_poster"]
    assert figures["n_negatives"] == 24
    assert figures["skipped"] == {"unreadable": 1}
    assert (tmp_path / "heads" / "validator" / "report.html").read_text().count("<tr>") > 5


def test_too_little_is_refused_in_words(tmp_path: Path) -> None:
    features = Features(ReadingEncoder(), open_poster=lambda name: _poster(int(name)))
    with pytest.raises(BadCatalogue, match="30 posters"):
        train_validator([Movie(id="1", title="One", poster="1")], None, features, tmp_path)
    with pytest.raises(BadInput, match="no folder"):
        pictures_in(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="no pictures"):
        pictures_in(tmp_path)
    with pytest.raises(ModelMissing, match="matinee train validator"):
        PosterValidator.load(tmp_path, ReadingEncoder())


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_separates_two_clouds(method: str) -> None:
    random = np.random.default_rng(0)
    points = np.concatenate([random.normal(1, 1, (150, 12)), random.normal(-1, 1, (150, 12))]).astype(np.float32)
    posters = np.arange(300) < 150
    shown = np.arange(300) % 2 == 0
    arrays = fit_method(method, points[shown], posters[shown], 0)
    assert auroc(METHODS[method](points[~shown], arrays), posters[~shown]) > 0.97


def test_lettering_does_not_save_what_looks_like_no_poster() -> None:
    lines, everything = np.array([0.5, 3.0, 0.5], np.float32), np.array([1.4, -0.5, 1.0], np.float32)
    poster, photo_with_lines, cover = together([lines, everything], "mean, the last twice and with a veto,")
    assert photo_with_lines < cover < poster
    assert together([lines, everything], "mean")[1] > together([lines, everything], "mean")[0]  # what the veto is for


def test_counterexamples_are_the_same_for_the_same_seed_and_varied() -> None:
    first, second = list(counterexamples(22, 1)), list(counterexamples(22, 1))
    assert all(np.array_equal(np.asarray(one), np.asarray(two)) for (_, one), (_, two) in zip(first, second, strict=True))
    assert len({kind for kind, _ in first}) == 13
    assert len({np.asarray(image).tobytes() for _, image in first}) == 22
    assert "piece" in {kind for kind, _ in counterexamples(20, 1, [_poster(1)])}


def test_pieces_of_posters_keep_clear_of_lettering() -> None:
    poster = Image.new("RGB", (192, 288), "black")
    poster.paste("white", (0, 192, 192, 288))  # where the lettering is
    letters = np.zeros((48, 32), dtype=np.float32)
    letters[32:] = 1
    pieces = [image for kind, image in counterexamples(38, 2, [poster], [letters]) if kind == "piece"]
    white = [float((np.asarray(piece) > 200).mean()) for piece in pieces]
    assert np.mean(white) < 0.1


def test_lines_of_a_book_differ_from_those_of_a_poster() -> None:
    book = Image.new("RGB", (WIDTH, HEIGHT), (20, 20, 60))
    draw = ImageDraw.Draw(book)
    draw.text((96, 40), "ANNA REED", fill="white", font=ImageFont.load_default(34), anchor="mm")
    poster = book.copy()
    draw.text((96, 240), "WINTER", fill="white", font=ImageFont.load_default(40), anchor="mm")
    rows = Eyes().rows([book, poster, Image.new("RGB", (WIDTH, HEIGHT), (20, 20, 60))])
    assert lettered(rows).tolist() == [True, True, False]
    lines = rows[:, VIEWS["lines"]]
    assert lines[0, -1] > 0.5  # a second line nearly as tall, far from the first
    assert lines[1, -1] == 0


def test_eyes_see_lettering_where_it_is() -> None:
    image = Image.new("RGB", (WIDTH, HEIGHT), (20, 20, 60))
    lettered_image = image.copy()
    ImageDraw.Draw(lettered_image).text((96, 225), "NIGHT RIVER", fill="white", font=ImageFont.load_default(27), anchor="mm")
    bare, seen = Eyes().look([image, lettered_image])
    assert bare.row.shape == (DIM,)
    assert bare.lettering.max() < 0.2
    assert seen.lettering[34:41].max() > 0.5
    assert seen.lettering[:24].max() < 0.2


def test_space_is_what_the_heads_were_fitted_on() -> None:
    space = Space(np.ones(3, np.float32), np.full(3, 2, np.float32), np.eye(3, 2, dtype=np.float32))
    assert space(np.array([[2.0, 1.0, 9.0]], dtype=np.float32)).tolist() == [[2.0, 0.0]]
