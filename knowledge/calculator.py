"""A brokerage's public calculator: what a household could look for, and a lead for who leaves their data."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from brokers.language import in_language_of
from brokers.models import Broker
from crm import correlation, limits, rowsecurity
from crm.errors import TooMany
from knowledge import affordability, figures
from knowledge.affordability import Dicom, Means, Orientation, Outcome
from knowledge.figures import Table
from leads import facts, identity, webform
from leads.facts import Facts
from leads.money import Currency, Money, format_money, parse_money
from leads.webform import ContactForm

TEMPLATE = "knowledge/calculator.html"
READS, SUMS, SUMS_A_DAY = 60, 20, 300
LONGEST = 40
LEAST_INCOME = 10_000  # pesos; less is an income told in thousands
# A bare number below is in UF: nobody saves so few pesos for a home, nor so many UF.
PESOS_FROM = 100_000
NOTES = 2_000
# A dash before the first digit; thousands with spaces between them, as 1 200 000; and numbers that
# stand apart otherwise, of which the first alone would be read.
NEGATIVE = re.compile(r"\D*[-\u2212\u2013]\D*\d")
SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?:\s\d{3})+(?![\d\s.,]*\d)")
APART = re.compile(r"\d\s+\d")


class AmountField(forms.CharField):
    """An amount as Chileans write it: 1.200.000, 1,2 millones, UF 300."""

    default_error_messages = {
        "invalid": _("Escribe un monto, como 1.200.000 o UF 300."),
        "negative": _("El monto no puede ser negativo."),
        "too_much": _("Revisa el monto: lo más que se calcula es %(most)s."),
    }

    def __init__(self, *, most: Mapping[Currency, int], **named: Any) -> None:
        self.most = most
        super().__init__(**named)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        if NEGATIVE.match(text):
            raise forms.ValidationError(self.error_messages["negative"], code="negative")
        text = SPACED.sub(lambda group: "".join(group[0].split()), text)
        found = None if APART.search(text) else parse_money(text)
        if found is None or found.currency not in self.most:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        most = Money(Decimal(self.most[found.currency]), found.currency)
        if found.amount > most.amount:
            detail = self.error_messages["too_much"] % {"most": format_money(most)}
            raise forms.ValidationError(detail, code="too_much")
        return found


def _amount(
    label: Any,
    *,
    required: bool = False,
    hint: Any = "",
    most: Mapping[Currency, int] = affordability.MOST_A_MONTH,
) -> AmountField:
    return AmountField(
        label=label, max_length=LONGEST, required=required, help_text=hint, most=most
    )


class MeansForm(forms.Form):
    """What a household has: incomes and instalments by month, savings, and DICOM."""

    income = _amount(
        _("Tu renta líquida mensual"),
        required=True,
        hint=_("Lo que recibes al mes. Ej.: 1.200.000"),
    )
    second_income = _amount(
        _("Renta de quien complementa"), hint=_("Si compras con tu pareja u otra persona")
    )
    down_payment = _amount(
        _("Ahorro para el pie"),
        hint=_("En pesos o en UF. Ej.: UF 400"),
        most=affordability.MOST_SAVED,
    )
    debts = _amount(_("Cuotas mensuales de otras deudas"), hint=_("Consumo, auto, tarjetas"))
    dicom = forms.ChoiceField(
        label=_("¿Tienes una deuda vigente en DICOM?"),
        choices=[("clean", _("No")), ("has_debt", _("Sí")), ("unknown", _("No sé"))],
        widget=forms.RadioSelect,
        initial="clean",
    )

    def clean_income(self) -> Any:
        income = self.cleaned_data["income"]
        if income.currency == "CLP" and income.amount < LEAST_INCOME:
            raise forms.ValidationError(
                _("Escribe la renta completa en pesos, como 1.200.000."), code="too_little"
            )
        return income

    def clean_down_payment(self) -> Any:
        saved = self.cleaned_data["down_payment"]
        if saved and saved.currency == "CLP" and saved.amount < PESOS_FROM:
            return Money(saved.amount, "UF")
        return saved

    def means(self, uf: float | None) -> Means:
        given = self.cleaned_data
        saved = given["down_payment"]
        return Means(
            income=_in_clp(given["income"], uf),
            second_income=_in_clp(given["second_income"], uf),
            debts=_in_clp(given["debts"], uf),
            down_payment=None if saved is None or not uf else _in_clp(saved, uf) / uf,
            dicom=cast(Dicom, given["dicom"]),
        )


def _in_clp(money: Money | None, uf: float | None) -> float:
    if money is None:
        return 0.0
    return float(money.amount) * ((uf or 0.0) if money.currency == "UF" else 1.0)


@csrf_exempt  # nothing here rides on cookies: the page may stand in a frame of any site
@xframe_options_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the form; POST the orientation, and with contact data it becomes a lead."""
    open_ones = Broker.objects.filter(is_active=True)
    broker = rowsecurity.find(lambda: get_object_or_404(open_ones, slug=slug))
    correlation.bind(broker_id=broker.pk)
    with in_language_of(broker) as language:
        try:
            # A page is cheap, but each sum may leave a lead.
            limits.require_few(
                request,
                f"calculate:{broker.pk}",
                reads=READS,
                posts=SUMS,
                posts_a_day=SUMS_A_DAY,
            )
            answer = _answered(request, broker)
        except TooMany as refusal:
            answer = _shown(request, broker, {"is_too_much": True}, refusal.status)
            answer.headers["Retry-After"] = str(refusal.data["retry_after"])
    answer.headers["Content-Language"] = language
    return answer


def _answered(request: HttpRequest, broker: Broker) -> HttpResponse:
    if request.method != "POST":
        return _shown(request, broker, {"form": MeansForm()})
    asked = MeansForm(request.POST)
    if not asked.is_valid():
        return _shown(request, broker, {"form": asked}, 400)
    at = timezone.now()
    table = figures.of(broker)
    found = affordability.orient(asked.means(table.uf), table, on=at.astimezone(broker.zone).date())
    context = {"form": asked, "found": found, "numbers": _numbers(found)}
    if "contact" not in request.POST:
        return _shown(request, broker, {**context, "contact": ContactForm()})
    contact = ContactForm(request.POST)
    if not contact.is_valid():
        return _shown(request, broker, {**context, "contact": contact}, 400)
    if not contact.cleaned_data["website"]:  # only robots fill that field in
        take_in(
            broker,
            contact.cleaned_data,
            asked,
            found,
            table,
            origin=webform.origin(request, request.POST),
            at=at,
        )
    return _shown(request, broker, {"done": True})


@transaction.atomic
def take_in(
    broker: Broker,
    given: dict[str, Any],
    asked: MeansForm,
    found: Orientation,
    table: Table,
    *,
    origin: dict[str, str],
    at: datetime,
) -> identity.Match:
    """Enter who left their data, with what they said as facts, as the assistant would keep it.

    What is typed proves nothing: an equal entry finds the lead that it made, and leaves its facts.
    """
    message = f"{given['message']}\n{_summary(asked, found)}".strip()[:NOTES]
    match = webform.submit(broker, {**given, "message": message}, origin=origin, at=at)
    if match.outcome != identity.Outcome.MATCHED:
        facts.record(match.lead, _facts(asked, table), source=facts.Source.LEAD, at=at)
    return match


def _facts(asked: MeansForm, table: Table) -> Facts:
    """The household's income is the lead's: two incomes are lent on as one."""
    means = asked.means(table.uf)
    income = facts.Money(amount=round(means.total)) if means.total else None
    return Facts(income=income, dicom=means.dicom, asked_financing=True)


def _summary(asked: MeansForm, found: Orientation) -> str:
    """What was typed and answered, for whoever attends the lead."""
    named = [
        f"{asked.fields[name].label}: {asked.cleaned_data[name]}"
        for name in ("income", "second_income", "down_payment", "debts")
        if asked.cleaned_data[name]
    ]
    if found.outcome == Outcome.RANGE:
        ends = {"low": _uf(found.low), "high": _uf(found.high)}
        named.append(_t("Orientación: %(low)s a %(high)s") % ends)
    return f"{_t('Calculadora')}. {'. '.join(named)}."


def _uf(amount: int) -> str:
    return format_money(Money(Decimal(amount), "UF"))


def _pesos(amount: int) -> str:
    return format_money(Money(Decimal(amount), "CLP"))


def _numbers(found: Orientation) -> dict[str, str]:
    """The range in words; an end that is the other is said once."""
    if found.outcome != Outcome.RANGE:
        return {}
    return {
        "uf": _from_to(_uf(found.low), _uf(found.high)),
        "pesos": _from_to(_pesos(found.in_clp(found.low)), _pesos(found.in_clp(found.high))),
        "dividend": _from_to(_pesos(found.dividend_low), _pesos(found.dividend_high)),
        "needed": _from_to(_uf(found.needed_low), _uf(found.needed_high)),
    }


def _from_to(low: str, high: str) -> str:
    return low if low == high else _t("%(low)s a %(high)s") % {"low": low, "high": high}


def _shown(
    request: HttpRequest, broker: Broker, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    common = {
        "broker": broker,
        "consent": webform.CONSENT % {"broker": broker.name},
        "origin": webform.origin(request, request.POST),
        "notice": affordability.notice(),
    }
    return render(request, TEMPLATE, {**common, **context}, status=status)
