"""How often a refused password may be tried again.  Pure.

Hikvision and Dahua lock a client out for about 30 minutes after repeated bad logins, and Dahua also
answers 401 when its table of connections is full.  So a refusal is believed slowly and repeated
rarely: one more try after the lockout of such devices would have passed, then nothing until a day
is over or the credential changes.

The book is kept per device (host), not per camera or protocol: the sixteen channels of a recorder
are one device, and a lock that RTSP has sprung bars ONVIF and HTTP too.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cameras.probe.result import LoginOutcome

MAX_REFUSED_A_DAY = 2
LOCKOUT = timedelta(minutes=30)
DAY = timedelta(days=1)
HEAD_START = timedelta(minutes=10)
"""So much longer a camera waits that was refused itself, so that the second try of a device falls
to another of its cameras, if there is one: longer than any of them goes unasked.
"""


@dataclass(frozen=True, slots=True)
class Book:
    """What one credential came to at one device; a new one starts an empty book.

    failed: refusals since the last pause of a day, at any door.  failed_at: the last of them.
    accepted_at: when a stream last let it in.
    """

    failed: int = 0
    failed_at: datetime | None = None
    accepted_at: datetime | None = None

    @property
    def is_proven(self) -> bool:
        """Whether the last word on it was a yes."""
        if self.accepted_at is None:
            return False
        return self.failed_at is None or self.accepted_at >= self.failed_at

    @property
    def is_believed(self) -> bool:
        """Whether a refusal means a locked or busy device rather than a wrong password: it was
        accepted before, and not yet refused twice since, the second time after a lockout.
        """
        return self.accepted_at is not None and (self.is_proven or self.failed < MAX_REFUSED_A_DAY)


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


def may_try(book: Book, now: datetime) -> bool:
    """Whether the stream's login may be sent: it is proven, or the day's budget has room.

    A proven login stays in use although ONVIF refuses it: many makes keep other users for ONVIF,
    and a camera with a good stream is not to go offline for that.
    """
    return book.is_proven or may_log_in(book.failed, book.failed_at, now)


def may_try_onvif(book: Book, now: datetime) -> bool:
    """Whether the login may be sent to ONVIF as well: only while no door has refused it today."""
    fresh = book.failed_at is None or now - book.failed_at >= DAY
    return not book.failed or fresh


def is_one_at_a_time(book: Book) -> bool:
    """Whether only one question may carry the login at a time.

    Of several channels asked at once each would have its password refused before the first one is
    counted; a proven login needs no such care.
    """
    return not book.is_proven


def after(book: Book, *, stream: LoginOutcome, onvif: LoginOutcome, now: datetime) -> Book:
    """The book after one ladder.  An acceptance takes no refusal of the day back."""
    if LoginOutcome.REFUSED in (stream, onvif):
        failed = refused_now(book.failed, book.failed_at, now)
        book = replace(book, failed=failed, failed_at=now)
    if stream is LoginOutcome.ACCEPTED:
        book = replace(book, accepted_at=now)
    return book


def may_try_here(book: Book, refused: int, refused_at: datetime | None, now: datetime) -> bool:
    """Whether one camera of the device may send the login, after `refused` refusals of its own.

    Some recorders let a user see some channels only, and one forbidden channel must not silence the
    others: so a channel that was never refused may find out whose the refusal of a login was that
    worked before, the channel's or the device's.
    """
    if not may_log_in(refused, refused_at, now - HEAD_START):
        return False
    return may_try(book, now) or (book.is_believed and not refused)


def after_stream(book: Book, stream: LoginOutcome, now: datetime) -> Book:
    """The device's book after one stream has answered.  Where another channel gets in, a refusal
    was that of its channel, which keeps a count of its own.
    """
    is_newest = book.failed_at is None or book.failed_at <= now
    if stream is LoginOutcome.ACCEPTED and is_newest:
        return Book(accepted_at=now)
    return after(book, stream=stream, onvif=LoginOutcome.NOT_SENT, now=now)
