"""What is stored of pictures: each one with its proof of age, what was found on it, what a camera
usually looks like, what is masked, who has looked, and when rounds are made.

Named by `cameras.models`, which is where others import it from.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from cameras.probe.reason import Reason
from gis_server.models import LONGEST_CODE

REASONS = [reason.value for reason in Reason]
LIGHTS = ["day", "twilight", "night"]
FAULTS = [reason.value.removeprefix("picture_") for reason in Reason if reason.is_of_picture]
"""The values of `cameras.picture.faults.Fault`."""
MAX_POLYGONS = 16
WAITING = Q(taken_at=None, failure="")


def is_array(field: str) -> Exact:
    """Whether a JSON column holds a list."""
    return _is_of_type(field, "array")


def is_object(field: str) -> Exact:
    """Whether a JSON column holds names with values."""
    return _is_of_type(field, "object")


def _is_of_type(field: str, name: str) -> Exact:
    kind = Func(F(field), function="jsonb_typeof", output_field=models.TextField())
    return Exact(kind, Value(name))


class Snapshot(models.Model):
    """One picture that was asked for: waiting, taken or failed, and never two of these.

    purpose: a person asked for it now, or it belongs to a round.  A person's request waits until a
    process claims it (claimed_by); a round's picture is written when it has ended.
    taken_at is by our clock, device_at by the device's (ours and the offset it was last known to
    have, or what the source told).  probe: the DESCRIBE that went before, kept as long as this.
    file, thumb: below MEDIA_ROOT.  source: the stream it was taken from, or "http".
    masks_version: which masks were burned in, 0 for none.
    is_fault: something was found on it, or a person called it faulty; it is kept longer.
    """

    class Purpose(models.TextChoices):
        CLICK = "click", _("Asked for")
        ROUND = "round", _("Round")

    camera = models.ForeignKey("cameras.Camera", models.CASCADE, related_name="snapshots")
    purpose = models.CharField(max_length=5, choices=Purpose.choices, default=Purpose.CLICK)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=80, blank=True)
    taken_at = models.DateTimeField(null=True)
    device_at = models.DateTimeField(null=True)
    probe = models.ForeignKey("cameras.Probe", models.SET_NULL, null=True, related_name="snapshots")
    file = models.CharField(max_length=100, blank=True)
    thumb = models.CharField(max_length=100, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=10, default="rtsp")
    light = models.CharField(max_length=8, blank=True)
    masks_version = models.PositiveIntegerField(default=0)
    is_fault = models.BooleanField(default=False)
    failure = models.CharField(max_length=20, blank=True)
    failure_detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["camera", "-id"], name="snapshot_newest_first"),
            models.Index(
                fields=["camera", "-taken_at", "-id"],
                condition=Q(taken_at__isnull=False),
                name="snapshot_newest_taken",
            ),
            models.Index(fields=["requested_at"], name="snapshot_by_age"),
            models.Index(fields=["id"], condition=WAITING, name="snapshot_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["camera"], condition=WAITING, name="one_waiting_snapshot_per_camera"
            ),
            models.CheckConstraint(
                name="snapshot_is_waiting_taken_or_failed",
                condition=Q(taken_at=None, file="", thumb="", sha256="")
                | (Q(taken_at__isnull=False, failure="") & ~Q(file="") & ~Q(sha256="")),
            ),
            models.CheckConstraint(
                name="snapshot_failure_is_listed", condition=Q(failure__in=["", *REASONS])
            ),
            models.CheckConstraint(
                name="snapshot_purpose_is_known", condition=Q(purpose__in=["click", "round"])
            ),
            models.CheckConstraint(
                name="snapshot_light_is_known", condition=Q(light__in=["", *LIGHTS])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} of {self.camera_id}"


class PictureExam(models.Model):
    """What was measured and found on one picture, and what a person said of it.

    measures, findings: those of `cameras.picture.exam.Exam`, as JSON.  fault: the gravest finding.
    counted: it went into the camera's run of good or bad pictures; others came too soon.
    """

    class Judgement(models.TextChoices):
        FINE = "fine", _("This is fine")
        FAULT = "fault", _("Confirmed fault")

    snapshot = models.OneToOneField(Snapshot, models.CASCADE, primary_key=True, related_name="exam")
    measures = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    fault = models.CharField(max_length=12, blank=True)
    counted = models.BooleanField(default=False)
    judged = models.CharField(max_length=5, choices=Judgement.choices, blank=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    judged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-snapshot"]
        constraints = [
            models.CheckConstraint(
                name="exam_fault_is_listed", condition=Q(fault__in=["", *FAULTS])
            ),
            models.CheckConstraint(name="exam_findings_are_a_list", condition=is_array("findings")),
            models.CheckConstraint(
                name="exam_is_judged_at_a_time",
                condition=Q(judged="", judged_at=None)
                | Q(judged__in=["fine", "fault"], judged_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.fault or 'good'}"


class PictureBaseline(models.Model):
    """What a camera looks like in one light: learnt from its good pictures, or said by a person.

    content: a `cameras.picture.baseline.Baseline` as JSON.  made_by: who called its picture fine;
    None where it was learnt.  One is current; older ones are history.  version: how often the
    current one has learnt since.
    """

    camera = models.ForeignKey("cameras.Camera", models.CASCADE, related_name="baselines")
    light = models.CharField(max_length=8)
    content = models.JSONField()
    is_current = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    snapshot = models.ForeignKey(Snapshot, models.SET_NULL, null=True, related_name="+")
    learnt_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["camera", "light", "-id"], name="baseline_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["camera", "light"],
                condition=Q(is_current=True),
                name="one_current_baseline_per_light",
            ),
            models.CheckConstraint(name="baseline_light_is_known", condition=Q(light__in=LIGHTS)),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.light} {self.made_at:%m-%d %H:%M}"


class PrivacyMask(models.Model):
    """What is blackened on a camera's pictures before anything is kept of them.

    polygons: lists of [x, y] in shares of width and height, 0 to 1 from the top left.
    """

    camera = models.OneToOneField(
        "cameras.Camera", models.CASCADE, primary_key=True, related_name="mask"
    )
    polygons = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["camera"]
        constraints = [
            models.CheckConstraint(name="mask_polygons_are_a_list", condition=is_array("polygons")),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id}: {len(self.polygons)} polygons"


class PictureView(models.Model):
    """Who has seen which picture, when and how.  Only inserted; the database refuses the rest.

    It outlives the picture, the camera and the user: hence numbers and names instead of rows.
    """

    class How(models.TextChoices):
        FULL = "full", _("Whole picture")
        SHEET = "sheet", _("Contact sheet")
        TIMELINE = "timeline", _("Timeline")

    at = models.DateTimeField()
    user_id = models.BigIntegerField()
    who = models.CharField(max_length=150)
    origin = models.CharField(max_length=45, blank=True)
    how = models.CharField(max_length=8, choices=How.choices)
    snapshot_id = models.BigIntegerField()
    camera_code = models.CharField(max_length=20)
    scope = models.CharField(max_length=LONGEST_CODE)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="picture_view_by_time"),
            models.Index(fields=["user_id", "snapshot_id", "-at"], name="picture_view_by_user"),
            models.Index(fields=["snapshot_id", "-id"], name="picture_view_by_picture"),
            models.Index(fields=["camera_code", "-id"], name="picture_view_by_camera"),
        ]
        constraints = [
            models.CheckConstraint(
                name="picture_view_is_of_a_known_kind",
                condition=Q(how__in=["full", "sheet", "timeline"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.who} {self.snapshot_id} {self.at:%m-%d %H:%M}"


class PictureRule(models.Model):
    """When the cameras of one class are looked at, and for how long their pictures are good.

    hours: a list of [from hour, to hour, every so many minutes] by the local clock; between them
    no round is made.  dim_after_min: what is older is shown as old.  keep_days, keep_faults_days:
    None for what the settings say.  A class without a row follows `cameras.picture.rounds.USUAL`.
    """

    priority = models.CharField(max_length=12, primary_key=True)
    hours = models.JSONField(default=list)
    dim_after_min = models.PositiveIntegerField()
    keep_days = models.PositiveIntegerField(null=True)
    keep_faults_days = models.PositiveIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["priority"]
        constraints = [
            models.CheckConstraint(
                name="picture_rule_is_of_a_known_class",
                condition=Q(priority__in=["key_area", "key_industry", "ordinary"]),
            ),
            models.CheckConstraint(
                name="picture_rule_hours_are_a_list", condition=is_array("hours")
            ),
            models.CheckConstraint(
                name="picture_rule_keeps_1_to_3650_days",
                condition=(Q(keep_days=None) | Q(keep_days__gte=1, keep_days__lte=3650))
                & (
                    Q(keep_faults_days=None)
                    | Q(keep_faults_days__gte=1, keep_faults_days__lte=3650)
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.priority} {self.hours}"


class PictureTurn(models.Model):
    """A camera's place in the rounds, and its run of good or bad pictures.

    tried_at: when a round last got an end of it, a picture or a failure.  again_at: when to look
    again before the next round: in doubt, or because the device was busy.  While a process takes
    the picture it holds a lease, which runs out if it dies.
    streak_ok, streak_bad: pictures in a row without and with a finding; counted_at: the last one.
    """

    camera = models.OneToOneField(
        "cameras.Camera", models.CASCADE, primary_key=True, related_name="picture_turn"
    )
    tried_at = models.DateTimeField(null=True)
    again_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=80, blank=True)
    streak_ok = models.PositiveSmallIntegerField(default=0)
    streak_bad = models.PositiveSmallIntegerField(default=0)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["camera"]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=Q(lease_until__isnull=False),
                name="picture_turn_leased",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="picture_turn_lease_has_a_holder_and_an_end",
                condition=Q(leased_by="", lease_until=None)
                | (~Q(leased_by="") & Q(lease_until__isnull=False)),
            ),
            models.CheckConstraint(
                name="picture_streaks_exclude_each_other",
                condition=Q(streak_ok=0) | Q(streak_bad=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} tried {self.tried_at}"


class PictureCleanup(models.Model):
    """What the retention job did on one day: pictures deleted, and faults that were kept longer."""

    day = models.DateField(primary_key=True)
    deleted = models.PositiveIntegerField(default=0)
    deleted_faults = models.PositiveIntegerField(default=0)
    kept_faults = models.PositiveIntegerField(default=0)
    freed_bytes = models.PositiveBigIntegerField(default=0)
    ran_at = models.DateTimeField()

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}: {self.deleted} deleted"
