"""The server as it runs: a real process with gunicorn, real sockets, real signals."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from api.server import serve
from chat_ui.client import Matinee
from movies.errors import BadInput, ModelMissing
from movies.settings import Settings

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Running:
    """A server process; `stop` ends it as an operator would and gives its exit status."""

    def __init__(self, folder: Path, threads: int = 8) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "tests.serving", str(folder), str(self.port), str(threads)]
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )
        until = time.monotonic() + 180
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self.process.kill()
        self.process.wait()
        raise AssertionError(self.log.read_text())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture(scope="module")
def server(built_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(built_index, folder / "artifacts")
    running = Running(folder)
    yield running
    assert running.stop() == 0


def chats(server: Running) -> str:
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    return next(line for line in lines if line.startswith("matinee_chats "))


def test_it_answers_and_does_not_say_what_it_runs_on(server: Running) -> None:
    response = httpx.post(f"{server.url}/v1/search", json={"query": "a widower ties balloons to his house"})
    assert response.json()["hits"][0]["movie"]["id"] == "up-2009"
    assert "gunicorn" not in str(response.headers).lower()
    assert "Everybody on this machine may read AND CHANGE" in server.log.read_text()


def test_paths_beyond_latin_1_arrive(server: Running) -> None:
    with Matinee(server.url) as api:
        api.add([{"id": "東京/1 ü", "title": "Tokyo"}])
        assert api.movie("東京/1 ü").title == "Tokyo"
        assert api.remove(["東京/1 ü"]) == 1


def test_a_client_that_hangs_up_stops_the_work(server: Running) -> None:
    with Matinee(server.url) as api:
        told = api.chat("a", "forever")
        assert [next(told).name for _ in range(3)] == ["status", "token", "token"]
        assert chats(server) == "matinee_chats 1.0"
        told.close()  # type: ignore[attr-defined]
    until = time.monotonic() + 5
    while chats(server) != "matinee_chats 0.0" and time.monotonic() < until:
        time.sleep(0.05)
    assert chats(server) == "matinee_chats 0.0"


def test_an_oversized_body_is_refused_without_being_read(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        raw.sendall(
            b"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Type: application/json\r\nContent-Length: 9999999999\r\n\r\n{"
        )
        assert raw.recv(200).startswith(b"HTTP/1.1 413")


def test_stopping_finishes_what_runs(built_index: Path, tmp_path: Path) -> None:
    shutil.copytree(built_index, tmp_path / "artifacts")
    running = Running(tmp_path)
    with Matinee(running.url) as api:
        told = api.chat("a", "one slow two")
        assert next(told).name == "status"
        running.process.send_signal(signal.SIGTERM)
        assert [event.name for event in told][-1] == "done"
    assert running.process.wait(30) == 0


def test_an_idle_server_stops_at_once(built_index: Path, tmp_path: Path) -> None:
    """Whether clients keep connections open, or opened one and said nothing."""
    shutil.copytree(built_index, tmp_path / "artifacts")
    running = Running(tmp_path)
    with httpx.Client() as kept, socket.create_connection(("127.0.0.1", running.port)):
        assert kept.get(f"{running.url}/healthz").status_code == 200
        started = time.monotonic()
        assert running.stop() == 0
    assert time.monotonic() - started < 20  # two of which a kept connection may still bring a request


def test_a_server_that_is_still_starting_stops_at_once(tmp_path: Path, built_index: Path) -> None:
    shutil.copytree(built_index, tmp_path / "artifacts")
    command = [sys.executable, "-m", "tests.serving", str(tmp_path), str(free_port()), "2", "60"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as starting:
        assert starting.stderr is not None
        assert "API: " in starting.stderr.readline()
        time.sleep(1)  # its worker is opening the index now
        started = time.monotonic()
        starting.terminate()
        starting.communicate(timeout=60)
    assert time.monotonic() - started < 150


def test_strangers_who_say_nothing_hold_no_thread(server: Running) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(24)]
    try:
        started = time.monotonic()
        assert httpx.get(f"{server.url}/v1/movies/heat-1995", timeout=20).status_code == 200
        assert time.monotonic() - started < 15
    finally:
        for one in silent:
            one.close()


@pytest.mark.slow
def test_strangers_who_stop_in_the_middle_are_let_go(server: Running) -> None:
    post = b"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    halves = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(2)]
    for half, sent in zip(halves, (b"GET /v1/movies/heat-1995 HTT", post + b'{"quer'), strict=True):
        half.sendall(sent)
    answers = [half.recv(20) for half in halves]
    for half in halves:
        half.close()
    assert answers == [b"", b"HTTP/1.1 400 BAD REQ"]
    assert "Traceback" not in server.log.read_text()


def test_what_waited_too_long_is_refused_and_the_rest_is_answered(built_index: Path, tmp_path: Path) -> None:
    shutil.copytree(built_index, tmp_path / "artifacts")
    running = Running(tmp_path, threads=2)

    started = [threading.Event(), threading.Event()]

    def talk(number: int) -> None:
        with Matinee(running.url) as api:
            answer = api.chat(f"s{number}", "slow " * 8)  # four seconds
            first = next(answer)
            started[number].set()
            assert [first, *answer][-1].name == "done"

    def look(path: str) -> tuple[int, str | None]:
        answer = httpx.get(f"{running.url}{path}", timeout=30)
        return answer.status_code, answer.headers.get("retry-after")

    with ThreadPoolExecutor(6) as pool:
        talks = [pool.submit(talk, number) for number in range(2)]
        assert all(one.wait(30) for one in started)
        looks = [pool.submit(look, path) for path in ("/v1/movies/heat-1995", "/v1/movies/heat-1995/similar", "/healthz")]
        assert [one.result(30) for one in looks] == [(503, "1"), (503, "1"), (200, None)]
        for one in talks:
            one.result(30)
    assert look("/v1/movies/heat-1995") == (200, None)
    assert running.stop() == 0


def test_what_cannot_work_is_said_before_anything_listens(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="matinee build"):
        serve(Settings(_env_file=None, artifacts=tmp_path))
    with pytest.raises(BadInput, match="matinee key"):
        serve(Settings(_env_file=None, artifacts=tmp_path, api_host="0.0.0.0"))


@pytest.mark.slow
def test_an_index_of_another_encoder_ends_the_server_with_the_way_out(built_index: Path) -> None:
    code = (
        "from api.server import serve; from movies.settings import Settings; from pathlib import Path;"
        f"serve(Settings(_env_file=None, encoder='builtin', artifacts=Path({str(built_index)!r}), api_port={free_port()}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert "matinee build" in done.stderr
    assert "Traceback" not in done.stderr
