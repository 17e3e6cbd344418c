"""Tasks and notifications under /api/v1/."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ReadOnly, TenantViewSet
from leads import next_actions, notifications
from leads import task_serializers as shapes
from leads.filters import NotificationFilter, TaskFilter
from leads.message_serializers import ReadSerializer
from leads.models import Lead, Notification, Task
from leads.speaking_views import UNFILTERED, Shown


class Tasks(ReadOnly[Task]):
    """Next actions on leads: the earliest first."""

    queryset = Task.objects.select_related("lead", "owner")
    serializer_class = shapes.TaskSerializer
    filterset_class = TaskFilter
    search_fields = ["note", "lead__name"]
    ordering_fields = ["id", "due_at", "created_at", "closed_at"]
    letters = dict.fromkeys(("done", "put_off", "cancel"), "u")

    def answer(self, task: Task, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(task).data, status=code)

    @extend_schema(request=shapes.NewTaskSerializer, responses={201: shapes.TaskSerializer})
    def create(self, request: Request) -> Response:
        given = self.checked(shapes.NewTaskSerializer)
        lead: Lead = given.pop("lead")
        task = next_actions.add(lead, by=self.caller, at=timezone.now(), **given)
        return self.answer(task, status.HTTP_201_CREATED)

    @extend_schema(request=shapes.TaskChangesSerializer, responses=shapes.TaskSerializer)
    def partial_update(self, request: Request, pk: Any = None) -> Response:
        task, given = self.get_object(), self.checked(shapes.TaskChangesSerializer)
        return self.answer(next_actions.change(task, by=self.caller, at=timezone.now(), **given))

    @extend_schema(request=None, responses=shapes.DoneSerializer)
    @action(detail=True, methods=["post"])
    def done(self, request: Request, pk: Any = None) -> Response:
        """Done; of a series, the next one is planned."""
        task = self.get_object()
        following = next_actions.complete(task, by=self.caller, at=timezone.now())
        answer = {"task": self.get_object(), "following": following}
        return Response(shapes.DoneSerializer(answer, context=self.get_serializer_context()).data)

    @extend_schema(request=shapes.PutOffSerializer, responses=shapes.TaskSerializer)
    @action(detail=True, methods=["post"], url_path="put-off", url_name="put-off")
    def put_off(self, request: Request, pk: Any = None) -> Response:
        task, given = self.get_object(), self.checked(shapes.PutOffSerializer)
        at, until = timezone.now(), given.get("due_at")
        return self.answer(next_actions.put_off(task, by=self.caller, at=at, until=until))

    @extend_schema(request=None, responses=shapes.TaskSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: Any = None) -> Response:
        """Not to be done any more; a series ends."""
        return self.answer(
            next_actions.cancel(self.get_object(), by=self.caller, at=timezone.now())
        )


class TaskActions(Shown):
    """The tasks of one lead; the view says by ``spoken_to`` of whom."""

    def spoken_to(self) -> Lead:
        raise NotImplementedError

    @extend_schema(
        responses=shapes.TaskSerializer(many=True),
        parameters=[shapes.LeadTasksQuerySerializer],
        operation_id="leads_tasks_list",
    )
    @action(detail=True, **UNFILTERED)
    def tasks(self, request: Request, pk: Any = None) -> Response:
        """The earliest first."""
        asked = self.asked(shapes.LeadTasksQuerySerializer)
        rows: Any = Task.objects.filter(lead=self.spoken_to(), **asked)
        page: Any = self.paginate_queryset(rows.select_related("lead", "owner"))
        context = self.get_serializer_context()
        shown = shapes.TaskSerializer(page, many=True, context=context)
        return self.get_paginated_response(shown.data)

    @extend_schema(
        request=shapes.LeadTaskSerializer,
        responses={201: shapes.TaskSerializer},
        operation_id="leads_tasks_create",
    )
    @tasks.mapping.post
    def add_task(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.spoken_to(), self.checked(shapes.LeadTaskSerializer)
        task = next_actions.add(lead, by=self.caller, at=timezone.now(), **given)
        shown = shapes.TaskSerializer(task, context=self.get_serializer_context())
        return Response(shown.data, status=status.HTTP_201_CREATED)


class Notifications(mixins.ListModelMixin, TenantViewSet[Notification]):
    """What happened that the caller should know, the newest first."""

    queryset = Notification.objects.select_related("lead")
    serializer_class = shapes.NotificationSerializer
    filterset_class = NotificationFilter
    ordering_fields = ["id", "at"]
    letters = {"read": "r", "read_all": "r"}

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(user=self.caller.pk)

    @extend_schema(responses=shapes.UnreadSerializer)
    @action(detail=False, **UNFILTERED)
    def counts(self, request: Request) -> Response:
        """For a badge."""
        unread = notifications.unread(self.caller).count()
        return Response(shapes.UnreadSerializer({"unread": unread}).data)

    @extend_schema(request=None, responses=shapes.NotificationSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: Any = None) -> Response:
        notification = notifications.read(self.get_object(), at=timezone.now())
        return Response(self.get_serializer(notification).data)

    @extend_schema(
        request=ReadSerializer,
        responses=shapes.UnreadSerializer,
        operation_id="notifications_read_all",
    )
    @action(detail=False, methods=["post"], url_path="read", url_name="read-all", **UNFILTERED)
    def read_all(self, request: Request) -> Response:
        """Everything up to the one that was shown last: what came meanwhile stays unread."""
        given = self.checked(ReadSerializer)
        notifications.read_all(self.caller, up_to=given["up_to"], at=timezone.now())
        left = notifications.unread(self.caller).count()
        return Response(shapes.UnreadSerializer({"unread": left}).data)
