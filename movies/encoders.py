"""The `Encoder` protocol, and the choice between its two implementations.

An encoder turns plots and posters into unit vectors of one shared space. `clip` (movies/clip.py)
uses open_clip weights from a hub or a folder; `builtin` (movies/builtin.py) needs the package
index only. Does not know what the vectors are used for.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from movies.errors import ModelMissing
from movies.settings import Settings

Vectors = NDArray[np.float32]


@runtime_checkable
class Encoder(Protocol):
    """Texts and pictures → float32 unit rows of one shared space.

    `name` identifies model and weights and is written into every artefact; `dim` is the row
    length; `max_tokens` is how many tokens of a text are read. Longer texts are refused, not
    cut: callers split them into windows first (`rag/passages.py`).
    """

    name: str
    dim: int
    max_tokens: int

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes, special tokens included."""
        ...

    def texts(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dim). Raises BadInput if a text exceeds `max_tokens`."""
        ...

    def images(self, images: Sequence[Image]) -> Vectors:
        """float32 (len(images), dim) of RGB pictures."""
        ...


def load_encoder(settings: Settings, say: Callable[[str], None] = lambda _: None) -> Encoder:
    """The encoder that `settings.encoder` asks for.

    `auto` takes CLIP where its weights are on disk or a hub answers within `hub_patience`
    seconds, else the built-in one; `say` gets one line on what was chosen and how to get the
    other. Raises ModelMissing if CLIP was asked for by name and can't be had.
    """
    from movies import builtin

    if settings.encoder == "builtin":
        say("Encoder: built-in (MiniLM for text, reading for posters). For CLIP: --encoder clip.")
        return builtin.BuiltinEncoder(threads=settings.threads)
    reachable = settings.encoder == "clip" or clip_at_hand(settings)
    reason = f"no CLIP weights on disk and no model hub within {settings.hub_patience:g} s"
    if reachable:
        from movies import clip

        try:
            encoder = clip.ClipEncoder.load(settings)
        except ModelMissing as error:
            if settings.encoder == "clip":
                raise
            reason = error.message
        else:
            say(f"Encoder: CLIP ({encoder.name}). For the built-in one: --encoder builtin.")
            return encoder
    say(
        f"Encoder: built-in, because {reason.rstrip('.')}. For CLIP, connect to a hub or set MATINEE_CLIP_MODEL=local-dir:FOLDER."
    )
    return builtin.BuiltinEncoder(threads=settings.threads)


def encoder_for(name: str, settings: Settings, say: Callable[[str], None] = lambda _: None) -> Encoder:
    """The encoder an artefact was made with, so that queries meet vectors of the same space.

    Raises IndexMismatch (through the index's own check) later if weights differ; ModelMissing
    here if CLIP is needed and can't be loaded.
    """
    kind = "clip" if name.startswith("clip") else "builtin"
    return load_encoder(settings.model_copy(update={"encoder": kind}), say)


def clip_at_hand(settings: Settings) -> bool:
    """Whether CLIP weights are on disk, or a hub answers quickly enough to fetch them."""
    model = settings.clip_model
    if model.startswith("local-dir:"):
        return Path(model.removeprefix("local-dir:")).is_dir()
    if settings.clip_checkpoint is not None:
        return settings.clip_checkpoint.is_file()
    from huggingface_hub import constants, try_to_load_from_cache

    repo = model.removeprefix("hf-hub:").split("@")[0]
    if model.startswith("hf-hub:"):
        names = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
        if any(isinstance(try_to_load_from_cache(repo, name), str) for name in names):
            return True
    if constants.HF_HUB_OFFLINE:
        return False
    address = urlsplit(constants.ENDPOINT)
    try:
        port = address.port or (443 if address.scheme == "https" else 80)
        with socket.create_connection((address.hostname or "", port), timeout=settings.hub_patience):
            return True
    except OSError:
        return False


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_file(path: Path, expected: str, fix: str) -> None:
    """Raise ModelMissing unless the file's SHA-256 is `expected`; `fix` says how to get it anew."""
    if not path.is_file():
        raise ModelMissing(f"The model file {path.name} is missing. {fix}")
    found = file_sha256(path)
    if found != expected:
        raise ModelMissing(f"The model file {path.name} is damaged (SHA-256 {found[:12]}…, expected {expected[:12]}…). {fix}")


def unit(rows: NDArray[np.floating]) -> Vectors:
    """Rows scaled to length 1 (zero rows stay zero); float32."""
    rows = np.asarray(rows, dtype=np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12), dtype=np.float32)
