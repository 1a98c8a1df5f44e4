"""`matinee evaluate …`: quality and speed, as tables or as the JSON that other programs read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.building import Artifacts, Json
from cli.screen import output, print_json, progress_bars, say
from movies.settings import Settings

app = typer.Typer(no_args_is_help=True)


class Input(StrEnum):
    """What genres are predicted from."""

    plot = "plot"
    poster = "poster"
    both = "both"


Limit = Annotated[int | None, typer.Option(min=1, help="Only the first so many.")]


def _library(artifacts: Path | None) -> Any:
    from rag.library import Library

    settings = Settings()
    return Library.open(artifacts or settings.artifacts, settings, say)


@app.command()
def retrieval(
    queries: Annotated[Path, typer.Option(help="JSON Lines with query and answers (ids); gzip by ending.")],
    artifacts: Artifacts = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """Does search find the film that was meant? Fused, and each leg alone."""
    from evaluation.retrieval import evaluate_retrieval, read_questions

    questions = list(read_questions(queries))[:limit]
    index = _library(artifacts).index
    with progress_bars() as step:
        figures = evaluate_retrieval(index, questions, lambda done, total: step("questions", done, total))
    if as_json:
        print_json(figures)
        return
    _table({"fused": figures, **figures["legs"]}, ("ndcg@10", "success@1", "success@10", "success@100", "mrr"))
    output.print(f"{figures['queries']} questions over {figures['pool']} films; ms per question: {figures['latency_ms']}")


@app.command()
def identify(
    posters: Annotated[Path, typer.Option(help="JSON Lines with id and file (relative to this file); gzip by ending.")],
    artifacts: Artifacts = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """Is the right film named for a picture of its poster?"""
    from evaluation.identification import evaluate_identification

    index = _library(artifacts).index
    with progress_bars() as step:
        figures = evaluate_identification(index, posters, limit, lambda done, total: step("posters", done, total))
    print_json(figures) if as_json else _table({"posters": figures}, ("n", "top1", "top5", "seconds_per_poster"))


@app.command()
def ablation(
    queries: Annotated[Path, typer.Option(help="JSON Lines with query and answers (ids); gzip by ending.")],
    artifacts: Artifacts = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """Raw against centred vectors, passages against one vector per film, Annoy against exact."""
    from evaluation.ablation import evaluate_ablation
    from evaluation.retrieval import read_questions

    questions = list(read_questions(queries))[:limit]
    index = _library(artifacts).index
    with progress_bars() as step:
        figures = evaluate_ablation(index, questions, lambda done, total: step("questions", done, total))
    print_json(figures)


@app.command()
def speed(
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Latency of a search and where it goes, Annoy's recall and time, ratios in one run."""
    from evaluation.speed import evaluate_speed

    print_json(evaluate_speed(_library(artifacts).index))


@app.command()
def genres(
    data: Annotated[Path, typer.Option(help="Films in the import format; labels from genres.")],
    input_: Annotated[Input, typer.Option("--input", help="What the prediction is made from.")] = Input.plot,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Are the right genres predicted?"""
    from evaluation.genres import evaluate_genres
    from index_builder.cache import VectorCache

    library = _library(artifacts)
    known = VectorCache(Settings().cache / "vectors.sqlite")  # what a build has read once need not be read again
    try:
        with progress_bars() as step:
            figures = evaluate_genres(library.heads_folder, data, input_.value, library.encoder, store=known, progress=step)
    finally:
        known.close()
    print_json(figures)


@app.command()
def explanations(
    data: Annotated[Path, typer.Option(help="Films in the import format.")],
    input_: Annotated[Input, typer.Option("--input", help="plot: sentences; poster: regions.")] = Input.plot,
    artifacts: Artifacts = None,
    limit: Limit = 150,
    as_json: Json = False,
) -> None:
    """Does what an explanation names first carry the genre more than another part?"""
    from evaluation.explanations import evaluate_explanations

    library = _library(artifacts)
    with progress_bars() as step:
        figures = evaluate_explanations(library.heads_folder, data, input_.value, library.encoder, limit or 150, progress=step)
    print_json(figures)


@app.command()
def validator(
    posters: Annotated[Path, typer.Option(help="A folder of posters.")],
    negatives: Annotated[Path, typer.Option(help="A folder of other pictures; sub-folders are categories.")],
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Are posters told from other pictures?"""
    from evaluation.validator import evaluate_validator

    library = _library(artifacts)
    with progress_bars() as step:
        figures = evaluate_validator(library.heads_folder, posters, negatives, library.encoder, progress=step)
    print_json(figures)


@app.command()
def chat(
    scenarios: Annotated[
        Path | None, typer.Option(help="JSON Lines of conversations; without it, our own over the demo.")
    ] = None,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Does the concierge understand, find, refuse and stay with the facts?"""
    from evaluation.chat import evaluate_chat

    print_json(evaluate_chat(scenarios, _library(artifacts)))


def _table(rows: dict[str, dict[str, Any]], columns: tuple[str, ...]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    for name, figures in rows.items():
        table.add_row(name, *(f"{figures[column]:.4g}" for column in columns))
    output.print(table)
