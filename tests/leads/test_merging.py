"""Two leads become one, whole, and come apart again as they were."""

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
from crm.models import IdempotencyKey
from leads import (
    facts,
    gate,
    handoff,
    identity,
    inbox,
    merging,
    moving,
    outbox,
    scoring,
    signals,
)
from leads.enums import Channel, SignalKind
from leads.errors import LeadMerged, NotMergeable, NotUndoable, TurnUnderWay
from leads.models import (
    ActivityLog,
    ChannelIdentity,
    ChatMessage,
    Consent,
    Conversation,
    Lead,
    LeadMerge,
    MergeSuggestion,
    StageTransition,
    Suppression,
)
from leads.stages import Stage, Status
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
    VoiceCallFactory,
)
from tests.racing import race
from voice.models import VoiceCall

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# What stays with its lead on purpose: the sleeping conversation, and what tells of the merge itself.
STAYING = {Lead, Conversation, LeadMerge, IdempotencyKey}


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
            SlotOfferFactory(**known, agent=ana, appointment_type="office_meeting")
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
            visit = AppointmentFactory(
                **known, agent=ana, appointment_type=kind, start_time=start + hours,
                status=data.draw(st.sampled_from(["scheduled", "confirmed"])),
            )  # fmt: skip
            key = f"appointment:{visit.pk}"
            scoring.note(lead, SignalKind.APPOINTMENT_ACTIVE, source_key=key, at=at)
        if data.draw(st.booleans()):
            run = CampaignEnrollmentFactory(**known, campaign=campaign, trigger_key="score")
            CampaignLogFactory(**known, campaign=campaign, enrollment=run, step=step)
    ledger.write([lead.pk for lead in leads], at=at)


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


# Counted, or worked out again from the rows that are compared themselves.
PASSING = {"next_action_at", "updated_at", "version", "ics_sequence", "stalled_turns", "last_login"}


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
    max_examples=5,
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
            lead.refresh_from_db()
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


# --- One person, one conversation ----------------------------------------------------------------


def test_what_was_owed_to_either_is_owed_by_the_one_conversation(two, agent, at) -> None:
    loser, survivor = two
    said(survivor, "hola", at - 3 * DAY)
    answered = said(survivor, "gracias", at - 2 * DAY)
    Conversation.objects.filter(lead=survivor).update(
        answered_up_to=answered.pk, turn_due_at=None, summary="Busca en Ñuñoa."
    )
    owed = said(loser, "¿sigue disponible?", at - timedelta(minutes=1), "whatsapp")
    merging.merge(loser, survivor, by=agent, at=at)
    one = Conversation.objects.get(lead=survivor)
    assert (one.answered_up_to, one.last_inbound_id) == (owed.pk - 1, owed.pk)
    assert (one.channel, one.summary) == ("whatsapp", "Busca en Ñuñoa.")
    assert one.turn_due_at is not None
    assert Conversation.objects.get(lead=loser).turn_due_at is None
    again = said(survivor, "soy yo", at, "telegram")
    assert again.lead == survivor
    late = inbox.receive(
        inbox.Inbound(
            broker=loser.broker, channel=Channel.WHATSAPP, external_user=f"whatsapp-{loser.pk}",
            external_id="wamid.9", text="hola de nuevo", at=at,
        )
    ).message  # fmt: skip
    assert late.lead == survivor
    assert gate.identity_on(survivor, "whatsapp").external_id == f"whatsapp-{loser.pk}"


def test_a_person_who_holds_one_of_them_holds_the_one(two, agent, agent2, at) -> None:
    loser, survivor = two
    said(loser, "hola", at)
    before = Conversation.objects.get(lead=survivor).version
    handoff.take(loser, by=agent2, at=at)
    done = merging.merge(loser, survivor, by=agent, at=at)
    one = Conversation.objects.get(lead=survivor)
    assert (one.holder, one.held_by) == ("user", agent2)
    assert one.version == before + 1
    merging.undo(done, by=agent, at=at)
    one = Conversation.objects.get(lead=survivor)
    assert (one.holder, one.held_by) == ("assistant", None)
    assert Conversation.objects.get(lead=loser).held_by == agent2


def test_a_message_that_waits_leaves_once_and_a_stale_draft_never(two, agent, at) -> None:
    loser, survivor = two
    said(loser, "hola", at - timedelta(minutes=2), "webchat")
    Conversation.objects.filter(lead=survivor).update(version=5)
    Conversation.objects.filter(lead=loser).update(version=6)
    loser.refresh_from_db()
    current, stale = (
        outbox.queue(
            loser, text=text, author="assistant", purpose="reply", channel="webchat",
            version=version, at=at,
        )
        for text, version in (("Sí, sigue", 6), ("Vieja", 5))
    )  # fmt: skip
    merging.merge(loser, survivor, by=agent, at=at)
    for message in (current, stale):
        outbox.deliver(message.pk, at=at)
        assert outbox.deliver(message.pk, at=at) is False
        message.refresh_from_db()
    assert (current.lead, current.status) == (survivor, "sent")
    assert (stale.status, stale.reason) == ("blocked", "conversation_moved_on")


def test_while_the_assistant_answers_one_of_them_a_merge_waits(two, agent, at) -> None:
    loser, survivor = two
    for lead in two:
        held = Conversation.objects.filter(lead=lead)
        held.update(lease="12345678-1234-5678-1234-567812345678", lease_until=at + DAY)
        with pytest.raises(TurnUnderWay):
            merging.merge(loser, survivor, by=agent, at=at)
        held.update(lease_until=at - DAY)
    assert merging.merge(loser, survivor, by=agent, at=at).survivor == survivor


# --- What stands of the two ----------------------------------------------------------------------


def test_a_persons_word_wins_then_the_later_one_and_nothing_known_is_lost(two, agent, at) -> None:
    loser, survivor = two
    told = facts.Facts(bedrooms=3, property_type="casa", dicom="has_debt", debt_amount=200_000)
    facts.record(loser, told, source=facts.Source.PERSON, user=agent, at=at - DAY)
    told = facts.Facts(bedrooms=2, location=["Ñuñoa"], dicom="clean")
    facts.record(survivor, told, source=facts.Source.LEAD, at=at)
    foreseen = merging.preview(loser, survivor, by=agent, at=at)
    named = {each.fact: (each.kept, each.given_up) for each in foreseen.conflicts}
    assert named["bedrooms"] == (3, 2)
    assert (named["dicom"], named["debt_amount"]) == (("has_debt", "clean"), (200_000, 0))
    merging.merge(loser, survivor, by=agent, at=at)
    (one,) = fresh(survivor)
    assert (one.metadata["bedrooms"], one.metadata["property_type"]) == (3, "casa")
    assert (one.metadata["dicom"], one.metadata["debt_amount"]) == ("has_debt", 200_000)
    assert one.metadata["location"] == ["Ñuñoa"]
    assert one.metadata["provenance"]["bedrooms"]["user"] == agent.pk
    assert one.metadata["calificacion"]["inputs"]["debt"] == 200_000


def test_the_further_stage_stands_and_is_no_news_to_campaigns(two, agent, at) -> None:
    loser, survivor = two
    announced: list[Any] = []
    watch = lambda **news: announced.append(news)  # noqa: E731
    signals.stage_changed.connect(watch)
    Lead.objects.filter(pk=loser.pk).update(pipeline_stage="seguimiento")
    Lead.objects.filter(pk=survivor.pk).update(pipeline_stage="perdido", status="lost")
    merging.merge(loser, survivor, by=agent, at=at)
    (one,) = fresh(survivor)
    assert (one.pipeline_stage, one.status, one.stage_entered_at) == ("seguimiento", "cold", at)
    assert StageTransition.objects.values_list("lead", "event").get() == (survivor.pk, "merged")
    signals.stage_changed.disconnect(watch)
    assert announced == []


def test_who_asked_one_of_them_to_stop_has_asked_for_both(two, agent, at) -> None:
    loser, survivor = two
    said(loser, "hola", at - DAY)
    said(loser, "nunca más me escriban", at - DAY)
    ConsentFactory(broker=survivor.broker, lead=survivor, channel="", at=at)
    assert not identity.is_suppressed(survivor)
    done = merging.merge(loser, survivor, by=agent, at=at)
    assert identity.is_suppressed(survivor)
    latest = Consent.objects.filter(lead=survivor, channel="").order_by("at", "pk").last()
    assert latest.state == "withdrawn"
    (one,) = fresh(survivor)
    assert gate.may_contact(one, "telegram", "marketing", at).reason == "suppressed"
    merging.undo(done, by=agent, at=at)
    assert identity.is_suppressed(survivor) is False
    assert identity.is_suppressed(loser) is True
    assert Suppression.objects.filter(identifier=loser.phone_e164).exists()


def test_of_two_visits_the_one_ahead_stands_and_the_other_comes_back(two, agent, at) -> None:
    loser, survivor = two
    over, ahead = (
        AppointmentFactory(broker=lead.broker, lead=lead, agent=agent, start_time=start)
        for lead, start in ((survivor, at - DAY), (loser, at + DAY))
    )
    (notice,) = merging.preview(loser, survivor, by=agent, at=at).notices
    assert "queda la de miércoles 25 de noviembre" in notice
    done = merging.merge(loser, survivor, by=agent, at=at)
    kept = Appointment.objects.order_by("pk").values_list("pk", "lead", "status")
    assert list(kept) == [
        (over.pk, survivor.pk, "cancelled"),
        (ahead.pk, survivor.pk, "scheduled"),
    ]
    merging.undo(done, by=agent, at=at)
    assert list(kept.all()) == [
        (over.pk, survivor.pk, "scheduled"),
        (ahead.pk, loser.pk, "scheduled"),
    ]


def test_a_time_that_was_taken_meanwhile_is_told_not_forced(two, agent, at) -> None:
    loser, survivor = two
    _mine, theirs = (
        AppointmentFactory(broker=lead.broker, lead=lead, agent=agent, start_time=at + n * DAY)
        for n, lead in ((2, survivor), (3, loser))
    )
    done = merging.merge(loser, survivor, by=agent, at=at)
    AppointmentFactory(broker=loser.broker, agent=agent, start_time=theirs.start_time)
    undone = merging.undo(done, by=agent, at=at)
    theirs.refresh_from_db()
    assert (theirs.lead, theirs.status) == (loser, "cancelled")
    assert len(undone.not_restored) == 1
    assert "viernes 27 de noviembre" in undone.not_restored[0]


def test_a_run_that_the_merge_stopped_goes_on_after_the_undoing(two, agent, at) -> None:
    loser, survivor = two
    campaign = CampaignFactory(broker=loser.broker, status="active")
    CampaignStepFactory(broker=loser.broker, campaign=campaign)
    for lead in two:
        enrolment.enrol(campaign, lead, at=at, event="score:1")
    (notice,) = merging.preview(loser, survivor, by=agent, at=at).notices
    assert campaign.name in notice
    done = merging.merge(loser, survivor, by=agent, at=at)
    runs = CampaignEnrollment.objects.order_by("pk").values_list("lead", "rotation", "state")
    assert list(runs) == [(loser.pk, 1, "stopped"), (survivor.pk, 1, "active")] or list(runs) == [
        (survivor.pk, 2, "stopped"),
        (survivor.pk, 1, "active"),
    ]
    merging.undo(done, by=agent, at=at)
    assert list(runs.all()) == [(loser.pk, 1, "active"), (survivor.pk, 1, "active")]
    steps = CampaignLog.objects.order_by("pk").values_list("lead", "status", "reason")
    assert list(steps) == [(loser.pk, "due", ""), (survivor.pk, "due", "")]


# --- Undoing -------------------------------------------------------------------------------------


def test_what_came_later_stays_with_the_survivor(two, agent, at) -> None:
    loser, survivor = two
    said(loser, "antes", at - DAY)
    Lead.objects.filter(pk=loser.pk).update(notes="Del otro", tags=["uf"])
    done = merging.merge(loser, survivor, by=agent, at=at)
    later = said(survivor, "después", at)
    (one,) = fresh(survivor)
    one.notes, one.tags, one.name = one.notes + "\nY esto", [*one.tags, "vip"], "Otra Persona"
    one.save()
    merging.undo(done, by=agent, at=at + DAY)
    loser, survivor = fresh(loser, survivor)
    assert (survivor.notes.strip(), survivor.tags, survivor.name) == (
        "Y esto", ["vip"], "Otra Persona",
    )  # fmt: skip
    assert (loser.notes, loser.merged_into) == ("Del otro", None)
    assert list(survivor.messages.all()) == [later]
    assert [message.message_text for message in loser.messages.all()] == ["antes"]


def test_a_merge_is_undone_for_thirty_days_once_and_last_first(two, broker, agent, at) -> None:
    loser, survivor = two
    third = LeadFactory(broker=broker)
    first = merging.merge(loser, survivor, by=agent, at=at)
    second = merging.merge(survivor, third, by=agent, at=at)
    assert identity.living_of(fresh(loser)[0]) == third
    with pytest.raises(NotUndoable):
        merging.undo(first, by=agent, at=at)
    merging.undo(second, by=agent, at=at)
    with pytest.raises(NotUndoable):
        merging.undo(first, by=agent, at=at + 31 * DAY)
    merging.undo(first, by=agent, at=at + 30 * DAY)
    with pytest.raises(NotUndoable):
        merging.undo(first, by=agent, at=at)
    assert [lead.merged_into for lead in fresh(loser, survivor, third)] == [None] * 3


def test_no_circle_no_self_no_stranger(two, rival, agent, at) -> None:
    loser, survivor = two
    for other in (loser, LeadFactory(broker=rival)):
        with pytest.raises(NotMergeable):
            merging.merge(loser, other, by=agent, at=at)
    merging.merge(loser, survivor, by=agent, at=at)
    for pair in ((survivor, loser), (loser, survivor)):
        with pytest.raises(LeadMerged):
            merging.merge(*pair, by=agent, at=at)


def test_the_pair_is_accepted_and_other_pairs_follow(two, broker, agent, at) -> None:
    loser, survivor = two
    third, fourth = LeadFactory(broker=broker), LeadFactory(broker=broker)
    pair = MergeSuggestionFactory(broker=broker, lead=survivor, other=loser)
    for lead, other in ((third, loser), (third, survivor), (loser, fourth)):
        MergeSuggestionFactory(broker=broker, lead=lead, other=other)
    done = merging.merge(loser, survivor, by=agent, at=at)
    pair.refresh_from_db()
    assert pair.state == "accepted"
    shown = MergeSuggestion.objects.between_living().order_by("pk")
    assert list(shown.values_list("lead", "other")) == [
        (third.pk, survivor.pk),
        (survivor.pk, fourth.pk),
    ]
    merging.undo(done, by=agent, at=at)
    assert shown.count() == 4


@pytest.mark.django_db(transaction=True)
def test_of_merges_at_once_both_ways_one_happens_and_messages_are_not_lost(two, agent, at) -> None:
    loser, survivor = two
    said(loser, "hola", at - DAY)

    def work(n: int) -> Any:
        if n < 2:
            pair = (loser, survivor) if n else (survivor, loser)
            return merging.merge(*pair, by=agent, at=at)
        return said(loser, f"otra {n}", at)

    got = race(6, work)
    assert sum(isinstance(each, LeadMerge) for each in got) == 1
    assert sum(isinstance(each, LeadMerged) for each in got) == 1
    stays = identity.living_of(fresh(loser)[0])
    assert ChatMessage.objects.filter(lead=stays).count() == 5
    one = Conversation.objects.get(lead=stays)
    assert one.last_inbound_id == ChatMessage.objects.latest("pk").pk
