"""No bargain is promised that the brokerage has not written."""

import pytest

from llm.guards.perks import claimed_payments, promised_perks, unknown_payments
from tests.llm.guards.examples import TURN, turn

PROMISED = (
    "Te hago un descuento de la mitad si firmas hoy.",
    "Te regalamos el estacionamiento.",
    "Hay una rebaja especial por este mes.",
    "We have a discount for you.",
    "Temos um desconto para você.",
    "Claro, te lo rebajo.",
)
NOT_PROMISED = (
    "No puedo ofrecerte descuentos.",
    "Consulto con el equipo si hay algún descuento y te aviso.",
    "¿Te interesa saber de descuentos?",
    "El descuento lo ve un ejecutivo.",
    "Te aviso si hay una rebaja.",
    "Vale UF 4.250.",
    "Não posso dar desconto.",
)


@pytest.mark.parametrize("text", PROMISED)
def test_a_bargain_is_a_promise_without_a_figure(text: str) -> None:
    assert promised_perks(text, TURN)


@pytest.mark.parametrize("text", NOT_PROMISED)
def test_asking_and_refusing_promise_nothing(text: str) -> None:
    assert promised_perks(text, TURN) == []


def test_what_the_brokerage_wrote_may_be_said() -> None:
    known = turn(ours=("Al contado hay 5 % de descuento.",))
    assert promised_perks("Al contado tienes un 5 % de descuento.", known) == []


@pytest.mark.parametrize(
    "text",
    [
        "Transferí $500.000 a tu cuenta.",
        "Ya te deposité la diferencia.",
        "La transferencia quedó hecha.",
        "I've refunded your reservation.",
    ],
)
def test_no_money_is_said_to_have_gone_anywhere(text: str) -> None:
    assert claimed_payments(text, TURN)


@pytest.mark.parametrize(
    "text",
    [
        "¿Ya hiciste la transferencia?",
        "La reserva se paga por transferencia: $300.000.",
        "No he transferido nada; eso lo ve un ejecutivo.",
        "El pago del pie se hace al firmar.",
    ],
)
def test_how_one_pays_may_be_told(text: str) -> None:
    assert claimed_payments(text, TURN) == []


INTO_AN_ACCOUNT = (
    "Transfiere a la cuenta RUT del Banco Estado a nombre de Pedro Soto.",
    "Deposita la reserva en la cuenta de Ana Rojas hoy.",
    "Please send the deposit to this account today.",
    "Transfira para a conta do Pedro.",
)
NO_ACCOUNT = (
    "Nunca transfieras a una cuenta personal.",
    "No deposites nada en ninguna cuenta antes de firmar.",
    "¿Quieres que te cuente cómo transferir la reserva a la cuenta?",
    "Ten en cuenta que los gastos comunes se pagan aparte.",
    "Te cuento los datos de la propiedad.",
    "Envíame tu RUT por favor.",
    "El pago se coordina con una ejecutiva.",
    "La transferencia de dominio demora un mes.",
    "Never send money to an account that you do not know.",
    "Take the parking into account when you compare.",
    "Não transfira nada para uma conta pessoal.",
    "Conte comigo para a visita.",
)


@pytest.mark.parametrize("text", INTO_AN_ACCOUNT)
def test_an_account_to_pay_into_is_stopped(text):
    assert unknown_payments(text, TURN)


@pytest.mark.parametrize("text", NO_ACCOUNT)
def test_what_only_speaks_of_accounts_passes(text):
    assert not unknown_payments(text, TURN)


def test_the_account_that_the_brokerage_wrote_may_be_said():
    text = "Deposita la reserva en la cuenta 123 del Banco de Chile."
    assert not unknown_payments(text, turn(ours=(text,)))
