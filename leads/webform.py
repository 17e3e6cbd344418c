"""A brokerage's public web form: a page to link to, and an address for the form of its own site."""

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from brokers.models import Broker
from crm import correlation, limits, rowsecurity
from crm.errors import DomainError, TooMany
from crm.responses import apology, refusal
from leads import identity, scoring, storable
from leads.activity import log
from leads.chat import json_body
from leads.enums import Actor, ConsentPurpose, ConsentState
from leads.models import Consent, Lead
from leads.stages import Source

PER_MINUTE, PER_DAY = 20, 300
ORIGIN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "fbclid")
LONGEST = 200
CONSENT = _("Acepto recibir información comercial de %(broker)s.")


YES, NO = ("on", "true", "1", "yes", "sí", "si"), ("off", "false", "0", "no", "")


class Ticked(forms.CheckboxInput):
    """A box as browsers send it, or a word for yes or no; any other is for the field to refuse."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        given = data.get(name) or ""
        word = str(given).strip().casefold()
        return {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}.get(word, given)


class ConsentField(forms.BooleanField):
    """Given only by a plain yes: whatever cannot be understood is asked for again."""

    widget = Ticked

    def to_python(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise forms.ValidationError(_("Marca la casilla o déjala vacía."), code="invalid")
        return value


class ContactForm(forms.Form):
    """What a person tells of themselves; ``website`` is a field that only robots fill in."""

    name = forms.CharField(label=_("Nombre"), max_length=100)
    phone = forms.CharField(label=_("Teléfono"), max_length=20, required=False)
    email = forms.EmailField(label=_("Correo"), max_length=100, required=False)
    message = forms.CharField(
        label=_("¿Qué buscas?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    consent = ConsentField(required=False)
    website = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not (given.get("phone") or given.get("email")):
            raise forms.ValidationError(_("Déjanos un teléfono o un correo."), code="required")
        return {name: _tidy(value) for name, value in given.items()}


def _tidy(value: Any) -> Any:
    return storable.text(value) if isinstance(value, str) else value


@csrf_exempt  # nothing here rides on cookies: anybody may fill in the form, from any site
@xframe_options_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the form; POST takes it, as a form or as JSON, and never tells who was known."""
    open_ones = Broker.objects.filter(is_active=True)
    broker = rowsecurity.find(lambda: get_object_or_404(open_ones, slug=slug))
    correlation.bind(broker_id=broker.pk)
    is_json = request.content_type == "application/json"
    if request.method == "GET":
        return _shown(request, broker, ContactForm(), 200)
    try:
        _limit(request, broker)
        given = _from_json(request) if is_json else request.POST
    except DomainError as error:
        return apology(request, error)
    asked = ContactForm(given)
    if not asked.is_valid():
        return refusal(_first(asked)) if is_json else _shown(request, broker, asked, 400)
    if not asked.cleaned_data["website"]:
        submit(broker, asked.cleaned_data, origin=origin(request, given), at=timezone.now())
    if is_json:
        return JsonResponse({"received": True}, status=201)
    return render(request, "leads/form.html", {"broker": broker, "done": True})


@transaction.atomic
def submit(
    broker: Broker, given: dict[str, Any], *, origin: dict[str, str], at: datetime
) -> identity.Match:
    """Enter who filled in the form.

    What is typed on an open page proves nothing: it makes a lead of its own, suggested to people
    as a duplicate; only the same form sent again finds the lead that it made.
    """
    match = identity.find_or_create(
        broker,
        phone=given["phone"],
        email=given["email"] or None,
        name=given["name"],
        source=Source.FORM,
        at=at,
        typed_by_anybody=True,
        notes=given["message"],
        metadata={"origin": origin, "provenance": _said(given, at)},
    )
    if match.outcome != identity.Outcome.MATCHED:
        if given["consent"]:
            _consent(match.lead, origin, at)
        scoring.rescore(match.lead, at=at)
    told = {"message": given["message"], "origin": origin}
    log(match.lead, "form_submitted", actor=Actor.LEAD, at=at, **told)
    return match


def _said(given: dict[str, Any], at: datetime) -> dict[str, Any]:
    said = {"by": "lead", "message": None, "user": None, "at": at.isoformat(), "confidence": 1.0}
    return {name: said for name in ("name", "phone", "email") if given[name]}


def _consent(lead: Lead, origin: dict[str, str], at: datetime) -> None:
    """What was ticked, in the words that stood beside it."""
    words = CONSENT % {"broker": lead.broker.name}
    Consent.objects.create(
        lead=lead,
        broker_id=lead.broker_id,
        purpose=ConsentPurpose.MARKETING,
        state=ConsentState.GRANTED,
        at=at,
        evidence=f"«{words}» {origin.get('page', '')}".strip(),
    )


def origin(request: HttpRequest, given: Any) -> dict[str, str]:
    """The campaign that led here, from the fields or the address, and the page."""
    found = {name: given.get(name) or request.GET.get(name) for name in ORIGIN}
    found["page"] = given.get("page") or request.headers.get("Referer")
    return {
        name: storable.text(value)[:LONGEST]
        for name, value in found.items()
        if isinstance(value, str) and value
    }


def _from_json(request: HttpRequest) -> dict[str, Any]:
    body = json_body(request)
    known = {*ContactForm.base_fields, *ORIGIN, "page"}
    return {name: value for name, value in body.items() if name in known}


def _first(asked: ContactForm) -> DomainError:
    field, errors = next(iter(asked.errors.as_data().items()))
    name = "phone" if field == "__all__" else field
    return DomainError(errors[0].messages[0], code=errors[0].code or "invalid", field=name)


def _shown(request: HttpRequest, broker: Broker, asked: ContactForm, status: int) -> HttpResponse:
    context = {
        "broker": broker,
        "form": asked,
        "consent": CONSENT % {"broker": broker.name},
        "origin": origin(request, request.POST or QueryDict()),
    }
    return render(request, "leads/form.html", context, status=status)


def _limit(request: HttpRequest, broker: Broker) -> None:
    address = limits.address_of(request)
    for limit, seconds in ((PER_MINUTE, 60), (PER_DAY, 86_400)):
        if limits.exceeded(f"form:{broker.pk}:{address}:{seconds}", limit=limit, seconds=seconds):
            raise TooMany(retry_after=60)
