"""What leaves by mail."""

import pytest

from tests.channels import send

pytestmark = pytest.mark.django_db


def test_a_letter_is_in_the_brokers_name_with_our_own_id(mail, camila, at):
    camila.broker.email = "contacto@andes.example"
    camila.broker.save()
    message = send(camila, "email", "Hola Camila", at)
    letter = mail.letters[0]
    assert (letter["Subject"], letter["To"], letter["From"], letter["Reply-To"]) == (
        "Mensaje de Andes Propiedades",
        "camila@example.com",
        "Andes Propiedades <crm@andes.example>",
        "contacto@andes.example",
    )
    assert letter["Message-ID"] == f"<message-{message.pk}@andes.example>"
    assert message.channel_message_id == letter["Message-ID"]


def test_a_brokers_name_adds_no_headers(mail, camila, at):
    camila.broker.name = "Andes\nBcc: otro@example.com"
    camila.broker.save()
    assert send(camila, "email", "hola", at).status == "sent"
    assert (mail.letters[0]["Bcc"], mail.letters[0]["To"]) == (None, "camila@example.com")


def test_a_lead_without_an_address_gets_no_letter(mail, camila, at):
    camila.email = None
    camila.save()
    message = send(camila, "email", "hola", at)
    assert (message.status, message.reason, mail.letters) == ("blocked", "no_identity", [])


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ("421 closing", "pending", "try_later"),
        ("452 full", "pending", "try_later"),
        ("553 no", "failed", "rejected"),
    ],
)
def test_what_the_server_answers_has_a_meaning(mail, camila, at, answer, status, reason):
    mail.next = [answer]
    message = send(camila, "email", "hola", at)
    assert (message.status, message.reason) == (status, reason)
