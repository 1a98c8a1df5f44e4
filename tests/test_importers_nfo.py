"""Home libraries as Kodi and Jellyfin write them, and as people leave them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from movies.catalogue import Catalogue
from movies.errors import BadCatalogue
from movies.importers import ImportReport, import_films

KODI = """<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<movie>
    <title>Amélie</title>
    <originaltitle>Le Fabuleux Destin d'Amélie Poulain</originaltitle>
    <ratings>
        <rating name="themoviedb" max="10"><value>7.9</value><votes>11000</votes></rating>
        <rating name="imdb" max="10" default="true"><value>8.3</value><votes>790,123</votes></rating>
        <rating name="metacritic" max="100"><value>69</value></rating>
    </ratings>
    <userrating>0</userrating><top250>0</top250>
    <outline>Short.</outline>
    <plot>A shy waitress in Montmartre sets out to mend other people's lives.</plot>
    <tagline></tagline>
    <runtime>122</runtime>
    <mpaa>R</mpaa>
    <id>tt0211915</id>
    <uniqueid type="tmdb">194</uniqueid>
    <uniqueid type="imdb" default="true">tt0211915</uniqueid>
    <genre>Comedy</genre><genre>Romance</genre>
    <tag>paris</tag><tag>love</tag>
    <country>France</country><country>Germany</country>
    <director>Jean-Pierre Jeunet</director>
    <premiered>2001-04-25</premiered>
    <year>2001</year>
    <fileinfo><streamdetails>
        <video><codec>h264</codec></video>
        <audio><codec>ac3</codec><language>und</language></audio>
        <audio><codec>ac3</codec><language>fre</language></audio>
        <subtitle><language>eng</language></subtitle>
    </streamdetails></fileinfo>
    <actor><name>Mathieu Kassovitz</name><role>Nino</role><order>1</order></actor>
    <actor><name>Audrey Tautou</name><role>Amélie</role><order>0</order></actor>
    <resume><position>0.0</position></resume>
</movie>
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "films.sqlite")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "Movies"


def put(path: Path, content: str | bytes = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".jpg", ".png", ".webp"):
        Image.new("RGB", (4, 6)).save(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def sheet(**fields: object) -> str:
    return "<movie>" + "".join(f"<{name}>{value}</{name}>" for name, value in fields.items()) + "</movie>"


def skipped(report: ImportReport) -> dict[str, str]:
    return dict(report.skipped)


def test_a_kodi_folder_gives_every_field(library: Path, catalogue: Catalogue) -> None:
    folder = library / "Amélie (2001)"
    put(folder / "Amélie (2001).mkv")
    put(folder / "movie.nfo", KODI)
    put(folder / "poster.jpg")
    report = import_films("nfo", library, catalogue)
    assert (report.added, report.skipped, report.remarks) == (1, [], [])
    film = catalogue.movie("tt0211915")
    assert film.label == "Amélie (2001)"
    assert film.alt_titles == ("Le Fabuleux Destin d'Amélie Poulain",)
    assert (film.rating, film.votes, film.runtime) == (8.3, 790_123, 122)
    assert film.cast == ("Audrey Tautou", "Mathieu Kassovitz")
    assert film.directors == ("Jean-Pierre Jeunet",)
    assert film.language == "fr"
    assert film.countries == ("France", "Germany")
    assert film.genres == ("Comedy", "Romance")
    assert film.keywords == ("paris", "love")
    assert (film.tmdb_id, film.imdb_id) == (194, "tt0211915")
    assert str(film.release_date) == "2001-04-25"
    assert film.plot.startswith("A shy waitress")
    assert film.poster == str((folder / "poster.jpg").resolve())
    assert import_films("nfo", library, catalogue).unchanged == 1


@pytest.mark.parametrize("poster", ["folder.jpg", "Poster.png", "Heat-poster.webp", "cover.jpg", "Heat (1995).jpg", "Heat.jpg"])
def test_posters_are_found_by_the_names_media_servers_use(library: Path, catalogue: Catalogue, poster: str) -> None:
    put(library / "Heat (1995)" / "Heat.nfo", sheet(title="Heat", year=1995))
    put(library / "Heat (1995)" / poster)
    put(library / "Heat (1995)" / "fanart.jpg")
    import_films("nfo", library, catalogue)
    found = catalogue.movie("heat-1995").poster
    assert found is not None
    assert Path(found).name == poster


def test_a_folder_of_many_films_keeps_their_posters_apart(library: Path, catalogue: Catalogue) -> None:
    for name in ("Heat (1995)", "Alien (1979)"):
        put(library / f"{name}.mkv")
        put(library / f"{name}.nfo", sheet(title=name[:-7], year=name[-5:-1]))
    put(library / "Heat (1995)-poster.jpg")
    put(library / "poster.jpg")
    put(library / "Up (2009).mp4")
    put(library / "holiday.mp4")
    report = import_films("nfo", library, catalogue)
    assert {movie.label for movie in catalogue} == {"Heat (1995)", "Alien (1979)", "Up (2009)"}
    assert {movie.title for movie in catalogue if movie.poster} == {"Heat"}
    assert list(skipped(report)) == ["holiday"]


def test_both_nfos_that_servers_write_are_one_film(library: Path, catalogue: Catalogue) -> None:
    folder = library / "Heat (1995)"
    put(folder / "Heat (1995).mkv")
    for name in ("movie.nfo", "Heat (1995).nfo"):
        put(folder / name, sheet(title="Heat", year=1995))
    report = import_films("nfo", library, catalogue)
    assert (report.added, report.skipped) == (1, [])


def test_several_nfos_without_videos_are_several_films(library: Path, catalogue: Catalogue) -> None:
    for name in ("movie", "second", "third"):
        put(library / f"{name}.nfo", sheet(title=name))
    assert import_films("nfo", library, catalogue).added == 3


def test_a_folder_without_nfo_is_known_by_its_name(library: Path, catalogue: Catalogue) -> None:
    put(library / "Heat (1995)" / "whatever.mkv")
    put(library / "Heat (1995)" / "whatever-trailer.mkv")
    put(library / "Heat (1995)" / "Extras" / "making of (1996).mkv")
    put(library / "Heat (1995)" / "folder.jpg")
    put(library / "Stalker (1979)" / "VIDEO_TS" / "VTS_01_1.VOB")
    put(library / "Empty (1999)" / "readme.txt")
    put(library / "No year" / "film.avi")
    report = import_films("nfo", library, catalogue)
    assert {movie.label for movie in catalogue} == {"Heat (1995)", "Stalker (1979)"}
    assert catalogue.movie("heat-1995").poster is not None
    assert "only title and year" in dict(report.remarks)["Heat (1995)"]
    assert list(skipped(report)) == ["No year/film"]


def test_an_address_after_the_xml_is_allowed(library: Path, catalogue: Catalogue) -> None:
    put(library / "a" / "movie.nfo", KODI + "\nhttps://www.imdb.com/title/tt0211915/\n")
    assert import_films("nfo", library, catalogue).added == 1


def test_series_and_episodes_are_left_out_with_a_reason(library: Path, catalogue: Catalogue) -> None:
    put(library / "Lost" / "tvshow.nfo", "<tvshow><title>Lost</title></tvshow>")
    put(library / "Lost" / "Season 1" / "Lost S01E01.nfo", "<episodedetails><title>Pilot</title></episodedetails>")
    put(library / "Odd (2004)" / "e.nfo", "<episodedetails><title>Pilot</title></episodedetails>")
    put(library / "Odd (2004)" / "e.mkv")
    put(library / "Song" / "movie.nfo", "<musicvideo><title>Song</title></musicvideo>")
    report = import_films("nfo", library, catalogue)
    assert len(catalogue) == 0
    assert set(skipped(report)) == {"Lost", "Odd (2004)/e.nfo", "Song/movie.nfo"}
    assert "series" in skipped(report)["Lost"]
    assert "episode" in skipped(report)["Odd (2004)/e.nfo"]


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "&lol;" * 10}">' for n in range(12))
    + "]><movie><title>&l11;</title></movie>"
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (LAUGHS, "for safety"),
        ('<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><movie><title>&x;</title></movie>', "for safety"),
        ('<!DOCTYPE movie SYSTEM "http://127.0.0.1:9/x.dtd"><movie><title>X</title></movie>', "for safety"),
        ("<movie><title>" + "x" * 10_000_000 + "</title></movie>", "10 MB"),
        ("https://www.themoviedb.org/movie/949-heat\n", "only a web address"),
        ("", "empty"),
        ("  \n", "empty"),
        ("<movie><title>Heat</movie>", "not valid XML"),
        ("<movie><title>a & b</title></movie>", "not valid XML"),
        ("▄▄▄ RELEASED BY SOMEBODY ▄▄▄", "not valid XML"),
        (b"\x00\x01\x02", "not valid XML"),
        (b'<?xml version="1.0" encoding="klingon"?><movie/>', "not valid XML"),
        (b"<movie><title>Am\xe9lie</title></movie>", "not valid XML"),
        ("<html><body>404</body></html>", "<html>"),
        ("<movie><a>" + "<b>" * 300_000, "not valid XML"),
    ],
)
def test_a_hostile_or_broken_nfo_is_skipped_with_its_reason(
    library: Path, catalogue: Catalogue, content: str | bytes, reason: str
) -> None:
    put(library / "bad" / "movie.nfo", content)
    put(library / "good" / "movie.nfo", KODI)
    report = import_films("nfo", library, catalogue)
    assert report.added == 1
    assert list(skipped(report)) == ["bad/movie.nfo"]
    assert reason in skipped(report)["bad/movie.nfo"]


def test_a_release_note_named_nfo_does_not_cost_the_film(library: Path, catalogue: Catalogue) -> None:
    put(library / "Heat (1995)" / "heat.mkv")
    put(library / "Heat (1995)" / "heat.nfo", "*** RELEASE NOTES ***")
    report = import_films("nfo", library, catalogue)
    assert [movie.label for movie in catalogue] == ["Heat (1995)"]
    assert "not valid XML" in skipped(report)["Heat (1995)/heat.nfo"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"runtime": "170 min"}, {"runtime": 170}),
        ({"runtime": "2h 50m"}, {"runtime": 170}),
        ({"runtime": "0"}, {"runtime": None}),
        ({"runtime": "9" * 50}, {"runtime": None}),
        ({"rating": "8,3", "votes": "1 000"}, {"rating": 8.3, "votes": 1000}),
        ({"rating": "0.0"}, {"rating": None}),
        ({"rating": "nan"}, {"rating": None}),
        ({"rating": "83"}, {"rating": None}),
        ({"ratings": '<rating max="100" default="true"><value>83</value></rating>'}, {"rating": 8.3}),
        ({"ratings": '<rating max="0"><value>83</value></rating>'}, {"rating": None}),
        ({"year": "0", "releasedate": "1995-12-15"}, {"year": 1995}),
        ({"year": "abc"}, {"year": None}),
        ({"premiered": "15.12.1995"}, {"year": 1995, "release_date": None}),
        ({"premiered": "1995-99-99"}, {"year": 1995, "release_date": None}),
        ({"genre": "Crime / Drama"}, {"genres": ("Crime", "Drama")}),
        ({"tmdbid": "949"}, {"tmdb_id": 949, "id": "tmdb-949"}),
        ({"tmdbid": "nine"}, {"tmdb_id": None}),
        ({"id": "tt0113277"}, {"imdb_id": "tt0113277", "id": "tt0113277"}),
        ({"plot": "x" * 30_000}, {"plot": ""}),
        ({"outline": "Short."}, {"plot": "Short."}),
    ],
)
def test_fields_as_people_and_scrapers_write_them(
    library: Path, catalogue: Catalogue, fields: dict[str, str], expected: dict[str, object]
) -> None:
    put(library / "movie.nfo", sheet(title="Heat", **fields))
    import_films("nfo", library, catalogue)
    (film,) = catalogue
    assert {name: getattr(film, name) for name in expected} == expected


def test_what_a_film_had_to_be_stored_without_is_said(library: Path, catalogue: Catalogue) -> None:
    put(library / "movie.nfo", sheet(title="Heat", plot="x" * 30_000, runtime=99_999))
    report = import_films("nfo", library, catalogue)
    assert report.added == 1
    assert sorted(reason.split(":")[0] for _, reason in report.remarks) == ["left out plot", "left out runtime"]


def test_an_nfo_without_title_takes_the_folders(library: Path, catalogue: Catalogue) -> None:
    put(library / "Heat (1995)" / "movie.nfo", sheet(plot="x"))
    report = import_films("nfo", library, catalogue)
    assert [movie.label for movie in catalogue] == ["Heat (1995)"]
    assert "no title" in report.remarks[0].reason


def test_two_copies_of_a_film_are_one_and_the_second_is_named(library: Path, catalogue: Catalogue) -> None:
    put(library / "Amélie (2001)" / "movie.nfo", KODI)
    put(library / "Amélie 4K (2001)" / "movie.nfo", KODI)
    report = import_films("nfo", library, catalogue)
    assert report.added == 1
    assert "Amélie (2001)/movie.nfo" in skipped(report)["Amélie 4K (2001)/movie.nfo"]


def test_links_are_not_followed_and_pipes_are_not_read(library: Path, tmp_path: Path, catalogue: Catalogue) -> None:
    outside = put(tmp_path / "outside" / "movie.nfo", KODI).parent
    put(library / "ok" / "movie.nfo", sheet(title="Ok"))
    put(outside / "secret.jpg")
    (library / "ok" / "poster.jpg").symlink_to(outside / "secret.jpg")
    (library / "circle").symlink_to(library)
    (library / "away").symlink_to(outside)
    (library / "link").mkdir()
    (library / "link" / "movie.nfo").symlink_to(outside / "movie.nfo")
    (library / "pipe").mkdir()
    os.mkfifo(library / "pipe" / "movie.nfo")
    report = import_films("nfo", library, catalogue)
    assert [movie.title for movie in catalogue] == ["Ok"]
    assert next(iter(catalogue)).poster is None
    assert set(skipped(report)) == {"circle", "away", "link/movie.nfo", "pipe/movie.nfo"}
    assert "leads out" in dict(report.remarks)["ok/poster.jpg"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_we_may_not_read_is_reported(library: Path, catalogue: Catalogue) -> None:
    put(library / "ok" / "movie.nfo", KODI)
    closed = put(library / "closed" / "movie.nfo", KODI).parent
    closed.chmod(0)
    try:
        report = import_films("nfo", library, catalogue)
    finally:
        closed.chmod(0o700)
    assert report.added == 1
    assert "can't be read" in skipped(report)["closed"]


def test_a_library_that_is_none_is_refused_in_words(library: Path, catalogue: Catalogue) -> None:
    with pytest.raises(BadCatalogue, match="no folder"):
        import_films("nfo", library, catalogue)
    library.mkdir()
    with pytest.raises(BadCatalogue, match="neither NFO files nor videos"):
        import_films("nfo", library, catalogue)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=200),
        st.dictionaries(
            st.sampled_from(["title", "year", "runtime", "rating", "votes", "premiered", "genre", "id", "tmdbid", "actor"]),
            st.text(st.characters(codec="utf-8", exclude_characters="<>&", exclude_categories=["Cc", "Cs"]), max_size=20),
        ).map(lambda fields: sheet(**fields).encode()),
    )
)
def test_no_content_whatever_crashes_the_reader(tmp_path: Path, content: bytes) -> None:
    catalogue = Catalogue.open(tmp_path / "any.sqlite")
    put(tmp_path / "any" / "movie.nfo", content)
    report = import_films("nfo", tmp_path / "any", catalogue)
    assert report.films + len(report.skipped) == 1
