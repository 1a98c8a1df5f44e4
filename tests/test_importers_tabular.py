"""JSON Lines and CSV: what a catalogue team's exports really look like, and what they must not break."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from movies.catalogue import Catalogue
from movies.errors import BadCatalogue, BadInput
from movies.importers import ImportReport, import_films
from movies.importers.tabular import TextLines


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "films.sqlite")


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(*records: object) -> str:
    return "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)


def reasons(report: ImportReport) -> dict[str, str]:
    return dict(report.skipped)


HEAT = {"id": "heat", "title": "Heat", "year": 1995, "genres": ["Crime"], "cast": ["Al Pacino", "Robert De Niro"]}
ALIEN = {"id": "alien", "title": "Alien", "year": 1979, "genres": ["science fiction", "Horror"]}


def test_jsonl_films_arrive_with_all_their_fields(tmp_path: Path, catalogue: Catalogue) -> None:
    full = HEAT | {"runtime": 170, "directors": ["Michael Mann"], "language": "English", "countries": ["USA"], "rating": 8.3}
    full |= {"budget": 60_000_000, "release_date": "1995-12-15", "tmdb_id": 949, "keywords": ["heist"], "unheard_of": {"x": 1}}
    report = import_films("jsonl", write(tmp_path / "f.jsonl", rows(full, ALIEN)), catalogue)
    assert (report.added, report.skipped, report.remarks) == (2, [], [])
    heat = catalogue.movie("heat")
    assert (heat.language, heat.countries, heat.budget) == ("en", ("United States",), 60_000_000)
    assert str(heat.release_date) == "1995-12-15"
    assert catalogue.movie("alien").genres == ("Sci-Fi", "Horror")


def test_a_second_import_changes_nothing_and_a_changed_film_is_replaced(tmp_path: Path, catalogue: Catalogue) -> None:
    source = write(tmp_path / "f.jsonl", rows(HEAT, ALIEN))
    import_films("jsonl", source, catalogue)
    keys = catalogue.keys()
    again = import_films("jsonl", source, catalogue)
    assert (again.added, again.unchanged, again.replaced) == (0, 2, 0)
    assert catalogue.keys() == keys
    write(source, rows(HEAT | {"year": 1996}, ALIEN))
    changed = import_films("jsonl", source, catalogue)
    assert (changed.unchanged, changed.replaced) == (1, 1)
    assert catalogue.movie("heat").year == 1996


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{not json", "not valid JSON"),
        ('{"id": "heat/poster", "title": "Heat"}', "/poster or /similar"),
        ('{"id": "x"', "not valid JSON"),
        ("[1, 2]", "object with named fields"),
        ('"text"', "object with named fields"),
        ("null", "object with named fields"),
        ('{"id": "x"}', "title"),
        ('{"title": "X"}', "id"),
        ('{"id": "x", "title": ""}', "title"),
        ('{"id": "x", "title": "X", "year": "soon"}', "year"),
        ('{"id": "x", "title": "X", "year": 12}', "year"),
        ('{"id": "x", "title": "X", "rating": NaN}', "NaN"),
        ('{"id": "x", "title": "X", "rating": true}', "rating"),
        ('{"id": "x", "title": "X", "genres": 7}', "genres"),
        ('{"id": "x", "title": "X", "genres": [["Drama"]]}', "genres"),
        ('{"id": "x", "title": {"en": "X"}}', "title"),
        ('{"id": "x", "title": "X", "release_date": 19950101}', "release_date"),
        ('{"id": "x", "title": "X", "budget": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"id": "x", "title": "X", "plot": "' + "y" * 30_000 + '"}', "plot"),
        ('{"id": "x", "title": "X", "plot": "\0"}', "NUL"),
        ("[" * 100_000, "not valid JSON"),
        ('{"id": "x", "title": "X", "plot": "' + "y" * 1_200_000 + '"}', "longer than"),
    ],
)  # fmt: skip
def test_a_bad_row_costs_only_itself_and_is_reported_with_its_line(
    tmp_path: Path, catalogue: Catalogue, bad: str, reason: str
) -> None:
    report = import_films("jsonl", write(tmp_path / "f.jsonl", rows(HEAT, bad, ALIEN)), catalogue)
    assert report.added == 2
    assert list(reasons(report)) == ["f.jsonl:2"]
    assert reason in reasons(report)["f.jsonl:2"]
    assert len(reasons(report)["f.jsonl:2"]) < 400


def test_a_line_in_another_encoding_is_reported_and_the_others_are_kept(tmp_path: Path, catalogue: Catalogue) -> None:
    latin = '{"id": "amelie", "title": "Amélie"}\n'.encode("cp1252")
    report = import_films("jsonl", write(tmp_path / "f.jsonl", rows(HEAT).encode() + latin + rows(ALIEN).encode()), catalogue)
    assert report.added == 2
    assert "UTF-8" in reasons(report)["f.jsonl:2"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
def test_byte_order_marks_are_understood(tmp_path: Path, catalogue: Catalogue, encoding: str) -> None:
    text = json.dumps({"id": "amelie", "title": "Amélie 天"}, ensure_ascii=False) + "\r\n"
    data = ("\ufeff" + text).encode(encoding[:9]) if encoding.endswith("-bom") else text.encode(encoding)
    assert import_films("jsonl", write(tmp_path / "f.jsonl", data), catalogue).added == 1
    assert catalogue.movie("amelie").title == "Amélie 天"


def test_a_utf_16_file_with_half_a_character_keeps_the_rest(tmp_path: Path, catalogue: Catalogue) -> None:
    report = import_films("jsonl", write(tmp_path / "f.jsonl", rows(HEAT, ALIEN).encode("utf-16") + b"\x41"), catalogue)
    assert report.added + len(report.skipped) >= 2
    assert any("damaged" in reason for _, reason in report.skipped)


def test_an_id_twice_in_a_file_keeps_the_first_and_names_both_lines(tmp_path: Path, catalogue: Catalogue) -> None:
    source = write(tmp_path / "f.jsonl", rows(HEAT, ALIEN, HEAT | {"title": "Another"}))
    report = import_films("jsonl", source, catalogue)
    assert catalogue.movie("heat").title == "Heat"
    assert "f.jsonl:1" in reasons(report)["f.jsonl:3"]


def test_gzip_is_read_by_its_ending(tmp_path: Path, catalogue: Catalogue) -> None:
    source = write(tmp_path / "f.jsonl.gz", gzip.compress(rows(HEAT, ALIEN).encode()))
    assert import_films("jsonl", source, catalogue).added == 2


def test_a_gzip_file_that_is_cut_off_gives_what_it_holds_and_says_so(tmp_path: Path, catalogue: Catalogue) -> None:
    many = rows(*({"id": f"f{n}", "title": f"Film {n * 7919}"} for n in range(5000)))
    whole = gzip.compress(many.encode())
    report = import_films("jsonl", write(tmp_path / "f.jsonl.gz", whole[: len(whole) // 2]), catalogue)
    assert 1000 < report.added < 4000
    assert len(catalogue) == report.added
    assert len(report.skipped) == 1
    assert "cut off" in report.skipped[0].reason


def test_a_small_gzip_that_unpacks_to_gigabytes_is_stopped(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as bomb:
        bomb.write(rows(HEAT).encode())
        for _ in range(300):
            bomb.write(b" " * 1_000_000)
    report = import_films("jsonl", path, catalogue)
    assert report.added == 1
    assert "times its size" in report.skipped[-1].reason


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("f.jsonl", None, "no file"),
        ("f.jsonl", "[\n{}\n]", "JSON list"),
        ("f.jsonl", gzip.compress(b"x"), "compressed"),
        ("f.jsonl.gz", b"plain text", "isn't gzip"),
        ("f.csv", "", "no rows"),
        ("f.csv", "heat,Heat,1995\n", "name the columns"),
        ("f.csv", "title,year\nHeat,1995\n", "id and title"),
        ("f.csv", "id,title,title\n1,a,b\n", "two columns"),
    ],
)
def test_a_source_that_cannot_be_used_is_refused_in_words(
    tmp_path: Path, catalogue: Catalogue, name: str, content: str | bytes | None, said: str
) -> None:
    source = tmp_path / name
    if content is not None:
        write(source, content)
    with pytest.raises(BadCatalogue, match=said):
        import_films("csv" if ".csv" in name else "jsonl", source, catalogue)


def test_a_folder_and_an_unknown_kind_are_refused(tmp_path: Path, catalogue: Catalogue) -> None:
    with pytest.raises(BadCatalogue, match="folder"):
        import_films("jsonl", tmp_path, catalogue)
    with pytest.raises(BadInput, match="Choose one of"):
        import_films("xlsx", tmp_path, catalogue)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="image folder only"):
        import_films("jsonl", tmp_path, catalogue, plots=tmp_path / "p.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_delimiters_are_found_out(tmp_path: Path, catalogue: Catalogue, delimiter: str, newline: str) -> None:
    table = [
        ["ID", "Title", "genres", "cast", "plot", "year"],
        ["heat", "Heat", "Crime|Drama", "Al Pacino|Robert De Niro", f'"A detective{delimiter} a ""thief""\na bank"', "1995.0"],
        ["up", "Up", "", "", "", ""],
    ]
    text = newline.join(delimiter.join(row) for row in table) + newline
    report = import_films("csv", write(tmp_path / "f.csv", text), catalogue)
    assert (report.added, report.skipped) == (2, [])
    heat = catalogue.movie("heat")
    assert heat.cast == ("Al Pacino", "Robert De Niro")
    assert heat.plot == f'A detective{delimiter} a "thief"\na bank'.replace("\t ", " ")
    assert heat.year == 1995


def test_excel_writes_its_delimiter_first(tmp_path: Path, catalogue: Catalogue) -> None:
    assert import_films("csv", write(tmp_path / "f.csv", "\ufeffsep=;\nid;title\n1;Heat\n"), catalogue).added == 1


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path, catalogue: Catalogue) -> None:
    lines = ["id,title,plot"] + [f"f{n},Film {n},plain" for n in range(400)]
    lines[11] = 'f10,"Film 10,plain'
    lines[301] = 'f300,Film 300,"plain'
    report = import_films("csv", write(tmp_path / "f.csv", "\n".join(lines) + "\n"), catalogue)
    assert report.added == 398
    assert sorted(reasons(report)) == ["f.csv:12", "f.csv:302"]


def test_an_open_quote_before_a_row_with_quotes_does_not_swallow_it(tmp_path: Path, catalogue: Catalogue) -> None:
    text = 'id,title,plot\na,"Open,x\nb,"The ""B"", yes",y\nc,C,z\n'
    report = import_films("csv", write(tmp_path / "f.csv", text), catalogue)
    assert [movie.id for movie in catalogue] == ["b", "c"]
    assert list(reasons(report)) == ["f.csv:2"]


@pytest.mark.parametrize("row", ["a,A", "a,A,p,surplus", 'a,"A"x,p'])
def test_csv_rows_of_the_wrong_shape_are_reported(tmp_path: Path, catalogue: Catalogue, row: str) -> None:
    report = import_films("csv", write(tmp_path / "f.csv", f"id,title,plot\n{row}\nb,B,p,,\n"), catalogue)
    assert [movie.id for movie in catalogue] == ["b"]
    assert list(reasons(report)) == ["f.csv:2"]


def test_posters_must_lie_inside_the_folder_of_the_file(tmp_path: Path, catalogue: Catalogue) -> None:
    home = tmp_path / "home"
    (home / "posters").mkdir(parents=True)
    for path in (home / "posters" / "ok.png", tmp_path / "secret.png"):
        Image.new("RGB", (4, 6)).save(path)
    (home / "link.png").symlink_to(tmp_path / "secret.png")
    (home / "loop.png").symlink_to(home / "loop.png")
    posters = {
        "good": "posters/ok.png", "dots": "posters/../posters/ok.png", "windows": "posters\\ok.png", "up": "../secret.png",
        "absolute": str(home / "posters" / "ok.png"), "drive": "C:\\ok.png", "link": "link.png", "loop": "loop.png",
        "missing": "posters/none.png", "folder": "posters", "web": "https://example.org/a.jpg", "nul": "a\0b.png",
        "long": "a" * 5000, "surrogate": "\ud800.png",
    }  # fmt: skip
    films = [{"id": name, "title": name, "poster": poster} for name, poster in posters.items()]
    report = import_films("jsonl", write(home / "f.jsonl", rows(*films)), catalogue)
    assert report.added == len(posters)
    with_poster = {movie.id for movie in catalogue if movie.poster}
    assert with_poster == {"good", "dots", "windows"}
    assert catalogue.movie("good").poster == str((home / "posters" / "ok.png").resolve())
    assert len(report.remarks) == len(posters) - 3
    assert "missing" in dict(report.remarks)["f.jsonl:9"]


def test_progress_and_the_printed_report(tmp_path: Path, catalogue: Catalogue) -> None:
    seen: list[tuple[int, int | None]] = []
    source = write(tmp_path / "f.jsonl", rows(HEAT, "{", ALIEN, *(["?"] * 40)))
    report = import_films("jsonl", source, catalogue, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (43, None)
    assert [done for done, _ in seen] == list(range(1, 44))
    assert "2 films: 2 added, 0 unchanged, 0 replaced." in str(report)
    assert "f.jsonl:2: not valid JSON" in str(report)
    assert "and 21 more" in str(report)
    as_json = json.loads(json.dumps(report.as_json()))
    assert as_json["added"] == 2
    assert as_json["skipped"][0]["where"] == "f.jsonl:2"


def test_films_read_before_a_failure_are_kept(tmp_path: Path, catalogue: Catalogue) -> None:
    class InterruptError(Exception):
        pass

    def stop(done: int, total: int | None) -> None:
        if done == 700:
            raise InterruptError

    source = write(tmp_path / "f.jsonl", rows(*({"id": f"f{n}", "title": "F"} for n in range(1000))))
    with pytest.raises(InterruptError):
        import_films("jsonl", source, catalogue, progress=stop)
    assert len(catalogue) == 700
    again = import_films("jsonl", source, catalogue)
    assert (again.added, again.unchanged) == (300, 700)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from([".jsonl", ".csv", ".jsonl.gz", ".csv.gz"]))
def test_no_bytes_whatever_crash_the_readers(tmp_path: Path, data: bytes, ending: str) -> None:
    catalogue = Catalogue.open(tmp_path / "any.sqlite")
    source = write(tmp_path / f"any{ending}", b"id,title\n" + data if ending == ".csv" else data)
    try:
        report = import_films("csv" if "csv" in ending else "jsonl", source, catalogue)
    except BadInput:
        return
    json.dumps(report.as_json())


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=0, max_size=30), max_size=20))
def test_every_line_is_either_read_or_reported(tmp_path: Path, texts: list[str]) -> None:
    lines = [text.replace("\n", "").replace("\r", "") for text in texts]
    source = write(tmp_path / "lines.txt", "\n".join(lines))
    found = list(TextLines(source))
    assert len(found) == sum(
        1 for number, line in enumerate(lines) if line.lstrip("\ufeff" if number == 0 else "").strip() or "\0" in line
    )
