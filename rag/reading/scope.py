"""What reaches how far in a request: "not" over a list, the story after "about", a hedge, a degree.

One pass from left to right over the pieces, with a small state. Conventions, where English is loose:

- "no horror, war or romance": the list ends the negation, and so do "but", "something", a full stop.
- Inside the story ("about …", "where …") only what can't belong to it counts: people behind "with",
  limits, titles, "not …" after a comma.
- Words after a "not" that are no constraint are a theme to avoid.

Knows connecting words; what a genre or a person means for the plan is `grammar.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rag.reading.draft import Draft, Relation
from rag.reading.pieces import Piece
from rag.reading.tokens import Token, word_set

MODIFIERS = word_set("genre mood place era length quality foreign measure sort number compare family")
CONSTRAINTS = MODIFIERS | word_set("poster subtitles person title more")
DETERMINERS = word_set("a an the any some of with other my also another")
_FILLERS = word_set("joint polite film not ask hedge fine copula")
_HAVE_DEGREES = word_set("mood length era quality genre")  # "a not too long scary film": a degree is of one of them,
_DEGREE_KEEPS = _HAVE_DEGREES | word_set("joint polite more")  # but "not too sad or scary": a joint passes it on
_PART_OF_STORY = word_set(
    "genre mood place era length quality foreign sort compare more family subtitles ask joint number topic copula"
)
_STORY_OPENERS = word_set("that which who")  # open a story, unless only constraints follow: "that makes me cry"
_DISLIKES = ("like", "hate", "want", "tired", "sick", "stand", "bored")


class Scope:
    """Walks over the pieces of one sentence and keeps track of what each word reaches.

    A subclass has a method `_read_<kind>` per kind of constraint; one that answers False hands the piece
    back as a plain word.
    """

    def __init__(self, tokens: Sequence[Token], pieces: Sequence[Piece], draft: Draft) -> None:
        self._tokens, self._pieces = tokens, pieces
        self.draft = self._draft = draft
        self._reset()
        self._degree: int | None = None
        self._spent = False  # whether the piece just read was what the degree is of
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
        self._once = False  # "non-" reaches one thing only

    def _step(self, n: int, piece: Piece) -> None:
        if piece.kind not in {"word", "topic"} and not (piece.kind == "polite" and self._avoiding):
            self._end_avoiding()
        if self._once and self._consumed:
            self._negated = self._once = False
        if self._degree is not None and (piece.kind not in _DEGREE_KEEPS or (self._spent and piece.kind in _HAVE_DEGREES)):
            self._degree = None
        self._spent = self._degree is not None and piece.kind in _HAVE_DEGREES
        if self._story and piece.kind == "place" and self._made_in(piece):
            self._story = False
        if self._story and piece.kind in _PART_OF_STORY:
            self._draft.keep(piece.start, piece.end, name=piece.kind == "topic")
            return
        handler = getattr(self, f"_read_{piece.kind}", None)
        if handler is None or handler(n, piece) is False:
            self._word(n, piece)

    def _made_in(self, piece: Piece) -> bool:
        """Does "made in" stand before a country, or "are in" before a language, which then is no place of the story?"""
        before = [token.fold for token in self._tokens[max(0, piece.start - 2) : piece.start]]
        if before in (["are", "in"], ["is", "in"]):
            return bool(piece.value.languages) and self._kind(self._at + 1) in {"end", "stop", "comma"}
        return before in (["made", "in"], ["produced", "in"], ["shot", "in"], ["filmed", "in"])

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
            if piece.kind in CONSTRAINTS:
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
            if piece.kind in MODIFIERS:
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
                return "word" if self._text(m) == "of" else "end"
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
                relation = "comma" if relation == "adjacent" else relation
            elif (piece.kind == "word" and piece.text.casefold() not in DETERMINERS - {"with"}) or (
                piece.kind not in MODIFIERS | {"polite", "word", "film", "more", "person"}
            ):
                return "apart"
        return "apart" if film and relation == "adjacent" else relation

    # -- plain words ---------------------------------------------------------------------------

    def _word(self, n: int, piece: Piece) -> None:
        if not self._negated or self._story:
            self._draft.keep(piece.start, piece.end, name=piece.kind == "topic")
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
        if self._text(comma + 1) == "plus":
            return False
        if following.kind == "word" and self._text(comma + 1) in DETERMINERS and not self._disliking:
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
        if not (self._negated and self._consumed and piece.value == "and"):
            return
        if self._text(n) == "plus" or self._text(n + 1) in {"a", "an", "some", "with"}:
            self._negated = False

    def _read_about(self, n: int, piece: Piece) -> bool | None:
        text = piece.text.casefold()
        if self._negated and not self._consumed:
            return None  # "nothing about war"
        if text in _STORY_OPENERS and (self._only_constraints(n + 1) or (self._kind(n + 1) == "not" and not self._story)):
            self._story = False
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
        if piece.text.casefold() == "so" and self._consumed:  # "one hates subtitles so English only"
            self._negated = False
        while self._kind(n) in {"polite", "film"}:
            n += 1
        return False if self._story and self._kind(n) not in {"end", "stop", "comma"} else None

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
        if self._draft.places and self._draft.places[-1][0] == n - 1:  # "from Ireland, English is fine"
            _, place, _ = self._draft.places.pop()
            if piece.value == "out":
                self._draft.refuse_place(piece.text, place)
            return
        last = self._draft.genres[-1] if self._draft.genres else None
        if last is None or any(self._kind(m) in {"stop", "pivot", "comma"} for m in range(last[0], n)):
            return
        self._draft.genres.pop()
        for name in last[1]:
            if piece.value == "out":
                self._draft.add(piece.text, "genres_none", name)
            else:
                self._draft.wish(piece.text, "genre", name, 0.4)

    def _read_not(self, n: int, piece: Piece) -> bool | None:
        if self._text(n - 1) == "with" and self._kind(n - 2) == "word" and self._kind(n + 1) == "word":
            return False  # "a man with no name"
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
                and following.kind in CONSTRAINTS
                and (following.kind != "genre" or following.strength >= 2)
            )
            if not (joined and constraint and self._before_noun(n + 1) != "word"):
                return False
            self._story = False
        self._negated, self._consumed = True, 0
        self._once = piece.text.casefold() == "non"
        self._disliking = any(
            word in piece.text.casefold() for word in ("like", "hate", "want", "tired", "sick", "stand", "bored")
        )
        return None

    def _read_unsure(self, n: int, piece: Piece) -> None:
        self._unsure = True

    def _read_more(self, n: int, piece: Piece) -> None:
        self._degree = piece.value
