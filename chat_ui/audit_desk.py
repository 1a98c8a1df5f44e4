"""The Audit tab: what looks wrong in the catalogue, to be accepted or rejected, film by film.

Shows stored findings; an audit is made by `matinee audit`. Knows nothing of how anything is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode

import gradio as gr

from chat_ui import markup
from chat_ui.client import Audit, Finding, Matinee
from chat_ui.spreadsheet import csv_text
from movies.errors import MovieServiceError

COLUMNS = ("id", "kind", "movie_id", "title", "evidence", "confidence", "suggestion", "other", "genre", "state")
_KINDS = {
    "broken_picture": "Picture can't be opened", "not_a_poster": "Not a poster", "poster_disagrees": "Poster and film disagree",
    "duplicate_film": "Entered twice", "duplicate_plot": "Plot of another film", "duplicate_poster": "Picture of another film",
    "suspect_year": "Odd year", "suspect_runtime": "Odd runtime", "genre_doubtful": "Genre doubtful",
    "genre_missing": "Genre missing", "tiny_picture": "Picture too small", "no_plot": "No plot", "no_poster": "No poster",
}  # fmt: skip
_STATES = (("To review", "open"), ("Accepted", "accepted"), ("Rejected", "rejected"))
_DECISIONS: dict[str, Literal["open", "accepted", "rejected"]] = {"accept": "accepted", "reject": "rejected", "reopen": "open"}
_SHOWN = 24  # findings on a page
_WHOLE = 5000  # findings per call for the CSV file
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}


@dataclass(frozen=True)
class View:
    """What one visitor looks at: a kind (all if empty), a state, and where the page begins."""

    kind: str = ""
    state: str = "open"
    offset: int = 0


def audit_desk(client: Matinee, tab: gr.Tab, header: gr.HTML) -> None:
    """Lay the tab out and wire it; presses of buttons we drew come through the header."""
    with gr.Column(elem_classes="mt-desk"):
        head = gr.HTML(_head(None), elem_id="mt-audit-head")
        with gr.Row(elem_id="mt-audit-filters"):
            kind = gr.Dropdown(
                _choices({}, 0), value="", show_label=False, label="Kind", elem_id="mt-audit-kind", filterable=False
            )
            state = gr.Radio(_STATES, value="open", show_label=False, label="State", elem_id="mt-audit-state")
        findings = gr.HTML("", elem_id="mt-audit-findings")
        with gr.Row(elem_id="mt-audit-pages"):
            back = gr.Button("Back", size="sm", visible=False, elem_id="mt-audit-back")
            on = gr.Button("More", size="sm", visible=False, elem_id="mt-audit-on")
    view = gr.State(View())
    shown = [view, head, kind, findings, back, on]

    def show(view: View, note: str = "") -> tuple[Any, ...]:
        try:
            audit = client.audit((view.kind,) if view.kind else (), view.state, limit=_SHOWN, offset=view.offset)
        except MovieServiceError as error:
            hidden = gr.Button(visible=False)
            return view, _head(None), gr.Dropdown(), note + markup.note(error.message, error.code), hidden, hidden
        if view.offset and not audit.findings:  # the last one of the last page was decided
            return show(replace(view, offset=max(0, view.offset - _SHOWN)), note)
        every = sum(audit.counts.values()) if view.state == "open" else 0
        return (
            view,
            _head(audit),
            gr.Dropdown(choices=_choices(audit.counts if view.state == "open" else {}, every), value=view.kind),
            note + _list(audit, view),
            gr.Button(visible=view.offset > 0),
            gr.Button(visible=view.offset + _SHOWN < audit.total),
        )

    def press(view: View, event: gr.EventData) -> tuple[Any, ...]:
        act, finding_id = str(event.act), str(event.value)
        if act not in _DECISIONS:
            return show(view)
        try:
            decided = client.review(finding_id, _DECISIONS[act])
        except MovieServiceError as error:
            return show(view, markup.note(error.message, error.code))
        return show(view, _decided(decided))

    tab.select(show, view, shown, **_QUIET)
    kind.input(lambda view, kind: show(replace(view, kind=kind or "", offset=0)), [view, kind], shown, **_QUIET)
    state.input(lambda view, state: show(replace(view, state=state, offset=0)), [view, state], shown, **_QUIET)
    back.click(lambda view: show(replace(view, offset=max(0, view.offset - _SHOWN))), view, shown, **_QUIET)
    on.click(lambda view: show(replace(view, offset=view.offset + _SHOWN)), view, shown, **_QUIET)
    header.edit(press, view, shown, trigger_mode="multiple", **_QUIET)


def audit_csv(client: Matinee, kind: str = "", state: str = "") -> Iterator[str]:
    """All findings of a kind in a state as CSV, piece by piece. Raises what the API raises at the first piece."""
    offset, total = 0, 1
    while offset < total:
        audit = client.audit((kind,) if kind else (), state or None, limit=_WHOLE, offset=offset)
        text = csv_text(COLUMNS, [[getattr(finding, name) for name in COLUMNS] for finding in audit.findings])
        yield "\ufeff" + text if offset == 0 else text.partition("\r\n")[2]
        offset, total = offset + _WHOLE, audit.total


def _choices(counts: dict[str, int], every: int) -> list[tuple[str, str]]:
    kinds = [(f"{label} ({counts[kind]:,})" if kind in counts else label, kind) for kind, label in _KINDS.items()]
    if counts:  # kinds without findings only lengthen the list
        kinds = [(label, kind) for label, kind in kinds if kind in counts]
    return [(f"Everything ({every:,})" if every else "Everything", ""), *kinds]


def _head(audit: Audit | None) -> str:
    what = "What looks wrong in the catalogue. Accept what is right, reject what is not; both are remembered."
    when = ""
    if audit is not None:
        day, clock = audit.made[:10], audit.made[11:16]
        when = f'<p class="mt-facts">{audit.films:,} films, audited on {markup.text(day)} at {markup.text(clock)} UTC</p>'
    return f'<div class="mt-desk-head"><h1>Audit</h1><p>{what}</p>{when}</div>'


def _list(audit: Audit, view: View) -> str:
    if not audit.findings:
        words = "Nothing left to review here." if view.state == "open" else "Nothing has been decided this way yet."
        return f'<p class="mt-audit-none">{words}</p>'
    first, last = view.offset + 1, view.offset + len(audit.findings)
    address = "audit.csv?" + urlencode({"kind": view.kind, "state": view.state})
    head = (
        f'<div class="mt-audit-line"><span class="mt-facts">{first:,}–{last:,} of {audit.total:,}</span>'
        f'<a class="mt-csv" href="{markup.text(address)}" download="audit.csv">Download all as CSV</a></div>'
    )
    return head + f'<div class="mt-findings" role="list">{"".join(_finding(one) for one in audit.findings)}</div>'


def _finding(finding: Finding) -> str:
    pictures = "".join(_thumbnail(movie_id) for movie_id in (finding.movie_id, finding.other) if movie_id)
    if finding.state == "open":
        acts = markup.button("accept", finding.id, "Accept", "mt-accept", f"It is right: {finding.title}")
        acts += markup.button("reject", finding.id, "Reject", "mt-reject", f"All is well: {finding.title}")
    else:
        acts = markup.button("reopen", finding.id, "Take back", "mt-reject", f"{finding.state}: {finding.title}")
    return (
        f'<article class="mt-finding" role="listitem"><div class="mt-thumbs">{pictures}</div><div class="mt-finding-body">'
        f'<h3 class="mt-title">{markup.text(finding.title)}</h3>'
        f'<p class="mt-kind"><b>{markup.text(_KINDS.get(finding.kind, finding.kind))}</b> <span>{_sure(finding.confidence)}</span></p>'
        f'<p class="mt-told">{markup.text(finding.evidence)}</p><p class="mt-facts">{markup.text(finding.suggestion)}</p></div>'
        f'<div class="mt-decide">{acts}</div></article>'
    )


def _thumbnail(movie_id: str) -> str:
    return f'<span class="mt-thumb"><img src="{markup.poster_address(movie_id)}" alt="" loading="lazy"></span>'


def _sure(confidence: float) -> str:
    word = "sure" if confidence >= 0.9 else "likely" if confidence >= 0.6 else "perhaps"
    return f"{word}, {confidence:.0%}"


def _decided(finding: Finding) -> str:
    word = {"accepted": "Accepted", "rejected": "Rejected", "open": "Taken back"}[finding.state]
    undo = markup.button("reopen", finding.id, "Undo", "mt-again") if finding.state != "open" else ""
    label = _KINDS.get(finding.kind, finding.kind).lower()
    return f'<div class="mt-note mt-decided" role="status"><p>{word}: {markup.text(finding.title)}, {markup.text(label)}.</p>{undo}</div>'
