"""Between the two steps of a sign-in: who has given the right password, for five minutes."""

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from gis_server.models import User

KEY = "second_step"
MAX_AGE = timedelta(minutes=5)


def ask_later(request: HttpRequest, user: User, now: datetime) -> None:
    """Remember that the password was right; nobody is signed in by this."""
    request.session.cycle_key()
    request.session[KEY] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "at": now.timestamp(),
    }


def who(request: HttpRequest, now: datetime) -> User | None:
    """Whose code is waited for; None when nobody's, too late, or the password has changed since."""
    waiting = request.session.get(KEY)
    if not waiting or now.timestamp() - waiting["at"] > MAX_AGE.total_seconds():
        return None
    user = User.objects.filter(pk=waiting["user"], is_active=True).first()
    if user and constant_time_compare(user.get_session_auth_hash(), waiting["password"]):
        return user
    return None


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
