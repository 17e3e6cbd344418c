"""The desk's addresses in Admin, mixed into the admin of prompt versions: the editor, its versions, the models."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from brokers.models import BrokerPromptConfig
from crm.admin.doors import person
from crm.errors import DomainError
from crm.tenancy import visible
from llm import prompts
from llm.desk import (
    chat,
    differences,
    replay_screen,
    sections,
    situations,
    telling,
    versions,
)
from llm.desk.models_form import ModelsForm
from llm.desk.replay_screen import StartsReplays
from llm.desk.sandbox import Answer
from llm.models import PromptVersion

NAME = "llm_promptversion"
DRAFT, ACTIVE = "borrador", "activa"


class NoteForm(forms.Form):
    """What a new version changes, for who reads the list later."""

    notes = forms.CharField(
        label=_("Qué cambia y por qué"),
        max_length=500,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": _("Ofrece la visita antes de preguntar la renta")}
        ),
    )


class DeskScreen(StartsReplays):
    """Edits the draft, saves versions of it, and shows what differs; each change by its door."""

    def desk_urls(self) -> tuple[Any, ...]:
        """In unfold's form: address, name, view."""
        return (
            ("asistente/", f"{NAME}_desk", self.desk),
            ("asistente/probar/", f"{NAME}_try", self.try_it),
            ("asistente/repetir/", f"{NAME}_replay", self.replay),
            ("asistente/modelos/", f"{NAME}_models", self.models),
            ("<path:object_id>/diferencias/", f"{NAME}_differences", self.differences),
        )

    # --- The editor ---
    def desk(self, request: HttpRequest, model_admin: Any) -> HttpResponse:
        """GET shows the draft, or a form that was refused; POST keeps it, or makes a version of it."""
        config = self._config(request)
        if config is None:
            return self._choose(request, "desk")
        given = self._given(request) if request.method == "POST" else versions.draft_of(config)
        note = NoteForm(request.POST if request.POST.get("deed") == "version" else None)
        if request.method == "POST" and (not note.is_bound or note.is_valid()):
            try:
                return self._edited(request, config, given, note)
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return TemplateResponse(
            request,
            "admin/llm/desk/editor.html",
            {
                **self._around(request, config, _("Asistente"), "desk"),
                **_editor(given),
                "note": note,
                "safety": prompts.SAFETY,
                "situations_to_try": situations.situations().items(),
                "try_url": self._address("try", config),
            },
        )

    def _edited(
        self, request: HttpRequest, config: BrokerPromptConfig, given: Any, note: NoteForm
    ) -> HttpResponse:
        if note.is_bound:
            activates = "activate" in request.POST
            notes, by = note.cleaned_data["notes"], person(request)
            version = versions.save(config, given, notes=notes, by=by, activate=activates)
            done = _t("Versión %s guardada.") % version
            next_step = (
                _t("El asistente ya responde con ella.")
                if activates
                else _t("Los leads se siguen respondiendo con la versión activa.")
            )
            messages.success(request, f"{done} {next_step}")
            return HttpResponseRedirect(_page("change", version.pk))
        versions.edit_draft(config, given, by=person(request))
        if request.POST.get("deed") == "replay":
            return HttpResponseRedirect(self._address("replay", config))
        messages.success(request, _t("Borrador guardado. Nada cambia para los leads todavía."))
        return HttpResponseRedirect(self._address("desk", config))

    def _given(self, request: HttpRequest) -> dict[str, Any]:
        return given_sections(request)

    # --- The test chat ---
    def try_it(self, request: HttpRequest, model_admin: Any) -> HttpResponse:
        """POST: one message of a lead, answered on the texts as they stand on the page."""
        config = self._config(request)
        if config is None or request.method != "POST":
            raise Http404
        text = request.POST.get("text", "").replace("\x00", "").strip()[: chat.LONGEST]
        version = versions.unsaved(config.broker, given_sections(request))
        if not text or not version.content:
            return JsonResponse({"error": _t("Escribe un mensaje.")}, status=400)
        situation = request.POST.get("situation", "")
        try:
            so_far = chat.read(request.POST.get("chat", ""), config.broker_id, situation)
            answer, after = chat.say(version, so_far, text, at=timezone.now())
        except DomainError as refusal:
            return JsonResponse({"error": str(refusal)}, status=refusal.status)
        html = render_to_string("admin/llm/desk/said.html", said(text, answer), request)
        return JsonResponse({"chat": after.sign(config.broker_id), "html": html})

    # --- Models ---
    def models(self, request: HttpRequest, model_admin: Any) -> HttpResponse:
        config = self._config(request)
        if config is None:
            return self._choose(request, "models")
        form = ModelsForm(request.POST if request.method == "POST" else None, instance=config)
        if form.is_bound and form.is_valid():
            form.store()
            messages.success(request, _t("Guardado. Vale desde el próximo mensaje."))
            return HttpResponseRedirect(self._address("models", config))
        around = self._around(request, config, _("Modelos y costos"), "models")
        return TemplateResponse(request, "admin/llm/desk/models.html", {**around, "form": form})

    # --- A version ---
    def version_page(self, request: HttpRequest, version: PromptVersion) -> HttpResponse:
        """A version as it stands for good, with what may be done with it."""
        if request.method != "GET":
            raise PermissionDenied
        config = BrokerPromptConfig.objects.select_related("broker").get(broker=version.broker_id)
        made_of = prompts.sections_of(version)
        read = [(each, sections.read(each, made_of)) for each in sections.ALL]
        context = {
            **self._around(request, config, str(version), "versions"),
            "version": version,
            "sections": [(each, text) for each, text in read if text],
            "replays": [(each, replay_screen.summary(each)) for each in version.replays.all()[:10]],
            "replay_url": f"{self._address('replay', config)}&version={version.pk}",
            "safety": prompts.SAFETY,
        }
        return TemplateResponse(request, "admin/llm/desk/version.html", context)

    def differences(self, request: HttpRequest, object_id: str, model_admin: Any) -> HttpResponse:
        """The version beside another one of its broker, the active one or the draft (``con``)."""
        version = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if not self.may(request, "r"):  # type: ignore[attr-defined]
            raise PermissionDenied
        config = BrokerPromptConfig.objects.select_related("broker").get(broker=version.broker_id)
        beside = request.GET.get("con") or ACTIVE
        pair = [
            self._other(request, config, beside),
            (_t("la versión %s") % version, prompts.sections_of(version)),
        ]
        if beside == DRAFT:  # which is what a version may become
            pair.reverse()
        (before_label, before), (after_label, after) = pair
        found = differences.between(before, after)
        context = {
            **self._around(request, config, _("Diferencias"), "versions"),
            "version": version,
            "beside": beside,
            "before_label": before_label,
            "after_label": after_label,
            "changed": [each for each in found if each.is_changed],
            "same": [each for each in found if not each.is_changed],
            "others": _others(version),
        }
        return TemplateResponse(request, "admin/llm/desk/differences.html", context)

    def _other(
        self, request: HttpRequest, config: BrokerPromptConfig, beside: str
    ) -> tuple[str, Any]:
        if beside == DRAFT:
            return _t("el borrador"), versions.draft_of(config)
        if beside == ACTIVE:
            version = prompts.active_version(config.broker)
            if version is None:
                return _t("el borrador"), versions.draft_of(config)
        else:
            is_id = beside.isdecimal() and len(beside) < 19
            rows = visible(PromptVersion, request.user).filter(broker=config.broker_id)
            version = rows.filter(pk=int(beside)).first() if is_id else None
            if version is None:
                raise Http404
        return _t("la versión %s") % version, prompts.sections_of(version)

    # --- Around every page ---
    def _config(self, request: HttpRequest) -> BrokerPromptConfig | None:
        """Of whose assistant the page is: one's own broker's, or the one that a superadmin names."""
        if not self.may(request, "c"):  # type: ignore[attr-defined]
            raise PermissionDenied
        configs = visible(BrokerPromptConfig, request.user).select_related("broker")
        if not self.names_broker(request):  # type: ignore[attr-defined]
            return configs.get()
        asked = request.GET.get("corredora", "")
        if not asked:
            return None
        found = configs.filter(broker=int(asked)).first() if asked.isdecimal() else None
        if found is None or len(asked) > 18:
            raise Http404
        return found

    def _choose(self, request: HttpRequest, page: str) -> HttpResponse:
        configs = visible(BrokerPromptConfig, request.user).select_related("broker")
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Asistente"),
            "choices": [
                (each.broker.name, self._address(page, each))
                for each in configs.order_by("broker__name")
            ],
        }
        return TemplateResponse(request, "admin/llm/desk/choose.html", context)

    def _address(self, page: str, config: BrokerPromptConfig) -> str:
        return f"{_page(page)}?corredora={config.broker_id}"

    def _around(
        self, request: HttpRequest, config: BrokerPromptConfig, title: Any, page: str
    ) -> dict[str, Any]:
        active = prompts.active_version(config.broker)
        return {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": title,
            "broker": config.broker,
            "active": active,
            "in_force": versions.is_in_force(config, active),
            "page": page,
            "may_edit": self.may(request, "c"),  # type: ignore[attr-defined]
            "tabs": [
                ("desk", _("Textos y prueba"), self._address("desk", config)),
                ("versions", _("Versiones"), _page("changelist")),
                ("replays", _("Repeticiones"), reverse("admin:llm_promptreplay_changelist")),
                ("models", _("Modelos y costos"), self._address("models", config)),
                ("settings", _("Nombre y visitas"), _settings(config)),
            ],
        }


def given_sections(request: HttpRequest) -> dict[str, Any]:
    """The texts of the form, as they stand on the page."""
    texts = {each.key: request.POST.get(each.key, "")[: sections.LONGEST] for each in sections.ALL}
    names = request.POST.getlist("situation_name")
    situations = sections.pairs(names, request.POST.getlist("situation_text"))
    return sections.tidy({**texts, sections.SITUATIONS.key: situations})


def said(text: str, answer: Answer) -> dict[str, Any]:
    """What a message came to, as the chat shows it."""
    turn = answer.turn
    return {
        "text": text,
        "replies": answer.replies,
        "choices": [each["label"] for each in turn.choices] if turn else [],
        "deeds": telling.deeds(answer.deeds),
        "broken": telling.broken(answer.broken),
        "facts": telling.facts(answer.facts),
        "handed_over": answer.is_handed_over,
        "model": answer.models[-1] if answer.models else "",
        "cost": telling.cost(answer.cost_usd),
        "over_budget": answer.is_over_budget,
        "prompt": prompts.stable(turn.prompt) if turn else "",
        "context": telling.told(turn.context) if turn else [],
    }


def _editor(given: sections.Sections) -> dict[str, Any]:
    return {
        "groups": [
            (group, [(each, given[each.key]) for each in group.sections])
            for group in sections.GROUPS
        ],
        "situations": sections.SITUATIONS,
        "situation_list": [
            (sections.case(name), text) for name, text in given[sections.SITUATIONS.key].items()
        ],
        "whole": sections.WHOLE,
        "whole_text": given[sections.WHOLE.key],
        "longest": sections.LONGEST,
    }


def _others(version: PromptVersion) -> list[tuple[str, Any]]:
    """What a version may be compared with; the latest are enough for a list."""
    rows = PromptVersion.objects.filter(broker=version.broker_id).exclude(pk=version.pk)
    listed = [(str(each.pk), str(each)) for each in rows.order_by("-pk")[:100]]
    return [(ACTIVE, _("la versión activa")), (DRAFT, _("el borrador")), *listed]


def _page(name: str, *args: Any) -> str:
    return reverse(f"admin:{NAME}_{name}", args=args)


def _settings(config: BrokerPromptConfig) -> str:
    return reverse("admin:brokers_brokerpromptconfig_change", args=[config.pk])
