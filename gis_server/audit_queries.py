"""What is read of the audit trail, cut to what the reader may know.

A row belongs to the territory that its `scope` names.  One without belongs to none: the server's
settings, sign-ins of people without a territory.  Those are for readers who answer for the whole,
hence whose own scope is a district or more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _
from psycopg2.errors import QueryCanceled

from gis_server.errors import Unavailable
from gis_server.models import AuditRow, User
from gis_server.roles import scope_q

DISTRICT_DIGITS = 6
# Looking for a rare word in years of rows must not keep the database from other work.
TIMEOUT_MS = 5_000


@dataclass(frozen=True)
class Sought:
    """What a reader looks for; empty fields let everything through.

    since, until: a half-open range.  who: a part of a user name.  area: a code prefix.
    """

    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    action: str = ""
    subject: str = ""
    area: str = ""

    def told(self) -> dict[str, str]:
        """The fields that are set, as texts."""
        texts = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in vars(self).items()
        }
        return {name: text for name, text in texts.items() if text}


@dataclass(frozen=True)
class AuditPage:
    """Some rows, newest first; `before` is where the next older ones begin, None at the end."""

    rows: list[AuditRow]
    before: int | None


def sees_unplaced(user: User) -> bool:
    """Whether rows that lie in no territory are for this reader."""
    return any(0 < len(prefix) <= DISTRICT_DIGITS for prefix in user.scope)


def rows_for(user: User, sought: Sought) -> QuerySet[AuditRow]:
    """The rows that somebody may read and looks for, newest first."""
    seen = scope_q(user, "scope")
    if sees_unplaced(user):
        seen |= Q(scope="")
    wanted = {
        "at__gte": sought.since,
        "at__lt": sought.until,
        "who__icontains": sought.who,
        "action": sought.action,
        "subject": sought.subject,
        "scope__startswith": sought.area,
    }
    set_ones = {lookup: value for lookup, value in wanted.items() if value}
    return AuditRow.objects.filter(seen, **set_ones).order_by("-id")


def page(user: User, sought: Sought, *, before: int | None, limit: int) -> AuditPage:
    """Rows with ids below `before`, or the newest.  A place in the list is an id, not a count, so
    that rows which are added meanwhile move nothing.

    Raises:
        Unavailable: the database took longer than `TIMEOUT_MS`.
    """
    rows = rows_for(user, sought)
    if before is not None:
        rows = rows.filter(id__lt=before)
    with _in_time():
        found = list(rows[: limit + 1])
    return AuditPage(found[:limit], found[limit - 1].pk if len(found) > limit else None)


def newest_id() -> int:
    return AuditRow.objects.aggregate(newest=Max("id"))["newest"] or 0


def count_up_to(rows: QuerySet[AuditRow], most: int) -> int:
    """How many rows there are, counted to `most` + 1.

    Raises:
        Unavailable: see `page`.
    """
    with _in_time():
        return rows[: most + 1].count()


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [TIMEOUT_MS])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            message = _("This search took too long. Narrow it to fewer days.")
            raise Unavailable(message) from None
        raise
