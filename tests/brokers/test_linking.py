"""A user's own Telegram: joined by a one-time code, left at any time."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from brokers import linking
from brokers.models import User
from tests.api import codes, signed_in

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


def test_a_user_links_and_leaves_by_the_api(agent, broker):
    api = signed_in(agent)
    answer = api.post(MINE)
    code = answer.json()["code"]
    assert (answer.status_code, answer.json()["command"]) == (201, f"/vincular {code}")
    assert api.get(MINE).json() == {"linked": False}
    redeem(broker, code, timezone.now())
    assert api.get(MINE).json() == {"linked": True}
    assert api.delete(MINE).status_code == 204
    assert api.get(MINE).json() == {"linked": False}


def test_a_superadmin_has_no_bot_to_link_to(superadmin):
    answer = signed_in(superadmin).post(MINE)
    assert (answer.status_code, codes(answer)) == (403, [(None, "permission_denied")])


def test_admin_shows_people_their_own_code_only(client, agent, agent2, admin):
    for person, of, status in ((agent, agent, 200), (admin, agent, 409), (agent2, agent, 404)):
        client.force_login(person)
        url = reverse("admin:brokers_user_link_telegram", args=[of.pk])
        answer = client.post(url, follow=True)
        assert (answer.status_code, "/vincular " in answer.text) == (status, status == 200)


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
