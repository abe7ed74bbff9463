"""Grids, the shapes they have had, and what they were called when."""

from typing import Any

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_server.geo import WEB_MERCATOR, WGS84
from gis_server.models import LONGEST_CODE
from grids.codes import GRID_PATTERN
from grids.models.divisions import Division
from grids.models.rules import SINCE_FIRST_DAY, clean_shape, one_of


class GridKind(models.TextChoices):
    BASIC = "basic", _("Basic grid")
    SPECIAL = "special", _("Special grid")


class Grid(models.Model):
    """The smallest piece of governed territory; it outlives the shapes and codes it has had.

    parent: the grid that this one is a part of, for grids within grids; None for most.
    gone_on: the first day on which it is no more; None for those that there are.
    """

    code = models.CharField(_("code"), max_length=LONGEST_CODE, unique=True)
    name = models.CharField(_("name"), max_length=80)
    community = models.ForeignKey(Division, models.PROTECT, related_name="grids")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    kind = models.CharField(
        _("kind"), max_length=10, choices=GridKind.choices, default=GridKind.BASIC
    )
    gone_on = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="grid_code_is_15_to_19_digits", condition=Q(code__regex=GRID_PATTERN)
            ),
            models.CheckConstraint(
                name="grid_is_not_part_of_itself",
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
            ),
            models.CheckConstraint(name="grid_kind_is_known", condition=one_of("kind", GridKind)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class GridShape(models.Model):
    """What a grid covered over a range of days; lower day included, upper excluded."""

    grid = models.ForeignKey(Grid, models.CASCADE, related_name="shapes")
    valid: Any = DateRangeField(default=SINCE_FIRST_DAY)
    shape = models.PolygonField(srid=WGS84)
    shape_3857 = models.PolygonField(srid=WEB_MERCATOR)

    class Meta:
        ordering = ["grid_id", "valid"]
        constraints = [
            ExclusionConstraint(
                name="one_shape_per_grid_and_day",
                expressions=[("grid", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                name="grid_shape_is_valid_for_some_day", condition=Q(valid__isempty=False)
            ),
            models.CheckConstraint(
                name="grid_shape_is_valid_and_not_empty", condition=clean_shape("shape")
            ),
            models.CheckConstraint(
                name="grid_shape_3857_is_valid_and_not_empty", condition=clean_shape("shape_3857")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grid_id} {self.valid}"


class GridDesignation(models.Model):
    """The code and name that a grid went by over a range of days; see `DivisionDesignation`."""

    grid = models.ForeignKey(Grid, models.CASCADE, related_name="designations")
    code = models.CharField(_("code"), max_length=LONGEST_CODE)
    name = models.CharField(_("name"), max_length=80)
    valid: Any = DateRangeField(default=SINCE_FIRST_DAY)

    class Meta:
        ordering = ["grid_id", "valid"]
        constraints = [
            ExclusionConstraint(
                name="one_designation_per_grid_and_day",
                expressions=[("grid", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            ),
            ExclusionConstraint(
                name="one_grid_per_code_and_day",
                expressions=[("code", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                name="grid_designation_is_valid_for_some_day", condition=Q(valid__isempty=False)
            ),
            models.CheckConstraint(
                name="grid_designation_code_is_15_to_19_digits",
                condition=Q(code__regex=GRID_PATTERN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code} {self.valid}"
