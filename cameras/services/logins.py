"""Whether a stored or typed login may be sent to a device now, and what became of it.

Devices lock out whoever logs in wrongly a few times, and all channels of a recorder are one
device.  So refusals are counted for the device (`LoginBook`) as well as for the camera, and a login
that the device has not accepted yet goes out once at a time: who gets the turn is decided by
compare-and-set.
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
    """A login at a device: the key of its book.  In the order in which books are locked."""

    site_id: int
    host: str
    login: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A login that somebody wants to send to a device, after so many refusals of their own.

    onvif: also to its ONVIF service.
    """

    place: Place
    login: Login
    refused: int = 0
    refused_at: datetime | None = None
    onvif: bool = False


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
    books = {place: row.book for place, row in _rows({ask.place for ask in asks}).items()}
    papers = [_paper(ask, books.get(ask.place, Book()), now) for ask in asks]
    first: dict[Place, int] = {}
    for index, (ask, paper) in enumerate(zip(asks, papers, strict=True)):
        if paper.in_turn:
            first.setdefault(ask.place, index)
    won = _take_turns({place: books.get(place, Book()) for place in first}, now)
    given = []
    for index, (ask, paper) in enumerate(zip(asks, papers, strict=True)):
        has_turn = ask.place in won and first[ask.place] == index
        turn = now + TURN if has_turn else None
        leave = Leave(ask.place, paper.proven, turn, was_refused=bool(ask.refused))
        given.append((paper.login(ask, has_turn=has_turn), leave))
    return given


class _Paper(NamedTuple):
    """What the book says to one who asks.

    may: the login may go to the stream.  onvif: and to ONVIF.  in_turn: if so, only while no other
    camera of the device carries it.  believed: see `Login`.  in_doubt: nothing is known against it
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
    may = may_try(book, ask.refused, ask.refused_at, now)
    onvif = may and ask.onvif and may_try_onvif(book, now)
    never_refused = book.is_believed and not ask.refused
    return _Paper(
        may=may,
        onvif=onvif,
        proven=book.is_proven and not ask.refused,
        in_turn=may and (onvif or bool(ask.refused) or not book.is_proven),
        believed=book.is_believed and ask.refused < MAX_REFUSED_A_DAY,
        in_doubt=never_refused or (may and (book.is_believed or not book.failed)),
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
    """The wish to send the login of `target`, with the camera's own refusals; None without one."""
    if target.login is None:
        return None
    place = place_of(site_id, target.host, target.login)
    if state is None:
        return Ask(place, target.login, onvif=onvif)
    return Ask(place, target.login, state.failed_logins, state.failed_login_at, onvif)


class _Row(NamedTuple):
    """A stored book."""

    id: int
    book: Book
    trying_until: datetime | None


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


def _take_turns(books: Mapping[Place, Book], now: datetime) -> set[Place]:
    """The places whose turn is ours: nobody else is trying, and no refusal has come since the book
    was read.
    """
    if not books:
        return set()
    failed_at = times(book.failed_at for book in books.values())
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TURNS, [now + TURN, now, *_keys(list(books)), failed_at, now])
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
    places = {outcome.leave.place for outcome in news}
    rows = _rows(places, LOCKED_ROWS)
    if missing := sorted(places - rows.keys()):
        # Emptied meanwhile: begun anew, so that all rows are there to be locked.
        with connection.cursor() as cursor:
            cursor.execute(BEGIN_BOOKS, [news[-1].at, *_keys(missing)])
        rows |= _rows(missing, LOCKED_ROWS)
    for outcome in news:
        place = outcome.leave.place
        if place in rows:  # unless it has just been emptied
            rows[place] = _after(rows[place], outcome)
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


def _after(row: _Row, outcome: Outcome) -> _Row:
    is_told_again = (
        outcome.has_refusal and row.book.failed_at == outcome.at
    )  # a write whose answer was lost is repeated
    book = row.book
    if not is_told_again:
        book = after(
            book,
            outcome.at,
            stream=outcome.stream,
            onvif=outcome.onvif,
            was_refused=outcome.leave.was_refused,
        )
    ends = row.trying_until == outcome.leave.turn
    return _Row(row.id, book, None if ends else row.trying_until)


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
