"""Tasks and notifications as the API shows them."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from brokers.models import User
from crm.api.serializers import MomentField, TenantRelatedField, TenantSerializer
from crm.tenancy import Role
from leads import notices
from leads.enums import Repeat, TaskKind, TaskState
from leads.models import Lead, Notification, Task


class TaskSerializer(TenantSerializer[Task]):
    """A next action of a lead; ``state`` changes by actions."""

    lead_name = serializers.CharField(source="lead.name", read_only=True, allow_null=True)
    owner_name = serializers.CharField(
        source="owner.name", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Task
        fields = [
            "id",
            "broker",
            "lead",
            "lead_name",
            "kind",
            "note",
            "owner",
            "owner_name",
            "due_at",
            "state",
            "remind_at",
            "reminded_at",
            "repeat",
            "actor",
            "created_by",
            "closed_at",
            "closed_by",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class TaskChangesSerializer(serializers.Serializer[Any]):
    """What may be changed of an open task. Its reminder moves with ``due_at``, unless it is given;
    ``null`` asks for none."""

    kind = serializers.ChoiceField(choices=TaskKind.choices, required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    owner = TenantRelatedField(
        queryset=User.objects.exclude(role=Role.SUPERADMIN), required=False, allow_null=True
    )
    due_at = MomentField(required=False)
    remind_at = MomentField(required=False, allow_null=True)
    repeat = serializers.ChoiceField(choices=Repeat.choices, required=False)


class LeadTaskSerializer(TaskChangesSerializer):
    """Without ``owner`` it is for who looks after the lead; without ``remind_at`` it is reminded of
    when it is due."""

    due_at = MomentField()


class NewTaskSerializer(LeadTaskSerializer):
    lead = TenantRelatedField(queryset=Lead.objects.living())


class PutOffSerializer(serializers.Serializer[Any]):
    """Until when; without it, until the same hour tomorrow."""

    due_at = MomentField(required=False)

    def validate_due_at(self, due_at: datetime) -> datetime:
        if due_at <= timezone.now():
            raise serializers.ValidationError(
                _("La hora ya pasó. Elige una hora futura."), code="in_the_past"
            )
        return due_at


class DoneSerializer(serializers.Serializer[Any]):
    """The task that is done, and the next one of its series."""

    task = TaskSerializer()
    following = TaskSerializer(allow_null=True)


class LeadTasksQuerySerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=TaskState.choices, required=False)


class NotificationSerializer(TenantSerializer[Notification]):
    """``title`` and ``text`` say in words what happened."""

    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    lead_name = serializers.CharField(
        source="lead.name", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Notification
        fields = [
            "id",
            "broker",
            "kind",
            "lead",
            "lead_name",
            "title",
            "text",
            "details",
            "at",
            "read_at",
        ]
        read_only_fields = fields

    def get_title(self, notification: Notification) -> str:
        return notices.subject(notification)

    def get_text(self, notification: Notification) -> str:
        return notices.cause(notification)


class UnreadSerializer(serializers.Serializer[Any]):
    unread = serializers.IntegerField()
