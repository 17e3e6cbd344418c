"""Brokers, their people and their configurations in Django Admin."""

from brokers.admin import configs, people

__all__ = ["configs", "people"]
