"""The one door of replays: asked for, held conversation by conversation by whoever has the lease, totalled."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokers.models import BrokerPromptConfig
from crm import connections
from crm.errors import Conflict
from crm.queues import in_turn
from leads import signals
from leads.models import ChatMessage, Conversation, Lead
from llm.desk import comparing, estimating, sandbox, script, versions
from llm.desk.comparing import Exchange
from llm.desk.sections import Sections
from llm.models import PromptReplay, PromptVersion, ReplayedConversation, ReplayState
from llm.signals import replay_asked

log = logging.getLogger(__name__)

# Longer than a conversation may take: nothing of it can be renewed while its transaction is open.
LEASE = timedelta(minutes=5)
CONVERSATION_SECONDS = 200.0
MAX_ATTEMPTS = 3
KEPT = timedelta(days=90)
AT_WORK = (ReplayState.PENDING, ReplayState.RUNNING)


class AtWork(Conflict):
    code = "replay_at_work"
    message = _("Ya hay una repetición en curso: espera a que termine.")


class NothingToReplay(Conflict):
    code = "nothing_to_replay"
    message = _("Todavía no hay conversaciones que repetir.")


class TooDear(Conflict):
    code = "over_budget"
    message = _("Costaría más de lo que queda del presupuesto del mes: repite menos.")


def latest(config: BrokerPromptConfig, count: int) -> list[int]:
    """The leads who wrote last."""
    written = Conversation.objects.filter(
        broker=config.broker_id, last_inbound_id__gt=0, lead__merged_into=None
    )
    return list(written.order_by("-last_inbound_id").values_list("lead_id", flat=True)[:count])


def ask(
    config: BrokerPromptConfig, given: Sections, *, count: int, by: Any, at: datetime
) -> PromptReplay:
    """Ask for the last conversations to be held again on a text; one at a time for each broker.

    Raises AtWork, NothingToReplay, and TooDear where the month's budget does not carry it.
    """
    leads = latest(config, count)
    made_of = versions.unsaved(config.broker, given)
    if not leads or not made_of.content:
        raise NothingToReplay
    estimate = estimating.of(config, leads, at=at)
    rest = estimating.left(config, at)
    if rest is not None and estimate.cost_usd and estimate.cost_usd > rest:
        raise TooDear
    same = PromptVersion.objects.filter(broker=config.broker_id, content=made_of.content)
    try:
        with transaction.atomic():
            made: PromptReplay = PromptReplay.objects.create(
                broker_id=config.broker_id,
                version=same.first(),
                content=made_of.content,
                sections_json=made_of.sections_json,
                asked=count,
                leads=leads,
                total=len(leads),
                estimated_cost_usd=estimate.cost_usd,
                asked_by=by,
            )
            signals.announce(replay_asked, replay_id=made.pk)
    except IntegrityError as error:  # of two who ask at once the database lets one in
        raise AtWork from error
    return made


def stop(replay: PromptReplay, *, at: datetime) -> None:
    """What was held stays; the conversation under way is the last one, and is not kept."""
    at_work = PromptReplay.objects.filter(pk=replay.pk, state__in=AT_WORK)
    if not at_work.update(state=ReplayState.STOPPED, finished_at=at, lease_until=None):
        raise Conflict
    _total(replay, at)


def due(*, at: datetime) -> list[int]:
    return list(in_turn(owed(at), "created_at").values_list("pk", flat=True)[:100])


def owed(at: datetime) -> QuerySet[PromptReplay]:
    """Replays that wait for a worker, those of a worker that died included."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=at)
    rows: QuerySet[PromptReplay] = PromptReplay.objects.filter(free, state__in=AT_WORK)
    return rows


def forget(*, at: datetime) -> int:
    """People's words go after three months; the totals stay with their version."""
    old = ReplayedConversation.objects.filter(created_at__lt=at - KEPT)
    return int(old.delete()[0])


# --- The work -------------------------------------------------------------------------------------


class _Ended(Exception):
    """Another worker has it by now, or somebody stopped it."""


class _OverBudget(Exception):
    """The broker's month is spent: what the rules would answer says nothing of this text."""


def work(replay_id: int, *, seconds: float, clock: Callable[[], datetime] = timezone.now) -> bool:
    """Hold conversations for about so long; True while some are left."""
    at = clock()
    mine = owed(at).filter(pk=replay_id)
    leased = PromptReplay.objects.filter(pk=replay_id, lease_until=at + LEASE)
    connections.claimed(lambda: leased.update(lease_until=None, attempts=F("attempts") - 1))
    taken = {"state": ReplayState.RUNNING, "lease_until": at + LEASE, "updated_at": at}
    if not mine.update(attempts=F("attempts") + 1, **taken):
        return False
    related = ("broker__brokerpromptconfig", "version")
    replay = PromptReplay.objects.select_related(*related).get(pk=replay_id)
    if replay.attempts > MAX_ATTEMPTS:
        log.error("replay %s gave up after %s attempts", replay.pk, MAX_ATTEMPTS)
        _end(replay, ReplayState.FAILED, clock(), error="gave_up")
        return False
    try:
        return _go_on(replay, time.monotonic() + seconds, clock)
    except _Ended:
        return False
    except _OverBudget:
        _end(replay, ReplayState.STOPPED, clock(), error="over_budget")
        return False


def _go_on(replay: PromptReplay, until: float, clock: Callable[[], datetime]) -> bool:
    held = set(replay.conversations.values_list("lead_id", flat=True))
    left = replay.leads[replay.done :]
    for lead_id in left:
        if time.monotonic() > until:
            _renew(replay, clock(), lease_until=None, attempts=0)
            return True
        lead = Lead.objects.filter(pk=lead_id, broker=replay.broker_id).first()
        if lead is not None and lead_id not in held:
            _try(replay, lead)
        _renew(replay, clock(), done=F("done") + 1, attempts=1, error=replay.error)
    _end(replay, ReplayState.DONE, clock(), error=replay.error)
    return False


def _try(replay: PromptReplay, lead: Lead) -> None:
    """Hold a conversation again; one that cannot be leaves the others to be held.

    A lost database is no fault of the conversation: the replay is taken up again when it is back.
    """
    try:
        _hold(replay, lead)
    except (_Ended, _OverBudget, OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - the rest of the replay is worth more than its kind
        kind = type(error).__name__  # its words may hold what the lead wrote
        log.error("replay %s: a conversation could not be held: %s", replay.pk, kind)
        replay.error = "some_failed"


def _renew(replay: PromptReplay, at: datetime, **fields: Any) -> None:
    """Progress and lease, while it is ours; who brings it forward has not failed."""
    fields = {"lease_until": at + LEASE, "updated_at": at, **fields}
    mine = PromptReplay.objects.filter(
        pk=replay.pk, state=ReplayState.RUNNING, lease_until=replay.lease_until
    )
    if not mine.update(**fields):
        raise _Ended
    replay.lease_until = fields["lease_until"]


def _hold(replay: PromptReplay, lead: Lead) -> None:
    """One conversation, kept with the replay; not of somebody who was erased meanwhile."""
    held_then = script.of(lead)
    if held_then is None:
        return
    exchanges = _held_again(replay, held_then)
    figures = comparing.figures(held_then, exchanges)
    with transaction.atomic():
        # The lead first, as erasure does: it waits for us, or we find nobody.
        there = Lead.objects.select_for_update(of=("self",), no_key=True).filter(pk=lead.pk)
        last = held_then.bursts[-1].messages[-1]
        if there.exists() and ChatMessage.objects.filter(pk=last.pk, lead=lead).exists():
            ReplayedConversation.objects.create(
                broker_id=replay.broker_id,
                replay=replay,
                lead=lead,
                exchanges=[each.data for each in exchanges],
                figures=figures,
            )


def _held_again(replay: PromptReplay, held_then: script.Script) -> list[Exchange]:
    version = replay.version or PromptVersion(
        content=replay.content, sections_json=replay.sections_json
    )
    version.broker = replay.broker
    until = time.monotonic() + CONVERSATION_SECONDS
    exchanges: list[Exchange] = []
    with sandbox.opened(
        version, channel=held_then.channel, at=held_then.bursts[0].messages[0].at
    ) as held:
        for burst in held_then.bursts:
            if time.monotonic() > until:
                break
            answer = held.write(burst.texts, at=burst.at)
            if answer.is_over_budget:
                raise _OverBudget
            exchanges.append(Exchange(burst, answer))
            comparing.read(exchanges[-1])
    return exchanges


def _end(replay: PromptReplay, state: ReplayState, at: datetime, error: str = "") -> None:
    mine = PromptReplay.objects.filter(pk=replay.pk, lease_until=replay.lease_until)
    if mine.update(state=state, error=error, lease_until=None, finished_at=at, updated_at=at):
        _total(replay, at)


def _total(replay: PromptReplay, at: datetime) -> None:
    figures = replay.conversations.values_list("figures", flat=True)
    result = comparing.totals(list(figures))
    PromptReplay.objects.filter(pk=replay.pk).update(result=result, leads=[], updated_at=at)
