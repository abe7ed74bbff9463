"""Who is signed in where: Django's sessions in a table of ours, shown to their user and ended.

This module is the SESSION_ENGINE.  A session's key is a secret, so pages name a session by a `ref`
that is computed from it.  A session that is ended is gone at the next request, and the live streams
of its user end with it: those of other sessions come back by themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib.auth import SESSION_KEY, login
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from gis_server import audit, live, passes
from gis_server.accounts.agents import short_agent
from gis_server.errors import NotFound
from gis_server.models import User, UserSession
from gis_server.origin import address_of

# What sign-in writes into a session for its row.
PLACE = "place"
# "password", "second_factor" or "oidc".
HOW = "how"
# Set in a session that proved more than a password.
SECOND_FACTOR = "second_factor"
# Saves all writes but one in five minutes; the list says "minutes ago" anyway.
SEEN_EVERY = timedelta(minutes=5)
MAX_LISTED = 50


class SessionStore(DatabaseStore):
    """Django's documented way of extending database-backed sessions, with columns of our own."""

    last_seen: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[UserSession]:
        return UserSession

    def create_model_instance(self, data: dict[str, Any]) -> UserSession:
        row = cast("UserSession", super().create_model_instance(data))
        place, now = data.get(PLACE, {}), timezone.now()
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.address, row.agent = place.get("address", ""), place.get("agent", "")
        row.begun = parse_datetime(place.get("begun", "")) or now
        row.last_seen = now
        return row

    def delete(self, session_key: str | None = None) -> None:
        """As Django's own; who has signed out is let through by nobody's memory."""
        super().delete(session_key)
        transaction.on_commit(passes.drop_all)

    def load(self) -> dict[str, Any]:
        """As Django's own, and remembers when the session was last seen."""
        row: AbstractBaseSession | None = self._get_session_from_db()  # type: ignore[attr-defined]
        if row is None:
            return {}
        self.last_seen = row.last_seen  # type: ignore[attr-defined]
        return self.decode(row.session_data)


@dataclass(frozen=True)
class Shown:
    """A session as its user sees it; `here` marks the one that asks."""

    ref: str
    address: str
    agent: str
    begun: datetime
    last_seen: datetime
    here: bool


@transaction.atomic
def begin(
    request: HttpRequest, user: User, *, how: str, now: datetime, backend: str | None = None
) -> None:
    """Sign somebody in who has proved who they are: under a new key, noted with its place.

    Args:
        how: "password", "second_factor" or "oidc".
    """
    login(request, user, backend=backend)
    agent = short_agent(request.headers.get("User-Agent", ""))
    request.session[PLACE] = {
        "address": address_of(request),
        "agent": agent,
        "begun": now.isoformat(),
    }
    request.session[HOW] = how
    request.session[SECOND_FACTOR] = how != "password"
    detail = {"how": how, "agent": agent}
    audit.note(by=user, action="user.signed_in", subject=user.pk, scope=user.place, detail=detail)


def see(request: HttpRequest, now: datetime) -> None:
    """Note that a session is in use, at most every five minutes."""
    seen = getattr(request.session, "last_seen", None)
    if seen is None or now - seen < SEEN_EVERY:
        return
    key = request.session.session_key
    UserSession.objects.filter(session_key=key, last_seen=seen).update(last_seen=now)


def ref_of(key: str) -> str:
    """What pages call a session by: from it nobody gets the key that is the cookie."""
    return salted_hmac("gis_server.sessions", key).hexdigest()[:32]


def sessions_of(user: User, *, here: str | None, now: datetime) -> list[Shown]:
    """The newest sessions of a user that have not run out, the latest used first."""
    rows = UserSession.objects.filter(user=user, expire_date__gt=now)
    return [_shown(row, here) for row in rows.order_by("-last_seen", "session_key")[:MAX_LISTED]]


def _shown(row: UserSession, here: str | None) -> Shown:
    return Shown(
        ref=ref_of(row.session_key),
        address=row.address,
        agent=row.agent,
        begun=row.begun,
        last_seen=row.last_seen,
        here=row.session_key == here,
    )


@transaction.atomic
def end(user: User, ref: str, *, by: User) -> None:
    """End one session.

    Raises:
        NotFound: this user has no such session (any more).
    """
    key = next((key for key in _keys(user) if constant_time_compare(ref_of(key), ref)), None)
    if key is None or not UserSession.objects.filter(session_key=key).delete()[0]:
        raise NotFound(_("This session has already ended."))
    _note_end(user, by, 1)


@transaction.atomic
def end_all(user: User, *, by: User, keep: str | None = None) -> int:
    """End all sessions of a user but the one with the key `keep`; how many there were."""
    ended = UserSession.objects.filter(user=user).exclude(session_key=keep or "").delete()[0]
    if ended:
        _note_end(user, by, ended)
    return ended


def _keys(user: User) -> Iterator[str]:
    return UserSession.objects.filter(user=user).values_list("session_key", flat=True).iterator()


def _note_end(user: User, by: User, count: int) -> None:
    detail = {"sessions": count}
    audit.note(by=by, action="session.ended", subject=user.pk, scope=user.place, detail=detail)
    live.record(live.reach_of(user))
