"""Saving what a person edited on a lead's page, and nothing that changed meanwhile."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from crm.errors import Conflict, DomainError
from leads import facts, scoring
from leads.activity import log
from leads.admin import words
from leads.enums import Actor
from leads.models import Lead

PLAIN = ("notes", "tags", "treatment_type")
EMPTY_CONTACT: dict[str, Any] = {"name": None, "phone": "", "email": None}


def values_of(lead: Lead) -> dict[str, Any]:
    """Everything that the page lets a person edit, as it stands."""
    plain = {name: getattr(lead, name) for name in PLAIN}
    named = {name: facts.value_of(lead, name) for name in facts.Facts.model_fields}
    return {**plain, **named}


@transaction.atomic
def save(
    lead: Lead, changes: Mapping[str, Any], *, seen: Mapping[str, Any], by: Any, at: datetime
) -> None:
    """Store ``changes``; refuses with Conflict those that somebody changed since ``seen``."""
    locked = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    _refuse_stale(values_of(locked), changes, seen)
    told = {name: value for name, value in changes.items() if name in facts.Facts.model_fields}
    _forget(locked, [name for name, value in told.items() if value in (None, "", [])])
    _store_plain(locked, {name: value for name, value in changes.items() if name in PLAIN}, by, at)
    kept = {name: value for name, value in told.items() if value not in (None, "", [])}
    if kept:
        _record(locked, kept, by, at)
    elif told:
        scoring.rescore(locked, at=at)


def _refuse_stale(
    current: Mapping[str, Any], changes: Mapping[str, Any], seen: Mapping[str, Any]
) -> None:
    stale = [name for name in changes if name in seen and current[name] != seen[name]]
    if stale:
        now = "; ".join(
            f"{words.fact_label(name)}: {words.fact(name, current[name]) or _('vacío')}"
            for name in stale
        )
        raise Conflict(
            _("Mientras editabas cambió lo siguiente: %(now)s. Recarga y vuelve a intentarlo.")
            % {"now": now}
        )


def _forget(lead: Lead, names: list[str]) -> None:
    """A person emptied these: what was known is wrong."""
    if not names:
        return
    for name in names:
        lead.metadata.get("provenance", {}).pop(name, None)
        if name in EMPTY_CONTACT:
            setattr(lead, name, EMPTY_CONTACT[name])
        else:
            lead.metadata.pop(name, None)
    if "phone" in names:
        lead.phone_e164 = None
    lead.version = F("version") + 1
    contact = [name for name in names if name in EMPTY_CONTACT]
    lead.save(update_fields=[*contact, "phone_e164", "metadata", "version", "updated_at"])
    lead.refresh_from_db()


def _store_plain(lead: Lead, changes: Mapping[str, Any], by: Any, at: datetime) -> None:
    if changes:
        Lead.objects.filter(pk=lead.pk).update(**changes, version=F("version") + 1, updated_at=at)
        columns = {field.name: field for field in lead._meta.concrete_fields}
        labels = [str(columns[name].verbose_name) for name in changes]
        log(lead, "lead_edited", actor=Actor.HUMAN, at=at, user=by, labels=labels)


def _record(lead: Lead, told: Mapping[str, Any], by: Any, at: datetime) -> None:
    result = facts.record(lead, facts.Facts(**told), source=facts.Source.PERSON, user=by, at=at)
    if result.refused:
        names = ", ".join(words.fact_label(name) for name in result.refused)
        raise DomainError(_("No se pudo guardar: %(names)s.") % {"names": names})
