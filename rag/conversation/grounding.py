"""The grounding check: no sentence of a model is shown unless what it names is known to be so.

Every title, year, person, number, genre, language and award of a sentence must belong to the films it
may speak of, and to the *right* film: the year behind a title is that film's, who "directed" it directed
it, "a comedy" is one. What is said of several films at once must be true of each. The user's own words
count where the sentence repeats what was asked for. What a sentence is about, recommends or credits must
be known, in whatever case it is written. When in doubt a sentence fails: a template is shown instead, which
costs a turn of phrase; an invented film costs trust. Knows text and films; does not know models or
conversations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from movies.movie import Movie
from movies.titles import TitleFinder, normal_title, split_year
from movies.vocabulary import fold, genre_words, language_words
from rag.lexical import stem
from rag.plan import language_name
from rag.reading.lexicon import FUNCTION_WORDS
from rag.reading.measures import read_duration
from rag.reading.places import adjectives
from rag.reading.tokens import tokenize

Quantifier = Callable[[Iterable[bool]], bool]  # all or any

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
# What a sentence may be about, recommend or praise without naming anything that has to be looked up.
_PLAIN_NOUNS = _words(
    """film films movie movies story stories plot tale cast director directors actor actors ending start opening tone mood pace humour
    humor choice choices pick picks option options one ones evening night tonight time watch ride treat gem classic viewing
    performance performances acting scene scenes chemistry heart dialogue dialogues script visuals images setting settings
    tension suspense warmth charm wit energy style atmosphere details detail lot lots bit favourite favorite match fit answer
    idea suggestion suggestions rest kind sort something anything everything nothing wish list mix blend taste end beginning
    minute minutes hour hours year years way place world life people everyone anyone somebody someone couple pair film's
    catalogue laughs laugh tears thrills twist twists sense feeling feelings look looks sound sounds moment moments fun"""
)
_PLAIN_WORDS = _words(
    """good great better best lovely nice fine perfect ideal strong gripping tense funny sad dark light lighter gentle quiet slow
    fast long short longer shorter old older new newer recent early late similar different close closer closest near nearest
    whole full first second third fourth fifth last next other another same such own real true clever sharp warm moving
    beautiful wonderful brilliant thrilling exciting charming touching heartfelt delightful solid superb excellent
    rewarding absorbing haunting stylish bold bright sweet bitter wild strange odd rare fresh smart wise easy hard worth
    available more most less least many few several both all each every very quite rather really truly just only also
    even still too almost nearly well again here there now then well-made must-see"""
)
_THINGS = _words(
    "family war crime music history sport sports children action adventure mystery romance short"
)  # genres, and things of a story
_OF_FILMS = _words(
    "film films movie movies picture pictures drama dramas comedy comedies thriller thrillers epic saga flick piece"
)
_SPELLED = (
    r"one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
    r"twenty thirty forty fifty sixty seventy eighty ninety hundred thousand"
).replace(" ", "|")
_SUM_IN_WORDS = re.compile(
    rf"\b(?:(?:{_SPELLED}|several|many|half an?|an?)[\s-]+)+(?:hundred |thousand )?(?:million|billion)s?\b", re.IGNORECASE
)
_DECADE = re.compile(r"\b(twent|thirt|fort|fift|sixt|sevent|eight|ninet)ies\b", re.IGNORECASE)
_DECADES = {
    "twent": 1920,
    "thirt": 1930,
    "fort": 1940,
    "fift": 1950,
    "sixt": 1960,
    "sevent": 1970,
    "eight": 1980,
    "ninet": 1990,
}
_ROUGHLY = re.compile(r"\b(over|more than|under|less than|about|around|nearly|almost|roughly|some)\s+$", re.IGNORECASE)
_ROUND, _VAGUE = 0.06, 0.15  # by how much "three hours" and "about three hours" may miss 170 minutes
_BETWEEN = {
    "": (1 - _ROUND, 1 + _ROUND), "over": (1, 1 + 2 * _VAGUE), "more than": (1, 1 + 2 * _VAGUE), "under": (0, 1), "less than": (0, 1),
} | dict.fromkeys(("about", "around", "nearly", "almost", "roughly", "some"), (1 - _VAGUE, 1 + _VAGUE))  # fmt: skip
_SHORT_CAST = 4  # words of a credit or an object looked at
# What a catalogue's record doesn't hold, unless its plot or keywords say so.
_UNKNOWABLE = re.compile(
    r"\b(?:awards?|oscars?|globes?|bafta|palme|cannes|sundance|berlinale|nominat\w+|prizes?|prize-winning|award-winning|won|wins|winner|"
    r"blockbusters?|bestsell\w+|best-sell\w+|critics?|critically|acclaim\w*|reviewers?|audiences|rotten|imdb|metacritic|sequels?|"
    r"prequels?|remakes?|reboot|trilogy|franchise|novels?|true story|real events|black[- ]and[- ]white|silent|subtitl\w*|dubbed|"
    r"streaming|netflix|soundtrack|composer|cult|flop|grossed|earned|budget|debut|banned|censored|uncut|restored|iconic)\b",
    re.IGNORECASE,
)
_YOUR_WISH = re.compile(
    r"\b(?:you(?:'|’)?(?:re|d|ve)?|your) (?:\w+ ){0,3}?(?:ask\w*|want\w*|wish\w*|look\w*|said|mention\w*|lik\w+|lov\w+|prefer\w*|request\w*|search\w*)\b|"
    r"\basked for\b|\byour (?:wish|request|search|taste|example)\b|\b(?:like|than|similar to) (?:your )?example\b",
    re.IGNORECASE,
)
_STATEMENT = re.compile(r"\b(?:it|this|that one|he|she|they|both|is|was|are|were|has|have)\b", re.IGNORECASE)
_OF_IT = re.compile(r"\W*(?:it|this (?:one|film|movie)|that one)\b(?!.{0,40}\bso (?:is|was|does|has)\b)", re.IGNORECASE)
_OF_ALL = re.compile(r"\b(?:both|all|they|these|those|each|every|either)\b", re.IGNORECASE)
_CREDIT = re.compile(
    r"\b(?:stars|starring|co-stars|featuring|features|directed by|director|written by|played by|led by|made by|helmed by|cast includes|from director|with actors?)\s+"
    r"(?P<who>[^,.;:!?()]+)",
    re.IGNORECASE,
)
_PRAISED = re.compile(
    r"\b(?:enjoy|try|recommend|watch|see|consider|love(?! (?:story|stories|affair|letter|triangle))|like|prefer|recalls?|echoes|rivals?|resembl\w+|similar to|reminiscent of|reminds? (?:me|you|one) of|"
    r"fans? of|compared? (?:to|with)|as good as|better than|check out|go for|pick|choose|suggest|alongside)\s+(?P<what>[^,.;:!?()–—]+)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"^\W*(?:and |but |so |then |also |or |maybe |perhaps |alternatively,? |finally,? )*(?P<what>[^,.;:!?()–—]{2,60}?)\s+(?:is|was|are|were|has|have|would|could|might|may|will|makes?|gives?|offers?|comes?|tells?|follows?|lasts?|runs?|takes?|also|fits?|suits?|stars?)\b"
)
_DIRECTED = re.compile(r"\b(?:helmed|made) (?:\w+ ){0,2}?by\b|\bdirect(?:ed|or|ors|s|ion)\b|\bfilm-?maker\b", re.IGNORECASE)
_ACTED = re.compile(r"\bstar|\bwith\b|\bplay|\bcast\b", re.IGNORECASE)
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
        told = [film for film in self.films if film.id in before]
        of_it = bool(told) and bool(_OF_IT.match(sentence))  # "It shares its tension with Heat, but is a comedy"
        about = told if of_it else named or told or list(self.films)
        of_each = named or before or _OF_ALL.search(sentence)
        holds = all if of_each else any  # of several films spoken of, what is said must be true of each
        ids = tuple(film.id for film in (told if of_it else named))
        reason = (
            self._unknown_number(sentence, about, holds)
            or self._wrong_year(sentence)
            or self._wrong_length(sentence, about, holds)
            or self._unknown_quote(sentence)
            or self._unknown_name(sentence, about)
            or self._wrong_credit(sentence, about, holds)
            or self._wrong_kind(sentence, about, holds)
            or self._unknowable(sentence, about, holds)
            or self._unknown_thing(sentence, about)
            or self._film_not_found(sentence)
        )
        return Verdict(not reason, reason, ids)

    # -- the checks: each answers with what is wrong, or an empty text ----------------------------

    def _unknown_number(self, sentence: str, about: Sequence[Movie], holds: Quantifier) -> str:
        spans = self._title_spans(sentence)
        for found in _NUMBER.finditer(sentence):
            start, end = found.span()
            if any(first <= start < last for first, last in spans):
                continue
            value = _as_number(found.group())
            if (
                sentence[start - 1 : start] == "("
                and sentence[end : end + 1] == ")"
                and self._title_before(sentence[: start - 1])
            ):
                continue  # the year behind a title is looked at by itself
            first = value if value > 100 else 1900 + value
            decade = sentence[end : end + 1] == "s" and value % 10 == 0
            known = holds(
                value in self._facts[film.id] or (decade and film.year is not None and first <= film.year < first + 10)
                for film in about
            )
            wished = value in self._said_numbers and self._in_wish(sentence, start)
            if not known and value not in self._extra and not wished:
                return f"the number {found.group()}"
        for spelled in _DECADE.finditer(sentence):
            first = _DECADES[spelled.group(1).lower()]
            inside = holds(film.year is not None and first <= film.year < first + 10 for film in about)
            if (
                not inside
                and not holds(f" {spelled.group().lower()} " in self._blob[film.id] for film in about)
                and not self._in_wish(sentence, spelled.start())
            ):
                return f"the {spelled.group()}"
        if total := _SUM_IN_WORDS.search(sentence):
            return total.group()
        return ""

    def _wrong_length(self, sentence: str, about: Sequence[Movie], holds: Quantifier) -> str:
        """A running time, in figures or words, must be that of the films spoken of, or be in their plots."""
        tokens = tokenize(sentence)
        at = 0
        while at < len(tokens):
            found = read_duration(tokens, at)
            if found is None:
                at += 1
                continue
            (minutes, end), start = found, tokens[at].start
            text = fold_words(sentence[start : tokens[end - 1].end])
            said = _ROUGHLY.search(sentence[:start])
            low, high = _BETWEEN[said.group(1).lower() if said else ""]
            fits = (film.runtime is not None and low * minutes <= film.runtime <= high * minutes for film in about)
            told = (f" {text} " in self._blob[film.id] for film in about)
            if not holds(one or other for one, other in zip(fits, told, strict=True)) and not self._in_wish(sentence, start):
                return f"“{text}”"
            at = end
        return ""

    def _wrong_year(self, sentence: str) -> str:
        """A year in brackets belongs to the title before it, the longest one that ends there."""
        for found in re.finditer(r"\((\d{4})\)", sentence):
            title = self._title_before(sentence[: found.start()])
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
            wished = self._in_wish(sentence, max(sentence.find(" ".join(run)), sentence.find(run[0])))
            if (first and words[0] in _OPENERS) or (words[0].endswith("ly") and first):
                words = words[1:]
            while words and words[-1] in _CONNECTORS:
                words = words[:-1]
            if not words:
                continue
            for part in (
                re.split(r" (?:and|&|with|to|or|by) ", " ".join(words))
                if not self._known(" ".join(words), about, wished)
                else ()
            ):
                if not self._known(part, about, wished) and not _is_plain_name(part.split()):
                    return f"“{' '.join(run)}”"
        return ""

    def _wrong_credit(self, sentence: str, about: Sequence[Movie], holds: Quantifier) -> str:
        """People named with a film must have taken part in it, and who directed must be among its directors."""
        folded = f" {fold_words(sentence)} "
        everyone = {fold_words(name): name for film in self.films for name in film.people}
        for key, name in everyone.items():
            if f" {key} " not in folded or (f" {key} " in self._said and self._in_wish(sentence, fold(sentence).find(key))):
                continue
            if not holds(name in film.people for film in about):
                return f"{name} has no part in it"
            directing = _DIRECTED.search(sentence) and not _ACTED.search(sentence)
            if directing and not holds(name in film.directors for film in about):
                return f"{name} did not direct it"
        for found in _CREDIT.finditer(sentence):
            for part in re.split(r" (?:and|or|&|with|in|as) ", found["who"].strip()):
                words = fold_words(part).split()[:_SHORT_CAST]
                while (
                    words
                    and not self._known(" ".join(words), about)
                    and words[-1] in _PLAIN_WORDS | _PLAIN_NOUNS | _CONNECTORS | _OPENERS
                ):
                    words.pop()
                if words and not self._backed(words, about):
                    return f"“{part}”"
        return ""

    def _wrong_kind(self, sentence: str, about: Sequence[Movie], holds: Quantifier) -> str:
        """Genres, languages and countries said of films are theirs, or stand in their records: "a French comedy", "is in French"."""
        spans = self._title_spans(sentence)
        tokens = [found for found in _WORD.finditer(sentence) if not any(start <= found.start() < end for start, end in spans)]
        words = [fold_words(found.group()) for found in tokens]
        for size in (3, 2, 1):
            for at in range(len(words) - size + 1):
                phrase = " ".join(words[at : at + size])
                genre = genre_words().get(phrase)
                if phrase in _THINGS and not (set(words[at + 1 : at + 2]) & _OF_FILMS):
                    genre = None  # "a family", "the war"
                kinds = [told for told in (genre, *_origins(phrase)) if told]
                if not kinds or self._in_wish(sentence, tokens[at].start()):
                    continue
                if not holds(
                    f" {phrase} " in self._blob[film.id]
                    or any(_is_kind(film, kind) or f" {fold_words(kind)} " in self._blob[film.id] for kind in kinds)
                    for film in about
                ):
                    return f"“{phrase}”"
        return ""

    def _unknowable(self, sentence: str, about: Sequence[Movie], holds: Quantifier) -> str:
        """Prizes, reviews, sequels, sources: no record has them, but a plot or a keyword may."""
        spans = self._title_spans(sentence)
        for found in _UNKNOWABLE.finditer(sentence):
            word = fold_words(found.group())
            if any(start <= found.start() < end for start, end in spans) or self._in_wish(sentence, found.start()):
                continue
            if not holds(f" {word} " in self._blob[film.id] for film in about):
                return f"“{word}”"
        return ""

    def _unknown_thing(self, sentence: str, about: Sequence[Movie]) -> str:
        """What a sentence begins with or recommends is known, or a thing of no name: "the untouchables" may be a film elsewhere."""
        for pattern in (_SUBJECT, _PRAISED):
            for found in pattern.finditer(sentence):
                for part in re.split(
                    r" (?:and|or|but|if|for|because|when|with|in|that|which|where|as|to) ", f" {found['what']} "
                ):
                    words = fold_words(part).split()[:_SHORT_CAST]
                    if words and not self._backed(words, about):
                        return f"“{' '.join(words)}”"
        return ""

    def _backed(self, words: Sequence[str], about: Sequence[Movie]) -> bool:
        """Are these words known together, or each a word of the records or one that names nothing?"""
        text = " ".join(words)
        if self._known(text, about):
            return True
        stems = self._stems(about)
        plain = _OPENERS | _CONNECTORS | _PLAIN_NOUNS | _PLAIN_WORDS | FUNCTION_WORDS
        return all(word in plain or word.endswith("ly") or word.isdigit() or stem(word) in stems for word in words)

    def _stems(self, about: Sequence[Movie]) -> frozenset[str]:
        return frozenset(stem(word) for film in about for word in self._blob[film.id].split()) | {
            stem(word) for word in self._said.split()
        }

    def _in_wish(self, sentence: str, at: int) -> bool:
        """Does the place stand behind "you asked for …", before anything is stated of a film?"""
        asked = [found.end() for found in _YOUR_WISH.finditer(sentence) if found.end() <= at] if self._said.strip() else []
        if not asked:
            return False
        names_film = any(asked[-1] <= start < at for start, _ in self._title_spans(sentence))
        return not names_film and not _STATEMENT.search(sentence[asked[-1] : at])

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

    def _title_before(self, text: str) -> str | None:
        """The longest title that a text ends with, folded."""
        before = " " + fold_words(text)
        return next((title for title, _ in self._titles if before.endswith(f" {title}")), None)

    def _title_spans(self, sentence: str) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for film in self.films:
            for title in _titles(film):
                spans.extend(match.span() for match in re.finditer(rf"(?<!\w){re.escape(title)}(?!\w)", sentence))
        return spans

    def _known(self, text: str, films: Iterable[Movie], said: bool = True) -> bool:
        words = f" {fold_words(text)} "
        return not words.strip() or (said and words in self._said) or any(words in self._blob[film.id] for film in films)


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


def _origins(phrase: str) -> list[str]:
    """The language (name) and countries that a word says a film is from; short names of languages are left out."""
    code = language_words().get(phrase) if len(phrase) > 3 else None
    place = adjectives().get(phrase)
    return [*([language_name(code)] if code else []), *(place.countries if place else ())]


def _is_kind(film: Movie, kind: str) -> bool:
    return kind in film.genres or kind in film.countries or bool(film.language and language_name(film.language) == kind)


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
