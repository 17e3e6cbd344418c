"""The addresses of the inbox screen, mixed into the admin of conversations."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.admin.doors import person
from crm.errors import DomainError
from crm.tenancy import allows
from leads import handoff, outbox, reading
from leads.admin import inbox, replies
from leads.admin.forms import ReplyForm, ResendForm
from leads.enums import Channel
from leads.models import Conversation, Lead

ADDRESSES = {
    "answer": "responder",
    "take_it": "tomar",
    "give_it_back": "devolver",
    "seen": "leido",
    "resend": "reenviar",
}


class InboxScreen:
    """Shows conversations and answers them; every change goes through its door."""

    def inbox_urls(self) -> tuple[Any, ...]:
        """In unfold's form: address, name, view."""
        name = "leads_conversation_inbox"
        rows = tuple(
            (f"<path:object_id>/{address}/", f"{name}_{view}", self._answering(getattr(self, view)))
            for view, address in ADDRESSES.items()
        )
        return (
            ("bandeja/", name, self.screen),
            ("bandeja/cambios/", f"{name}_changes", self.changes),
            ("<path:object_id>/anteriores/", f"{name}_older", self.older),
            *rows,
        )

    def screen(self, request: HttpRequest, model_admin: Any) -> HttpResponse:
        """The whole screen; ``abierta`` names the conversation whose thread it shows."""
        if not self.may(request, "r"):  # type: ignore[attr-defined]
            raise PermissionDenied
        asked, opened = inbox.Asked.of(request), self._opened(request)
        parts, mark = self._parts(request, asked, opened)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": _("Bandeja"),
            "opts": self.opts,  # type: ignore[attr-defined]
            "asked": asked,
            "states": inbox.STATES,
            "channels": Channel.choices,
            "opened": opened,
            "parts": {key.replace("inbox-", ""): html for key, html in parts.items()},
            "mark": mark,
        }
        return TemplateResponse(request, "admin/leads/inbox/page.html", context)

    def changes(self, request: HttpRequest, model_admin: Any) -> HttpResponse:
        """What changed since ``visto``: the parts of the screen, or 204 when nothing did."""
        if not self.may(request, "r"):  # type: ignore[attr-defined]
            raise PermissionDenied
        asked, opened = inbox.Asked.of(request), self._opened(request)
        known = request.GET.get("visto", "")
        parts, mark = self._parts(request, asked, opened, known=known)
        if not parts:
            return HttpResponse(status=204)
        return JsonResponse({"mark": mark, "parts": parts})

    def older(self, request: HttpRequest, object_id: str, model_admin: Any) -> HttpResponse:
        """The messages before ``antes``, to be put above the thread."""
        if not self.may(request, "r"):  # type: ignore[attr-defined]
            raise PermissionDenied
        conversation, before = self._conversation(request, object_id), request.GET.get("antes", "")
        if not (before.isdecimal() and len(before) < 19):
            raise Http404
        may_write = self._may_write(request)
        items = inbox.older(request, conversation, int(before), may_write=may_write)
        return HttpResponse(items)

    def _parts(
        self,
        request: HttpRequest,
        asked: inbox.Asked,
        opened: Conversation | None,
        known: str = "",
    ) -> tuple[dict[str, str], str]:
        visible = self.get_queryset(request)  # type: ignore[attr-defined]
        shown, more, mark = inbox.picture(visible, asked, opened, request.user)
        at = timezone.now()
        mark = f"{mark}-{at:%H%M}"  # waits are told in minutes
        if known == mark:
            return {}, mark
        may_write = self._may_write(request)
        counts = reading.counts(visible, by=request.user)
        parts = inbox.fragments(
            request, shown, more, opened, at, counts=counts, may_write=may_write
        )
        # A refresh leaves the draft alone, unless what may be written is of another kind now.
        if opened is not None and may_write and request.GET.get("caja") != inbox.reply_kind(opened):
            parts["inbox-reply"] = inbox.reply_box(request, opened)
        return parts, mark

    def _opened(self, request: HttpRequest) -> Conversation | None:
        asked = request.GET.get("abierta", "")
        if not asked:
            return None
        return self._conversation(request, asked)

    def _conversation(self, request: HttpRequest, pk: str) -> Conversation:
        related = ("lead__broker__brokerleadconfig", "lead__assigned_to", "held_by")
        visible = self.get_queryset(request).select_related(*related)  # type: ignore[attr-defined]
        found: Conversation | None = (
            visible.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
        )
        if found is None:
            raise Http404
        return found

    def _may_write(self, request: HttpRequest) -> bool:
        return allows(request.user, Lead, "u")

    def _answering(self, call: Any) -> Any:
        """A POST that changes something: 204, or the refusal in words for the screen to show."""

        def view(request: HttpRequest, object_id: str, model_admin: Any) -> HttpResponse:
            conversation = self._conversation(request, object_id)
            if request.method != "POST":
                return HttpResponseRedirect(self.screen_of(conversation))
            if not self._may_write(request):
                raise PermissionDenied
            try:
                call(request, conversation)
            except DomainError as refusal:
                told = {"error": str(refusal), "code": refusal.code}
                return JsonResponse(told, status=refusal.status)
            if "application/json" in request.headers.get("Accept", ""):
                return HttpResponse(status=204)
            return HttpResponseRedirect(self.screen_of(conversation))

        return view

    def screen_of(self, conversation: Conversation) -> str:
        return f"{reverse('admin:leads_conversation_inbox')}?abierta={conversation.pk}"

    def answer(self, request: HttpRequest, conversation: Conversation) -> None:
        form = ReplyForm(request.POST, request.FILES, row=conversation.lead, user=request.user)
        if not form.is_valid():
            first = next(iter(form.errors.values()))[0]
            raise DomainError(str(first), code="invalid")
        at = timezone.now()
        replies.send(conversation.lead, form.cleaned_data, by=person(request), at=at)
        conversation.refresh_from_db()  # who answers looks after it from now on
        self._read(request, conversation)

    def resend(self, request: HttpRequest, conversation: Conversation) -> None:
        form = ResendForm(request.POST, row=conversation.lead, user=request.user)
        if not form.is_valid():
            raise DomainError(_("Ese mensaje no es de esta conversación."), code="invalid")
        outbox.resend(form.cleaned_data["message"], by=person(request), at=timezone.now())

    def take_it(self, request: HttpRequest, conversation: Conversation) -> None:
        handoff.take(conversation.lead, by=person(request), at=timezone.now())

    def give_it_back(self, request: HttpRequest, conversation: Conversation) -> None:
        handoff.give_back(conversation.lead, by=person(request), at=timezone.now())

    def seen(self, request: HttpRequest, conversation: Conversation) -> None:
        self._read(request, conversation)

    def _read(self, request: HttpRequest, conversation: Conversation) -> None:
        given = request.POST.get("hasta", "")
        up_to = int(given) if given.isdecimal() and len(given) < 19 else 0
        reading.mark(conversation, up_to=up_to or inbox.last_seen(conversation), by=person(request))
