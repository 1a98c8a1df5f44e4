"""Many callers, one encoder: texts that arrive at the same time are encoded in one go.

`BatchingEncoder` is an Encoder around an Encoder. A caller that is alone waits for nobody; under
load the worker takes everything that has gathered, waiting a few milliseconds for company. The
queue is bounded and so is patience: beyond either, callers get `Busy` instead of a hang.
Does not know what the vectors are for.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from PIL.Image import Image

from movies.caching import Cache
from movies.encoders import Encoder, Span, Vectors, layered, layers_of, whole_and_parts
from movies.errors import Busy
from movies.turns import COMPUTING

Found = TypeVar("Found")
_QUESTION = 8  # texts: what is longer is a film being added, and is not asked again
_FULL = "The server has more to do than it can. Try again in a moment."


@dataclass
class _Call:
    texts: list[str]
    deadline: float
    answer: Future[Vectors] = field(default_factory=Future)


class BatchingEncoder:
    """The same protocol as the encoder inside. Thread-safe.

    `queue`: texts that may wait; `patience`: seconds a call may take; `wait`: seconds to wait for
    company while others are calling too; `observe` gets the size of each batch; `known` keeps the
    vectors of questions, which people repeat. Raises Busy when the queue is full, when patience runs
    out, and after `close()`.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        queue: int = 256,
        patience: float = 10.0,
        wait: float = 0.003,
        largest: int = 64,
        pictures: int = 2,
        observe: Callable[[int], None] = lambda _: None,
        known: Cache[str, Vectors] | None = None,
    ) -> None:
        self.name, self.dim, self.max_tokens = encoder.name, encoder.dim, encoder.max_tokens
        self.layers = layers_of(encoder)
        self._encoder = encoder
        self._limit, self._patience, self._wait, self._largest = queue, patience, wait, largest
        self._observe = observe
        self._known = known
        self._calls: deque[_Call] = deque()
        self._waiting = 0  # texts in `_calls`
        self._changed = threading.Condition()
        self._closing = False
        self._pictures = threading.BoundedSemaphore(pictures)
        self._worker = threading.Thread(target=self._work, name="encoder", daemon=True)
        self._worker.start()

    @property
    def waiting(self) -> int:
        """Texts that wait now."""
        return self._waiting

    @property
    def alive(self) -> bool:
        """Whether calls are answered."""
        return self._worker.is_alive() and not self._closing

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.token_counts(texts)

    def texts(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dim), as the encoder inside gives them. Raises Busy besides."""
        if not texts:
            return self._encoder.texts([])
        if self._known is None or len(texts) > _QUESTION:
            return self._queued(list(texts))
        found: dict[str, Vectors] = {}
        for text in dict.fromkeys(texts):
            vector = self._known.get(text)
            if vector is not None:
                found[text] = vector
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            for text, vector in zip(missing, self._queued(missing), strict=True):
                found[text] = vector.copy()  # a slice would keep the whole batch alive
                self._known.put(text, found[text])
        return np.stack([found[text] for text in texts])

    def _queued(self, texts: list[str]) -> Vectors:
        if self._largest == 1:  # no batches: to compare with, and for encoders that do better alone
            with COMPUTING.aside():
                return self._encoder.texts(texts)
        call = _Call(texts, time.monotonic() + self._patience)
        with self._changed:
            # A call larger than the whole queue is let in when nobody waits, or it could never be served.
            if self._closing or (self._calls and self._waiting + len(call.texts) > self._limit):
                raise Busy(_FULL, retry_after=1)
            self._calls.append(call)
            self._waiting += len(call.texts)
            self._changed.notify()
        try:
            with COMPUTING.aside():
                return call.answer.result(timeout=self._patience)
        except FutureTimeout:
            call.answer.cancel()
            raise Busy(_FULL, retry_after=2) from None

    def in_place(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> list[Vectors]:
        """Whole texts with their parts, for a film that is being added. A few films at a time. Raises Busy."""
        return self._a_few_at_a_time(lambda: whole_and_parts(self._encoder, texts, spans))

    def layered(self, texts: Sequence[str]) -> Vectors:
        """Plots with their inner layers, for classifiers. A few at a time. Raises Busy."""
        return self._a_few_at_a_time(lambda: layered(self._encoder, texts))

    def images(self, images: Sequence[Image]) -> Vectors:
        """float32 (len(images), dim). A few pictures at a time, because each fills the processor. Raises Busy."""
        return self._a_few_at_a_time(lambda: self._encoder.images(images))

    def _a_few_at_a_time(self, work: Callable[[], Found]) -> Found:
        with COMPUTING.aside():
            if self._closing or not self._pictures.acquire(timeout=self._patience):
                raise Busy(_FULL, retry_after=2)
            try:
                return work()
            finally:
                self._pictures.release()

    def close(self) -> None:
        """Answer what is waiting, then stop; later calls get Busy."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._worker.join(timeout=self._patience)

    # -- the worker ----------------------------------------------------------------------------

    def _work(self) -> None:
        company = False  # whether calls have been coming together
        while batch := self._next(company):
            company = len(batch) > 1 or self._waiting > 0
            self._encode(batch)

    def _next(self, company: bool) -> list[_Call]:
        """The calls to encode together; empty when it is time to stop."""
        with self._changed:
            while not self._calls:
                if self._closing:
                    return []
                self._changed.wait()
            if company and not self._closing:
                until = time.monotonic() + self._wait
                while self._waiting < self._largest and (left := until - time.monotonic()) > 0:
                    self._changed.wait(left)
            batch: list[_Call] = []
            size = 0
            while self._calls and (not batch or size + len(self._calls[0].texts) <= self._largest):
                call = self._calls.popleft()
                size += len(call.texts)
                self._waiting -= len(call.texts)
                batch.append(call)
            return batch

    def _encode(self, batch: list[_Call]) -> None:
        now = time.monotonic()
        calls = [call for call in batch if call.deadline > now and call.answer.set_running_or_notify_cancel()]
        if not calls:
            return
        texts = [text for call in calls for text in call.texts]
        self._observe(len(texts))
        try:
            vectors = self._encoder.texts(texts)
        except Exception as error:  # whatever it is, it belongs to the callers
            if len(calls) == 1:
                _settle(calls[0], error)
            else:  # one bad text must not spoil its neighbours' answers
                for call in calls:
                    self._alone(call)
            return
        start = 0
        for call in calls:
            _settle(call, vectors[start : start + len(call.texts)])
            start += len(call.texts)

    def _alone(self, call: _Call) -> None:
        try:
            _settle(call, self._encoder.texts(call.texts))
        except Exception as error:
            _settle(call, error)


def _settle(call: _Call, outcome: Vectors | Exception) -> None:
    try:
        if isinstance(outcome, Exception):
            call.answer.set_exception(outcome)
        else:
            call.answer.set_result(outcome)
    except InvalidStateError:  # the caller has gone
        pass
