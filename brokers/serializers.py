"""Brokers, users, sign-in and the four configurations as the API shows them."""

from typing import Any, ClassVar

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as ModelError
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from brokers import drafts, linking, model_names, passwords
from brokers.models import (
    Broker,
    BrokerChatConfig,
    BrokerLeadConfig,
    BrokerPromptConfig,
    BrokerVoiceConfig,
    User,
)
from crm.api import typed
from crm.api.serializers import CheckedSerializer, TenantRelatedField, TenantSerializer
from crm.emails import one_spelling
from crm.tenancy import Role

TEAM = [choice for choice in Role.choices if choice[0] != Role.SUPERADMIN]
STAMPS = ["created_at", "updated_at"]


class SignInSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(write_only=True, max_length=254)
    password = serializers.CharField(write_only=True, max_length=1000, trim_whitespace=False)


class TokenPairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField()


class EmailSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=100)


class NewPasswordSerializer(serializers.Serializer[Any]):
    """What the mailed link carries (``uid``, ``token``), and the password chosen."""

    uid = serializers.CharField(max_length=100)
    token = serializers.CharField(max_length=100)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class InvitationSerializer(EmailSerializer):
    name = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(choices=TEAM, default=Role.AGENT)
    broker = TenantRelatedField(queryset=Broker.objects.all(), required=False)


class BrokerSerializer(CheckedSerializer[Broker]):
    """A brokerage; its plan, slug and whether it is active are the superadmin's."""

    class Meta:
        model = Broker
        fields = [
            "id",
            "name",
            "slug",
            "phone",
            "email",
            "logo_url",
            "website",
            "address",
            "timezone",
            "currency",
            "country",
            "language",
            "subscription_plan",
            "is_active",
            *STAMPS,
        ]


class OwnBrokerSerializer(BrokerSerializer):
    class Meta(BrokerSerializer.Meta):
        read_only_fields = ["slug", "subscription_plan", "is_active"]


class RoleField(serializers.ChoiceField):
    """Takes the roles of a team, and shows a superadmin's too."""

    answered_as: ClassVar = {"type": "string", "enum": list(Role.values)}


class UserSerializer(TenantSerializer[User]):
    """A person of the team; superadmins are shown to one another, and not made here."""

    role = RoleField(choices=TEAM, default=Role.AGENT)
    password = serializers.CharField(write_only=True, max_length=1000, trim_whitespace=False)
    telegram = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            "id",
            "broker",
            "email",
            "name",
            "role",
            "is_active",
            "assignment_priority",
            "telegram",
            "password",
            "last_login",
            *STAMPS,
        ]
        read_only_fields = ["last_login"]

    @extend_schema_field(serializers.ChoiceField(choices=linking.Link.choices))
    def get_telegram(self, user: User) -> str:
        return linking.state_of(user, at=timezone.now()).value

    def validate_email(self, email: str) -> str:
        if User.objects.with_email(email) is not None:
            raise ValidationError(_("Ya hay un usuario con este correo."), code="unique")
        return one_spelling(email)

    def validate_role(self, role: str) -> str:
        if self._is_caller() and role != self._caller().role:
            raise ValidationError(_("No puedes cambiar tu propio rol."))
        return role

    def validate_is_active(self, is_active: bool) -> bool:
        if self._is_caller() and not is_active:
            raise ValidationError(_("No puedes desactivar tu propia cuenta."))
        return is_active

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        password = attrs.pop("password", None)
        attrs = super().validate(attrs)
        if password is not None:
            attrs["password"] = self._fitting(password, attrs)
        return attrs

    def create(self, validated_data: dict[str, Any]) -> User:
        created: User = User.objects.create_user(**validated_data)
        return created

    def _caller(self) -> User:
        caller: User = self.context["request"].user
        return caller

    def _is_caller(self) -> bool:
        return isinstance(self.instance, User) and self.instance.pk == self._caller().pk

    def _fitting(self, password: str, attrs: dict[str, Any]) -> str:
        return fitting(password, User(email=attrs["email"], name=attrs["name"]))


class UserChangesSerializer(UserSerializer):
    """What may change of a person: their e-mail stays, and the password is their own matter."""

    password = None  # type: ignore[assignment]

    class Meta(UserSerializer.Meta):
        fields = [name for name in UserSerializer.Meta.fields if name != "password"]
        read_only_fields = [*UserSerializer.Meta.read_only_fields, "email"]


def fitting(password: str, user: User, field: str = "password") -> str:
    """The password, if it keeps the rules."""
    try:
        validate_password(password, user)
    except ModelError as error:
        raise ValidationError({field: error.messages}) from error
    return password


class BrokerSummarySerializer(serializers.ModelSerializer[Broker]):
    class Meta:
        model = Broker
        fields = ["id", "name", "slug", "timezone", "currency", "country", "language"]


class MeSerializer(CheckedSerializer[User]):
    """The caller; a new password needs the old one, and answers with fresh tokens."""

    needs: ClassVar = {"password": "old_password"}

    broker = BrokerSummarySerializer(read_only=True, allow_null=True)
    old_password = serializers.CharField(
        write_only=True, required=False, max_length=1000, trim_whitespace=False
    )
    password = serializers.CharField(
        write_only=True, required=False, max_length=1000, trim_whitespace=False
    )
    tokens = TokenPairSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = User
        fields = ["id", "email", "name", "role", "broker", "password", "old_password", "tokens"]
        read_only_fields = ["email", "role"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        password, old = attrs.pop("password", None), attrs.pop("old_password", None)
        attrs = super().validate(attrs)
        if password is None:
            return attrs
        assert isinstance(self.instance, User)
        if old is None:
            required = serializers.Field.default_error_messages["required"]
            raise ValidationError({"old_password": required}, code="required")
        if not passwords.knows(self.instance, old, self.context["request"]):
            raise ValidationError({"old_password": _("La contraseña actual no es correcta.")})
        return {**attrs, "password": fitting(password, self.instance)}

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        password = validated_data.pop("password", None)
        user: User = super().update(instance, validated_data)
        if password is not None:
            passwords.choose(user, password)
        return user


class LinkedSerializer(serializers.Serializer[Any]):
    """``blocked``: linked, but the person's Telegram takes nothing from the bot. ``code_until``:
    a code that was not used yet is good until then."""

    linked = serializers.BooleanField()
    blocked = serializers.BooleanField()
    code_until = serializers.DateTimeField(allow_null=True)


class LinkCodeSerializer(serializers.Serializer[Any]):
    """``link`` opens the broker's bot with the code, or ``command`` is sent to it; once, before
    ``expires_at``. ``link`` is empty while Telegram does not tell the bot's name."""

    code = serializers.CharField(read_only=True)
    link = serializers.CharField(read_only=True)
    command = serializers.CharField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)


_SECRET: list[Any] = [{"type": "string"}, {"type": "integer"}]


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {
            "nullable": True,
            "anyOf": [
                *_SECRET,
                {"type": "object", "additionalProperties": {"nullable": True, "anyOf": _SECRET}},
            ],
        },
    }
)
class SecretsField(serializers.DictField):
    """Stored secrets: writing merges key by key (``null`` removes one), reading tells which are set."""

    answered_as: ClassVar = {"type": "object", "additionalProperties": {}}

    def to_representation(self, value: Any) -> Any:
        return {key: self._shown(kept) for key, kept in (value or {}).items()}

    def _shown(self, kept: Any) -> Any:
        return self.to_representation(kept) if isinstance(kept, dict) else True

    def to_internal_value(self, data: Any) -> Any:
        given = super().to_internal_value(data)
        stored = getattr(self.parent.instance, self.source or "", None)
        return _merged(stored or {}, given) if given or stored is None else stored


def _merged(
    stored: dict[str, Any], given: dict[str, Any], kinds: Any = str | int | dict | None
) -> dict[str, Any]:
    """A channel's secrets may be a group, within which there are no more groups."""
    merged = dict(stored)
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise ValidationError({key: _("Debe ser un texto, o null para borrarlo.")})
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            before = merged.get(key)
            merged[key] = _merged(
                before if isinstance(before, dict) else {}, value, str | int | None
            )
        else:
            merged[key] = value
    return merged


class QuietHoursSerializer(serializers.Serializer[Any]):
    start = serializers.TimeField(format="%H:%M", input_formats=["%H:%M"])
    end = serializers.TimeField(format="%H:%M", input_formats=["%H:%M"])
    sundays = serializers.BooleanField()
    holidays = serializers.BooleanField()


@extend_schema_field(QuietHoursSerializer)
class QuietHoursField(serializers.DictField):
    """Stored as it is read: times as texts."""

    def to_internal_value(self, data: Any) -> Any:
        typed.require(shape := QuietHoursSerializer(data=data), data)
        shape.is_valid(raise_exception=True)
        return dict(shape.data)


class MeetingSerializer(serializers.Serializer[Any]):
    """What ``meeting_config`` may say; other names in it are numbers."""

    location = serializers.CharField(max_length=500, allow_blank=True, required=False)
    invite_lead = serializers.BooleanField(required=False)


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "location": {"type": "string", "maxLength": 500},
            "invite_lead": {"type": "boolean"},
        },
        "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 100_000},
    }
)
class MeetingField(serializers.DictField):
    """Where and how visits take place."""


class PromptConfigSerializer(TenantSerializer[BrokerPromptConfig]):
    """The texts (``identity_prompt`` to ``full_custom_prompt``) are the draft of the next version."""

    situation_handlers = serializers.DictField(child=serializers.CharField(), required=False)
    follow_up_messages = serializers.ListField(child=serializers.CharField(), required=False)
    additional_fields = serializers.DictField(required=False)
    meeting_config = MeetingField(required=False)
    model_chain = serializers.ListField(
        child=serializers.CharField(max_length=model_names.LONGEST, validators=[model_names.named]),
        required=False,
        allow_null=True,
        min_length=1,
        max_length=model_names.MOST,
        help_text="vendor:model, the first one first; null: the server's.",
    )

    class Meta:
        model = BrokerPromptConfig
        exclude = ["id"]
        read_only_fields = ["broker"]

    def update(
        self, instance: BrokerPromptConfig, validated_data: dict[str, Any]
    ) -> BrokerPromptConfig:
        if validated_data.keys() & set(BrokerPromptConfig.TEXTS):
            drafts.keep(instance, self.context["request"].user)
        return super().update(instance, validated_data)

    def validate_meeting_config(self, given: dict[str, Any]) -> dict[str, Any]:
        shape = MeetingSerializer(data=given)
        shape.is_valid(raise_exception=True)
        numbers = serializers.DictField(
            child=serializers.IntegerField(min_value=0, max_value=100_000)
        )
        others = {name: value for name, value in given.items() if name not in shape.fields}
        return {**numbers.run_validation(others), **shape.validated_data}


class LeadConfigSerializer(TenantSerializer[BrokerLeadConfig]):
    field_weights = serializers.DictField(
        child=serializers.FloatField(min_value=0, max_value=1000), required=False
    )
    field_priority = serializers.ListField(
        child=serializers.CharField(max_length=50), required=False, max_length=50
    )
    income_ranges = serializers.ListField(
        child=serializers.ListField(
            child=serializers.FloatField(min_value=0), min_length=2, max_length=2
        ),
        required=False,
        max_length=20,
    )
    qualification_criteria = serializers.DictField(
        child=serializers.IntegerField(min_value=0), required=False
    )
    quiet_hours = QuietHoursField(required=False)

    class Meta:
        model = BrokerLeadConfig
        exclude = ["id"]
        read_only_fields = ["broker"]


class VoiceConfigSerializer(TenantSerializer[BrokerVoiceConfig]):
    provider_credentials = SecretsField(required=False)
    assistant_id_by_type = serializers.DictField(required=False)
    voice_config = serializers.DictField(required=False)
    model_config = serializers.DictField(required=False)
    transcriber_config = serializers.DictField(required=False)
    timing_config = serializers.DictField(required=False)
    end_call_config = serializers.DictField(required=False)

    class Meta:
        model = BrokerVoiceConfig
        exclude = ["id"]
        read_only_fields = ["broker", "webhook_key"]


class ChatConfigSerializer(TenantSerializer[BrokerChatConfig]):
    provider_configs = SecretsField(required=False)
    enabled_providers = serializers.ListField(
        child=serializers.CharField(max_length=20), required=False, max_length=20
    )
    rate_limits = serializers.DictField(child=serializers.IntegerField(min_value=1), required=False)
    features = serializers.DictField(required=False)

    class Meta:
        model = BrokerChatConfig
        exclude = ["id"]
        read_only_fields = ["broker"]
