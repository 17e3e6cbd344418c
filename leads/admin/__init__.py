"""Leads in Django Admin."""

from leads.admin import conversations, lead, tables

__all__ = ["conversations", "lead", "tables"]
