"""Encrypted columns: unreadable at rest, and readable through a change of keys."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from brokers.models import BrokerChatConfig
from crm.fields import cipher

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = {"telegram": {"token": "1:señal", "retries": 3}}


def stored(config: BrokerChatConfig) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT provider_configs FROM broker_chat_configs WHERE id = %s", [config.pk]
        )
        return cursor.fetchone()[0]


def keep(config: BrokerChatConfig, value: object = SECRET) -> None:
    config.provider_configs = value
    config.save()


@pytest.fixture
def config(broker) -> BrokerChatConfig:
    return broker.brokerchatconfig


def test_what_is_stored_does_not_show_what_it_holds(config) -> None:
    keep(config)
    assert "señal" not in stored(config)
    assert "token" not in stored(config)
    assert BrokerChatConfig.objects.get(pk=config.pk).provider_configs == SECRET


def test_the_same_value_never_looks_the_same(config) -> None:
    keep(config)
    before = stored(config)
    keep(config)
    assert stored(config) != before


def test_keys_rotate_the_old_one_still_opens_and_the_new_one_closes(config, settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    keep(config)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert BrokerChatConfig.objects.get(pk=config.pk).provider_configs == SECRET
    keep(config)
    assert Fernet(NEW).decrypt(stored(config).encode())
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert BrokerChatConfig.objects.get(pk=config.pk).provider_configs == SECRET


def test_a_value_that_no_key_opens_is_empty_and_stays_for_who_has_the_key(config, settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    keep(config)
    before = stored(config)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    found = BrokerChatConfig.objects.get(pk=config.pk)
    assert found.provider_configs == {}
    found.rate_limits = {"visitor_per_minute": 7}
    found.save()
    assert stored(config) == before
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert BrokerChatConfig.objects.get(pk=config.pk).provider_configs == SECRET


def test_what_is_entered_anew_takes_the_place_of_what_no_key_opens(config, settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    keep(config)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    keep(BrokerChatConfig.objects.get(pk=config.pk), {"telegram": {"token": "2:nueva"}})
    found = BrokerChatConfig.objects.get(pk=config.pk)
    assert found.provider_configs == {"telegram": {"token": "2:nueva"}}


def test_without_keys_the_secret_key_serves(config, settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = []
    keep(config)
    assert BrokerChatConfig.objects.get(pk=config.pk).provider_configs == SECRET
    settings.SECRET_KEY = "another"
    assert BrokerChatConfig.objects.get(pk=config.pk).provider_configs == {}


@pytest.mark.parametrize("key", ["short", "", "ñ" * 44])
def test_a_key_that_is_none_is_refused_in_words(settings, key) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [key]
    with pytest.raises(ImproperlyConfigured, match="32 bytes"):
        cipher()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values.filter(lambda value: value is not None))
def test_any_json_comes_back_as_it_was(value) -> None:
    field = BrokerChatConfig._meta.get_field("provider_configs")
    assert field.from_db_value(field.get_prep_value(value)) == value


def test_nothing_stays_nothing() -> None:
    field = BrokerChatConfig._meta.get_field("provider_configs")
    assert (field.get_prep_value(None), field.from_db_value(None)) == (None, None)
