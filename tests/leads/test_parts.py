"""Whatever refers to a lead goes with it: no upper app's table is forgotten."""

import json

import pytest
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.template.loader import render_to_string

from campaigns.models import CampaignEnrollment, CampaignLog
from leads import holdings
from leads.models import Lead
from leads.parts import Deed, panels, parts
from llm.models import LLMCall
from tests.factories import (
    CallTranscriptFactory,
    CampaignEnrollmentFactory,
    CampaignFactory,
    CampaignLogFactory,
    ChatMessageFactory,
    LeadFactory,
    LLMCallFactory,
    VoiceCallFactory,
    make_row,
)
from voice.models import CallTranscript, VoiceCall

BY_NAME = {part.name: part for part in parts()}
OWN = [name for name, part in BY_NAME.items() if hasattr(part.model, "lead_id")]


def referring() -> set[type[models.Model]]:
    """Every model outside leads with a foreign key to Lead."""
    return {
        model
        for model in apps.get_models()
        if model._meta.app_label != "leads"
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model is Lead
    }


def test_every_table_that_refers_to_a_lead_has_a_part_that_says_what_becomes_of_it() -> None:
    assert len(referring()) >= 6
    assert referring() - {part.model for part in parts()} - set(holdings.GOES_ALONG) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(OWN))
def test_a_part_exports_merges_and_erases_the_rows_of_its_lead_only(name, broker, at) -> None:
    part = BY_NAME[name]
    loser, survivor, other = (LeadFactory(broker=broker) for _ in range(3))
    for lead in (loser, other):
        make_row(part.model, broker, lead=lead)
    assert len(part.export(loser)) == 1
    json.dumps(part.export(loser), cls=DjangoJSONEncoder)
    part.merge(loser, survivor, Deed(None, at))
    assert part.export(loser) == []
    assert len(part.export(other)) == 1
    part.erase(survivor)
    assert part.export(survivor) == []
    assert len(part.export(other)) == 1


@pytest.mark.django_db
def test_a_call_is_exported_with_what_was_said(lead) -> None:
    call = VoiceCallFactory(broker=lead.broker, lead=lead)
    CallTranscriptFactory(broker=lead.broker, call=call, text="¿Tiene un minuto?")
    exported = BY_NAME["calls"].export(lead)
    assert [line["text"] for line in exported[0]["transcript"]] == ["¿Tiene un minuto?"]
    assert BY_NAME["calls"].erase(lead) == 2
    assert (VoiceCall.objects.count(), CallTranscript.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_merged_runs_become_later_rotations_and_one_active_run_goes_on(lead, at) -> None:
    loser, broker = LeadFactory(broker=lead.broker), lead.broker
    campaign = CampaignFactory(broker=broker)
    kept = CampaignEnrollmentFactory(broker=broker, campaign=campaign, lead=lead)
    twin = CampaignEnrollmentFactory(broker=broker, campaign=campaign, lead=loser, rotation=2)
    CampaignEnrollmentFactory(broker=broker, campaign=campaign, lead=loser, state="finished")
    alone = CampaignEnrollmentFactory(broker=broker, lead=loser)
    step = CampaignLogFactory(broker=broker, campaign=campaign, lead=loser, enrollment=twin)
    for name in ("campaign_enrollments", "campaign_logs"):
        BY_NAME[name].merge(loser, lead, Deed(None, at))
    runs = CampaignEnrollment.objects.filter(campaign=campaign).order_by("rotation")
    assert list(runs.values_list("lead", "rotation", "state", "reason")) == [
        (lead.pk, 1, "active", ""),
        (lead.pk, 2, "finished", ""),
        (lead.pk, 3, "stopped", "merged"),
    ]
    assert runs.first() == kept
    alone.refresh_from_db()
    assert (alone.lead, alone.state, alone.rotation) == (lead, "active", 1)
    assert CampaignLog.objects.values_list("lead", "status", "reason").get(pk=step.pk) == (
        lead.pk,
        "skipped",
        "merged",
    )


@pytest.mark.django_db
def test_erasing_a_lead_keeps_what_the_models_cost(lead) -> None:
    message = ChatMessageFactory(broker=lead.broker, lead=lead)
    LLMCallFactory(broker=lead.broker, lead=lead, message=message)
    assert BY_NAME["llm_calls"].erase(lead) == 1
    call = LLMCall.objects.get()
    assert (call.broker, call.lead, call.message) == (lead.broker, None, None)


@pytest.mark.django_db
def test_panels_show_calls_to_all_and_campaigns_to_those_who_read_them(lead, admin, agent) -> None:
    VoiceCallFactory(broker=lead.broker, lead=lead, summary="Quiere ver la terraza", duration=61)
    CampaignEnrollmentFactory(broker=lead.broker, lead=lead, campaign__name="Reactivación")

    def shown(user) -> dict[str, str]:
        told = panels(lead, user)
        return {str(each.title): render_to_string(each.template, each.context) for each in told}

    assert "Quiere ver la terraza" in shown(agent)["Llamadas"]
    assert "Campañas" not in shown(agent)
    assert "Reactivación" in shown(admin)["Campañas"]


@pytest.mark.django_db
def test_a_lead_never_called_is_offered_a_call_and_one_in_no_campaign_shows_none(
    lead, admin
) -> None:
    titles = {str(each.title) for each in panels(lead, admin)}
    assert titles & {"Llamadas", "Campañas"} == {"Llamadas"}
