"""Serializers that know whose row it is: related fields are scoped, and brokers never mix."""

import copy
from typing import Any, TypeVar

from django.apps import apps
from django.core.exceptions import ValidationError as ModelError
from django.db import models
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.settings import api_settings

from crm import tenancy
from crm.api import typed
from crm.models import bounds

_M = TypeVar("_M", bound=models.Model)

YEARS = range(2000, 2101)
OF_BROKER = [
    OpenApiParameter(
        "broker",
        {"type": "integer", "format": "int64", "minimum": 1},
        description="The superadmin names the broker; others need not.",
    )
]


def does_not_exist(pk: Any) -> ErrorDetail:
    return ErrorDetail(_("No existe el registro «%s».") % pk, code="does_not_exist")


class TenantRelatedField(serializers.PrimaryKeyRelatedField[Any]):
    """A row that the caller may see; any other id does not exist for them."""

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        request = self.context.get("request")
        if queryset is None or request is None:
            return queryset
        return queryset.filter(tenancy.scope(queryset.model, request.user))


class MomentField(serializers.DateTimeField):
    """A date and time far enough from the calendar's ends to be reckoned with."""

    def to_internal_value(self, value: Any) -> Any:
        moment = super().to_internal_value(value)
        if moment.year not in YEARS:
            raise ValidationError(_("Usa una fecha entre 2000 y 2100."), code="out_of_range")
        return moment


class CheckedSerializer(serializers.ModelSerializer[_M]):
    """The model's own rules and constraints answer as bad input instead of as conflicts."""

    def run_validation(self, data: Any = empty) -> Any:
        typed.require(self, data)
        return super().run_validation(data)

    serializer_related_field = TenantRelatedField
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: MomentField,
    }

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """A number is held to its column's range, so that the field is named, and the schema tells."""
        kind, kwargs = super().build_standard_field(field_name, model_field)
        if issubclass(kind, serializers.IntegerField | serializers.FloatField):
            low, high = bounds(model_field.model, field_name)
            kwargs |= {"min_value": low} if low is not None else {}
            kwargs |= {"max_value": high} if high is not None else {}
        if issubclass(kind, serializers.ChoiceField) and model_field.null:
            kwargs.pop("allow_blank", None)  # nothing chosen is null: its check takes no empty text
        return kind, kwargs

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        self.check_row(attrs)
        return attrs

    def check_row(self, attrs: dict[str, Any]) -> None:
        model: Any = self.Meta.model
        row = copy.copy(self.instance) if isinstance(self.instance, models.Model) else model()
        for name, value in attrs.items():
            setattr(row, name, value)
        try:
            row.clean()
            row.validate_unique()
            row.validate_constraints()
        except ModelError as error:
            raise as_bad_input(error) from error


class TenantSerializer(CheckedSerializer[_M]):
    """A row of one broker.

    The superadmin names the broker, on creation; anybody else's is their own, named or not. Every
    related row must belong to the same broker.
    """

    def get_extra_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_extra_kwargs()
        made = self.instance is None and not self.partial
        named = {"required": False, "allow_null": False} if made else {"read_only": True}
        kwargs["broker"] = {**kwargs.get("broker", {}), **named}
        return kwargs

    def get_unique_together_validators(self) -> list[Any]:
        """None: they would demand the broker. The model's own constraints are asked with it known."""
        return []

    def check_row(self, attrs: dict[str, Any]) -> None:
        self.check_owner(attrs)
        super().check_row(attrs)

    def check_owner(self, attrs: dict[str, Any]) -> None:
        broker_id = self._broker_id(attrs)
        for name, value in attrs.items():
            if getattr(value, "broker_id", broker_id) != broker_id:
                raise ValidationError({name: does_not_exist(value.pk)})
        if self.instance is None and "broker" not in attrs:
            attrs["broker_id"] = broker_id

    def _broker_id(self, attrs: dict[str, Any]) -> int | None:
        named: Any = attrs.get("broker")
        owner = self.instance or self.context["request"].user
        broker_id: int | None = named.pk if named else getattr(owner, "broker_id", None)
        if broker_id is None and self.instance is None:
            required = serializers.Field.default_error_messages["required"]
            raise ValidationError({"broker": required}, code="required")
        return broker_id


def as_bad_input(error: ModelError) -> ValidationError:
    """What a model refused, with the fields' names."""
    detail = serializers.as_serializer_error(error)
    general = detail.pop("__all__", None)
    if general:
        detail[api_settings.NON_FIELD_ERRORS_KEY] = general
    return ValidationError(detail)


def broker_of(request: Request) -> Any:
    """The broker that a call without a row is about; a superadmin names it (``?broker=``)."""
    user: Any = request.user
    body = request.data if isinstance(request.data, dict) else {}
    named = request.query_params.get("broker", body.get("broker"))
    if named is None and user.broker is not None:
        return user.broker
    brokers = tenancy.visible(apps.get_model("brokers", "Broker"), user)
    field = serializers.PrimaryKeyRelatedField(queryset=brokers)
    try:
        return field.run_validation(empty if named is None else named)
    except ValidationError as error:
        raise ValidationError({"broker": error.detail}) from error
