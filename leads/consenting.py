"""Consent given and withdrawn: recorded, kept by identifier beyond the lead, lifted with a reason."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from leads import delivery, outbox, scoring, suppressing
from leads.activity import log
from leads.enums import (
    CALLS,
    Actor,
    Author,
    ConsentPurpose,
    ConsentState,
    Purpose,
    SignalKind,
)
from leads.errors import NotSuppressed, ReasonNeeded
from leads.languages import Language, spoken_by
from leads.models import Consent, Lead, Suppression

CONFIRMATIONS: dict[Language, str] = {
    "es": "Listo: no te enviaremos más mensajes comerciales. Si más adelante quieres retomar la "
    "conversación, escríbenos cuando quieras.",
    "en": "Done: we won't send you any more marketing messages. If you want to take up the "
    "conversation again later, write to us whenever you like.",
    "pt": "Pronto: não enviaremos mais mensagens comerciais. Se mais adiante você quiser retomar "
    "a conversa, escreva quando quiser.",
}
OPTED_OUT = "opted_out"


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
    _lock(lead)
    marks = suppressing.names_of(lead, scope=scope)
    suppressing.put(lead.broker_id, marks, reason=OPTED_OUT, at=at, by=by, renew=True)
    delivery.withdraw(
        lead,
        reason=OPTED_OUT,
        at=at,
        purposes=[Purpose.MARKETING, Purpose.REMINDER],
        channel=scope,
    )
    stopped = withdrawn(lead).filter(purpose=ConsentPurpose.MARKETING)
    if not stopped.filter(channel__in=["", scope]).exists():
        consent = _record(lead, scope, ConsentState.WITHDRAWN, evidence, at, by)
        scoring.note(lead, SignalKind.OPTED_OUT, source_key=scope or "all", at=at)
        log(lead, "opted_out", actor=_actor(by), at=at, user=by, channel=scope)
        if confirm:
            _confirm(lead, channel, consent, spoken_by([evidence]) or "es", at)
    scoring.rescore(lead, at=at)


@transaction.atomic
def stop_calls(lead: Lead, *, evidence: str, at: datetime, by: Any = None) -> None:
    """No campaign and no automatic call rings the lead's phone any more; messages go on."""
    _lock(lead)
    marks = suppressing.names_of(lead, scope=CALLS)
    suppressing.put(lead.broker_id, marks, reason=OPTED_OUT, at=at, by=by, renew=True)
    if withdrawn(lead).filter(purpose=ConsentPurpose.CALL).exists():
        return
    _record(lead, "", ConsentState.WITHDRAWN, evidence, at, by, purpose=ConsentPurpose.CALL)
    log(lead, "calls_stopped", actor=_actor(by), at=at, user=by)


@transaction.atomic
def grant(
    lead: Lead,
    *,
    channel: str,
    purpose: ConsentPurpose | str,
    evidence: str,
    text_shown: str = "",
    at: datetime,
    by: Any = None,
) -> Consent:
    """Record that the person agreed, and how. What is suppressed stays so until it is lifted."""
    if not evidence.strip():
        raise ReasonNeeded(field="evidence")
    consent = _record(
        lead, channel, ConsentState.GRANTED, evidence, at, by, purpose=purpose, shown=text_shown
    )
    told = {"channel": channel, "purpose": str(purpose)}
    log(lead, "consent_granted", actor=_actor(by), at=at, user=by, **told)
    return consent


@transaction.atomic
def lift(lead: Lead, *, reason: str, by: Any, at: datetime) -> None:
    """Let campaigns and calls reach the lead again: every mark against them goes, with a reason."""
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    _lock(lead)
    stopped = list(withdrawn(lead))
    lifted = suppressing.lift(suppressing.of_lead(lead), reason=reason, by=by, at=at)
    if not lifted and not stopped:
        raise NotSuppressed
    _note_lifted(lead, stopped, reason, by, at)


@transaction.atomic
def lift_mark(mark: Suppression, *, reason: str, by: Any, at: datetime) -> None:
    """Take one identifier off the list, and the withdrawal with it of the leads who have it."""
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    named = Q(phone_e164=mark.identifier) | Q(email=mark.identifier)
    named |= Q(identities__external_id=mark.identifier, identities__channel=mark.channel)
    theirs = Lead.objects.living().filter(named, broker_id=mark.broker_id).distinct()
    leads = list(theirs.order_by("pk")[:100])
    for lead in leads:
        _lock(lead)
    if not suppressing.lift(Suppression.objects.filter(pk=mark.pk), reason=reason, by=by, at=at):
        raise NotSuppressed
    for lead in leads:
        stopped = [each for each in withdrawn(lead) if _scope(each) == mark.channel]
        _note_lifted(lead, stopped, reason, by, at)


def cover(lead: Lead) -> None:
    """What a lead has asked to stop also stops for the phone or e-mail learnt since."""
    for consent in withdrawn(lead):
        marks = suppressing.names_of(lead, scope=_scope(consent))
        suppressing.put(lead.broker_id, marks, reason=OPTED_OUT, at=consent.at, renew=True)


def _scope(consent: Consent) -> str:
    """What the marks of a withdrawal name: its channel, "" for all, or calls alone."""
    return CALLS if consent.purpose == ConsentPurpose.CALL else consent.channel


def withdrawn(lead: Lead) -> QuerySet[Consent]:
    """The withdrawals of marketing and calls that stand: nothing came after on their channel."""
    later = Consent.objects.filter(
        lead=OuterRef("lead"),
        purpose=OuterRef("purpose"),
        channel=OuterRef("channel"),
        state=ConsentState.LIFTED,
        pk__gt=OuterRef("pk"),
    )
    return Consent.objects.filter(
        ~Exists(later),
        lead=lead,
        purpose__in=[ConsentPurpose.MARKETING, ConsentPurpose.CALL],
        state=ConsentState.WITHDRAWN,
    )


def _lock(lead: Lead) -> None:
    """The lead before its messages, as everywhere: two orders of locks would meet head-on."""
    Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=lead.pk)


def _actor(by: Any) -> Actor:
    return Actor.HUMAN if by else Actor.LEAD


def _record(
    lead: Lead,
    channel: str,
    state: ConsentState,
    evidence: str,
    at: datetime,
    by: Any,
    *,
    purpose: ConsentPurpose | str = ConsentPurpose.MARKETING,
    shown: str = "",
) -> Consent:
    consent: Consent = Consent.objects.create(
        broker_id=lead.broker_id,
        lead=lead,
        channel=channel,
        purpose=purpose,
        state=state,
        at=at,
        evidence=evidence[:500],
        text_shown=shown[:2000],
        actor=_actor(by),
        by=by,
    )
    return consent


def _note_lifted(
    lead: Lead, stopped: Iterable[Consent], reason: str, by: Any, at: datetime
) -> None:
    for consent in list(stopped):
        purpose = consent.purpose
        _record(lead, consent.channel, ConsentState.LIFTED, reason, at, by, purpose=purpose)
        if purpose == ConsentPurpose.MARKETING:
            key = consent.channel or "all"
            scoring.note(lead, SignalKind.OPTED_OUT, source_key=key, at=at, active=False)
    log(lead, "suppression_lifted", actor=_actor(by), at=at, user=by, reason=reason[:300])
    scoring.rescore(lead, at=at)


def _confirm(lead: Lead, channel: str, consent: Consent, language: Language, at: datetime) -> None:
    outbox.queue(
        lead,
        text=CONFIRMATIONS[language],
        author=Author.SYSTEM,
        purpose=Purpose.CONFIRM_OPT_OUT,
        channel=channel,
        idempotency_key=f"opt-out:{lead.pk}:{consent.pk}",
        at=at,
    )
