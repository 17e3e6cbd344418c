"""Campaigns in Admin: buttons that call the doors, figures and reasons in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import User
from campaigns import enrolment, steps
from campaigns.models import Campaign, CampaignEnrollment, CampaignLog
from leads.models import Lead
from tests.campaigns.conftest import standing
from tests.crm.admin_walk import sent

FILTER = {"score_min": "", "limit": "10"}


@pytest.fixture
def berta(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


def page(name: str, row: Any, model: str = "campaign") -> str:
    return reverse(f"admin:campaigns_{model}_{name}", args=[row.pk])


def press(client: Client, name: str, row: Any, model: str = "campaign", **data: Any) -> Any:
    return client.post(page(name, row, model), data)


def test_a_campaign_is_activated_paused_and_finished(
    campaign_of: Callable[..., Campaign], berta: Client
) -> None:
    campaign = campaign_of(status="draft")
    for button, status in (("activate", "active"), ("pause", "paused"), ("finish", "finished")):
        assert press(berta, button, campaign).status_code == 302
        campaign.refresh_from_db()
        assert campaign.status == status


def test_what_is_missing_is_said_on_the_page(
    campaign_of: Callable[..., Campaign], berta: Client
) -> None:
    campaign = campaign_of({"message_text": ""}, status="draft")
    answer = press(berta, "activate", campaign)
    assert answer.status_code == 409
    assert "Paso 1: escribe el texto o elige una plantilla." in answer.content.decode()


def test_enrolling_takes_the_best_leads_that_fit(
    campaign: Campaign, prospect: Callable[..., Lead], berta: Client
) -> None:
    best, good = prospect(lead_score=90), prospect(lead_score=50)
    prospect(lead_score=10)
    prospect(lead_score=95, pipeline_stage="seguimiento")
    chosen = {"stages": ["entrada"], "score_min": "20", "limit": "10"}
    assert press(berta, "enrol", campaign, **chosen).status_code == 302
    inside = CampaignEnrollment.objects.order_by("pk").values_list("lead", flat=True)
    assert list(inside) == [best.pk, good.pk]
    assert press(berta, "enrol", campaign, **chosen).status_code == 409


def test_a_rival_enrols_nobody_of_ours(
    campaign: Campaign, ana: Lead, rival_admin: User, client: Client
) -> None:
    client.force_login(rival_admin)
    assert press(client, "enrol", campaign, **FILTER).status_code == 404
    assert CampaignEnrollment.objects.count() == 0


def test_the_page_shows_figures_and_reasons(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, berta: Client, at: datetime
) -> None:
    Lead.objects.filter(pk=ana.pk).update(treatment_type="hold")
    steps.run(CampaignLog.objects.get().pk, at=at)
    html = berta.get(page("change", campaign)).content.decode()
    assert "1 inscritos: 1 en curso" in html
    assert "Se omitieron: El lead está en pausa: solo le escriben personas (1)" in html


def test_the_log_tells_reasons_in_words(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, berta: Client, at: datetime
) -> None:
    ana.identities.all().delete()
    steps.run(CampaignLog.objects.get().pk, at=at)
    html = berta.get(reverse("admin:campaigns_campaignlog_changelist")).content.decode()
    assert "no está en ese canal" in html


def test_a_lead_is_taken_out_of_a_campaign(
    run: CampaignEnrollment, ana: Lead, berta: Client
) -> None:
    assert press(berta, "take_out", run, "campaignenrollment").status_code == 302
    assert standing(ana) == [("stopped", "removed")]


def test_a_campaign_with_history_is_not_deleted(
    campaign: Campaign, run: CampaignEnrollment, berta: Client
) -> None:
    assert berta.get(page("delete", campaign)).status_code == 403
    berta.post(
        reverse("admin:campaigns_campaign_changelist"),
        {"action": "delete_selected", "_selected_action": campaign.pk, "post": "yes"},
    )
    assert Campaign.objects.filter(pk=campaign.pk).exists()


def test_max_contacts_does_not_fall_below_those_made(
    campaign: Campaign, prospect: Callable[..., Lead], berta: Client, at: datetime
) -> None:
    enrolment.enrol_all(campaign, [prospect().pk for _ in range(2)], at=at)
    answer = berta.get(page("change", campaign))
    given = sent(answer.context["adminform"].form) | {"max_contacts": "1"}
    for formset in answer.context["inline_admin_formsets"]:
        given |= {f"{formset.formset.prefix}-{key}": value for key, value in (
            ("TOTAL_FORMS", "0"), ("INITIAL_FORMS", "0"),
        )}  # fmt: skip
    answer = berta.post(page("change", campaign), given)
    assert "Ya se contactó a más leads." in answer.content.decode()


def test_a_draft_is_deleted(campaign_of: Callable[..., Campaign], berta: Client) -> None:
    campaign = campaign_of(status="draft")
    assert press(berta, "delete", campaign, post="yes").status_code == 302
    assert Campaign.objects.count() == 0


def test_the_leads_page_shows_their_runs(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, berta: Client
) -> None:
    html = berta.get(reverse("admin:leads_lead_change", args=[ana.pk])).content.decode()
    assert campaign.name in html
    assert "próximo paso" in html


def test_the_home_page_shows_what_runs_to_admins_only(
    campaign: Campaign, ana: Lead, admin: User, agent: User, client: Client, at: datetime
) -> None:
    enrolment.enrol(campaign, ana, at=at)
    client.force_login(admin)
    html = client.get(reverse("admin:index")).content.decode()
    assert "1 en curso · 0 pasos hechos" in html
    client.force_login(agent)
    assert "Campañas activas" not in client.get(reverse("admin:index")).content.decode()
