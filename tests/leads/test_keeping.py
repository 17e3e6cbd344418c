"""Verified webhooks that cannot be read: kept once, shown to admins, read later or set aside."""

import json
import logging
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from crm.errors import DomainError
from leads import erasing, gate, keeping, tasks
from leads.channels import telegram_updates
from leads.enums import KeptReason, KeptState
from leads.models import ChatMessage, KeptWebhook
from tests import payloads
from tests.channels import TELEGRAM, camila, connect, connected, post_telegram, post_whatsapp
from tests.factories import KeptWebhookFactory
from tests.racing import race

__all__ = ["camila", "connected"]
pytestmark = pytest.mark.django_db

MESSAGE = payloads.load("telegram/message")
TEXT = payloads.load("whatsapp/text")
SECRET_WORDS = ("Ñuñoa", "Camila", *TELEGRAM.values())


@pytest.fixture
def poison(monkeypatch):
    """While it lasts, every message trips over a mistake of ours."""

    def trip(*args, **options):
        raise KeyError("Camila busca en Ñuñoa")

    monkeypatch.setattr(telegram_updates.inbox, "receive", trip)
    return monkeypatch


def state(kept):
    return KeptWebhook.objects.values_list("state", flat=True).get(pk=kept.pk)


def press(client, verb, kept):
    return client.post(reverse(f"admin:leads_keptwebhook_{verb}", args=[kept.pk]), {"sent": "1"})


@pytest.mark.parametrize(
    ("post", "payload"), [(post_telegram, MESSAGE), (post_whatsapp, TEXT)]
)  # fmt: skip
def test_what_trips_our_own_code_is_kept_once_and_the_queue_goes_on(
    client, connected, poison, post, payload, caplog
):
    with caplog.at_level(logging.DEBUG):
        assert [post(client, payload).status_code for _ in range(3)] == [200] * 3
    kept = KeptWebhook.objects.get()
    assert (kept.broker, kept.payload, kept.state) == (connected, payload, KeptState.KEPT)
    assert kept.reason == KeptReason.HANDLING_FAILED
    assert kept.error.startswith("KeyError\n")
    assert ChatMessage.objects.count() == 0
    assert not [word for word in SECRET_WORDS if word in caplog.text + kept.error]


def test_a_strange_item_of_whatsapps_is_kept_and_the_others_are_taken(client, connected):
    payload = json.loads(json.dumps(TEXT))
    value = payload["entry"][0]["changes"][0]["value"]
    value["messages"].append({"id": "wamid.odd", "text": 5})
    assert post_whatsapp(client, payload).status_code == 200
    assert KeptWebhook.objects.get().reason == KeptReason.UNKNOWN_SHAPE
    assert ChatMessage.objects.count() == 1


def test_what_names_no_entry_is_no_event_of_whatsapps(client, connected):
    assert post_whatsapp(client, {"object": "page"}).status_code == 200
    assert KeptWebhook.objects.get().payload == {"object": "page"}


def test_without_a_database_the_vendor_comes_again(client, connected, monkeypatch):
    def away(*args, **options):
        raise OperationalError

    monkeypatch.setattr(telegram_updates.inbox, "receive", away)
    client.raise_request_exception = False
    assert post_telegram(client, MESSAGE).status_code >= 500
    assert KeptWebhook.objects.count() == 0


def test_a_replay_takes_in_what_was_kept_exactly_once(client, connected, admin, poison, at):
    post_telegram(client, MESSAGE)
    kept = KeptWebhook.objects.get()
    with pytest.raises(keeping.StillUnreadable):
        keeping.replay(kept, by=admin)
    assert state(kept) == KeptState.KEPT
    poison.undo()
    client.force_login(admin)
    assert press(client, "replay", kept).status_code == 302
    assert (state(kept), ChatMessage.objects.get().lead.broker) == ("replayed", connected)
    assert press(client, "replay", kept).status_code == 409
    assert (post_telegram(client, MESSAGE).status_code, ChatMessage.objects.count()) == (200, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_replays_at_once_one_does_it(connected, admin, at):
    kept = KeptWebhookFactory(broker=connected, payload=MESSAGE)
    results = race(6, lambda _: keeping.replay(kept, by=admin))
    assert sorted(type(each).__name__ for each in results) == ["Handled"] * 5 + ["NoneType"]
    assert ChatMessage.objects.count() == 1


def test_what_is_set_aside_is_not_read_later(client, connected, admin, at):
    kept = KeptWebhookFactory(broker=connected, payload=MESSAGE)
    client.force_login(admin)
    assert press(client, "dismiss", kept).status_code == 302
    with pytest.raises(DomainError):
        keeping.replay(kept, by=admin)
    assert (state(kept), ChatMessage.objects.count()) == (KeptState.DISMISSED, 0)


def test_what_is_read_days_later_is_as_old_as_it_is(connected, admin, at):
    kept = KeptWebhookFactory(broker=connected, payload=MESSAGE, at=at - timedelta(days=3))
    keeping.replay(kept, by=admin)
    message = ChatMessage.objects.get()
    conversation = message.lead.conversation
    assert (message.at, conversation.last_inbound_at) == (kept.at, kept.at)
    verdict = gate.may_contact(message.lead, "telegram", "reply", at)
    assert (verdict.allowed, verdict.reason) == (False, "reply_too_late")


def test_many_are_read_or_set_aside_at_once_and_each_refusal_is_told(
    client, connected, admin, rival
):
    good = KeptWebhookFactory(broker=connected, payload=MESSAGE)
    bad = KeptWebhookFactory(broker=connected, channel="whatsapp", payload={"entry": [5]})
    theirs = KeptWebhookFactory(broker=rival, payload=MESSAGE)
    client.force_login(admin)

    def choose(action):
        chosen = {"action": action, "_selected_action": [good.pk, bad.pk, theirs.pk]}
        return client.post("/admin/leads/keptwebhook/", chosen, follow=True).text

    told = choose("replay_chosen")
    assert ("Leídos: 1" in told, "Todavía no se puede leer" in told) == (True, True)
    assert [state(each) for each in (good, bad, theirs)] == ["replayed", "kept", "kept"]
    choose("dismiss_chosen")
    assert [state(each) for each in (good, bad, theirs)] == ["replayed", "dismissed", "kept"]


def test_the_page_shows_what_came_as_a_person_reads_it(client, connected, admin):
    kept = KeptWebhookFactory(broker=connected, payload={"text": "<b>Ñuñoa</b> 🏡"}, error="A\nB")
    client.force_login(admin)
    page = client.get(f"/admin/leads/keptwebhook/{kept.pk}/change/").text
    assert "&lt;b&gt;Ñuñoa&lt;/b&gt; 🏡" in page
    assert '<pre class="crm-raw">A\nB</pre>' in page


def test_agents_and_strangers_see_none_of_it(client, connected, agent, rival, rival_admin):
    connect(rival, suffix="-rival")
    kept = KeptWebhookFactory(broker=connected)
    for person in (agent, rival_admin):
        client.force_login(person)
        listed = client.get("/admin/leads/keptwebhook/")
        assert listed.status_code == (200 if person == rival_admin else 403)
        assert f"/keptwebhook/{kept.pk}/" not in listed.text
        detail = client.get(f"/admin/leads/keptwebhook/{kept.pk}/change/")
        assert detail.status_code in (403, 404)
    for person in (agent, rival_admin):
        client.force_login(person)
        assert press(client, "replay", kept).status_code in (403, 404)
        assert press(client, "dismiss", kept).status_code in (403, 404)
    assert state(kept) == KeptState.KEPT


def test_an_erased_person_is_erased_from_what_was_kept_too(camila, admin, at):
    theirs = KeptWebhookFactory(broker=camila.broker, payload={"from": {"phone": "56987654321"}})
    others = KeptWebhookFactory(broker=camila.broker)
    erasing.erase(camila, by=admin, at=at)
    assert KeptWebhook.objects.get() == others != theirs


def test_it_goes_after_thirty_days(broker):
    now = timezone.now()
    old, young = (
        KeptWebhookFactory(broker=broker, at=now - timedelta(days=days)) for days in (31, 29)
    )
    assert tasks.forget_webhooks() == 1
    assert KeptWebhook.objects.get() == young != old
