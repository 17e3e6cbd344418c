"""Erasing a person: nothing of theirs is left in any table but what the receipt lists as kept."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, models, transaction

from brokers.models import Broker, User
from campaigns.models import Campaign
from crm.models import FailedTask
from knowledge.gaps import note_gap
from leads import consenting, erasing, holdings, inbox, parts, rights, tasks
from leads.activity import log
from leads.enums import Actor, Channel, RightState
from leads.inbox import Inbound
from leads.models import (
    ChannelIdentity,
    ChatMessage,
    Consent,
    Conversation,
    Lead,
    RightsRequest,
    Suppression,
    SuppressionEvent,
    TelegramMessage,
)
from llm.models import LLMCall
from scheduling.models import CalendarEvent
from tests.factories import (
    FACTORIES,
    AppointmentFactory,
    CalendarEventFactory,
    CallTranscriptFactory,
    ChannelIdentityFactory,
    ChatMessageFactory,
    ConversationFactory,
    FailedTaskFactory,
    LeadAlertFactory,
    LeadFactory,
    LLMCallFactory,
    MergeSuggestionFactory,
    VoiceCallFactory,
    VoiceEventFactory,
    make_row,
)
from tests.racing import race
from voice.models import VoiceCost

pytestmark = pytest.mark.django_db

PHONE, MAIL, NAME, SAID = "+56944443333", "marcador@example.com", "Zulema Márquez", "xilófono"
TELEGRAM = "9876543210"
MARKERS = (PHONE, "944443333", MAIL, "Zulema", SAID, TELEGRAM)


def tables() -> list[str]:
    return connection.introspection.table_names()


def mentions(*markers: str) -> set[str]:
    """Every table with a row that has one of these words in any of its columns."""
    found = set()
    with connection.cursor() as db:
        for table in tables():
            name = connection.ops.quote_name(table)
            where = " OR ".join(["row_of::text ILIKE %s"] * len(markers))
            db.execute(
                f"SELECT count(*) FROM {name} AS row_of WHERE {where}",
                [f"%{marker}%" for marker in markers],
            )
            if db.fetchone()[0]:
                found.add(table)
    return found


@pytest.fixture
def person(broker: Broker, agent: User, admin: User, at: Any) -> Lead:
    """A lead with something of theirs in every table that can hold it, Django's own included."""
    lead = LeadFactory(
        broker=broker, assigned_to=agent, name=NAME, phone=PHONE, phone_e164=PHONE, email=MAIL,
        notes=f"Toca el {SAID}", metadata={"location": ["Ñuñoa"], "said": SAID},
    )  # fmt: skip
    ConversationFactory(broker=broker, lead=lead, summary=SAID, brief=NAME, channel="telegram")
    ChannelIdentityFactory(
        broker=broker, lead=lead, channel="telegram", external_id=TELEGRAM, display_name=NAME
    )
    message = ChatMessageFactory(
        broker=broker, lead=lead, message_text=SAID, channel_user_id=TELEGRAM, provider="telegram",
        provider_metadata={"from": NAME},
    )  # fmt: skip
    _hang_everything(lead)
    _fill_upper_apps(lead, message, at)
    for owner in (lead, None):
        TelegramMessage.objects.create(
            broker=broker, lead=owner, bot_id=1, telegram_user_id=int(TELEGRAM), direction="in",
            payload={"text": SAID, "name": NAME},
        )  # fmt: skip
    loser = LeadFactory(broker=broker, name=f"{NAME} Vieja", email=MAIL, merged_into=lead)
    ChatMessageFactory(broker=broker, lead=loser, message_text=SAID)
    MergeSuggestionFactory(broker=broker, lead=LeadFactory(broker=broker), other=lead)
    log(lead, "facts_recorded", actor=Actor.LEAD, at=at, facts={"name": NAME})
    consenting.opt_out(
        lead, channel="telegram", everything=True, evidence=SAID, at=at, confirm=True
    )
    rights.ask(lead, kind="access", notes=f"{NAME} escribió desde {MAIL}", by=admin, at=at)
    FailedTaskFactory(broker=broker, args=[lead.pk, MAIL], kwargs={"broker_id": broker.pk})
    LogEntry.objects.create(
        user=admin, content_type=ContentType.objects.get_for_model(Lead), object_id=str(lead.pk),
        object_repr=NAME, action_flag=CHANGE, change_message=f"cambió {NAME}",
    )  # fmt: skip
    return lead


def _hang_everything(lead: Lead) -> None:
    """One row of every model with a key to the lead that has none yet."""
    for model in apps.get_models():
        named = [f.name for f in model._meta.concrete_fields if f.related_model is Lead]
        rows = model._default_manager.filter(**dict.fromkeys(named, lead.pk)) if named else None
        if model in FACTORIES and "lead" in named and model is not RightsRequest:
            assert rows is not None
            if not rows.exists():
                make_row(model, lead.broker, lead=lead)


def _fill_upper_apps(lead: Lead, message: ChatMessage, at: Any) -> None:
    broker = lead.broker
    call = VoiceCallFactory(
        broker=broker, lead=lead, phone=PHONE, summary=SAID, cost_usd=Decimal("0.25"), duration=90,
        recording_url=f"https://example.com/{SAID}.mp3", started_at=at, intent_key="z-1",
    )  # fmt: skip
    CallTranscriptFactory(broker=broker, call=call, text=SAID)
    VoiceEventFactory(broker=broker, call=call, payload={"summary": SAID})
    LLMCallFactory(broker=broker, lead=lead, message=message, estimated_cost_usd="0.5")
    visit = AppointmentFactory(
        broker=broker, lead=lead, notes=SAID, appointment_type="office_meeting",
        start_time=at + timedelta(days=9),
    )  # fmt: skip
    CalendarEventFactory(broker=broker, appointment=visit, event_id="crmz1")
    note_gap(broker, f"¿Aceptan un {SAID}?", message, at=at)
    LeadAlertFactory(broker=broker, lead=lead, details={"name": NAME})
    assert Campaign.objects.filter(broker=broker).exists()


def erase(lead: Lead, at: Any, **more: Any) -> RightsRequest:
    return erasing.erase(lead, at=at, **{"by": None, **more})


def test_the_walk_finds_what_is_there(person: Lead) -> None:
    """The erasure below would also pass on empty tables."""
    found = mentions(*MARKERS)
    assert found >= {
        "leads", "chat_messages", "channel_identities", "telegram_messages", "activity_log",
        "conversations", "consents", "voice_calls", "call_transcripts", "voice_events",
        "appointments", "knowledge_gaps", "lead_alerts", "failed_tasks", "django_admin_log",
        "rights_requests", "suppressions", "suppression_events",
    }  # fmt: skip
    assert set(tables()) >= {model._meta.db_table for model in apps.get_models()}


def test_every_table_that_refers_to_a_lead_goes_or_is_told_to_outlive_it() -> None:
    """No foreign key to a lead is forgotten, in this app or in an upper one."""
    referring = {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is Lead
    }
    known = {
        *holdings.own_models(),
        *holdings.OUTLIVES,
        *holdings.GOES_ALONG,
        *(part.model for part in parts.parts()),
    }
    assert referring - known == set()
    assert len(referring) >= 15


def test_after_an_erasure_no_table_has_anything_of_the_person_but_what_is_kept(
    person: Lead, admin: User, at: Any
) -> None:
    done = erase(person, at, by=admin)
    assert mentions(*MARKERS) == {"suppressions", "suppression_events"}
    assert mentions("Zulema", SAID) == set()
    assert (done.state, done.done_at, done.handled_by, done.lead) == (
        RightState.DONE, at, admin, None,
    )  # fmt: skip
    assert not Lead.objects.filter(pk=done.lead_number).exists()


def test_the_receipt_counts_what_went_and_says_what_stays_and_why(
    person: Lead, admin: User, at: Any
) -> None:
    messages = ChatMessage.objects.filter(lead__in=holdings.persons(person)).count()
    done = erase(person, at, by=admin)
    deleted = {row["what"]: row["count"] for row in done.receipt["deleted"]}
    assert deleted["leads.Lead"] == 2
    assert deleted["leads.ChatMessage"] == messages == 3
    assert deleted["leads.TelegramMessage"] == 3
    assert deleted["knowledge.KnowledgeGap"] == 1
    assert deleted["crm.FailedTask"] == 1
    kept = {(row["what"], row["why"]): row["count"] for row in done.receipt["kept"]}
    assert kept == {
        ("llm.LLMCall", "accounting"): LLMCall.objects.count(),
        ("voice.VoiceCost", "accounting"): 1,
        ("recordings", "provider_copy"): 1,
        ("calendar_events", "calendar_asked"): 1,
        ("sent_messages", "channel_copy"): 1,
        ("leads.Suppression", "no_contact"): 3,
        ("leads.SuppressionEvent", "no_contact"): 3,
        ("leads.RightsRequest", "proof"): 2,
    }


def test_the_accounts_add_up_as_before(person: Lead, at: Any) -> None:
    spent = LLMCall.objects.aggregate(total=models.Sum("estimated_cost_usd"))
    erase(person, at)
    assert LLMCall.objects.aggregate(total=models.Sum("estimated_cost_usd")) == spent
    assert set(LLMCall.objects.values_list("lead", "message")) == {(None, None)}
    cost = VoiceCost.objects.get()
    assert (cost.broker, cost.at, cost.duration, cost.cost_usd) == (
        person.broker, at, 90, Decimal("0.2500"),
    )  # fmt: skip


def test_google_is_asked_to_delete_its_copies(person: Lead, at: Any) -> None:
    erase(person, at)
    event = CalendarEvent.objects.get(event_id="crmz1")
    assert (event.action, event.state, event.appointment) == ("delete", "pending", None)


def test_somebody_elses_rows_stand(person: Lead, broker: Broker, rival: Broker, at: Any) -> None:
    theirs = LeadFactory(broker=rival, phone=PHONE, phone_e164=PHONE, email=MAIL)
    ours = ChatMessageFactory(broker=broker, message_text="otra persona")
    Suppression.objects.create(broker=rival, identifier=PHONE)
    erase(person, at)
    assert Lead.objects.filter(pk__in=[theirs.pk, ours.lead_id]).count() == 2
    assert ChatMessage.objects.filter(pk=ours.pk).exists()
    assert Suppression.objects.filter(broker=rival, identifier=PHONE).exists()


@pytest.mark.parametrize(("suppress", "left"), [(True, {PHONE, MAIL}), (False, set())])
def test_who_never_opted_out_is_listed_only_when_that_is_asked(
    broker: Broker, at: Any, suppress: bool, left: set[str]
) -> None:
    lead = LeadFactory(broker=broker, name=NAME, phone=PHONE, phone_e164=PHONE, email=MAIL)
    erase(lead, at, suppress=suppress)
    assert set(Suppression.objects.values_list("identifier", flat=True)) == left
    assert set(SuppressionEvent.objects.values_list("identifier", flat=True)) == left


def test_the_history_of_a_lifted_mark_goes_with_the_person(person, admin, at) -> None:
    consenting.lift(person, reason="Firmó de nuevo", by=admin, at=at)
    erase(person, at)
    assert mentions(*MARKERS) == set()


def test_a_question_that_others_asked_later_stands_in_their_words(person, broker, at) -> None:
    other = ChatMessageFactory(broker=broker, message_text="Aceptan xilófono")
    gap = note_gap(broker, "aceptan un XILÓFONO", other, at=at)
    erase(person, at)
    gap.refresh_from_db()
    assert (gap.question, gap.times, gap.last_message) == ("aceptan un XILÓFONO", 2, other)


def test_erasing_twice_is_erasing_once(person: Lead, at: Any) -> None:
    first = erase(person, at)
    assert erasing.run(first.pk, at=at) is False
    stale = RightsRequest.objects.get(pk=first.pk)
    assert stale.receipt == first.receipt
    assert RightsRequest.objects.filter(kind="erasure").count() == 1


def test_asking_again_while_it_waits_is_the_same_request(person: Lead, at: Any) -> None:
    asked = rights.ask(person, kind="erasure", at=at)
    assert erase(person, at + timedelta(days=3)).pk == asked.pk
    done = RightsRequest.objects.get(pk=asked.pk)
    assert (done.asked_by, done.due_at) == ("person", at + timedelta(days=30))


def test_an_erasure_cut_short_is_undone_and_then_finished(person, at, monkeypatch) -> None:
    """A worker that dies half-way leaves everything or nothing, and a row that says it is due."""
    request = erasing.start(person, by=None, at=at, suppress=True, asked_by="person")
    before = mentions(*MARKERS)
    part = next(part for part in parts.parts() if part.name == "calls")
    dying = {**vars(part), "erase": lambda _lead: 1 / 0}
    monkeypatch.setitem(parts._parts, "calls", type(part)(**dying))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        erasing.run(request.pk, at=at)
    assert mentions(*MARKERS) == before
    monkeypatch.undo()
    assert erasing.due() == [request.pk]
    assert tasks.erase_person(request.pk) is True
    assert (mentions("Zulema", SAID), erasing.due()) == (set(), [])


def test_files_of_the_lead_go_once_it_is_committed(
    person, at, settings, tmp_path, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    settings.MEDIA_ROOT = tmp_path
    name = default_storage.save("leads/foto.txt", ContentFile(SAID.encode()))
    part = next(part for part in parts.parts() if part.name == "calls")
    keeps = {**vars(part), "files": lambda lead: [name] if lead == person else []}
    monkeypatch.setitem(parts._parts, "calls", type(part)(**keeps))
    with django_capture_on_commit_callbacks() as callbacks:
        done = erase(person, at)
    assert (done.files_left, default_storage.exists(name)) == ([name], True)
    assert erasing.due() == [done.pk]  # a worker that died here would be followed by another
    for callback in callbacks:
        callback()
    assert (default_storage.exists(name), erasing.due()) == (False, [])


def test_words_that_ask_for_erasure_open_a_request_with_its_term(write, at) -> None:
    lead = write("Por favor borren mis datos").message.lead
    asked = RightsRequest.objects.get()
    assert (asked.lead, asked.kind, asked.state, asked.asked_by) == (
        lead, "erasure", "open", "person",
    )  # fmt: skip
    assert asked.due_at - asked.asked_at == timedelta(days=30)
    write("ya, BORREN MIS DATOS!!", minute=1)
    assert (RightsRequest.objects.count(), Consent.objects.count()) == (1, 1)


# --- Two at once ----------------------------------------------------------------------------------


def message_from(broker: Broker, number: int, at: Any) -> Inbound:
    return Inbound(
        broker=broker, channel=Channel.TELEGRAM, external_user=TELEGRAM, external_id=f"m{number}",
        text=f"sigo aquí {number}", at=at,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_messages_that_come_during_an_erasure_end_with_a_new_lead_or_gone(broker, at) -> None:
    inbox.receive(message_from(broker, 0, at))
    lead = Lead.objects.get()
    request = erasing.start(lead, by=None, at=at, suppress=False, asked_by="person")

    def work(number: int) -> Any:
        if number == 0:
            return erasing.run(request.pk, at=at)
        return inbox.receive(message_from(broker, number, at))

    results = race(4, work)
    assert [r for r in results if isinstance(r, Exception) and not _busy(r)] == []
    while erasing.due():
        tasks.erase_person(request.pk)
    assert not Lead.objects.filter(pk=lead.pk).exists()
    assert RightsRequest.objects.get(pk=request.pk).state == RightState.DONE
    assert Conversation.objects.count() == Lead.objects.count() <= 1
    assert ChannelIdentity.objects.count() == Lead.objects.count()
    assert set(ChatMessage.objects.values_list("lead", flat=True)) <= set(
        Lead.objects.values_list("pk", flat=True)
    )
    again = inbox.receive(message_from(broker, 9, at + timedelta(minutes=1)))
    assert again.message.lead == Lead.objects.get()


def _busy(error: Exception) -> bool:
    return isinstance(error, OperationalError)


@pytest.mark.django_db(transaction=True)
def test_two_workers_erase_once_and_a_busy_lead_is_left_for_later(broker, at) -> None:
    lead = LeadFactory(broker=broker, name=NAME)
    request = erasing.start(lead, by=None, at=at, suppress=False, asked_by="broker")
    with transaction.atomic():
        Lead.objects.select_for_update().get(pk=lead.pk)
        assert _busy(race(1, lambda _: erasing.run(request.pk, at=at))[0])
    assert Lead.objects.filter(pk=lead.pk).exists()
    assert sorted(race(2, lambda _: erasing.run(request.pk, at=at))) == [False, True]
    assert not Lead.objects.exists()
    assert FailedTask.objects.count() == 0
