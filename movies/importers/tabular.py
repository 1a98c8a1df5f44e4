"""Films from the import format: JSON Lines and CSV, plain or gzip, one film a row.

`TextLines` reads any text file line by line within fixed memory; `table_rows` reads any CSV.
Rows are strict: one that isn't valid is skipped and reported, never repaired. Does not know
which columns other layouts use.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn, TextIO

from movies.errors import BadCatalogue, BadInput
from movies.importers.folders import named_picture
from movies.importers.report import Entry, Film, Remark, Skip
from movies.movie import Movie

_LINE_LIMIT = 1_000_000  # characters; the longest valid film needs less
_RECORD_LINES, _RECORD_LIMIT = 200, 60_000  # how far an opening quote in a CSV may reach
_BOMB_SIZE, _BOMB_RATIO = 200_000_000, 200  # films compress 3 to 10 times
_DELIMITERS = (",", ";", "\t")
_SURROGATE = re.compile("[\ud800-\udfff]")  # what `_decoded` makes of bytes that are no text


class Line(NamedTuple):
    number: int
    text: str


class Row(NamedTuple):
    """One CSV record: the file and lines it stands in, and its fields by column name."""

    where: str
    fields: dict[str, str]


class TextLines:
    """The lines of a text file that can be used (without line ends), and a `Skip` for each that can't.

    UTF-8 with or without a byte order mark, UTF-16 with one; gzip by the ending `.gz`. Blank
    lines are passed over. Raises BadCatalogue where the file can't be opened at all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Line | Skip]:
        with _open(self.path) as raw:
            stream = gzip.GzipFile(fileobj=raw) if self.path.suffix.lower() == ".gz" else raw
            number = 0
            try:
                text = _decoded(stream, self.path)
                while True:
                    number += 1
                    line = text.readline(_LINE_LIMIT)
                    if not line:
                        return
                    where, reason = f"{self.path.name}:{number}", ""
                    if len(line) >= _LINE_LIMIT and not line.endswith("\n"):
                        while line and not line.endswith("\n"):
                            line = text.readline(_LINE_LIMIT)
                            _check_ratio(stream, raw)
                        reason = f"the line is longer than {_LINE_LIMIT:,} characters"
                    elif _SURROGATE.search(line):
                        reason = "the line isn't UTF-8; save the file as UTF-8"
                    elif "\0" in line:
                        reason = "the line holds NUL bytes"
                    if number % 10_000 == 0:
                        _check_ratio(stream, raw)
                    if reason:
                        yield Skip(where, reason)
                    elif line.strip():
                        yield Line(number, line.rstrip("\r\n"))
            except (OSError, EOFError, zlib.error, UnicodeError) as error:
                if number <= 1:
                    _unreadable(self.path, error)
                yield Skip(
                    f"{self.path.name}:{number}", f"the file is damaged or cut off here, and what follows is missing ({error})"
                )


class JsonLines:
    """Films of a `.jsonl` or `.jsonl.gz` file."""

    total = None

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Generator[Entry, None, None]:
        start = True
        for line in TextLines(self.path):
            if isinstance(line, Skip):
                yield line
                continue
            if start and line.text.lstrip().startswith("["):
                raise BadCatalogue(f"{self.path.name} is one JSON list, not JSON Lines. Write one film a line: jq -c '.[]'")
            start = False
            where = f"{self.path.name}:{line.number}"
            try:
                record = json.loads(line.text, parse_constant=_no_constant)
            except (ValueError, RecursionError) as error:
                yield Skip(where, f"not valid JSON ({str(error)[:120]})")
                continue
            yield from _strict_film(where, self.path.parent, record)


class CsvFilms:
    """Films of a `.csv`, `.tsv` or `.csv.gz` file with a header; comma, semicolon or tab is found out."""

    total = None

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Generator[Entry, None, None]:
        def needed(columns: Sequence[str]) -> bool:
            return {"id", "title"} <= set(columns)

        for row in table_rows(self.path, needed, "id and title"):
            if isinstance(row, Skip):
                yield row
            else:
                yield from _strict_film(row.where, self.path.parent, row.fields)


def table_rows(path: Path, is_header: Callable[[Sequence[str]], bool], needed: str) -> Iterator[Row | Skip]:
    """The records of a CSV file whose header (lower-cased column names) satisfies `is_header`.

    A broken record costs only itself: where a quote isn't closed, its first line is reported and
    reading goes on with the next. Raises BadCatalogue naming the `needed` columns if no header fits.
    """
    waiting: deque[Line] = deque()  # lines read too far ahead
    skipped: list[Skip] = []
    source = iter(TextLines(path))

    def next_line() -> Line | None:
        if waiting:
            return waiting.popleft()
        for item in source:
            if isinstance(item, Line):
                return item
            skipped.append(item)
        return None

    first = next_line()
    if first is not None and first.text.lower().startswith("sep="):
        first = next_line()
    delimiter, columns = _header(first, path, is_header, needed)
    while True:
        line = next_line()
        yield from skipped
        skipped.clear()
        if line is None:
            return
        taken = [line]

        def lines(taken: list[Line] = taken) -> Iterator[str]:
            yield taken[0].text + "\n"
            size = len(taken[0].text)
            while len(taken) < _RECORD_LINES and size < _RECORD_LIMIT and (more := next_line()) is not None:
                taken.append(more)
                size += len(more.text)
                yield more.text + "\n"

        try:
            values = next(csv.reader(lines(), delimiter=delimiter, strict=True))
            if len(values) < len(columns) or any(value.strip() for value in values[len(columns) :]):
                raise csv.Error(f"{len(values)} columns where the header has {len(columns)}")
        except csv.Error as error:
            waiting.extendleft(reversed(taken[1:]))
            yield Skip(f"{path.name}:{line.number}", f"not a valid row ({error})")
        else:
            where = f"{path.name}:{line.number}" + (f"-{taken[-1].number}" if len(taken) > 1 else "")
            yield Row(where, {name: value for name, value in zip(columns, values, strict=False) if name})


def _strict_film(where: str, folder: Path, record: Any) -> Iterator[Entry]:
    poster = record.get("poster") if isinstance(record, dict) else None
    remark: Remark | None = None
    if isinstance(poster, str) and poster.strip():
        try:
            record = record | {"poster": str(named_picture(folder, poster))}
        except BadInput as error:
            record = {name: value for name, value in record.items() if name != "poster"}
            remark = Remark(where, f"{error.message}: {poster[:120]!r}")
    try:
        yield Film(where, Movie.from_record(record))
    except BadInput as error:
        yield Skip(where, error.message[:300])
        return
    if remark:
        yield remark


def _header(line: Line | None, path: Path, is_header: Callable[[Sequence[str]], bool], needed: str) -> tuple[str, list[str]]:
    if line is None:
        raise BadCatalogue(f"{path.name} holds no rows. Its first line must name the columns ({needed} at least).")
    for delimiter in _DELIMITERS:
        try:
            columns = [name.strip().lower() for name in next(csv.reader([line.text], delimiter=delimiter, strict=True))]
        except csv.Error:
            continue
        if is_header(columns):
            twice = {name for name in columns if name and columns.count(name) > 1}
            if twice:
                raise BadCatalogue(f"{path.name} has two columns named {min(twice)[:60]!r}. Rename one of them.")
            return delimiter, columns
    raise BadCatalogue(f"The first line of {path.name} must name the columns ({needed} at least); it is {line.text[:120]!r}.")


def _open(path: Path) -> BinaryIO:
    try:
        if path.is_dir():
            raise BadCatalogue(f"{path} is a folder. Name a file, or use the imagefolder or nfo importer for folders.")
        if not path.is_file():
            raise BadCatalogue(f"There is no file {path}. Check the name.")
        return path.open("rb")
    except (OSError, ValueError) as error:
        _unreadable(path, error)


def _unreadable(path: Path, error: Exception) -> NoReturn:
    hint = " It isn't gzip although its name ends in .gz." if isinstance(error, gzip.BadGzipFile) else ""
    raise BadCatalogue(
        f"{path.name} can't be read ({getattr(error, 'strerror', None) or error}).{hint} Check the file."
    ) from None


def _decoded(stream: BinaryIO | gzip.GzipFile, path: Path) -> TextIO:
    """Text of a byte stream; bytes that aren't in its encoding come as lone surrogates, line by line."""
    buffered = io.BufferedReader(stream)  # type: ignore[type-var]
    start = buffered.peek(4)[:4]
    if start[:2] == b"\x1f\x8b":
        raise BadCatalogue(f"{path.name} is compressed. Name it {path.name}.gz and import that.")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return io.TextIOWrapper(buffered, encoding="utf-16", errors="surrogatepass")
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="surrogateescape")


def _check_ratio(stream: BinaryIO | gzip.GzipFile, raw: BinaryIO) -> None:
    if isinstance(stream, gzip.GzipFile) and stream.tell() > _BOMB_SIZE and stream.tell() > _BOMB_RATIO * raw.tell():
        raise EOFError(f"it unpacks to more than {_BOMB_RATIO} times its size")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")
