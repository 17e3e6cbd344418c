"""What happens to documents, told on commit: internal to knowledge, starts their background work."""

from django.dispatch import Signal

document_pending = Signal()
"""document_id: waits to be split"""

document_split = Signal()
"""document_id: its entries wait for their embeddings"""
