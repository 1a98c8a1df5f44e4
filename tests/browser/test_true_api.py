"""The page over the true API: true index, true agent, the built-in concierge. Nothing is scripted here."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from api.app import create_app
from api.schemas import film_json
from rag.agent import Agent
from tests.browser.conftest import answered, page_server, say
from tests.conftest import open_services, settings_at

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def true_address(built_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("true")
    shutil.copytree(built_index, folder / "artifacts")
    settings = settings_at(folder)
    services = open_services(settings)
    services.agent = Agent.open(services.library, settings, film_json=film_json)
    server = make_server("127.0.0.1", 0, create_app(services), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with page_server(f"http://127.0.0.1:{server.server_port}") as url:
        yield url
    server.shutdown()
    server.server_close()
    services.close()


def test_an_evening_with_the_true_concierge(visit: Callable[..., Page], true_address: str) -> None:
    page = visit(url=true_address)
    say(page, "a French comedy under two hours")
    told = answered(page)
    assert "Amélie" not in told  # two minutes too long
    assert "The Intouchables" in told
    expect(page.locator(".mt-chip").first).to_be_visible()
    assert page.locator(".mt-chip").all_inner_texts() == ["Comedy", "in French", "at most 120 minutes"]

    page.click(".mt-chip:has-text('at most 120 minutes')")
    assert "Amélie" in answered(page, 1)

    card = page.locator(".mt-answer").nth(1).locator(".mt-card", has_text="Amélie")
    card.locator(".mt-seen").click()
    expect(card.locator(".mt-seen.mt-on")).to_be_visible()
    say(page, "what have I seen?")
    assert "Amélie (2001)" in answered(page, 2)

    say(page, "who directed Heat?")
    assert "Michael Mann" in answered(page, 3)
    page.reload()
    assert "Michael Mann" in answered(page, 3)
    expect(page.locator("#mt-header")).to_contain_text("built-in concierge")


def test_asking_again_changes_nothing_and_a_slip_can_be_mended(visit: Callable[..., Page], true_address: str) -> None:
    page = visit(url=true_address)
    say(page, "a comedy from the nineties under two hours")
    answered(page)
    say(page, "shorter")
    answered(page, 1)
    shown = page.locator(".mt-answer").nth(1)
    chips, films = shown.locator(".mt-chip").all_inner_texts(), shown.locator(".mt-title").all_inner_texts()
    for _ in range(2):
        said = shown.locator(".mt-foot").element_handle()
        assert said is not None
        page.click(".mt-again")
        said.wait_for_element_state("hidden")
        answered(page, 1)
        assert shown.locator(".mt-chip").all_inner_texts() == chips
        assert shown.locator(".mt-title").all_inner_texts() == films
    seen = shown.locator(".mt-seen").first
    for state in ("true", "false"):
        seen.click()
        expect(seen).to_have_attribute("aria-pressed", state)
    say(page, "what have I seen?")
    assert films[0] not in answered(page, 2)


def test_two_tabs_have_two_tastes(visit: Callable[..., Page], true_address: str) -> None:
    one, other = visit(url=true_address), visit(url=true_address)
    say(one, "I loved Alien")
    answered(one)
    say(other, "what do I like?")
    assert "Alien" not in answered(other)
    say(one, "what do I like?")
    assert "Alien" in answered(one, 1)


def test_the_desks_with_true_routes(visit: Callable[..., Page], true_address: str, tmp_path: Path, poster_png: bytes) -> None:
    (tmp_path / "poster.png").write_bytes(poster_png)
    page = visit(url=true_address)
    page.get_by_role("tab", name="Poster desk").click()
    page.set_input_files("#mt-poster-files input[type=file]", tmp_path / "poster.png")
    expect(page.locator("#mt-poster-report")).to_contain_text("This is a film poster")
    expect(page.locator("#mt-poster-report")).to_contain_text("Genres")
    page.get_by_role("tab", name="Plot desk").click()
    page.fill("#mt-plot textarea", "A stubborn girl hires a drunken marshal to find her father's murderer.")
    page.click("#mt-plot-go")
    expect(page.locator("#mt-plot-report .mt-title").first).to_have_text("True Grit")
