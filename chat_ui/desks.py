"""The two desks of the catalogue team: Poster (is it one, which film, which genres) and Plot (genres, similar films).

Each is one function that lays the tab out and wires it. Knows nothing of conversations.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr

from chat_ui import markup
from chat_ui.client import Genres, Hit, Matinee, Verdict
from chat_ui.spreadsheet import csv_text
from movies.errors import MovieServiceError
from movies.settings import Settings

T = TypeVar("T")
_SIMILAR = 5
_MOST = 200  # pictures in one go
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
_COLUMNS = ("file", "is_poster", "probability", "film", "film_id", "score", "genres", "note")


@dataclass
class Looked:
    """What the API says of one picture; `problems` of the parts that could not be told, each with its code."""

    path: str
    verdict: Verdict | None = None
    matches: tuple[Hit, ...] = ()
    genres: Genres | None = None
    similar: tuple[Hit, ...] = ()
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return Path(self.path).name

    @property
    def film(self) -> Hit | None:
        """The film it is the poster of, if that is clear enough."""
        return self.matches[0] if self.matches and not self.matches[0].weak else None


def poster_desk(client: Matinee, settings: Settings) -> None:
    """The Poster tab: drop one picture for a full report, many for a table and a CSV file."""
    with gr.Column(elem_classes="mt-desk"):
        gr.HTML(
            '<div class="mt-desk-head"><h1>Poster desk</h1><p>Is it a poster, and why? Which film, which genres, what looks like it?</p></div>'
        )
        files = gr.File(
            label="Pictures", show_label=False, file_count="multiple", file_types=["image"], type="filepath", elem_id="mt-poster-files",
            height=140,
        )  # fmt: skip
        report = gr.HTML("", elem_id="mt-poster-report")
        download = gr.DownloadButton("Download as CSV", visible=False, size="sm", elem_id="mt-poster-csv", variant="secondary")

    def look(paths: list[str] | None) -> Iterator[tuple[str, Any]]:
        hidden = gr.DownloadButton(visible=False)
        if not paths:
            yield "", hidden
            return
        given = paths[:_MOST]
        looked: list[Looked] = []
        for path in given:
            yield _table(looked, len(given)) if len(given) > 1 else _working("Looking at the picture"), hidden
            looked.append(_look(client, path, explain=len(given) == 1))
        if len(looked) == 1:
            yield _report(looked[0]), hidden
        else:
            left = (
                markup.note(f"Only the first {_MOST} of {len(paths)} pictures were looked at. Drop the others next.")
                if len(paths) > _MOST
                else ""
            )
            yield left + _table(looked, len(given)), gr.DownloadButton(value=str(_csv(looked)), visible=True)

    files.change(look, files, [report, download], **_QUIET)


def plot_desk(client: Matinee) -> None:
    """The Plot tab: genres of a plot with what spoke for them, and films with a plot like it."""
    with gr.Column(elem_classes="mt-desk"):
        gr.HTML(
            '<div class="mt-desk-head"><h1>Plot desk</h1><p>Paste a plot: its genres, the sentences that gave them away, and films like it.</p></div>'
        )
        plot = gr.Textbox(
            label="Plot", show_label=False, lines=7, max_lines=20, max_length=20_000, elem_id="mt-plot",
            placeholder="A detective close to retirement hunts a thief who has never been caught …",
        )  # fmt: skip
        go = gr.Button("Read the plot", variant="primary", elem_id="mt-plot-go", size="md")
        report = gr.HTML("", elem_id="mt-plot-report")

    def read(words: str) -> Iterator[str]:
        if not words.strip():
            yield markup.note("Paste a plot first: a few sentences are enough.")
            return
        yield _working("Reading")
        problems: list[tuple[str, str]] = []
        genres = _tried(problems, lambda: client.plot_genres(words, explain=True))
        similar = _tried(problems, lambda: client.search(words[:2000], k=_SIMILAR))
        parts = _notes(problems)
        if genres is not None:
            parts += f'<div class="mt-columns">{markup.bars(genres)}{markup.reasons(genres)}</div>'
        if similar is not None and similar.hits:
            parts += markup.shelf("Films like it", similar.hits)
        yield parts

    go.click(read, plot, report, **_QUIET)


def _look(client: Matinee, path: str, explain: bool) -> Looked:
    """Ask everything about one picture; what fails is noted, the rest is told."""
    looked = Looked(path)
    looked.verdict = _tried(looked.problems, lambda: client.validate(path))
    looked.matches = _tried(looked.problems, lambda: client.identify(path, k=3)) or ()
    looked.genres = _tried(looked.problems, lambda: client.poster_genres(path, explain=explain))
    if explain:
        found = _tried(looked.problems, lambda: client.search(poster=path, k=_SIMILAR + 1))
        looked.similar = found.hits if found else ()
    return looked


def _tried(problems: list[tuple[str, str]], call: Callable[[], T]) -> T | None:
    try:
        return call()
    except MovieServiceError as error:
        if (error.message, error.code) not in problems:
            problems.append((error.message, error.code))
    except (ValueError, OSError):  # an answer of another version, or an upload that is gone
        problems.append(
            ("That could not be read. Try the picture again, and update the page and the service to one version.", "")
        )
    return None


def _report(looked: Looked) -> str:
    parts = [_notes(looked.problems)]
    picture = markup.looked_at(markup.upload_address(looked.path), looked.genres)
    right = markup.verdict(looked.verdict) if looked.verdict else ""
    if looked.matches:
        right += _identified(looked)
    if looked.genres is not None:
        right += markup.bars(looked.genres)
    parts.append(f'<div class="mt-columns mt-report">{picture}<div>{right}</div></div>')
    others = [hit for hit in looked.similar if looked.film is None or hit.movie.id != looked.film.movie.id][:_SIMILAR]
    if others:
        parts.append(markup.shelf("Similar posters", others))
    return "".join(parts)


def _identified(looked: Looked) -> str:
    film = looked.film
    if film is None:
        return '<section class="mt-film"><h2>Which film</h2><p class="mt-facts">None of this catalogue that I would swear to.</p></section>'
    return (
        f'<section class="mt-film"><h2>Which film</h2><div class="mt-found">{markup.poster(film.movie)}<div><h3 class="mt-title">'
        f"{markup.text(film.movie.label)}</h3><p class='mt-facts'>{markup.text(', '.join(film.movie.directors[:2]))}</p>"
        f'<p class="mt-why">{markup.text(film.evidence.reason)}</p></div></div></section>'
    )


def _table(looked: list[Looked], total: int) -> str:
    done = len(looked)
    bar = f'<div class="mt-progress"><i style="width:{100 * done / total:.0f}%"></i></div>' if done < total else ""
    head = f'<p class="mt-facts" role="status">{done} of {total} pictures looked at</p>{bar}'
    rows = "".join(_row(one) for one in looked)
    return (
        f'{head}<div class="mt-scroll"><table class="mt-table"><thead><tr><th></th><th>File</th><th>Poster?</th><th>Film</th><th>Genres</th>'
        f"<th>Note</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(one: Looked) -> str:
    poster = (
        ""
        if one.verdict is None
        else f'<span class="mt-{"yes" if one.verdict.is_poster else "no"}">{"yes" if one.verdict.is_poster else "no"}</span> {one.verdict.probability:.0%}'
    )
    film = markup.text(one.film.movie.label) if one.film else "–"
    genres = markup.text(", ".join(one.genres.chosen)) if one.genres else ""
    picture = (
        f'<img src="{markup.upload_address(one.path)}" alt="" loading="lazy">'
        if one.verdict or one.matches or one.genres
        else ""
    )
    return (
        f"<tr><td>{picture}</td><td>{markup.text(one.name)}</td>"
        f"<td>{poster}</td><td>{film}</td><td>{genres}</td><td>{_first_note(one)}</td></tr>"
    )


def _first_note(one: Looked) -> str:
    if one.problems:
        return markup.problem(*one.problems[0])
    return markup.text(one.verdict.reasons[0]) if one.verdict and one.verdict.reasons else ""


def _csv(looked: list[Looked]) -> Path:
    """The table as a file of its own folder."""
    path = Path(tempfile.mkdtemp(prefix="matinee-")) / "posters.csv"
    rows = []
    for one in looked:
        verdict, film = one.verdict, one.film
        rows.append(
            (
                one.name,
                "" if verdict is None else verdict.is_poster,
                "" if verdict is None else f"{verdict.probability:.3f}",
                film.movie.label if film else "",
                film.movie.id if film else "",
                f"{film.score:.3f}" if film else "",
                "|".join(one.genres.chosen) if one.genres else "",
                "; ".join(message for message, _ in one.problems) or ("; ".join(verdict.reasons) if verdict else ""),
            )
        )
    path.write_text(csv_text(_COLUMNS, rows), encoding="utf-8-sig", newline="")
    return path


def _notes(problems: list[tuple[str, str]]) -> str:
    return "".join(markup.note(message, code) for message, code in problems)


def _working(what: str) -> str:
    return f'<p class="mt-status" role="status"><span class="mt-dots"><i></i><i></i><i></i></span>{what}</p>'
