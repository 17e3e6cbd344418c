"""E-mail: messages leave through Django's backend, in the broker's name."""

import smtplib
from email.mime.text import MIMEText
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _

from leads.channels.base import Outgoing, register
from leads.delivery import OUTCOME_UNKNOWN
from leads.enums import Channel
from leads.errors import ChannelError
from leads.models import ChatMessage

TIMEOUT_SECONDS = 15


@register
class Email:
    channel = Channel.EMAIL
    resend_safe = False
    takes_files = False

    def send(self, outgoing: Outgoing) -> str | None:
        message = outgoing.message
        connection = _open()
        try:
            letter = _compose(message, _address(message), connection)
            outgoing.hand_over()
            letter.send()
        except smtplib.SMTPException as error:
            raise _meaning(error) from error
        except OSError as error:
            raise ChannelError(permanent=True, reason=OUTCOME_UNKNOWN) from error
        finally:
            connection.close()
        return message_id(message)


def _open() -> BaseEmailBackend:
    """A connection; until there is one, nothing has left."""
    connection = get_connection(timeout=TIMEOUT_SECONDS)
    try:
        connection.open()
    except smtplib.SMTPAuthenticationError as error:
        raise ChannelError(permanent=True, reason="bad_credentials") from error
    except (smtplib.SMTPException, OSError) as error:
        raise ChannelError(permanent=False, reason="unreachable") from error
    return connection


def message_id(message: ChatMessage) -> str:
    """By our own id: the same message sent twice is one to the reader's mail program."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<message-{message.pk}@{host}>"


def _address(message: ChatMessage) -> str:
    if not message.lead.email:
        raise ChannelError(permanent=True, reason="no_identity")
    address: str = message.lead.email
    return address


def _compose(message: ChatMessage, to: str, connection: BaseEmailBackend) -> EmailMessage:
    broker = message.lead.broker
    name = " ".join(broker.name.split())
    letter = EmailMessage(
        subject=" ".join(message.provider_metadata.get("subject", "").split())
        or _("Mensaje de %s") % name,
        body=message.message_text,
        from_email=formataddr((name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[to],
        reply_to=[broker.email] if broker.email else None,
        headers={"Message-ID": message_id(message)},
        connection=connection,
    )
    attach_calendar(letter, message.provider_metadata)
    return letter


def attach_calendar(letter: EmailMessage, details: dict[str, Any]) -> None:
    """``calendar`` (text, method) becomes the .ics that a mail program adds to its calendar."""
    if given := details.get("calendar"):
        part = MIMEText(given["text"], "calendar", "utf-8")
        part.set_param("method", given["method"])
        part.add_header("Content-Disposition", "attachment", filename="cita.ics")
        letter.attach(part)


def _meaning(error: smtplib.SMTPException) -> ChannelError:
    """The server's answer: 4xx may pass, 5xx does not; a line that went dead says nothing."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return ChannelError(permanent=True, reason=OUTCOME_UNKNOWN)
    codes = _codes(error)
    if codes and all(code < 500 for code in codes):
        return ChannelError(permanent=False, reason="try_later")
    return ChannelError(permanent=True, reason="rejected")


def _codes(error: smtplib.SMTPException) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _words in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []
