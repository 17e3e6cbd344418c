"""Stages: every edge of the graph, who may walk it, and what a move writes."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokers.models import Broker, User
from crm.errors import Conflict
from leads import pipeline, signals
from leads.enums import Actor, Channel
from leads.errors import ReasonNeeded, StageNotAllowed
from leads.models import ActivityLog, Lead, StageTransition
from leads.stages import Stage, Status
from tests.factories import ChannelIdentityFactory, ChatMessageFactory, LeadFactory
from tests.racing import race

pytestmark = pytest.mark.django_db

E, P, Q, S, F, R, W, L = Stage
STATUS = {W: Status.CONVERTED, L: Status.LOST}
# The rules, written down once more: a row may walk to the stages marked.
#            entr perf cali agen segu refe gana perd
PEOPLE = {
    E: (False, True, True, True, True, False, False, True),
    P: (True, False, True, True, True, False, False, True),
    Q: (True, True, False, True, True, False, False, True),
    S: (True, True, True, False, True, False, False, True),
    F: (True, True, True, True, False, True, True, True),
    R: (False, False, False, False, False, False, True, True),
    W: (False, False, False, False, True, False, False, False),
    L: (False, True, False, False, False, False, False, False),
}
SYSTEM = {
    E: (False, True, False, True, False, False, False, False),
    P: (False, False, True, True, False, False, False, False),
    Q: (False, False, False, True, False, False, False, False),
    S: (True, True, True, False, True, False, False, False),
    F: (False, False, False, True, False, False, False, False),
    R: (False,) * 8,
    W: (False,) * 8,
    L: (False,) * 8,
}


def at_stage(broker: Broker, stage: Stage, **fields) -> Lead:
    status = STATUS.get(stage, Status.COLD)
    known = {"name": "Camila Rojas", **fields}
    return LeadFactory(broker=broker, pipeline_stage=stage, status=status, **known)


@pytest.mark.parametrize("source", Stage)
def test_people_walk_their_edges_and_no_other(broker, agent, at, source) -> None:
    for target, may in zip(Stage, PEOPLE[source], strict=True):
        lead = at_stage(broker, source)
        arrived, since = (target, at) if may else (source, lead.stage_entered_at)
        if may:
            pipeline.move(lead, to=target, by=agent, reason="compró en otro lado", at=at)
        else:
            with pytest.raises(StageNotAllowed) as refusal:
                pipeline.move(lead, to=target, by=agent, reason="porque sí", at=at)
            assert (refusal.value.status, refusal.value.code) == (409, "stage_not_allowed")
        stored = Lead.objects.get(pk=lead.pk)
        assert (stored.pipeline_stage, stored.status, stored.stage_entered_at) == (
            arrived,
            STATUS.get(arrived, Status.COLD),
            since,
        )
        assert stored.transitions.count() == may


@pytest.mark.parametrize("source", Stage)
def test_the_system_walks_its_edges_and_no_other(broker, at, source) -> None:
    for target, may in zip(Stage, SYSTEM[source], strict=True):
        lead = at_stage(broker, source)
        assert pipeline.advance(lead, to=target, event="booked", at=at) is may
        stored = Lead.objects.get(pk=lead.pk)
        assert stored.pipeline_stage == (target if may else source)
        assert stored.transitions.count() == may


@pytest.mark.parametrize(
    ("source", "target", "asks"),
    [
        *[(stage, L, True) for stage in Stage if stage not in (W, L)],
        (W, F, True),
        (L, P, False),
        (F, W, False),
        (F, R, False),
        (E, P, False),
    ],
)
def test_closing_and_reopening_a_sale_need_a_reason(broker, agent, at, source, target, asks):
    lead = at_stage(broker, source)
    if asks:
        for blank in ("", "   "):
            with pytest.raises(ReasonNeeded) as refusal:
                pipeline.move(lead, to=target, by=agent, reason=blank, at=at)
        assert (refusal.value.status, refusal.value.data) == (400, {"field": "reason"})
        return
    pipeline.move(lead, to=target, by=agent, at=at)
    assert Lead.objects.get(pk=lead.pk).pipeline_stage == target


def test_a_move_leaves_a_transition_a_log_and_one_event(
    lead, agent, at, django_capture_on_commit_callbacks
) -> None:
    heard = []
    signals.stage_changed.connect(lambda **told: heard.append(told), weak=False, dispatch_uid="t")
    entered = lead.stage_entered_at
    try:
        with django_capture_on_commit_callbacks(execute=True):
            pipeline.move(lead, to=L, by=agent, reason="  se arrepintió ", at=at)
    finally:
        signals.stage_changed.disconnect(dispatch_uid="t")
    row = StageTransition.objects.get()
    told = (row.from_stage, row.to_stage, row.by, row.actor, row.event, row.reason)
    assert told == ("entrada", "perdido", agent, Actor.HUMAN, "moved", "se arrepintió")
    assert (row.at, row.entered_from_at, row.broker_id) == (at, entered, lead.broker_id)
    entry = ActivityLog.objects.get(action_type="stage_changed")
    assert (entry.user, entry.details["to_stage"], entry.timestamp) == (agent, "perdido", at)
    assert [
        (one["lead_id"], one["before"], one["after"], one["transition_id"]) for one in heard
    ] == [(lead.pk, "entrada", "perdido", row.pk)]
    assert Lead.objects.get(pk=lead.pk).close_reason == "se arrepintió"
    pipeline.move(lead, to=P, by=agent, at=at)
    assert Lead.objects.get(pk=lead.pk).close_reason == ""


@pytest.mark.parametrize(
    ("score", "status"), [(0, "cold"), (20, "cold"), (20.1, "warm"), (50, "warm"), (50.1, "hot")]
)
def test_reopening_gives_the_status_that_the_score_gives(broker, agent, at, score, status) -> None:
    lead = at_stage(broker, L, lead_score=score)
    pipeline.move(lead, to=P, by=agent, at=at)
    assert Lead.objects.get(pk=lead.pk).status == status


def test_the_status_follows_the_score_of_this_moment_not_the_one_read_earlier(
    lead, agent, at
) -> None:
    Lead.objects.filter(pk=lead.pk).update(lead_score=80, status="hot")
    pipeline.move(lead, to=P, by=agent, at=at)
    assert Lead.objects.get(pk=lead.pk).status == lead.status == "hot"


def test_who_saw_an_older_stage_moves_nothing(lead, agent, at) -> None:
    stale = Lead.objects.get(pk=lead.pk)
    pipeline.move(lead, to=P, by=agent, at=at)
    with pytest.raises(Conflict) as refusal:
        pipeline.move(stale, to=Q, by=agent, at=at)
    assert refusal.value.code == "conflict"
    assert (stale.pipeline_stage, stale.transitions.count()) == (P, 1)


def test_the_same_stage_entered_again_meanwhile_is_a_conflict_too(lead, agent, at) -> None:
    stale = Lead.objects.get(pk=lead.pk)
    pipeline.move(lead, to=P, by=agent, at=at)
    pipeline.move(lead, to=E, by=agent, at=at + timedelta(minutes=1))
    with pytest.raises(Conflict):
        pipeline.move(stale, to=Q, by=agent, at=at)


def test_the_system_gives_way_to_a_person_who_moved_the_lead_meanwhile(lead, agent, at) -> None:
    stale = Lead.objects.get(pk=lead.pk)
    pipeline.move(lead, to=L, by=agent, reason="no contesta", at=at)
    assert pipeline.advance(stale, to=P, event="answered", at=at) is False
    assert (stale.pipeline_stage, stale.status) == (L, Status.LOST)
    assert Lead.objects.get(pk=lead.pk).pipeline_stage == L


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_moves_the_lead(lead, agent, at) -> None:
    seen = [Lead.objects.select_related("broker__brokerleadconfig").get(pk=lead.pk) for _ in "ab"]
    moved = race(2, lambda n: pipeline.move(seen[n], to=(P, Q)[n], by=agent, at=at))
    assert sorted(type(each).__name__ for each in moved) == ["Conflict", "Lead"]
    winner = next(each for each in moved if isinstance(each, Lead))
    assert Lead.objects.get(pk=lead.pk).pipeline_stage == winner.pipeline_stage
    assert StageTransition.objects.count() == 1


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(list(Stage)), st.booleans(), st.sampled_from(["", "motivo"])),
        max_size=12,
    ),
    score=st.sampled_from([0, 20, 35, 51, 100]),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_sequence_of_moves_keeps_status_history_and_clock_in_step(
    broker: Broker, agent: User, at: datetime, steps, score
) -> None:
    usual = Status.COLD if score <= 20 else Status.WARM if score <= 50 else Status.HOT
    lead = LeadFactory(broker=broker, lead_score=score, status=usual)
    path = [E]
    for number, (target, by_person, reason) in enumerate(steps):
        before, moment = lead.stage_entered_at, at + timedelta(minutes=number)
        try:
            if by_person:
                pipeline.move(lead, to=target, by=agent, reason=reason, at=moment)
            moved = by_person or pipeline.advance(lead, to=target, event="x", at=moment)
        except (StageNotAllowed, ReasonNeeded):
            moved = False
        path += [target] if moved else []
        assert lead.stage_entered_at == (moment if moved else before)
    stored = Lead.objects.get(pk=lead.pk)
    rows = stored.transitions.order_by("id").values_list("from_stage", "to_stage")
    assert list(rows) == list(pairwise(path))
    assert stored.pipeline_stage == path[-1]
    assert stored.status == STATUS.get(path[-1], usual)
    assert bool(stored.close_reason) == (path[-1] == L)


# --- What facts allow --------------------------------------------------------------------------


def said(lead: Lead, *directions: str, status: str = "delivered") -> None:
    for direction in directions:
        author = "lead" if direction == "in" else "assistant"
        ChatMessageFactory(
            broker=lead.broker, lead=lead, direction=direction, author=author, status=status
        )


@pytest.mark.parametrize(
    ("messages", "answered"),
    [((), False), (("in",), False), (("in", "out"), False), (("out",), False),
     (("out", "in"), True), (("in", "out", "in"), True), (("in", "in"), False)],
)  # fmt: skip
def test_a_lead_who_answers_us_leaves_entrada(lead, at, messages, answered) -> None:
    said(lead, *messages)
    assert pipeline.refresh(lead, at=at) is answered
    assert lead.pipeline_stage == (P if answered else E)
    if answered:
        row = lead.transitions.get()
        assert (row.actor, row.event, row.by) == (Actor.SYSTEM, "answered", None)


@pytest.mark.parametrize("status", ["failed", "blocked"])
def test_nobody_answers_what_never_left(lead, at, status) -> None:
    said(lead, "out", status=status)
    said(lead, "in")
    assert pipeline.refresh(lead, at=at) is False


BUDGET = {"budget": {"amount": 3500, "currency": "UF"}}
INCOME = {"income": {"amount": 1_200_000, "currency": "CLP"}}
PLACE = {"location": ["Ñuñoa"]}


UNREACHED = {"phone": "", "phone_e164": None}
PROFILES = [
    ({}, {**PLACE, **BUDGET}, None, True),
    ({}, {**PLACE, **INCOME}, None, True),
    ({}, {**PLACE, **BUDGET, **INCOME}, None, True),
    ({}, PLACE, None, False),
    ({}, BUDGET, None, False),
    ({}, {"location": [], **BUDGET}, None, False),
    ({"name": None}, {**PLACE, **BUDGET}, None, False),
    ({"name": "visitante"}, {**PLACE, **BUDGET}, None, False),
    ({"phone": "llámame", "phone_e164": None}, {**PLACE, **BUDGET}, None, False),
    ({**UNREACHED, "email": "a@b.cl"}, {**PLACE, **BUDGET}, None, True),
    (UNREACHED, {**PLACE, **BUDGET}, Channel.TELEGRAM, True),
    (UNREACHED, {**PLACE, **BUDGET}, Channel.WHATSAPP, True),
    (UNREACHED, {**PLACE, **BUDGET}, Channel.WEBCHAT, False),
]


def test_a_profile_is_a_real_name_a_reachable_contact_a_place_and_money(broker, at) -> None:
    for fields, facts, channel, profiled in PROFILES:
        lead = at_stage(broker, P, metadata=facts, **fields)
        if channel:
            ChannelIdentityFactory(broker=broker, lead=lead, channel=channel)
        assert (pipeline.refresh(lead, at=at), fields, facts, channel) == (
            profiled,
            fields,
            facts,
            channel,
        )
        assert lead.pipeline_stage == (Q if profiled else P)


def test_a_channel_that_the_lead_blocked_does_not_reach_them(broker, at) -> None:
    lead = at_stage(broker, P, metadata={**PLACE, **BUDGET}, phone="", phone_e164=None)
    ChannelIdentityFactory(broker=broker, lead=lead, channel="telegram", blocked_at=at)
    assert pipeline.refresh(lead, at=at) is False


def test_one_answer_walks_as_far_as_the_facts_allow(broker, at) -> None:
    lead = at_stage(broker, E, metadata={**PLACE, **BUDGET})
    said(lead, "out", "in")
    assert pipeline.refresh(lead, at=at) is True
    assert list(lead.transitions.order_by("id").values_list("to_stage", flat=True)) == [P, Q]
    assert pipeline.refresh(lead, at=at) is False


@pytest.mark.parametrize("stage", [Q, S, F, R, W, L])
def test_facts_move_nothing_from_any_other_stage(broker, at, stage) -> None:
    lead = at_stage(broker, stage, metadata={**PLACE, **BUDGET})
    said(lead, "out", "in")
    assert pipeline.refresh(lead, at=at) is False
    assert lead.transitions.count() == 0
