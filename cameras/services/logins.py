"""Whether a stored or typed login may be sent to a device now, and what became of it.

Devices lock out whoever logs in wrongly a few times, and all channels of a recorder are one
device.  So refusals are counted for the device (`LoginBook`) as well as for the camera, and a login
that the device has not accepted yet goes out once at a time: who gets the turn is decided by
compare-and-set.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from cameras.models import Camera, CameraState, LoginBook
from cameras.probe.budget import (
    DAY,
    MAX_REFUSED_A_DAY,
    Book,
    after_stream,
    is_one_at_a_time,
    may_try_here,
)
from cameras.probe.result import LoginOutcome
from cameras.probe.target import Login, Target
from cameras.services.targets import target_of

TURN = timedelta(seconds=60)
"""So long others wait for a camera that tries a login and never says what became of it."""
KEPT = timedelta(days=30)
"""A book that nobody has written in for so long is dropped; a login in use just starts another."""


class Place(NamedTuple):
    """A login at a device: the key of its book.  In the order in which books are locked."""

    site_id: int
    host: str
    login: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A login that somebody wants to send to a device, after so many refusals of their own."""

    place: Place
    login: Login
    refused: int = 0
    refused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """What is to be written of a login that may be sent.

    proven: the device's last word on it was a yes.  turn: until when the others wait, if they do.
    """

    place: Place
    proven: bool
    turn: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a login, at the stream and at ONVIF."""

    leave: Leave
    at: datetime
    stream: LoginOutcome = LoginOutcome.NOT_SENT
    onvif: LoginOutcome = LoginOutcome.NOT_SENT

    @property
    def is_news(self) -> bool:
        """Whether it changes the book: what goes on being accepted does not."""
        accepted = self.stream is LoginOutcome.ACCEPTED and not self.leave.proven
        refused = LoginOutcome.REFUSED in (self.stream, self.onvif)
        return accepted or refused or self.leave.turn is not None


def place_of(site_id: int, host: str, login: Login) -> Place:
    """The key of a login's book.  The fingerprint is keyed and differs from device to device, so it
    tells nobody whether two devices share a password.
    """
    host = host.lower()
    text = "\0".join((str(site_id), host, login.username, login.password))
    mark = salted_hmac("cameras.LoginBook", text, algorithm="sha256").hexdigest()
    return Place(site_id, host, mark)


def permit(asks: Sequence[Ask], now: datetime) -> list[tuple[Login, Leave]]:
    """Each login with what it may do, and what its outcome is to be noted with, in the same order.

    Two statements at most; the second only for logins that are not proven.
    """
    rows = _rows({ask.place for ask in asks})
    books = {ask.place: _book(rows.get(ask.place)) for ask in asks}
    may = [may_try_here(books[ask.place], ask.refused, ask.refused_at, now) for ask in asks]
    first: dict[Place, int] = {}
    for index, ask in enumerate(asks):
        if may[index] and is_one_at_a_time(books[ask.place]):
            first.setdefault(ask.place, index)
    won = _take_turns({place: books[place] for place in first}, now)
    with_onvif = set[Place]()
    given = []
    for index, ask in enumerate(asks):
        place, book = ask.place, books[ask.place]
        has_turn = place in won and first[place] == index
        free = book.is_proven or has_turn
        login = replace(
            ask.login,
            may_try=may[index] and free,
            may_try_onvif=place not in with_onvif and _may_try_onvif(rows.get(place), now),
            believed=book.is_believed and ask.refused < MAX_REFUSED_A_DAY,
            waits=may[index] and not free and (book.is_believed or not book.failed),
        )
        if (row := rows.get(place)) and row.onvif_refused_at:
            with_onvif.add(place)
        given.append((login, Leave(place, book.is_proven, now + TURN if has_turn else None)))
    return given


def permitted_target(
    camera: Camera, state: CameraState, now: datetime
) -> tuple[Target, Leave | None]:
    """The stream of one stored camera with what its login may do; None where it has no login.

    Raises:
        Unavailable: no present key opens the stored password.
    """
    target = target_of(camera, state)
    ask = ask_of(camera.site_id, target, state)
    if ask is None:
        return target, None
    login, leave = permit([ask], now)[0]
    return replace(target, login=login), leave


def ask_of(site_id: int, target: Target, state: CameraState | None = None) -> Ask | None:
    """The wish to send the login of `target`, with the camera's own refusals; None without one."""
    if target.login is None:
        return None
    place = place_of(site_id, target.host, target.login)
    if state is None:
        return Ask(place, target.login)
    return Ask(place, target.login, state.failed_logins, state.failed_login_at)


def _rows(places: Iterable[Place], *, lock: bool = False) -> dict[Place, LoginBook]:
    """The books there are, locked in the order of their keys if wanted."""
    wanted = set(places)
    if not wanted:
        return {}
    rows = LoginBook.objects.filter(
        site_id__in={place.site_id for place in wanted}, login__in=[p.login for p in wanted]
    ).order_by("site_id", "host", "login")
    found = rows.select_for_update() if lock else rows
    return {Place(row.site_id, row.host, row.login): row for row in found}


def _book(row: LoginBook | None) -> Book:
    return Book(row.failed, row.failed_at, row.accepted_at) if row else Book()


def _may_try_onvif(row: LoginBook | None, now: datetime) -> bool:
    """Whether ONVIF may be sent it, too: only while no door has refused it today."""
    said_no = [at for at in (row.onvif_refused_at, row.failed_at) if at] if row else []
    return all(now - at >= DAY for at in said_no)


TAKE_TURNS = """
    INSERT INTO cameras_loginbook AS book
        (site_id, host, login, failed, failed_at, accepted_at, trying_until, used_at)
    SELECT *, %(until)s, %(now)s
    FROM unnest(%(sites)s::bigint[], %(hosts)s::text[], %(logins)s::text[], %(failed)s::int[],
        %(failed_at)s::timestamptz[], %(accepted_at)s::timestamptz[])
    ON CONFLICT (site_id, host, login) DO UPDATE SET trying_until = excluded.trying_until
    WHERE (book.trying_until IS NULL OR book.trying_until <= %(now)s)
        AND book.failed_at IS NOT DISTINCT FROM excluded.failed_at
    RETURNING book.site_id, book.host, book.login
"""


def _take_turns(books: dict[Place, Book], now: datetime) -> set[Place]:
    """The places whose turn is ours: nobody else is trying, and no refusal has come since the book
    was read.
    """
    if not books:
        return set()
    places = sorted(books)
    values: dict[str, Any] = {
        "until": now + TURN,
        "now": now,
        "sites": [place.site_id for place in places],
        "hosts": [place.host for place in places],
        "logins": [place.login for place in places],
        "failed": [books[place].failed for place in places],
        "failed_at": [books[place].failed_at for place in places],
        "accepted_at": [books[place].accepted_at for place in places],
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TURNS, values)
        return {Place(*row) for row in cursor.fetchall()}


def note_outcomes(outcomes: Iterable[Outcome]) -> None:
    """Write into the books what became of logins, and end the turns that were taken.

    A refusal counts whoever holds the camera now: the password has been sent.
    """
    news = [outcome for outcome in outcomes if outcome.is_news]
    if news:
        _note(sorted(news, key=lambda outcome: outcome.at))


@transaction.atomic
def _note(news: Sequence[Outcome]) -> None:
    places = sorted({outcome.leave.place for outcome in news})
    # A book that was emptied meanwhile is begun anew: so all rows are there to be locked.
    LoginBook.objects.bulk_create(
        [
            LoginBook(site_id=site_id, host=host, login=login, used_at=news[-1].at)
            for site_id, host, login in places
        ],
        ignore_conflicts=True,
    )
    rows = _rows(places, lock=True)
    for outcome in news:
        if row := rows.get(outcome.leave.place):  # unless it has just been emptied
            _write(row, outcome)
    LoginBook.objects.bulk_update(
        rows.values(),
        ["failed", "failed_at", "accepted_at", "onvif_refused_at", "trying_until", "used_at"],
    )


def _write(row: LoginBook, outcome: Outcome) -> None:
    is_told_again = (
        outcome.stream is LoginOutcome.REFUSED and row.failed_at == outcome.at
    )  # a write whose answer was lost is repeated
    stream = LoginOutcome.NOT_SENT if is_told_again else outcome.stream
    book = after_stream(_book(row), stream, outcome.at)
    row.failed, row.failed_at, row.accepted_at = book.failed, book.failed_at, book.accepted_at
    row.used_at = outcome.at
    if outcome.onvif is LoginOutcome.REFUSED:
        row.onvif_refused_at = outcome.at
    if outcome.leave.turn == row.trying_until:
        row.trying_until = None


def empty_books(camera_ids: Iterable[int]) -> None:
    """Forget what became of logins at the devices of these cameras: somebody has set them anew."""
    places = Camera.objects.filter(pk__in=list(camera_ids)).values_list("site_id", "host")
    hosts: dict[int, set[str]] = {}
    for site_id, host in places:
        hosts.setdefault(site_id, set()).add(host.lower())
    for site_id, names in sorted(hosts.items()):
        rows = LoginBook.objects.filter(site_id=site_id, host__in=names)
        locked = rows.order_by("site_id", "host", "login").select_for_update()
        LoginBook.objects.filter(pk__in=[row.pk for row in locked]).delete()


def forget_books(now: datetime) -> int:
    """Drop books that nobody has written in for long; returns how many."""
    return LoginBook.objects.filter(used_at__lt=now - KEPT).delete()[0]
