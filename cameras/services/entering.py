"""Entering a whole table of cameras: new ones, changed ones, and those that are as they were.

All or nothing: what is counted was done in one transaction, which a dry run takes back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cameras.models import Camera, CameraState, Credential, Owner, Team, Upstream
from cameras.services.editing import ASKED_BY, POINT_DECIMALS, state_of_camera
from cameras.services.registry import NewCamera, ask_anew, sealed
from gis_server import audit
from gis_server.errors import Conflict, Invalid, Unavailable
from gis_server.models import User
from gis_server.roles import in_scope
from gis_server.vault import unseal

NOWHERE = "00"
"""Stands in a new row until the database has looked where it lies; no province begins like it."""
AT_ONCE = 1000
# Columns of a table, and the columns of a camera that they fill.
FILLS = {
    "name": "name", "host": "host", "port": "port", "path": "path", "address": "address_text",
    "class": "priority", "pole": "pole", "direction": "direction_deg",
    "view_angle": "view_angle_deg", "gb_id": "gb_id", "onvif_port": "onvif_port", "tls": "tls",
    "snapshot_path": "snapshot_path", "interval": "interval_s",
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What is wrong with the row that begins at `line` of the file (the first line is 1)."""

    line: int
    sentence: str


@dataclass(frozen=True)
class Entry:
    """One row in order; `given`: the columns in which it has something."""

    line: int
    camera: NewCamera
    given: frozenset[str]


@dataclass
class Entered:
    """What became of a table's rows; with faults, nothing of it was written."""

    new: int = 0
    changed: int = 0
    same: int = 0
    faults: list[Fault] = field(default_factory=list)


class _Undo(Exception):
    """Takes the transaction back."""


def enter_roster(*, by: User, entries: Sequence[Entry], now: datetime, dry_run: bool) -> Entered:
    """Enter the rows whose code is new and write what differs in the others.

    Of a camera that is known, only cells that hold something count: an empty one leaves what is
    there.  A dry run does the same and takes it back, so that it finds whatever would stand in the
    way.  Each new camera, and each that is reached differently, is asked at once.

    Raises:
        Conflict: somebody else has entered one of the cameras meanwhile.
    """
    entered, book = Entered(), _Book(by)
    try:
        with transaction.atomic():
            book.open(entries)
            _write(book, entered, now)
            if dry_run or entered.faults:
                transaction.set_rollback(True)
            else:
                ask_anew(book.moved, now=now)
                ask_anew(book.new_logins, now=now, new_login=True)
    except IntegrityError:
        message = _("Somebody else has entered cameras meanwhile. Have the file checked again.")
        raise Conflict(message) from None
    entered.faults.sort(key=lambda fault: fault.line)
    return entered


class _Book:
    """What the rows are held against: known cameras, and names with their rows."""

    def __init__(self, by: User) -> None:
        self.by = by
        self.moved: list[int] = []
        self.new_logins: list[int] = []

    def open(self, entries: Sequence[Entry]) -> None:
        """Look up everything that the rows name, and lock the cameras that are known."""
        self.entries = entries
        codes = [entry.camera.code for entry in entries]
        rows = Camera.objects.filter(code__in=codes).select_for_update(of=("self",)).order_by("id")
        related = rows.select_related("owner", "team", "upstream", "credential")
        self.known = {row.code: row for row in related}
        ids = [entry.camera.gb_id for entry in entries if entry.camera.gb_id]
        self.ids = dict(Camera.objects.filter(gb_id__in=ids).values_list("gb_id", "code"))
        self.groups = {row.name: row for row in Credential.objects.all()}
        cameras = [entry.camera for entry in entries]
        phones = {camera.team: camera.team_phone for camera in cameras}
        kinds = {one.upstream.name: one.upstream.kind for one in cameras if one.upstream}
        self.owners = _named(Owner, {camera.owner: {} for camera in cameras})
        self.teams = _named(Team, {name: {"phone": phone} for name, phone in phones.items()})
        self.upstreams = _named(Upstream, {name: {"kind": kind} for name, kind in kinds.items()})


def _named(model: Any, wanted: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The rows of these names, made where there are none."""
    there = {row.name: row for row in model.objects.filter(name__in=wanted)}
    missing = [model(name=name, **more) for name, more in wanted.items() if name not in there]
    return there | {row.name: row for row in model.objects.bulk_create(missing)}


def _write(book: _Book, entered: Entered, now: datetime) -> None:
    fresh: list[tuple[Entry, Camera]] = []
    for entry in book.entries:
        try:
            _check(book, entry)
            known = book.known.get(entry.camera.code)
            if known is None:
                fresh.append((entry, _row(book, entry.camera)))
            elif _change(book, known, entry):
                entered.changed += 1
            else:
                entered.same += 1
        except (Invalid, Unavailable) as error:
            entered.faults.append(Fault(entry.line, str(error.message)))
    _insert(book, fresh, entered, now)


def _check(book: _Book, entry: Entry) -> None:
    """
    Raises:
        Invalid: the row cannot be entered.
    """
    camera, known = entry.camera, book.known.get(entry.camera.code)
    if known is not None and not in_scope(book.by, known.scope_code):
        raise Invalid(_("this code belongs to a camera outside of your area"))
    if camera.gb_id and book.ids.get(camera.gb_id, camera.code) != camera.code:
        raise Invalid(_("another camera has this GB/T 28181 id"))
    if camera.credential and camera.credential not in book.groups:
        raise Invalid(_("there is no shared login of this name"))
    if camera.username and not camera.password:
        raise Invalid(_("the user name has no password beside it"))


def _row(book: _Book, new: NewCamera) -> Camera:
    row = Camera(code=new.code, point=new.point, scope_code=new.scope_code or NOWHERE)
    for name in FILLS.values():
        setattr(row, name, getattr(new, name))
    row.owner, row.team = book.owners[new.owner], book.teams[new.team]
    row.upstream = book.upstreams[new.upstream.name] if new.upstream else None
    row.credential = book.groups.get(new.credential)
    row.username, row.sealed_password = new.username, sealed(new.username, new.password)
    return row


def _insert(
    book: _Book, fresh: Sequence[tuple[Entry, Camera]], entered: Entered, now: datetime
) -> None:
    rows = Camera.objects.bulk_create([row for _entry, row in fresh], batch_size=AT_ONCE)
    CameraState.objects.bulk_create(
        [CameraState(camera=row, since=now, due_at=now) for row in rows], batch_size=AT_ONCE
    )
    lies = dict(
        Camera.objects.filter(pk__in=[row.pk for row in rows]).values_list("code", "scope_code")
    )
    for entry, row in fresh:
        fault = _misplaced(book.by, lies[row.code])
        if fault:
            entered.faults.append(Fault(entry.line, fault))
    entered.new = len(rows)
    if rows or entered.changed:
        counts = {"entered": entered.new, "changed": entered.changed}
        audit.note(
            by=book.by, action="cameras.imported", detail=counts, scope=_common(lies.values())
        )


def _misplaced(by: User, scope_code: str) -> str:
    if scope_code == NOWHERE:
        return _("it lies in no grid: say the code of its territory")
    return "" if in_scope(by, scope_code) else _("it lies outside of your area")


def _common(codes: Iterable[str]) -> str:
    """The longest beginning that all codes share: the territory of the whole."""
    low, high = min(codes, default=""), max(codes, default="")
    same = 0
    while same < min(len(low), len(high)) and low[same] == high[same]:
        same += 1
    return low[:same]


def _change(book: _Book, row: Camera, entry: Entry) -> bool:
    """Write what the row's cells say otherwise; whether anything differed.

    Raises:
        Invalid: its own login would go to another address.
    """
    before, told = state_of_camera(row), dict[str, Any]()
    for column, name in FILLS.items():
        if column in entry.given and before[name] != getattr(entry.camera, name):
            told[name] = getattr(entry.camera, name)
    columns = dict(told) | _related(book, row, entry, told) | _login(book, row, entry, told)
    point = [round(part, POINT_DECIMALS) for part in entry.camera.point.coords]
    if before["point"] != point:
        told["point"], columns["point"] = point, entry.camera.point
    if not told:
        return False
    if row.username and "login" not in told and told.keys() & {"host", "port", "tls", "onvif_port"}:
        raise Invalid(_("the address is another one: say its login anew"))
    Camera.objects.filter(pk=row.pk).update(version=F("version") + 1, **columns)
    if "point" in told:
        row.refresh_from_db(fields=["scope_code"])  # the database says where it lies now
        if fault := _misplaced(book.by, row.scope_code):
            raise Invalid(fault)
    if told.keys() & ASKED_BY:
        (book.new_logins if "login" in told else book.moved).append(row.pk)
    detail = {name: [before[name], to] if name != "login" else to for name, to in told.items()}
    audit.note(
        by=book.by, action="camera.changed", subject=row.code, scope=row.scope_code, detail=detail
    )
    return True


def _related(book: _Book, row: Camera, entry: Entry, told: dict[str, Any]) -> dict[str, Any]:
    camera, columns = entry.camera, dict[str, Any]()
    if "owner" in entry.given and camera.owner != row.owner.name:
        told["owner"], columns["owner"] = camera.owner, book.owners[camera.owner]
    if "team" in entry.given and camera.team != row.team.name:
        told["team"], columns["team"] = camera.team, book.teams[camera.team]
    if camera.upstream and (row.upstream is None or camera.upstream.name != row.upstream.name):
        columns["upstream"] = book.upstreams[camera.upstream.name]
        told["upstream"] = [camera.upstream.kind, camera.upstream.name]
    return columns


def _login(book: _Book, row: Camera, entry: Entry, told: dict[str, Any]) -> dict[str, Any]:
    camera = entry.camera
    if camera.credential:
        group = book.groups[camera.credential]
        if row.credential_id == group.pk:
            return {}
        told["login"] = "group"
        return {"credential": group, "username": "", "sealed_password": None}
    if not camera.username or _is_the_same(row, camera):
        return {}
    told["login"] = "own"
    token = sealed(camera.username, camera.password)
    return {"credential": None, "username": camera.username, "sealed_password": token}


def _is_the_same(row: Camera, camera: NewCamera) -> bool:
    if row.username != camera.username or row.sealed_password is None:
        return False
    try:
        return unseal(bytes(row.sealed_password)) == camera.password
    except Unavailable:
        return False
