import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.test import override_settings

from brokers.models import Broker, ChannelHook, User
from campaigns.models import Campaign, CampaignEnrollment, CampaignLog
from crm import rowsecurity
from crm.tenancy import Role
from knowledge.models import EmbedStatus, KnowledgeEntry
from leads import comunas, phones, pipeline, scoring
from leads.demo.people import PEOPLE
from leads.enums import Author, Delivery, Direction, Holder
from leads.models import ActivityLog, ChatMessage, Conversation, Lead, StageTransition
from leads.stages import BY_PEOPLE, BY_SYSTEM, Stage
from llm.models import LLMCall
from scheduling import availability
from scheduling.models import Appointment, AppointmentBlock, AppointmentStatus, AvailabilitySlot
from voice.models import VoiceCall

SANTIAGO = ZoneInfo("America/Santiago")
AT = datetime(2026, 11, 24, 10, 0, tzinfo=SANTIAGO)


def run(at: datetime = AT) -> str:
    told = StringIO()
    with override_settings(DEBUG=True), rowsecurity.across("tests"):
        call_command("seed_demo", "--at", at.isoformat(), stdout=told)
    return told.getvalue()


@pytest.fixture(scope="module")
def _seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Seeded once for the module, and gone after it."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            run()
            yield
            transaction.set_rollback(True)
        connection.close()


@pytest.fixture
def demo(_seeded: None, db: None) -> Broker:
    return Broker.objects.get(slug="demo")


def start_over() -> None:
    Broker.objects.all().delete()
    User.objects.all().delete()


ACCOUNTS = [
    ("root@demo.test", Role.SUPERADMIN, None),
    ("admin@demo.test", Role.ADMIN, "demo"),
    ("ana@demo.test", Role.AGENT, "demo"),
    ("luis@demo.test", Role.AGENT, "demo"),
    ("admin@rival.test", Role.ADMIN, "rival"),
]
EMAILS = [email for email, _, _ in ACCOUNTS]
HASHERS = ["brokers.auth.BCryptHasher", "brokers.auth.DemoHasher"]


def rows() -> dict[str, tuple[int, str]]:
    """Count and checksum of every table of ours."""
    found = {}
    for model in apps.get_models():
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            texts = [text for (text,) in cursor.fetchall()]
        found[table] = (len(texts), hashlib.sha256("\n".join(texts).encode()).hexdigest())
    return found


def test_it_is_refused_without_debug(db: None) -> None:
    with override_settings(DEBUG=False), pytest.raises(CommandError, match="DEBUG"):
        call_command("seed_demo")
    assert Broker.objects.count() == 0


def test_a_second_run_on_another_day_changes_nothing(demo: Broker) -> None:
    before = rows()
    assert "nothing changed" in run(AT + timedelta(days=30))
    assert rows() == before


@pytest.mark.parametrize(("email", "role", "slug"), ACCOUNTS)
def test_everybody_signs_in_with_demo(
    demo: Broker, rf: Any, email: str, role: str, slug: str | None
) -> None:
    with override_settings(DEBUG=True, PASSWORD_HASHERS=HASHERS):
        for _ in range(2):  # a sign-in leaves the mark on the hash
            user = authenticate(rf.post("/"), username=email, password="demo")
            assert isinstance(user, User)
            assert user.has_demo_password
    assert (user.role, user.broker.slug if user.broker else None) == (role, slug)


def test_telegram_is_connected(demo: Broker) -> None:
    hook = ChannelHook.objects.get(broker=demo)
    assert (hook.channel, hook.key) == ("telegram", "demo-telegram")
    config = demo.brokerchatconfig
    assert config.enabled_providers == ["webchat", "telegram", "whatsapp", "email"]
    assert config.provider_configs == {"telegram": {"token": "1:demo", "secret": "demo-secret"}}


def test_forty_leads_stand_where_their_stories_end(demo: Broker) -> None:
    stages = Counter(Lead.objects.filter(broker=demo).values_list("pipeline_stage", flat=True))
    assert stages == Counter(str(person.stage) for person in PEOPLE)
    assert set(stages) == set(Stage.values)
    assert sum(stages.values()) == 40
    known = {person.name: str(person.stage) for person in PEOPLE}
    named = Lead.objects.filter(broker=demo, name__isnull=False)
    assert all(known[str(lead.name)] == lead.pipeline_stage for lead in named)


def test_every_lead_has_a_conversation_of_three_to_fourteen_messages(demo: Broker) -> None:
    counts = Counter(ChatMessage.objects.filter(broker=demo).values_list("lead", flat=True))
    assert len(counts) == 40
    assert (min(counts.values()) >= 3, max(counts.values()) <= 14) == (True, True)


def test_messages_lie_in_order_of_time_within_sensible_hours(demo: Broker) -> None:
    messages = list(ChatMessage.objects.filter(broker=demo).order_by("id"))
    assert all(one.at <= other.at for one, other in pairwise(messages))
    hours = {message.at.astimezone(SANTIAGO).hour for message in messages}
    assert hours <= set(range(9, 21))
    assert {m.at.astimezone(SANTIAGO).weekday() for m in messages} <= {0, 1, 2, 3, 4, 5}
    assert all(message.at < AT and message.created_at == message.at for message in messages)


def test_the_assistant_introduces_itself_first(demo: Broker) -> None:
    for lead in Lead.objects.filter(broker=demo):
        first = lead.messages.filter(author=Author.ASSISTANT).order_by("id").first()
        assert first is not None
        assert "asistente virtual" in first.message_text


def test_texts_have_no_gaps_left(demo: Broker) -> None:
    for text in ChatMessage.objects.values_list("message_text", flat=True):
        assert text == text.strip()
        assert not any(sign in text for sign in ("{", "}", "  ", "None", "UF 0"))


def test_nothing_waits_to_be_sent_or_answered(demo: Broker) -> None:
    settled = {Delivery.SENT, Delivery.DELIVERED}
    assert set(ChatMessage.objects.values_list("status", flat=True)) == settled
    assert Conversation.objects.filter(turn_due_at__isnull=False).count() == 0


def test_two_conversations_wait_for_a_person(demo: Broker) -> None:
    waiting = Conversation.objects.filter(broker=demo, holder=Holder.WAITING)
    assert sorted(waiting.values_list("waiting_reason", flat=True)) == ["legal_threat", "requested"]
    assert all(conversation.brief.count("\n") == 1 for conversation in waiting)


def test_scores_are_what_scoring_says(demo: Broker) -> None:
    leads = Lead.objects.select_related("broker__brokerleadconfig").filter(broker=demo)
    for lead in leads:
        receipt = scoring.current_receipt(lead, at=AT)
        config = lead.broker.brokerleadconfig
        assert (lead.lead_score, lead.lead_score_components) == (receipt.total, receipt.components)
        assert lead.status == scoring.status_for(lead.pipeline_stage, receipt.total, config)
    assert {lead.status for lead in leads} == {"cold", "warm", "hot", "converted", "lost"}


def test_facts_name_the_message_that_told_them(demo: Broker) -> None:
    for lead in Lead.objects.filter(broker=demo):
        inbound = set(lead.messages.filter(direction=Direction.IN).values_list("id", flat=True))
        for fact, said in lead.metadata["provenance"].items():
            by_call = said["message"] is None and fact in ("dicom", "timeline")
            assert by_call or said["message"] in inbound


def test_contacts_and_places_are_real(demo: Broker) -> None:
    leads = Lead.objects.filter(broker=demo)
    numbers = [lead.phone_e164 for lead in leads if lead.phone_e164]
    assert len(set(numbers)) == len(numbers) >= 20
    assert all(phones.to_e164(number) == number for number in numbers)
    assert all(number.startswith("+5695555") for number in numbers)
    places = {place for lead in leads for place in lead.metadata.get("location", [])}
    assert places <= set(comunas.COMUNAS)


def test_the_history_of_stages_walks_only_edges_that_exist(demo: Broker) -> None:
    for lead in Lead.objects.filter(broker=demo):
        stage, since = Stage.ENTRY, lead.created_at
        for step in lead.transitions.order_by("id"):
            edges = BY_PEOPLE if step.by_id else BY_SYSTEM
            assert (step.from_stage, step.entered_from_at) == (stage, since)
            assert step.to_stage in edges[Stage(step.from_stage)]
            stage, since = Stage(step.to_stage), step.at
        assert (lead.pipeline_stage, lead.stage_entered_at) == (stage, since)


def test_who_is_profiled_has_left_profiling(demo: Broker) -> None:
    profiling = Lead.objects.filter(broker=demo).in_stage(Stage.ENTRY, Stage.PROFILING)
    assert not any(pipeline.is_profiled(lead) for lead in profiling)


def test_every_outcome_of_qualification_is_there(demo: Broker) -> None:
    outcomes = {lead.metadata["calificacion"]["outcome"] for lead in demo_leads(demo)}
    assert outcomes == {"CALIFICADO", "POTENCIAL", "NO_CALIFICADO", "pending"}
    for lead in demo_leads(demo):
        refused = lead.metadata["calificacion"]["outcome"] == "NO_CALIFICADO"
        assert refused == (lead.treatment_type == "manual_follow_up")


def demo_leads(demo: Broker) -> list[Lead]:
    return [lead for lead in Lead.objects.filter(broker=demo) if "calificacion" in lead.metadata]


def test_this_week_has_visits_behind_and_ahead(demo: Broker) -> None:
    visits = Appointment.objects.filter(broker=demo)
    past, ahead = visits.filter(start_time__lt=AT), visits.filter(start_time__gte=AT)
    assert set(past.values_list("status", flat=True)) == {
        AppointmentStatus.COMPLETED,
        AppointmentStatus.NO_SHOW,
    }
    assert set(ahead.values_list("status", flat=True)) == {
        AppointmentStatus.SCHEDULED,
        AppointmentStatus.CONFIRMED,
    }
    for visit in visits:
        local = visit.start_time.astimezone(SANTIAGO)
        windows = AvailabilitySlot.objects.filter(agent=visit.agent, weekday=local.weekday())
        assert windows.filter(start_time__lte=local.time(), end_time__gt=local.time()).exists()
    times = Counter(visits.values_list("agent", "start_time"))
    assert set(times.values()) == {1}


def test_agents_have_free_slots_and_a_repeating_block(demo: Broker) -> None:
    assert AppointmentBlock.objects.get(broker=demo).rrule == "FREQ=WEEKLY;BYDAY=MO"
    slots = availability.free_slots(
        demo, start=AT, end=AT + timedelta(days=7), at=AT, appointment_type="property_visit"
    )
    local = [slot.start.astimezone(SANTIAGO) for slot in slots]
    assert {moment.weekday() for moment in local} == {0, 1, 2, 3, 4, 5}
    assert not any((moment.weekday(), moment.hour) == (0, 15) for moment in local)


def test_twenty_entries_are_embedded(demo: Broker) -> None:
    entries = KnowledgeEntry.objects.filter(broker=demo)
    assert entries.count() == 20
    assert set(entries.values_list("embed_status", flat=True)) == {EmbedStatus.READY}
    assert entries.filter(source_type="property").count() >= 10


def test_the_campaign_has_three_steps_and_runs_in_every_state(demo: Broker) -> None:
    campaign = Campaign.objects.get(broker=demo)
    assert campaign.steps.count() == 3
    assert campaign.contacts_made == campaign.enrollments.count() == 5
    states = CampaignEnrollment.objects.filter(campaign=campaign).values_list("state", "reason")
    assert set(states) == {
        ("active", ""),
        ("finished", "completed"),
        ("stopped", "replied"),
        ("stopped", "opted_out"),
    }
    logs = CampaignLog.objects.filter(campaign=campaign)
    assert all(log.due_at > AT for log in logs.filter(status="due"))
    assert all(log.message for log in logs.filter(status="sent"))
    opted_out = Lead.objects.get(broker=demo, enrollments__reason="opted_out")
    last = opted_out.messages.order_by("-id")[:1].get()
    assert last.author == Author.SYSTEM


def test_three_calls_changed_what_they_told(demo: Broker) -> None:
    calls = {call.lead.name: call for call in VoiceCall.objects.filter(broker=demo)}
    assert set(calls) == {"Sebastián Contreras", "Bastián Orellana", "Catalina Muñoz"}
    # DICOM clean 10 and within 90 days 5; nothing; now 8.
    assert [call.score_delta for _, call in sorted(calls.items())] == [0.0, 8.0, 15.0]
    assert all(call.lines.count() >= 7 for call in calls.values())


def test_every_message_of_the_assistant_was_billed(demo: Broker) -> None:
    written = ChatMessage.objects.filter(author=Author.ASSISTANT).count()
    answered = LLMCall.objects.filter(error="")
    assert answered.count() == written
    assert all(call.estimated_cost_usd for call in answered)
    assert (
        LLMCall.objects.filter(used_fallback=True).count()
        == LLMCall.objects.exclude(error="").count()
    )


def test_the_rival_has_a_small_set_of_its_own(demo: Broker) -> None:
    rival = Broker.objects.get(slug="rival")
    assert Lead.objects.filter(broker=rival).count() == 5
    assert KnowledgeEntry.objects.filter(broker=rival).count() == 3


def test_rows_pass_their_models_own_checks(demo: Broker) -> None:
    for model in apps.get_models():
        if model._meta.app_label in ("brokers", "leads", "llm", "knowledge", "scheduling"):
            check_sample(model)
    check_sample(VoiceCall)
    check_sample(Campaign)
    check_sample(CampaignLog)


def check_sample(model: type[models.Model]) -> None:
    for row in model._default_manager.order_by("-pk")[:6]:
        row.full_clean()


def test_the_log_lies_in_order_of_time(demo: Broker) -> None:
    moments = list(
        ActivityLog.objects.filter(broker=demo).order_by("id").values_list("timestamp", flat=True)
    )
    # A call writes what it found when it ends, and others may write while it lasts.
    late = sum(one - other > timedelta(minutes=2) for one, other in pairwise(moments))
    assert late == 0
    assert StageTransition.objects.filter(at__gt=AT).count() == 0


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 22, 13, 0, tzinfo=SANTIAGO),  # a Sunday
        datetime(2026, 11, 23, 3, 0, tzinfo=SANTIAGO),  # a Monday night
        datetime(2026, 9, 7, 10, 0, tzinfo=SANTIAGO),  # the clocks changed
    ],
)
def test_any_day_will_do_and_no_task_is_left_for_the_worker(
    db: None, at: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    start_over()
    with django_capture_on_commit_callbacks() as callbacks:
        run(at)
    assert callbacks == []
    stages = Counter(Lead.objects.filter(broker__slug="demo").values_list("pipeline_stage"))
    assert stages == Counter((str(person.stage),) for person in PEOPLE)
    assert ChatMessage.objects.filter(at__gte=at).count() == 0
    assert Conversation.objects.filter(broker__slug="demo", holder="waiting").count() == 2


def test_the_same_day_gives_the_same_texts(demo: Broker) -> None:
    told = ChatMessage.objects.order_by("id").values_list("at", "message_text", "lead__lead_score")
    before = list(told)
    start_over()
    run()
    assert list(told.all()) == before
