"""Boundary plans: drafts that become the territory, what each changes, and whom grids come from."""

from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast, Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gis_server.geo import WGS84
from gis_server.models import LONGEST_CODE
from grids.models.divisions import Division
from grids.models.grids import Grid, GridKind
from grids.models.rules import clean_shape, one_of
from grids.plan_flow import (
    DATED,
    LONGEST_DOCUMENT,
    LONGEST_NOTE,
    LONGEST_TITLE,
    PUBLISHED,
    PlanAction,
    PlanState,
)

LONGEST_OPERATIONS = 4_000_000  # characters, as the database writes them
DATED_VALUES = sorted(state.value for state in DATED)
PUBLISHED_VALUES = sorted(state.value for state in PUBLISHED)

STATE_NAMES = [
    (PlanState.DRAFT.value, pgettext_lazy("boundary plan", "Draft")),
    (PlanState.IN_REVIEW.value, pgettext_lazy("boundary plan", "In review")),
    (PlanState.APPROVED.value, pgettext_lazy("boundary plan", "Approved")),
    (PlanState.SCHEDULED.value, pgettext_lazy("boundary plan", "Scheduled")),
    (PlanState.IN_FORCE.value, pgettext_lazy("boundary plan", "In force")),
    (PlanState.SUPERSEDED.value, pgettext_lazy("boundary plan", "Superseded")),
    (PlanState.WITHDRAWN.value, pgettext_lazy("boundary plan", "Withdrawn")),
]
ACTION_NAMES = [
    (PlanAction.MADE.value, pgettext_lazy("step of a plan", "Made")),
    (PlanAction.SAVED.value, pgettext_lazy("step of a plan", "Saved")),
    (PlanAction.SUBMITTED.value, pgettext_lazy("step of a plan", "Sent to review")),
    (PlanAction.RETURNED.value, pgettext_lazy("step of a plan", "Returned")),
    (PlanAction.APPROVED.value, pgettext_lazy("step of a plan", "Approved")),
    (PlanAction.SCHEDULED.value, pgettext_lazy("step of a plan", "Scheduled")),
    (PlanAction.REFUSED.value, pgettext_lazy("step of a plan", "Could not be published")),
    (PlanAction.PUBLISHED.value, pgettext_lazy("step of a plan", "Published")),
    (PlanAction.SUPERSEDED.value, pgettext_lazy("step of a plan", "Superseded")),
    (PlanAction.WITHDRAWN.value, pgettext_lazy("step of a plan", "Withdrawn")),
]


def _person() -> Any:
    """A person that the row outlives."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )


class BoundaryPlan(models.Model):
    """A redrawing of grids on its way to be the territory (边界调整方案); `plan_flow` says how.

    scope_code: digits that the codes of all its grids begin with.  base_day: the day whose map it
    was drawn on.  operations: what the planner did, as the editor wrote it; what they amount to
    stands in `changes`.  posts: [{"grid", "worker", "role"}], people for grids from its day on.
    undone: operations that were taken back and can be done again, the next one last.  locked_grids:
    keys of grids (`grids.plan`) that no tool changes.
    revision: counts every change of the row; who writes says which they saw.  author, editor: who
    made it, who changed it last.  effective_on, document: from which day, by which document.
    inverse_of: the plan that this one takes back.
    """

    title = models.CharField(_("title"), max_length=LONGEST_TITLE)
    scope_code = models.CharField(_("territory"), max_length=LONGEST_CODE)
    base_day = models.DateField()
    operations = models.JSONField(default=list)
    undone = models.JSONField(default=list)
    locked_grids = models.JSONField(default=list)
    posts = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=1)
    state = models.CharField(
        _("state"), max_length=10, choices=STATE_NAMES, default=PlanState.DRAFT.value
    )
    author = _person()
    editor = _person()
    approved_by = _person()
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    effective_on = models.DateField(null=True, blank=True)
    document = models.CharField(max_length=LONGEST_DOCUMENT, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    inverse_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="inverses"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["scope_code", "-id"], name="plan_by_territory"),
            models.Index(
                fields=["effective_on"],
                name="plan_waiting_for_its_day",
                condition=Q(state=PlanState.SCHEDULED.value),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="plan_state_is_known",
                condition=Q(state__in=[value for value, _name in STATE_NAMES]),
            ),
            models.CheckConstraint(name="plan_has_a_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="plan_territory_is_a_code", condition=Q(scope_code__regex=r"^[0-9]{2,19}$")
            ),
            models.CheckConstraint(
                name="plan_operations_are_not_too_long",
                condition=LessThanOrEqual(
                    Length(Cast("operations", TextField())), LONGEST_OPERATIONS
                ),
            ),
            models.CheckConstraint(
                name="plan_is_approved_by_somebody_else",
                condition=Q(approved_by=None)
                | (~Q(approved_by=F("author")) & ~Q(approved_by=F("editor"))),
            ),
            models.CheckConstraint(
                name="plan_with_a_day_has_a_document",
                condition=(Q(state__in=DATED_VALUES, effective_on__isnull=False) & ~Q(document=""))
                | (~Q(state__in=DATED_VALUES) & Q(effective_on=None)),
            ),
            models.CheckConstraint(
                name="plan_that_was_published_says_when",
                condition=Q(state__in=PUBLISHED_VALUES, published_at__isnull=False)
                | (~Q(state__in=PUBLISHED_VALUES) & Q(published_at=None)),
            ),
            models.CheckConstraint(
                name="plan_does_not_take_itself_back",
                condition=Q(inverse_of=None) | ~Q(inverse_of=F("id")),
            ),
            models.UniqueConstraint(
                fields=["inverse_of"],
                name="one_plan_takes_another_back",
                condition=~Q(state=PlanState.WITHDRAWN.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.title}"


class PlanChange(models.Model):
    """What a plan makes of one grid.

    grid: None for one that is born, until it is published.  code_before, name_before, before: as
    the planner found it ("" and None: not there yet).  code_after, name_after, after: as it will
    be ("" and None: retired).  others: codes of the grids that it comes from, or that its ground
    goes to.  effective_on: the plan's, once it is scheduled: a grid changes once a day.
    """

    plan = models.ForeignKey(BoundaryPlan, models.CASCADE, related_name="changes")
    grid = models.ForeignKey(Grid, models.PROTECT, null=True, blank=True, related_name="changes")
    community = models.ForeignKey(Division, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=GridKind.choices, default=GridKind.BASIC)
    code_before = models.CharField(max_length=LONGEST_CODE, blank=True)
    code_after = models.CharField(max_length=LONGEST_CODE, blank=True)
    name_before = models.CharField(max_length=80, blank=True)
    name_after = models.CharField(max_length=80, blank=True)
    before = models.PolygonField(srid=WGS84, null=True, blank=True)
    after = models.PolygonField(srid=WGS84, null=True, blank=True)
    others = models.JSONField(default=list)
    effective_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["plan_id", "id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "grid"], name="one_change_of_a_grid_in_a_plan"),
            models.UniqueConstraint(
                fields=["plan", "code_after"],
                name="one_grid_per_code_in_a_plan",
                condition=~Q(code_after=""),
            ),
            models.UniqueConstraint(
                fields=["grid", "effective_on"], name="a_grid_changes_once_a_day"
            ),
            models.CheckConstraint(
                name="change_is_of_a_grid_before_or_after",
                condition=~Q(code_before="", code_after=""),
            ),
            models.CheckConstraint(
                name="change_has_a_shape_where_it_has_a_code",
                condition=(
                    Q(code_before="", before=None) | (~Q(code_before="") & Q(before__isnull=False))
                )
                & (Q(code_after="", after=None) | (~Q(code_after="") & Q(after__isnull=False))),
            ),
            models.CheckConstraint(
                name="change_shapes_are_valid_and_not_empty",
                condition=(Q(before=None) | clean_shape("before"))
                & (Q(after=None) | clean_shape("after")),
            ),
            models.CheckConstraint(name="change_kind_is_known", condition=one_of("kind", GridKind)),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.code_before or '-'} → {self.code_after or '-'}"

    @property
    def is_born(self) -> bool:
        return not self.code_before

    @property
    def is_retired(self) -> bool:
        return not self.code_after

    @property
    def is_reshaped(self) -> bool:
        return bool(self.before and self.after and not self.before.equals_exact(self.after))

    @property
    def is_renamed(self) -> bool:
        return not self.is_born and not self.is_retired and self.before_names != self.after_names

    @property
    def before_names(self) -> tuple[str, str]:
        return self.code_before, self.name_before

    @property
    def after_names(self) -> tuple[str, str]:
        return self.code_after, self.name_after


class PlanStep(models.Model):
    """One step of a plan: who, when, why.  Rows are only added; the database refuses the rest."""

    plan = models.ForeignKey(BoundaryPlan, models.CASCADE, related_name="steps")
    action = models.CharField(max_length=10, choices=ACTION_NAMES)
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    who = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    revision = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="plan_step_is_known",
                condition=Q(action__in=[value for value, _name in ACTION_NAMES]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.action} {self.at:%m-%d %H:%M}"


class Lineage(models.Model):
    """That ground of one grid became another's when one of the two began or ended.

    on: the first day of it.  split: `later` was born of `earlier`, which may go on; merged:
    `earlier` ended, and `later` has it.
    """

    class How(models.TextChoices):
        SPLIT = "split", pgettext_lazy("lineage of grids", "Split from")
        MERGED = "merged", pgettext_lazy("lineage of grids", "Merged into")

    earlier = models.ForeignKey(Grid, models.CASCADE, related_name="became")
    later = models.ForeignKey(Grid, models.CASCADE, related_name="came_from")
    how = models.CharField(max_length=6, choices=How.choices)
    on = models.DateField()
    plan = models.ForeignKey(
        BoundaryPlan, models.PROTECT, null=True, blank=True, related_name="lineage"
    )

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["earlier", "later", "on"], name="one_lineage_of_two_grids_and_a_day"
            ),
            models.CheckConstraint(
                name="lineage_is_of_two_grids", condition=~Q(earlier=F("later"))
            ),
            models.CheckConstraint(
                name="lineage_is_known", condition=Q(how__in=["split", "merged"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.earlier_id} {self.how} {self.later_id} {self.on}"
