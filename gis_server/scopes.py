"""The areas of users, which are kept as code prefixes: their names, the code that the
audit trail keeps, and what follows a new code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os.path import commonprefix

from django.db import connection

from gis_server.models import LONGEST_CODE, SearchEntry, User
from gis_server.roles import within_q

DIVISION_DIGITS = 12  # codes of divisions are filled up with zeros to these

# Whoever stores a prefix of codes beside a user adds its statement here; other apps with `ready`.
FOLLOW = [
    """
    UPDATE gis_server_user SET scope = ARRAY(
        SELECT CASE WHEN starts_with(part, %(old)s)
                    THEN %(new)s || substr(part, length(%(old)s) + 1) ELSE part END
        FROM unnest(scope) WITH ORDINALITY AS parts (part, place) ORDER BY place)
    WHERE EXISTS (SELECT 1 FROM unnest(scope) AS part WHERE starts_with(part, %(old)s))""",
    """
    UPDATE gis_server_api_token SET prefixes = ARRAY(
        SELECT CASE WHEN starts_with(part, %(old)s)
                    THEN %(new)s || substr(part, length(%(old)s) + 1) ELSE part END
        FROM unnest(prefixes) WITH ORDINALITY AS parts (part, place) ORDER BY place)
    WHERE EXISTS (SELECT 1 FROM unnest(prefixes) AS part WHERE starts_with(part, %(old)s))""",
    # Requests that wait and grants that run; what has ended was for the code of its day.
    """
    UPDATE gis_server_areagrant SET prefix = %(new)s || substr(prefix, length(%(old)s) + 1)
    WHERE starts_with(prefix, %(old)s) AND state IN ('waiting', 'given')""",
]


@dataclass(frozen=True)
class Area:
    """A prefix and the name of the division or grid that has it; "" for one that nobody has."""

    prefix: str
    name: str


def common_code(reach: Sequence[str]) -> str:
    """The territory that holds all of it; empty where that is everything, or nothing."""
    return commonprefix(list(reach))  # noqa: RUF071 - codes are compared digit by digit


def areas_of(prefixes: Iterable[str]) -> dict[str, Area]:
    """Each prefix with its name, as the search box knows it.  One query."""
    codes = {one: one.ljust(DIVISION_DIGITS, "0")[:LONGEST_CODE] for one in prefixes}
    known = SearchEntry.objects.filter(kind__in=("division", "grid"), key__in=set(codes.values()))
    names = dict(known.values_list("key", "title"))
    return {one: Area(one, names.get(code, "")) for one, code in codes.items()}


def holds_all(user: User) -> bool:
    """Whether all grids lie in the user's reach; what binds everybody is theirs to say.  One
    query.
    """
    grids = SearchEntry.objects.filter(kind="grid")
    return not grids.exclude(within_q(user.reach, "key")).exists()


def follow(old: str, new: str) -> None:
    """Let prefixes that begin with `old` begin with `new`, in the caller's transaction.

    Longer scopes lie below what was renumbered and move with it; shorter ones are not touched:
    what they cover still begins with them.
    """
    with connection.cursor() as cursor:
        for statement in FOLLOW:
            cursor.execute(statement, {"old": old, "new": new})
