"""Every command in the documents is run by a test, or stands here with the reason why not.

The commands of README.md and docs/models.md are run in this file, in their order, in one folder, as
a reader would. Those of docs/api.md are run by test_api_docs.py.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from PIL import Image

from cli.main import app
from tests.films import FILMS
from tests.test_api_server import ROOT, Running, free_port
from tests.test_importers_tmdb import KEY, FakeTmdb

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
ELSEWHERE = {"docs/api.md": "tests/test_api_docs.py"}
NOT_RUN = {
    r"make (run|install|test|check)$": "CI runs make install, make check and make test; make run is make install and matinee up, which is run here",
    r"(MATINEE_DOMAIN=\S+ )?docker ": "needs a container engine: .github/workflows/ci.yml builds the images and starts the stack",
    r"matinee evaluate load ": "a quarter of an hour of load; evaluate load --quick is for a look at it",
    r"matinee evaluate box-office ": "needs films with revenues of many years; test_box_office.py runs the command on invented ones",
    r"gcloud |kubectl ": "needs a cloud account or a cluster",
    r"ollama pull |MATINEE_LLM=ollama:\S+ matinee serve": "needs Ollama; the model's side is played by servers on loopback in test_llm_failures.py",
    r"\S*hf download ": "needs a model hub",
    r"MATINEE_(AUTH|API_KEYS|API_KEY|TRUSTED_PROXIES|ARTIFACTS_URL|ARTIFACTS_SHA256)=\S*( |$)": "lines of .env, not commands; test_fetch.py and test_api_limits.py use them",
    r"echo MATINEE_CATALOGUE=": "a line for .env, after docker compose run",
}


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    document: str
    language: str
    text: str


def blocks(path: Path) -> Iterator[Block]:
    for language, text in re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", path.read_text("utf-8")):
        yield Block(path.relative_to(ROOT).as_posix(), language, text)


def commands(block: Block) -> list[str]:
    """The commands of a shell block: continued lines joined, comments and blank lines left out."""
    found: list[str] = []
    for line in re.sub(r"\\\n\s*", "", block.text).splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            found.append(re.sub(r"\s+# .*$", "", line.strip()))
    return found


BLOCKS = [block for path in DOCUMENTS for block in blocks(path)]
COMMANDS = [(block.document, command) for block in BLOCKS if block.language == "sh" for command in commands(block)]
RUN_HERE = [
    (document, command)
    for document, command in COMMANDS
    if document not in ELSEWHERE and not any(re.match(pattern, command) for pattern in NOT_RUN)
]


def test_shell_blocks_say_that_they_are() -> None:
    """A block without a language is a picture; one with commands would escape these tests."""
    for block in BLOCKS:
        assert block.language in ("sh", "python", "json", "ini", "nginx", ""), f"{block.document}: a block of {block.language}"
        if not block.language:
            assert not re.search(r"(?m)^\$? ?(make|matinee|docker|curl|pip|python|git) ", block.text), block.document


def test_what_is_run_elsewhere_is() -> None:
    for document, test in ELSEWHERE.items():
        assert document.rpartition("/")[2] in (ROOT / test).read_text("utf-8")


@pytest.mark.parametrize("pattern", NOT_RUN)
def test_every_reason_is_still_needed(pattern: str) -> None:
    assert any(re.match(pattern, command) for _, command in COMMANDS), "no document has such a command any more: drop the line"


def test_the_two_commands_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for document, command in COMMANDS:
        if command.startswith("make "):
            assert re.search(rf"(?m)^{command.split()[1]}:", makefile), f"{document}: {command}"


# -- as a reader would -----------------------------------------------------------------------------


@dataclass
class House:
    """A reader's folder, with films of each kind in it, and what the commands need around them."""

    folder: Path
    environment: dict[str, str]
    server: Running
    ports: tuple[int, int]

    def here(self, command: str) -> str:
        """The command with this machine's places and ports."""
        command = command.replace("/media/films", "media/films").replace(
            "127.0.0.1:8000", self.server.url.removeprefix("http://")
        )
        return re.sub(r"^\.venv/bin/", "", command)


@pytest.fixture(scope="module")
def house(built_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    record = [json.dumps(film.model_dump(mode="json", exclude_defaults=True) | {"poster": None}) for film in FILMS]
    (folder / "films.jsonl").write_text("\n".join(record), "utf-8")
    poster = Image.new("RGB", (200, 300), "navy")
    for place in ("posters/Drama/one.png", "posters/Comedy/two.png", "media/films/Sleepers (1996)/poster.png"):
        (folder / place).parent.mkdir(parents=True)
        poster.save(folder / place)
    (folder / "media/films/Sleepers (1996)/movie.nfo").write_text(
        "<movie><title>Sleepers</title><year>1996</year></movie>", "utf-8"
    )
    poster.save(folder / "poster.jpg")
    small_clip(folder / "clip")
    command = folder / "bin" / "matinee"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m cli "$@"\n', "utf-8")
    command.chmod(0o755)
    serving = tmp_path_factory.mktemp("serving")
    shutil.copytree(built_index, serving / "artifacts")
    tmdb, server, ports = FakeTmdb(), Running(serving), (free_port(), free_port())
    environment = os.environ | {
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "160",
        "MATINEE_ENCODER": "builtin", "MATINEE_CLIP_MODEL": "local-dir:clip", "MATINEE_OLLAMA_URL": "http://127.0.0.1:9",
        "MATINEE_API_PORT": str(ports[0]), "MATINEE_UI_PORT": str(ports[1]), "MATINEE_CATALOGUE": "films.sqlite",
        "MATINEE_TMDB_KEY": KEY, "MATINEE_TMDB_URL": f"{tmdb.url}/3", "MATINEE_TMDB_IMAGES": f"{tmdb.url}/img",
    }  # fmt: skip
    yield House(folder, environment, server, ports)
    tmdb.close()
    server.stop()


def small_clip(folder: Path) -> None:
    """A CLIP model of open_clip's format, with random weights: what `hf download` would leave, but small."""
    import open_clip
    from safetensors.torch import save_file

    folder.mkdir()
    model = {
        "embed_dim": 32, "vision_cfg": {"image_size": 64, "layers": 1, "width": 64, "patch_size": 32},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 1},
    }  # fmt: skip
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": model, "preprocess_cfg": {"size": 64}}))
    save_file(open_clip.CLIP(**model).state_dict(), folder / "open_clip_model.safetensors")


SERVERS = re.compile(r"(\w+=\S+ )?matinee (up|serve|ui)$")


@pytest.mark.slow
@pytest.mark.parametrize(("document", "command"), [pair for pair in RUN_HERE if not SERVERS.match(pair[1])])
def test_a_command_runs(house: House, document: str, command: str) -> None:
    done = subprocess.run(
        ["bash", "-c", house.here(command)],
        cwd=house.folder,
        env=house.environment,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, f"{document}: {command}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    assert "urn:matinee:problem:" not in done.stdout
    if " import " in command:
        assert re.search(r"\b[1-9]\d* films in films\.sqlite", done.stderr), done.stderr
    if command.startswith("curl"):
        assert '"hits"' in done.stdout or '"matches"' in done.stdout or "event: done" in done.stdout, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("document", "command"), [pair for pair in RUN_HERE if SERVERS.match(pair[1])])
def test_servers_start_answer_and_stop(house: House, document: str, command: str) -> None:
    """Over the index that the commands before have built."""
    both = command.endswith("up")
    urls = [f"http://127.0.0.1:{house.ports[0]}/readyz", *([f"http://127.0.0.1:{house.ports[1]}/"] if both else [])]
    server = subprocess.Popen(
        ["bash", "-c", f"exec {house.here(command)}" if "=" not in command else f"env {house.here(command)}"],
        cwd=house.folder, env=house.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        ends = time.monotonic() + 200
        while urls:
            assert server.poll() is None, server.stderr.read() if server.stderr else ""
            assert time.monotonic() < ends, f"{document}: {command} does not answer at {urls}"
            try:
                if httpx.get(urls[0], timeout=5).status_code == 200:
                    urls.pop(0)
            except httpx.TransportError:
                time.sleep(0.2)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate(timeout=60)


# -- what is only mentioned ------------------------------------------------------------------------


ROOT_COMMAND = typer.main.get_command(app)


def mentioned() -> Iterator[tuple[str, list[str]]]:
    """Every `matinee …` in the text or the blocks of the documents."""
    for path in DOCUMENTS:
        text = re.sub(r"\\\n\s*", "", path.read_text("utf-8"))
        for line in re.findall(r"(?<![\w/.-])(?<!-n )matinee ((?:[a-z][\w-]*)(?: [^`\n&|\")]*)?)", text):
            yield path.name, re.sub(r"\s+# .*", "", line).split()


def test_every_command_that_is_mentioned_exists_with_its_options() -> None:
    seen = 0
    for document, words in mentioned():
        command: Any = ROOT_COMMAND
        rest = list(words)
        while rest and rest[0] in getattr(command, "commands", ()):
            command = command.commands[rest.pop(0)]
        if command is ROOT_COMMAND:
            assert not re.fullmatch(r"[a-z-]+", words[0]) or words[0] in PROSE, (
                f"{document}: matinee {' '.join(words)} is no command"
            )
            continue
        seen += 1
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        for word in rest:
            if word.startswith("--"):
                assert word.rstrip(".,;:") in options, f"{document}: matinee {' '.join(words)} has no {word}"
    assert seen > 20


PROSE = {"with", "is", "as", "and", "image"}  # what follows the name of the project in a sentence


def test_every_room_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for package in ROOT.glob("*/__init__.py"):
        if package.parent.name != "tests":
            assert f"| `{package.parent.name}/` |" in readme


def test_pictures_exist_and_are_small() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", path.read_text("utf-8")):
            assert (path.parent / target).stat().st_size < 1_500_000, target
