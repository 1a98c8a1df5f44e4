"""What the server counts about itself, for Prometheus. One registry per app, so that apps never mix.

Labels are route patterns and stage names, never what people typed. Knows no route and no film.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """The counters of one app."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter("matinee_requests", "Requests answered.", ["method", "route", "status"], registry=registry)
        self.latency = Histogram("matinee_request_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=registry)
        self.stages = Histogram("matinee_stage_seconds", "Time of one stage.", ["stage"], buckets=_SECONDS, registry=registry)
        self.batches = Histogram("matinee_batch_texts", "Texts encoded in one go.", buckets=_SIZES, registry=registry)
        self.queue = Gauge("matinee_queue_texts", "Texts waiting for the encoder.", registry=registry)
        self.cache = Counter("matinee_cache", "Answers looked for in a cache.", ["cache", "outcome"], registry=registry)
        self.refused = Counter("matinee_refused", "Requests turned away because of load.", ["what"], registry=registry)
        self.no_hits = Counter("matinee_searches_without_hits", "Searches that found nothing.", registry=registry)
        self.lost_notes = Counter("matinee_notes_lost", "Searches in vain that the journal could not note.", registry=registry)
        self.chats = Gauge("matinee_chats", "Conversations being answered now.", registry=registry)
        self.corrections = Counter(
            "matinee_grounding_corrections", "Sentences replaced because they did not match the catalogue.", registry=registry
        )
        self.films = Gauge("matinee_films", "Films in the catalogue.", registry=registry)
        self.waiting = Gauge(
            "matinee_version_waiting", "Whether a published version can't be taken up by this process.", registry=registry
        )
        self._answers: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. The counters of a (method, route, status) are looked up once and kept."""
        key = (method, route, status)
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = (self.requests.labels(*key), self.latency.labels(route))
        known[0].inc()
        known[1].observe(seconds)
        if status == 503:
            self.refused.labels(route).inc()

    def cached(self, cache: str) -> Callable[[bool], None]:
        """Counts for one cache: called with whether a value was there."""
        there, missing = self.cache.labels(cache, "there"), self.cache.labels(cache, "missing")
        return lambda found: (there if found else missing).inc()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a part of a request."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.stages.labels(name).observe(time.perf_counter() - started)

    def watch_queue(self, waiting: Callable[[], int]) -> None:
        """Read the queue's length when somebody looks."""
        self.queue.set_function(waiting)

    def page(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
