"""Positions of people on duty, and the devices that send them."""

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE, User
from patrols.models.posts import Duty, Member

MAX_REASON = 200
NO_DEVICE = 0
"""In a fix: sent by the phone page, or from a file."""


class Device(models.Model):
    """A phone app that sends positions for a member; it shows a token, of which a hash is kept.

    token_hash: SHA-256 of the token in force, in hex.  hint: its last characters, to tell one from
    another.  rotated_at: since when that token counts.  last_refusal: why what it sent last was not
    taken, empty after something was.
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="devices")
    name = models.CharField(_("name"), max_length=40)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    made_at = models.DateTimeField()
    rotated_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_heard_at = models.DateTimeField(null=True, blank=True)
    last_refusal = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["member_id", "id"]

    def __str__(self) -> str:
        return f"{self.name} …{self.hint}"


class How(models.IntegerChoices):
    """How a fix came."""

    DEVICE = 1, _("phone app")
    PAGE = 2, _("phone page")
    FILE = 3, _("file")


class Fix(models.Model):
    """定位点: one position of a member on duty, as it was sent; what of a day is believed is worked
    out by `patrols.track` whenever it is asked.

    The table (migration 0004) is partitioned by the day of `at` in the zone of the settings.  The
    first of one member, time and device stays; repeats change nothing.  lon, lat: degrees, WGS84.
    device_id: NO_DEVICE for those that no device sent.
    """

    pk = models.CompositePrimaryKey("member_id", "at", "device_id")
    member_id = models.IntegerField()
    at = models.DateTimeField()
    device_id = models.IntegerField(default=NO_DEVICE)
    duty_id = models.IntegerField()
    lon = models.FloatField()
    lat = models.FloatField()
    accuracy_m = models.FloatField(null=True)
    speed_ms = models.FloatField(null=True)
    bearing = models.FloatField(null=True)
    battery = models.SmallIntegerField(null=True)
    is_mock = models.BooleanField(default=False)
    how = models.SmallIntegerField(choices=How.choices)
    received_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "patrols_fix"
        ordering = ["member_id", "at", "device_id"]

    def __str__(self) -> str:
        return f"{self.member_id} {self.at}"


class LastPosition(models.Model):
    """Where somebody on duty was last, for the wall; a row per member, written with their fixes.

    scope_code: of the post of the duty, which decides who may see it.
    """

    member = models.OneToOneField(
        Member, models.CASCADE, primary_key=True, related_name="last_position"
    )
    duty = models.ForeignKey(Duty, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    received_at = models.DateTimeField(db_index=True)
    point = models.PointField(srid=WGS84)
    accuracy_m = models.FloatField(null=True)
    speed_ms = models.FloatField(null=True)
    bearing = models.FloatField(null=True)
    battery = models.SmallIntegerField(null=True)
    scope_code = models.CharField(max_length=LONGEST_CODE)

    class Meta:
        ordering = ["member_id"]
        indexes = [models.Index(fields=["scope_code", "received_at"], name="position_by_territory")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.at}"


class StaleTrack(models.Model):
    """The coverage of this duty must be worked out anew from `since` on.

    Whoever takes, drops or disputes fixes marks it in the same transaction, with the earliest
    `since` of all (`patrols.intake.stale.mark`); `manage.py cover` takes it away.
    """

    duty = models.OneToOneField(Duty, models.CASCADE, primary_key=True, related_name="stale_track")
    since = models.DateTimeField()
    marked_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["marked_at", "duty_id"]

    def __str__(self) -> str:
        return f"{self.duty_id} {self.since}"


class Dispute(models.Model):
    """Somebody says of a time of their own track that it is wrong, and somebody else decides.

    From `begin` to before `end`.  is_upheld: None until it is decided; where it is, the fixes of
    that time stay and are shown, but count for nothing.  answer: said to the member.
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="disputes")
    begin = models.DateTimeField()
    end = models.DateTimeField()
    reason = models.CharField(_("reason"), max_length=MAX_REASON)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    is_upheld = models.BooleanField(null=True)
    answer = models.CharField(_("answer"), max_length=MAX_REASON, blank=True, default="")

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["member", "begin"], name="dispute_by_member")]
        constraints = [
            models.CheckConstraint(
                name="dispute_ends_after_it_begins", condition=Q(end__gt=F("begin"))
            ),
            models.CheckConstraint(
                name="dispute_is_decided_at_a_time",
                condition=Q(decided_at=None, is_upheld=None)
                | Q(decided_at__isnull=False, is_upheld__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.begin}"
