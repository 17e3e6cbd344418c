"""What may stand behind the ``?`` of an address: nothing that its documentation does not name."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

_known: dict[tuple[Any, ...], frozenset[str]] = {}


def require_known(view: Any, request: Request) -> None:
    """Refuse a misspelt filter, which would otherwise answer with everything; an empty one, which
    would too; and one sent twice.

    Only where something is read: what a change does is said by its body.
    """
    if request.method not in ("GET", "HEAD"):
        return
    names = known(view)
    if names is None:
        return
    wrong = {}
    for name, values in request.query_params.lists():
        if name not in names:
            wrong[name] = ErrorDetail(_("No existe este parámetro."), code="unknown")
        elif len(values) > 1:
            wrong[name] = ErrorDetail(_("Envía este parámetro una sola vez."), code="repeated")
        elif not values[0].strip():
            wrong[name] = ErrorDetail(_("Este parámetro está vacío."), code="blank")
    if wrong:
        raise ValidationError(wrong)


def known(view: Any) -> frozenset[str] | None:
    """The parameters that the view documents for what is asked of it now; None for a 405."""
    action = getattr(view, "action", "get")
    if action is None or not hasattr(view, action):
        return None
    place = (type(view), getattr(view, "action", None), view.request.method)
    if place not in _known:
        _known[place] = frozenset(_documented(view))
    return _known[place]


def _documented(view: Any) -> set[str]:
    handler = getattr(view, getattr(view, "action", "get"))
    usual: Any = view.schema
    usual = usual if isinstance(usual, type) else type(usual)
    kind = getattr(handler, "kwargs", {}).get("schema") or usual
    schema = kind()
    schema.view, schema.method, schema.path = view, "GET", view.request.path
    listed = [*schema._get_filter_parameters(), *schema._get_pagination_parameters()]
    names = {parameter["name"] for parameter in listed}
    for parameter in schema.get_override_parameters():
        if isinstance(parameter, OpenApiParameter):
            names |= {parameter.name} if parameter.location == OpenApiParameter.QUERY else set()
        else:
            names |= set(force_instance(parameter).fields)
    return names
