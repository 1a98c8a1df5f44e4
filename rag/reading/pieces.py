"""A sentence cut into pieces that each mean one thing: a genre, a person, a limit, a "not", a plain word.

Every token belongs to exactly one piece. What the pieces mean together is `understanding.py`'s;
here a piece is judged by itself and by the token in front of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from rag.reading.lexicon import ASKING_WORDS, FUNCTION_WORDS, Kind, Meaning, lexicon_for
from rag.reading.measures import MEASURE_WORDS, read_rating, read_runtime
from rag.reading.mentions import Mention, TitleReader
from rag.reading.names import Vocabulary
from rag.reading.people import PersonReader
from rag.reading.places import Place, country_names, needs_capital
from rag.reading.spelling import Speller
from rag.reading.tokens import Phrases, Token
from rag.reading.years import YEAR_WORDS, read_years

_STOPS, _COMMAS = frozenset(".!?;\n…"), frozenset(",():–—[]|-*•")
_AMOUNTS = Phrases.listed(
    {2: "a couple of, couple of, a pair of", 5: "a handful of, a few", 6: "half a dozen", 12: "a dozen, dozen"}
)
_FROM = {("made", "in"), ("produced", "in"), ("films", "in")} | {(noun, "of") for noun in ("film", "films", "movie", "movies")}
_FUZZY_LOOKUPS = 8  # misspelt names tried per sentence, to bound the time


@dataclass(frozen=True)
class Piece:
    """Tokens `start` to `end` with one meaning; `value` and `strength` as in `Meaning`."""

    kind: Kind
    start: int
    end: int
    text: str
    value: Any = None
    strength: int = 3

    @property
    def is_small(self) -> bool:
        """A plain word that carries no meaning of its own ("the", "with")."""
        return self.kind == "word" and self.text.casefold() in FUNCTION_WORDS


class Grammar:
    """The words of the language and of one catalogue, and the cutting of sentences with them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.lexicon: Phrases[Meaning] = lexicon_for(vocabulary.own_genres(), vocabulary.languages)
        self.people = PersonReader(vocabulary, self.lexicon)
        self._countries: Phrases[Place] = Phrases(country_names())
        self.speller = Speller(self.lexicon.words() | FUNCTION_WORDS | ASKING_WORDS | MEASURE_WORDS | YEAR_WORDS, vocabulary)

    def title_reader(self) -> TitleReader:
        """A reader for the titles of one sentence."""
        return TitleReader(self.vocabulary, self.lexicon, self.people)

    def cut(self, sentence: str, tokens: Sequence[Token], titles: Sequence[Mention], today: date) -> list[Piece]:
        """All pieces of a sentence, in order."""
        starts = {mention.start: mention for mention in titles}
        pieces: list[Piece] = []
        at, fuzzy = 0, _FUZZY_LOOKUPS
        limit = len(tokens)
        while at < limit:
            mention = starts.get(at)
            if mention:
                piece = Piece("title", at, mention.end, mention.text, mention)
            else:
                until = min((start for start in starts if start > at), default=limit)
                piece = self._piece(sentence, tokens[:until], at, today, fuzzy > 0)
                fuzzy -= piece.kind == "word" and tokens[at].capital
            pieces.append(piece)
            at = piece.end
        return pieces

    def _piece(self, sentence: str, tokens: Sequence[Token], at: int, today: date, fuzzy: bool) -> Piece:
        token = tokens[at]

        def piece(kind: Kind, end: int, value: Any = None, strength: int = 3) -> Piece:
            return Piece(kind, at, end, sentence[token.start : tokens[end - 1].end], value, strength)

        measure = read_rating(tokens, at) or read_runtime(tokens, at) or read_years(tokens, at, today)
        if measure:
            return piece("measure", measure.end, measure)
        known = self.lexicon.match(tokens, at)
        strange = known is None and self._countries.match(tokens, at) is None  # "Iceland" is no misspelt Ireland
        person = self.people.person(tokens, at, fuzzy and strange)
        place = self._country(tokens, at)
        if place and person and person.end <= place[0]:  # "from Ireland" is no film of John Ireland's
            person = None
        if person and (known is None or known[0] <= person.end):
            return piece("person", person.end, person)
        if place:
            return piece("place", place[0], place[1])
        if known and known[1].kind != "word":
            return piece(known[1].kind, known[0], known[1].value, known[1].strength)
        if not token.is_word:
            return piece("stop" if token.text in _STOPS else "comma" if token.text in _COMMAS else "word", at + 1)
        if amount := _AMOUNTS.match(tokens, at):
            return piece("number", amount[0], amount[1])
        if token.number is not None and token.number == int(token.number) and token.number >= 1:
            return piece("number", at + 1, int(token.number))
        return piece("word", at + 1)

    def _country(self, tokens: Sequence[Token], at: int) -> tuple[int, Place] | None:
        """A country after "from" or "made in"; in other places it says where the story is set."""
        before = [token.fold for token in tokens[max(0, at - 3) : at] if token.fold != "the"]
        cued = before[-1:] == ["from"] or tuple(before[-2:]) in _FROM
        listed = len(before) > 1 and before[-1] in {"or", "and", ","} and self._country_before(tokens, at - 1)
        if not (cued or listed or self._item(tokens, at)):
            return None
        found = self._countries.match(tokens, at)
        if found is None or (needs_capital(tokens[at].fold) and not tokens[at].capital and not cued):
            return None
        return found

    def _item(self, tokens: Sequence[Token], at: int) -> bool:
        """Is a country all there is between two commas ("horror, UK, 2000s")?"""
        found = self._countries.match(tokens, at)
        if found is None or (at and tokens[at - 1].fold not in {",", ";", "/", "|", "just", "only"}):
            return False
        return found[0] == len(tokens) or tokens[found[0]].text in ",;/|."

    def _country_before(self, tokens: Sequence[Token], joint: int) -> bool:
        """Does a country after "from" end right before the "or" at token `joint`?"""
        for start in range(max(1, joint - 3), joint):
            found = self._country(tokens[:joint], start) if tokens[start - 1].fold in {"from", "the"} else None
            if found and found[0] == joint:
                return True
        return False


@lru_cache(maxsize=4)
def grammar_of(vocabulary: Vocabulary) -> Grammar:
    """The grammar of a vocabulary, made once."""
    return Grammar(vocabulary)
