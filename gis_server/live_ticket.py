"""The ticket with which a browser listens to the change feed: written here, read by `live_asgi`.

The live process has no session and asks no database: the ticket says who listens, and to what.
"""

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST

from gis_server.edge import allow, json_ok, live_origin
from gis_server.errors import Invalid
from gis_server.live import last_id
from gis_server.models import User
from gis_server.roles import Permission

TICKET_COOKIE = "live_ticket"
TICKET_SALT = "gis_server.live"
TICKET_MAX_AGE_S = 60


@allow(Permission.SEE_MAP)
@require_POST
def ticket(request: HttpRequest) -> HttpResponseBase:
    """Let this browser listen: a signed cookie that is good for a minute, and where to connect.

    It is a cookie that scripts cannot read, so it stands in no address and no log.
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
