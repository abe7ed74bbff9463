"""Who asks which camera.

Any number of pollers on any number of machines share the work.  A poller claims cameras with a
lease, and writes a verdict only while it still holds it (`cameras.services.verdicts`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from cameras.fleet_models import MAIN_SITE
from cameras.health import DOWN_AFTER
from cameras.models import CameraState
from cameras.probe.steps import LADDER, Step
from cameras.probe.steps_onvif import onvif_device
from cameras.probe.target import Login, Target
from cameras.services.logins import Ask, Leave, Place, permit, place_of, proven_places
from cameras.services.seldom import steps_due
from cameras.services.targets import opened
from gis_server.errors import Unavailable

MOST_DOORS = 131_072
"""Of so many cameras a process keeps what it asks them with: more than one poller is meant for
(docs/operate.md), about 1 KiB each."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One camera to ask, under a lease that ends at `until`; no two leases of a camera end alike.

    trouble: why it cannot be asked, when the fault is on our side.  steps: what to ask.
    leave: what the outcome of its login is noted with.  interval_s: seconds between two probes.
    is_down: it has not answered lately, so that it will likely take its whole time again.
    due_at: since when it was to be asked.
    """

    camera_id: int
    target: Target
    until: datetime
    trouble: str = ""
    steps: tuple[Step, ...] = LADDER
    leave: Leave | None = None
    interval_s: int = 60
    is_down: bool = False
    due_at: datetime | None = None

    def asks_as(self, other: "Claim") -> bool:
        """Whether both ask the same device in the same way; not how much of it, nor since when, nor
        whether the login may be sent.
        """
        if self is other:
            return True
        return (bare(self.target), self.trouble) == (bare(other.target), other.trouble)


def bare(target: Target) -> Target:
    """`target` with what the registry says of it alone."""
    login = target.login and Login(
        target.login.username, target.login.password, allow_plain=target.login.allow_plain
    )
    return replace(target, login=login, clock_offset_s=0.0)


# `due` locks; what it read of a row is true until the end of the transaction.
CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT s.camera_id, s.due_at,
            c.site_id, c.host, c.port, c.path, c.tls, c.onvif_port,
            coalesce(g.username, c.username) AS username,
            CASE WHEN g.id IS NULL THEN c.sealed_password ELSE g.sealed_password END AS sealed,
            coalesce(g.allow_plain, c.allow_plain_login) AS allow_plain,
            c.interval_s, s.streak_bad >= %(down_after)s AS is_down,
            s.failed_logins, s.failed_login_at,
            s.clock_asked_at, s.device_asked_at, s.clock_offset_s
        FROM cameras_camerastate AS s
        JOIN cameras_camera AS c ON c.id = s.camera_id
        LEFT JOIN cameras_credential AS g ON g.id = c.credential_id
        WHERE s.due_at >= %(since)s AND s.due_at <= %(now)s
            AND (s.lease_until IS NULL OR s.lease_until < %(now)s
                OR s.lease_until > %(no_lease)s)
            AND c.enabled AND c.site_id = (SELECT id FROM cameras_site WHERE name = %(site)s)
        ORDER BY s.due_at LIMIT %(limit)s
        FOR UPDATE OF s SKIP LOCKED
    ), taken AS (
        UPDATE cameras_camerastate AS s
        SET leased_by = %(poller)s, lease_until = %(until)s
        FROM due WHERE s.camera_id = due.camera_id
    )
    SELECT due_at, camera_id, site_id, host, port, path, tls, onvif_port, username, sealed,
        allow_plain, interval_s, is_down, failed_logins, failed_login_at,
        clock_asked_at, device_asked_at, clock_offset_s
    FROM due ORDER BY due_at, camera_id
"""


LOOK_BACK_S = 5.0
"""How often a poller looks from the beginning: for rows that somebody had locked, and for those of
a poller that has died."""
SLACK = timedelta(seconds=2)
"""So much later than its `due_at` a row may come to be seen: edits are committed after they are
made, and clocks differ."""


LONGEST_LEASE = timedelta(minutes=10)
"""A lease that ends later was taken before the clock was set back, by a poller that may be dead."""


@dataclass(slots=True)
class Reach:
    """From where on a poller looks for what is due: behind what it has found already."""

    since: datetime | None = None
    _looked_back_s: float = float("-inf")

    def start(self, now_s: float) -> datetime | None:
        """What to pass as `since` to the next claim, by a clock that is never set; None to look
        from the beginning.
        """
        if now_s - self._looked_back_s >= LOOK_BACK_S:
            self._looked_back_s = now_s
            return None
        return self.since

    def note(self, claims: Sequence[Claim], limit: int, now: datetime) -> None:
        """Take in what was found of `limit`, in its order: all up to the last one or to `now`."""
        self.since = claims[-1].due_at if len(claims) == limit else now - SLACK


class Door(NamedTuple):
    """How a camera is asked as long as its registry says the same: its target, as if its login had
    just been accepted, and where that is booked.
    """

    target: Target
    place: Place | None
    leave: Leave | None


def claim(
    *,
    poller: str,
    limit: int,
    lease: timedelta,
    now: datetime,
    site: str = MAIN_SITE,
    since: datetime | None = None,
) -> list[Claim]:
    """Take up to `limit` cameras of a site that are due, those that have waited longest first.

    Two pollers may look at the same moment: a row that one has locked is passed over by the other,
    so no camera is given out twice while its lease lasts.  One statement, and one for the logins;
    two more where some of them are not proven.

    since: pass over what has been due for longer.  The index on `due_at` keeps where rows stood
    before they were asked until it is vacuumed, and who looks from the beginning reads all of that.
    """
    until = now + lease
    values: dict[str, Any] = {
        "poller": poller,
        "limit": limit,
        "now": now,
        "since": since or "-infinity",
        "until": until,
        "no_lease": until + LONGEST_LEASE,
        "site": site,
        "down_after": DOWN_AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        rows = cursor.fetchall()
    usual, keys = int(settings.PROBE_INTERVAL_S), settings.VAULT_KEY
    return permitted([claim_of(row, now, until, usual, keys) for row in rows], now)


def claim_of(
    row: Sequence[Any], now: datetime, until: datetime, usual: int, keys: str
) -> tuple[Claim, Ask | None]:
    """A claim as if its login were proven, and what is wished of that; see `CLAIM` for the row.

    usual: seconds between two probes of a camera that says nothing else.
    """
    due_at, camera_id, site_id, host, port, path, tls, onvif_port, username, sealed = row[:10]
    allow_plain, interval_s, is_down, refused, refused_at, *seldom = row[10:]
    clock_asked_at, device_asked_at, offset_s = seldom
    address = (site_id, host, port, path, tls, onvif_port)
    token = bytes(sealed) if username and sealed is not None else b""
    try:
        target, place, leave = door(*address, username, token, allow_plain, keys)
    except Unavailable as error:
        target = door(*address, "", b"", False, keys).target
        return Claim(camera_id, target, until, str(error.message), due_at=due_at), None
    steps = LADDER
    if onvif_port is not None:
        steps = steps_due(clock_asked_at, device_asked_at, now)
        if offset_s:
            target = replace(target, clock_offset_s=offset_s)
    claim = Claim(camera_id, target, until, "", steps, leave, interval_s or usual, is_down, due_at)
    if place is None or target.login is None:
        return claim, None
    return claim, Ask(place, target.login, refused, refused_at, onvif=onvif_device in steps)


@lru_cache(maxsize=MOST_DOORS)
def door(
    site_id: int,
    host: str,
    port: int,
    path: str,
    tls: bool,
    onvif_port: int | None,
    username: str,
    token: bytes,
    allow_plain: bool,
    _keys: str,
) -> Door:
    """What these columns come to.  To open a password and to find its book costs as much as asking
    the camera: so the process remembers it.

    The passwords lie in its memory anyway while they are sent; they are never written anywhere.
    _keys: those that open passwords now; with others nothing is remembered.

    Raises:
        Unavailable: no present key opens the password; that is not remembered.
    """
    address = Target(host, port, path, tls=tls, onvif_port=onvif_port)
    if not token:
        return Door(address, None, None)
    login = Login(
        username, opened(token), allow_plain=allow_plain, believed=True, may_try_onvif=False
    )
    place = place_of(site_id, host, login)
    return Door(replace(address, login=login), place, Leave(place, proven=True))


def permitted(claims: Sequence[tuple[Claim, Ask | None]], now: datetime) -> list[Claim]:
    """The claims with what their logins may do."""
    proven = proven_places({ask.place for _, ask in claims if ask})
    doubtful = [ask for _, ask in claims if ask and not is_free(ask, proven)]
    given = iter(permit(doubtful, now))
    done = []
    for claim, ask in claims:
        if ask is None or is_free(ask, proven):
            done.append(claim)
            continue
        login, leave = next(given)
        done.append(replace(claim, target=replace(claim.target, login=login), leave=leave))
    return done


def is_free(ask: Ask, proven: set[Place]) -> bool:
    """Whether the login may be sent without a further look: nearly always."""
    return ask.place in proven and not ask.refused and not ask.onvif


def renew(held: Claim, *, poller: str, lease: timedelta, now: datetime) -> Claim | None:
    """The claim with a lease from now on; None where somebody else has taken the camera since."""
    rows = CameraState.objects.filter(
        camera=held.camera_id, leased_by=poller, lease_until=held.until
    )
    until = now + lease
    return replace(held, until=until) if rows.update(lease_until=until) else None


def hand_back(*, poller: str) -> int:
    """Give up all leases of a poller that stops; its cameras are due for the others at once."""
    return CameraState.objects.filter(leased_by=poller).update(leased_by="", lease_until=None)
