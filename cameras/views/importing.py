"""Entering a table of cameras: a dry run with what is wrong in which row, then all or nothing.

The file is the body of the request, read only after the permission was checked, and kept nowhere:
it holds passwords.  Whoever enters it sends it again, with the digest of what was checked.
"""

import hashlib
import io
from typing import Any

import openpyxl
from django.http import FileResponse, HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cameras import services
from cameras.roster import COLUMNS, MAX_BYTES, NEEDED, Roster, read_roster
from cameras.views.shared import page
from gis_server.edge import allow, json_ok, parse_choice, user_of
from gis_server.errors import Conflict, Invalid
from gis_server.frames import Frame
from gis_server.roles import Permission
from gis_server.throttle import Pace
from grids.forms import FRAMES

MOST_ROWS = 2_000
"""Each may cost a few statements: more would keep a browser waiting for a minute."""
MOST_FAULTS = 200
TEMPLATE = "摄像机登记表.xlsx"
EXAMPLE = {
    "code": "14010700001320000001", "name": "东门", "lon": "112.579012", "lat": "37.876543",
    "host": "10.20.0.9", "port": "554", "path": "/Streaming/Channels/101", "owner": "水务局",
    "team": "运维一班", "team_phone": "8101", "class": "重点公共区域", "upstream_kind": "交换机",
    "upstream": "一号交换机", "pole": "P-17", "direction": "90", "view_angle": "75",
    "gb_id": "14010700001320000001", "tls": "否",
}  # fmt: skip


@allow(Permission.MANAGE_CAMERAS)
@require_safe
def import_page(request: HttpRequest) -> HttpResponseBase:
    """The page alone; its script sends the file."""
    columns = [(words[0], name in NEEDED) for name, words in COLUMNS.items()]
    context = {"columns": columns, "frames": FRAMES, "limit_bytes": MAX_BYTES, "most": MOST_ROWS}
    return page(request, "cameras/import.html", context)


@allow(Permission.MANAGE_CAMERAS)
@require_safe
def template(request: HttpRequest) -> HttpResponseBase:
    """A workbook with the columns and one row that shows what is meant."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([words[0] for words in COLUMNS.values()])
    sheet.append([EXAMPLE.get(name, "") for name in COLUMNS])
    for cells in sheet.columns:
        # As text: a spreadsheet keeps 15 digits of a number, and a code has 20.
        cells[1].number_format = "@"
        sheet.column_dimensions[cells[0].column_letter].width = 18
    content = io.BytesIO()
    book.save(content)
    content.seek(0)
    return FileResponse(content, as_attachment=True, filename=TEMPLATE)


@allow(Permission.MANAGE_CAMERAS, Pace.IMPORTS)
@require_POST
def import_cameras(request: HttpRequest) -> JsonResponse:
    """Check the table in the body; with `checked`, the digest of a checked one, enter it.

    Raises:
        Invalid: no table, too large, or too many rows.
        Conflict: it is not the table that was checked.
    """
    frame = Frame(parse_choice(request, "frame", [name for name, _label in FRAMES]) or "wgs84")
    content = body_of(request)
    digest, checked = hashlib.sha256(content).hexdigest(), request.GET.get("checked", "")
    if checked and checked != digest:
        raise Conflict(_("The file has changed since it was checked: have it checked again."))
    roster = read_roster(content, frame)
    if len(roster.entries) + len(roster.faults) > MOST_ROWS:
        rule = _("The file has more than %(most)d rows: split it, or let the administrator do it.")
        raise Invalid(rule % {"most": MOST_ROWS})
    dry_run = not checked or bool(roster.faults)
    entered = services.enter_roster(
        by=user_of(request), entries=roster.entries, now=timezone.now(), dry_run=dry_run
    )
    return json_ok(told(entered, roster, digest, dry_run=dry_run))


def told(
    entered: services.Entered, roster: Roster, digest: str, *, dry_run: bool
) -> dict[str, Any]:
    faults = sorted([*roster.faults, *entered.faults], key=lambda fault: fault.line)
    return {
        "done": not (dry_run or faults),
        "digest": digest,
        "new": entered.new,
        "changed": entered.changed,
        "same": entered.same,
        "fault_count": len(faults),
        "faults": [{"line": one.line, "sentence": one.sentence} for one in faults[:MOST_FAULTS]],
    }


def body_of(request: HttpRequest) -> bytes:
    """The file; a form, which Django would have stored before anybody is asked, is none.

    Raises:
        Invalid: empty, or larger than `MAX_BYTES`.
    """
    content = request.read(MAX_BYTES + 1)
    if not content:
        raise Invalid(_("Choose a file that is not empty."))
    if len(content) > MAX_BYTES:
        raise Invalid(_("The file is larger than 10 MB: split it."))
    return bytes(content)
