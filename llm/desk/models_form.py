"""Which models a broker's assistant asks, chosen from lists that say what each costs."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from pydantic_ai.usage import RequestUsage
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from brokers import model_names
from brokers.models import BrokerPromptConfig
from llm import pricing, vendors

# What the lists offer; what a broker or the server has besides is offered too.
KNOWN = (
    "google:gemini-3.8-flash",
    "google:gemini-3.8-flash-lite",
    "google:gemini-2.5-flash",
    "google:gemini-2.5-flash-lite",
    "google:gemini-2.5-pro",
    "openai:gpt-5-mini",
    "openai:gpt-5-nano",
    "openai:gpt-5",
    "anthropic:claude-haiku-4-5",
    "anthropic:claude-sonnet-4-5",
)
# What a turn takes: the prompt with its tools and history, and two short answers.
TURN = RequestUsage(input_tokens=5_000, output_tokens=250)
PLACES = tuple(f"model_{number}" for number in range(1, model_names.MOST + 1))


def choices(config: BrokerPromptConfig) -> Iterator[tuple[str, str]]:
    """The models that this server can ask, and those that are chosen already."""
    own = [*(config.model_chain or []), config.writing_model]
    servers = [settings.LLM_MODEL, settings.LLM_FALLBACK_MODEL, settings.LLM_WRITING_MODEL]
    for spec in dict.fromkeys(filter(None, [*own, *servers, *KNOWN])):
        if spec in own or vendors.has_key(spec):
            yield spec, f"{spec} · {price_of(spec)}"


def price_of(spec: str) -> str:
    """What a thousand turns of a conversation cost on this model."""
    cost = cost_of_turn(spec)
    if cost is None:
        return _t("sin precio conocido")
    thousand = number_format(cost * 1000, decimal_pos=2)
    return _t("US$ %s por 1.000 respuestas") % thousand


def cost_of_turn(spec: str, usage: RequestUsage = TURN) -> Decimal | None:
    return pricing.cost_usd(vendors.vendor_of(spec), vendors.name_of(spec), usage)


class ModelsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The chain as five choices in order; an empty first one leaves it to the server."""

    class Meta:
        model = BrokerPromptConfig
        fields = ("writing_model", "temperature", "monthly_llm_budget_usd")
        widgets = {
            "temperature": UnfoldAdminTextInputWidget(
                attrs={"type": "number", "min": "0", "max": "2", "step": "0.1"}
            ),
            "monthly_llm_budget_usd": UnfoldAdminDecimalFieldWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = list(choices(self.instance))
        chain = self.instance.model_chain or []
        for place, name in enumerate(PLACES):
            empty = _("El del servidor") if place == 0 else _("Ninguno")
            self.fields[name] = forms.ChoiceField(
                label=_("Responde") if place == 0 else _("Si falla, responde"),
                choices=[("", empty), *offered],
                required=False,
                initial=chain[place] if place < len(chain) else "",
                widget=UnfoldAdminSelectWidget,
            )
        self.fields["writing_model"] = forms.ChoiceField(
            label=_("Escribe resúmenes y campañas"),
            choices=[("", _("El del servidor")), *offered],
            required=False,
            help_text=_("Uno económico basta."),
            widget=UnfoldAdminSelectWidget,
        )
        self.order_fields([*PLACES, "writing_model"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = [cleaned[name] for name in PLACES if cleaned.get(name)]
        if chosen and not cleaned.get(PLACES[0]):
            self.add_error(PLACES[0], _("Elige primero el modelo que responde."))
        self.instance.model_chain = list(dict.fromkeys(chosen)) or None
        return cleaned

    def store(self) -> BrokerPromptConfig:
        """Only these columns: the draft may have changed meanwhile."""
        self.instance.save(update_fields=["model_chain", *self.Meta.fields, "updated_at"])
        config: BrokerPromptConfig = self.instance
        return config
