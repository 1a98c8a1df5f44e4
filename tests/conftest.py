"""Fixtures that many tests share: a small real index over the films of `films.py`, and the true app over it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import structlog
from PIL import Image, ImageDraw

from api import logs
from api.app import create_app
from api.batching import BatchingEncoder
from api.journal import Journal
from api.services import Services
from classifiers.findings import REVIEWS, AuditBook, in_order, save_audit
from classifiers.records import found
from index_builder.build import build
from movies.catalogue import Catalogue
from movies.movie import Movie
from movies.settings import Settings
from rag.library import Library
from tests.encoders import HashedEncoder
from tests.films import FILMS
from tests.small_models import NearestGenres, ScriptedAgent, ShapeValidator, SmallHeads, TwiceTheBudget

# A machine that is busy with other work makes slow examples, not wrong ones: no test here is about time.
hypothesis.settings.register_profile(
    "busy",
    deadline=None,
    derandomize="EXAMPLES" not in os.environ,  # each run tries the same; `make bench` looks further
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("busy")

COLOURS = (
    (230, 20, 20),
    (20, 230, 20),
    (20, 20, 230),
    (10, 10, 10),
    (250, 250, 250),
    (230, 230, 20),
    (120, 60, 200),
    (90, 140, 60),
)


def paint_poster(movie: Movie) -> Image.Image:
    """A small picture that differs from film to film: two colours and a bar, by the hash of the id."""
    digest = hashlib.sha256(movie.id.encode()).digest()
    image = Image.new("RGB", (80, 120), COLOURS[digest[0] % len(COLOURS)])
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 10 + digest[1] % 60, 80, 30 + digest[1] % 60 + digest[2] % 40), fill=COLOURS[digest[3] % len(COLOURS)])
    draw.ellipse((20, 60, 30 + digest[4] % 40, 110), fill=tuple(digest[5:8]))
    return image


@pytest.fixture(scope="session")
def built_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artefact folder over all test films, made by the true build with the hashed encoder. Don't change it."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "posters").mkdir()
    movies = []
    for movie in FILMS:
        path = folder / "posters" / f"{hashlib.sha256(movie.id.encode()).hexdigest()[:12]}.png"
        if movie.poster:
            paint_poster(movie).save(path)
        movies.append(movie.model_copy(update={"poster": str(path) if movie.poster else None}))
    catalogue = Catalogue.open(folder / "films.sqlite")
    catalogue.add(movies)
    catalogue.close()
    build(folder / "films.sqlite", folder / "artifacts", HashedEncoder(), folder / "cache")
    return folder / "artifacts"


@pytest.fixture
def settings(built_index: Path, tmp_path: Path) -> Settings:
    """Settings that point at a copy of the index, so that a test may change the catalogue."""
    shutil.copytree(built_index, tmp_path / "artifacts")
    return settings_at(tmp_path)


def settings_at(folder: Path, **changed: Any) -> Settings:
    return Settings(
        _env_file=None,
        artifacts=folder / "artifacts",
        cache=folder / "cache",
        journal=folder / "journal.sqlite",
        sessions=folder / "sessions.sqlite",
        llm="builtin",
        **changed,
    )


def audited(library: Library) -> AuditBook:
    """A small audit of a library, kept as `matinee audit` keeps it: films without a poster, and an early year."""
    findings = [found("no_poster", film, "There is no picture.", 1.0, "Add a poster.") for film in FILMS if not film.poster]
    findings.append(found("suspect_year", FILMS[0], "The year is 1066.", 0.99, "Correct the year.", about=1066))
    save_audit(library.index.folder, len(FILMS), in_order(findings))
    return AuditBook(lambda: library.index.folder, library.artifacts / REVIEWS)


def open_services(settings: Settings, **parts: Any) -> Services:
    """Services as the server wires them, with the hashed encoder and small models."""
    encoder = BatchingEncoder(HashedEncoder(), queue=settings.encoder_queue, patience=settings.encoder_patience)
    library = Library.open(settings.artifacts, settings, encoder=encoder)
    given: dict[str, Any] = {
        "heads": SmallHeads(NearestGenres(HashedEncoder(), FILMS), ShapeValidator(), TwiceTheBudget()),
        "audit": audited(library),
        "agent": ScriptedAgent(),
        "journal": Journal(settings.journal),
    }
    return Services(library, settings, **{**given, **parts})


@pytest.fixture
def serve(settings: Settings) -> Iterator[Callable[..., ApiClient]]:
    """`serve(parts…, rate_limit="2/minute", …)`: a client of the true app over the true index.

    Names of settings change settings, names of `Services` fields replace parts. The client carries
    the app as `client.app` and the services as `client.services`.
    """
    opened: list[tuple[Services, ApiClient]] = []

    def start(**wanted: Any) -> ApiClient:
        fields = {field.name for field in dataclasses.fields(Services)}
        changed = settings.model_copy(update={name: value for name, value in wanted.items() if name not in fields})
        log = io.StringIO()
        logs.configure(changed, log)
        services = open_services(changed, **{name: value for name, value in wanted.items() if name in fields})
        client = ApiClient(create_app(services), services, log)
        opened.append((services, client))
        return client

    yield start
    structlog.reset_defaults()
    for services, client in opened:
        client.close()
        services.close()


class ApiClient(httpx.Client):
    """An HTTP client that calls an app in this process."""

    def __init__(self, app: Any, services: Services, log: io.StringIO) -> None:
        super().__init__(
            transport=httpx.WSGITransport(app=app, remote_addr="127.0.0.1", raise_app_exceptions=False),
            base_url="http://127.0.0.1:8000",
        )
        self.app = app
        self.services = services
        self.log = log


@pytest.fixture
def client(serve: Callable[..., ApiClient]) -> ApiClient:
    """The app as it runs on loopback: no keys, every part there."""
    return serve()


@pytest.fixture
def poster_png() -> bytes:
    """A small poster-shaped picture, as PNG bytes."""
    buffer = io.BytesIO()
    Image.new("RGB", (80, 120), (230, 20, 20)).save(buffer, "PNG")
    return buffer.getvalue()
