"""The Audit desk in a real Chromium: findings are seen, decided, taken back and carried away."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.scripted_api import ScriptedApi

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]


def open_desk(page: Page) -> Locator:
    """Press the tab; the findings."""
    page.get_by_role("tab", name="Audit").click()
    return page.locator("#mt-audit-findings")


def test_findings_are_shown_with_what_speaks_for_them(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    desk = open_desk(page)
    expect(desk).to_contain_text("1–24 of 32")
    first = desk.locator(".mt-finding").first
    for part in ("Heat (1995)", "Plot of another film", "sure, 97%", "word for word that of Alien", "has the wrong plot"):
        expect(first).to_contain_text(part)
    expect(first.locator(".mt-thumb img")).to_have_count(2)
    expect(desk.locator(".mt-finding").nth(1)).to_contain_text("<script>")  # shown as text
    assert page.title() == "Matinee"
    expect(page.locator("#mt-audit-head")).to_contain_text("audited on 2026-03-01 at 12:30 UTC")
    page.click("#mt-audit-on")
    expect(desk).to_contain_text("25–32 of 32")
    page.click("#mt-audit-back")
    expect(desk).to_contain_text("1–24 of 32")


def test_decisions_are_kept_and_can_be_taken_back(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    desk = open_desk(page)
    desk.locator(".mt-finding").first.get_by_role("button", name="Accept").click()
    expect(desk).to_contain_text("Accepted: Heat (1995), plot of another film.")
    expect(desk).to_contain_text("1–24 of 31")
    desk.locator(".mt-finding").nth(3).get_by_role("button", name="Reject").click()
    expect(desk).to_contain_text("1–24 of 30")
    assert sorted(api.decided.values()) == ["accepted", "rejected"]
    page.get_by_text("Accepted", exact=True).click()
    expect(desk.locator(".mt-finding")).to_have_count(1)
    desk.get_by_role("button", name="Take back").click()
    expect(desk).to_contain_text("Nothing has been decided this way yet.")
    page.reload()
    expect(open_desk(page)).to_contain_text("1–24 of 31")


def test_one_kind_and_its_file(visit: Visit, api: ScriptedApi, tmp_path: Path) -> None:
    page = visit()
    desk = open_desk(page)
    expect(desk).to_contain_text("1–24 of 32")
    page.click("#mt-audit-kind input")
    page.get_by_role("option", name="No poster (30)").click()
    expect(desk).to_contain_text("1–24 of 30")
    with page.expect_download() as download:
        desk.get_by_role("link", name="Download all as CSV").click()
    download.value.save_as(tmp_path / "audit.csv")
    rows = list(csv.DictReader((tmp_path / "audit.csv").read_text("utf-8-sig").splitlines()))
    assert len(rows) == 30
    assert {row["kind"] for row in rows} == {"no_poster"}
    assert rows[0]["suggestion"] == "'=Add(1)"


def test_what_stands_in_the_way_is_said(visit: Visit, api: ScriptedApi) -> None:
    api.missing = ("audit",)
    page = visit(375, 812)
    desk = open_desk(page)
    expect(desk.locator("code")).to_have_text("matinee audit")
    api.missing = ("write",)
    page.get_by_role("tab", name="Chat").click()
    open_desk(page)
    desk.locator(".mt-finding").first.get_by_role("button", name="Reject").click()
    expect(desk).to_contain_text("key with the scope write")
    expect(desk).to_contain_text("1–24 of 32")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
