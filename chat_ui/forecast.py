"""The Forecast desk: what is known of a film before it opens goes in; money, bounds, reasons and comparable films come out.

Lays the tab out and draws its report. Knows nothing of conversations, nor of how a forecast is made.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import gradio as gr

from chat_ui import markup
from chat_ui.client import BoxOffice, Evidence, Film, Hit, Matinee
from movies.errors import MovieServiceError

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
_MOST = 10_000.0  # of millions, or of minutes
_DAY = re.compile(r"(?:\d{4}-\d\d-\d\d|\d{4})?")


def forecast_desk(client: Matinee) -> None:
    """The Forecast tab: all fields may stay empty."""
    with gr.Column(elem_classes="mt-desk"):
        gr.HTML(
            '<div class="mt-desk-head"><h1>Forecast desk</h1><p>What may a film earn, between which bounds, and why? Every field may stay empty.</p></div>'
        )
        with gr.Row(elem_classes="mt-fields"):
            budget = gr.Textbox(label="Budget, in millions of US dollars", placeholder="60", max_length=9, elem_id="mt-budget")
            opening = gr.Textbox(label="Opens", placeholder="2027-12-10 or 2027", max_length=10, elem_id="mt-opening")
            runtime = gr.Textbox(label="Minutes", placeholder="120", max_length=5, elem_id="mt-runtime")
        with gr.Row(elem_classes="mt-fields"):
            genres = gr.Textbox(label="Genres", placeholder="Crime, Thriller", max_length=500, elem_id="mt-genres")
            directors = gr.Textbox(label="Directed by", placeholder="Michael Mann", max_length=500, elem_id="mt-directors")
            cast = gr.Textbox(label="With", placeholder="Al Pacino, Robert De Niro", max_length=1000, elem_id="mt-cast")
        go = gr.Button("Forecast", variant="primary", elem_id="mt-forecast-go", size="md")
        report = gr.HTML("", elem_id="mt-forecast-report")

    def forecast(*fields: Any) -> Iterator[str]:
        try:
            known = asked(*fields)
        except ValueError as error:
            yield markup.note(str(error))
            return
        try:
            yield told(client.box_office(**known))
        except MovieServiceError as error:
            yield markup.note(error.message, error.code)

    go.click(forecast, [budget, opening, runtime, genres, directors, cast], report, **_QUIET)


def asked(
    budget: str | None,
    opening: str | None,
    runtime: str | None,
    genres: str | None,
    directors: str | None,
    cast: str | None,
) -> dict[str, Any]:
    """The fields of the form as the API takes them. Raises ValueError, in words, for one that can't be read."""
    opening = (opening or "").strip()
    if not _DAY.fullmatch(opening):
        raise ValueError("Write the day as 2027-12-10, or the year alone: 2027.")
    known = {
        "budget": round(_number(budget, "the budget in millions of dollars: 60") * 1_000_000),
        "release_date": opening if len(opening) == 10 else None,
        "year": int(opening) if len(opening) == 4 else None,
        "runtime": round(_number(runtime, "the length in minutes: 120")),
        "genres": _names(genres),
        "directors": _names(directors),
        "cast": _names(cast),
    }
    return {name: value for name, value in known.items() if value}


def told(found: BoxOffice) -> str:
    """The report: the sum, its bounds, what moves it, and films like it with what they took."""
    low, high = found.interval
    notes = "".join(f'<p class="mt-facts">{markup.text(note)}</p>' for note in found.notes)
    head = (
        f'<section class="mt-verdict"><h2>{money(found.revenue)}</h2>'
        f'<p class="mt-facts">Four of five such films end up between {money(low)} and {money(high)}.</p>{notes}</section>'
    )
    hits = [
        Hit(
            movie=Film.model_validate(one["movie"]),
            score=1.0,
            evidence=Evidence(reason=f"Took {money(one['revenue'])} · {one['reason']}"),
        )
        for one in found.comparables
    ]
    return head + _bars(found) + (markup.shelf("Comparable films", hits) if hits else "")


def money(amount: float) -> str:
    """ "$187 million": three digits that matter."""
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if amount >= size:
            return f"${amount / size:.3g} {name}"
    return f"${amount:,.0f}"


def _bars(found: BoxOffice) -> str:
    """What moves the forecast; the longest bar is the strongest, those that raise it are marked."""
    strength = [max(one["effect"], 1 / one["effect"]) - 1 for one in found.drivers]
    rows = "".join(
        f'<div class="mt-bar{" mt-on" if one["effect"] > 1 else ""}"><span>{markup.text(one["name"].capitalize())}</span>'
        f'<i><b style="width:{100 * how / max(strength):.0f}%"></b></i><em>×{one["effect"]:.2g}</em></div>'
        f'<p class="mt-facts">{markup.text(one["words"])}</p>'
        for one, how in zip(found.drivers, strength, strict=True)
    )
    return f'<section class="mt-bars"><h2>What moves it</h2>{rows}</section>' if rows else ""


def _number(text: str | None, wanted: str) -> float:
    """A number, 0 for an empty field."""
    try:
        number = float((text or "0").strip().replace(",", "") or 0)
    except ValueError:
        number = math.nan
    if not 0 <= number <= _MOST:
        raise ValueError(f"Write {wanted}.")
    return number


def _names(listed: str | None) -> list[str]:
    return [name for part in (listed or "").split(",") if (name := part.strip())]
