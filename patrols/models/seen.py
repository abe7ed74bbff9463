"""What has been seen: of each duty by half hours, of each grid for ever, of each cell last."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gis_server.models import LONGEST_CODE
from grids.models import Grid
from patrols.models.control import ControlSwitch
from patrols.models.posts import AREA_PATTERN, LEVEL_VALUES, Duty, Shift

AREA_DIGITS = 6
MOST_VISITS = 48
"""So many a day can be required: one each half hour."""


class StoredGround(models.Model):
    """The ground of a district as `patrols.terrain` packs it; bitmaps are read by the ground that
    they were made for, so it stays as long as these do.

    sources: hash of the shapes, streets, buildings and shops that it was made from.
    """

    area = models.CharField(max_length=AREA_DIGITS)
    sources = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    data = models.BinaryField()

    class Meta:
        ordering = ["area", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["area", "sources"], name="one_ground_per_area_and_sources"
            )
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.sources[:8]}"


class DayGround(models.Model):
    """Which ground of a district counts on a day; of the first use of the day, until the shapes in
    force on that day become others.

    shapes: hash of these.  checked_at: when they were last compared.
    """

    area = models.CharField(max_length=AREA_DIGITS)
    day = models.DateField()
    ground = models.ForeignKey(StoredGround, models.PROTECT, related_name="days")
    shapes = models.CharField(max_length=64)
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["area", "day"]
        constraints = [
            models.UniqueConstraint(fields=["area", "day"], name="one_ground_per_area_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.day}"


class Stretch(models.Model):
    """What one duty has lit in one half hour by the clock, wherever it was; see `patrols.slots`.

    It goes with the fixes.  blocks: of the plane (`patrols.plane`) that it lies in.  data: its
    cells with the time of each, packed.  digest: of these and its parts; the same fixes over the
    same grounds give the same.
    """

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="stretches")
    begins = models.DateTimeField()
    blocks: Any = ArrayField(models.BigIntegerField())
    data = models.BinaryField()
    digest = models.BinaryField(max_length=16)

    class Meta:
        ordering = ["duty_id", "begins"]
        constraints = [
            models.UniqueConstraint(fields=["duty", "begins"], name="one_stretch_per_duty_and_time")
        ]
        indexes = [
            models.Index(fields=["begins"], name="stretch_by_time"),
            GinIndex(fields=["blocks"], name="stretch_by_block"),
        ]

    def __str__(self) -> str:
        return f"{self.duty_id} {self.begins}"


class Seen(models.Model):
    """Three sets as bitmaps, see `patrols.coverage`; each by the numbers of its ground.

    quarters: of cells, 25 m² each.
    """

    quarters = models.BinaryField()
    streets = models.BinaryField()
    buildings = models.BinaryField()

    class Meta:
        abstract = True


class Part(Seen):
    """What one stretch has seen of a grid.

    day, shift: of the duty.  first_at, last_at, seconds: of being in the grid itself, None and 0
    where only its neighbourhood was passed.
    """

    stretch = models.ForeignKey(Stretch, models.CASCADE, related_name="parts")
    duty = models.ForeignKey(Duty, models.CASCADE, related_name="+")
    day = models.DateField()
    shift = models.ForeignKey(Shift, models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, models.CASCADE, related_name="+")
    ground = models.ForeignKey(StoredGround, models.PROTECT, related_name="+")
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    seconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["stretch_id", "grid_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["stretch", "grid"], name="one_part_per_stretch_and_grid"
            )
        ]
        indexes = [
            models.Index(fields=["grid", "day", "shift"], name="part_by_grid"),
            models.Index(fields=["duty", "grid"], name="part_by_duty"),
        ]

    def __str__(self) -> str:
        return f"{self.stretch_id} {self.grid_id}"


class Coverage(Seen):
    """What all duties of a shift of a day have seen of a grid: the union of their parts.

    It stays for ever.  visits: passes through the grid, see `patrols.visits`.
    """

    day = models.DateField()
    shift = models.ForeignKey(Shift, models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, models.CASCADE, related_name="+")
    ground = models.ForeignKey(StoredGround, models.PROTECT, related_name="+")
    seen_quarters = models.PositiveIntegerField()
    all_quarters = models.PositiveIntegerField()
    seen_streets = models.PositiveIntegerField()
    all_streets = models.PositiveIntegerField()
    seen_buildings = models.PositiveIntegerField()
    all_buildings = models.PositiveIntegerField()
    is_bare = models.BooleanField()
    visits = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["day", "shift_id", "grid_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "shift", "grid"], name="one_coverage_per_day_shift_and_grid"
            )
        ]
        indexes = [models.Index(fields=["grid", "day"], name="coverage_by_grid")]

    def __str__(self) -> str:
        return f"{self.day} {self.shift_id} {self.grid_id}"


class Visit(models.Model):
    """One pass of a duty through a grid; it goes with the fixes, its number stays in `Coverage`."""

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="visits")
    day = models.DateField()
    shift = models.ForeignKey(Shift, models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, models.CASCADE, related_name="+")
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    streets = models.PositiveIntegerField()

    class Meta:
        ordering = ["begins", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "grid", "begins"], name="one_visit_per_duty_grid_and_time"
            )
        ]
        indexes = [models.Index(fields=["grid", "day", "shift"], name="visit_by_grid")]

    def __str__(self) -> str:
        return f"{self.duty_id} {self.grid_id} {self.begins}"


class SeenBlock(models.Model):
    """When the cells of a block of the plane were last lit by anybody on duty; no grid is asked, so
    that a redraw changes nothing.

    x, y: number of the block, see `patrols.plane`.  at: of each cell the seconds since 1970,
    uint32, little-endian, rows from south to north; 0 for never.
    """

    x = models.IntegerField()
    y = models.IntegerField()
    at = models.BinaryField()

    class Meta:
        ordering = ["x", "y"]
        constraints = [models.UniqueConstraint(fields=["x", "y"], name="one_block_per_place")]

    def __str__(self) -> str:
        return f"{self.x} {self.y}"


class RequiredVisits(models.Model):
    """So many visits a day does each grid need whose code begins with `area`, at a control level;
    the rule of the longest area counts, `visits.USUAL` where there is none.
    """

    area = models.CharField(_("territory"), max_length=LONGEST_CODE)
    level = models.CharField(_("control level"), max_length=5, choices=ControlSwitch.Level.choices)
    per_day = models.PositiveSmallIntegerField(_("visits a day"))

    class Meta:
        ordering = ["area", "level"]
        constraints = [
            models.UniqueConstraint(fields=["area", "level"], name="one_rule_per_area_and_level"),
            models.CheckConstraint(
                name="required_area_is_a_code", condition=Q(area__regex=AREA_PATTERN)
            ),
            models.CheckConstraint(
                name="required_level_is_known", condition=Q(level__in=LEVEL_VALUES)
            ),
            models.CheckConstraint(
                name="required_visits_are_few", condition=Q(per_day__lte=MOST_VISITS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.level}: {self.per_day}"
