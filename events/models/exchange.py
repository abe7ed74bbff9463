"""What is kept of calls of other systems, so that one that is repeated is answered and not done."""

from django.conf import settings
from django.db import models

LONGEST_CALL_KEY = 64


class IdempotentCall(models.Model):
    """A call that named an Idempotency-Key, and what it was answered; kept for a day.

    digest: SHA-256 of path and body, by which another call under the same key is known.
    status: 0 while it is being done.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=LONGEST_CALL_KEY)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["at"], name="idempotent_call_by_age")]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_call_per_user_and_key"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
