"""The server as it runs: a real process with gunicorn, real sockets, real signals."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from api.errors import PROBLEM
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

    def __init__(self, folder: Path, threads: int = 8, **settings: object) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "tests.serving", str(folder), str(self.port), str(threads)]
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    **{f"MATINEE_{name.upper()}": str(value) for name, value in settings.items()},
                },
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

    def logged(self, event: str) -> list[dict[str, object]]:
        """The lines of an event in the log, which is written a moment later."""
        time.sleep(0.2)
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, lines) if line["event"] == event]

    def send(self, *parts: bytes, pause: float = 0.0, hang_up: bool = False) -> httpx.Response:
        """What comes back for raw bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as raw:
            for part in parts:
                raw.sendall(part)
                time.sleep(pause)
            if hang_up:
                raw.shutdown(socket.SHUT_WR)
            return answer_of(raw)


def answer_of(raw: socket.socket) -> httpx.Response:
    """The answer on a connection that is closed after it."""
    data = b""
    while piece := raw.recv(65536):
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return httpx.Response(int(first.split()[1]), headers=[tuple(line.split(": ", 1)) for line in lines], content=body)


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
    answers = [half.recv(12) for half in halves]
    for half in halves:
        half.close()
    assert answers == [b"HTTP/1.1 408", b"HTTP/1.1 408"]
    assert "Traceback" not in server.log.read_text()


POST = b"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"


def test_strangers_who_send_a_byte_now_and_then_do_not_stop_the_house(built_index: Path, tmp_path: Path) -> None:
    """Twice as many as there are threads, in heads and in bodies; none is waited for longer than a request may take."""
    shutil.copytree(built_index, tmp_path / "artifacts")
    running = Running(tmp_path, threads=8, request_seconds=4)
    begun = [POST + b"Content-Length: 4000\r\n\r\n{" if number % 2 else b"POST /v1/sea" for number in range(16)]
    slow = [socket.create_connection(("127.0.0.1", running.port), timeout=30) for _ in begun]
    for one, sent in zip(slow, begun, strict=True):
        one.sendall(sent)
    until = time.monotonic() + 30
    waiting = dict.fromkeys(slow)
    answers = []
    while waiting:
        assert time.monotonic() < until
        for one in list(waiting):
            with suppress(OSError):  # it was let go
                one.send(b" ")
            if select.select([one], [], [], 0)[0]:
                del waiting[one]
                answers.append(one.recv(12))
                one.close()
        started = time.monotonic()
        assert httpx.get(f"{running.url}/healthz", timeout=20).status_code == 200
        assert httpx.get(f"{running.url}/v1/movies/heat-1995", timeout=20).status_code == 200
        assert time.monotonic() - started < 5
        time.sleep(0.2)
    assert b"HTTP/1.1 408" in answers
    assert set(answers) <= {b"HTTP/1.1 408", b"HTTP/1.1 503"}  # some waited too long for a thread themselves
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


def test_a_slow_line_gets_its_time(built_index: Path, tmp_path: Path) -> None:
    """A body of 80 kB that takes six seconds, where a request may take one and its bytes earn the rest."""
    shutil.copytree(built_index, tmp_path / "artifacts")
    running = Running(tmp_path, threads=2, request_seconds=1)
    body = b'{"query": "a careful thief"' + b" " * 80_000 + b"}"
    parts = [body[place : place + 4000] for place in range(0, len(body), 4000)]
    answer = running.send(POST + f"Content-Length: {len(body)}\r\n\r\n".encode(), *parts, pause=0.28)
    assert (answer.status_code, bool(answer.json()["hits"])) == (200, True)
    assert running.stop() == 0


def test_a_stranger_who_does_not_hang_up_holds_nobody_up(server: Running) -> None:
    strangers = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(8)]
    for one in strangers:
        one.sendall(b"nonsense\r\n\r\n")
    started = time.monotonic()
    assert httpx.get(f"{server.url}/healthz", timeout=30).status_code == 200
    assert time.monotonic() - started < 5  # two seconds for each, if the thread that accepts took leave of them
    for one in strangers:
        one.close()


@pytest.mark.parametrize(
    ("sent", "status", "code", "fault"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization mk_secret\r\n\r\n", 400, "bad_input", "InvalidHeader"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization : mk_secret\r\n\r\n", 400, "bad_input", "InvalidHeaderName"),
        (b"mk_secret\r\n\r\n", 400, "bad_input", "InvalidRequestLine"),
        (b"GET /?k=mk_secret HTTP/9.9\r\n\r\n", 400, "bad_input", "InvalidHTTPVersion"),
        (b"GET /" + b"mk_secret" * 2000 + b" HTTP/1.1\r\n\r\n", 414, "too_large", "LimitRequestLine"),
        (b"GET / HTTP/1.1\r\n" + b"X-A: mk_secret\r\n" * 90 + b"\r\n", 431, "too_large", "LimitRequestHeaders"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: mk_secret\r\n\r\n", 501, "bad_input", "UnsupportedTransferCoding"),
    ],
)
def test_what_is_no_request_is_refused_without_repeating_it(
    server: Running, sent: bytes, status: int, code: str, fault: str
) -> None:
    answer = server.send(sent)
    document = answer.json()
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code)
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"] == document["request_id"]
    assert answer.headers["connection"] == "close"
    assert "mk_secret" not in answer.text
    line = server.logged("request")[-1]
    assert (line["fault"], line["status"], line["request_id"]) == (fault, status, document["request_id"])
    assert "mk_secret" not in server.log.read_text()
    counted = f'matinee_requests_total{{method="(other)",route="(none)",status="{status}"}}'
    assert counted in httpx.get(f"{server.url}/metrics").text


JSON = b"application/json"
FORM = b"multipart/form-data; boundary=x"


@pytest.mark.parametrize("path", [b"/v1/search", b"/v1/posters/identify", b"/v1/movies"])
@pytest.mark.parametrize("kind", [JSON, FORM])
@pytest.mark.parametrize("body", [b"ZZ\r\nabc", b"2\r\n{}xx0\r\n\r\n", b"3;\x00\r\n--x\r\n0\r\n\r\n", b"40\r\n--x\r\n"])
def test_a_body_in_bad_chunks_is_bad_input(server: Running, path: bytes, kind: bytes, body: bytes) -> None:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Type: " + kind
    answer = server.send(head + b"\r\n\r\n" + body, hang_up=body.startswith(b"40"))  # the last one breaks off
    if (path, kind) == (b"/v1/posters/identify", JSON):  # whose body is not read
        assert answer.status_code == 415
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")
    assert server.logged("unforeseen") == []
    assert "Traceback" not in server.log.read_text()


def test_a_stopping_server_lets_nobody_in_and_says_so_to_whoever_is(built_index: Path, tmp_path: Path) -> None:
    shutil.copytree(built_index, tmp_path / "artifacts")
    running = Running(tmp_path, stop_seconds=8)
    with httpx.Client(base_url=running.url) as kept, Matinee(running.url) as api:
        assert kept.get("/readyz").json()["ready"] is True
        told = api.chat("a", "forever")
        assert next(told).name == "status"
        waits = api.chat("b", "wait")  # for a model, twenty seconds
        assert next(waits).name == "status"
        running.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + 1.5
        while True:
            try:
                socket.create_connection(("127.0.0.1", running.port), timeout=2).close()
            except ConnectionRefusedError:
                break
            assert time.monotonic() < until
        ready = kept.get("/readyz")
        assert (ready.status_code, ready.json()["code"]) == (503, "busy")
        assert ready.headers["connection"] == "close"
        assert [event.name for event in waits][-1] == "done"
        *_, last = told
        assert (last.name, last.data["code"], last.data["status"]) == ("error", "busy", 503)
    assert running.process.wait(30) == 0


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
