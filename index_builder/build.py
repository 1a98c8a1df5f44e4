"""Building and publishing one version of the index.

    catalogue file ─► snapshot ─► pictures into the store ─► rows embedded (cached) ─► centred
    ─► vectors, Annoy, manifest, heads in a hidden folder ─► renamed ─► `current` points to it

Until the last rename the previous version serves; a crash at any moment leaves it serving. The same
catalogue, encoder and settings give the same bytes. Does not know how vectors are searched.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from PIL.Image import Image

from index_builder.cache import VectorCache, text_hash
from movies.catalogue import Catalogue
from movies.encoders import Encoder, Vectors, file_sha256, whole_and_parts
from movies.errors import BadCatalogue, BadInput, Busy, MovieServiceError
from movies.images import open_image
from movies.movie import Movie
from rag.centring import Means, centred, hubness, sample
from rag.identify import FINGERPRINT, fingerprint
from rag.index import FORMAT
from rag.library import Changes, PosterStore, point_to, versions
from rag.passages import Section, sections
from rag.vectors import KEYWORDS, OVERVIEW, PASSAGE, POSTER, ROW, Row, VectorFile, text_rows
from rag.words import WordIndex

KEPT_VERSIONS = 3
BROKEN = "reports/pictures.json"  # of a version: [[film id, why its picture was left out], …]
_TEXT_BATCH = 2048
_SECTION_BATCH = 512  # films, nearly: what a killed build has to do again
_POSTER_BATCH = 32

Posters = Literal["read", "unread", "none"]
"""What becomes of the catalogue's posters: rows of the index, only pictures to be shown (much sooner ready), or nothing."""


class Progress(Protocol):
    """Told of every stage: `done` of `total` items; called often."""

    def __call__(self, stage: str, done: int, total: int, /) -> None: ...


@dataclass
class BuildReport:
    """What a build did. `embedded`: texts (a film's overview with its passages is one) and pictures that were not known;
    `skipped`: (film id, reason) of posters that could not be used."""

    version: str
    films: int
    rows: int
    posters: int
    embedded: int
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


TrainHeads = Callable[["Staging", Progress], Sequence[str]]
"""Trains classifiers into `staging.folder / "heads"` and returns notes for the report."""


@dataclass
class Staging:
    """A version being made: what the training of heads may use."""

    folder: Path
    catalogue: Catalogue
    encoder: Encoder
    posters: PosterStore
    cache: VectorCache


def build(
    catalogue_file: Path, artifacts: Path, encoder: Encoder, cache_folder: Path, *, posters: Posters = "read",
    train: TrainHeads | None = None, progress: Progress = lambda stage, done, total: None, keep: int = KEPT_VERSIONS,
) -> BuildReport:  # fmt: skip
    """Build a version from a catalogue file and publish it in `artifacts`.

    Live changes made through the API or `matinee add|remove` are first taken over into the
    catalogue file. Raises BadCatalogue for a catalogue without
    films and Busy if another build runs.
    """
    artifacts.mkdir(parents=True, exist_ok=True)
    with _only_one(artifacts):
        source = Catalogue.open(catalogue_file, create=False)
        taken_over = fold_changes(source, artifacts)
        if not len(source):
            raise BadCatalogue(
                f"{catalogue_file} holds no films. Import some: matinee import jsonl FILE --catalogue {catalogue_file}"
            )
        for stale in artifacts.glob(".building-*"):
            shutil.rmtree(stale, ignore_errors=True)
        folder = artifacts / f".building-{os.getpid()}"
        folder.mkdir()
        cache = VectorCache(cache_folder / "vectors.sqlite")
        try:
            source.snapshot(folder / "catalogue.sqlite")
            staging = Staging(
                folder, Catalogue.open(folder / "catalogue.sqlite"), encoder, PosterStore(artifacts / "posters"), cache
            )
            report = _make(staging, taken_over, posters, progress)
            if train is not None:
                report.notes.extend(train(staging, progress))
            staging.catalogue.checkpoint()
            report.version = _publish(folder, artifacts)
        finally:
            cache.close()
            shutil.rmtree(folder, ignore_errors=True)
        _drop_old(artifacts, keep)
        return report


def fold_changes(source: Catalogue, artifacts: Path) -> int:
    """Take live changes over into the catalogue file; returns the number of the last one contained."""
    changes = Changes(artifacts / "changes.sqlite")
    name = f"changes:{hashlib.sha256(str(artifacts.resolve()).encode()).hexdigest()[:16]}"
    number = int(source.meta(name) or 0)
    with source.writing():
        for entry, action, movie_id, record, *_ in changes.after(number):
            if action == "add" and record:
                source.add([Movie.model_validate_json(record)])
            else:
                source.remove([movie_id])
            number = entry
        source.set_meta(name, str(number))
    return number


def roll_back(artifacts: Path, version: str | None = None) -> str:
    """Serve an older version again: the one named, or the one before the current. Raises BadInput."""
    names = [folder.name for folder in versions(artifacts)]
    current = (artifacts / "current").read_text("utf-8").strip() if (artifacts / "current").is_file() else ""
    if version is None:
        earlier = [name for name in names if name < current]
        if not earlier:
            raise BadInput(
                f"There is no version before {current or 'the current one'}. Versions: {', '.join(names) or 'none'}."
            )
        version = earlier[-1]
    if version not in names:
        raise BadInput(f"There is no version {version}. Versions: {', '.join(names) or 'none'}.")
    point_to(artifacts, version)
    return version


def _make(staging: Staging, changes: int, posters: Posters, progress: Progress) -> BuildReport:
    """Embed all rows of the snapshot and write index and manifest into the staging folder."""
    catalogue, encoder = staging.catalogue, staging.encoder
    catalogue.set_meta("changes", str(changes))
    skipped = [] if posters == "none" else _store_posters(staging, progress)
    (staging.folder / BROKEN).parent.mkdir()
    (staging.folder / BROKEN).write_text(json.dumps(skipped), "utf-8")  # for the audit: the snapshot knows them no more
    if posters == "none":
        catalogue.set_posters({key: None for key, movie in catalogue.items() if movie.poster})
    texts, rows, pictures = _plan_rows(catalogue, encoder, progress)
    pictures = pictures if posters == "read" else []
    embedded = Counter[str]()

    def watching(stage: str) -> Callable[[int, int], None]:
        known: list[int] = []  # the first report says how many were in the cache

        def step(done: int, total: int) -> None:
            known.append(done)
            embedded[stage] = done - known[0]
            progress(stage, done, total)

        return step

    text_vectors = np.concatenate(staging.cache.gather(
        f"{encoder.name}/sections", texts, [_section_hash(text) for text in texts], partial(_read, encoder), _SECTION_BATCH,
        watching("texts"),
    )).reshape(-1, encoder.dim)  # fmt: skip
    poster_vectors = staging.cache.embed(
        f"{encoder.name}/image", [key for _, key in pictures], [bytes.fromhex(key) for _, key in pictures],
        lambda keys: encoder.images([_open(staging.posters, key) for key in keys]), encoder.dim, _POSTER_BATCH,
        watching("posters"),
    )  # fmt: skip
    prints = staging.cache.embed(
        "fingerprint", [key for _, key in pictures], [bytes.fromhex(key) for _, key in pictures],
        lambda keys: np.stack([fingerprint(_open(staging.posters, key)) for key in keys]), FINGERPRINT, _POSTER_BATCH,
        lambda done, total: None,
    )  # fmt: skip
    np.save(staging.folder / "fingerprints.npy", prints, allow_pickle=False)
    all_rows = np.concatenate([rows, np.array([(key, POSTER, -1, -1) for key, _ in pictures], dtype=ROW)])
    means = Means.measure(text_vectors, poster_vectors)
    vectors = np.concatenate([_centred(text_vectors, means.text), _centred(poster_vectors, means.image)])
    order = np.lexsort((np.arange(len(all_rows)), all_rows["key"]))
    progress("index", 0, 1)
    vectors, all_rows = vectors[order], all_rows[order]
    hubs = np.zeros(len(all_rows), dtype=np.float32)
    texts_only = all_rows["kind"] != POSTER
    hubs[texts_only] = hubness(vectors[texts_only], sample(vectors[texts_only]))
    VectorFile.write(staging.folder, vectors, all_rows, hubs)
    WordIndex.build(catalogue.items(), lambda words: _embedded(staging, words, progress)).save(staging.folder)
    progress("index", 1, 1)
    counts = {
        "films": len(catalogue), "rows": len(all_rows), "overview": int((rows["kind"] == OVERVIEW).sum()),
        "passage": int((rows["kind"] == PASSAGE).sum()), "keywords": int((rows["kind"] == KEYWORDS).sum()), "poster": len(pictures),
    }  # fmt: skip
    _write_manifest(staging, counts, means, changes)
    return BuildReport("", counts["films"], counts["rows"], len(pictures), sum(embedded.values()), skipped)


def _embedded(staging: Staging, words: Sequence[str], progress: Progress) -> Vectors:
    """The words of the catalogue as vectors, from the cache where they are known."""
    encoder = staging.encoder
    hashes = [text_hash(word) for word in words]
    return staging.cache.embed(
        f"{encoder.name}/text", words, hashes, encoder.texts, encoder.dim, _TEXT_BATCH, partial(progress, "words")
    )


def _read(encoder: Encoder, texts: Sequence[Section]) -> Iterator[Vectors]:
    """All rows of each section, one after the other in one array."""
    for vectors in whole_and_parts(encoder, [text.text for text in texts], [text.spans for text in texts]):
        yield vectors.ravel()


def _section_hash(text: Section) -> bytes:
    return text_hash(f"{text.text}\0{text.spans}")


def _plan_rows(
    catalogue: Catalogue, encoder: Encoder, progress: Progress
) -> tuple[list[Section], np.ndarray, list[tuple[int, str]]]:
    """What is read of each film with its rows, and (film key, picture key) of the posters, films in order."""
    texts: list[Section] = []
    rows: list[Row] = []
    pictures: list[tuple[int, str]] = []
    total = len(catalogue)
    for number, (key, movie) in enumerate(catalogue.items(), 1):
        for part in sections(movie, encoder):
            texts.append(part)
            rows.extend(text_rows(key, part.rows))
        if movie.poster:
            pictures.append((key, movie.poster))
        if number % 200 == 0 or number == total:
            progress("passages", number, total)
    return texts, np.array(rows, dtype=ROW), pictures


def _store_posters(staging: Staging, progress: Progress) -> list[tuple[str, str]]:
    """Copy every usable poster into the store and note its key in the snapshot; report the others."""
    skipped: list[tuple[str, str]] = []
    keys: dict[int, str | None] = {}
    films = [(key, movie) for key, movie in staging.catalogue.items() if movie.poster]
    for number, (key, movie) in enumerate(films, 1):
        assert movie.poster is not None
        try:
            keys[key] = _stored(staging.posters, movie.poster)
        except MovieServiceError as error:
            keys[key] = None
            skipped.append((movie.id, error.message))
        except OSError as error:
            keys[key] = None
            skipped.append((movie.id, f"The poster file can't be read ({error.strerror})."))
        if number % 50 == 0 or number == len(films):
            progress("pictures", number, len(films))
    staging.catalogue.set_posters(keys)
    return skipped


def _stored(posters: PosterStore, poster: str) -> str:
    if len(poster) == 64 and "/" not in poster and "." not in poster:  # a live addition: in the store already
        posters.path(poster)
        return poster
    data = Path(poster).read_bytes()
    return posters.put(data, open_image(data))


def _open(posters: PosterStore, key: str) -> Image:
    return posters.open(key)


def _centred(vectors: Vectors, mean: Vectors) -> Vectors:
    return centred(vectors, mean) if len(vectors) else vectors


def _write_manifest(staging: Staging, counts: dict[str, int], means: Means, changes: int) -> None:
    files = ("vectors.npy", "rows.npy", "hubs.npy", "index.ann", "words.npz", "fingerprints.npy")
    manifest = {
        "format": FORMAT,
        "encoder": {"name": staging.encoder.name, "dim": staging.encoder.dim},
        "counts": counts,
        "catalogue": staging.catalogue.content_hash(),
        "changes": changes,
        "means": means.as_json(),
        "files": {
            name: {"sha256": file_sha256(staging.folder / name), "bytes": (staging.folder / name).stat().st_size}
            for name in files
        },
    }
    (staging.folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True), "utf-8")


def _publish(folder: Path, artifacts: Path) -> str:
    """Rename the finished folder to its version name and point `current` at it."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    digest = hashlib.sha256(
        json.dumps([manifest["catalogue"], manifest["encoder"], manifest["files"]], sort_keys=True).encode()
    )
    number = max((int(path.name[:4]) for path in versions(artifacts)), default=0) + 1
    name = f"{number:04d}-{digest.hexdigest()[:8]}"
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    folder.rename(artifacts / name)
    point_to(artifacts, name)
    return name


def _drop_old(artifacts: Path, keep: int) -> None:
    current = (artifacts / "current").read_text("utf-8").strip()
    for folder in versions(artifacts)[: -max(1, keep)]:
        if folder.name != current:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _only_one(artifacts: Path) -> Iterator[None]:
    with (artifacts / ".build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy("Another build is running in this artefact folder. Wait for it to end.", retry_after=60) from None
        yield
