"""Territory as it is stored: divisions, grids with dated shapes, places, and who looks after what.

The rules stand as constraints in the database, under names that say them.
"""

from datetime import date
from typing import Any

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis_server.geo import WEB_MERCATOR, WGS84
from grids.codes import DIVISION_PATTERN, GRID_PATTERN

# The default validity: from the first recorded day on, with no end.
SINCE_FIRST_DAY = DateRange(date(2026, 1, 1), None)


def clean_shape(field: str) -> Q:
    """The rule that a geometry, where there is one, is valid and not empty."""
    return Q(**{f"{field}__isvalid": True, f"{field}__isempty": False})


def one_of(field: str, choices: type[models.TextChoices]) -> Q:
    """The rule that a column holds one of the known words."""
    return Q(**{f"{field}__in": choices.values})


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
    """One node of the administrative tree above grids; `shape` is the union of what lies below."""

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


class GridKind(models.TextChoices):
    BASIC = "basic", _("Basic grid")
    SPECIAL = "special", _("Special grid")


class Grid(models.Model):
    """The smallest piece of governed territory; it outlives the shapes it has had."""

    code = models.CharField(_("code"), max_length=15, unique=True)
    name = models.CharField(_("name"), max_length=80)
    community = models.ForeignKey(Division, models.PROTECT, related_name="grids")
    kind = models.CharField(
        _("kind"), max_length=10, choices=GridKind.choices, default=GridKind.BASIC
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="grid_code_is_15_digits", condition=Q(code__regex=GRID_PATTERN)
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


class StreetKind(models.TextChoices):
    MAIN = "main", _("Main road")
    SECONDARY = "secondary", _("Secondary road")
    LANE = "lane", _("Lane")
    COUNTRY = "country", _("Country road")


class Street(models.Model):
    """A street as a line; not the administrative street, which is a Division."""

    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=StreetKind.choices)
    line = models.MultiLineStringField(srid=WGS84)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                name="street_kind_is_known", condition=one_of("kind", StreetKind)
            ),
            models.CheckConstraint(
                name="street_line_is_not_empty", condition=Q(line__isempty=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Building(models.Model):
    """A building with the number of households in it; never who they are."""

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="buildings")
    name = models.CharField(_("name"), max_length=80)
    address = models.CharField(_("address"), max_length=120)
    point = models.PointField(srid=WGS84)
    households = models.PositiveIntegerField(_("households"))
    floors = models.PositiveSmallIntegerField(_("floors"))

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="building_has_1_to_200_floors", condition=Q(floors__gte=1, floors__lte=200)
            )
        ]

    def __str__(self) -> str:
        return self.name


class ShopKind(models.TextChoices):
    FOOD = "food", _("Restaurant")
    GROCERY = "grocery", _("Groceries")
    CLOTHES = "clothes", _("Clothes")
    HEALTH = "health", _("Pharmacy or practice")
    BEAUTY = "beauty", _("Hair and beauty")
    REPAIR = "repair", _("Hardware and repair")
    EDUCATION = "education", _("Books and childcare")
    LEISURE = "leisure", _("Leisure")
    HOTEL = "hotel", _("Hotel")


class Shop(models.Model):
    """A shop or other small business."""

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="shops")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=ShopKind.choices)
    point = models.PointField(srid=WGS84)
    open = models.BooleanField(_("open"), default=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="shop_kind_is_known", condition=one_of("kind", ShopKind))
        ]

    def __str__(self) -> str:
        return self.name


class ServiceKind(models.TextChoices):
    MEDIATION = "mediation", _("Mediation room")
    POLICE = "police", _("Police room")
    LEGAL_CLINIC = "legal_clinic", _("Legal clinic")
    COUNSELLING = "counselling", _("Counselling room")
    SERVICE_CENTRE = "service_centre", _("Community service centre")
    HEALTH_STATION = "health_station", _("Health station")
    ELDERLY_CARE = "elderly_care", _("Day care for the elderly")


class ServicePoint(models.Model):
    """A place where people find help."""

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="service_points")
    kind = models.CharField(_("kind"), max_length=15, choices=ServiceKind.choices)
    name = models.CharField(_("name"), max_length=80)
    point = models.PointField(srid=WGS84)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="service_point_kind_is_known", condition=one_of("kind", ServiceKind)
            )
        ]

    def __str__(self) -> str:
        return self.name


class StaffRole(models.TextChoices):
    CHIEF = "chief", _("Head grid chief")
    WORKER = "worker", _("Grid worker")
    ASSISTANT = "assistant", _("Assistant")


class GridWorker(models.Model):
    """A member of the grid staff; `role` is what they were appointed as."""

    number = models.CharField(_("staff number"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=40)
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

    A grid that nobody holds as `worker` on a day is vacant on it.
    """

    worker = models.ForeignKey(GridWorker, models.CASCADE, related_name="assignments")
    grid = models.ForeignKey(Grid, models.CASCADE, related_name="assignments")
    role = models.CharField(_("role"), max_length=10, choices=StaffRole.choices)
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
                name="assignment_role_is_known", condition=one_of("role", StaffRole)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker_id} {self.role} {self.grid_id}"
