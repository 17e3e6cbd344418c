"""The team, the brokers, and a broker's own row and configurations through the API."""

from typing import Any

import pytest

from brokers.models import Broker, BrokerChatConfig, BrokerLeadConfig, BrokerVoiceConfig, User
from tests.api import codes, signed_in
from tests.factories import UserFactory

USERS, BROKERS, OWN = "/api/v1/users/", "/api/v1/brokers/", "/api/v1/broker/"
CONFIG = "/api/v1/broker/config/"


def test_an_admin_adds_a_colleague_of_their_own_broker(admin: User, rival: Broker) -> None:
    given = {
        "email": "Pía@example.com".replace("í", "i"),
        "name": "Pía",
        "password": "Clave-Buena-1",
        "broker": rival.pk,
    }
    refused = signed_in(admin).post(USERS, given)
    assert (refused.status_code, codes(refused)[0][0]) == (400, "broker")
    del given["broker"]
    answer = signed_in(admin).post(USERS, given)
    assert (answer.status_code, answer.json()["broker"]) == (201, admin.broker_id)
    assert "password" not in answer.json()
    made = User.objects.get(pk=answer.json()["id"])
    assert (made.email, made.check_password("Clave-Buena-1")) == ("pia@example.com", True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no es correo"}, "email"),
        ({"email": "ANA@example.com"}, "email"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"password": "corta"}, "password"),
        ({"password": None}, "password"),
        ({"role": "JEFE"}, "role"),
        ({"assignment_priority": -1}, "assignment_priority"),
        ({"assignment_priority": 99_999}, "assignment_priority"),
    ],
)
def test_a_colleague_that_does_not_fit_is_refused_by_field(
    admin: User, change: dict[str, Any], field: str
) -> None:
    UserFactory(broker=admin.broker, email="ana@example.com")
    given = {"email": "otra@example.com", "name": "Otra", "password": "Clave-Buena-1", **change}
    answer = signed_in(admin).post(USERS, given)
    assert (answer.status_code, {attr for attr, _ in codes(answer)}) == (400, {field})


def test_a_colleagues_email_and_password_are_not_an_admins_to_change(
    admin: User, agent: User
) -> None:
    before = (agent.email, agent.password)
    change = {"email": "x@example.com", "password": "Clave-Buena-1", "name": "Ana P."}
    assert signed_in(admin).patch(f"{USERS}{agent.pk}/", change).status_code == 200
    agent.refresh_from_db()
    assert ((agent.email, agent.password), agent.name) == (before, "Ana P.")


def test_an_agent_sees_only_themselves_in_the_team(agent: User, agent2: User) -> None:
    client = signed_in(agent)
    assert [row["id"] for row in client.get(USERS).json()["results"]] == [agent.pk]
    assert client.get(f"{USERS}{agent2.pk}/").status_code == 404
    assert client.patch(f"{USERS}{agent.pk}/", {"name": "Yo"}).status_code == 403


def test_nobody_is_deleted(admin: User, agent: User) -> None:
    assert signed_in(admin).delete(f"{USERS}{agent.pk}/").status_code == 405


def test_the_team_is_filtered(admin: User, agent: User) -> None:
    client = signed_in(admin)
    assert [row["id"] for row in client.get(f"{USERS}?role=AGENT").json()["results"]] == [agent.pk]
    assert [row["id"] for row in client.get(f"{USERS}?search=berta").json()["results"]] == [
        admin.pk
    ]
    assert client.get(f"{USERS}?role=JEFE").status_code == 400


def test_a_superadmin_opens_a_broker_that_can_work_at_once(superadmin: User) -> None:
    client = signed_in(superadmin)
    answer = client.post(BROKERS, {"name": "Nueva", "slug": "nueva"})
    assert answer.status_code == 201
    broker = Broker.objects.get(pk=answer.json()["id"])
    assert broker.brokerpromptconfig.agent_name == "Sofía"
    assert BrokerLeadConfig.objects.filter(broker=broker).exists()
    again = client.post(BROKERS, {"name": "Nueva", "slug": "nueva"})
    assert (again.status_code, codes(again)) == (400, [("slug", "unique")])


def test_an_admin_opens_no_broker(admin: User) -> None:
    client = signed_in(admin)
    assert client.post(BROKERS, {"name": "Nueva", "slug": "nueva"}).status_code == 403
    assert client.get(BROKERS).status_code == 403


def test_a_superadmin_closes_a_broker(superadmin: User, admin: User) -> None:
    client = signed_in(admin)
    answer = signed_in(superadmin).patch(f"{BROKERS}{admin.broker_id}/", {"is_active": False})
    assert answer.status_code == 200
    assert client.get(OWN).status_code == 401


def test_an_admin_edits_their_broker_but_not_its_plan(admin: User) -> None:
    given = {"phone": "+56 2 2345 6789", "subscription_plan": "oro", "is_active": False}
    answer = signed_in(admin).patch(OWN, given).json()
    assert (answer["phone"], answer["subscription_plan"], answer["is_active"]) == (
        "+56 2 2345 6789",
        "base",
        True,
    )


def test_an_unknown_time_zone_is_refused(admin: User) -> None:
    answer = signed_in(admin).patch(OWN, {"timezone": "America/Santiagos"})
    assert (answer.status_code, codes(answer)) == (400, [("timezone", "invalid")])


def test_an_agent_reads_the_broker_and_no_configuration(agent: User) -> None:
    client = signed_in(agent)
    assert client.get(OWN).json()["slug"] == "andes"
    assert client.patch(OWN, {"name": "Mía"}).status_code == 403
    kinds = ("prompt", "leads", "voice", "chat")
    assert {client.get(f"{CONFIG}{kind}/").status_code for kind in kinds} == {403}


def test_a_superadmin_names_whose_configuration(superadmin: User, broker: Broker) -> None:
    client = signed_in(superadmin)
    unnamed = client.get(f"{CONFIG}leads/")
    assert (unnamed.status_code, [attr for attr, _ in codes(unnamed)]) == (400, ["broker"])
    answer = client.get(f"{CONFIG}leads/?broker={broker.pk}")
    assert answer.json()["broker"] == broker.pk
    assert client.get(f"{CONFIG}leads/?broker=99999").status_code == 400
    assert client.get(f"{CONFIG}leads/?broker=x").status_code == 400


def test_secrets_are_written_key_by_key_and_never_read(admin: User, broker: Broker) -> None:
    client, url = signed_in(admin), f"{CONFIG}chat/"
    first = {"provider_configs": {"telegram": {"token": "1:abc", "secret": "s3"}}}
    answer = client.patch(url, first)
    assert answer.json()["provider_configs"] == {"telegram": {"token": True, "secret": True}}
    deep = client.patch(url, {"provider_configs": {"telegram": {"token": {"deeper": "x"}}}})
    assert deep.status_code == 400
    client.patch(url, {"provider_configs": {"telegram": {"secret": None}, "email": {"key": "k"}}})
    stored = BrokerChatConfig.objects.get(broker=broker).provider_configs
    assert stored == {"telegram": {"token": "1:abc"}, "email": {"key": "k"}}
    assert "1:abc" not in client.get(url).content.decode()


def test_what_reading_shows_of_a_secret_is_not_a_secret(admin: User, broker: Broker) -> None:
    client, url = signed_in(admin), f"{CONFIG}voice/"
    client.patch(url, {"provider_credentials": {"api_key": "abc"}})
    echoed = client.patch(url, {"provider_credentials": {"api_key": True}})
    assert echoed.status_code == 400
    config = BrokerVoiceConfig.objects.get(broker=broker)
    assert config.provider_credentials == {"api_key": "abc"}


@pytest.mark.parametrize(
    "change",
    [
        {"cold_max_score": 60},
        {"cold_max_score": 101},
        {"field_weights": {"name": "mucho"}},
        {"field_weights": {"name": -1}},
        {"field_weights": [1]},
        {"field_priority": "name"},
        {"income_ranges": [[1]]},
        {"income_ranges": [["a", 1]]},
        {"quiet_hours": {"start": "25:00"}},
        {"quiet_hours": "nunca"},
        {"alert_email": "no"},
        {"assignment_mode": "suerte"},
        {"max_messages_per_day": -1},
        {"qualification_criteria": {"min_income": None}},
    ],
)
def test_a_lead_configuration_that_makes_no_sense_is_refused(
    admin: User, broker: Broker, change: dict[str, Any]
) -> None:
    before = BrokerLeadConfig.objects.filter(broker=broker).values().get()
    answer = signed_in(admin).patch(f"{CONFIG}leads/", change)
    assert answer.status_code == 400
    assert BrokerLeadConfig.objects.filter(broker=broker).values().get() == before


def test_configurations_are_changed(admin: User) -> None:
    client = signed_in(admin)
    hours = {"start": "22:00", "end": "08:30", "sundays": False, "holidays": True}
    changes = {
        "leads": {"cold_max_score": 10, "quiet_hours": hours, "income_ranges": [[500000.0, 5.0]]},
        "prompt": {"agent_name": "Camila", "monthly_llm_budget_usd": "25.50"},
        "voice": {"max_concurrent_calls": 5},
        "chat": {"enabled_providers": ["webchat", "telegram"]},
    }
    for kind, change in changes.items():
        answer = client.patch(f"{CONFIG}{kind}/", change)
        assert (answer.status_code, {k: answer.json()[k] for k in change}) == (200, change)


def test_a_configuration_is_nobody_elses(admin: User, rival: Broker) -> None:
    api = signed_in(admin)
    asked = {
        f"{CONFIG}leads/": {"broker": rival.pk, "cold_max_score": 5},
        f"{CONFIG}leads/?broker={rival.pk}": {"cold_max_score": 5},
    }
    for path, change in asked.items():
        assert api.patch(path, change).status_code == 400
    assert {each.cold_max_score for each in BrokerLeadConfig.objects.all()} == {20}
