"""What was edited in place: every edit with what was there before, so that it can be taken back."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from gis_server.models import LONGEST_CODE
from grids.models.rules import one_of


class Thing(models.TextChoices):
    """What can be edited in place."""

    DIVISION = "division", _("Division")
    GRID = "grid", _("Grid")
    BUILDING = "building", _("Building")
    SHOP = "shop", _("Shop")
    SERVICE_POINT = "service_point", _("Service point")
    WORKER = "worker", _("Staff")
    ASSIGNMENT = "assignment", _("Assignment")


class Edit(models.Model):
    """One edit of one thing; rows are only added, and the database refuses anything else.

    before, after: the fields that changed, as JSON; an empty `before` says that the thing came into
    being with the edit, an empty `after` that it was deleted by it.  label is what the thing was
    called then.  about_worker, about_grid: whose an assignment is, else 0, so that their pages find
    it.  scope_code: where it lay.  undoes: the edit that this one takes back, at most once.
    """

    thing = models.CharField(max_length=15, choices=Thing.choices)
    thing_id = models.BigIntegerField()
    about_worker = models.BigIntegerField(default=0)
    about_grid = models.BigIntegerField(default=0)
    label = models.CharField(max_length=120)
    scope_code = models.CharField(max_length=LONGEST_CODE, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    user_id = models.BigIntegerField(null=True)
    who = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now())
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )

    class Meta:
        db_table = "grids_edit"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["thing", "thing_id", "-id"], name="edit_by_thing"),
            models.Index(fields=["scope_code", "-id"], name="edit_by_territory"),
            models.Index(
                fields=["about_worker", "-id"],
                name="edit_by_worker",
                condition=~Q(about_worker=0),
            ),
            models.Index(
                fields=["about_grid", "-id"], name="edit_by_grid", condition=~Q(about_grid=0)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="edit_is_of_a_known_thing", condition=one_of("thing", Thing)
            ),
            models.CheckConstraint(
                name="edit_has_a_before_or_an_after", condition=~Q(before={}, after={})
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.who} {self.thing} {self.label}"
