"""Background work of calls: to the provider and back, and the sweep that no call escapes."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from crm.tasks import enqueue
from voice import analysis, calls, events, reconciling, retries
from voice.models import VoiceCall
from voice.providers import simulated


@shared_task(name="voice.tasks.start_call", tenant="voice.VoiceCall")
def start_call(call_id: int) -> bool:
    return calls.start(call_id, at=timezone.now())


@shared_task(name="voice.tasks.apply_event", tenant="voice.VoiceEvent")
def apply_event(event_id: int) -> bool:
    return events.apply(event_id, at=timezone.now())


@shared_task(name="voice.tasks.look_up", tenant="voice.VoiceCall")
def look_up(call_id: int) -> bool:
    return reconciling.look_up(call_id, at=timezone.now())


@shared_task(name="voice.tasks.retry_call", tenant="voice.VoiceCall")
def retry_call(call_id: int) -> bool:
    return retries.take_up(call_id, at=timezone.now()) is not None


@shared_task(name="voice.tasks.play_simulation", tenant="voice.VoiceCall")
def play_simulation(call_id: int) -> None:
    related = ("broker__brokervoiceconfig", "lead")
    call = VoiceCall.objects.select_related(*related).filter(pk=call_id).first()
    if call is not None:
        simulated.play(call, call.broker.brokervoiceconfig)


@shared_task(name="voice.tasks.summarise", tenant="voice.VoiceCall")
def summarise(call_id: int) -> bool:
    """A model's summary in place of the one by rule, where a model is there."""
    call = VoiceCall.objects.select_related("broker").filter(pk=call_id).first()
    summary = call and analysis.summed_up(call, at=timezone.now())
    if not summary:
        return False
    return bool(VoiceCall.objects.filter(pk=call_id).update(summary=summary))


@shared_task(name="voice.tasks.sweep_calls", across="sweep")
def sweep_calls(at: str | None = None) -> int:
    """Start, apply, look up and repeat whatever is due; safe to run twice at once."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    due = [
        *((start_call, pk) for pk in calls.not_started(at=moment)),
        *((apply_event, pk) for pk in events.waiting()),
        *((look_up, pk) for pk in reconciling.silent(at=moment)),
        *((retry_call, pk) for pk in retries.due(at=moment)),
    ]
    for task, pk in due:
        enqueue(task, pk)
    return len(due)
