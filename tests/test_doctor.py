"""`matinee doctor`: each thing that can be wrong is made wrong for real, and told with the command that mends it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from cli.doctor import Finding, examine
from tests.conftest import ApiClient, settings_at
from tests.test_api_server import ROOT, free_port


def look(folder: Path, enough: int = 1, **changed: Any) -> dict[str, Finding]:
    """What the doctor finds, with settings that are fine but for `changed`."""
    fine: dict[str, Any] = {"clip_model": "local-dir:nowhere", "api_port": free_port(), "ui_port": free_port()}
    settings = settings_at(folder).model_copy(update=fine | changed)
    return {finding.check: finding for finding in examine(settings, enough)}


def test_an_empty_house_lacks_an_index_only(tmp_path: Path) -> None:
    found = look(tmp_path)
    assert {name for name, finding in found.items() if finding.state == "wrong"} == {"index"}
    assert found["index"].fix == "matinee demo"
    assert found["Python"].state == found["API port"].state == found["page port"].state == "ok"


def test_an_index_of_another_encoder_is_told(built_index: Path, tmp_path: Path) -> None:
    shutil.copytree(built_index, tmp_path / "artifacts")
    found = look(tmp_path)
    assert found["index"].state == found["index files"].state == "ok"
    assert found["index and encoder"].state == "wrong"
    assert "hashed" in found["index and encoder"].detail
    assert found["index and encoder"].fix.startswith("matinee build")


def test_a_damaged_file_is_told(built_index: Path, tmp_path: Path) -> None:
    shutil.copytree(built_index, tmp_path / "artifacts")
    [vectors] = (tmp_path / "artifacts").glob("0*/vectors.npy")
    data = bytearray(vectors.read_bytes())
    data[-1] ^= 255
    vectors.write_bytes(data)
    found = look(tmp_path)
    assert (found["index files"].state, "vectors.npy" in found["index files"].detail) == ("wrong", True)
    assert "matinee rollback" in found["index files"].fix


@pytest.mark.parametrize(
    ("setting", "check"),
    [
        ("artifacts", "artefacts"),
        ("cache", "cache"),
        ("sessions", "sessions"),
        ("journal", "journal"),
        ("catalogue", "catalogue"),
    ],
)
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, setting: str, check: str) -> None:
    (tmp_path / "file").touch()
    found = look(tmp_path, **{setting: tmp_path / "file" / "deep" / "place"})
    assert found[f"{check} folder"].state == "wrong"
    assert f"MATINEE_{setting.upper()}" in found[f"{check} folder"].fix


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no /proc, which nobody may write")
def test_a_folder_of_somebody_else_is_told(tmp_path: Path) -> None:
    found = look(tmp_path, cache=Path("/proc/matinee"))
    assert (found["cache folder"].state, found["cache folder"].fix) == ("wrong", "sudo chown -R $USER /proc")


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    found = look(tmp_path, enough=10**18)
    assert found["disk of artefacts"].state == "wrong"
    assert "MATINEE_ARTIFACTS" in found["disk of artefacts"].fix
    assert look(tmp_path, enough=1)["disk of artefacts"].state == "ok"


def test_nothing_is_cut_on_a_narrow_screen(tmp_path: Path) -> None:
    there = tmp_path / ("a folder with a rather long name " * 4).strip()
    settings = {
        "MATINEE_ARTIFACTS": str(there),
        "MATINEE_LLM": "builtin",
        "MATINEE_API_PORT": str(free_port()),
        "MATINEE_API_HOST": "0.0.0.0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "cli", "doctor"], capture_output=True, text=True, check=False, timeout=240, cwd=tmp_path,
        env=os.environ | settings | {"COLUMNS": "40", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "matinee demo" in lines
    assert any(f"Build one: matinee build --catalogue FILE --artifacts {there} (or" in line for line in lines)
    assert "…" not in done.stdout.replace("MATINEE_ARTIFACTS=…", "")


# -- ports and keys ----------------------------------------------------------------------------------


def test_a_port_of_another_program_is_told(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        other.settimeout(0)
        port = int(other.getsockname()[1])
        found = look(tmp_path, api_port=port)["API port"]
    assert (found.state, found.fix) == ("wrong", f"MATINEE_API_PORT={port + 10}")


def test_a_port_that_matinee_serves_is_fine(tmp_path: Path, client: ApiClient) -> None:
    server = make_server("127.0.0.1", 0, client.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        found = look(tmp_path, api_port=server.server_port)["API port"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (found.state, "Matinee is serving" in found.detail) == ("ok", True)


def test_a_rate_limit_that_cannot_work_is_told(tmp_path: Path) -> None:
    assert look(tmp_path)["rate limit"].detail == "none"
    assert look(tmp_path, rate_limit="5/second")["rate limit"].state == "ok"
    for changed in ({"rate_limit": "banana"}, {"rate_limit": "5/second", "rate_limit_storage": "nowhere://"}):
        found = look(tmp_path, **changed)["rate limit"]
        assert (found.state, "MATINEE_RATE_LIMIT" in found.detail) == ("wrong", True)


def test_a_redis_that_does_not_answer_is_told(tmp_path: Path) -> None:
    there = f"redis://127.0.0.1:{free_port()}"
    found = look(tmp_path, rate_limit="5/second", rate_limit_storage=there)["rate limit"]
    assert (found.state, "MATINEE_RATE_LIMIT_STORAGE" in found.detail) == ("wrong", True)
    with small_redis() as port:
        there = f"redis://127.0.0.1:{port}?protocol=2"  # whose greeting is no command of its own
        assert look(tmp_path, rate_limit="5/second", rate_limit_storage=there)["rate limit"].state == "ok"


class _Redis(socketserver.StreamRequestHandler):
    """As much of Redis as a ping needs: each command is an array of lengths and texts."""

    def handle(self) -> None:
        while (head := self.rfile.readline()).startswith(b"*"):
            words = [self.rfile.read(int(self.rfile.readline()[1:]) + 2).strip() for _ in range(int(head[1:]))]
            self.wfile.write(b"+PONG\r\n" if words[0].upper() == b"PING" else b"+OK\r\n")


@contextmanager
def small_redis() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Redis) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()


def test_an_address_of_another_machine_is_told(tmp_path: Path) -> None:
    found = look(tmp_path, api_host="203.0.113.7", auth="off")["API port"]
    assert (found.state, found.fix) == ("wrong", "MATINEE_API_HOST=127.0.0.1")


def test_keys_that_are_missing_or_off_are_told(tmp_path: Path) -> None:
    missing = look(tmp_path, api_host="0.0.0.0")["API keys"]
    assert (missing.state, missing.fix) == ("wrong", "matinee key NAME")
    assert "WHO REACHES IT" in look(tmp_path, api_host="0.0.0.0", auth="off")["API keys"].detail
    assert look(tmp_path)["API keys"].state == "note"
    assert look(tmp_path, api_keys=("broken",))["API keys"].state == "wrong"


# -- Ollama --------------------------------------------------------------------------------------------


@contextmanager
def ollama(answers: dict[str, bytes]) -> Iterator[str]:
    """A server on loopback that answers these paths."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = answers.get(self.path, b"")
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  # the name http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def model(**shown: Any) -> dict[str, bytes]:
    tags = {"models": [{"name": "qwen3:1.7b"}]}
    return {"/api/tags": json.dumps(tags).encode(), "/api/show": json.dumps(shown).encode()}


@pytest.mark.parametrize(
    ("answers", "check", "state", "fix"),
    [
        ({"/api/tags": b'{"models": []}'}, "Ollama", "note", "ollama pull qwen3:1.7b"),
        ({"/api/tags": b"garbage"}, "Ollama", "note", "ollama serve"),
        ({"/api/tags": b"[]"}, "Ollama", "note", "ollama serve"),
        (model(capabilities=["embedding"]), "language model", "wrong", "MATINEE_OLLAMA_MODEL=qwen3:1.7b"),
        (model(capabilities=["completion"]), "language model", "note", ""),
        (
            model(capabilities=["completion", "tools"], model_info={"qwen3.context_length": 4096}),
            "context", "wrong", "MATINEE_LLM_CONTEXT=4096",
        ),
        (model(capabilities=["completion", "tools"], model_info={"qwen3.context_length": 40_960}), "context", "ok", ""),
    ],
    ids=["not pulled", "garbage", "another program", "no talker", "no tools", "small context", "fine"],
)  # fmt: skip
def test_what_ollama_lacks_is_told(tmp_path: Path, answers: dict[str, bytes], check: str, state: str, fix: str) -> None:
    with ollama(answers) as url:
        found = look(tmp_path, llm="auto", ollama_url=url, ollama_model="qwen3:1.7b")[check]
    assert (found.state, found.fix) == (state, fix)


def test_an_ollama_that_is_away_is_told_and_none_is_looked_for_in_vain(tmp_path: Path) -> None:
    away = look(tmp_path, llm="ollama:qwen3:1.7b", ollama_url=f"http://127.0.0.1:{free_port()}")
    assert (away["Ollama"].state, away["Ollama"].fix) == ("note", "ollama serve")
    assert "Ollama" not in look(tmp_path, llm="builtin")


# -- the command ---------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
        clean |= {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200", **environment}
        arguments = [sys.executable, *options, "-m", "cli", "doctor", "--json"]
        return subprocess.run(arguments, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=120, check=False)

    return run


def test_a_package_that_is_missing_is_told(command: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    """An installation of the chat page alone, without gradio: all packages but those of the server."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for path in Path(pytest.__file__).parent.parent.iterdir():
        if path.name.split("-")[0].lower() not in ("gradio", "torch", "annoy", "flask", "rapidocr", "open_clip"):
            (packages / path.name).symlink_to(path)
    done = command("-S", PYTHONPATH=f"{ROOT}:{packages}")
    found = {row["check"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 1
    assert (found["gradio"]["state"], found["gradio"]["fix"]) == ("wrong", "pip install '.[chat]'")
    assert (found["flask"]["state"], found["flask"]["fix"]) == ("wrong", "pip install '.[server]'")


def test_a_setting_that_cannot_be_is_told(command: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = command(MATINEE_API_PORT="eight", MATINEE_ENCODER="best")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "MATINEE_API_PORT=eight" in done.stderr
    assert "MATINEE_ENCODER=best" in done.stderr
