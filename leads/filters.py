"""What lists of leads, conversations and messages are filtered by."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django_filters.filters import BooleanFilter, CharFilter, ChoiceFilter, NumberFilter
from django_filters.rest_framework.filterset import FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from crm.api.filters import LARGEST, SearchFilter
from leads import metrics, reading, search
from leads.models import (
    Attachment,
    Conversation,
    Lead,
    LeadAlert,
    LeadMerge,
    MergeSuggestion,
    MessageTemplate,
)
from leads.stages import Stage, Status, Treatment

NOBODY = "none"


class LeadSearch(SearchFilter):
    """By any part of name, e-mail or phone, without regard to accents and punctuation."""

    path = ""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        asked = " ".join(self.get_search_terms(request))
        return search.matching(queryset, asked, path=self.path)


class LeadFilter(FilterSet):
    """``assigned_to=none`` is the pool; several statuses, stages or tags go with commas."""

    status = CharFilter(method="any_status")
    pipeline_stage = CharFilter(method="any_stage")
    treatment_type = ChoiceFilter(choices=Treatment.choices)
    assigned_to = CharFilter(method="of_person")
    score_min = NumberFilter(field_name="lead_score", lookup_expr="gte")
    score_max = NumberFilter(field_name="lead_score", lookup_expr="lte")
    tags = CharFilter(method="with_tags")
    conflicts = BooleanFilter(method="in_conflict")
    stuck = BooleanFilter(method="standing_long")

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

    def in_conflict(self, queryset: QuerySet[Lead], name: str, value: bool) -> QuerySet[Lead]:
        open_ones = Q(metadata__has_key="conflicts")
        return queryset.filter(open_ones if value else ~open_ones)

    def standing_long(self, queryset: QuerySet[Lead], name: str, value: bool) -> QuerySet[Lead]:
        user = self.request.user
        leads = Lead.objects.visible_to(user).living()
        stuck = metrics.stuck(leads, broker=user.broker, at=now())
        return queryset.filter(stuck if value else ~stuck)


class ConversationSearch(LeadSearch):
    path = "lead__"


class ConversationFilter(FilterSet):
    """``state`` says who holds the microphone, ``mine`` that the caller looks after the lead."""

    unread = BooleanFilter(method="not_seen")
    needs_person = BooleanFilter(method="asking")
    mine = BooleanFilter(method="looked_after")
    undelivered = BooleanFilter(method="with_lost_messages")
    state = ChoiceFilter(choices=[(state, state) for state in reading.STATES], method="held")

    class Meta:
        model = Conversation
        fields = ["channel"]

    def held(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(holder=reading.STATES[value])

    def not_seen(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset.filter(reading.IS_UNREAD if value else ~reading.IS_UNREAD)

    def asking(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset.filter(reading.NEEDS_PERSON if value else ~reading.NEEDS_PERSON)

    def with_lost_messages(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset.filter(reading.undelivered() if value else ~reading.undelivered())

    def looked_after(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        mine = reading.of(self.request.user)
        return queryset.filter(mine if value else ~mine)


class AttachmentFilter(FilterSet):
    class Meta:
        model = Attachment
        fields = ["state", "kind", "message"]


class SuggestionFilter(FilterSet):
    """Those still to be decided, unless ``state`` asks for others."""

    state = ChoiceFilter(choices=MergeSuggestion.State.choices)

    class Meta:
        model = MergeSuggestion
        fields = ["reason"]


class MergeFilter(FilterSet):
    class Meta:
        model = LeadMerge
        fields = ["loser", "survivor"]


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


class AlertFilter(FilterSet):
    seen = BooleanFilter("seen_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = LeadAlert
        fields = ["kind", "state", "lead"]
