"""Errands that people on duty are sent on, checkpoints, and who has called at them."""

from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE, User
from patrols.errands.workflow import OPEN_STATES, State
from patrols.models.posts import Duty, Member, Post

MAX_MESSAGE, MAX_ANSWER, MAX_PLACE, MAX_ABOUT = 200, 200, 100, 40
DEFAULT_RADIUS_M, LEAST_RADIUS_M, MOST_RADIUS_M = 30, 5, 200
DEFAULT_DWELL_S, MOST_DWELL_S = 30, 3600


class AboutKind(models.TextChoices):
    """What an errand is about; the thing itself is kept as text, for it may be another app's."""

    PLACE = "place", _("A place")
    CELL = "cell", _("A blind spot")
    STREET = "street", _("A street")
    BUILDING = "building", _("A building")
    CAMERA = "camera", _("A camera")
    EVENT = "event", _("An event")
    CHECKPOINT = "checkpoint", _("A checkpoint")


class ErrandState(models.TextChoices):
    SENT = State.SENT.value, _("Sent")
    SEEN = State.SEEN.value, _("Read")
    ACCEPTED = State.ACCEPTED.value, _("On the way")
    DECLINED = State.DECLINED.value, _("Declined")
    DONE = State.DONE.value, _("Done")
    WITHDRAWN = State.WITHDRAWN.value, _("Withdrawn")


class Errand(models.Model):
    """派单: somebody on duty is sent to a place with a message.

    client_id: what the sender's page calls it, so that a second press sends nobody twice.
    scope_code: of the duty's post, which decides who may see it.  place: in words, where it has
    any.  about: which thing of its kind (an id or a code), empty for a mere place.
    """

    client_id = models.UUIDField(unique=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="errands")
    duty = models.ForeignKey(Duty, models.PROTECT, related_name="errands")
    scope_code = models.CharField(max_length=LONGEST_CODE)
    point = models.PointField(srid=WGS84)
    place = models.CharField(_("place"), max_length=MAX_PLACE, blank=True, default="")
    about_kind = models.CharField(max_length=10, choices=AboutKind.choices, default=AboutKind.PLACE)
    about = models.CharField(max_length=MAX_ABOUT, blank=True, default="")
    message = models.CharField(_("message"), max_length=MAX_MESSAGE)
    state = models.CharField(
        _("state"), max_length=9, choices=ErrandState.choices, default=ErrandState.SENT
    )
    sent_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    sender_name = models.CharField(max_length=150)
    sent_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=MAX_ANSWER, blank=True, default="")
    done_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_name = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["-sent_at", "-id"]
        indexes = [
            models.Index(fields=["-sent_at", "-id"], name="errand_newest_first"),
            models.Index(
                fields=["member", "-sent_at"],
                condition=Q(state__in=sorted(state.value for state in OPEN_STATES)),
                name="errand_open_by_member",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="errand_state_is_known", condition=Q(state__in=[one.value for one in State])
            ),
            models.CheckConstraint(
                name="errand_is_about_something_known",
                condition=Q(about_kind__in=AboutKind.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.sent_at} {self.state}"


class Checkpoint(models.Model):
    """打卡点: where whoever has duty at a post is to call, and stay for a while.

    radius_m, dwell_s: to be no farther than that for so many seconds on end.  secret: what the QR
    code at the place holds; rotating it makes the sheets that hang there worthless.
    """

    post = models.ForeignKey(
        Post, models.PROTECT, related_name="checkpoints", verbose_name=_("post")
    )
    name = models.CharField(_("name"), max_length=60)
    point = models.PointField(_("position"), srid=WGS84)
    radius_m = models.PositiveSmallIntegerField(
        _("radius (m)"),
        default=DEFAULT_RADIUS_M,
        validators=[MinValueValidator(LEAST_RADIUS_M), MaxValueValidator(MOST_RADIUS_M)],
    )
    dwell_s = models.PositiveSmallIntegerField(
        _("stay (s)"), default=DEFAULT_DWELL_S, validators=[MaxValueValidator(MOST_DWELL_S)]
    )
    secret = models.CharField(max_length=32, unique=True)
    rotated_at = models.DateTimeField()
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["post_id", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "name"], name="one_checkpoint_per_post_and_name"
            ),
            models.CheckConstraint(
                name="checkpoint_radius_is_5_to_200_m",
                condition=Q(radius_m__gte=LEAST_RADIUS_M, radius_m__lte=MOST_RADIUS_M),
            ),
            models.CheckConstraint(
                name="checkpoint_stay_is_an_hour_at_most", condition=Q(dwell_s__lte=MOST_DWELL_S)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VisitHow(models.TextChoices):
    TRACK = "track", _("By position")
    QR = "qr", _("By QR code")


class CheckpointVisit(models.Model):
    """Somebody on duty has called at a checkpoint: the first time in a duty, by each way.

    Those by position are worked out from the track, and again whenever that is corrected; those by
    code stay.  at, until: of the first stay that was long enough.  times: how many such stays.
    apart_m: for a code, metres from the checkpoint to the last position at that time, None where
    none was fresh; codes can be photographed.
    """

    checkpoint = models.ForeignKey(Checkpoint, models.CASCADE, related_name="visits")
    duty = models.ForeignKey(Duty, models.CASCADE, related_name="checkpoint_visits")
    how = models.CharField(max_length=5, choices=VisitHow.choices)
    at = models.DateTimeField()
    until = models.DateTimeField()
    times = models.PositiveSmallIntegerField(default=1)
    apart_m = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "duty", "how"],
                name="one_visit_per_checkpoint_duty_and_way",
            ),
            models.CheckConstraint(
                name="visit_ends_after_it_begins", condition=Q(until__gte=F("at"))
            ),
            models.CheckConstraint(name="visit_way_is_known", condition=Q(how__in=VisitHow.values)),
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint_id} {self.duty_id} {self.how}"
