"""What must be true of events and SQL constraints cannot say; `check_world` prints it."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, F, Max, OuterRef

from events.models import Event, EventPhoto, EventStep, EventTask
from events.models.units import OPEN_TASK_VALUES
from events.workflow import AT_UNITS

MOST = 20  # listed of each kind; more would hide the rest
AT_UNITS_VALUES = sorted(status.value for status in AT_UNITS)


def check() -> Iterator[str]:
    """Yield one sentence for every rule that is broken; nothing when all is well."""
    yield from _photos()
    yield from _tasks()
    yield from _steps()


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
