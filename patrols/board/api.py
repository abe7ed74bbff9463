"""The roster for the board's own script and for other programs."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gis_server.edge import (
    EARLIEST_DAY,
    LATEST_DAY,
    allow,
    json_ok,
    parse_choice,
    parse_day,
    parse_page,
    parse_text,
    user_of,
)
from gis_server.errors import Invalid
from gis_server.json_body import json_body, text_of
from gis_server.models import LONGEST_CODE, User
from gis_server.openapi.marks import answers, asks, paged, sends
from gis_server.openapi.schemas import DAY, NUMBER, nullable, record, text, words, written
from gis_server.roles import Permission
from patrols.board import queries
from patrols.board.filters import LONGEST_WORD, area_of
from patrols.board.rights import duties_seen, duty_for, must_plan
from patrols.board.services import duties as verbs
from patrols.board.services.duties import Terms
from patrols.board.services.places import MAX_REASON, Place
from patrols.board.shown import duty_shown
from patrols.board.views.shared import whole
from patrols.control import ControlLevel
from patrols.models import Duty, Force, Member
from patrols.models.posts import MAX_TASK

MAX_BODY = 16 * 1024
MOST_DAYS = 62
LONGEST_MARK = 40
DOINGS = ("move", "withdraw", "change", "absent", "came")
CODE = text(LONGEST_CODE, pattern="^[0-9]*$")
SEEN = nullable(written(LONGEST_MARK))
REASON = nullable(written(MAX_REASON))
PLACE = {"post": NUMBER, "shift": NUMBER, "day": DAY}
TERMS = {
    "task": nullable(written(MAX_TASK)),
    "lowest": nullable(words(ControlLevel)),
    "highest": nullable(words(ControlLevel)),
    "stands_in_for": nullable(NUMBER),
}


@allow(Permission.SEE_PATROLS)
@require_http_methods(["GET", "HEAD", "POST"])
@asks(paged(), {"from": DAY, "to": DAY}, division=CODE)
@sends(record(PLACE, **TERMS, seen=SEEN, reason=REASON, member=NUMBER))
@answers(201)
def duties(request: HttpRequest) -> JsonResponse:
    """The duties of days; or, posted, somebody is put on duty.

    Raises: NotAllowed, NotFound, Invalid, Conflict: see `verbs.assign`.
    """
    if request.method == "POST":
        return assign(request)
    user, piece = user_of(request), parse_page(request)
    today = timezone.localdate(timezone.now())
    first = parse_day(request, "from") or today
    last = parse_day(request, "to") or first
    if not first <= last <= first + timedelta(days=MOST_DAYS):
        raise Invalid(_("From a day to at most %(most)d days later.") % {"most": MOST_DAYS})
    rows = duties_seen(user).filter(day__range=(first, last))
    if area := area_of(parse_text(request, "division", LONGEST_CODE)):
        rows = rows.filter(post__scope_code__startswith=area)
    ordered = rows.select_related("post", "shift", "member").order_by("day", "id")
    found = ordered[piece.offset : piece.offset + piece.limit]
    return json_ok({"total": rows.count(), "items": [duty_shown(one) for one in found]})


def assign(request: HttpRequest) -> JsonResponse:
    user, told = user_of(request), json_body(request, MAX_BODY)
    row = verbs.assign(
        by=user,
        place=place_of(told),
        member=number_of(told, "member"),
        terms=terms_of(told),
        seen=text_of(told, "seen", LONGEST_MARK) or None,
        reason=text_of(told, "reason", MAX_REASON),
        now=timezone.now(),
    )
    return json_ok(duty_shown(row), status=201)


@allow(Permission.PLAN_DUTIES)
@require_POST
@sends(
    record(
        {"do": words(DOINGS)},
        **PLACE,
        **TERMS,
        reason=REASON,
        seen={"anyOf": [SEEN, record({}, **TERMS)]},
    )
)
def duty(request: HttpRequest, duty_id: int) -> JsonResponse:
    """Do something with a duty: `do` is move, withdraw, change, absent or came.

    Raises: NotAllowed, NotFound, Invalid, Conflict: see the verbs.
    """
    user, told, now = user_of(request), json_body(request, MAX_BODY), timezone.now()
    reason = text_of(told, "reason", MAX_REASON)
    do = text_of(told, "do", LONGEST_WORD)
    if do == "move":
        seen = text_of(told, "seen", LONGEST_MARK) or None
        to = place_of(told)
        row = verbs.move(by=user, duty=duty_id, to=to, seen=seen, reason=reason, now=now)
    elif do == "withdraw":
        row = verbs.withdraw(by=user, duty=duty_id, reason=reason, now=now)
    elif do == "change":
        row = change(user, duty_id, told, reason, now)
    elif do in {"absent", "came"}:
        row = verbs.mark_absent(by=user, duty=duty_id, is_absent=do == "absent", now=now)
    else:
        raise Invalid(_("do must be one of move, withdraw, change, absent, came."))
    return json_ok(duty_shown(duty_for(user, row.pk)))


def change(user: User, duty_id: int, told: Mapping[str, Any], reason: str, now: datetime) -> Duty:
    """seen: task, lowest and highest as the sender saw them."""
    seen = told.get("seen")
    if not isinstance(seen, dict):
        raise Invalid(_("seen must hold task, lowest and highest as they were."))
    return verbs.change(
        by=user, duty=duty_id, seen=terms_of(seen), wanted=terms_of(told), reason=reason, now=now
    )


@allow(Permission.PLAN_DUTIES)
@require_GET
@asks(paged(), q=written(LONGEST_WORD), force=words(Force.values), division=CODE)
def people(request: HttpRequest) -> JsonResponse:
    """People in service whom the planner may put on duty, by name."""
    user, piece = user_of(request), parse_page(request)
    must_plan(user)
    words = parse_text(request, "q", LONGEST_WORD)
    force = parse_choice(request, "force", Force.values)
    area = area_of(parse_text(request, "division", LONGEST_CODE))
    rows = queries.people(user, words, force, area).filter(is_active=True)
    found = rows[piece.offset : piece.offset + piece.limit]
    return json_ok({"total": rows.count(), "items": [person_shown(one) for one in found]})


def person_shown(one: Member) -> dict[str, Any]:
    return {
        "id": one.pk,
        "number": one.number,
        "name": one.name,
        "force": one.force,
        "force_name": one.get_force_display(),
        "means": one.means,
    }


def number_of(told: Mapping[str, Any], name: str) -> int:
    """Raises Invalid."""
    value = told.get(name)
    if isinstance(value, bool):
        value = None
    return whole(value)


def place_of(told: Mapping[str, Any]) -> Place:
    """Raises Invalid."""
    return Place(number_of(told, "post"), number_of(told, "shift"), day_of(told))


def day_of(told: Mapping[str, Any]) -> date:
    text = text_of(told, "day", 10)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise Invalid(_("%(text)s is no date. Write it like 2026-03-31.") % {"text": text})
    return day


def terms_of(told: Mapping[str, Any]) -> Terms:
    """Raises Invalid."""
    levels = {
        name: text_of(told, name, LONGEST_WORD) or usual.value
        for name, usual in (("lowest", ControlLevel.USUAL), ("highest", ControlLevel.ONE))
    }
    known = [one.value for one in ControlLevel]
    for name, value in levels.items():
        if value not in known:
            rule = _("%(name)s must be one of %(choices)s.")
            raise Invalid(rule % {"name": name, "choices": ", ".join(known)})
    replaced = told.get("stands_in_for")
    return Terms(
        text_of(told, "task", MAX_TASK),
        ControlLevel(levels["lowest"]),
        ControlLevel(levels["highest"]),
        None if replaced is None else number_of(told, "stands_in_for"),
    )
