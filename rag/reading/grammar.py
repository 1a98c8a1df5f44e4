"""What each constraint of a request means for the plan: genres, moods, limits, places, people, titles.

Conventions, where English is loose:

- A genre word is a hard constraint, a mood word a wish; "nothing scary" still rules out horror.
- "romantic comedy": both genres. "comedy or thriller", "horror and thriller films": any of them.
- "in 1995" is when it was made, unless a story stands before it ("soldiers in 1917").
- "the French chef": an adjective before a word that is no film word describes the story.
- "old", "recent", "short", "well rated" are wishes; "before 1980", "under 90 minutes", "rated above 8" are not.

What "not" and "maybe" reach is `scope.py`'s. Does not know spelling (`pieces.py`) nor the
tip-of-the-tongue register (`clues.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from movies.vocabulary import fold
from rag.reading.draft import LIST_LIMIT, Draft
from rag.reading.lexicon import SUBGENRES
from rag.reading.measures import Measure
from rag.reading.mentions import Mention
from rag.reading.moods import MOODS
from rag.reading.names import Vocabulary
from rag.reading.people import Named
from rag.reading.pieces import Piece
from rag.reading.places import Place
from rag.reading.scope import MODIFIERS, Scope
from rag.reading.tokens import Token, word_set

_COUNTED = word_set("me us top best first recommend suggest another only list pick exactly")  # before a number of films

_BEFORE_A_GENRE = MODIFIERS | word_set("end ask not comma stop pivot polite more hedge copula unsure film")


class Interpreter(Scope):
    """Reads the pieces of one sentence into `draft`, all in the constructor."""

    def __init__(
        self, tokens: Sequence[Token], pieces: Sequence[Piece], draft: Draft, vocabulary: Vocabulary, today: date
    ) -> None:
        self._names, self._today = vocabulary, today
        super().__init__(tokens, pieces, draft)

    # -- what a film should be -----------------------------------------------------------------

    def _read_genre(self, n: int, piece: Piece) -> bool | None:
        names = [name for name in map(self._names.genre, piece.value) if name]
        noun = self._before_noun(n)
        if piece.value == ("Short",) and not names:
            self._draft.wish(piece.text, "runtime", (None, 60))
            return None
        if not names:
            if not self._negated:
                self._draft.keep(piece.start, piece.end, name=True)  # "film noir", where that is no genre of the catalogue
            return self._negated is False
        if piece.strength == 0 and noun != "film":
            mood = piece.text.casefold()
            if noun == "word":
                return False
            if mood in MOODS:
                return self._read_mood(n, Piece("mood", piece.start, piece.end, piece.text, mood))
        if piece.strength in (1, 2) and noun == "word" and self._kind(n + 1) == "word":
            return False
        if piece.strength == 1 and noun != "film" and not self._stands_alone(n):
            return False
        if self._degree is not None:
            for name in names:
                self._draft.wish(piece.text, "genre", name, 0.5 if self._degree > 0 else -0.6)
        elif self._unsure:
            pass
        elif self._negated:
            self._exclude_genre(n, piece, names)
        elif self._hedged:
            for name in names:
                self._draft.wish(piece.text, "genre", name, 0.5)
        else:
            last = self._draft.genres[-1][0] if self._draft.genres else -1
            relation = self._relation(last, n)
            if relation == "and" and self._one_film(last) and self._one_film(n):
                relation = "apart"  # "romance and war" is one film, "comedies and dramas" are several
            self._draft.genres.append((n, tuple(names), relation, piece.strength))
            if piece.text.casefold() in SUBGENRES:
                self._draft.keep(piece.start, piece.end, name=True)  # "mafia films" are more than crime
            self._draft.note(piece.text, "genres", tuple(names))
        self._consumed += 1
        return None

    def _one_film(self, n: int) -> bool:
        """Is a genre named in the singular, and not as one of those somebody likes ("I like comedy and drama")?"""
        asked = any(word in self._text(m) for m in range(n) for word in ("like", "love", "enjoy") if self._kind(m) == "ask")
        several = self._text(n).endswith("s") or (self._kind(n + 1) == "film" and self._text(n + 1).endswith("s"))
        return not several and not asked

    def _exclude_genre(self, n: int, piece: Piece, names: Sequence[str]) -> None:
        """A refused genre; a refused pair ("no romantic comedies") is a theme, for each of the two may be welcome."""
        if piece.text.casefold() in SUBGENRES:  # "no spaghetti westerns" leaves the other ones
            self._draft.avoid_theme(piece.start, piece.end)
            return
        end = n
        while self._kind(end + 1) == "genre" and not self._once:
            end += 1
        if end > n or len(names) > 1:
            self._draft.avoid_theme(piece.start, self._pieces[end].end)
            self._at = end
            return
        self._draft.add(piece.text, "genres_none", names[0])

    def _stands_alone(self, n: int) -> bool:
        """Is a word such as "war" meant as a genre, going by what stands before it?"""
        m = n - 1
        while self._kind(m) == "word" and self._text(m) in {"a", "an", "any", "some", "the"}:
            m -= 1
        if self._negated and self._kind(m) == "about":  # "not about the war"
            return True
        if self._kind(m) == "word":
            return False
        return self._kind(m) in MODIFIERS | {
            "end",
            "ask",
            "not",
            "comma",
            "stop",
            "pivot",
            "polite",
            "more",
            "hedge",
            "copula",
            "unsure",
            "film",
        } or (self._kind(m) == "joint" and self._kind(m - 1) not in {"word", "topic"})

    def _read_mood(self, n: int, piece: Piece) -> bool | None:
        if (self._before_noun(n) == "word" and self._kind(n + 1) in {"word", "topic"}) or self._text(n - 1) == "of":
            return False
        name: str = piece.value
        if self._degree:
            self._draft.compare(piece.text, "mood", -1 if self._negated else self._degree, name)
        elif self._unsure:
            pass
        elif self._degree == 0:
            self._draft.wish(piece.text, "mood", name, -0.6)
        elif not self._negated:
            self._draft.wish(piece.text, "mood", name, 0.5 if self._hedged else 1)
        elif ruled_out := self._names.genre(MOODS[name].rules_out):
            self._draft.add(piece.text, "genres_none", ruled_out)
        else:
            self._draft.wish(piece.text, "mood", name, -1)
        self._consumed += 1
        return None

    def _read_compare(self, n: int, piece: Piece) -> bool | None:
        if self._before_noun(n) == "word" and self._kind(n + 1) == "word":
            return False
        kind, direction, name = piece.value
        self._draft.compare(piece.text, kind, -direction if self._negated else direction, name)
        return None

    def _read_sort(self, n: int, piece: Piece) -> bool | None:
        if self._negated or self._before_noun(n) == "word":
            return False
        self._draft.sort = piece.value
        self._draft.note(piece.text, "sort", piece.value)
        return None

    def _read_era(self, n: int, piece: Piece) -> bool | None:
        most, least = piece.value
        low = None if most > 100 else self._today.year - most
        high = None if not least else self._today.year - least
        return self._soft_bounds(n, piece, "years", (low, high))

    def _read_length(self, n: int, piece: Piece) -> bool | None:
        low, high = piece.value
        if (self._negated or self._degree == 0) and high is None:
            low, high = None, 110  # "not too long"
            self._draft.wish(piece.text, "runtime", (low, high))
            self._consumed += 1
            return None
        return self._soft_bounds(n, piece, "runtime", (low, high))

    def _soft_bounds(self, n: int, piece: Piece, kind: str, bounds: tuple[int | None, int | None]) -> bool | None:
        if self._before_noun(n) == "word":
            return False
        away = self._negated or self._degree in (0, -1)
        if not self._unsure:
            weight = -0.6 if away else 0.7
            self._draft.wish(piece.text, kind, bounds, weight)
        self._consumed += 1
        return None

    def _read_quality(self, n: int, piece: Piece) -> bool | None:
        if self._before_noun(n) == "word" and self._kind(n + 1) == "word":
            return False
        if not self._negated:
            self._draft.wish(piece.text, "rating", (piece.value, None), 0.5)
        return None

    def _read_measure(self, n: int, piece: Piece) -> bool | None:
        measure: Measure = piece.value
        if measure.cue in {"in", "bare"} and (
            self._story or (measure.kind == "years" and measure.cue == "in" and self._told_before(n))
        ):
            return False
        if (
            measure.kind == "runtime"
            and measure.cue == "bare"
            and self._told_before(n)
            and self._kind(n + 1) not in {"film", "genre"}
        ):
            return False
        if measure.kind == "runtime" and measure.cue == "bare" and self._attribute(n):
            return False
        if self._unsure:
            return None
        away = measure.negated or (self._negated and measure.cue != "bound")
        low, high = (None if bound is None else _whole(bound) for bound in (measure.low, measure.high))
        if away and measure.kind == "runtime" and measure.cue != "made" and low is not None and high is not None:
            low, high, away = None, low, False  # "not three hours long"
        if away and measure.kind == "runtime" and measure.cue == "bare" and low is None:
            away = False  # "not too long, two hours"
        if away or self._hedged or (measure.kind == "rating" and high is not None):
            self._draft.wish(piece.text, measure.kind, (low, high), -1 if away else 0.5)
            return None
        before = self._piece(n - 1)
        refused = before is not None and (before.kind == "not" or (before.kind == "joint" and before.value == "or"))
        if self._negated and measure.cue == "bound" and refused:
            next_one = 1 if measure.kind == "years" else 0  # "older than 1970" ends in 1969, "over two hours" begins at two
            low, high = (
                None if high is None else high + next_one,
                None if low is None else low - next_one,
            )  # "but not longer than two hours", "nothing sad or over two hours"
        stem = "year" if measure.kind == "years" else measure.kind
        for name, value in ((f"{stem}_min", low), (f"{stem}_max", high)):
            if value is not None:
                self._draft.bound(piece.text, name, value)
        return None

    def _attribute(self, n: int) -> bool:
        """Is a length said of something other than a film ("a 12 hour shift")?"""
        following = self._piece(n + 1)
        return following is not None and following.kind == "word" and not following.is_small

    def _told_before(self, n: int) -> bool:
        """Does a piece of story stand right before, so that "in 1917" says when it happens?"""
        m = n - 1
        while (piece := self._piece(m)) and piece.is_small:
            m -= 1
        return self._kind(m) in {"word", "topic"}

    def _read_number(self, n: int, piece: Piece) -> bool | None:
        before = self._tokens[piece.start - 1].fold if piece.start else ""
        m = n + 1
        while self._kind(m) in MODIFIERS | {"polite", "joint", "more"} and not self._plural_genre(m):
            m += 1
        counted = self._kind(m) == "film" or self._plural_genre(m)
        told = before in _COUNTED or self._kind(n + 1) == "sort"
        if not counted and not (told and self._kind(n + 1) not in {"word", "topic"}):
            return False
        self._draft.k = max(1, min(100, piece.value))
        self._draft.note(piece.text, "k", self._draft.k)
        return None

    def _plural_genre(self, n: int) -> bool:
        return self._kind(n) == "genre" and self._text(n).endswith("s")

    # -- where it comes from, who is in it -----------------------------------------------------

    def _read_place(self, n: int, piece: Piece) -> bool | None:
        place: Place = piece.value
        in_language = bool(place.languages) and self._tokens[piece.start - 1].fold == "in" if piece.start else False
        of_country = bool(piece.start) and self._tokens[piece.start - 1].fold in {"from", "in"}  # "made in Japan starring"
        if not in_language and not (of_country and not place.languages) and self._before_noun(n) == "word":
            return False
        if not self._usable(place) or (piece.strength == 0 and not self._negated):
            return False
        if self._unsure:
            return None
        last = self._draft.places[-1][0] if self._draft.places else -1
        if self._negated:
            self._draft.refuse_place(piece.text, place)
        elif self._hedged:
            for value in place.languages or place.countries:
                self._draft.wish(piece.text, "language" if place.languages else "country", value, 0.5)
        else:
            self._draft.places.append((n, place, self._relation(last, n)))
            self._draft.note(piece.text, "languages" if place.languages else "countries", place.languages or place.countries)
        self._consumed += 1
        return None

    def _usable(self, place: Place) -> bool:
        """Does the catalogue say languages (or countries) at all? If not, the word is better searched for."""
        return bool((place.languages and self._names.languages) or (place.countries and self._names.countries))

    def _read_foreign(self, n: int, piece: Piece) -> bool | None:
        if self._before_noun(n) == "word" or not self._names.languages:
            return False
        self._languages(piece, english=self._negated)
        return None

    def _read_subtitles(self, n: int, piece: Piece) -> None:
        if not self._unsure and self._names.languages:
            self._languages(piece, english=self._negated)
            self._consumed += 1

    def _languages(self, piece: Piece, *, english: bool) -> None:
        codes = ["en"] if english else [code for code in self._names.languages if code != "en"][:LIST_LIMIT]
        self._draft.filters["languages"] = codes
        self._draft.note(piece.text, "languages", "en" if english else "not en")

    def _read_family(self, n: int, piece: Piece) -> bool | None:
        if self._text(n) in {"kids", "kid", "the kids"} and self._before_noun(n) == "word":
            return False
        if self._unsure:
            return None
        owned = set(self._names.genres)
        names = sorted({"Family", "Children"} & owned) or sorted({"Animation"} & owned)
        for name in names:
            self._draft.add(piece.text, "genres_none" if self._negated else "genres_any", name)
        return None if names else False

    def _read_poster(self, n: int, piece: Piece) -> bool | None:
        wanted = not self._negated
        if self._story or (wanted and self._text(n) in {"poster", "posters", "a poster", "poster art"}):
            return False
        self._draft.filters["has_poster"] = wanted
        self._draft.note(piece.text, "has_poster", wanted)
        self._consumed += 1
        return None

    def _said_before(self, piece: Piece) -> bool:
        """Is this a part of a full name of this sentence ("Julia Roberts instead, so swap Sandra for Julia")?"""
        word = fold(piece.text).removesuffix("'s")
        written = [fold(self._pieces[n].text).split() for n, _, _ in self._draft.people]
        return not self._negated and any(word in words and len(words) > 1 for words in written)

    def _read_person(self, n: int, piece: Piece) -> bool | None:
        named: Named = piece.value
        before = self._tokens[piece.start - 1].fold if piece.start else ""
        if self._story and (not named.cued or self._kind(n - 1) == "about" or before in {"of", "and", "or", "from", ","}):
            return False
        if self._unsure or self._said_before(piece):
            return None
        refused = self._negated and not (self._consumed and before in {"with", "starring", "by", "featuring"})
        if refused:
            self._draft.add(piece.text, "people_none", named.name)
        elif self._hedged or before == "like":
            self._draft.wish(piece.text, "person", named.name, 0.7)
        else:
            last = self._draft.people[-1][0] if self._draft.people else -1
            self._draft.people.append((n, named.name, self._relation(last, n)))
            self._draft.note(piece.text, "people", named.name)
        self._consumed += 1
        return None

    def _read_title(self, n: int, piece: Piece) -> None:
        mention: Mention = piece.value
        role = mention.role
        if role == "asked" and self._negated and not self._consumed:
            role = "exclude"
        elif role == "like" and self._negated and self._pieces[n - 1].kind != "ask":
            role = "unlike"
        if role == "asked":
            self._draft.keep(piece.start, piece.end, name=True)
        elif mention.name not in self._draft.titles[role]:
            self._draft.titles[role].append(mention.name)
            whole = any(fold(film.title) == fold(mention.text) for film in mention.films)
            ones = self._kind(n + 1) == "film" and self._text(n + 1) != "one"
            several = ones or not whole  # "not the Alien ones", "no Lord of the Rings"
            name = fold(mention.text)
            none_of_it = "no" in {token.fold for token in self._tokens[max(0, piece.start - 1) : piece.start + 1]}
            # "No Batman": nor under another title.
            if role == "exclude" and none_of_it and name.isalpha() and not self._names.is_ordinary(name):
                self._draft.avoid_theme(piece.end - 1, piece.end)
            if role == "exclude" and several:
                series = (film.id for film in self._names.series(mention.text))
                self._draft.titles[role] += [one for one in series if one not in self._draft.titles[role]]
        self._draft.note(mention.text, role, mention.name)
        self._consumed += 1


def _whole(value: float) -> int | float:
    """1990 for 1990.0; ratings keep two places."""
    return int(value) if value == int(value) else round(value, 2)
