"""The group robot of 钉钉 (DingTalk): Markdown, 20 messages a minute; signed where it has a secret.

open.dingtalk.com, "自定义机器人安全设置": timestamp in ms and, over it, a line feed and the secret,
HMAC-SHA256 in Base64, both added to the address; the time may be an hour off.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from cameras.handover.channels import robots
from cameras.handover.content import Content
from cameras.handover.outgoing import Outgoing

HOST = "oapi.dingtalk.com"
MOST_BYTES = 20_000


def fault(address: str) -> str:
    return robots.fault(address, HOST)


def outgoing(
    content: Content, address: str, secret: str, formats: Sequence[str], delivery: str
) -> Outgoing:
    del secret, formats, delivery
    message = {
        "msgtype": "markdown",
        "markdown": {
            "title": robots.plain(content.title),
            "text": robots.markdown(content, MOST_BYTES - 2000),
        },
        "at": {"isAtAll": False},
    }
    return Outgoing(address, {}, json.dumps(message, ensure_ascii=False))


def send(what: Outgoing, secret: str, now: datetime) -> None:
    address = (
        signed(what.address, secret, round(now.timestamp() * 1000)) if secret else what.address
    )
    robots.post(address, what.body)


def signed(address: str, secret: str, at_ms: int) -> str:
    """The address with the time and what proves that we know the secret."""
    digest = hmac.new(secret.encode(), f"{at_ms}\n{secret}".encode(), hashlib.sha256).digest()
    added = urlencode({"timestamp": at_ms, "sign": base64.b64encode(digest).decode()})
    return f"{address}&{added}"
