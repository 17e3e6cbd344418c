"""Erasing a person: one transaction that a row asks for, so that a dead worker leaves all or nothing.

What stays is accounting, the list of whom not to contact, and the proof that it was done.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from crm.errors import FilesAway
from crm.models import FailedTask
from crm.queues import in_turn
from leads import cards, holdings, identity, parts, rights, signals, suppressing
from leads.enums import AskedBy, Channel, Delivery, Right, RightState
from leads.errors import NotConfirmed
from leads.models import (
    AgentCard,
    ChatMessage,
    Conversation,
    KeptWebhook,
    Lead,
    RightsRequest,
    Suppression,
    SuppressionEvent,
    TelegramMessage,
)
from leads.parts import Remains

log = logging.getLogger(__name__)

REASON = "erased"
# Under PostgreSQL's deadlock_timeout (1 s): whoever else waits for us wins, and we come back later.
PATIENCE = "700ms"
TELLING = 8
LEFT_OR_CAME = (Delivery.SENT, Delivery.DELIVERED, Delivery.READ)


def erase(
    lead: Lead,
    *,
    by: Any,
    at: datetime,
    suppress: bool = False,
    asked_by: AskedBy | str = AskedBy.BROKER,
    notes: str = "",
) -> RightsRequest:
    """Erase the person now if nobody is at work on them, else within a minute.

    ``suppress`` also puts their phone, e-mail and channels on the list of whom not to contact.
    """
    request = start(lead, by=by, at=at, suppress=suppress, asked_by=asked_by, notes=notes)
    try:
        run(request.pk, at=at)
    except OperationalError:
        signals.announce(signals.erasure_due, request_id=request.pk)
    request.refresh_from_db()
    return request


@transaction.atomic
def start(
    lead: Lead, *, by: Any, at: datetime, suppress: bool, asked_by: AskedBy | str, notes: str = ""
) -> RightsRequest:
    """The row that is the work; asked again it is the same row."""
    request = rights.ask(lead, kind=Right.ERASURE, asked_by=asked_by, notes=notes, by=by, at=at)
    if request.state == RightState.OPEN:
        request.state, request.handled_by = RightState.RUNNING, by
        request.suppress = suppress
        request.save(update_fields=["state", "handled_by", "suppress", "updated_at"])
    return request


def start_many(leads: Iterable[Lead], *, by: Any, at: datetime) -> int:
    """Erasures that the background does one by one."""
    requests = [
        start(lead, by=by, at=at, suppress=False, asked_by=AskedBy.BROKER) for lead in leads
    ]
    for request in requests:
        signals.announce(signals.erasure_due, request_id=request.pk)
    return len(requests)


def require_confirmed(lead: Lead, typed: str) -> None:
    """The name as the page shows it, typed: nobody erases by a slip."""
    if " ".join(typed.split()).casefold() != " ".join(str(lead).split()).casefold():
        raise NotConfirmed(field="confirm")


def due(*, limit: int = 200) -> list[int]:
    """Erasures that are not finished, and finished ones whose files are still to be deleted."""
    return list(in_turn(owed(), "pk").values_list("pk", flat=True)[:limit])


def owed() -> QuerySet[RightsRequest]:
    return RightsRequest.objects.filter(
        Q(state=RightState.RUNNING) | ~Q(files_left=[]), kind=Right.ERASURE
    )


def run(request_id: int, *, at: datetime) -> bool:
    """Do one erasure, once; False when it is done, or somebody else is at it.

    Raises OperationalError where others are at work on the lead: it is as before, try again.
    """
    with transaction.atomic():
        mine = RightsRequest.objects.select_for_update(of=("self",), skip_locked=True)
        found = mine.filter(pk=request_id, state=RightState.RUNNING)
        request = found.select_related("lead__broker").first()
        if request is not None:
            _erase(request, at)
        transaction.on_commit(lambda: _delete_files(request_id))
    return request is not None


def _erase(request: RightsRequest, at: datetime) -> None:
    lead = request.lead
    if lead is None:
        rights.settle(request, by=request.handled_by, at=at, deleted=[], kept=[])
        return
    people = holdings.persons(lead)
    _lock(people)
    if request.suppress:
        for each in people:
            marks = suppressing.names_of(each)
            suppressing.put(each.broker_id, marks, reason=REASON, at=at, by=request.handled_by)
    names = _names(people)
    files = [name for part in parts.parts() if part.files for p in people for name in part.files(p)]
    kept = _what_remains(people, names)
    mentioned = RightsRequest.objects.filter(lead__in=people)
    mentioned.update(notes="", receipt={})
    deleted = _delete(people, names, at)
    request.refresh_from_db()
    request.files_left = sorted(set(files))
    request.save(update_fields=["files_left"])
    told = [{"what": what, "count": count} for what, count in sorted(deleted.items()) if count]
    stays = [vars(each) for each in kept if each.count]
    rights.settle(request, by=request.handled_by, at=at, deleted=told, kept=stays)


def _lock(people: list[Lead]) -> None:
    """The lead before its conversation, as everywhere; a message that comes now waits for us."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
    ids = sorted(each.pk for each in people)
    rows = Lead.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids)
    list(rows.order_by("pk").values_list("pk", flat=True))
    held = Conversation.objects.select_for_update(of=("self",)).filter(lead__in=ids)
    list(held.order_by("pk").values_list("pk", flat=True))


def _names(people: list[Lead]) -> set[str]:
    """Every normalised identifier of the person, channels' ids included."""
    found = {name for each in people for name in identity.identifiers(each)}
    for each in people:
        found |= set(each.identities.values_list("external_id", flat=True))
    return found


def _what_remains(people: list[Lead], names: set[str]) -> list[Remains]:
    """What outlives the person: said by the parts, and what this app keeps."""
    told: Counter[tuple[str, str]] = Counter()
    for part in parts.parts():
        for each in people:
            for rest in part.remains(each) if part.remains else ():
                told[rest.what, rest.why] += rest.count
    broker, ids = people[0].broker_id, [each.pk for each in people]
    marks = Suppression.objects.filter(broker_id=broker, identifier__in=names)
    history = SuppressionEvent.objects.filter(
        broker_id=broker, identifier__in=marks.values("identifier")
    )
    outside = ChatMessage.objects.filter(lead__in=ids, status__in=LEFT_OR_CAME)
    told[Suppression._meta.label, "no_contact"] = marks.count()
    told[SuppressionEvent._meta.label, "no_contact"] = history.count()
    told[RightsRequest._meta.label, "proof"] = RightsRequest.objects.filter(lead__in=ids).count()
    told["sent_messages", "channel_copy"] = outside.exclude(provider=Channel.WEBCHAT).count()
    return [Remains(what, count, why) for (what, why), count in told.items()]


def _delete(people: list[Lead], names: set[str], at: datetime) -> Counter[str]:
    """Everything that hangs on the person, upper apps first, then the person."""
    deleted: Counter[str] = Counter({AgentCard._meta.label: cards.forget(people, at=at)})
    for each in people:
        _forget_titles(Lead, [each.pk])
        for part in parts.parts():
            _forget_titles(part.model, _ids(part.model, each))
            count = part.erase(each)
            deleted[part.model._meta.label] += 0 if part.unlinks else count
        deleted.update(_forget_telegram(each))
        for model in holdings.own_models():
            rows = holdings.of_lead(model, each)
            _forget_titles(model, list(rows.values_list("pk", flat=True)))
            deleted.update(rows.delete()[1])
    forgotten = suppressing.forget_history(people[0].broker_id, names)
    deleted[SuppressionEvent._meta.label] += forgotten
    deleted[FailedTask._meta.label] += _forget_failures(people, names)
    deleted[KeptWebhook._meta.label] += _forget_kept(people, names)
    for each in people:
        deleted.update(each.delete()[1])
    return deleted


def _ids(model: type[Model], lead: Lead) -> list[Any]:
    if not any(field.name == "lead" for field in model._meta.concrete_fields):
        return []
    return list(model._default_manager.filter(lead=lead).values_list("pk", flat=True))


def _forget_titles(model: type[Model], ids: list[Any]) -> None:
    """Admin's own log keeps who did what, without the title, which may be a name."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id__in=[str(pk) for pk in ids],
    )
    entries.update(object_repr="", change_message="")


def _forget_telegram(lead: Lead) -> dict[str, int]:
    """Updates that named no lead yet are the same person's."""
    own = lead.identities.filter(channel=Channel.TELEGRAM).values_list("external_id", flat=True)
    ids = [int(external) for external in own if external.isdecimal() and len(external) < 19]
    theirs = TelegramMessage.objects.filter(broker_id=lead.broker_id, lead__isnull=True)
    counts: dict[str, int] = theirs.filter(
        Q(telegram_user_id__in=ids) | Q(chat_id__in=ids)
    ).delete()[1]
    return counts


def _forget_failures(people: list[Lead], names: set[str]) -> int:
    """Tasks that gave up with a name of the person among their arguments."""
    broker = people[0].broker_id
    said = Q()
    for word in _telling(people, names):
        said |= Q(given__icontains=word) | Q(options__icontains=word) | Q(details__icontains=word)
    if not said:
        return 0
    mine = FailedTask.objects.filter(Q(broker_id=broker) | Q(broker__isnull=True))
    texts = mine.annotate(given=Cast("args", TextField()), options=Cast("kwargs", TextField()))
    count: int = texts.filter(said).delete()[0]
    return count


def _forget_kept(people: list[Lead], names: set[str]) -> int:
    """Webhooks that nobody could read, with a name of the person in them."""
    said = Q()
    for word in _telling(people, names):
        said |= Q(text__icontains=word)
    if not said:
        return 0
    kept = KeptWebhook.objects.filter(broker_id=people[0].broker_id)
    count: int = kept.annotate(text=Cast("payload", TextField())).filter(said).delete()[0]
    return count


def _telling(people: list[Lead], names: set[str]) -> set[str]:
    """The words that tell who it is; shorter ones stand in anybody's arguments."""
    words = names | {str(name) for each in people for name in (each.phone, each.name)}
    return {word for word in words if len(word) >= TELLING}


def _delete_files(request_id: int) -> None:
    """Once the erasure stands; a file that is gone already is no trouble, a dead worker neither."""
    request = RightsRequest.objects.filter(pk=request_id).exclude(files_left=[]).first()
    if request is not None:
        try:
            for name in request.files_left:
                default_storage.delete(name)
        except FilesAway:
            log.warning("files of erasure %s wait for their server", request_id)
            return
        RightsRequest.objects.filter(pk=request_id).update(files_left=[])
