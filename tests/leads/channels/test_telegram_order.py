"""Edits, blocks and returns: also late, twice, in another order, and at the same moment."""

from pathlib import Path
from random import Random

import pytest
from django.test import Client
from django.utils import timezone

from leads import gate
from leads.models import ChatMessage, Lead, TelegramMessage
from tests import payloads
from tests.channels import post_telegram
from tests.leads.channels.test_telegram_updates import MESSAGE, history, update
from tests.racing import race

pytestmark = pytest.mark.django_db
NAMES = sorted(path.stem for path in Path(payloads.__file__).parent.glob("telegram/*.json"))


ODD = (None, "", "\x00", "\ud83c", "x" * 70_000, -1, 2**63, 10**400, 1e308, True, [None], {"a": 1})


def test_no_field_however_odd_makes_telegram_come_again_or_stops_the_next_message(
    client, connected
):
    chance = Random(5)
    for number in range(40):
        payload = {**payloads.load(f"telegram/{chance.choice(NAMES)}"), "update_id": number}
        place, steps = payload, chance.randint(1, 3)
        for step in range(steps):
            key = chance.choice([each for each in place if each != "update_id"])
            if step == steps - 1 or not (isinstance(place[key], dict) and place[key]):
                place[key] = chance.choice(ODD)
                break
            place = place[key]
        assert post_telegram(client, payload).status_code == 200, (payload, place)
    post_telegram(client, update(update_id=99, message_id=99_999, text="¿Siguen ahí?"))
    assert history()[-1] == ("in", "¿Siguen ahí?")


# --- Edits ---


def test_an_edit_updates_the_message_and_its_row(client, connected):
    post_telegram(client, MESSAGE)
    edit = update("edited_message")
    assert post_telegram(client, edit).status_code == 200
    assert history() == [("in", "Hola, busco casa en Ñuñoa")]
    row = TelegramMessage.objects.get()
    assert (row.update_id, row.payload) == (845500100, edit)


def test_an_older_edit_does_not_undo_a_newer_one(client, connected):
    post_telegram(client, MESSAGE)
    post_telegram(client, update("edited_message", update_id=3, edit_date=1795525999, text="tres"))
    post_telegram(client, update("edited_message", update_id=2, edit_date=1795525900, text="dos"))
    assert history() == [("in", "tres")]


def test_the_original_that_comes_again_after_its_edit_changes_nothing(client, connected):
    post_telegram(client, MESSAGE)
    post_telegram(client, update("edited_message"))
    post_telegram(client, MESSAGE)
    assert history() == [("in", "Hola, busco casa en Ñuñoa")]


def test_an_edit_of_a_message_that_we_never_saw_is_a_message(client, connected):
    post_telegram(client, update("edited_message"))
    post_telegram(client, MESSAGE)
    assert history() == [("in", "Hola, busco casa en Ñuñoa")]


def test_a_late_edit_does_not_undo_a_newer_one_that_came_before_the_message(client, connected):
    post_telegram(client, update("edited_message", update_id=3, edit_date=1795525999, text="tres"))
    post_telegram(client, MESSAGE)
    post_telegram(client, update("edited_message", update_id=2, edit_date=1795525900, text="dos"))
    assert history() == [("in", "tres")]


def test_of_two_edits_in_one_second_the_later_counts(client, connected):
    post_telegram(client, MESSAGE)
    for number in (845500901, 845500903, 845500902):
        text = f"edición {number}"
        post_telegram(client, update("edited_message", update_id=number, text=text))
    assert history() == [("in", "edición 845500903")]


def test_new_words_under_a_picture_are_an_edit_too(client, connected):
    post_telegram(client, update("photo"))
    post_telegram(client, update("edited_caption"))
    assert history() == [("in", "[foto] ¿Sigue disponible?")]
    assert ChatMessage.objects.get().files.count() == 1


def test_a_place_that_moves_is_one_message_where_it_was_last(client, connected):
    post_telegram(client, update("live_location"))
    message = payloads.load("telegram/live_location")["message"]
    moved = {**message, "edit_date": message["date"] + 30}
    moved["location"] = {**message["location"], "latitude": -33.5}
    post_telegram(client, {"update_id": 845500990, "edited_message": moved})
    assert history() == [("in", "[ubicación] -33.50000, -70.59877")]


@pytest.mark.django_db(transaction=True)
def test_an_edit_beside_its_message_is_not_lost(connected):
    post_telegram(Client(), update(update_id=1, message_id=1, text="antes"))
    for number in range(2, 5):
        original = update(update_id=10 * number, message_id=number, text="primero")
        edit = update("edited_message", update_id=10 * number + 1, message_id=number, text="último")
        answers = race(2, lambda which, pair=(original, edit): post_telegram(Client(), pair[which]))
        assert [answer.status_code for answer in answers] == [200, 200]
    texts = ChatMessage.objects.order_by("pk").values_list("message_text", flat=True)
    assert list(texts) == ["antes", *["último"] * 3]


def test_an_edit_may_ask_to_be_left_alone(client, connected, at):
    post_telegram(client, MESSAGE)
    post_telegram(client, update("edited_message", text="no me escriban más"))
    lead = Lead.objects.get()
    assert gate.may_contact(lead, "telegram", "marketing", at).reason == "suppressed"
    assert ("out", "confirm_opt_out") in lead.messages.values_list("direction", "purpose")


# --- Blocking ---


def membership(status, update_id=845500104):
    payload = update("blocked", update_id=update_id)
    payload["my_chat_member"]["new_chat_member"]["status"] = status
    return payload


def test_blocking_the_bot_opts_out_of_the_channel_without_an_answer(client, connected, at):
    post_telegram(client, MESSAGE)
    post_telegram(client, membership("kicked"))
    lead = Lead.objects.get()
    assert lead.identities.get().blocked_at is not None
    assert gate.may_contact(lead, "telegram", "reply", at).reason == "blocked_by_lead"
    assert [(c.channel, c.state) for c in lead.consents.all()] == [("telegram", "withdrawn")]
    assert [direction for direction, _ in history()] == ["in"]


def test_taking_the_bot_back_reopens_service_but_not_marketing(client, connected):
    post_telegram(client, MESSAGE)
    post_telegram(client, membership("kicked"))
    post_telegram(client, membership("member", update_id=845500109))
    post_telegram(client, update(update_id=845500110, message_id=44, text="volví"))
    lead = Lead.objects.get()
    now = lead.conversation.last_inbound_at
    assert lead.identities.get().blocked_at is None
    assert gate.may_contact(lead, "telegram", "reply", now).allowed is True
    assert gate.may_contact(lead, "telegram", "marketing", now).reason == "suppressed"


def test_a_block_that_comes_after_the_return_silences_marketing_only(client, connected):
    post_telegram(client, MESSAGE)
    post_telegram(client, payloads.load("telegram/unblocked"))
    post_telegram(client, payloads.load("telegram/blocked"))
    lead = Lead.objects.get()
    assert lead.identities.get().blocked_at is None
    post_telegram(client, update(update_id=845500910, message_id=44, text="volví"))
    lead, now = Lead.objects.get(), timezone.now()
    assert gate.may_contact(lead, "telegram", "reply", now).allowed is True
    assert gate.may_contact(lead, "telegram", "marketing", now).reason == "suppressed"


def test_words_from_before_the_block_that_come_after_it_do_not_undo_it(client, connected):
    post_telegram(client, MESSAGE)
    post_telegram(client, membership("kicked"))
    post_telegram(client, update(update_id=7, message_id=7, text="antes", date=1795525399))
    assert Lead.objects.get().identities.get().blocked_at is not None
    post_telegram(client, update(update_id=8, message_id=8, text="volví", date=1795525401))
    assert Lead.objects.get().identities.get().blocked_at is None


def test_a_stranger_who_blocks_the_bot_is_only_noted(client, connected):
    post_telegram(client, membership("kicked"))
    assert (Lead.objects.count(), TelegramMessage.objects.get().lead) == (0, None)
