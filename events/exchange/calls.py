"""A call that is repeated under its Idempotency-Key is answered as it was the first time.

As draft-ietf-httpapi-idempotency-key-header has it; the key is the caller's, up to 64 characters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from events.models import IdempotentCall
from events.models.exchange import LONGEST_CALL_KEY
from gis_server.errors import Conflict, Invalid
from gis_server.models import User

KEPT = timedelta(hours=24)
HEADER, REPLAYED = "Idempotency-Key", "Idempotent-Replayed"
ONE_PER_KEY = "one_call_per_user_and_key"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; is_repeat: it was done before."""

    body: dict[str, Any]
    status: int
    is_repeat: bool = False


def key_of(request: HttpRequest) -> str:
    """The key that a call names, "" for none.  Raises Invalid."""
    key = request.headers.get(HEADER, "").strip()
    if len(key) > LONGEST_CALL_KEY or not key.isascii() or not key.isprintable():
        rule = _("%(header)s must be at most %(longest)d printable ASCII characters.")
        raise Invalid(rule % {"header": HEADER, "longest": LONGEST_CALL_KEY})
    return key


def once(
    user: User, key: str, told: bytes, work: Callable[[], tuple[dict[str, Any], int]], now: datetime
) -> Answer:
    """Do the work once for a key; what fails is not kept, so that it can be sent again.

    told: path and body of the call.

    Raises:
        Invalid: the key was used for another call.
        Conflict: the same call is being done at this moment.
        And what the work raises.
    """
    if not key:
        return Answer(*work())
    digest = sha256(told).hexdigest()
    IdempotentCall.objects.filter(user=user, key=key, at__lt=now - KEPT).delete()
    try:
        with transaction.atomic():
            call = IdempotentCall.objects.create(user=user, key=key, digest=digest, at=now)
            body, status = work()
            call.status, call.answer = status, body
            call.save(update_fields=["status", "answer"])
    except IntegrityError as error:
        if ONE_PER_KEY not in str(error):
            raise
        return earlier(user, key, digest)
    return Answer(body, status)


def earlier(user: User, key: str, digest: str) -> Answer:
    call = IdempotentCall.objects.filter(user=user, key=key).first()
    if call is None or not call.status:
        raise Conflict(_("This call is being done just now: ask again in a moment."))
    if call.digest != digest:
        raise Invalid(_("This Idempotency-Key was used for another call: choose a new one."))
    return Answer(call.answer, call.status, is_repeat=True)


def forget(now: datetime) -> int:
    """Delete calls that nobody repeats any more; how many."""
    return int(IdempotentCall.objects.filter(at__lt=now - KEPT).delete()[0])
