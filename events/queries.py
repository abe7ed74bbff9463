"""What is read of events across tables; every function costs a fixed number of queries."""

from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from events.models import (
    Category,
    Consultation,
    Event,
    EventCopy,
    EventPhoto,
    EventStep,
    EventTask,
    Extension,
)
from events.models.units import OPEN_TASK_VALUES
from events.rights import acts_for_divisions, events_seen, own_departments
from events.texts import MACHINE, step_name
from events.workflow import Action, Level
from gis_server.errors import NotFound
from gis_server.models import User
from gis_server.roles import Permission, may, scope_q


def event_for(user: User, event_id: int) -> Event:
    """Raises NotFound: there is none, or none that the user may see (which must look the same)."""
    event = events_seen(user).filter(pk=event_id).select_related("category", "grid").first()
    if event is None:
        raise NotFound(_("There is no such event in your area."))
    return event


def entries_in_use() -> QuerySet[Category]:
    """What can be reported now: the active entries of the catalogue, each with its group."""
    return Category.objects.filter(parent__isnull=False, is_active=True).select_related("parent")


def position_of(event: Event) -> tuple[float, float]:
    """Longitude and latitude in degrees; of rows that have been read with them, without a query."""
    if "lon" in event.__dict__:
        return event.__dict__["lon"], event.__dict__["lat"]
    return event.point.x, event.point.y


MOST_TASKS = 200
MOST_STEPS = 500


def tasks_of(user: User, *, is_open: bool = True) -> QuerySet[EventTask]:
    """Tasks of the units that the user acts for, what is due first.  One query, and one at once for
    the departments.

    As `rights.acts_for` has it: of a division in the user's reach, of a community also where the
    event itself is in it, and of the user's departments.
    """
    mine = Q(pk__in=[])
    if acts_for_divisions(user):
        mine |= _of_divisions(user)
    if user.token_reach is None:
        mine |= Q(department__in=own_departments(user))
    rows = EventTask.objects.filter(mine)
    if is_open:
        rows = rows.filter(state__in=OPEN_TASK_VALUES)
    return rows.order_by("due", "id")


def _of_divisions(user: User) -> Q:
    own_division = Q(division__isnull=False) & scope_q(user, "unit_code")
    in_own_grid = Q(
        division__level=Level.COMMUNITY.value, event__scope_code__startswith=F("unit_code")
    ) & scope_q(user, "event__scope_code")
    return own_division | in_own_grid


def my_tasks(user: User) -> list[EventTask]:
    """The open tasks of the user's units, each with its event; at most MOST_TASKS."""
    return list(tasks_of(user).select_related("event__category", "division")[:MOST_TASKS])


@dataclass(frozen=True, slots=True)
class ToldStep:
    """One step of a timeline with its photos."""

    step: EventStep
    photos: tuple[EventPhoto, ...]

    @property
    def name(self) -> str:
        return step_name(self.step.action)

    @property
    def who(self) -> str:
        """Who took the step; the clock, where nobody did."""
        return self.step.who or ("" if self.step.action == Action.REPORT else str(MACHINE))


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one event: for its page, and for whoever asks by program."""

    steps: tuple[ToldStep, ...]
    photos: tuple[EventPhoto, ...]
    tasks: tuple[EventTask, ...]
    consultations: tuple[Consultation, ...]
    extensions: tuple[Extension, ...]
    copies: tuple[EventCopy, ...]
    duplicates: tuple[Event, ...]


def story_of(event: Event) -> Story:
    """The event's steps with their photos (at most MOST_STEPS, the first ones), its report's
    photos, tasks, consultations with parties, extensions, copies, and what is merged into it.

    Eight queries.  Whoever may see the event may see all of it.
    """
    photos = dict[int | None, list[EventPhoto]]()
    for photo in EventPhoto.objects.filter(event=event).order_by("id"):
        photos.setdefault(photo.step_id, []).append(photo)
    steps = EventStep.objects.filter(event=event).order_by("id")[:MOST_STEPS]
    called = Consultation.objects.filter(event=event).prefetch_related("parties")
    return Story(
        steps=tuple(ToldStep(step, tuple(photos.get(step.pk, ()))) for step in steps),
        photos=tuple(photos.get(None, ())),
        tasks=tuple(EventTask.objects.filter(event=event).order_by("id")),
        consultations=tuple(called.order_by("id")),
        extensions=tuple(Extension.objects.filter(event=event).order_by("id")),
        copies=tuple(EventCopy.objects.filter(event=event).order_by("id")),
        duplicates=tuple(Event.objects.filter(merged_into=event).order_by("id")[:MOST_STEPS]),
    )


def copied_to(user: User) -> QuerySet[EventCopy]:
    """Copies that have come to where the user leads and that nobody there has seen, newest first.

    One query.
    """
    if not may(user.role, Permission.LEAD_EVENTS):
        return EventCopy.objects.none()
    return EventCopy.objects.filter(scope_q(user, "code"), seen_at=None).order_by("-id")
