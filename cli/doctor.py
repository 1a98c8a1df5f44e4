"""`matinee doctor`: what is wrong with the installation, and the command that fixes it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from cli.building import Json
from cli.models import model_report, ollama_models, print_models
from cli.screen import output, print_json
from movies.errors import MovieServiceError
from movies.settings import Settings

_PACKAGES = {
    "torch": "server",
    "annoy": "server",
    "flask": "server",
    "rapidocr": "server",
    "open_clip": "server",
    "gradio": "chat",
}
_FREE_BYTES = 2_000_000_000
_MARKS = {"ok": "[green]✓[/green]", "note": "[yellow]•[/yellow]", "wrong": "[red]✗[/red]"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `fix` is a command or a setting."""

    check: str
    state: Literal["ok", "note", "wrong"]
    detail: str
    fix: str = ""


def doctor(
    models: Annotated[bool, typer.Option("--models", help="Which models can be had, and which suit this machine.")] = False,
    as_json: Json = False,
) -> None:
    """Check everything from the Python version to the language model, and print the fixing commands."""
    if models:
        report = model_report(Settings())
        print_json(report) if as_json else print_models(report)
        return
    findings = list(examine(Settings()))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        table = Table(box=None, pad_edge=False, show_header=False)
        for finding in findings:
            table.add_row(
                _MARKS[finding.state], finding.check, finding.detail, f"[cyan]{finding.fix}[/cyan]" if finding.fix else ""
            )
        output.print(table)
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, one after the other."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    fine = (3, 11) <= sys.version_info[:2] < (3, 14)
    yield Finding(
        "Python", "ok" if fine else "wrong", version, "" if fine else "install Python 3.11, 3.12 or 3.13, then: make install"
    )
    for package, extra in _PACKAGES.items():
        there = importlib.util.find_spec(package) is not None
        yield Finding(
            package,
            "ok" if there else "wrong",
            "installed" if there else "missing",
            "" if there else f"pip install '.[{extra}]'",
        )
    yield from _folders(settings)
    yield from _index(settings)
    yield from _encoder(settings)
    yield from _language_model(settings)
    for name, host, port in (
        ("API port", settings.api_host, settings.api_port),
        ("page port", settings.ui_host, settings.ui_port),
    ):
        taken = _answers(host, port)
        setting = "MATINEE_API_PORT" if name == "API port" else "MATINEE_UI_PORT"
        yield Finding(
            name,
            "note" if taken else "ok",
            f"{port} is {'in use (by Matinee?)' if taken else 'free'}",
            f"{setting}=… for another" if taken else "",
        )


def _folders(settings: Settings) -> Iterator[Finding]:
    for name, path in (
        ("artefacts", settings.artifacts),
        ("catalogue folder", settings.catalogue.parent),
        ("cache", settings.cache),
    ):
        there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
        writable = os.access(there, os.W_OK)
        free = shutil.disk_usage(there).free
        yield Finding(
            name,
            "ok" if writable else "wrong",
            f"{path}{'' if writable else ' is not writable'}",
            "" if writable else f"chown -R $USER {there}",
        )
        if free < _FREE_BYTES:
            yield Finding("disk", "wrong", f"{free / 1e9:.1f} GB free at {path}", "free at least 2 GB")


def _index(settings: Settings) -> Iterator[Finding]:
    from rag.index import read_manifest
    from rag.library import current_version

    try:
        folder = current_version(settings.artifacts)
        manifest = read_manifest(folder)
    except MovieServiceError as error:
        yield Finding("index", "wrong", error.message, "matinee demo")
        return
    yield Finding(
        "index", "ok", f"version {folder.name}: {manifest['counts']['films']} films, made with {manifest['encoder']['name']}"
    )
    from movies.encoders import file_sha256

    damaged = [name for name, known in manifest.get("files", {}).items() if not _intact(folder / name, known, file_sha256)]
    if damaged:
        yield Finding("index files", "wrong", f"damaged: {', '.join(damaged)}", "matinee rollback, or matinee build")
    else:
        yield Finding("index files", "ok", "checksums fit")


def _intact(path: Path, known: dict[str, Any], digest: Any) -> bool:
    return path.is_file() and path.stat().st_size == known["bytes"] and digest(path) == known["sha256"]


def _encoder(settings: Settings) -> Iterator[Finding]:
    from movies.encoder_choice import clip_at_hand

    if clip_at_hand(settings):
        yield Finding("CLIP", "ok", f"{settings.clip_model} can be had", "")
    else:
        yield Finding(
            "CLIP",
            "note",
            "no weights on disk and no hub in reach: the built-in encoder serves",
            "MATINEE_CLIP_MODEL=local-dir:FOLDER",
        )


def _language_model(settings: Settings) -> Iterator[Finding]:
    pulled = ollama_models(settings.ollama_url)
    wanted = settings.ollama_model
    if pulled is None:
        yield Finding("Ollama", "note", f"no answer at {settings.ollama_url}: the built-in concierge serves", "ollama serve")
    elif wanted in pulled or f"{wanted}:latest" in pulled:
        yield Finding("Ollama", "ok", f"{wanted} is there, context {settings.llm_context} tokens")
    else:
        yield Finding("Ollama", "note", f"{wanted} is not pulled", f"ollama pull {wanted}")


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False
