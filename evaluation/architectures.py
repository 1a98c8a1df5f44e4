"""`matinee evaluate clip`: what a CLIP architecture costs here. In milliseconds of one core, and memory.

Weights are random: cost depends on the architecture only, so nothing has to be downloaded. Processor
time of one thread is counted, which other work on the machine disturbs least. Each architecture is
measured in a process of its own, as memory is. Does not know how good a model is.
"""

from __future__ import annotations

import json
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from movies.errors import BadInput

ARCHITECTURES = ("ViT-B-32-256", "ViT-B-32", "ViT-B-16", "ViT-B-16-SigLIP", "ViT-B-32-SigLIP2-256", "ViT-L-14")
"""Those of docs/models.md, by open_clip's names."""

_ROUNDS = 5
_BATCH = 8


def evaluate_architectures(
    names: tuple[str, ...] = ARCHITECTURES, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Per architecture: parameters (millions), ms of one core per picture and per text, GB of memory."""
    figures = {}
    for name in names:
        progress(name)
        ran = subprocess.run(
            [sys.executable, "-m", "evaluation.architectures", name], capture_output=True, text=True, timeout=900
        )
        if ran.returncode:
            raise BadInput(f"{name} can't be measured: {ran.stderr.strip().splitlines()[-1][:200]}")
        figures[name] = json.loads(ran.stdout)
    return figures


def measure(name: str) -> dict[str, float]:
    """One architecture, in this process. Raises BadInput for a name that open_clip doesn't have."""
    import open_clip
    import torch

    if name not in open_clip.list_models():
        raise BadInput(f"open_clip has no architecture {name}. It has: {', '.join(open_clip.list_models()[:8])}, …")
    torch.set_num_threads(1)
    before = _memory()
    model = open_clip.create_model(name, load_weights=False, pretrained_text=False).eval()
    size = model.visual.image_size
    height, width = size if isinstance(size, tuple) else (size, size)
    length = int(getattr(model, "context_length", 77) or 77)
    pictures = torch.rand(_BATCH, 3, height, width)
    texts = torch.randint(1, 1000, (_BATCH, length))
    with torch.inference_mode():
        picture = _milliseconds(lambda: model.encode_image(pictures))
        text = _milliseconds(lambda: model.encode_text(texts))
    return {
        "parameters": round(sum(weights.numel() for weights in model.parameters()) / 1e6, 1),
        "picture_ms": round(picture, 1),
        "text_ms": round(text, 1),
        "memory_gb": round(_memory() - before, 2),
    }


def _milliseconds(work: Callable[[], Any]) -> float:
    """Processor time for one item of a batch: the median of some rounds after a first one."""
    work()
    spent = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        work()
        spent.append((time.process_time() - started) * 1000 / _BATCH)
    return statistics.median(spent)


def _memory() -> float:
    """The most memory this process has had, in GB.

    Linux hands a parent's `ru_maxrss` down to its children; the high-water mark of the address space is our own.
    """
    own = Path("/proc/self/status")
    if own.exists():
        return int(re.findall(r"VmHWM:\s*(\d+) kB", own.read_text())[0]) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1])))
