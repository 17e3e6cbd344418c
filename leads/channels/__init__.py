"""Adapters, one a channel: nothing above them sees a vendor's field."""

from leads.channels import email, telegram, telegram_media, telegram_typing, webchat, whatsapp

__all__ = ["email", "telegram", "telegram_media", "telegram_typing", "webchat", "whatsapp"]
