"""What is stored for rates: the dated registry, planned work and its reviews.

Named by `cameras.models`, so that Django sees it.  What a figure rests on are rows that are only
inserted; the columns of `PlannedWork` that change repeat the newest of these.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_server.models import LONGEST_CODE

LONGEST_WORK_DAYS = 31


class CameraRecord(models.Model):
    """What the registry said of a camera from `since` on, as far as rates depend on it.

    Inserted by a trigger of the database whenever one of these columns changes (migration 0025), so
    that no path can forget it; never changed.  A record holds until the camera's next one, the
    first also before `since`.  Names stand beside the ids: an owner or team that is removed keeps
    its figures.
    """

    camera = models.ForeignKey("cameras.Camera", models.CASCADE, related_name="records")
    since = models.DateTimeField()
    owner_id = models.BigIntegerField()
    owner_name = models.CharField(max_length=80)
    team_id = models.BigIntegerField()
    team_name = models.CharField(max_length=80)
    upstream_id = models.BigIntegerField(null=True)
    scope_code = models.CharField(max_length=LONGEST_CODE)
    priority = models.CharField(max_length=12)
    enabled = models.BooleanField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["camera", "since", "id"], name="record_of_camera")]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.since:%Y-%m-%d %H:%M}"


class PlannedWork(models.Model):
    """A window in which cameras may be down: planned work, a power cut (计划检修, 停电).

    While it runs, reviewed or not, no repair order is opened for what it covers; down time counts
    as excused only once somebody else than who entered or prolonged it has accepted it.  It ends by
    itself.  What it covers is decided by the registry as it stood at each moment.

    target: which one of upstream, owner, area or `cameras` says so.
    ends_at: the newest of `terms`.  accepted_until: how much of it is accepted, None before that.
    """

    class Kind(models.TextChoices):
        PLANNED = "planned", _("Planned work")
        POWER_CUT = "power_cut", _("Power cut")
        OTHER = "other", _("Other excuse")

    class Target(models.TextChoices):
        CAMERAS = "cameras", _("Single cameras")
        UPSTREAM = "upstream", _("All behind a recorder or switch")
        OWNER = "owner", _("All of an owner")
        AREA = "area", _("All of an area")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=120)
    note = models.CharField(_("note"), max_length=500, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    target = models.CharField(max_length=8, choices=Target.choices)
    upstream = models.ForeignKey("cameras.Upstream", models.PROTECT, null=True, related_name="+")
    owner = models.ForeignKey("cameras.Owner", models.PROTECT, null=True, related_name="+")
    area = models.CharField(max_length=LONGEST_CODE, blank=True)
    cameras = models.ManyToManyField("cameras.Camera", through="WorkCamera", related_name="+")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    accepted_until = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-starts_at", "-id"]
        indexes = [
            models.Index(fields=["-starts_at", "-id"], name="work_newest_first"),
            models.Index(fields=["ends_at"], name="work_by_end"),
        ]
        constraints = [
            models.CheckConstraint(
                name="work_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="work_is_of_a_known_kind",
                condition=Q(kind__in=["planned", "power_cut", "other"]),
            ),
            models.CheckConstraint(
                name="work_has_one_target",
                condition=Q(target="cameras", upstream=None, owner=None, area="")
                | Q(target="upstream", upstream__isnull=False, owner=None, area="")
                | Q(target="owner", upstream=None, owner__isnull=False, area="")
                | Q(target="area", upstream=None, owner=None, area__regex=r"^[0-9]{2,19}$"),
            ),
            models.CheckConstraint(
                name="work_is_withdrawn_by_somebody",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
            models.CheckConstraint(
                name="work_is_not_accepted_and_rejected",
                condition=Q(accepted_until=None) | Q(rejected_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.starts_at:%m-%d %H:%M}"


class WorkCamera(models.Model):
    """One of the single cameras that a window covers."""

    work = models.ForeignKey(PlannedWork, models.CASCADE, related_name="parts")
    camera = models.ForeignKey("cameras.Camera", models.CASCADE, related_name="+")

    class Meta:
        ordering = ["camera"]
        constraints = [
            models.UniqueConstraint(fields=["work", "camera"], name="one_part_per_camera_of_work")
        ]

    def __str__(self) -> str:
        return f"{self.work_id} {self.camera_id}"


class WorkTerm(models.Model):
    """Until when a window was to last, from `set_at` on; only ever inserted."""

    work = models.ForeignKey(PlannedWork, models.CASCADE, related_name="terms")
    ends_at = models.DateTimeField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.work_id} until {self.ends_at:%m-%d %H:%M}"


class WorkReview(models.Model):
    """What somebody else said of a window up to `ends_at`; only ever inserted."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")

    work = models.ForeignKey(PlannedWork, models.CASCADE, related_name="reviews")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    ends_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="review_verdict_is_known", condition=Q(verdict__in=["accepted", "rejected"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.work_id} {self.verdict}"
