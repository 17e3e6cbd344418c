"""What the home page tells of leads: the pipeline, who is hot, who waits for a person."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.admin.dashboard import Card, Row
from leads import reading, waiting
from leads.models import Conversation, Lead
from leads.stages import Stage, Status

SHOWN = 6


def cards(user: Any, at: datetime) -> list[Card]:
    leads = Lead.objects.visible_to(user).living()
    living = Conversation.objects.visible_to(user).filter(lead__merged_into=None)
    asking = living.filter(reading.ASKS_FOR_PERSON)
    return [*_figures(leads), _stages(leads), _hot(leads), _waiting(asking, at)]


def _list(query: str = "") -> str:
    return reverse("admin:leads_lead_changelist") + query


def _figures(leads: Any) -> list[Card]:
    count = leads.aggregate(
        working=Count("pk", filter=~Q(pipeline_stage__in=[Stage.WON, Stage.LOST])),
        hot=Count("pk", filter=Q(status=Status.HOT)),
        waiting=Count("pk", filter=Q(conversation__waiting_reason__gt="")),
    )
    hot, waits = _list("?status__exact=hot"), _list("?atencion=espera")
    return [
        Card(_("Leads en curso"), f"{count['working']}", link=_list(), icon="group", order=1),
        Card(_("Calientes"), f"{count['hot']}", link=hot, icon="local_fire_department", order=2),
        Card(_("Esperan a una persona"), f"{count['waiting']}", link=waits, icon="hail", order=3),
    ]


def _stages(leads: Any) -> Card:
    count = dict(leads.values_list("pipeline_stage").annotate(n=Count("pk")).order_by())
    most = max(count.values(), default=0) or 1
    rows = [
        Row(
            str(stage.label),
            str(count.get(stage.value, 0)),
            _list(f"?pipeline_stage__exact={stage.value}"),
            round(100 * count.get(stage.value, 0) / most),
        )
        for stage in Stage
    ]
    return Card(_("Leads por etapa"), rows=rows, icon="filter_alt", link=_list(), order=10)


def _hot(leads: Any) -> Card:
    hottest = leads.filter(status=Status.HOT).select_related("assigned_to")
    rows = [
        Row(
            str(lead),
            f"{lead.lead_score:.0f} · {lead.assigned_to or _('sin asignar')}",
            reverse("admin:leads_lead_change", args=[lead.pk]),
        )
        for lead in hottest.order_by("-lead_score", "-id")[:SHOWN]
    ]
    return Card(
        _("Leads calientes"),
        rows=rows,
        icon="local_fire_department",
        link=_list("?status__exact=hot&o=-5"),
        empty=_("Ningún lead está caliente por ahora."),
        order=20,
    )


def _waits(conversation: Conversation, at: datetime) -> str:
    told = [str(conversation.get_waiting_reason_display()), waiting.told(conversation, at=at)]
    return " · ".join(filter(None, told))


def _waiting(conversations: Any, at: datetime) -> Card:
    longest_first = conversations.order_by(F("waiting_since").asc(nulls_last=True), "-id")
    rows = [
        Row(
            str(each.lead),
            _waits(each, at),
            reverse("admin:leads_lead_change", args=[each.lead_id]) + "#conversacion",
            tone="danger",
        )
        for each in longest_first.select_related("lead__broker__brokerleadconfig")[:SHOWN]
    ]
    return Card(
        _("Conversaciones en espera"),
        rows=rows,
        icon="hail",
        link=reverse("admin:leads_conversation_inbox") + "?estado=esperan",
        empty=_("Nadie espera a una persona."),
        order=11,
    )
