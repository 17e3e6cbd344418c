"""Leads in Django Admin."""

from leads.admin import channels, conversations, lead, tables

__all__ = ["channels", "conversations", "lead", "tables"]
