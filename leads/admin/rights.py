"""Consent and the rights of the person on a lead's page, and the lists that outlive the lead."""

from typing import Any

from django.contrib import admin, messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from crm.admin.base import TenantAdmin
from crm.admin.doors import ReasonForm, door, person
from crm.errors import Conflict, DomainError
from leads import consenting, erasing, rights, suppressing, timeline, words
from leads.admin import story
from leads.admin.rights_forms import (
    AskForm,
    EraseForm,
    GrantForm,
    HandOverForm,
    ListForm,
    ObjectionForm,
    RectifyForm,
    SuppressionForm,
)
from leads.enums import RightState
from leads.models import Consent, Lead, RightsRequest, Suppression, SuppressionEvent
from leads.rights_views import as_download

STATE_TONES = {"open": "warning", "running": "info", "done": "success", "refused": "default"}
AT_ONCE = 50


def _is_frozen(lead: Lead) -> bool:
    return lead.score_frozen_at is not None


def _is_scored(lead: Lead) -> bool:
    return lead.score_frozen_at is None


def _is_barred(lead: Lead) -> bool:
    return consenting.withdrawn(lead).exists() or suppressing.of_lead(lead).exists()


class RightsButtons:
    """The buttons of a lead's page about the person's own data; deleting is erasing."""

    RIGHTS_ITEMS = (
        "grant_consent", "lift_suppression", "ask_right", "hand_over", "rectify",
        "object_to_scoring", "lift_objection", "erase",
    )  # fmt: skip

    @door(
        _("Registrar consentimiento"),
        form=GrantForm,
        done=_("Consentimiento registrado."),
        icon="verified_user",
    )
    def grant_consent(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        consenting.grant(lead, by=person(request), at=timezone.now(), **data)

    @door(
        _("Levantar «no contactar»"),
        form=ReasonForm,
        done=_("La persona puede volver a recibir campañas y llamadas."),
        help_text=_("El motivo queda en el historial."),
        icon="lock_open",
        letter="d",
        applies=_is_barred,
    )
    def lift_suppression(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        consenting.lift(lead, reason=data["reason"], by=person(request), at=timezone.now())

    @door(
        _("Registrar solicitud de derechos"),
        form=AskForm,
        done=_("Solicitud registrada: hay 30 días para responder."),
        icon="contract",
        letter="d",
    )
    def ask_right(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        rights.ask(lead, by=person(request), at=timezone.now(), **data)

    @door(
        _("Entregar sus datos"),
        form=HandOverForm,
        done=_("Datos entregados."),
        help_text=_("Descarga un archivo con todo lo que se guarda de esta persona."),
        icon="folder_zip",
        letter="d",
    )
    def hand_over(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> FileResponse:
        file = rights.export(lead, by=person(request), asked_by=data["asked_by"], at=timezone.now())
        return as_download(lead, file)

    @door(
        _("Rectificar"),
        form=RectifyForm,
        done=_("Datos corregidos."),
        help_text=_("Lo que corrige la persona no lo cambia después el asistente."),
        icon="edit_note",
        letter="d",
    )
    def rectify(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        told = {name: data[name] for name in ("changes", "notes", "asked_by")}
        rights.rectify(lead, by=person(request), at=timezone.now(), **told)

    @door(
        _("Se opone al puntaje"),
        form=ObjectionForm,
        done=_("El puntaje quedó congelado: decide una persona."),
        icon="do_not_touch",
        letter="d",
        applies=_is_scored,
    )
    def object_to_scoring(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        rights.object_to_scoring(lead, by=person(request), at=timezone.now(), **data)

    @door(
        _("Levantar oposición al puntaje"),
        form=ReasonForm,
        done=_("El puntaje vuelve a calcularse."),
        icon="calculate",
        letter="d",
        applies=_is_frozen,
    )
    def lift_objection(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        rights.lift_objection(lead, reason=data["reason"], by=person(request), at=timezone.now())

    @door(
        _("Borrar a esta persona"),
        form=EraseForm,
        done=_("Borrado: este es el comprobante."),
        help_text=_(
            "Borra al lead con sus mensajes, llamadas, citas y todo lo demás. No se puede deshacer."
        ),
        icon="delete_forever",
        letter="d",
    )
    def erase(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> HttpResponse:
        erasing.require_confirmed(lead, data.pop("confirm"))
        receipt = erasing.erase(lead, by=person(request), at=timezone.now(), **data)
        return HttpResponseRedirect(receipt_of(receipt))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """A lead is deleted by its erasure, which asks for more than a click."""
        view: HttpResponse = self.erase(request, object_id=object_id)
        return view

    def delete_model(self, request: HttpRequest, obj: Lead) -> None:
        erasing.erase(obj, by=person(request), at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """A page of them at once; more than that in the background."""
        leads, at = list(queryset), timezone.now()
        if len(leads) > AT_ONCE:
            erasing.start_many(leads, by=person(request), at=at)
            messages.info(request, _("Se borrarán en los próximos minutos."))
            return
        for lead in leads:
            erasing.erase(lead, by=person(request), at=at)

    def story_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One more piece of the lead's story, for the page to add below."""
        lead = self.get_object(request, object_id)  # type: ignore[attr-defined]
        kind, cursor = request.GET.get("kind", ""), request.GET.get("cursor", "")[:200]
        try:
            shown = story.context(lead, kind if kind in timeline.KINDS else "", cursor)
        except DomainError:
            shown = story.context(lead, "", "")
        template = "admin/leads/lead/story.html"
        return TemplateResponse(request, template, {**shown, "lead": lead})


def receipt_of(request: RightsRequest) -> str:
    return reverse("admin:leads_rightsrequest_change", args=[request.pk])


@admin.register(Consent)
class ConsentAdmin(TenantAdmin):
    """Append-only: changed by the buttons of the lead's page."""

    list_display = ("lead", "purpose", "shown_state", "channel", "evidence", "actor", "by", "at")
    list_filter = ("purpose", "state", "channel", "actor")
    search_fields = (
        "lead__name", "lead__phone", "lead__phone_e164", "lead__email", "evidence",
    )  # fmt: skip
    empty_hint = _("Aquí queda quién aceptó o retiró su consentimiento, y cómo.")

    @display(
        description=_("estado"),
        ordering="state",
        label={"granted": "success", "withdrawn": "danger", "lifted": "info"},
    )
    def shown_state(self, consent: Consent) -> tuple[str, str]:
        return consent.state, consent.get_state_display()


@admin.register(Suppression)
class SuppressionAdmin(TenantAdmin):
    """Identifiers that must not be contacted; they outlive the lead."""

    form = SuppressionForm
    list_display = ("identifier", "channel", "shown_reason", "created_at")
    list_filter = ("channel",)
    search_fields = ("identifier", "reason")
    actions_list = ("take_in",)
    actions_detail = ("lift",)
    empty_hint = _(
        "Agrega un teléfono o correo al que nunca se debe escribir, o importa una lista."
    )

    @display(description=_("motivo"), ordering="reason")
    def shown_reason(self, mark: Suppression) -> str:
        return words.mark_reason(mark.reason)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        row, _is_new = suppressing.add(
            obj.broker,
            obj.identifier,
            channel=obj.channel,
            reason=obj.reason,
            by=person(request),
            at=timezone.now(),
        )
        obj.__dict__.update(row.__dict__)

    @door(
        _("Levantar"),
        form=ReasonForm,
        done=_("El identificador salió de la lista."),
        help_text=_("El motivo queda en el historial."),
        icon="lock_open",
        letter="c",
    )
    def lift(self, request: HttpRequest, mark: Suppression, data: dict[str, Any]) -> None:
        consenting.lift_mark(mark, reason=data["reason"], by=person(request), at=timezone.now())

    def get_actions_list(self, request: HttpRequest) -> list[Any]:
        """The list taken in is the user's own broker's."""
        may = self.may(request, "c") and person(request).broker_id is not None
        return super().get_actions_list(request) if may else []

    @action(description=_("Importar lista"), url_path="import", icon="upload_file")
    def take_in(self, request: HttpRequest) -> HttpResponse:
        if not self.may(request, "c") or person(request).broker is None:
            return HttpResponseRedirect(reverse("admin:leads_suppression_changelist"))
        posted = (request.POST, request.FILES) if request.method == "POST" else ()
        form, report = ListForm(*posted, row=None, user=request.user), None
        if form.is_bound and form.is_valid():
            report = self._taken(request, form)
        title = _t("Importar lista de no contactar")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "report": report,
            "back": reverse("admin:leads_suppression_changelist"),
        }
        return TemplateResponse(request, "admin/leads/suppression/import.html", context)

    def _taken(self, request: HttpRequest, form: ListForm) -> suppressing.Report | None:
        given = {name: form.cleaned_data[name] for name in ("channel", "reason")}
        by = person(request)
        try:
            return suppressing.take_in(by.broker, form.content, by=by, at=timezone.now(), **given)
        except DomainError as refusal:
            form.add_error("file", str(refusal))
            return None


@admin.register(SuppressionEvent)
class SuppressionEventAdmin(TenantAdmin):
    """Append-only: who put an identifier on the list, who took it off, and why."""

    list_display = ("identifier", "shown_change", "channel", "shown_reason", "by", "at")
    list_filter = ("change", "channel")
    search_fields = ("identifier", "reason")
    empty_hint = _("Aquí queda cada entrada y salida de la lista de no contactar.")

    @display(
        description=_("cambio"), ordering="change", label={"added": "danger", "lifted": "success"}
    )
    def shown_change(self, event: SuppressionEvent) -> tuple[str, str]:
        return event.change, event.get_change_display()

    @display(description=_("motivo"), ordering="reason")
    def shown_reason(self, event: SuppressionEvent) -> str:
        return words.mark_reason(event.reason)


def _is_open(request: RightsRequest) -> bool:
    return request.state == RightState.OPEN


@admin.register(RightsRequest)
class RightsRequestAdmin(TenantAdmin):
    """What people asked about their data, until when it is owed, and the receipts."""

    change_form_template = "admin/leads/rightsrequest/receipt.html"
    list_display = (
        "lead_number", "lead", "kind", "shown_state", "asked_by", "asked_at", "due", "handled_by",
    )  # fmt: skip
    list_filter = ("state", "kind", "asked_by")
    search_fields = ("=lead_number", "lead__name")
    actions_detail = ("refuse",)
    fields = (
        ("kind", "state"), ("lead", "lead_number"), ("asked_by", "asked_at"),
        ("due_at", "done_at"), "handled_by", "notes",
    )  # fmt: skip
    empty_hint = _("Las solicitudes se registran en la página del lead, en «Datos personales».")

    @display(description=_("estado"), ordering="state", label=STATE_TONES)
    def shown_state(self, row: RightsRequest) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("plazo"), ordering="due_at")
    def due(self, row: RightsRequest) -> str:
        shown = timezone.localtime(row.due_at).strftime("%d-%m-%Y")
        late = row.state in rights.PENDING and row.due_at < timezone.now()
        return _t("%(day)s, vencido") % {"day": shown} if late else shown

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kw: Any
    ) -> Any:
        context["receipt"] = obj and {
            "deleted": _shown(obj.receipt.get("deleted", [])),
            "kept": _shown(obj.receipt.get("kept", [])),
            "files": len(obj.files_left),
            "other": words.receipt_lines({**obj.receipt, "deleted": [], "kept": []}),
        }
        return super().render_change_form(request, context, *args, obj=obj, **kw)

    @door(
        _("Rechazar"),
        form=ReasonForm,
        done=_("Solicitud rechazada."),
        help_text=_("La persona tiene derecho a conocer el motivo."),
        icon="block",
        letter="r",
        applies=_is_open,
    )
    def refuse(self, request: HttpRequest, row: RightsRequest, data: dict[str, Any]) -> None:
        if not rights.refuse(row, reason=data["reason"], by=person(request), at=timezone.now()):
            raise Conflict


def _shown(rows: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    """What, how many, and why it stays."""
    return [
        (words.held(row["what"]), row["count"], words.kept(row["why"]) if "why" in row else "")
        for row in rows
    ]
