"""Films, plans and predictions as HTML. Everything that comes from outside is escaped here, once.

Each piece is one line without breaks, because the chat reads lines as Markdown. Buttons carry what
they do in `name` and `value`; `bridge.js` hands that to the page. Knows no Gradio and no HTTP.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from chat_ui.client import Film, Genres, Hit, Verdict
from chat_ui.conversation import Conversation, Turn

POSTERS = "posters"  # the page's own address for pictures; it fetches them from the API

_TITLE = re.compile(r"^\*\*(?P<label>.+?)\*\*\s*[–—:-]?\s*(?P<note>.*)$")
_UNESCAPE = re.compile(r"\\([*_\[\]])")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_COMMAND = re.compile(r"\bRun:\s*(.+?)\.?$")
_LEAD = re.compile(r"(?<=[.!?…])\s+")
_VERDICTS = (("like", "Like", "Liked"), ("dislike", "Not for me", "Not for me"), ("seen", "Seen", "Seen"))
_BREAK = re.compile(r"[\s\-–—/]+")
_SHORT, _LONG = 6, 14  # letters of a word that a title without a picture is set for
_AWAY = "api_unreachable"
_MATTERS = 0.02  # probability: what changes a genre by less is not worth telling
_SIDES = ("left", "top", "width", "height")


def text(value: object) -> str:
    """Any text, safe between tags and in quoted attributes, on one line."""
    return escape(" ".join(str(value).split()))


def exact(value: str) -> str:
    """Any text as the value of an attribute, to be read back letter by letter; breaks are spelled out."""
    return escape(value).replace("\n", "&#10;").replace("\r", "&#13;")


def poster_address(movie_id: str) -> str:
    return f"{POSTERS}?id={quote(movie_id, safe='')}"


def upload_address(path: str) -> str:
    """Where Gradio serves an uploaded file."""
    return f"gradio_api/file={quote(path)}"


def button(act: str, value: str, label: str, kind: str = "", title: str = "") -> str:
    hint = f' title="{text(title)}"' if title else ""
    return f'<button type="button" class="mt-act {kind}" name="{act}" value="{exact(value)}"{hint}>{text(label)}</button>'


def length(minutes: int) -> str:
    """`2 h 50`, `48 min`."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d}" if hours else f"{rest} min"


# -- a turn of the conversation --------------------------------------------------------------------


def answer(conversation: Conversation, number: int) -> str:
    """The concierge's side of a turn: what was understood, the words, the films, how it ended."""
    turn = conversation.turns[number]
    notes, lead, rest = _split(turn)
    newest = number == len(conversation.turns) - 1
    parts = [_chips(turn, number), prose(lead)]
    if turn.hits:
        films = "".join(
            card(hit, conversation.verdicts.get(hit.movie.id, set()), notes.get(hit.movie.label, "")) for hit in turn.hits
        )
        parts.append(f'<div class="mt-films">{films}</div>')
    parts.append(prose(rest))
    parts.append(_end(turn, newest))
    return f'<div class="mt-answer mt-{turn.state}">{"".join(parts)}</div>'


def question(turn: Turn) -> str:
    """The viewer's side of a turn: the picture, the words."""
    picture = f'<img class="mt-sent" src="{upload_address(turn.picture)}" alt="the picture sent">' if turn.picture else ""
    return picture + (f'<div class="mt-said">{text(turn.shown)}</div>' if turn.shown else "")


def prose(words: str) -> str:
    """The concierge's words: paragraphs, lists and bold; everything else is shown as it is written."""
    out: list[str] = []
    listed = False
    for line in words.splitlines():
        item = line.startswith(("- ", "* ", "• "))
        if listed and not item:
            out.append("</ul>")
        if item and not listed:
            out.append("<ul>")
        listed = item
        inner = _inline(line[2:] if item else line)
        if inner:
            out.append(f"<li>{inner}</li>" if item else f"<p>{inner}</p>")
    if listed:
        out.append("</ul>")
    return f'<div class="mt-prose">{"".join(out)}</div>' if out else ""


def card(hit: Hit, verdicts: Iterable[str] = (), note: str = "", acts: bool = True) -> str:
    """A film with its poster, facts, why it is here, and what can be said about it."""
    film, evidence = hit.movie, hit.evidence
    facts = _dots(film.year, " and ".join(film.directors[:2]))
    genres = _dots(length(film.runtime) if film.runtime else "", ", ".join(film.genres[:3]))
    why = note.removeprefix(_opening(film)).strip() or evidence.reason
    weak = '<span class="mt-weak">weak match</span>' if hit.weak else ""
    parts = [
        poster(film, weak),
        f'<div class="mt-card-body"><h3 class="mt-title">{text(film.title)}</h3>',
        f'<p class="mt-facts">{text(facts)}</p>' if facts else "",
        f'<p class="mt-genres">{text(genres)}</p>' if genres else "",
        f'<p class="mt-why">{_inline(why)}</p>' if why else "",
        _evidence(hit, why),
    ]
    if acts:
        given = set(verdicts)
        buttons = "".join(
            button(
                act,
                film.id,
                done if act in given else label,
                f"mt-{act}{' mt-on' if act in given else ''}",
                f"{label}: {film.title}{' (press again to take it back)' if act in given else ''}",
            )
            for act, label, done in _VERDICTS
        )
        parts.append(f'<div class="mt-verdicts">{buttons}</div>')
    return f'<article class="mt-card">{"".join(parts)}</div></article>'


def _dots(*parts: object) -> str:
    return " · ".join(str(part) for part in parts if part)


def _opening(film: Film) -> str:
    """The facts that the concierge's line on a film begins with, and the card has already."""
    parts = [f"{film.runtime} min" if film.runtime else "", " and ".join(film.directors[:2])]
    return ", ".join(part for part in parts if part) + "."


def poster(film: Film, badge: str = "") -> str:
    """The picture, over a plain sheet with the title that shows when there is none."""
    letters = max(map(len, _BREAK.split(film.title)))  # the longest word sets the size, so that none is broken in two
    sheet = (
        f'<span class="mt-sheet" style="--letters:{min(max(letters, _SHORT), _LONG)}">'
        f"<b>{text(film.title)}</b><i>{text(film.year or '')}</i></span>"
    )
    image = f'<img src="{poster_address(film.id)}" alt="" loading="lazy" decoding="async">' if film.poster else ""
    return f'<div class="mt-poster">{sheet}{image}{badge}</div>'


def _evidence(hit: Hit, shown: str) -> str:
    """What spoke for the film, folded away: the passage, the words found, which parts of the search."""
    evidence, film = hit.evidence, hit.movie
    rows: list[str] = []
    if film.cast:
        rows.append(f"<p>With {text(', '.join(film.cast[:4]))}</p>")
    if evidence.passage and evidence.passage[:40] not in shown:
        rows.append(f"<blockquote>{text(evidence.passage)}</blockquote>")
    elif not evidence.passage and film.plot:
        rows.append(f"<p>{text(film.plot[:280])}{'…' if len(film.plot) > 280 else ''}</p>")
    signs = [f"“{word}”" for word in evidence.words[:6]] + (["its poster"] if evidence.poster else [])
    if signs:
        rows.append(f'<p class="mt-signs">Found by {text(", ".join(signs))}</p>')
    return f'<details class="mt-evidence"><summary>More</summary>{"".join(rows)}</details>' if rows else ""


def _chips(turn: Turn, number: int) -> str:
    if not turn.chips:
        return ""
    chips = "".join(
        button("drop", json.dumps([number, list(chip.path)]), chip.label, "mt-chip", f"Search again without {chip.label}")
        for chip in turn.chips
    )
    return f'<div class="mt-chips"><span>Looking for</span>{chips}</div>'


def _end(turn: Turn, newest: bool) -> str:
    again = (
        button("again", "", "Try again" if turn.state in ("failed", "stopped") else "Ask again", "mt-again") if newest else ""
    )
    if turn.state == "answering":
        clock = f" {turn.seconds:.0f} s" if turn.seconds >= 3 else ""
        return f'<p class="mt-status" role="status"><span class="mt-dots"><i></i><i></i><i></i></span>{text(turn.status or "Looking")}{clock}</p>'
    if turn.state == "failed":
        words = problem(
            turn.problem, "" if turn.status else turn.code
        )  # a service that broke off is not a service that is away
        return f'<div class="mt-note mt-bad"><p>{words}</p>{again}</div>'
    if turn.state == "stopped":
        return f'<p class="mt-foot"><span>Stopped.</span>{again}</p>'
    who = f"Answered by the {concierge(turn.concierge)}" if turn.concierge else "Answered"
    return f'<p class="mt-foot"><span>{text(who)} in {turn.seconds:.1f} s</span>{again}</p>'


def encoder(name: str) -> str:
    """Which encoder serves, short; its full name on a closer look."""
    short = "built-in" if name.startswith("builtin") else "CLIP" if "clip" in name.lower() else text(name[:24])
    return f'<span title="{text(name)}">{short} encoder</span>'


def concierge(name: str) -> str:
    """Who answers, in words: `built-in concierge`, `concierge with qwen3:1.7b`."""
    return "built-in concierge" if name == "built-in" else f"concierge with {name.removeprefix('ollama:')}"


def _split(turn: Turn) -> tuple[dict[str, str], str, str]:
    """(what is said of each film, by its label; the words above the films; the words below them).

    Entries of a list that name a film on a card go onto the card, so that nothing is said twice.
    """
    labels = {hit.movie.label for hit in turn.hits}
    if not labels:
        return {}, turn.text, ""
    notes: dict[str, str] = {}
    above: list[str] = []
    below: list[str] = []
    lines = turn.text.splitlines()
    for at, line in enumerate(lines):
        entry = _TITLE.match(line[2:]) if line.startswith("- ") else None
        label = _UNESCAPE.sub(r"\1", entry["label"]) if entry else ""
        if label in labels:
            notes[label] = entry["note"] if entry else ""
        elif turn.state == "answering" and at == len(lines) - 1 and line.startswith("-") and not entry:
            continue  # the beginning of an entry: wait for its title
        else:
            (below if notes else above).append(line)
    above = [line for line in above if line.strip()]
    if notes:  # a list, which the cards stand for: what leads up to it stays before it
        if len(above) > 1 and above[-1].endswith(":") and turn.hits[0].movie.label not in notes:
            above.pop()  # "Or perhaps:" heads the other films only, and the first card is the guess itself
        return notes, "\n".join(above), "\n".join(below)
    lead, *rest = above or [""]  # prose: its first sentence stands above the films, the rest below
    sentences = _LEAD.split(lead, maxsplit=1)
    return notes, sentences[0], "\n".join([*sentences[1:], *rest])


def _inline(line: str) -> str:
    safe = _BOLD.sub(r"<strong>\1</strong>", text(line))
    return _UNESCAPE.sub(r"\1", safe)


# -- notes, the wall, predictions ------------------------------------------------------------------


def problem(message: str, code: str = "") -> str:
    """A failure in friendly words; a command that mends it is set apart."""
    if code == _AWAY:
        return "The film service is not answering at the moment. As soon as it is back, this page goes on; nothing is lost."
    found = _COMMAND.search(message)
    if found is None:
        return text(message)
    return f"{text(message[: found.start()])} To add it, run <code>{text(found.group(1))}</code>"


def note(message: str, code: str = "") -> str:
    return f'<div class="mt-note{"" if code == "model_missing" else " mt-bad"}"><p>{problem(message, code)}</p></div>'


def wall(films: Sequence[Film]) -> str:
    """Posters side by side; each asks for films like it."""
    pieces = "".join(
        f'<button type="button" class="mt-act mt-wall-film" name="say" value="{exact("Something like " + film.label)}" '
        f'title="Something like {text(film.label)}">{poster(film)}</button>'
        for film in films
    )
    return f'<div class="mt-wall">{pieces}</div>'


def shelf(title: str, hits: Sequence[Hit]) -> str:
    """A row of films under a heading."""
    return f'<section class="mt-shelf"><h2>{text(title)}</h2><div class="mt-films">{"".join(card(hit, acts=False) for hit in hits)}</div></section>'


def verdict(found: Verdict) -> str:
    word = "This is a film poster" if found.is_poster else "This doesn't look like a film poster"
    reasons = "".join(f"<li>{text(reason)}</li>" for reason in found.reasons)
    return (
        f'<section class="mt-verdict {"mt-yes" if found.is_poster else "mt-no"}"><h2>{word}</h2>'
        f'<p class="mt-facts">{found.probability:.0%} likely to be a poster</p>{f"<ul>{reasons}</ul>" if reasons else ""}</section>'
    )


def bars(found: Genres, most: int = 8) -> str:
    """Genres as bars: the chosen ones marked, those that can't be ruled out below them."""
    chosen, plausible = set(found.chosen), set(found.plausible)
    shown = [genre for n, genre in enumerate(found.genres) if n < most or genre.genre in chosen]
    rows = "".join(
        f'<div class="mt-bar{" mt-on" if genre.genre in chosen else " mt-maybe" if genre.genre in plausible else ""}">'
        f"<span>{text(genre.genre)}</span>"
        f'<i><b style="width:{100 * min(1.0, max(0.0, genre.probability)):.0f}%"></b></i><em>{genre.probability:.0%}</em></div>'
        for genre in shown
    )
    if found.abstained or not chosen:
        head = "Too close to call: no genre is sure enough to be set."
    else:
        head = f"Set: <strong>{text(', '.join(found.chosen))}</strong>"
    others = [genre for genre in found.plausible if genre not in chosen]
    foot = ""
    if others and found.coverage:
        foot = (
            f'<p class="mt-facts mt-plausible">Can’t be ruled out: {text(", ".join(others))}. '
            f"The two lists together hold {found.coverage:.0%} of true genres.</p>"
        )
    return f'<section class="mt-bars"><h2>Genres</h2><p class="mt-facts">{head}</p>{rows}{foot}</section>'


def reasons(found: Genres) -> str:
    """The plot with the sentences marked that carried its genres, as far as the API tells, the stronger the deeper."""
    told = [(*_strongest(part, found), str(part.get("text", ""))) for part in _parts(found, "sentences")]
    most = max((effect for effect, _, _ in told), default=0.0)
    if most < _MATTERS:
        return ""
    words = " ".join(
        f'<mark style="--deep:{100 * effect / most:.0f}%">{text(sentence)}<sup>{text(genre)} +{100 * effect:.0f}</sup></mark>'
        if effect >= _MATTERS
        else text(sentence)
        for effect, genre, sentence in told
    )
    return (
        f'<section class="mt-reasons"><h2>What gave it away</h2><p class="mt-marked">{words}</p>'
        '<p class="mt-facts">Marked: percentage points by which a genre falls when the sentence is taken out.</p></section>'
    )


def looked_at(address: str, found: Genres | None) -> str:
    """A dropped picture, with the regions that spoke for its first genre laid over it as a heat map."""
    genre = _first(found) if found else ""
    cells = [(float(part["effects"].get(genre, 0)), part) for part in _parts(found, "regions")] if found else []
    most = max((effect for effect, _ in cells), default=0.0)
    marks = "".join(
        f'<i class="mt-mark-cell" title="{text(genre)} +{100 * effect:.0f}" style="--deep:{effect / most:.2f};'
        f'{";".join(f"{side}:{100 * float(part.get(side, 0)):.2f}%" for side in _SIDES)}"></i>'
        for effect, part in cells
        if most >= _MATTERS and effect > most / 8
    )
    caption = ""
    if marks:
        caption = f'<p class="mt-facts">Lit: what spoke for {text(genre)}, {100 * most:.0f} percentage points where it is brightest.</p>'
    elif cells:
        caption = f'<p class="mt-facts">No single part of the picture decides on {text(genre)}.</p>'
    return (
        f'<div><div class="mt-poster mt-looked"><img src="{address}" alt="the picture you dropped">{marks}</div>{caption}</div>'
    )


def _parts(found: Genres, kind: str) -> list[dict[str, Any]]:
    """The sentences or regions of an explanation that have effects; none if the API tells none."""
    explanation = found.explanation if isinstance(found.explanation, dict) else {}
    return [part for part in explanation.get(kind) or () if isinstance(part, dict) and isinstance(part.get("effects"), dict)]


def _first(found: Genres) -> str:
    """The genre that explanations are about: the first one set, or the likeliest."""
    return next(iter(found.chosen), found.genres[0].genre if found.genres else "")


def _strongest(part: dict[str, Any], found: Genres) -> tuple[float, str]:
    """(effect, genre): what a part did most for, among the chosen genres (or for the likeliest, if none is)."""
    about = found.chosen or (_first(found),)
    effects = {genre: float(effect) for genre, effect in part["effects"].items() if genre in about}
    genre = max(effects, key=lambda name: effects[name], default="")
    return effects.get(genre, 0.0), genre
