"""A user's own Telegram: joined by a one-time code, left at any time."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from brokers import linking
from brokers.models import BrokerChatConfig, User
from tests.api import codes, signed_in
from tests.fakes.telegram import DOWN, UNAUTHORIZED

pytestmark = pytest.mark.django_db
MINE = "/api/v1/auth/me/telegram/"


def redeem(broker, code, at, telegram_user=900):
    return linking.redeem(broker, code, telegram_user=telegram_user, at=at)


def test_a_code_links_its_user_once(agent, broker, at):
    code = linking.issue(agent, at=at)
    assert code not in User.objects.get(pk=agent.pk).telegram_code
    assert redeem(broker, f" {code.lower()} ", at) == agent
    assert linking.linked(broker, 900) == agent
    with pytest.raises(linking.BadCode):
        redeem(broker, code, at, telegram_user=901)


def test_a_code_is_of_one_broker_for_ten_minutes_and_the_latest_counts(agent, broker, rival, at):
    old, code = linking.issue(agent, at=at), linking.issue(agent, at=at)
    for tried, whose, when in (
        (old, broker, at),
        (code, rival, at),
        (code, broker, at + timedelta(minutes=10)),
        ("", broker, at),
    ):
        with pytest.raises(linking.BadCode):
            redeem(whose, tried, when)
    assert redeem(broker, code, at + timedelta(minutes=9)) == agent


def test_an_account_is_one_persons_and_the_latest_link_stands(agent, agent2, broker, at):
    redeem(broker, linking.issue(agent, at=at), at)
    redeem(broker, linking.issue(agent2, at=at), at)
    assert linking.linked(broker, 900) == agent2
    agent.refresh_from_db()
    assert agent.telegram_user_id is None


def test_guesses_are_limited(broker, at):
    refused = []
    for _ in range(6):
        with pytest.raises(linking.DomainError) as told:
            redeem(broker, "AAAAAAAA", at)
        refused.append(told.value.code)
    assert refused == ["bad_code"] * 5 + ["throttled"]


def test_who_is_deactivated_is_unlinked_at_once(client, agent, admin, broker, at):
    redeem(broker, linking.issue(agent, at=at), at)
    code = linking.issue(agent, at=at)
    client.force_login(admin)
    client.post(reverse("admin:brokers_user_deactivate", args=[agent.pk]))
    agent.refresh_from_db()
    assert (agent.is_active, agent.telegram_user_id) == (False, None)
    with pytest.raises(linking.BadCode):
        redeem(broker, code, at)


NOT_LINKED = {"linked": False, "blocked": False, "code_until": None}


def test_a_user_links_and_leaves_by_the_api(telegram, agent, connected):
    api = signed_in(agent)
    assert api.get(MINE).json() == NOT_LINKED
    answer = api.post(MINE)
    code, until = answer.json()["code"], answer.json()["expires_at"]
    assert (answer.status_code, answer.json()["command"], answer.json()["link"]) == (
        201, f"/vincular {code}", f"https://t.me/demo_bot?start=vincular-{code}",
    )  # fmt: skip
    assert api.get(MINE).json() == {**NOT_LINKED, "code_until": until}
    redeem(connected, code, timezone.now())
    assert api.get(MINE).json() == {**NOT_LINKED, "linked": True}
    assert api.delete(MINE).status_code == 204
    assert api.get(MINE).json() == NOT_LINKED


def test_a_code_is_made_though_telegram_does_not_answer_but_not_without_a_bot(
    telegram, agent, connected
):
    for refusal in (DOWN, UNAUTHORIZED):
        telegram.next = [refusal]
        answer = signed_in(agent).post(MINE).json()
        assert (answer["link"], answer["command"]) == ("", f"/vincular {answer['code']}")
    BrokerChatConfig.objects.filter(broker=connected).update(provider_configs={})
    refused = signed_in(agent).post(MINE)
    assert (refused.status_code, codes(refused)) == (409, [(None, "channel_not_configured")])


def test_an_admin_sees_who_is_linked_and_unlinks_by_the_api(
    agent, agent2, admin, rival_admin, broker, at
):
    redeem(broker, linking.issue(agent, at=at), at)
    linking.block(agent, at=at)
    linking.issue(agent2, at=timezone.now())
    api, url = signed_in(admin), f"/api/v1/users/{agent.pk}/unlink-telegram/"
    states = {
        each["name"]: each["telegram"] for each in api.get("/api/v1/users/").json()["results"]
    }
    assert states == {"Ana Pérez": "blocked", "Luis Soto": "invited", "Berta Admin": "none"}
    assert signed_in(rival_admin).post(url).status_code == 404
    assert signed_in(agent).post(url).status_code == 403
    answer = api.post(url)
    assert (answer.status_code, answer.json()["telegram"]) == (200, "none")
    assert linking.linked(broker, 900) is None


def test_a_superadmin_has_no_bot_to_link_to(superadmin):
    answer = signed_in(superadmin).post(MINE)
    assert (answer.status_code, codes(answer)) == (403, [(None, "permission_denied")])


def test_admin_shows_people_their_own_code_only(telegram, client, connected, agent, agent2, admin):
    for person, of, status in ((agent, agent, 200), (admin, agent, 409), (agent2, agent, 404)):
        client.force_login(person)
        url = reverse("admin:brokers_user_link_telegram", args=[of.pk])
        answer = client.post(url, follow=True)
        assert (answer.status_code, "/vincular " in answer.text) == (status, status == 200)
        link = 'href="https://t.me/demo_bot?start=vincular-'
        assert (link in answer.text) == (status == 200)
        offered = client.get(reverse("admin:brokers_user_change", args=[person.pk])).text
        assert reverse("admin:brokers_user_link_telegram", args=[person.pk]) in offered
    client.force_login(admin)
    assert url not in client.get(reverse("admin:brokers_user_change", args=[agent.pk])).text


def test_people_find_the_way_to_their_telegram_from_home_until_they_are_linked(
    client, connected, agent, at
):
    client.force_login(agent)
    page = reverse("admin:brokers_user_link_telegram", args=[agent.pk])
    mine = reverse("admin:brokers_user_change", args=[agent.pk])
    home = client.get(reverse("admin:index")).text
    assert (page in home, f'href="{mine}"' in home) == (True, True)
    redeem(connected, linking.issue(agent, at=at), at)
    assert page not in client.get(reverse("admin:index")).text
    linking.block(agent, at=at)
    assert "Bloqueaste el bot en Telegram" in client.get(reverse("admin:index")).text


def test_the_page_of_somebody_who_may_not_change_it_shows_no_password(client, agent):
    client.force_login(agent)
    page = client.get(reverse("admin:brokers_user_change", args=[agent.pk])).text
    shown = [
        word in page for word in (agent.password, "Agente", "sin vincular", "&#x27;none&#x27;")
    ]
    assert shown == [False, True, True, False]


def test_an_admin_unlinks_anybody_of_the_team_and_others_nobody(
    client, agent, admin, rival_admin, broker, at
):
    redeem(broker, linking.issue(agent, at=at), at)
    url = reverse("admin:brokers_user_unlink_telegram", args=[agent.pk])
    client.force_login(rival_admin)
    assert client.post(url).status_code == 404
    assert linking.linked(broker, 900) == agent
    client.force_login(admin)
    assert client.post(url).status_code == 302
    assert linking.linked(broker, 900) is None


def test_a_link_to_another_phone_replaces_the_first_and_forgets_a_block(agent, broker, at):
    redeem(broker, linking.issue(agent, at=at), at)
    linking.block(agent, at=at)
    redeem(broker, linking.issue(agent, at=at), at, telegram_user=901)
    agent.refresh_from_db()
    assert (agent.telegram_user_id, agent.telegram_blocked_at) == (901, None)
    assert linking.linked(broker, 900) is None
