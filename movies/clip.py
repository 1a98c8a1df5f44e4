"""The CLIP encoder: open_clip models from a hub tag, a folder (`local-dir:`) or a checkpoint file.

Pictures go through the model's own preprocessing; texts that exceed its context are refused, never
cut. Only safetensors, or checkpoints read with `weights_only`, are loaded. Does not choose the
model: that is `movies/settings.py`, argued in `docs/decisions.md`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from PIL.Image import Image

from movies.encoders import Vectors, file_sha256, unit
from movies.errors import BadInput, ModelMissing
from movies.settings import Settings

_BATCH = 32
_WIDE_CONTEXT = 512  # tokens asked of the tokenizer when counting; longer texts count as this many


class ClipEncoder:
    """An open_clip dual encoder on the CPU or, where there is one, a GPU."""

    def __init__(self, model: Any, preprocess: Callable[[Image], torch.Tensor], tokenizer: Any, name: str) -> None:
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model = model.to(self._device).eval()
        self._preprocess = preprocess
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self.name = name
        self.max_tokens = int(getattr(model, "context_length", 77) or 77)
        self.dim = self.texts(["a film"]).shape[1]

    @classmethod
    def load(cls, settings: Settings) -> ClipEncoder:
        """Load the model that settings name. Raises ModelMissing with what to do about it."""
        tag = settings.clip_model
        checkpoint = str(settings.clip_checkpoint) if settings.clip_checkpoint else None
        if settings.threads:
            torch.set_num_threads(settings.threads)
        try:
            if checkpoint:
                made = open_clip.create_model_and_transforms(tag, pretrained=checkpoint, weights_only=True)
            else:
                # Without weights open_clip would go on with random ones.
                made = open_clip.create_model_and_transforms(tag, weights_only=True, require_pretrained=True)
            tokenizer = open_clip.get_tokenizer(tag)
        except Exception as error:  # hub clients, safetensors and torch all raise their own kinds
            detail = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise ModelMissing(
                f"The CLIP model {tag} can't be loaded ({detail}). Connect to its hub once, set "
                "MATINEE_CLIP_MODEL=local-dir:FOLDER, or use --encoder builtin."
            ) from None
        model, _, preprocess = made
        return cls(model, preprocess, tokenizer, f"clip:{_short(tag)}@{_fingerprint(tag, checkpoint, model)}")

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        rows = self._tokenize(list(texts), _WIDE_CONTEXT)
        padding = int(getattr(self._tokenizer, "pad_token_id", 0) or 0)
        counts = (rows != padding).sum(1)
        return [int(count) for count in counts]

    def texts(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        longest = max(self.token_counts(texts))
        if longest > self.max_tokens:
            raise BadInput(f"A text has {longest} tokens; the encoder reads {self.max_tokens}. Split it into passages.")
        parts = []
        for start in range(0, len(texts), _BATCH * 4):
            tokens = self._tokenize(list(texts[start : start + _BATCH * 4]), self.max_tokens)
            parts.append(self._run(self._model.encode_text, tokens))
        return unit(np.concatenate(parts))

    def images(self, images: Sequence[Image]) -> Vectors:
        if not images:
            return np.zeros((0, self.dim), dtype=np.float32)
        parts = []
        for start in range(0, len(images), _BATCH):
            pixels = torch.stack([self._preprocess(image.convert("RGB")) for image in images[start : start + _BATCH]])
            parts.append(self._run(self._model.encode_image, pixels))
        return unit(np.concatenate(parts))

    def _tokenize(self, texts: list[str], length: int) -> torch.Tensor:
        tokens: torch.Tensor = self._tokenizer(texts, context_length=length)
        return tokens

    @torch.inference_mode()
    def _run(self, encode: Callable[[torch.Tensor], torch.Tensor], batch: torch.Tensor) -> Vectors:
        with self._lock:
            return np.asarray(encode(batch.to(self._device)).float().cpu().numpy(), dtype=np.float32)


def _short(tag: str) -> str:
    return tag.rstrip("/").rsplit("/", 1)[-1].removeprefix("local-dir:").removeprefix("hf-hub:")


def _fingerprint(tag: str, checkpoint: str | None, model: Any) -> str:
    """Eight hex digits that differ when the weights differ."""
    path = Path(checkpoint) if checkpoint else Path(tag.removeprefix("local-dir:")) / "open_clip_model.safetensors"
    if path.is_file():
        return file_sha256(path)[:8]
    import hashlib

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.detach().float().cpu().numpy().ravel()[:4096]).tobytes())
    return digest.hexdigest()[:8]
