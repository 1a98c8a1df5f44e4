"""The micro-batcher: the same vectors as the encoder inside, whoever calls at the same time, and never a hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from api.batching import BatchingEncoder
from movies.encoders import Encoder, Vectors
from movies.errors import BadInput, Busy
from tests.encoders import HashedEncoder


class SlowEncoder(HashedEncoder):
    """Takes `seconds` for each call, as real models do, and waits at `gate` while that is closed."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.gate = threading.Event()
        self.gate.set()
        self.sizes: list[int] = []
        self.busy = threading.Event()

    def texts(self, texts: Sequence[str]) -> Vectors:
        self.busy.set()
        self.gate.wait(20)
        time.sleep(self.seconds)
        self.sizes.append(len(texts))
        return super().texts(texts)


def test_it_is_an_encoder() -> None:
    inside = HashedEncoder()
    batching = BatchingEncoder(inside)
    assert isinstance(batching, Encoder)
    assert (batching.name, batching.dim, batching.max_tokens) == (inside.name, inside.dim, inside.max_tokens)
    assert batching.token_counts(["one two"]) == [2]
    assert batching.texts([]).shape == (0, inside.dim)
    image = Image.new("RGB", (9, 9), "red")
    assert np.array_equal(batching.images([image]), inside.images([image]))
    batching.close()


def test_sixteen_callers_each_get_their_own_vectors_in_few_batches() -> None:
    inside = SlowEncoder(0.005)
    batching = BatchingEncoder(inside, queue=1000)
    plain = HashedEncoder()

    def call(number: int) -> bool:
        texts = [f"caller {number} text {n}" for n in range(number % 4 + 1)]
        return np.array_equal(batching.texts(texts), plain.texts(texts))

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(call, range(400)))
    batching.close()
    assert sum(inside.sizes) == sum(number % 4 + 1 for number in range(400))
    assert len(inside.sizes) < 200  # far fewer than calls: they went together
    assert max(inside.sizes) <= 64


def test_a_caller_alone_does_not_wait() -> None:
    batching = BatchingEncoder(HashedEncoder(), wait=5)
    batching.texts(["warm"])
    started = time.perf_counter()
    for n in range(5):
        batching.texts([f"text {n}"])
    assert time.perf_counter() - started < 5
    batching.close()


def test_a_full_queue_is_said_at_once() -> None:
    inside = SlowEncoder()
    inside.gate.clear()
    batching = BatchingEncoder(inside, queue=4)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(batching.texts, ["first"])
        assert inside.busy.wait(5)
        waiting = [pool.submit(batching.texts, [f"waits {n}"]) for n in range(4)]
        while batching.waiting < 4:
            time.sleep(0.001)
        started = time.perf_counter()
        with pytest.raises(Busy) as refused:
            batching.texts(["one too many"])
        assert time.perf_counter() - started < 5
        assert refused.value.retry_after > 0
        inside.gate.set()
        assert len([first.result(5), *(call.result(5) for call in waiting)]) == 5
    assert batching.texts(["again"]).shape == (1, inside.dim)
    batching.close()


def test_patience_ends_and_the_late_call_is_not_encoded() -> None:
    inside = SlowEncoder()
    inside.gate.clear()
    batching = BatchingEncoder(inside, patience=1)
    with ThreadPoolExecutor(2) as pool:
        blocked = pool.submit(batching.texts, ["blocked"])
        assert inside.busy.wait(5)
        with pytest.raises(Busy):
            batching.texts(["impatient"])
        with pytest.raises(Busy):
            blocked.result(5)
    inside.gate.set()
    time.sleep(0.05)
    batching.texts(["after"])
    batching.close()
    assert inside.sizes == [1, 1]  # "blocked" and "after"; nobody waits for "impatient" any more


def test_one_bad_text_does_not_spoil_its_neighbours() -> None:
    inside = SlowEncoder()
    inside.gate.clear()
    batching = BatchingEncoder(inside, queue=1000)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(batching.texts, ["first"])
        assert inside.busy.wait(5)
        good = [pool.submit(batching.texts, [f"good {n}"]) for n in range(3)]
        bad = pool.submit(batching.texts, ["word " * 65])
        while batching.waiting < 4:
            time.sleep(0.001)
        inside.gate.set()
        first.result(5)
        for n, call in enumerate(good):
            assert np.array_equal(call.result(5), HashedEncoder().texts([f"good {n}"]))
        with pytest.raises(BadInput):
            bad.result(5)
    batching.close()


def test_closing_answers_what_waits_and_refuses_the_rest() -> None:
    inside = SlowEncoder()
    inside.gate.clear()
    batching = BatchingEncoder(inside)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(batching.texts, ["first"])
        assert inside.busy.wait(5)
        second = pool.submit(batching.texts, ["second"])
        while batching.waiting < 1:
            time.sleep(0.001)
        closing = pool.submit(batching.close)
        inside.gate.set()
        closing.result(5)
        assert first.result(5).shape == second.result(5).shape == (1, inside.dim)
    assert not batching.alive
    with pytest.raises(Busy):
        batching.texts(["late"])
    with pytest.raises(Busy):
        batching.images([Image.new("RGB", (9, 9))])


def test_sizes_are_observed() -> None:
    sizes: list[int] = []
    batching = BatchingEncoder(HashedEncoder(), observe=sizes.append)
    batching.texts(["a", "b", "c"])
    batching.close()
    assert sizes == [3]
