"""Campaigns through the API, for admins only."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokers.models import User
from campaigns import enrolment, steps
from campaigns.models import Campaign, CampaignEnrollment, CampaignLog, CampaignStep
from leads.models import Lead
from tests.api import codes, signed_in
from tests.factories import LeadFactory, MessageTemplateFactory

CAMPAIGNS = "/api/v1/campaigns/"
TEXT = {"step_number": 1, "message_text": "Hola {{first_name}}"}


@pytest.fixture
def made(admin: User) -> dict[str, Any]:
    answer = signed_in(admin).post(
        CAMPAIGNS, {"name": "Reactivar", "channel": "telegram", "max_contacts": 2}
    )
    assert answer.status_code == 201
    return answer.json()


def url(campaign: Any, *path: Any) -> str:
    pk = campaign["id"] if isinstance(campaign, dict) else campaign.pk
    return "/".join([f"{CAMPAIGNS}{pk}", *map(str, path), ""])


def test_a_campaign_is_made_as_a_draft_of_the_callers_broker(
    made: dict[str, Any], admin: User
) -> None:
    assert (made["status"], made["broker"], made["contacts_made"]) == ("draft", admin.broker_id, 0)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "x", "channel": "fax"}, "channel"),
        ({"channel": "telegram"}, "name"),
        ({"name": "x", "channel": "telegram", "max_contacts": 0}, "max_contacts"),
        ({"name": "x", "channel": "telegram", "triggered_by": "lead_score"}, "trigger_condition"),
        (
            {"name": "x", "channel": "telegram", "triggered_by": "inactivity",
             "trigger_condition": {"days": "tres"}},
            "trigger_condition",
        ),
    ],
)  # fmt: skip
def test_a_campaign_that_does_not_fit_is_refused_by_field(
    admin: User, given: dict[str, Any], field: str
) -> None:
    answer = signed_in(admin).post(CAMPAIGNS, given)
    assert (answer.status_code, codes(answer)[0][0].split(".")[0]) == (400, field)


SPOILED = [
    ("patch", ("steps", "{step}"), {"message_text": "", "message_template": None}),
    ("patch", ("steps", "{step}"), {"step_channel": "call"}),
    ("patch", (), {"channel": "call"}),
    ("post", ("steps",), {"step_number": 9, "action": "send_message", "message_text": ""}),
    ("delete", ("steps", "{step}"), {}),
]


@pytest.mark.parametrize(("verb", "path", "given"), SPOILED)
def test_what_runs_is_never_left_with_nothing_to_say(
    campaign_of: Callable[..., Campaign], admin: User, verb: str, path: Any, given: dict[str, Any]
) -> None:
    client, text = signed_in(admin), {"message_text": "Hola", "message_template": None}
    campaign = campaign_of(text)
    step = campaign.steps.get()
    address = url(campaign, *(part.format(step=step.pk) for part in path))
    answer = getattr(client, verb)(address, given)
    assert (answer.status_code, codes(answer)) == (409, [(None, "campaign_incomplete")])
    assert campaign.steps.get().message_text == "Hola"
    Campaign.objects.filter(pk=campaign.pk).update(status="paused")
    assert getattr(client, verb)(address, given).status_code < 300


def test_steps_are_made_changed_listed_and_removed(made: dict[str, Any], admin: User) -> None:
    client = signed_in(admin)
    step = client.post(url(made, "steps"), TEXT)
    assert (step.status_code, step.json()["campaign"]) == (201, made["id"])
    item = url(made, "steps", step.json()["id"])
    assert client.patch(item, {"delay_hours": 5}).json()["delay_hours"] == 5
    assert client.get(item).json()["delay_hours"] == 5
    assert client.get(url(made, "steps")).json()["count"] == 1
    assert client.delete(item).status_code == 204
    assert CampaignStep.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"action": "update_stage"}, "non_field_errors"),
        ({"conditions": {"edad": 3}}, "conditions"),
        ({"step_number": 0}, "step_number"),
        ({"delay_hours": -1}, "delay_hours"),
        ({"step_channel": "fax"}, "step_channel"),
        ({"window_start": "25:00"}, "window_start"),
    ],
)
def test_a_step_that_does_not_fit_is_refused_by_field(
    made: dict[str, Any], admin: User, given: dict[str, Any], field: str
) -> None:
    answer = signed_in(admin).post(url(made, "steps"), {**TEXT, **given})
    assert (answer.status_code, codes(answer)[0][0]) == (400, field)


def test_two_steps_do_not_share_a_number(made: dict[str, Any], admin: User) -> None:
    client = signed_in(admin)
    client.post(url(made, "steps"), TEXT)
    assert client.post(url(made, "steps"), TEXT).status_code == 400


def test_a_template_of_another_broker_does_not_exist(
    made: dict[str, Any], admin: User, rival_admin: User
) -> None:
    theirs = MessageTemplateFactory(broker=rival_admin.broker)
    answer = signed_in(admin).post(url(made, "steps"), {**TEXT, "message_template": theirs.pk})
    assert (answer.status_code, codes(answer)) == (400, [("message_template", "does_not_exist")])


def test_a_step_is_found_only_under_its_own_campaign(
    made: dict[str, Any], admin: User, campaign: Campaign
) -> None:
    step = campaign.steps.first()
    assert step is not None
    client = signed_in(admin)
    assert client.get(url(made, "steps", step.pk)).status_code == 404
    assert client.patch(url(made, "steps", "9" * 30), {}).status_code == 404


def test_a_campaign_is_activated_paused_and_finished(made: dict[str, Any], admin: User) -> None:
    client = signed_in(admin)
    refused = client.post(url(made, "activate"))
    assert (refused.status_code, codes(refused)) == (409, [(None, "campaign_incomplete")])
    client.post(url(made, "steps"), TEXT)
    verbs = ("activate", "pause", "activate", "finish")
    statuses = [client.post(url(made, verb)).json()["status"] for verb in verbs]
    assert statuses == ["active", "paused", "active", "finished"]
    refused = client.post(url(made, "activate"))
    assert (refused.status_code, codes(refused)) == (409, [(None, "campaign_cannot_activate")])


def test_enrolling_tells_what_became_of_each_lead(
    campaign_of: Callable[..., Campaign], prospect: Callable[..., Lead], admin: User
) -> None:
    campaign, leads = campaign_of(max_contacts=2), [prospect().pk for _ in range(3)]
    client = signed_in(admin)
    answer = client.post(url(campaign, "enroll"), {"leads": leads}).json()
    assert answer["enrolled"] == 2
    assert [each["outcome"] for each in answer["results"]] == [
        "enrolled", "enrolled", "max_contacts",
    ]  # fmt: skip
    again = client.post(url(campaign, "enroll"), {"leads": leads[:1]}).json()
    assert (again["enrolled"], again["results"][0]["outcome"]) == (0, "already_enrolled")


def test_only_an_active_campaign_takes_leads(made: dict[str, Any], admin: User, ana: Lead) -> None:
    answer = signed_in(admin).post(url(made, "enroll"), {"leads": [ana.pk]})
    assert (answer.status_code, codes(answer)) == (409, [(None, "campaign_not_active")])


def test_leads_of_others_cannot_be_enrolled(
    campaign: Campaign, admin: User, superadmin: User, rival_admin: User
) -> None:
    theirs = LeadFactory(broker=rival_admin.broker)
    for caller in (admin, superadmin):
        answer = signed_in(caller).post(url(campaign, "enroll"), {"leads": [theirs.pk]})
        assert (answer.status_code, codes(answer)[0][1]) == (400, "does_not_exist")
    assert CampaignEnrollment.objects.count() == 0


def test_logs_say_why_and_are_narrowed_by_status_and_lead(
    campaign: Campaign, prospect: Callable[..., Lead], admin: User, at: datetime
) -> None:
    first, second = prospect(treatment_type="hold"), prospect()
    enrolment.enrol_all(campaign, [first.pk, second.pk], at=at)
    for log_id in steps.due(at=at):
        steps.run(log_id, at=at)
    client = signed_in(admin)
    skipped = client.get(url(campaign, "logs"), {"status": "skipped"}).json()["results"]
    assert [(each["lead"], each["reason"], each["reason_text"]) for each in skipped] == [
        (first.pk, "on_hold", "El lead está en pausa: solo le escriben personas.")
    ]
    assert client.get(url(campaign, "logs"), {"lead": second.pk}).json()["count"] == 1
    assert client.get(url(campaign, "logs"), {"status": "otro"}).status_code == 400


def test_the_list_of_logs_costs_the_same_for_two_and_for_twenty(
    campaign: Campaign, prospect: Callable[..., Lead], admin: User, at: datetime
) -> None:
    client = signed_in(admin)

    def cost(count: int) -> int:
        enrolment.enrol_all(campaign, [prospect().pk for _ in range(count)], at=at)
        with CaptureQueriesContext(connection) as queries:
            client.get(url(campaign, "logs"))
            client.get(url(campaign, "stats"))
            client.get(CAMPAIGNS)
        return len(queries)

    assert cost(2) == cost(18)
    assert CampaignLog.objects.count() == 20


def test_stats_count_leads_steps_and_reasons(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, admin: User, at: datetime
) -> None:
    Lead.objects.filter(pk=ana.pk).update(treatment_type="hold")
    steps.run(CampaignLog.objects.get().pk, at=at)
    told = signed_in(admin).get(url(campaign, "stats")).json()
    assert (told["contacts_made"], told["enrolled"], told["active"], told["replied"]) == (
        1, 1, 1, 0,
    )  # fmt: skip
    assert [(each["skipped"], each["due"]) for each in told["steps"]] == [(1, 0), (0, 1)]
    assert told["reasons"] == [{"of": "skipped", "reason": "on_hold", "count": 1}]


def test_a_campaign_with_history_is_not_deleted(
    campaign: Campaign, run: CampaignEnrollment, made: dict[str, Any], admin: User
) -> None:
    client = signed_in(admin)
    refused = client.delete(url(campaign))
    assert (refused.status_code, codes(refused)) == (409, [(None, "campaign_has_history")])
    assert client.delete(url(made)).status_code == 204


def test_max_contacts_does_not_fall_below_those_made(
    campaign_of: Callable[..., Campaign], prospect: Callable[..., Lead], admin: User, at: datetime
) -> None:
    campaign = campaign_of()
    enrolment.enrol_all(campaign, [prospect().pk for _ in range(2)], at=at)
    answer = signed_in(admin).patch(url(campaign), {"max_contacts": 1})
    assert (answer.status_code, codes(answer)) == (400, [("max_contacts", "below_contacted")])


def test_agents_have_no_part_in_campaigns(campaign: Campaign, agent: User) -> None:
    client = signed_in(agent)
    paths = [CAMPAIGNS, url(campaign), url(campaign, "stats"), url(campaign, "logs")]
    assert {client.get(path).status_code for path in paths} == {403}
    verbs = ("activate", "pause", "finish", "enroll", "steps")
    assert {client.post(url(campaign, verb), {}).status_code for verb in verbs} == {403}
