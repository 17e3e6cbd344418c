"""Buttons of Admin that call a door: a page that asks what the door needs, then one call."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from crm.errors import DomainError

View = TypeVar("View", bound=Callable[..., HttpResponse])
Call = Callable[[Any, HttpRequest, Any, dict[str, Any]], Any]


def person(request: HttpRequest) -> Any:
    """Who asks; Admin's views let nobody in without signing in."""
    return request.user


class DoorForm(forms.Form):
    """What a door needs to know; knows the row and who asks, to narrow its choices.

    ``told`` is what the person reads before they confirm, where it depends on the row.
    """

    told = ""

    def __init__(self, *args: Any, row: Any, user: Any, **kwargs: Any) -> None:
        self.row, self.user = row, user
        super().__init__(*args, **kwargs)


class ReasonForm(DoorForm):
    reason = forms.CharField(
        label=_("Motivo"), max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


def always(row: Any) -> bool:
    return True


def door(
    title: Any,
    *,
    done: Any,
    form: type[DoorForm] = DoorForm,
    help_text: Any = "",
    icon: str | None = None,
    variant: ActionVariant = ActionVariant.DEFAULT,
    letter: str = "u",
    applies: Callable[[Any], bool] = always,
) -> Callable[[Call], Any]:
    """Make a button of ``call(self, request, row, data)``: GET asks and changes nothing.

    ``letter`` is what the user's role must allow on the model; ``applies`` hides the button on
    rows whose state has no use for it (the door itself still refuses). A call that returns a
    response, a file or another page, is answered by it; without ``done`` it says itself how it went.
    """

    def decorate(call: Call) -> Any:
        def view(self: Any, request: HttpRequest, object_id: str) -> HttpResponseBase:
            row = self.get_object(request, object_id)
            if not self.may(request, letter):
                raise PermissionDenied
            sent = (request.POST, request.FILES) if request.method == "POST" else ()
            asked = form(*sent, row=row, user=request.user)
            if asked.is_bound and asked.is_valid():
                answer = _called(call, self, request, row, asked)
                if answer is not None:
                    if done and not answer.streaming:
                        messages.success(request, str(done))
                    return answer
            return _page(self, request, row, asked, title, help_text)

        view.__name__ = call.__name__
        made = action(
            description=title,
            url_path=call.__name__.replace("_", "-"),
            icon=icon,
            variant=variant,
        )(view)
        made.door = (letter, applies)
        return made

    return decorate


def _called(
    call: Call, admin: Any, request: HttpRequest, row: Any, asked: DoorForm
) -> HttpResponseBase | None:
    """The answer to a call that went through; None where the door refused."""
    try:
        answer = call(admin, request, row, asked.cleaned_data)
    except DomainError as refusal:
        asked.add_error(None, str(refusal))
        return None
    if isinstance(answer, HttpResponseBase):
        return answer
    return HttpResponseRedirect(admin.page_of(request, row))


def _page(
    admin: Any, request: HttpRequest, row: Any, asked: DoorForm, title: Any, help_text: Any
) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": title,
        "subtitle": str(row),
        "row": row,
        "form": asked,
        "help_text": asked.told or help_text,
        "back": admin.page_of(request, row),
    }
    status = 409 if asked.is_bound and asked.non_field_errors() else 200
    return TemplateResponse(request, "admin/door.html", context, status=status)


def each(
    admin: Any, request: HttpRequest, queryset: Any, call: Callable[[Any], Any], done: Any
) -> None:
    """Call a door for every chosen row; refusals are told row by row, the rest goes on."""
    succeeded = 0
    for row in queryset:
        try:
            call(row)
        except DomainError as refusal:
            admin.message_user(request, f"{row}: {refusal}", messages.ERROR)
        else:
            succeeded += 1
    if succeeded:
        admin.message_user(request, f"{done}: {succeeded}", messages.SUCCESS)
