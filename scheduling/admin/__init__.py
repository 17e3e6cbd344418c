"""Scheduling in Django Admin."""

from scheduling.admin import calendars, diary

__all__ = ["calendars", "diary"]
