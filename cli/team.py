"""`matinee train | audit | report | key`: the catalogue team's and the operator's commands."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.building import Artifacts, Json
from cli.screen import output, print_json, progress_bars, say
from movies.settings import Settings

reports = typer.Typer(no_args_is_help=True)


class Head(StrEnum):
    """What can be trained alone."""

    genres = "genres"
    validator = "validator"


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
    """Train the classifiers of the serving version anew, from its own films; seconds on vectors that are known."""
    from index_builder.heads import retrain
    from rag.library import Library

    settings = Settings()
    library = Library.open(artifacts or settings.artifacts, settings, say)
    with progress_bars() as step:
        report = retrain(library, what.value, negatives, settings.cache, step, fine_tune)
    output.print(f"Trained. Report: {report}")


def audit(
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write the findings to a CSV file.")] = None,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """What is wrong in the catalogue: each finding with evidence, confidence and a suggested fix."""
    from api.heads import Heads
    from classifiers.audit import audit as look
    from classifiers.audit import write_csv
    from classifiers.features import Features
    from movies.images import open_image
    from rag.library import Library

    settings = Settings()
    library = Library.open(artifacts or settings.artifacts, settings, say)
    heads = Heads(library, say)
    features = Features(library.encoder, open_poster=lambda key: open_image(library.posters.path(key)))
    with progress_bars() as step:
        findings = look(library.catalogue, features, heads.genres, heads.validator, progress=step)
    records = [finding.record() for finding in findings]
    if csv_file is not None:
        write_csv(findings, csv_file)
        say(f"{len(records)} findings in {csv_file}")
    if as_json:
        print_json(records)
    elif csv_file is None:
        table = Table(box=None, pad_edge=False)
        for name in ("Finding", "Film", "Evidence", "Sure", "Suggestion"):
            table.add_column(name, overflow="fold")
        for record in records[:50]:
            table.add_row(
                record["kind"], record["title"], record["evidence"], f"{record['confidence']:.2f}", record["suggestion"]
            )
        output.print(table)
        say(
            f"{len(records)} findings" + (", the surest 50 shown; all with --csv FILE or --json." if len(records) > 50 else ".")
        )


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
