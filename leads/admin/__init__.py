"""Leads in Django Admin."""

from leads.admin import channels, conversations, lead, merging, tables

__all__ = ["channels", "conversations", "lead", "merging", "tables"]
