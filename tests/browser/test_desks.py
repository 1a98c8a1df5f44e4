"""The Poster and Plot desks in a real Chromium."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.scripted_api import ScriptedApi

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """A poster, something wider than tall, and a file that is no picture."""
    paths = [tmp_path / "poster.png", tmp_path / "=wide.png", tmp_path / "broken.png"]
    Image.new("RGB", (80, 120), (200, 30, 30)).save(paths[0])
    Image.new("RGB", (120, 80), (30, 30, 200)).save(paths[1])
    paths[2].write_bytes(b"no picture at all")
    return paths


def test_one_picture_gets_a_whole_report(visit: Visit, api: ScriptedApi, pictures: list[Path]) -> None:
    page = visit()
    page.get_by_role("tab", name="Poster desk").click()
    page.set_input_files("#mt-poster-files input[type=file]", pictures[0])
    report = page.locator("#mt-poster-report")
    expect(report).to_contain_text("This is a film poster")
    for part in (
        "97% likely",
        "a title and a credit block",
        "Which film",
        "Heat (1995)",
        "Set: Crime, Drama, Thriller",
        "Similar posters",
    ):
        expect(report).to_contain_text(part)
    assert report.locator(".mt-bar.mt-on").count() == 3
    expect(report).to_contain_text("what spoke for Crime, 30 percentage points")
    expect(report).to_contain_text("Can’t be ruled out: Action. The two lists together hold 90% of true genres.")
    assert report.locator(".mt-mark-cell").count() == 1
    page.wait_for_function("document.querySelector('.mt-looked img').naturalWidth == 80")


def test_many_pictures_get_a_table_and_a_csv(visit: Visit, api: ScriptedApi, pictures: list[Path], tmp_path: Path) -> None:
    page = visit()
    page.get_by_role("tab", name="Poster desk").click()
    page.set_input_files("#mt-poster-files input[type=file]", pictures)
    report = page.locator("#mt-poster-report")
    expect(report).to_contain_text("3 of 3 pictures looked at")
    rows = report.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("yes 97%")
    expect(rows.nth(1)).to_contain_text("no 8%")
    expect(rows.nth(2)).to_contain_text("not a picture that can be read")
    page.wait_for_selector("#mt-poster-csv")
    with page.expect_download() as download:
        page.click("#mt-poster-csv")
    download.value.save_as(tmp_path / "table.csv")
    told = list(csv.DictReader((tmp_path / "table.csv").read_text("utf-8-sig").splitlines()))
    assert [row["is_poster"] for row in told] == ["True", "False", ""]
    assert told[0]["film_id"] == "heat-1995"
    assert told[0]["genres"] == "Crime|Drama|Thriller"
    assert not any(cell.startswith("=") for row in told for cell in row.values())


def test_a_missing_model_is_a_note_with_the_command(visit: Visit, api: ScriptedApi, pictures: list[Path]) -> None:
    api.missing = ("validate", "genres", "plots")
    page = visit()
    page.get_by_role("tab", name="Poster desk").click()
    page.set_input_files("#mt-poster-files input[type=file]", pictures[0])
    report = page.locator("#mt-poster-report")
    expect(report.locator("code").first).to_have_text("matinee build --catalogue FILE --artifacts DIR")
    expect(report).to_contain_text("Heat (1995)")  # what can be told is told
    page.get_by_role("tab", name="Plot desk").click()
    page.fill("#mt-plot textarea", "A thief plans one last job.")
    page.click("#mt-plot-go")
    expect(page.locator("#mt-plot-report code")).to_have_text("matinee train genres")
    expect(page.locator("#mt-plot-report")).to_contain_text("Films like it")


def test_a_plot_gets_genres_sentences_and_films(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    page.get_by_role("tab", name="Plot desk").click()
    report = page.locator("#mt-plot-report")
    page.click("#mt-plot-go")
    expect(report).to_contain_text("Paste a plot first")
    page.fill("#mt-plot textarea", "A thief plans one last job. <b>Then he runs.</b>")
    page.click("#mt-plot-go")
    for part in ("Set: Crime, Drama, Thriller", "What gave it away", "A thief plans one last job.", "Films like it"):
        expect(report).to_contain_text(part)
    assert report.locator(".mt-card").count() == 5
    assert report.locator(".mt-marked mark").all_inner_texts() == ["A thief plans one last job.Crime +40"]


def test_a_desk_survives_a_service_that_is_away(visit: Visit, api: ScriptedApi) -> None:
    page = visit(375, 812)
    page.get_by_role("tab", name="Plot desk").click()
    page.fill("#mt-plot textarea", "A thief plans one last job.")
    api.stop()
    try:
        page.click("#mt-plot-go")
        expect(page.locator("#mt-plot-report")).to_contain_text("not answering at the moment")
    finally:
        api.start()
    page.click("#mt-plot-go")
    expect(page.locator("#mt-plot-report")).to_contain_text("Films like it")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
