"""What is stored of the fleet as a whole: the sites from which it is asked, and its outages.

Named by `cameras.models`, which is where others import it from.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from cameras.grouping import Kind, Thing
from cameras.health import State
from cameras.probe.reason import Reason

REASONS = [reason.value for reason in Reason]
MAIN_SITE = "main"
MAX_CANARIES = 16


class MainSite(Func):
    """The id of the site that cameras belong to unless told otherwise; made where it is missing."""

    function = "cameras_main_site"
    arity = 0
    output_field = models.BigIntegerField()


class Site(models.Model):
    """A part of the network that is asked from within: its cameras, and where they may be.

    networks: CIDRs inside `PROBE_NETWORKS`, none meaning all of these; ports: none meaning any.
    canaries: "host:port" of things that are always up (the gateway, a server, a camera that never
    sleeps).  A poller that cannot reach most of them doubts itself and condemns no camera.
    lost_share_pct: when more of what was online fails at once and nothing that the cameras share
    explains it, the poller doubts itself too.
    bounds_at: when networks or ports were last changed; a poller that was started before does not
    know of it.
    """

    name = models.SlugField(_("name"), max_length=40)
    networks = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    ports = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    canaries = ArrayField(models.CharField(max_length=260), default=list, blank=True)
    lost_share_pct = models.PositiveSmallIntegerField(default=30, db_default=30)
    bounds_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_site_per_name"),
            models.CheckConstraint(
                name="site_lost_share_is_1_to_100_pct",
                condition=Q(lost_share_pct__gte=1, lost_share_pct__lte=100),
            ),
            models.CheckConstraint(
                name="site_has_at_most_16_canaries", condition=Q(canaries__len__lte=MAX_CANARIES)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Outage(models.Model):
    """An interval in which a camera was down, or several that one fault took down.

    `reason` is what was found when it began.  suspect_kind, suspect_name: what the cameras share
    and which therefore is suspected (`cameras.grouping`), empty for one that fell alone; `also` are
    others that would explain the same.  suspect_site: where the name is an address, the site at
    which it is that.  told_at: when browsers were told; an outage is told once it
    is settled whether it is one of a group.  It stays open while cameras are unknown: only good
    answers end it.
    """

    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=20)
    suspect_kind = models.CharField(max_length=10, blank=True)
    suspect_name = models.CharField(max_length=253, blank=True)
    suspect_site = models.ForeignKey(
        "cameras.Site", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    also = models.JSONField(default=list)
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="outage_newest_first"),
            models.Index(fields=["id"], condition=Q(closed_at=None), name="outage_open"),
            models.Index(
                fields=["closed_at"],
                condition=Q(closed_at__isnull=False, told_at__isnull=False),
                name="outage_over",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="outage_closes_after_it_opens",
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")),
            ),
            models.CheckConstraint(name="outage_reason_is_listed", condition=Q(reason__in=REASONS)),
            models.CheckConstraint(
                name="outage_suspect_has_kind_and_name_or_neither",
                condition=Q(suspect_kind="", suspect_name="")
                | (Q(suspect_kind__in=[kind.value for kind in Kind]) & ~Q(suspect_name="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opened_at:%m-%d %H:%M} {self.reason} {self.suspect_name}".rstrip()

    @property
    def suspect(self) -> Thing:
        """The thing that several cameras fell with, where they did."""
        return Thing(Kind(self.suspect_kind), self.suspect_name, self.suspect_site_id or 0)


class OutageMember(models.Model):
    """A camera's part in an outage.  `reason` is what was found when it fell."""

    outage = models.ForeignKey(Outage, models.CASCADE, related_name="members")
    camera = models.ForeignKey("cameras.Camera", models.CASCADE, related_name="outages")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=20)

    class Meta:
        ordering = ["-joined_at", "-id"]
        indexes = [models.Index(fields=["camera", "-joined_at"], name="outage_of_camera")]
        constraints = [
            models.UniqueConstraint(
                fields=["camera"], condition=Q(left_at=None), name="one_open_outage_per_camera"
            ),
            models.CheckConstraint(
                name="outage_is_left_after_it_is_joined",
                condition=Q(left_at=None) | Q(left_at__gte=F("joined_at")),
            ),
            models.CheckConstraint(
                name="outage_member_reason_is_listed", condition=Q(reason__in=REASONS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.joined_at:%m-%d %H:%M} {self.reason}"


class PollerBeat(models.Model):
    """A poller's sign of life, and what it thinks of itself; or that of a process for pictures.

    asked: cameras asked since it started.  lag_ms: how late its own clockwork was of late.
    """

    class Kind(models.TextChoices):
        POLLER = "poller", _("Poller")
        PICTURES = "pictures", _("Picture process")

    name = models.CharField(max_length=80, primary_key=True)
    kind = models.CharField(
        max_length=8, choices=Kind.choices, default=Kind.POLLER, db_default=Kind.POLLER
    )
    site = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    in_flight = models.PositiveIntegerField(default=0)
    asked = models.PositiveBigIntegerField(default=0)
    lag_ms = models.PositiveIntegerField(default=0)
    canaries_up = models.PositiveSmallIntegerField(default=0)
    canaries = models.PositiveSmallIntegerField(default=0)
    suspects_itself = models.BooleanField(default=False)
    loses_packets = models.BooleanField(default=False, db_default=False)
    version = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["site", "name"]
        indexes = [models.Index(fields=["seen_at"], name="poller_beat_by_time")]
        constraints = [
            models.CheckConstraint(
                name="beat_is_of_a_known_kind", condition=Q(kind__in=["poller", "pictures"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.site}) {self.seen_at:%H:%M:%S}"


class Notice(models.Model):
    """The watching itself is in trouble: what is unknown, and why; one message for all cameras."""

    class Kind(models.TextChoices):
        BLIND = "blind", _("The poller cannot reach its canaries")
        MANY_AT_ONCE = "many_at_once", _("Too many cameras failed at once")
        LOSSY_LINE = "lossy_line", _("Packets are lost on the way to the cameras")
        NOT_ASKED = "not_asked", _("Nobody asks the cameras of this site")
        NO_STORE = "no_store", _("Pictures cannot be stored")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    site = models.CharField(max_length=40)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "site"],
                condition=Q(closed_at=None),
                name="one_open_notice_per_kind_and_site",
            ),
            models.CheckConstraint(
                name="notice_closes_after_it_opens",
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")),
            ),
            models.CheckConstraint(
                name="notice_is_of_a_known_kind",
                condition=Q(
                    kind__in=["blind", "many_at_once", "lossy_line", "not_asked", "no_store"]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.kind} {self.opened_at:%m-%d %H:%M}"


class StateSpan(models.Model):
    """From when on a camera was in a state: only ever inserted, so that rates can be computed anew.

    A span ends where the camera's next one begins.
    """

    camera = models.ForeignKey("cameras.Camera", models.CASCADE, related_name="spans")
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=20)
    since = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["camera", "since", "id"], name="span_of_camera")]
        constraints = [
            models.CheckConstraint(
                name="span_state_is_known", condition=Q(state__in=[state.value for state in State])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.state} {self.since:%m-%d %H:%M}"
