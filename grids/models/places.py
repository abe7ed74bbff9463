"""Streets, and the places inside grids: buildings, shops, service points."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE
from grids.models.grids import Grid
from grids.models.rules import one_of


class StreetKind(models.TextChoices):
    MAIN = "main", _("Main road")
    SECONDARY = "secondary", _("Secondary road")
    LANE = "lane", _("Lane")
    COUNTRY = "country", _("Country road")


class Street(models.Model):
    """A street as a line; not the administrative street, which is a Division."""

    code = models.CharField(_("code"), max_length=40, null=True, blank=True)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=StreetKind.choices)
    line = models.MultiLineStringField(srid=WGS84)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="one_street_per_code"),
            models.CheckConstraint(
                name="street_kind_is_known", condition=one_of("kind", StreetKind)
            ),
            models.CheckConstraint(
                name="street_line_is_not_empty", condition=Q(line__isempty=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """What buildings, shops and service points have in common.

    code: what the district calls it, by which an import finds it again; None where there is none.
    point: None until somebody has placed an address on the map.  grid and scope_code follow the
    point, and are kept by the database (migration 0009): grid is the grid of the point today, None
    outside of all; scope_code is the grid's code, or outside the code of the territory whose
    business it is, which decides who may see it.

    What the database works out itself it need not look up once more for each row: a grid with
    places cannot be deleted (migration 1000), but there is no foreign key, which costs a seventh of
    a publication.
    """

    code = models.CharField(_("code"), max_length=40, null=True, blank=True)
    name = models.CharField(_("name"), max_length=80)
    address = models.CharField(_("address"), max_length=200, blank=True, default="", db_default="")
    point = models.PointField(_("position"), srid=WGS84, null=True, blank=True)
    grid = models.ForeignKey(
        Grid, models.PROTECT, null=True, blank=True, related_name="%(class)ss", editable=False,
        db_constraint=False,
    )  # fmt: skip
    scope_code = models.CharField(_("territory"), max_length=LONGEST_CODE)

    class Meta:
        abstract = True
        ordering = ["id"]
        indexes = [
            models.Index(fields=["scope_code", "id"], name="%(class)s_by_territory"),
            # Few, and counted on many pages: those that nobody has placed in a grid yet.
            models.Index(
                fields=["scope_code", "id"], name="%(class)s_in_no_grid", condition=Q(grid=None)
            ),
        ]
        constraints = [
            # Those that have one: an entry for each that has none is written whenever it moves.
            models.UniqueConstraint(
                fields=["code"], name="one_%(class)s_per_code", condition=Q(code__isnull=False)
            ),
            # The field's length is the upper bound: a counted repetition takes five times as long,
            # and each row that a publication moves is checked.
            models.CheckConstraint(
                name="%(class)s_territory_is_a_code",
                condition=Q(scope_code__regex=r"^[0-9][0-9]+$"),
            ),
            models.CheckConstraint(
                name="%(class)s_has_a_point_or_an_address",
                condition=Q(point__isnull=False) | ~Q(address=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Building(Place):
    """A building with the number of households in it; never who they are."""

    households = models.PositiveIntegerField(_("households"), default=0, db_default=0)
    floors = models.PositiveSmallIntegerField(_("floors"), null=True, blank=True)
    units = models.PositiveSmallIntegerField(_("units"), null=True, blank=True)

    class Meta(Place.Meta):
        constraints = [
            *Place.Meta.constraints,
            models.CheckConstraint(
                name="building_has_1_to_200_floors", condition=Q(floors__gte=1, floors__lte=200)
            ),
            models.CheckConstraint(
                name="building_has_1_to_100_units", condition=Q(units__gte=1, units__lte=100)
            ),
        ]


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
    OTHER = "other", _("Other")


class Shop(Place):
    """A shop or other small business."""

    kind = models.CharField(
        _("kind"), max_length=10, choices=ShopKind.choices, default=ShopKind.OTHER
    )
    open = models.BooleanField(_("open"), default=True)

    class Meta(Place.Meta):
        constraints = [
            *Place.Meta.constraints,
            models.CheckConstraint(name="shop_kind_is_known", condition=one_of("kind", ShopKind)),
        ]


class ServiceKind(models.TextChoices):
    MEDIATION = "mediation", _("Mediation room")
    POLICE = "police", _("Police room")
    LEGAL_CLINIC = "legal_clinic", _("Legal clinic")
    COUNSELLING = "counselling", _("Counselling room")
    SERVICE_CENTRE = "service_centre", _("Community service centre")
    HEALTH_STATION = "health_station", _("Health station")
    ELDERLY_CARE = "elderly_care", _("Day care for the elderly")
    OTHER = "other", _("Other")


class ServicePoint(Place):
    """A place where people find help."""

    kind = models.CharField(
        _("kind"), max_length=15, choices=ServiceKind.choices, default=ServiceKind.OTHER
    )

    class Meta(Place.Meta):
        constraints = [
            *Place.Meta.constraints,
            models.CheckConstraint(
                name="service_point_kind_is_known", condition=one_of("kind", ServiceKind)
            ),
        ]
