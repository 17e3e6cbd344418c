"""The base of every admin: rows by tenancy, permissions by letters, choices inside one broker."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from crm import usage
from crm.admin.filters import BrokerFilter
from crm.admin.forms import PrettyJSON, TenantForm, TenantFormSet
from crm.errors import DomainError
from crm.fields import EncryptedJSONField
from crm.tenancy import allows, scope, visible

_ID = re.compile(r"[0-9]{1,18}", re.ASCII)  # what a bigint holds, and Python reads at once
_NEVER_LOOKED_UP = frozenset({"password", "token", "feed_token", "key", "webhook_key"})


class BrokerAutocomplete(AutocompleteSelect):
    """An autocomplete that, for a row with a broker, asks for that broker's rows only."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """Shown again beside its refusal, what is no id is nothing chosen: Django's would look it up."""
        chosen = [each for each in value if _ID.fullmatch(str(each))]
        return super().optgroups(name, chosen, attr)

    broker: int | None = None

    def get_url(self) -> str:
        url = super().get_url()
        return f"{url}?broker={self.broker}" if self.broker else url


class Scoped:
    """What pages and inlines share; mixed in before unfold's classes."""

    model: type[models.Model]
    opts: Any
    admin_site: Any

    def may(self, request: HttpRequest, letter: str) -> bool:
        return allows(request.user, self.model, letter)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        queryset: models.QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return queryset.filter(scope(self.model, request.user))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "r")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "c")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "u")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "d")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "r")

    @property
    def foreign_keys(self) -> list[str]:
        return [f.name for f in self.opts.fields if f.many_to_one or f.one_to_one]

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        remote = {name: self.opts.get_field(name).remote_field.model for name in self.foreign_keys}
        return [name for name, model in remote.items() if self.admin_site.is_registered(model)]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = visible(db_field.remote_field.model, request.user)
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = BrokerAutocomplete(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            widget = field.widget
            widget.can_add_related = widget.can_change_related = False
            widget.can_delete_related = widget.can_view_related = False
        return field

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        secret = [f.name for f in self.opts.fields if isinstance(f, EncryptedJSONField)]
        broker = [] if self.names_broker(request) else ["broker"]
        return [*(super().get_exclude(request, obj) or ()), *secret, *broker]  # type: ignore[misc]

    def names_broker(self, request: HttpRequest) -> bool:
        """Whether the broker is a field of the form: only for who has none of their own."""
        return getattr(request.user, "broker_id", None) is None

    def owned(self) -> bool:
        return any(field.name == "broker" for field in self.opts.fields)


class TenantAdmin(Scoped, ModelAdmin):
    """An admin that shows a user their tenant's rows and nothing of others.

    ``derived_fields`` are columns that the model's own ``save`` computes from what was edited.
    ``empty_hint`` tells on an empty list what to do next.
    """

    form = TenantForm
    formfield_overrides = {
        models.JSONField: {
            "form_class": PrettyJSON,
            "widget": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        }
    }
    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True
    compressed_fields = True
    derived_fields: Sequence[str] = ()
    empty_hint: Any = ""

    # --- Rows ---
    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The row, or 404: whether another tenant has such an id is not told."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        return row

    def page_of(self, request: HttpRequest, row: Any) -> str:
        """The row's page, or the list when the user no longer sees the row."""
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}"
        if self.get_queryset(request).filter(pk=row.pk).exists():
            return reverse(f"{name}_change", args=[quote(row.pk)])
        return reverse(f"{name}_changelist")

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """Every row a list names comes with the list, so that a page costs the same queries."""
        return self.list_select_related or self.foreign_keys

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        broker = request.GET.get("broker", "")
        if request.path.endswith("/autocomplete/") and _ID.fullmatch(broker):
            path = getattr(self.model, "broker_path", "broker")
            queryset = queryset.filter(**{path: broker})
        found: tuple[models.QuerySet[Any], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        if self._is_secret(lookup.split("__")):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def _is_secret(self, parts: Iterable[str]) -> bool:
        opts = self.opts
        for part in parts:
            try:
                field = opts.get_field(part)
            except FieldDoesNotExist:
                return False
            if part in _NEVER_LOOKED_UP or isinstance(field, EncryptedJSONField):
                return True
            if field.related_model is None:
                return False
            opts = field.related_model._meta
        return False

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        filters = list(super().get_list_filter(request))
        if self.owned() and self.names_broker(request):
            filters.append(("broker", BrokerFilter))
        return filters

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        shown = list(super().get_list_display(request))
        return [*shown, "broker"] if self.owned() and self.names_broker(request) else shown

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        """Rows that cannot exist were not chosen: Django breaks on what is no id."""
        given = request.POST.copy()
        chosen = given.getlist(ACTION_CHECKBOX_NAME)
        given.setlist(ACTION_CHECKBOX_NAME, [pk for pk in chosen if _ID.fullmatch(pk)])
        request.POST = given  # type: ignore[assignment]
        return super().response_action(request, queryset)

    # --- Forms ---
    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"request": request})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not (self.fieldsets and self.owned() and self.names_broker(request)):
            return fieldsets
        (title, first), *rest = fieldsets
        return [(title, {**first, "fields": ["broker", *first["fields"]]}), *rest]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A row never changes its tenant."""
        fields = list(super().get_readonly_fields(request, obj))
        fixed = obj is not None and self.owned() and self.names_broker(request)
        return [*fields, "broker"] if fixed else fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Writes the columns that were edited, so that a worker's other changes stand."""
        if change:
            if edited := form.edited_columns():
                obj.save(update_fields={*edited, *self.derived_fields, "updated_at"})
        else:
            obj.save()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """A door's refusal comes back on the form that was sent, with its input kept."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context.setdefault("show_save_and_add_another", False)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The letters of the row decide; what hangs on it goes with it, what uses it is named."""
        names, counts, _needed, protected = super().get_deleted_objects(objs, request)
        found = [use for row in objs for use in usage.uses(row)]
        protected = [*protected, *(use.text for use in found if use.blocks)]
        used_in = [_("Se usa en: %s") % use.text for use in found if not use.blocks]
        return [*names, *used_in], counts, set(), protected

    # --- Buttons ---
    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        actions = super().get_actions_detail(request, object_id)
        if not actions:
            return []
        row = self.get_object(request, str(object_id))
        return [button for button in actions if self._offers(request, button.method, row)]

    def _offers(self, request: HttpRequest, button: Any, row: Any) -> bool:
        letter, applies = getattr(button, "door", ("u", None))
        return self.may(request, letter) and (applies is None or applies(row))


class TenantInline(Scoped, TabularInline):
    """Rows shown inside another's page, scoped the same way; their broker is the parent's."""

    form = TenantForm
    formset = TenantFormSet
    extra = 0
    tab = True
    show_change_link = False

    def names_broker(self, request: HttpRequest) -> bool:
        return False

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form = type(formset.form.__name__, (formset.form,), {"request": request})
        return formset
