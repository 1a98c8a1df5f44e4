"""`matinee evaluate …`: quality and speed, as tables or as the JSON that other programs read."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.building import Artifacts, Json
from cli.screen import output, print_json, progress_bars, say
from movies.errors import BadInput
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
def audit(
    negatives: Annotated[Path | None, typer.Option(help="A folder of pictures that are no posters.")] = None,
    artifacts: Artifacts = None,
    each: Annotated[int, typer.Option(min=2, help="Errors of every kind to plant.")] = 50,
    as_json: Json = False,
) -> None:
    """Does the audit find errors that were planted in the films of the serving version? Nothing is changed on disk."""
    from evaluation.audit import evaluate_audit

    library = _library(artifacts)
    with progress_bars() as step:
        figures = evaluate_audit(library, Settings().cache, negatives, each=each, progress=step)
    if as_json:
        print_json(figures)
        return
    _table(figures["planted"], ("n", "found", "recall"))
    output.print(f"On the other films: {figures['on_other_films']}; {figures['seconds']} s, {figures['peak_mb']} MB at most.")


@app.command()
def speed(
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Latency of a search and where it goes, Annoy's recall and time, ratios in one run."""
    from evaluation.speed import evaluate_speed

    print_json(evaluate_speed(_library(artifacts).index))


@app.command()
def load(
    artifacts: Artifacts = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Seconds instead of minutes: shows that it runs, not how fast.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Also write load.json and load.md into this folder.")] = None,
    as_json: Json = False,
) -> None:
    """The API under load, faults and hostile input: speed, memory, live changes, ten thousand bad pictures (needs wrk)."""
    from evaluation.load import FULL, QUICK, evaluate_load, record, table
    from movies.encoder_choice import encoder_for
    from rag.index import read_manifest
    from rag.library import current_version

    settings = Settings()
    folder = artifacts or settings.artifacts
    name = read_manifest(current_version(folder))["encoder"]["name"]
    encoder = encoder_for(name, settings, say)
    with progress_bars() as step:
        rows = evaluate_load(folder, encoder, settings.cache, QUICK if quick else FULL, step, say)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "load.json").write_text(json.dumps(record(rows), indent=1, ensure_ascii=False), "utf-8")
        (out / "load.md").write_text(table(rows) + "\n", "utf-8")
    if as_json:
        print_json(record(rows))
    else:
        output.print(table(rows), markup=False, highlight=False, soft_wrap=True)


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
def clip(
    names: Annotated[
        list[str] | None, typer.Argument(help="Architectures by open_clip's names; without, those of docs/models.md.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What CLIP models would cost on this machine: milliseconds of one core, memory. Fetches nothing."""
    from evaluation.architectures import ARCHITECTURES, evaluate_architectures

    figures = evaluate_architectures(tuple(names or ARCHITECTURES), lambda name: say(f"Measuring {name} …"))
    print_json(figures) if as_json else _table(figures, ("parameters", "picture_ms", "text_ms", "memory_gb"))


@app.command()
def chat(
    scenarios: Annotated[
        Path | None, typer.Option(help="JSON Lines of conversations; without it, our own over the demo.")
    ] = None,
    crowd: Annotated[
        int | None, typer.Option(min=1, max=200, help="Instead: so many conversations of ten turns at once.")
    ] = None,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Does the concierge understand, find, refuse and stay with the facts? How fast, for how many at once?"""
    from evaluation.chat import evaluate_chat
    from evaluation.crowd import evaluate_crowd

    library = _library(artifacts)
    print_json(evaluate_crowd(library, crowd) if crowd else evaluate_chat(scenarios, library))


@app.command("box-office")
def box_office(
    data: Annotated[Path | None, typer.Option(help="Films in the import format with revenue; gzip by ending.")] = None,
    walk_forward: Annotated[
        int | None,
        typer.Option(min=1900, max=2100, help="Learn from the catalogue's films before this year, forecast the next four."),
    ] = None,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """How near are revenue forecasts, against the mean and the budget alone? Films learned from are left out."""
    from evaluation.box_office import evaluate_box_office, walk

    if (data is None) == (walk_forward is None):
        raise BadInput("Say what to measure on: --data FILE or --walk-forward YEAR.")
    settings = Settings()
    folder = artifacts or settings.artifacts
    with progress_bars() as step:
        if data is not None:
            figures = evaluate_box_office(folder, data, progress=step)
        else:
            assert walk_forward is not None
            figures = walk(folder, walk_forward, progress=step)
    if as_json:
        print_json(figures)
        return
    rows = {"forecast": figures, **figures["baselines"]}
    _table(rows, ("r2_log", "rmsle"))
    covered = "–" if figures["interval_coverage"] is None else f"{figures['interval_coverage']:.1%}"
    output.print(f"{figures['n']} films; the 80 % interval holds {covered}; left out: {figures['left_out']}", highlight=False)


def _table(rows: dict[str, dict[str, Any]], columns: tuple[str, ...]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    for name, figures in rows.items():
        table.add_row(name, *(f"{figures[column]:.4g}" for column in columns))
    output.print(table)
