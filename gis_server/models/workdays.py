"""Working days."""

from django.conf import settings
from django.db import models


class CalendarDay(models.Model):
    """A day that is not what its place in the week says: a holiday, or a day worked instead.

    source: where it is from, "" when somebody entered it here.
    """

    day = models.DateField(primary_key=True)
    is_workday = models.BooleanField()
    name = models.CharField(max_length=40)
    source = models.CharField(max_length=80, blank=True)
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
