"""What has become different, for browsers; and who did what, for auditors.  Rows are only added."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from gis_server.models.users import LONGEST_CODE


class ChangeRow(models.Model):
    """One thing that has become different; written by `live.record`, never updated.

    Ids are handed out in the order of commits (see `live.record`), so a reader who has seen id n
    has seen everything up to n.  parts: codes inside of the scope (`live.Change`).
    """

    topic = models.CharField(max_length=30)
    subject = models.CharField(max_length=60)
    scope = models.CharField(max_length=LONGEST_CODE, blank=True)
    data = models.JSONField(default=dict)
    parts = ArrayField(models.CharField(max_length=LONGEST_CODE), default=list)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "gis_server_change"
        ordering = ["id"]
        indexes = [models.Index(fields=["at"], name="change_by_time")]

    def __str__(self) -> str:
        return f"{self.id} {self.topic} {self.subject}"


class AuditRow(models.Model):
    """Who did what, when, from where; written by `audit.note`, and never changed or deleted.

    action: a word and a verb, such as "grid.renamed".  subject: a code or id of what it was done
    to; scope: the code of the territory it lies in, empty for what lies in none.  who stays when
    the user is gone.  detail holds no secret and no picture.
    """

    at = models.DateTimeField(db_default=Now())
    user_id = models.BigIntegerField(null=True)
    who = models.CharField(max_length=150)
    origin = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, blank=True)
    scope = models.CharField(max_length=LONGEST_CODE, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "gis_server_audit"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(fields=["subject", "-id"], name="audit_by_subject"),
            models.Index(fields=["user_id", "-id"], name="audit_by_user"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            # For prefixes, whatever the database's collation.
            models.Index(
                fields=["scope", "-id"],
                opclasses=["varchar_pattern_ops", "int8_ops"],
                name="audit_by_area",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.who} {self.action} {self.subject}"
