"""What is wrong in a catalogue: findings with evidence, confidence and a suggested fix.

    findings = audit(catalogue, features, genres, validator)
    write_csv(findings, Path("findings.csv"), reviews)

Looks at facts, texts, pictures and, where heads are trained, at what the classifiers say. A finding
is a proposal: people accept or reject it, and `Reviews` remembers. Does not change the catalogue.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage
from PIL.Image import Image

from classifiers.features import Features, progress_of
from classifiers.genres import GenreClassifier, has_words
from classifiers.heads import Floats
from classifiers.standard import standard
from classifiers.training import Progress, no_progress
from classifiers.validator import PosterValidator, see_rows
from movies.catalogue import Catalogue
from movies.errors import BadInput, MovieServiceError
from movies.movie import Movie
from movies.titles import normal_title

Kind = Literal[
    "not_a_poster", "broken_picture", "tiny_picture", "duplicate_film", "duplicate_plot", "duplicate_poster",
    "poster_disagrees", "genre_doubtful", "genre_missing", "no_plot", "no_poster", "suspect_year", "suspect_runtime",
]  # fmt: skip
State = Literal["open", "accepted", "rejected"]

_TINY = 100  # pixels of the shorter side
_SAME_PICTURE = 3  # of 64 bits of the difference hash
_SAME_PLOT = 0.97  # cosine
_FIRST_FILM = 1888
_LONGEST = 600  # minutes
_SHORTEST = 3
_DOUBTFUL = 0.02  # a tag below this in every source is doubted
_MISSING = 0.9  # a genre the plot holds likelier than this is missed, unless the poster speaks against it
_NOT_RULED_OUT = 0.2  # the poster is the weaker witness: it need not insist, only not object
_BLOCK = 1000


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `confidence` 0–1; `other` is the second film of a pair; `id` is stable between runs."""

    kind: Kind
    movie_id: str
    title: str
    evidence: str
    confidence: float
    suggestion: str
    other: str | None = None
    genre: str | None = None

    @property
    def id(self) -> str:
        text = "\0".join((self.kind, self.movie_id, self.other or "", self.genre or ""))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

    def record(self, state: State = "open") -> dict[str, Any]:
        """The finding as JSON types, with its id and the state of its review."""
        return {"id": self.id, **asdict(self), "confidence": round(self.confidence, 3), "state": state}


def audit(
    catalogue: Catalogue | Sequence[Movie], features: Features, genres: GenreClassifier | None = None,
    validator: PosterValidator | None = None, progress: Progress = no_progress,
) -> list[Finding]:  # fmt: skip
    """All findings, the surest first. Parts whose heads are missing are left out.

    `features.open_poster` opens the posters; one that can't be opened is a finding, never a crash.
    """
    movies = list(catalogue)
    findings = [*facts(movies), *_duplicate_plots(movies, features, progress)]
    pictures = _Pictures(movies, features, validator, progress)
    findings += pictures.findings
    if genres is not None:
        findings += _genre_findings(movies, features, genres, pictures.readable, progress)
    return sorted(findings, key=lambda finding: (-finding.confidence, finding.kind, finding.movie_id))


def facts(movies: Sequence[Movie]) -> Iterator[Finding]:
    """Findings that need nothing but the records: gaps, years, runtimes, films entered twice."""
    this_year = datetime.now(UTC).year
    seen: dict[tuple[str, int | None], Movie] = {}
    for movie in movies:
        if not has_words(movie.plot):
            yield _found("no_plot", movie, "The plot is empty.", 1.0, "Add a plot; without one the film is hard to find.")
        if not movie.poster:
            yield _found("no_poster", movie, "There is no picture.", 1.0, "Add a poster.")
        yield from _suspect_numbers(movie, this_year)
        key = (normal_title(movie.title), movie.year)
        first = seen.setdefault(key, movie)
        if first is not movie and key[0]:
            same_people = bool(set(first.directors) & set(movie.directors))
            sure = 0.95 if same_people or first.plot == movie.plot else 0.6 if movie.year else 0.4
            yield _found(
                "duplicate_film", movie, f"“{first.title}” of the same year is there as {first.id}.", sure,
                "Keep one of the two, or tell them apart by year.", other=first.id,
            )  # fmt: skip


def _suspect_numbers(movie: Movie, this_year: int) -> Iterator[Finding]:
    year, released = movie.year, movie.release_date
    if year is not None and (year < _FIRST_FILM or year > this_year + 5):
        yield _found("suspect_year", movie, f"The year is {year}.", 0.98, "Check the year.")
    elif year is not None and released is not None and abs(released.year - year) > 2:
        yield _found(
            "suspect_year", movie, f"The year is {year}, the release date {released}.", 0.7, "Check year and release date."
        )
    minutes = movie.runtime
    if minutes is not None and (minutes > _LONGEST or (minutes < _SHORTEST and "Short" not in movie.genres)):
        said = f"The runtime is {minutes} minutes."
        yield _found("suspect_runtime", movie, said, 0.8, "Check the runtime; seconds or a whole series may have been entered.")


def _duplicate_plots(movies: Sequence[Movie], features: Features, progress: Progress) -> Iterator[Finding]:
    """Pairs of films whose plots are the same or nearly so."""
    told = [movie for movie in movies if len(movie.plot.split()) >= 8]
    if len(told) < 2:
        return
    vectors = features.plots([movie.plot for movie in told], progress_of(progress, "audit plots"))
    for first, second, likeness in _near_pairs(vectors, _SAME_PLOT):
        one, two = told[first], told[second]
        same = one.plot == two.plot
        said = "word for word the same" if same else f"nearly the same (cosine {likeness:.2f})"
        yield _found(
            "duplicate_plot", two, f"Its plot is {said} as that of {one.label} ({one.id}).", 0.99 if same else 0.8,
            "One of the two has the wrong plot, or they are one film.", other=one.id,
        )  # fmt: skip


def _near_pairs(vectors: NDArray[np.float32], bound: float) -> Iterator[tuple[int, int, float]]:
    """(earlier row, later row, cosine) of rows at least `bound` alike; each later row once, with its nearest."""
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK]
        alike = block @ vectors[: start + len(block)].T
        for row in range(len(block)):
            alike[row, start + row :] = -1
        nearest = alike.argmax(axis=1)
        for row in np.flatnonzero(alike[np.arange(len(block)), nearest] >= bound).tolist():
            yield int(nearest[row]), start + row, float(alike[row, nearest[row]])


class _Pictures:
    """One pass over the posters: what can't be opened, is tiny, is no poster, or is there twice."""

    def __init__(
        self, movies: Sequence[Movie], features: Features, validator: PosterValidator | None, progress: Progress
    ) -> None:
        self.findings: list[Finding] = []
        self.readable: set[str] = set()
        self._hashes: list[int] = []
        self._owners: list[Movie] = []
        pictured = [movie for movie in movies if movie.poster] if features.open_poster is not None else []
        for done, movie in enumerate(pictured, 1):
            self._look(movie, features, validator)
            if done % 20 == 0 or done == len(pictured):
                progress("audit pictures", done, len(pictured))
        self._duplicates()

    def _look(self, movie: Movie, features: Features, validator: PosterValidator | None) -> None:
        assert movie.poster is not None
        assert features.open_poster is not None
        try:
            image = features.open_poster(movie.poster)
        except (MovieServiceError, OSError) as error:
            said = error.message if isinstance(error, MovieServiceError) else "The file can't be read."
            self.findings.append(_found("broken_picture", movie, said, 1.0, "Replace the picture."))
            return
        self.readable.add(movie.poster)
        if min(image.size) < _TINY:
            said = f"The picture has {image.width}×{image.height} pixels."
            self.findings.append(_found("tiny_picture", movie, said, 1.0, "Replace it with a larger one."))
        self._hashes.append(difference_hash(image))
        self._owners.append(movie)
        if validator is not None:
            looked = standard(image)
            row = see_rows([looked], validator.encoder, validator.eyes)
            likely = float(validator.probabilities(row)[0])
            if likely < validator.threshold:
                verdict = validator.check(image) if likely < validator.threshold / 2 else None
                why = verdict.reasons[0] if verdict else "It is a near thing."
                said = f"The validator gives it {likely:.0%}. {why}"
                self.findings.append(
                    _found("not_a_poster", movie, said, 1 - likely, "Look at the picture and replace it if it is no poster.")
                )

    def _duplicates(self) -> None:
        hashes = np.array(self._hashes, dtype=np.uint64)
        for row in range(1, len(hashes)):
            apart = np.bitwise_count(hashes[:row] ^ hashes[row])
            nearest = int(apart.argmin())
            if apart[nearest] <= _SAME_PICTURE:
                one, two = self._owners[nearest], self._owners[row]
                same = one.poster == two.poster
                said = f"The picture is {'the same as' if same else 'nearly the same as'} that of {one.label} ({one.id})."
                sure = 1.0 if same else 0.95 - 0.1 * int(apart[nearest])
                self.findings.append(
                    _found("duplicate_poster", two, said, sure, "One of the two has the wrong poster.", other=one.id)
                )


def difference_hash(image: Image) -> int:
    """64 bits that say where a small grey copy gets brighter from left to right; near copies differ in few."""
    grey = np.asarray(image.convert("L").resize((9, 8), PILImage.Resampling.BOX), dtype=np.int16)
    bits = (grey[:, 1:] > grey[:, :-1]).ravel()
    return int(np.packbits(bits).view(">u8")[0])


def _genre_findings(
    movies: Sequence[Movie], features: Features, genres: GenreClassifier, readable: set[str], progress: Progress
) -> list[Finding]:
    """Tags that every source rejects or misses, and posters that disagree with their plots."""
    if "plot" not in genres.sources:
        return []
    told = [movie for movie in movies if has_words(movie.plot) and len(movie.plot.split()) >= 8]
    if not told:
        return []
    plots = genres.plot_logits([movie.plot for movie in told], features.plots([movie.plot for movie in told]))
    likely = genres.likely(plots)
    seen: dict[int, Floats] = {}
    rows = [row for row, movie in enumerate(told) if movie.poster in readable]
    if rows and "poster" in genres.sources:
        names = [told[row].poster or "" for row in rows]
        looks = features.looks(names, progress_of(progress, "audit looks"))
        meanings = features.meanings(names, progress_of(progress, "audit posters"))
        seen = dict(zip(rows, genres.likely(genres.poster_logits(meanings, looks)), strict=True))
    findings: list[Finding] = []
    for row, movie in enumerate(told):
        findings += _tags(movie, genres.genres, likely[row], seen.get(row))
        if row in seen:
            findings += _disagreement(movie, genres.genres, likely[row], seen[row])
    return findings


def _tags(movie: Movie, genres: Sequence[str], plot: Floats, poster: Floats | None) -> Iterator[Finding]:
    if not movie.genres:
        return
    for place, genre in enumerate(genres):
        said = [float(plot[place])] + ([float(poster[place])] if poster is not None else [])
        words = f"plot {said[0]:.0%}" + (f", poster {said[1]:.0%}" if len(said) > 1 else "")
        if genre in movie.genres and max(said) < _DOUBTFUL:
            sure = 1 - max(said) / _DOUBTFUL / 2
            yield _found(
                "genre_doubtful", movie, f"{genre}: {words}.", sure, f"Remove {genre}, or check the plot.", genre=genre
            )
        elif genre not in movie.genres and said[0] > _MISSING and min(said) > _NOT_RULED_OUT:
            yield _found("genre_missing", movie, f"{genre}: {words}.", said[0], f"Add {genre}.", genre=genre)


def _disagreement(movie: Movie, genres: Sequence[str], plot: Floats, poster: Floats) -> Iterator[Finding]:
    """The plot is sure of a genre that the poster all but rules out, and the other way round."""
    first, second = int(plot.argmax()), int(poster.argmax())
    if first != second and plot[first] > 0.8 and poster[second] > 0.8 and poster[first] < 0.1 and plot[second] < 0.1:
        said = f"The plot says {genres[first]} ({plot[first]:.0%}), the poster {genres[second]} ({poster[second]:.0%})."
        sure = float(plot[first] * poster[second])
        yield _found("poster_disagrees", movie, said, sure, "Check whether plot and poster belong to this film.")


def _found(
    kind: Kind,
    movie: Movie,
    evidence: str,
    confidence: float,
    suggestion: str,
    *,
    other: str | None = None,
    genre: str | None = None,
) -> Finding:
    return Finding(kind, movie.id, movie.label, evidence, round(float(confidence), 4), suggestion, other, genre)


class Reviews:
    """What people said of findings, in one JSON file; survives new audits because ids are stable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._states: dict[str, State] = {}
        if path.is_file():
            try:
                known = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                raise BadInput(
                    f"The reviews in {path.name} are damaged. Restore the file or remove it to start anew."
                ) from None
            if not isinstance(known, Mapping):
                raise BadInput(f"The reviews in {path.name} are damaged. Restore the file or remove it to start anew.")
            self._states = {str(key): state for key, state in known.items() if state in ("accepted", "rejected")}

    def state(self, finding_id: str) -> State:
        return self._states.get(finding_id, "open")

    def decide(self, finding_id: str, state: State) -> None:
        """Remember a decision; `open` forgets it. Raises BadInput for any other word."""
        if state not in ("open", "accepted", "rejected"):
            raise BadInput("A finding can be accepted, rejected or open.")
        if state == "open":
            self._states.pop(finding_id, None)
        else:
            self._states[finding_id] = state
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self._states, indent=1, sort_keys=True), encoding="utf-8")
        part.replace(self.path)


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each kind, most first."""
    out: dict[str, int] = defaultdict(int)
    for finding in findings:
        out[finding.kind] += 1
    return dict(sorted(out.items(), key=lambda pair: -pair[1]))


def as_csv(findings: Iterable[Finding], reviews: Reviews | None = None) -> str:
    """The findings as CSV; cells that a spreadsheet would compute are disarmed."""
    store = io.StringIO()
    writer: Any = None
    for finding in findings:
        row = finding.record(reviews.state(finding.id) if reviews else "open")
        writer = writer or csv.DictWriter(store, list(row))
        if not store.tell():
            writer.writeheader()
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return store.getvalue()


def write_csv(findings: Iterable[Finding], path: Path, reviews: Reviews | None = None) -> None:
    """Write `as_csv` to a file."""
    path.write_text(as_csv(findings, reviews), encoding="utf-8")


def _harmless(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
