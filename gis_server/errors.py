"""The six errors that callers can cause, and the one table that gives each its HTTP status.

Services raise them with a translated sentence that somebody can act on; `edge.Gate` answers.
"""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """Something the caller can understand and act on; `message` is shown to them.

    detail: what programs are told besides, as JSON.
    """

    def __init__(self, message: object, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = dict(detail or {})


class NotAllowed(DomainError):
    """The user may not do this."""


class NotFound(DomainError):
    """No such thing, or none that this user may know of."""


class Conflict(DomainError):
    """Somebody else was first, or the thing is no longer in the state that was seen."""


class Invalid(DomainError):
    """What was sent cannot be understood or breaks a rule."""


class TooMany(DomainError):
    """The caller has tried too often; the message says how long to wait.

    wait_s: the same for programs, as the header Retry-After; None where nobody can tell.
    """

    def __init__(self, message: object, wait_s: int | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Unavailable(DomainError):
    """A part of the server is away; trying again later may help."""


STATUS: dict[type[DomainError], int] = {
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}


def status_of(error: DomainError) -> int:
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))
