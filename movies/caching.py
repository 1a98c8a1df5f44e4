"""`Cache`: a bounded memory of answers, emptied when what they were made from changes, and counted. `kept`: made once.

Does not know what it keeps.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar, overload

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """At most `most` values; the one asked for longest ago goes first. Thread-safe.

    `count` gets True for a value that was there and False for one that wasn't.
    """

    def __init__(self, most: int, count: Callable[[bool], None] = lambda _: None) -> None:
        self._most = most
        self._count = count
        self._edition: object = None
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K, edition: object = None) -> V | None:
        """The value kept for `key` under this edition, or None. Another edition than before empties the cache."""
        with self._lock:
            if edition != self._edition:
                self._values.clear()
                self._edition = edition
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
        self._count(value is not None)
        return value

    def put(self, key: K, value: V, edition: object = None) -> None:
        """Keep a value made from `edition`; one made from another than the latest is dropped."""
        with self._lock:
            if edition == self._edition:
                self._values[key] = value
                if len(self._values) > self._most:
                    self._values.popitem(last=False)


class kept(Generic[V]):  # noqa: N801 - a decorator, as `property` is
    """A property worked out once per object: `functools.cached_property` without its lock.

    Before Python 3.12 that lock is shared by all objects of a class and held while the value is made, so that threads
    wait for one another's. Here two threads may both make a value, and the later one stays.
    """

    def __init__(self, make: Callable[[Any], V]) -> None:
        self._make, self._name, self.__doc__ = make, make.__name__, make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> kept[V]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> V: ...
    def __get__(self, instance: object | None, owner: type) -> V | kept[V]:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._make(instance)
        return value
