"""Switches of the control level (防控等级)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from patrols.control import ControlLevel, Switch

MAX_REASON = 200
DISTRICT_DIGITS, STREET_DIGITS = 6, 9


class ControlSwitch(models.Model):
    """A control level for a district or a street; see `patrols.control`.

    Only inserted, the database refuses the rest: what held stays answerable.  Hence who it was is a
    number and a name, which outlive the user.
    area: 6 or 9 digits of a code.  until: None, until it is switched again.
    """

    class Level(models.TextChoices):
        USUAL = ControlLevel.USUAL.value, pgettext_lazy("control level", "Usual")
        THREE = ControlLevel.THREE.value, pgettext_lazy("control level", "Level three")
        TWO = ControlLevel.TWO.value, pgettext_lazy("control level", "Level two")
        ONE = ControlLevel.ONE.value, pgettext_lazy("control level", "Level one")

    area = models.CharField(_("area"), max_length=9)
    level = models.CharField(_("control level"), max_length=5, choices=Level.choices)
    begins = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=MAX_REASON)
    user_id = models.BigIntegerField()
    who = models.CharField(max_length=150)

    class Meta:
        ordering = ["-begins", "-id"]
        indexes = [models.Index(fields=["area", "-begins", "-id"], name="control_by_area")]
        constraints = [
            models.CheckConstraint(
                name="control_area_is_a_district_or_street",
                condition=Q(area__regex=r"^([0-9]{6}|[0-9]{9})$"),
            ),
            models.CheckConstraint(
                name="control_level_is_known",
                condition=Q(level__in=[level.value for level in ControlLevel]),
            ),
            models.CheckConstraint(
                name="control_ends_after_it_begins",
                condition=Q(until=None) | Q(until__gt=F("begins")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.level}"

    def as_switch(self) -> Switch:
        return Switch(self.area, ControlLevel(self.level), self.begins, self.until, self.pk)
