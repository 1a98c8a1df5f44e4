"""What commands share on the screen: one progress display, JSON output, tables of films."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from rag.index import Hit

_SILENCE = 30.0  # seconds between two lines about a stage where there is no terminal
errors = Console(stderr=True)
output = Console()


def say(line: str) -> None:
    """A line for the person, kept apart from the command's output."""
    errors.print(line, style="dim", markup=False, highlight=False)


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A display with one bar per stage: count, rate, time left. Yields `step(stage, done, total)`.

    Where nobody watches (a log, a container), a line when a stage begins and ends, and every half minute between.
    """
    if not errors.is_terminal:
        yield _lines()
        return
    columns = (
        SpinnerColumn(), TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )  # fmt: skip
    with Progress(*columns, console=errors, transient=False) as display:
        tasks: dict[str, TaskID] = {}

        def step(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = display.add_task(stage, total=total, rate="")
            task = next(task for task in display.tasks if task.id == tasks[stage])
            speed = task.finished_speed or task.speed
            display.update(tasks[stage], completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")

        yield step


def _lines() -> Callable[[str, int, int], None]:
    told: dict[str, float] = {}

    def step(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - told.get(stage, -_SILENCE) >= _SILENCE:
            if told.get(stage) != math.inf:
                say(f"{stage}: {done:,} of {total:,}")
            told[stage] = math.inf if done == total else now

    return step


def hit_record(hit: Hit) -> dict[str, Any]:
    """A hit in the JSON of the HTTP API: movie, score, evidence."""
    evidence = hit.evidence
    return {
        "movie": hit.movie.model_dump(mode="json", exclude={"poster"}) | {"has_poster": hit.movie.poster is not None},
        "score": hit.score,
        "weak": hit.weak,
        "evidence": {
            "passage": evidence.passage, "poster": evidence.poster, "words": list(evidence.words), "legs": evidence.legs,
            "reason": evidence.reason,
        },
    }  # fmt: skip


def print_hits(hits: Sequence[Hit]) -> None:
    """Films as a table: title, year, genres, score and why."""
    table = Table(box=None, pad_edge=False)
    for name, style in (("", "dim"), ("Film", "bold"), ("Genres", "cyan"), ("Score", "green"), ("Why", "")):
        table.add_column(name, style=style, overflow="fold")
    for number, hit in enumerate(hits, 1):
        why = hit.evidence.reason + (" (a weak match)" if hit.weak else "")
        table.add_row(str(number), hit.movie.label, ", ".join(hit.movie.genres), f"{hit.score:.2f}", why)
    output.print(table)
