"""OpenAPI of every view: what is really answered, with the one error shape."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from crm.api.idempotency import HEADER, LONGEST_KEY

TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key with the same body within a day is done once, and answered alike.",
)
# What any call may be answered; those of a body only where one is sent.
REFUSALS = {
    400: _("The request does not fit: the field is named."),
    401: _("Not signed in, or no longer."),
    403: _("The role does not include this."),
    404: _("No such row for this caller, or no such page."),
    406: _("Another type than JSON was asked for."),
    409: _("Somebody was first, the row changed, or its state does not allow this."),
    429: _("Too many; Retry-After says how long to wait."),
}
REFUSALS_OF_BODIES = {
    413: _("The body is too large."),
    415: _("The body is of a type that is not taken."),
}


class TokenScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]
    target_class = "brokers.auth.TokenAuthentication"


class ErrorDetailSerializer(serializers.Serializer[Any]):
    """``code`` is stable, ``detail`` for people; ``attr`` names the field, where it is one."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ErrorSerializer(serializers.Serializer[Any]):
    """Every refusal; ``data`` is what a client can act on."""

    type = serializers.ChoiceField(choices=["validation_error", "client_error", "server_error"])
    errors = ErrorDetailSerializer(many=True)  # type: ignore[assignment]
    data = serializers.DictField(required=False)  # type: ignore[assignment]


class Schema(AutoSchema):
    """drf-spectacular's, with what it does not know of us."""

    def get_override_parameters(self) -> Any:
        given = super().get_override_parameters()
        repeatable = self.method == "POST" and getattr(self.view, "takes_key", False)
        return [*given, IDEMPOTENCY_KEY] if repeatable else given

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status, why in self._refusals().items():
            if str(status) not in bodies:
                body = self._get_response_for_code(
                    ErrorSerializer, str(status), ["application/json"]
                )
                bodies[str(status)] = {**body, "description": str(why)}
        return bodies

    def _refusals(self) -> dict[int, Any]:
        takes_body = self.method in ("POST", "PATCH")
        return REFUSALS | (REFUSALS_OF_BODIES if takes_body else {})

    def _get_parameters(self) -> Any:
        """As a read takes them: never empty, and several values of one go with commas."""
        parameters = super()._get_parameters()
        return [_as_sent(each) for each in parameters] if self.method == "GET" else parameters

    def _get_filter_parameters(self) -> Any:
        """Those of a list; below a parent nothing is filtered by what the list of parents is."""
        is_below = self.method != "GET" or getattr(self.view, "detail", False)
        return [] if is_below else super()._get_filter_parameters()

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        shape: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if direction == "request":
            for keyword, attribute in (("anyOf", "at_least_one"), ("oneOf", "just_one")):
                if ways := getattr(serializer, attribute, ()):
                    shape[keyword] = [{"required": list(names)} for names in ways]
            for name, other in getattr(serializer, "needs", {}).items():
                rule = [{"required": [other]}, {"not": {"required": [name]}}]
                shape.setdefault("allOf", []).append({"anyOf": rule})
        return shape

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        """A body of which one field of several is demanded is demanded too."""
        schema, is_required = super()._get_request_for_media_type(serializer, direction)
        demands = any(getattr(serializer, name, ()) for name in ("at_least_one", "just_one"))
        return schema, is_required or (schema is not None and demands)

    def _insert_field_validators(self, field: Any, schema: Any) -> None:
        super()._insert_field_validators(field, schema)
        named = schema.get("format") in ("uri", "email")
        if named and field.read_only and _may_be(field, "blank"):
            schema.pop("format")  # what was never filled in is an empty text

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        shape = super()._map_serializer_field(field, direction, bypass_extensions)
        return _really(field, shape, direction)


def _as_sent(parameter: dict[str, Any]) -> dict[str, Any]:
    shape = parameter["schema"]
    if parameter["in"] != "query":
        return parameter
    if shape.get("type") == "array":
        return {**parameter, "style": "form", "explode": False}
    if shape.get("type") == "string" and not {"enum", "format", "pattern"} & shape.keys():
        return {**parameter, "schema": {**shape, "minLength": 1, "pattern": r"\S"}}
    return parameter


def _really(field: Any, shape: dict[str, Any], direction: str) -> dict[str, Any]:
    """The shape of a field as we read and write it."""
    if direction == "response" and hasattr(field, "answered_as"):
        return {**field.answered_as}
    if isinstance(field, serializers.TimeField):
        # RFC 3339's time has an offset, ours is on the wall of the broker's zone.
        return {**{k: v for k, v in shape.items() if k != "format"}, "pattern": TIME}
    if isinstance(field, serializers.DecimalField) and direction == "request":
        # Written as text, so that no digit is lost, or as a number; read as text.
        digits = {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,8})?$"}
        rest = {k: v for k, v in shape.items() if k not in ("type", "format", "pattern")}
        return {**rest, "anyOf": [{"type": "number"}, digits]}
    if isinstance(field, serializers.ChoiceField) and field.read_only and _may_be(field, "blank"):
        shape["enum"] = [*dict.fromkeys([*shape["enum"], ""])]
    if isinstance(field, serializers.PrimaryKeyRelatedField) and shape.get("type") == "integer":
        shape["minimum"] = 1
        if direction == "response" and _may_be(field, "null"):
            shape["nullable"] = True
    return shape


def _may_be(field: Any, empty: str) -> bool:
    """Whether the column behind a field may hold null, or an empty text (``blank``)."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    columns = {column.name: column for column in model._meta.concrete_fields} if model else {}
    return getattr(columns.get(field.source), empty, False)
