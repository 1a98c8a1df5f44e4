"""Everything Matinee can tell a user went wrong.

    MovieServiceError
    ├── BadInput            the request or file can't be used as it is
    │   ├── BadImage        … because the picture can't
    │   └── BadCatalogue    … because the catalogue file or import source can't
    ├── UnknownMovie        no film has that id
    ├── UnknownFinding      the audit has no finding of that id
    ├── ModelMissing        an artefact, a head or weights are not there
    │   └── IndexMismatch   … or were made by another encoder, or are damaged
    ├── LlmUnreachable      the language model doesn't answer (the built-in concierge does)
    └── Busy                too much at once; try again in `retry_after` seconds

Each message is a sentence that is safe to show: it says what to do next and holds no stack,
no secret and no path the user didn't give. This module does not know HTTP: statuses live in
`api/errors.py`.
"""

from __future__ import annotations


class MovieServiceError(Exception):
    """A failure that may be shown to the user. `code` is stable; programs may rely on it."""

    code = "service_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadInput(MovieServiceError):
    code = "bad_input"


class BadImage(BadInput):
    """`reason` is `unreadable`, `too_large` or `unsupported`."""

    code = "bad_image"

    def __init__(self, message: str, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class BadCatalogue(BadInput):
    code = "bad_catalogue"


class UnknownMovie(MovieServiceError):
    code = "unknown_movie"


class UnknownFinding(MovieServiceError):
    code = "unknown_finding"


class ModelMissing(MovieServiceError):
    code = "model_missing"


class IndexMismatch(ModelMissing):
    code = "index_mismatch"


class LlmUnreachable(MovieServiceError):
    code = "llm_unreachable"


class Busy(MovieServiceError):
    """`retry_after`: seconds after which another try makes sense."""

    code = "busy"

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
