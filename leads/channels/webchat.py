"""The web chat: the page reads its messages from our own table, so sending is storing."""

from leads.channels.base import Outgoing, register
from leads.enums import Channel


@register
class WebChat:
    channel = Channel.WEBCHAT
    resend_safe = True
    takes_files = False

    def send(self, outgoing: Outgoing) -> str | None:
        outgoing.hand_over()
        return f"out:{outgoing.message.pk}"
