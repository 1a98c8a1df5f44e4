"""A small HTTP server that speaks the API's contract from scripts, over the films of `films.py`.

It stands in where the true API would be too well-behaved: a slow model, a stream cut off, a service
that is away and comes back, a catalogue with hostile titles. What a message does is in its words:
`slow`, `break`, `refuse`, `nothing`, `prose`, `hostile`.
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Response, request
from PIL import Image
from werkzeug.serving import BaseWSGIServer, make_server

from movies.movie import Filters, Movie
from rag.plan import Plan, chips
from tests.films import FILMS, film

HOSTILE = Movie(
    id='"><img src=x onerror=alert(1)>',
    title="<img src=x onerror=\"document.title='owned'\"> **bold** [x](javascript:alert(1))",
    year=1999,
    plot="</div><script>document.title='owned'</script> A plot with a <b>tag</b>.\n\n# A heading",
    genres=("<svg onload=alert(1)>",),
    directors=("<i>Nobody</i>",),
    poster="there",
)
Painter = Callable[[Movie], bytes]


class ScriptedApi:
    """The server; `url` once started. `asked` holds the chat requests, `verdicts` the feedback.

    `missing`: parts without a model. `paint`: bytes of a poster.
    `search_takes`: seconds. `gate` lets slow answers go on; `left` is set when an answer is over.
    """

    def __init__(self, paint: Painter | None = None, port: int = 0) -> None:
        self.asked: list[dict[str, Any]] = []
        self.verdicts: list[dict[str, Any]] = []
        self.decided: dict[str, str] = {}
        self.findings = findings()
        self.search_takes = 0.0
        self.left = threading.Event()
        self.gate = threading.Event()
        self.paint = paint or _plain
        self.missing: tuple[str, ...] = ()
        self._port = port
        self._server: BaseWSGIServer | None = None

    def start(self) -> ScriptedApi:
        self._server = make_server("127.0.0.1", self._port, self._app(), threaded=True)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        """Go away; `start` comes back on the same port."""
        self.gate.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def reset(self) -> None:
        """Forget what was asked; every part is there again."""
        self.asked, self.verdicts, self.missing = [], [], ()
        self.decided, self.findings = {}, findings()
        self.left.clear()
        self.gate.clear()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    # -- routes --------------------------------------------------------------------------------

    def _app(self) -> Flask:
        app = Flask(__name__)
        app.add_url_rule("/readyz", view_func=self._ready)
        app.add_url_rule("/v1/chat", view_func=self._chat, methods=["POST"])
        app.add_url_rule("/v1/search", view_func=self._search, methods=["POST"])
        app.add_url_rule("/v1/feedback", view_func=self._feedback, methods=["POST"])
        app.add_url_rule("/v1/movies/<path:movie_id>/poster", view_func=self._poster)
        app.add_url_rule("/v1/posters/<what>", view_func=self._posters, methods=["POST"])
        app.add_url_rule("/v1/plots/genres", view_func=self._plot, methods=["POST"])
        app.add_url_rule("/v1/audit", view_func=self._audit)
        app.add_url_rule("/v1/audit/<finding_id>", view_func=self._review, methods=["POST"])
        return app

    def _ready(self) -> dict[str, Any]:
        models = {"genres": True, "validator": True, "box_office": False, "audit": True, "agent": True}
        return {"ready": True, "version": "v1", "encoder": "builtin", "films": len(FILMS), "models": models, "queue": 0}

    def _search(self) -> dict[str, Any]:
        time.sleep(self.search_takes)
        wanted = request.form if request.files else request.get_json()
        films = [movie for movie in FILMS if movie.poster][: int(wanted.get("k", 10))]
        return {"hits": [hit(movie) for movie in films], "plan": {}, "relaxations": []}

    def _feedback(self) -> tuple[str, int]:
        self.verdicts.append(request.get_json())
        return "", 204

    def _poster(self, movie_id: str) -> Response:
        found = next((movie for movie in (*FILMS, HOSTILE) if movie.id == movie_id), None)
        if found is None:
            return problem(404, "unknown_movie", "No film has that id.")
        return Response(self.paint(found), mimetype="image/jpeg")

    def _posters(self, what: str) -> Any:
        if what in self.missing:
            return problem(
                503, "model_missing", f"This server has no {what} yet. Run: matinee build --catalogue FILE --artifacts DIR"
            )
        try:
            picture = Image.open(request.files["poster"].stream)
        except OSError:
            return problem(400, "bad_image", "That file is not a picture that can be read. Send JPEG, PNG or WebP.")
        upright = picture.height > picture.width
        if what == "validate":
            reasons = (
                ["two thirds as wide as tall", "a title and a credit block"] if upright else ["wider than tall", "no lettering"]
            )
            return {"is_poster": upright, "probability": 0.97 if upright else 0.08, "reasons": reasons}
        if what == "identify":
            return {"matches": [hit(movie, weak=not upright) for movie in FILMS[:6]]}
        region = {"left": 0.33, "top": 0.25, "width": 0.33, "height": 0.25, "effects": {"Crime": 0.3}}
        return {
            **genres(),
            "explanation": {"sentences": [], "regions": [region]} if request.form.get("explain") == "true" else None,
        }

    def _plot(self) -> Any:
        if "plots" in self.missing:
            return problem(503, "model_missing", "This server has no genre classifier yet. Run: matinee train genres")
        return {
            **genres(),
            "explanation": {
                "sentences": [
                    {"text": "A thief plans one last job.", "effects": {"Crime": 0.4}},
                    {"text": "Then he runs.", "effects": {"Crime": -0.1, "Thriller": 0.005}},
                ],
                "regions": [],
            },
        }

    def _audit(self) -> Any:
        if "audit" in self.missing:
            return problem(503, "model_missing", "This version has not been audited yet. Run: matinee audit")
        kinds, state = request.args.getlist("kind"), request.args.get("state")
        limit, offset = int(request.args["limit"]), int(request.args["offset"])
        told = [one | {"state": self.decided.get(one["id"], "open")} for one in self.findings]
        fitting = [one for one in told if (not kinds or one["kind"] in kinds) and state in (None, one["state"])]
        counts = Counter(one["kind"] for one in told if one["state"] == "open")
        return {
            "made": "2026-03-01T12:30:00+00:00", "version": "v1", "films": len(FILMS), "total": len(fitting), "counts": counts,
            "findings": fitting[offset : offset + limit],
        }  # fmt: skip

    def _review(self, finding_id: str) -> Any:
        if "write" in self.missing:
            return problem(403, "scope_missing", "This key may not change anything. Use a key with the scope write.")
        self.decided[finding_id] = request.get_json()["state"]
        return next(one for one in self.findings if one["id"] == finding_id) | {"state": self.decided[finding_id]}

    def _chat(self) -> Response:
        asked = dict(request.form) if request.files else request.get_json()
        if isinstance(asked.get("plan"), str):
            asked["plan"] = json.loads(asked["plan"])
        asked["picture"] = "poster" in request.files
        self.asked.append(asked)
        if "refuse" in asked["message"]:
            return problem(
                503, "busy", "Too many conversations are being answered. Try again in a moment.", {"Retry-After": "60"}
            )
        return Response(self._frames(asked), mimetype="text/event-stream")

    def _frames(self, asked: dict[str, Any]) -> Iterator[str]:
        try:
            for name, data in self._events(asked):
                yield f"event: {name}\ndata: {json.dumps(data)}\n\n"
        finally:
            self.left.set()

    def _events(self, asked: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        message = asked["message"]
        yield "status", {"text": f"Looking through {len(FILMS)} films", "concierge": "built-in"}
        plan = Plan.from_record(asked["plan"]) if asked.get("plan") is not None else Plan(
            query=message[:60], filters=Filters(genres_all=("Comedy",), year_min=1990, year_max=1999), k=5
        )  # fmt: skip
        yield "plan", {"plan": plan.chosen(), "chips": [chip.model_dump() for chip in chips(plan)]}
        yield "tool", {"name": "search_movies", "result": "Heat (1995), Alien (1979)"}
        if "slow" in message:
            yield "status", {"text": "The model is thinking"}
            self.gate.wait(60)
        chosen = (
            ()
            if "nothing" in message
            else tuple(film(title) for title in ("Heat", "Amélie", "Spirited Away", "Drive", "Casablanca"))
        )
        if not plan.filters.genres_all:
            chosen = tuple(film(title) for title in ("Alien", "Her", "Up"))
        if "hostile" in message:
            chosen = (HOSTILE, *chosen[:2])
        yield "candidates", {"films": [hit(movie, weak=n == 4) for n, movie in enumerate(chosen)]}
        for words in _words(message, chosen):
            if "break" in message and words.startswith("- "):
                raise RuntimeError("the model died")  # the server cuts the stream
            yield "token", {"text": words}
            if "creep" in message:
                time.sleep(0.3)
        if "held" in message:
            self.gate.wait(60)
        yield "done", {"concierge": "built-in"}


def _words(message: str, chosen: tuple[Movie, ...]) -> Iterator[str]:
    if not chosen:
        yield "Nothing here fits all of that. Without “1990–1999” there are 14 films. Shall I drop that?"
        return
    if "prose" in message:
        for movie in chosen:
            yield f"**{movie.label}** would suit tonight: {movie.plot} "
        return
    yield f"{len(chosen)} films for you ({message[:40]}):\n"
    for movie in chosen:
        yield f"- **{movie.label}** – {', '.join(movie.directors)}. {movie.plot[:90]}\n"
    yield "\nShall I look further back, too?"


def hit(movie: Movie, weak: bool = False) -> dict[str, Any]:
    record = movie.model_dump(mode="json")
    record["poster"] = f"/v1/movies/{movie.id}/poster" if movie.poster else None
    evidence = {
        "passage": movie.plot, "poster": True, "words": ["thief", "bank"], "legs": {"dense": 0.6, "bm25": 7.2},
        "reason": f"Has the mood you asked for, and {movie.genres[0].lower() if movie.genres else 'no genre'}.",
    }  # fmt: skip
    return {"movie": record, "score": 0.2 if weak else 0.8, "weak": weak, "evidence": evidence}


def genres() -> dict[str, Any]:
    told = {"Crime": 0.91, "Drama": 0.74, "Thriller": 0.52, "Action": 0.33, "Mystery": 0.2, "Comedy": 0.06, "Romance": 0.04}
    return {
        "genres": [{"genre": name, "probability": value} for name, value in told.items()],
        "chosen": ["Crime", "Drama", "Thriller"],
        "abstained": False,
        "plausible": ["Crime", "Drama", "Thriller", "Action"],
        "coverage": 0.9,
        "weights": None,
        "explanation": None,
    }


def findings() -> list[dict[str, Any]]:
    """One of two films that share a plot, a hostile one, and a film without poster thirty times."""
    heat, alien = film("Heat"), film("Alien")
    one = {"movie_id": heat.id, "title": heat.label, "confidence": 0.97, "other": None, "genre": None, "state": "open"}
    told = [
        one | {"id": "a1", "kind": "duplicate_plot", "other": alien.id, "evidence": "Its plot is word for word that of Alien.",
               "suggestion": "One of the two has the wrong plot."},
        one | {"id": "b2", "kind": "suspect_year", "movie_id": HOSTILE.id, "title": HOSTILE.title, "evidence": HOSTILE.plot,
               "suggestion": HOSTILE.title, "confidence": 0.7},
    ]  # fmt: skip
    bare = {"kind": "no_poster", "evidence": "There is no picture.", "suggestion": "=Add(1)", "confidence": 1.0}
    return told + [one | bare | {"id": f"c{number}"} for number in range(30)]


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    record = {
        "type": f"urn:matinee:problem:{code}",
        "title": code,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": "t",
    }
    return Response(json.dumps(record), status=status, mimetype="application/problem+json", headers=headers)


def _plain(movie: Movie) -> bytes:
    buffer = io.BytesIO()
    shade = sum(movie.id.encode()) % 200
    Image.new("RGB", (80, 120), (shade, 60, 220 - shade)).save(buffer, "JPEG")
    return buffer.getvalue()
