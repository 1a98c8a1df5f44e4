"""How the pieces of a request combine into a `Plan`: lists, negation and where it ends, hedges, what is story.

One pass from left to right. The state is small: are we under a "not", inside the story ("about …",
"where …"), behind a hedge ("maybe"), behind a degree ("not too")? Conventions, where English is loose:

- A genre word is a hard constraint, a mood word a wish; "nothing scary" still rules out horror.
- "romantic comedy": both genres. "comedy or thriller", "horror and thriller films": any of them.
- Inside the story only what can't belong to it counts: people behind "with", limits, titles, "not …" after a comma.
- "in 1995" is when it was made, unless a story stands before it ("soldiers in 1917").
- "the French chef": an adjective before a word that is no film word describes the story.

Does not know spelling (`pieces.py`) nor the tip-of-the-tongue register (`clues.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from rag.draft import Draft, Relation
from rag.measures import Measure
from rag.mentions import Mention, Named
from rag.moods import MOODS
from rag.names import Vocabulary
from rag.pieces import Piece
from rag.places import Place
from rag.tokens import Token

_MODIFIERS = {"genre", "mood", "place", "era", "length", "quality", "foreign", "measure", "sort", "number", "compare", "family"}
_CONSTRAINTS = _MODIFIERS | {"poster", "subtitles", "person", "title", "more"}
_FILLERS = {"joint", "polite", "film", "not", "ask", "hedge", "fine", "copula"}
_STORY_OPENERS = {"that", "which", "who"}  # open a story, unless only constraints follow: "that makes me cry"
_DETERMINERS = {"a", "an", "the", "any", "some", "of", "with", "other", "my", "also", "another"}


class Interpreter:
    """Reads the pieces of one sentence into `draft`, all in the constructor."""

    def __init__(
        self, tokens: Sequence[Token], pieces: Sequence[Piece], draft: Draft, vocabulary: Vocabulary, today: date
    ) -> None:
        self._tokens, self._pieces = tokens, pieces
        self._names, self._today = vocabulary, today
        self.draft = self._draft = draft
        self._reset()
        self._degree: int | None = None
        self._avoiding: list[int] = []
        self._at = 0
        while self._at < len(pieces):
            self._step(self._at, pieces[self._at])
            self._at += 1
        self._end_avoiding()

    # -- state ---------------------------------------------------------------------------------

    def _reset(self) -> None:
        self._negated = self._unsure = self._hedged = self._story = self._disliking = False
        self._consumed = 0  # things the "not" has reached so far

    def _step(self, n: int, piece: Piece) -> None:
        if piece.kind not in {"word", "topic"} and not (piece.kind == "polite" and self._avoiding):
            self._end_avoiding()
        if self._degree is not None and piece.kind not in {
            "mood",
            "joint",
            "polite",
            "length",
            "era",
            "more",
            "quality",
            "genre",
        }:
            self._degree = None
        if self._story and piece.kind in {"genre", "mood", "place", "era", "length", "quality", "foreign", "sort", "compare", "more",
                                          "family", "subtitles", "ask", "joint", "number", "topic", "copula"}:  # fmt: skip
            self._draft.keep(piece.start, piece.end)
            return
        handler = getattr(self, f"_read_{piece.kind}", None)
        if handler is None:
            self._word(n, piece)
        elif handler(n, piece) is False:
            self._word(n, piece)

    def _piece(self, n: int) -> Piece | None:
        return self._pieces[n] if 0 <= n < len(self._pieces) else None

    def _kind(self, n: int) -> str:
        piece = self._piece(n)
        return piece.kind if piece else "end"

    def _text(self, n: int) -> str:
        piece = self._piece(n)
        return piece.text.casefold() if piece else ""

    def _only_constraints(self, n: int) -> bool:
        """Do pieces from `n` up to the next comma or stop say nothing but constraints?"""
        found = False
        while (piece := self._piece(n)) and piece.kind not in {"comma", "stop", "pivot", "about"}:
            if piece.kind in _CONSTRAINTS:
                found = True
            elif piece.kind not in _FILLERS and not piece.is_small:
                return False
            n += 1
        return found

    def _before_noun(self, n: int) -> Literal["film", "word", "end"]:
        """What the adjective at `n` describes: a film, some other noun, or nothing that follows."""
        m, joined = n + 1, False
        while piece := self._piece(m):
            if piece.kind == "film":
                return "film"
            if piece.kind in _MODIFIERS:
                if piece.kind == "genre" and piece.strength >= 2 and not joined:
                    return "film"
                joined = False
            elif piece.kind == "joint":
                joined = True
            elif piece.kind == "word" and not piece.is_small:
                return "end" if joined and self._kind(m + 1) in {"end", "stop", "comma"} else "word"
            elif piece.kind == "topic":
                return "word"
            elif not (piece.kind == "polite" and joined):
                return "end"
            m += 1
        return "end"

    def _relation(self, last: int, n: int) -> Relation:
        """How the thing at `n` is joined to the one at `last`: any, all, adjacent or apart."""
        if last < 0:
            return "apart"
        if any(piece.kind == "joint" and piece.value == "both" for piece in self._pieces[max(0, last - 3) : last]):
            return "apart"
        relation: Relation = "adjacent"
        film = False
        for piece in self._pieces[last + 1 : n]:
            film |= piece.kind == "film"
            if piece.kind == "joint":
                if piece.value == "mixed":
                    return "apart"
                relation = "or" if piece.value == "or" or relation == "or" else "and"
            elif piece.kind == "comma":
                relation = "or" if relation == "adjacent" else relation
            elif (piece.kind == "word" and piece.text.casefold() not in _DETERMINERS - {"with"}) or (
                piece.kind not in _MODIFIERS | {"polite", "word", "film", "more", "person"}
            ):
                return "apart"
        return "apart" if film and relation == "adjacent" else relation

    # -- plain words ---------------------------------------------------------------------------

    def _word(self, n: int, piece: Piece) -> None:
        if not self._negated or self._story:
            self._draft.keep(piece.start, piece.end)
        elif not piece.is_small or self._avoiding:
            self._avoiding.append(n)

    def _end_avoiding(self) -> None:
        """The words after "no …" make a theme to avoid."""
        while self._avoiding and self._pieces[self._avoiding[-1]].is_small:
            self._avoiding.pop()
        if self._avoiding:
            first, last = self._pieces[self._avoiding[0]], self._pieces[self._avoiding[-1]]
            self._draft.avoid_theme(first.start, last.end)
            self._consumed += 1
        self._avoiding = []

    def _read_stop(self, n: int, piece: Piece) -> None:
        self._reset()

    def _read_comma(self, n: int, piece: Piece) -> None:
        self._hedged = self._unsure = False
        if self._story:
            if self._only_constraints(n + 1):
                self._story = False
        elif self._negated and not self._list_goes_on(n):
            self._negated = False

    def _list_goes_on(self, comma: int) -> bool:
        """Is the comma inside the list that a "not" reaches over ("no horror, war or romance")?"""
        following = self._piece(comma + 1)
        if not self._consumed or following is None or following.kind in {"ask", "not", "pivot", "measure"}:
            return False
        if following.kind == "word" and self._text(comma + 1) in _DETERMINERS and not self._disliking:
            return False
        if self._disliking:
            return True
        m = comma + 1
        while (piece := self._piece(m)) and piece.kind not in {"stop", "pivot", "ask", "not", "measure", "title"}:
            if piece.kind == "joint":
                return True
            m += 1
        return False

    def _read_pivot(self, n: int, piece: Piece) -> bool | None:
        if self._story and not (self._only_constraints(n + 1) or self._kind(n + 1) == "not"):
            return False
        self._negated = self._story = self._unsure = self._hedged = False
        return None

    def _read_copula(self, n: int, piece: Piece) -> None:
        return None

    def _read_joint(self, n: int, piece: Piece) -> None:
        if self._negated and piece.value == "and" and self._text(n + 1) in {"a", "an", "some", "with"} and self._consumed:
            self._negated = False
        if self._kind(n - 1) == "word" == self._kind(n + 1) and not self._negated:
            self._draft.keep(piece.start, piece.end)

    def _read_about(self, n: int, piece: Piece) -> bool | None:
        text = piece.text.casefold()
        if self._negated and not self._consumed:
            return None  # "nothing about war"
        if not self._story and text in _STORY_OPENERS and (self._only_constraints(n + 1) or self._kind(n + 1) == "not"):
            return None
        if text == "featuring" and self._kind(n + 1) == "person":
            return None
        self._negated = False
        self._story = True
        self._draft.keep(piece.start, piece.end)
        return None

    def _read_ask(self, n: int, piece: Piece) -> None:
        if self._negated and (self._consumed or self._kind(n - 1) in {"comma", "joint"}):
            self._negated = False
        if not self._negated:
            self._unsure = self._story = False

    def _read_polite(self, n: int, piece: Piece) -> bool | None:
        return False if self._story and n + 1 < len(self._pieces) and self._kind(n + 1) not in {"stop", "comma"} else None

    def _read_film(self, n: int, piece: Piece) -> bool | None:
        following = self._piece(n + 1)
        if self._story and following and following.kind == "word" and not following.is_small:
            return False  # "about a film director"
        if piece.text.casefold() == "one" and self._kind(n + 1) == "film":
            self._draft.k = 1
        return None

    def _read_hedge(self, n: int, piece: Piece) -> bool | None:
        if self._kind(n + 1) in {"end", "stop", "comma"}:
            self._draft.soften_last()
        elif self._story and not self._only_constraints(n + 1):
            return False
        else:
            self._hedged = True
        return None

    def _read_fine(self, n: int, piece: Piece) -> None:
        """ "… are fine": allowed, not asked for. "… is not my thing": the opposite of what it seemed."""
        last = self._draft.genres[-1] if self._draft.genres else None
        if last is None or any(self._kind(m) in {"stop", "pivot", "comma"} for m in range(last[0], n)):
            return
        self._draft.genres.pop()
        for name in last[1]:
            if piece.value == "out":
                self._draft.add(piece.text, "genres_none", name)
            else:
                self._draft.wish(piece.text, "genre", name, 0.5)

    def _read_not(self, n: int, piece: Piece) -> bool | None:
        if self._story:
            joined = self._kind(n - 1) in {"comma", "pivot", "joint", "stop", "end"} or piece.text.casefold() in {
                "without",
                "except",
            }
            following = self._piece(n + 1)
            while following and following.is_small:
                n += 1
                following = self._piece(n + 1)
            constraint = (
                following is not None
                and following.kind in _CONSTRAINTS
                and (following.kind != "genre" or following.strength >= 2)
            )
            if not (joined and constraint and self._before_noun(n + 1) != "word"):
                return False
            self._story = False
        self._negated, self._consumed = True, 0
        self._disliking = any(
            word in piece.text.casefold() for word in ("like", "hate", "want", "tired", "sick", "stand", "bored")
        )
        return None

    def _read_unsure(self, n: int, piece: Piece) -> None:
        self._unsure = True

    def _read_more(self, n: int, piece: Piece) -> None:
        self._degree = piece.value

    # -- what a film should be -----------------------------------------------------------------

    def _read_genre(self, n: int, piece: Piece) -> bool | None:
        names = [name for name in map(self._names.genre, piece.value) if name]
        noun = self._before_noun(n)
        if piece.value == ("Short",) and not names:
            self._draft.wish(piece.text, "runtime", (None, 60))
            return None
        if not names:
            return False
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
            self._draft.genres.append((n, tuple(names), self._relation(last, n), piece.strength))
            self._draft.note(piece.text, "genres", tuple(names))
        self._consumed += 1
        return None

    def _exclude_genre(self, n: int, piece: Piece, names: Sequence[str]) -> None:
        """A refused genre; a refused pair ("no romantic comedies") is a theme, for each of the two may be welcome."""
        end = n
        while self._kind(end + 1) == "genre":
            end += 1
        if end > n or len(names) > 1:
            self._draft.avoid_theme(piece.start, self._pieces[end].end)
            self._at = end
            return
        self._draft.add(piece.text, "genres_none", names[0])

    def _stands_alone(self, n: int) -> bool:
        """Is a word such as "war" meant as a genre, going by what stands before it?"""
        m = n - 1
        while self._kind(m) == "word" and self._text(m) in {"a", "an", "any", "some"}:
            m -= 1
        if self._kind(m) == "word":
            return False
        return self._kind(m) in _MODIFIERS | {
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
        if self._before_noun(n) == "word" and self._kind(n + 1) in {"word", "topic"}:
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
        if self._unsure:
            return None
        away = measure.negated or (self._negated and measure.cue != "bound")
        low, high = (None if bound is None else _whole(bound) for bound in (measure.low, measure.high))
        if away or self._hedged or (measure.kind == "rating" and high is not None):
            self._draft.wish(piece.text, measure.kind, (low, high), -1 if away else 0.5)
            return None
        stem = "year" if measure.kind == "years" else measure.kind
        for name, value in ((f"{stem}_min", low), (f"{stem}_max", high)):
            if value is not None:
                self._draft.bound(piece.text, name, value)
        return None

    def _told_before(self, n: int) -> bool:
        """Does a piece of story stand right before, so that "in 1917" says when it happens?"""
        m = n - 1
        while (piece := self._piece(m)) and piece.is_small:
            m -= 1
        return self._kind(m) in {"word", "topic"}

    def _read_number(self, n: int, piece: Piece) -> bool | None:
        before = self._tokens[piece.start - 1].fold if piece.start else ""
        m = n + 1
        while self._kind(m) in _MODIFIERS | {"polite", "joint", "more"} and not self._plural_genre(m):
            m += 1
        counted = self._kind(m) == "film" or self._plural_genre(m)
        told = before in {
            "me",
            "us",
            "top",
            "best",
            "first",
            "recommend",
            "suggest",
            "another",
            "only",
            "list",
            "pick",
            "exactly",
        }
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
        if not in_language and self._before_noun(n) == "word":
            return False
        if not self._usable(place):
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
        codes = ["en"] if english else [code for code in self._names.languages if code != "en"][:_LIST_LIMIT]
        self._draft.filters["languages"] = codes
        self._draft.note(piece.text, "languages", "en" if english else "not en")

    def _read_family(self, n: int, piece: Piece) -> bool | None:
        if self._text(n) in {"kids", "kid", "the kids"} and self._before_noun(n) == "word":
            return False
        if self._unsure:
            return None
        names = [name for name in ("Family", "Children") if name in self._names.genres] or [
            name for name in ("Animation",) if name in self._names.genres
        ]
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

    def _read_person(self, n: int, piece: Piece) -> bool | None:
        named: Named = piece.value
        before = self._tokens[piece.start - 1].fold if piece.start else ""
        if self._story and (not named.cued or self._kind(n - 1) == "about" or before in {"of", "and", "or", "from", ","}):
            return False
        if self._unsure:
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
            self._draft.keep(piece.start, piece.end)
        elif mention.name not in self._draft.titles[role]:
            self._draft.titles[role].append(mention.name)
        self._draft.note(piece.text, role, mention.name)
        self._consumed += 1


def _whole(value: float) -> int | float:
    """1990 for 1990.0; ratings keep two places."""
    return int(value) if value == int(value) else round(value, 2)
