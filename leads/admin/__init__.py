"""Leads in Django Admin."""

from leads.admin import (
    attachments,
    channels,
    conversations,
    imports,
    kept,
    lead,
    merging,
    rights,
    tables,
    templates,
)

__all__ = [
    "attachments",
    "channels",
    "conversations",
    "imports",
    "kept",
    "lead",
    "merging",
    "rights",
    "tables",
    "templates",
]
