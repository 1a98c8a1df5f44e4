"""`matinee doctor --models`: which CLIP and which language model can be had, and which suits this machine.

The two tables are the ones of docs/models.md (a test compares them), with where their figures come
from. What is *here* is asked of the disk, the hub and Ollama. Does not load or fetch any model.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from rich.table import Table

from cli.screen import output
from movies.encoder_choice import clip_on_disk, hub_in_reach
from movies.settings import Settings

State = Literal["here", "can be fetched", "out of reach"]
_MARKS = {"here": "[green]✓[/green]", "can be fetched": "[yellow]•[/yellow]", "out of reach": "[red]✗[/red]"}
_OURS = 2.0  # GB: API and page without a language model (docs/deploy.md)
_SYSTEM = 1.0  # GB: what the system itself wants


@dataclass(frozen=True)
class Clip:
    """A CLIP model. `memory`: GB of its weights and one batch; `picture`: thousand million operations for one."""

    tag: str
    parameters: int  # millions
    picture: float
    memory: float
    licence: str
    choose: str


@dataclass(frozen=True)
class LanguageModel:
    """A model of the Ollama library, 4-bit. `download` and `memory` (with 8,192 tokens of context): GB."""

    name: str
    download: float
    memory: float
    licence: str
    choose: str


CLIPS = (
    Clip("laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K", 151, 11.5, 0.8, "MIT", "first"),
    Clip("laion/CLIP-ViT-B-16-DataComp.XL-s13B-b90K", 150, 35.1, 0.8, "MIT", "small details on posters"),
    Clip("timm/ViT-B-16-SigLIP", 203, 35.4, 1.0, "Apache-2.0", "best matching of text and picture for its size"),
    Clip("timm/ViT-B-32-SigLIP2-256", 377, 11.5, 1.7, "Apache-2.0", "questions in many languages"),
    Clip("laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K", 428, 162.0, 2.0, "MIT", "the index is built on a GPU, or small"),
)
LANGUAGE_MODELS = (
    LanguageModel("qwen3:0.6b", 0.5, 1.7, "Apache-2.0", "a small board, or speed above all"),
    LanguageModel("qwen3:1.7b", 1.4, 2.6, "Apache-2.0", "a CPU with two to four cores"),
    LanguageModel("qwen3:4b-instruct", 2.5, 4.0, "Apache-2.0", "eight cores, or any GPU with 6 GB"),
    LanguageModel("qwen3:8b", 5.2, 6.7, "Apache-2.0", "a GPU with 8 GB or more"),
)
_NEEDS = {  # cores without a GPU, GB of a GPU: either will do
    "qwen3:0.6b": (1, 2.0), "qwen3:1.7b": (2, 3.0), "qwen3:4b-instruct": (8, 6.0), "qwen3:8b": (32, 8.0),
}  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """What there is to choose for. GB; `gpu` is the memory of the largest NVIDIA GPU, 0 without one."""

    memory: float
    cores: int
    gpu: float


@dataclass(frozen=True)
class Offer:
    """One model and how it stands with it; `fix` is the command that gets or chooses it."""

    name: str
    state: State
    chosen: bool
    memory: float
    licence: str
    choose: str
    fix: str


def this_machine() -> Machine:
    """Memory, cores and GPU of the machine we run on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return Machine(round(memory, 1), os.cpu_count() or 1, _gpu())


def _gpu() -> float:
    if shutil.which("nvidia-smi") is None:
        return 0.0
    try:
        asked = subprocess.run(
            ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"],
            capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
        return max(float(line) for line in asked.stdout.split()) / 1000
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0.0


def recommended_language_model(machine: Machine) -> LanguageModel | None:
    """The best that answers quickly enough here and fits beside API and page; None where none does."""
    free = machine.memory - _OURS - _SYSTEM
    best = None
    for model in LANGUAGE_MODELS:
        cores, gpu = _NEEDS[model.name]
        if machine.gpu >= gpu or (machine.cores >= cores and model.memory <= free):
            best = model
    return best


def recommended_encoder(machine: Machine, clips: list[Offer]) -> str:
    """The tag of the default CLIP model, or `builtin` where it doesn't fit or can't be had."""
    default = clips[0]
    fits = machine.memory >= _OURS + default.memory
    return default.name if fits and default.state != "out of reach" else "builtin"


def clip_offers(settings: Settings) -> Iterator[Offer]:
    """The models of the table, then what settings name besides."""
    reach = hub_in_reach(settings)
    listed = False
    for clip in CLIPS:
        tag = f"hf-hub:{clip.tag}"
        chosen = settings.clip_model == tag and settings.clip_checkpoint is None
        listed |= chosen
        state = _state(clip_on_disk(settings.model_copy(update={"clip_model": tag, "clip_checkpoint": None})), reach)
        fix = f"MATINEE_ENCODER=clip MATINEE_CLIP_MODEL={tag} matinee build"
        if state == "out of reach":
            fix = f"where a hub is in reach: hf download {clip.tag} --local-dir clip; then MATINEE_CLIP_MODEL=local-dir:clip"
        yield Offer(clip.tag, state, chosen, clip.memory, clip.licence, clip.choose, fix)
    if not listed:
        name = str(settings.clip_checkpoint or settings.clip_model)
        remote = settings.clip_model.startswith("hf-hub:") and settings.clip_checkpoint is None
        state = _state(clip_on_disk(settings), reach and remote)
        yield Offer(name, state, True, 0.0, "its own", "yours", "MATINEE_ENCODER=clip matinee build")


def language_offers(settings: Settings) -> tuple[bool, list[Offer]]:
    """Whether Ollama answers, and the models of the table, then what it has besides."""
    pulled = ollama_models(settings.ollama_url)
    wanted = settings.llm.removeprefix("ollama:") if settings.llm.startswith("ollama:") else settings.ollama_model
    offers = []
    for model in LANGUAGE_MODELS:
        state = _state(pulled is not None and model.name in pulled, pulled is not None)
        fix = f"MATINEE_OLLAMA_MODEL={model.name}" if state == "here" else f"ollama pull {model.name}"
        offers.append(Offer(model.name, state, model.name == wanted, model.memory, model.licence, model.choose, fix))
    known = {model.name for model in LANGUAGE_MODELS}
    for name, size in sorted((pulled or {}).items()):
        if name not in known:
            chosen = name in (wanted, f"{wanted}:latest")
            offers.append(
                Offer(name, "here", chosen, round(size / 1e9 + 1.2, 1), "its own", "yours", f"MATINEE_OLLAMA_MODEL={name}")
            )
    return pulled is not None, offers


def ollama_models(url: str) -> dict[str, int] | None:
    """What an Ollama server has pulled, with the bytes of each; None if it doesn't answer as one."""
    import httpx

    try:
        entries = httpx.get(f"{url.rstrip('/')}/api/tags", timeout=2).json()["models"]
        return {str(entry["name"]): int(entry.get("size") or 0) for entry in entries}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, KeyError, AttributeError):
        return None


def _state(here: bool, fetchable: bool) -> State:
    return "here" if here else "can be fetched" if fetchable else "out of reach"


def model_report(settings: Settings, machine: Machine | None = None) -> dict[str, Any]:
    """Everything `doctor --models` says, as one JSON object."""
    machine = machine or this_machine()
    clips = list(clip_offers(settings))
    answers, language = language_offers(settings)
    best = recommended_language_model(machine)
    return {
        "machine": asdict(machine),
        "encoders": [asdict(offer) for offer in clips],
        "ollama": {"url": settings.ollama_url, "answers": answers},
        "language_models": [asdict(offer) for offer in language],
        "recommended": {
            "encoder": recommended_encoder(machine, clips),
            "language_model": best.name if best else "builtin",
            "commands": list(_commands(settings, recommended_encoder(machine, clips), best, answers, language)),
        },
    }


def _commands(
    settings: Settings, encoder: str, best: LanguageModel | None, answers: bool, language: list[Offer]
) -> Iterator[str]:
    """What to type to get what is recommended; nothing where it is there and chosen."""
    if encoder != "builtin":
        yield f"MATINEE_CLIP_MODEL=hf-hub:{encoder} matinee build      # fetches it, and embeds the catalogue anew"
    else:
        yield f"hf download {CLIPS[0].tag} --local-dir clip      # CLIP: where a hub is in reach; carry the folder here, then"
        yield "MATINEE_CLIP_MODEL=local-dir:clip matinee build"
    if best is None:
        yield "MATINEE_LLM=builtin"
        return
    if not answers:
        local = urlsplit(settings.ollama_url).hostname in ("127.0.0.1", "localhost", "::1")
        yield (
            "ollama serve       # get it at https://ollama.com/download"
            if local
            else f"MATINEE_OLLAMA_URL=…      # {settings.ollama_url} doesn't answer"
        )
    offer = next(offer for offer in language if offer.name == best.name)
    if offer.state != "here":
        yield f"ollama pull {best.name}"
    if not offer.chosen:
        yield f"MATINEE_OLLAMA_MODEL={best.name}"


def print_models(report: dict[str, Any]) -> None:
    """The report for people."""
    machine = report["machine"]
    gpu = f"a GPU with {machine['gpu']:.0f} GB" if machine["gpu"] else "no NVIDIA GPU"
    output.print(f"This machine: {machine['memory']:.1f} GB of memory, {machine['cores']} cores, {gpu}.\n")
    output.print(
        "[bold]Encoder[/bold]  (MATINEE_ENCODER, MATINEE_CLIP_MODEL; an index belongs to one: run matinee build after a change)"
    )
    table = _table()
    table.add_row(
        "[green]✓[/green]",
        "builtin: MiniLM, and reading posters",
        "0.9 GB",
        "Apache-2.0",
        "nothing to fetch; sees lettering and colours only",
    )
    _rows(table, report["encoders"], report["recommended"]["encoder"])
    output.print(table)
    ollama = report["ollama"]
    where = "answers" if ollama["answers"] else "doesn't answer: the built-in concierge talks"
    output.print(f"\n[bold]Language model[/bold]  (MATINEE_LLM, MATINEE_OLLAMA_MODEL; Ollama at {ollama['url']} {where})")
    table = _table()
    table.add_row(
        "[green]✓[/green]", "builtin: no neural network", "–", "Apache-2.0", "nothing to fetch; answers in set phrases"
    )
    _rows(table, report["language_models"], report["recommended"]["language_model"])
    output.print(table)
    best = report["recommended"]
    output.print(f"\n[bold]Recommended here:[/bold] {best['encoder']} and {best['language_model']}.", soft_wrap=True)
    for command in best["commands"]:
        output.print(f"  [cyan]{command}[/cyan]", soft_wrap=True, highlight=False)
    output.print(
        "\n✓ here   • can be fetched   ✗ out of reach from here   → recommended.  How to choose: docs/models.md", style="dim"
    )


def _table() -> Table:
    table = Table(box=None, pad_edge=False)
    for name, style in (("", ""), ("model", "bold"), ("memory", "green"), ("licence", ""), ("choose it for", "dim")):
        table.add_column(name, style=style, overflow="fold")
    return table


def _rows(table: Table, offers: list[dict[str, Any]], recommended: str) -> None:
    for offer in offers:
        name = f"{'→ ' if offer['name'] == recommended else ''}{offer['name']}{' (chosen)' if offer['chosen'] else ''}"
        memory = f"{offer['memory']:.1f} GB" if offer["memory"] else "–"
        table.add_row(_MARKS[offer["state"]], name, memory, offer["licence"], offer["choose"])
