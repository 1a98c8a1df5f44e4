"""A real Chromium, the real page server, and a scripted API behind it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.scripted_api import ScriptedApi

_PATIENCE = 60_000  # milliseconds; a busy machine is no failure
expect.set_options(timeout=_PATIENCE)
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run".split()


@contextmanager
def page_server(api_url: str) -> Iterator[str]:
    """The page as it is served to people, in a process of its own, on a free port; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "MATINEE_API_URL": api_url, "MATINEE_UI_PORT": str(port)}
    command = "from chat_ui.serve import serve; from movies.settings import Settings; serve(Settings(_env_file=None))"
    server = subprocess.Popen([sys.executable, "-c", command], env=environment, cwd=Path(__file__).parents[2])
    try:
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 90
        while True:
            assert server.poll() is None, "the page server ended at its start"
            try:
                httpx.get(url, timeout=5)
                break
            except httpx.TransportError:
                assert time.monotonic() < until, "the page server does not answer"
                time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("There is no Chromium on this machine; install it to test the page.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def scripted() -> Iterator[ScriptedApi]:
    api = ScriptedApi().start()
    yield api
    api.stop()


@pytest.fixture(scope="package")
def address(scripted: ScriptedApi) -> Iterator[str]:
    with page_server(scripted.url) as url:
        yield url


@pytest.fixture
def api(scripted: ScriptedApi) -> ScriptedApi:
    """The scripted API with a clean slate."""
    scripted.reset()
    return scripted


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """`visit(width, height, …)`: the page in a browser profile of its own.

    At the end no page may have asked anything of another host, and none may have met an error in a script.
    """
    elsewhere: list[str] = []
    failures: list[str] = []
    contexts = []

    def start(
        width: int = 1280, height: int = 800, *, url: str = "", wait_for: str = ".mt-wall-film, .mt-answer", **options: Any
    ) -> Page:
        home = url or address
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE)
        page.on(
            "request", lambda asked: elsewhere.extend(() if asked.url.startswith((home, "data:", "blob:")) else (asked.url,))
        )
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(home)
        page.wait_for_selector(wait_for)
        return page

    yield start
    for context in contexts:
        context.close()
    assert not elsewhere
    assert not failures


def say(page: Page, words: str) -> None:
    """Type a message and send it, as somebody who sees whether it went: the box may be drawn anew at that very moment."""
    for _ in range(3):
        page.fill("#mt-box textarea", words)
        page.press("#mt-box textarea", "Enter")
        try:
            expect(page.locator("#mt-box textarea")).to_have_value("", timeout=10_000)
        except AssertionError:
            continue
        return


def answered(page: Page, number: int = 0) -> str:
    """Wait until answer `number` is finished; its whole text."""
    answer = page.locator(".mt-answer").nth(number)
    answer.locator(".mt-foot, .mt-bad").wait_for()
    return answer.inner_text()
