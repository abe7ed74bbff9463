"""What an account is made of besides its user: sessions, second factors, tokens."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now

from gis_server.models.users import LONGEST_CODE, User


class UserSession(AbstractBaseSession):
    """A session and who it belongs to; written by `accounts.sessions`, the session engine.

    last_seen is up to five minutes old.  The key is the secret that the browser holds.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=40, blank=True)
    begun = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    class Meta(AbstractBaseSession.Meta):
        db_table = "gis_server_session"
        indexes = [models.Index(fields=["user", "-last_seen"], name="session_by_user")]

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        # The engine imports this model.
        from gis_server.accounts.sessions import SessionStore  # noqa: PLC0415

        return SessionStore


class SecondFactor(models.Model):
    """The secret that a user shares with an authenticator app, sealed by `vault`.

    Without confirmed_at it waits for a first code and counts for nothing.  last_step is the newest
    time step of which a code was accepted: no code is good twice.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    sealed_secret = models.BinaryField()
    last_step = models.BigIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "gis_server_second_factor"

    def __str__(self) -> str:
        return f"second factor of user {self.user_id}"


class RecoveryCode(models.Model):
    """One code that stands in for the app, once; only a keyed digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        db_table = "gis_server_recovery_code"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "digest"], name="recovery_code_is_the_only_one_like_it"
            )
        ]

    def __str__(self) -> str:
        return f"recovery code of user {self.user_id}"


class ApiToken(models.Model):
    """What a program shows in place of a session; `accounts.tokens` says what it is worth.

    permissions: names of `Permission`.  prefixes: parts of the owner's territory; empty for all.
    last_used_at is up to five minutes old.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    permissions = ArrayField(models.CharField(max_length=30))
    prefixes = ArrayField(models.CharField(max_length=LONGEST_CODE), default=list, blank=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "gis_server_api_token"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=models.Q(revoked_at=None),
                name="token_name_is_the_only_one_of_its_user",
            ),
            models.CheckConstraint(
                name="token_is_good_for_a_year_at_most",
                condition=models.Q(
                    expires_at__gt=models.F("made_at"),
                    expires_at__lte=models.F("made_at") + timedelta(days=365),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"API token {self.pk} of user {self.user_id}"
