"""A POST of JSON, signed so that the receiver knows who it is from and that it is fresh."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime

from cameras.handover import transport
from cameras.handover.content import Content
from cameras.handover.outgoing import NotSent, Outgoing

SIGNATURE = "X-Gis-Signature"
DELIVERY = "X-Gis-Delivery"


def fault(address: str) -> str:
    try:
        transport.checked_url(address)
    except NotSent as error:
        return error.text
    return ""


def outgoing(
    content: Content, address: str, secret: str, formats: Sequence[str], delivery: str
) -> Outgoing:
    """formats: none; the lines stand in the JSON.  delivery: the same at each attempt, so that a
    receiver can tell the list that it has already.
    """
    del secret, formats
    body = json.dumps({"delivery": delivery, **content.json()}, ensure_ascii=False)
    headers = {"Content-Type": "application/json; charset=utf-8", DELIVERY: delivery}
    return Outgoing(address, headers, body)


def send(what: Outgoing, secret: str, now: datetime) -> None:
    body = what.body.encode()
    headers = {**what.headers, SIGNATURE: signature(body, secret, int(now.timestamp()))}
    transport.post(what.address, body, headers)


def signature(body: bytes, secret: str, at_s: int) -> str:
    """HMAC-SHA256 over the time, a full stop and the body; the time keeps a copy from being sent
    again later.  See docs/handover.md for how a receiver checks it.
    """
    signed = f"{at_s}.".encode() + body
    return f"t={at_s},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
