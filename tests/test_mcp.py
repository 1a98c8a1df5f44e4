"""Matinee's tools in the hands of another assistant: the SDK's own client, over standard streams and over HTTP."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from rag.tools import TOOL_NAMES
from tests.test_api_server import ROOT, Running, free_port

Talk = Callable[[Callable[[Client], Awaitable[None]]], None]


@pytest.fixture(scope="module")
def api(built_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("mcp")
    shutil.copytree(built_index, folder / "artifacts")
    running = Running(folder)
    yield running
    running.stop()


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "MATINEE_API_URL": url, "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def over_http(api: Running) -> Iterator[str]:
    """The address of `matinee mcp --http`."""
    port = free_port()
    command = [sys.executable, "-m", "cli", "mcp", "--http", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(api.url), stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 180
        while time.monotonic() < until:
            try:  # whether it listens; a GET would wait for events
                socket.create_connection(("127.0.0.1", port), 5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
        process.terminate()


@pytest.fixture(params=["stdio", "http"])
def talk(request: pytest.FixtureRequest, api: Running, over_http: str) -> Talk:
    """Run a conversation with the server, over either transport."""
    stdio = StdioServerParameters(command=sys.executable, args=["-m", "cli", "mcp"], cwd=str(ROOT), env=environment(api.url))

    def run(conversation: Callable[[Client], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with Client(stdio if request.param == "stdio" else over_http) as client:
                await conversation(client)

        anyio.run(whole)

    return run


async def used(client: Client, name: str, **arguments: Any) -> Any:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refusal(client: Client, name: str, **arguments: Any) -> str:
    result = await client.call_tool(name, arguments)
    assert result.is_error
    return str(result.content[0].text)  # type: ignore[union-attr]


def test_the_same_tools_as_the_concierge_has_each_described_and_only_reading(talk: Talk) -> None:
    async def conversation(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == set(TOOL_NAMES)
        for tool in tools.values():
            assert tool.description
            assert tool.output_schema
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
        assert "only those" in str(client.instructions)

    talk(conversation)


def test_every_tool_does_its_work(talk: Talk, poster_png: bytes) -> None:
    picture = base64.b64encode(poster_png).decode()

    async def conversation(client: Client) -> None:
        found = await used(client, "search_movies", query="a widower ties balloons to his house", k=3)
        assert found["hits"][0]["movie"]["title"] == "Up"
        western = await used(client, "search_movies", filters={"genres_any": ["Western"], "year_max": 1970})
        assert western["hits"]
        assert all("Western" in hit["movie"]["genres"] for hit in western["hits"])
        assert len((await used(client, "similar_movies", movie="Toy Story", k=4))["films"]) == 4
        assert (await used(client, "movie_details", movie="heat-1995"))["year"] == 1995
        assert (await used(client, "movie_details", movie="heat (1995)"))["id"] == "heat-1995"
        assert (await used(client, "plot_genres", plot="A detective hunts a thief."))["genres"]
        assert (await used(client, "poster_genres", picture=picture))["genres"]
        assert (await used(client, "validate_poster", picture=f"data:image/png;base64,{picture}"))["is_poster"] is True
        assert len((await used(client, "identify_poster", picture=picture, k=2))["films"]) == 2
        assert (await used(client, "predict_box_office", budget=60_000_000))["revenue"] == 120_000_000

    talk(conversation)


def test_failures_reach_the_assistant_as_sentences(talk: Talk) -> None:
    async def conversation(client: Client) -> None:
        assert "No film here is called" in await refusal(client, "movie_details", movie="Zardoz Returns")
        for other in ("heat-1995/poster", "heat-1995/similar"):
            assert "No film here is called" in await refusal(client, "movie_details", movie=other)
            assert "No film here is called" in await refusal(client, "similar_movies", movie=other)
        assert "no picture" in await refusal(client, "validate_poster", picture="/etc/passwd")
        assert "k" in await refusal(client, "search_movies", query="x", k=1000)
        assert "colour" in await refusal(client, "search_movies", filters={"colour": "red"})

    talk(conversation)


def test_files_are_read_for_the_assistant_on_this_machine_only(
    api: Running, over_http: str, tmp_path: Path, poster_png: bytes
) -> None:
    path = tmp_path / "poster.png"
    path.write_bytes(poster_png)

    async def here() -> None:
        stdio = StdioServerParameters(
            command=sys.executable, args=["-m", "cli", "mcp"], cwd=str(ROOT), env=environment(api.url)
        )
        async with Client(stdio) as client:
            assert (await used(client, "validate_poster", picture=str(path)))["is_poster"] is True
        async with Client(over_http) as client:
            assert "no picture" in await refusal(client, "validate_poster", picture=str(path))

    anyio.run(here)


def test_an_api_that_is_away_is_said_with_the_command() -> None:
    async def away() -> None:
        nowhere = environment(f"http://127.0.0.1:{free_port()}")
        stdio = StdioServerParameters(command=sys.executable, args=["-m", "cli", "mcp"], cwd=str(ROOT), env=nowhere)
        async with Client(stdio) as client:
            assert "matinee serve" in await refusal(client, "search_movies", query="x")

    anyio.run(away)


def test_it_listens_on_this_machine_only() -> None:
    command = [sys.executable, "-m", "cli", "mcp", "--http", "--host", "0.0.0.0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 2
    assert "this machine only" in done.stderr.replace("\n", " ")
