"""What the desk keeps: the words by which events are found, and ways to look at them."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cameras.picture_models import is_object
from events.models.event import Event


class EventWords(models.Model):
    """The words of one event as `gis_server.search.pattern` finds them: its number, text, address,
    entry of the catalogue, and the grid it lay in.

    The database keeps them (triggers of migration 0031).  They lie beside the events because every
    step writes an event's row anew, and would write all of its trigrams with it.
    """

    event = models.OneToOneField(
        Event, models.CASCADE, primary_key=True, related_name="words", db_constraint=False
    )
    doc = models.TextField()

    class Meta:
        indexes = [
            GinIndex(fields=["doc"], name="event_by_words", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return f"words of {self.event_id}"


class EventView(models.Model):
    """A way to look at the desk that one user keeps under a name.

    filters: an `events.desk.filters.Filters` as JSON.  is_default: what they see when they come.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="event_views")
    name = models.CharField(_("name"), max_length=40)
    filters = models.JSONField(default=dict)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], name="one_event_view_per_name_of_a_user"
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="one_default_event_view"
            ),
            models.CheckConstraint(
                name="event_view_filters_are_an_object", condition=is_object("filters")
            ),
        ]

    def __str__(self) -> str:
        return self.name
