"""三定: posts, shifts, people, and who of them is where when (duties)."""

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE, User
from grids.models import Grid, GridWorker
from patrols import control, roster
from patrols.control import ControlLevel
from patrols.models.control import ControlSwitch
from patrols.track import Means

AREA_PATTERN = r"^[0-9]{6,19}$"
LEVEL_VALUES = [level.value for level in ControlLevel]
MAX_TASK = 200


class Force(models.TextChoices):
    GRID_WORKER = "grid_worker", _("Grid workers")
    POLICE_AUXILIARY = "police_auxiliary", _("Police auxiliaries")
    SECURITY_GUARD = "security_guard", _("Security guards")
    VOLUNTEER = "volunteer", _("Volunteers")
    TAXI_VOLUNTEER = "taxi_volunteer", _("Taxi volunteers")
    COURIER_VOLUNTEER = "courier_volunteer", _("Courier volunteers")


VOLUNTEERS = (Force.VOLUNTEER, Force.TAXI_VOLUNTEER, Force.COURIER_VOLUNTEER)
"""Those whose hours of service are told to them."""


class MeansName(models.TextChoices):
    FOOT = Means.FOOT.value, _("On foot")
    BIKE = Means.BIKE.value, _("By bike or e-bike")
    CAR = Means.CAR.value, _("By car")


class Member(models.Model):
    """Somebody who can be put on duty.

    scope_code: digits of the area whose people they are.  user: who they sign in as, None for those
    who only carry a device.  worker: the same person among the grid staff.
    """

    number = models.CharField(_("staff number"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=40)
    phone = models.CharField(_("phone"), max_length=30, blank=True, default="")
    force = models.CharField(_("force"), max_length=20, choices=Force.choices)
    means = models.CharField(
        _("means of transport"), max_length=4, choices=MeansName.choices, default=MeansName.FOOT
    )
    scope_code = models.CharField(_("territory"), max_length=LONGEST_CODE)
    user = models.OneToOneField(
        User, models.SET_NULL, null=True, blank=True, related_name="patrol_member"
    )
    worker = models.OneToOneField(
        GridWorker, models.SET_NULL, null=True, blank=True, related_name="patrol_member"
    )
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["scope_code", "id"], name="member_by_territory")]
        constraints = [
            models.CheckConstraint(
                name="member_force_is_known", condition=Q(force__in=Force.values)
            ),
            models.CheckConstraint(
                name="member_means_is_known", condition=Q(means__in=MeansName.values)
            ),
            models.CheckConstraint(
                name="member_territory_is_a_code", condition=Q(scope_code__regex=AREA_PATTERN)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Shift(models.Model):
    """Hours of the local clock, for all posts of a district; see `roster.Shift`."""

    area = models.CharField(_("district"), max_length=6)
    name = models.CharField(_("name"), max_length=20)
    begins = models.TimeField(_("begins"))
    ends = models.TimeField(_("ends"))
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        ordering = ["area", "begins", "id"]
        constraints = [
            models.UniqueConstraint(fields=["area", "name"], name="one_shift_per_area_and_name"),
            models.CheckConstraint(
                name="shift_area_is_a_district", condition=Q(area__regex=r"^[0-9]{6}$")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def as_shift(self) -> roster.Shift:
        return roster.Shift(self.pk, self.begins, self.ends)


class PostKind(models.TextChoices):
    AREA = "area", _("Patrol area")
    POINT = "point", _("Fixed post")
    ROOM = "room", _("Duty room")


class Post(models.Model):
    """定岗: where people are needed.

    scope_code: digits of the street, community or grid whose post it is, which decides who may see
    and plan it and everything done there.  grids: what is to be patrolled from it.  point: where it
    stands, None for an area.  task: what is to be done there, said to whoever has the duty.
    """

    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=5, choices=PostKind.choices)
    scope_code = models.CharField(_("territory"), max_length=LONGEST_CODE)
    point = models.PointField(_("position"), srid=WGS84, null=True, blank=True)
    grids = models.ManyToManyField(Grid, related_name="posts", blank=True)
    task = models.CharField(_("task"), max_length=MAX_TASK, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        ordering = ["scope_code", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["scope_code", "name"], name="one_post_per_area_name"),
            models.CheckConstraint(
                name="post_kind_is_known", condition=Q(kind__in=PostKind.values)
            ),
            models.CheckConstraint(
                name="post_territory_is_a_code", condition=Q(scope_code__regex=AREA_PATTERN)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Need(models.Model):
    """So many people are needed at a post in a shift from a control level on; see `roster.Post`."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="needs")
    shift = models.ForeignKey(Shift, models.CASCADE, related_name="needs")
    level = models.CharField(_("control level"), max_length=5, choices=ControlSwitch.Level.choices)
    people = models.PositiveSmallIntegerField(_("people"))

    class Meta:
        ordering = ["post_id", "shift_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "shift", "level"], name="one_need_per_post_shift_and_level"
            ),
            models.CheckConstraint(name="need_level_is_known", condition=Q(level__in=LEVEL_VALUES)),
            models.CheckConstraint(name="need_is_at_most_99", condition=Q(people__lte=99)),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.shift_id} {self.level}: {self.people}"


class Duty(models.Model):
    """勤务: one member at one post in one shift of one day, in force at some control levels.

    day: on which the shift begins.  lowest, highest: of the levels at which it is in force at the
    post; a switch of the level thus brings other people into force.  stands_in_for: the duty whose
    member cannot come, which counts no more from the stand-in's beginning on.

    What was is not changed silently: counts_from is when it was put on a roster whose shift was
    running, None for all others; withdrawn_at is from when on it counts no more, and what was done
    before belongs to it.  When it lies before the shift it never counted.  The audit trail says who
    did so, when, and for days that are over why.
    is_absent: its member did not come, as the leader says.
    """

    post = models.ForeignKey(Post, models.PROTECT, related_name="duties")
    shift = models.ForeignKey(Shift, models.PROTECT, related_name="duties")
    day = models.DateField(_("day"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="duties")
    task = models.CharField(_("task"), max_length=MAX_TASK, blank=True, default="")
    lowest = models.CharField(
        _("from control level"), max_length=5, choices=ControlSwitch.Level.choices,
        default=ControlLevel.USUAL.value,
    )  # fmt: skip
    highest = models.CharField(
        _("to control level"), max_length=5, choices=ControlSwitch.Level.choices,
        default=ControlLevel.ONE.value,
    )  # fmt: skip
    stands_in_for = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="stand_ins"
    )
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    counts_from = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    is_absent = models.BooleanField(_("did not come"), default=False, db_default=False)

    class Meta:
        ordering = ["day", "shift_id", "post_id", "id"]
        indexes = [
            models.Index(fields=["day", "post"], name="duty_by_day"),
            models.Index(fields=["member", "day"], name="duty_by_member"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "shift", "day", "member"],
                condition=Q(withdrawn_at=None),
                name="one_duty_per_post_shift_day_and_member",
            ),
            models.UniqueConstraint(
                fields=["stands_in_for"],
                condition=Q(withdrawn_at=None, stands_in_for__isnull=False),
                name="one_stand_in_per_duty",
            ),
            models.CheckConstraint(
                name="duty_levels_are_known",
                condition=Q(lowest__in=LEVEL_VALUES, highest__in=LEVEL_VALUES),
            ),
            models.CheckConstraint(
                name="duty_does_not_stand_in_for_itself",
                condition=Q(stands_in_for=None) | ~Q(stands_in_for=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.post_id} {self.member_id}"

    def as_duty(self) -> roster.Duty:
        return roster.Duty(
            self.pk, self.post_id, self.shift_id, self.day, self.member_id, self.stands_in_for_id,
            *self.as_levels(), self.counts_from, self.withdrawn_at,
        )  # fmt: skip

    def as_levels(self) -> tuple[ControlLevel, ControlLevel]:
        return ControlLevel(self.lowest), ControlLevel(self.highest)

    def is_at(self, level: ControlLevel) -> bool:
        """Whether it is in force at a control level."""
        lowest, highest = self.as_levels()
        return control.between(lowest, level, highest)
