"""Who handles events, and what each has of them: units, tasks, more time, consultations."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import MAX_NOTE, one_of, user
from events.models.event import Event
from events.workflow import OPEN_TASKS, Task
from gis_server.models import LONGEST_CODE
from grids.models import Division

OPEN_TASK_VALUES = sorted(task.value for task in OPEN_TASKS)


class Department(models.Model):
    """A department that handles events (职能部门), beside the divisions.

    area: the prefix of the territory it works in.
    """

    name = models.CharField(_("name"), max_length=80)
    area = models.CharField(_("area"), max_length=LONGEST_CODE)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["area", "name"]
        constraints = [
            models.UniqueConstraint(fields=["area", "name"], name="one_department_per_name"),
            models.CheckConstraint(
                name="department_area_is_a_code", condition=Q(area__regex=r"^[0-9]{2,19}$")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DepartmentMember(models.Model):
    """Who acts for a department.  For a division act those in whose scope it lies."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="departments")
    department = models.ForeignKey(Department, models.CASCADE, related_name="members")

    class Meta:
        ordering = ["department", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "department"], name="one_place_per_user_in_a_department"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.department_id}"


class EventTask(models.Model):
    """One unit's part of an event, from being sent there to the end of it.

    Either a division or a department has it; unit_name and unit_code stay when they are gone.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="tasks")
    division = models.ForeignKey(
        Division, models.SET_NULL, null=True, blank=True, related_name="event_tasks"
    )
    department = models.ForeignKey(
        Department, models.SET_NULL, null=True, blank=True, related_name="tasks"
    )
    unit_name = models.CharField(max_length=80)
    unit_code = models.CharField(max_length=LONGEST_CODE)
    state = models.CharField(max_length=8, default=Task.WAITING.value)
    sent_at = models.DateTimeField()
    sent_by = user()
    due = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    taken_by = user("event_tasks")
    ended_at = models.DateTimeField(null=True)
    ended_by = user()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["unit_code", "due"],
                condition=Q(state__in=OPEN_TASK_VALUES),
                name="task_open_by_unit",
            ),
            models.Index(
                fields=["department", "due"],
                condition=Q(state__in=OPEN_TASK_VALUES),
                name="task_open_by_department",
            ),
            models.Index(fields=["event", "id"], name="task_of_event"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "division"],
                condition=Q(state__in=OPEN_TASK_VALUES, division__isnull=False),
                name="one_open_task_per_event_and_division",
            ),
            models.UniqueConstraint(
                fields=["event", "department"],
                condition=Q(state__in=OPEN_TASK_VALUES, department__isnull=False),
                name="one_open_task_per_event_and_department",
            ),
            models.CheckConstraint(name="task_state_is_known", condition=one_of("state", Task)),
            models.CheckConstraint(
                name="task_is_of_one_unit", condition=Q(division=None) | Q(department=None)
            ),
            models.CheckConstraint(
                name="task_over_has_an_end",
                condition=Q(state__in=OPEN_TASK_VALUES, ended_at=None)
                | (~Q(state__in=OPEN_TASK_VALUES) & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} at {self.unit_name}: {self.state}"


class Extension(models.Model):
    """More time that was asked for (延期): granted or declined by somebody else."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="extensions")
    asked_at = models.DateTimeField()
    asked_by = user()
    asked_who = models.CharField(max_length=150)
    until = models.DateTimeField()
    reason = models.CharField(max_length=MAX_NOTE)
    granted = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = user()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event"], condition=Q(granted=None), name="one_open_extension_per_event"
            ),
            models.CheckConstraint(
                name="extension_is_decided_at_a_time",
                condition=Q(granted=None, decided_at=None)
                | Q(granted__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="extension_is_decided_by_somebody_else",
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} until {self.until:%m-%d %H:%M}"


class Consultation(models.Model):
    """Several parties who decide one difficult event together (会商)."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="consultations")
    called_at = models.DateTimeField()
    called_by = user()
    question = models.CharField(max_length=MAX_NOTE)
    decided_at = models.DateTimeField(null=True)
    decided_by = user()
    decision = models.CharField(max_length=MAX_NOTE, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event"],
                condition=Q(decided_at=None),
                name="one_open_consultation_per_event",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.question[:20]}"


class ConsultedParty(models.Model):
    """A unit that was called to a consultation, and what it said; said once, and kept."""

    consultation = models.ForeignKey(Consultation, models.CASCADE, related_name="parties")
    division = models.ForeignKey(Division, models.SET_NULL, null=True, related_name="+")
    department = models.ForeignKey(Department, models.SET_NULL, null=True, related_name="+")
    unit_name = models.CharField(max_length=80)
    unit_code = models.CharField(max_length=LONGEST_CODE)
    opinion = models.CharField(max_length=MAX_NOTE, blank=True)
    said_at = models.DateTimeField(null=True)
    said_by = user()
    said_who = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="party_is_one_unit", condition=Q(division=None) | Q(department=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_name} in {self.consultation_id}"
