"""The one permission: what the caller's role may do with the view's model."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from crm import tenancy

LETTERS = {"list": "r", "retrieve": "r", "create": "c", "destroy": "d"}


class TenantPermission(BasePermission):
    """Signed in, and allowed the letter that the action needs.

    A view names its model by ``queryset``; ``letters`` (action → letter of "crud") overrides what
    follows from the action: reading for safe methods, updating for every other verb.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not tenancy.enters(request.user):
            return False
        queryset = getattr(view, "queryset", None)
        not_routed = getattr(view, "action", "") is None  # the answer will be 405
        if queryset is None or not_routed:
            return True
        return tenancy.allows(request.user, queryset.model, self._letter(request, view))

    def _letter(self, request: Request, view: Any) -> str:
        action = getattr(view, "action", None) or ""
        default = "r" if request.method in SAFE_METHODS else "u"
        own: dict[str, str] = getattr(view, "letters", {})
        return own.get(action, LETTERS.get(action, default))


class AdminsOnly(TenantPermission):
    """For what agents never do: costs, import, export."""

    def has_permission(self, request: Request, view: Any) -> bool:
        role = getattr(request.user, "role", None)
        return super().has_permission(request, view) and role != tenancy.Role.AGENT


class SuperadminsOnly(TenantPermission):
    """For what no broker does for itself."""

    def has_permission(self, request: Request, view: Any) -> bool:
        role = getattr(request.user, "role", None)
        return super().has_permission(request, view) and role == tenancy.Role.SUPERADMIN
