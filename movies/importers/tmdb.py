"""Films and posters from The Movie Database (TMDB), by a list of ids, a MovieLens `links.csv`, or `popular[:N]`.

Every answer is kept under the cache folder, so an interrupted import goes on where it stopped.
The key is added to requests below httpx's own logging and stands in no message, log or file.
Does not store films.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_after_attempt,
    stop_when_event_set,
    wait_exponential,
    wait_random,
)

from movies.errors import BadCatalogue, BadInput
from movies.images import open_image
from movies.importers.report import Entry, Remark, Skip, film_entries, film_id
from movies.importers.tabular import TextLines, table_rows
from movies.settings import Settings

_APPENDED = "credits,keywords,alternative_titles"
_ANSWER_LIMIT = 8_000_000  # bytes
_KEPT_DAYS = 30  # then TMDB is asked again; its terms allow half a year
_BILLED = 15  # actors taken from the cast
_POPULAR, _POPULAR_LIMIT = 100, 10_000  # TMDB lists 500 pages of 20
_ATTEMPTS = 6
_PATIENCE = 120.0  # seconds of a Retry-After that are waited for
_GIVE_UP = 5  # films in a row without an answer


class _TryAgainError(Exception):
    """An answer that may be better next time; `wait` in seconds if the server named one."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _NoAnswer(BadInput):
    """The server didn't answer in spite of all attempts."""


class Tmdb:
    """The films of `source`; ids are IMDb numbers where TMDB knows them, else `tmdb-<number>`.

    `rate`: requests a second at most, over all `workers`. `first_wait`: seconds before the second
    attempt of a request; it doubles from there, with jitter.
    """

    def __init__(
        self, source: str, settings: Settings, *, rate: float = 40.0, workers: int = 8, first_wait: float = 0.5
    ) -> None:
        self._key = settings.tmdb_key.get_secret_value().strip() if settings.tmdb_key else ""
        if not re.fullmatch(r"[!-~]+", self._key):  # also a key with a line break, which no request can carry
            raise BadInput("TMDB needs a key. Get one at themoviedb.org (Settings, API) and set it as MATINEE_TMDB_KEY.")
        self.total: int | None = None
        self._source = source
        self._settings = settings
        self._cache = settings.cache / "tmdb"
        self._workers = workers
        self._first_wait = first_wait
        self._stopped = threading.Event()
        self._pace = _Pace(rate, self._stopped)

    def __iter__(self) -> Generator[Entry, None, None]:
        self._stopped.clear()
        with (
            httpx.Client(transport=_WithKey(self._key, _proxy(self._settings.tmdb_url)), timeout=20) as self._api,
            httpx.Client(timeout=30) as self._pictures,
        ):
            ids: dict[int, str] = {}
            for found in self._wanted():
                if isinstance(found, Skip):
                    yield found
                else:
                    ids.setdefault(*found)
            self.total = len(ids)
            yield from self._films(ids)

    def _films(self, ids: dict[int, str]) -> Iterator[Entry]:
        """Films in the order asked for, a few requests at a time."""
        left = deque(ids.items())
        running: deque[tuple[str, Future[list[Entry]]]] = deque()
        silent = 0
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="tmdb")
        try:
            while left or running:
                while left and len(running) < 2 * self._workers:
                    number, where = left.popleft()
                    running.append((where, pool.submit(self._film, number, where)))
                where, future = running.popleft()
                try:
                    yield from future.result()
                    silent = 0
                except _NoAnswer as error:
                    yield Skip(where, error.message)
                    silent += 1
                if silent >= _GIVE_UP:
                    reason = "not asked for, since TMDB doesn't answer; run the same command again later, it goes on from here"
                    yield from (Skip(where, reason) for where, _ in running)
                    yield from (Skip(where, reason) for _, where in left)
                    return
        finally:
            self._stopped.set()  # nobody waits or tries again any more
            pool.shutdown(cancel_futures=True)

    def _wanted(self) -> Iterator[tuple[int, str] | Skip]:
        """(TMDB number, where it stands) of every film asked for."""
        popular = re.fullmatch(r"popular(?::(\d{1,9}))?", self._source.strip(), re.IGNORECASE)
        if popular:
            count = min(int(popular.group(1) or _POPULAR), _POPULAR_LIMIT)
            yield from ((number, f"tmdb {number}") for number in self._popular(count))
            return
        path = Path(self._source)
        if path.name.lower().endswith((".csv", ".csv.gz", ".tsv")):

            def needed(columns: Sequence[str]) -> bool:
                return "tmdbid" in columns or "tmdb_id" in columns

            for row in table_rows(path, needed, "tmdbId"):
                if isinstance(row, Skip):
                    yield row
                else:
                    yield _number(row.fields.get("tmdbid") or row.fields.get("tmdb_id") or "", row.where)
            return
        for line in TextLines(path):
            if isinstance(line, Skip):
                yield line
            elif not line.text.lstrip().startswith("#"):
                yield _number(line.text, f"{path.name}:{line.number}")

    def _popular(self, count: int) -> list[int]:
        numbers: dict[int, None] = {}
        for page in range(1, _POPULAR_LIMIT // 20 + 1):
            data = self._json("/movie/popular", {"page": str(page)})
            results = data.get("results")
            for item in results if isinstance(results, list) else ():
                if isinstance(item, dict) and isinstance(item.get("id"), int):
                    numbers[item["id"]] = None
            if len(numbers) >= count or not results:
                break
        return list(numbers)[:count]

    def _film(self, number: int, where: str) -> list[Entry]:
        try:
            data = self._cached(number)
            record = _record(data)
        except BadCatalogue as error:
            return [Skip(where, error.message)]
        remarks: list[Entry] = []
        if data.get("poster_path"):
            try:
                record["poster"] = str(self._poster(data["poster_path"]))
            except BadInput as error:
                remarks.append(Remark(where, f"no poster: {error.message}"))
        return [*film_entries(where, record), *remarks]

    def _cached(self, number: int) -> dict[str, Any]:
        """What TMDB says of a film, from the cache if it was asked in the last days."""
        path = self._cache / "films" / f"{number}.json"
        with contextlib.suppress(OSError, ValueError):
            data = json.loads(path.read_bytes())
            if isinstance(data, dict) and data.get("id") == number and time.time() - path.stat().st_mtime < _KEPT_DAYS * 86_400:
                return data
        data = self._json(f"/movie/{number}", {"append_to_response": _APPENDED})
        _write(path, json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
        return data

    def _poster(self, name: Any) -> Path:
        """The poster file in the cache, fetched if it isn't there; raises BadInput with the reason why not."""
        if not isinstance(name, str) or not re.fullmatch(r"/[\w-]{1,100}\.(jpe?g|png|webp)", name, re.ASCII | re.IGNORECASE):
            raise BadInput("TMDB names no picture file")
        path = (self._cache / "posters" / name[1:]).resolve()
        if not path.is_file():
            data = self._get(self._pictures, self._settings.tmdb_images.rstrip("/") + name, {}, self._settings.max_image_bytes)
            open_image(data, max_bytes=self._settings.max_image_bytes, max_pixels=self._settings.max_image_pixels)
            _write(path, data)
        return path

    def _json(self, route: str, parameters: dict[str, str]) -> dict[str, Any]:
        body = self._get(self._api, self._settings.tmdb_url.rstrip("/") + route, parameters, _ANSWER_LIMIT)
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise BadCatalogue("TMDB's answer isn't what its API describes. Check MATINEE_TMDB_URL.")
        return data

    def _get(self, client: httpx.Client, url: str, parameters: dict[str, str], limit: int) -> bytes:
        """The body of an answer; tries again on 429, 5xx and broken connections, then raises _NoAnswer."""
        attempts = Retrying(
            stop=stop_after_attempt(_ATTEMPTS) | stop_when_event_set(self._stopped),
            sleep=sleep_using_event(self._stopped),
            wait=self._wait,
            retry=retry_if_exception(_may_pass),
            reraise=True,
        )
        try:
            return attempts(self._get_once, client, url, parameters, limit)
        except (_TryAgainError, httpx.TransportError) as error:
            reason = str(error) if isinstance(error, _TryAgainError) else type(error).__name__
            raise _NoAnswer(
                f"TMDB doesn't answer ({reason}). Run the same command again later; it goes on from here."
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise BadCatalogue("TMDB's answer can't be read. Check MATINEE_TMDB_URL and MATINEE_TMDB_IMAGES.") from None

    def _get_once(self, client: httpx.Client, url: str, parameters: dict[str, str], limit: int) -> bytes:
        self._pace.wait()
        with client.stream("GET", url, params=parameters or None) as answer:
            status = answer.status_code
            if status == 429 or status >= 500:
                wait = _retry_after(answer.headers.get("retry-after"))
                if wait is not None and wait > _PATIENCE:
                    raise _NoAnswer(f"TMDB asks to wait {wait:.0f} seconds. Run the same command again after that.")
                raise _TryAgainError(f"status {status}", wait)
            if status in (401, 403) and client is self._api:
                raise BadInput("TMDB refuses the key. Set a valid one as MATINEE_TMDB_KEY (themoviedb.org, Settings, API).")
            if status == 404:
                raise BadCatalogue("TMDB has nothing under this number (404)")
            if status != 200:
                raise BadCatalogue(f"TMDB answered with status {status}")
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                if len(body) > limit:
                    raise BadCatalogue(f"the answer is larger than {limit / 1e6:.0f} MB")
            return bytes(body)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        named = error.wait if isinstance(error, _TryAgainError) else None
        if named is not None:
            self._pace.pause(named)  # all workers hold back, not only this one
            return 0.0
        return (wait_exponential(multiplier=self._first_wait, max=30) + wait_random(0, self._first_wait))(state)


class _WithKey(httpx.HTTPTransport):
    """Adds the key on the way out: httpx logs each address it asks for, and the key must not be in it."""

    def __init__(self, key: str, proxy: str | None) -> None:
        super().__init__(proxy=proxy)
        self._token = key if key.startswith("eyJ") or len(key) > 40 else None  # version 4 keys are tokens
        self._key = key

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url, headers = request.url, request.headers.copy()
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        else:
            url = url.copy_add_param("api_key", self._key)
        return super().handle_request(
            httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=request.extensions)
        )


class _Pace:
    """Lets at most `rate` callers a second through, evenly spaced, in any number of threads."""

    def __init__(self, rate: float, stopped: threading.Event) -> None:
        self._stopped = stopped
        self._gap = 1 / rate
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._gap
        self._stopped.wait(max(0.0, turn - time.monotonic()))

    def pause(self, seconds: float) -> None:
        """Nobody new goes through for `seconds`."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


def _record(data: dict[str, Any]) -> dict[str, Any]:
    """The import format's fields of a TMDB answer. Zeros mean unknown there."""
    number = data.get("id")
    imdb_id = data.get("imdb_id") if re.fullmatch(r"tt\d{5,12}", str(data.get("imdb_id"))) else None
    released = str(data.get("release_date") or "")
    crew, cast = _items(data.get("credits"), "crew"), _items(data.get("credits"), "cast")
    cast.sort(key=lambda person: order if isinstance(order := person.get("order"), int) else 100_000)
    votes = data.get("vote_count") or None
    title = data.get("title") or data.get("original_title")
    others = [data.get("original_title"), *(item.get("title") for item in _items(data.get("alternative_titles"), "titles"))]
    return {
        "id": film_id(imdb_id, number if isinstance(number, int) else None),
        "title": title,
        "alt_titles": [name for name in others if isinstance(name, str) and name != title][:20],
        "year": released[:4] or None,
        "release_date": released or None,
        "plot": data.get("overview"),
        "genres": _names(data, "genres"),
        "runtime": data.get("runtime") or None,
        "directors": [person["name"] for person in crew if person.get("job") == "Director" and person.get("name")],
        "cast": [person["name"] for person in cast if person.get("name")][:_BILLED],
        "language": data.get("original_language"),
        "countries": _names(data, "production_countries"),
        "rating": data.get("vote_average") if votes else None,
        "votes": votes,
        "budget": data.get("budget") or None,
        "revenue": data.get("revenue") or None,
        "imdb_id": imdb_id,
        "tmdb_id": number,
        "keywords": _names(data.get("keywords"), "keywords"),
    }


def _items(data: Any, name: str) -> list[dict[str, Any]]:
    """The objects listed under `name`; none where the answer has another shape."""
    listed = data.get(name) if isinstance(data, dict) else None
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _names(data: Any, name: str) -> list[Any]:
    return [item.get("name") for item in _items(data, name) if item.get("name")]


def _number(text: str, where: str) -> tuple[int, str] | Skip:
    text = re.sub(r"\.0+$", "", text.strip())  # pandas writes whole numbers beside gaps as 862.0
    if text.isascii() and text.isdecimal() and len(text) < 12:
        return int(text), where
    return Skip(where, f"no TMDB number: {text[:60]!r}" if text else "no TMDB number")


def _may_pass(error: BaseException) -> bool:
    """Whether trying again makes sense."""
    return isinstance(error, (_TryAgainError, httpx.TransportError)) and not isinstance(error, httpx.UnsupportedProtocol)


def _proxy(url: str) -> str | None:
    """The proxy the environment names for an address; httpx leaves that to transports of one's own.

    Raises BadInput if the address is none.
    """
    try:
        parts = httpx.URL(url)
        usable = parts.scheme in ("http", "https") and parts.host
    except httpx.InvalidURL:
        usable = False
    if not usable:
        raise BadInput("MATINEE_TMDB_URL is no web address. Unset it to use TMDB itself.")
    return None if proxy_bypass(parts.host) else getproxies().get(parts.scheme)


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a Retry-After header (seconds or a date); None where there is none to read."""
    if value is None:
        return None
    try:
        if re.fullmatch(r"\d{1,9}(\.\d+)?", value.strip()):
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _write(path: Path, data: bytes) -> None:
    """Write whole or not at all: a cache file cut off by a crash would pass for an answer."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            try:
                file.write(data)
                file.close()
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise BadInput(
            f"The cache can't be written ({error.strerror}). Free space, or set MATINEE_CACHE to another folder."
        ) from None
