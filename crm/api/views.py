"""The base of every view of tenant data: rows through ``visible_to``, letters by role."""

from typing import Any, TypeVar

from django.db import models, transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from crm import tenancy, usage
from crm.api import idempotency, queries, typed
from crm.api.throttling import GeneralThrottle

_M = TypeVar("_M", bound=models.Model)


class StrictView:
    """Mixed into every view of the API: what it does not know is refused, not passed over."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        queries.require_known(self, request)


class RepeatableView(StrictView):
    """Takes an ``Idempotency-Key`` with every POST of somebody who is signed in.

    ``asks_vendors`` names the actions that wait for a vendor: no transaction is open meanwhile.
    """

    takes_key = True
    asks_vendors: frozenset[str] = frozenset()
    post: Any

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key = idempotency.key_of(request) if request.method == "POST" else None
        handler = getattr(self, "post", None)
        if key is None or handler is None or not request.user.pk:
            return
        waits = getattr(self, "action", None) in self.asks_vendors
        way = idempotency.apart if waits else idempotency.once
        self.post = lambda *given, **named: way(
            request,
            key,
            lambda: handler(*given, **named),
            about=self.about_lead,
            may_see=self._require_sight,
        )

    def _require_sight(self) -> None:
        """Of the row in the address, where it still is: the call may have been what ended it."""
        view: Any = self
        model, pk = getattr(getattr(view, "queryset", None), "model", None), view.kwargs.get("pk")
        if model is None or pk is None:
            return
        rows = model._base_manager.filter(pk=pk)
        if rows.exists():
            get_object_or_404(rows, tenancy.scope(model, view.request.user))

    def about_lead(self, answer: Any) -> int | None:
        """The lead that an answer tells of, for who is erased."""
        lead = answer.get("lead")
        return lead.get("id") if isinstance(lead, dict) else lead


class TenantViewSet(RepeatableView, viewsets.GenericViewSet[_M]):
    """Shows the rows of ``queryset``'s model that the caller may see; any other id is 404."""

    filterset_class: Any = None
    search_fields: Any = ()
    ordering_fields: Any = ()

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        return queryset.filter(tenancy.scope(queryset.model, self.request.user))

    def get_object(self) -> Any:
        """The row in the address, by its id alone: the query is about what hangs on it."""
        row = generics.get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        self.check_object_permissions(self.request, row)
        return row

    @property
    def caller(self) -> Any:
        """Whoever asks; past the permission, always a user."""
        return self.request.user

    def checked(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The body of an action as ``kind`` reads it; refuses what does not fit."""
        given = kind(data=self.request.data, context=self.get_serializer_context())
        typed.require(given, self.request.data)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def asked(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The query of an action as ``kind`` reads it; refuses what does not fit."""
        query = self.request.query_params.dict()
        given = kind(data=query, context=self.get_serializer_context())
        typed.require_words(given, query)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)


class ReadOnly(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet[_M]):
    """A list and its rows."""


class Editable(mixins.CreateModelMixin, mixins.UpdateModelMixin, ReadOnly[_M]):
    """Rows that are made and changed by plain saving; ``PUT`` is not offered."""

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def perform_create(self, serializer: Any) -> None:
        with transaction.atomic():
            serializer.save()

    def perform_update(self, serializer: Any) -> None:
        with transaction.atomic():
            serializer.save()


EVEN_IF_USED = OpenApiParameter(
    "even_if_used",
    bool,
    description="Delete it although it is used where nothing breaks without it.",
)


class Deletable(mixins.DestroyModelMixin):
    """Mixed into a viewset whose rows may be deleted; 409 ``in_use`` tells what uses one."""

    even_if_used = False

    @extend_schema(parameters=[EVEN_IF_USED])
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.even_if_used = typed.yes_or_no(request.query_params, EVEN_IF_USED.name)
        return super().destroy(request, *args, **kwargs)

    def perform_destroy(self, instance: Any) -> None:
        with transaction.atomic():
            usage.refuse_if_used(instance, even_if_used=self.even_if_used)
            instance.delete()


class Removable(Deletable, Editable[_M]):
    """Rows that may also be deleted."""


class PublicView(StrictView):
    """Mixed into the few views that anybody may call; ``throttles`` come before the general one."""

    authentication_classes: Any = ()
    permission_classes: Any = (AllowAny,)
    throttle_classes: Any = (GeneralThrottle,)

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
