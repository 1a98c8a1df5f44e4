"""`matinee import | build | demo | rollback | add | remove`: getting films in, and an index out."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.screen import errors, output, print_json, progress_bars, say
from movies.errors import BadInput
from movies.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
CatalogueFile = Annotated[
    Path | None, typer.Option("--catalogue", help="The catalogue file (SQLite).", show_default="MATINEE_CATALOGUE")
]
Artifacts = Annotated[Path | None, typer.Option("--artifacts", help="The artefact folder.", show_default="MATINEE_ARTIFACTS")]


class EncoderName(StrEnum):
    """Which encoder to use."""

    auto = "auto"
    clip = "clip"
    builtin = "builtin"


class Source(StrEnum):
    """Where films come from."""

    jsonl = "jsonl"
    csv = "csv"
    imagefolder = "imagefolder"
    nfo = "nfo"
    tmdb = "tmdb"


def import_(
    kind: Annotated[Source, typer.Argument(help="What SOURCE is.")],
    source: Annotated[str, typer.Argument(help="A file, a folder, or for tmdb: a file of ids, links.csv, or popular[:N].")],
    catalogue: CatalogueFile = None,
    plots: Annotated[Path | None, typer.Option(help="A CSV of plots for an image folder.")] = None,
    as_json: Json = False,
) -> None:
    """Import films into a catalogue. Safe to repeat: films that haven't changed stay as they are."""
    from movies.catalogue import Catalogue
    from movies.importers import import_films

    settings = Settings()
    target = Catalogue.open(catalogue or settings.catalogue)
    with progress_bars() as step:
        report = import_films(
            kind.value, source, target, plots=plots, settings=settings,
            progress=lambda done, total: step("importing", done, total or done),
        )  # fmt: skip
    if as_json:
        print_json(report.as_json() | {"films_in_catalogue": len(target)})
    else:
        output.print(str(report), markup=False, highlight=False)
        say(f"{len(target)} films in {target.path}. Next: matinee build --catalogue {target.path}")


def build(
    catalogue: CatalogueFile = None,
    artifacts: Artifacts = None,
    encoder: Annotated[EncoderName | None, typer.Option(help="auto: CLIP where its weights can be had, else built-in.")] = None,
    negatives: Annotated[Path | None, typer.Option(help="A folder of pictures that are no posters, for the validator.")] = None,
    text_only: Annotated[bool, typer.Option("--text-only", help="Leave posters out.")] = False,
    heads: Annotated[
        bool, typer.Option(help="Train the genre classifiers, the poster validator and the box-office forecast.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Build the index (and the classifiers) from a catalogue and publish it. What serves goes on serving meanwhile."""
    from index_builder.build import build as build_index
    from index_builder.heads import trainer
    from movies.encoder_choice import load_encoder

    settings = Settings()
    if encoder is not None:
        settings = settings.model_copy(update={"encoder": encoder.value})
    chosen = load_encoder(settings, say)
    train = trainer(negatives, text_only=text_only) if heads else None
    with progress_bars() as step:
        report = build_index(
            catalogue or settings.catalogue, artifacts or settings.artifacts, chosen, settings.cache,
            posters="none" if text_only else "read", train=train, progress=step,
        )  # fmt: skip
    if as_json:
        print_json({
            "version": report.version, "films": report.films, "rows": report.rows, "posters": report.posters,
            "embedded": report.embedded, "skipped": [list(pair) for pair in report.skipped], "notes": report.notes,
        })  # fmt: skip
        return
    for movie_id, reason in report.skipped[:20]:
        errors.print(f"poster of {movie_id}: {reason}", style="yellow", markup=False)
    if len(report.skipped) > 20:
        say(f"… and {len(report.skipped) - 20} more posters that could not be used (see --json).")
    for note in report.notes:
        say(note)
    output.print(f"Published version {report.version}: {report.films} films, {report.rows} rows, {report.posters} posters.")


def demo(
    encoder: Annotated[EncoderName | None, typer.Option(help="auto: CLIP where its weights can be had, else built-in.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Posters are shown but not read, and nothing is trained.")] = False,
) -> None:
    """Draw the demo's posters, import its films, build the index. Safe to repeat."""
    settings = Settings()
    build_demo(settings.model_copy(update={"encoder": encoder.value}) if encoder else settings, quick=quick)


def build_demo(settings: Settings, *, quick: bool = False) -> None:
    """The demo catalogue from nothing to a published index; `quick`: with posters unread and without classifiers,
    it can be talked to minutes earlier."""
    from demo.catalogue import write_demo
    from index_builder.build import build as build_index
    from index_builder.heads import trainer
    from movies.encoder_choice import load_encoder

    chosen = load_encoder(settings, say)
    with progress_bars() as step:
        catalogue = write_demo(settings.catalogue, settings.catalogue.parent / "posters", step)
        report = build_index(
            settings.catalogue, settings.artifacts, chosen, settings.cache, posters="unread" if quick else "read",
            train=None if quick else trainer(None, text_only=False), progress=step,
        )  # fmt: skip
    for note in report.notes:
        say(note)
    say(f"The demo is ready: {len(catalogue)} films, version {report.version}.")


def rollback(
    version: Annotated[str | None, typer.Argument(help="The version to serve; without it, the one before.")] = None,
    artifacts: Artifacts = None,
) -> None:
    """Serve an older version of the index again. A running server follows at once."""
    from index_builder.build import roll_back

    output.print(f"Serving {roll_back(artifacts or Settings().artifacts, version)}.")


def add(
    source: Annotated[str, typer.Argument(help="A JSON Lines file of films, or - for standard input.")],
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Add or replace films live: findable within a second, kept for good, no rebuild and no downtime."""
    from movies.images import open_image
    from movies.movie import Movie
    from rag.library import Library

    settings = Settings()
    base = Path.cwd() if source == "-" else Path(source).resolve().parent
    try:
        text = typer.get_text_stream("stdin").read() if source == "-" else Path(source).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{source} can't be read: {error}") from None
    films, bare = [], dict[str, bytes | None]()
    for number, line in enumerate(text.split("\n"), 1):  # a line separator inside a text is none of ours
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            raise BadInput(f'Line {number} is not JSON. Each line is one film: {{"id": …, "title": …}}') from None
        try:
            film = Movie.from_record(record)
        except BadInput as error:
            raise BadInput(f"Line {number}: {error.message}. Nothing was added.") from None
        if "poster" in record and record["poster"] is None:  # as in the API: its picture is taken away
            bare[film.id] = None
        else:
            bare.pop(film.id, None)
        if film.poster:
            path = (base / film.poster).resolve()
            if not path.is_relative_to(base):
                raise BadInput(f"Line {number}: the poster lies outside the folder of {source}.")
            film = film.model_copy(update={"poster": str(path)})
        films.append(film)
    library = Library.open(artifacts or settings.artifacts, settings, say)
    decode = partial(open_image, max_bytes=settings.max_image_bytes, max_pixels=settings.max_image_pixels)
    taken = library.add(films, bare, decode)
    if as_json:
        print_json({"added": [film.id for film in taken.films]})
    else:
        output.print(f"Added {taken.changed} films; {len(library.catalogue)} in the catalogue.")


def remove(
    ids: Annotated[list[str], typer.Argument(help="Ids of the films.")],
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Remove films live, by id."""
    from rag.library import Library

    settings = Settings()
    library = Library.open(artifacts or settings.artifacts, settings, say)
    gone = library.remove(ids)
    if as_json:
        print_json({"removed": gone})
    else:
        output.print(f"Removed {gone} of {len(ids)} films; {len(library.catalogue)} in the catalogue.")
