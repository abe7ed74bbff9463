"""Which state of the territory tiles are drawn from."""

from django.db import models


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
