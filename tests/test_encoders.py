"""One contract over every encoder: shapes, unit rows, determinism, nothing cut silently; and what each adds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from movies.builtin import BuiltinEncoder
from movies.encoder_choice import load_encoder
from movies.encoders import Encoder, layered, layers_of, verify_file
from movies.errors import BadInput, ModelMissing
from movies.poster_reader import PosterReader, look_of
from movies.settings import Settings
from tests.encoders import HashedEncoder

STAND_IN = Path(__file__).parent.parent.parent / "shared" / "weights" / "testclip"


def settings(**changed: object) -> Settings:
    return Settings(_env_file=None, **changed)  # type: ignore[arg-type]


@pytest.fixture(scope="session", params=["hashed", "builtin", pytest.param("clip", marks=pytest.mark.shared)])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    if request.param == "hashed":
        return HashedEncoder()
    if request.param == "builtin":
        return BuiltinEncoder()
    if not STAND_IN.is_dir():
        pytest.skip(f"the small CLIP is not at {STAND_IN.name} beside the checkout: its loading code was NOT tested")
    return load_encoder(settings(encoder="clip", clip_model=f"local-dir:{STAND_IN}"))


def lettered(text: str, colour: str = "white") -> Image.Image:
    image = Image.new("RGB", (300, 450), colour)
    ImageDraw.Draw(image).text((20, 60), text, fill="black", font=ImageFont.load_default(44))
    return image


def test_rows_are_unit_float32_of_the_declared_length(encoder: Encoder) -> None:
    texts = encoder.texts(["a heist goes wrong", "love in Paris", "x"])
    pictures = encoder.images([lettered("HEAT"), Image.new("RGB", (10, 700), "red")])
    assert texts.shape == (3, encoder.dim)
    assert pictures.shape == (2, encoder.dim)
    for rows in (texts, pictures):
        assert rows.dtype == np.float32
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-3)


def test_nothing_in_gives_nothing_out(encoder: Encoder) -> None:
    assert encoder.texts([]).shape == (0, encoder.dim)


def test_the_same_text_gives_the_same_row_alone_or_in_company(encoder: Encoder) -> None:
    company = ["short", "a much longer text about a family that moves into a house by the sea", "another"]
    together = encoder.texts(company)
    assert np.array_equal(encoder.texts(company), together)
    assert encoder.texts(company[1:2])[0] @ together[1] > 0.995


def test_inner_layers_stand_before_the_texts_own_row(encoder: Encoder) -> None:
    texts = ["a heist goes wrong", "two sisters inherit a lighthouse and a debt", ""]
    rows = layered(encoder, texts)
    assert rows.shape == (3, (layers_of(encoder) + 1) * encoder.dim)
    assert rows[:, -encoder.dim :] == pytest.approx(encoder.texts(texts), abs=5e-3)  # where bfloat16 is fast
    assert np.linalg.norm(rows.reshape(-1, encoder.dim), axis=1) == pytest.approx(1, abs=1e-3)
    assert layered(encoder, []).shape == (0, rows.shape[1])


def test_too_long_a_text_is_refused_not_cut(encoder: Encoder) -> None:
    long = "word " * (encoder.max_tokens + 20)
    assert encoder.token_counts([long])[0] > encoder.max_tokens
    with pytest.raises(BadInput, match=r"tokens|words"):
        encoder.texts([long])


@pytest.mark.parametrize("text", ["", "🎬🎬🎬", "映画は楽しい", "a\x00b", "\u202eevil", "<script>", "é" * 30])
def test_odd_texts_have_rows_too(encoder: Encoder, text: str) -> None:
    assert np.isfinite(encoder.texts([text])).all()


def test_meaning_is_nearer_than_chance() -> None:
    encoder = BuiltinEncoder()
    rows = encoder.texts(["robbers plan to rob a bank", "a heist goes wrong", "a baker falls in love with a florist"])
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.1


def test_a_poster_is_near_the_plot_its_title_tells_of() -> None:
    encoder = BuiltinEncoder()
    picture = encoder.images([lettered("THE BANK\nHEIST")])[0]
    near, far = encoder.texts(["robbers plan a bank heist", "a baker falls in love with a florist"])
    assert picture @ near > picture @ far


def test_lettering_is_read_tallest_first() -> None:
    image = Image.new("RGB", (400, 600), "white")
    draw = ImageDraw.Draw(image)
    draw.text((30, 450), "a quiet tagline", fill="black", font=ImageFont.load_default(26))
    draw.text((30, 90), "CASABLANCA", fill="black", font=ImageFont.load_default(56))
    reading = PosterReader().read(image)
    assert reading.lines[0].text.upper() == "CASABLANCA"
    assert "tagline" in reading.words
    assert reading.lines[0].height > reading.lines[-1].height


def test_a_look_names_colour_and_light() -> None:
    assert "dark" in look_of(Image.new("RGB", (50, 75), (20, 0, 0)))
    assert "blue" in look_of(Image.new("RGB", (50, 75), (20, 30, 220)))
    assert "black and white" in look_of(Image.new("RGB", (50, 75), (128, 128, 128)))


def test_auto_says_which_encoder_it_chose_and_how_to_get_the_other(tmp_path: Path) -> None:
    said: list[str] = []
    chosen = load_encoder(settings(encoder="auto", clip_model=f"local-dir:{tmp_path / 'nothing'}"), said.append)
    assert chosen.name.startswith("builtin:")
    assert len(said) == 1
    assert "MATINEE_CLIP_MODEL" in said[0]


def test_clip_asked_for_by_name_and_not_there_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "open_clip_config.json").write_text("{ not json")
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(ModelMissing, match="--encoder builtin"):
            load_encoder(settings(encoder="clip", clip_model=f"local-dir:{folder}"))


def test_a_pickled_checkpoint_is_not_unpickled(tmp_path: Path) -> None:
    """A checkpoint that would run code when unpickled is refused, and its code does not run."""
    folder = tmp_path
    trap = tmp_path / "ran"
    code = f"cposix\nsystem\n(S'touch {trap}'\ntR."
    (folder / "evil.pt").write_bytes(code.encode())
    with pytest.raises(ModelMissing):
        load_encoder(settings(encoder="clip", clip_model="ViT-S-32-alt", clip_checkpoint=folder / "evil.pt"))
    assert not trap.exists()


def test_damaged_weights_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelMissing, match="reinstall it"):
        verify_file(tmp_path / "model.safetensors", "0" * 64, "Please reinstall it.")
