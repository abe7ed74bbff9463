"""Signs of life of the processes that nobody looks at."""

from django.db import models


class ProcessBeat(models.Model):
    """When a part of this server was last heard (`gis_server.beats`), whichever process said so.

    place: the site for which it works; empty for one that works for all.
    """

    part = models.CharField(max_length=10)
    place = models.CharField(max_length=40, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "gis_server_beat"
        ordering = ["part", "place"]
        constraints = [
            models.UniqueConstraint(fields=["part", "place"], name="one_beat_per_part_and_place"),
            models.CheckConstraint(
                name="beat_is_of_a_known_part",
                condition=models.Q(part__in=["jobs", "pictures", "cover", "positions", "backups"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.place} {self.seen_at:%H:%M:%S}"
