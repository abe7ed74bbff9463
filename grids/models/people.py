"""The grid staff, and who of them looks after which grid."""

from typing import Any

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from grids.models.grids import Grid
from grids.models.rules import SINCE_FIRST_DAY, one_of


class StaffRole(models.TextChoices):
    CHIEF = "chief", _("Head grid chief")
    WORKER = "worker", _("Grid worker")
    ASSISTANT = "assistant", _("Assistant")


class GridWorker(models.Model):
    """A member of the grid staff; `role` is what they were appointed as."""

    number = models.CharField(_("staff number"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=40)
    phone = models.CharField(_("phone"), max_length=30, blank=True, default="", db_default="")
    role = models.CharField(_("role"), max_length=10, choices=StaffRole.choices)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                name="grid_worker_role_is_known", condition=one_of("role", StaffRole)
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Assignment(models.Model):
    """Who looks after which grid, as what, over a range of days; many to many.

    A grid that nobody holds as `worker` on a day is vacant on it.  Whoever stands in for somebody
    holds the grid for those days, and says for whom.
    """

    worker = models.ForeignKey(GridWorker, models.CASCADE, related_name="assignments")
    grid = models.ForeignKey(Grid, models.CASCADE, related_name="assignments")
    role = models.CharField(_("role"), max_length=10, choices=StaffRole.choices)
    stands_in_for = models.ForeignKey(
        GridWorker, models.SET_NULL, null=True, blank=True, related_name="stand_ins"
    )
    valid: Any = DateRangeField(default=SINCE_FIRST_DAY)

    class Meta:
        ordering = ["id"]
        constraints = [
            ExclusionConstraint(
                name="one_assignment_per_worker_grid_role_and_day",
                expressions=[
                    ("worker", RangeOperators.EQUAL),
                    ("grid", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="assignment_is_valid_for_some_day", condition=Q(valid__isempty=False)
            ),
            models.CheckConstraint(
                name="nobody_stands_in_for_themselves",
                condition=Q(stands_in_for__isnull=True) | ~Q(stands_in_for=F("worker")),
            ),
            models.CheckConstraint(
                name="assignment_role_is_known", condition=one_of("role", StaffRole)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker_id} {self.role} {self.grid_id}"
