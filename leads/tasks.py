"""Background work on leads: deliveries, their sweep, and the nightly rescoring."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from brokers.models import Broker
from crm import connections
from crm.api import idempotency
from crm.connections import long_statements
from crm.errors import DomainError
from crm.tasks import enqueue, enqueue_in, note_recovery, record_failure
from leads import (
    alerts,
    approval,
    attachments,
    cards,
    connecting,
    delivery,
    erasing,
    importing,
    keeping,
    next_actions,
    notifications,
    outbox,
    removals,
    scoring,
    waiting,
)
from leads.channels import telegram_cards

IMPORT_SECONDS = 5  # whoever waits behind two imports waits for no longer


@shared_task(name="leads.tasks.deliver", tenant="leads.ChatMessage")
def deliver(message_id: int) -> None:
    outbox.deliver(message_id, at=timezone.now())


@shared_task(name="leads.tasks.sweep_messages", across="sweep")
def sweep_messages(at: str | None = None) -> int:
    """Settle sends whose worker died, and start whatever is due; safe to run twice at once."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    outbox.recover(at=moment)
    started = 0
    for pushed in (False, True):
        for message_id in delivery.due(at=moment, pushed=pushed):
            enqueue_in(0, deliver, message_id, bulk=pushed)
            started += 1
    return started


@shared_task(name="leads.tasks.fetch_attachment", tenant="leads.Attachment")
def fetch_attachment(attachment_id: int) -> bool:
    return attachments.fetch(attachment_id, at=timezone.now())


@shared_task(name="leads.tasks.sweep_attachments", across="sweep")
def sweep_attachments(at: str | None = None) -> int:
    """Start every download that is due; one that is on its way is left alone."""
    waiting = attachments.due(at=datetime.fromisoformat(at) if at else timezone.now())
    for attachment_id in waiting:
        enqueue(fetch_attachment, attachment_id)
    return len(waiting)


@shared_task(name="leads.tasks.sweep_removals", across="sweep")
def sweep_removals(at: str | None = None) -> int:
    """Delete the files that nobody needs any more; safe to run twice at once."""
    return removals.run(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="leads.tasks.sync_templates", tenant="brokers.Broker")
def sync_templates(broker_id: int) -> int:
    """What Meta refuses is filed once a broker, not once an hour, and goes when it is over."""
    filed = f"whatsapp-templates-{broker_id}"
    try:
        seen = approval.sync(broker_id, at=timezone.now()).seen
    except DomainError as error:
        options = {"broker_id": broker_id}
        record_failure(sync_templates.name, filed, [], options, error, attempts=1)
        return 0
    note_recovery(filed)
    return seen


@shared_task(name="leads.tasks.sweep_templates", across="sweep")
def sweep_templates() -> int:
    """One task a broker: the trouble of one holds up no other, and is filed under its name."""
    connected = approval.connected()
    for broker_id in connected:
        enqueue(sync_templates, broker_id=broker_id)
    return len(connected)


@shared_task(name="leads.tasks.write_card", tenant="leads.AgentCard")
def write_card(card_id: int) -> bool:
    return telegram_cards.write(card_id, at=timezone.now())


@shared_task(name="leads.tasks.withdraw_copy", tenant="leads.AgentCard")
def withdraw_copy(card_id: int, message_id: int) -> None:
    telegram_cards.withdraw(card_id, message_id)


@shared_task(name="leads.tasks.sweep_cards", across="sweep")
def sweep_cards(at: str | None = None) -> int:
    """Start every card that is due; one that is on its way is left alone."""
    owed = cards.due(at=datetime.fromisoformat(at) if at else timezone.now())
    for card_id in owed:
        enqueue(write_card, card_id)
    return len(owed)


@shared_task(name="leads.tasks.watch_telegram", tenant="brokers.Broker")
def watch_telegram(broker_id: int) -> str:
    return connecting.watch_telegram(broker_id, at=timezone.now())


@shared_task(name="leads.tasks.sweep_telegram", across="sweep")
def sweep_telegram() -> int:
    """One task a broker, as a bot that does not answer holds up no other."""
    watched = connecting.watched()
    for broker_id in watched:
        enqueue(watch_telegram, broker_id=broker_id)
    return len(watched)


@shared_task(name="leads.tasks.send_alert", tenant="leads.LeadAlert")
def send_alert(alert_id: int) -> bool:
    return alerts.deliver(alert_id, at=timezone.now())


@shared_task(name="leads.tasks.sweep_alerts", across="sweep")
def sweep_alerts(at: str | None = None) -> int:
    """Start every alert that is due; one that is on its way is left alone."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    owed = alerts.due(at=moment)
    for alert_id in owed:
        enqueue(send_alert, alert_id)
    return len(owed)


@shared_task(name="leads.tasks.erase_person", tenant="leads.RightsRequest")
def erase_person(request_id: int) -> bool:
    return erasing.run(request_id, at=timezone.now())


@shared_task(name="leads.tasks.sweep_erasures", across="sweep")
def sweep_erasures() -> int:
    """Start every erasure that is not finished, files included; safe to run twice at once."""
    owed = erasing.due()
    for request_id in owed:
        enqueue(erase_person, request_id)
    return len(owed)


@shared_task(name="leads.tasks.sweep_handoffs", across="sweep")
def sweep_handoffs(at: str | None = None) -> int:
    """Remind, alert and take back where people let a lead wait; safe to run twice at once."""
    return waiting.sweep(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="leads.tasks.sweep_reminders", across="sweep")
def sweep_reminders(at: str | None = None) -> int:
    """Remind people of their tasks; a repeated start finds them reminded."""
    return next_actions.remind_due(at=datetime.fromisoformat(at) if at else timezone.now())


@shared_task(name="leads.tasks.work_on_import", tenant="leads.LeadImport")
def work_on_import(import_id: int) -> None:
    """Some seconds of an import; then others have their turn."""
    with long_statements():
        unfinished = importing.work(import_id, clock=timezone.now, seconds=IMPORT_SECONDS)
    if unfinished:
        enqueue(work_on_import, import_id)


@shared_task(name="leads.tasks.sweep_imports", across="sweep")
def sweep_imports() -> int:
    """Start every import that waits; one that is at work is left alone."""
    owed = importing.due(at=timezone.now())
    for import_id in owed:
        enqueue(work_on_import, import_id)
    return len(owed)


@shared_task(name="leads.tasks.forget_imports", across="sweep")
def forget_imports() -> int:
    return importing.forget(at=timezone.now())


@shared_task(name="leads.tasks.rescore_all", across="sweep", time_limit=3600)
def rescore_all() -> int:
    """Bring every lead's score to this moment, open or closed, in batches.

    Leads that somebody holds at the moment wait a night.
    """
    changed, after = 0, 0
    brokers = Broker.objects.select_related("brokerleadconfig").in_bulk()
    with long_statements():
        while batch := connections.persist(partial(_rescore_after, after, brokers)):
            changed += batch[1]
            after = batch[0]
    return changed


@transaction.atomic
def _rescore_after(after: int, brokers: Mapping[int, Broker]) -> tuple[int, int] | None:
    leads = scoring.batch_after(after, brokers)
    if not leads:
        return None
    return leads[-1].pk, scoring.rescore_batch(leads, at=timezone.now())


@shared_task(name="leads.tasks.forget_keys", across="sweep")
def forget_keys() -> int:
    return idempotency.forget(at=timezone.now())


@shared_task(name="leads.tasks.forget_webhooks", across="sweep")
def forget_webhooks() -> int:
    return keeping.forget(at=timezone.now())


@shared_task(name="leads.tasks.forget_notifications", across="sweep")
def forget_notifications() -> int:
    return notifications.forget(at=timezone.now())
