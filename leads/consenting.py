"""Withdrawing consent: recorded, kept by identifier beyond the lead, confirmed once."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from leads import delivery, identity, outbox, scoring
from leads.activity import log
from leads.enums import CALLS, Actor, Author, ConsentPurpose, ConsentState, Purpose, SignalKind
from leads.models import Consent, Lead, Suppression

CONFIRMATION = (
    "Listo: no te enviaremos más mensajes comerciales. Si más adelante quieres retomar la "
    "conversación, escríbenos cuando quieras."
)

_WITHDRAWN = Q(state=ConsentState.WITHDRAWN)


@transaction.atomic
def opt_out(
    lead: Lead,
    *,
    channel: str,
    everything: bool,
    evidence: str,
    at: datetime,
    by: Any = None,
    confirm: bool = True,
) -> None:
    """Stop marketing on a channel, or everywhere with ``everything``; tells the lead once.

    Asked again after the lead came back, it silences service too, as the first time.
    """
    scope = "" if everything else channel
    # The lead before its messages, as everywhere: two orders of locks would meet head-on.
    Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=lead.pk)
    _suppress(lead, scope, at)
    delivery.withdraw(
        lead,
        reason="opted_out",
        at=at,
        purposes=[Purpose.MARKETING, Purpose.REMINDER],
        channel=scope,
    )
    if not _withdrawn(lead).filter(channel__in=["", scope]).exists():
        _record(lead, scope, evidence, at, by)
        if confirm:
            _confirm(lead, channel, scope, at)
    scoring.rescore(lead, at=at)


@transaction.atomic
def stop_calls(lead: Lead, *, evidence: str, at: datetime, by: Any = None) -> None:
    """No campaign and no automatic call rings the lead's phone any more; messages go on."""
    Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=lead.pk)
    _suppress(lead, CALLS, at)
    if Consent.objects.filter(_WITHDRAWN, lead=lead, purpose=ConsentPurpose.CALL).exists():
        return
    _note(lead, "", ConsentPurpose.CALL, evidence, at)
    actor = Actor.HUMAN if by else Actor.LEAD
    log(lead, "calls_stopped", actor=actor, at=at, user=by)


def cover(lead: Lead) -> None:
    """What a lead has asked to stop also stops for the phone or e-mail learnt since."""
    for consent in Consent.objects.filter(_WITHDRAWN, lead=lead):
        if consent.purpose == ConsentPurpose.CALL:
            _suppress(lead, CALLS, consent.at)
        elif consent.purpose == ConsentPurpose.MARKETING:
            _suppress(lead, consent.channel, consent.at)


def _withdrawn(lead: Lead) -> QuerySet[Consent]:
    return Consent.objects.filter(_WITHDRAWN, lead=lead, purpose=ConsentPurpose.MARKETING)


def _note(lead: Lead, channel: str, purpose: ConsentPurpose, evidence: str, at: datetime) -> None:
    Consent.objects.create(
        broker_id=lead.broker_id,
        lead=lead,
        channel=channel,
        purpose=purpose,
        state=ConsentState.WITHDRAWN,
        at=at,
        evidence=evidence[:500],
    )


def _record(lead: Lead, scope: str, evidence: str, at: datetime, by: Any) -> None:
    _note(lead, scope, ConsentPurpose.MARKETING, evidence, at)
    scoring.note(lead, SignalKind.OPTED_OUT, source_key=scope or "all", at=at)
    actor = Actor.HUMAN if by else Actor.LEAD
    log(lead, "opted_out", actor=actor, at=at, user=by, channel=scope)


def _suppress(lead: Lead, scope: str, at: datetime) -> None:
    """Mark every identifier; one marked before counts from now on."""
    own = identity.identifiers(lead)
    external = lead.identities.filter(channel=scope) if scope else lead.identities.all()
    marks = [(scope, identifier) for identifier in own]
    marks += [(each.channel, each.external_id) for each in external]
    Suppression.objects.bulk_create(
        [
            Suppression(
                broker_id=lead.broker_id,
                channel=channel,
                identifier=identifier,
                reason="opted_out",
                created_at=at,
            )
            for channel, identifier in marks
        ],
        update_conflicts=True,
        update_fields=["created_at", "updated_at"],
        unique_fields=["broker", "identifier", "channel"],
    )


def _confirm(lead: Lead, channel: str, scope: str, at: datetime) -> None:
    outbox.queue(
        lead,
        text=CONFIRMATION,
        author=Author.SYSTEM,
        purpose=Purpose.CONFIRM_OPT_OUT,
        channel=channel,
        idempotency_key=f"opt-out:{lead.pk}:{scope or 'all'}",
        at=at,
    )
