"""`Vocabulary`: the names a catalogue knows (genres, languages, countries, people, titles), ready to be met in a sentence.

Built once per catalogue version; every look-up is a few dictionary reads, and only words that are
neither known nor ordinary are compared fuzzily. Does not know grammar: what makes a word worth
looking up is decided in `mentions.py`.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nicknames import NickNamer
from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from movies.caching import kept
from movies.catalogue import Catalogue
from movies.titles import TitleFinder, split_year
from movies.turns import COMPUTING
from movies.vocabulary import canonical_genre, fold
from rag.reading.tokens import Token, tokenize

_NEAREST_GENRE = {
    "Family": "Children", "Children": "Family", "Musical": "Music", "Music": "Musical", "Suspense": "Thriller",
    "Biography": "History", "Mystery": "Thriller",
}  # fmt: skip
_PARTICLES = {"de", "del", "di", "da", "von", "van", "der", "la", "le", "el", "al", "mc", "mac", "st", "dos", "du", "ten"}
_CROWD = 400  # people sharing one token; more of them say nothing about who is meant
_WELL_KNOWN = 5  # films
_NEARLY_A_NAME, _LIKE_A_NAME = 0.84, 0.78  # likeness of a misspelt name; the lower one where no word has more than a slip


@dataclass(frozen=True)
class Film:
    """What a title look-up needs of a film."""

    id: str
    title: str
    year: int | None
    weight: int  # how well known: votes, else revenue; decides between namesakes


@dataclass(frozen=True)
class Person:
    """A director or actor with the number of films in each role."""

    name: str
    directed: int
    played: int

    @property
    def films(self) -> int:
        return self.directed + self.played


class Vocabulary:
    """Names of one catalogue version.

    >>> vocabulary = Vocabulary.of(catalogue)              # doctest: +SKIP
    >>> vocabulary.films_named("heat")[0].id               # doctest: +SKIP
    'heat-1995'
    """

    def __init__(self) -> None:
        self.version = 0
        self.genres: tuple[str, ...] = ()
        self.languages: tuple[str, ...] = ()  # codes, most frequent first
        self.countries: tuple[str, ...] = ()  # names, most frequent first
        self.finder = TitleFinder(())
        self._films: dict[int, Film] = {}
        self._numbered: dict[str, list[int]] = defaultdict(list)
        self._compact: dict[str, list[int]] = defaultdict(list)  # "mash", "walle", "et": letters and digits only
        self._people: list[Person] = []
        self._by_name: dict[str, int] = {}
        self._by_token: dict[str, list[int]] = defaultdict(list)
        self._by_surname: dict[str, list[int]] = defaultdict(list)
        self._tokens: dict[str, list[str]] = defaultdict(list)
        self._ordinary: set[str] = set()
        self._in_titles: set[str] = set()

    @classmethod
    def of(cls, catalogue: Catalogue) -> Vocabulary:
        """Read a catalogue once (some seconds for 20,000 films with 60,000 people)."""
        made = cls()
        made.version = catalogue.data_version()
        made.finder = catalogue.titles()
        genres: Counter[str] = Counter()
        languages: Counter[str] = Counter()
        countries: Counter[str] = Counter()
        directed: Counter[str] = Counter()
        played: Counter[str] = Counter()
        plain: Counter[str] = Counter()
        for key, movie in catalogue.items():
            made._films[key] = Film(movie.id, movie.title, movie.year, movie.votes or (movie.revenue or 0) // 1000)
            number = movie.title.split(":")[0].strip()
            if number != movie.title and number.isdigit() and len(number) > 2:
                made._numbered[number].append(key)  # "2001" for "2001: A Space Odyssey"
            made._in_titles.update(re.findall(r"[a-z]{4,}", fold(movie.title)))
            head, *tail = re.split(r":| [–-] ", movie.title)
            for title in {movie.title, head, *(short for part in tail for short in _said_alone(part))}:
                for letters in {compact(title), *_unstyled(title)}:
                    if letters != fold(title) and len(letters) > 3:
                        made._compact[letters].append(key)
            genres.update(movie.genres)
            countries.update(movie.countries)
            languages.update([movie.language] if movie.language else [])
            directed.update(movie.directors)
            played.update(movie.cast)
            plain.update(set(re.findall(r"(?<=[a-z,] )[a-z]+", movie.plot)))
        made.genres = tuple(name for name, _ in genres.most_common())
        made.languages = tuple(name for name, _ in languages.most_common())
        made.countries = tuple(name for name, _ in countries.most_common())
        made._ordinary = {word for word, count in plain.items() if count >= 2}
        for name in directed | played:
            made._add_person(Person(name, directed[name], played[name]))
        for token in made._by_token:
            made._tokens[token[0]].append(token)
        return made

    def _add_person(self, person: Person) -> None:
        words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", fold(person.name))
        if not words or "".join(words) in self._by_name:
            return
        row = len(self._people)
        self._people.append(person)
        self._by_name.setdefault("".join(words), row)
        if len(words) > 1:
            self._by_name.setdefault(words[-1] + "".join(words[:-1]), row)  # Joon-ho Bong, Bong Joon-ho
            self._by_name.setdefault("".join(words[1:]) + words[0], row)
        for word in set(words):
            self._by_token[word].append(row)
        if len(words[-1]) > 1:  # T.I. is nobody's "I"
            self._by_surname[words[-1]].append(row)
        for start in range(len(words) - 2, 0, -1):
            if words[start] not in _PARTICLES:
                break
            self._by_surname["".join(words[start:])].append(row)

    # -- words ---------------------------------------------------------------------------------

    def genre(self, name: str) -> str | None:
        """The catalogue's own genre for a canonical one, or its nearest relative; None where it has neither."""
        if name in self.genres:
            return name
        near = _NEAREST_GENRE.get(name, "")
        return near if near in self.genres else None

    def own_genres(self) -> dict[str, str]:
        """Folded spelling → genre, for the genres of this catalogue."""
        return {fold(name): canonical_genre(name) for name in self.genres}

    def is_ordinary(self, word: str) -> bool:
        """Is this an everyday word? The catalogue's own plots tell: they write it in lower case."""
        return word in self._ordinary

    # -- people --------------------------------------------------------------------------------

    def person_named(self, words: Sequence[str]) -> Person | None:
        """The person with exactly this name, however it is hyphenated or split ("Leonardo di Caprio")."""
        row = self._by_name.get("".join(words))
        return None if row is None else self._people[row]

    def person_by_surname(self, surname: str, *, directing: bool = False) -> Person | None:
        """The one person meant by a surname: its only bearer, or one with three times the films of the next.

        `directing`: said of a director ("by …", "a … film"), so directors come first.
        """
        people = [self._people[row] for row in self._by_surname.get(surname, ())]
        if directing:
            people = [person for person in people if person.directed] or people
        ranked = sorted(people, key=lambda person: -_films(person, directing))
        if not ranked:
            return None
        first = _films(ranked[0], directing)
        clear = len(ranked) == 1 or (first >= 3 and first >= 3 * _films(ranked[1], directing))
        return ranked[0] if clear else None

    def family(self, surname: str) -> list[Person]:
        """All directors of a surname ("the Coen brothers"), when there are several."""
        people = [self._people[row] for row in self._by_surname.get(surname, ()) if self._people[row].directed]
        return people if len(people) > 1 else []

    def bearers(self, surname: str) -> list[str]:
        """All people of a surname that is no everyday word, those with most films first."""
        people = [] if self.is_ordinary(surname) else [self._people[row] for row in self._by_surname.get(surname, ())]
        return [person.name for person in sorted(people, key=lambda person: -person.films)]

    def person_by_token(self, word: str, *, best_known: bool = False) -> Person | None:
        """The only person who has this word anywhere in the name ("Keanu"); `best_known`: or whose first name it is, with
        three times the films of the next."""
        people = sorted((self._people[row] for row in self._by_token.get(word, ())), key=lambda person: -person.films)
        if len(people) < 2 or not best_known:
            return people[0] if len(people) == 1 else None
        first, second = (person.films for person in people[:2])
        called = tokenize_name(people[0].name)[0] == word
        return people[0] if called and first >= 3 and first >= 3 * second else None

    def person_by_nickname(self, nickname: str, surname: str = "") -> Person | None:
        """The one person whose first name this is short for ("Jimmy" Stewart, "Arnie"), among those of the surname if one is given."""
        full = _nicknames().canonicals_of(nickname)
        rows = self._by_surname.get(surname, ()) if surname else [row for name in full for row in self._by_token.get(name, ())]
        people = [self._people[row] for row in rows if tokenize_name(self._people[row].name)[0] in full]
        people.sort(key=lambda person: -person.films)
        clear = len(people) == 1 or (people and people[0].films >= 3 * people[1].films >= 3)
        return people[0] if clear else None

    def in_a_name(self, word: str) -> bool:
        return word in self._by_token

    def person_like(self, words: Sequence[str]) -> Person | None:
        """The person whose name is nearly these two to four words ("Quentin Tarrantino")."""
        rows: set[int] = set()
        for word in words:
            known = word if word in self._by_token else self._token_like(word)
            crowd = self._by_token.get(known or "", ())
            rows.update(crowd if len(crowd) <= _CROWD or word == words[-1] else ())
        if not rows:
            return None
        names = {row: "".join(tokenize_name(self._people[row].name)) for row in rows}
        near = process.extract(
            "".join(words), names, scorer=Levenshtein.normalized_similarity, score_cutoff=_LIKE_A_NAME, limit=3
        )
        for _, likeness, row in near:
            if likeness >= _NEARLY_A_NAME or _a_slip_each(words, tokenize_name(self._people[row].name)):
                return self._people[row]
        return None

    def well_known_like(self, first: str, surname: str) -> Person | None:
        """The one well-known person of this first name whose surname is a slip away from this one ("jack lemon")."""
        bearers = [self._people[row] for row in self._by_token.get(first, ()) if self._people[row].films >= _WELL_KNOWN]
        names = [(person, tokenize_name(person.name)) for person in bearers]
        near = [
            person
            for person, words in names
            if len(words) == 2 and words[0] == first and OSA.distance(words[1], surname, score_cutoff=1) == 1
        ]
        return near[0] if len(near) == 1 and len(surname) > 4 else None

    def surname_like(self, word: str, *, directing: bool = False) -> Person | None:
        """The one person whose surname is nearly this word of six letters or more ("Scorcese")."""
        known = self._token_like(word) if len(word) >= 6 else None
        return self.person_by_surname(known, directing=directing) if known else None

    def _token_like(self, word: str) -> str | None:
        if len(word) < 4 or word[0] not in self._tokens:
            return None
        edits = 1 if len(word) < 8 else 2
        found = process.extractOne(word, self._tokens[word[0]], scorer=OSA.distance, score_cutoff=edits)
        return found[0] if found else None

    # -- titles --------------------------------------------------------------------------------

    def in_a_title(self, word: str) -> bool:
        """Is this word, of four letters or more and folded, part of some film's title?"""
        return word in self._in_titles

    def films_named(self, words: str, year: int | None = None) -> list[Film]:
        """Films with exactly this title (case, accents and articles aside), the likeliest first."""
        title, bracketed = split_year(words)
        year = year or bracketed
        found = [self._films[key] for key in self.finder.exact(title) if key in self._films]
        found += [self._films[key] for key in self._numbered.get(words.strip(), ())]
        if not found and not title.endswith(":"):
            found = [self._films[key] for key in self._compact.get(compact(title), ())]
        asked = fold(title)
        if found and self.person_named(re.findall(r"[a-z0-9']+", asked)):  # *Stanley Kubrick: A Life in Pictures* is not he
            found = [film for film in found if fold(film.title) == asked]
        if asked.startswith(("a ", "an ")):  # "a scary movie" is not Scary Movie
            found = [film for film in found if fold(film.title).startswith(("a ", "an "))]
        return sorted(found, key=lambda film: (film.year != year if year else False, fold(film.title) != asked, -film.weight))

    def series(self, words: str, *, sure: bool = False) -> list[Film]:
        """The films of a series that these words are the name of ("Toy Story", "The Lord of the Rings"), oldest first.

        `sure`: even where they are an everyday word ("the Alien films").
        """
        head = fold(words).removeprefix("the ")
        if len(head) < 4 or (self.is_ordinary(head) and not sure):
            return []
        begins = re.compile(rf"(?:the )?{re.escape(head)}s?(?![a-z0-9])")
        joined = compact(head)  # "spiderman"
        together = re.compile(rf"(?:the)?{joined}(?![a-z])" if len(joined) > 6 else r"(?!)")
        found = [(film, first) for title, first, film in self._titled if begins.match(title) or together.match(first)]
        named = any(first.removeprefix("the") in (joined, f"{joined}s") for _, first in found)  # no "American films"
        return sorted((film for film, _ in found), key=lambda film: film.year or 0) if named else []

    def begun(self, words: str) -> list[Film]:
        """Films whose title of more words begins with these two or more ("four weddings"); a look at every title."""
        head = fold(words).removeprefix("the ")
        if len(head.split()) < 2:
            return []
        return [film for title, _, film in self._titled if title.removeprefix("the ").startswith(head + " ")]

    def holding(self, words: str) -> list[Film]:
        """Films in whose title these two or more words stand somewhere ("spinal tap"); a look at every title."""
        part = fold(words)
        return [film for title, _, film in self._titled if f" {part} " in f" {title} "] if " " in part else []

    @kept
    def _titled(self) -> list[tuple[str, str, Film]]:
        """(folded title, the letters of its first part, film) of every film."""
        return [(fold(film.title), _first_part(film.title), film) for film in self._films.values()]

    def film_like(self, words: str, cutoff: float) -> list[Film]:
        """Films with nearly this title, best first; a look at every title, so for words that are surely one."""
        matches = self.finder.find(words, limit=3, cutoff=cutoff)
        return [self._films[match.key] for match in matches if match.score >= cutoff and match.key in self._films]


class Names:
    """The vocabulary of a catalogue as it is now, read once after every change (a second for 18,000 films). Thread-safe.

    Whoever shares it, search and chat, reads the names once.
    """

    def __init__(self) -> None:
        self._reading = threading.Lock()
        self._known: tuple[tuple[Path, int], Vocabulary] | None = None

    def of(self, catalogue: Catalogue, *, patient: bool = True) -> Vocabulary:
        """The vocabulary; who isn't `patient` gets the one from before a change while the new one is read."""
        stamp = (catalogue.path, catalogue.data_version())
        known = self._known
        if known is not None and known[0] == stamp:
            return known[1]
        if known is None or patient:
            with COMPUTING.aside(), self._reading:  # many may come at once, one reads
                return self._read(catalogue, stamp)
        if self._reading.acquire(blocking=False):
            threading.Thread(target=self._read_again, args=(catalogue, stamp), name="names", daemon=True).start()
        return known[1]

    def _read(self, catalogue: Catalogue, stamp: tuple[Path, int]) -> Vocabulary:
        if self._known is None or self._known[0] != stamp:
            self._known = (stamp, Vocabulary.of(catalogue))
        return self._known[1]

    def _read_again(self, catalogue: Catalogue, stamp: tuple[Path, int]) -> None:
        try:
            self._read(catalogue, stamp)
        finally:
            catalogue.close()  # this thread's connection
            self._reading.release()


@lru_cache(maxsize=1)
def _nicknames() -> NickNamer:
    return NickNamer()


def compact(title: str) -> str:
    """The letters and digits of a title only: "mash" for "M*A*S*H"."""
    return re.sub(r"[^a-z0-9]", "", fold(title))


def _first_part(title: str) -> str:
    """The letters of a title up to its colon."""
    return compact(title.split(":")[0])


def _said_alone(subtitle: str) -> tuple[str, ...]:
    """A subtitle that people say for the title: "The Two Towers", "Return of the King"; two words are as often a theme."""
    words = subtitle.split()
    bare = words[1:] if words and fold(words[0]) in ("the", "a", "an") else words
    return tuple(" ".join(kept) for kept in (words, bare) if len(kept) > 2)


def _unstyled(title: str) -> tuple[str, ...]:
    """A title whose digits stand for letters, in letters: "seven" for "Se7en"."""
    inside = re.search(r"(?<=[a-z])[0-9](?=[a-z])", fold(title))
    if inside is None:
        return ()
    looks = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "vt"}.get(inside[0], "")
    return tuple(compact(fold(title).replace(inside[0], letter)) for letter in looks)


def tokenize_name(name: str) -> list[str]:
    """The folded words of a name."""
    return [token.fold for token in tokenize(name) if token.is_word]


def _a_slip_each(words: Sequence[str], name: Sequence[str]) -> bool:
    """Is no word of a name more than one slip away from what was written?"""
    return len(words) == len(name) and all(OSA.distance(a, b, score_cutoff=1) <= 1 for a, b in zip(words, name, strict=True))


def _films(person: Person, directing: bool) -> int:
    return person.directed if directing and person.directed else person.films


def joined(tokens: Sequence[Token]) -> list[str]:
    """The folded words of tokens without possessive endings."""
    return [token.bare for token in tokens]
