"""Points of volunteers, which an administrator may switch on."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MOST_PER_HOUR = 100


class PointsRule(models.Model):
    """Whether hours of service bring points, and how many: one row.

    They are told to the person and to whoever plans that person's duties, one at a time; there is
    no table of them.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    is_on = models.BooleanField(_("Volunteers get points"), default=False)
    points_per_hour = models.DecimalField(
        _("points an hour"), max_digits=5, decimal_places=2, default=Decimal(1)
    )
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(name="there_is_one_rule_of_points", condition=Q(id=1)),
            models.CheckConstraint(
                name="points_an_hour_are_0_to_100",
                condition=Q(points_per_hour__gte=0, points_per_hour__lte=MOST_PER_HOUR),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.is_on} {self.points_per_hour}"
