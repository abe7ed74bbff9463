"""视频巡查: lists of cameras that somebody walks in front of the screen, and what that has seen."""

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cameras.models import Camera
from events.models.columns import one_of, user
from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE

MOST_CAMERAS = 500


class VideoRound(models.Model):
    """A named list of cameras in the order in which they are looked at.

    scope_code: digits of the area whose round it is, which decides who may see it.  area: where
    given, all cameras in it that send pictures, whatever is entered later; else those of `places`.
    """

    name = models.CharField(_("name"), max_length=60)
    scope_code = models.CharField(_("territory"), max_length=LONGEST_CODE)
    area = models.CharField(max_length=LONGEST_CODE, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)
    made_by = user()
    made_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["scope_code", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope_code", "name"], name="one_video_round_per_area_and_name"
            ),
            models.CheckConstraint(
                name="video_round_territory_is_a_code",
                condition=Q(scope_code__regex=r"^[0-9]{6,19}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RoundPlace(models.Model):
    """A camera in a round that was made by hand."""

    round = models.ForeignKey(VideoRound, models.CASCADE, related_name="places")
    camera = models.ForeignKey(Camera, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["round_id", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["round", "camera"], name="one_place_per_round_camera")
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.position}"


class Walk(models.Model):
    """One operator goes through a round; who is named to whoever may do rounds there.

    total: cameras that were to be looked at when it began.  ended_at: None while it goes on; the
    same operator resumes it.
    """

    round = models.ForeignKey(VideoRound, models.PROTECT, related_name="walks")
    by = user()
    who = models.CharField(max_length=150)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    total = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["-begun_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "by"],
                condition=Q(ended_at=None),
                name="one_open_walk_per_round_and_person",
            ),
            models.CheckConstraint(
                name="walk_ends_after_it_begins",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("begun_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.begun_at}"


class Result(models.TextChoices):
    """LOOKED: a fresh picture was looked at.  UNCLEAR: there is one, but nothing can be told from
    it.  DARK: there is none to be had.
    """

    LOOKED = "looked", pgettext_lazy("video round", "Looked at")
    UNCLEAR = "unclear", pgettext_lazy("video round", "Cannot see")
    DARK = "dark", pgettext_lazy("video round", "Dark")


class Look(models.Model):
    """What a walk says of a camera; its last word counts.  snapshot_id: of the picture shown."""

    walk = models.ForeignKey(Walk, models.CASCADE, related_name="looks")
    camera = models.ForeignKey(Camera, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    result = models.CharField(max_length=7, choices=Result.choices)
    snapshot_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["walk_id", "at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["walk", "camera"], name="one_look_per_walk_and_camera"),
            models.CheckConstraint(name="look_result_is_known", condition=one_of("result", Result)),
            models.CheckConstraint(
                name="what_was_looked_at_has_a_picture",
                condition=~Q(result=Result.LOOKED.value) | Q(snapshot_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.walk_id} {self.camera_id} {self.result}"


class VideoSeen(models.Model):
    """A place was seen by video: when and by which camera, never by whom.  Kept apart from what
    people on foot have seen.

    at: when the picture was taken that somebody looked at.  shape: what the camera sees of the
    ground (`cameras.viewing`), as it was entered then.
    """

    camera = models.ForeignKey(Camera, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    shape = models.PolygonField(srid=WGS84)
    scope_code = models.CharField(max_length=LONGEST_CODE)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["camera", "-at"], name="video_seen_by_camera")]
        constraints = [
            models.UniqueConstraint(fields=["camera", "at"], name="one_video_seen_per_picture")
        ]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.at}"
