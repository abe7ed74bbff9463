"""Positions of people on duty, and the devices that send them."""

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE
from patrols.models.posts import Duty, Member

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
