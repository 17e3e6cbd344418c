"""What lists of leads, conversations and messages are filtered by."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.filters import BooleanFilter, CharFilter, ChoiceFilter, NumberFilter
from django_filters.rest_framework.filterset import FilterSet
from rest_framework.exceptions import ValidationError

from crm.api.filters import LARGEST
from leads.enums import Holder
from leads.models import Conversation, Lead, MessageTemplate
from leads.stages import Stage, Status, Treatment

NOBODY = "none"


class LeadFilter(FilterSet):
    """``assigned_to=none`` is the pool; several statuses, stages or tags go with commas."""

    status = CharFilter(method="any_status")
    pipeline_stage = CharFilter(method="any_stage")
    treatment_type = ChoiceFilter(choices=Treatment.choices)
    assigned_to = CharFilter(method="of_person")
    score_min = NumberFilter(field_name="lead_score", lookup_expr="gte")
    score_max = NumberFilter(field_name="lead_score", lookup_expr="lte")
    tags = CharFilter(method="with_tags")

    class Meta:
        model = Lead
        fields = ["source"]

    def any_status(self, queryset: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return queryset.filter(status__in=_each(name, value, Status.values))

    def any_stage(self, queryset: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return queryset.filter(pipeline_stage__in=_each(name, value, Stage.values))

    def of_person(self, queryset: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        if value == NOBODY:
            return queryset.filter(assigned_to__isnull=True)
        return queryset.filter(assigned_to=_id(name, value))

    def with_tags(self, queryset: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return queryset.filter(tags__contains=[tag.strip() for tag in value.split(",")])


class ConversationFilter(FilterSet):
    """``state`` says who holds the microphone: waiting, assistant or human."""

    unread = BooleanFilter(field_name="unread")

    STATES = {"waiting": Holder.WAITING, "assistant": Holder.ASSISTANT, "human": Holder.USER}

    state = ChoiceFilter(choices=[(state, state) for state in STATES], method="held")

    class Meta:
        model = Conversation
        fields = ["channel"]

    def held(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(holder=self.STATES[value])


class TemplateFilter(FilterSet):
    class Meta:
        model = MessageTemplate
        fields = ["channel", "agent_type", "approval"]


def _each(name: str, value: str, known: list[str]) -> list[str]:
    asked = [part.strip() for part in value.split(",")]
    unknown = [part for part in asked if part not in known]
    if unknown:
        detail = _("«%s» no es una opción válida.") % unknown[0]
        raise ValidationError({name: detail}, code="invalid_choice")
    return asked


def _id(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) > LARGEST:
        raise ValidationError({name: _("Debe ser un número o «none».")}, code="invalid")
    return int(value)
