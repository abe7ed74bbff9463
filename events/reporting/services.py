"""Taking a report in: once for each client id, at the place and time that it was seen.

The sender may repeat itself as often as it likes (a phone that was killed while it sent, two pages
that empty one queue): the database has one row for a sender and a client id, and whoever comes
second gets that row.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Category, Event, EventPhoto
from events.queries import entries_in_use
from events.reporting import checks, photos
from events.reporting.errors import Asked, PhotosMissing
from events.reporting.placing import Home, Homes, homes_of
from events.reporting.sent import Draft
from events.reporting.texts import DIRECTIONS
from events.services.copies import copy_below
from events.services.deadlines import columns, dues_at
from events.services.steps import change_of, step_of
from events.workflow import COPIES, ROUTES, Action, Severity
from gis_server import live
from gis_server.errors import Invalid
from gis_server.frames import BadCoordinatesError, to_wgs84
from gis_server.models import User
from gis_server.roles import in_scope

DECIMALS = 7  # of a degree: a centimetre


@dataclass(frozen=True, slots=True)
class Taken:
    """The event of a report.

    is_new: this report made it; otherwise an earlier one with the same id.  differs: that earlier
    one said something else, which stays.
    """

    event: Event
    is_new: bool
    differs: bool = False


def report(*, by: User, draft: Draft, now: datetime) -> Event:
    """The event of the report, made now or before.  Raises: see `take`."""
    return take(by=by, draft=draft, now=now).event


def take(*, by: User, draft: Draft, now: datetime) -> Taken:
    """Make an event of a report, once for each client id of its sender.

    Raises:
        Invalid: the position or the catalogue entry cannot be taken, or it asks for a photo.
        Asked: the reporter is to say something about the position first.
        PhotosMissing: photos are to be sent (again) first.
    """
    try:
        return Taken(enter(by, draft, now), is_new=True)
    except (IntegrityError, Invalid):
        # Asked last, for it is seldom so: an earlier report with this id holds whatever this one
        # says by now, and the second of two at once waits for the first at the row's insertion.
        known = earlier(by, draft)
        if known is None:
            raise
        return known


def enter(by: User, draft: Draft, now: datetime) -> Event:
    """Raises: see `take`; IntegrityError: there is one with this id."""
    category = entry(draft.category)
    photos.check_asked_for(category, draft)
    seen = checks.believed(draft.seen_at, draft.sent_at, now)
    point = point_of(draft)
    homes = homes_of(point, timezone.localdate(seen.at))
    ask(by, draft, point, homes)
    if homes is None:
        raise outside_of_all()
    return insert(by, draft, category, point, homes, seen, now)


def earlier(by: User, draft: Draft) -> Taken | None:
    """What an earlier report of this sender with the same id has made.  Two queries."""
    rows = Event.objects.filter(reporter=by, client_id=draft.client_id)
    event = rows.select_related("category").first()
    if event is None:
        return None
    said = (event.category.code, event.text, event.address)
    same = said == (draft.category, draft.text, draft.address) and is_at(event, draft)
    return Taken(event, is_new=False, differs=not (same and has_photos(event, draft.photos)))


def is_at(event: Event, draft: Draft) -> bool:
    try:
        return bool(point_of(draft) == event.point)
    except Invalid:
        return False


def has_photos(event: Event, client_ids: Iterable[uuid.UUID]) -> bool:
    own = EventPhoto.objects.filter(event=event, step_id=None)
    return set(own.values_list("client_id", flat=True)) == set(client_ids)


def entry(code: str) -> Category:
    """The catalogue entry with a code.  Raises Invalid."""
    found = entries_in_use().filter(code=code).first()
    if found is None:
        raise Invalid(_("This entry of the catalogue is not used (any more): choose another one."))
    return found


def point_of(draft: Draft) -> Point:
    """Where it is, in WGS84.  Raises Invalid."""
    if checks.is_nowhere(draft.lon, draft.lat):
        message = _("The position is 0,0: the phone does not know where it is. Show it on the map.")
        raise Invalid(message)
    try:
        x, y = to_wgs84([draft.lon], [draft.lat], draft.frame)
    except BadCoordinatesError:
        raise Invalid(_("This position is no longitude and latitude.")) from None
    return Point(round(float(x[0]), DECIMALS), round(float(y[0]), DECIMALS), srid=4326)


def ask(by: User, draft: Draft, point: Point, homes: Homes | None) -> None:
    """Raises Asked, where only the reporter can know whether the position is right."""
    if homes is not None and in_scope(by, homes.now.code):
        return
    questions = []
    if not draft.position_checked:
        questions += [shifted(one, home) for one, home in shifts(by, point)]
    if homes is not None and not draft.outside_reason:
        questions.append({"kind": "outside", "grid": homes.now.name, "code": homes.now.code})
    if questions and (homes is not None or questions[0]["kind"] == "frame"):
        raise Asked(sentence_of(questions), questions)


def shifts(by: User, point: Point) -> Iterable[tuple[checks.Instead, Home]]:
    """Where in the reporter's own area the position may be meant, if a map service shifted it."""
    for one in checks.instead(point.x, point.y):
        there = homes_of(Point(one.lon, one.lat, srid=4326), timezone.localdate())
        if there is not None and in_scope(by, there.now.code):
            yield one, there.now


def shifted(one: checks.Instead, home: Home) -> dict[str, Any]:
    return {
        "kind": "frame",
        "frame": one.frame.value,
        "lon": round(one.lon, DECIMALS),
        "lat": round(one.lat, DECIMALS),
        "distance_m": rounded(one.distance_m),
        "direction": str(DIRECTIONS[one.direction]),
        "grid": home.name,
    }


def rounded(distance_m: float) -> int:
    """To tens: the shift itself is known no better."""
    return round(distance_m / 10) * 10


def sentence_of(questions: list[dict[str, Any]]) -> str:
    first = questions[0]
    if first["kind"] == "frame":
        rule = _(
            "The position lies outside your area. Is it about %(distance)d m off, and the place "
            "really to the %(direction)s, in %(grid)s?"
        )
        return rule % {
            "distance": first["distance_m"],
            "direction": first["direction"],
            "grid": first["grid"],
        }
    rule = _("The place lies in %(grid)s, outside your area. Say why you report it.")
    return rule % {"grid": first["grid"]}


def outside_of_all() -> Invalid:
    return Invalid(
        _("The position lies outside the territory that is known here: show the place on the map.")
    )


@transaction.atomic
def insert(
    by: User,
    draft: Draft,
    category: Category,
    point: Point,
    homes: Homes,
    seen: checks.Seen,
    now: datetime,
) -> Event:
    """The event, its photos, its first step, its copies, and the change for browsers."""
    event_id, step_id = next_ids()
    severity = Severity(draft.severity or category.severity)
    level = ROUTES[severity]
    event = Event.objects.create(
        id=event_id,
        number=number_of(event_id, now),
        client_id=draft.client_id,
        kind=category.kind,
        category=category,
        severity=severity.value,
        source=draft.source,
        level=level.value,
        text=draft.text,
        address=draft.address,
        point=point,
        accuracy_m=draft.accuracy_m,
        grid_id=homes.now.grid_id,
        scope_code=homes.now.code,
        grid_then_id=homes.then.grid_id,
        grid_then_code=homes.then.code,
        grid_then_name=homes.then.name,
        outside_reason=draft.outside_reason,
        reporter=by,
        reporter_name=by.get_full_name(),
        camera_id=draft.camera_id,
        reported_at=seen.at,
        received_at=now,
        last_step_id=step_id,
        **columns(dues_at(category, severity, level, now)),
    )
    photo_ids = use_photos(by, event, draft.photos)
    note_first_step(event, step_id, by, photo_ids, seen, draft, now)
    if severity in COPIES:
        copy_below(event, now)
    live.record(change_of(event, Action.REPORT))
    return event


def next_ids() -> tuple[int, int]:
    """The numbers of an event and its first step, before either is stored: one row each, then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('events_event', 'id')),"
            " nextval(pg_get_serial_sequence('events_eventstep', 'id'))"
        )
        event_id, step_id = cursor.fetchone()
    return event_id, step_id


def number_of(event_id: int, now: datetime) -> str:
    """ "SJ20261126-0000123": the local day of receipt and the row's own number."""
    return f"SJ{timezone.localdate(now):%Y%m%d}-{event_id:07d}"


def use_photos(by: User, event: Event, client_ids: Iterable[uuid.UUID]) -> list[int]:
    """Give the event its photos; their ids in the order of the report.  Raises PhotosMissing."""
    wanted = list(client_ids)
    if not wanted:
        return []
    waiting = EventPhoto.objects.filter(by=by, client_id__in=wanted, event=None)
    found = dict(waiting.select_for_update().values_list("client_id", "id"))
    missing = [str(one) for one in wanted if one not in found]
    if missing:
        raise PhotosMissing(
            _("%(number)d photos are not on the server: send them first.")
            % {"number": len(missing)},
            missing,
        )
    EventPhoto.objects.filter(id__in=found.values()).update(event=event)
    return [found[one] for one in wanted]


def note_first_step(
    event: Event,
    step_id: int,
    by: User,
    photo_ids: list[int],
    seen: checks.Seen,
    draft: Draft,
    now: datetime,
) -> None:
    detail: dict[str, Any] = {}
    if seen.clock_off_s:
        detail["clock_off_s"] = seen.clock_off_s
    if seen.is_doubted and draft.seen_at:
        detail["said_at"] = draft.seen_at.isoformat()
    step = step_of(event, Action.REPORT, by=by, now=now, before=None, columns={})
    step.pk, step.photos, step.detail = step_id, photo_ids, detail
    step.save(force_insert=True)
