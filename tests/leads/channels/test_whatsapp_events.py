"""What WhatsApp tells us of a number."""

import json
from datetime import timedelta

import pytest

from leads import delivery, handoff, keeping, outbox
from leads.channels import whatsapp_events
from leads.models import (
    ChannelIdentity,
    ChatMessage,
    Conversation,
    KeptWebhook,
    Lead,
    Suppression,
)
from tests import payloads
from tests.channels import begin_call, post_whatsapp, send
from tests.factories import LeadFactory
from tests.leads.channels.test_telegram import SLOTS

pytestmark = pytest.mark.django_db
BUSINESS_ID = "CL.13491208655302741918"


def event(name, **replaced):
    """A documented webhook, with some of its texts replaced."""
    text = json.dumps(payloads.load(f"whatsapp/{name}"))
    for old, new in replaced.items():
        text = text.replace(OLD[old], new)
    return json.loads(text)


OLD = {"out": "wamid.OUT", "status": '"sent"', "code": "131047", "choice": '"1:0"'}


def texts():
    return list(ChatMessage.objects.order_by("pk").values_list("message_text", flat=True))


# --- Who writes ---


def test_the_senders_number_is_attested_and_is_their_phone(client, connected):
    post_whatsapp(client, event("text"))
    lead = Lead.objects.get()
    assert (lead.phone_e164, lead.phone, lead.source) == (
        "+56987654321", "+56987654321", "whatsapp",
    )  # fmt: skip
    assert lead.identities.get().external_id == "56987654321"


def test_the_senders_number_joins_the_lead_that_has_it(client, connected):
    known = LeadFactory(broker=connected, phone="+56987654321")
    post_whatsapp(client, event("text"))
    assert (Lead.objects.get(), known.conversation.channel) == (known, "whatsapp")


def test_another_brokers_lead_with_that_number_is_not_joined(client, connected, rival):
    theirs = LeadFactory(broker=rival, phone="+56987654321")
    post_whatsapp(client, event("text"))
    assert (theirs.identities.count(), Lead.objects.count()) == (0, 2)


def test_who_hides_their_number_is_known_by_the_business_scoped_id(client, connected):
    post_whatsapp(client, event("business_scoped"))
    lead = Lead.objects.get()
    assert (lead.identities.get().external_id, lead.phone, lead.phone_e164) == (
        BUSINESS_ID, "", None,
    )  # fmt: skip


def test_who_was_known_by_number_stays_the_same_lead_under_the_new_id(client, connected):
    post_whatsapp(client, event("text"))
    post_whatsapp(client, event("both_ids"))
    lead = Lead.objects.get()
    ids = list(lead.identities.order_by("pk").values_list("external_id", flat=True))
    assert ids == ["56987654321", BUSINESS_ID]
    post_whatsapp(client, event("business_scoped"))
    assert (Lead.objects.count(), lead.messages.count()) == (1, 3)


def test_who_was_known_without_a_number_gets_it_when_they_show_it(client, connected):
    post_whatsapp(client, event("business_scoped"))
    post_whatsapp(client, event("both_ids"))
    lead = Lead.objects.get()
    assert (lead.phone_e164, lead.metadata["provenance"]["phone"]["by"]) == ("+56987654321", "lead")


# --- What they write ---


def test_all_messages_and_statuses_of_one_post_are_taken(client, connected, meta, camila, at):
    message = send(camila, "whatsapp", "hola", at)
    post_whatsapp(client, event("many", out=message.channel_message_id))
    assert texts() == ["hola", "hola", "busco casa", "buenas"]
    assert Lead.objects.count() == 2
    message.refresh_from_db()
    assert message.status == "delivered"


def test_a_press_arrives_as_the_label_that_we_sent(client, meta, camila, at):
    message = send(camila, "whatsapp", "¿Cuál?", at, metadata={"choices": SLOTS})
    post_whatsapp(client, event("list_reply", choice=f'"{message.pk}:1"'))
    assert texts()[-1] == "viernes 27 de noviembre a las 16:00"


def test_a_press_of_something_we_do_not_know_arrives_as_its_own_words(client, connected):
    post_whatsapp(client, event("list_reply"))
    assert texts() == ["jueves 26 de noviembre a las 11:00"]


def test_a_templates_button_and_a_caption_are_words(client, connected):
    post_whatsapp(client, event("button"))
    post_whatsapp(client, event("image"))
    assert texts() == ["Sí, me interesa", "[imagen] ¿Esta casa sigue disponible?"]
    assert ChatMessage.objects.latest("pk").attachments == [
        {"kind": "image", "media_id": "1003383421387256"}
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": "reaction", "reaction": {"emoji": "👍"}}, []),
        ({"type": "audio", "audio": {"id": "7"}, "text": None}, ["[audio]"]),
        ({"timestamp": 1795525200}, ["Hola, busco departamento en Ñuñoa"]),
        ({"id": None}, []),
        ({"text": {"body": 5}}, ["5"]),
        ({"text": "hola"}, []),
    ],
)
def test_every_kind_of_message_is_shown_or_passed_over(client, connected, changes, said):
    payload = event("text")
    payload["entry"][0]["changes"][0]["value"]["messages"][0].update(changes)
    assert (post_whatsapp(client, payload).status_code, texts()) == (200, said)


@pytest.mark.parametrize(
    "payload",
    [{}, {"entry": 5}, {"entry": [5]}, {"entry": [{"changes": [None]}]},
     {"entry": [{"changes": [{"value": {"messages": "x"}}]}]},
     {"entry": [{"changes": [{"value": {"statuses": [5, {}, {"status": "sent"}]}}]}]}],
)  # fmt: skip
def test_what_is_of_another_form_is_kept_and_makes_nobody(client, connected, payload):
    assert (post_whatsapp(client, payload).status_code, texts()) == (200, [])
    assert (KeptWebhook.objects.get().payload, Lead.objects.count()) == (payload, 0)


def test_events_of_another_number_of_the_same_app_are_not_ours(client, connected):
    payload = event("text")
    metadata = payload["entry"][0]["changes"][0]["value"]["metadata"]
    metadata["phone_number_id"] = "999"
    assert (post_whatsapp(client, payload).status_code, texts()) == (200, [])


@pytest.mark.parametrize(
    ("name", "text", "attached"),
    [
        ("voice", "[nota de voz]", [{"kind": "voice", "media_id": "1990001"}]),
        (
            "document",
            "[documento] Mi última liquidación",
            [{"kind": "document", "media_id": "1990002", "filename": "liquidación octubre.pdf"}],
        ),
        ("sticker", "[sticker]", [{"kind": "sticker", "media_id": "1990003"}]),
        (
            "location",
            "[ubicación] Plaza Ñuñoa, Av. Irarrázaval 2401, Ñuñoa",
            [
                {
                    "kind": "location",
                    "name": "Plaza Ñuñoa",
                    "address": "Av. Irarrázaval 2401, Ñuñoa",
                    "latitude": -33.4539,
                    "longitude": -70.6042,
                }
            ],
        ),
        (
            "contacts",
            "[contacto] Diego Pinto",
            [{"kind": "contacts", "name": "Diego Pinto", "phones": ["+56 9 1234 5678"]}],
        ),
    ],
)
def test_what_is_not_text_is_named_for_who_reads_and_kept_as_an_attachment(
    client, connected, name, text, attached
):
    post_whatsapp(client, event(name))
    message = ChatMessage.objects.get()
    assert (message.message_text, message.attachments) == (text, attached)


def test_an_opt_out_under_a_picture_is_heard(client, connected):
    payload = event("image")
    image = payload["entry"][0]["changes"][0]["value"]["messages"][0]["image"]
    image["caption"] = "STOP"
    post_whatsapp(client, payload)
    assert Suppression.objects.exists()


def test_a_reaction_hangs_on_its_message_and_owes_nobody_an_answer(client, meta, camila, at):
    message = send(camila, "whatsapp", "hola", at)
    Conversation.objects.filter(lead=camila).update(turn_due_at=None)

    def reacted(emoji):
        payload = event("reaction", out=message.channel_message_id)
        part = payload["entry"][0]["changes"][0]["value"]["messages"][0]["reaction"]
        part["emoji"] = emoji
        assert post_whatsapp(client, payload).status_code == 200
        message.refresh_from_db()
        return message.attachments

    assert reacted("👍") == [{"kind": "reaction", "by": "lead", "emoji": "👍"}]
    assert reacted("❤️") == [{"kind": "reaction", "by": "lead", "emoji": "❤️"}]
    assert reacted("") == []
    assert ChatMessage.objects.count() == 1
    assert Conversation.objects.get(lead=camila).turn_due_at is None


def test_one_that_trips_us_and_one_of_unknown_shape_do_not_hold_up_the_others(
    client, connected, monkeypatch
):
    payload = event("text")
    value = payload["entry"][0]["changes"][0]["value"]
    [first] = value["messages"]
    value["messages"] = [{**first, "id": f"wamid.{n}"} for n in range(12)]
    value["messages"][7]["text"], value["messages"][9]["type"] = "strange", "trip"
    usual = whatsapp_events.inbox.receive

    def trip(inbound):
        if inbound.external_id == "wamid.9":
            raise KeyError("Camila")
        return usual(inbound)

    monkeypatch.setattr(whatsapp_events.inbox, "receive", trip)
    for _ in range(2):
        assert post_whatsapp(client, payload).status_code == 200
    stored = set(ChatMessage.objects.values_list("channel_message_id", flat=True))
    assert stored == {f"wamid.{n}" for n in range(12)} - {"wamid.7", "wamid.9"}
    kept = KeptWebhook.objects.get()
    assert kept.reason == "handling_failed"
    monkeypatch.undo()
    with pytest.raises(keeping.StillUnreadable):  # for the one of unknown shape
        keeping.replay(kept, by=None)
    assert ChatMessage.objects.count() == 10
    payload["entry"][0]["changes"][0]["value"]["messages"][7]["text"] = {"body": "hola"}
    KeptWebhook.objects.update(payload=payload)
    keeping.replay(kept, by=None)
    assert (ChatMessage.objects.count(), Lead.objects.count()) == (12, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"profile": {"name": "Ñ" * 5000 + "\x00"}},
        {"profile": {"name": ["x"]}},
        {"profile": None},
        {"profile": {"name": "\u202e\x1b[31mCamila"}},
    ],
)
def test_a_huge_or_strange_name_does_not_keep_a_message_out(client, connected, change):
    payload = event("text")
    payload["entry"][0]["changes"][0]["value"]["contacts"][0].update(change)
    assert post_whatsapp(client, payload).status_code == 200
    assert texts() == ["Hola, busco departamento en Ñuñoa"]
    assert len(ChannelIdentity.objects.get().display_name) <= 200


@pytest.mark.parametrize(
    "changes",
    [
        {"from": "9" * 4000},
        {"id": "x" * 301},
        {"type": "location", "location": {"latitude": "norte", "longitude": 1}},
        {"type": "image", "image": {"id": "../../../etc", "caption": "x"}},
        {"type": "interactive", "interactive": {"list_reply": {"id": "9" * 400 + ":0"}}},
        {"type": "reaction", "reaction": {"message_id": "x" * 9000, "emoji": "👍" * 500}},
    ],
)
def test_whatever_an_item_holds_the_vendors_queue_goes_on(client, connected, changes):
    payload = event("text")
    payload["entry"][0]["changes"][0]["value"]["messages"][0].update(changes)
    assert post_whatsapp(client, payload).status_code == 200
    good = event("business_scoped")
    assert post_whatsapp(client, good).status_code == 200
    assert texts()[-1:] == ["Hola"]


# --- Receipts ---


def status(client, message, word, **more):
    payload = event("statuses", out=message.channel_message_id or "wamid.X", status=f'"{word}"')
    payload["entry"][0]["changes"][0]["value"]["statuses"][0].update(more)
    assert post_whatsapp(client, payload).status_code == 200
    message.refresh_from_db()
    return message.status


def test_receipts_only_move_forward(client, meta, camila, at):
    message = send(camila, "whatsapp", "hola", at)
    words = ["sent", "read", "delivered", "sent", "failed", "deleted"]
    assert [status(client, message, word) for word in words] == [
        "sent", "read", "read", "read", "read", "read",
    ]  # fmt: skip


def test_a_failure_that_comes_later_says_why(client, meta, camila, at):
    message = send(camila, "whatsapp", "hola", at)
    post_whatsapp(client, event("failed", out=message.channel_message_id))
    message.refresh_from_db()
    assert (message.status, message.reason) == ("failed", "whatsapp_window_closed")
    assert status(client, message, "delivered") == "failed"


def test_a_send_whose_answer_was_lost_is_settled_by_its_receipt(client, meta, camila, at):
    meta.next = [(200, {})]
    message = send(camila, "whatsapp", "hola", at)
    assert message.reason == delivery.OUTCOME_UNKNOWN
    told = {"id": "wamid.LATE", "biz_opaque_callback_data": str(message.pk)}
    assert status(client, message, "delivered", **told) == "delivered"
    assert (message.channel_message_id, message.reason) == ("wamid.LATE", "")
    assert Conversation.objects.get(lead=camila).last_outbound_at is not None


def test_a_send_that_whatsapp_took_while_our_line_went_dead_is_reconciled_and_never_repeated(
    client, meta, camila, at
):
    usual = meta.respond

    def takes_it_and_hangs_up(path, body):
        usual(path, body)
        raise ConnectionAbortedError

    meta.respond = takes_it_and_hangs_up
    message = send(camila, "whatsapp", "hola", at)
    assert (message.status, message.reason) == ("failed", delivery.OUTCOME_UNKNOWN)
    meta.respond = usual
    outbox.recover(at=at + timedelta(hours=1))
    told_back = meta.sent[0]["biz_opaque_callback_data"]
    told = {"id": "wamid.1", "biz_opaque_callback_data": told_back}
    assert status(client, message, "sent", **told) == "sent"
    assert (message.channel_message_id, message.reason, len(meta.sent)) == ("wamid.1", "", 1)


def test_a_send_whose_worker_was_killed_is_settled_by_what_whatsapp_says(client, camila, meta, at):
    message = outbox.queue(
        camila, text="hola", channel="whatsapp", author="user", purpose="human", at=at
    )
    begin_call(message, at)
    assert outbox.recover(at=at + timedelta(minutes=5)) == 1
    message.refresh_from_db()
    assert (message.status, message.reason) == ("failed", delivery.OUTCOME_UNKNOWN)
    refused = {"biz_opaque_callback_data": str(message.pk), "errors": [{"code": 131026}]}
    assert status(client, message, "failed", **refused) == "failed"
    assert message.reason == "not_on_whatsapp"
    arrived = {"id": "wamid.7", "biz_opaque_callback_data": str(message.pk)}
    assert status(client, message, "delivered", **arrived) == "failed"


def test_a_receipt_that_overtakes_the_answer_is_not_lost(client, meta, camila, at):
    message = send(camila, "whatsapp", "hola", at)
    ChatMessage.objects.filter(pk=message.pk).update(
        status="sending", channel_message_id=None, lease_until=at + timedelta(minutes=1)
    )
    told = {"id": "wamid.1", "biz_opaque_callback_data": str(message.pk)}
    assert status(client, message, "sent", **told) == "sent"
    assert delivery.mark_sent(message, external_id="wamid.1", at=at) is False


def test_an_earlier_piece_speaks_only_when_it_failed(client, meta, camila, at):
    message = send(camila, "whatsapp", "hola", at)
    piece = {"id": "wamid.P", "biz_opaque_callback_data": f"{message.pk}:1"}
    assert status(client, message, "read", **piece) == "sent"
    assert status(client, message, "failed", **piece, errors=[{"code": 131026}]) == "failed"
    assert message.reason == "not_on_whatsapp"


def test_a_long_message_whose_answer_was_lost_is_settled_by_its_last_piece(
    client, meta, camila, at
):
    usual = meta.respond

    def loses_the_last(path, body):
        answer = usual(path, body)
        return (200, {}) if len(meta.requests) == 2 else answer

    meta.respond = loses_the_last
    message = send(camila, "whatsapp", "a" * 4096 + " fin", at)
    assert (message.status, message.reason) == ("failed", delivery.OUTCOME_UNKNOWN)
    first, last = [each["biz_opaque_callback_data"] for each in meta.sent]
    piece = {"id": "wamid.1", "biz_opaque_callback_data": first}
    assert status(client, message, "delivered", **piece) == "failed"
    end = {"id": "wamid.2", "biz_opaque_callback_data": last}
    assert status(client, message, "delivered", **end) == "delivered"
    assert status(client, message, "sent", **end) == "delivered"
    assert (message.channel_message_id, message.reason) == ("wamid.2", "")


def test_a_failure_of_a_message_whose_answer_was_lost_says_why(client, meta, camila, at):
    meta.next = [(200, {})]
    message = send(camila, "whatsapp", "hola", at)
    told = {"biz_opaque_callback_data": str(message.pk), "errors": [{"code": 131049}]}
    assert status(client, message, "failed", **told) == "failed"
    assert message.reason == "limited_by_whatsapp"


@pytest.mark.parametrize("data", ["", "x", "0", "-1", "9" * 30, "1e3", ":1", "٣"])
def test_a_receipt_for_nothing_we_know_moves_nothing(client, meta, camila, at, data):
    message = send(camila, "whatsapp", "hola", at)
    told = {"id": "wamid.NOBODY", "biz_opaque_callback_data": data}
    assert status(client, message, "read", **told) == "sent"
    assert KeptWebhook.objects.count() == 0


def test_a_receipt_of_another_brokers_message_moves_nothing(client, meta, camila, rival, at):
    theirs = send(camila, "whatsapp", "hola", at)
    ChatMessage.objects.filter(pk=theirs.pk).update(broker=rival)
    told = {"biz_opaque_callback_data": str(theirs.pk)}
    assert status(client, theirs, "read", **told) == "sent"


# --- Echoes ---


def test_what_somebody_wrote_on_the_brokers_phone_is_theirs_and_takes_the_microphone(
    client, camila
):
    post_whatsapp(client, event("echo"))
    post_whatsapp(client, event("echo"))
    message = ChatMessage.objects.get()
    assert (message.direction, message.author, message.status, message.sent_by) == (
        "out", "user", "sent", None,
    )  # fmt: skip
    assert (message.lead, message.message_text) == (camila, "Hola Camila, te escribo del equipo")
    conversation = Conversation.objects.get(lead=camila)
    assert (conversation.holder, conversation.held_by) == ("user", None)
    assert conversation.last_outbound_at == message.at


def test_an_echo_leaves_the_microphone_to_the_person_who_has_it(client, camila, agent, at):
    handoff.take(camila, by=agent, at=at)
    post_whatsapp(client, event("echo"))
    conversation = Conversation.objects.get(lead=camila)
    assert (conversation.holder, conversation.held_by) == ("user", agent)


def test_a_picture_sent_from_the_phone_is_theirs_too_and_its_file_is_expected(client, camila):
    payload = event("echo")
    echo = payload["entry"][0]["changes"][0]["value"]["message_echoes"][0]
    del echo["text"]
    echo.update(type="image", image={"id": "77", "caption": "El living"})
    post_whatsapp(client, payload)
    message = ChatMessage.objects.get()
    assert (message.author, message.message_text) == ("user", "[imagen] El living")
    assert [file.remote_id for file in message.files.all()] == ["77"]
    assert Conversation.objects.get(lead=camila).holder == "user"


def test_an_echo_to_somebody_new_makes_their_lead(client, connected):
    post_whatsapp(client, event("echo"))
    lead = Lead.objects.get()
    assert (lead.phone_e164, lead.conversation.channel) == ("+56987654321", "whatsapp")
    assert ChannelIdentity.objects.get().external_id == "56987654321"
