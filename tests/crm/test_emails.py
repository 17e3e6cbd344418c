"""Every way of writing an e-mail is one address."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from crm.emails import one_spelling, validate_plain


@pytest.mark.parametrize(
    "written",
    [
        "ag1@secb.test",
        " AG1@SecB.Test\n",
        "ag1@ſecb.test",
        "ａｇ１＠ｓｅｃｂ．ｔｅｓｔ",
        "ag1@secb。test",
        "ag1@sec\u200bb.test",
        "ag1@se\u00adcb.test",
    ],
)
def test_each_of_these_is_the_same_address(written: str) -> None:
    assert one_spelling(written) == "ag1@secb.test"


def test_the_kelvin_sign_is_a_k() -> None:
    assert one_spelling("\u212aarl@Example.com") == "karl@example.com"


def test_a_domain_is_as_mail_servers_know_it() -> None:
    ascii_form = "ana@xn--via-8ma.cl"
    assert {one_spelling("ana@viña.cl"), one_spelling("Ana@VIN\u0303A.CL")} == {ascii_form}
    assert one_spelling(ascii_form) == ascii_form


def test_two_domains_stay_two() -> None:
    assert one_spelling("a@straße.example") != one_spelling("a@strasse.example")


@pytest.mark.parametrize(
    "odd", ["", "@", "a@", "@b", "a@b@c", "\x00", "\ud800@x.cl", "a@" + "ñ" * 9_999]
)
def test_what_is_no_address_has_one_spelling_too(odd: str) -> None:
    assert one_spelling(one_spelling(odd)) == one_spelling(odd)


@given(st.text(max_size=40))
def test_a_spelling_stays_as_it_is(text: str) -> None:
    assert one_spelling(one_spelling(text)) == one_spelling(text)


@pytest.mark.parametrize("address", ["añb@x.cl", "a@\U0001f4a9.la"])
def test_what_has_no_plain_spelling_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        validate_plain(address)
