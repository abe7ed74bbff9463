"""What people send from the desk and from an event's page, checked once, here."""

from datetime import UTC, datetime

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from events.desk.bulk import MOST_AT_ONCE, Wish
from events.models import Event
from events.models.event import MAX_PHOTOS
from events.rights import events_seen
from events.services.acting import Told
from events.units import MOST_AT_ONCE as MOST_UNITS
from gis_server.errors import Invalid
from gis_server.models import User
from gis_server.plain_numbers import whole_of

MAX_ID = 2**63 - 1
LONGEST_KEY, LONGEST_NUMBER = 40, 24


def told_by(user: User, fields: QueryDict) -> Told:
    """What a form of an event's page sent with a step.

    Raises:
        Invalid: something that is no number, time, or number of an event.
    """
    return Told(
        seen=whole(fields.get("seen")),
        note=fields.get("note", ""),
        units=[one[:LONGEST_KEY] for one in fields.getlist("unit")[: MOST_UNITS + 1]],
        photos=[whole(one) for one in fields.getlist("photo")[: MAX_PHOTOS + 1]],
        task_id=whole(fields.get("task")),
        party_id=whole(fields.get("party")),
        until=moment(fields.get("until", "")),
        into=whole(fields.get("into")) or id_of(user, fields.get("into_number", "")),
        category_id=whole(fields.get("category")),
        severity=fields.get("severity", ""),
    )


def wishes_by(fields: QueryDict) -> list[Wish]:
    """The events that were chosen, each as "id-newest step".  Raises Invalid."""
    chosen = fields.getlist("event")
    if len(chosen) > MOST_AT_ONCE:
        raise Invalid(_("Choose 1 to %(most)d events.") % {"most": MOST_AT_ONCE})
    parts = [one.partition("-") for one in chosen]
    # Without an id it is no number either: "" is, for `whole`, what was not sent.
    return [Wish(whole(event_id or "?"), whole(seen)) for event_id, _dash, seen in parts]


def whole(value: str | None) -> int:
    """0 where nothing was sent.  Raises Invalid."""
    digits = (value or "0").strip()
    number = whole_of(digits)
    if number is None or not 0 <= number <= MAX_ID:
        raise Invalid(_("“%(value)s” is no whole number.") % {"value": digits[:20]})
    return number


def moment(text: str) -> datetime | None:
    """A local time as YYYY-MM-DDThh:mm; None where nothing was sent.  Raises Invalid."""
    if not text:
        return None
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or not 2000 < at.year < 3000:
        raise Invalid(_("A time is written like 2026-03-01T18:00."))
    # In UTC: PostgreSQL knows no zone beyond ±15:59.
    return (at if timezone.is_aware(at) else timezone.make_aware(at)).astimezone(UTC)


def id_of(user: User, number: str) -> int:
    """The id of the event with this number that the user sees; 0 where none was sent.

    Raises:
        Invalid: there is none.
    """
    wanted = number.strip().upper()[:LONGEST_NUMBER]
    if not wanted:
        return 0
    found: Event | None = (
        None if "\0" in wanted else events_seen(user).filter(number=wanted).first()
    )
    if found is None:
        raise Invalid(_("There is no event %(number)s in your area.") % {"number": wanted})
    return found.pk
