"""The grounding check: no sentence of a model is shown unless what it names is known to be so.

Every title, year, person and number of a sentence must belong to the films it may speak of or to
the user's own words, and must belong to the *right* film: the year behind a title is that film's,
who "directed" it directed it, "a comedy" is one. When in doubt a sentence fails: a template is
shown instead, which costs a turn of phrase; an invented film costs trust. Knows text and films;
does not know models or conversations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from movies.movie import Movie
from movies.titles import TitleFinder, normal_title, split_year
from movies.vocabulary import fold, genre_words, language_words
from rag.plan import language_name

_WORD = re.compile(r"\w+(?:[’'\-]\w+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUOTED = re.compile(
    r"[“\"„«]([^”\"«»“]{1,120})[”\"»]|\*\*?([^*]{1,120})\*\*?|(?<!\w)_([^_]{1,120})_(?!\w)|(?<!\w)[‘']([A-Z][^’']{1,100})[’'](?!\w)"
)
_LEAK = re.compile(
    r"```|<\|?/?\w+[^>]*>|\{\s*[\"']|https?://|www\.|\btool_call|\bas an ai\b|\bsystem prompt\b|\b(?:search_movies|similar_movies|"
    r"movie_details|plot_genres|poster_genres|validate_poster|identify_poster|predict_box_office)\b",
    re.IGNORECASE,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that may begin a sentence with a capital without being a name. Anything else that begins one
# must be part of a known name: "Frozen would suit you" may well be a film that isn't here.
_OPENERS = _words(
    """a about above across after again all although among an and another any anyone as at based be because before behind being
    below besides between beyond both but by can certainly come compared consider could despite directed do does during each
    either enjoy even every everyone everything expect fans featuring few film films finally first following for from full given
    great happy has have he her here hers his how however i if in instead into it its it's i'd i'll i'm i've just lastly later
    let let's like little looking made many maybe meanwhile more most movie movies much my near neither next no none nor not
    nothing now of on once one only or other others our out over overall perfect perhaps pick please rather really released
    second set several she short similar since so some something soon starring still such sure tell thank thanks that that's
    the their them then there there's these they third this those though three through throughout to together too top try two
    under unlike until up very want watch we we've well what when where whether which while who whose why with within without
    would yes yet you you'd you'll you're your yours also always away enough ever fourth fifth four five good hope hello hi
    alas sorry unfortunately fortunately"""
)
_CONNECTORS = _words("of the and in de la le von van du del di a an to for on & with at or by")
_DIRECTED = re.compile(r"\b(?:helmed|made) (?:\w+ ){0,2}?by\b|\bdirect(?:ed|or|ors|s|ion)\b|\bfilm-?maker\b", re.IGNORECASE)
_ACTED = re.compile(r"\bstar|\bwith\b|\bplay|\bcast\b", re.IGNORECASE)
_KIND = re.compile(
    r"(?:\bis|\bas|,|\)|–|—|:)\s+(?:an?|this|the)\s+((?:[\w'’\-]+\s+){0,6}?)(?:film|movie|flick|picture|[\w\-]+)\b"
)
_PLAIN_CAPITALS = _words(
    """i i'm i'd i've i'll ok english tv usa uk us dvd monday tuesday wednesday thursday friday saturday sunday january february
    march april may june july august september october november december christmas halloween matinee sci fi noir hollywood
    american british one two three four five six seven eight nine ten"""
)


@dataclass(frozen=True)
class Verdict:
    """Whether a sentence may be shown; `reason` names what could not be backed up."""

    ok: bool
    reason: str = ""
    films: tuple[str, ...] = ()  # ids of the films it speaks of


@dataclass
class Grounds:
    """What a turn's prose may speak of: these films, and the words of the user.

    `numbers` are further numbers that are true of this answer (counts, plan bounds). `elsewhere`: the
    titles of the whole catalogue, so that naming a film that was *not* found is noticed as well.
    """

    films: Sequence[Movie]
    said: str = ""
    numbers: Iterable[float] = ()
    elsewhere: TitleFinder | None = None
    _names: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._said = " " + fold_words(self.said) + " "
        self._said_numbers = set(_numbers(self.said))
        self._extra = {float(number) for number in self.numbers} | {float(n) for n in range(1, len(self.films) + 1)}
        self._blob = {film.id: " " + fold_words(_film_text(film)) + " " for film in self.films}
        self._facts = {film.id: _film_numbers(film) for film in self.films}
        self._titles = sorted(
            ((fold_words(title), film) for film in self.films for title in _titles(film)), key=lambda pair: -len(pair[0])
        )

    def check(self, sentence: str, before: Sequence[str] = ()) -> Verdict:
        """Whether the sentence may be shown. `before`: ids the sentence before spoke of, for "it" and "he"."""
        if leak := _LEAK.search(sentence):
            return Verdict(False, f"not prose: {leak.group(0)[:20]}")
        named = self._films_in(sentence)
        about = named or [film for film in self.films if film.id in before] or list(self.films)
        ids = tuple(film.id for film in named)
        reason = (
            self._unknown_number(sentence, about)
            or self._wrong_year(sentence)
            or self._unknown_quote(sentence)
            or self._unknown_name(sentence, about)
            or self._wrong_credit(sentence, about)
            or self._wrong_kind(sentence, named)
            or self._film_not_found(sentence)
        )
        return Verdict(not reason, reason, ids)

    # -- the checks: each answers with what is wrong, or an empty text ----------------------------

    def _unknown_number(self, sentence: str, about: Sequence[Movie]) -> str:
        spans = self._title_spans(sentence)
        for found in _NUMBER.finditer(sentence):
            if any(start <= found.start() < end for start, end in spans):
                continue
            value = _as_number(found.group())
            known = any(value in self._facts[film.id] for film in about)
            decade = sentence[found.end() : found.end() + 1] == "s" and value % 10 == 0
            first = value if value > 100 else 1900 + value
            if decade and any(film.year and first <= film.year < first + 10 for film in about):
                continue
            if not known and value not in self._extra and value not in self._said_numbers:
                return f"the number {found.group()}"
        return ""

    def _wrong_year(self, sentence: str) -> str:
        """A year in brackets belongs to the title before it, the longest one that ends there."""
        for found in re.finditer(r"\((\d{4})\)", sentence):
            before = " " + fold_words(sentence[: found.start()])
            title = next((title for title, _ in self._titles if before.endswith(f" {title}")), None)
            years = {film.year for name, film in self._titles if name == title}
            if title and int(found.group(1)) not in years:
                return f"{title} is not from {found.group(1)}"
        return ""

    def _unknown_quote(self, sentence: str) -> str:
        for found in _QUOTED.finditer(sentence):
            text = split_year(next(group for group in found.groups() if group))[0]
            if not self._known(text, self.films) and not (text.islower() or fold_words(text) in genre_words()):
                return f"“{text}”"
        return ""

    def _unknown_name(self, sentence: str, about: Sequence[Movie]) -> str:
        """Runs of capitalised words must stand in what is known of the films spoken of, or be the user's."""
        spans = self._title_spans(sentence)
        for run, first in _capital_runs(sentence, spans):
            words = [fold_words(word) for word in run]
            if (first and words[0] in _OPENERS) or (words[0].endswith("ly") and first):
                words = words[1:]
            while words and words[-1] in _CONNECTORS:
                words = words[:-1]
            if not words:
                continue
            for part in (
                re.split(r" (?:and|&|with|to|or|by) ", " ".join(words)) if not self._known(" ".join(words), about) else ()
            ):
                if not self._known(part, about) and not _is_plain_name(part.split()):
                    return f"“{' '.join(run)}”"
        return ""

    def _wrong_credit(self, sentence: str, about: Sequence[Movie]) -> str:
        """People named with a film must have taken part in it, and who directed must be among its directors."""
        folded = f" {fold_words(sentence)} "
        said = self._said
        everyone = {fold_words(name): name for film in self.films for name in film.people}
        for key, name in everyone.items():
            if f" {key} " not in folded or f" {key} " in said:
                continue
            if not any(name in film.people for film in about):
                return f"{name} has no part in it"
            directing = _DIRECTED.search(sentence) and not _ACTED.search(sentence)
            if directing and not any(name in film.directors for film in about):
                return f"{name} did not direct it"
        return ""

    def _wrong_kind(self, sentence: str, named: Sequence[Movie]) -> str:
        """ "Heat is a French comedy": genre and language of the one film a sentence is about."""
        if len(named) != 1:
            return ""
        film = named[0]
        found = _KIND.search(sentence)
        if not found:
            return ""
        known = self._blob[film.id] + self._said
        words = fold_words(found.group(0)).split()
        for size in (2, 1):
            for at in range(len(words) - size + 1):
                phrase = " ".join(words[at : at + size])
                genre = genre_words().get(phrase)
                if genre and genre not in film.genres and f" {phrase} " not in known and fold_words(genre) not in known:
                    return f"{film.title} is no {genre}"
                code = language_words().get(phrase)
                if size == 1 and code and len(phrase) > 3 and code != film.language and f" {phrase} " not in known:
                    return f"{film.title} is not {phrase}"
        return ""

    def _film_not_found(self, sentence: str) -> str:
        """Titles of the catalogue, of two words or more, that this answer does not hold (whatever their case)."""
        if self.elsewhere is None:
            return ""
        words = fold_words(sentence).split()
        known = self._said + " ".join(self._blob.values())
        for size in range(min(8, len(words)), 1, -1):
            for at in range(len(words) - size + 1):
                text = " ".join(words[at : at + size])
                if f" {text} " not in known and self.elsewhere.exact(text) and len(normal_title(text).split()) > 1:
                    return f"“{text}” is not among the films found"
        return ""

    # -- looking things up -------------------------------------------------------------------------

    def _films_in(self, sentence: str) -> list[Movie]:
        """Films whose title the sentence holds; longer titles are taken first ("The Heat" is not "Heat")."""
        text = f" {fold_words(sentence)} "
        found: dict[str, Movie] = {}
        for title, film in self._titles:
            if f" {title} " in text and (len(title) > 3 or re.search(rf"(?<!\w){re.escape(film.title)}(?!\w)", sentence)):
                found[film.id] = film
                if not any(other is not film and name == title for name, other in self._titles):
                    text = text.replace(f" {title} ", " | ")
        years = {int(number) for number in re.findall(r"\((\d{4})\)", sentence)}
        same = [film for film in found.values() if film.year in years]
        return same if same and len({fold(film.title) for film in found.values()}) == 1 else list(found.values())

    def _title_spans(self, sentence: str) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for film in self.films:
            for title in _titles(film):
                spans.extend(match.span() for match in re.finditer(rf"(?<!\w){re.escape(title)}(?!\w)", sentence))
        return spans

    def _known(self, text: str, films: Iterable[Movie]) -> bool:
        words = f" {fold_words(text)} "
        return not words.strip() or words in self._said or any(words in self._blob[film.id] for film in films)


def fold_words(text: str) -> str:
    """Folded words with single blanks between them, signs and possessive endings left out."""
    return " ".join(re.sub(r"'s?$", "", word) for word in re.findall(r"\w+(?:'\w+)*", fold(text)))


def _capital_runs(sentence: str, spans: Sequence[tuple[int, int]]) -> Iterable[tuple[list[str], bool]]:
    """(words, whether the run opens the sentence) of each run of capitalised words outside known titles."""
    run: list[str] = []
    opens, end = False, -1
    fresh = True  # whether the next word begins a sentence or list item
    for found in _WORD.finditer(sentence):
        word, gap = found.group(), sentence[max(end, 0) : found.start()]
        inside = any(start <= found.start() < stop for start, stop in spans)
        begins = fresh or bool(re.search(r"[.!?:…•\n]|\s[-–—]\s*$", gap))
        fresh = False
        capital = word[:1].isupper() and not inside
        joined = bool(run) and gap.strip() in {"", "&", ".", "-"} and not begins
        if (capital and joined) or (run and joined and word in _CONNECTORS and not inside):
            run.append(word)
        else:
            if run:
                yield run, opens
            run, opens = ([word], begins) if capital else ([], False)
        end = found.end()
    if run:
        yield run, opens


def _is_plain_name(words: Sequence[str]) -> bool:
    """Words written with a capital that name no film and no person: genres, languages, days, months."""
    plain = {*_PLAIN_CAPITALS, *_CONNECTORS, *genre_words(), *language_words()}
    return all(word in plain for word in words)


def _titles(film: Movie) -> tuple[str, ...]:
    main = re.split(r":| - ", film.title, maxsplit=1)[0]
    return tuple(dict.fromkeys((film.title, *((main,) if len(main) > 5 else ()), *film.alt_titles)))


def _film_text(film: Movie) -> str:
    parts = [*_titles(film), *film.people, *film.genres, *film.keywords, *film.countries, film.plot]
    # Surnames alone are people's names too ("Hitchcock's"); they are words of `people` already.
    return " . ".join((*parts, language_name(film.language) if film.language else ""))


def _film_numbers(film: Movie) -> set[float]:
    values = [film.year, film.runtime, film.rating, film.votes, film.budget, film.revenue]
    known = {float(value) for value in values if value is not None}
    known |= {float(round(value / 1e6)) for value in (film.budget, film.revenue) if value}
    if film.runtime:
        known |= {float(film.runtime // 60), float(film.runtime % 60)}
    return known | set(_numbers(_film_text(film)))


def _numbers(text: str) -> list[float]:
    return [_as_number(found) for found in _NUMBER.findall(text)]


def _as_number(text: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", text):
        return float(text.replace(",", ""))
    parts = text.replace(",", ".").split(".")
    return float(parts[0] + ("." + "".join(parts[1:]) if len(parts) > 1 else ""))


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, blanks kept at their ends, so that joining them gives the text again."""
    return [part for part in re.findall(r".+?(?:[.!?…]+[\"”’)*]*(?=\s|$)\s*|\n+|$)", text, flags=re.DOTALL) if part]
