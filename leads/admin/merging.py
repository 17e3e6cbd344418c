"""Merging in Admin: the pairs that may be one person, the comparison of two leads, and the way back."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door, each, person
from crm.errors import DomainError
from crm.tenancy import visible
from leads import facts, identity, merging, phones, words
from leads.models import Lead, LeadMerge, MergeSuggestion

SHOWN = 20
# What a lead that went into another is asked no more.
CLOSED_WHEN_MERGED = {
    "leads_lead_change", "leads_lead_move", "leads_lead_claim", "leads_lead_assign",
    "leads_lead_rescore", "leads_lead_opt_out", "leads_lead_take", "leads_lead_give_back",
    "leads_lead_reply", "leads_lead_merge",
}  # fmt: skip
REASONS = {"phone": _("teléfono"), "email": _("correo")}


def _living(lead: Lead) -> bool:
    return lead.merged_into_id is None


def _merged(lead: Lead) -> bool:
    return not _living(lead)


class MergePages(TenantAdmin):
    """What the lead's admin knows of merging: the comparison, and the page of a merged lead."""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Lists and autocompletes show the living."""
        return super().get_search_results(request, queryset.living(), search_term)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        lead = super().get_object(request, object_id, from_field)
        match = request.resolver_match
        closed = match is not None and match.url_name in CLOSED_WHEN_MERGED
        if request.method == "POST" and closed and _merged(lead):
            raise PermissionDenied
        return lead

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        lead = self.get_object(request, object_id)
        if _living(lead):
            return super().change_view(request, object_id, form_url, extra_context)
        return self._merged_page(request, lead)

    def _merged_page(self, request: HttpRequest, lead: Lead) -> HttpResponse:
        done, survivor = merging.standing(lead), identity.living_of(lead)
        seen = visible(Lead, request.user).filter(pk=survivor.pk).exists()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(lead),
            "lead": lead,
            "survivor": survivor if seen else None,
            "done": done,
            "moved": merging.moved(done) if done else [],
            "undo_until": done and done.at + timedelta(days=merging.UNDO_DAYS),
            "may_undo": bool(done and merging.may_undo(done, at=timezone.now())),
        }
        return TemplateResponse(request, "admin/leads/lead/merged.html", context)

    @action(description=_("Unir con otro lead"), url_path="merge", icon="join_inner")
    def merge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """GET looks for the other and compares; POST unites."""
        lead = self.get_object(request, object_id)
        if not self.may(request, "u"):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        if not asked.get("other"):
            return self._choice_page(request, lead)
        other = get_object_or_404(self._candidates(request, lead), pk=_number(asked["other"]))
        loser, survivor = (lead, other) if asked.get("keep") == str(other.pk) else (other, lead)
        if request.method == "POST":
            return self._unite(request, loser, survivor)
        return self._comparison(request, lead, loser, survivor)

    merge.door = ("u", _living)

    def _candidates(self, request: HttpRequest, lead: Lead) -> Any:
        leads: Any = self.get_queryset(request)
        leads = leads.living().exclude(pk=lead.pk)
        return leads.filter(broker=lead.broker_id)

    def _choice_page(self, request: HttpRequest, lead: Lead) -> HttpResponse:
        sought = request.GET.get("q", "").strip()[:100]
        candidates = self._candidates(request, lead)
        found, _distinct = self.get_search_results(request, candidates, sought)
        shared = identity.same_contact(lead)
        context = {
            **self._frame(request, lead),
            "sought": sought,
            "found": found[:SHOWN] if sought else [],
            "suggested": candidates.filter(shared)[:SHOWN] if shared else [],
        }
        return TemplateResponse(request, "admin/leads/lead/merge_choice.html", context)

    def _comparison(
        self, request: HttpRequest, lead: Lead, loser: Lead, survivor: Lead, refusal: str = ""
    ) -> HttpResponse:
        context = {**self._frame(request, lead), "loser": loser, "survivor": survivor}
        try:
            foreseen = merging.preview(loser, survivor, by=person(request), at=timezone.now())
        except DomainError as error:
            refusal = str(error)
        else:
            context["foreseen"] = foreseen
            context["conflicts"] = [merging.told_conflict(each) for each in foreseen.conflicts]
        context |= {"refusal": refusal, "rows": compared(survivor, loser)}
        status = 409 if refusal else 200
        page = "admin/leads/lead/merge.html"
        return TemplateResponse(request, page, context, status=status)

    def _unite(self, request: HttpRequest, loser: Lead, survivor: Lead) -> HttpResponse:
        try:
            merging.merge(loser, survivor, by=person(request), at=timezone.now())
        except DomainError as refusal:
            return self._comparison(request, survivor, loser, survivor, str(refusal))
        days = {"days": merging.UNDO_DAYS}
        messages.success(request, _("Leads unidos. Puedes deshacerlo por %(days)s días.") % days)
        return HttpResponseRedirect(self.page_of(request, survivor))

    def _frame(self, request: HttpRequest, lead: Lead) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Unir con otro lead"),
            "lead": lead,
            "back": self.page_of(request, lead),
        }

    @door(
        _("Deshacer la unión"),
        done=_("Unión deshecha: vuelven a ser dos leads."),
        help_text=_("Vuelve lo que se movió; lo que llegó después queda en el otro lead."),
        icon="undo",
        applies=_merged,
    )
    def unmerge(self, request: HttpRequest, lead: Lead, data: dict[str, Any]) -> None:
        done = merging.standing(lead)
        if done is None:
            raise PermissionDenied
        undo(request, done)


def undo(request: HttpRequest, done: LeadMerge) -> None:
    done = merging.undo(done, by=person(request), at=timezone.now())
    for lost in done.not_restored:
        messages.warning(request, lost)


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


def compared(*leads: Lead) -> list[tuple[str, list[str]]]:
    """The leads side by side: what is known of each, row by row."""
    rows: list[tuple[str, list[str]]] = [
        (str(_("Número")), [str(lead.pk) for lead in leads]),
        (str(_("Etapa")), [str(lead.get_pipeline_stage_display()) for lead in leads]),
        (str(_("Puntaje")), [words.points(lead.lead_score) for lead in leads]),
        (str(_("Asignado a")), [str(lead.assigned_to or "") for lead in leads]),
        (str(_("Origen")), [str(lead.get_source_display()) for lead in leads]),
    ]
    for name in facts.Facts.model_fields:
        told = [words.fact(name, facts.value_of(lead, name)) for lead in leads]
        if any(told):
            rows.append((words.fact_label(name), told))
    rows.append((str(_("Notas")), [lead.notes for lead in leads]))
    return [row for row in rows if any(row[1])]


def _open(suggestion: MergeSuggestion) -> bool:
    return suggestion.state == MergeSuggestion.State.OPEN


@admin.register(MergeSuggestion)
class MergeSuggestionAdmin(TenantAdmin):
    """Two leads that may be one, side by side; a person decides."""

    list_display = ("first", "second", "told_reason", "shown_state", "created_at", "compare_link")
    list_display_links = None
    list_filter = ("state", "reason")
    list_select_related = ("broker", "lead__assigned_to", "other__assigned_to")
    search_fields = ("lead__name", "other__name", "lead__phone", "other__phone")
    readonly_fields = ("lead", "other", "reason", "state")
    ordering = ("-state", "-id")
    actions = ("merge_chosen", "dismiss_chosen")
    actions_detail = ("compare", "dismiss")
    empty_hint = _("Cuando dos leads compartan teléfono o correo, aparecerán aquí.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).between_living()  # type: ignore[attr-defined]

    @display(description=_("lead"), header=True)
    def first(self, suggestion: MergeSuggestion) -> list[str]:
        return _card(suggestion.lead)

    @display(description=_("posible duplicado de"), header=True)
    def second(self, suggestion: MergeSuggestion) -> list[str]:
        return _card(suggestion.other)

    @display(description=_("coinciden en"), ordering="reason")
    def told_reason(self, suggestion: MergeSuggestion) -> str:
        return str(REASONS.get(suggestion.reason, suggestion.reason))

    @display(
        description=_("estado"),
        ordering="state",
        label={"open": "warning", "accepted": "success", "dismissed": "info"},
    )
    def shown_state(self, suggestion: MergeSuggestion) -> tuple[str, str]:
        return suggestion.state, suggestion.get_state_display()

    @display(description=_("decidir"))
    def compare_link(self, suggestion: MergeSuggestion) -> str:
        return format_html(
            '<a class="crm-button" href="{}">{}</a>', _comparison_of(suggestion), _("Comparar")
        )

    @action(description=_("Comparar y unir"), url_path="compare", icon="compare_arrows")
    def compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(_comparison_of(self.get_object(request, object_id)))

    compare.door = ("r", _open)

    @door(
        _("Son personas distintas"),
        done=_("Sugerencia descartada."),
        icon="call_split",
        applies=_open,
    )
    def dismiss(self, request: HttpRequest, row: MergeSuggestion, data: dict[str, Any]) -> None:
        identity.dismiss(row, at=timezone.now())

    @admin.action(description=_("Unir cada par elegido"), permissions=["change"])
    def merge_chosen(self, request: HttpRequest, queryset: Any) -> None:
        """The one further along stays, else the older."""

        def unite(suggestion: MergeSuggestion) -> None:
            pair = merging.ranked(suggestion.lead, suggestion.other)
            merging.merge(*pair, by=person(request), at=timezone.now())

        each(self, request, queryset, unite, _("Pares unidos"))

    @admin.action(description=_("Descartar: son personas distintas"), permissions=["change"])
    def dismiss_chosen(self, request: HttpRequest, queryset: Any) -> None:
        at = timezone.now()
        each(
            self, request, queryset, lambda row: identity.dismiss(row, at=at), _("Pares descartados")
        )  # fmt: skip


def _comparison_of(suggestion: MergeSuggestion) -> str:
    loser, survivor = merging.ranked(suggestion.lead, suggestion.other)
    return f"{reverse('admin:leads_lead_merge', args=[survivor.pk])}?other={loser.pk}"


def _card(lead: Lead) -> list[str]:
    phone = phones.national(lead.phone_e164) if lead.phone_e164 else lead.phone
    known = [phone, lead.email, lead.get_pipeline_stage_display(), lead.assigned_to]
    return [f"{lead} · n.º {lead.pk}", " · ".join(str(each) for each in known if each)]


def _undoable(done: LeadMerge) -> bool:
    return merging.may_undo(done, at=timezone.now())


@admin.register(LeadMerge)
class LeadMergeAdmin(TenantAdmin):
    """Which leads were united, by whom, and the way back for a month."""

    list_display = ("survivor", "loser", "by", "at", "undone_at", "undone_by")
    list_filter = ("at", "undone_at")
    search_fields = ("survivor__name", "loser__name", "survivor__phone", "loser__phone")
    actions_detail = ("undo_merge",)
    empty_hint = _("Aquí queda cada unión de dos leads, con quién la hizo.")

    @door(
        _("Deshacer la unión"),
        done=_("Unión deshecha: vuelven a ser dos leads."),
        icon="undo",
        letter="r",
        applies=_undoable,
    )
    def undo_merge(self, request: HttpRequest, done: LeadMerge, data: dict[str, Any]) -> None:
        undo(request, done)
