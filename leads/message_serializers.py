"""Messages, their files and templates, alerts and the story, as the API shows them."""

from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.api.filter_fields import not_among
from crm.api.filters import LARGEST, SEVERAL
from crm.api.pagination import USUAL, SizeField
from crm.api.serializers import TenantRelatedField, TenantSerializer
from leads import outbox, reasons, templating, timeline
from leads.enums import Channel
from leads.models import (
    ActivityLog,
    Attachment,
    ChatMessage,
    LeadAlert,
    MessageTemplate,
)


class AttachmentSerializer(TenantSerializer[Attachment]):
    """A file of a message; ``url`` gives its bytes once the state is ready."""

    url = serializers.SerializerMethodField()
    reason_text = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = [
            "id",
            "broker",
            "message",
            "kind",
            "state",
            "reason",
            "reason_text",
            "filename",
            "mime_type",
            "size",
            "url",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_url(self, attachment: Attachment) -> str:
        return reverse("attachment-content", args=[attachment.pk])

    def get_reason_text(self, attachment: Attachment) -> str:
        return reasons.told(attachment.reason) if attachment.reason else ""


class MessageSerializer(TenantSerializer[ChatMessage]):
    """``reason_text`` says in words why a message did not leave or arrive, and what to do.

    ``client_id`` is what the person who wrote it named it by.
    """

    files = AttachmentSerializer(many=True, read_only=True)
    reason_text = serializers.SerializerMethodField()
    client_id = serializers.SerializerMethodField()

    class Meta:
        model = ChatMessage
        fields = [
            "id",
            "broker",
            "lead",
            "provider",
            "message_text",
            "direction",
            "author",
            "sent_by",
            "purpose",
            "status",
            "reason",
            "reason_text",
            "due_at",
            "attachments",
            "files",
            "client_id",
            "ai_response_used",
            "at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_client_id(self, message: ChatMessage) -> str | None:
        return outbox.client_id(message)

    def get_reason_text(self, message: ChatMessage) -> str:
        return reasons.told(message.reason) if message.reason else ""


class AlertSerializer(TenantSerializer[LeadAlert]):
    class Meta:
        model = LeadAlert
        fields = [
            "id",
            "broker",
            "lead",
            "kind",
            "details",
            "state",
            "sent_at",
            "error",
            "seen_at",
            "seen_by",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class TemplateSerializer(TenantSerializer[MessageTemplate]):
    """``variables`` follow from the content; ``approval`` is what the channel answered.

    ``opens_window``: WhatsApp takes it where its 24 hours are over. A text changed since the
    approval does not, until it is submitted again.
    """

    content = serializers.CharField(max_length=20_000, validators=[templating.validate])

    class Meta:
        model = MessageTemplate
        fields = [
            "id",
            "broker",
            "name",
            "channel",
            "content",
            "variables",
            "agent_type",
            "whatsapp_name",
            "whatsapp_language",
            "category",
            "approval",
            "approval_reason",
            "opens_window",
            "quality",
            "checked_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["variables", "approval", "approval_reason", "quality", "checked_at"]

    opens_window = serializers.BooleanField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Meta knows a template by name and language: once it does, they stay."""
        row = self.instance
        if isinstance(row, MessageTemplate) and row.whatsapp_id:
            for name in ("whatsapp_name", "whatsapp_language", "channel"):
                if attrs.get(name, getattr(row, name)) != getattr(row, name):
                    raise serializers.ValidationError(
                        {name: _("Meta ya la conoce así: crea otra plantilla.")}, code="fixed"
                    )
        return super().validate(attrs)


class SyncedSerializer(serializers.Serializer[Any]):
    """What a look at Meta's list changed."""

    seen = serializers.IntegerField()
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    usable = serializers.IntegerField()


class OfferSerializer(serializers.Serializer[Any]):
    """A template as it would read for the lead; ``missing`` variables have to be given."""

    template = serializers.IntegerField(source="template.pk")
    name = serializers.CharField(source="template.name")
    text = serializers.CharField()
    missing = serializers.ListField(child=serializers.CharField())


class PickerSerializer(serializers.Serializer[Any]):
    """Whether only a template may be sent to the lead now, and which there are."""

    needed = serializers.BooleanField()
    templates = OfferSerializer(many=True)


class ReadSerializer(serializers.Serializer[Any]):
    """The id of the last message that was seen."""

    up_to = serializers.IntegerField(min_value=0, max_value=LARGEST)


class ThreadQuerySerializer(serializers.Serializer[Any]):
    """Which of a thread's messages: by id, or what is new or has another state since a moment."""

    LOOKUPS: ClassVar = {"before": "id__lt", "after": "id__gt", "changed_since": "updated_at__gt"}

    before = serializers.IntegerField(min_value=0, max_value=LARGEST, required=False)
    after = serializers.IntegerField(min_value=0, max_value=LARGEST, required=False)
    changed_since = serializers.DateTimeField(required=False)


class ReplySerializer(serializers.Serializer[Any]):
    """A text, an approved template with its variables, or a file with or without a text.

    ``client_id`` is the client's own id of the message, where no Idempotency-Key is sent.
    """

    at_least_one: ClassVar = (("text",), ("template",), ("file",))

    text = serializers.CharField(
        max_length=20_000, required=False, allow_blank=True, default="", trim_whitespace=False
    )
    template = TenantRelatedField(
        queryset=MessageTemplate.objects.filter(channel=Channel.WHATSAPP), required=False
    )
    variables = serializers.DictField(
        child=serializers.CharField(max_length=500), required=False, default=dict
    )
    file = serializers.FileField(required=False)
    client_id = serializers.RegexField(
        r"^[\x21-\x7e]+$", max_length=100, required=False, default=""
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs["text"].strip() or "template" in attrs or "file" in attrs):
            raise serializers.ValidationError({"text": _("Escribe un mensaje.")}, code="required")
        return attrs


class WrittenSerializer(ReplySerializer):
    """The same as JSON, in which no file goes."""

    at_least_one: ClassVar = (("text",), ("template",))  # type: ignore[assignment]
    file = None  # type: ignore[assignment]


class ActivitySerializer(TenantSerializer[ActivityLog]):
    class Meta:
        model = ActivityLog
        fields = ["id", "action_type", "actor", "user", "details", "timestamp"]
        read_only_fields = fields


class MomentSerializer(serializers.Serializer[Any]):
    """One moment of a lead's story: a message, or an event."""

    kind = serializers.ChoiceField(choices=["message", "activity"])
    topic = serializers.ChoiceField(choices=["message", *timeline.TOPICS, timeline.OTHER])
    at = serializers.DateTimeField()
    message = MessageSerializer(allow_null=True)
    activity = ActivitySerializer(allow_null=True)


class StorySerializer(serializers.Serializer[Any]):
    """A page of a lead's story; ``next`` goes back in time from a place that does not shift."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True, help_text="Always null: start again instead.")
    results = MomentSerializer(many=True)


@extend_schema_field(SEVERAL | {"items": {"type": "string", "enum": list(timeline.KINDS)}})
class KindsField(serializers.Field[Any, Any, Any, Any]):
    """Kinds of moments, with commas."""

    def to_internal_value(self, data: str) -> list[str]:
        kinds = [kind.strip() for kind in data.split(",")]
        unknown = [kind for kind in kinds if kind not in timeline.KINDS]
        if unknown:
            raise serializers.ValidationError(not_among(unknown, timeline.KINDS), "invalid_choice")
        return kinds


class StoryQuerySerializer(serializers.Serializer[Any]):
    """What a page of the story is asked with; ``kind`` takes several with commas."""

    kind = KindsField(required=False)
    cursor = serializers.CharField(required=False, max_length=200)
    page_size = SizeField(default=USUAL)
