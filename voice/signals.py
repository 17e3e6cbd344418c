"""What voice tells itself on commit: rows that a worker should take up now."""

from django.dispatch import Signal

call_placed = Signal()
"""call_id"""

event_stored = Signal()
"""event_id"""

call_reported = Signal()
"""call_id: has a transcript that nobody summed up yet"""

simulation_due = Signal()
"""call_id: the simulated provider took the call, and now plays it"""
