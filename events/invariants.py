"""What must be true of events and SQL constraints cannot say; `check_world` prints it."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    F,
    Func,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Greatest

from events.models import Event, EventPhoto, EventStep, EventTask, Extension
from events.models.event import OPEN_VALUES
from events.models.units import OPEN_TASK_VALUES
from events.workflow import AT_UNITS, Action

MOST = 20  # listed of each kind; more would hide the rest
SETS_DUES = [
    one.value
    for one in (
        Action.FILE, Action.CLASSIFY, Action.GRANT_TIME, Action.REOPEN, Action.RECONSIDER,
        Action.UNMERGE,
    )
]  # fmt: skip
"""Actions that set anew until when an event is to be handled."""
AT_UNITS_VALUES = sorted(status.value for status in AT_UNITS)


def check() -> Iterator[str]:
    """Yield one sentence for every rule that is broken; nothing when all is well."""
    yield from _photos()
    yield from _tasks()
    yield from _steps()
    yield from _deadlines()
    yield from _more_time()


def _photos() -> Iterator[str]:
    for photo, file in EventPhoto.objects.order_by("id").values_list("id", "file").iterator():
        if not Path(settings.MEDIA_ROOT, file).is_file():
            yield f"photo {photo} of an event is gone from {file}"


def _tasks() -> Iterator[str]:
    """Units have open tasks of an event exactly while it is with them."""
    open_ones = EventTask.objects.filter(event=OuterRef("pk"), state__in=OPEN_TASK_VALUES)
    idle = Event.objects.filter(~Exists(open_ones), state__in=AT_UNITS_VALUES)
    for number in idle.order_by("pk").values_list("number", flat=True)[:MOST]:
        yield f"event {number} is with units, but none of them has a task of it"
    astray = Event.objects.filter(Exists(open_ones)).exclude(state__in=AT_UNITS_VALUES)
    for number in astray.order_by("pk").values_list("number", flat=True)[:MOST]:
        yield f"event {number} is with no unit, but one has an open task of it"


def _steps() -> Iterator[str]:
    """An event knows its newest step, and stands where that has led."""
    newest = (
        EventStep.objects.filter(event=OuterRef("pk"))
        .order_by()
        .values("event")
        .annotate(last=Max("pk"))
    )
    known = Event.objects.annotate(newest=newest.values("last"))
    for number in (
        known.exclude(newest=F("last_step_id"))
        .order_by("pk")
        .values_list("number", flat=True)[:MOST]
    ):
        yield f"event {number} does not know its newest step"
    last = EventStep.objects.filter(pk=OuterRef("last_step_id"), after=OuterRef("state"))
    for number in (
        Event.objects.filter(~Exists(last)).order_by("pk").values_list("number", flat=True)[:MOST]
    ):
        yield f"event {number} stands elsewhere than its newest step has led"


def _deadlines() -> Iterator[str]:
    """No stage is due after the whole, but for what was filed when its time was over; amber comes
    before what is due next; the newest step tells the present deadline.
    """
    whole = Greatest("close_due", "filed_at")
    late = Event.objects.filter(Q(accept_due__gt=F("close_due")) | Q(handle_due__gt=whole))
    yield from _told(late, "has a stage that is due after the whole")
    columns = [F(name) for name in ("state", "accept_due", "handle_due", "close_due")]
    due = Func(*columns, function="event_next_due", output_field=DateTimeField())
    never = Event.objects.filter(state__in=OPEN_VALUES, amber_at__gt=due)
    yield from _told(never, "turns amber only after it is due")
    newest = EventStep.objects.filter(pk=OuterRef("last_step_id")).values("close_due")
    other = Event.objects.exclude(close_due=Subquery(newest))
    yield from _told(other, "is to be closed at another time than its newest step tells")


def _more_time() -> Iterator[str]:
    """More time was given as often as the event says, and its handling is due as was granted."""
    granted = Q(extensions__granted=True)
    counted = Event.objects.annotate(granted=Count("extensions", filter=granted))
    yield from _told(counted.exclude(granted=F("extended")), "was not given more time that often")
    newest = EventStep.objects.filter(event=OuterRef("pk"), action__in=SETS_DUES).order_by("-id")
    given = Extension.objects.filter(event=OuterRef("pk"), granted=True).order_by("-decided_at")
    held = Event.objects.filter(extended__gt=0).annotate(
        by=Subquery(newest.values("action")[:1]), until=Subquery(given.values("until")[:1])
    )
    unmoved = held.filter(by=Action.GRANT_TIME.value).exclude(handle_due=F("until"))
    yield from _told(unmoved, "was given more time, but is due at another")


def _told(events: QuerySet[Event], what: str) -> Iterator[str]:
    for number in events.order_by("pk").values_list("number", flat=True)[:MOST]:
        yield f"event {number} {what}"
