"""Brokers, people and configurations in Admin: who opens, who enters, what stays secret."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, BrokerChatConfig, BrokerLeadConfig, User
from tests.crm.admin_walk import sent
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def form_of(client: Client, url: str) -> dict[str, Any]:
    return sent(client.get(url).context["adminform"].form)


@pytest.fixture
def berta(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def root(superadmin: User, client: Client) -> Client:
    client.force_login(superadmin)
    return client


# --- Brokers ----------------------------------------------------------------------------------


def test_only_the_superadmin_opens_a_broker_and_it_can_work_at_once(
    root: Client, admin: User
) -> None:
    url = reverse("admin:brokers_broker_add")
    data = form_of(root, url) | {"name": "Sur Propiedades", "slug": "sur"}
    assert root.post(url, data).status_code == 302
    opened = Broker.objects.get(slug="sur")
    assert opened.brokerpromptconfig.agent_name == "Sofía"
    root.force_login(admin)
    assert root.get(url).status_code == 403


def test_an_admin_keeps_their_brokers_details_but_not_its_plan(
    berta: Client, broker: Broker
) -> None:
    url = reverse("admin:brokers_broker_change", args=[broker.pk])
    data = form_of(berta, url)
    assert not {"slug", "subscription_plan", "is_active"} & set(data)
    berta.post(url, data | {"phone": "+56 2 2345 6789", "is_active": "", "slug": "otro"})
    broker.refresh_from_db()
    assert (broker.phone, broker.is_active, broker.slug) == ("+56 2 2345 6789", True, "andes")


# --- People -----------------------------------------------------------------------------------


def person(**fields: Any) -> dict[str, Any]:
    blank = {"name": "Eva Díaz", "email": "EVA@example.com", "role": "AGENT", "password": PASSWORD}
    return {**blank, "assignment_priority": "", **fields}


def test_an_admin_adds_people_to_their_own_broker(berta: Client, broker: Broker) -> None:
    assert berta.post(reverse("admin:brokers_user_add"), person()).status_code == 302
    made = User.objects.get(email="eva@example.com")
    assert (made.broker, made.role) == (broker, "AGENT")
    assert made.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"password": "corta"}, "password"),
        ({"password": ""}, "password"),
        ({"role": "SUPERADMIN"}, "role"),
        ({"email": "nadie"}, "email"),
    ],
)
def test_what_a_person_may_not_be(berta: Client, fields: dict[str, str], wrong: str) -> None:
    response = berta.post(reverse("admin:brokers_user_add"), person(**fields))
    assert list(response.context["adminform"].form.errors) == [wrong]


def test_an_email_is_one_person_whatever_its_case(berta: Client, agent: User) -> None:
    response = berta.post(reverse("admin:brokers_user_add"), person(email=agent.email.upper()))
    assert "email" in response.context["adminform"].form.errors


def test_a_password_changes_only_when_written_and_is_never_shown(
    berta: Client, agent: User
) -> None:
    url = reverse("admin:brokers_user_change", args=[agent.pk])
    html = berta.get(url).content.decode()
    assert agent.password not in html
    berta.post(url, form_of(berta, url) | {"name": "Ana P."})
    agent.refresh_from_db()
    assert (agent.name, agent.check_password(PASSWORD)) == ("Ana P.", True)
    berta.post(url, form_of(berta, url) | {"password": "Otra-Clave-22"})
    agent.refresh_from_db()
    assert agent.check_password("Otra-Clave-22")


def test_nobody_changes_their_own_role(berta: Client, admin: User) -> None:
    url = reverse("admin:brokers_user_change", args=[admin.pk])
    assert "role" not in form_of(berta, url)


def test_a_deactivated_persons_session_ends_at_once(
    berta: Client, agent: User, client: Client
) -> None:
    theirs = Client()
    theirs.force_login(agent)
    assert theirs.get(reverse("admin:index")).status_code == 200
    berta.post(reverse("admin:brokers_user_deactivate", args=[agent.pk]))
    assert theirs.get(reverse("admin:index")).status_code == 302
    berta.post(reverse("admin:brokers_user_activate", args=[agent.pk]))
    agent.refresh_from_db()
    assert agent.is_active


def test_nobody_locks_themselves_out(berta: Client, admin: User) -> None:
    assert berta.post(reverse("admin:brokers_user_deactivate", args=[admin.pk])).status_code == 409
    data = {"action": "deactivate_chosen", "_selected_action": [admin.pk]}
    berta.post(reverse("admin:brokers_user_changelist"), data)
    admin.refresh_from_db()
    assert admin.is_active


def test_people_leave_together(berta: Client, agent: User, agent2: User) -> None:
    data = {"action": "deactivate_chosen", "_selected_action": [agent.pk, agent2.pk]}
    berta.post(reverse("admin:brokers_user_changelist"), data)
    assert not User.objects.filter(pk__in=[agent.pk, agent2.pk], is_active=True).exists()


def test_an_agent_manages_nobody(client: Client, agent: User, agent2: User) -> None:
    client.force_login(agent)
    assert client.get(reverse("admin:brokers_user_add")).status_code == 403
    mine = reverse("admin:brokers_user_change", args=[agent.pk])
    assert client.post(mine, person(role="ADMIN")).status_code == 403
    assert client.post(reverse("admin:brokers_user_deactivate", args=[agent.pk])).status_code == 403


# --- Configurations ---------------------------------------------------------------------------


def config_url(broker: Broker, name: str) -> str:
    return reverse(f"admin:brokers_{name}_change", args=[getattr(broker, name).pk])


def test_an_admin_goes_straight_to_their_configuration(berta: Client, broker: Broker) -> None:
    listed = berta.get(reverse("admin:brokers_brokerleadconfig_changelist"))
    assert listed.url == config_url(broker, "brokerleadconfig")


def test_credentials_are_written_kept_and_removed_but_never_shown(
    berta: Client, broker: Broker
) -> None:
    url = config_url(broker, "brokerchatconfig")
    berta.post(url, form_of(berta, url) | {"telegram_token": "1:secreto"})

    def stored() -> Any:
        return BrokerChatConfig.objects.get(broker=broker).provider_configs

    assert stored() == {"telegram": {"token": "1:secreto"}}
    page = berta.get(url)
    assert "1:secreto" not in page.content.decode()
    assert "Guardado." in page.content.decode()
    berta.post(url, form_of(berta, url) | {"enabled_providers": ["webchat", "telegram"]})
    assert stored() == {"telegram": {"token": "1:secreto"}}
    assert BrokerChatConfig.objects.get(broker=broker).enabled_providers == ["webchat", "telegram"]
    berta.post(url, form_of(berta, url) | {"telegram_token": "-"})
    assert stored() == {"telegram": {}}


def test_each_known_key_of_a_configuration_has_its_own_input(berta: Client, broker: Broker) -> None:
    url = config_url(broker, "brokerleadconfig")
    data = form_of(berta, url) | {
        "weight_name": "30",
        "quiet_start": "22:00",
        "min_income": "600.000",
    }
    assert berta.post(url, data).status_code == 302
    config = BrokerLeadConfig.objects.get(broker=broker)
    assert config.field_weights == {
        "name": 30, "phone": 15, "email": 10, "location": 15, "budget": 20,
    }  # fmt: skip
    assert config.quiet_hours == {
        "start": "22:00",
        "end": "09:00",
        "sundays": True,
        "holidays": True,
    }
    assert config.qualification_criteria["min_income"] == 600_000


def test_thresholds_out_of_order_are_refused_in_words(berta: Client, broker: Broker) -> None:
    url = config_url(broker, "brokerleadconfig")
    response = berta.post(url, form_of(berta, url) | {"cold_max_score": "90"})
    assert response.context["adminform"].form.non_field_errors() == [
        "Los umbrales deben ser ascendentes: frío, tibio, calificado."
    ]


# --- Signing in -------------------------------------------------------------------------------


def test_the_sign_in_page_speaks_spanish_and_asks_for_the_email(client: Client, db: None) -> None:
    html = client.get(reverse("admin:login")).content.decode()
    assert "Correo" in html
    assert "Entrar" in html
    assert "Log in" not in html


def test_repeated_failures_lock_the_account_with_a_page_that_says_so(
    client: Client, settings: Any, agent: User
) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    url, wrong = reverse("admin:login"), {"username": agent.email, "password": "x"}
    answers = [client.post(url, wrong) for _ in range(3)]
    assert answers[-1].status_code == 429
    assert "Demasiados intentos" in answers[-1].content.decode()
    right = client.post(url, {"username": agent.email, "password": PASSWORD})
    assert right.status_code == 429


def test_a_person_signs_in_with_any_case_and_lands_on_the_home_page(
    client: Client, db: None
) -> None:
    user = UserFactory(email="pia@example.com")
    data = {"username": "PIA@Example.com", "password": PASSWORD}
    assert client.post(reverse("admin:login"), data).url == reverse("admin:index")
    assert client.session["_auth_user_id"] == str(user.pk)
