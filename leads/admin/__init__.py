"""Leads in Django Admin."""

from leads.admin import (
    attachments,
    cards,
    channels,
    conversations,
    imports,
    kept,
    lead,
    merging,
    rights,
    tables,
    tasks,
    templates,
)

__all__ = [
    "attachments",
    "cards",
    "channels",
    "conversations",
    "imports",
    "kept",
    "lead",
    "merging",
    "rights",
    "tables",
    "tasks",
    "templates",
]
