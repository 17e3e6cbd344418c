"""What lists of leads, conversations and messages are filtered by."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django_filters.filters import Filter
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from crm.api.filters import (
    LARGEST,
    ChoiceFilter,
    EachFilter,
    FilterSet,
    MomentFilter,
    NumberFilter,
    SearchFilter,
    WordsFilter,
    YesNoFilter,
)
from crm.api.typed import WHOLE
from leads import identity, metrics, next_actions, reading, search
from leads.channels import kinds
from leads.enums import TaskState
from leads.models import (
    Attachment,
    Conversation,
    Lead,
    LeadAlert,
    LeadMerge,
    MergeSuggestion,
    MessageTemplate,
    Notification,
    Task,
)
from leads.stages import Stage, Status, Treatment

NOBODY = "none"


class LeadSearch(SearchFilter):
    """By any part of name, e-mail or phone, without regard to accents and punctuation."""

    path = ""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        asked = " ".join(self.get_search_terms(request))
        return search.matching(queryset, asked, path=self.path)


class PersonField(forms.Field):
    def to_python(self, value: Any) -> Any:
        """A person's id, or ``none``."""
        if value in self.empty_values or value == NOBODY:
            return value
        if not WHOLE.fullmatch(value):
            raise forms.ValidationError(_("Debe ser un número o «none»."), code="invalid")
        if not 0 < int(value) <= LARGEST:
            raise forms.ValidationError(_("No existe la persona «%s».") % value, code="invalid")
        return int(value)


@extend_schema_field({"type": "string", "pattern": "^(none|[1-9][0-9]{0,17})$"})
class PersonFilter(Filter):
    field_class: type[forms.Field] = PersonField

    def filter(self, qs: Any, value: Any) -> Any:
        nobody = {self.field_name: None}
        return qs.filter(**nobody) if value == NOBODY else super().filter(qs, value)


class LeadFilter(FilterSet):
    """``assigned_to=none`` is the pool; several statuses, stages or tags go with commas."""

    status = EachFilter(choices=Status.choices)
    pipeline_stage = EachFilter(choices=Stage.choices)
    treatment_type = ChoiceFilter(choices=Treatment.choices)
    assigned_to = PersonFilter()
    score_min = NumberFilter(field_name="lead_score", lookup_expr="gte")
    score_max = NumberFilter(field_name="lead_score", lookup_expr="lte")
    tags = WordsFilter("tags", lookup_expr="contains")
    conflicts = YesNoFilter(method="in_conflict")
    stuck = YesNoFilter(method="standing_long")

    class Meta:
        model = Lead
        fields = ["source"]

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

    unread = YesNoFilter(method="not_seen")
    needs_person = YesNoFilter(method="asking")
    mine = YesNoFilter(method="looked_after")
    undelivered = YesNoFilter(method="with_lost_messages")
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
    kind = ChoiceFilter(choices=[(kind, kind) for kind in kinds.OF_FILES])

    class Meta:
        model = Attachment
        fields = ["state", "message"]


class SuggestionFilter(FilterSet):
    """Those still to be decided, unless ``state`` asks for others."""

    state = ChoiceFilter(choices=MergeSuggestion.State.choices)
    reason = ChoiceFilter(choices=[(reason, reason) for reason in identity.SHARED])

    class Meta:
        model = MergeSuggestion
        fields: ClassVar[list[str]] = []


class MergeFilter(FilterSet):
    class Meta:
        model = LeadMerge
        fields = ["loser", "survivor"]


class TemplateFilter(FilterSet):
    class Meta:
        model = MessageTemplate
        fields = ["channel", "agent_type", "approval"]


class AlertFilter(FilterSet):
    seen = YesNoFilter("seen_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = LeadAlert
        fields = ["kind", "state", "lead"]


class TaskFilter(FilterSet):
    """``owner=none`` are those of nobody; ``due`` names open ones by the broker's calendar."""

    owner = PersonFilter()
    state = EachFilter(choices=TaskState.choices)
    due = ChoiceFilter(choices=[(name, name) for name in next_actions.SPANS], method="due_within")
    due_from = MomentFilter("due_at", lookup_expr="gte")
    due_to = MomentFilter("due_at", lookup_expr="lt")

    class Meta:
        model = Task
        fields = ["lead", "kind"]

    def due_within(self, queryset: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return queryset.filter(next_actions.due_within(value, at=now(), of=self.request.user))


class NotificationFilter(FilterSet):
    unread = YesNoFilter("read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = ["kind"]
