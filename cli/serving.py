"""`matinee up | serve | ui`: both servers, the API, the page."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from typing import Annotated

import typer

from cli.screen import errors, say
from movies.errors import BadInput, ModelMissing
from movies.settings import Settings

_START_SECONDS = 120  # until the API must have answered
_END_SECONDS = 25  # running requests get their time to finish


def serve() -> None:
    """Serve the HTTP API (MATINEE_API_HOST, MATINEE_API_PORT) until stopped."""
    from api.fetch import fetch_artifacts
    from api.server import serve as serve_api

    settings = Settings()
    fetch_artifacts(settings, say)
    serve_api(settings, say)


def fetch() -> None:
    """Fetch the index at MATINEE_ARTIFACTS_URL now, unless it is here. `serve` and `up` do so by themselves."""
    from api.fetch import fetch_artifacts

    settings = Settings()
    if settings.artifacts_url is None or not settings.artifacts_url.get_secret_value():
        raise BadInput("There is nothing to fetch: MATINEE_ARTIFACTS_URL is not set (docs/deploy.md).")
    if fetch_artifacts(settings, say) is None:
        say("The index is here already.")


def ui() -> None:
    """Serve the page (MATINEE_UI_HOST, MATINEE_UI_PORT); it talks to the API at MATINEE_API_URL."""
    from chat_ui.serve import serve as serve_page

    serve_page(Settings())


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Over streamable HTTP instead of standard streams.")] = False,
    host: Annotated[str, typer.Option(help="With --http: an address of this machine; there are no keys.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="With --http.", min=0, max=65535)] = 8765,
) -> None:
    """Offer Matinee's tools to other assistants (Model Context Protocol); the API at MATINEE_API_URL does the work."""
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise BadInput(
            "MCP over HTTP has no keys, so it listens on this machine only: --host 127.0.0.1. Put a proxy before it."
        )
    from chat_ui.client import Matinee

    try:
        from chat_ui.assistants import serve as serve_assistants
    except ModuleNotFoundError as error:
        if error.name not in ("mcp", "mcp_types"):
            raise
        raise ModelMissing("The MCP SDK is not installed. Run: pip install '.[mcp]'") from None
    if http:
        say(f"MCP: http://{host}:{port}/mcp")
    with Matinee.from_settings(Settings()) as api:
        serve_assistants(api, (host, port) if http else None)


def up(
    demo: Annotated[bool, typer.Option(help="Build the demo first if there is no index yet.")] = True,
) -> None:
    """Serve the API and the page together; without an index yet, build the demo first."""
    from api.fetch import fetch_artifacts
    from rag.library import current_version

    settings = Settings()
    _need_free(settings.api_host, settings.api_port, "MATINEE_API_PORT")
    _need_free(settings.ui_host, settings.ui_port, "MATINEE_UI_PORT")
    fetch_artifacts(settings, say)
    try:
        current_version(settings.artifacts)
    except ModelMissing:
        if not demo:
            raise
        say("No index yet: building the demo catalogue. This happens once.")
        if code := _start("demo", "--quick").wait():  # a process of its own: what it needed is given back when it ends
            sys.exit(code)
    page = f"http://{settings.ui_host}:{settings.ui_port}"
    helpers: list[subprocess.Popen[bytes]] = []
    servers = [_start("serve"), _start("ui")]  # side by side: each takes seconds to load what it needs
    try:
        _wait_for(servers[0], f"{settings.api_url}/readyz", "API")
        _wait_for(servers[1], page, "page")
        errors.print(f"\n  API   {settings.api_url}/docs\n  Page  {page}\n\n  Ctrl-C stops both.\n")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if demo and _quick_demo(settings):
            say("Posters are read and the classifiers learn meanwhile; the servers take both over in some minutes.")
            helpers.append(_start("demo", patient=True))
        while all(server.poll() is None for server in servers):
            helpers = [helper for helper in helpers if helper.poll() is None]
            time.sleep(0.3)
    except KeyboardInterrupt:
        say("Stopping.")
    finally:
        codes = _stop(servers)
        _stop(helpers)
    if any(code not in (0, -signal.SIGINT, -signal.SIGTERM) for code in codes):
        sys.exit(1)


def _need_free(host: str, port: int, setting: str) -> None:
    """Raise BadInput if another program listens there: better said now than after minutes of building."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadInput(
                f"Port {port} on {host} can't be used ({error.strerror}). For another: {setting}={port + 1} matinee up"
            ) from None


def _quick_demo(settings: Settings) -> bool:
    """Whether what serves is the demo as `build_demo(quick=True)` made it, so that people could start early."""
    from demo.catalogue import is_demo
    from rag.library import current_version

    folder = current_version(settings.artifacts)
    return not (folder / "heads").is_dir() and is_demo(folder / "catalogue.sqlite")


def _start(*command: str, patient: bool = False) -> subprocess.Popen[bytes]:
    """A command in a process of its own; `patient`: it lets all others go first."""
    return subprocess.Popen([sys.executable, "-m", "cli", *command], preexec_fn=partial(os.nice, 15) if patient else None)


def _wait_for(server: subprocess.Popen[bytes], url: str, what: str) -> None:
    """Until a server answers at `url`. Raises ModelMissing if it ends or takes too long."""
    import httpx

    ends = time.monotonic() + _START_SECONDS
    while server.poll() is None:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > ends:
            raise ModelMissing(f"The {what} didn't answer at {url} within {_START_SECONDS} s. Run: matinee doctor")
        time.sleep(0.2)
    raise ModelMissing(f"The {what} ended at once; its message is above. Run: matinee doctor")


def _stop(servers: list[subprocess.Popen[bytes]]) -> list[int]:
    for server in servers:
        if server.poll() is None:
            server.terminate()
    codes = []
    for server in servers:
        try:
            codes.append(server.wait(timeout=_END_SECONDS))
        except subprocess.TimeoutExpired:
            server.kill()
            codes.append(server.wait())
    return codes
