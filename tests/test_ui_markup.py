"""What the page draws: everything from outside is text, nothing is said twice."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from chat_ui import audit_desk, markup
from chat_ui.client import Audit, Film, Finding, GenreProbability, Genres, Hit, Verdict
from chat_ui.conversation import Chip, Conversation, Turn

EVIL = "<img src=x onerror=alert(1)>\"'` </div><script>alert(1)</script>\n\n# **x** [y](javascript:alert(1))"


class Tags(HTMLParser):
    """The tags and attributes of a piece of HTML; fails on tags that are never closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "img":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def film(**changed: object) -> Film:
    return Film.model_validate(
        {"id": "heat-1995", "title": "Heat", "year": 1995, "genres": ["Crime"], "runtime": 170} | changed
    )


def evil_hit() -> Hit:
    evidence = {"passage": EVIL, "words": [EVIL], "reason": EVIL, "poster": True, "legs": {EVIL: 1.0}}
    movie = film(id=EVIL, title=EVIL, genres=[EVIL], directors=[EVIL], cast=[EVIL], plot=EVIL, poster="there")
    return Hit.model_validate({"movie": movie.model_dump(), "score": 0.5, "weak": True, "evidence": evidence})


def evil_conversation() -> Conversation:
    conversation = Conversation("s" * 16)
    turn = Turn(EVIL, EVIL, text=EVIL + f"\n- **{EVIL}** {EVIL}", hits=(evil_hit(),), plan={}, chips=(Chip(EVIL, (EVIL, 0)),))
    turn.status, turn.concierge, turn.problem = EVIL, EVIL, EVIL
    conversation.turns.append(turn)
    return conversation


def everything() -> list[str]:
    conversation = evil_conversation()
    genres = Genres(
        genres=(GenreProbability(genre=EVIL, probability=7.0),),
        chosen=(EVIL,),
        abstained=False,
        plausible=(EVIL, f"{EVIL} 2"),
        coverage=0.9,
        explanation={
            "sentences": [{"text": EVIL, "effects": {EVIL: 0.5}}],
            "regions": [{"left": 0.1, "top": 0, "width": 0.3, "height": 0.2, "effects": {EVIL: 0.5}}],
        },
    )
    pieces = [markup.question(conversation.turns[0]), markup.note(EVIL), markup.bars(genres), markup.reasons(genres)]
    pieces.append(markup.looked_at(markup.upload_address(EVIL), genres))
    pieces += [markup.wall([evil_hit().movie]), markup.shelf(EVIL, [evil_hit()]), markup.problem(f"No. Run: {EVIL}")]
    pieces.append(markup.verdict(Verdict(is_poster=False, probability=0.1, reasons=(EVIL,))))
    for state in ("answering", "done", "stopped", "failed"):
        conversation.turns[0].state = state
        pieces.append(markup.answer(conversation, 0))
    return pieces


@pytest.mark.parametrize("piece", everything())
def test_nothing_from_outside_becomes_a_tag_or_a_handler(piece: str) -> None:
    read = Tags(piece)
    assert not {"script", "a", "svg", "iframe"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert all(
        (value or "").startswith(("posters?id=", "gradio_api/file=")) for name, value in read.attributes if name == "src"
    )
    assert all(
        re.fullmatch(r"((left|top|width|height|--deep|--letters):\d{1,3}(\.\d\d)?%?;?)+", value or "")
        for name, value in read.attributes
        if name == "style"
    )
    assert "\n" not in piece  # a blank line would end the HTML for the Markdown reader


def turn_of(text: str, *films: Film, state: str = "done") -> Conversation:
    conversation = Conversation("s" * 16)
    turn = Turn("x", text=text, hits=tuple(Hit(movie=movie, score=1.0) for movie in films), state=state)  # type: ignore[arg-type]
    conversation.turns.append(turn)
    return conversation


def test_list_entries_go_onto_their_cards_and_are_not_repeated() -> None:
    text = "Two films for you:\n- **Heat (1995)** – 170 min, Michael Mann. A thief.\n- **Absent (2000)** – stays.\n\nMore?"
    drawn = markup.answer(turn_of(text, film(directors=["Michael Mann"])), 0)
    assert drawn.count("A thief.") == 1
    assert "170 min, Michael Mann" not in drawn  # the card has these facts already
    assert '<p class="mt-why">A thief.</p>' in drawn
    assert "<li><strong>Absent (2000)</strong>" in drawn
    assert drawn.index("Two films") < drawn.index("mt-films") < drawn.index("More?")


def test_prose_has_its_first_sentence_above_the_films_and_the_rest_below() -> None:
    drawn = markup.answer(turn_of("Heat is the one. It is long. Bring tea.", film()), 0)
    assert drawn.index("Heat is the one.") < drawn.index("mt-films") < drawn.index("It is long.")


def test_what_leads_up_to_a_list_stays_before_its_cards() -> None:
    text = "It is the poster of **Alien (1979)**. From the picture alone I'd call it horror.\n\nIn that spirit (lighter):\n- **Heat (1995)** – long.\n\nMore?"
    drawn = markup.answer(turn_of(text, film()), 0)
    assert drawn.index("alone") < drawn.index("In that spirit") < drawn.index("mt-films") < drawn.index("More?")


def test_a_heading_of_the_other_films_does_not_stand_over_the_guess() -> None:
    text = "My best guess is **Up (2009)**. In it: “balloons”\n\nOr perhaps:\n- **Heat (1995)** – long.\n\nWas it old?"
    drawn = markup.answer(turn_of(text, film(id="up", title="Up", year=2009), film()), 0)
    assert "Or perhaps" not in drawn
    assert drawn.index("balloons") < drawn.index("mt-films") < drawn.index("Was it old?")


def test_a_title_without_a_picture_is_set_for_its_longest_word() -> None:
    for title, letters in (("Up", 6), ("Django Unchained", 9), ("Spider-Man", 6), ("x" * 400, 14)):
        assert f'style="--letters:{letters}"' in markup.poster(film(title=title))


def test_an_entry_that_is_still_being_written_waits() -> None:
    assert (
        "Hea"
        not in markup.answer(turn_of("One film:\n- **Hea", film(title="Other", id="o"), state="answering"), 0).split(
            "mt-films"
        )[0]
    )


def test_titles_with_markup_in_them_find_their_card() -> None:
    drawn = markup.answer(
        turn_of(
            "One:\n- **\\*batteries not included (1987)** – small robots.", film(title="*batteries not included", year=1987)
        ),
        0,
    )
    assert '<p class="mt-why">small robots.</p>' in drawn


def test_a_command_is_set_apart() -> None:
    drawn = markup.problem("This server has no genre classifier yet. Run: matinee train genres", "model_missing")
    assert drawn.endswith("<code>matinee train genres</code>")


@pytest.mark.parametrize(("minutes", "words"), [(170, "2 h 50"), (60, "1 h 00"), (48, "48 min")])
def test_lengths_are_told_in_hours(minutes: int, words: str) -> None:
    assert markup.length(minutes) == words


def test_poster_addresses_keep_any_id_in_one_piece() -> None:
    assert markup.poster_address("../a b/ü?&") == "posters?id=..%2Fa%20b%2F%C3%BC%3F%26"


def test_genres_that_are_chosen_are_always_drawn() -> None:
    many = tuple(GenreProbability(genre=f"G{n}", probability=0.5) for n in range(20))
    drawn = markup.bars(Genres(genres=many, chosen=("G19",), abstained=False))
    assert "G19" in drawn
    assert "G18" not in drawn


def test_a_plot_is_shown_whole_with_the_telling_sentences_marked() -> None:
    sentences = [
        {"text": "A.", "effects": {"Crime": 0.15, "Drama": 0.9}},
        {"text": "B.", "effects": {"Crime": 0.3}},
        {"text": "C.", "effects": {"Crime": 0.001}},
    ]
    drawn = markup.reasons(Genres(genres=(), chosen=("Crime",), abstained=False, explanation={"sentences": sentences}))
    assert drawn.index("A.") < drawn.index("B.") < drawn.index("C.")
    assert '<mark style="--deep:100%">B.<sup>Crime +30</sup></mark>' in drawn
    assert '<mark style="--deep:50%">A.' in drawn
    assert "<mark" not in drawn[drawn.index("C.") - 10 :]


def test_an_undecided_answer_is_explained_by_its_likeliest_genre() -> None:
    region = {"left": 0, "top": 0, "width": 0.5, "height": 0.5, "effects": {"Drama": 0.2}}
    likely = (GenreProbability(genre="Drama", probability=0.3),)
    genres = Genres(genres=likely, chosen=(), abstained=True, explanation={"regions": [region]})
    assert "what spoke for Drama, 20 percentage points" in markup.looked_at("x", genres)


def test_genres_that_cannot_be_ruled_out_are_told_apart() -> None:
    likely = tuple(GenreProbability(genre=name, probability=0.5) for name in ("Crime", "Drama", "War"))
    drawn = markup.bars(Genres(genres=likely, chosen=("Crime",), abstained=False, plausible=("Crime", "Drama"), coverage=0.9))
    assert drawn.count("mt-on") == drawn.count("mt-maybe") == 1
    assert "Can’t be ruled out: Drama." in drawn


def test_findings_are_drawn_as_text() -> None:
    finding = Finding(
        id=EVIL, kind=EVIL, movie_id=EVIL, title=EVIL, evidence=EVIL, confidence=0.7, suggestion=EVIL, other=EVIL, genre=EVIL
    )
    audit = Audit(made=EVIL, version=EVIL, films=1, findings=(finding,), total=1, counts={EVIL: 1})
    for piece in (audit_desk._list(audit, audit_desk.View(kind=EVIL)), audit_desk._head(audit), audit_desk._decided(finding)):
        read = Tags(piece)
        assert not {"script", "svg", "iframe"} & set(read.tags)
        assert not [name for name, _ in read.attributes if name.startswith("on")]
        links = [value or "" for name, value in read.attributes if name in ("href", "src")]
        assert all(link.startswith(("audit.csv?", "posters?id=")) for link in links)


@pytest.mark.parametrize("odd", [None, "words", [], {"sentences": None}, {"sentences": ["x", {"text": "x"}]}])
def test_explanations_of_other_shapes_are_passed_over(odd: object) -> None:
    genres = Genres(genres=(), chosen=("Crime",), abstained=False, explanation=odd)
    assert markup.reasons(genres) == ""
    assert "mt-mark-cell" not in markup.looked_at("x", genres)


def test_undecided_genres_are_said_to_be_undecided() -> None:
    assert "Too close to call" in markup.bars(Genres(genres=(), chosen=(), abstained=True))
