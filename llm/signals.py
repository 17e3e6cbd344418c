"""Events inside the assistant's app, sent on commit."""

from django.dispatch import Signal

replay_asked = Signal()
"""replay_id: starts a worker on it"""
