"""Users and what is lent to them, the change feed, the audit trail, and what can be found."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from os.path import commonprefix
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from gis_server import grant_flow
from gis_server.grant_flow import GrantState
from gis_server.roles import ROLE_NAMES, Role, common

# As long as the code of a grid three levels deep; `grids.codes` says how codes are made.
LONGEST_CODE = 19
OUTSIDE_ID_LENGTH = 200
PREFIX_PATTERN = r"^[0-9]{2,19}$"
SCOPE_PREFIX = RegexValidator(PREFIX_PATTERN, _("A scope is the first 2 to 19 digits of a code."))


@dataclass(frozen=True)
class Lent:
    """What is lent to a user now: code prefixes, and when the first of them ends."""

    prefixes: tuple[str, ...] = ()
    first_ends_at: datetime | None = None


class UserManager(DjangoUserManager["User"]):
    """Users as the rest of the code asks for them: each with what is lent to them at this moment.

    It comes with the user's own row, so no request pays a query for it, and no job has to end a
    grant: a row read a second after the end no longer holds it.
    """

    use_in_migrations = False

    def get_queryset(self) -> QuerySet["User"]:
        running = AreaGrant.running_at(Now()).filter(asker=OuterRef("pk")).order_by("id")
        return (
            super()
            .get_queryset()
            .annotate(
                lent_prefixes=ArraySubquery(running.values("prefix")),
                lent_until=ArraySubquery(running.values("until")),
            )
        )


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

    objects: ClassVar[UserManager] = UserManager()

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
    token_reach: list[str] | None = None

    @property
    def reach(self) -> list[str]:
        """Code prefixes of what the user may see and do now: the scope, and what is lent."""
        whole = list(dict.fromkeys([*self.scope, *self.lent.prefixes]))
        return common(whole, self.token_reach)

    @property
    def lent(self) -> Lent:
        """What was lent when the row was read; asked for now where it came without (one query)."""
        known = self.__dict__
        if "lent_prefixes" in known:
            return _lent(known["lent_prefixes"], known["lent_until"])
        if self.pk is None:
            return Lent()
        self.read_lent_anew()
        return self.lent

    def read_lent_anew(self) -> None:
        """Ask what is lent at this moment; the row may have been read a moment ago (one query)."""
        rows = AreaGrant.running_at(Now()).filter(asker_id=self.pk).order_by("id")
        self.__dict__["lent_prefixes"] = [row.prefix for row in rows]
        self.__dict__["lent_until"] = [row.until for row in rows if row.until]

    @property
    def place(self) -> str:
        """The code of the smallest territory that holds all of the scope; empty for none."""
        return commonprefix(self.scope)  # noqa: RUF071 - digits of codes, not paths

    def get_full_name(self) -> str:
        return self.display_name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


def _lent(prefixes: list[str], until: list[datetime]) -> Lent:
    return Lent(tuple(prefixes), min(until, default=None))


# Lists, not sets: what a migration writes down must not change its order.
UNDECIDED = [GrantState.WAITING.value, GrantState.WITHDRAWN.value]
ONCE_GIVEN = [GrantState.GIVEN.value, GrantState.ENDED.value]


class AreaGrant(models.Model):
    """A part of the territory lent to somebody for hours: asked for, decided, ended (应急调用).

    What may follow what is in `grant_flow`; writing goes through `gis_server.grants`.  A grant
    widens where its asker may look and act, never what they may do there.  It runs from
    `decided_at` to `until`, or to `ended_at` where somebody ended it before.
    """

    asker = models.ForeignKey(User, models.PROTECT, related_name="area_grants")
    prefix = models.CharField(_("area"), max_length=LONGEST_CODE, validators=[SCOPE_PREFIX])
    reason = models.CharField(_("reason"), max_length=grant_flow.LONGEST_REASON)
    wanted_h = models.PositiveSmallIntegerField(_("hours"))
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=GrantState.WAITING.value)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(_("note"), max_length=grant_flow.LONGEST_REASON, blank=True)
    until = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["asker", "-id"], name="grant_newest_of_asker"),
            models.Index(
                fields=["asker", "until"],
                name="grant_running_of_asker",
                condition=Q(state=GrantState.GIVEN.value),
            ),
            models.Index(fields=["state", "-id"], name="grant_newest_in_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["asker", "prefix"],
                condition=Q(state=GrantState.WAITING.value),
                name="one_waiting_request_per_asker_and_area",
            ),
            models.CheckConstraint(
                name="grant_state_is_known",
                condition=Q(state__in=[state.value for state in grant_flow.NEXT]),
            ),
            models.CheckConstraint(
                name="grant_area_is_a_code_prefix", condition=Q(prefix__regex=PREFIX_PATTERN)
            ),
            models.CheckConstraint(name="grant_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="grant_is_wanted_for_1_to_72_hours",
                condition=Q(wanted_h__gte=1, wanted_h__lte=grant_flow.LONGEST_H),
            ),
            models.CheckConstraint(
                name="grant_is_decided_by_someone_else_than_the_asker",
                condition=Q(decided_by=None) | ~Q(decided_by=F("asker")),
            ),
            models.CheckConstraint(
                name="grant_is_decided_when_its_state_says_so",
                condition=Q(state__in=UNDECIDED, decided_by=None, decided_at=None)
                | (~Q(state__in=UNDECIDED) & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="grant_has_an_end_when_it_was_given",
                condition=Q(state__in=ONCE_GIVEN, until__isnull=False)
                | (~Q(state__in=ONCE_GIVEN) & Q(until=None)),
            ),
            models.CheckConstraint(
                name="grant_ends_after_it_begins",
                condition=Q(until=None) | Q(until__gt=F("decided_at")),
            ),
            models.CheckConstraint(
                name="grant_lasts_72_hours_at_most",
                condition=Q(until=None)
                | Q(until__lte=F("decided_at") + timedelta(hours=grant_flow.LONGEST_H)),
            ),
            models.CheckConstraint(
                name="grant_ended_early_says_by_whom_and_when",
                condition=Q(
                    state=GrantState.ENDED.value, ended_by__isnull=False, ended_at__isnull=False
                )
                | (~Q(state=GrantState.ENDED.value) & Q(ended_by=None, ended_at=None)),
            ),
            models.CheckConstraint(
                name="grant_is_refused_with_a_note",
                condition=~Q(state=GrantState.REFUSED.value) | ~Q(note=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.prefix} {self.state}"

    @classmethod
    def running_at(cls, now: Any) -> QuerySet["AreaGrant"]:
        """The grants that hold at `now`, a time or the database's own."""
        return cls.objects.filter(state=GrantState.GIVEN.value, until__gt=now)

    def state_at(self, now: datetime) -> GrantState:
        return grant_flow.state_at(
            GrantState(self.state), asked_at=self.asked_at, until=self.until, now=now
        )


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
