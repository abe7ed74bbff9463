"""What is stored of cameras.  Writing goes through `cameras.services`, reading across tables
through `cameras.queries`; every rule that SQL can say is a constraint with the rule as its name.
"""

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cameras.fleet_models import (
    MainSite,
    Notice,
    Outage,
    OutageMember,
    PollerBeat,
    Site,
    StateSpan,
)
from cameras.handover.models import Delivery, DeliveryPlan, SavedView
from cameras.health import IN_DOUBT, State
from cameras.picture_models import (
    PictureBaseline,
    PictureCleanup,
    PictureExam,
    PictureRule,
    PictureTurn,
    PictureView,
    PrivacyMask,
    Snapshot,
)
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome
from cameras.rates.models import (
    CameraRecord,
    MonthlyReport,
    PlannedWork,
    WorkCamera,
    WorkReview,
    WorkTerm,
)
from cameras.repairs.models import (
    RepairOrder,
    RepairOrderCamera,
    RepairPhoto,
    RepairRule,
    RepairStep,
    RoutingRule,
    TeamMember,
)
from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE
from grids.models import Grid

MIN_INTERVAL_S = 5
MAX_INTERVAL_S = 3600
__all__ = [
    "Camera",
    "CameraRecord",
    "CameraState",
    "Delivery",
    "DeliveryPlan",
    "MonthlyReport",
    "Notice",
    "Outage",
    "OutageMember",
    "Owner",
    "PictureBaseline",
    "PictureCleanup",
    "PictureExam",
    "PictureRule",
    "PictureTurn",
    "PictureView",
    "PlannedWork",
    "PollerBeat",
    "PrivacyMask",
    "Probe",
    "RepairOrder",
    "RepairOrderCamera",
    "RepairPhoto",
    "RepairRule",
    "RepairStep",
    "RoutingRule",
    "SavedView",
    "Site",
    "Snapshot",
    "StateSpan",
    "Team",
    "TeamMember",
    "Upstream",
    "WorkCamera",
    "WorkReview",
    "WorkTerm",
]
REASONS = [reason.value for reason in Reason]


class Owner(models.Model):
    """The unit that answers for cameras (责任单位)."""

    name = models.CharField(_("name"), max_length=80)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name"], name="one_owner_per_name")]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """The team that repairs cameras (运维班组)."""

    name = models.CharField(_("name"), max_length=80)
    phone = models.CharField(_("phone"), max_length=30, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name"], name="one_team_per_name")]

    def __str__(self) -> str:
        return self.name


class Upstream(models.Model):
    """The recorder or switch behind which cameras stand, and with which they fall."""

    class Kind(models.TextChoices):
        RECORDER = "recorder", _("Recorder")
        SWITCH = "switch", _("Switch")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=80)
    address = models.CharField(_("network address"), max_length=80, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_upstream_per_name"),
            models.CheckConstraint(
                name="upstream_is_of_a_known_kind", condition=Q(kind__in=["recorder", "switch"])
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Credential(models.Model):
    """A login that many cameras share, under a name (登录凭据组); one without a user name says that
    its cameras want none.

    The password is sealed as that of a camera is, and never shown again.
    """

    name = models.CharField(_("name"), max_length=60)
    username = models.CharField(_("user name"), max_length=80, blank=True)
    sealed_password = models.BinaryField(null=True, blank=True)
    allow_plain = models.BooleanField(_("may send the password readable"), default=False)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_credential_per_name"),
            models.CheckConstraint(
                name="credential_login_is_whole_or_absent",
                condition=Q(username="", sealed_password=None)
                | (~Q(username="") & Q(sealed_password__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Camera(models.Model):
    """A device in the registry: where it stands, where it is reached, and whose it is.

    scope_code: the code of its grid, or of the smallest division it is known to lie in; decides who
    may see it.  It logs in with its group's login, or one of its own, or not at all; a login is
    sealed with a key that is not in the database (`gis_server.vault`).
    direction_deg: where it looks, clockwise from north.  gb_id: see `cameras.gb28181`.  make,
    model, firmware, serial and profiles: what the device said of itself when it was last read.
    """

    class Priority(models.TextChoices):
        # The classes of 发改高技〔2015〕996号.
        KEY_AREA = "key_area", _("Key public area")
        KEY_INDUSTRY = "key_industry", _("Key industry")
        ORDINARY = "ordinary", _("Ordinary")

    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    point = models.PointField(_("position"), srid=WGS84)
    address_text = models.CharField(_("address"), max_length=200, blank=True)
    grid = models.ForeignKey(Grid, models.PROTECT, null=True, blank=True, related_name="cameras")
    scope_code = models.CharField(_("territory"), max_length=LONGEST_CODE)
    host = models.CharField(_("host"), max_length=253)
    port = models.PositiveIntegerField(_("RTSP port"), default=554)
    path = models.CharField(_("stream path"), max_length=300, default="/")
    username = models.CharField(_("user name"), max_length=80, blank=True)
    sealed_password = models.BinaryField(null=True, blank=True)
    allow_plain_login = models.BooleanField(_("may send the password readable"), default=False)
    priority = models.CharField(
        _("priority"), max_length=12, choices=Priority.choices, default=Priority.ORDINARY
    )
    owner = models.ForeignKey(Owner, models.PROTECT, related_name="cameras")
    team = models.ForeignKey(Team, models.PROTECT, related_name="cameras")
    upstream = models.ForeignKey(
        Upstream, models.PROTECT, null=True, blank=True, related_name="cameras"
    )
    site = models.ForeignKey(
        Site, models.PROTECT, db_default=MainSite(), related_name="cameras", verbose_name=_("site")
    )
    interval_s = models.PositiveIntegerField(_("probe interval (s)"), null=True, blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    has_video = models.BooleanField(_("sends pictures"), default=True)
    credential = models.ForeignKey(
        Credential, models.PROTECT, null=True, blank=True, related_name="cameras"
    )
    pole = models.CharField(_("pole"), max_length=40, blank=True)
    direction_deg = models.PositiveSmallIntegerField(_("direction (°)"), null=True, blank=True)
    view_angle_deg = models.PositiveSmallIntegerField(_("angle of view (°)"), null=True, blank=True)
    gb_id = models.CharField(_("GB/T 28181 id"), max_length=20, null=True, blank=True)
    onvif_port = models.PositiveIntegerField(_("ONVIF port"), null=True, blank=True)
    tls = models.BooleanField(_("encrypted (TLS)"), default=False)
    snapshot_path = models.CharField(_("snapshot path"), max_length=300, blank=True)
    make = models.CharField(_("make"), max_length=60, blank=True)
    model = models.CharField(_("model"), max_length=60, blank=True)
    firmware = models.CharField(_("firmware"), max_length=80, blank=True)
    serial = models.CharField(_("serial number"), max_length=80, blank=True)
    profiles = models.JSONField(default=list, blank=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["code"]
        indexes = [
            models.Index(fields=["scope_code"], name="camera_by_territory"),
            # Byte by byte, so that the addresses of a network lie together.
            models.Index(fields=["host"], name="camera_by_host", opclasses=["varchar_pattern_ops"]),
            models.Index(
                fields=["interval_s"],
                condition=Q(interval_s__isnull=False),
                name="camera_by_own_interval",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="one_camera_per_code"),
            models.CheckConstraint(
                name="camera_port_is_a_port", condition=Q(port__gte=1, port__lte=65535)
            ),
            models.CheckConstraint(
                name="camera_interval_is_5_to_3600_s",
                condition=Q(interval_s=None)
                | Q(interval_s__gte=MIN_INTERVAL_S, interval_s__lte=MAX_INTERVAL_S),
            ),
            models.CheckConstraint(
                name="camera_login_is_whole_or_absent",
                condition=Q(username="", sealed_password=None)
                | (~Q(username="") & Q(sealed_password__isnull=False)),
            ),
            models.CheckConstraint(
                name="camera_territory_is_a_code", condition=Q(scope_code__regex=r"^[0-9]{2,19}$")
            ),
            models.CheckConstraint(
                name="camera_priority_is_known",
                condition=Q(priority__in=["key_area", "key_industry", "ordinary"]),
            ),
            models.UniqueConstraint(fields=["gb_id"], name="one_camera_per_gb_id"),
            models.CheckConstraint(
                name="camera_gb_id_is_20_digits",
                condition=Q(gb_id=None) | Q(gb_id__regex=r"^[0-9]{20}$"),
            ),
            models.CheckConstraint(
                name="camera_has_one_login_at_most", condition=Q(credential=None) | Q(username="")
            ),
            models.CheckConstraint(
                name="camera_direction_is_0_to_359_degrees",
                condition=Q(direction_deg=None) | Q(direction_deg__lte=359),
            ),
            models.CheckConstraint(
                name="camera_view_angle_is_1_to_360_degrees",
                condition=Q(view_angle_deg=None)
                | Q(view_angle_deg__gte=1, view_angle_deg__lte=360),
            ),
            models.CheckConstraint(
                name="camera_onvif_port_is_a_port",
                condition=Q(onvif_port=None) | Q(onvif_port__gte=1, onvif_port__lte=65535),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CameraState(models.Model):
    """What is known of a camera now, and which poller asks it next.

    state, since, reason, detail, streaks, history, unstable: a `cameras.health.Health`.
    `due_at` is when it is to be asked; while a poller asks, it holds a lease, which runs out if the
    poller dies.
    kept_at: when a result was last kept as a `Probe`; not each of them is.
    clock_asked_at, device_asked_at: when these questions were last asked.  clock_offset_s: the
    device's clock less ours, when it was last told; clock_fault: how far it is off, if that is a
    fault.  picture_fault, picture_detail: the reason that two pictures in a row gave.
    failed_logins, failed_login_at: refusals of the present login (`cameras.probe.budget`).
    """

    camera = models.OneToOneField(Camera, models.CASCADE, primary_key=True, related_name="state")
    state = models.CharField(max_length=10, default=State.UNKNOWN.value)
    since = models.DateTimeField()
    reason = models.CharField(max_length=20, default=Reason.NOT_ASKED.value)
    detail = models.CharField(max_length=200, blank=True)
    last_probe_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=80, blank=True)
    streak_ok = models.PositiveIntegerField(default=0)
    streak_bad = models.PositiveIntegerField(default=0)
    history = models.PositiveIntegerField(default=0)
    unstable = models.BooleanField(default=False)
    failed_logins = models.PositiveSmallIntegerField(default=0)
    failed_login_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True)
    clock_asked_at = models.DateTimeField(null=True)
    device_asked_at = models.DateTimeField(null=True)
    clock_offset_s = models.FloatField(null=True)
    clock_fault = models.CharField(max_length=200, blank=True)
    picture_fault = models.CharField(max_length=20, blank=True)
    picture_detail = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="camera_state_by_due"),
            models.Index(fields=["state", "-since", "camera"], name="camera_state_by_state"),
            models.Index(
                fields=["camera"],
                condition=Q(streak_bad__gt=0, state__in=[State.ONLINE.value, State.DEGRADED.value]),
                name="camera_state_in_doubt",
            ),
            models.Index(
                fields=["camera"],
                condition=Q(state=State.UNKNOWN.value, detail=IN_DOUBT),
                name="camera_state_many_at_once",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="camera_state_is_known",
                condition=Q(state__in=[state.value for state in State]),
            ),
            models.CheckConstraint(
                name="camera_state_reason_is_listed", condition=Q(reason__in=REASONS)
            ),
            models.CheckConstraint(
                name="camera_picture_fault_is_listed", condition=Q(picture_fault__in=["", *REASONS])
            ),
            models.CheckConstraint(
                name="camera_streaks_exclude_each_other",
                condition=Q(streak_ok=0) | Q(streak_bad=0),
            ),
            models.CheckConstraint(
                name="camera_lease_has_a_holder_and_an_end",
                condition=Q(leased_by="", lease_until=None)
                | (~Q(leased_by="") & Q(lease_until__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.state} ({self.reason})"


class LoginBook(models.Model):
    """What a login came to at a device, all its cameras together: see `cameras.probe.budget.Book`.

    login: a fingerprint of name and password at this device, so that another password starts a book
    of its own.  Empty in the device's own row, which alone has `failed`, `failed_at` (of whichever
    login) and `trying_until`: while one camera tries a login, the others wait.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    host = models.CharField(max_length=253)
    login = models.CharField(max_length=64)
    failed = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    refused = models.PositiveSmallIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True)
    onvif_refused_at = models.DateTimeField(null=True)
    trying_until = models.DateTimeField(null=True)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "host", "login"], name="one_book_per_login_at_a_device"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host}: {self.failed} refused"


class Probe(models.Model):
    """One check of one camera: the verdict and the ladder that led to it.

    steps: a list of `cameras.probe.result.Rung`.
    """

    camera = models.ForeignKey(Camera, models.CASCADE, related_name="probes")
    at = models.DateTimeField()
    reason = models.CharField(max_length=20)
    detail = models.CharField(max_length=200, blank=True)
    took_ms = models.FloatField()
    steps = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["camera", "-id"], name="probe_newest_first")]
        constraints = [
            models.CheckConstraint(name="probe_reason_is_listed", condition=Q(reason__in=REASONS)),
            models.CheckConstraint(
                name="probe_takes_no_negative_time", condition=Q(took_ms__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.at:%H:%M:%S} {self.reason}"


class LiveTest(models.Model):
    """A live test that somebody ran from a form: who asks how often, and what became of a login.

    Nothing of the answer is kept.  login: a `cameras.probe.result.LoginOutcome`.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    host = models.CharField(max_length=253)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    login = models.CharField(max_length=10, default=LoginOutcome.NOT_SENT.value)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["-begun_at"], name="live_test_newest_first")]
        constraints = [
            models.CheckConstraint(
                name="live_test_login_is_listed",
                condition=Q(login__in=[outcome.value for outcome in LoginOutcome]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.host} {self.begun_at:%H:%M:%S}"
