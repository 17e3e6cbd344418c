"""The score of a lead: one pure function of facts, signals, messages and clock, and its door."""

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from brokers.models import Broker
from leads import alerts, names, qualification, signals
from leads.activity import log, log_each
from leads.enums import NEVER_LEFT, Actor, Direction, SignalKind
from leads.models import ChatMessage, Lead, LeadSignal
from leads.stages import Stage, Status

WINDOW = timedelta(days=90)  # older messages weigh under 0.03 points each
HALF_LIFE_DAYS = 14
MESSAGES_PER_DAY = 3
POINTS_PER_MESSAGE = 2
FIT_POINTS = 25
INCOME_BRACKETS = ((4_000_000, 15), (2_000_000, 12), (1_000_000, 9), (500_000, 6))
TIMELINE_POINTS = {"now": 8, "within_90_days": 5, "later": 2}
QUICK_ANSWER_SECONDS = 300
LIMITS = {"base": (0, 50), "behavior": (-30, 30), "engagement": (0, 20)}
UNKNOWN: tuple[Any, ...] = (None, "", [], {}, "unknown")
BATCH = 1000
UNREAD = ("notes", "tags", "campaign_history", "close_reason", "searchable")
STORE_ALL = """
UPDATE leads SET lead_score = scored.score, lead_score_components = scored.components,
    status = scored.status, updated_at = %s
FROM unnest(%s::bigint[], %s::float8[], %s::jsonb[], %s::text[])
    AS scored (id, score, components, status)
WHERE leads.id = scored.id
"""


@dataclass(frozen=True)
class Evidence:
    """What scoring reads besides the lead: active signals, and messages as (inbound, moment)."""

    signals: tuple[str, ...] = ()
    messages: tuple[tuple[bool, datetime], ...] = ()


@dataclass(frozen=True)
class Line:
    """One rule's points, and the message that the fact behind it came from."""

    part: str
    rule: str
    points: float
    message_id: int | None = None


@dataclass(frozen=True)
class Receipt:
    """A full account of a score: its lines add up to ``total``."""

    lines: tuple[Line, ...] = field(default=())

    @property
    def total(self) -> float:
        return round(sum(line.points for line in self.lines), 1) + 0.0

    @property
    def components(self) -> dict[str, float]:
        """base, behavior and engagement, each within its limits."""
        return {part: self._part(part) for part in LIMITS}

    def _part(self, part: str) -> float:
        return round(sum(line.points for line in self.lines if line.part == part), 1) + 0.0

    def snapshot(self) -> dict[str, Any]:
        return {
            "lines": [dict(vars(line)) for line in self.lines],
            "total": self.total,
            "components": self.components,
        }


def status_for(stage: Stage | str, score: float, config: Any) -> Status:
    """The status that follows from stage and score; nothing else may set it."""
    if stage == Stage.WON:
        return Status.CONVERTED
    if stage == Stage.LOST:
        return Status.LOST
    if score <= config.cold_max_score:
        return Status.COLD
    return Status.WARM if score <= config.warm_max_score else Status.HOT


def evaluate(lead: Lead, evidence: Evidence, config: Any, *, at: datetime) -> Receipt:
    """Score a lead. Pure: reads its arguments only."""
    lines = [
        *_clamped("base", [*_fit(lead, config), *_finances(lead, config)]),
        *_clamped("behavior", _behavior(lead, evidence)),
        *_clamped("engagement", _engagement(lead, evidence, at)),
    ]
    total = round(sum(line.points for line in lines), 1)
    limit = min(max(total, 0), 100)
    if limit != total:
        lines.append(Line("total", "clamp_total", round(limit - total, 1)))
    return Receipt(tuple(lines))


def _clamped(part: str, lines: list[Line]) -> list[Line]:
    low, high = LIMITS[part]
    total = round(sum(line.points for line in lines), 1)
    limit = min(max(total, low), high)
    if limit != total:
        lines.append(Line(part, f"clamp_{part}", round(limit - total, 1)))
    return lines


def _source(lead: Lead, fact: str) -> int | None:
    said: Mapping[str, Any] = lead.metadata.get("provenance", {}).get(fact, {})
    return said.get("message")


def _known(lead: Lead) -> dict[str, bool]:
    known = {fact: value not in UNKNOWN for fact, value in lead.metadata.items()}
    known["name"] = names.is_real(lead.name)
    known["phone"] = bool(lead.phone_e164)
    known["email"] = bool(lead.email)
    return known


def _fit(lead: Lead, config: Any) -> list[Line]:
    weights = tuple((fact, weight) for fact, weight in config.field_weights.items() if weight > 0)
    known = _known(lead)
    return [
        Line("base", f"known_{fact}", points, _source(lead, fact))
        for fact, points in _shares(weights).items()
        if known.get(fact)
    ]


@lru_cache(maxsize=256)
def _shares(weights: tuple[tuple[str, float], ...]) -> dict[str, float]:
    """Each fact's points to one decimal; together exactly the points of a perfect fit."""
    facts = sorted(weights)
    reached = [0.0, *accumulate(weight for _, weight in facts)]
    marks = [round(weight / reached[-1] * FIT_POINTS, 1) for weight in reached] if facts else []
    steps = zip(facts, pairwise(marks), strict=True)
    return {fact: round(high - low, 1) for (fact, _), (low, high) in steps}


def _finances(lead: Lead, config: Any) -> list[Line]:
    criteria = qualification.criteria_of(config)
    inputs = qualification.inputs_of(lead.metadata, criteria)
    lines = []
    if inputs.income is not None:
        points = _bracket(inputs.income, config.income_ranges)
        lines.append(Line("base", "income", points, _source(lead, "income")))
    if inputs.dicom != "unknown":
        points = _dicom_points(inputs, criteria)
        lines.append(Line("base", f"dicom_{inputs.dicom}", points, _source(lead, "dicom")))
    return lines


def _bracket(income: int, ranges: Sequence[Sequence[float]]) -> float:
    reached = [(floor, points) for floor, points in ranges or INCOME_BRACKETS if income >= floor]
    return float(max(reached)[1]) if reached else 0.0


def _dicom_points(inputs: qualification.Inputs, criteria: qualification.Criteria) -> float:
    if inputs.dicom == "clean":
        return 10.0
    within = inputs.debt is not None and inputs.debt <= criteria.max_debt
    return 5.0 if within else 0.0


def _behavior(lead: Lead, evidence: Evidence) -> list[Line]:
    count = Counter(evidence.signals)
    lines = []
    if count[SignalKind.APPOINTMENT_ACTIVE] or count[SignalKind.APPOINTMENT_COMPLETED]:
        lines.append(Line("behavior", "appointment", 12.0))
    horizon = (lead.metadata.get("timeline") or {}).get("horizon")
    if horizon in TIMELINE_POINTS:
        points = float(TIMELINE_POINTS[horizon])
        lines.append(Line("behavior", f"timeline_{horizon}", points, _source(lead, "timeline")))
    if count[SignalKind.FINANCING] or lead.metadata.get("asked_financing"):
        lines.append(Line("behavior", "financing", 4.0, _source(lead, "asked_financing")))
    if _answers_quickly(evidence.messages):
        lines.append(Line("behavior", "quick_answers", 6.0))
    return lines + _against(count)


def _against(count: Mapping[str, int]) -> list[Line]:
    no_shows = count.get(SignalKind.NO_SHOW, 0)
    lines = [Line("behavior", "no_show", -8.0 * no_shows)] if no_shows else []
    if count.get(SignalKind.WRONG_NUMBER):
        lines.append(Line("behavior", "wrong_number", -10.0))
    if count.get(SignalKind.OPTED_OUT):
        lines.append(Line("behavior", "opted_out", -30.0))
    return lines


def _answers_quickly(messages: Iterable[tuple[bool, datetime]]) -> bool:
    """Median time from our message to the lead's answer under five minutes, over three or more."""
    asked, waits = None, []
    for inbound, moment in messages:
        if not inbound:
            asked = moment
        elif asked is not None:
            waits.append((moment - asked).total_seconds())
            asked = None
    return len(waits) >= 3 and statistics.median(waits) < QUICK_ANSWER_SECONDS


def _engagement(lead: Lead, evidence: Evidence, at: datetime) -> list[Line]:
    zone = ZoneInfo(lead.timezone or lead.broker.timezone)
    counted: Counter[Any] = Counter()
    points = 0.0
    for inbound, moment in evidence.messages:
        day = moment.astimezone(zone).date()
        if inbound and moment <= at and counted[day] < MESSAGES_PER_DAY:
            counted[day] += 1
            age = (at - moment) / timedelta(days=1)
            points += POINTS_PER_MESSAGE * 0.5 ** (age / HALF_LIFE_DAYS)
    return [Line("engagement", "recent_messages", round(points, 1))] if round(points, 1) else []


def gather(leads: Iterable[Lead], *, at: datetime) -> dict[int, Evidence]:
    """The evidence of many leads in two queries."""
    ids = [lead.pk for lead in leads]
    kinds: dict[int, list[str]] = defaultdict(list)
    for lead_id, kind in LeadSignal.objects.filter(lead__in=ids, active=True).values_list(
        "lead_id", "kind"
    ):
        kinds[lead_id].append(kind)
    messages: dict[int, list[tuple[bool, datetime]]] = defaultdict(list)
    recent = ChatMessage.objects.filter(lead__in=ids, at__gte=at - WINDOW)
    recent = recent.exclude(status__in=NEVER_LEFT)
    rows = recent.order_by("lead_id", "id").values_list("lead_id", "direction", "at")
    for lead_id, direction, moment in rows:
        messages[lead_id].append((direction == Direction.IN, moment))
    return {pk: Evidence(tuple(kinds[pk]), tuple(messages[pk])) for pk in ids}


def current_receipt(lead: Lead, *, at: datetime) -> Receipt:
    """The receipt of this moment, decay included; stores nothing."""
    evidence = gather([lead], at=at)[lead.pk]
    return evaluate(lead, evidence, lead.broker.brokerleadconfig, at=at)


@transaction.atomic(savepoint=False)
def rescore(
    lead: Lead, *, at: datetime, cause: ChatMessage | None = None, bulk: bool = False
) -> Receipt:
    """Store the lead's score of this moment, with a receipt where something but decay changed."""
    fresh = Lead.objects.select_for_update(of=("self",), no_key=True).select_related(
        "broker__brokerleadconfig"
    )
    locked = fresh.get(pk=lead.pk)
    receipt = rescore_locked(locked, at=at, cause=cause, bulk=bulk)
    lead.lead_score = locked.lead_score
    lead.lead_score_components = locked.lead_score_components
    lead.status = locked.status
    return receipt


def rescore_locked(
    lead: Lead, *, at: datetime, cause: ChatMessage | None = None, bulk: bool = False
) -> Receipt:
    """As ``rescore``, for a caller that holds the lead's row."""
    receipt = current_receipt(lead, at=at)
    store(lead, receipt, at=at, cause=cause, bulk=bulk)
    return receipt


def store(
    lead: Lead, receipt: Receipt, *, at: datetime, cause: ChatMessage | None = None, bulk: bool
) -> None:
    """Write score and status of a locked lead, and its receipt if it is worth one.

    Not where the person objected to being scored: the score stands as it was then.
    """
    if lead.score_frozen_at is not None:
        return
    before, after = lead.lead_score, receipt.total
    status = status_for(lead.pipeline_stage, after, lead.broker.brokerleadconfig)
    worth_telling = _is_news(lead, receipt) or status != lead.status
    if not worth_telling and receipt.components == lead.lead_score_components:
        return
    apply(lead, receipt, status)
    lead.save(update_fields=["lead_score", "lead_score_components", "status", "updated_at"])
    if worth_telling:
        told = _told(receipt, before, cause, bulk=bulk)
        log(lead, "score_changed", actor=Actor.SYSTEM, at=at, **told)
    if after != before:
        alerts.on_score(lead, before, after, at=at, bulk=bulk)
        announce(lead, before, after, bulk=bulk)


def apply(lead: Lead, receipt: Receipt, status: Status) -> None:
    lead.lead_score = receipt.total
    lead.lead_score_components = receipt.components
    lead.status = status


def announce(lead: Lead, before: float, after: float, *, bulk: bool) -> None:
    signals.announce(
        signals.score_changed,
        lead_id=lead.pk,
        broker_id=lead.broker_id,
        before=before,
        after=after,
        bulk=bulk,
    )


def _told(
    receipt: Receipt, before: float, cause: ChatMessage | None, *, bulk: bool
) -> dict[str, Any]:
    message = cause.pk if cause else None
    return {"before": before, "message": message, "bulk": bulk, **receipt.snapshot()}


def _is_news(lead: Lead, receipt: Receipt) -> bool:
    """Whether anything but the decay of engagement changed since the score was stored."""
    stored, now = lead.lead_score_components, receipt.components
    return bool(
        now["base"] != stored.get("base", 0)
        or now["behavior"] != stored.get("behavior", 0)
        or now["engagement"] > stored.get("engagement", 0)
    )


def batch_after(after: int, brokers: Mapping[int, Broker]) -> list[Lead]:
    """The next leads of these brokers, locked, with what scoring reads; held ones are left out."""
    batch = Lead.objects.living().filter(pk__gt=after, broker__in=brokers).defer(*UNREAD)
    held = batch.select_for_update(of=("self",), skip_locked=True, no_key=True)
    leads = list(held.order_by("pk")[:BATCH])
    for lead in leads:
        lead.broker = brokers[lead.broker_id]
    return leads


def rescore_batch(leads: Sequence[Lead], *, at: datetime) -> int:
    """Rescore locked leads together, as the nightly job does; returns how many changed."""
    evidence = gather(leads, at=at)
    changed: list[tuple[Lead, float, Receipt, bool]] = []
    for lead in leads:
        if lead.score_frozen_at is not None:
            continue
        config = lead.broker.brokerleadconfig
        receipt = evaluate(lead, evidence[lead.pk], config, at=at)
        status = status_for(lead.pipeline_stage, receipt.total, config)
        news, before = _is_news(lead, receipt) or status != lead.status, lead.lead_score
        if news or receipt.components != lead.lead_score_components:
            apply(lead, receipt, status)
            changed.append((lead, before, receipt, news))
    _write_batch(changed, at)
    return len(changed)


def score_new(leads: Iterable[Lead], *, at: datetime) -> list[Receipt]:
    """Score leads that are about to be stored, of whom nothing but their facts is known."""
    receipts = []
    for lead in leads:
        config = lead.broker.brokerleadconfig
        receipt = evaluate(lead, Evidence(), config, at=at)
        apply(lead, receipt, status_for(lead.pipeline_stage, receipt.total, config))
        receipts.append(receipt)
    return receipts


def tell_new(leads: Sequence[Lead], receipts: Sequence[Receipt], *, at: datetime) -> None:
    """The receipts of ``score_new``, once the leads are stored; a bulk event, so nothing fires."""
    scored = [pair for pair in zip(leads, receipts, strict=True) if pair[1].lines]
    told = ((lead, _told(receipt, 0, None, bulk=True)) for lead, receipt in scored)
    log_each(told, "score_changed", actor=Actor.SYSTEM, at=at)
    for lead, receipt in scored:
        announce(lead, 0, receipt.total, bulk=True)


def _write_batch(changed: list[tuple[Lead, float, Receipt, bool]], at: datetime) -> None:
    _store_all([lead for lead, *_ in changed], at)
    told = [
        (lead, _told(receipt, before, None, bulk=True))
        for lead, before, receipt, news in changed
        if news
    ]
    log_each(told, "score_changed", actor=Actor.SYSTEM, at=at)
    for lead, before, receipt, _news in changed:
        if receipt.total != before:
            announce(lead, before, receipt.total, bulk=True)


def _store_all(leads: Sequence[Lead], at: datetime) -> None:
    """One statement for all of them: Django's bulk_update spells out a case for every row."""
    if not leads:
        return
    columns: list[list[Any]] = [
        [lead.pk for lead in leads],
        [lead.lead_score for lead in leads],
        [json.dumps(lead.lead_score_components) for lead in leads],
        [str(lead.status) for lead in leads],
    ]
    with connection.cursor() as cursor:
        cursor.execute(STORE_ALL, [at, *columns])


def note(
    lead: Lead, kind: SignalKind | str, *, source_key: str, at: datetime, active: bool = True
) -> None:
    """Report something that scoring must know; the same source reports again to correct itself."""
    LeadSignal.objects.update_or_create(
        lead=lead,
        kind=kind,
        source_key=source_key,
        defaults={"broker_id": lead.broker_id, "at": at, "active": active},
    )
