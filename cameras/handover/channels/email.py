"""A mail through the district's own server, with the list as files."""

import smtplib
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.errors import MessageError
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from cameras.handover.content import Content
from cameras.handover.outgoing import Attachment, NotSent, Outgoing, Unclear
from cameras.handover.transport import told, why
from gis_server.plain_text import one_line

MOST_MAILBOXES = 20
MAX_ATTACHED_BYTES = 10 * 1024 * 1024


def fault(address: str) -> str:
    mailboxes = address.split()
    if not mailboxes or len(mailboxes) > MOST_MAILBOXES:
        return _("Enter 1 to %(most)d mail addresses.") % {"most": MOST_MAILBOXES}
    for mailbox in mailboxes:
        try:
            validate_email(mailbox)
        except ValidationError:
            return _("“%(text)s” is no mail address.") % {"text": mailbox[:60]}
    return ""


def outgoing(
    content: Content, address: str, secret: str, formats: Sequence[str], delivery: str
) -> Outgoing:
    """What does not fit into ten megabytes is left out, and the mail says so."""
    del secret
    attached, left_out = list[Attachment](), list[str]()
    for one in content.files(formats):
        size = sum(len(other.content) for other in attached) + len(one.content)
        if size <= MAX_ATTACHED_BYTES:
            attached.append(one)
        else:
            left_out.append(one.name)
    body = content.text()
    if left_out:
        message = _("Too large for a mail and left out: %(names)s. Take it from the offline list.")
        body += "\n" + message % {"names": ", ".join(left_out)} + "\n"
    # The same at each attempt, so that a mail server can tell a mail that it has already.
    headers = {"Message-ID": f"<{delivery}@gis-server.invalid>", "Auto-Submitted": "auto-generated"}
    return Outgoing(address, headers, body, one_line(content.title), attached)


def send(what: Outgoing, secret: str, now: datetime) -> None:
    del secret, now
    if not settings.EMAIL_HOST:
        message = _("No mail server is set: have the administrator set EMAIL_HOST.")
        raise NotSent(message)
    backend = EmailBackend()
    backend.ssl_context = _tls()
    _open(backend)
    try:
        _hand_in(backend, message_of(what, backend))
    finally:
        backend.close()


def message_of(what: Outgoing, connection: Any = None) -> EmailMessage:
    message = EmailMessage(
        what.subject,
        what.body,
        settings.DEFAULT_FROM_EMAIL or None,
        what.address.split(),
        headers=dict(what.headers),
        connection=connection,
    )
    for one in what.attachments:
        message.attach(one.name, one.content, one.media_type.partition(";")[0])
    return message


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.DELIVERY_CA_FILE:
        context.load_verify_locations(settings.DELIVERY_CA_FILE)
    return context


def _open(backend: EmailBackend) -> None:
    backend.fail_silently = False
    try:
        backend.open()
    except (OSError, smtplib.SMTPException) as error:
        message = _("The mail server cannot be reached or lets nobody in: %(why)s")
        raise NotSent(message % {"why": _why(error)}) from None


def _hand_in(backend: EmailBackend, message: EmailMessage) -> None:
    """Once the last line of a mail is under way, only the server knows whether it has it."""
    try:
        backend.send_messages([message])
    except (
        smtplib.SMTPRecipientsRefused,
        smtplib.SMTPSenderRefused,
        smtplib.SMTPDataError,
        smtplib.SMTPNotSupportedError,
    ) as error:
        raise NotSent(_("The mail server refused it: %(why)s") % {"why": _why(error)}) from None
    except (MessageError, ValueError):
        text = _("The mail could not be written: its subject or an address holds what no mail may "
                 "hold.")  # fmt: skip
        raise NotSent(text) from None
    except (OSError, smtplib.SMTPException) as error:
        text = _("The mail server hung up while it took the mail (%(why)s): ask whether it has "
                 "arrived.")  # fmt: skip
        raise Unclear(text % {"why": _why(error)}) from None


def _why(error: Exception) -> str:
    """In the server's own words where it has said any."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return told(f"{error.smtp_code} {text}")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return told(str({name: code for name, (code, _text) in error.recipients.items()}))
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _("it hung up")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _("it cannot do what is asked of it: TLS, a sign-in, or such addresses")
    return why(error)
