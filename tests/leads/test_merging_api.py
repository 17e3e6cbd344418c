"""Merging as clients do it: previewed, done, undone, suggested, dismissed; each within what they see."""

import pytest

from leads import identity, merging
from leads.models import Lead, LeadMerge, MergeSuggestion
from tests.api import codes, signed_in
from tests.factories import ChatMessageFactory, LeadFactory, MergeSuggestionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(lead: Lead) -> Lead:
    return LeadFactory(broker=lead.broker, assigned_to=lead.assigned_to)


def url(lead: Lead, action: str = "") -> str:
    return f"/api/v1/leads/{lead.pk}/{action}"


def test_a_preview_tells_and_changes_nothing(agent, lead, other) -> None:
    ChatMessageFactory(broker=lead.broker, lead=other)
    told = signed_in(agent).post(url(lead, "merge/"), {"loser": other.pk, "preview": True})
    assert told.status_code == 200
    body = told.json()
    assert (body["survivor"], body["loser"]) == (lead.pk, other.pk)
    assert body["moves"] == [{"part": "chat_messages", "label": "mensajes", "count": 1}]
    assert body["conflicts"] == [
        {"fact": "phone", "kept": lead.phone, "given_up": other.phone},
    ]
    assert LeadMerge.objects.count() == 0


def test_a_merged_lead_is_read_and_points_to_where_it_went(agent, lead, other) -> None:
    api = signed_in(agent)
    done = api.post(url(lead, "merge/"), {"loser": other.pk})
    assert (done.status_code, done.json()["may_undo"]) == (200, True)
    read = api.get(url(other))
    assert (read.status_code, read.json()["merged_into"]) == (200, lead.pk)
    assert [row["id"] for row in api.get("/api/v1/leads/").json()["results"]] == [lead.pk]
    for action, body in (("move/", {"pipeline_stage": "perfilamiento"}), ("takeover/", {})):
        refused = api.post(url(other, action), body)
        assert (refused.status_code, codes(refused)) == (409, [(None, "lead_merged")])
        assert refused.json()["data"] == {"merged_into": lead.pk}
    assert api.patch(url(other), {"notes": "x"}).status_code == 409
    back = api.post(url(other, "unmerge/"))
    assert (back.status_code, back.json()["not_restored"]) == (200, [])
    assert api.get(url(other)).json()["merged_into"] is None
    again = api.post(url(other, "unmerge/"))
    assert (again.status_code, codes(again)) == (409, [(None, "not_undoable")])


def test_nobody_merges_what_they_do_not_see(agent, agent2, rival_admin, lead, other) -> None:
    hidden = LeadFactory(broker=lead.broker, assigned_to=agent2)
    foreign = LeadFactory(broker=rival_admin.broker)
    for loser in (hidden, foreign):
        refused = signed_in(agent).post(url(lead, "merge/"), {"loser": loser.pk})
        assert (refused.status_code, codes(refused)) == (400, [("loser", "does_not_exist")])
    done = merging.merge(other, lead, by=agent, at=lead.created_at)
    for stranger in (agent2, rival_admin):
        assert signed_in(stranger).post(url(other, "unmerge/")).status_code == 404
        assert signed_in(stranger).post(f"/api/v1/merges/{done.pk}/undo/").status_code == 404
    assert signed_in(agent).post(f"/api/v1/merges/{done.pk}/undo/").status_code == 200


def test_suggestions_are_listed_dismissed_and_do_not_come_back(agent, lead, other) -> None:
    Lead.objects.filter(broker=lead.broker).update(email="camila@example.com")
    lead.refresh_from_db()
    identity.suggest_merges(lead)
    api = signed_in(agent)
    (row,) = api.get("/api/v1/merge-suggestions/").json()["results"]
    assert (row["reason"], row["lead"]["id"], row["other"]["id"]) == ("email", lead.pk, other.pk)
    assert (
        api.post(f"/api/v1/merge-suggestions/{row['id']}/dismiss/").json()["state"] == "dismissed"
    )
    assert api.post(f"/api/v1/merge-suggestions/{row['id']}/dismiss/").status_code == 409
    for each in (lead, Lead.objects.get(pk=other.pk)):
        identity.suggest_merges(each)
    assert api.get("/api/v1/merge-suggestions/").json()["count"] == 0
    assert MergeSuggestion.objects.count() == 1


def test_a_suggestion_is_accepted_with_the_survivor_of_choice(agent, lead, other) -> None:
    row = MergeSuggestionFactory(broker=lead.broker, lead=lead, other=other)
    accept = f"/api/v1/merge-suggestions/{row.pk}/accept/"
    stranger = LeadFactory(broker=lead.broker, assigned_to=agent)
    assert signed_in(agent).post(accept, {"survivor": stranger.pk}).status_code == 400
    done = signed_in(agent).post(accept, {"survivor": other.pk})
    assert (done.status_code, done.json()["survivor"]) == (200, other.pk)
    row.refresh_from_db()
    assert row.state == "accepted"


def test_an_agent_sees_pairs_of_leads_they_see_both_of(agent, agent2, lead) -> None:
    hidden = LeadFactory(broker=lead.broker, assigned_to=agent2)
    MergeSuggestionFactory(broker=lead.broker, lead=lead, other=hidden)
    assert signed_in(agent).get("/api/v1/merge-suggestions/").json()["count"] == 0


def test_who_is_entered_with_a_merged_leads_phone_is_the_survivor(admin, lead, other) -> None:
    phone = other.phone_e164
    merging.merge(other, lead, by=admin, at=lead.created_at)
    entered = signed_in(admin).post("/api/v1/leads/", {"name": "Camila", "phone": phone})
    assert (entered.status_code, entered.json()["outcome"]) == (200, "matched")
    assert entered.json()["id"] == lead.pk
