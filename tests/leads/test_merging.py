"""Two leads become one, whole, and come apart again as they were."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from brokers.models import Broker, User
from campaigns import enrolment, ledger
from campaigns.models import CampaignEnrollment, CampaignLog
from leads import facts, gate, handoff, identity, inbox, merging, moving, outbox, scoring
from leads.enums import Channel
from leads.errors import LeadMerged, NotMergeable, NotUndoable, TurnUnderWay
from leads.models import (
    ActivityLog,
    ChannelIdentity,
    ChatMessage,
    Consent,
    Conversation,
    KeyedEntry,
    Lead,
    LeadMerge,
    MergeSuggestion,
    StageTransition,
    Suppression,
)
from leads.stages import Source, Stage, Status
from llm.models import LLMCall
from scheduling.models import Appointment
from tests.factories import (
    ActivityLogFactory,
    AppointmentFactory,
    CampaignEnrollmentFactory,
    CampaignFactory,
    CampaignLogFactory,
    CampaignStepFactory,
    ChannelIdentityFactory,
    ChatMessageFactory,
    ConsentFactory,
    ConversationFactory,
    LeadAlertFactory,
    LeadFactory,
    LeadSignalFactory,
    LLMCallFactory,
    MergeSuggestionFactory,
    SlotOfferFactory,
    StageTransitionFactory,
    SuppressionFactory,
    TelegramMessageFactory,
    UserFactory,
    VoiceCallFactory,
)
from tests.racing import race
from voice.models import VoiceCall

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# What stays with its lead on purpose: the sleeping conversation, and what tells of the merge itself.
STAYING = {Lead, Conversation, LeadMerge, KeyedEntry}


@pytest.fixture
def two(broker: Broker, agent: User, at: datetime) -> tuple[Lead, Lead]:
    """A loser and a survivor, each with a conversation."""
    pair = [LeadFactory(broker=broker, assigned_to=agent) for _ in range(2)]
    for lead in pair:
        ConversationFactory(broker=broker, lead=lead)
    return pair[0], pair[1]


def said(lead: Lead, text: str, at: datetime, channel: str = "telegram") -> ChatMessage:
    """What the lead wrote, through the door of messages."""
    known = f"{channel}-{lead.pk}"
    if not lead.identities.filter(external_id=known).exists():
        ChannelIdentityFactory(broker=lead.broker, lead=lead, channel=channel, external_id=known)
    return inbox.receive(
        inbox.Inbound(
            broker=lead.broker,
            channel=Channel(channel),
            external_user=known,
            external_id=f"{known}:{text}:{at.isoformat()}",
            text=text,
            at=at,
        )
    ).message


def fresh(*leads: Lead) -> list[Lead]:
    return [Lead.objects.get(pk=lead.pk) for lead in leads]


# --- Nothing is forgotten ------------------------------------------------------------------------


def test_every_table_that_refers_to_a_lead_moves_or_stays_on_purpose() -> None:
    referring = {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is Lead
    }
    moving_ = {table.model for table in moving.tables()}
    assert len(referring) >= 18
    assert referring - moving_ == STAYING
    assert not moving_ & STAYING


def furnish(
    broker: Broker, leads: list[Lead], data: st.DataObject, at: datetime, ana: User
) -> None:
    """Give each of the leads a drawn part of everything that a lead may have."""
    number = st.integers(0, 2)
    campaign = CampaignFactory(broker=broker, status="active")
    step = CampaignStepFactory(broker=broker, campaign=campaign)
    third = LeadFactory(broker=broker)
    for place, lead in enumerate(leads):
        known = {"broker": broker, "lead": lead}
        for turn in range(data.draw(number)):
            said(lead, f"hola {turn}", at - DAY * (3 - turn) + timedelta(minutes=place))
        for _ in range(data.draw(number)):
            ActivityLogFactory(**known)
            TelegramMessageFactory(**known)
            StageTransitionFactory(**known)
            LLMCallFactory(**known)
            VoiceCallFactory(**known)
        if data.draw(st.booleans()):
            LeadSignalFactory(**known, source_key="the-same", active=data.draw(st.booleans()))
            LeadAlertFactory(**known, key="the-same")
        if data.draw(st.booleans()):
            SlotOfferFactory(**known, agent=ana)
            MergeSuggestionFactory(broker=broker, lead=lead, other=third)
        for state in data.draw(st.lists(st.sampled_from(["granted", "withdrawn"]), max_size=2)):
            ConsentFactory(**known, state=state, at=at - DAY * (2 + place))
        if data.draw(st.booleans()):
            SuppressionFactory(broker=broker, identifier=lead.phone_e164)
        for kind in data.draw(
            st.lists(st.sampled_from(["property_visit", "phone_call"]), unique=True)
        ):
            start = at + DAY * (5 + place)
            hours = timedelta(hours=1 if kind == "phone_call" else 3)
            AppointmentFactory(
                **known, agent=ana, appointment_type=kind, start_time=start + hours,
                status=data.draw(st.sampled_from(["scheduled", "confirmed"])),
            )  # fmt: skip
        if data.draw(st.booleans()):
            run = CampaignEnrollmentFactory(**known, campaign=campaign, trigger_key="score")
            CampaignLogFactory(**known, campaign=campaign, enrollment=run, step=step)
    ledger.write([lead.pk for lead in leads])


def profile(data: st.DataObject, at: datetime) -> dict[str, Any]:
    words = {"by": data.draw(st.sampled_from(["person", "lead"])), "at": at.isoformat()}
    known = {
        "location": [data.draw(st.sampled_from(["Ñuñoa", "Macul"]))],
        "income": {"amount": data.draw(st.integers(1, 9)) * 300_000, "currency": "CLP"},
        "dicom": data.draw(st.sampled_from(["clean", "has_debt"])),
        "bedrooms": data.draw(st.integers(1, 4)),
    }
    told = {name: known[name] for name in data.draw(st.sets(st.sampled_from(sorted(known))))}
    stage = Stage(data.draw(st.sampled_from(Stage.values)))
    status = {Stage.WON: Status.CONVERTED, Stage.LOST: Status.LOST}.get(stage, Status.COLD)
    return {
        "metadata": {**told, "provenance": dict.fromkeys(told, words), "origin": {"utm": "a"}},
        "pipeline_stage": stage,
        "status": status,
        "close_reason": "no contesta" if stage == Stage.LOST else "",
        "stage_entered_at": at - DAY,
        "tags": data.draw(st.lists(st.sampled_from(["vip", "uf", "norte"]), unique=True)),
        "notes": data.draw(st.sampled_from(["", "Llamar de tarde", "Prefiere Ñuñoa"])),
        "treatment_type": data.draw(st.sampled_from(["automated_telegram", "hold"])),
        "email": data.draw(st.sampled_from([None, "camila@example.com"])),
    }


PASSING = {"updated_at", "version", "ics_sequence", "stalled_turns", "last_login"}


def picture() -> dict[tuple[str, int], dict[str, Any]]:
    """Every row of every table, without what counts changes."""
    return {
        (model.__name__, row["id"]): {k: v for k, v in row.items() if k not in PASSING}
        for model in apps.get_models()
        if model._meta.app_label in ("leads", "scheduling", "campaigns", "voice", "llm")
        for row in model._default_manager.values()
    }


def differences(before: dict[Any, Any], after: dict[Any, Any]) -> list[Any]:
    """Rows of before that are other rows now, column by column."""
    return [
        (*key, name, value, after.get(key, {}).get(name))
        for key, row in before.items()
        for name, value in row.items()
        if after.get(key, {}).get(name) != value
    ]


class Enough(Exception):
    """Rolls an example back."""


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],  # to shrink a whole world takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_merge_undone_restores_what_moved(
    data: st.DataObject, broker: Broker, agent: User, at: datetime
) -> None:
    with suppress(Enough), transaction.atomic():
        pair = [LeadFactory(broker=broker, **profile(data, at)) for _ in range(2)]
        for lead in pair:
            holder = data.draw(st.sampled_from(["assistant", "user", "waiting"]))
            ConversationFactory(
                broker=broker, lead=lead, holder=holder,
                held_by=agent if holder == "user" else None,
                waiting_since=at - DAY if holder == "waiting" else None,
            )  # fmt: skip
        furnish(broker, pair, data, at, agent)
        for lead in pair:
            facts.requalify(lead, at=at)
            lead.save()
            scoring.rescore(lead, at=at, bulk=True)
        before = picture()
        done = merging.merge(pair[0], pair[1], by=agent, at=at)
        loser, survivor = fresh(*pair)
        assert loser.merged_into == survivor
        assert_consistent(survivor)
        assert_nothing_left(loser)
        merging.undo(done, by=agent, at=at)
        after = picture()
        assert differences(before, after) == []
        new = {name for name, _ in set(after) - set(before)}
        assert new <= {"ActivityLog", "LeadMerge", "StageTransition", "CalendarEvent"}
        raise Enough


def assert_consistent(lead: Lead) -> None:
    config = lead.broker.brokerleadconfig
    assert lead.status == scoring.status_for(lead.pipeline_stage, lead.lead_score, config)
    active = Appointment.objects.filter(lead=lead, status__in=["scheduled", "confirmed"])
    kinds = list(active.values_list("appointment_type", flat=True))
    assert len(kinds) == len(set(kinds))


def assert_nothing_left(loser: Lead) -> None:
    left = (ChatMessage, ChannelIdentity, ActivityLog, Consent, StageTransition, Appointment,
            VoiceCall, LLMCall, CampaignEnrollment, CampaignLog)  # fmt: skip
    assert [model for model in left if model.objects.filter(lead=loser).exists()] == []
