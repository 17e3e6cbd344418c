"""Brokers, their people and their configurations in Django Admin."""

from brokers.admin import configs, locks, people

__all__ = ["configs", "locks", "people"]
