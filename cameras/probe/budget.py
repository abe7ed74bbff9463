"""How often a refused password may be tried again.  Pure.

Hikvision and Dahua lock a client out for about 30 minutes after repeated bad logins, and Dahua also
answers 401 when its table of connections is full.  So a refusal is believed slowly and repeated
rarely: one more try after the lockout of such devices would have passed, then nothing until a day
is over or the credential changes.

Refusals are counted per device (host), not per camera, login or protocol: the sixteen channels of a
recorder are one device, sixteen wrong passwords lock it as one does, and a lock that RTSP has
sprung bars ONVIF and HTTP too.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cameras.probe.result import LoginOutcome

MAX_REFUSED_A_DAY = 2
LOCKOUT = timedelta(minutes=30)
DAY = timedelta(days=1)
ONVIF_PAUSE = timedelta(days=7)
"""So long a login stays away from ONVIF that refused it: many makes keep other users there, and
each try takes one of the day's two."""
HEAD_START = timedelta(minutes=10)
"""So much longer a camera waits that was refused itself, so that the second try of a device falls
to another of its cameras, if there is one: longer than any of them goes unasked.
"""


@dataclass(frozen=True, slots=True)
class Book:
    """What one credential came to at one device; a new one starts an empty book.

    failed: refusals of whichever login by the device since its last pause of a day, at any door; an
        acceptance takes none back.  failed_at: the last of them.
    refused: those of this login at streams since a stream let it in.
    accepted_at: when a stream last let it in.  onvif_refused_at: when ONVIF last did not.
    """

    failed: int = 0
    failed_at: datetime | None = None
    refused: int = 0
    accepted_at: datetime | None = None
    onvif_refused_at: datetime | None = None

    @property
    def is_proven(self) -> bool:
        """Whether the last word of a stream on it was a yes.  What ONVIF says does not count: a
        camera with a good stream is not to go offline for that.
        """
        return self.accepted_at is not None and not self.refused

    @property
    def is_believed(self) -> bool:
        """Whether a refusal means a locked or busy device rather than a wrong password: it was
        accepted before, and not yet refused twice since.
        """
        return self.accepted_at is not None and self.refused < MAX_REFUSED_A_DAY

    def spent(self, now: datetime) -> int:
        """How many of the day's refusals have been heard."""
        fresh = self.failed_at is None or now - self.failed_at >= DAY
        return 0 if fresh else self.failed

    def has_room(self, now: datetime) -> bool:
        """Whether the device may hear another refusal today."""
        return self.spent(now) < MAX_REFUSED_A_DAY


def may_log_in(refused: int, last_refused_at: datetime | None, now: datetime) -> bool:
    """Whether to send the password, after `refused` refusals and the last of them."""
    if not refused or last_refused_at is None:
        return True
    age = now - last_refused_at
    return age >= DAY or (refused < MAX_REFUSED_A_DAY and age >= LOCKOUT)


def refused_now(refused: int, last_refused_at: datetime | None, now: datetime) -> int:
    """The count after one more refusal at `now`; yesterday's refusals no longer count."""
    fresh = last_refused_at is None or now - last_refused_at >= DAY
    return 1 if fresh else refused + 1


def may_try(book: Book, refused: int, refused_at: datetime | None, now: datetime) -> bool:
    """Whether one camera of the device may send the login, after `refused` refusals of its own.

    Some recorders let a user see some channels only, and one forbidden channel must not silence the
    others: so a channel that was never refused may find out at once whose the refusal of a login
    was that worked before, the channel's or the device's.  The forbidden ones try again within the
    two refusals that the device hears a day.
    """
    if not may_log_in(refused, refused_at, now - HEAD_START):
        return False
    if book.is_proven and not refused:
        return True
    if book.is_believed and not refused and book.has_room(now):
        return True
    return may_log_in(book.failed, book.failed_at, now)


def may_try_onvif(book: Book, now: datetime) -> bool:
    """Whether the login may be sent to ONVIF as well: no door has refused it today, and ONVIF not
    for long.
    """
    rests = book.onvif_refused_at is not None and now - book.onvif_refused_at < ONVIF_PAUSE
    return not rests and not book.spent(now)


def after(
    book: Book,
    now: datetime,
    *,
    stream: LoginOutcome = LoginOutcome.NOT_SENT,
    onvif: LoginOutcome = LoginOutcome.NOT_SENT,
    was_refused: bool = False,
) -> Book:
    """The book after one ladder; told late, an acceptance is older than the last refusal and takes
    nothing back.

    was_refused: this camera had been refused before; where others are let in, the refusal is its
        own and says nothing of the login.
    """
    is_newest = book.failed_at is None or book.failed_at <= now
    if stream is LoginOutcome.ACCEPTED and is_newest:
        book = replace(book, refused=0, accepted_at=now)
    if stream is LoginOutcome.REFUSED and not (was_refused and book.is_proven):
        book = replace(book, refused=min(book.refused + 1, MAX_REFUSED_A_DAY))
    if onvif is LoginOutcome.REFUSED:
        book = replace(book, onvif_refused_at=now)
    if LoginOutcome.REFUSED in (stream, onvif):
        failed = refused_now(book.failed, book.failed_at, now)
        last = now if is_newest else book.failed_at
        book = replace(book, failed=failed, failed_at=last)
    return book
