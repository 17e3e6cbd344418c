"""A broker whose Telegram is connected to the vendor's fake."""

from tests.channels import connected, telegram

__all__ = ["connected", "telegram"]
