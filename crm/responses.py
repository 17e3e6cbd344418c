"""A refusal in the API's error shape, for pages and webhooks that are not of the API."""

from django.http import JsonResponse

from crm.errors import DomainError


def refusal(error: DomainError) -> JsonResponse:
    field = error.data.get("field")
    told = {
        "type": "validation_error" if field else "client_error",
        "errors": [{"code": error.code, "detail": str(error), "attr": field}],
    }
    response = JsonResponse(told, status=error.status)
    if "retry_after" in error.data:
        response.headers["Retry-After"] = str(error.data["retry_after"])
    return response
