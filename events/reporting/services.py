"""Taking reports in: once for each client id, at the place and time that they were seen.

The sender may repeat itself as often as it likes (a phone that was killed while it sent, two pages
that empty one queue): the database has one row for a sender and a client id, and whoever comes
second gets that row.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from events.models import Event, EventPhoto
from events.reporting.entering import enter
from events.reporting.judging import Judged, judge, point_of
from events.reporting.sent import Draft
from gis_server.errors import Invalid
from gis_server.models import User

SENDER_LOCK = 7_214_002
"""Of the two-part advisory locks; the other part is the user's id."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The event of a report.

    is_new: this report made it; otherwise an earlier one with the same id.  differs: that earlier
    one said something else, which stays.
    """

    event: Event
    is_new: bool
    differs: bool = False


Outcome = Taken | Invalid
"""What became of one report of many; among the errors are `Asked` and `PhotosMissing`."""


def report(*, by: User, draft: Draft, now: datetime) -> Event:
    """The event of the report, made now or before.  Raises: see `take`."""
    return take(by=by, draft=draft, now=now).event


def take(*, by: User, draft: Draft, now: datetime) -> Taken:
    """Make an event of a report, once for each client id of its sender.

    Raises:
        Invalid: the position or the catalogue entry cannot be taken.
        Asked: the reporter is to say something about the position first.
        PhotosMissing: photos are to be sent (again) first.
    """
    try:
        with transaction.atomic():
            [outcome] = enter_good(by, [draft], now)
            return taken(outcome)
    except (IntegrityError, Invalid):
        # Asked last, for it is seldom so: an earlier report with this id holds whatever this one
        # says by now, and the second of two at once waits for the first at the row's insertion.
        known = earlier(by, [draft])
        if not known:
            raise
        return known[draft.client_id]


def taken(outcome: Outcome) -> Taken:
    if isinstance(outcome, Invalid):
        raise outcome
    return outcome


def take_all(*, by: User, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
    """Take many reports of one sender, each as `take` would, in one transaction.

    One that cannot be taken does not hold up the others.
    """
    try:
        with transaction.atomic():
            hold_sender(by)
            return enter_unknown(by, drafts, now)
    except IntegrityError:
        # One of them has come in by itself meanwhile.
        return [tried(by, draft, now) for draft in drafts]


def hold_sender(by: User) -> None:
    """Let no other batch of this user in before this one is over: two with the same ids in another
    order would wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [SENDER_LOCK, by.pk % 2**31])


def tried(by: User, draft: Draft, now: datetime) -> Outcome:
    try:
        return take(by=by, draft=draft, now=now)
    except Invalid as error:
        return error


def enter_unknown(by: User, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
    known = earlier(by, drafts)
    new = [draft for draft in drafts if draft.client_id not in known]
    ids = [draft.client_id for draft in new]
    entered = dict(zip(ids, enter_good(by, new, now), strict=True))
    return [known.get(draft.client_id) or entered[draft.client_id] for draft in drafts]


def enter_good(by: User, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
    """Enter those that can be taken.  Raises: see `enter`."""
    judgements = judge(by, drafts, now)
    entered = iter(enter(by, [one for one in judgements if isinstance(one, Judged)], now))
    return [one if isinstance(one, Invalid) else outcome_of(next(entered)) for one in judgements]


def outcome_of(entered: Event | Invalid) -> Outcome:
    return entered if isinstance(entered, Invalid) else Taken(entered, is_new=True)


def earlier(by: User, drafts: Sequence[Draft]) -> dict[uuid.UUID, Taken]:
    """What earlier reports of this sender with the same ids have made, by client id.

    One query, and one more where there are some.
    """
    drafted = {draft.client_id: draft for draft in drafts}
    rows = Event.objects.filter(reporter=by, client_id__in=drafted)
    events = list(rows.select_related("category"))
    photos = photos_of(events)
    return {
        event.client_id: Taken(
            event,
            is_new=False,
            differs=not is_same(event, photos.get(event.pk, set()), drafted[event.client_id]),
        )
        for event in events
    }


def photos_of(events: Sequence[Event]) -> dict[int, set[uuid.UUID]]:
    """Client ids of the photos that came with each report, by the event's id."""
    found: dict[int, set[uuid.UUID]] = {}
    own = EventPhoto.objects.filter(event__in=events, step_id=None) if events else ()
    for photo in own:
        found.setdefault(photo.event_id or 0, set()).add(photo.client_id)
    return found


def is_same(event: Event, photos: set[uuid.UUID], draft: Draft) -> bool:
    said = (event.category.code, event.text, event.address, photos)
    told = (draft.category, draft.text, draft.address, set(draft.photos))
    return said == told and is_at(event, draft)


def is_at(event: Event, draft: Draft) -> bool:
    try:
        return bool(point_of(draft) == event.point)
    except Invalid:
        return False
