"""Films that a sentence names.

Titles are read before anything else, because "like The War of the Worlds" must not ask for war films;
a title counts where something marks it as one: a cue in front ("like", "have you got"), quotes, a
year in brackets, or capitals. Does not know people (`people.py`), nor negation of anything but titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.reading.lexicon import Meaning
from rag.reading.names import Film, Vocabulary
from rag.reading.people import PersonReader
from rag.reading.tokens import Phrases, Token, word_set

Role = Literal["like", "unlike", "exclude", "asked"]
_LONGEST = 12  # tokens of a title
_LOOKUPS = 4  # misspelt titles looked up per sentence: each is a look at every title
_YEAR = re.compile(r"(?:1[89]|20)\d\d")


@dataclass(frozen=True)
class Mention:
    """A film named in tokens `start` to `end`, its cue ("like") included; `films` are all with that title,
    the likeliest first, or none; `text` is the title as written.

    `role`: `like` an example to follow, `unlike` one to keep away from, `exclude` not to be shown (seen, or
    "not Heat"), `asked` spoken of ("have you got Heat?").
    """

    start: int
    end: int
    text: str
    films: tuple[Film, ...]
    role: Role
    guessed: bool = False  # found by a near, not the same, spelling

    @property
    def name(self) -> str:
        """The id of the likeliest film, or the title as it was written."""
        return self.films[0].id if self.films else self.text


_CUES: Phrases[Role] = Phrases.listed(
    {
        "like": """like, similar to, such as, in the vein of, in the style of, in the spirit of, along the lines of
            cross between, mix of, mix between, blend of, combination of, reminiscent of, same vibe as, vibe of
            comparable to, as good as, fans of, fan of, i loved, we loved, i liked, we liked, i enjoyed, loved, liked
            enjoyed, love, adore, adored, than, reminds me of, remind me of, my favourite film is, my favorite movie is
            my favourite is, my favorite is, a la, favourites are, favorites are, sequel to, follow up to, akin to
            along with, close to, closest to, if i liked, if you liked, if we liked, if i loved, if we loved, if i enjoyed, if you loved
            people who liked, people who loved, in the same league as, on the lines of, in the mould of""",
        "unlike": """unlike, not like, nothing like, don't like, didn't like, did not like, do not like, hated, hate
            disliked, dislike, don't care for, not keen on, can't stand, not a fan of, less like, didn't enjoy, not anything like""",
        "exclude": """seen, i've seen, already seen, watched, already watched, i saw, we saw, just saw, besides, except
            excluding, but not, not, no, isn't, is not, aren't, wasn't, anything but, other than, apart from, instead of, without, except for, no more""",
        "asked": """have you got, do you have, got, is, was, what about, how about, tell me about, who directed
            who stars in, who made, who is in, who's in, when was, watch, play, find, show me, is there, looking for
            look for, plot of, cast of, director of, poster of, poster for, year of, rating of, put on, details of
            details on, info on, more about, length of, how long is, when did, to see, see, rewatch, the film, the movie
            called, titled, named, have you seen, you seen, haven't seen, poster, have not seen, never seen, find me
            search for, do you know, heard of, in, about, watching, want, any, does, did, got the""",
    }
)
_AFTER_CUE = Phrases.listed(
    {
        True: "both, either, the film, the movie, film, movie, films like, movies like, the film called, the movie called, the original, the very first, the first"
    }
)
_BEFORE_TITLE_END = word_set(
    "already and or but with without from only though please which that in not minus plus except under over before after for set by "
    "starring tonight is was because so then any on if when where as vs instead both too again yet are were ever worth "
    "available streaming good what which who how can could would should do or, just also have has except if than maybe however it"
)
_NAMING = word_set("film movie called titled named")
_PRONOUNS = word_set(
    "it that this these those them me you him her his their us some any one ones the a an what which who whom something anything nothing "
    "everything more less most there here i we he she they my your so to be all other others none and or of in on at"
)


_ANY = word_set("any some more other")
_OF_AGE = word_set("older newer earlier later recent")


def _of_its_year(tokens: Sequence[Token], mention: Mention) -> Mention:
    """ "Titanic from 1997": the year tells which film is meant, and asks for none."""
    year = tokens[mention.end + 1].text if mention.end + 1 < len(tokens) else ""
    meant = tuple(film for film in mention.films if str(film.year) == year)
    if not meant or tokens[mention.end].fold not in {"from", "of"}:
        return mention
    return replace(mention, end=mention.end + 2, films=meant)


class TitleReader:
    """Finds titles of one catalogue in one tokenised sentence. `lexicon`: words with a meaning of their own."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Phrases[Meaning], people: PersonReader) -> None:
        self._names, self._lexicon, self._people = vocabulary, lexicon, people
        self._lookups_left = _LOOKUPS

    def read(self, sentence: str, tokens: Sequence[Token]) -> list[Mention]:
        """The films named in a sentence, in order, without overlaps."""
        found: list[Mention] = []
        at = 0
        while at < len(tokens):
            mentions = list(self._cued(sentence, tokens, at))
            if not mentions and (mention := self._quoted(sentence, tokens, at) or self._with_year(sentence, tokens, at)):
                mentions = [mention]
            if not mentions and (mention := self._capitalised(sentence, tokens, at)):
                mentions = [mention]
            mentions = [_of_its_year(tokens, mention) for mention in mentions]
            found += mentions
            at = mentions[-1].end if mentions else at + 1
        return found

    def whole(self, sentence: str, tokens: Sequence[Token]) -> Mention | None:
        """The film that the whole sentence is the title of: "Heat", "1917", "the italian job (1969)"."""
        words = [n for n, token in enumerate(tokens) if token.is_word]
        if not words or len(words) > _LONGEST or self._has_meaning(tokens, words[0], words[-1] + 1):
            return None
        text = sentence[tokens[words[0]].start :].strip().rstrip("?!.")
        films = self._names.films_named(text)
        if not films and len(words) > 1 and _YEAR.fullmatch(tokens[words[-1]].text):  # "heat 1995"
            shorter = sentence[tokens[words[0]].start : tokens[words[-2]].end]
            films = [film for film in self._names.films_named(shorter) if str(film.year) == tokens[words[-1]].text]
        return Mention(0, len(tokens), text, tuple(films), "asked") if films else None

    def leading(self, sentence: str, tokens: Sequence[Token]) -> list[Mention]:
        """The film whose title a text begins with, to be left out ("Oldboy, I checked")."""
        mention = self._title_at(sentence, tokens, 0, "like", listed=False) if tokens else None
        return [Mention(mention.start, mention.end, mention.text, mention.films, "exclude")] if mention else []

    def _has_meaning(self, tokens: Sequence[Token], start: int, end: int) -> bool:
        """Is this run of tokens a phrase of the lexicon ("drama", "funny", "short film")?"""
        found = self._lexicon.match(tokens, start)
        return found is not None and found[0] >= end

    def _quoted(self, sentence: str, tokens: Sequence[Token], at: int) -> Mention | None:
        closing = {'"': '"', "“": "”", "«": "»", "‘": "’", "'": "'", "„": "“"}.get(tokens[at].text)
        if closing is None or (tokens[at].text in "'‘" and at and tokens[at - 1].end == tokens[at].start):
            return None
        for end in range(at + 2, min(at + _LONGEST + 2, len(tokens))):
            if tokens[end].text in (closing, '"') and (
                tokens[end].text != "'" or tokens[end].end >= len(sentence) or not sentence[tokens[end].end].isalnum()
            ):
                text = sentence[tokens[at].end : tokens[end].start].strip()
                films = self._names.films_named(text) or self._film_like(text, 0.86)
                if not films and not text[:1].isupper():
                    return None  # quoted words, not a title we know
                return Mention(at, end + 1, text, tuple(films), "asked")
        return None

    def _with_year(self, sentence: str, tokens: Sequence[Token], at: int) -> Mention | None:
        """`Alien (1979)`, beginning at token `at`."""
        if not (tokens[at].capital or tokens[at].text[0].isdigit()):
            return None
        for bracket in range(at + 1, min(at + _LONGEST, len(tokens) - 2)):
            if tokens[bracket].text == "(" and tokens[bracket + 2].text == ")" and _YEAR.fullmatch(tokens[bracket + 1].text):
                year = int(tokens[bracket + 1].text)
                text = sentence[tokens[at].start : tokens[bracket].start].strip()
                films = [film for film in self._names.films_named(text) if film.year and abs(film.year - year) <= 1]
                if films:
                    films.sort(key=lambda film: film.year != year)
                    return Mention(at, bracket + 3, text, tuple(films), "asked")
                if all(token.capital or not token.is_word for token in tokens[at:bracket]):
                    near = [film for film in self._film_like(f"{text} ({year})", 0.86) if film.year == year]
                    return Mention(at, bracket + 3, text, tuple(near), "asked", bool(near))
                return None
        return None

    def _cued(self, sentence: str, tokens: Sequence[Token], at: int) -> Iterator[Mention]:
        cue = _CUES.match(tokens, at)
        if cue is None:
            return
        place, role = cue
        while place < len(tokens) and (skipped := _AFTER_CUE.match(tokens, place)):
            place = skipped[0]
        if (
            _OF_AGE & {token.fold for token in tokens[max(at - 1, 0) : place]}
            and place < len(tokens)
            and _YEAR.fullmatch(tokens[place].text)
        ):
            return  # "older than 1917" speaks of the year
        first = True
        while place < len(tokens):
            mention = self._title_at(sentence, tokens, place, role, listed=not first)
            if mention is None and role in ("like", "unlike") and (first or tokens[place].capital):
                mention = self._near_title(
                    sentence, tokens, place, role, sure=tokens[at].fold in {"similar", "like", "such", "unlike"}
                )
            if mention is None:
                return
            yield replace(mention, start=at) if first and role != "asked" else mention
            first = False
            place = mention.end
            joints = 0
            while place < len(tokens) and tokens[place].fold in {"and", "or", ",", "&", "/", "even", "maybe"} and joints < 3:
                place, joints = place + 1, joints + 1
            if not joints:
                return

    def _title_at(self, sentence: str, tokens: Sequence[Token], at: int, role: Role, *, listed: bool) -> Mention | None:
        quoted = self._quoted(sentence, tokens, at) or self._with_year(sentence, tokens, at)
        if quoted:
            return replace(quoted, role=role)
        if not tokens[at].is_word:
            return None
        for end in range(min(at + _LONGEST, len(tokens)), at, -1):
            if not tokens[end - 1].is_word or tokens[end - 1].fold == "and":  # titles are compared without "and"
                continue
            text = sentence[tokens[at].start : tokens[end - 1].end]
            films = self._names.films_named(text)
            if films and self._is_title(tokens, at, end, role, films[0], listed=listed):
                year = tokens[end].text if end < len(tokens) else ""
                dated = [film for film in films if str(film.year) == year]
                return Mention(at, end + bool(dated), text, tuple(dated or films), role)
        return None

    def _is_title(self, tokens: Sequence[Token], at: int, end: int, role: Role, film: Film, *, listed: bool) -> bool:
        """May these words, which are somebody's title, be meant as one here?"""
        words = [token for token in tokens[at:end] if token.is_word]
        capital = words[0].capital or words[-1].capital
        named = bool(at) and tokens[at - 1].fold in _NAMING and words[0].capital  # "the film No"
        if self._has_meaning(tokens, at, end) and not (capital and len(words) > 1) and not named:
            return False
        if all(word.fold in _PRONOUNS for word in words) and not (capital and at > 0):
            return False
        if (
            at
            and tokens[at - 1].fold in _ANY
            and len(words) == 1
            and self._names.person_by_surname(words[0].bare, directing=True)
        ):
            return False  # "any Hitchcock from the seventies?", though a film is called so
        if any(word.capital for word in words):
            after = tokens[end] if end < len(tokens) else None
            return after is None or not (
                after.capital and after.start == tokens[end - 1].end + 1 and len(words) == 1 and not listed
            )
        follows = tokens[end].fold if end < len(tokens) else ""
        ends = end >= len(tokens) or not tokens[end].is_word or follows in _BEFORE_TITLE_END or bool(_YEAR.fullmatch(follows))
        cue = tokens[at - 1].fold if at else ""
        if role == "exclude" or cue in {"in", "about", "want", "any", "love", "hate"}:
            return ends and (len(words) > 2 or listed or cue in {"seen", "saw", "watched"})
        if role == "asked" and ((len(words) == 1 and words[0].text.isalpha()) or cue in {"is", "was", "see"}):
            return self._asked_alone(tokens, at, end)
        return ends

    def _asked_alone(self, tokens: Sequence[Token], at: int, end: int) -> bool:
        """ "is her any good", "have you got up?": one small word that only its surroundings make a title."""
        rest = " ".join(token.fold for token in tokens[end : end + 2])
        if rest.startswith(("any good", "worth", "good", "on", "available", "in stock")):
            return True
        return (
            end >= len(tokens) - 1
            and tokens[at - 1].fold not in {"is", "was"}
            and (end == len(tokens) or not tokens[end].is_word)
        )

    def _near_title(self, sentence: str, tokens: Sequence[Token], at: int, role: Role, *, sure: bool) -> Mention | None:
        """A misspelt title, or one the catalogue lacks, after a cue that calls for a title."""
        end = at
        while (
            end < min(at + 8, len(tokens)) and tokens[end].is_word and (end == at or tokens[end].fold not in _BEFORE_TITLE_END)
        ):
            end += 1
        words = list(tokens[at:end])
        if not words or not any(len(word.text) > 2 for word in words) or words[0].fold in _PRONOUNS - {"the", "a", "all"}:
            return None
        proper = words[0].capital and (sum(word.capital for word in words) * 2 >= len(words))
        while proper and not words[-1].capital and not words[-1].text[0].isdigit():
            words.pop()
        if not (proper or sure) or self._people.person(tokens, at) or (self._has_meaning(tokens, at, end) and not proper):
            return None
        if not proper and (len(words) > 5 or all(self._names.is_ordinary(word.fold) or self._meant(word) for word in words)):
            return None
        if proper and len(words) == 1 and self._meant(words[0]):
            return None
        text = sentence[words[0].start : words[-1].end]
        films = self._film_like(text, 0.8 if proper else 0.86)
        if len(words) == 1 and (len(films) > 1 or self._names.is_ordinary(words[0].fold)):
            films = [film for film in films if len(film.title.split()) == 1]  # "Moonlight" is no Moonlight Mile
        closes = at + len(words) >= len(tokens) or not tokens[at + len(words)].is_word
        if not films and not (proper and (sure or (closes and at > 0))):
            return None
        return Mention(at, at + len(words), text, tuple(films), role, bool(films))

    def _film_like(self, words: str, cutoff: float) -> list[Film]:
        self._lookups_left -= 1
        return self._names.film_like(words, cutoff) if self._lookups_left >= 0 else []

    def _meant(self, token: Token) -> bool:
        return self._lexicon.match([token], 0) is not None

    def _capitalised(self, sentence: str, tokens: Sequence[Token], at: int) -> Mention | None:
        """A title of several words written with capitals, and no cue: "was The Italian Job any good"."""
        if not tokens[at].capital or (at + 1 < len(tokens) and not tokens[at + 1].is_word):
            return None
        for end in range(min(at + _LONGEST, len(tokens)), at + 1, -1):
            capitals = sum(token.capital for token in tokens[at:end])
            if capitals < 2 or not (tokens[end - 1].capital or tokens[end - 1].text[0].isdigit()):
                continue
            text = sentence[tokens[at].start : tokens[end - 1].end]
            films = self._names.films_named(text)
            if films and not self._has_meaning(tokens, at, end):
                return Mention(at, end, text, tuple(films), "asked")
        return None
