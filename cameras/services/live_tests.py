"""Live tests from a form: how many may run, whether a login may be tried, what became of it.

Devices lock out whoever logs in wrongly a few times (FIELD: Hikvision and Dahua, for about half an
hour).  People's attempts share the device's two refusals a day with the poller's; saving a login
clears that count, so that whoever tests and saves in turn is held to two in the time of a lockout.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cameras.fleet_models import MAIN_SITE
from cameras.models import Camera, CameraState, Credential, LiveTest, Site
from cameras.probe.budget import DAY, LOCKOUT, MAX_REFUSED_A_DAY
from cameras.probe.result import LoginOutcome
from cameras.probe.target import Login, Target
from cameras.services.editing import PLACE, LoginKind, LoginWanted
from cameras.services.logins import Leave, Outcome, ask_of, note_outcomes, permit
from cameras.services.snapshots import count_for_camera
from cameras.services.targets import login_of
from gis_server.errors import Invalid, TooMany
from gis_server.models import User

DEADLINE_S = 8.0
MOST_A_MINUTE = 6
MOST_AT_ONCE = 4
"""Each holds a thread of the web process for as long as its deadline."""
GIVEN_UP = timedelta(seconds=2 * DEADLINE_S)
"""A test that has not ended after this time never will: its process is gone."""
LOCK = 7_428_181
"""Any number that nobody else takes for an advisory lock."""


@transaction.atomic
def begin_test(*, by: User, host: str, now: datetime) -> LiveTest:
    """Note that a test begins.  Two who begin together take turns, so that the limits hold.

    Raises:
        TooMany: of one person in a minute, or of all at this moment.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    recent = LiveTest.objects.filter(begun_at__gt=now - timedelta(minutes=1))
    if recent.filter(by=by).count() >= MOST_A_MINUTE:
        raise TooMany(_("That was a lot of tests within a minute: wait a moment."))
    running = LiveTest.objects.filter(ended_at=None, begun_at__gt=now - GIVEN_UP)
    if running.count() >= MOST_AT_ONCE:
        raise TooMany(_("Others are testing cameras right now: try again in ten seconds."))
    return LiveTest.objects.create(by=by, host=host, begun_at=now)


@transaction.atomic
def end_test(
    *,
    test: LiveTest,
    stream: LoginOutcome = LoginOutcome.NOT_SENT,
    onvif: LoginOutcome = LoginOutcome.NOT_SENT,
    stored_at: Camera | None,
    leave: Leave | None = None,
    now: datetime,
) -> None:
    """Note what became of the login at the stream and at ONVIF; `stored_at` when it was the stored
    one of that camera.  A refusal counts whichever door it came from: the device locks both.
    """
    order = (LoginOutcome.REFUSED, LoginOutcome.ACCEPTED, LoginOutcome.NOT_SENT)
    worst = min(stream, onvif, key=order.index)
    LiveTest.objects.filter(pk=test.pk).update(ended_at=now, login=worst.value)
    if stored_at is not None:
        count_for_camera(stored_at.pk, stream, now)
    if leave is not None:
        note_outcomes([Outcome(leave, now, stream, onvif)])


def forget_tests(now: datetime) -> int:
    """Delete the tests of yesterday; returns how many."""
    return LiveTest.objects.filter(begun_at__lt=now - DAY).delete()[0]


def login_to_try(
    wanted: LoginWanted, *, host: str, camera: Camera | None, moved: set[str], now: datetime
) -> tuple[Login | None, Leave | None]:
    """The login that a test sends, if the device asks for one, and what its outcome is noted with.

    camera: the stored one that is being edited; moved: which of its columns the form has changed.

    Raises:
        Invalid: the stored login would go to another address than it was given for.
        Unavailable: no present key opens a stored password.
    """
    keeps = wanted.kind is LoginKind.KEEP
    login = _stored(camera, moved) if keeps else _login(wanted)
    if login is None:
        return None, None
    site_id = camera.site_id if camera else Site.objects.get(name=MAIN_SITE).pk
    state = CameraState.objects.filter(camera=camera).first() if keeps and camera else None
    ask = ask_of(site_id, Target(host, login=login), state, onvif=True)
    if ask is None or not may_try_at(host, now):
        return login, None
    return permit([ask], now)[0]


def _login(wanted: LoginWanted) -> Login | None:
    """The login that was typed or chosen; it may be sent nowhere yet."""
    if wanted.kind is LoginKind.OWN:
        return Login(
            wanted.username,
            wanted.password,
            may_try=False,
            may_try_onvif=False,
            allow_plain=wanted.allow_plain,
        )
    group = Credential.objects.filter(pk=wanted.credential_id or 0).first()
    if wanted.kind is not LoginKind.GROUP or group is None:
        return None
    return login_of(Camera(credential=group))


def _stored(camera: Camera | None, moved: set[str]) -> Login | None:
    if camera is None:
        return None
    if camera.username and moved & PLACE:
        raise Invalid(_("The address is another one: say the login anew, or choose a group."))
    return login_of(camera)


def login_for_reading(camera: Camera, now: datetime) -> tuple[Login | None, Leave | None]:
    """The stored login for a reading over ONVIF; see `login_to_try`.

    Raises:
        Unavailable: no present key opens the stored password.
    """
    return login_to_try(LoginWanted(), host=camera.host, camera=camera, moved=set(), now=now)


def may_try_at(host: str, now: datetime) -> bool:
    """Whether people may try a login at a host once more."""
    return refused_at(host, now).count() < MAX_REFUSED_A_DAY


def refused_at(host: str, now: datetime) -> QuerySet[LiveTest]:
    return LiveTest.objects.filter(
        host=host, login=LoginOutcome.REFUSED.value, begun_at__gt=now - LOCKOUT
    )
