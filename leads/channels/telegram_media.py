"""Files of Telegram's messages: fetched by their number, and sent as what they are."""

from collections.abc import Callable
from typing import Any

from telegram import Bot, File, Message
from telegram.error import BadRequest, TelegramError

from crm import http
from crm.errors import ProviderError
from leads import attachments, sniffing
from leads.channels import telegram_client
from leads.enums import Channel
from leads.errors import ChannelError
from leads.models import Attachment

MAX_PHOTO = 10 * 2**20
MAX_FILE = 50 * 2**20
SECONDS = 30.0
WAYS = {
    "image/jpeg": "photo",
    "image/png": "photo",
    "audio/ogg": "voice",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "video/mp4": "video",
}


def fetch(config: dict[str, Any], file_id: str, limit: int) -> bytes:
    """Reading changes nothing at Telegram: whatever may pass is worth another try."""
    token = str(config.get("token") or "")
    if not token:
        raise ChannelError(permanent=True, reason="channel_not_configured")
    file = _described(token, file_id)
    if (file.file_size or 0) > limit:
        raise ChannelError(permanent=True, reason="too_large")
    path = file.file_path or ""
    if not path.startswith(f"{telegram_client.files_of(token)}/") or ".." in path:
        raise ChannelError(permanent=True, reason="media_not_available")
    try:
        return http.download(path, limit=limit, headers={})
    except ProviderError as error:
        raise _meaning(error) from error


def _described(token: str, file_id: str) -> File:
    async def ask(bot: Bot) -> File:
        return await bot.get_file(file_id)

    try:
        return telegram_client.call(token, ask)
    except BadRequest as error:
        # Bots may fetch files of up to 20 MB.
        reason = "too_large" if "too big" in error.message else "media_not_available"
        raise ChannelError(permanent=True, reason=reason) from error
    except TelegramError as error:
        raise telegram_client.meaning_of_reading(error) from error


def _meaning(error: ProviderError) -> ChannelError:
    if error.data.get("reason") == "too_large":
        return ChannelError(permanent=True, reason="too_large")
    reason = "vendor_error" if error.retryable else "media_not_available"
    return ChannelError(permanent=not error.retryable, reason=reason)


def send(
    token: str,
    chat: int,
    file: Attachment,
    shown: dict[str, Any],
    *,
    before: Callable[[], None],
) -> Message:
    """Show the file; what Telegram does not take as a picture or a sound goes as a document.

    ``shown`` is its caption and keyboard, ``before`` is done right before each call. Raises
    TelegramError, and ChannelError for a file that cannot leave.
    """
    content = attachments.read(file)
    if len(content) > MAX_FILE:
        raise ChannelError(permanent=True, reason="too_large")
    name = file.filename or f"archivo{sniffing.ENDINGS.get(file.mime_type, '')}"
    given, way = {**shown, "filename": name}, way_of(file.mime_type, len(content))
    before()
    try:
        return _send(token, way, chat, content, given)
    except BadRequest:
        if way == "document":
            raise
    before()
    return _send(token, "document", chat, content, given)


def way_of(mime_type: str, size: int) -> str:
    """As what Telegram shows such a file."""
    way = WAYS.get(mime_type, "document")
    return "document" if way == "photo" and size > MAX_PHOTO else way


def _send(token: str, way: str, chat: int, content: bytes, given: dict[str, Any]) -> Message:
    async def ask(bot: Bot) -> Message:
        ask_for = getattr(bot, f"send_{way}")
        sent: Message = await ask_for(chat, content, read_timeout=SECONDS, **given)
        return sent

    return telegram_client.call(token, ask, seconds=SECONDS)


attachments.register(Channel.TELEGRAM, attachments.Source(key="file_id", fetch=fetch))
