"""How good the concierge is: scripted conversations over a catalogue, as viewers would speak.

    {"id", "turns": [{"say", "poster"?, "expect": {"tool"?, "filters"?, "contains"?, "excludes"?, "empty"?, "refuses"?}}]}

one JSON object per line. `poster` is a picture file beside the scenarios, or a film id whose poster is
taken. Measures what is shown to the user only: candidates, prose, tools used. Does not judge style.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image

from movies.errors import BadInput, MovieServiceError
from movies.images import open_image
from movies.movie import Filters
from movies.settings import Settings
from rag.agent import Agent, Event
from rag.conversation.references import failed
from rag.library import Library

SCENARIOS = Path(__file__).with_name("scenarios.jsonl")
_TOP = 5
_CHECKED = 1000  # films that a plan lets through, looked at for carry-over
_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass
class _Share:
    """Right answers out of those asked for."""

    right: int = 0
    asked: int = 0

    def note(self, right: bool) -> bool:
        self.right += right
        self.asked += 1
        return right

    @property
    def share(self) -> float | None:
        return round(self.right / self.asked, 4) if self.asked else None


@dataclass
class ChatReport:
    """What was measured. `carry_over`: filters that hold from an earlier turn, in turns after the first."""

    scenarios: int = 0
    turns: int = 0
    tool: _Share = field(default_factory=_Share)
    constraints: _Share = field(default_factory=_Share)
    carry_over: _Share = field(default_factory=_Share)
    contains: _Share = field(default_factory=_Share)
    excludes: _Share = field(default_factory=_Share)
    refusals: _Share = field(default_factory=_Share)
    out_of_catalogue: int = 0
    corrections: int = 0
    sentences: int = 0
    concierge: str = ""
    first: list[float] = field(default_factory=list)
    complete: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The contract of `matinee evaluate chat --json`; shares are 0–1, or null where nothing was asked for."""
        return {
            "scenarios": self.scenarios,
            "turns": self.turns,
            "tool_accuracy": self.tool.share,
            "constraint_satisfaction": self.constraints.share,
            "contains@5": self.contains.share,
            "excludes": self.excludes.share,
            "refusals": self.refusals.share,
            "out_of_catalogue": self.out_of_catalogue,
            "latency_ms": {
                "first_event_p50": _percentile(self.first, 50), "first_event_p95": _percentile(self.first, 95),
                "p50": _percentile(self.complete, 50), "p95": _percentile(self.complete, 95),
                "cpu_p50": _percentile(self.cpu, 50), "cpu_p95": _percentile(self.cpu, 95),
            },
            "failures": self.failures,
        }  # fmt: skip


def evaluate_chat(scenarios_file: str | Path | None, library: Library, agent: Agent | None = None) -> dict[str, Any]:
    """Run every scenario (default: our own) in a session of its own; the figures as JSON types.

    `agent` defaults to the built-in concierge without classifiers. Raises BadInput for a file that is no
    scenario file, with the line.
    """
    return measure(scenarios_file, library, agent).as_json()


def measure(scenarios_file: str | Path | None, library: Library, agent: Agent | None = None) -> ChatReport:
    """As `evaluate_chat`, with everything that was counted."""
    path = Path(scenarios_file) if scenarios_file else SCENARIOS
    scenarios = list(read_scenarios(path))
    report = ChatReport()
    with tempfile.TemporaryDirectory() as folder:
        own = Settings(_env_file=None, llm="builtin", sessions=Path(folder) / "sessions.sqlite")
        chatting = agent or Agent.open(library, own)
        report.concierge = chatting.answering()
        for _ in chatting.answer("warm-up", "a film about an old friend"):
            pass  # what is made on first use is not the scenarios' latency
        for number, scenario in enumerate(scenarios):
            report.scenarios += 1
            session = f"evaluation-{number}-{time.time_ns()}"
            for place, turn in enumerate(scenario["turns"]):
                report.turns += 1
                _Turn(report, library, scenario["id"], place, turn, path.parent).run(chatting, session)
            chatting.reset(session)
    return report


def read_scenarios(path: Path) -> Iterator[dict[str, Any]]:
    """The scenarios of a file, checked. Raises BadInput with the line of the first that can't be used."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The scenarios can't be read from {path} ({type(error).__name__}). Give a JSON Lines file.") from None
    known = {"tool", "filters", "contains", "excludes", "empty", "refuses"}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            scenario = json.loads(line)
            turns = scenario["turns"]
            scenario.setdefault("id", f"line-{number}")
            for turn in turns:
                expect = turn.setdefault("expect", {})
                if not isinstance(turn["say"], str) or not set(expect) <= known:
                    raise ValueError(f"expect may hold {', '.join(sorted(known))}")
                Filters.from_record(expect.get("filters") or {})
        except MovieServiceError as error:
            raise BadInput(f"{path.name}, line {number}: {error.message}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{path.name}, line {number} is no scenario ({error}).") from None
        yield scenario


@dataclass
class _Turn:
    """One turn of one scenario, run and judged."""

    report: ChatReport
    library: Library
    scenario: str
    place: int
    turn: Mapping[str, Any]
    folder: Path

    def run(self, agent: Agent, session: str) -> None:
        started, spent = time.perf_counter(), time.process_time()
        first: float | None = None
        events: list[Event] = []
        try:
            for event in agent.answer(session, self.turn["say"], image=self._poster()):
                first = first or time.perf_counter() - started
                events.append(event)
        except MovieServiceError as error:
            self._fail("error", error.message)
            return
        self.report.first.append(1000 * (first or 0.0))
        self.report.complete.append(1000 * (time.perf_counter() - started))
        self.report.cpu.append(1000 * (time.process_time() - spent))
        done = next((event.data for event in events if event.name == "done"), None)
        if done is None:
            self._fail("error", "the answer had no end")
            return
        self.report.corrections += done["corrections"]
        self.report.sentences += done["sentences"]
        self._judge(done, [event.data["name"] for event in events if event.name == "tool"])

    def _judge(self, done: Mapping[str, Any], tools: Sequence[str]) -> None:
        expect, report = self.turn["expect"], self.report
        ids = [candidate["id"] for candidate in done["candidates"]]
        self._count_inventions(done, ids)
        if "tool" in expect:
            wanted = expect["tool"] or "none"
            used = ", ".join(tools) or "none"
            self._check(
                report.tool, wanted in tools if wanted != "none" else not tools, "tool", f"used {used}, expected {wanted}"
            )
        if expect.get("filters"):
            self._judge_filters(Filters.from_record(expect["filters"]), ids, done)
        for wanted in expect.get("contains", ()):
            self._check(report.contains, self._among(wanted, ids[:_TOP]), "contains", f"{wanted} not in {ids[:_TOP]}")
        for unwanted in expect.get("excludes", ()):
            self._check(report.excludes, not self._among(unwanted, ids), "excludes", f"{unwanted} in {ids}")
        if "empty" in expect:
            self._check(report.constraints, bool(ids) != expect["empty"], "empty", f"{len(ids)} candidates: {ids}")
        if "refuses" in expect:
            self._check(report.refusals, bool(done["refused"]) == expect["refuses"], "refuses", done["text"][:120])

    def _judge_filters(self, filters: Filters, ids: Sequence[str], done: Mapping[str, Any]) -> None:
        """Every candidate satisfies the filters; after the first turn the plan itself still asks for them."""
        catalogue = self.library.index.catalogue
        wrong = [movie_id for movie_id in ids if failed(catalogue.movie(movie_id), filters)]
        self._check(self.report.constraints, not wrong, "filters", f"{wrong} fail {filters.chosen()}")
        if self.place:
            held = Filters.from_record(
                {name: value for name, value in done["plan"]["filters"].items() if value not in (None, [])}
            )
            lost = [movie_id for movie_id in catalogue.filter(held)[:_CHECKED] if failed(catalogue.movie(movie_id), filters)]
            self._check(self.report.carry_over, not lost, "carry-over", f"plan {held.chosen()}, expected {filters.chosen()}")

    def _check(self, share: _Share, right: bool, what: str, why: str) -> None:
        if not share.note(right):
            self._fail(what, why)

    def _count_inventions(self, done: Mapping[str, Any], ids: Sequence[str]) -> None:
        """Candidates and titles in the prose that the catalogue doesn't hold."""
        catalogue = self.library.index.catalogue
        unknown = [movie_id for movie_id in ids if movie_id not in catalogue]
        for label in _BOLD.findall(done["text"]):
            plain = label.replace("\\", "")
            if not any(match.movie.label == plain or match.movie.title == plain for match in catalogue.find(plain, 10)):
                unknown.append(plain)
        if unknown:
            self.report.out_of_catalogue += len(unknown)
            self._fail("out of catalogue", ", ".join(unknown))

    def _among(self, wanted: str, ids: Sequence[str]) -> bool:
        """Whether a film, given by id or title, is among the candidates."""
        films = [self.library.index.catalogue.movie(movie_id) for movie_id in ids if movie_id in self.library.index.catalogue]
        return any(wanted in (film.id, film.title, film.label) for film in films)

    def _poster(self) -> Image | None:
        name = self.turn.get("poster")
        if not name:
            return None
        catalogue = self.library.index.catalogue
        path = self.library.poster(name) if name in catalogue else self.folder / name
        return open_image(path)

    def _fail(self, what: str, why: str) -> None:
        self.report.failures.append(
            {"scenario": self.scenario, "turn": self.place + 1, "say": self.turn["say"], "what": what, "why": why}
        )


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if values else None
