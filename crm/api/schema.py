"""OpenAPI of every view, with the one error shape."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_standardized_errors.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS


class TokenScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]
    target_class = "brokers.auth.TokenAuthentication"


class ConflictErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ConflictSerializer(serializers.Serializer[Any]):
    """Somebody was first, the row changed, or its state does not allow this."""

    type = serializers.CharField()
    errors = ConflictErrorSerializer(many=True)  # type: ignore[assignment]
    data = serializers.DictField(required=False)  # type: ignore[assignment]


class Schema(AutoSchema):
    """drf-standardized-errors' schema; conflicts are documented where a view can raise them."""

    def _should_add_error_response(self, responses: dict[str, Any], status_code: str) -> bool:
        if status_code == "409":
            return self.method not in SAFE_METHODS and status_code not in responses
        return bool(super()._should_add_error_response(responses, status_code))
