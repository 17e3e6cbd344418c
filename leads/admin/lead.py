"""The list of leads and the lead's page; every change of state goes through its door."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from crm.admin.doors import door, each, person
from crm.errors import Conflict
from crm.tenancy import Role, visible
from leads import (
    assignment,
    conflicts,
    consenting,
    editing,
    handoff,
    identity,
    outbox,
    phones,
    pipeline,
    rights,
    scoring,
    search,
    words,
)
from leads.admin import imports, page, replies
from leads.admin import metrics as metrics_page
from leads.admin.filters import Assignee, Attention, ScoreBand, Tag
from leads.admin.forms import (
    AddLeadForm,
    AssignForm,
    LeadForm,
    MoveForm,
    OptOutForm,
    ReplyForm,
    ResendForm,
    SettleForm,
)
from leads.admin.merging import MergePages
from leads.admin.rights import RightsButtons
from leads.enums import Holder
from leads.models import Lead
from leads.stages import BY_PEOPLE, Stage

STAGE_TONES = {
    "entrada": "info",
    "perfilamiento": "info",
    "calificacion_financiera": "primary",
    "agendado": "warning",
    "seguimiento": "warning",
    "referidos": "success",
    "ganado": "success",
    "perdido": "default",
}


def _open(lead: Lead) -> bool:
    return bool(BY_PEOPLE[Stage(lead.pipeline_stage)])


def _unassigned(lead: Lead) -> bool:
    return lead.assigned_to_id is None


@admin.register(Lead)
class LeadAdmin(RightsButtons, MergePages):
    """A lead as a broker works with it."""

    form = LeadForm
    change_form_template = "admin/leads/lead/page.html"
    list_display = (
        "who",
        "shown_stage",
        "shown_status",
        "shown_score",
        "assigned_to",
        "attention",
        "last_contacted",
    )
    list_filter = (
        Attention,
        "status",
        "pipeline_stage",
        Assignee,
        ScoreBand,
        ("tags", Tag),
        "treatment_type",
        "source",
    )
    list_filter_submit = True
    list_select_related = ("assigned_to", "broker__brokerleadconfig", "conversation__held_by")
    search_fields = ("searchable",)
    actions = ("rescore_chosen", "claim_chosen", "export_chosen")
    actions_list = ("metrics",)
    actions_detail = (
        "move",
        "claim",
        {
            "title": _("Más acciones"),
            "icon": "more_horiz",
            "items": ["assign", "rescore", "opt_out", "merge", "unmerge"],
        },
        {
            "title": _("Datos personales"),
            "icon": "shield_person",
            "items": list(RightsButtons.RIGHTS_ITEMS),
        },
    )
    empty_hint = _(
        "Los leads llegan solos por el chat web y los canales conectados. También puedes agregar uno."
    )
    fieldsets = (
        (
            _("Contacto"),
            {"fields": (("name", "phone"), ("email", "treatment_type"), "tags", "seen")},
        ),
        (
            _("Lo que busca"),
            {
                "fields": (
                    "location",
                    ("budget_amount", "budget_currency"),
                    ("property_type", "bedrooms"),
                    ("operation", "horizon"),
                    ("delivery", "subsidy"),
                    "pets",
                )
            },
        ),
        (_("Situación financiera"), {"fields": ("income_amount", ("dicom", "debt_amount"))}),
        (_("Notas internas"), {"fields": ("notes",)}),
    )
    add_fields = (
        ("name", "phone"),
        ("email", "assigned_to"),
        "source",
        "tags",
        "notes",
        "force_new",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        queryset = super().get_queryset(request)
        return queryset.select_related(
            "assigned_to", "broker__brokerleadconfig", "conversation__held_by"
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return self.fieldsets
        fields = (*(["broker"] if self.names_broker(request) else []), *self.add_fields)
        return ((None, {"fields": fields}),)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = AddLeadForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who enters a lead by hand looks after it, unless they are an admin."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        agent = request.user.role == Role.AGENT  # type: ignore[union-attr]
        return {"assigned_to": request.user.pk, **initial} if agent else initial

    # --- The list ---
    @action(description=_("Métricas"), url_path="metricas", icon="query_stats")
    def metrics(self, request: HttpRequest) -> HttpResponse:
        if not self.may(request, "r"):
            raise PermissionDenied
        told = {**self.admin_site.each_context(request), **metrics_page.context(request)}
        return TemplateResponse(request, "admin/leads/lead/metrics.html", told)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        rows, _duplicates = super().get_search_results(request, queryset, "")
        return search.matching(rows, search_term), False

    @display(description=_("lead"), ordering="name", header=True)
    def who(self, lead: Lead) -> list[str]:
        phone = phones.national(lead.phone_e164) if lead.phone_e164 else lead.phone
        return [str(lead), phone or lead.email or ""]

    @display(description=_("etapa"), ordering="pipeline_stage", label=STAGE_TONES)
    def shown_stage(self, lead: Lead) -> tuple[str, str]:
        return lead.pipeline_stage, lead.get_pipeline_stage_display()

    @display(description=_("temperatura"), ordering="status", label=page.STATUS_TONES)
    def shown_status(self, lead: Lead) -> tuple[str, str]:
        return lead.status, lead.get_status_display()

    @display(description=_("puntaje"), ordering="lead_score")
    def shown_score(self, lead: Lead) -> str:
        return words.points(lead.lead_score)

    @display(description=_("atención"), label={"waiting": "danger", "user": "success"})
    def attention(self, lead: Lead) -> Any:
        conversation = getattr(lead, "conversation", None)
        if conversation is None or conversation.holder == Holder.ASSISTANT:
            return None
        return conversation.holder, str(conversation.held_by or _("espera"))

    # --- The page ---
    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        obj: Any = None,
        **kwargs: Any,
    ) -> Any:
        if obj is not None:
            context.update(page.context(obj, request.user, timezone.now()))
            context["reply"] = ReplyForm(row=obj, user=request.user)
            context["may_write"] = self.may(request, "u")
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def save_model(self, request: HttpRequest, obj: Lead, form: Any, change: bool) -> None:
        if change:
            changes, seen = form.changes()
            by, at = person(request), timezone.now()
            editing.edit(obj, changes=changes, seen=seen, by=by, at=at)
            obj.refresh_from_db()
        else:
            self._create(request, obj, form.cleaned_data)

    def _create(self, request: HttpRequest, lead: Lead, given: dict[str, Any]) -> None:
        assigned = {"assigned_to": given["assigned_to"]} if given.get("assigned_to") else {}
        match = identity.find_or_create(
            lead.broker,
            phone=given["phone"],
            email=given["email"],
            name=given["name"],
            source=given["source"],
            at=timezone.now(),
            by=person(request),
            force_new=given["force_new"],
            notes=given["notes"],
            tags=given["tags"],
            **assigned,
        )
        if match.outcome == identity.Outcome.MATCHED:
            raise Conflict(self._already_there(request, match.lead))
        if match.outcome == identity.Outcome.SUPPRESSED:
            messages.warning(request, _("Esta persona pidió no ser contactada."))
        lead.__dict__.update(match.lead.__dict__)
        scoring.rescore(lead, at=timezone.now())

    def _already_there(self, request: HttpRequest, found: Lead) -> str:
        """Names the match to who may see it; to others only whom to ask."""
        if visible(Lead, request.user).filter(pk=found.pk).exists():
            return _("Ya existe un lead con este teléfono o correo: %(lead)s (n.º %(id)s).") % {
                "lead": found,
                "id": found.pk,
            }
        return _("Este contacto ya lo atiende %(owner)s.") % {"owner": found.assigned_to}

    # --- Buttons ---
    @door(
        _("Mover de etapa"),
        form=MoveForm,
        done=_("Etapa cambiada."),
        icon="conversion_path",
        applies=_open,
    )
    def move(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        pipeline.move(
            lead, to=data["to"], by=person(request), reason=data["reason"], at=timezone.now()
        )

    @door(_("Asignar"), form=AssignForm, done=_("Lead asignado."), icon="person_add")
    def assign(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        assignment.assign(lead, to=data["to"], by=person(request), at=timezone.now())

    @door(_("Tomar para mí"), done=_("El lead es tuyo."), icon="front_hand", applies=_unassigned)
    def claim(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        assignment.claim(lead, by=person(request), at=timezone.now())

    @door(_("Recalcular puntaje"), done=_("Puntaje recalculado."), icon="calculate")
    def rescore(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        rights.rescore(lead, at=timezone.now())

    @door(
        _("No contactar"),
        form=OptOutForm,
        done=_("Registrado: se respeta desde ahora."),
        help_text=_("Registra que la persona pidió no recibir más mensajes comerciales."),
        icon="do_not_disturb_on",
    )
    def opt_out(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        if data["calls_only"]:
            told = {"evidence": data["evidence"], "by": person(request)}
            consenting.stop_calls(lead, at=timezone.now(), **told)
            return
        consenting.opt_out(
            lead,
            channel=lead.conversation.channel,
            everything=True,
            evidence=data["evidence"],
            by=person(request),
            at=timezone.now(),
            confirm=False,
        )

    @door(_("Decidir un dato"), form=SettleForm, done=_("Dato decidido."))
    def settle(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        conflicts.settle(lead, by=person(request), at=timezone.now(), **data)

    @door(_("Tomar la conversación"), done=_("La conversación es tuya: el asistente calla."))
    def take(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        handoff.take(lead, by=person(request), at=timezone.now())

    @door(_("Devolver al asistente"), done=_("El asistente vuelve a atender."))
    def give_back(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        handoff.give_back(lead, by=person(request), at=timezone.now())

    @door(_("Responder"), form=ReplyForm, done=_("Mensaje en camino."))
    def reply(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        replies.send(lead, data, by=person(request), at=timezone.now())

    @door(_("Enviar de nuevo"), form=ResendForm, done=_("Mensaje en camino."))
    def resend(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        outbox.resend(data["message"], by=person(request), at=timezone.now())

    def get_custom_urls(self) -> Any:
        """The buttons that stand inside the page, not in its header."""
        names = ("take", "give_back", "reply", "resend", "settle")
        return (
            super().get_custom_urls()
            + tuple(
                (
                    f"<path:object_id>/{name.replace('_', '-')}/",
                    f"leads_lead_{name}",
                    self._bare(name),
                )
                for name in names
            )
            + (("<path:object_id>/story/", "leads_lead_story", self._bare("story_view")),)
        )

    def _bare(self, name: str) -> Any:
        view = getattr(self, name)

        def bare(request: HttpRequest, object_id: str, model_admin: Any) -> Any:
            return view(request, object_id=object_id)

        return bare

    @admin.action(description=_("Recalcular el puntaje de los elegidos"), permissions=["change"])
    def rescore_chosen(self, request: HttpRequest, queryset: Any) -> None:
        at = timezone.now()
        each(self, request, queryset, lambda lead: rights.rescore(lead, at=at), _("Recalculados"))

    @admin.action(description=_("Tomar los elegidos para mí"), permissions=["change"])
    def claim_chosen(self, request: HttpRequest, queryset: Any) -> None:
        at = timezone.now()
        each(
            self,
            request,
            queryset,
            lambda lead: assignment.claim(lead, by=person(request), at=at),
            _("Tomados"),
        )

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "r") and request.user.role != Role.AGENT  # type: ignore[union-attr]

    @admin.action(description=_("Exportar los elegidos a Excel (CSV)"), permissions=["export"])
    def export_chosen(self, request: HttpRequest, queryset: Any) -> Any:
        """Of all that the list shows, with "select all" across its pages."""
        return imports.export(self, request, queryset)
