"""What is kept, for how long, and that nobody gets an answer that is no longer true."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from api.batching import BatchingEncoder
from movies.caching import Cache
from movies.encoders import Vectors
from tests.conftest import ApiClient
from tests.encoders import HashedEncoder


def test_the_one_asked_for_longest_ago_goes_first() -> None:
    seen: list[bool] = []
    kept: Cache[str, int] = Cache(2, seen.append)
    assert kept.get("a") is None
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert (kept.get("b"), kept.get("a"), kept.get("c")) == (None, 1, 3)
    assert seen == [False, True, False, True, True]


def test_another_edition_empties_it_and_late_values_of_the_old_one_are_dropped() -> None:
    kept: Cache[str, int] = Cache(10)
    assert kept.get("a", "first") is None
    kept.put("a", 1, "first")
    assert kept.get("a", "second") is None
    kept.put("a", 1, "first")
    assert kept.get("a", "second") is None


def test_a_film_that_changes_is_answered_anew(client: ApiClient) -> None:
    film = {"id": "changing", "title": "Before"}
    for title in ("Before", "After"):
        client.post("/v1/movies", json={"movies": [{**film, "title": title}]})
        assert [client.get("/v1/movies/changing").json()["title"] for _ in range(2)] == [title, title]
    client.delete("/v1/movies?id=changing")
    assert client.get("/v1/movies/changing").status_code == 404
    assert 'matinee_cache_total{cache="films",outcome="there"} 2.0' in client.get("/metrics").text


def test_a_question_asked_again_is_not_encoded_again() -> None:
    class Counting(HashedEncoder):
        asked: list[str] = []  # noqa: RUF012

        def texts(self, texts: Sequence[str]) -> Vectors:
            self.asked += texts
            return super().texts(texts)

    batching = BatchingEncoder(Counting(), known=Cache(3))
    first = batching.texts(["a thief", "a boxer"])
    again = batching.texts(["a boxer", "a nun", "a boxer"])
    batching.close()
    assert Counting.asked == ["a thief", "a boxer", "a nun"]
    assert np.array_equal(first[1], again[0])
    assert np.array_equal(again, HashedEncoder().texts(["a boxer", "a nun", "a boxer"]))
