"""The `matinee` command and its subcommands; each `matinee NAME --help` says the rest.

Knows arguments, tables and exit codes. Heavy parts are imported by the command that needs them, so
that `--help` and completion answer at once. A failure the user can mend ends in one sentence and
exit code 2; `--json` prints one JSON document on standard output and nothing else.
"""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from cli import audience, building, classifying, evaluating, serving, team
from cli.doctor import doctor
from movies.errors import MovieServiceError
from movies.settings import Settings

app = typer.Typer(
    name="matinee",
    help="A self-hosted film concierge: search, talk to and look after your own film catalogue.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.command("import")(building.import_)
app.command()(building.build)
app.command()(building.demo)
app.command()(building.rollback)
app.command()(building.add)
app.command()(building.remove)
app.command()(serving.up)
app.command()(serving.serve)
app.command()(serving.ui)
app.command()(serving.mcp)
app.command()(serving.fetch)
app.command()(audience.search)
app.command()(audience.similar)
app.command()(audience.identify)
app.command()(audience.ask)
app.command()(classifying.classify)
app.command()(team.train)
app.command()(team.audit)
app.command()(team.key)
app.command()(doctor)
app.add_typer(team.reports, name="report", help="What people asked for and the catalogue lacks.")
app.add_typer(evaluating.app, name="evaluate", help="Measure quality and speed; every number in the docs comes from here.")


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"matinee {metadata.version('matinee')}")
        raise typer.Exit


def main() -> None:
    """The entry point: turns our errors into one sentence and exit code 2."""
    try:
        app()
    except MovieServiceError as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]{error.code}[/red]: ", end="")
        Console(stderr=True, soft_wrap=True, markup=False, highlight=False).print(error.message)
        sys.exit(2)
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        for wrong in error.errors(include_url=False):
            name = "MATINEE_" + "_".join(str(part) for part in wrong["loc"]).upper()
            Console(stderr=True, soft_wrap=True, markup=False, highlight=False).print(
                f"bad_settings: {name}={wrong['input']!s:.80} can't be used: {wrong['msg']}. Mend the variable, or its line in .env."
            )
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
