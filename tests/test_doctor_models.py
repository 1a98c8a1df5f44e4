"""`matinee doctor --models`: what is here, what can be had, what suits the machine; and the same in docs/models.md."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.models import CLIPS, LANGUAGE_MODELS, Machine, model_report, ollama_models, recommended_language_model
from evaluation.architectures import ARCHITECTURES, evaluate_architectures
from movies.encoder_choice import clip_at_hand, clip_on_disk
from movies.errors import BadInput
from movies.settings import Settings

GUIDE = (Path(__file__).parent.parent / "docs" / "models.md").read_text("utf-8")
BIG, SMALL = Machine(32.0, 4, 0.0), Machine(4.0, 2, 0.0)


class Ollama:
    """A server on loopback that lists models, or answers with whatever `body` is."""

    def __init__(self, body: bytes) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == "/api/tags" else 404)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def ollama() -> Iterator[Ollama]:
    tags = {"models": [{"name": "qwen3:1.7b", "size": 1_400_000_000}, {"name": "house-model:latest", "size": 4_000_000_000}]}
    server = Ollama(json.dumps(tags).encode())
    yield server
    server.stop()


def offline(**changed: object) -> Settings:
    return Settings(_env_file=None, **{"ollama_url": "http://127.0.0.1:9", "hub_patience": 0.2, **changed})  # type: ignore[arg-type]


def by_name(offers: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    return {str(offer["name"]): offer for offer in offers}


def test_what_ollama_has_pulled_is_told_from_what_it_could(ollama: Ollama) -> None:
    report = model_report(offline(ollama_url=ollama.url), BIG)
    models = by_name(report["language_models"])
    assert report["ollama"] == {"url": ollama.url, "answers": True}
    assert models["qwen3:1.7b"]["state"] == "here"
    assert models["qwen3:1.7b"]["chosen"]
    assert models["qwen3:8b"]["state"] == "can be fetched"
    assert models["qwen3:8b"]["fix"] == "ollama pull qwen3:8b"
    assert models["house-model:latest"]["state"] == "here"
    assert not any("pull" in command for command in report["recommended"]["commands"])


def test_without_ollama_the_way_to_it_is_shown() -> None:
    report = model_report(offline(), BIG)
    assert {offer["state"] for offer in report["language_models"]} == {"out of reach"}
    assert any("ollama serve" in command for command in report["recommended"]["commands"])
    assert "ollama pull qwen3:1.7b" in report["recommended"]["commands"]


def test_another_model_that_was_chosen_is_said_to_be(ollama: Ollama) -> None:
    for settings in (
        offline(ollama_url=ollama.url, llm="ollama:house-model"),
        offline(ollama_url=ollama.url, ollama_model="house-model"),
    ):
        models = by_name(model_report(settings, BIG)["language_models"])
        assert [name for name, offer in models.items() if offer["chosen"]] == ["house-model:latest"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"models": null}', b'{"models": [1]}', b'{"models": [{"size": "x"}]}', b"<html>"]
)
def test_a_server_that_is_no_ollama_counts_as_none(body: bytes) -> None:
    server = Ollama(body)
    assert ollama_models(server.url) is None
    server.stop()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "http://[", ""])
def test_an_address_that_leads_nowhere_counts_as_none(url: str) -> None:
    assert ollama_models(url) is None


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (Machine(3.0, 4, 0.0), None),
        (Machine(5.0, 4, 0.0), "qwen3:0.6b"),
        (Machine(8.0, 1, 0.0), "qwen3:0.6b"),
        (Machine(8.0, 4, 0.0), "qwen3:1.7b"),
        (Machine(16.0, 8, 0.0), "qwen3:4b-instruct"),
        (Machine(6.5, 8, 0.0), "qwen3:1.7b"),
        (Machine(8.0, 2, 6.0), "qwen3:4b-instruct"),
        (Machine(64.0, 8, 24.0), "qwen3:8b"),
    ],
)
def test_what_is_recommended_fits_the_machine(machine: Machine, name: str | None) -> None:
    found = recommended_language_model(machine)
    assert (found.name if found else None) == name


def test_clip_is_recommended_where_it_can_be_had(tmp_path: Path) -> None:
    with socket.socket() as hub:
        hub.bind(("127.0.0.1", 0))
        hub.listen()
        port = hub.getsockname()[1]
        program = """
import json
from cli.models import Machine, model_report
from movies.settings import Settings
settings = Settings(_env_file=None, ollama_url="http://127.0.0.1:9", hub_patience=2)
print(json.dumps([model_report(settings, Machine(memory, 4, 0.0)) for memory in (16.0, 2.0)]))
"""
        large, small = json.loads(python(program, tmp_path, HF_ENDPOINT=f"http://127.0.0.1:{port}"))
    assert large["recommended"]["encoder"] == CLIPS[0].tag
    assert "can be fetched" in {offer["state"] for offer in large["encoders"]}
    assert small["recommended"]["encoder"] == "builtin"


def python(program: str, home: Path, **environment: str) -> str:
    """The output of a program in a process of its own, as the hub's client reads its settings at import."""
    root = str(Path(__file__).parent.parent)
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=120,
        env={**os.environ, "HF_HOME": str(home), "PYTHONPATH": root, **environment},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_weights_in_a_folder_or_a_file_are_found(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"")
    here = offline(clip_model=f"local-dir:{tmp_path}")
    assert clip_on_disk(here)
    assert clip_at_hand(here)
    assert clip_on_disk(offline(clip_model="ViT-B-32", clip_checkpoint=tmp_path / "weights.bin"))
    assert not clip_at_hand(offline(clip_model=f"local-dir:{tmp_path}/nowhere"))
    assert not clip_at_hand(offline(clip_model="ViT-B-32", clip_checkpoint=tmp_path / "nothing.bin"))
    [own] = [offer for offer in model_report(here, BIG)["encoders"] if offer["chosen"]]
    assert own["state"] == "here"


def test_a_hub_that_never_answers_costs_its_patience_and_no_more(tmp_path: Path) -> None:
    """A name that resolves to nobody, and one that can't be resolved: both end in time."""
    program = """
import time
from movies.encoder_choice import hub_in_reach
from movies.settings import Settings
started = time.monotonic()
assert not hub_in_reach(Settings(_env_file=None, hub_patience=1))
print(time.monotonic() - started)
"""
    for endpoint in ("https://hub.invalid", "http://127.0.0.1:9"):
        assert float(python(program, tmp_path, HF_ENDPOINT=endpoint)) < 15  # a name server that hangs costs half a minute
    assert float(python(program, tmp_path, HF_HUB_OFFLINE="1")) < 10


def test_the_command_speaks_to_people_and_to_programs() -> None:
    runner = CliRunner(env={"MATINEE_OLLAMA_URL": "http://127.0.0.1:9", "MATINEE_HUB_PATIENCE": "0.5", "COLUMNS": "200"})
    told = runner.invoke(app, ["doctor", "--models"])
    assert told.exit_code == 0
    for wanted in ("This machine:", "Recommended here:", "qwen3:1.7b", CLIPS[0].tag, "Apache-2.0", "docs/models.md"):
        assert wanted in told.stdout
    report = json.loads(runner.invoke(app, ["doctor", "--models", "--json"]).stdout)
    assert report.keys() == {"machine", "encoders", "ollama", "language_models", "recommended"}
    assert report["machine"]["memory"] > 0.5


# -- the guide says the same -----------------------------------------------------------------------


def rows(marker: str) -> dict[str, list[str]]:
    """The rows of the table of docs/models.md whose header has `marker`, by what stands first in backticks."""
    table = next(part for part in GUIDE.split("\n\n") if part.startswith("|") and marker in part.splitlines()[0])
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {re.findall(r"`([^`]+)`", line[0])[0]: line for line in lines}


def test_the_guide_and_the_command_agree_on_clip() -> None:
    table = rows("ImageNet")
    for clip in CLIPS:
        cells = table[f"hf-hub:{clip.tag}"]
        assert f"{clip.parameters} M" in cells
        assert f"{clip.memory:.1f} GB" in cells
        assert clip.licence in cells
    assert Settings(_env_file=None).clip_model == f"hf-hub:{CLIPS[0].tag}"
    assert "default" in table[f"hf-hub:{CLIPS[0].tag}"][0]


def test_the_guide_and_the_command_agree_on_language_models() -> None:
    table = rows("BFCL")
    for model in LANGUAGE_MODELS:
        cells = table[model.name]
        assert f"{model.download:.1f} GB" in cells
        assert f"{model.memory:.1f} GB" in cells
        assert model.licence in cells
    assert "default" in table[Settings(_env_file=None).ollama_model][0]


# -- what an architecture costs --------------------------------------------------------------------


@pytest.mark.slow
def test_the_cost_of_an_architecture_is_measured() -> None:
    figures = evaluate_architectures(("RN50",))["RN50"]
    assert figures["parameters"] == pytest.approx(102.0, abs=0.1)  # as open_clip's own profile has it
    assert figures["picture_ms"] > 0
    assert figures["text_ms"] > 0
    assert 0.1 < figures["memory_gb"] < 4


def test_an_unknown_architecture_is_explained() -> None:
    with pytest.raises(BadInput, match="no architecture ViT-Nothing"):
        evaluate_architectures(("ViT-Nothing",))


def test_the_architectures_of_the_guide_exist() -> None:
    import open_clip

    assert set(ARCHITECTURES) <= set(open_clip.list_models())
