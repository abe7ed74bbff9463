"""Tables that are sent: rosters and people.  Checked first; entered as a whole or not at all.

The file is the body of the request, read only after the permission was checked, and is kept
nowhere: whoever enters it sends it again, with the digest of what was checked.
"""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_server.edge import allow, json_ok, parse_text, user_of
from gis_server.errors import Conflict
from gis_server.roles import Permission
from gis_server.throttle import Pace
from patrols.board import members_table, roster_table
from patrols.board.roster_table import Entry
from patrols.board.services import importing, members
from patrols.board.services.importing import Outcome
from patrols.board.services.members import Entered
from patrols.board.tables import MAX_BYTES, Column, Fault, body_of, faults_shown, read
from patrols.board.views.shared import page
from patrols.models import Duty

DIGEST = 64
MOST_TOLD = 200


@allow(Permission.PLAN_DUTIES)
@require_safe
def roster_import(request: HttpRequest) -> HttpResponseBase:
    context = {
        "what": "roster",
        "columns": columns_shown(roster_table.COLUMNS),
        "most": roster_table.MOST_ROWS,
        "limit": MAX_BYTES,
        "send": reverse("send-roster"),
        "back": reverse("roster"),
    }
    return page(request, "import.html", context)


@allow(Permission.PLAN_DUTIES)
@require_safe
def members_import(request: HttpRequest) -> HttpResponseBase:
    context = {
        "what": "members",
        "columns": columns_shown(members_table.COLUMNS),
        "most": members_table.MOST_ROWS,
        "limit": MAX_BYTES,
        "send": reverse("send-members"),
        "back": reverse("patrol-members"),
    }
    return page(request, "import.html", context)


def columns_shown(columns: dict[str, Column]) -> list[tuple[str, bool]]:
    return [(str(one.head), one.is_needed) for one in columns.values()]


@allow(Permission.PLAN_DUTIES, Pace.IMPORTS)
@require_POST
def send_roster(request: HttpRequest) -> JsonResponse:
    """Check the table in the body; with `checked`, the digest of its check, enter it.

    Raises: Invalid, Conflict: see `importing.enter`.
    """
    user, now, content = user_of(request), timezone.now(), body_of(request)
    checked = parse_text(request, "checked", DIGEST)
    if checked:
        outcome = importing.enter(by=user, content=content, checked=checked, now=now)
    else:
        outcome = importing.check(by=user, content=content, now=now)
    return json_ok(outcome_shown(outcome, content, done=bool(checked) and not outcome.faults))


def outcome_shown(outcome: Outcome, content: bytes, *, done: bool) -> dict[str, Any]:
    changes = [
        *(
            {"line": one.line, "sentence": _("New: %(duty)s") % {"duty": entry_words(one)}}
            for one in outcome.new
        ),
        *(
            {"line": one.line, "sentence": _("Changed: %(duty)s") % {"duty": entry_words(one)}}
            for one, _before in outcome.changed
        ),
        *(
            {"line": None, "sentence": _("Withdrawn: %(duty)s") % {"duty": duty_words(one)}}
            for one in outcome.gone
        ),
    ]
    return {
        "done": done,
        "digest": outcome.digest(content),
        "new": len(outcome.new),
        "changed": len(outcome.changed),
        "gone": len(outcome.gone),
        "same": outcome.same,
        "changes": changes[:MOST_TOLD],
        "warnings": [
            {"line": line, "sentence": said} for line, said in outcome.clashes[:MOST_TOLD]
        ],
    } | faults_shown(outcome.faults)


def entry_words(one: Entry) -> str:
    day = date_format(one.day, "m-d")
    return f"{day} {one.post.name} {one.shift.name} {one.member.name} {one.member.number}"


def duty_words(one: Duty) -> str:
    day = date_format(one.day, "m-d")
    return f"{day} {one.post.name} {one.shift.name} {one.member.name} {one.member.number}"


@allow(Permission.PLAN_DUTIES, Pace.IMPORTS)
@require_POST
def send_members(request: HttpRequest) -> JsonResponse:
    """Check the people in the body; with `checked`, the digest of the file, enter them.

    Raises: Invalid: no table, or too large.  Conflict: it is not the file that was checked.
    """
    user, content = user_of(request), body_of(request)
    digest, checked = hashlib.sha256(content).hexdigest(), parse_text(request, "checked", DIGEST)
    if checked and checked != digest:
        raise Conflict(_("The file has changed since it was checked: have it checked again."))
    table = read(content, members_table.COLUMNS, members_table.MOST_ROWS)
    reader = members_table.Reader(table.lines)
    people = reader.people()
    faults = [*table.faults, *reader.faults]
    dry_run = not checked or bool(faults)
    entered = members.enter(by=user, wanted=[one for _line, one in people], dry_run=dry_run)
    lines = [line for line, _one in people]
    faults += [Fault(lines[place], "", said) for place, said in entered.faults.items()]
    return json_ok(entered_shown(entered, faults, digest, done=not dry_run and not faults))


def entered_shown(
    entered: Entered, faults: list[Fault], digest: str, *, done: bool
) -> dict[str, Any]:
    return {
        "done": done,
        "digest": digest,
        "new": entered.new,
        "changed": entered.changed,
        "gone": 0,
        "same": entered.same,
        "changes": [],
        "warnings": [],
    } | faults_shown(faults)
