"""Templates in step with Meta: listed, handed in, and told by webhook."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from brokers.models import BrokerChatConfig
from crm.models import FailedTask
from leads import outbox
from leads.models import Conversation, MessageTemplate
from leads.tasks import sweep_templates, sync_templates
from tests import payloads
from tests.api import signed_in
from tests.channels import WHATSAPP, camila, connect, connected, meta, post_whatsapp, telegram
from tests.factories import MessageTemplateFactory
from tests.fakes.meta import DOWN, EXPIRED_TOKEN, failure, template

__all__ = ["camila", "connected", "meta", "telegram"]
pytestmark = pytest.mark.django_db
TEMPLATES = "/api/v1/templates/"
REMINDER = "Hola {{name}}, te esperamos {{when}} en la oficina."


@pytest.fixture
def api(admin, connected):
    return signed_in(admin)


def synced(api):
    answer = api.post(f"{TEMPLATES}sync/")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def one(**by):
    return MessageTemplate.objects.get(**by)


def rest_of(broker, **fields):
    fields = {"channel": "whatsapp", "name": "Recordatorio de visita", **fields}
    return MessageTemplateFactory(broker=broker, content=REMINDER, **fields)


# --- Listed ---


def test_every_page_of_metas_list_becomes_templates_of_ours(api, meta):
    words = ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED")
    meta.templates = [template(f"t_{word.lower()}", REMINDER, status=word) for word in words]
    meta.templates[2]["rejected_reason"] = "INCORRECT_CATEGORY"
    assert synced(api) == {"seen": 5, "created": 5, "changed": 0, "usable": 1}
    listed = MessageTemplate.objects.order_by("pk").values_list("whatsapp_name", "approval")
    assert list(listed) == [(f"t_{word.lower()}", word.lower()) for word in words]
    rejected = one(whatsapp_name="t_rejected")
    assert rejected.approval_reason.startswith("La categoría no corresponde")
    assert (rejected.content, rejected.variables, rejected.whatsapp_language) == (
        REMINDER, ["name", "when"], "es_CL",
    )  # fmt: skip
    assert (rejected.category, rejected.quality) == ("utility", "GREEN")
    assert [path.startswith(f"/v23.0/{WHATSAPP['business_account_id']}/") for path in meta.asked] == [
        True, True, True,
    ]  # fmt: skip
    assert synced(api) == {"seen": 5, "created": 0, "changed": 0, "usable": 1}


def test_a_template_of_ours_joins_metas_of_that_name_and_keeps_its_variables(api, meta, connected):
    ours = MessageTemplateFactory(
        broker=connected,
        content="Hola {{first_name}}, te esperamos {{when}} en la oficina.",
        whatsapp_name="visita",
        whatsapp_language="es_CL",
    )
    body = "Hola {{1}}, te esperamos {{2}} en la oficina."
    meta.templates = [template("visita", body, parameter_format="POSITIONAL")]
    assert synced(api) == {"seen": 1, "created": 0, "changed": 1, "usable": 1}
    ours.refresh_from_db()
    assert (ours.variables, ours.approval, ours.opens_window) == (
        ["first_name", "when"], "approved", True,
    )  # fmt: skip


def test_what_changed_or_went_at_meta_changes_here(api, meta):
    meta.templates = [template("uno", REMINDER), template("dos", REMINDER)]
    synced(api)
    meta.templates[0]["components"][0]["text"] = "Hola {{name}}, nos vemos {{when}} allá."
    meta.templates.pop()
    assert synced(api)["changed"] == 1
    assert one(whatsapp_name="uno").content == "Hola {{name}}, nos vemos {{when}} allá."
    gone = one(whatsapp_name="dos")
    assert (gone.approval, gone.approval_reason) == ("disabled", "Ya no existe en Meta.")


def test_the_same_name_in_two_languages_is_two_templates(api, meta):
    meta.templates = [template("hola", "Hola"), template("hola", "Olá", language="pt_BR")]
    synced(api)
    assert list(MessageTemplate.objects.order_by("pk").values_list("name", flat=True)) == [
        "hola", "hola (pt_BR)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "part",
    [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://x.cl/{{1}}"}]},
    ],
)
def test_a_template_that_needs_more_than_text_is_shown_and_opens_nothing(api, meta, part):
    meta.templates = [template("foto", REMINDER, more=[part])]
    assert synced(api)["usable"] == 0
    assert (one().approval, one().opens_window) == ("unsupported", False)


def test_items_of_a_shape_that_is_not_known_are_passed_over(api, meta):
    meta.templates = [{"id": 7}, template("uno", REMINDER), {"name": None}]
    assert (synced(api)["seen"], MessageTemplate.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (EXPIRED_TOKEN, 409, "El token de acceso venció"),
        (DOWN, 409, "El proveedor tuvo una falla"),
        ((200, {"data": "x"}), 409, "No se pudo llegar"),
    ],
)
def test_what_meta_refuses_is_told_and_changes_nothing(api, meta, answer, status, told):
    meta.templates = [template("uno", REMINDER)]
    synced(api)
    meta.next = [answer]
    refused = api.post(f"{TEMPLATES}sync/")
    assert refused.status_code == status
    assert refused.json()["errors"][0]["detail"].startswith(told)
    assert one().approval == "approved"


def test_without_the_accounts_id_the_admin_is_told_where_it_goes(api, meta, connected):
    without = {**WHATSAPP, "business_account_id": ""}
    BrokerChatConfig.objects.filter(broker=connected).update(provider_configs={"whatsapp": without})
    refused = api.post(f"{TEMPLATES}sync/")
    assert (refused.status_code, "«Canales»" in refused.json()["errors"][0]["detail"]) == (
        409,
        True,
    )


def test_agents_and_strangers_sync_and_submit_nothing(agent, rival_admin, connected, meta):
    row = rest_of(connected)
    for who, sync, submit in ((agent, 403, 403), (rival_admin, 409, 404)):
        caller = signed_in(who)
        assert caller.post(f"{TEMPLATES}sync/").status_code == sync
        assert caller.post(f"{TEMPLATES}{row.pk}/submit/").status_code == submit
    assert (meta.asked, meta.requests) == ([], [])


def test_the_trouble_of_one_broker_holds_up_no_other_and_is_filed_once(meta, connected, rival):
    connect(rival, suffix="-rival")
    meta.templates = [template("uno", REMINDER)]
    assert sweep_templates() == 2
    meta.next = [EXPIRED_TOKEN]
    assert [sync_templates(broker_id=each.pk) for each in (connected, rival)] == [0, 1]
    assert one().broker == rival
    meta.next = [EXPIRED_TOKEN]
    sync_templates(broker_id=connected.pk)
    filed = FailedTask.objects.get()
    assert (filed.broker_id, filed.error, filed.state) == (
        connected.pk, "whatsapp_refused", "failed",
    )  # fmt: skip
    sync_templates(broker_id=connected.pk)
    filed.refresh_from_db()
    assert filed.state == "dismissed"


# --- Handed in ---


def test_a_template_is_handed_in_with_samples_and_waits_for_meta(api, meta, connected):
    row = rest_of(connected, category="utility")
    answer = api.post(f"{TEMPLATES}{row.pk}/submit/")
    assert (answer.status_code, answer.json()["approval"]) == (200, "pending")
    [(path, body)] = meta.requests
    assert path == f"/v23.0/{WHATSAPP['business_account_id']}/message_templates"
    assert body == {
        "name": "recordatorio_de_visita",
        "language": "es_CL",
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "BODY",
                "text": REMINDER,
                "example": {
                    "body_text_named_params": [
                        {"param_name": "name", "example": "Camila Rojas"},
                        {"param_name": "when", "example": "mañana a las 11:00"},
                    ]
                },
            }
        ],
    }
    assert api.post(f"{TEMPLATES}{row.pk}/submit/").status_code == 409
    meta.templates[0]["status"] = "APPROVED"
    assert synced(api) == {"seen": 1, "created": 0, "changed": 1, "usable": 1}


def test_a_changed_text_closes_the_window_until_it_is_approved_again(api, meta):
    body = "Hola {{1}}, te esperamos {{2}} en la oficina."
    meta.templates = [template("visita", body, parameter_format="POSITIONAL", id="77")]
    synced(api)
    url = f"{TEMPLATES}{one().pk}/"
    renamed = body.replace("{{1}}", "{{first_name}}").replace("{{2}}", "{{when}}")
    assert api.patch(url, {"content": renamed}).json()["opens_window"] is True
    changed = api.patch(url, {"content": f"¡{renamed}"}).json()
    assert (changed["approval"], changed["opens_window"]) == ("approved", False)
    assert api.patch(url, {"whatsapp_name": "otra"}).status_code == 400
    assert api.post(f"{url}submit/").json()["approval"] == "pending"
    path, sent = meta.requests[0]
    assert path == "/v23.0/77"
    assert sent["components"][0] == {
        "type": "BODY",
        "text": f"¡{body}",
        "example": {"body_text": [["Camila", "mañana a las 11:00"]]},
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{{name}}, te esperamos.", "al comienzo ni al final"),
        ("Te esperamos, {{name}}", "al comienzo ni al final"),
        ("Hola {{name}} {{when}} allá", "dos variables seguidas"),
        ("x" * 1025, "1.024"),
    ],
)
def test_what_meta_would_refuse_is_said_before_it_is_asked(api, meta, connected, content, told):
    row = MessageTemplateFactory(broker=connected, content=content)
    answer = api.post(f"{TEMPLATES}{row.pk}/submit/")
    assert (answer.status_code, told in answer.json()["errors"][0]["detail"]) == (400, True)
    assert meta.requests == []


def test_metas_own_words_reach_the_person_and_the_template_stands_as_before(api, meta, connected):
    row = rest_of(connected)
    meta.next = [failure(400, 100, "El nombre ya está en uso.")]
    answer = api.post(f"{TEMPLATES}{row.pk}/submit/")
    assert answer.status_code == 409
    row.refresh_from_db()
    assert (row.approval, row.whatsapp_body) == ("none", "")
    assert row.approval_reason.endswith("Meta: El nombre ya está en uso.")


def test_a_submission_whose_answer_was_lost_is_settled_by_the_next_sync(api, meta, connected):
    row, usual = rest_of(connected), meta.respond

    def takes_it_and_hangs_up(path, body):
        usual(path, body)
        raise ConnectionAbortedError

    meta.respond = takes_it_and_hangs_up
    assert api.post(f"{TEMPLATES}{row.pk}/submit/").status_code == 409
    row.refresh_from_db()
    assert (row.approval, row.whatsapp_id) == ("pending", "")
    synced(api)
    row.refresh_from_db()
    assert (row.approval, row.whatsapp_id) == ("pending", meta.templates[0]["id"])


def test_a_submission_that_never_arrived_is_free_again(api, meta, connected):
    row = rest_of(connected, approval="pending")
    hour_ago = row.updated_at - timedelta(hours=1)
    MessageTemplate.objects.filter(pk=row.pk).update(updated_at=hour_ago)
    synced(api)
    row.refresh_from_db()
    assert (row.approval, row.approval_reason) == ("none", "No llegó a Meta: envíala de nuevo.")


def test_only_whatsapps_templates_are_handed_in(api, meta, connected):
    row = rest_of(connected, channel="email")
    assert api.post(f"{TEMPLATES}{row.pk}/submit/").status_code == 400


# --- Told by webhook ---


@pytest.fixture
def known(connected):
    return rest_of(
        connected,
        whatsapp_id="901",
        whatsapp_name="recordatorio_visita",
        whatsapp_language="es_CL",
        approval="approved",
        category="utility",
    )


def told(client: Client, name, account="", **changes):
    payload = json.loads(json.dumps(payloads.load(f"whatsapp/{name}")))
    payload["entry"][0]["changes"][0]["value"].update(changes)
    payload["entry"][0]["id"] = account or payload["entry"][0]["id"]
    assert post_whatsapp(client, payload).status_code == 200


def test_a_rejection_comes_with_its_reason(client, known):
    told(client, "template_status")
    known.refresh_from_db()
    assert (known.approval, known.opens_window) == ("rejected", False)
    assert known.approval_reason == (
        "El formato no es válido: revisa variables y texto. Una variable quedó sin texto alrededor"
    )


@pytest.mark.parametrize(
    ("event", "approval"),
    [("APPROVED", "approved"), ("PAUSED", "paused"), ("DISABLED", "disabled"),
     ("PENDING", "pending"), ("REINSTATED", "approved"), ("LOCKED", "approved"), ("?", "approved")],
)  # fmt: skip
def test_every_event_of_a_template_has_its_state(client, known, event, approval):
    told(client, "template_status", event=event, reason="NONE", rejection_info=None)
    known.refresh_from_db()
    assert (known.approval, known.approval_reason) == (approval, "")


def test_quality_and_category_follow(client, known):
    told(client, "template_quality")
    told(client, "template_category")
    known.refresh_from_db()
    assert (known.quality, known.category, known.approval) == ("YELLOW", "marketing", "approved")


def test_a_template_handed_in_a_moment_ago_is_known_by_its_name(client, known):
    MessageTemplate.objects.filter(pk=known.pk).update(whatsapp_id="", approval="pending")
    told(client, "template_status", event="APPROVED", reason="NONE")
    known.refresh_from_db()
    assert (known.approval, known.whatsapp_id) == ("approved", "901")


def test_the_event_of_another_account_or_of_no_known_template_changes_nothing(client, known, rival):
    told(client, "template_status", account="999")
    told(client, "template_status", message_template_id=5, message_template_name="otra")
    MessageTemplate.objects.filter(pk=known.pk).update(broker=rival)
    told(client, "template_status")
    known.refresh_from_db()
    assert (known.approval, MessageTemplate.objects.count()) == ("approved", 1)


# --- Sent ---


@pytest.mark.parametrize("named", ["NAMED", "POSITIONAL"])
def test_our_variables_reach_meta_as_it_names_them(api, meta, camila, named):
    at = timezone.now()  # as the API has it
    theirs = REMINDER if named == "NAMED" else "Hola {{1}}, te esperamos {{2}} en la oficina."
    meta.templates = [template("visita", theirs, parameter_format=named)]
    synced(api)
    ours = "Hola {{first_name}}, te esperamos {{hora}} en la oficina."
    api.patch(f"{TEMPLATES}{one().pk}/", {"content": ours})
    Conversation.objects.filter(lead=camila).update(
        channel="whatsapp", last_inbound_at=at - timedelta(days=2)
    )
    asked = {"template": one().pk, "variables": {"hora": "mañana\n a las 11"}}
    sent = api.post(f"/api/v1/leads/{camila.pk}/messages/", asked, format="json")
    assert sent.status_code == 201, sent.json()
    outbox.deliver(sent.json()["id"], at=timezone.now())
    parameters = meta.sent[0]["template"]["components"][0]["parameters"]
    assert [each["text"] for each in parameters] == ["Camila", "mañana a las 11"]
    names = [each.get("parameter_name") for each in parameters]
    assert names == (["name", "when"] if named == "NAMED" else [None, None])
