"""The event itself, what happened to it, and its photos."""

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import BrinIndex
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models.catalogue import Category, EventKind
from events.models.columns import MAX_NOTE, one_of, user
from events.workflow import OPEN, OVER, Action, Level, Severity, Status
from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE
from grids.models import Grid
from patrols.control import ControlLevel

MAX_TEXT = 2000
MAX_PHOTOS = 9
OPEN_VALUES = sorted(status.value for status in OPEN)


class Source(models.TextChoices):
    WORKER = "worker", _("Grid worker")
    HOTLINE = "hotline", _("Citizen hotline")
    VIDEO_ROUND = "video_round", _("Video round")
    CAMERA = "camera", _("Camera")
    API = "api", _("Other system")


class Event(models.Model):
    """One reported matter (事件).

    number: "SJ20261126-0000123": the day of receipt and the row's own number.
    client_id: what the sender calls it; the same id of the same sender is the same event.
    point, accuracy_m: where it is, WGS84, and how well the phone knew that (None: pointed at on a
    map).  grid, scope_code: where that lies *now*; the database keeps them (trigger `assign`), and
    the code decides who may see it.  grid_then, grid_then_code, grid_then_name: where it lay on
    the day it was seen, for ever.  outside_reason: why somebody reported outside their own area.
    level: who answers for it now.  control: the control level in force there when its clocks began.
    reported_at: when it was seen, as far as the sender's clock can
    be believed; received_at: by ours.
    accept_due … close_due: by the rules of the day they were set; amber_at: from when on the next
    of them is near.  The counts say how often; `consulted` how often a consultation has decided.
    last_step_id: the newest step, by which an old page is known.
    """

    number = models.CharField(max_length=24, null=True)
    client_id = models.UUIDField()
    kind = models.CharField(max_length=9, choices=EventKind.choices)
    category = models.ForeignKey(Category, models.PROTECT, related_name="events")
    severity = models.CharField(max_length=9)
    source = models.CharField(max_length=11, choices=Source.choices)
    state = models.CharField(max_length=10, default=Status.REPORTED.value)
    level = models.CharField(max_length=9)
    control = models.CharField(
        max_length=5, default=ControlLevel.USUAL.value, db_default=ControlLevel.USUAL.value
    )
    text = models.CharField(max_length=MAX_TEXT, blank=True)
    address = models.CharField(max_length=200, blank=True)
    point = models.PointField(srid=WGS84)
    accuracy_m = models.FloatField(null=True)
    grid = models.ForeignKey(Grid, models.PROTECT, null=True, blank=True, related_name="events")
    scope_code = models.CharField(max_length=LONGEST_CODE)
    grid_then = models.ForeignKey(
        Grid, models.PROTECT, null=True, blank=True, related_name="events_then"
    )
    grid_then_code = models.CharField(max_length=LONGEST_CODE)
    grid_then_name = models.CharField(max_length=80, blank=True)
    outside_reason = models.CharField(max_length=200, blank=True)
    reporter = user("reported_events")
    reporter_name = models.CharField(max_length=150, blank=True)
    camera_id = models.BigIntegerField(null=True)
    reported_at = models.DateTimeField()
    received_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    filed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_level = models.CharField(max_length=9, blank=True)
    accept_due = models.DateTimeField()
    handle_due = models.DateTimeField()
    close_due = models.DateTimeField()
    amber_at = models.DateTimeField()
    overdue = models.BooleanField(default=False)
    consulted = models.PositiveSmallIntegerField(default=0)
    reworked = models.PositiveSmallIntegerField(default=0)
    reopened = models.PositiveSmallIntegerField(default=0)
    supervised = models.PositiveSmallIntegerField(default=0)
    escalated = models.PositiveSmallIntegerField(default=0)
    extended = models.PositiveSmallIntegerField(default=0)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="duplicates"
    )
    last_step_id = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="event_newest_first"),
            models.Index(
                fields=["scope_code", "-received_at"],
                name="event_by_territory",
                opclasses=["varchar_pattern_ops", "timestamptz_ops"],
            ),
            models.Index(
                fields=["close_due", "id"],
                condition=Q(state__in=OPEN_VALUES),
                name="event_open_by_due",
            ),
            # What was open at a moment of the past was closed after it.
            models.Index(
                fields=["closed_at", "received_at"],
                condition=Q(closed_at__isnull=False),
                name="event_by_closing",
            ),
            models.Index(fields=["reporter", "-received_at"], name="event_by_reporter"),
            models.Index(fields=["category", "-received_at"], name="event_by_category"),
            models.Index(
                fields=["closed_at"],
                condition=Q(severity=Severity.URGENT.value, state=Status.CLOSED.value),
                name="event_urgent_closed",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="one_event_per_number"),
            models.UniqueConstraint(
                fields=["reporter", "client_id"],
                name="one_event_per_reporter_and_client_id",
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="event_kind_is_known", condition=one_of("kind", EventKind)),
            models.CheckConstraint(
                name="event_severity_is_known", condition=one_of("severity", Severity)
            ),
            models.CheckConstraint(
                name="event_source_is_known", condition=one_of("source", Source)
            ),
            models.CheckConstraint(name="event_state_is_known", condition=one_of("state", Status)),
            models.CheckConstraint(name="event_level_is_known", condition=one_of("level", Level)),
            models.CheckConstraint(
                name="event_control_is_known", condition=one_of("control", ControlLevel)
            ),
            models.CheckConstraint(
                name="event_is_closed_at_a_level_or_not_at_all",
                condition=Q(closed_at=None, closed_level="")
                | (Q(closed_at__isnull=False) & one_of("closed_level", Level)),
            ),
            models.CheckConstraint(
                name="event_over_has_an_end",
                condition=Q(
                    state__in=sorted(status.value for status in OVER), closed_at__isnull=False
                )
                | Q(state__in=OPEN_VALUES, closed_at=None),
            ),
            models.CheckConstraint(
                name="event_territory_is_a_code", condition=Q(scope_code__regex=r"^[0-9]{2,19}$")
            ),
            models.CheckConstraint(
                name="event_is_merged_into_another",
                condition=Q(state="merged", merged_into__isnull=False) & ~Q(merged_into=F("id"))
                | (~Q(state="merged") & Q(merged_into=None)),
            ),
            models.CheckConstraint(
                name="event_accuracy_is_metres",
                condition=Q(accuracy_m=None) | Q(accuracy_m__gte=0, accuracy_m__lte=100_000),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"


class EventStep(models.Model):
    """One thing that happened to an event.  Only inserted; the database refuses the rest.

    It outlives users and units: hence numbers and names instead of rows.  user_id: None for the
    machine.  unit: whom it came from, or went to.  level, close_due: the event's after the step,
    so that figures of any past day can be counted from steps alone.  photos: ids of `EventPhoto`.
    detail: what else is to be known, as JSON.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    who = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=12)
    before = models.CharField(max_length=10, blank=True)
    after = models.CharField(max_length=10)
    level = models.CharField(max_length=9)
    close_due = models.DateTimeField()
    unit = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=MAX_NOTE, blank=True)
    photos = models.JSONField(default=list)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["event", "id"], name="event_steps"),
            models.Index(fields=["action", "at"], name="event_steps_by_action"),
            BrinIndex(
                fields=["close_due"],
                name="event_steps_by_due",
                autosummarize=True,
                pages_per_range=32,
            ),
            # Asked of every open event every half minute: was this deadline told of?
            models.Index(
                fields=["event", "at"],
                condition=Q(action=Action.OVERDUE.value),
                name="event_steps_of_lateness",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="event_step_action_is_known", condition=one_of("action", Action)
            ),
            models.CheckConstraint(
                name="event_step_leads_to_a_known_state",
                condition=one_of("after", Status) & one_of("before", Status, or_empty=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.action} {self.at:%m-%d %H:%M}"


class EventPhoto(models.Model):
    """A photo of an event; a JPEG that we have encoded, without what the phone wrote into it.

    client_id: what the phone calls it, so that it is sent once.  event: None until the report that
    names it is there; a photo that nothing has named for a day is deleted.  step_id: the step that
    it came with, None for those of the report.
    """

    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="photos")
    step_id = models.BigIntegerField(null=True)
    client_id = models.UUIDField()
    by = user()
    who = models.CharField(max_length=150)
    at = models.DateTimeField()
    file = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["at"], condition=Q(event=None), name="event_photo_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["by", "client_id"], name="one_photo_per_client_id"),
        ]

    def __str__(self) -> str:
        return f"{self.file} of {self.event_id}"


class EventCopy(models.Model):
    """A level that was told of an event although it is another's: 急事直报区级, 抄送.

    code: the prefix of whom it went to.  seen_at: when somebody there said so.
    """

    event = models.ForeignKey(Event, models.CASCADE, related_name="copies")
    code = models.CharField(max_length=LONGEST_CODE)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = user()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "code"], name="one_copy_per_event_and_code"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.code}"
