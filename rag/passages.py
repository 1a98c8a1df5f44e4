"""What of a film goes into the index as text: one overview, and the plot in passages that fit the encoder.

CLIP reads 77 tokens and effectively fewer; MiniLM reads 256. So a plot is cut into windows of whole
sentences, each within the encoder's limit, and nothing is truncated silently. Knows text and token
counts; does not know vectors or files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from movies.encoders import Encoder
from movies.movie import Movie

WINDOW_TOKENS = 64  # a passage this long says one thing; measured in docs/quality.md
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|\n+")
_MIN_WORDS = 4  # a shorter sentence is joined to the one before it


@dataclass(frozen=True)
class Passage:
    """A span of a plot: `plot[start:end]` is `text` but for surrounding blanks."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Passage]:
    """The sentences of a text with their spans, very short ones joined to their neighbour."""
    spans: list[tuple[int, int]] = []
    position = 0
    for match in [*_SENTENCE_END.finditer(text), None]:
        end = match.start() if match else len(text)
        if text[position:end].strip():
            short = len(text[position:end].split()) < _MIN_WORDS
            if spans and short:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((position, end))
        position = match.end() if match else end
    return [_passage(text, start, end) for start, end in spans]


def windows(plot: str, encoder: Encoder, tokens: int = WINDOW_TOKENS) -> list[Passage]:
    """The plot in windows of whole sentences of at most `tokens` (and the encoder's limit).

    Each window begins with the last sentence of the one before it, if both fit, so that a thought
    across the border is found. A sentence that is too long is cut between words.
    """
    limit = min(tokens, encoder.max_tokens)
    parts = [piece for sentence in sentences(plot) for piece in _fitting(plot, sentence, encoder, limit)]
    if not parts:
        return []
    counts = encoder.token_counts([part.text for part in parts])
    made: list[Passage] = []
    first = 0
    while first < len(parts):
        last, total = first, counts[first]
        while last + 1 < len(parts) and total + counts[last + 1] <= limit:
            last += 1
            total += counts[last]
        made.append(_passage(plot, parts[first].start, parts[last].end))
        if last + 1 >= len(parts):
            break
        overlaps = last > first and counts[last] + counts[last + 1] <= limit
        first = last if overlaps else last + 1
    return made


def overview(movie: Movie, encoder: Encoder) -> str:
    """Title, year, genres and as much of the plot's beginning as fits: the film in one row."""
    head = f"{movie.label}. {', '.join(movie.genres)}." if movie.genres else f"{movie.label}."
    parts = sentences(movie.plot)
    counts = encoder.token_counts([head, *(part.text for part in parts)])
    total = counts[0]
    if total > encoder.max_tokens:
        return _cut(head, encoder, encoder.max_tokens)
    kept = 0
    for count in counts[1:]:
        if total + count > encoder.max_tokens:
            break
        total += count
        kept += 1
    return " ".join([head, *(part.text for part in parts[:kept])])


def fit(text: str, encoder: Encoder) -> str:
    """A query's beginning that the encoder can read in one piece (all of it, nearly always)."""
    return text if encoder.token_counts([text])[0] <= encoder.max_tokens else _cut(text, encoder, encoder.max_tokens)


def _passage(text: str, start: int, end: int) -> Passage:
    raw = text[start:end]
    start += len(raw) - len(raw.lstrip())
    end -= len(raw) - len(raw.rstrip())
    return Passage(text[start:end], start, end)


def _fitting(plot: str, sentence: Passage, encoder: Encoder, limit: int) -> Sequence[Passage]:
    """The sentence itself, or its pieces between words, each within `limit` tokens."""
    if encoder.token_counts([sentence.text])[0] <= limit:
        return [sentence]
    words = [(match.start(), match.end()) for match in re.finditer(r"\S+", sentence.text)]
    if len(words) == 1:  # one endless "word": halve it until it fits
        middle = len(sentence.text) // 2
        if middle == 0:
            return []
        cuts = [(0, middle), (middle, len(sentence.text))]
    else:
        middle = words[len(words) // 2][0]
        cuts = [(0, middle), (middle, len(sentence.text))]
    pieces: list[Passage] = []
    for start, end in cuts:
        pieces.extend(_fitting(plot, _passage(plot, sentence.start + start, sentence.start + end), encoder, limit))
    return pieces


def _cut(text: str, encoder: Encoder, limit: int) -> str:
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        if encoder.token_counts([text[:middle]])[0] <= limit:
            low = middle
        else:
            high = middle
    return text[:low].rsplit(" ", 1)[0] if " " in text[:low] else text[:low]
