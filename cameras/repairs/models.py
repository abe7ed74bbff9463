"""What is stored of repairs: orders with their cameras and steps, who is in which team, and the
rules by which orders are routed and become late.

Named by `cameras.models`, which is where others import it from.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cameras.grouping import Kind as ThingKind
from cameras.grouping import Thing
from cameras.probe.reason import Reason
from cameras.repairs.workflow import LIVE_STATES, OPEN_STATES, Action, Stage, Status
from gis_server.models import LONGEST_CODE

REASONS = [reason.value for reason in Reason]
PRIORITIES = ["key_area", "key_industry", "ordinary"]
"""The classes of cameras, the gravest first."""
OPEN_VALUES = sorted(status.value for status in OPEN_STATES)
LIVE_VALUES = sorted(status.value for status in LIVE_STATES)
LONGEST_MIN = 60 * 24 * 365
MAX_NOTE = 500


def user(name: str = "+") -> Any:
    """A person that the row outlives."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name=name
    )


class TeamMember(models.Model):
    """Who belongs to which team; nobody else acts on its orders, but for leaders."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="teams")
    team = models.ForeignKey("cameras.Team", models.CASCADE, related_name="members")

    class Meta:
        ordering = ["team", "user"]
        constraints = [
            models.UniqueConstraint(fields=["user", "team"], name="one_place_per_user_in_a_team"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class RepairOrder(models.Model):
    """The job for a team that ends one fault (维修工单).

    number: "WX20261126-00007", counted anew each day of the local calendar.  kind: what it was
    opened for.  priority: the gravest class among its cameras.  suspect_kind, suspect_name: the
    thing that several cameras fell with; empty for one camera alone.  suspect_site: as in `Outage`.
    since: when the fault began.  opened_at: the first time; round_at: when the present round began
    (opened, or opened anew by a relapse; `reopened` counts those).  The times and names below are
    those of the present round.  team_name stays when the team is gone.
    respond_due, arrive_due, fix_due: moved on by each wait; escalated: stages that were told of.
    override_by, override_reason: who has asked that people say what the machine cannot see.
    """

    class Kind(models.TextChoices):
        OUTAGE = "outage", _("Outage")
        PICTURE = "picture", _("Picture fault")

    class WaitsFor(models.TextChoices):
        OWNER = "owner", pgettext_lazy("waits for", "the owner")
        POWER = "power", pgettext_lazy("waits for", "the power company")

    class How(models.TextChoices):
        MACHINE = "machine", pgettext_lazy("verified", "Proved by the machine")
        BY_ITSELF = "by_itself", pgettext_lazy("verified", "Recovered by itself")
        PEOPLE = "people", pgettext_lazy("verified", "Confirmed by two people")

    number = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default=Status.OPEN.value)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    priority = models.CharField(max_length=12)
    reason = models.CharField(max_length=20)
    suspect_kind = models.CharField(max_length=10, blank=True)
    suspect_name = models.CharField(max_length=253, blank=True)
    suspect_site = models.ForeignKey(
        "cameras.Site", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey("cameras.Team", models.SET_NULL, null=True, related_name="orders")
    team_name = models.CharField(max_length=80)
    since = models.DateTimeField()
    opened_at = models.DateTimeField()
    round_at = models.DateTimeField()
    reopened = models.PositiveSmallIntegerField(default=0)
    respond_due = models.DateTimeField()
    arrive_due = models.DateTimeField()
    fix_due = models.DateTimeField()
    escalated = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    accepted_by = user()
    accepted_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    repaired_by = user()
    repaired_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    verified_how = models.CharField(max_length=9, choices=How.choices, blank=True)
    closed_at = models.DateTimeField(null=True)
    waits_for = models.CharField(max_length=5, choices=WaitsFor.choices, blank=True)
    waiting_since = models.DateTimeField(null=True)
    review_on = models.DateField(null=True)
    override_by = user()
    override_at = models.DateTimeField(null=True)
    override_reason = models.CharField(max_length=MAX_NOTE, blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="order_newest_first"),
            models.Index(
                fields=["state", "id"], condition=Q(state__in=LIVE_VALUES), name="order_live"
            ),
            models.Index(fields=["team", "state"], name="order_of_team"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="one_order_per_number"),
            models.UniqueConstraint(
                fields=["suspect_kind", "suspect_name", "suspect_site"],
                condition=Q(state__in=LIVE_VALUES) & ~Q(suspect_kind=""),
                nulls_distinct=False,
                name="one_live_order_per_thing",
            ),
            models.CheckConstraint(
                name="order_state_is_known",
                condition=Q(state__in=[status.value for status in Status]),
            ),
            models.CheckConstraint(
                name="order_kind_is_known", condition=Q(kind__in=["outage", "picture"])
            ),
            models.CheckConstraint(
                name="order_is_of_a_known_class", condition=Q(priority__in=PRIORITIES)
            ),
            models.CheckConstraint(name="order_reason_is_listed", condition=Q(reason__in=REASONS)),
            models.CheckConstraint(
                name="order_suspect_has_kind_and_name_or_neither",
                condition=Q(suspect_kind="", suspect_name="")
                | (Q(suspect_kind__in=[kind.value for kind in ThingKind]) & ~Q(suspect_name="")),
            ),
            models.CheckConstraint(
                name="order_waits_for_somebody_until_a_day",
                condition=Q(
                    state="waiting",
                    waits_for__in=["owner", "power"],
                    waiting_since__isnull=False,
                    review_on__isnull=False,
                )
                | (~Q(state="waiting") & Q(waits_for="", waiting_since=None, review_on=None)),
            ),
            models.CheckConstraint(
                name="order_is_repaired_at_a_time",
                condition=~Q(state="repaired") | Q(repaired_at__isnull=False),
            ),
            models.CheckConstraint(
                name="order_is_verified_at_a_time_and_somehow",
                condition=Q(verified_at=None, verified_how="")
                | Q(verified_at__isnull=False, verified_how__in=["machine", "by_itself", "people"]),
            ),
            models.CheckConstraint(
                name="order_is_closed_once_verified",
                condition=~Q(state__in=["verified", "closed"]) | Q(verified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="order_over_has_an_end",
                condition=Q(state__in=["closed", "withdrawn"], closed_at__isnull=False)
                | (~Q(state__in=["closed", "withdrawn"]) & Q(closed_at=None)),
            ),
            models.CheckConstraint(
                name="order_stages_told_of_are_known",
                condition=Q(escalated__contained_by=[stage.value for stage in Stage]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"

    @property
    def suspect(self) -> Thing:
        """The thing that it is for, where it is for one."""
        return Thing(ThingKind(self.suspect_kind), self.suspect_name, self.suspect_site_id or 0)


class RepairOrderCamera(models.Model):
    """A camera's part in an order.

    is_open: the order is one of `workflow.OPEN_STATES` and the camera has not left it; so a camera
    is in one open order at most.  back_at: since when it is well again; good_probes: good answers
    seen after that, and after a repair, the last of them at counted_at.  before, after: pictures
    of it before the fault and as the proof, which are kept as long as the order.
    """

    order = models.ForeignKey(RepairOrder, models.CASCADE, related_name="cameras")
    camera = models.ForeignKey("cameras.Camera", models.CASCADE, related_name="orders")
    reason = models.CharField(max_length=20)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    is_open = models.BooleanField(default=True)
    back_at = models.DateTimeField(null=True)
    good_probes = models.PositiveSmallIntegerField(default=0)
    counted_at = models.DateTimeField(null=True)
    before = models.ForeignKey(
        "cameras.Snapshot", models.SET_NULL, null=True, related_name="before_orders"
    )
    after = models.ForeignKey(
        "cameras.Snapshot", models.SET_NULL, null=True, related_name="after_orders"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "camera"], name="one_part_per_camera_in_an_order"
            ),
            models.UniqueConstraint(
                fields=["camera"], condition=Q(is_open=True), name="one_open_order_per_camera"
            ),
            models.CheckConstraint(
                name="order_is_left_by_what_is_not_open",
                condition=Q(left_at=None) | Q(is_open=False),
            ),
            models.CheckConstraint(
                name="order_camera_reason_is_listed", condition=Q(reason__in=REASONS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} in {self.order_id}"


class RepairStep(models.Model):
    """One thing that happened to an order.  Only inserted; the database refuses the rest.

    It outlives users and teams: hence a number and names instead of rows.  user_id: None for the
    machine.  parts: a list of {"name", "count"}; photos: ids of `RepairPhoto`; detail: what else is
    to be known, as JSON (stage, review date, codes of cameras).
    """

    order = models.ForeignKey(RepairOrder, models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    who = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=10)
    before = models.CharField(max_length=10, blank=True)
    after = models.CharField(max_length=10)
    team_name = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=MAX_NOTE, blank=True)
    parts = models.JSONField(default=list)
    photos = models.JSONField(default=list)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["order", "id"], name="step_of_order")]
        constraints = [
            models.CheckConstraint(
                name="step_action_is_known",
                condition=Q(action__in=[action.value for action in Action]),
            ),
            models.CheckConstraint(
                name="step_leads_to_a_known_state",
                condition=Q(after__in=[status.value for status in Status])
                & Q(before__in=["", *(status.value for status in Status)]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.action} {self.at:%m-%d %H:%M}"


class RepairPhoto(models.Model):
    """A photo that a technician took; a JPEG that we have encoded, without what the phone wrote
    into it.  It waits until a step names it; what no step names is deleted after a day.
    """

    order = models.ForeignKey(RepairOrder, models.PROTECT, related_name="photos")
    by = user()
    who = models.CharField(max_length=150)
    at = models.DateTimeField()
    is_used = models.BooleanField(default=False)
    file = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["at"], condition=Q(is_used=False), name="photo_waiting_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.file} of {self.order_id}"


class RepairRule(models.Model):
    """From when on what delays and deadlines hold for a class of cameras, in minutes.

    What changes is a new row for a new day of the local calendar; orders keep the deadlines that
    they were opened with.  delay_outage_min, delay_picture_min: so long something must be wrong
    before an order is opened.
    """

    priority = models.CharField(max_length=12)
    valid_from = models.DateField()
    delay_outage_min = models.PositiveIntegerField()
    delay_picture_min = models.PositiveIntegerField()
    respond_min = models.PositiveIntegerField()
    arrive_min = models.PositiveIntegerField()
    fix_min = models.PositiveIntegerField()
    made_at = models.DateTimeField(null=True)
    made_by = user()

    class Meta:
        ordering = ["priority", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["priority", "valid_from"], name="one_repair_rule_per_class_and_day"
            ),
            models.CheckConstraint(
                name="repair_rule_is_of_a_known_class", condition=Q(priority__in=PRIORITIES)
            ),
            models.CheckConstraint(
                name="repair_deadlines_follow_each_other",
                condition=Q(
                    respond_min__gte=1,
                    arrive_min__gte=models.F("respond_min"),
                    fix_min__gte=models.F("arrive_min"),
                    fix_min__lte=LONGEST_MIN,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.priority} from {self.valid_from}"


class RoutingRule(models.Model):
    """Which team repairs what: the first rule that fits decides, by `position`; where none does, it
    is the camera's own team.

    area: a prefix of territory codes.  owner, upstream: None for any.
    """

    position = models.PositiveIntegerField()
    area = models.CharField(max_length=LONGEST_CODE)
    owner = models.ForeignKey(
        "cameras.Owner", models.CASCADE, null=True, blank=True, related_name="+"
    )
    upstream = models.ForeignKey(
        "cameras.Upstream", models.CASCADE, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey("cameras.Team", models.CASCADE, related_name="routing_rules")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="routing_area_is_a_code", condition=Q(area__regex=r"^[0-9]{2,19}$")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.area} → {self.team_id}"
