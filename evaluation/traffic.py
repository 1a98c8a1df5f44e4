"""What a load test needs: a true server process to look at from outside, traffic from `wrk`, and calls one by one.

The server is `matinee serve` in a process of its own, over a copy of the artefacts, with its own
folder for temporary files. Does not know what is measured.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from movies.errors import ModelMissing

_START_SECONDS = 120

# What wrk runs: the requests of a kind, and at the end one line of JSON. Statuses are counted where that matters.
_SCRIPT = """
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args) fine, busy, other = 0, 0, 0; math.randomseed(os.time() + tonumber(tostring({}):sub(8), 16) % 100000) end
-- the requests
function response(status) if status < 300 then fine = fine + 1 elseif status == 503 then busy = busy + 1 else other = other + 1 end end
function done(summary, latency)
  local f, b, o = 0, 0, 0
  for _, t in ipairs(threads) do f = f + t:get("fine"); b = b + t:get("busy"); o = o + t:get("other") end
  local e = summary.errors
  print(string.format('RESULT {"rate": %.1f, "p50": %.2f, "p95": %.2f, "p99": %.2f, "fine": %d, "busy": %d, "other": %d, "broken": %d}',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(95) / 1000,
    latency:percentile(99) / 1000, f, b, o, e.connect + e.read + e.write + e.timeout))
end
"""
# Questions hardly ever repeat (about a million can be made), so that no cache answers them.
_QUESTIONS = """
local who = {"a thief", "an old sailor", "two sisters", "a lonely robot", "a boxer", "a lawyer", "a young teacher", "a soldier", "a detective",
  "a widow", "a clown", "a pianist", "a farmer", "a spy", "a doctor", "twins", "a pilot", "a nun", "a cook", "a king"}
local what = {"falls in love", "hunts a killer", "plans one last job", "comes home", "loses everything", "keeps a secret", "crosses the desert",
  "fights the mafia", "finds a treasure", "solves a murder", "gets a second chance", "runs from the law", "builds a machine", "saves a village"}
local where = {"in Paris", "in the rain", "on a ship", "in space", "in a small town", "during the war", "in the mountains", "at a wedding",
  "in a prison", "by the sea", "in the jungle", "at school", "in New York", "on a train", "in winter"}
local how = {"", "and dies", "with a friend", "without a plan", "for money", "against all odds", "for revenge", "by mistake", "at night",
  "once again", "and learns to forgive", "with a dog", "in secret", "in black and white", "before dawn"}
function request()
  local q = who[math.random(#who)] .. " " .. what[math.random(#what)] .. " " .. where[math.random(#where)] .. " " .. how[math.random(#how)]
    .. " " .. math.random(100, 999)
  return wrk.format("POST", "/v1/search", {["Content-Type"] = "application/json"}, '{"query": "' .. q .. '", "k": 10}')
end
"""


@dataclass(frozen=True)
class Traffic:
    """What wrk saw: requests per second, latency in ms, answers by kind; `broken`: connections that failed."""

    rate: float
    p50: float
    p95: float
    p99: float
    fine: int
    busy: int
    other: int
    broken: int


class Server:
    """A serving process; use it in a `with`. `folder` holds its artefacts (`artifacts/`) and everything it writes."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.temporary = folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        given = {
            "artifacts": folder / "artifacts", "journal": folder / "journal.sqlite", "sessions": folder / "sessions.sqlite",
            "api_host": "127.0.0.1", "api_port": self.port, "llm": "builtin", "rate_limit": "off", "auth": "off", **settings,
        }  # fmt: skip
        environment = {name: value for name, value in os.environ.items() if name != "MATINEE_API_KEYS"}
        environment |= {f"MATINEE_{name.upper()}": str(value) for name, value in given.items()}
        environment["TMPDIR"] = str(self.temporary)
        self._log = (folder / "server.log").open("ab")
        started = time.monotonic()
        self.process = subprocess.Popen([sys.executable, "-m", "cli", "serve"], env=environment, stderr=self._log)
        self._wait(started)
        self.ready_seconds = time.monotonic() - started
        self.worker = _child(self.process.pid)

    def _wait(self, started: float) -> None:
        while time.monotonic() - started < _START_SECONDS and self.process.poll() is None:
            try:
                if Caller(self).call("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        self.process.kill()
        raise ModelMissing(f"The server did not start; its log is {self.folder / 'server.log'}.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> float:
        """Ask it to end as an operator would; the seconds that took."""
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._log.close()
        return time.monotonic() - started

    @property
    def alive(self) -> bool:
        """Whether it is still the same worker: one that crashed is replaced by gunicorn."""
        return self.process.poll() is None and _child(self.process.pid) == self.worker

    def megabytes(self) -> float:
        """Resident memory of the worker."""
        pages = int(Path(f"/proc/{self.worker}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def wrk(self, seconds: float, clients: int, path: str | None = None) -> Traffic:
        """Traffic of `clients` connections: GET `path`, or searches for questions that differ. Raises ModelMissing."""
        if shutil.which("wrk") is None:
            raise ModelMissing("The load generator is not installed. Run: apt-get install wrk")
        script = self.folder / "wrk.lua"
        script.write_text(_SCRIPT if path else _SCRIPT.replace("-- the requests", _QUESTIONS), "utf-8")
        address = f"http://127.0.0.1:{self.port}{path or '/'}"
        command = ["wrk", "-t1", f"-c{clients}", f"-d{int(seconds)}s", "--timeout", "20s", "-s", str(script), address]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"RESULT (\{.*\})", done.stdout)
        if not found:
            raise ModelMissing(f"wrk gave no result: {done.stdout[-300:]}{done.stderr[-300:]}")
        return Traffic(**json.loads(found[1]))


class Caller:
    """One connection, kept open; as cheap as Python's own client is."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def call(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> tuple[int, bytes]:
        """Status and body. Raises OSError when nobody answers."""
        headers = {"Content-Type": kind} if body is not None else {}
        for attempt in (1, 2):
            try:
                self._connection.request(method, path, body, headers)
                answer = self._connection.getresponse()
                return answer.status, answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError):  # a kept connection that ran out in between
                self._connection.close()
                if attempt == 2:
                    raise
        raise OSError("no answer")

    def ask(self, path: str, **fields: Any) -> tuple[int, Any]:
        """POST JSON; status and the JSON of the answer."""
        status, body = self.call("POST", path, json.dumps(fields).encode())
        return status, json.loads(body) if body else None

    def upload(self, path: str, picture: bytes, **fields: str) -> int:
        """POST a form with a picture; the status."""
        parts = [
            f'--boundary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
        ]
        head = '--boundary\r\nContent-Disposition: form-data; name="poster"; filename="p"\r\nContent-Type: image/png\r\n\r\n'
        body = ("".join(parts) + head).encode() + picture + b"\r\n--boundary--\r\n"
        return self.call("POST", path, body, "multipart/form-data; boundary=boundary")[0]


def _child(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else 0
