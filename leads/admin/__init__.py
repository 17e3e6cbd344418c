"""Leads in Django Admin."""

from leads.admin import channels, conversations, imports, lead, tables

__all__ = ["channels", "conversations", "imports", "lead", "tables"]
