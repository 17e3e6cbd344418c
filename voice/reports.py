"""The final report of a call, applied once: transcript, facts, score, stage, wishes, retry."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leads import consenting, facts, handoff, pipeline, scoring
from leads.activity import log
from leads.enums import Actor, SignalKind
from leads.facts import Source
from leads.models import Conversation, Lead
from leads.signals import announce
from leads.stages import Stage
from voice import analysis, calls, signals
from voice.models import CallStatus, CallTranscript, Disposition, VoiceCall, VoiceEvent
from voice.providers.base import Line, Report

LONGEST_LINE = 5000


@transaction.atomic
def apply(call: VoiceCall, report: Report, event: VoiceEvent, *, at: datetime) -> bool:
    """Everything that a call's end means; False when a report was applied before."""
    # The lead before the call, as everywhere.
    leads = Lead.objects.select_for_update(of=("self",), no_key=True)
    lead = leads.select_related("broker__brokerleadconfig").get(pk=call.lead_id)
    locked = VoiceCall.objects.select_for_update(of=("self",), no_key=True).get(pk=call.pk)
    if locked.reported_at is not None:
        return False
    calls.end(locked, CallStatus(event.status), reason=event.reason, at=report.ended_at or event.at)
    locked.refresh_from_db()
    _describe(locked, report, at)
    _transcribe(locked, report.lines)
    if analysis.is_contact(report, CallStatus(event.status)):
        _heed(lead, locked, report, at)
    else:
        _not_reached(lead, locked, report, at)
    locked.save()
    return True


def _describe(call: VoiceCall, report: Report, at: datetime) -> None:
    config = call.broker.brokervoiceconfig
    call.reported_at = at
    call.started_at = report.started_at or call.started_at
    call.completed_at = report.ended_at or call.completed_at
    if report.started_at and report.ended_at:
        spoken = (report.ended_at - report.started_at).total_seconds()
        call.duration = min(max(round(spoken), 0), 86_400)
    if report.cost_usd is not None:
        call.cost_usd = round(report.cost_usd, 4)
    if config.recording_enabled and report.recording_url.startswith("https://"):
        call.recording_url = report.recording_url[:1000]


def _transcribe(call: VoiceCall, lines: tuple[Line, ...]) -> None:
    CallTranscript.objects.bulk_create(
        CallTranscript(
            broker_id=call.broker_id,
            call=call,
            position=position,
            speaker=line.speaker,
            text=line.text[:LONGEST_LINE],
            timestamp=round(line.second, 2),
            confidence=line.confidence,
        )
        for position, line in enumerate(sorted(lines, key=lambda line: line.second))
    )


def _not_reached(lead: Lead, call: VoiceCall, report: Report, at: datetime) -> None:
    """Nobody was spoken to: no contact, no change of score."""
    if report.voicemail:
        call.disposition = Disposition.VOICEMAIL
    told = {"call": call.pk, "status": call.status, "disposition": call.disposition}
    log(lead, "call_not_answered", actor=Actor.PROVIDER, at=at, **told)


def _heed(lead: Lead, call: VoiceCall, report: Report, at: datetime) -> None:
    """What the lead said on the phone counts as what they write; the score tells the difference."""
    heard = analysis.analyse(report.lines, lead, at=at)
    before = scoring.rescore(lead, at=at).total
    if lead.pipeline_stage == Stage.ENTRY:
        pipeline.advance(lead, to=Stage.PROFILING, event="answered_call", at=at)
    facts.record(lead, heard.facts, source=Source.LEAD, at=at, confidence=heard.confidence)
    pipeline.refresh(lead, at=at)
    _wishes(lead, call, heard, at)
    after = scoring.rescore(lead, at=at).total
    Lead.objects.filter(pk=lead.pk).update(last_contacted=at)
    call.disposition = heard.disposition
    call.summary = report.summary.strip() or heard.summary
    call.score_delta = round(after - before, 1)
    call.stage_after_call = lead.pipeline_stage
    told = {"disposition": heard.disposition.value, "duration": call.duration}
    change = {"call": call.pk, "score_delta": call.score_delta, **told}
    log(lead, "call_completed", actor=Actor.PROVIDER, at=at, **change)
    if not report.summary.strip():
        announce(signals.call_reported, call_id=call.pk)


def _wishes(lead: Lead, call: VoiceCall, heard: analysis.Heard, at: datetime) -> None:
    if heard.wrong_number:
        key = f"call:{call.pk}"
        scoring.note(lead, SignalKind.WRONG_NUMBER, source_key=key, at=at)
    if heard.opted_out:
        conversation = Conversation.objects.get(lead=lead)
        # Told so on the phone: a confirmation by message would be one contact more.
        wish: dict[str, Any] = {"everything": True, "evidence": heard.opted_out, "confirm": False}
        consenting.opt_out(lead, channel=conversation.channel, at=at, **wish)
    if heard.handoff:
        brief = _("Lo dijo por teléfono: «%s»") % heard.handoff[1]
        handoff.ask_for_person(lead, reason=heard.handoff[0], brief=brief, at=at)
