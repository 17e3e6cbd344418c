from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from brokers.models import Broker, User
from knowledge import parts, refusals
from knowledge.models import ListingRefusal
from leads.models import Lead
from tests.api import codes, signed_in
from tests.factories import FigureFactory, KnowledgeEntryFactory, LeadFactory
from tests.knowledge.test_matching import home, seeker

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User, broker: Broker) -> APIClient:
    FigureFactory(broker=broker)
    return signed_in(admin)


def test_a_lead_is_answered_with_its_matches(client: APIClient, broker: Broker) -> None:
    entry = home(broker, code="K-1", price_uf=4_200)
    lead = seeker(broker)
    answer = client.get(f"/api/v1/leads/{lead.pk}/matches/").json()
    assert (answer["count"], answer["next"], answer["previous"]) == (1, None, None)
    (match,) = answer["results"]
    assert (match["entry_id"], match["code"], match["price_uf"]) == (entry.pk, "K-1", 4_200)
    assert match["fits"] == [{"code": "place", "text": "Está en Ñuñoa, como pide"}]
    assert [each["code"] for each in match["lacks"]] == ["price"]


def test_a_property_is_answered_with_its_leads(client: APIClient, broker: Broker) -> None:
    entry, lead = home(broker), seeker(broker)
    answer = client.get(f"/api/v1/knowledge/{entry.pk}/leads/").json()
    (row,) = answer["results"]
    assert (row["lead"], row["name"], row["pipeline_stage"]) == (lead.pk, lead.name, "entrada")
    assert [each["code"] for each in row["fits"]] == ["place", "price"]


def test_a_refusal_is_kept_and_the_property_no_longer_offered(
    client: APIClient, broker: Broker, admin: User
) -> None:
    entry, lead = home(broker), seeker(broker)
    body = {"entry": entry.pk, "reason": "place", "note": "muy ruidoso"}
    answer = client.post(f"/api/v1/leads/{lead.pk}/refusals/", body)
    assert answer.status_code == 201
    row = ListingRefusal.objects.get()
    assert (row.lead, row.entry, row.by, row.note) == (lead, entry, admin, "muy ruidoso")
    assert client.get(f"/api/v1/leads/{lead.pk}/matches/").json()["count"] == 0
    listed = client.get(f"/api/v1/leads/{lead.pk}/refusals/").json()
    assert [each["id"] for each in listed["results"]] == [row.pk]


def test_an_agent_sees_matches_of_their_leads_and_of_properties_only_their_leads(
    broker: Broker, agent: User, agent2: User
) -> None:
    entry = home(broker)
    mine = LeadFactory(broker=broker, assigned_to=agent, metadata=seeker(broker).metadata)
    Lead.objects.exclude(pk=mine.pk).update(assigned_to=agent2)
    other = Lead.objects.exclude(pk=mine.pk).get()
    client = signed_in(agent)
    assert client.get(f"/api/v1/leads/{mine.pk}/matches/").status_code == 200
    assert client.get(f"/api/v1/leads/{other.pk}/matches/").status_code == 404
    answer = client.get(f"/api/v1/knowledge/{entry.pk}/leads/").json()
    assert [each["lead"] for each in answer["results"]] == [mine.pk]


def test_others_leads_and_properties_do_not_exist(
    client: APIClient, broker: Broker, rival: Broker, superadmin: User
) -> None:
    theirs, entry = seeker(rival), home(rival)
    lead = seeker(broker)
    for path in ("matches", "refusals"):
        assert client.get(f"/api/v1/leads/{theirs.pk}/{path}/").status_code == 404
    assert client.get(f"/api/v1/knowledge/{entry.pk}/leads/").status_code == 404
    body = {"entry": entry.pk, "reason": "price"}
    for caller in (client, signed_in(superadmin)):
        answer = caller.post(f"/api/v1/leads/{lead.pk}/refusals/", body)
        assert (answer.status_code, codes(answer)) == (400, [("entry", "does_not_exist")])


def test_what_is_no_property_cannot_be_refused(client: APIClient, broker: Broker) -> None:
    faq, lead = KnowledgeEntryFactory(broker=broker), seeker(broker)
    body = {"entry": faq.pk, "reason": "price"}
    answer = client.post(f"/api/v1/leads/{lead.pk}/refusals/", body)
    assert (answer.status_code, codes(answer)) == (409, [(None, "not_a_property")])
    body = {"entry": home(broker).pk, "reason": "fea"}
    assert client.post(f"/api/v1/leads/{lead.pk}/refusals/", body).status_code == 400


def test_a_merged_lead_points_to_where_it_went(client: APIClient, broker: Broker) -> None:
    lead, into = seeker(broker), seeker(broker)
    Lead.objects.filter(pk=lead.pk).update(merged_into=into)
    answer = client.get(f"/api/v1/leads/{lead.pk}/matches/")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "lead_merged")


def test_the_leads_page_shows_what_suits_it_and_what_it_refused(
    broker: Broker, admin: User, client: APIClient, at: datetime
) -> None:
    entry, other, lead = home(broker, "Depto Plaza"), home(broker, "Depto Feo"), seeker(broker)
    refusals.refuse(lead, other, reason="other", note="no", at=at)
    panel: Any = parts.panel(lead, admin)
    assert [match.entry_id for match in panel.context["matches"]] == [entry.pk]
    assert [row.title for row in panel.context["refused"]] == ["Depto Feo"]
    assert parts.panel(LeadFactory(broker=broker), admin) is None
