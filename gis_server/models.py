"""Users, and the change feed that tells browsers what has become different."""

from datetime import timedelta
from os.path import commonprefix

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from gis_server.roles import ROLE_NAMES, Role, common

# As long as the code of a grid three levels deep; `grids.codes` says how codes are made.
LONGEST_CODE = 19
OUTSIDE_ID_LENGTH = 200
SCOPE_PREFIX = RegexValidator(r"^[0-9]{2,19}$", _("A scope is the first 2 to 19 digits of a code."))


class User(AbstractUser):
    """Somebody who signs in: one role, and the parts of the territory that are theirs."""

    # One name, as Chinese names are written; Django's halves would only stay empty.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("name"), max_length=60, blank=True)
    role = models.CharField(
        _("role"), max_length=20, choices=ROLE_NAMES, default=Role.GRID_WORKER.value
    )
    scope = ArrayField(
        models.CharField(max_length=LONGEST_CODE, validators=[SCOPE_PREFIX]),
        verbose_name=_("code prefixes of the territory"),
        default=list,
        blank=True,
    )
    # Whoever got a password from somebody else can do nothing until they have one of their own.
    must_change_password = models.BooleanField(default=False, db_default=False)
    # Who they are at the district's own sign-in: the value of the claim OIDC_CLAIM.
    outside_id = models.CharField(max_length=OUTSIDE_ID_LENGTH, null=True, blank=True, unique=True)
    # Goes up with every edit of name, role, scope and state: who edits says which they saw.
    version = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_has_a_known_role",
                condition=models.Q(role__in=[role.value for role in Role]),
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    # What an API token lends of the reach, in the one request that shows it.
    lent_reach: list[str] | None = None

    @property
    def reach(self) -> list[str]:
        """Code prefixes of what the user may see and do now."""
        return common(list(self.scope), self.lent_reach)

    @property
    def place(self) -> str:
        """The code of the smallest territory that holds all of the scope; empty for none."""
        return commonprefix(self.scope)  # noqa: RUF071 - digits of codes, not paths

    def get_full_name(self) -> str:
        return self.display_name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


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


class ChangeRow(models.Model):
    """One thing that has become different; written by `live.record`, never updated.

    Ids are handed out in the order of commits (see `live.record`), so a reader who has seen id n
    has seen everything up to n.
    """

    topic = models.CharField(max_length=30)
    subject = models.CharField(max_length=60)
    scope = models.CharField(max_length=LONGEST_CODE, blank=True)
    data = models.JSONField(default=dict)
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
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.who} {self.action} {self.subject}"
