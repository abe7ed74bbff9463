"""Users: one role, a part of the territory, and the areas that are lent to them for a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from os.path import commonprefix
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, QuerySet
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


# Filled in by Django: what to select, and the id of whose grants.
RUNNING = """ARRAY(
    SELECT %(column)s FROM gis_server_areagrant
    WHERE asker_id = %(expressions)s AND state = '%(given)s'
      AND until > STATEMENT_TIMESTAMP()
    ORDER BY id)"""


class UserManager(DjangoUserManager["User"]):
    """Users as the rest of the code asks for them: each with what is lent to them at this moment.

    It comes with the user's own row, so no request pays a query for it, and no job has to end a
    grant: a row read a second after the end no longer holds it.
    """

    use_in_migrations = False

    def get_queryset(self) -> QuerySet["User"]:
        return (
            super()
            .get_queryset()
            .annotate(
                lent_prefixes=_running("prefix", models.CharField()),
                lent_until=_running("until", models.DateTimeField()),
            )
        )


def _running(column: str, field: "models.Field[Any, Any]") -> Func:
    """A column of the grants that hold at this moment, as `AreaGrant.running_at` has them.

    As SQL: every request asks for its user, and to have two subqueries of Django's put into words
    took longer than all else that is done for it.
    """
    given = GrantState.GIVEN.value
    return Func(
        F("pk"), template=RUNNING, column=column, given=given, output_field=ArrayField(field)
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
