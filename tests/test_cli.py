"""The `matinee` command as a person or a program calls it, over a small real index."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from cli.screen import progress_bars
from cli.serving import _quick_demo
from movies.catalogue import Catalogue
from movies.settings import Settings
from rag.library import current_version
from tests.films import FILMS

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where films were imported and built with the built-in encoder, through the command."""
    folder = tmp_path_factory.mktemp("cli")
    lines = [json.dumps(film.model_dump(mode="json", exclude_defaults=True) | {"poster": None}) for film in FILMS]
    lines.insert(3, "{ this is not JSON")
    (folder / "films.jsonl").write_text("\n".join(lines), "utf-8")
    good = '{"id": "y", "title": "A line\u2028separator"}'
    (folder / "bad.jsonl").write_text(f'{good}\n\n{{"id": "x/poster", "title": "X"}}\n', "utf-8")
    done = matinee(folder, "import", "jsonl", "films.jsonl", "--catalogue", "films.sqlite", "--json")
    report = json.loads(done.stdout)
    assert report["added"] == len(FILMS)
    assert len(report["skipped"]) == 1
    done = matinee(folder, "build", "--catalogue", "films.sqlite", "--artifacts", "artifacts", "--no-heads", "--json")
    assert json.loads(done.stdout)["films"] == len(FILMS)
    return folder


def matinee(folder: Path, *arguments: str, fails: bool = False, said: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"MATINEE_ENCODER": "builtin", "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "160"}
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        input=said,
        timeout=240,
    )
    assert (done.returncode != 0) == fails, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_search_in_words_gives_films_and_the_plan(house: Path) -> None:
    found = json.loads(
        matinee(house, "search", "a science fiction film from the 70s about a creature on a ship", "--json").stdout
    )
    assert found["hits"][0]["movie"]["title"] == "Alien"
    assert found["plan"]["filters"]["year_min"] == 1970
    assert "evidence" in found["hits"][0]


def test_search_says_what_to_give_up(house: Path) -> None:
    found = json.loads(matinee(house, "search", "a Korean western", "--json").stdout)
    assert found["hits"] == []
    assert found["relaxations"]


def test_asking_goes_on_and_prints_plain_text_or_events(house: Path) -> None:
    done = matinee(house, "ask", "a western", "--session", "cli")
    assert "Unforgiven (1992)" in done.stdout
    assert "**" not in done.stdout
    events = [
        json.loads(line) for line in matinee(house, "ask", "after 1980", "--session", "cli", "--json").stdout.splitlines()
    ]
    names = [event["event"] for event in events]
    assert (names[0], names[-1]) == ("status", "done")
    assert {"plan", "tool", "candidates", "token"} <= set(names)
    assert events[-1]["data"]["plan"]["filters"]["genres_all"] == ["Western"]
    assert events[-1]["data"]["plan"]["filters"]["year_min"] == 1981


def test_asking_with_a_picture(house: Path) -> None:
    picture = Image.new("RGB", (220, 330), (20, 20, 60))
    ImageDraw.Draw(picture).text((15, 120), "GODFATHER", fill="white", font=ImageFont.load_default(34))
    picture.save(house / "poster.png")
    events = [json.loads(line) for line in matinee(house, "ask", "--image", "poster.png", "--json").stdout.splitlines()]
    used = [event["data"]["name"] for event in events if event["event"] == "tool"]
    assert used[:3] == ["validate_poster", "poster_genres", "identify_poster"]
    assert events[-1]["data"]["candidates"][0]["title"] == "The Godfather"


def test_explicit_filters_hold_and_bad_ones_are_explained(house: Path) -> None:
    found = json.loads(matinee(house, "search", "love", "--filters", '{"languages": ["fr"]}', "--json").stdout)
    assert {hit["movie"]["language"] for hit in found["hits"]} == {"fr"}
    assert "genres_any" in matinee(house, "search", "love", "--filters", '{"colour": "red"}', fails=True).stderr


def test_live_changes_through_the_command(house: Path) -> None:
    line = json.dumps({"id": "whales", "title": "Counting Whales", "plot": "A lighthouse keeper counts whales in the fog."})
    assert json.loads(matinee(house, "add", "-", "--json", said=line).stdout) == {"added": ["whales"]}
    found = json.loads(matinee(house, "search", "lighthouse keeper", "--json").stdout)
    assert found["hits"][0]["movie"]["id"] == "whales"
    assert json.loads(matinee(house, "remove", "whales", "nothing", "--json").stdout) == {"removed": 1}


def test_evaluate_retrieval_keeps_its_contract(house: Path) -> None:
    with gzip.open(house / "questions.jsonl.gz", "wt") as file:
        for film in FILMS[:6]:
            file.write(json.dumps({"query": film.plot, "answers": [film.id, "not-here"]}) + "\n")
        file.write(json.dumps({"query": "unanswerable", "answers": ["not-here"]}) + "\n")
    done = matinee(house, "evaluate", "retrieval", "--artifacts", "artifacts", "--queries", "questions.jsonl.gz", "--json")
    figures = json.loads(done.stdout)
    assert {
        "queries",
        "pool",
        "ndcg@10",
        "success@1",
        "success@10",
        "success@100",
        "mrr",
        "legs",
        "latency_ms",
    } <= figures.keys()
    assert figures["queries"] == 6
    assert figures["success@10"] == 1.0
    assert {"p50", "p95"} == figures["latency_ms"].keys()
    assert "ndcg@10" in figures["legs"]["bm25"]


def test_evaluate_identify_keeps_its_contract(house: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    for film in FILMS[:3]:
        image = Image.new("RGB", (400, 600), "white")
        ImageDraw.Draw(image).text((20, 100), film.title, fill="black", font=ImageFont.load_default(54))
        image.save(house / f"{film.id}.jpg")
    rows = [{"id": film.id, "file": f"{film.id}.jpg"} for film in FILMS[:3]]
    (house / "posters.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    done = matinee(house, "evaluate", "identify", "--artifacts", "artifacts", "--posters", "posters.jsonl", "--json")
    figures = json.loads(done.stdout)
    assert figures.keys() == {"n", "top1", "top5", "seconds_per_poster"}
    assert figures["n"] == 3
    assert figures["top5"] == 1.0


def test_the_audit_is_stored_decided_and_written_down(house: Path) -> None:
    told = json.loads(matinee(house, "audit", "--json").stdout)
    assert told["films"] == len(FILMS)
    assert told["counts"] == {"no_poster": len(FILMS)}
    first = told["findings"][0]["id"]
    decided = json.loads(matinee(house, "audit", "--reject", first, "--json").stdout)
    assert [(one["id"], one["state"]) for one in decided] == [(first, "rejected")]
    again = matinee(house, "audit", "--csv", "findings.csv", "--state", "rejected")
    assert "1 findings in findings.csv" in again.stderr
    assert "rejected" in (house / "findings.csv").read_text()
    assert first in matinee(house, "audit", "--last", "--kind", "no_poster", "--state", "rejected").stdout
    assert "no finding" in matinee(house, "audit", "--accept", "nobody", fails=True).stderr


def test_a_folder_is_classified_and_broken_files_are_told(house: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    folder = house / "pictures"
    (folder / "deep").mkdir(parents=True)
    image = Image.new("RGB", (400, 600), "white")
    ImageDraw.Draw(image).text((20, 100), FILMS[0].title, fill="black", font=ImageFont.load_default(54))
    image.save(folder / "deep" / "poster.jpg")
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("passed over")
    done = matinee(house, "classify", "pictures", "--json")
    told = {one["file"]: one for one in json.loads(done.stdout)["pictures"]}
    assert told.keys() == {"broken.png", str(Path("deep", "poster.jpg"))}
    assert told[str(Path("deep", "poster.jpg"))]["film_id"] == FILMS[0].id
    assert "not a picture" in told["broken.png"]["problem"]
    assert "1 other file passed over" in done.stderr
    table = matinee(house, "classify", "pictures", "--csv", "table.csv")
    assert "2 pictures: 0 posters, 0 others, 1 broken" in table.stderr
    assert FILMS[0].id in (house / "table.csv").read_text()
    assert "No pictures there" in matinee(house, "classify", "artifacts", fails=True).stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("search", "x", "--artifacts", "nowhere"), "matinee build"),
        (("import", "csv", "nothing.csv", "--catalogue", "x.sqlite"), "nothing.csv"),
        (("build", "--catalogue", "missing.sqlite"), "matinee import"),
        (("add", "films.jsonl"), "Line 4"),
        (("add", "bad.jsonl"), "Line 3: id: 'x/poster'"),
        (("key", "a,b"), "commas and colons"),
        (("similar", "Zardoz Returns"), "No film here"),
        (("identify", "films.jsonl"), "picture"),
        (("search",), "--image"),
        (("ask",), "--image"),
        (("ask", "what is this?", "--image", "films.jsonl"), "picture"),
        (("audit", "--last", "--kind", "ugly"), "There are: broken_picture"),
    ],
)
def test_what_goes_wrong_is_said_in_one_sentence(house: Path, arguments: tuple[str, ...], hint: str) -> None:
    done = matinee(house, *arguments, fails=True)
    assert hint in done.stderr.replace("\n", " ")
    assert done.returncode == 2


def test_doctor_tells_what_is_missing_and_how_to_mend_it(house: Path, tmp_path: Path) -> None:
    findings = {row["check"]: row for row in json.loads(matinee(house, "doctor", "--json").stdout)}
    assert findings["index"]["state"] == "ok"
    assert findings["index files"]["state"] == "ok"
    broken = json.loads(matinee(tmp_path, "doctor", "--json", fails=True).stdout)
    assert next(row for row in broken if row["check"] == "index")["fix"] == "matinee demo"


def test_a_demo_published_early_learns_later(built_index: Path, tmp_path: Path) -> None:
    """`up` serves the demo before its classifiers are trained, and knows afterwards that they are missing."""
    artifacts = tmp_path / "artifacts"
    shutil.copytree(built_index, artifacts)
    settings = Settings(_env_file=None, artifacts=artifacts)
    version = current_version(artifacts)
    assert not _quick_demo(settings)  # somebody's own films
    catalogue = Catalogue.open(version / "catalogue.sqlite")
    catalogue.set_meta("origin", "demo")
    catalogue.close()
    assert _quick_demo(settings)
    (version / "heads").mkdir()
    assert not _quick_demo(settings)


def test_a_log_gets_lines_where_a_terminal_gets_bars(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars() as step:
        for done in range(101):
            step("texts", done, 100)
        step("posters", 0, 3)
    assert capsys.readouterr().err.splitlines() == ["texts: 0 of 100", "texts: 100 of 100", "posters: 0 of 3"]
