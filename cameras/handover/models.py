"""What is stored of hand-over: the views that people keep, to whom the list is delivered, and each
delivery with what became of it.

Named by `cameras.models`, which is where others import it from.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cameras.handover.delivery_flow import DeliveryState
from cameras.picture_models import is_object

MOST_TRIES = 1000
LONGEST_ERROR = 300


class SavedView(models.Model):
    """A way to look at the offline list that one user keeps under a name.

    filters: a `cameras.handover.line.Filters` as JSON.  is_default: what they see when they come.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=40)
    filters = models.JSONField(default=dict)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="one_view_per_name_of_a_user"),
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="one_default_view_per_user"
            ),
            models.CheckConstraint(
                name="saved_view_filters_are_an_object", condition=is_object("filters")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryPlan(models.Model):
    """To whom the offline list is delivered, how and when.

    made_by: whose reach the list is cut to, as it is when it is sent; with nobody, nothing is.
    sealed_address: the address of a robot or webhook holds what lets anybody send there, so it is
    sealed; so are mail addresses.  shown_address: as much of it as may be read again.
    address_mark: tells the same address again, for the limit of robots.
    sealed_secret: what webhooks are signed with, and 钉钉 robots.
    daily_at, weekdays: by the local clock, 1 for Monday, 8 for working days by the calendar; no
    time: not daily.
    outage_cameras: an outage of at least so many cameras in reach is told at once.
    since: outages and mornings before it are not caught up with.  trouble: why it last could not
    deliver, for reasons of its own.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        WEBHOOK = "webhook", _("Webhook (signed JSON)")
        WECOM = "wecom", _("WeCom group robot")
        DINGTALK = "dingtalk", _("DingTalk group robot")

    name = models.CharField(_("name"), max_length=60)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    sealed_address = models.BinaryField()
    shown_address = models.CharField(max_length=200)
    address_mark = models.CharField(max_length=64)
    sealed_secret = models.BinaryField(null=True, blank=True)
    filters = models.JSONField(default=dict)
    formats = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    daily_at = models.TimeField(null=True, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    outage_cameras = models.PositiveIntegerField(null=True, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    enabled = models.BooleanField(_("enabled"), default=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="delivery_plans"
    )
    since = models.DateTimeField()
    trouble = models.CharField(max_length=LONGEST_ERROR, blank=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_delivery_plan_per_name"),
            models.CheckConstraint(
                name="delivery_channel_is_known",
                condition=Q(channel__in=["email", "webhook", "wecom", "dingtalk"]),
            ),
            models.CheckConstraint(
                name="delivery_formats_are_known",
                condition=Q(formats__contained_by=["xlsx", "csv", "pdf", "geojson", "kml"]),
            ),
            models.CheckConstraint(
                name="delivery_weekdays_are_1_to_8",
                condition=Q(weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7, 8]),
            ),
            models.CheckConstraint(
                name="delivery_of_two_or_more_cameras",
                condition=Q(outage_cameras=None) | Q(outage_cameras__gte=2),
            ),
            models.CheckConstraint(
                name="delivery_filters_are_an_object", condition=is_object("filters")
            ),
            models.CheckConstraint(
                name="webhooks_are_signed",
                condition=~Q(channel="webhook") | Q(sealed_secret__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One list for one plan: what is to be sent, was sent, or could not be.

    key: what it is about, once for each plan: "daily:2026-11-26", "outage:17", "asked:3".
    While a process sends it holds a lease; if that runs out, nobody can say whether the list has
    arrived: it is unclear, and not sent again by itself.
    tried_at: the last attempt.  rows, sha256: of what was sent.  asked_by: who wanted it sent now.
    """

    plan = models.ForeignKey(DeliveryPlan, models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=60)
    state = models.CharField(max_length=8, default=DeliveryState.WAITING.value)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    give_up_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=80, blank=True)
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=LONGEST_ERROR, blank=True)
    rows = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("hand-over", "delivery")
        ordering = ["-made_at", "-id"]
        indexes = [
            models.Index(fields=["plan", "-made_at", "-id"], name="delivery_newest_first"),
            models.Index(
                fields=["next_at", "id"],
                condition=Q(state__in=["waiting", "failed"]),
                name="delivery_due",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="sending"), name="delivery_being_sent"
            ),
            models.Index(fields=["tried_at"], name="delivery_by_attempt"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["plan", "key"], name="one_delivery_per_plan_and_key"),
            models.CheckConstraint(
                name="delivery_state_is_known",
                condition=Q(state__in=[state.value for state in DeliveryState]),
            ),
            models.CheckConstraint(
                name="delivery_has_a_lease_while_it_is_sent",
                condition=Q(state="sending", lease_until__isnull=False) & ~Q(leased_by="")
                | ~Q(state="sending") & Q(lease_until=None, leased_by=""),
            ),
            models.CheckConstraint(
                name="delivery_waits_for_a_time",
                condition=Q(state__in=["waiting", "failed"], next_at__isnull=False)
                | ~Q(state__in=["waiting", "failed"]) & Q(next_at=None),
            ),
            models.CheckConstraint(
                name="delivery_is_sent_at_a_time",
                condition=Q(state="sent", sent_at__isnull=False)
                | ~Q(state="sent") & Q(sent_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.key} {self.state}"
