"""Directors and actors that a sentence names: by full name, by a surname that can mean only one, or misspelt.

A full name counts anywhere; a surname alone needs a cue ("by", "with", "… films") or a capital, and must be
no everyday word, so that "with love" is nobody. One that can mean nothing else needs neither in a short
sentence, or if it is no English word. Does not know what the name is wanted for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from movies.vocabulary import canonical_country, canonical_language, fold
from rag.reading.lexicon import FUNCTION_WORDS, Meaning
from rag.reading.names import Person, Vocabulary, tokenize_name
from rag.reading.spelling import is_english
from rag.reading.tokens import Phrases, Token, word_set

_FILM_WORDS = word_set(
    "film films movie movies flick flicks cinema picture pictures one's thriller thrillers comedy comedies stuff work works"
)
_FOND = word_set(
    "just only that the this lovely great wonderful brilliant late old young legendary amazing gorgeous handsome dear good"
)
_DIRECTOR_CUES = word_set("by directed director from")
_PERSON_CUES = word_set(
    "with starring by featuring stars star directed director actor actress without no not like love and or from actors of "
    "loves some any more hate avoid except than also plus drop , & +"
)
_JOINTS = word_set("and & with +")
_WHERE = word_set("at near")  # "stuck at Kennedy airport"
_WORDS_OF_A_WISH = 16
_KNOWN = 3  # films; a nickname means somebody better known before somebody who is really called so
_FAMOUS = 5  # films of somebody whose surname begins a sentence, though a title has it too


@dataclass(frozen=True)
class Named:
    """A person named in tokens `start` to `end`."""

    start: int
    end: int
    name: str
    cued: bool  # "with", "by", "starring" in front, or "films" behind


class PersonReader:
    """Finds people of one catalogue in tokenised sentences. `lexicon`: words with a meaning of their own."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Phrases[Meaning]) -> None:
        self._names, self._lexicon = vocabulary, lexicon

    def person(self, tokens: Sequence[Token], at: int, fuzzy: bool = False) -> Named | None:
        """The person whose name begins at token `at`; `fuzzy` also allows for misspelt names."""
        first = tokens[at]
        if not first.is_word or first.text[0].isdigit():
            return None
        place = at - 1
        while place > 0 and tokens[place].fold in _FOND:  # "with that lovely Cary Grant"
            place -= 1
        before = tokens[place].fold if place >= 0 else ""
        alone = at == 0 and sum(token.is_word for token in tokens) <= 2 and not self._meant(first)
        apart = (at == 0 or not tokens[at - 1].is_word) and (at + 1 == len(tokens) or not tokens[at + 1].is_word)
        proper = first.capital and len(first.bare) > 3 and not (self._names.is_ordinary(first.bare) or self._meant(first))
        strange = not is_english(first.fold)
        paired = at == 0 and strange and any(token.fold in _JOINTS for token in tokens[1:3])  # "arnie and danny devito"
        cued = before in _PERSON_CUES or alone or paired or (apart and (proper or strange))  # "denzel. rated 7+."
        directing = before in _DIRECTOR_CUES
        for length in (4, 3, 2):
            words = tokens[at : at + length]
            if len(words) < length or not all(word.is_word for word in words):
                continue
            person = self._names.person_named([word.bare for word in words]) or (
                self._names.person_named([word.fold for word in words]) if words[-1].bare != words[-1].fold else None
            )
            if person and (cued or first.capital or not all(self._names.is_ordinary(w.bare) or self._meant(w) for w in words)):
                return Named(at, at + length, person.name, cued or self._film_follows(tokens, at + length))
        return (
            self._shortened(tokens, at)
            or self._a_slip_away(tokens, at, cued)
            or self._single(tokens, at, cued, directing)
            or (self._misspelt(tokens, at, cued, directing) if fuzzy else None)
        )

    def _shortened(self, tokens: Sequence[Token], at: int) -> Named | None:
        """A first name cut short before a surname: "Leo DiCaprio"."""
        first = tokens[at]
        for length in (3, 2):
            words = tokens[at : at + length]
            cued = at > 0 and tokens[at - 1].fold in _PERSON_CUES
            if len(words) < length or not all(word.is_word and (word.capital or cued) for word in words) or len(first.fold) < 2:
                continue
            if first.fold in FUNCTION_WORDS:  # "not by Bong" is no Byun
                continue
            surname = "".join(word.bare for word in words[1:])
            if short := self._names.person_by_nickname(first.fold, surname):
                return Named(at, at + length, short.name, True)
            person = self._names.person_by_surname(surname)
            if person and tokenize_name(person.name)[0].startswith(first.fold):
                return Named(at, at + length, person.name, True)
        return None

    def _a_slip_away(self, tokens: Sequence[Token], at: int, cued: bool) -> Named | None:
        """A first name as it is and a surname that is an everyday word now: "jack lemon"."""
        words = tokens[at : at + 2]
        if len(words) < 2 or self._meant(words[0]) or self._names.is_ordinary(words[0].bare) or not words[1].is_word:
            return None
        follows = self._film_follows(tokens, at + 2)
        if not (cued or at == 0 or follows) or not (follows or self._ends_name(tokens, at + 2)):
            return None
        person = self._names.well_known_like(words[0].bare, words[1].bare)
        return Named(at, at + 2, person.name, cued or follows) if person else None

    def _single(self, tokens: Sequence[Token], at: int, cued: bool, directing: bool) -> Named | None:
        """One name alone: a surname, or the name of somebody who has only one."""
        first = tokens[at]
        after = self._film_follows(tokens, at + 1) or first.bare != first.fold
        directing = directing or after
        for length in (2, 1):  # "De Niro", "Hitchcock"
            words = tokens[at : at + length]
            if len(words) < length or not all(word.is_word for word in words):
                continue
            if length == 2 and first.fold in FUNCTION_WORDS:  # "I go" is not Igó
                continue
            after = self._film_follows(tokens, at + length) or words[-1].bare != words[-1].fold
            name = "".join(word.bare for word in words)
            plural = name.endswith("s") and (words[0].capital or cued)
            if plural and not self._names.in_a_name(name) and not is_english(name):  # "how many Hitchcocks?"
                name, after = name.removesuffix("s"), True
            person = self._names.person_by_surname(name, directing=directing or after)
            alone = self._by_first_name(tokens, at) if length == 1 and (first.capital or cued) else None
            alone, person = (None, person) if alone in (person, None) else (alone, None)  # "with Arnold": Schwarzenegger
            if person is None and cued and length == 1 and not is_english(name) and (alone is None or alone.films < _KNOWN):
                alone = self._names.person_by_nickname(name) or alone  # "no arnie"
            if person is None and alone is None:
                continue
            everyday = any if length == 1 else all  # "de niro": no everyday word, though "de" is
            if everyday(self._names.is_ordinary(word.bare) or self._meant(word) for word in words) and not (
                first.capital and cued
            ):
                return None
            if not first.capital and not cued and not (after and length == 1) and not self._unmistakable(tokens, at, person):
                return None
            opening = at == 0 and length == 1 and not self._unmistakable(tokens, at, person)
            if first.capital and not (cued or after) and (opening or alone):
                return None
            if not cued and at and tokens[at - 1].fold in _WHERE:
                return None
            if self._continues(tokens, at, at + length, cued):
                return None
            return Named(at, at + length, (person or alone).name, True)  # type: ignore[union-attr]
        return None

    def _unmistakable(self, tokens: Sequence[Token], at: int, person: Person | None) -> bool:
        """Does a word in lower case mean nobody and nothing else, in a sentence short enough to be a wish ("hitchcock ones")?"""
        word = tokens[at].bare
        short = sum(token.is_word for token in tokens) <= _WORDS_OF_A_WISH or not is_english(word)
        famous = at == 0 and person is not None and person.films >= _FAMOUS  # "spielberg in the 80s"
        place = {canonical_country(word), canonical_language(word)} != {word}
        elsewhere = place or (self._names.in_a_title(word) and not famous)
        whole = at == 0 and person is not None and fold(person.name) == word and self._ends_name(tokens, 1)  # "cher in the 80s"
        return person is not None and short and (len(word) > 4 or whole) and not elsewhere

    def _misspelt(self, tokens: Sequence[Token], at: int, cued: bool, directing: bool) -> Named | None:
        first = tokens[at]
        if not (first.capital or cued) or self._names.is_ordinary(first.fold) or self._meant(first) or len(first.fold) < 3:
            return None
        for length in (3, 2):
            words = tokens[at : at + length]
            if len(words) < length or not all(word.is_word and not word.text[0].isdigit() for word in words):
                continue
            if any(self._meant(word) or self._names.is_ordinary(word.bare) for word in words) or (
                first.capital and not words[-1].capital
            ):
                continue
            person = self._names.person_like([word.bare for word in words])
            if person:
                return Named(at, at + length, person.name, cued or self._film_follows(tokens, at + length))
        after = self._film_follows(tokens, at + 1) or first.bare != first.fold
        if not (cued or after) or self._names.in_a_name(first.bare) or self._continues(tokens, at, at + 1, cued):
            return None
        if not first.capital and is_english(first.fold):  # "climbers" are no Chambers
            return None
        if self._names.in_a_title(first.bare):  # "the Batman ones" are no films of Bateman's
            return None
        person = self._names.surname_like(first.bare, directing=directing or after)
        return Named(at, at + 1, person.name, True) if person else None

    def _continues(self, tokens: Sequence[Token], start: int, end: int, cued: bool) -> bool:
        """Is this part of a longer name ("Colin Hanks" where only Tom is known)?"""
        before = tokens[start - 1] if start else None
        if before and not cued and before.capital and start > 1 and before.is_word and not self._meant(before):
            return True
        after = tokens[end] if end < len(tokens) else None
        possessive = tokens[end - 1].bare != tokens[end - 1].fold
        return bool(after and after.capital and not possessive and not self._meant(after) and after.is_word)

    def _by_first_name(self, tokens: Sequence[Token], at: int) -> Person | None:
        """Whoever else is meant by one name: its only bearer, or the best known one where it can be no other word."""
        name = tokens[at].bare
        rare = not is_english(name) or (len(name) > 4 and not self._names.is_ordinary(name))
        best_known = (tokens[at].capital or rare) and self._ends_name(tokens, at + 1)
        return self._names.person_by_token(name, best_known=best_known)

    def _ends_name(self, tokens: Sequence[Token], end: int) -> bool:
        """Does no further name follow ("johnny cash" is no Johnny of ours)?"""
        after = tokens[end] if end < len(tokens) else None
        return after is None or not after.is_word or after.fold in FUNCTION_WORDS or self._meant(after)

    @staticmethod
    def _film_follows(tokens: Sequence[Token], at: int) -> bool:
        return at < len(tokens) and tokens[at].fold in _FILM_WORDS

    def _meant(self, token: Token) -> bool:
        return self._lexicon.match([token], 0) is not None
