"""Whether a stored or typed login may be sent to a device now, and what became of it.

Devices lock out whoever logs in wrongly a few times, and all channels of a recorder are one
device.  So refusals are counted for the device (`LoginBook`), whichever logins they were of, as
well as for the camera, and logins that the device has not accepted yet go out one at a time: who
gets the turn is decided by compare-and-set.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from cameras.models import Camera, CameraState, LoginBook
from cameras.probe.budget import MAX_REFUSED_A_DAY, Book, after, may_try, may_try_onvif
from cameras.probe.result import LoginOutcome
from cameras.probe.target import Login, Target
from cameras.services.columns import numbers, texts, times
from cameras.services.targets import target_of

TURN = timedelta(seconds=60)
"""So long others wait for a camera that tries a login and never says what became of it."""
KEPT = timedelta(days=30)
"""A book that nobody has written in for so long is dropped; a login in use just starts another."""


class Place(NamedTuple):
    """A login at a device, or with no login the device: the key of a book.  In the order in which
    books are locked.
    """

    site_id: int
    host: str
    login: str

    @property
    def device(self) -> "Place":
        return self._replace(login="")


@dataclass(frozen=True, slots=True)
class Ask:
    """A login that somebody wants to send to a device, after so many refusals of their own.

    onvif: also to its ONVIF service, or to its pages for a picture.  by_hand: somebody has just
    typed or chosen it and waits: it takes what is left of the day's refusals without a pause.
    """

    place: Place
    login: Login
    refused: int = 0
    refused_at: datetime | None = None
    onvif: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """What is to be written of a login that may be sent.

    proven: the device's last word on it was a yes.  turn: until when the others wait, if they do.
    was_refused: the camera that asks had been refused before.
    """

    place: Place
    proven: bool
    turn: datetime | None = None
    was_refused: bool = False


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
        return accepted or self.has_refusal or self.leave.turn is not None

    @property
    def has_refusal(self) -> bool:
        return LoginOutcome.REFUSED in (self.stream, self.onvif)


def place_of(site_id: int, host: str, login: Login) -> Place:
    """The key of a login's book.  The fingerprint is keyed and differs from device to device, so it
    tells nobody whether two devices share a password.
    """
    host = host.lower()
    text = "\0".join((str(site_id), host, login.username, login.password))
    mark = salted_hmac("cameras.LoginBook", text, algorithm="sha256").hexdigest()
    return Place(site_id, host, mark)


def proven_places(places: Iterable[Place]) -> set[Place]:
    """Those of these logins that the device's streams let in when they last spoke."""
    wanted = list(places)
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(PROVEN, _keys(wanted))
        return {wanted[number - 1] for (number,) in cursor.fetchall()}


BOOKS = """
    FROM (SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[])
        WITH ORDINALITY AS u (site_id, host, login, number) ORDER BY site_id, host, login) AS v
    CROSS JOIN LATERAL (
        SELECT * FROM cameras_loginbook AS b
        WHERE b.site_id = v.site_id AND b.host = v.host AND b.login = v.login
        LIMIT 1 {lock}
    ) AS book
"""
"""Each wanted book by its key, in the order of the keys: however few or many there are, they are
not looked for by reading all books."""
PROVEN = (
    "SELECT v.number"
    + BOOKS.format(lock="")
    + "WHERE book.accepted_at IS NOT NULL AND book.refused = 0"
)


def _keys(places: Sequence[Place]) -> list[str]:
    """The columns of `BOOKS`."""
    return [
        numbers(place.site_id for place in places),
        texts(place.host for place in places),
        texts(place.login for place in places),
    ]


def permit(asks: Sequence[Ask], now: datetime) -> list[tuple[Login, Leave]]:
    """Each login with what it may do, and what its outcome is to be noted with, in the same order.

    Two statements at most; the second only for those that go out one at a time: logins that are not
    proven, and logins to ONVIF, where nobody has proven them.
    """
    rows = _rows(_with_devices(ask.place for ask in asks))
    books = [_book(rows, ask.place) for ask in asks]
    papers = [_paper(ask, book, now) for ask, book in zip(asks, books, strict=True)]
    first: dict[Place, int] = {}
    for index, (ask, paper) in enumerate(zip(asks, papers, strict=True)):
        if paper.in_turn:
            first.setdefault(ask.place.device, index)
    won = _take_turns({device: books[index].failed_at for device, index in first.items()}, now)
    given = []
    for index, (ask, paper) in enumerate(zip(asks, papers, strict=True)):
        has_turn = ask.place.device in won and first[ask.place.device] == index
        turn = now + TURN if has_turn else None
        leave = Leave(ask.place, paper.proven, turn, was_refused=bool(ask.refused))
        given.append((paper.login(ask, has_turn=has_turn), leave))
    return given


class _Paper(NamedTuple):
    """What the book says to one who asks.

    may: the login may go to the stream.  onvif: and to ONVIF.  in_turn: if so, only while no other
    camera of the device tries one.  believed: see `Login`.  in_doubt: nothing is known against it
    but that others must speak first, or that the device has heard enough refusals today.
    """

    may: bool
    onvif: bool
    proven: bool
    in_turn: bool
    believed: bool
    in_doubt: bool

    def login(self, ask: Ask, *, has_turn: bool) -> Login:
        late = self.in_turn and not has_turn
        return replace(
            ask.login,
            may_try=self.may and (self.proven or not late),
            may_try_onvif=self.onvif and has_turn,
            believed=self.believed,
            waits=self.in_doubt and (late or not self.may),
        )


def _paper(ask: Ask, book: Book, now: datetime) -> _Paper:
    may = may_try(book, ask.refused, ask.refused_at, now) or (ask.by_hand and book.has_room(now))
    onvif = may and ask.onvif and may_try_onvif(book, now)
    is_open = book.is_believed or not book.refused
    return _Paper(
        may=may,
        onvif=onvif,
        proven=book.is_proven and not ask.refused,
        in_turn=may and (onvif or bool(ask.refused) or not book.is_proven),
        believed=book.is_believed and ask.refused < MAX_REFUSED_A_DAY,
        in_doubt=is_open and (may or not ask.refused),
    )


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


def ask_of(
    site_id: int, target: Target, state: CameraState | None = None, *, onvif: bool = False
) -> Ask | None:
    """The wish to send the login of `target`, with the refusals of the camera that keeps it, or by
    hand; None without one.
    """
    if target.login is None:
        return None
    place = place_of(site_id, target.host, target.login)
    if state is None:
        return Ask(place, target.login, onvif=onvif, by_hand=True)
    return Ask(place, target.login, state.failed_logins, state.failed_login_at, onvif)


class _Row(NamedTuple):
    """A stored book: a device's tells of refusals and whose turn it is, a login's of the rest."""

    id: int
    book: Book
    trying_until: datetime | None


def _with_devices(places: Iterable[Place]) -> set[Place]:
    return {one for place in places for one in (place, place.device)}


def _book(rows: Mapping[Place, _Row], place: Place) -> Book:
    """All that is known of a login at its device."""
    own = rows[place].book if place in rows else Book()
    if place.device not in rows:
        return own
    device = rows[place.device].book
    return replace(own, failed=device.failed, failed_at=device.failed_at)


COLUMNS = """
    SELECT book.site_id, book.host, book.login, book.id, book.trying_until,
        book.failed, book.failed_at, book.refused, book.accepted_at, book.onvif_refused_at
"""
ROWS = COLUMNS + BOOKS.format(lock="")
LOCKED_ROWS = COLUMNS + BOOKS.format(lock="FOR UPDATE")


def _rows(places: Iterable[Place], statement: str = ROWS) -> dict[Place, _Row]:
    """The books there are; with LOCKED_ROWS they are locked, in the order of their keys."""
    wanted = list(places)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(statement, _keys(wanted))
        return {Place(*row[:3]): _Row(row[3], Book(*row[5:]), row[4]) for row in cursor.fetchall()}


TAKE_TURNS = """
    INSERT INTO cameras_loginbook AS book
        (site_id, host, login, failed, failed_at, refused, trying_until, used_at)
    SELECT v.site_id, v.host, v.login, 0, v.failed_at, 0, %s, %s
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[])
        AS v (site_id, host, login, failed_at)
    ORDER BY v.site_id, v.host, v.login
    ON CONFLICT (site_id, host, login) DO UPDATE SET trying_until = excluded.trying_until
    WHERE (book.trying_until IS NULL OR book.trying_until <= %s)
        AND book.failed_at IS NOT DISTINCT FROM excluded.failed_at
    RETURNING book.site_id, book.host, book.login
"""


def _take_turns(devices: Mapping[Place, datetime | None], now: datetime) -> set[Place]:
    """The devices whose turn is ours: nobody else is trying, and no refusal has come since the last
    one that we know of.
    """
    if not devices:
        return set()
    failed_at = times(devices.values())
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TURNS, [now + TURN, now, *_keys(list(devices)), failed_at, now])
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
    places = _with_devices(outcome.leave.place for outcome in news)
    rows = _rows(places, LOCKED_ROWS)
    if missing := sorted(places - rows.keys()):
        # New, or emptied meanwhile: begun, so that all rows are there to be locked.
        with connection.cursor() as cursor:
            cursor.execute(BEGIN_BOOKS, [news[-1].at, *_keys(missing)])
        rows |= _rows(missing, LOCKED_ROWS)
    for outcome in news:
        place = outcome.leave.place
        if place in rows and place.device in rows:  # unless they have just been emptied
            rows |= _after(rows, outcome)
    _write(list(rows.values()), news[-1].at)


BEGIN_BOOKS = """
    INSERT INTO cameras_loginbook (site_id, host, login, failed, refused, used_at)
    SELECT v.site_id, v.host, v.login, 0, 0, %s
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v (site_id, host, login)
    ORDER BY v.site_id, v.host, v.login
    ON CONFLICT DO NOTHING
"""
WRITE_BOOKS = """
    UPDATE cameras_loginbook AS book
    SET failed = v.failed, failed_at = v.failed_at, refused = v.refused,
        accepted_at = v.accepted_at, onvif_refused_at = v.onvif_refused_at,
        trying_until = v.trying_until, used_at = %s
    FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::int[], %s::timestamptz[],
        %s::timestamptz[], %s::timestamptz[])
        AS v (id, failed, failed_at, refused, accepted_at, onvif_refused_at, trying_until)
    WHERE book.id = v.id
"""


def _after(rows: Mapping[Place, _Row], outcome: Outcome) -> dict[Place, _Row]:
    """The rows of a login and of its device after `outcome`."""
    place = outcome.leave.place
    row, device = rows[place], rows[place.device]
    book = _book(rows, place)
    # A write whose answer was lost is repeated.
    if not (outcome.has_refusal and book.failed_at == outcome.at):
        book = after(
            book,
            outcome.at,
            stream=outcome.stream,
            onvif=outcome.onvif,
            was_refused=outcome.leave.was_refused,
        )
    ends = device.trying_until == outcome.leave.turn
    counted = Book(failed=book.failed, failed_at=book.failed_at)
    return {
        place: row._replace(book=replace(book, failed=0, failed_at=None)),
        place.device: _Row(device.id, counted, None if ends else device.trying_until),
    }


def _write(rows: Sequence[_Row], at: datetime) -> None:
    """Store books that are locked."""
    books = [row.book for row in rows]
    values = [
        numbers(row.id for row in rows),
        numbers(book.failed for book in books),
        times(book.failed_at for book in books),
        numbers(book.refused for book in books),
        times(book.accepted_at for book in books),
        times(book.onvif_refused_at for book in books),
        times(row.trying_until for row in rows),
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE_BOOKS, [at, *values])


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
