"""Films of a home library as Kodi and Jellyfin keep it: an `.nfo` (XML) beside each film, and its poster.

`Film (Year)/movie.nfo`, or `<name>.nfo` with `<name>-poster.jpg`. Folders named `Film (Year)`
with a video but no NFO become films known by name only. The XML is read with every expansion
switched off. Does not look into video files.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from pathlib import Path, PurePath
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from movies.errors import BadCatalogue, BadInput
from movies.importers.folders import PICTURES, Folder, inside, label, walk
from movies.importers.report import Entry, Film, Remark, Skip, film_entries, film_id
from movies.titles import split_year
from movies.vocabulary import fold

_LIMIT = 4_000_000  # bytes of one NFO; the largest ordinary ones have 200,000
_VIDEOS = re.compile(r"\.(mkv|mp4|m4v|avi|mov|wmv|mpe?g|ts|m2ts|webm|iso|img|og[vm]|flv|vob|divx|strm|rmvb|3gp)$", re.I)
_DISCS = {"video_ts", "bdmv"}  # a film ripped as a folder
_BESIDES = {
    "extras", "trailers", "sample", "samples", "subs", "subtitles", "featurettes", "behind the scenes", "deleted scenes",
    "interviews", "scenes", "shorts", "clips", "other", "extrafanart", "extrathumbs", "metadata", "theme-music", "backdrops",
}  # fmt: skip
_FOLDER_POSTERS = ("poster", "folder", "cover", "movie", "movie-poster")
_NOT_MAIN = re.compile(r"[-._ ](trailer|sample|featurette|behindthescenes|deleted|interview|scene|short|other|clip)\d*$", re.I)
_NO_LANGUAGE = {"und", "mis", "mul", "zxx"}  # ISO 639-2 for undetermined, uncoded, several, none
_OTHER_KINDS = {
    "tvshow": "a TV series, not a film", "episodedetails": "an episode of a series, not a film",
    "musicvideo": "a music video, not a film", "artist": "music, not a film", "album": "music, not a film",
    "season": "a season of a series, not a film", "set": "a collection, not a film",
}  # fmt: skip


class _OtherKind(BadInput):
    """The NFO describes something that isn't a film."""


class HomeLibrary:
    """Films in and below a folder; ids are IMDb or TMDB numbers where an NFO holds them, else title and year."""

    total = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __iter__(self) -> Generator[Entry, None, None]:
        something = False
        for folder in walk(self.folder):
            for entry in [folder] if isinstance(folder, Skip) else self._films_of(folder):
                something = True
                yield entry
        if not something:
            raise BadCatalogue(f"{self.folder} holds neither NFO files nor videos. Name the folder above your film folders.")

    def _films_of(self, folder: Folder) -> Iterator[Entry]:
        if "tvshow.nfo" in {name.lower() for name in folder.files}:
            folder.folders.clear()
            yield Skip(label(folder.path, self.folder), "a TV series, not a film; its folders are left out too")
            return
        videos = [PurePath(name).stem for name in folder.files if _VIDEOS.search(name)]
        videos = [stem for stem in videos if not _NOT_MAIN.search(stem)]
        discs = [name for name in folder.folders if name.lower() in _DISCS]
        sheets = [name for name in folder.files if name.lower().endswith(".nfo")]
        one_film = len(videos) + bool(discs) <= 1
        if one_film and (main := [name for name in sheets if name.lower() == "movie.nfo"]):
            again = {*videos, folder.path.name}  # media servers write both; they say the same
            sheets = main + [name for name in sheets if name not in main and PurePath(name).stem not in again]
        if sheets or videos or discs:
            folder.folders[:] = [name for name in folder.folders if name.lower() not in _DISCS | _BESIDES]
        described: set[str] = set()
        for sheet in sheets:
            where = label(folder.path / sheet, self.folder)
            try:
                root, remark = _parse(inside(self.folder, folder.path / sheet))
            except BadInput as error:
                yield Skip(where, error.message)
                if isinstance(error, _OtherKind):
                    described.add(PurePath(sheet).stem)
                continue
            described.add(PurePath(sheet).stem)
            if remark:
                yield Remark(where, remark)
            yield from self._from_sheet(where, folder, sheet, _record(root), alone=one_film and len(sheets) == 1)
        if not (described and one_film):
            yield from self._from_names(folder, [stem for stem in videos if stem not in described], alone=one_film, discs=discs)

    def _from_sheet(self, where: str, folder: Folder, sheet: str, record: dict[str, Any], *, alone: bool) -> Iterator[Entry]:
        if not record.get("title"):
            name = folder.path.name if alone and folder.path != self.folder else PurePath(sheet).stem
            record["title"], year = split_year(name)
            record["year"] = record["year"] or year
            yield Remark(where, "the NFO has no title; the film is named after its folder or file")
        yield from self._complete(where, folder, PurePath(sheet).stem, record, alone)

    def _from_names(self, folder: Folder, stems: list[str], *, alone: bool, discs: list[str]) -> Iterator[Entry]:
        """Films without an NFO, by the name of their folder or file, if that holds a year."""
        by_folder = split_year(folder.path.name)
        if (stems or discs) and alone and by_folder[1] and by_folder[0]:
            stem = stems[0] if stems else ""
            yield from self._bare(label(folder.path, self.folder), folder, stem, by_folder, alone=True)
            return
        for stem in [*stems, *(folder.path.name for _ in discs[:1])]:
            by_file = split_year(stem)
            where = label(folder.path / stem, self.folder)
            if by_file[1] and by_file[0]:
                yield from self._bare(where, folder, stem, by_file, alone=False)
            else:
                yield Skip(where, "a video without an NFO, and its name isn't of the form Film (1999)")

    def _bare(self, where: str, folder: Folder, stem: str, name: tuple[str, int | None], *, alone: bool) -> Iterator[Entry]:
        for entry in self._complete(where, folder, stem, {"title": name[0], "year": name[1]}, alone):
            yield entry
            if isinstance(entry, Film):
                yield Remark(where, "no NFO; only title and year are known, from the name")

    def _complete(self, where: str, folder: Folder, stem: str, record: dict[str, Any], alone: bool) -> Iterator[Entry]:
        """The film of a record with its poster, and with an id made of title and year where it has none."""
        record["id"] = (
            record.get("id") or re.sub(r"\W+", "-", fold(f"{record['title']} {record.get('year') or ''}")).strip("-") or where
        )
        names = [f"{stem}-poster", stem] if stem else []
        if alone:
            names += [*_FOLDER_POSTERS, folder.path.name, f"{folder.path.name}-poster"]
        files = {name.lower(): name for name in folder.files if PurePath(name).suffix.lower() in PICTURES}
        remarks = []
        for name in (files.get(f"{name.lower()}{ending}") for name in names for ending in (".jpg", ".jpeg", ".png", ".webp")):
            if name is None:
                continue
            try:
                record["poster"] = str(inside(self.folder, folder.path / name))
                break
            except BadInput as error:
                remarks.append(Remark(label(folder.path / name, self.folder), f"no poster: {error.message}"))
        yield from film_entries(where, record)
        yield from remarks


def _parse(path: Path) -> tuple[Element, str]:
    """The `<movie>` of an NFO file and a remark on what follows it; raises BadInput with the reason why there is none."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _LIMIT else b""
    except OSError as error:
        raise BadInput(f"the file can't be read ({error.strerror})") from None
    if size > _LIMIT:
        raise BadInput(f"the NFO has {size / 1e6:.0f} MB; {_LIMIT / 1e6:.0f} MB are the limit")
    if not data.strip():
        raise BadInput("the NFO is empty")
    if b"<" not in data and re.search(rb"https?://", data):
        raise BadInput("the NFO holds only a web address; let your media server fetch the details")
    remark = ""
    try:
        try:
            root: Element = fromstring(data, forbid_dtd=True)
        except ParseError:  # Kodi allows a web address after the XML, which isn't XML any more
            head, end, tail = data.partition(b"</movie>")
            root = fromstring(head + end, forbid_dtd=True)
            if b"<movie" in tail:
                remark = "the NFO describes several films; only its first is imported"
    except DefusedXmlException:
        raise BadInput("the NFO defines entities or a document type, which are not read for safety") from None
    except (ParseError, ValueError, LookupError) as error:  # also an encoding nobody knows
        raise BadInput(f"not valid XML ({str(error)[:120]})") from None
    if root.tag != "movie":
        raise _OtherKind(_OTHER_KINDS.get(root.tag, f"not a film: the NFO is of <{root.tag[:40]}>"))
    return root, remark


def _record(root: Element) -> dict[str, Any]:
    """The fields of the import format that a `<movie>` element holds."""

    def text(path: str) -> str:
        return (root.findtext(path) or "").strip()

    def texts(path: str) -> list[str]:
        """The element of a repeated kind; older files put several into one, split by ` / `."""
        return [part.strip() for item in root.findall(path) for part in (item.text or "").split(" / ") if part.strip()]

    def minutes() -> str:
        hours, rest = re.match(r"(?:(\d{1,3})\s*h)?\D*(\d{0,6})", text("runtime").replace(",", "")).groups("")  # type: ignore[union-attr]
        return str(int(hours or 0) * 60 + int(rest or 0) or "")

    released = next((date for tag in ("premiered", "releasedate") if (date := text(tag))), "")
    year = re.search(r"\b(1[89]|20|21)\d\d\b", f"{text('year')} {released}")
    imdb_id, tmdb_id = _ids(root)
    rating, votes = _rating(root)
    spoken = texts("fileinfo/streamdetails/audio/language")
    title, original = text("title"), text("originaltitle")
    return {
        "id": film_id(imdb_id, tmdb_id),
        "title": title or original,
        "alt_titles": [original] if original and original != title else [],
        "year": year.group() if year else None,
        "release_date": released[:10] if re.match(r"\d{4}-\d\d-\d\d", released) else None,
        "plot": text("plot") or text("outline"),
        "genres": texts("genre"),
        "runtime": minutes(),
        "directors": texts("director"),
        "cast": _cast(root),
        "countries": texts("country"),
        "language": next((code for code in spoken if code.lower() not in _NO_LANGUAGE), None),
        "rating": rating,
        "votes": votes,
        "imdb_id": imdb_id,
        "tmdb_id": tmdb_id,
        "keywords": texts("tag"),
    }  # fmt: skip


def _ids(root: Element) -> tuple[str | None, str | None]:
    """IMDb id (`tt…`) and TMDB number, from `uniqueid` or the older `id`, `imdbid` and `tmdbid`."""
    named = {(item.get("type") or "").lower(): (item.text or "").strip() for item in root.findall("uniqueid")}
    plain = [(root.findtext(tag) or "").strip() for tag in ("imdbid", "id")]
    imdb = next(
        (value for value in (named.get("imdb", ""), *plain, *named.values()) if re.fullmatch(r"tt\d{5,12}", value)), None
    )
    tmdb = named.get("tmdb") or (root.findtext("tmdbid") or "").strip()
    return imdb, tmdb if tmdb.isdecimal() and tmdb.isascii() and len(tmdb) < 12 else None


def _rating(root: Element) -> tuple[float | None, int | None]:
    """Rating out of 10 and its votes: the default one, else IMDb's, else the first; a rating of 0 means none."""
    ratings = root.findall("ratings/rating")
    ratings.sort(key=lambda item: (item.get("default") != "true", (item.get("name") or "") != "imdb"))
    values = [(item.findtext("value"), item.get("max"), item.findtext("votes")) for item in ratings]
    for value, best, votes in [*values, (root.findtext("rating"), None, root.findtext("votes"))]:
        try:
            score = float((value or "").replace(",", ".")) * 10 / float(best or 10)
        except (ValueError, ZeroDivisionError, OverflowError):
            continue
        if 0 < score <= 10:
            count = re.sub(r"\D", "", votes or "")[:15]
            return round(score, 2), int(count) if count else None
    return None, None


def _cast(root: Element) -> list[str]:
    """Actors in the order they are billed."""

    def billing(actor: Element) -> int:
        order = (actor.findtext("order") or "").strip()
        return int(order) if order.isdecimal() and len(order) < 6 else 100_000

    return [(actor.findtext("name") or "").strip() for actor in sorted(root.findall("actor"), key=billing)]
