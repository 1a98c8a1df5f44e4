"""What looks wrong in a catalogue: findings with evidence, confidence and a suggested fix.

    findings = audit(catalogue, features, validator)

Looks at records (`classifiers/records.py`), genres (`classifiers/opinions.py`) and pictures. A finding is a proposal that people accept or reject (`classifiers/findings.py`); how often each kind is
right was checked by hand (`docs/quality-audit.md`). Does not change the catalogue; knows neither index nor files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage
from PIL.Image import Image

from classifiers.features import Features, progress_of
from classifiers.findings import Finding, in_order
from classifiers.genres import has_words
from classifiers.opinions import Likely, opinions, tag_findings
from classifiers.records import found, gaps, near_pairs, repeats, suspect_numbers, years_by_plot
from classifiers.training import Progress, no_progress
from classifiers.validator import PosterValidator, Verdict
from movies.catalogue import Catalogue
from movies.encoders import Vectors, unit
from movies.errors import MovieServiceError
from movies.movie import Movie

_TINY = 100  # pixels of the shorter side
_SAME_PICTURE = 0.95  # cosine of small copies; saved again: over .99, a sequel with the same picture: .90
_FLAT = 4.0  # grey levels (standard deviation) below which a picture is one plain colour, alike to any other
_WORDS = 8  # a plot of fewer is not judged
_NOT_POSTERS = 0.02  # how many pictures of a catalogue are expected to be no posters; training saw about half
_WORTH_SAYING = 0.3  # confidence below which a suspicion is kept quiet


@dataclass(frozen=True)
class Lettered:
    """What a poster's lettering says: `movie` is the film whose title is on it, `read` the words, `confidence` 0–1."""

    movie: Movie
    read: str
    confidence: float


Lettering = Callable[[Sequence[Movie], Progress], Mapping[str, Lettered]]
"""Of films with posters, by film id, those whose poster names another film (`index_builder/auditing.py`)."""


def audit(
    catalogue: Catalogue | Sequence[Movie], features: Features, validator: PosterValidator | None = None,
    progress: Progress = no_progress, *,
    broken: Mapping[str, str] | None = None, lettering: Lettering | None = None,
) -> list[Finding]:  # fmt: skip
    """All findings: what is wrong before what is merely missing, the surest first. Without a validator no picture is doubted.

    `features.open_poster` opens the posters; one that can't be opened is a finding, never a crash.
    `broken`: film id → reason, of pictures that could not be taken into the catalogue in the first place.
    """
    movies = list(catalogue)
    broken = broken or {}
    told = [movie for movie in movies if has_words(movie.plot) and len(movie.plot.split()) >= _WORDS]
    rows = features.plots([movie.plot for movie in told], progress_of(progress, "audit plots"))
    plots = features.meaning(rows)
    findings = [*gaps(movies, broken), *suspect_numbers(movies), *years_by_plot(told, plots)]
    for movie in movies:
        if movie.id in broken and not movie.poster:
            findings.append(_broken(movie, broken[movie.id]))
    pictures = _Pictures(movies, features, validator, progress)
    findings += pictures.findings
    findings += repeats(movies, told, plots, pictures.twins())
    findings += _genre_findings(told, plots, features, pictures.readable, progress)
    if lettering is not None and pictures.readable:
        findings += _lettered([movie for movie in movies if movie.poster in pictures.readable], lettering, progress)
    return in_order(_once(findings))


def _once(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Of several findings of one kind about one thing (a year may be odd in two ways) the surest."""
    best: dict[tuple[str | None, ...], Finding] = {}
    for finding in findings:
        key = (finding.kind, finding.movie_id, finding.genre, finding.other if finding.kind.startswith("duplicate") else None)
        if key not in best or best[key].confidence < finding.confidence:
            best[key] = finding
    yield from best.values()


def _broken(movie: Movie, reason: str) -> Finding:
    return found("broken_picture", movie, reason, 1.0, "Replace the picture.", about=movie.poster or reason)


@dataclass(frozen=True)
class _Seen:
    """One poster looked at. `copy`: see `small_copy`; None for a picture that can't be compared."""

    movie: Movie
    findings: tuple[Finding, ...]
    readable: bool = True
    copy: NDArray[np.float32] | None = None


class _Pictures:
    """One pass over the posters: what can't be opened, is tiny, is no poster, or is there twice."""

    def __init__(
        self, movies: Sequence[Movie], features: Features, validator: PosterValidator | None, progress: Progress
    ) -> None:
        pictured = [movie for movie in movies if movie.poster] if features.open_poster is not None else []
        self._seen: list[_Seen] = []
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # decoders and networks run outside the interpreter's lock
            for seen in pool.map(lambda movie: _look(movie, features, validator), pictured):
                self._seen.append(seen)
                if len(self._seen) % 20 == 0 or len(self._seen) == len(pictured):
                    progress("audit pictures", len(self._seen), len(pictured))
        self.findings = [finding for seen in self._seen for finding in seen.findings]
        self.readable = {seen.movie.poster for seen in self._seen if seen.readable}

    def twins(self) -> dict[frozenset[str], float]:
        """Pairs of films with alike pictures, and the cosine; 1 for one file."""
        compared = [(seen.movie, seen.copy) for seen in self._seen if seen.copy is not None]
        if not compared:
            return {}
        out: dict[frozenset[str], float] = {}
        for one, two, cosine in near_pairs(np.stack([copy for _, copy in compared]), _SAME_PICTURE):
            first, second = compared[one][0], compared[two][0]
            out[frozenset((first.id, second.id))] = 1.0 if first.poster == second.poster else min(cosine, 0.999)
        return out


def _look(movie: Movie, features: Features, validator: PosterValidator | None) -> _Seen:
    assert movie.poster is not None
    assert features.open_poster is not None
    try:
        image = features.open_poster(movie.poster)
    except (MovieServiceError, OSError) as error:
        reason = error.message if isinstance(error, MovieServiceError) else "The file can't be read."
        return _Seen(movie, (_broken(movie, reason),), readable=False)
    findings = []
    if min(image.size) < _TINY:
        said = (
            f"The picture has {image.width}×{image.height} pixels; {_TINY} on the shorter side are the least that can be shown."
        )
        findings.append(found("tiny_picture", movie, said, 1.0, "Replace it with a larger one.", about=movie.poster))
    if float(np.asarray(image.convert("L").resize((32, 48))).std()) < _FLAT:
        said = "The picture is one plain colour."
        findings.append(found("not_a_poster", movie, said, 0.97, "Replace the picture.", about=movie.poster))
        return _Seen(movie, tuple(findings))
    if validator is not None:
        findings += _doubted(movie, validator.check(image))
    return _Seen(movie, tuple(findings), copy=small_copy(image))


def _doubted(movie: Movie, verdict: Verdict) -> Iterator[Finding]:
    """In a catalogue few pictures are no posters, so the verdict has to be weighed against that."""
    against = (1 - verdict.probability) * _NOT_POSTERS
    sure = against / max(against + verdict.probability * (1 - _NOT_POSTERS), 1e-9)
    if sure >= _WORTH_SAYING:
        said = f"The validator gives it {verdict.probability:.1%} to be a poster. {verdict.reasons[0]}"
        fix = "Look at the picture and replace it if it is no poster."
        yield found("not_a_poster", movie, said, sure, fix, about=movie.poster)


def small_copy(image: Image) -> NDArray[np.float32]:
    """A unit row for a picture: its colours at 24×36 points, without their mean. The cosine of near copies is near 1."""
    pixels = np.asarray(image.convert("RGB").resize((24, 36), PILImage.Resampling.BOX), dtype=np.float32)
    return np.asarray(unit((pixels - pixels.mean(axis=(0, 1))).ravel()[None])[0])


def _genre_findings(
    told: Sequence[Movie], plots: Vectors, features: Features, readable: set[str | None], progress: Progress
) -> list[Finding]:
    """Tags that plot and poster reject or miss, and posters that disagree with their plots."""
    rows = [row for row, movie in enumerate(told) if movie.poster in readable]
    posters = None
    if rows:
        names = [told[row].poster or "" for row in rows]
        looks = features.looks(names, progress_of(progress, "audit looks"))
        meanings = features.meanings(names, progress_of(progress, "audit posters"))
        looks = (looks - looks.mean(axis=0)) / np.maximum(looks.std(axis=0), 1e-6)
        posters = np.hstack([meanings, unit(looks)])
    said = opinions(told, plots, posters, rows)
    if said is None:
        return []
    seen = set(rows)
    findings = [*tag_findings(told, said, [row in seen for row in range(len(told))])]
    for row in rows:
        findings += _disagreement(told[row], said.genres, said.plot[row], said.poster[row])
    return findings


def _disagreement(movie: Movie, genres: Sequence[str], plot: Likely, poster: Likely) -> Iterator[Finding]:
    """The plot is sure of a genre that the poster all but rules out, and the other way round."""
    first, second = int(plot.argmax()), int(poster.argmax())
    if first != second and plot[first] > 0.8 and poster[second] > 0.8 and poster[first] < 0.1 and plot[second] < 0.1:
        said = f"The plot says {genres[first]} ({plot[first]:.0%}), the poster {genres[second]} ({poster[second]:.0%})."
        sure = 0.3 * float(plot[first] * poster[second])  # few posters say what they are about
        about = f"{movie.plot}\0{movie.poster}"
        yield found("poster_disagrees", movie, said, sure, "Check whether plot and poster belong to this film.", about=about)


def _lettered(pictured: Sequence[Movie], lettering: Lettering, progress: Progress) -> Iterator[Finding]:
    """Posters that bear another film's title."""
    known = {movie.id: movie for movie in pictured}
    for movie_id, told in lettering(pictured, progress).items():
        said = f"The poster reads “{told.read}”, the title of {told.movie.label} ({told.movie.id})."
        fix = f"It seems to be the poster of {told.movie.label}; replace it."
        movie = known[movie_id]
        yield found("poster_disagrees", movie, said, told.confidence, fix, other=told.movie.id, about=movie.poster)
