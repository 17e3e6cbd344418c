"""Adapters, one a channel: nothing above them sees a vendor's field."""

from leads.channels import email, telegram, webchat, whatsapp

__all__ = ["email", "telegram", "webchat", "whatsapp"]
