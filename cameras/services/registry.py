"""The registry: which cameras there are, and how to log in to them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.models import Camera, CameraState, Credential, Owner, Site, Team, Upstream
from cameras.services.logins import empty_books
from gis_server.errors import Invalid, NotFound
from gis_server.vault import seal
from grids.queries import grid_at


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpstream:
    """A recorder or switch; `kind` is one of `Upstream.Kind`."""

    kind: str
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCamera:
    """A camera to be entered.  `point` in WGS84; `scope_code` for one that lies in no grid;
    `credential` is the name of a group of logins, in place of a login of its own; `site` that of a
    site, the main one if empty.
    """

    code: str
    name: str
    point: Point
    owner: str
    team: str
    host: str
    port: int = 554
    path: str = "/"
    username: str = ""
    password: str = field(default="", repr=False)
    allow_plain_login: bool = False
    address_text: str = ""
    team_phone: str = ""
    upstream: NewUpstream | None = None
    priority: str = Camera.Priority.ORDINARY
    interval_s: int | None = None
    has_video: bool = True
    scope_code: str = ""
    credential: str = ""
    pole: str = ""
    direction_deg: int | None = None
    view_angle_deg: int | None = None
    gb_id: str | None = None
    onvif_port: int | None = None
    tls: bool = False
    snapshot_path: str = ""
    site: str = ""


@transaction.atomic
def register_all(cameras: Iterable[NewCamera], *, now: datetime) -> int:
    """Enter the cameras whose code is not in the registry yet; the others stay as they are.

    Returns how many were entered; each is asked at once.

    Raises:
        Invalid: a camera lies in no grid and says no territory, its login has a line break, or
            there is no group of logins or site of that name.
    """
    known = set(Camera.objects.values_list("code", flat=True))
    new = {camera.code: camera for camera in cameras if camera.code not in known}
    entered = Camera.objects.bulk_create([camera_row(camera, now) for camera in new.values()])
    CameraState.objects.bulk_create(
        [CameraState(camera=camera, since=now, due_at=now) for camera in entered]
    )
    return len(entered)


def camera_row(new: NewCamera, now: datetime) -> Camera:
    """The row of a new camera, not saved yet; owner, team and upstream are found or made."""
    grid = grid_at(new.point, timezone.localdate(now))
    scope_code = grid.code if grid else new.scope_code
    if not scope_code:
        raise Invalid(_("%(code)s lies in no grid: say its territory.") % {"code": new.code})
    team, _made = Team.objects.get_or_create(name=new.team, defaults={"phone": new.team_phone})
    return Camera(
        code=new.code,
        name=new.name,
        point=new.point,
        address_text=new.address_text,
        grid=grid,
        scope_code=scope_code,
        host=new.host,
        port=new.port,
        path=new.path,
        username=new.username,
        sealed_password=sealed(new.username, new.password),
        allow_plain_login=new.allow_plain_login,
        priority=new.priority,
        owner=Owner.objects.get_or_create(name=new.owner)[0],
        team=team,
        upstream=upstream_row(new.upstream) if new.upstream else None,
        interval_s=new.interval_s,
        has_video=new.has_video,
        credential=credential_named(new.credential),
        pole=new.pole,
        direction_deg=new.direction_deg,
        view_angle_deg=new.view_angle_deg,
        gb_id=new.gb_id,
        onvif_port=new.onvif_port,
        tls=new.tls,
        snapshot_path=new.snapshot_path,
        **({"site": site_named(new.site)} if new.site else {}),
    )


def site_named(name: str) -> Site:
    """
    Raises:
        Invalid: there is no such site.
    """
    found = Site.objects.filter(name=name).first()
    if found is None:
        raise Invalid(_("There is no site %(name)s.") % {"name": name})
    return found


def credential_named(name: str) -> Credential | None:
    """The group of logins of that name; none for an empty one.

    Raises:
        Invalid: there is no such group.
    """
    if not name:
        return None
    found = Credential.objects.filter(name=name).first()
    if found is None:
        raise Invalid(_("There is no group of logins called “%(name)s”.") % {"name": name})
    return found


def upstream_row(new: NewUpstream) -> Upstream:
    return Upstream.objects.get_or_create(
        name=new.name, defaults={"kind": new.kind, "address": new.address}
    )[0]


def sealed(username: str, password: str) -> bytes | None:
    """The password as it is stored; None without a user name.

    Raises:
        Invalid: a line break, which no device could be sent.
    """
    if any(mark in username + password for mark in "\r\n\0"):
        raise Invalid(_("A user name or password cannot have a line break in it."))
    return seal(password) if username else None


@transaction.atomic
def set_login(*, camera_id: int, username: str, password: str, now: datetime) -> None:
    """Store another login (an empty user name: none), and have the camera asked with it at once.

    A poller that is asking with the old login loses its lease, so its verdict is not written.

    Raises:
        NotFound: no such camera.
        Invalid: a line break in it.
    """
    changed = Camera.objects.filter(id=camera_id).update(
        username=username, sealed_password=sealed(username, password), credential=None
    )
    if changed != 1:
        raise NotFound(_("There is no such camera in your area."))
    ask_anew([camera_id], now=now, new_login=True)


def ask_anew(camera_ids: Iterable[int], *, now: datetime, new_login: bool = False) -> None:
    """Have cameras asked at once, in the caller's transaction: what is asked has changed.

    Who is asking now loses the lease, so that a verdict on what was there before is not written.
    What the device said of its clock and what its pictures showed is forgotten: it may be another
    device, and is asked at once.
    Rows are locked in the order of their ids, as the sweep does.

    new_login: refusals no longer count, neither those of the cameras nor those of their devices.
    """
    rows = CameraState.objects.filter(camera_id__in=list(camera_ids))
    held = list(rows.order_by("camera_id").select_for_update().values_list("camera_id", flat=True))
    forgotten = {"failed_logins": 0, "failed_login_at": None} if new_login else {}
    CameraState.objects.filter(camera_id__in=held).update(
        due_at=now,
        leased_by="",
        lease_until=None,
        clock_asked_at=None,
        device_asked_at=None,
        clock_offset_s=None,
        clock_fault="",
        picture_fault="",
        picture_detail="",
        **forgotten,
    )
    if new_login:
        empty_books(held)
