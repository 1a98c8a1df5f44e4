"""`matinee train | audit | report | key`: the catalogue team's and the operator's commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from classifiers.findings import REVIEWS, AuditBook, State, write_csv
from cli.building import Artifacts, Json
from cli.screen import output, print_json, progress_bars, say
from movies.settings import Settings

_SHOWN = 50  # findings in a table
reports = typer.Typer(no_args_is_help=True)


class Head(StrEnum):
    """What can be trained alone."""

    genres = "genres"
    validator = "validator"
    box_office = "box-office"


class Review(StrEnum):
    """How far the review of a finding is."""

    open = "open"
    accepted = "accepted"
    rejected = "rejected"


def train(
    what: Annotated[Head, typer.Argument(help="What to train.")],
    negatives: Annotated[Path | None, typer.Option(help="A folder of pictures that are no posters (validator).")] = None,
    fine_tune: Annotated[
        str | None,
        typer.Option(
            help="Tune a backbone on the posters too (genres): builtin, a name of timm, or NAME:FILE.safetensors. "
            "Kept only if it beats the head."
        ),
    ] = None,
    artifacts: Artifacts = None,
) -> None:
    """Train a head of the serving version anew, from its own films; a running server takes it over at once."""
    from index_builder.heads import retrain
    from rag.library import Library

    settings = Settings()
    library = Library.open(artifacts or settings.artifacts, settings, say)
    with progress_bars() as step:
        report = retrain(library, what.name, negatives, settings.cache, step, fine_tune)
    output.print(f"Trained. Report: {report}")


def audit(
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write the findings to a CSV file.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only findings of this kind; several times for several.")] = None,
    state: Annotated[Review | None, typer.Option(help="Only findings in this state of their review.")] = None,
    accept: Annotated[list[str] | None, typer.Option(metavar="ID", help="Accept a finding: it is right.")] = None,
    reject: Annotated[list[str] | None, typer.Option(metavar="ID", help="Reject a finding: all is well.")] = None,
    reopen: Annotated[list[str] | None, typer.Option(metavar="ID", help="Take a decision back.")] = None,
    last: Annotated[bool, typer.Option("--last", help="Show the last audit instead of making one.")] = False,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """What is wrong in the catalogue: each finding with evidence, confidence and a suggested fix.

    Findings are kept beside the version that serves, decisions for good: --accept, --reject and --reopen take the ids.
    """
    from rag.library import Library, current_version

    settings = Settings()
    place = artifacts or settings.artifacts
    book = AuditBook(lambda: current_version(place), place / REVIEWS)
    decisions: list[tuple[State, list[str]]] = [("accepted", accept or []), ("rejected", reject or []), ("open", reopen or [])]
    decided = [book.decide(finding_id, word) for word, ids in decisions for finding_id in ids]
    if decided:
        if as_json:
            print_json(decided)
        else:
            print_findings(decided)
        return
    if not last:
        from index_builder.auditing import audit_library

        library = Library.open(place, settings, say)
        with progress_bars() as step:
            audit_library(library, settings.cache, step, say)
    page = book.page(kind or (), state.value if state else None)
    if csv_file is not None:
        write_csv(page.findings, csv_file)
        say(f"{len(page.findings):,} findings in {csv_file}")
    if as_json:
        print_json(asdict(page))
    elif csv_file is None:
        say(f"Version {page.version}, {page.films:,} films, audited {page.made[:16].replace('T', ' ')} UTC.")
        for name, count in page.counts.items():
            output.print(f"{count:7,}  {name}", highlight=False)
        print_findings(page.findings[:_SHOWN])
        if len(page.findings) > _SHOWN:
            say(f"{len(page.findings):,} findings, {_SHOWN} shown; all with --csv FILE or --json, one kind with --kind.")
        if page.findings:
            say(f"Decide with: matinee audit --accept {page.findings[0]['id']} (or --reject)")


def print_findings(records: Sequence[Mapping[str, Any]]) -> None:
    """Findings as a table."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Id", no_wrap=True, style="dim")
    table.add_column("Finding", no_wrap=True, style="cyan")
    table.add_column("Sure", justify="right")
    table.add_column("Film, and what speaks for it", overflow="fold")
    for record in records:
        said = Text(record["title"], style="bold")
        said.append(f" {record['evidence']} ", style="not bold").append(record["suggestion"], style="not bold dim")
        if record["state"] != "open":
            said.append(f" ({record['state']})", style="not bold green")
        table.add_row(record["id"], record["kind"], f"{record['confidence']:.0%}", said)
    output.print(table)


@reports.command()
def unanswered(as_json: Json = False) -> None:
    """What people asked for and the catalogue lacks (the unanswered report)."""
    from api.journal import Journal

    journal = Journal(Settings().journal)
    rows = journal.unanswered()
    journal.close()
    if as_json:
        print_json([{"words": row.words, "plan": row.plan.chosen(), "times": row.times, "last": str(row.last)} for row in rows])
        return
    table = Table(box=None, pad_edge=False)
    for name in ("Asked for", "Times", "Last"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row.words, str(row.times), str(row.last))
    output.print(table if rows else "Nothing was asked for in vain so far.")


def key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[list[str] | None, typer.Option(help="read, write or admin; several times for several.")] = None,
) -> None:
    """Make an API key: the secret for the client, and the line for MATINEE_API_KEYS (which holds only its hash)."""
    from api.limits import new_key

    secret, entry = new_key(name, scope or ["read"])
    typer.echo(f"Secret, shown once:        {secret}")
    typer.echo(f"Add to MATINEE_API_KEYS:   {entry}")
