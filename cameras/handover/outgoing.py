"""What leaves the house, and how the sending of it can end.  Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Exactly what is sent.  address: where to, in full, so it is never shown; `subject` and
    `attachments` are those of a mail.
    """

    address: str = field(repr=False)
    headers: Mapping[str, str]
    body: str
    subject: str = ""
    attachments: Sequence[Attachment] = ()

    @property
    def size_bytes(self) -> int:
        return len(self.body.encode()) + sum(len(one.content) for one in self.attachments)


class NotSent(Exception):
    """It has not arrived, and why in words.  is_final: trying again would change nothing."""

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.is_final = is_final


class Unclear(Exception):
    """It was on its way when the answer failed to come: it may have arrived or not."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
