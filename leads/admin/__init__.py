"""Leads in Django Admin."""

from leads.admin import attachments, cards, channels, conversations, lead, tables, templates

__all__ = ["attachments", "cards", "channels", "conversations", "lead", "tables", "templates"]
