"""Files of Telegram's messages: asked for by their number, then fetched from where they lie."""

from typing import Any

from telegram import Bot, File
from telegram.error import BadRequest, TelegramError

from crm import http
from crm.errors import ProviderError
from leads import attachments
from leads.channels import telegram_client
from leads.enums import Channel
from leads.errors import ChannelError


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


attachments.register(Channel.TELEGRAM, attachments.Source(key="file_id", fetch=fetch))
