"""The change feed: what has become different, told once it is true, and never lost.

A service calls `record` in its own transaction; PostgreSQL notifies on commit; the live process
(`live_asgi`) reads the rows and pushes them to browsers.  The reasons stand in
docs/design/change-feed.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from gis_server import passes
from gis_server.models import ChangeRow, User
from gis_server.roles import Permission

CHANNEL = "gis_server_change"
# The advisory lock that puts commits of changes in a row; any fixed number nobody else uses.
FEED_LOCK = 7_214_001
KEPT_DAYS = 3
PASSING = {"position": timedelta(hours=1), "coverage": timedelta(hours=1)}
"""Topics told so often that their changes are kept for less: whoever comes back later than that
reads anew what they were about, as after any absence that is too long.
"""
# A topic reaches only those whose role holds its permission; one that is not listed reaches nobody.
TOPICS: dict[str, Permission] = {
    "camera": Permission.SEE_CAMERAS,
    "outage": Permission.SEE_CAMERAS,
    # A repair order was opened, or has moved.
    "order": Permission.SEE_CAMERAS,
    # An event was reported, or has moved.
    "event": Permission.SEE_EVENTS,
    # Somebody on duty was heard of: told of a street, at most once a second.
    "position": Permission.SEE_PATROLS,
    # Somebody was sent somewhere, or has answered.
    "errand": Permission.SEE_PATROLS,
    # What has been seen of an area has grown.
    "coverage": Permission.SEE_COVERAGE,
    # The watching itself is in trouble, or no longer.
    "notice": Permission.SEE_CAMERAS,
    # Somebody has taken an alarm of the wall, or given it back; which kind, and no more.
    "alarm": Permission.SEE_MAP,
    "snapshot": Permission.SEE_PICTURES,
    "shapes": Permission.SEE_MAP,
    # Somebody asked for an area, or a request or grant of it has moved: for those who decide.
    "area_request": Permission.GRANT_AREA,
    "reach": Permission.SEE_MAP,
    "territory": Permission.SEE_MAP,
    # A boundary plan was saved by somebody else, or has moved.
    "plan": Permission.REVIEW_PLANS,
    # The user named as the subject was sent somewhere, or it was taken back.
    "own_errand": Permission.DO_PATROLS,
}
OWN_TOPICS = frozenset({"own_errand"})
"""Heard by nobody but the user named as the subject, wherever the change lies."""
STREET_DIGITS, COMMUNITY_DIGITS = 9, 12
NOWHERE = "00"  # no code begins so
REACH_TOPIC = "reach"
"""Where the user named as the subject may look has changed: what they hear by is out of date."""


@dataclass(frozen=True)
class Change:
    """What became different: `subject` (an id) of `topic`, in the territory with code `scope`.

    Everybody with the topic's permission hears of a change with an empty scope.  parts: codes
    inside of the scope in which it lies: whoever has no more than one of them hears it too, and is
    not told which.
    """

    topic: str
    subject: str
    scope: str
    data: dict[str, Any] = field(default_factory=dict)
    parts: tuple[str, ...] = ()


def by_street(topic: str, codes: Iterable[str]) -> list[Change]:
    """One change for each street or town in which codes of posts or grids lie.

    Its parts are communities: their leaders hear it, and a busy street is still one change.
    """
    streets: dict[str, set[str]] = {}
    for code in codes:
        streets.setdefault(code[:STREET_DIGITS], set()).add(code[:COMMUNITY_DIGITS])
    return [
        Change(topic, street, street, parts=tuple(sorted(parts - {street})))
        for street, parts in sorted(streets.items())
    ]


def reach_of(user: User) -> Change:
    """That a user's streams are out of date: role, scope or sessions have changed.

    Told where the user is at home; of somebody without a home nobody else needs to hear.
    """
    return Change(REACH_TOPIC, str(user.pk), user.place or NOWHERE)


def record(*changes: Change) -> None:
    """Write changes in the caller's transaction; they are told when, and only if, it commits.

    The lock is held to the end of the transaction, so ids follow the order of commits: whoever has
    seen id n will never meet a smaller one later.  Hence call this last, after the slow work.

    Raises:
        transaction.TransactionManagementError: called outside a transaction.
        ValueError: an unknown topic.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("live.record needs a transaction")
    for change in changes:
        if change.topic not in TOPICS:
            raise ValueError(f"topic {change.topic!r} is not in live.TOPICS")
    if not changes:
        return
    if any(change.topic == REACH_TOPIC for change in changes):
        transaction.on_commit(passes.drop_all)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK])
        ChangeRow.objects.bulk_create(
            [
                ChangeRow(
                    topic=c.topic, subject=c.subject, scope=c.scope, data=c.data, parts=[*c.parts]
                )
                for c in changes
            ]
        )
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def last_id() -> int:
    return ChangeRow.objects.aggregate(last=Max("id"))["last"] or 0
