"""`understand`: what a sentence asks for, read without a language model, in a millisecond or two.

Search and chat share it. Two registers: requests ("a French comedy under two hours, nothing sad"),
read by `grammar.py`, and tip-of-the-tongue texts (long, wordy, partly wrong), read by `clues.py`.
Does not know dialogue (what "the second one" refers to), nor what any plan finds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rag.plan import Plan
from rag.reading.clues import Clue, is_tip_of_the_tongue, read_clues
from rag.reading.draft import Draft, Span
from rag.reading.grammar import Interpreter
from rag.reading.mentions import Mention
from rag.reading.names import Vocabulary
from rag.reading.pieces import grammar_of
from rag.reading.tokens import tokenize

__all__ = ["LONGEST", "Clue", "Mention", "Span", "Understanding", "Vocabulary", "clean", "understand"]

LONGEST = 4000
"""Characters of a sentence that are read; the rest is cut, with a note."""


_NOT_ON_FILE = tuple(
    (re.compile(pattern, re.IGNORECASE), f"The catalogue {what}; those words were only searched for.")
    for pattern, what in (
        (r"\bbudgets?\b(?! (?:travel|airline|hotel))", "can't be searched by budget"),
        (r"\b(?:rated (?:r|pg|g|18|15|12)\b|r-rated|pg-?13)", "has no age ratings"),
        (
            r"\b(?:oscars?|academy awards?|golden globes?|palme d'or|best picture|award[- ]winn\w+|prize[- ]winn\w+)\b",
            "has no awards",
        ),
        (
            r"\b(?:by|from|made by|directed by) (?:a )?(?:women|woman|female)\b|\b(?:female|women|woman) (?:directors?|film-?makers?|leads?)\b",
            "does not say who is a woman",
        ),
    )
)
_FOREIGN = frozenset(
    "ich suche einen eine ein der die das und mit für von mir bitte nicht möchte etwas una uno el los las quiero busco para con del "
    "película películas por je cherche voudrais un une les des avec pour sur dans veux il lo gli che cerco vorrei di per um uma "
    "filme quero com een het ik zoek met voor".split()
)
"""Small words of the languages most likely to be tried, none of them English but a few ("die", "per")."""


@dataclass(frozen=True)
class Understanding:
    """A plan and where it came from.

    `spans`: (words, field, value) in the order of the sentence. `mentions`: films named, found or not.
    `clues` (tip of the tongue only): parts of the description to search for one by one.
    `notes`: sentences to show the user, such as that a text was cut.
    """

    sentence: str
    plan: Plan
    spans: tuple[Span, ...] = ()
    mentions: tuple[Mention, ...] = ()
    tip_of_the_tongue: bool = False
    clues: tuple[Clue, ...] = ()
    notes: tuple[str, ...] = ()


def understand(sentence: str, vocabulary: Vocabulary, today: date | None = None) -> Understanding:
    """Read a sentence against a catalogue's names. Never raises on any text; reads the first 4,000 characters.

    `today` is what "recent" and "the last ten years" count from (default: the current day).
    """
    today = today or datetime.now(UTC).date()
    notes: list[str] = []
    text = clean(sentence[: LONGEST + 1])
    if len(sentence) > LONGEST:
        text = text[:LONGEST]
        notes.append(f"Only the first {LONGEST:,} characters were read.")
    notes += [note for pattern, note in _NOT_ON_FILE if pattern.search(text)]
    grammar = grammar_of(vocabulary)
    text = grammar.speller.mended(text)
    tokens = tokenize(text)
    if not tokens:
        return Understanding(text, Plan(), notes=tuple(notes))
    titles = grammar.title_reader()
    whole = titles.whole(text, tokens)
    if whole:
        plan = Plan(query=text.strip()[:LONGEST])
        return Understanding(text, plan, (Span(whole.text, "asked", whole.name),), (whole,), notes=tuple(notes))
    if is_tip_of_the_tongue(text):
        told = read_clues(text, grammar, today)
        return Understanding(text, told.plan, told.spans, told.mentions, True, told.clues, tuple(notes))
    mentions = titles.read(text, tokens)
    draft = Interpreter(
        tokens, grammar.cut(text, tokens, mentions, today), Draft(text, tokens, vocabulary), vocabulary, today
    ).draft
    plan = draft.plan()
    if len(_FOREIGN & set(re.findall(r"\w+", plan.query.casefold()))) > 1:
        notes.append("I only read English; these words were searched for as they stand.")
    return Understanding(text, plan, tuple(draft.spans), tuple(mentions), notes=tuple(notes))


def clean(text: str) -> str:
    """Text without control characters and lone surrogates; line ends stay."""
    kept = "".join(char if char == "\n" or (ord(char) >= 32 and not 0x7F <= ord(char) < 0xA0) else " " for char in text)
    return kept.encode("utf-8", "replace").decode("utf-8")
