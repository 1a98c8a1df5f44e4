"""Many conversations at once: how long answers take, and whether anything of one leaks into another.

Each guest keeps to a genre through ten turns; a plan that names another guest's genre is mixed state.
Knows the agent only: HTTP and its queues are measured elsewhere.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluation.retrieval import percentiles
from movies.settings import Settings
from rag.agent import Agent
from rag.library import Library

_GENRES = {
    "Western": "westerns", "Crime": "crime films", "Comedy": "comedies", "Horror": "horror films", "Drama": "dramas",
    "Romance": "romances", "Sci-Fi": "science fiction", "Animation": "animated films",
}  # fmt: skip
_TURNS = (
    "{} about an old friend who comes back", "after 1940", "another two", "what did I ask for?", "who directed the first one?",
    "more like the second one", "something darker", "under two and a half hours", "is the first one sad?", "older ones",
)  # fmt: skip


@dataclass
class _Tally:
    """What the guests met."""

    first: list[float] = field(default_factory=list)
    complete: list[float] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def evaluate_crowd(library: Library, guests: int, turns: int = 10, agent: Agent | None = None) -> dict[str, Any]:
    """`guests` conversations of `turns` turns, all at once; milliseconds, CPU milliseconds per turn, mix-ups, errors.

    `agent` defaults to the built-in concierge. The first turn of all is answered once before the clock starts.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = Settings(_env_file=None, llm="builtin", sessions=Path(folder) / "sessions.sqlite")
        talking = agent or Agent.open(library, own)
        for _ in talking.answer("warm-up", "a film about an old friend"):
            pass
        tally = _Tally()
        spent, started = time.process_time(), time.perf_counter()
        threads = [threading.Thread(target=_converse, args=(talking, number, turns, tally)) for number in range(guests)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        whole, cpu = time.perf_counter() - started, time.process_time() - spent
    answered = max(len(tally.complete), 1)
    return {
        "conversations": guests, "turns": len(tally.complete), "mixed": tally.mixed, "errors": tally.errors,
        "first_event_ms": percentiles(tally.first), "complete_ms": percentiles(tally.complete),
        "cpu_ms_per_turn": round(1000 * cpu / answered, 1), "turns_per_second": round(len(tally.complete) / whole, 1),
    }  # fmt: skip


def _converse(agent: Agent, number: int, turns: int, tally: _Tally) -> None:
    genre = list(_GENRES)[number % len(_GENRES)]
    for turn in range(turns):
        message = _TURNS[turn % len(_TURNS)].format(_GENRES[genre])
        started, first = time.perf_counter(), 0.0
        plan: dict[str, Any] = {}
        try:
            for event in agent.answer(f"crowd-{number}", message):
                first = first or time.perf_counter() - started
                if event.name == "done":
                    plan = event.data["plan"]
        except Exception as error:  # every failure is a finding here
            tally.errors.append(f"{number}, “{message}”: {type(error).__name__}: {error}")
            continue
        tally.first.append(1000 * first)
        tally.complete.append(1000 * (time.perf_counter() - started))
        named = _genres(plan)
        if named != [genre]:
            tally.mixed.append(f"{number}, “{message}”: asked for {genre}, the plan says {', '.join(named) or 'no genre'}")


def _genres(plan: dict[str, Any]) -> Sequence[str]:
    return [*plan["filters"].get("genres_all", ()), *plan["filters"].get("genres_any", ())] if plan else []
