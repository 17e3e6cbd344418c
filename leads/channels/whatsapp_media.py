"""Files of WhatsApp's messages: fetched by their number, and uploaded before they are sent."""

from typing import Any

from crm import http
from crm.errors import ProviderError
from leads import attachments
from leads.channels import whatsapp_api as api
from leads.enums import Channel
from leads.errors import ChannelError
from leads.models import Attachment

# What Meta shows in the chat, in bytes; documents may have 100 MB, more than we take.
LARGEST = {"image": 5 * 1024 * 1024, "video": 16 * 1024 * 1024, "audio": 16 * 1024 * 1024}


def fetch(config: dict[str, Any], media_id: str, limit: int) -> bytes:
    """Ask where the file lies, then get it; both need the broker's token."""
    token = str(config.get("access_token") or "")
    if not (token and media_id.isalnum()):
        raise ChannelError(permanent=True, reason="channel_not_configured")
    number = {"phone_number_id": str(config.get("phone_number_id") or "")}
    try:
        told = api.call("GET", media_id, token, params=number)
        return _download(told, token, limit)
    except ProviderError as error:
        raise api.meaning_of_reading(error) from error


def _download(told: Any, token: str, limit: int) -> bytes:
    address = told.get("url") if isinstance(told, dict) else None
    if not isinstance(address, str) or not api.is_metas(address):
        raise ChannelError(permanent=True, reason="media_not_available")
    size = told.get("file_size")
    if isinstance(size, int) and size > limit:
        raise ChannelError(permanent=True, reason="too_large")
    return http.download(address, limit=limit, headers=api.bearer(token))


def upload(file: Attachment, *, number: str, token: str) -> str:
    """Meta's id for a file of ours; nothing has reached the lead yet, so it may be tried again."""
    form = {"messaging_product": "whatsapp", "type": file.mime_type}
    named = (file.filename or "archivo", attachments.read(file), file.mime_type)
    try:
        told = api.call("POST", f"{number}/media", token, data=form, files={"file": named})
    except ProviderError as error:
        raise api.meaning_of_reading(error) from error
    media_id = told.get("id") if isinstance(told, dict) else None
    if not media_id:
        raise ChannelError(permanent=True, reason="media_rejected")
    return str(media_id)


def kind_of(file: Attachment) -> str:
    """What it goes out as: what is too large to be shown in the chat is a document to open."""
    return "document" if file.size > LARGEST.get(file.kind, file.size) else str(file.kind)


def content(file: Attachment, media_id: str, caption: str) -> dict[str, Any]:
    """The part of a message that shows the file; WhatsApp gives sound no caption."""
    kind, shown = kind_of(file), {"id": media_id}
    if caption and kind != "audio":
        shown["caption"] = caption
    if kind == "document":
        shown["filename"] = file.filename or "archivo"
    return {"type": kind, kind: shown}


attachments.register(Channel.WHATSAPP, attachments.Source(key="media_id", fetch=fetch))
