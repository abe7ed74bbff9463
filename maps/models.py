"""Which state of the territory tiles are drawn from, the territory as it is drawn from afar, and
who has taken which alarm.
"""

from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import DateRangeField

from maps.alarms.ranks import Kind


class Edition(models.Model):
    """One row, whose token changes with every change of a division, a grid or a grid's shape.

    Triggers keep it (migration 0001), so that it holds whoever writes: a service, a bulk load, or
    somebody at the SQL prompt.  The token is random, so it never comes again, not even after a
    restore from a backup or in another database behind the same address.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    token = models.UUIDField()

    class Meta:
        db_table = "maps_edition"
        constraints = [
            models.CheckConstraint(name="one_edition_of_the_map", condition=models.Q(id=1))
        ]

    def __str__(self) -> str:
        return str(self.token)


class Bake(models.Model):
    """One row: the state of the territory that `Drawn` holds, and the days for which it does.

    A tile uses `Drawn` only while `token` is the edition's own and its day is one of `days`; both
    are read by the statement that draws, so it never mixes two states.  taken_s: how long the last
    one took; shapes: how many it simplified anew.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    token = models.UUIDField()
    days: Any = DateRangeField()
    at = models.DateTimeField()
    taken_s = models.FloatField()
    shapes = models.IntegerField()

    class Meta:
        db_table = "maps_bake"
        constraints = [models.CheckConstraint(name="one_bake_of_the_map", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"{self.token} {self.days}"


class Drawn(models.Model):
    """A grid or division as tiles of one zoom draw it: simplified together with its neighbours.

    shape: whole numbers of that zoom's tile units (`maps.tiles.EXTENT` a tile), counted east and
    north from the south-west corner of the Web Mercator square, clockwise.  wide: too large to go
    into a tile without being cut.  source: the hash of the shape that it was made of.
    """

    id = models.BigAutoField(primary_key=True)
    zoom = models.SmallIntegerField()
    level = models.CharField(max_length=10)
    of = models.BigIntegerField()
    code = models.CharField(max_length=19)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=15)
    source = models.UUIDField()
    wide = models.BooleanField()
    shape = models.GeometryField(srid=0)

    class Meta:
        db_table = "maps_drawn"
        constraints = [
            models.UniqueConstraint(
                fields=["level", "zoom", "of"], name="one_drawing_per_thing_and_zoom"
            )
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.code} at {self.zoom}"


class Heap(models.Model):
    """How many places of a kind and community lie in a cell: x and y count cells of a zoom's tiles
    from the north-west corner of the world (`maps.heaps`).
    """

    id = models.BigAutoField(primary_key=True)
    zoom = models.SmallIntegerField()
    x = models.IntegerField()
    y = models.IntegerField()
    code = models.CharField(max_length=12)
    kind = models.CharField(max_length=15)
    places = models.IntegerField()

    class Meta:
        db_table = "maps_heap"
        indexes = [models.Index(fields=["zoom", "x", "y"], name="heap_by_cell")]

    def __str__(self) -> str:
        return f"{self.places} {self.kind} at {self.zoom}/{self.x}/{self.y}"


class HeapCount(models.Model):
    """One row: PostgreSQL's numbers of writes to places when the heaps were counted."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    written = models.TextField()

    class Meta:
        db_table = "maps_heapcount"
        constraints = [
            models.CheckConstraint(name="one_count_of_the_heaps", condition=models.Q(id=1))
        ]

    def __str__(self) -> str:
        return self.written


class AlarmTake(models.Model):
    """Who has taken an alarm (`maps.alarms`), when, and what they say of it.

    Alarms themselves are worked out from what is true, not stored.  kind, subject: which one;
    raised_at: since when it stood when it was taken: what comes to it later is not taken.
    who stays when the user is gone.
    """

    kind = models.CharField(max_length=10)
    subject = models.CharField(max_length=60)
    raised_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="alarms_taken"
    )
    who = models.CharField(max_length=150)
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "maps_alarmtake"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "raised_at"], name="one_who_has_taken_an_alarm"
            ),
            models.CheckConstraint(
                name="alarm_is_of_a_known_kind",
                condition=models.Q(kind__in=[kind.value for kind in Kind]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.who}"
