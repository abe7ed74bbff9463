"""Divisions: the administrative tree above grids, and what its nodes were called when."""

from typing import Any

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_server.geo import WEB_MERCATOR, WGS84
from grids.codes import DIVISION_PATTERN
from grids.models.rules import SINCE_FIRST_DAY, clean_shape, one_of


class Level(models.TextChoices):
    PROVINCE = "province", _("Province")
    CITY = "city", _("City")
    DISTRICT = "district", _("District")
    STREET = "street", _("Street or town")
    COMMUNITY = "community", _("Community or village")


class DivisionKind(models.TextChoices):
    PROVINCE = "province", _("Province")
    CITY = "city", _("City")
    DISTRICT = "district", _("District")
    STREET_OFFICE = "street_office", _("Street")
    TOWN = "town", _("Town")
    TOWNSHIP = "township", _("Township")
    COMMUNITY = "community", _("Community")
    VILLAGE = "village", _("Village")


class Division(models.Model):
    """One node of the administrative tree above grids; `shape` is what the grids below divide.

    The id never changes; code and name are those of today, and `designations` has all there were.
    """

    code = models.CharField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=80)
    level = models.CharField(_("level"), max_length=10, choices=Level.choices)
    kind = models.CharField(_("kind"), max_length=15, choices=DivisionKind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    # False: made up for the demonstration, in no public list.
    official = models.BooleanField(_("official"), default=True)
    shape = models.MultiPolygonField(srid=WGS84, null=True, blank=True)
    shape_3857 = models.MultiPolygonField(srid=WEB_MERCATOR, null=True, blank=True)
    # True: nobody stated the outline, it is the union of the grids and follows them.
    shape_is_union = models.BooleanField(default=False, db_default=False)
    label = models.PointField(srid=WGS84, null=True, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="division_code_is_12_digits", condition=Q(code__regex=DIVISION_PATTERN)
            ),
            models.CheckConstraint(
                name="division_level_is_known", condition=one_of("level", Level)
            ),
            models.CheckConstraint(
                name="division_kind_is_known", condition=one_of("kind", DivisionKind)
            ),
            models.CheckConstraint(
                name="division_is_not_its_own_parent",
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
            ),
            models.CheckConstraint(
                name="streets_and_communities_have_a_parent",
                condition=~Q(level__in=[Level.STREET, Level.COMMUNITY]) | Q(parent__isnull=False),
            ),
            models.CheckConstraint(
                name="division_shape_is_valid_and_not_empty",
                condition=Q(shape__isnull=True) | clean_shape("shape"),
            ),
            models.CheckConstraint(
                name="division_has_both_shapes_or_none",
                condition=Q(shape__isnull=True, shape_3857__isnull=True)
                | Q(shape__isnull=False, shape_3857__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class DivisionDesignation(models.Model):
    """The code and name that a division went by over a range of days.

    A code is taken over by another division at most after its last day, so a code and a day name
    one division at most.
    """

    division = models.ForeignKey(Division, models.CASCADE, related_name="designations")
    code = models.CharField(_("code"), max_length=12)
    name = models.CharField(_("name"), max_length=80)
    valid: Any = DateRangeField(default=SINCE_FIRST_DAY)

    class Meta:
        ordering = ["division_id", "valid"]
        constraints = [
            ExclusionConstraint(
                name="one_designation_per_division_and_day",
                expressions=[
                    ("division", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="one_division_per_code_and_day",
                expressions=[("code", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                name="division_designation_is_valid_for_some_day", condition=Q(valid__isempty=False)
            ),
            models.CheckConstraint(
                name="division_designation_code_is_12_digits",
                condition=Q(code__regex=DIVISION_PATTERN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code} {self.valid}"
