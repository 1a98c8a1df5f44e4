"""`matinee search | similar | identify`: finding films from the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from cli.building import Artifacts, Json
from cli.screen import hit_record, output, print_hits, print_json, say
from movies.errors import BadInput
from movies.settings import Settings

Count = Annotated[int, typer.Option("-k", min=1, max=100, help="How many films.")]
_MARKS = re.compile(r"\*\*|\\(?=[*_\[\]])")  # bold and escapes, which a terminal would show as they are
ImageFile = Annotated[Path | None, typer.Option("--image", help="A poster to search with.")]


def search(
    query: Annotated[str, typer.Argument(help='What you feel like, in your own words: "a French comedy from the 90s".')] = "",
    image: ImageFile = None,
    filters: Annotated[
        str | None, typer.Option(help='Hard filters as JSON: \'{"year_min": 1990, "genres_any": ["Comedy"]}\'')
    ] = None,
    k: Count = 10,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Search the catalogue in plain language, with a poster, or with both."""
    from movies.movie import Filters
    from rag.library import Library
    from rag.plan import describe
    from rag.ranking import carry_out
    from rag.reading.understanding import Vocabulary, understand

    if not query.strip() and image is None and not filters:
        raise BadInput('Say what to look for: matinee search "a heist that goes wrong", or --image FILE.')
    settings = Settings()
    library = Library.open(artifacts or settings.artifacts, settings, say)
    index = library.index
    read = understand(query, Vocabulary.of(index.catalogue))
    plan = read.plan
    if filters:
        try:
            asked = Filters.from_record(json.loads(filters))
        except ValueError:
            raise BadInput("--filters is not JSON. An example: '{\"year_min\": 1990}'") from None
        plan = plan.model_copy(update={"filters": Filters(**{**plan.filters.chosen(), **asked.chosen()})})
    clues = [(clue.text, clue.weight) for clue in read.clues if not clue.negated]
    screening = carry_out(index, plan, k=k, image=_picture(image), clues=clues)
    relaxations = index.relaxations(plan.filters) if len(screening.hits) < min(3, k) and plan.filters else []
    if as_json:
        print_json({
            "hits": [hit_record(hit) for hit in screening.hits], "plan": plan.chosen(),
            "relaxations": [{"without": name, "films": count} for name, count in relaxations],
        })  # fmt: skip
        return
    say(f"Understood: {describe(plan)}")
    print_hits(screening.hits)
    if not screening.hits:
        output.print("Nothing fits.")
    for name, count in relaxations[:1]:
        output.print(f"Without {name.replace('_', ' ')} there are {count}.")


def similar(
    movie: Annotated[str, typer.Argument(help="A film's id or title.")],
    k: Count = 10,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Films like a film."""
    from rag.library import Library

    settings = Settings()
    index = Library.open(artifacts or settings.artifacts, settings, say).index
    movie_id = movie
    if movie not in index.catalogue:
        near = index.catalogue.find(movie, limit=3)
        if not near or near[0].score < 0.8:
            hint = ", ".join(match.movie.label for match in near)
            raise BadInput(f"No film here is called {movie!r}." + (f" Near: {hint}." if hint else ""))
        movie_id = near[0].movie.id
    hits = index.similar(movie_id, k)
    if as_json:
        print_json({"movie": movie_id, "hits": [hit_record(hit) for hit in hits]})
    else:
        print_hits(hits)


def identify(
    image: Annotated[Path, typer.Argument(help="A picture of a poster.")],
    k: Count = 5,
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Which film of the catalogue is this poster of?"""
    from rag.library import Library

    settings = Settings()
    index = Library.open(artifacts or settings.artifacts, settings, say).index
    picture = _picture(image)
    assert picture is not None
    hits = index.identify(picture, k)
    if as_json:
        print_json({"matches": [hit_record(hit) for hit in hits]})
    else:
        print_hits(hits)


def ask(
    message: Annotated[str, typer.Argument(help="What you would say to the concierge; may be left out beside a poster.")] = "",
    image: Annotated[Path | None, typer.Option("--image", help="A poster to talk about.")] = None,
    session: Annotated[str, typer.Option(help="Conversations with the same name go on.")] = "terminal",
    artifacts: Artifacts = None,
    as_json: Json = False,
) -> None:
    """Ask the concierge; the answer streams. With --json: one event per line, as the API sends them."""
    from api.services import Services

    if not message.strip() and image is None:
        raise BadInput('Say something: matinee ask "a French comedy under two hours", or --image FILE.')
    picture = _picture(image)
    settings = Settings()
    services = Services.open(settings.model_copy(update={"artifacts": artifacts}) if artifacts else settings, say)
    try:
        agent = services.need(services.agent, "concierge", "make install")
        for event in agent.answer(session, message, image=picture):
            if as_json:
                typer.echo(json.dumps({"event": event.name, "data": event.data}, ensure_ascii=False))
            elif event.name == "status":
                say(event.data.get("text", ""))
            elif event.name == "token":
                typer.echo(_MARKS.sub("", event.data.get("text", "")), nl=False)
            elif event.name == "error":
                say(event.data.get("detail", "") or str(event.data))
        if not as_json:
            typer.echo()
    finally:
        services.close()


def _picture(path: Path | None):  # type: ignore[no-untyped-def]  # a PIL image; PIL is imported only with a picture
    if path is None:
        return None
    from movies.images import open_image

    return open_image(path)
