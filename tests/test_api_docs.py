"""docs/api.md keeps its promises: every example runs, every code and setting exists."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.errors import STATUSES
from movies.settings import Settings
from tests.test_api_server import ROOT, Running

TEXT = (ROOT / "docs" / "api.md").read_text("utf-8")
COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for command in re.split(r"\n(?=curl )", block.strip())
]  # fmt: skip


@pytest.fixture(scope="module")
def server(built_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(built_index, folder / "artifacts")
    running = Running(folder)
    yield running
    running.stop()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: the examples of docs/api.md were NOT run")
@pytest.mark.parametrize("command", COMMANDS)
def test_an_example_runs(server: Running, tmp_path: Path, poster_png: bytes, command: str) -> None:
    (tmp_path / "poster.png").write_bytes(poster_png)
    here = command.replace("http://127.0.0.1:8000", server.url)
    done = subprocess.run(["bash", "-c", here], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    failure = re.search(r"# fails: (\w+)", command)
    assert ("urn:matinee:problem:" in done.stdout) is bool(failure), done.stdout
    if failure:
        assert f'"code": "{failure[1]}"' in done.stdout


def test_the_python_example_runs(server: Running) -> None:
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code.replace("http://127.0.0.1:8000", server.url)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "done {}" in done.stdout


def test_every_code_is_in_the_table_with_its_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.*?) \|", TEXT, re.MULTILINE)
    told = {(int(status), code) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    assert {(int(status), kind.code) for kind, status in STATUSES.items()} <= told


def test_every_setting_exists() -> None:
    named = re.findall(r"`(?:MATINEE|…)_([A-Z_]+)`", TEXT)
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_route_is_shown() -> None:
    for path in ("search", "movies", "posters/identify", "posters/validate", "posters/genres", "plots/genres", "genres",
                 "box-office", "chat", "feedback", "audit"):  # fmt: skip
        assert f"127.0.0.1:8000/v1/{path}" in TEXT
