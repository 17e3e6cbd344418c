"""Rows for tests: one factory a model, and ``make_row`` for walks over every model."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.db import models
from django.utils import timezone

from brokers.models import (
    Broker,
    BrokerChatConfig,
    BrokerLeadConfig,
    BrokerPromptConfig,
    BrokerVoiceConfig,
    ChannelHook,
    FailedSignIns,
    Lane,
    User,
)
from brokers.onboarding import complete
from campaigns.models import (
    Campaign,
    CampaignEnrollment,
    CampaignForecast,
    CampaignForecastLine,
    CampaignLog,
    CampaignStep,
)
from crm.models import FailedTask, IdempotencyKey
from crm.tenancy import Role
from knowledge.models import (
    Figure,
    KnowledgeDocument,
    KnowledgeEntry,
    KnowledgeGap,
    ListingRefusal,
)
from leads import merging
from leads.models import (
    ActivityLog,
    AgentCard,
    Attachment,
    ChannelIdentity,
    ChatMessage,
    Consent,
    Conversation,
    KeptWebhook,
    Lead,
    LeadAlert,
    LeadExport,
    LeadImport,
    LeadImportPart,
    LeadImportRow,
    LeadMerge,
    LeadSignal,
    MergeSuggestion,
    MessageTemplate,
    Notification,
    RightsRequest,
    StageTransition,
    Suppression,
    SuppressionEvent,
    Task,
    TelegramMessage,
)
from llm.models import (
    CostDay,
    CostShare,
    LLMCall,
    ModelHour,
    PromptReplay,
    PromptVersion,
    ReplayedConversation,
)
from scheduling.models import (
    Appointment,
    AppointmentBlock,
    AvailabilitySlot,
    CalendarConnection,
    CalendarEvent,
    SlotOffer,
)
from voice.models import CallTranscript, VoiceCall, VoiceCost, VoiceEvent

NOON = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
PASSWORD = "Clave-Segura-1"


class BrokerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Broker
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Propiedades {n}")
    slug = factory.Sequence(lambda n: f"propiedades-{n}")

    @factory.post_generation
    def configurations(self: Any, create: bool, extracted: Any, **_: Any) -> None:
        if create:
            everywhere = ["webchat", "email", "telegram", "whatsapp"]
            BrokerChatConfig.objects.create(broker=self, enabled_providers=everywhere)
            complete(self)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"persona{n}@example.com")
    name = factory.Sequence(lambda n: f"Persona {n}")
    role = Role.AGENT
    broker = factory.SubFactory(BrokerFactory)
    password = factory.django.Password(PASSWORD)


class OfBroker(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    broker = factory.SubFactory(BrokerFactory)


class FailedSignInsFactory(OfBroker):
    class Meta:
        model = FailedSignIns

    key = factory.Sequence(lambda n: f"{n:064d}")
    lane = Lane.PAIR
    user = factory.SubFactory(UserFactory, broker=factory.SelfAttribute("..broker"))
    address = "203.0.113.7"
    failures = 8
    since = factory.LazyFunction(timezone.now)
    last_at = factory.LazyFunction(timezone.now)


class LeadFactory(OfBroker):
    class Meta:
        model = Lead

    name = factory.Sequence(lambda n: f"Camila Rojas {n}")
    phone = factory.Sequence(lambda n: f"+5698765{n % 10000:04d}")
    phone_e164 = factory.SelfAttribute("phone")


class OfLead(OfBroker):
    class Meta:
        abstract = True

    lead = factory.SubFactory(LeadFactory, broker=factory.SelfAttribute("..broker"))


class ChannelIdentityFactory(OfLead):
    class Meta:
        model = ChannelIdentity

    channel = "webchat"
    external_id = factory.Sequence(lambda n: f"visitor-{n}")


class LeadSignalFactory(OfLead):
    class Meta:
        model = LeadSignal

    kind = "no_show"
    source_key = factory.Sequence(lambda n: f"appointment:{n}")
    at = NOON


class StageTransitionFactory(OfLead):
    class Meta:
        model = StageTransition

    from_stage = "entrada"
    to_stage = "perfilamiento"
    at = NOON
    entered_from_at = NOON - timedelta(days=1)
    actor = "system"


class MergeSuggestionFactory(OfLead):
    class Meta:
        model = MergeSuggestion

    other = factory.SubFactory(LeadFactory, broker=factory.SelfAttribute("..broker"))
    reason = "phone"


class IdempotencyKeyFactory(OfBroker):
    class Meta:
        model = IdempotencyKey

    user = factory.SubFactory(UserFactory, broker=factory.SelfAttribute("..broker"))
    key = factory.Sequence(lambda n: f"key-{n}")
    fingerprint = "0" * 64


class LeadMergeFactory(OfBroker):
    class Meta:
        model = LeadMerge

    loser = factory.SubFactory(LeadFactory, broker=factory.SelfAttribute("..broker"))
    survivor = factory.SubFactory(LeadFactory, broker=factory.SelfAttribute("..broker"))
    at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model: Any, *args: Any, **known: Any) -> LeadMerge:  # noqa: ARG003
        """A merge as the door makes it, which can be undone."""
        return merging.merge(known["loser"], known["survivor"], by=None, at=known["at"])


class ConversationFactory(OfLead):
    class Meta:
        model = Conversation


class ChatMessageFactory(OfLead):
    class Meta:
        model = ChatMessage

    provider = "webchat"
    message_text = "Hola, busco departamento en Ñuñoa"
    direction = "in"
    author = "lead"
    status = "delivered"
    at = NOON


class TelegramMessageFactory(OfLead):
    class Meta:
        model = TelegramMessage

    bot_id = 1
    update_id = factory.Sequence(lambda n: n)
    direction = "in"


class ActivityLogFactory(OfLead):
    class Meta:
        model = ActivityLog

    action_type = "lead_created"
    actor = "system"
    timestamp = NOON


class ConsentFactory(OfLead):
    class Meta:
        model = Consent

    purpose = "marketing"
    state = "granted"
    at = NOON


class SuppressionFactory(OfBroker):
    class Meta:
        model = Suppression

    identifier = factory.Sequence(lambda n: f"+5691111{n % 10000:04d}")


class SuppressionEventFactory(OfBroker):
    class Meta:
        model = SuppressionEvent

    identifier = factory.Sequence(lambda n: f"+5691111{n % 10000:04d}")
    change = "added"
    at = NOON


class RightsRequestFactory(OfLead):
    class Meta:
        model = RightsRequest

    lead_number = factory.LazyAttribute(lambda o: o.lead.pk if o.lead else 1)
    kind = "access"
    asked_at = NOON
    due_at = NOON + timedelta(days=30)


class KeptWebhookFactory(OfBroker):
    class Meta:
        model = KeptWebhook

    channel = "telegram"
    payload = {"update_id": 5, "unheard_of": {"a": 1}}
    digest = factory.Sequence(lambda n: f"{n:064x}")
    reason = "unknown_shape"
    at = NOON


class MessageTemplateFactory(OfBroker):
    class Meta:
        model = MessageTemplate

    name = factory.Sequence(lambda n: f"Plantilla {n}")
    channel = "whatsapp"
    content = "Hola {{name}}"


class AttachmentFactory(OfBroker):
    class Meta:
        model = Attachment

    message = factory.SubFactory(ChatMessageFactory, broker=factory.SelfAttribute("..broker"))
    position = factory.Sequence(lambda n: n % 30_000)
    kind = "image"
    remote_id = "1"
    due_at = NOON


class LeadAlertFactory(OfLead):
    class Meta:
        model = LeadAlert

    kind = "hot_lead"
    key = factory.Sequence(lambda n: f"alert-{n}")
    due_at = NOON


class LeadImportFactory(OfBroker):
    class Meta:
        model = LeadImport

    filename = factory.Sequence(lambda n: f"leads-{n}.csv")
    encoding = "utf-8"
    delimiter = ";"
    header = ["Nombre", "Teléfono"]
    samples = [["Camila Rojas", "+56987654321"]]
    mapping = ["name", "phone"]


class OfImport(OfBroker):
    class Meta:
        abstract = True

    job = factory.SubFactory(LeadImportFactory, broker=factory.SelfAttribute("..broker"))
    number = factory.Sequence(lambda n: n)


class LeadImportPartFactory(OfImport):
    class Meta:
        model = LeadImportPart

    content = b"Nombre;Correo"


class LeadImportRowFactory(OfImport):
    class Meta:
        model = LeadImportRow

    values = ["Camila Rojas", "+56987654321"]
    verdict = "created"


class LeadExportFactory(OfBroker):
    class Meta:
        model = LeadExport


class TaskFactory(OfLead):
    class Meta:
        model = Task

    kind = "call"
    note = "Confirmar la visita"
    due_at = NOON
    remind_at = factory.SelfAttribute("due_at")
    series_from = factory.SelfAttribute("due_at")
    occurrence_at = factory.SelfAttribute("due_at")
    actor = "human"


class NotificationFactory(OfLead):
    class Meta:
        model = Notification

    user = factory.SubFactory(UserFactory, broker=factory.SelfAttribute("..broker"))
    kind = "hot_lead"
    key = factory.Sequence(lambda n: f"about-{n}")
    at = NOON


class AgentCardFactory(OfLead):
    class Meta:
        model = AgentCard

    agent = factory.SubFactory(UserFactory, broker=factory.SelfAttribute("..broker"))
    kind = "hot_lead"
    key = factory.Sequence(lambda n: f"card-{n}")
    due_at = NOON


class PromptVersionFactory(OfBroker):
    class Meta:
        model = PromptVersion

    version_tag = factory.Sequence(lambda n: f"v{n}")
    content = "Eres Sofía."


class PromptReplayFactory(OfBroker):
    class Meta:
        model = PromptReplay

    content = "Eres Sofía."
    asked = 10
    state = "done"


class ReplayedConversationFactory(OfLead):
    class Meta:
        model = ReplayedConversation

    replay = factory.SubFactory(PromptReplayFactory, broker=factory.SelfAttribute("..broker"))


class LLMCallFactory(OfBroker):
    class Meta:
        model = LLMCall

    trace_id = factory.LazyFunction(uuid.uuid4)
    provider = "offline"
    model = "offline"


class CostDayFactory(OfBroker):
    class Meta:
        model = CostDay

    day = date(2026, 11, 20)
    provider = "offline"
    model = "offline"
    call_type = "turn"


class CostShareFactory(OfBroker):
    class Meta:
        model = CostShare

    day = date(2026, 11, 20)
    part = "kind"
    provider = "offline"
    model = "offline"
    call_type = "turn"


class ModelHourFactory(OfBroker):
    class Meta:
        model = ModelHour

    day = date(2026, 11, 20)
    hour = 11
    provider = "offline"
    model = "offline"


class KnowledgeDocumentFactory(OfBroker):
    class Meta:
        model = KnowledgeDocument

    title = "Reglamento"
    text = "Se aceptan mascotas."
    content_hash = factory.Sequence(lambda n: f"document-{n}")


class KnowledgeEntryFactory(OfBroker):
    class Meta:
        model = KnowledgeEntry

    title = factory.Sequence(lambda n: f"Departamento {n} en Ñuñoa")
    content = "Dos dormitorios, UF 3.500."


class KnowledgeGapFactory(OfBroker):
    class Meta:
        model = KnowledgeGap

    question = "¿Aceptan permuta?"
    question_key = factory.Sequence(lambda n: f"question-{n}")


class ListingRefusalFactory(OfLead):
    class Meta:
        model = ListingRefusal

    entry = factory.SubFactory(KnowledgeEntryFactory, broker=factory.SelfAttribute("..broker"))
    title = factory.SelfAttribute("entry.title")
    listing = factory.LazyAttribute(lambda made: made.entry.listing or {})
    reason = "price"


class FigureFactory(OfBroker):
    class Meta:
        model = Figure

    kind = "uf"
    low = 40_000
    source = "Banco Central"
    as_of = NOON.date()


class AppointmentFactory(OfLead):
    class Meta:
        model = Appointment

    agent = factory.SubFactory(UserFactory, broker=factory.SelfAttribute("..broker"))
    start_time = NOON + timedelta(days=2)
    end_time = factory.LazyAttribute(lambda o: o.start_time + timedelta(hours=1))
    stage_before = "perfilamiento"


class AvailabilitySlotFactory(OfBroker):
    class Meta:
        model = AvailabilitySlot

    weekday = 1
    start_time = time(9)
    end_time = time(18)


class AppointmentBlockFactory(OfBroker):
    class Meta:
        model = AppointmentBlock

    start_time = NOON
    end_time = NOON + timedelta(hours=1)


class SlotOfferFactory(OfLead):
    class Meta:
        model = SlotOffer

    agent = factory.SubFactory(UserFactory, broker=factory.SelfAttribute("..broker"))
    appointment_type = "property_visit"
    start_time = NOON + timedelta(days=2)
    end_time = NOON + timedelta(days=2, hours=1)
    hold_until = NOON


class CalendarConnectionFactory(OfBroker):
    class Meta:
        model = CalendarConnection

    user = factory.SubFactory(UserFactory, broker=factory.SelfAttribute("..broker"))


class CalendarEventFactory(OfBroker):
    class Meta:
        model = CalendarEvent

    appointment = factory.SubFactory(AppointmentFactory, broker=factory.SelfAttribute("..broker"))
    connection = factory.SubFactory(
        CalendarConnectionFactory, broker=factory.SelfAttribute("..broker")
    )
    event_id = factory.Sequence(lambda n: f"crm{n}v0123456789")


class VoiceCallFactory(OfLead):
    class Meta:
        model = VoiceCall

    provider = "simulated"
    intent_key = factory.Sequence(lambda n: f"intent-{n}")


class CallTranscriptFactory(OfBroker):
    class Meta:
        model = CallTranscript

    call = factory.SubFactory(VoiceCallFactory, broker=factory.SelfAttribute("..broker"))
    position = factory.Sequence(int)
    speaker = "bot"
    text = "Hola, le habla el asistente virtual."
    timestamp = 0.5


class VoiceEventFactory(OfBroker):
    class Meta:
        model = VoiceEvent

    call = factory.SubFactory(VoiceCallFactory, broker=factory.SelfAttribute("..broker"))
    provider = "simulated"
    event_key = factory.Sequence(lambda n: f"event-{n}")
    status = "ringing"
    at = NOON


class VoiceCostFactory(OfBroker):
    class Meta:
        model = VoiceCost

    provider = "simulated"
    at = NOON
    cost_usd = Decimal("0.1200")


class CampaignFactory(OfBroker):
    class Meta:
        model = Campaign

    name = factory.Sequence(lambda n: f"Campaña {n}")
    channel = "whatsapp"


class OfCampaign(OfBroker):
    class Meta:
        abstract = True

    campaign = factory.SubFactory(CampaignFactory, broker=factory.SelfAttribute("..broker"))


class CampaignStepFactory(OfCampaign):
    class Meta:
        model = CampaignStep

    step_number = 1


class CampaignEnrollmentFactory(OfCampaign):
    class Meta:
        model = CampaignEnrollment

    lead = factory.SubFactory(LeadFactory, broker=factory.SelfAttribute("..broker"))
    enrolled_at = NOON


class CampaignLogFactory(OfCampaign):
    class Meta:
        model = CampaignLog

    lead = factory.SubFactory(LeadFactory, broker=factory.SelfAttribute("..broker"))
    enrollment = factory.SubFactory(
        CampaignEnrollmentFactory,
        broker=factory.SelfAttribute("..broker"),
        lead=factory.SelfAttribute("..lead"),
        campaign=factory.SelfAttribute("..campaign"),
    )
    step = factory.SubFactory(
        CampaignStepFactory,
        broker=factory.SelfAttribute("..broker"),
        campaign=factory.SelfAttribute("..campaign"),
    )
    due_at = NOON


class CampaignForecastFactory(OfCampaign):
    class Meta:
        model = CampaignForecast

    starts_at = NOON


class CampaignForecastLineFactory(OfLead):
    class Meta:
        model = CampaignForecastLine

    forecast = factory.SubFactory(CampaignForecastFactory, broker=factory.SelfAttribute("..broker"))
    outcome = "will_run"


class ChannelHookFactory(OfBroker):
    class Meta:
        model = ChannelHook

    channel = "telegram"


class FailedTaskFactory(OfBroker):
    class Meta:
        model = FailedTask

    task = "leads.tasks.deliver"
    task_id = factory.LazyFunction(lambda: str(uuid.uuid4()))
    error = "provider_error"


FACTORIES: dict[type[models.Model], type[factory.django.DjangoModelFactory]] = {
    made._meta.model: made
    for made in list(globals().values())
    if isinstance(made, type)
    and issubclass(made, factory.django.DjangoModelFactory)
    and made._meta.model is not None
}
CONFIGS = (BrokerPromptConfig, BrokerLeadConfig, BrokerVoiceConfig, BrokerChatConfig)


def make_row(model: type[models.Model], broker: Broker, **fields: Any) -> Any:
    """One row of any broker-owned model, with everything it hangs on in the same broker."""
    if model is Broker:
        return broker
    if model in CONFIGS:
        return model._default_manager.get(broker=broker)
    return FACTORIES[model](broker=broker, **fields)
