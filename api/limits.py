"""Who may come in, how often, and with how much: keys, rate limits, sizes, pictures.

A key is `mk_…`; only its SHA-256 is kept, in settings, with a name and scopes:

    MATINEE_API_KEYS=editors:read+write:9f86d0…,page:read:2c26b4…

Several keys are valid at once, so one can be replaced while the other still works. `admin` includes
`write`, which includes `read`. Does not know films, and fetches nothing that a user names.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_limiter import HeaderNames, Limiter
from flask_limiter.errors import RateLimitExceeded
from limits import parse_many
from limits.errors import ConfigurationError
from limits.storage import Storage, storage_from_string
from PIL.Image import Image
from werkzeug.datastructures import FileStorage
from werkzeug.middleware.proxy_fix import ProxyFix

from api.edge import LATE
from api.errors import KeyRequired, ScopeMissing, TooLarge, TooManyRequests
from movies.errors import BadImage, BadInput, Busy
from movies.images import SHOWN_EVERYWHERE, open_image
from movies.settings import Settings

SCOPES = ("read", "write", "admin")  # each includes those before it
DEFAULT_RATE = "600/minute"
_LONGEST_NAME = 64
_CALLER = "matinee.caller"  # in the WSGI environment: the name of the key that was let in
_JSON_BYTES = 4_000_000
_ALWAYS_OPEN = ("/healthz", "/readyz", "/metrics")  # operators must be able to look, above all when much is going on


# -- keys ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """A known key: its name, what it may do, and the SHA-256 of its secret (hex)."""

    name: str
    scopes: frozenset[str]
    digest: str

    @classmethod
    def read(cls, line: str) -> Key:
        """`name:scope+scope:sha256` → Key. Raises BadInput."""
        name, scopes, digest = ([*line.split(":"), "", ""])[:3]
        chosen = frozenset(scopes.split("+"))
        if not 0 < len(name) <= _LONGEST_NAME or not chosen <= set(SCOPES) or not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise BadInput("An entry of MATINEE_API_KEYS is not name:scope+scope:sha256. Make one with: matinee key NAME")
        highest = max(SCOPES.index(scope) for scope in chosen)
        return cls(name, frozenset(SCOPES[: highest + 1]), digest)


def new_key(name: str, scopes: Sequence[str] = ("read",)) -> tuple[str, str]:
    """A fresh secret for a client, and the entry of MATINEE_API_KEYS that lets it in. Raises BadInput."""
    if not 0 < len(name) <= _LONGEST_NAME or name != name.strip() or not name.isprintable() or set(name) & set(",:"):
        raise BadInput(
            f"{name[:_LONGEST_NAME]!r} can't be the name of a key: take 1 to {_LONGEST_NAME} characters without commas and "
            "colons, which part the entries of MATINEE_API_KEYS."
        )
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadInput(f"A key's scopes are {', '.join(SCOPES)}.")
    secret = "mk_" + secrets.token_urlsafe(32)
    return secret, f"{name}:{'+'.join(scopes)}:{_digest(secret)}"


def key_needed(settings: Settings) -> bool:
    """Whether callers need a key. Raises BadInput when they would, but none exists."""
    needed = settings.auth == "on" or (settings.auth == "auto" and (bool(settings.api_keys) or not on_loopback(settings)))
    if needed and not settings.api_keys:
        open_to = (
            f"be reached as {', '.join(settings.public_hosts)}" if settings.public_hosts else f"listen on {settings.api_host}"
        )
        raise BadInput(
            f"The API would {open_to} and there is no key for it. Make one with `matinee key NAME` "
            "and put it into MATINEE_API_KEYS, or set MATINEE_AUTH=off on a network where you trust everybody."
        )
    return needed


def on_loopback(settings: Settings) -> bool:
    """Whether only this machine can reach the API: it listens here, and no proxy hands anything on."""
    return not settings.public_hosts and _listens_on_loopback(settings)


def _listens_on_loopback(settings: Settings) -> bool:
    if settings.api_host == "localhost":
        return True
    try:
        return ipaddress.ip_address(settings.api_host).is_loopback
    except ValueError:
        return False


class Gate:
    """Checks keys. `allow(scope)` raises KeyRequired or ScopeMissing for the current request."""

    def __init__(self, settings: Settings) -> None:
        self.needed = key_needed(settings)
        self._keys = [Key.read(line) for line in settings.api_keys]
        self._origins = {origin.rstrip("/") for origin in settings.cors_origins}

    def allow(self, scope: str) -> None:
        if request.method not in ("GET", "HEAD"):
            self._same_origin()
        if not self.needed:
            return
        key = self.key()
        if key is None:
            raise KeyRequired("A key is needed. Send it as `Authorization: Bearer mk_…`; who runs this server makes one.")
        if scope not in key.scopes:
            raise ScopeMissing(f"The key {key.name!r} may not do this: it needs the scope {scope}.")
        request.environ[_CALLER] = key.name

    def key(self) -> Key | None:
        """The key of the current request. Every known key is compared, so that time tells nothing."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        secret = token.strip() if kind.lower() == "bearer" else request.headers.get("X-API-Key", "")
        digest = _digest(secret)
        found = [key for key in self._keys if hmac.compare_digest(key.digest, digest)]
        return found[0] if secret and found else None

    def _same_origin(self) -> None:
        """A web page elsewhere must not make its visitors change a catalogue that needs no key."""
        origin = request.headers.get("Origin")
        if origin and origin.rstrip("/") not in self._origins and urlsplit(origin).netloc != request.host:
            raise ScopeMissing("Pages of other origins may not call this. Add theirs to MATINEE_CORS_ORIGINS if they should.")


def own_session(name: str) -> str:
    """A conversation's name in the store: where keys are needed it belongs to the name of the caller's key.

    The slash keeps it apart from all others, as callers can't send one.
    """
    caller = request.environ.get(_CALLER)
    return f"{caller}/{name}" if caller else name


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


# -- how often, how much -----------------------------------------------------------------------------


def install(app: Flask, settings: Settings, gate: Gate) -> None:
    """Sizes, hosts, proxies and rate limits for the whole app."""
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=_JSON_BYTES,
        MAX_FORM_PARTS=100,
    )
    if settings.trusted_proxies:
        steps = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=steps, x_proto=steps, x_host=steps)  # type: ignore[method-assign]

    hosts = _hosts(settings)

    @app.before_request
    def admit() -> None:
        environ = request.environ
        if hosts and (host := re.sub(r":\d+$", "", request.host.lower())) not in hosts:
            raise BadInput(
                f"This server is not asked as {host[:100]!r}. If a proxy of yours hands on that name, add it to MATINEE_PUBLIC_HOSTS."
            )
        if environ[LATE] and request.path not in _ALWAYS_OPEN:
            raise Busy("The server has more to do than it can. Try again in a moment.", retry_after=1)
        if "CONTENT_LENGTH" not in environ and "HTTP_TRANSFER_ENCODING" not in environ:
            return  # nothing to measure
        request.max_content_length = settings.max_body_bytes if request.mimetype == "multipart/form-data" else _JSON_BYTES
        if (request.content_length or 0) > request.max_content_length:
            raise TooLarge(f"The request has {request.content_length} bytes; {request.max_content_length} are the limit.")

    _limit_rates(app, settings, gate)


def _hosts(settings: Settings) -> frozenset[str]:
    """The names by which we may be asked; none means any. Raises BadInput for settings that are no names.

    On loopback a name that is made to point here must not reach us through somebody's browser.
    """
    for host in settings.public_hosts:
        if not re.fullmatch(r"[A-Za-z0-9.-]+", host):
            raise BadInput(f"MATINEE_PUBLIC_HOSTS holds names such as films.example.org, and {host[:100]!r} is none.")
    if not _listens_on_loopback(settings):
        return frozenset()
    own = f"[{settings.api_host}]" if ":" in settings.api_host else settings.api_host
    return frozenset(name.lower() for name in ("127.0.0.1", "localhost", "[::1]", own, *settings.public_hosts))


def rate_of(settings: Settings) -> str | None:
    """The rate limit in force, None for none."""
    if settings.rate_limit == "auto":
        return None if on_loopback(settings) else DEFAULT_RATE
    return None if settings.rate_limit == "off" else settings.rate_limit


def counting(settings: Settings) -> Storage | None:
    """Where requests are counted; None without a rate limit. Raises BadInput for settings that can't work."""
    rate, where = rate_of(settings), settings.rate_limit_storage
    if rate is None:
        return None
    patience = {"socket_connect_timeout": 2} if where.startswith("redis") else {}
    try:
        parse_many(rate)
        return cast(Storage, storage_from_string(where, **patience))
    except (ConfigurationError, ValueError) as error:
        raise BadInput(f"MATINEE_RATE_LIMIT or MATINEE_RATE_LIMIT_STORAGE can't be used: {error}") from None


def _limit_rates(app: Flask, settings: Settings, gate: Gate) -> None:
    rate = rate_of(settings)
    if rate is None or counting(settings) is None:
        return

    def caller() -> str:
        key = gate.key()
        return f"key:{key.name}" if key else f"address:{request.remote_addr}"

    limiter = Limiter(
        caller,
        app=app,
        application_limits=[rate],
        storage_uri=settings.rate_limit_storage,
        strategy="moving-window",
        headers_enabled=True,
        # Its own Retry-After would stand on every answer, and on one of Busy in the place of ours.
        header_name_mapping={HeaderNames.RETRY_AFTER: "X-RateLimit-Reset-After"},
        in_memory_fallback_enabled=not settings.rate_limit_storage.startswith("memory:"),
    )

    @limiter.request_filter
    def always_open() -> bool:
        return request.path in _ALWAYS_OPEN

    @app.errorhandler(RateLimitExceeded)
    def too_often(_: RateLimitExceeded) -> ResponseReturnValue:
        limit = limiter.current_limit
        wait = limit.window.reset_time - time.time() if limit else 1.0
        return app.handle_user_exception(
            TooManyRequests("You ask too often. Wait as long as Retry-After says.", retry_after=wait)
        )


# -- pictures ------------------------------------------------------------------------------------------


class PictureDesk:
    """Opens uploaded pictures in a few threads of their own, so that decoding can't take the server over.

    At most `queue` pictures wait; more are refused with Busy. A picture that takes longer than
    `seconds` is given up (BadImage); its thread ends with the decoder, whose work is bounded by the
    pixel limit that was checked before.
    """

    def __init__(self, settings: Settings, *, workers: int = 2, queue: int = 16) -> None:
        self._settings = settings
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="picture")
        self._places = threading.BoundedSemaphore(workers + queue)

    def open(self, upload: FileStorage | None) -> Image:
        """The uploaded picture as RGB. Raises BadInput (none was sent), BadImage or Busy."""
        return self.decoded(self.read(upload))

    def decoded(self, data: bytes) -> Image:
        """The bytes of a JPEG, PNG, WebP or GIF as RGB. Raises BadImage or Busy."""
        most = self._settings.max_image_pixels
        return self._run(lambda: open_image(data, max_bytes=self._limit, max_pixels=most, formats=SHOWN_EVERYWHERE))

    def read(self, upload: FileStorage | None) -> bytes:
        """The bytes of the upload, checked for size. Raises BadInput or BadImage."""
        if upload is None:
            raise BadInput("Send a picture in the multipart field poster.")
        data = upload.stream.read(self._limit + 1)
        if len(data) > self._limit:
            raise BadImage(f"The picture has more than {self._limit / 1e6:.0f} MB. Send a smaller one.", "too_large")
        return data

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def _limit(self) -> int:
        return self._settings.max_image_bytes

    def _run(self, work: Callable[[], Image]) -> Image:
        if not self._places.acquire(blocking=False):
            raise Busy("Too many pictures are being opened. Try again in a moment.", retry_after=1)
        future: Any = self._pool.submit(work)
        future.add_done_callback(lambda _: self._places.release())
        try:
            return future.result(timeout=self._settings.decode_seconds)  # type: ignore[no-any-return]
        except FutureTimeout:
            future.cancel()
            raise BadImage("The picture takes too long to open. Send a smaller or simpler one.") from None
