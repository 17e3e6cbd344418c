"""Connecting a broker's channels from Admin."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokers.models import BrokerChatConfig, BrokerVoiceConfig, ChannelHook
from leads import alerts, connecting
from leads.enums import Channel
from leads.models import Lead, LeadAlert, TelegramMessage
from tests import payloads
from tests.channels import post_telegram, telegram
from tests.fakes import telegram as answers

__all__ = ["telegram"]
pytestmark = pytest.mark.django_db
MESSAGE = payloads.load("telegram/message")


@pytest.fixture
def config(broker, settings):
    settings.PUBLIC_URL = "https://crm.example"
    row = BrokerChatConfig.objects.get(broker=broker)
    row.provider_configs = {
        "telegram": {"token": "1:clave-del-bot"},
        "whatsapp": {"app_secret": "s"},
    }
    row.save()
    return row


def press(client, config, button):
    url = reverse(f"admin:brokers_brokerchatconfig_{button}", args=[config.pk])
    return client.post(url, follow=True)


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def test_telegram_is_told_the_address_and_a_secret_of_ours(client, admin, config, telegram):
    client.force_login(admin)
    answer = press(client, config, "connect_telegram")
    config.refresh_from_db()
    hook = ChannelHook.objects.get(broker=config.broker, channel="telegram")
    address = f"https://crm.example/hooks/telegram/{hook.key}/"
    asked = telegram.calls("setWebhook")[0]
    assert (asked["url"], asked["secret_token"]) == (
        address, config.provider_configs["telegram"]["secret"],
    )  # fmt: skip
    assert len(asked["secret_token"]) > 30
    assert config.provider_configs["whatsapp"] == {"app_secret": "s"}
    assert "telegram" in config.enabled_providers
    assert told(answer) == [
        f"Dirección registrada: {address}", "Telegram entregará los mensajes del bot aquí.",
    ]  # fmt: skip
    assert "clave-del-bot" not in answer.text
    assert asked["secret_token"] not in answer.text


def test_connecting_again_keeps_the_address_and_the_secret(config, telegram):
    assert connecting.connect_telegram(config.broker) == connecting.connect_telegram(config.broker)
    first, second = telegram.calls("setWebhook")
    assert first == second


def test_the_state_at_telegram_is_shown(client, admin, config, telegram):
    telegram.webhook = {"url": "https://crm.example/x/", "pending_update_count": 3}
    telegram.last_error = "Wrong response from the webhook: 403"
    client.force_login(admin)
    shown = told(press(client, config, "check_telegram"))
    assert shown[:3] == [
        "Bot: @demo_bot", "Dirección: https://crm.example/x/", "Mensajes por entregar: 3",
    ]  # fmt: skip
    assert "Wrong response from the webhook: 403" in shown[3]


def test_a_bot_that_delivers_elsewhere_is_repaired_with_one_press(client, admin, config, telegram):
    telegram.webhook = {"url": "https://otro.example/", "pending_update_count": 3}
    client.force_login(admin)
    assert "pulsa «Reparar Telegram»" in told(press(client, config, "check_telegram"))[3]
    hook = connecting.open_hook(config.broker, Channel.TELEGRAM)
    shown = told(press(client, config, "repair_telegram"))
    assert shown[0] == f"Dirección: {hook.address}"
    assert not any("pulsa" in line for line in shown)
    assert telegram.webhook["url"] == hook.address


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ({"url": "https://otro.example/"}, "Esa no es la dirección"),
        ({"allowed_updates": ["message"]}, "Faltan avisos de botones"),
        ({"pending_update_count": 3}, "El bot usa otro secreto"),
    ],
)
def test_what_a_repair_puts_right_is_said_and_put_right(
    client, admin, config, telegram, trouble, said
):
    connecting.connect_telegram(config.broker)
    client.force_login(admin)
    telegram.last_error = "Wrong response from the webhook: 403 Forbidden"
    assert told(press(client, config, "check_telegram"))[-1] == (
        "Telegram entrega aquí los mensajes del bot."
    )
    telegram.webhook |= trouble
    assert told(press(client, config, "check_telegram"))[-1].startswith(said)
    assert "pulsa" not in " ".join(told(press(client, config, "repair_telegram")))
    asked = telegram.calls("setWebhook")[-1]
    config.refresh_from_db()
    assert asked["secret_token"] == config.provider_configs["telegram"]["secret"]


def test_another_bot_has_another_secret_and_the_former_ones_updates_stay_its_own(
    client, config, telegram
):
    address = connecting.connect_telegram(config.broker)
    first = telegram.calls("setWebhook")[-1]["secret_token"]
    key = address.rstrip("/").rpartition("/")[2]
    config.refresh_from_db()
    config.provider_configs["telegram"]["token"] = "2:otro-bot"
    config.save()
    assert post_telegram(client, MESSAGE, key=key, secret=first).status_code == 200
    assert TelegramMessage.objects.get().bot_id == 1
    assert connecting.connect_telegram(config.broker) == address
    second = telegram.calls("setWebhook")[-1]["secret_token"]
    assert post_telegram(client, MESSAGE, key=key, secret=first).status_code == 403
    assert post_telegram(client, MESSAGE, key=key, secret=second).status_code == 200
    assert [row.bot_id for row in TelegramMessage.objects.order_by("pk")] == [1, 2]
    assert Lead.objects.count() == 1


def test_a_secret_that_telegram_does_not_take_is_replaced(config, telegram):
    config.provider_configs["telegram"]["secret"] = "contraseña 1"
    config.save()
    connecting.connect_telegram(config.broker)
    assert connecting.SECRET.fullmatch(telegram.calls("setWebhook")[0]["secret_token"])


# --- Watching ---


@pytest.fixture
def bot(config, telegram):
    """A bot that delivers here."""
    connecting.connect_telegram(config.broker)
    return telegram


def watched(config, at=None):
    connecting.watch_telegram(config.broker_id, at=at or timezone.now())
    return [(a.kind, a.details["reason"]) for a in LeadAlert.objects.order_by("pk")]


def test_a_bot_that_delivers_here_raises_no_alert(config, bot):
    assert watched(config) == []


def test_errors_of_telegram_are_an_alert_once_a_day_while_messages_wait(config, bot):
    bot.last_error = "Connection timed out"
    assert watched(config) == []
    bot.webhook["pending_update_count"] = 4
    assert watched(config) == watched(config) == [("telegram_trouble", "failing")]
    tomorrow = timezone.now() + timedelta(days=1)
    assert len(watched(config, tomorrow)) == 1  # the error is a day old by then: it is over


def test_an_address_that_is_not_ours_is_an_alert_to_the_admins(config, bot, admin, mailoutbox):
    bot.webhook["url"] = "https://otro.example/"
    assert watched(config) == [("telegram_trouble", "elsewhere")]
    alerts.deliver(LeadAlert.objects.get().pk, at=timezone.now())
    assert mailoutbox[0].to == [admin.email]
    assert "El bot de Telegram entrega en otra dirección." in mailoutbox[0].body


def test_a_token_that_was_revoked_is_an_alert_and_an_outage_is_none(config, bot):
    bot.next = [answers.UNAUTHORIZED]
    assert watched(config) == [("telegram_trouble", "bad_token")]
    bot.next = [answers.DOWN]
    assert len(watched(config)) == 1


def test_the_sweep_looks_at_the_bots_that_can_deliver_here(config, bot, rival, settings):
    assert connecting.watched() == [config.broker_id]
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    assert connecting.watched() == []


# --- Links ---


def link(client, config, **words):
    url = reverse("admin:brokers_brokerchatconfig_telegram_link", args=[config.pk])
    return client.post(url, words, follow=True)


def test_a_link_carries_source_and_campaign(client, admin, config, telegram):
    client.force_login(admin)
    assert told(link(client, config, source="instagram", campaign="verano-2026"))[0] == (
        "https://t.me/demo_bot?start=instagram__verano-2026"
    )
    for bad in (
        {"source": "año nuevo"},
        {"source": "a__b"},
        {"source": "x" * 40, "campaign": "y" * 40},
    ):
        assert link(client, config, **bad).status_code == 409


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answers.UNAUTHORIZED, "no reconoce el token"),
        (answers.DOWN, "no respondió"),
        (answers.refusal(400, "Bad Request: bad webhook"), "dirección pública con https"),
    ],
)
def test_what_telegram_refuses_is_said_in_words(client, admin, config, telegram, answer, said):
    telegram.next = [answer]
    client.force_login(admin)
    page = press(client, config, "connect_telegram")
    assert (page.status_code, said in page.text) == (409, True)


def test_without_a_bot_there_is_nothing_to_connect(client, admin, config):
    config.provider_configs = {}
    config.save()
    client.force_login(admin)
    page = client.get(reverse("admin:brokers_brokerchatconfig_change", args=[config.pk]))
    assert "Conectar Telegram" not in page.text
    assert "Conectar WhatsApp" in page.text
    with pytest.raises(connecting.NotConfigured):
        connecting.connect_telegram(config.broker)


def test_the_address_for_meta_is_made_once_and_listed(client, admin, config):
    client.force_login(admin)
    press(client, config, "connect_whatsapp")
    shown = told(press(client, config, "connect_whatsapp"))
    hook = ChannelHook.objects.get(broker=config.broker, channel="whatsapp")
    address = f"https://crm.example/hooks/whatsapp/{hook.key}/"
    assert shown[0] == f"Dirección: {address}"
    assert address in client.get(reverse("admin:brokers_channelhook_changelist")).text


@pytest.mark.parametrize("button", [
    "connect_telegram", "check_telegram", "repair_telegram", "telegram_link", "connect_whatsapp",
])  # fmt: skip
def test_only_the_brokers_own_admin_presses_these(
    client, agent, rival_admin, config, telegram, button
):
    for person in (agent, rival_admin):
        client.force_login(person)
        assert press(client, config, button).status_code in (403, 404)
    assert (telegram.requests, ChannelHook.objects.count()) == ([], 0)


def test_a_renewed_address_leaves_the_old_one_dead_at_once(admin, broker) -> None:
    hook = connecting.open_hook(broker, Channel.WHATSAPP)
    voice = BrokerVoiceConfig.objects.get(broker=broker)
    old = (f"/hooks/whatsapp/{hook.key}/", f"/hooks/voice/simulated/{voice.webhook_key}/")
    client = Client()
    client.force_login(admin)
    for page in (
        f"/admin/brokers/channelhook/{hook.pk}/renew/",
        f"/admin/brokers/brokervoiceconfig/{voice.pk}/renew-webhook/",
    ):
        assert client.get(page).status_code == 200  # asks, and changes nothing
        assert client.post(page).status_code == 302
    hook.refresh_from_db()
    voice.refresh_from_db()
    new = (f"/hooks/whatsapp/{hook.key}/", f"/hooks/voice/simulated/{voice.webhook_key}/")
    told = [Client().post(each, "{}", content_type="application/json") for each in (*old, *new)]
    assert [each.status_code for each in told] == [404, 404, 403, 403]
