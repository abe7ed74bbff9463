"""The change feed: what has become different, told once it is true, and never lost.

A service calls `record` in its own transaction; PostgreSQL notifies on commit; the live process
(`live_asgi`) reads the rows and pushes them to browsers.  The reasons stand in
docs/design/change-feed.md.
"""

from dataclasses import dataclass, field
from typing import Any, cast

from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST

from gis_server.edge import allow, json_ok, live_origin
from gis_server.errors import Invalid
from gis_server.models import ChangeRow, User
from gis_server.roles import Permission

CHANNEL = "gis_server_change"
# The advisory lock that puts commits of changes in a row; any fixed number nobody else uses.
FEED_LOCK = 7_214_001
KEPT_DAYS = 3
TICKET_COOKIE = "live_ticket"
TICKET_SALT = "gis_server.live"
TICKET_MAX_AGE_S = 60
# A topic reaches only those whose role holds its permission; one that is not listed reaches nobody.
TOPICS: dict[str, Permission] = {
    "camera": Permission.SEE_CAMERAS,
    "outage": Permission.SEE_CAMERAS,
    # The watching itself is in trouble, or no longer.
    "notice": Permission.SEE_CAMERAS,
    "snapshot": Permission.SEE_PICTURES,
    "shapes": Permission.SEE_MAP,
    # Somebody asked for an area, or a request or grant of it has moved: for those who decide.
    "area_request": Permission.GRANT_AREA,
    "reach": Permission.SEE_MAP,
    "territory": Permission.SEE_MAP,
}
REACH_TOPIC = "reach"
"""Where the user named as the subject may look has changed: what they hear by is out of date."""


@dataclass(frozen=True)
class Change:
    """What became different: `subject` (an id) of `topic`, in the territory with code `scope`.

    Everybody with the topic's permission hears of a change with an empty scope.
    """

    topic: str
    subject: str
    scope: str
    data: dict[str, Any] = field(default_factory=dict)


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK])
        ChangeRow.objects.bulk_create(
            [
                ChangeRow(topic=c.topic, subject=c.subject, scope=c.scope, data=c.data)
                for c in changes
            ]
        )
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def last_id() -> int:
    return ChangeRow.objects.aggregate(last=Max("id"))["last"] or 0


@require_POST
def ticket(request: HttpRequest) -> HttpResponseBase:
    """Let this browser listen: a signed cookie that is good for a minute, and where to connect.

    The live process has no session and asks no database: the ticket holds who listens and what
    they may hear.  It is a cookie that scripts cannot read, so it stands in no address and no log.
    """
    # First the id, then the reach: what changes the reach later has a later id, and the live
    # process sees by it that this ticket is out of date.
    last, user = last_id(), cast("User", request.user)
    user.read_lent_anew()
    # A wall that nobody touches asks for a ticket every quarter of an hour: it stays signed in.
    request.session.modified = True
    content = {
        "user": user.pk,
        "role": user.role,
        "scope": user.reach,
        "ends_at": user.lent.first_ends_at and user.lent.first_ends_at.timestamp(),
        "last_id": last,
        "origin": f"{request.scheme}://{request.get_host()}",
    }
    response = json_ok(
        {
            "url": f"{live_origin(request)}/live",
            "last_id": last,
            "user": user.pk,
            "reach": user.reach,
        }
    )
    response.set_cookie(
        TICKET_COOKIE,
        signing.dumps(content, salt=TICKET_SALT),
        max_age=TICKET_MAX_AGE_S,
        path="/live",
        httponly=True,
        secure=settings.BEHIND_TLS,
        samesite="Strict",
    )
    return response


ticket = allow(Permission.SEE_MAP)(ticket)


@dataclass(frozen=True)
class Listener:
    """What a ticket says of a browser: the page it belongs to, and what it may hear.

    ends_at: seconds since 1970 at which the first grant in `scope` ends, None without one.
    last_id: the newest change when the ticket was written.
    """

    user: int
    role: str
    scope: list[str]
    origin: str
    ends_at: float | None
    last_id: int


def read_ticket(token: str) -> Listener:
    """
    Raises:
        Invalid: not signed by us, or older than a minute.
    """
    try:
        content = signing.loads(token, salt=TICKET_SALT, max_age=TICKET_MAX_AGE_S)
    except signing.BadSignature:
        raise Invalid("the ticket is not valid (any more)") from None
    return Listener(**content)
