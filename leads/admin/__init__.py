"""Leads in Django Admin."""

from leads.admin import channels, conversations, lead, rights, tables

__all__ = ["channels", "conversations", "lead", "rights", "tables"]
