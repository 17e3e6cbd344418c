"""The model that needs no key and no network."""

from llm.offline.model import OfflineModel

__all__ = ["OfflineModel"]
