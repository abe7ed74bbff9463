"""Briefings (日巡查, 周分析, 月研判): kept with their numbers, corrected only by newer versions."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.models.columns import MAX_NOTE, one_of, user
from gis_server.models import LONGEST_CODE


class BriefingKind(models.TextChoices):
    DAY = "day", pgettext_lazy("briefing", "Daily patrol")
    WEEK = "week", pgettext_lazy("briefing", "Weekly analysis")
    MONTH = "month", pgettext_lazy("briefing", "Monthly assessment")


class Briefing(models.Model):
    """What an area's period was like, as it was known when the briefing was made.

    first, last: the days of the period, both of them in it.  scope: the area's prefix of codes.
    version: 1 is the first; a later one corrects it, `changes` says what is different in it and
    `note` why.  made_by: None for the server.  figures: the numbers, as `events.briefings.figures`
    writes them; nothing changes them, and the database refuses who tries.
    """

    kind = models.CharField(_("kind"), max_length=5, choices=BriefingKind.choices)
    first = models.DateField()
    last = models.DateField()
    scope = models.CharField(max_length=LONGEST_CODE)
    version = models.PositiveSmallIntegerField(default=1)
    known_at = models.DateTimeField()
    made_by = user()
    note = models.CharField(max_length=MAX_NOTE, blank=True)
    figures = models.JSONField()
    changes = models.JSONField(default=list)

    class Meta:
        ordering = ["-last", "kind", "scope", "-version"]
        indexes = [models.Index(fields=["scope", "-last"], name="briefing_by_territory")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "first", "scope", "version"],
                name="one_briefing_per_period_area_and_version",
            ),
            models.CheckConstraint(
                name="briefing_kind_is_known", condition=one_of("kind", BriefingKind)
            ),
            models.CheckConstraint(
                name="briefing_ends_after_it_begins", condition=Q(last__gte=F("first"))
            ),
            models.CheckConstraint(
                name="briefing_scope_is_a_code", condition=Q(scope__regex=r"^[0-9]{2,19}$")
            ),
            models.CheckConstraint(name="briefing_has_a_version", condition=Q(version__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first} {self.scope} v{self.version}"
