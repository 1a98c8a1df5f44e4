"""What of a film goes into the index as text: one overview, the plot in passages that fit the encoder, and the keywords.

CLIP reads 77 tokens and effectively fewer; MiniLM reads 256. So a plot is cut into windows of whole
sentences, each within the encoder's limit, and nothing is truncated silently. Knows text and token
counts; does not know vectors or files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from movies.encoders import Encoder, Span
from movies.movie import Movie

WINDOW_TOKENS = 64  # a passage this long says one thing; measured in docs/quality.md
_SENTENCE_END = re.compile(r"(?<=[.!?…])([\"'”’)\]]*)\s+|\n+")
_MIN_WORDS = 4  # a shorter sentence is joined to the one before it


@dataclass(frozen=True)
class Passage:
    """A span of a plot: `plot[start:end]` is `text` but for surrounding blanks."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Section:
    """A text that is encoded in one go, which gives a row for all of it and one for each passage in it.

    `whole`: where `text` stands in the plot, None for overview and keywords; `spans`: the passages, in characters of
    `text`; `passages`: the same ones, in characters of the plot.
    """

    kind: Literal["overview", "passage", "keywords"]
    text: str
    whole: Span | None = None
    spans: tuple[Span, ...] = ()
    passages: tuple[Span, ...] = ()

    @property
    def rows(self) -> tuple[tuple[str, Span | None], ...]:
        """What each row is, and where it stands in the plot."""
        return ((self.kind, self.whole), *(("passage", place) for place in self.passages))


def sentences(text: str) -> list[Passage]:
    """The sentences of a text with their spans, very short ones joined to their neighbour."""
    spans: list[tuple[int, int]] = []
    position = 0
    for match in [*_SENTENCE_END.finditer(text), None]:
        end = (match.end(1) if match[1] else match.start()) if match else len(text)  # closing quotes belong to it
        if text[position:end].strip():
            short = len(text[position:end].split()) < _MIN_WORDS
            if spans and short:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((position, end))
        position = match.end() if match else end
    return [_passage(text, start, end) for start, end in spans]


def sections(movie: Movie, encoder: Encoder) -> list[Section]:
    """A film as the encoder reads it: first the overview with the passages in it, then what of the plot is left, then the keywords.

    The overview is title, year, genres and as much of the plot's beginning as fits. Keywords have a row of their own, for a
    plot tells in names and scenes what viewers ask for in general words ("heist gone wrong").
    """
    head = f"{movie.label}. {', '.join(movie.genres)}." if movie.genres else f"{movie.label}."
    parts = sentences(movie.plot)
    counts = encoder.token_counts([head, *(part.text for part in parts)])
    total = counts.pop(0)
    if total > encoder.max_tokens:
        head = _cut(head, encoder, encoder.max_tokens)
    kept = 0
    for count in counts:
        if total + count > encoder.max_tokens:
            break
        total += count
        kept += 1
    text = head
    moved: list[tuple[int, int]] = []  # where a sentence ends in the plot, and how far it is moved in the overview
    for part in parts[:kept]:
        text += " "
        moved.append((part.end, len(text) - part.start))
        text += part.text
    inside: list[Passage] = []
    outside: list[Passage] = []
    for passage in windows(movie.plot, encoder, parts, counts):
        (inside if kept and passage.end <= parts[kept - 1].end else outside).append(passage)

    def place(position: int, at_end: bool) -> int:
        return position + next(by for end, by in moved if position < end or (at_end and position == end))

    spans = tuple((place(passage.start, False), place(passage.end, True)) for passage in inside)
    first = Section("overview", text, spans=spans, passages=tuple((passage.start, passage.end) for passage in inside))
    rest = [Section("passage", passage.text, (passage.start, passage.end)) for passage in outside]
    known = f"{', '.join(movie.genres)}. {', '.join(movie.keywords)}".removeprefix(". ")
    return [first, *rest, *([Section("keywords", fit(known, encoder))] if movie.keywords else [])]


def windows(plot: str, encoder: Encoder, parts: Sequence[Passage], counts: Sequence[int]) -> list[Passage]:
    """The plot in windows of whole sentences (`parts`, of `counts` tokens) within `WINDOW_TOKENS` and the encoder's limit.

    Each window begins with the last sentence of the one before it, if both fit, so that a thought
    across the border is found. A sentence that is too long is cut between words.
    """
    limit = min(WINDOW_TOKENS, encoder.max_tokens)
    if any(count > limit for count in counts):
        parts = [
            piece
            for part, count in zip(parts, counts, strict=True)
            for piece in ([part] if count <= limit else _pieces(plot, part, encoder, limit))
        ]
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


def fit(text: str, encoder: Encoder) -> str:
    """A query's beginning that the encoder can read in one piece (all of it, nearly always)."""
    return text if encoder.token_counts([text])[0] <= encoder.max_tokens else _cut(text, encoder, encoder.max_tokens)


def _passage(text: str, start: int, end: int) -> Passage:
    raw = text[start:end]
    start += len(raw) - len(raw.lstrip())
    end -= len(raw) - len(raw.rstrip())
    return Passage(text[start:end], start, end)


def _pieces(plot: str, sentence: Passage, encoder: Encoder, limit: int) -> list[Passage]:
    """A sentence that is too long, in pieces between words, each within `limit` tokens."""
    words = [match.start() for match in re.finditer(r"\S+", sentence.text)]
    middle = words[len(words) // 2] if len(words) > 1 else len(sentence.text) // 2  # one endless "word" is halved
    if not middle:
        return []
    pieces: list[Passage] = []
    for start, end in ((0, middle), (middle, len(sentence.text))):
        piece = _passage(plot, sentence.start + start, sentence.start + end)
        fits = encoder.token_counts([piece.text])[0] <= limit
        pieces.extend([piece] if fits else _pieces(plot, piece, encoder, limit))
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
