"""Search over a small real index: filters hold, legs agree with an exact scan, evidence is true."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from index_builder.build import build
from movies.catalogue import Catalogue
from movies.errors import IndexMismatch, ModelMissing, UnknownMovie
from movies.movie import Filters, Movie
from rag.centring import Means, centred, hubness, sample
from rag.index import MovieIndex
from rag.library import current_version
from rag.scan import Scan
from rag.vectors import OVERVIEW, PASSAGE, POSTER, ROW, VectorFile
from tests.conftest import paint_poster
from tests.encoders import HashedEncoder
from tests.films import FILMS


@pytest.fixture(scope="module")
def index(built_index: Path) -> MovieIndex:
    return MovieIndex.open(current_version(built_index), HashedEncoder())


def test_words_of_the_plot_find_the_film(index: MovieIndex) -> None:
    hits = index.search("balloons carry a house to South America", k=3)
    assert hits[0].movie.title == "Up"
    assert "balloons" in hits[0].evidence.words
    assert hits[0].evidence.passage is not None
    assert hits[0].evidence.passage in hits[0].movie.plot
    assert {"overview", "bm25"} <= hits[0].evidence.legs.keys()


def test_a_title_finds_its_film_first(index: MovieIndex) -> None:
    for title in ("Heat", "Her", "10 Things I Hate About You", "The Godfather Part II"):
        assert index.search(title, k=1)[0].movie.title == title


@pytest.mark.parametrize(
    "filters",
    [
        Filters(genres_any=("Horror",)),
        Filters(genres_none=("Drama", "Comedy"), year_min=1970),
        Filters(year_min=1990, year_max=1999, runtime_max=120),
        Filters(languages=("fr", "ja")),
        Filters(people=("Ridley Scott",)),
        Filters(rating_min=8.3, has_poster=True),
    ],
)
def test_every_hit_satisfies_every_filter(index: MovieIndex, filters: Filters) -> None:
    allowed = set(index.catalogue.filter(filters))
    hits = index.search("a crew fights for its life", filters=filters, k=50)
    assert {hit.movie_id for hit in hits} == allowed
    assert index.search("crew", filters=Filters(year_min=2190)) == []


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    query=st.text(max_size=200),
    year=st.one_of(st.none(), st.integers(1900, 2030)),
    genres=st.lists(st.sampled_from(["Drama", "Comedy", "Horror", "No such genre"]), max_size=2),
    k=st.integers(1, 30),
)
def test_no_question_breaks_a_search(index: MovieIndex, query: str, year: int | None, genres: list[str], k: int) -> None:
    filters = Filters(year_min=year, genres_any=tuple(genres))
    hits = index.search(query, filters=filters, k=k)
    assert len(hits) <= k
    assert {hit.movie_id for hit in hits} <= set(index.catalogue.filter(filters))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_similar_leaves_the_film_itself_out(index: MovieIndex) -> None:
    alien = index.catalogue.find("Alien")[0].movie
    hits = index.similar(alien.id, k=10)
    assert alien.id not in {hit.movie_id for hit in hits}
    assert len(hits) == 10
    with pytest.raises(UnknownMovie):
        index.similar("no-such-film")


def test_films_not_to_show_are_not_shown(index: MovieIndex) -> None:
    first = index.search("detective hunts a killer", k=1)[0]
    assert first.movie_id not in {
        hit.movie_id for hit in index.search("detective hunts a killer", without=[first.movie_id], k=50)
    }


def test_a_hinted_decade_moves_films_of_it_up(index: MovieIndex) -> None:
    def years(hits: list) -> float:  # type: ignore[type-arg]
        return float(np.mean([hit.movie.year for hit in hits[:10]]))

    assert years(index.search("a journey", years=[(2010, 2019)])) > years(index.search("a journey", years=[(1940, 1969)]))


def test_a_poster_finds_its_film(index: MovieIndex) -> None:
    film = next(movie for movie in FILMS if movie.poster)
    hits = index.search(image=paint_poster(film), k=3)
    assert film.id in {hit.movie_id for hit in hits}
    assert any("picture" in hit.evidence.legs for hit in hits)


def test_identify_knows_the_same_artwork_scaled_and_compressed(index: MovieIndex) -> None:
    films = [movie for movie in FILMS if movie.poster][:8]
    right = 0
    for film in films:
        data = io.BytesIO()
        paint_poster(film).resize((160, 236)).save(data, "JPEG", quality=60)
        with Image.open(data) as picture:
            right += index.identify(picture.convert("RGB"), 1)[0].movie_id == film.id
    assert right >= 6


def test_relaxations_name_the_constraint_that_frees_most(index: MovieIndex) -> None:
    filters = Filters(genres_all=("Western",), languages=("ko",))
    freed = index.relaxations(filters)
    assert dict(freed) == {
        name: index.catalogue.count(filters.without(name))
        for name in ("genres_all", "languages")
        if index.catalogue.count(filters.without(name))
    }
    assert [count for _, count in freed] == sorted((count for _, count in freed), reverse=True)


def test_centring_lets_texts_find_pictures() -> None:
    """Raw, every text is nearer to every text than to any picture: the encoder's offset sees to it."""
    encoder = HashedEncoder()
    texts = encoder.texts(["a war film", "a love story", "green hills", "a ship at sea", "red and dark"])
    pictures = encoder.images([Image.new("RGB", (20, 30), colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250))])
    means = Means.measure(texts, pictures)
    query = encoder.texts(["red"])
    raw = (query @ pictures.T).max(), (query @ texts[:4].T).min()
    clean = centred(query, means.text)
    near = clean @ centred(pictures, means.image).T
    assert raw[0] < raw[1]
    assert near.argmax() == 0
    assert near.max() > (clean @ centred(texts[:4], means.text).T).max()


def test_a_row_in_the_middle_of_a_crowd_is_a_hub() -> None:
    random = np.random.default_rng(3)
    apart = random.standard_normal((300, 24)).astype(np.float32)
    crowd = apart[0] + 0.5 * random.standard_normal((60, 24)).astype(np.float32)
    rows = np.concatenate([apart, crowd])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    measured = hubness(rows, sample(rows))
    assert measured[300:].min() > measured[1:300].max()
    assert hubness(rows[:1], sample(rows[:1])).tolist() == [0.0]  # nothing around it


def test_a_film_added_live_is_as_much_of_a_hub_as_a_built_one(built_index: Path) -> None:
    index = MovieIndex.open(current_version(built_index), HashedEncoder())
    key = int(index.file.rows["key"][0])
    texts = (index.file.rows["key"] == key) & (index.file.rows["kind"] != POSTER)
    built = index.file.rows["hub"][texts]
    assert built.any()
    index.extend(index.file.vectors[texts] + index.means.text, index.file.rows[texts][list(ROW.names or ())].astype(ROW))
    there = index.view.block(np.array([key])).rows
    np.testing.assert_allclose(there["hub"][there["kind"] != POSTER][-len(built) :], built, atol=2e-4)


def test_another_encoder_is_refused_with_the_fixing_command(built_index: Path) -> None:
    class Other(HashedEncoder):
        name = "test:other"

    with pytest.raises(IndexMismatch, match="matinee build"):
        MovieIndex.open(current_version(built_index), Other())


def test_damaged_files_are_named_not_crashed_on(built_index: Path, tmp_path: Path) -> None:
    import shutil

    for name in ("vectors.npy", "rows.npy", "hubs.npy", "index.ann", "words.npz", "manifest.json", "fingerprints.npy"):
        folder = tmp_path / name
        shutil.copytree(current_version(built_index), folder)
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
        with pytest.raises(IndexMismatch, match="matinee build"):
            MovieIndex.open(folder, HashedEncoder())
    with pytest.raises(ModelMissing, match="matinee build"):
        MovieIndex.open(tmp_path / "nothing", HashedEncoder())


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> MovieIndex:
    """Films enough that a search without filters goes through Annoy."""
    folder = tmp_path_factory.mktemp("crowd")
    random = np.random.default_rng(5)
    words = [
        f"{a}{b}"
        for a in ("stone", "river", "glass", "night", "iron", "salt", "moon", "paper")
        for b in ("man", "song", "house", "road", "game")
    ]
    movies = [
        Movie(
            id=f"film-{number}", title=f"{random.choice(words)} {random.choice(words)} {number}", year=1920 + number % 100,
            genres=(("Drama", "Comedy", "Horror", "War")[number % 4],), plot=" ".join(random.choice(words, 12)) + ".",
        )
        for number in range(11_000)
    ]  # fmt: skip
    Catalogue.open(folder / "films.sqlite").add(movies)
    build(folder / "films.sqlite", folder / "artifacts", HashedEncoder(), folder / "cache", posters="none")
    return MovieIndex.open(current_version(folder / "artifacts"), HashedEncoder())


@pytest.mark.slow
def test_annoy_and_exact_scan_agree_at_every_selectivity(crowd: MovieIndex) -> None:
    choices = [Filters(), Filters(year_min=1925), Filters(genres_none=("War",)), Filters(genres_any=("War",)), Filters(year_min=2018),
               Filters(year_min=2019, year_max=2019, genres_any=("War",))]  # fmt: skip
    questions = [
        "stoneman glasssong nighthouse",
        "river road at night",
        "a papergame for the ironman",
        "moonsong saltriver stonehouse",
    ]
    crowd.exact_rows = 2000  # so that only the last selection is scanned
    agreed = total = 0
    for filters in choices:
        for question in questions:
            exact = [hit.movie_id for hit in crowd.search(question, filters=filters, exact=True)]
            found = {hit.movie_id for hit in crowd.search(question, filters=filters)}
            agreed += len(found & set(exact))
            total += len(exact)
    assert agreed / total >= 0.99


def test_vector_file_gives_the_same_bytes_for_the_same_rows(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((500, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.array([(number // 3 + 1, (OVERVIEW, PASSAGE, POSTER)[number % 3], -1, -1) for number in range(500)], dtype=ROW)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        VectorFile.write(tmp_path / name, vectors, rows, hubness(vectors, sample(vectors)), trees=5)
    for file in ("vectors.npy", "rows.npy", "hubs.npy", "index.ann"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    opened = VectorFile.open(tmp_path / "one", 16, 500)
    numbers, cosines = opened.nearest(vectors[7], 5)
    assert numbers[0] == 7
    assert cosines[0] == pytest.approx(1, abs=1e-5)
    opened.close()


@pytest.mark.parametrize(("rows", "vectors"), [(0, 1), (7, 0), (500, 1), (500, 6), (500, 7), (12_000, 2), (12_000, 40)])
def test_cosines_are_those_of_a_matrix_product_however_many_are_asked(rows: int, vectors: int) -> None:
    numbers = np.random.default_rng(4)
    matrix = numbers.standard_normal((rows, 16)).astype(np.float32)
    asked = numbers.standard_normal((vectors, 16)).astype(np.float32)
    assert Scan(matrix).cosines(asked) == pytest.approx(matrix @ asked.T, abs=1e-4)


def test_callers_at_the_same_time_get_each_their_own_cosines() -> None:
    numbers = np.random.default_rng(5)
    matrix = numbers.standard_normal((12_000, 16)).astype(np.float32)
    scan = Scan(matrix)
    asked = [numbers.standard_normal((1 + number % 3, 16)).astype(np.float32) for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        for vectors, found in zip(asked, pool.map(scan.cosines, asked), strict=True):
            assert found == pytest.approx(matrix @ vectors.T, abs=1e-4)
