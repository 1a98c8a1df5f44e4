"""Fine-tuning a pretrained backbone on posters, judged on posters it was not tuned on.

On a GPU the whole network is tuned; on a CPU its last third and the new last layer, which is what a
small run can afford. Training code: torch. Does not decide whether the result is used
(`classifiers/training.py` keeps it only if it beats the head on frozen features).
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from classifiers.figures import mean_average_precision
from classifiers.heads import Floats
from movies.sight import as_input

_BATCH = 32
_RATE = 1e-3  # of the new layer; the pretrained ones learn at a tenth of it
_DECAY = 0.02


def epochs() -> int:
    """How many times to go through the posters: often enough to beat the head where a GPU makes it a minute or two."""
    return 16 if torch.cuda.is_available() else 3


def fine_tune(
    network: Any, pixels: NDArray[np.uint8], labels: NDArray[Any], learned: NDArray[np.bool_], judged: NDArray[np.bool_], *,
    epochs: int, seed: int, one_of: bool, progress: Any,
) -> tuple[Any, Floats, float]:  # fmt: skip
    """Tune on the `learned` pictures (n, height, width, 3); returns network, its logits (n, k) and its mAP on the `judged`.

    The epoch that is best on the judged pictures is kept. `progress(done, total)` counts batches.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = copy.deepcopy(network)
    network.reset_classifier(labels.shape[1])
    network.to(device)
    rows = np.flatnonzero(learned)
    batches = -(-len(rows) // _BATCH)
    groups = _trainable(network, everything=device == "cuda")
    optimiser = torch.optim.AdamW(groups, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=[group["lr"] for group in groups], total_steps=epochs * batches, pct_start=0.3
    )
    wanted = torch.from_numpy(labels.astype(np.float32))
    loss_of = torch.nn.CrossEntropyLoss() if one_of else torch.nn.BCEWithLogitsLoss()
    best: tuple[float, dict[str, Any]] | None = None
    for epoch in range(epochs):
        _train_mode(network)
        order = random.permutation(rows)
        for turn in range(batches):
            part = order[turn * _BATCH : (turn + 1) * _BATCH]
            seen = pixels[part]
            mirrored = random.random(len(part)) < 0.5
            seen = np.where(mirrored[:, None, None, None], seen[:, :, ::-1], seen)
            loss = loss_of(network(as_input(seen).to(device)), wanted[part].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            progress(epoch * batches + turn + 1, epochs * batches)
        reached = mean_average_precision(_logits(network, pixels[judged], device), labels[judged] > 0)
        if best is None or reached > best[0]:
            best = (reached, {name: value.clone() for name, value in network.state_dict().items()})
    assert best is not None
    network.load_state_dict(best[1])
    return network.cpu().eval(), _logits(network, pixels, "cpu"), best[0]


def _trainable(network: Any, everything: bool) -> list[dict[str, Any]]:
    """Parameters with their rates; on a CPU the first two thirds stay as they are."""
    own = list(network.get_classifier().parameters())
    known = {id(parameter) for parameter in own}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in known]
    frozen = 0 if everything else len(rest) * 2 // 3
    for parameter in rest[:frozen]:
        parameter.requires_grad_(False)
    return [{"params": rest[frozen:], "lr": _RATE / 10}, {"params": own, "lr": _RATE}]


def _train_mode(network: Any) -> None:
    """Training mode where there is something to learn. Statistics of batch normalisation stay as they came: 32 pictures are few,
    and in a network whose normalisation was folded into its weights they would undo what it learned."""
    network.train()
    for module in network.modules():
        own = list(module.parameters(recurse=False))
        frozen = own and not any(parameter.requires_grad for parameter in own)
        if frozen or isinstance(module, torch.nn.BatchNorm2d):
            module.eval()


@torch.inference_mode()
def _logits(network: Any, pixels: NDArray[np.uint8], device: str) -> Floats:
    network.eval()
    network.to(device)
    parts = [
        network(as_input(pixels[start : start + _BATCH]).to(device)).float().cpu() for start in range(0, len(pixels), _BATCH)
    ]
    return np.asarray(torch.cat(parts).numpy(), dtype=np.float32)
