"""Imports: files that somebody brought, what was found in them, and what was done with it."""

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE
from grids.imports.flow import AT_WORK, Step
from grids.models.rules import one_of


class ImportTarget(models.TextChoices):
    DIVISIONS = "divisions", _("Divisions")
    GRIDS = "grids", _("Grids")
    STREETS = "streets", _("Streets")
    BUILDINGS = "buildings", _("Buildings")
    SHOPS = "shops", _("Shops")
    SERVICE_POINTS = "service_points", _("Service points")
    WORKERS = "workers", _("Grid staff")
    PLANS = "plans", _("Boundary plan")


class ImportRun(models.Model):
    """One file on its way into the registry.

    source_name: what the user calls the file; file: where it lies below MEDIA_ROOT.
    layers: what the file holds, as the page shows it; layer: which of them is meant.
    mapping: field → column; frame: how coordinates are to be read (see `imports.frames_named`),
    empty until somebody said; guess: what the places known here say about it.
    scope: the territory whose business the rows are, a code prefix; valid_from: the first day on
    which shapes, names and posts hold.
    counts: new, changed, same, absent, outside and what else the report shows.
    problem, details: why the file or a step was refused, as `imports.texts` says it; without a
    problem what was made of it ({"plan": id}).
    """

    target = models.CharField(_("kind"), max_length=20, choices=ImportTarget.choices)
    source_name = models.CharField(_("file"), max_length=200)
    file = models.CharField(max_length=200)
    size_bytes = models.BigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="imports"
    )
    begun_at = models.DateTimeField()
    step = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in Step], default=Step.READING.value
    )
    step_at = models.DateTimeField()
    layers = models.JSONField(default=list)
    layer = models.CharField(max_length=200, blank=True)
    mapping = models.JSONField(default=dict)
    frame = models.CharField(max_length=10, blank=True)
    exchange_axes = models.BooleanField(default=False)
    guess = models.JSONField(default=dict)
    scope = models.CharField(_("territory"), max_length=LONGEST_CODE)
    valid_from = models.DateField(_("valid from"))
    retire_absent = models.BooleanField(default=False)
    rows = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)
    samples = models.JSONField(default=list)
    fault_counts = models.JSONField(default=dict)
    registry_token = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["scope", "-id"], name="import_by_territory")]
        constraints = [
            models.CheckConstraint(
                name="import_target_is_known", condition=one_of("target", ImportTarget)
            ),
            models.CheckConstraint(
                name="import_step_is_known", condition=Q(step__in=[step.value for step in Step])
            ),
            models.CheckConstraint(
                name="import_territory_is_a_code", condition=Q(scope__regex=r"^[0-9]{2,19}$")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.source_name} {self.step}"

    @property
    def at_work(self) -> bool:
        return Step(self.step) in AT_WORK

    @property
    def may_be_applied(self) -> bool:
        """Checked, and nothing that was found forbids it."""
        return self.step == Step.CHECKED and not self.fault_counts


class ImportFault(models.Model):
    """One thing that is wrong with a row, a shape or the whole; `place` for the map of faults.

    problem and details are those of `imports.problems`; row as users see it in the file, None for
    what belongs to no row.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="faults")
    row = models.BigIntegerField(null=True)
    column = models.CharField(max_length=200, blank=True)
    problem = models.CharField(max_length=40)
    details = models.JSONField(default=dict)
    place = models.GeometryField(srid=WGS84, null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.run_id} {self.row} {self.problem}"


class ImportMapping(models.Model):
    """How a source was read the last time: the same columns are offered the same reading."""

    target = models.CharField(max_length=20, choices=ImportTarget.choices)
    columns = models.CharField(max_length=64)  # a digest of their names in order
    mapping = models.JSONField(default=dict)
    frame = models.CharField(max_length=10, blank=True)
    exchange_axes = models.BooleanField(default=False)
    used_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["target", "columns"], name="one_mapping_per_source")
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.columns[:8]}"
