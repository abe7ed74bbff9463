"""Adding one camera by hand, and changing one: compare-and-set on its version, with an audit row
that says what was changed and never what a login is.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cameras.models import Camera, CameraState, Credential, Owner, Team
from cameras.services.registry import (
    NewCamera,
    NewUpstream,
    ask_anew,
    camera_row,
    sealed,
    site_named,
    upstream_row,
)
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.geo import WGS84
from gis_server.models import User
from gis_server.roles import in_scope, scope_q

# What an editor sets as it is; login, position, owner, team and upstream have their own ways.
PLAIN = (
    "name", "address_text", "host", "port", "path", "tls", "onvif_port", "snapshot_path", "gb_id",
    "priority", "pole", "direction_deg", "view_angle_deg", "interval_s", "enabled", "has_video",
    "make", "model", "firmware", "serial",
)  # fmt: skip
# What a device says of itself alone, never typed: set by a reading.
READ = ("profiles",)
# What the poller asks by: a change has the camera asked anew at once.
ASKED_BY = {"site", "host", "port", "path", "tls", "onvif_port", "interval_s", "enabled", "login"}
# Where the login is sent.
PLACE = {"host", "port", "tls", "onvif_port"}
RELATED = ("owner", "team", "upstream", "credential", "grid", "site", "state")
POINT_DECIMALS = 6  # about 0.1 m


class LoginKind(StrEnum):
    """What is to become of a camera's login."""

    KEEP = "keep"
    NONE = "none"
    GROUP = "group"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginWanted:
    """The login to store; `credential_id` for a group, name and password for one of its own."""

    kind: LoginKind = LoginKind.KEEP
    credential_id: int | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    allow_plain: bool = False


@transaction.atomic
def add_camera(*, by: User, new: NewCamera, login: LoginWanted, now: datetime) -> Camera:
    """Enter one camera; it is asked at once.

    Raises:
        Invalid: it lies in no grid and says no territory, or its login is incomplete.
        NotAllowed: it lies outside of the area of `by`.
        Conflict: its code or GB/T 28181 id is taken.
    """
    row = camera_row(new, now)
    for name, value in login_columns(login).items():
        setattr(row, name, value)
    _write(lambda: row.save(force_insert=True), row.gb_id)
    row.refresh_from_db()  # the database says in which grid it lies
    _check_area(by, row)
    CameraState.objects.create(camera=row, since=now, due_at=now)
    audit.note(by=by, action="camera.added", subject=row.code, scope=row.scope_code)
    return row


@transaction.atomic
def edit_camera(
    *,
    by: User,
    camera_id: int,
    version: int,
    values: dict[str, Any],
    login: LoginWanted,
    now: datetime,
) -> Camera:
    """Set what differs in `values` (see `state_of_camera`), if nobody has edited since `version`.

    Raises:
        NotFound: no such camera in the area of `by`.
        Conflict: somebody else was first, or the GB/T 28181 id is taken.
        Invalid: the login is incomplete, or would be sent to another address than it was given for.
        NotAllowed: it would lie outside of the area of `by`.
    """
    row = camera_for(by, camera_id, lock=True)
    if row.version != version:
        raise Conflict(_("Somebody else has changed this camera meanwhile. Load the page again."))
    before = state_of_camera(row)
    changed = {name: to for name, to in values.items() if before[name] != to}
    told: dict[str, Any] = {name: [before[name], to] for name, to in changed.items()}
    if "profiles" in changed:
        told["profiles"] = [len(one) for one in told["profiles"]]
    columns = _columns(changed)
    if login.kind is not LoginKind.KEEP:
        columns |= login_columns(login)
        told["login"] = login.kind.value
    elif changed.keys() & PLACE and row.username:
        # Whoever may move a camera must not send a password that they do not know to a place of
        # their choosing.
        raise Invalid(_("The address is another one: say the login anew, or choose a group."))
    if not told:
        return row
    rows = Camera.objects.filter(pk=row.pk, version=version)
    _write(lambda: rows.update(version=F("version") + 1, **columns), changed.get("gb_id"))
    row.refresh_from_db()
    _check_area(by, row)
    if told.keys() & ASKED_BY:
        ask_anew([row.pk], now=now, new_login="login" in told)
    audit.note(by=by, action="camera.changed", subject=row.code, scope=row.scope_code, detail=told)
    return row


def camera_for(by: User, camera_id: int, *, lock: bool = False) -> Camera:
    """The camera with what belongs to it.

    Raises:
        NotFound: no such camera, or none in the area of `by` (which must look the same).
    """
    rows = Camera.objects.filter(scope_q(by, "scope_code"), pk=camera_id)
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    row = rows.select_related(*RELATED).first()
    if row is None:
        raise NotFound(_("There is no such camera in your area."))
    return row


def state_of_camera(row: Camera) -> dict[str, Any]:
    """What an editor may change, as plain values: the same shape for `values` of `edit_camera`."""
    point = [round(row.point.x, POINT_DECIMALS), round(row.point.y, POINT_DECIMALS)]
    return {name: getattr(row, name) for name in (*PLAIN, *READ)} | {
        "point": point,
        "owner": row.owner.name,
        "team": row.team.name,
        "site": row.site.name,
        "upstream": [row.upstream.kind, row.upstream.name] if row.upstream else None,
    }


def _columns(changed: dict[str, Any]) -> dict[str, Any]:
    columns = {name: to for name, to in changed.items() if name in (*PLAIN, *READ)}
    if "point" in changed:
        columns["point"] = Point(changed["point"][0], changed["point"][1], srid=WGS84)
    if "owner" in changed:
        columns["owner"] = Owner.objects.get_or_create(name=changed["owner"])[0]
    if "team" in changed:
        columns["team"] = Team.objects.get_or_create(name=changed["team"])[0]
    if "site" in changed:
        columns["site"] = site_named(changed["site"])
    if "upstream" in changed:
        told = changed["upstream"]
        columns["upstream"] = (
            upstream_row(NewUpstream(kind=told[0], name=told[1])) if told else None
        )
    return columns


def login_columns(login: LoginWanted) -> dict[str, Any]:
    """What a camera's row holds of a login.

    Raises:
        Invalid: no such group, a name without a password, or a line break in either.
    """
    nothing = {"credential": None, "username": "", "sealed_password": None}
    if login.kind is LoginKind.GROUP:
        group = Credential.objects.filter(pk=login.credential_id or 0).first()
        if group is None:
            raise Invalid(_("There is no such group of logins (any more)."))
        return nothing | {"credential": group}
    if login.kind is not LoginKind.OWN:
        return nothing
    if not (login.username and login.password):
        raise Invalid(_("A login of its own needs a user name and a password."))
    return nothing | {
        "username": login.username,
        "sealed_password": sealed(login.username, login.password),
        "allow_plain_login": login.allow_plain,
    }


def _check_area(by: User, row: Camera) -> None:
    if not in_scope(by, row.scope_code):
        raise NotAllowed(_("This position lies outside of your area."))


def _write(work: Any, gb_id: str | None) -> None:
    try:
        with transaction.atomic():
            work()
    except IntegrityError as error:
        if "one_camera_per_gb_id" in str(error):
            message = _("Another camera has the GB/T 28181 id %(id)s.") % {"id": gb_id}
            raise Conflict(message) from None
        if "one_camera_per_code" in str(error):
            raise Conflict(_("There is a camera with this code already.")) from None
        raise
