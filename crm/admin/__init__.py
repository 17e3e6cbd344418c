"""Django Admin of the product: the tenant-aware base that every app's admin builds on."""

from crm.admin import operations

__all__ = ["operations"]
