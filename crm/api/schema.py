"""OpenAPI of every view, with the one error shape."""

from drf_standardized_errors.openapi import AutoSchema


class Schema(AutoSchema):
    """drf-standardized-errors' schema; conflicts are documented where a view can raise them."""
