"""Which encoder serves: CLIP where its weights can be had, else the built-in one.

Looks at settings, the disk and, for a few seconds, the network. Does not know how encoders work.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from movies.encoders import Encoder
from movies.errors import ModelMissing
from movies.settings import Settings


def load_encoder(settings: Settings, say: Callable[[str], None] = lambda _: None) -> Encoder:
    """The encoder that `settings.encoder` asks for.

    `auto` takes CLIP where its weights are on disk or a hub answers within `hub_patience`
    seconds, else the built-in one; `say` gets one line on what was chosen and how to get the
    other. Raises ModelMissing if CLIP was asked for by name and can't be had.
    """
    from movies import builtin  # torch takes seconds to import

    if settings.encoder == "builtin":
        say("Encoder: built-in (MiniLM for text, reading for posters). For CLIP, build with --encoder clip.")
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
            say(f"Encoder: CLIP ({encoder.name}). For the built-in one, build with --encoder builtin.")
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
    if clip_on_disk(settings):
        return True
    local = settings.clip_model.startswith("local-dir:") or settings.clip_checkpoint is not None
    return not local and hub_in_reach(settings)


def clip_on_disk(settings: Settings) -> bool:
    """Whether the weights that settings name are in their folder, file, or the hub's cache."""
    model = settings.clip_model
    if model.startswith("local-dir:"):
        return Path(model.removeprefix("local-dir:")).is_dir()
    if settings.clip_checkpoint is not None:
        return settings.clip_checkpoint.is_file()
    if not model.startswith("hf-hub:"):
        return False
    from huggingface_hub import try_to_load_from_cache

    repo = model.removeprefix("hf-hub:").split("@")[0]
    names = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
    return any(isinstance(try_to_load_from_cache(repo, name), str) for name in names)


def hub_in_reach(settings: Settings) -> bool:
    """Whether the model hub (HF_ENDPOINT) takes a connection within `hub_patience` seconds, name look-up included."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    address = urlsplit(constants.ENDPOINT)
    port = address.port or (443 if address.scheme == "https" else 80)
    outcome: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def reach() -> None:
        try:
            with socket.create_connection((address.hostname or "", port), timeout=settings.hub_patience):
                outcome.put(True)
        except OSError:
            outcome.put(False)

    # Looking up a name has no time limit of its own, so it is waited for from outside.
    threading.Thread(target=reach, daemon=True, name="hub").start()
    try:
        return outcome.get(timeout=settings.hub_patience)
    except queue.Empty:
        return False
