"""`manage.py rotate_secrets`: every encrypted column, the newest key, again and again."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from brokers.models import Broker, BrokerChatConfig, BrokerVoiceConfig
from crm.fields import encrypted

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def tokens() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT provider_configs FROM broker_chat_configs"
            " UNION ALL SELECT provider_credentials FROM broker_voice_configs"
        )
        return sorted(row[0] for row in cursor.fetchall())


@pytest.fixture
def keys(settings: Any, broker: Broker) -> Callable[..., None]:
    def keys(*given: str) -> None:
        settings.FIELD_ENCRYPTION_KEYS = list(given)

    keys(OLD)
    BrokerChatConfig.objects.update(provider_configs={"telegram": {"token": "1:x"}})
    BrokerVoiceConfig.objects.update(provider_credentials={"api_key": "k"})
    return keys


def test_every_encrypted_column_of_the_product_is_found() -> None:
    found = {f"{model._meta.label}.{field}" for model, field in encrypted()}
    assert {
        "brokers.BrokerChatConfig.provider_configs",
        "brokers.BrokerVoiceConfig.provider_credentials",
        "scheduling.CalendarConnection.credentials",
    } <= found


def test_what_an_old_key_closed_opens_with_the_new_one_alone(keys: Callable[..., None]) -> None:
    keys(NEW, OLD)
    call_command("rotate_secrets", verbosity=0)
    keys(NEW)
    assert BrokerChatConfig.objects.get().provider_configs == {"telegram": {"token": "1:x"}}
    assert BrokerVoiceConfig.objects.get().provider_credentials == {"api_key": "k"}


def test_run_again_it_leaves_alone_what_is_done(keys: Callable[..., None]) -> None:
    keys(NEW, OLD)
    BrokerChatConfig.objects.get().save()  # as if interrupted after the first of them
    half_way = tokens()
    call_command("rotate_secrets", verbosity=0)
    done = tokens()
    assert len(set(half_way) & set(done)) == 1
    call_command("rotate_secrets", verbosity=0)
    assert tokens() == done


def test_a_secret_that_no_key_opens_is_told_and_kept(keys: Callable[..., None]) -> None:
    keys(NEW)
    before = tokens()
    with pytest.raises(CommandError):
        call_command("rotate_secrets", verbosity=0)
    assert tokens() == before
