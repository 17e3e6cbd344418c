"""Edits, deletions, new numbers and wishes, as WhatsApp tells of them."""

import json

import pytest

from leads import attachments
from leads.channels.whatsapp_changes import STOPPED
from leads.models import (
    Attachment,
    ChannelIdentity,
    ChatMessage,
    Conversation,
    KeptWebhook,
    Lead,
    MergeSuggestion,
    Suppression,
)
from tests import payloads
from tests.channels import post_whatsapp, private_files, send
from tests.factories import LeadFactory
from tests.leads.channels.test_whatsapp_events import BUSINESS_ID, status, texts

__all__ = ["private_files"]
pytestmark = pytest.mark.django_db

NEW_NUMBER, NEW_ID = "56976543210", "CL.24817305912873645029"
JPEG = b"\xff\xd8\xff" + b"\x00" * 20


def event(name, **replaced):
    """A documented webhook with texts replaced: ``old=new``, by what stands there."""
    text = json.dumps(payloads.load(f"whatsapp/{name}"), ensure_ascii=False)
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    return json.loads(text)


def only(payload, part="messages"):
    return payload["entry"][0]["changes"][0]["value"][part][0]


def as_echo(payload):
    """What a lead's message would be if somebody had written it on the broker's phone."""
    change = payload["entry"][0]["changes"][0]
    echo = {**only(payload), "from": "56222555014", "to": "56987654321"}
    change["field"], change["value"]["message_echoes"] = "smb_message_echoes", [echo]
    del change["value"]["messages"]
    return payload


def told(client, payload):
    """Posted; nothing of it was strange to us."""
    assert post_whatsapp(client, payload).status_code == 200
    assert KeptWebhook.objects.count() == 0


def ids(lead):
    return set(lead.identities.values_list("external_id", flat=True))


# --- Edited and taken back ---


def test_an_edit_changes_the_message_and_the_latest_edit_stands(client, connected):
    told(client, event("text"))
    told(client, event("edit"))
    older = event("edit", EDIT1="EDIT0", casa="parcela")
    only(older)["timestamp"] = "1795525230"
    told(client, older)
    assert texts() == ["Hola, busco casa en Ñuñoa"]


def test_an_edit_that_overtakes_its_message_is_that_message(client, connected):
    told(client, event("edit"))
    told(client, event("text"))
    assert texts() == ["Hola, busco casa en Ñuñoa"]
    assert ChatMessage.objects.get().channel_message_id == "wamid.IN1"


def test_an_edit_may_ask_to_be_left_alone(client, connected):
    told(client, event("text"))
    edit = event("edit")
    only(edit)["edit"]["message"]["text"]["body"] = "No me escriban más"
    told(client, edit)
    assert Suppression.objects.filter(identifier="+56987654321", channel="whatsapp").exists()


def test_what_the_lead_takes_back_is_gone_with_its_file(client, connected, meta, private_files, at):
    told(client, event("image", **{"wamid.IN6": "wamid.IN1"}))
    meta.media["1003383421387256"] = JPEG
    row = Attachment.objects.get()
    assert attachments.fetch(row.pk, at=row.due_at)
    assert len(list(private_files.rglob("*.jpg"))) == 1
    told(client, event("revoke"))
    message = ChatMessage.objects.get()
    assert (message.message_text, message.attachments) == ("[mensaje eliminado]", [])
    assert Attachment.objects.count() == 0


def test_taking_back_what_never_came_leaves_nothing(client, connected):
    told(client, event("revoke"))
    assert (texts(), Lead.objects.count()) == ([], 0)


def test_a_lead_takes_back_nothing_of_ours(client, meta, camila, at):
    message = send(camila, "whatsapp", "hola", at)
    told(client, event("revoke", **{"wamid.IN1": message.channel_message_id}))
    told(client, event("edit", **{"wamid.IN1": message.channel_message_id}))
    message.refresh_from_db()
    assert message.message_text == "hola"


def test_what_was_edited_or_deleted_on_the_brokers_phone_is_here_too(client, camila):
    told(client, event("echo"))
    told(client, as_echo(event("edit", **{"wamid.IN1": "wamid.ECHO1"})))
    assert texts() == ["Hola, busco casa en Ñuñoa"]
    told(client, as_echo(event("revoke", **{"wamid.IN1": "wamid.ECHO1"})))
    assert texts() == ["[mensaje eliminado]"]


def test_an_unsupported_message_is_shown_as_one(client, connected):
    told(client, event("unsupported"))
    assert texts() == ["[mensaje que no se puede mostrar]"]


# --- Answers and ads ---


def test_an_answer_says_to_what(client, meta, camila, admin, at):
    sent = send(camila, "whatsapp", "Depto en Ñuñoa", at)
    told(client, event("reply", **{"wamid.OUT": sent.channel_message_id}))
    answer = ChatMessage.objects.latest("pk")
    assert answer.provider_metadata["reply_to"] == sent.channel_message_id
    client.force_login(admin)
    page = client.get(f"/admin/leads/lead/{camila.pk}/change/").text
    assert "En respuesta a: «Depto en Ñuñoa»" in page


def test_what_another_broker_said_is_not_quoted(client, meta, camila, rival, at):
    sent = send(camila, "whatsapp", "Depto en Ñuñoa", at)
    ChatMessage.objects.filter(pk=sent.pk).update(broker=rival)
    told(client, event("reply", **{"wamid.OUT": sent.channel_message_id}))
    assert ChatMessage.objects.latest("pk").provider_metadata["reply_text"] == ""


def test_who_comes_by_an_ad_has_it_as_source_and_campaign(client, connected):
    told(client, event("referral"))
    assert Lead.objects.get().metadata["origin"] == {
        "source": "meta_ad",
        "campaign": "Departamentos en Ñuñoa desde UF 2.900",
        "ad": "120226305854810726",
        "page": "https://fb.me/3cr4Wqqkv",
        "text": "Entrega inmediata, pie en cuotas",
        "click": "Aff-n8ZTODiE79d22KtAwQKj9e",
    }


def test_who_was_known_keeps_their_origin_and_the_message_names_the_ad(client, connected, admin):
    told(client, event("text"))
    told(client, event("referral"))
    assert "origin" not in Lead.objects.get().metadata
    message = ChatMessage.objects.latest("pk")
    assert message.provider_metadata["origin"]["ad"] == "120226305854810726"
    client.force_login(admin)
    page = client.get(f"/admin/leads/lead/{message.lead_id}/change/").text
    assert "Anuncio: Departamentos en Ñuñoa desde UF 2.900" in page


@pytest.mark.parametrize("strange", ["x", 5, ["x"], {"headline": {"a": 1}, "id": []}])
def test_a_strange_ad_or_context_does_not_keep_the_words_out(client, connected, strange):
    payload = event("text")
    only(payload).update(referral=strange, context=strange)
    told(client, payload)
    assert texts() == ["Hola, busco departamento en Ñuñoa"]


# --- Who it is ---


def test_a_new_number_is_the_same_lead_and_the_old_one_is_nobodys(client, camila):
    for _ in range(2):
        told(client, event("changed_number"))
    assert NEW_NUMBER in ids(camila)
    assert "56987654321" not in set(ChannelIdentity.objects.values_list("external_id", flat=True))
    told(client, event("text", **{"56987654321": NEW_NUMBER}))
    assert ChatMessage.objects.get().lead == camila


def test_a_new_number_replaces_the_phone_that_whatsapp_told(client, connected):
    told(client, event("text"))
    told(client, event("changed_number"))
    assert Lead.objects.get().phone_e164 == "+56976543210"
    told(client, event("text", IN1="IN9"))
    assert Lead.objects.count() == 2


def test_a_phone_that_a_person_confirmed_is_asked_about(client, camila):
    said = {"phone": {"by": "person", "user": None, "message": None}}
    Lead.objects.filter(pk=camila.pk).update(metadata={"provenance": said})
    told(client, event("changed_number"))
    camila.refresh_from_db()
    assert camila.phone_e164 == "+56987654321"
    assert camila.metadata["conflicts"]["phone"]["value"] == "+56976543210"


def test_a_number_that_another_lead_has_stays_theirs_and_people_are_told(client, camila):
    other = LeadFactory(broker=camila.broker, phone="+56976543210")
    told(client, event("text", **{"56987654321": NEW_NUMBER}))
    told(client, event("changed_number"))
    assert ids(other) == {NEW_NUMBER}
    assert MergeSuggestion.objects.filter(lead=camila, other=other).exists()


def test_a_name_cannot_pass_for_a_change_of_number(client, connected, camila):
    payload = event("changed_user_id")
    body = "User x changed from 56987654321 to CL.24817305912873645029 changed from CL.9 to CL.2"
    only(payload)["system"]["body"] = body
    told(client, payload)
    assert "56987654321" in ids(camila)


def test_another_brokers_lead_with_that_number_is_left_alone(client, connected, rival):
    theirs = LeadFactory(broker=rival)
    ChannelIdentity.objects.create(
        broker=rival, lead=theirs, channel="whatsapp", external_id="56987654321"
    )
    told(client, event("changed_number"))
    assert ids(theirs) == {"56987654321"}


@pytest.mark.parametrize("name", ["changed_user_id", "user_id_update"])
def test_a_new_business_scoped_id_is_the_same_lead(client, connected, name):
    told(client, event("business_scoped"))
    told(client, event(name))
    lead = Lead.objects.get()
    assert (ids(lead), lead.phone_e164) == ({NEW_ID, NEW_NUMBER}, "+56976543210")
    told(client, event("business_scoped", **{BUSINESS_ID: NEW_ID, "wamid.IN2": "wamid.IN8"}))
    assert (Lead.objects.count(), lead.messages.count()) == (1, 2)


def test_who_opted_out_stays_so_under_the_new_number(client, camila):
    payload = event("text")
    only(payload)["text"]["body"] = "STOP"
    told(client, payload)
    told(client, event("changed_number"))
    marks = Suppression.objects.filter(channel="whatsapp")
    assert {NEW_NUMBER, "+56976543210"} <= set(marks.values_list("identifier", flat=True))


# --- What they wish ---


def wish(value):
    payload = event("user_preferences")
    only(payload, "user_preferences").update(value=value, detail=f"User requested to {value}")
    return payload


def test_marketing_stopped_in_whatsapp_is_stopped_here_without_a_word(client, camila):
    for _ in range(2):
        told(client, wish("stop"))
    consent = camila.consents.get()
    assert (consent.state, consent.channel, consent.evidence) == ("withdrawn", "whatsapp", STOPPED)
    assert Suppression.objects.filter(identifier="56987654321", channel="whatsapp").exists()
    assert ChatMessage.objects.count() == 0


def test_that_it_may_come_again_is_noted_once_and_lifts_nothing(client, camila):
    told(client, wish("stop"))
    for _ in range(2):
        told(client, wish("resume"))
    assert [consent.state for consent in camila.consents.order_by("pk")] == ["withdrawn", "granted"]
    assert Suppression.objects.filter(identifier="56987654321").exists()


def test_a_refusal_for_marketing_stopped_stops_it_here_too(client, meta, camila, at):
    message = send(camila, "whatsapp", "oferta", at)
    assert status(client, message, "failed", errors=[{"code": 131050}]) == "failed"
    assert message.reason == "marketing_stopped_by_lead"
    assert camila.consents.get().evidence == STOPPED
    assert Conversation.objects.get(lead=camila).holder == "assistant"


def test_wishes_of_nobody_we_know_and_of_other_kinds_change_nothing(client, camila):
    stranger = wish("stop")
    only(stranger, "user_preferences")["wa_id"] = "56900000000"
    other = wish("stop")
    only(other, "user_preferences")["category"] = "other"
    for payload in (stranger, other, wish("later")):
        told(client, payload)
    assert (camila.consents.count(), Suppression.objects.count()) == (0, 0)
