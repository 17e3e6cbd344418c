"""Adapters, one a channel: nothing above them sees a vendor's field."""

from leads.channels import webchat

__all__ = ["webchat"]
