"""Channels connected to the vendors' fakes."""

from tests.channels import camila, connected, mail, meta, telegram

__all__ = ["camila", "connected", "mail", "meta", "telegram"]
