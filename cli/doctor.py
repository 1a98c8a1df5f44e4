"""`matinee doctor`: what is wrong with the installation, and the command that fixes it."""

from __future__ import annotations

import errno
import importlib.util
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.text import Text

from cli.building import Json
from cli.models import model_report, print_models
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
_SETTINGS = {"artefacts": "ARTIFACTS", "catalogue": "CATALOGUE", "cache": "CACHE", "sessions": "SESSIONS", "journal": "JOURNAL"}
State = Literal["ok", "note", "wrong"]
_MARKS = {"ok": "[green]✓[/green]", "note": "[yellow]•[/yellow]", "wrong": "[red]✗[/red]"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `fix` is a command or a setting."""

    check: str
    state: State
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
        column = max(len(finding.check) for finding in findings)
        for finding in findings:  # nothing is cut, however narrow the screen: a fix is there to be copied
            line = Text.from_markup(_MARKS[finding.state]).append(f" {finding.check:<{column}} ").append(finding.detail)
            output.print(line, soft_wrap=True, highlight=False)
            if finding.fix:
                output.print(Text(f"  {'':<{column}} {finding.fix}", style="cyan"), soft_wrap=True, highlight=False)
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


def examine(settings: Settings, enough: int = _FREE_BYTES) -> Iterator[Finding]:
    """All findings, one after the other; `enough`: free bytes that a disk must have."""
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
    yield from _folders(settings, enough)
    if all(importlib.util.find_spec(package) for package, extra in _PACKAGES.items() if extra == "server"):
        yield from _index(settings)
        yield from _encoder(settings)
        yield from _keys(settings)
        yield from _rates(settings)
    yield from _language_model(settings)
    yield _port("API", settings.api_host, settings.api_port, "MATINEE_API_PORT")
    yield _port("page", settings.ui_host, settings.ui_port, "MATINEE_UI_PORT")


def _folders(settings: Settings, enough: int) -> Iterator[Finding]:
    """Can what must be written be written, and is there room."""
    for name, path in (
        ("artefacts", settings.artifacts),
        ("catalogue", settings.catalogue.parent),
        ("cache", settings.cache),
        ("sessions", settings.sessions.parent),
        ("journal", settings.journal.parent),
    ):
        there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
        try:
            with tempfile.TemporaryFile(dir=there):
                pass
        except OSError as error:
            reason = f"{path} can't be written ({error.strerror})"
            fix = f"sudo chown -R $USER {there}" if there.is_dir() else f"MATINEE_{_SETTINGS[name]}=… (a folder)"
            yield Finding(f"{name} folder", "wrong", reason, fix)
            continue
        yield Finding(f"{name} folder", "ok", str(path))
        free = shutil.disk_usage(there).free
        if name == "artefacts" or free < enough:
            state: State = "ok" if free >= enough else "wrong"
            fix = "" if state == "ok" else f"free {enough / 1e9:.0f} GB there, or set MATINEE_{_SETTINGS[name]}=…"
            yield Finding(f"disk of {name}", state, f"{free / 1e9:.1f} GB free", fix)


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
    yield from _match(manifest["encoder"], settings)
    from movies.encoders import file_sha256

    damaged = [name for name, known in manifest.get("files", {}).items() if not _intact(folder / name, known, file_sha256)]
    if damaged:
        yield Finding("index files", "wrong", f"damaged: {', '.join(damaged)}", "matinee rollback, or matinee build")
    else:
        yield Finding("index files", "ok", "checksums fit")


def _intact(path: Path, known: dict[str, Any], digest: Any) -> bool:
    return path.is_file() and path.stat().st_size == known["bytes"] and digest(path) == known["sha256"]


def _match(made_with: dict[str, Any], settings: Settings) -> Iterator[Finding]:
    """Does the encoder that would read questions give vectors of the space the index was made in."""
    from movies.encoder_choice import encoder_for

    if settings.encoder != "auto" and made_with["name"].startswith("clip") != (settings.encoder == "clip"):
        detail = f"the index was made with {made_with['name']}, MATINEE_ENCODER asks for {settings.encoder}"
        yield Finding(
            "index and encoder", "note", f"{detail}: the next build changes it", "matinee build, or MATINEE_ENCODER=auto"
        )
    try:
        encoder = encoder_for(made_with["name"], settings)
    except MovieServiceError as error:
        yield Finding("index and encoder", "wrong", error.message, "matinee build --encoder builtin")
        return
    if (encoder.name, encoder.dim) == (made_with["name"], made_with["dim"]):
        yield Finding("index and encoder", "ok", f"both {encoder.name}, {encoder.dim} numbers")
    else:
        detail = f"the index has {made_with['name']} ({made_with['dim']}), the encoder is {encoder.name} ({encoder.dim})"
        yield Finding("index and encoder", "wrong", detail, f"matinee build --catalogue {settings.catalogue}")


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


def _keys(settings: Settings) -> Iterator[Finding]:
    """Would the API start with these hosts and keys, and who could change the catalogue."""
    from api.limits import Gate, on_loopback

    try:
        needed = Gate(settings).needed
    except MovieServiceError as error:
        yield Finding("API keys", "wrong", error.message, "matinee key NAME")
        return
    if needed:
        yield Finding("API keys", "ok", f"needed; {len(settings.api_keys)} known")
    else:
        where = "who is on this machine" if on_loopback(settings) else "WHO REACHES IT"
        yield Finding(
            "API keys", "note", f"off: everybody {where} may change the catalogue", "MATINEE_AUTH=on, then: matinee key NAME"
        )


def _rates(settings: Settings) -> Iterator[Finding]:
    """Would the API start with this rate limit, and does what several servers count in answer."""
    from api.limits import DEFAULT_RATE, counting, rate_of

    try:
        store = counting(settings)
    except MovieServiceError as error:
        fix = f"MATINEE_RATE_LIMIT={DEFAULT_RATE}, MATINEE_RATE_LIMIT_STORAGE=memory://"
        yield Finding("rate limit", "wrong", error.message, fix)
        return
    rate = rate_of(settings) or "none"
    if store is None or store.check():
        yield Finding("rate limit", "ok", rate)
    else:
        detail = f"{rate}, but nothing answers at MATINEE_RATE_LIMIT_STORAGE: each server counts for itself"
        yield Finding("rate limit", "wrong", detail, "redis-server, or MATINEE_RATE_LIMIT_STORAGE=memory://")


def _language_model(settings: Settings) -> Iterator[Finding]:
    """Is the model there, can it do what the concierge asks of it, and does its context hold a turn."""
    import httpx

    if settings.llm == "builtin":
        yield Finding("language model", "ok", "none wanted: the built-in concierge serves")
        return
    wanted = settings.llm.removeprefix("ollama:") if settings.llm.startswith("ollama:") else settings.ollama_model
    try:
        with httpx.Client(base_url=settings.ollama_url, timeout=3) as ollama:
            names = {model.get("name", "") for model in ollama.get("/api/tags").json().get("models", [])}
            if not {wanted, f"{wanted}:latest"} & names:
                yield Finding("Ollama", "note", f"{wanted} is not pulled", f"ollama pull {wanted}")
                return
            shown = ollama.post("/api/show", json={"model": wanted}).json()
            abilities, facts = shown.get("capabilities"), shown.get("model_info", {})
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError):
        yield Finding("Ollama", "note", f"no answer at {settings.ollama_url}: the built-in concierge serves", "ollama serve")
        return
    yield Finding("Ollama", "ok", f"{wanted} is there")
    if abilities is not None and "completion" not in abilities:
        yield Finding("language model", "wrong", f"{wanted} can't hold a conversation", "MATINEE_OLLAMA_MODEL=qwen3:1.7b")
    elif abilities is not None and "tools" not in abilities:
        yield Finding("language model", "note", f"{wanted} was not trained to call tools: its plans are read from text", "")
    length = next((value for name, value in facts.items() if name.endswith(".context_length")), None)
    if isinstance(length, int) and length < settings.llm_context:
        detail = f"{wanted} holds {length:,} tokens, MATINEE_LLM_CONTEXT asks for {settings.llm_context:,}"
        yield Finding("context", "wrong", detail, f"MATINEE_LLM_CONTEXT={length}")
    else:
        yield Finding("context", "ok", f"{settings.llm_context:,} tokens" + (f" of {length:,}" if length else ""))


def _port(name: str, host: str, port: int, setting: str) -> Finding:
    """Free, held by Matinee itself, or held by somebody else."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return Finding(
                f"{name} port",
                "wrong",
                f"{host}:{port} can't be used ({error.strerror})",
                f"{setting.replace('PORT', 'HOST')}=127.0.0.1",
            )
        if _ours(host, port):
            return Finding(f"{name} port", "ok", f"{port}: Matinee is serving")
        return Finding(f"{name} port", "wrong", f"another program listens on {port}", f"{setting}={port + 10}")
    return Finding(f"{name} port", "ok", f"{port} is free")


def _ours(host: str, port: int) -> bool:
    import httpx

    there = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  # asked, not listened on
    there = f"[{there}]" if ":" in there else there
    try:
        answers = [httpx.get(f"http://{there}:{port}{path}", timeout=2) for path in ("/healthz", "/config")]
    except httpx.HTTPError:
        return False
    return answers[0].text == '{"status":"ok"}' or "Matinee" in answers[1].text
