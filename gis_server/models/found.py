"""What the search box finds."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SearchEntry(models.Model):
    """One thing that can be found, as the database keeps it; `gis_server.search` reads it.

    subject: its id in the table of its kind.  former: names and codes it once had, one a line.
    scopes: codes of the grids or divisions it lies in.  west to north: WGS84 degrees, None where it
    has no place of its own.  name, key: title and code as they are compared.  doc: its words, as
    `search.pattern` finds them.  tags: kind and ancestors of `scopes`.
    """

    pk = models.CompositePrimaryKey("kind", "subject")
    kind = models.CharField(max_length=20)
    subject = models.BigIntegerField()
    title = models.TextField()
    code = models.TextField()
    detail = models.TextField()
    former = models.TextField()
    scopes = ArrayField(models.TextField())
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    name = models.TextField(db_collation="C")
    key = models.TextField(db_collation="C")
    length = models.SmallIntegerField()
    doc = models.TextField()
    tags = ArrayField(models.TextField())

    class Meta:
        indexes = [
            models.Index(fields=["kind", "name"], name="search_by_name"),
            models.Index(fields=["kind", "key"], name="search_by_key"),
            models.Index(fields=["kind", "length", "key", "subject"], name="search_by_length"),
            models.Index("kind", models.Func("subject", function="hashint8"), name="search_by_lot"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.title}"
