"""Channels connected to the vendors' fakes, and agents who are linked to them."""

from tests.agents import linked, own, pooled
from tests.channels import camila, connected, mail, meta, telegram

__all__ = ["camila", "connected", "linked", "mail", "meta", "own", "pooled", "telegram"]
