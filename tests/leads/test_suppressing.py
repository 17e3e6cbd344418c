"""The list of whom not to contact: normalised, taken in with a report, lifted with a reason."""

from datetime import timedelta

import pytest

from crm.errors import DomainError
from leads import consenting, gate, identity, inbox, suppressing
from leads.enums import Channel, Purpose, SuppressionChange
from leads.models import Consent, Lead, LeadSignal, Suppression, SuppressionEvent
from leads.stages import Source
from tests.factories import ChannelIdentityFactory, ConversationFactory, LeadFactory

pytestmark = pytest.mark.django_db
PHONE, MAIL = "+56987654321", "camila@example.com"


def take_in(broker, content, at, **more) -> suppressing.Report:
    return suppressing.take_in(broker, content, reason="Lista 2026", by=None, at=at, **more)


def marks() -> set[tuple[str, str]]:
    return set(Suppression.objects.values_list("channel", "identifier"))


def test_a_list_as_excel_writes_it_is_taken_in_once_and_reported(broker, rival, at) -> None:
    content = (
        "Nombre;Teléfono;Correo\r\n"
        "Peña;9 8765 4321;CAMILA@Example.com\r\n"
        "\r\n"
        "Soto;(2) 2345 6789;\r\n"
        "Soto;+56 2 2345 6789;\r\n"
        "Nadie;123;no-es-correo@\r\n"
    ).encode("cp1252")
    report = take_in(broker, content, at)
    assert (report.accepted, report.known, report.invalid) == (3, 1, 1)
    assert report.refused == [(5, "Nadie 123 no-es-correo@")]
    assert marks() == {("", PHONE), ("", MAIL), ("", "+56223456789")}
    again = take_in(broker, content, at + timedelta(days=1))
    assert (again.accepted, again.known, again.invalid) == (0, 4, 1)
    assert set(Suppression.objects.values_list("created_at", "broker")) == {(at, broker.pk)}
    assert SuppressionEvent.objects.filter(change="added", reason="Lista 2026").count() == 3
    assert take_in(rival, MAIL, at).accepted == 1


@pytest.mark.parametrize("content", ["", "\n \n", "nombre\n", "\ufeff"])
def test_a_list_of_nothing_takes_nothing_in(broker, content, at) -> None:
    assert vars(take_in(broker, content, at)) == vars(suppressing.Report())


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\x00\x01\x02", "not_text"), (b"9" * (suppressing.MAX_BYTES + 1), "too_large")],
)
def test_what_is_no_list_is_refused(broker, content, code, at) -> None:
    with pytest.raises(DomainError) as refusal:
        take_in(broker, content, at)
    assert refusal.value.code == code
    assert marks() == set()


def test_a_long_list_shows_its_first_refusals_and_counts_them_all(broker, at) -> None:
    report = take_in(broker, "\n".join(["no es nada 1"] * 500), at)
    assert (report.invalid, len(report.refused)) == (500, suppressing.MAX_SHOWN)


def test_what_cannot_be_dialled_or_mailed_is_not_marked(broker, admin, at) -> None:
    with pytest.raises(suppressing.NotUnderstood):
        suppressing.add(broker, "12 34", reason="x", by=admin, at=at)
    row, is_new = suppressing.add(broker, " 09 8765 4321 ", reason="x", by=admin, at=at)
    assert (row.identifier, is_new) == (PHONE, True)
    assert suppressing.add(broker, PHONE, reason="y", by=admin, at=at) == (row, False)
    assert SuppressionEvent.objects.get().by == admin


@pytest.mark.parametrize("way", ["api", "import", "chat"])
def test_a_suppressed_person_who_comes_back_stays_suppressed_for_marketing(
    broker, inbound, way, at
) -> None:
    """Service opens with a message of their own; marketing and calls do not."""
    take_in(broker, PHONE, at - timedelta(days=30))
    if way == "chat":
        told = inbound("Hola de nuevo", channel=Channel.WHATSAPP, phone_e164=PHONE)
        lead = inbox.receive(told).message.lead
    else:
        match = identity.find_or_create(broker, phone=PHONE, source=Source(way), at=at)
        assert match.outcome == identity.Outcome.SUPPRESSED
        lead = match.lead
        ChannelIdentityFactory(broker=broker, lead=lead, channel="whatsapp", external_id="w")
    later = at + timedelta(minutes=1)
    lead = Lead.objects.select_related("broker__brokerleadconfig").get(pk=lead.pk)
    ask = [Purpose.MARKETING, Purpose.CALL, Purpose.REPLY]
    reasons = [gate.may_contact(lead, Channel.WHATSAPP, each, later).reason for each in ask]
    assert reasons == ["suppressed", "suppressed", "" if way == "chat" else "suppressed"]


def test_lifting_needs_a_reason_and_lets_campaigns_through_again(chatting, admin, at) -> None:
    consenting.opt_out(
        chatting, channel="whatsapp", everything=True, evidence="alto", at=at, confirm=False
    )
    with pytest.raises(DomainError) as refusal:
        consenting.lift(chatting, reason=" ", by=admin, at=at)
    assert refusal.value.code == "reason_required"
    assert gate.may_contact(chatting, "telegram", "marketing", at).reason == "suppressed"
    consenting.lift(chatting, reason="Firmó de nuevo", by=admin, at=at)
    assert gate.may_contact(chatting, "telegram", "marketing", at).allowed
    assert marks() == set()
    lifted = SuppressionEvent.objects.filter(change=SuppressionChange.LIFTED)
    assert set(lifted.values_list("identifier", "by", "reason")) == {
        (name, admin.pk, "Firmó de nuevo")
        for name in (chatting.phone_e164, MAIL, "whatsapp-1", "telegram-1", "webchat-1")
    }
    states = Consent.objects.order_by("pk").values_list("state", "by")
    assert list(states) == [("withdrawn", None), ("lifted", admin.pk)]
    assert not LeadSignal.objects.get(kind="opted_out").active
    assert Lead.objects.get(pk=chatting.pk).lead_score_components["behavior"] == 0
    with pytest.raises(DomainError) as nothing_left:
        consenting.lift(chatting, reason="otra vez", by=admin, at=at)
    assert nothing_left.value.code == "not_suppressed"


def test_after_lifting_a_new_phone_is_not_marked_and_a_new_opt_out_counts(
    chatting, admin, at
) -> None:
    stop = {"channel": "whatsapp", "everything": True, "evidence": "alto"}
    consenting.opt_out(chatting, at=at, **stop)
    consenting.lift(chatting, reason="Firmó", by=admin, at=at)
    Lead.objects.filter(pk=chatting.pk).update(phone_e164="+56911112222")
    chatting.refresh_from_db()
    consenting.cover(chatting)
    assert marks() == set()
    consenting.opt_out(chatting, at=at, **stop)
    assert ("", "+56911112222") in marks()
    assert chatting.messages.filter(purpose=Purpose.CONFIRM_OPT_OUT).count() == 2
    assert Consent.objects.filter(state="withdrawn").count() == 2


def test_lifting_one_identifier_leaves_the_others_and_other_brokers(
    chatting, rival, admin, at
) -> None:
    take_in(rival, PHONE, at)
    take_in(chatting.broker, f"{MAIL}\n{chatting.phone_e164}", at)
    mark = Suppression.objects.get(broker=chatting.broker, identifier=MAIL)
    consenting.lift_mark(mark, reason="Correo de otra persona", by=admin, at=at)
    assert marks() == {("", PHONE), ("", chatting.phone_e164)}
    assert gate.may_contact(chatting, "telegram", "marketing", at).reason == "suppressed"


def test_a_thousand_entries_cost_a_few_queries(broker, at, django_assert_max_num_queries) -> None:
    content = "\n".join(f"+5698{n:07d}" for n in range(1000))
    with django_assert_max_num_queries(8):
        assert take_in(broker, content, at).accepted == 1000


def test_names_of_two_channels_are_told_apart(broker, at) -> None:
    lead = LeadFactory(broker=broker, phone="", phone_e164=None)
    ConversationFactory(broker=broker, lead=lead)
    ChannelIdentityFactory(broker=broker, lead=lead, channel="telegram", external_id="77")
    suppressing.put(broker.pk, [("whatsapp", "77")], reason="x", at=at)
    assert not suppressing.of_lead(lead).exists()
    suppressing.put(broker.pk, [("telegram", "77")], reason="x", at=at)
    assert suppressing.of_lead(lead).count() == 1
