"""A key of the encrypted fields is lost: pages and channels go on, but for what needs a credential."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.utils import timezone

from brokers.models import Broker, BrokerChatConfig, BrokerVoiceConfig, User
from crm import fields
from leads import outbox
from leads.models import Lead
from tests.api import routes, signed_in
from tests.channels import send
from tests.factories import ChannelHookFactory, LeadFactory

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
TELEGRAM = {"telegram": {"token": "1:abc", "webhook_secret": "secreto"}}


@pytest.fixture
def lost(broker: Broker, settings: Any) -> Broker:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    BrokerChatConfig.objects.filter(broker=broker).update(
        provider_configs=TELEGRAM, enabled_providers=["webchat", "telegram"]
    )
    BrokerVoiceConfig.objects.filter(broker=broker).update(provider_credentials={"api_key": "x"})
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    return Broker.objects.get(pk=broker.pk)


def test_no_page_of_the_back_office_and_no_list_fails(lost: Broker, admin: User) -> None:
    lead, client = LeadFactory(broker=lost), Client()
    client.force_login(admin)
    chat, voice = lost.brokerchatconfig, lost.brokervoiceconfig
    for path in (
        f"leads/lead/{lead.pk}/change/",
        f"brokers/brokerchatconfig/{chat.pk}/change/",
        f"brokers/brokervoiceconfig/{voice.pk}/change/",
    ):
        assert client.get(f"/admin/{path}").status_code == 200, path
    api = signed_in(admin)
    for route in routes():
        if "get" in route.methods and not route.is_detail:
            assert api.get(route.path).status_code < 500, route.path


def test_visitors_of_the_web_chat_are_answered(lost: Broker) -> None:
    page = f"/chat/{lost.slug}/"
    assert Client().get(page).status_code == 200
    posted = Client().post(f"{page}messages/", {"text": "Hola"}, content_type="application/json")
    assert posted.status_code in (200, 201)
    now = timezone.now()
    message = send(Lead.objects.get(broker=lost), "webchat", "Hola, ¿qué buscas?", now)
    outbox.deliver(message.pk, at=now)
    message.refresh_from_db()
    assert (message.status, message.reason) == ("sent", "")


def test_a_webhook_without_a_readable_secret_is_refused(lost: Broker) -> None:
    key = ChannelHookFactory(broker=lost, channel="telegram").key
    answer = Client().post(
        f"/hooks/telegram/{key}/",
        {"update_id": 1},
        content_type="application/json",
        headers={"X-Telegram-Bot-Api-Secret-Token": ""},
    )
    assert answer.status_code in (401, 403, 404)


def test_credentials_are_entered_again(lost: Broker, admin: User) -> None:
    api, path = signed_in(admin), "/api/v1/broker/config/chat/"
    assert api.get(path).json()["provider_configs"] == {}
    given = {"provider_configs": {"telegram": {"token": "2:nueva"}}}
    assert api.patch(path, given, format="json").status_code == 200
    stored = BrokerChatConfig.objects.get(broker=lost).provider_configs
    assert stored["telegram"]["token"] == "2:nueva"


def test_what_is_changed_beside_them_leaves_them_for_the_key_that_is_found(
    lost: Broker, admin: User, settings: Any
) -> None:
    given = {"rate_limits": {"visitor_per_minute": 9}, "provider_configs": {}}
    answer = signed_in(admin).patch("/api/v1/broker/config/chat/", given, format="json")
    assert answer.status_code == 200
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert BrokerChatConfig.objects.get(broker=lost).provider_configs == TELEGRAM


def test_every_encrypted_column_holds_what_an_empty_dictionary_may_stand_for() -> None:
    for model, name in fields.encrypted():
        field: Any = model._meta.get_field(name)
        assert field.null or field.default is dict, (model, name)
