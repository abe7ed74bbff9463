"""Reports that were found good, into the database: events, first steps, photos, copies, changes.

However many there are, each table is written once.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import ngettext

from events.deadlines import Case, Dues
from events.models import Event, EventCopy, EventPhoto, EventStep
from events.reporting.checks import Seen
from events.reporting.errors import PhotosMissing
from events.reporting.judging import Judged
from events.reporting.sent import Draft
from events.services.copies import copies_below
from events.services.deadlines import columns, dues_of_cases
from events.services.steps import change_of, step_of
from events.workflow import ROUTES, Action, Level, Severity
from gis_server import live
from gis_server.models import User
from gis_server.roles import in_scope
from patrols.control import ControlLevel
from patrols.queries import levels_at

IDS = """
    SELECT nextval(pg_get_serial_sequence('events_event', 'id')),
           nextval(pg_get_serial_sequence('events_eventstep', 'id'))
    FROM generate_series(1, %s)
"""


@dataclass(frozen=True, slots=True)
class Whole:
    """A report and the ids of its photos, in its order."""

    report: Judged
    photo_ids: Sequence[int]


def enter(by: User, reports: Sequence[Judged], now: datetime) -> list[Event | PhotosMissing]:
    """The event of each report, in the caller's transaction.

    Raises:
        IntegrityError: one of these client ids is there already; nothing is entered then.
    """
    waiting = waiting_photos(by, [one.draft for one in reports])
    found = [with_photos(one, waiting) for one in reports]
    events = iter(insert(by, [one for one in found if isinstance(one, Whole)], now))
    return [next(events) if isinstance(one, Whole) else one for one in found]


def waiting_photos(by: User, drafts: Iterable[Draft]) -> dict[uuid.UUID, int]:
    """Ids of photos that wait to be named by one of these reports; held until the end."""
    wanted = {photo for draft in drafts for photo in draft.photos}
    if not wanted:
        return {}
    waiting = EventPhoto.objects.filter(by=by, client_id__in=wanted, event=None).order_by("id")
    return dict(waiting.select_for_update().values_list("client_id", "id"))


def with_photos(report: Judged, waiting: dict[uuid.UUID, int]) -> Whole | PhotosMissing:
    """The report with its photos, which then wait no longer."""
    wanted = report.draft.photos
    missing = [str(one) for one in wanted if one not in waiting]
    if not missing:
        return Whole(report, [waiting.pop(one) for one in wanted])
    rule = ngettext(
        "%(number)d photo is not on the server: send it first.",
        "%(number)d photos are not on the server: send them first.",
        len(missing),
    )
    return PhotosMissing(rule % {"number": len(missing)}, missing)


def insert(by: User, reports: Sequence[Whole], now: datetime) -> list[Event]:
    """Nine queries, one more where there are photos, and one where there are copies."""
    if not reports:
        return []
    control = levels_at((one.report.homes.now.code for one in reports), now)
    cases = [case_of(one.report, control[one.report.homes.now.code]) for one in reports]
    due = dues_of_cases(set(cases), now)
    ids = next_ids(len(reports))
    events = [
        event_of(by, one.report, pair, case, due[case], now)
        for one, pair, case in zip(reports, ids, cases, strict=True)
    ]
    Event.objects.bulk_create(events)
    entered = list(zip(events, reports, strict=True))
    use_photos(entered)
    EventStep.objects.bulk_create(first_step(event, by, one, now) for event, one in entered)
    EventCopy.objects.bulk_create(row for event in events for row in copies_below(event, now))
    live.record(*(change_of(event, Action.REPORT) for event in events))
    return events


def severity_of(report: Judged) -> Severity:
    return Severity(report.draft.severity or report.category.severity)


def level_of(report: Judged) -> Level:
    return ROUTES[severity_of(report)]


def case_of(report: Judged, control: ControlLevel) -> Case:
    severity = severity_of(report)
    return Case(report.category.pk, severity.value, level_of(report).value, control.value)


def next_ids(count: int) -> list[tuple[int, int]]:
    """Numbers of events and their first steps, before they are stored: one row each, then."""
    with connection.cursor() as cursor:
        cursor.execute(IDS, [count])
        return list(cursor.fetchall())


def event_of(
    by: User, report: Judged, ids: tuple[int, int], case: Case, due: Dues, now: datetime
) -> Event:
    """The row of a report; ids: its own, and its first step's."""
    draft, homes = report.draft, report.homes
    return Event(
        id=ids[0],
        number=number_of(ids[0], now),
        client_id=draft.client_id,
        kind=report.category.kind,
        category=report.category,
        severity=case.severity,
        source=draft.source,
        level=case.level,
        control=case.control,
        text=draft.text,
        address=draft.address,
        point=report.point,
        accuracy_m=draft.accuracy_m,
        grid_id=homes.now.grid_id,
        scope_code=homes.now.code,
        grid_then_id=homes.then.grid_id,
        grid_then_code=homes.then.code,
        grid_then_name=homes.then.name,
        # Written for a place that was then moved back inside, it says nothing.
        outside_reason="" if in_scope(by, homes.now.code) else draft.outside_reason,
        reporter=by,
        reporter_name=by.get_full_name(),
        camera_id=draft.camera_id,
        reported_at=report.seen.at,
        received_at=now,
        last_step_id=ids[1],
        **columns(due),
    )


def number_of(event_id: int, now: datetime) -> str:
    """ "SJ20261126-0000123": the local day of receipt and the row's own number."""
    return f"SJ{timezone.localdate(now):%Y%m%d}-{event_id:07d}"


def use_photos(entered: Iterable[tuple[Event, Whole]]) -> None:
    """Give each event its photos."""
    rows = [EventPhoto(id=photo, event=event) for event, one in entered for photo in one.photo_ids]
    if rows:
        EventPhoto.objects.bulk_update(rows, ["event"])


def first_step(event: Event, by: User, one: Whole, now: datetime) -> EventStep:
    step = step_of(event, Action.REPORT, by=by, now=now, before=None, columns={})
    step.pk, step.detail = event.last_step_id, detail_of(one.report.draft, one.report.seen)
    step.photos = list(one.photo_ids)
    return step


def detail_of(draft: Draft, seen: Seen) -> dict[str, Any]:
    """What was odd about the sender's clock."""
    detail: dict[str, Any] = {}
    if seen.clock_off_s:
        detail["clock_off_s"] = seen.clock_off_s
    if seen.is_doubted and draft.seen_at:
        detail["said_at"] = draft.seen_at.isoformat()
    return detail
