"""TMDB over a real socket: a server on the loopback speaks its JSON, and fails in all the ways it can."""

from __future__ import annotations

import io
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from pydantic import SecretStr

from movies.catalogue import Catalogue
from movies.errors import BadCatalogue, BadInput
from movies.importers import ImportReport, import_films, store
from movies.importers.tmdb import Tmdb
from movies.settings import Settings

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYXRpbmVlIn0.c2lnbmF0dXJl"


def film(number: int, **other: Any) -> dict[str, Any]:
    return {
        "id": number, "imdb_id": f"tt{number:07}", "title": f"Film {number}", "original_title": f"Le film {number}",
        "release_date": "1995-12-15", "overview": "A detective hunts a thief.", "runtime": 170, "vote_average": 8.3,
        "vote_count": 7000, "budget": 60_000_000, "revenue": 0, "original_language": "cn", "poster_path": f"/p{number}.jpg",
        "genres": [{"id": 878, "name": "Science Fiction"}, {"id": 80, "name": "Crime"}],
        "production_countries": [{"iso_3166_1": "US", "name": "United States of America"}],
        "credits": {
            "cast": [{"name": "Second", "order": 1}, {"name": "First", "order": 0}, {"name": None, "order": 2}],
            "crew": [{"name": "Michael Mann", "job": "Director"}, {"name": "Somebody", "job": "Editor"}],
        },
        "keywords": {"keywords": [{"id": 1, "name": "heist"}]},
        "alternative_titles": {"titles": [{"title": f"Filme {number}", "iso_3166_1": "BR"}]},
    } | other  # fmt: skip


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 30), "navy").save(out, "JPEG")
    return out.getvalue()


class FakeTmdb:
    """Answers like TMDB. `trouble` maps a path to what happens on its next requests: a status, or a function."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.when: list[float] = []
        self.films: dict[int, Any] = {number: film(number) for number in range(1, 61)}
        self.pictures: dict[str, bytes] = {}
        self.trouble: dict[str, list[int | Callable[[BaseHTTPRequestHandler], None]]] = {}
        self.retry_after: str | None = None
        self.keys = {KEY, f"Bearer {TOKEN}"}
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        query = parse_qs(parts.query)
        self.asked.append(parts.path)
        self.when.append(time.monotonic())
        waiting = self.trouble.get(parts.path) or self.trouble.get("*")
        if waiting:
            event = waiting.pop(0)
            if callable(event):
                event(request)
            else:
                self.send(request, event, b'{"status_message": "trouble"}')
        elif parts.path.startswith("/img/"):
            assert not query, "pictures are asked for without the key"
            assert "Authorization" not in request.headers
            self.send(request, 200, self.pictures.get(parts.path[4:], jpeg()))
        elif not {query.get("api_key", [""])[0], request.headers.get("Authorization")} & self.keys:
            self.send(request, 401, b'{"status_code": 7}')
        elif parts.path == "/3/movie/popular":
            page = int(query["page"][0])
            results = [{"id": number} for number in range(20 * page - 19, 20 * page + 1) if number in self.films]
            self.send(request, 200, json.dumps({"page": page, "results": results}).encode())
        else:
            assert set(query["append_to_response"][0].split(",")) >= {"credits", "keywords"}
            data = self.films.get(int(parts.path.rsplit("/", 1)[1]))
            body = data if isinstance(data, bytes) else json.dumps(data).encode()
            self.send(request, 200 if data is not None else 404, body)

    def send(self, request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        request.send_response(status)
        if status in (429, 503) and self.retry_after is not None:
            request.send_header("Retry-After", self.retry_after)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


def cut(request: BaseHTTPRequestHandler) -> None:
    """Half an answer, then nothing."""
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"id": 1, "ti')
    request.wfile.flush()
    request.connection.close()
    request.close_connection = True


@pytest.fixture
def tmdb() -> Iterator[FakeTmdb]:
    fake = FakeTmdb()
    yield fake
    fake.close()


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "films.sqlite")


@pytest.fixture
def ids(tmp_path: Path) -> Callable[..., str]:
    def write(*lines: object) -> str:
        path = tmp_path / "ids.txt"
        path.write_text("\n".join(str(line) for line in lines) + "\n")
        return str(path)

    return write


@pytest.fixture
def options(tmdb: FakeTmdb, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        tmdb_key=SecretStr(KEY),
        tmdb_url=f"{tmdb.url}/3",
        tmdb_images=f"{tmdb.url}/img",
        cache=tmp_path / "cache",
    )


def run(source: str, options: Settings, catalogue: Catalogue, rate: float = 2000, workers: int = 4) -> ImportReport:
    return store(Tmdb(source, options, rate=rate, workers=workers, first_wait=0.01), catalogue)


def test_a_film_arrives_with_people_genres_and_its_poster(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue
) -> None:
    report = import_films("tmdb", ids("# my films", 7, "", 9), catalogue, settings=options)
    assert (report.added, report.skipped, report.remarks) == (2, [], [])
    found = catalogue.movie("tt0000007")
    assert found.label == "Film 7 (1995)"
    assert found.genres == ("Sci-Fi", "Crime")
    assert (found.directors, found.cast) == (("Michael Mann",), ("First", "Second"))
    assert (found.language, found.countries) == ("zh", ("United States",))
    assert (found.budget, found.revenue, found.rating, found.votes, found.runtime) == (60_000_000, None, 8.3, 7000, 170)
    assert (found.tmdb_id, found.keywords, found.alt_titles) == (7, ("heist",), ("Le film 7", "Filme 7"))
    assert found.poster is not None
    assert Path(found.poster).read_bytes() == jpeg()
    assert Path(found.poster).is_absolute()


def test_a_second_import_asks_for_nothing_and_changes_nothing(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb
) -> None:
    run(ids(1, 2, 3), options, catalogue)
    assert Counter(tmdb.asked).most_common(1)[0][1] == 1
    before = len(tmdb.asked)
    report = run(ids(1, 2, 3), options, catalogue)
    assert (report.added, report.unchanged) == (0, 3)
    assert len(tmdb.asked) == before


def test_an_import_that_was_interrupted_goes_on_where_it_stopped(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb
) -> None:
    class StopError(Exception):
        pass

    def stop(done: int, total: int | None) -> None:
        assert total == 60
        if done == 20:
            raise StopError

    source = ids(*range(1, 61))
    with pytest.raises(StopError):
        store(Tmdb(source, options, rate=2000), catalogue, stop)
    assert len(catalogue) == 20
    run(source, options, catalogue)
    assert len(catalogue) == 60
    assert max(Counter(tmdb.asked).values()) == 1


def test_damaged_and_old_cache_files_are_asked_for_again(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb
) -> None:
    run(ids(1, 2, 3), options, catalogue)
    kept = options.cache / "tmdb" / "films"
    (kept / "1.json").write_text('{"id": 1, "tit')
    (kept / "2.json").write_text(json.dumps(film(3)))
    assert run(ids(1, 2, 3), options, catalogue).unchanged == 3
    asked = Counter(path for path in tmdb.asked if "movie" in path)
    assert asked == {"/3/movie/1": 2, "/3/movie/2": 2, "/3/movie/3": 1}


def test_movielens_links_are_read(tmp_path: Path, options: Settings, catalogue: Catalogue) -> None:
    links = tmp_path / "links.csv"
    links.write_text("movieId,imdbId,tmdbId\n1,0114709,5\n2,0113497,\n3,0113228,6.0\n4,0114885,x9\n")
    report = run(str(links), options, catalogue)
    assert {movie.tmdb_id for movie in catalogue} == {5, 6}
    assert [where for where, _ in report.skipped] == ["links.csv:3", "links.csv:5"]


def test_popular_films_in_the_number_asked_for(options: Settings, catalogue: Catalogue, tmdb: FakeTmdb) -> None:
    assert run("popular:25", options, catalogue).added == 25
    assert tmdb.asked.count("/3/movie/popular") == 2
    assert run("popular", options, catalogue).films == 60  # all there are


def test_busy_broken_and_cut_answers_are_asked_for_again(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb
) -> None:
    tmdb.trouble = {"/3/movie/1": [500, 502, cut], "/3/movie/2": [cut, cut], "/img/p3.jpg": [503, cut]}
    report = run(ids(1, 2, 3), options, catalogue)
    assert (report.added, report.skipped, report.remarks) == (3, [], [])
    assert tmdb.asked.count("/3/movie/1") == 4
    assert all(movie.poster for movie in catalogue)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb, form: str
) -> None:
    tmdb.trouble = {"/3/movie/1": [429]}
    whole, part = divmod(time.time() + 3, 1)  # a date has no parts of a second
    due = time.monotonic() + 3 - part
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(whole))
    tmdb.retry_after = "1" if form == "seconds" else later
    assert run(ids(1), options, catalogue).added == 1
    first, second = [when for when, path in zip(tmdb.when, tmdb.asked, strict=True) if path == "/3/movie/1"]
    assert second >= (first + 1 if form == "seconds" else due) - 0.1


def test_being_told_to_come_back_tomorrow_is_not_waited_for(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb
) -> None:
    tmdb.trouble = {"/3/movie/1": [429]}
    tmdb.retry_after = "86400"
    report = run(ids(1, 2), options, catalogue)
    assert report.added == 1
    assert "86400 seconds" in report.skipped[0].reason


def test_the_rate_is_kept(ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb) -> None:
    run(ids(*range(1, 16)), options, catalogue, rate=50, workers=8)
    assert len(tmdb.when) == 30
    assert max(tmdb.when) - min(tmdb.when) >= 29 / 50 - 0.05


def test_films_that_are_not_there_or_are_none_are_reported(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb
) -> None:
    tmdb.films |= {
        2: b"<html>proxy</html>", 3: [1, 2], 4: film(4, title=None, original_title=None), 5: film(5, imdb_id=None),
        6: film(6, release_date="", overview=None, runtime=0, credits=None, genres="?", keywords=[], vote_count=0),
        7: film(7, runtime=-3, budget="lots"), 8: b"[" * 100_000, 9: {},
    }  # fmt: skip
    report = run(ids(999, "x1", *range(1, 10)), options, catalogue)
    where = dict(report.skipped)
    assert {movie.id for movie in catalogue} == {"tt0000001", "tmdb-5", "tt0000006", "tt0000007"}
    assert "404" in where["ids.txt:1"]
    assert set(where) == {"ids.txt:1", "ids.txt:2", "ids.txt:4", "ids.txt:5", "ids.txt:6", "ids.txt:10", "ids.txt:11"}
    assert {reason.split(":")[0] for _, reason in report.remarks} == {"left out runtime", "left out budget"}
    assert (catalogue.movie("tt0000006").rating, catalogue.movie("tt0000006").year) == (None, None)


def test_posters_that_are_no_pictures_are_left_out(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb
) -> None:
    tmdb.pictures = {"/p1.jpg": b"<html>", "/p2.jpg": jpeg()[:300], "/p3.jpg": b"\0" * 13_000_000}
    tmdb.films[4] = film(4, poster_path="/../../etc/passwd.jpg")
    tmdb.films[5] = film(5, poster_path=None)
    tmdb.films[6] = film(6, poster_path="http://127.0.0.1:9/x.jpg")
    tmdb.trouble = {"/img/p7.jpg": [404]}
    report = run(ids(*range(1, 9)), options, catalogue)
    assert report.added == 8
    assert [movie.id for movie in catalogue if movie.poster] == ["tt0000008"]
    assert len(report.remarks) == 6
    assert sorted(path.name for path in (options.cache / "tmdb" / "posters").iterdir()) == ["p8.jpg"]


def test_a_refused_key_ends_the_import_and_names_the_setting(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb
) -> None:
    tmdb.keys = set()
    with pytest.raises(BadInput, match="MATINEE_TMDB_KEY") as raised:
        run(ids(*range(1, 50)), options, catalogue)
    assert KEY not in str(raised.value)
    assert len(tmdb.asked) < 30


def test_a_missing_key_is_said_before_anything_is_asked(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue
) -> None:
    for key in (None, SecretStr(" "), SecretStr("a\nb"), SecretStr("schlüssel")):
        with pytest.raises(BadInput, match="MATINEE_TMDB_KEY"):
            run(ids(1), options.model_copy(update={"tmdb_key": key}), catalogue)


def test_a_version_4_token_goes_into_the_header(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb
) -> None:
    tmdb.keys = {f"Bearer {TOKEN}"}
    assert run(ids(1), options.model_copy(update={"tmdb_key": SecretStr(TOKEN)}), catalogue).added == 1


@pytest.mark.parametrize("key", [KEY, TOKEN])
def test_the_key_is_in_no_log_message_or_file(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb, key: str,
    caplog: pytest.LogCaptureFixture, tmp_path: Path,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    tmdb.trouble = {"/3/movie/2": [500, cut, 404], "/3/movie/3": [cut] * 9}
    report = run(ids(1, 2, 3), options.model_copy(update={"tmdb_key": SecretStr(key)}), catalogue)
    assert any("/3/movie/1" in record.getMessage() for record in caplog.records), "httpx logs what it asks for"
    assert key not in caplog.text
    assert not any(key in repr(record.__dict__) for record in caplog.records)
    assert key not in str(report) + json.dumps(report.as_json())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not any(key.encode() in path.read_bytes() for path in files)


def test_a_server_that_stays_away_is_given_up_and_every_film_is_reported(
    ids: Callable[..., str], options: Settings, catalogue: Catalogue, tmdb: FakeTmdb
) -> None:
    tmdb.close()
    report = run(ids(*range(1, 41)), options, catalogue)
    assert len(report.skipped) == 40
    assert "doesn't answer" in report.skipped[0].reason
    assert "not asked for" in report.skipped[-1].reason


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/3", "nonsense", "http://a:b/3", "http://"])
def test_an_address_that_is_none_is_said(ids: Callable[..., str], options: Settings, catalogue: Catalogue, url: str) -> None:
    with pytest.raises(BadInput, match="MATINEE_TMDB_URL"):
        run(ids(1), options.model_copy(update={"tmdb_url": url}), catalogue)


def test_a_cache_that_cannot_be_written_is_said(ids: Callable[..., str], options: Settings, catalogue: Catalogue) -> None:
    options.cache.write_text("a file where the folder should be")
    with pytest.raises(BadInput, match="MATINEE_CACHE"):
        run(ids(1), options, catalogue)


def test_a_list_that_is_not_there_is_said(options: Settings, catalogue: Catalogue) -> None:
    for source in ("popular:many", "nowhere.txt", "nowhere.csv"):
        with pytest.raises(BadCatalogue, match="no file"):
            run(source, options, catalogue)
