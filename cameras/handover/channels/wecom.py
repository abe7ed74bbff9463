"""The group robot of 企业微信 (WeCom): Markdown of at most 4,096 bytes, 20 messages a minute.

developer.work.weixin.qq.com, "群机器人配置说明" (path/91770).
"""

import json
from collections.abc import Sequence
from datetime import datetime

from cameras.handover.channels import robots
from cameras.handover.content import Content
from cameras.handover.outgoing import Outgoing

HOST = "qyapi.weixin.qq.com"
MOST_BYTES = 4096


def fault(address: str) -> str:
    return robots.fault(address, HOST)


def outgoing(
    content: Content, address: str, secret: str, formats: Sequence[str], delivery: str
) -> Outgoing:
    del secret, formats, delivery
    message = {
        "msgtype": "markdown",
        "markdown": {"content": robots.markdown(content, MOST_BYTES)},
    }
    return Outgoing(address, {}, json.dumps(message, ensure_ascii=False))


def send(what: Outgoing, secret: str, now: datetime) -> None:
    del secret, now
    robots.post(what.address, what.body)
