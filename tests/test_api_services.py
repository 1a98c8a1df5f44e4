"""The wiring: the real concierge over HTTP, classifiers that come with a version, a swap without a failed request."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from httpx_sse import EventSource

from api.heads import Heads
from api.journal import Journal
from api.schemas import film_json
from classifiers.heads import load_heads
from index_builder.build import build
from movies.catalogue import Catalogue
from movies.database import connect
from movies.movie import Filters, Movie
from rag.agent import Agent
from rag.library import current_version, point_to
from rag.plan import Plan
from tests.conftest import ApiClient
from tests.encoders import HashedEncoder
from tests.films import FILMS


def with_real_agent(serve: Callable[..., ApiClient]) -> ApiClient:
    client = serve()
    services = client.services
    services.agent = Agent.open(
        services.library, services.settings, services.skills(), film_json=film_json, observe=services.observe
    )
    return client


def talk(client: httpx.Client, message: str, **more: object) -> list[tuple[str, dict[str, object]]]:
    response = client.post("/v1/chat", json={"session": "kitchen", "message": message, **more})
    assert response.status_code == 200, response.text
    return [(event.event, json.loads(event.data)) for event in EventSource(response).iter_sse()]


def test_the_concierge_answers_over_http(serve: Callable[..., ApiClient]) -> None:
    client = with_real_agent(serve)
    told = talk(client, "a western with Clint Eastwood")
    assert told[-1][0] == "done"
    assert {name for name, _ in told} >= {"status", "plan", "candidates", "token", "done"}
    films = next(data for name, data in told if name == "candidates")["films"]
    assert films
    for film in films:  # type: ignore[attr-defined]
        assert "Western" in film["movie"]["genres"]
        assert film["movie"]["poster"] in (None, f"/v1/movies/{film['id']}/poster")
    plan = next(data for name, data in told if name == "plan")["plan"]
    again = talk(client, "", plan=plan)
    assert [film["id"] for film in next(data for name, data in again if name == "candidates")["films"]] == [  # type: ignore[attr-defined]
        film["id"]
        for film in films  # type: ignore[attr-defined]
    ]


def test_a_poster_in_the_chat_is_looked_at(serve: Callable[..., ApiClient], poster_png: bytes) -> None:
    client = with_real_agent(serve)
    form = {"session": "kitchen", "message": "what is this?"}
    response = client.post("/v1/chat", data=form, files={"poster": ("p.png", poster_png)})
    used = [json.loads(event.data)["name"] for event in EventSource(response).iter_sse() if event.event == "tool"]
    assert {"validate_poster", "identify_poster"} <= set(used)


def test_feedback_steers_the_concierge(serve: Callable[..., ApiClient]) -> None:
    client = with_real_agent(serve)
    said = {"session": "kitchen", "movie_id": "heat-1995", "verdict": "dislike"}
    assert client.post("/v1/feedback", json=said).status_code == 204
    assert client.post("/v1/feedback", json={**said, "movie_id": "nobody"}).status_code == 404
    assert client.post("/v1/feedback", json={**said, "verdict": "none"}).status_code == 204


def test_answers_are_counted(serve: Callable[..., ApiClient]) -> None:
    client = serve()
    asked = Plan.from_record({"filters": {"year_min": 2030}})
    done = {"act": "search", "corrections": 2, "candidates": [], "plan": asked.model_dump(mode="json")}
    client.services.observe(done)
    page = client.get("/metrics").text
    assert "matinee_grounding_corrections_total 2.0" in page
    assert "matinee_searches_without_hits_total 1.0" in page
    assert client.services.journal is not None
    assert client.services.journal.unanswered()[0].plan == asked


def test_classifiers_of_a_version_without_heads_are_none_and_said(client: ApiClient) -> None:
    said: list[str] = []
    heads = Heads(client.services.library, said.append)
    assert heads.genres is None
    assert heads.validator is None
    assert heads.box_office is None
    assert said == ["Classifiers: none yet; they serve as soon as they are trained (matinee train genres, for one)."]
    assert load_heads.__module__ == "classifiers.heads"


def test_a_rebuild_swaps_in_without_a_failed_request(client: ApiClient, tmp_path: Path) -> None:
    """Films are added, removed and searched while two versions are built and take over."""
    settings = client.services.settings
    catalogue = Catalogue.open(tmp_path / "films.sqlite")
    catalogue.add([movie.model_copy(update={"poster": None}) for movie in FILMS])
    catalogue.close()
    stop = threading.Event()
    failures: list[str] = []

    def ask() -> None:
        while not stop.is_set():
            response = client.post("/v1/search", json={"query": "a careful thief", "k": 1})
            if response.status_code != 200 or not response.json()["hits"]:
                failures.append(response.text)

    def change() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            added = client.post("/v1/movies", json={"movies": [{"id": f"n{number}", "title": f"Number {number}"}]})
            gone = client.delete("/v1/movies", params={"id": f"n{number}"}) if number % 2 else None
            if added.status_code != 200 or (gone is not None and gone.json() != {"removed": 1}):
                failures.append(added.text + (gone.text if gone else ""))

    threads = [threading.Thread(target=work) for work in (ask, ask, change)]
    for thread in threads:
        thread.start()
    before = client.get("/readyz").json()["version"]
    for _ in range(2):
        build(tmp_path / "films.sqlite", settings.artifacts, HashedEncoder(), tmp_path / "cache")
        assert client.get("/readyz").json()["version"] != before
        before = client.get("/readyz").json()["version"]
    stop.set()
    for thread in threads:
        thread.join(30)
    assert failures == []
    changed = sorted(
        (movie.id for movie in client.services.library.catalogue if movie.id not in {film.id for film in FILMS}),
        key=lambda movie_id: int(movie_id[1:]),
    )
    assert changed == [f"n{number}" for number in range(2, 2 * len(changed) + 1, 2)]  # no lost film, no ghost
    assert len(changed) >= 2


class Other(HashedEncoder):
    name = "test:other"


def _another_encoder(artifacts: Path, folder: Path) -> None:
    catalogue = Catalogue.open(folder / "films.sqlite")
    catalogue.add([movie.model_copy(update={"poster": None}) for movie in FILMS[:20]])
    catalogue.close()
    build(folder / "films.sqlite", artifacts, Other(), folder / "cache")


def _damaged(artifacts: Path, _folder: Path) -> None:
    folder = shutil.copytree(current_version(artifacts), artifacts / "0009-damaged")
    (folder / "vectors.npy").write_bytes(b"half")
    point_to(artifacts, folder.name)


def _empty_manifest(artifacts: Path, _folder: Path) -> None:
    folder = shutil.copytree(current_version(artifacts), artifacts / "0009-damaged")
    (folder / "manifest.json").write_text('{"format": 2, "encoder": [], "counts": {}, "means": {}}')
    point_to(artifacts, folder.name)


@pytest.mark.parametrize(
    ("publish", "reason", "says"),
    [
        (_another_encoder, "other_encoder", "Restart the server"),
        (_damaged, "unusable", "missing or damaged"),
        (_empty_manifest, "unusable", "can't be opened"),
        (lambda artifacts, _: point_to(artifacts, "0042-gone"), "no_version", "matinee rollback"),
        (lambda artifacts, _: (artifacts / "current").write_text(""), "no_version", "matinee rollback"),
        (lambda artifacts, _: (artifacts / "current").unlink(), "no_version", "matinee rollback"),
    ],
)
def test_a_version_that_cannot_be_opened_waits_and_the_one_before_serves(
    client: ApiClient, tmp_path: Path, publish: Callable[[Path, Path], None], reason: str, says: str
) -> None:
    artifacts = client.services.settings.artifacts
    before = client.get("/readyz").json()
    assert before["waiting"] is None
    publish(artifacts, tmp_path)
    for _ in range(3):
        assert client.post("/v1/search", json={"query": "a careful thief"}).json()["hits"]
        assert client.get("/v1/movies/heat-1995").status_code == 200
        added = client.post("/v1/movies", json={"movies": [{"id": "new", "title": "New"}]})
        assert added.status_code == 200, added.text
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert (ready.json()["version"], ready.json()["ready"]) == (before["version"], True)
    waiting = ready.json()["waiting"]
    assert waiting["reason"] == reason
    assert says in waiting["note"]
    assert before["version"] in waiting["note"]
    assert str(tmp_path) not in ready.text
    assert "matinee_version_waiting 1.0" in client.get("/metrics").text
    logged = [json.loads(line) for line in client.log.getvalue().splitlines()]
    assert [line["reason"] for line in logged if line["event"] == "version waits"] == [reason]

    point_to(artifacts, before["version"])
    assert client.get("/readyz").json()["waiting"] is None
    assert client.get("/v1/movies/new").json()["title"] == "New"
    assert "matinee_version_waiting 0.0" in client.get("/metrics").text


def test_a_version_that_is_mended_is_taken_up_after_a_while(client: ApiClient) -> None:
    """`current` does not change, so time has to tell."""
    library = client.services.library
    before = library.index.version
    copy = shutil.copytree(current_version(library.artifacts), library.artifacts / "0009-copy")
    whole = (copy / "vectors.npy").read_bytes()
    (copy / "vectors.npy").write_bytes(whole[:100])
    library.again_after = 0.2
    point_to(library.artifacts, copy.name)
    assert library.index.version == before
    (copy / "vectors.npy").write_bytes(whole)
    until = time.monotonic() + 10
    while library.index.version == before:
        assert time.monotonic() < until
    assert library.waiting is None


def test_the_journal_counts_and_is_bounded(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "deep" / "journal.sqlite")
    for _ in range(3):
        journal.missed(Plan(query="a musical about tax law"))
    journal.missed(Plan.from_record({"filters": {"genres_any": ["Western"], "year_min": 2030}}))
    first, second = journal.unanswered()
    assert (first.times, first.plan.query) == (3, "a musical about tax law")
    assert "Western" in second.words
    journal.close()
    again = Journal(tmp_path / "deep" / "journal.sqlite")
    assert again.unanswered()[0].times == 3
    again.close()


def held(path: Path) -> sqlite3.Connection:
    """Another program's transaction on a file, as long as the connection is open."""
    other = connect(path)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_locked_journal_holds_up_no_search(client: ApiClient) -> None:
    """The note is written when the file is free again."""
    vain = {"query": "heist", "filters": {"year_min": 2101}}
    journal = client.services.journal
    assert journal is not None
    journal.unanswered()  # makes the file
    with closing(held(journal.path)):
        started = time.monotonic()
        for _ in range(3):
            assert client.post("/v1/search", json=vain).json()["hits"] == []
        assert client.post("/v1/search", json={"query": "a careful thief"}).json()["hits"]
        assert time.monotonic() - started < 10  # SQLite would wait thirty seconds for the file
    until = time.monotonic() + 20
    while not (noted := journal.unanswered()) or noted[0].times < 3:
        assert time.monotonic() < until
    assert noted[0].plan.filters.year_min == 2101


def test_a_journal_that_cannot_be_written_fails_no_search_and_is_said_once(
    serve: Callable[..., ApiClient], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    client = serve(journal=Journal(tmp_path / "file" / "journal.sqlite"))
    for _ in range(5):
        assert client.post("/v1/search", json={"filters": {"year_min": 2101}}).status_code == 200
    client.services.close()
    assert "matinee_notes_lost_total 5.0" in client.get("/metrics").text
    lines = [json.loads(line) for line in client.log.getvalue().splitlines()]
    assert [line["reason"] for line in lines if line["event"] == "notes lost"] == ["FileExistsError"]
    assert str(tmp_path) not in client.log.getvalue()


def test_a_locked_session_store_is_busy_and_holds_up_no_search(serve: Callable[..., ApiClient]) -> None:
    client = with_real_agent(serve)
    assert talk(client, "a western")[-1][0] == "done"
    said = {"session": "kitchen", "movie_id": "heat-1995", "verdict": "like"}
    with closing(held(client.services.settings.sessions)), ThreadPoolExecutor(6) as pool:
        started = time.monotonic()
        talks = [pool.submit(talk, client, "a comedy", session=f"s{number}") for number in range(4)]
        feedback = pool.submit(client.post, "/v1/feedback", json=said)
        time.sleep(0.5)  # the answers are made; now they are to be kept
        for _ in range(3):
            searched = time.monotonic()
            assert client.post("/v1/search", json={"query": "a careful thief"}).json()["hits"]
            assert time.monotonic() - searched < 1
        assert (feedback.result().status_code, feedback.result().json()["code"]) == (503, "busy")
        assert "retry-after" in feedback.result().headers
        for told in talks:
            assert [name for name, _ in told.result()][-2:] == ["token", "error"]  # no `done`: it is not remembered
            assert (told.result()[-1][1]["status"], told.result()[-1][1]["code"]) == (503, "busy")
        assert time.monotonic() - started < 15
    assert talk(client, "a western")[-1][0] == "done"
    assert "unforeseen" not in client.log.getvalue()


def test_films_keep_their_paths_to_themselves() -> None:
    told = film_json(Movie(id="a/b c", title="X", poster="/home/me/secret.jpg"))
    assert told["poster"] == "/v1/movies/a%2Fb%20c/poster"
    assert "secret" not in json.dumps(told)


def test_the_same_wish_for_more_or_fewer_films_is_noted_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    for k in (3, 10, 50):
        journal.missed(Plan(filters=Filters(genres_any=("Western",)), k=k))
    journal.missed(Plan(k=3))
    assert [(noted.words, noted.times) for noted in journal.unanswered()] == [("Western", 3)]
    journal.close()


def test_what_is_asked_most_is_kept_when_the_journal_is_full(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite", most=40)
    for _ in range(3):
        journal.missed(Plan(query="the oldest and most wanted"))
    for number in range(200):
        journal.missed(Plan(query=f"wish {number}"))
    noted = journal.unanswered(1000)
    assert len(noted) <= 40
    assert (noted[0].plan.query, noted[0].times) == ("the oldest and most wanted", 3)
    assert {"wish 199", "wish 190"} <= {one.plan.query for one in noted}
    assert "wish 0" not in {one.plan.query for one in noted}
    for number in range(40):  # all are asked more than once, and still a new wish gets in
        for _ in range(2):
            journal.missed(Plan(query=f"often {number}"))
    journal.missed(Plan(query="new"))
    assert "new" in {one.plan.query for one in journal.unanswered(1000)}
    journal.close()
