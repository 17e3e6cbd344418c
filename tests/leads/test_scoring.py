"""Scoring: each rule at its edges, receipts that add up, and when one is written."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokers.defaults import field_weights
from brokers.models import Broker, BrokerLeadConfig
from leads import scoring, signals
from leads.enums import SignalKind
from leads.models import ActivityLog, Lead, LeadSignal
from leads.scoring import Evidence, evaluate
from leads.stages import Stage, Status
from tests.factories import ChatMessageFactory, LeadFactory

CONFIG = BrokerLeadConfig(
    field_weights=field_weights(), income_ranges=[], qualification_criteria={}
)
NOBODY = {"name": None, "phone": "", "phone_e164": None, "email": None}
NOTHING = Evidence()
DAY = timedelta(days=1)


def lead_with(metadata=None, **fields) -> Lead:
    return Lead(
        broker=Broker(timezone="America/Santiago"),
        metadata=metadata or {},
        **{**NOBODY, **fields},
    )


def points(receipt: scoring.Receipt) -> dict[str, float]:
    return {line.rule: line.points for line in receipt.lines}


def score(at: datetime, metadata=None, evidence=NOTHING, config=CONFIG, **fields):
    return evaluate(lead_with(metadata, **fields), evidence, config, at=at)


def pesos(amount: int) -> dict:
    return {"income": {"amount": amount, "currency": "CLP"}}


# --- base: who they are ------------------------------------------------------------------------


def test_a_stranger_scores_zero_and_zero_is_a_value(at) -> None:
    receipt = score(at)
    assert (receipt.lines, receipt.total) == ((), 0)
    assert receipt.components == {"base": 0, "behavior": 0, "engagement": 0}


@pytest.mark.parametrize(
    ("rule", "fields", "metadata", "share"),
    [
        ("known_name", {"name": "Camila Rojas"}, {}, 10),
        ("known_phone", {"phone_e164": "+56987654321"}, {}, 15),
        ("known_email", {"email": "a@b.cl"}, {}, 10),
        ("known_location", {}, {"location": ["Ñuñoa"]}, 15),
        ("known_budget", {}, {"budget": {"amount": 1, "currency": "UF"}}, 20),
    ],
)
def test_each_known_fact_is_worth_its_share_of_25_points(at, rule, fields, metadata, share):
    receipt = score(at, metadata, **fields)
    assert list(points(receipt)) == [rule]
    assert receipt.total == pytest.approx(share / 70 * 25, abs=0.1)


@pytest.mark.parametrize(
    "fields", [{"name": "visitante"}, {"name": "X"}, {"phone": "llámame"}, {"email": ""}]
)
def test_what_looks_like_a_fact_and_is_none_is_worth_nothing(at, fields) -> None:
    assert score(at, **fields).total == 0


EVERYTHING = {
    "name": "Camila Rojas",
    "phone_e164": "+56987654321",
    "email": "a@b.cl",
    "metadata": {"location": ["Ñuñoa"], "budget": {"amount": 3500, "currency": "UF"}},
}


def test_all_facts_together_are_exactly_25_points(at) -> None:
    assert score(at, **EVERYTHING).total == 25


@given(
    st.dictionaries(
        st.sampled_from(["name", "phone", "email", "location", "budget", "bedrooms"]),
        st.integers(0, 100),
    ).filter(lambda weights: any(weights.values()))
)
def test_whatever_the_weights_a_whole_profile_is_25_points(weights) -> None:
    config = SimpleNamespace(
        field_weights=weights, income_ranges=[], qualification_criteria={}, max_acceptable_debt=0
    )
    known = {**EVERYTHING, "metadata": {**EVERYTHING["metadata"], "bedrooms": 0}}
    receipt = score(datetime(2026, 11, 24).astimezone(), config=config, **known)
    assert receipt.total == 25
    assert all(line.points >= 0 for line in receipt.lines)


def test_weights_of_nothing_score_nothing(at) -> None:
    for weights in ({}, {"name": 0}, {"name": -5}):
        config = BrokerLeadConfig(field_weights=weights, qualification_criteria={})
        assert score(at, config=config, **EVERYTHING).total == 0


def test_a_line_names_the_message_that_the_fact_came_from(at) -> None:
    receipt = score(
        at, {"location": ["Ñuñoa"], "provenance": {"location": {"by": "lead", "message": 7}}}
    )
    assert [(line.rule, line.message_id) for line in receipt.lines] == [("known_location", 7)]


@pytest.mark.parametrize(
    ("income", "expected"),
    [(0, 0), (499_999, 0), (500_000, 6), (999_999, 6), (1_000_000, 9), (1_999_999, 9),
     (2_000_000, 12), (3_999_999, 12), (4_000_000, 15), (90_000_000, 15)],
)  # fmt: skip
def test_income_brackets(at, income, expected) -> None:
    receipt = score(at, pesos(income))
    assert points(receipt) == {"income": expected}


def test_a_broker_s_own_income_ranges_override(at) -> None:
    config = BrokerLeadConfig(
        field_weights={}, income_ranges=[[3_000_000, 15], [800_000, 4]], qualification_criteria={}
    )
    told = [
        score(at, pesos(n), config=config).total for n in (799_999, 800_000, 2_999_999, 3_000_000)
    ]
    assert told == [0, 4, 4, 15]


@pytest.mark.parametrize(
    ("dicom", "debt", "expected"),
    [
        ("clean", None, {"dicom_clean": 10}),
        ("clean", 0, {"dicom_clean": 10}),
        ("has_debt", 0, {"dicom_has_debt": 5}),
        ("has_debt", 500_000, {"dicom_has_debt": 5}),
        ("has_debt", 500_001, {"dicom_has_debt": 0}),
        ("has_debt", None, {"dicom_has_debt": 0}),
        ("unknown", None, {}),
        ("unknown", 100, {}),
    ],
)
def test_dicom(at, dicom, debt, expected) -> None:
    metadata = {"dicom": dicom} | ({} if debt is None else {"debt_amount": debt})
    assert points(score(at, metadata)) == expected


def test_base_is_at_most_50(at) -> None:
    config = BrokerLeadConfig(
        field_weights=field_weights(), income_ranges=[[0, 40]], qualification_criteria={}
    )
    known = EVERYTHING["metadata"] | pesos(1) | {"dicom": "clean"}
    receipt = score(at, config=config, **{**EVERYTHING, "metadata": known})
    assert (receipt.total, points(receipt)["clamp_base"]) == (50, -25)


# --- behavior: what they intend ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([SignalKind.APPOINTMENT_ACTIVE], 12),
        ([SignalKind.APPOINTMENT_COMPLETED], 12),
        ([SignalKind.APPOINTMENT_ACTIVE, SignalKind.APPOINTMENT_COMPLETED], 12),
        ([SignalKind.FINANCING], 4),
        ([SignalKind.NO_SHOW], -8),
        ([SignalKind.NO_SHOW] * 3, -24),
        ([SignalKind.NO_SHOW] * 5, -30),
        ([SignalKind.WRONG_NUMBER], -10),
        ([SignalKind.OPTED_OUT], -30),
        ([SignalKind.OPTED_OUT, SignalKind.NO_SHOW, SignalKind.WRONG_NUMBER], -30),
        ([SignalKind.OPTED_OUT, SignalKind.APPOINTMENT_COMPLETED], -18),
    ],
)
def test_signals(at, kinds, expected) -> None:
    receipt = score(at, evidence=Evidence(signals=tuple(kinds)))
    assert receipt.components["behavior"] == expected
    assert receipt.total == max(expected, 0)


@pytest.mark.parametrize(
    ("horizon", "expected"), [("now", 8), ("within_90_days", 5), ("later", 2), ("", 0), (None, 0)]
)
def test_timeline(at, horizon, expected) -> None:
    assert score(at, {"timeline": {"horizon": horizon}}).total == expected


def test_asking_about_financing_counts_once_however_it_is_known(at) -> None:
    told = score(at, {"asked_financing": True}, Evidence(signals=(SignalKind.FINANCING,)))
    assert told.total == 4


def answers(at: datetime, *waits: float) -> Evidence:
    """Our messages an hour apart, long ago, each answered after so many seconds."""
    told = []
    for number, wait in enumerate(waits):
        asked = at - timedelta(days=80) + timedelta(hours=number)
        told += [(False, asked), (True, asked + timedelta(seconds=wait))]
    return Evidence(messages=tuple(told))


@pytest.mark.parametrize(
    ("waits", "quick"),
    [
        ((10, 10), False),
        ((10, 10, 10), True),
        ((299, 299, 299), True),
        ((300, 300, 300), False),
        ((1, 299, 9000), True),
        ((1, 300, 300), False),
        ((1, 1, 9000, 9000), False),
        ((1, 250, 340, 9000), True),
    ],
)
def test_a_median_answer_under_five_minutes_over_three_answers(at, waits, quick) -> None:
    receipt = score(at, evidence=answers(at, *waits))
    assert points(receipt).get("quick_answers") == (6 if quick else None)


def test_writing_twice_is_one_answer(at) -> None:
    burst = [(False, at), (True, at + DAY / 86400), (True, at), (True, at), (True, at)]
    assert "quick_answers" not in points(score(at, evidence=Evidence(messages=tuple(burst))))


def test_behavior_is_at_most_30(at) -> None:
    metadata = {"timeline": {"horizon": "now"}, "asked_financing": True}
    evidence = Evidence((SignalKind.APPOINTMENT_ACTIVE,), answers(at, 1, 1, 1).messages)
    assert score(at, metadata, evidence).components["behavior"] == 30


# --- engagement: how much they write -----------------------------------------------------------


def inbound(*moments: datetime) -> Evidence:
    return Evidence(messages=tuple((True, moment) for moment in moments))


@pytest.mark.parametrize(
    ("days", "expected"), [(0, 2), (7, 1.4), (14, 1), (28, 0.5), (42, 0.2), (70, 0.1), (89, 0)]
)
def test_a_message_loses_half_its_weight_in_14_days(at, days, expected) -> None:
    assert score(at, evidence=inbound(at - days * DAY)).total == expected


def test_three_messages_a_day_count_in_the_lead_s_own_zone(at) -> None:
    assert score(at, evidence=inbound(*[at] * 9)).total == 6
    before_midnight = at.replace(hour=23, minute=59)
    spread = inbound(*[before_midnight] * 3, *[before_midnight + timedelta(minutes=2)] * 3)
    later = before_midnight + timedelta(minutes=2)
    assert score(later, evidence=spread).total == 12
    assert score(later, evidence=spread, timezone="Pacific/Easter").total == 6


def test_ours_and_the_future_do_not_count(at) -> None:
    told = Evidence(messages=((False, at), (False, at), (True, at + DAY)))
    assert score(at, evidence=told).total == 0


def test_engagement_is_at_most_20(at) -> None:
    receipt = score(at, evidence=inbound(*[at - n * DAY for n in range(10) for _ in range(3)]))
    assert receipt.components["engagement"] == 20
    assert points(receipt)["clamp_engagement"] == 20 - points(receipt)["recent_messages"]


# --- The receipt adds up -----------------------------------------------------------------------

AT = datetime(2026, 11, 24, 13, 0).astimezone()
leads = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Camila Rojas", "visitante"]),
        "phone_e164": st.just("+56987654321"),
        "email": st.just("a@b.cl"),
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "location": st.just(["Ñuñoa"]),
                "budget": st.just({"amount": 3500, "currency": "UF"}),
                "income": st.builds(lambda n: {"amount": n}, st.integers(0, 9_000_000)),
                "dicom": st.sampled_from(["clean", "has_debt", "unknown"]),
                "debt_amount": st.integers(0, 1_000_000),
                "timeline": st.builds(
                    lambda h: {"horizon": h}, st.sampled_from(["now", "within_90_days", "later"])
                ),
                "asked_financing": st.booleans(),
            },
        ),
    },
)
evidences = st.builds(
    Evidence,
    st.lists(st.sampled_from(SignalKind.values), max_size=8).map(tuple),
    st.lists(
        st.tuples(st.booleans(), st.floats(0, 90).map(lambda days: AT - days * DAY)), max_size=40
    ).map(tuple),
)


@given(
    leads,
    evidences,
    st.dictionaries(st.sampled_from(["name", "email", "dicom"]), st.integers(0, 9)),
)
def test_receipt_lines_always_add_up_to_a_score_within_its_limits(known, evidence, weights) -> None:
    config = BrokerLeadConfig(field_weights=weights, income_ranges=[], qualification_criteria={})
    receipt = score(AT, evidence=evidence, config=config, **known)
    parts = receipt.components
    assert receipt.total == round(sum(line.points for line in receipt.lines), 1)
    assert receipt.total == min(max(round(sum(parts.values()), 1), 0), 100)
    for part, (low, high) in scoring.LIMITS.items():
        assert low <= parts[part] <= high
    assert all(line.points == round(line.points, 1) for line in receipt.lines)


@given(leads, evidences)
def test_the_same_facts_and_clock_give_the_same_receipt(known, evidence) -> None:
    assert score(AT, evidence=evidence, **known) == score(AT, evidence=evidence, **known)


@pytest.mark.parametrize(
    ("stage", "score", "status"),
    [
        (Stage.ENTRY, 0, Status.COLD),
        (Stage.ENTRY, 20, Status.COLD),
        (Stage.SCHEDULED, 20.1, Status.WARM),
        (Stage.REFERRALS, 50, Status.WARM),
        (Stage.REFERRALS, 50.1, Status.HOT),
        (Stage.WON, 0, Status.CONVERTED),
        (Stage.WON, 100, Status.CONVERTED),
        (Stage.LOST, 0, Status.LOST),
        (Stage.LOST, 100, Status.LOST),
    ],
)
def test_status_follows_from_stage_and_score(stage, score, status) -> None:
    assert scoring.status_for(stage, score, CONFIG) == status
    assert scoring.status_for(stage.value, score, CONFIG) == status


# --- Storing it --------------------------------------------------------------------------------


def heard(run) -> list[tuple]:
    told: list[tuple] = []

    def hear(**facts):
        told.append((facts["lead_id"], facts["before"], facts["after"], facts["bulk"]))

    signals.score_changed.connect(hear)
    try:
        run()
    finally:
        signals.score_changed.disconnect(hear)
    return told


def receipts(lead: Lead) -> list[ActivityLog]:
    return list(ActivityLog.objects.filter(lead=lead, action_type="score_changed").order_by("id"))


@pytest.mark.django_db
def test_score_components_status_and_receipt_are_stored_together(lead, at) -> None:
    cause = ChatMessageFactory(broker=lead.broker, lead=lead, at=at)
    receipt = scoring.rescore(lead, at=at, cause=cause)
    stored = Lead.objects.get(pk=lead.pk)
    assert (stored.lead_score, stored.lead_score_components, stored.status) == (
        receipt.total,
        receipt.components,
        "cold",
    )
    told = receipts(lead)[0].details
    assert (told["before"], told["total"], told["message"]) == (0, receipt.total, cause.pk)
    assert round(sum(line["points"] for line in told["lines"]), 1) == stored.lead_score
    assert told["components"] == stored.lead_score_components


@pytest.mark.django_db
def test_rescoring_at_once_again_changes_and_writes_nothing(lead, at) -> None:
    ChatMessageFactory(broker=lead.broker, lead=lead, at=at)
    scoring.rescore(lead, at=at)
    before = Lead.objects.filter(pk=lead.pk).values().get()
    assert heard(lambda: scoring.rescore(lead, at=at)) == []
    assert (Lead.objects.filter(pk=lead.pk).values().get(), len(receipts(lead))) == (before, 1)


@pytest.mark.django_db
def test_decay_alone_is_stored_and_not_told(lead, at) -> None:
    for _ in range(3):
        ChatMessageFactory(broker=lead.broker, lead=lead, at=at)
    first = scoring.rescore(lead, at=at).total
    later = scoring.rescore(lead, at=at + 14 * DAY).total
    assert first - later == 3
    assert Lead.objects.get(pk=lead.pk).lead_score == later
    assert len(receipts(lead)) == 1


@pytest.mark.django_db
def test_decay_that_changes_the_class_is_told(broker, at) -> None:
    lead = LeadFactory(broker=broker, metadata={"dicom": "clean"})  # 8.9 of name and phone, and 10
    for _ in range(3):
        ChatMessageFactory(broker=broker, lead=lead, at=at)
    scoring.rescore(lead, at=at)
    assert lead.status == "warm"
    scoring.rescore(lead, at=at + 60 * DAY)
    assert (lead.status, len(receipts(lead))) == ("cold", 2)


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["fact", "signal", "message"])
def test_anything_but_decay_is_told(lead, at, change) -> None:
    ChatMessageFactory(broker=lead.broker, lead=lead, at=at)
    scoring.rescore(lead, at=at)
    later = at + DAY
    if change == "fact":
        Lead.objects.filter(pk=lead.pk).update(metadata={"dicom": "clean"})
    elif change == "signal":
        scoring.note(lead, SignalKind.NO_SHOW, source_key="a", at=later)
    else:
        ChatMessageFactory(broker=lead.broker, lead=lead, at=later)
    scoring.rescore(lead, at=later)
    assert len(receipts(lead)) == 2


@pytest.mark.django_db
def test_what_never_left_is_no_question_that_was_answered_quickly(lead, at) -> None:
    for number in range(3):
        for direction, author, status in (
            ("out", "assistant", "blocked"),
            ("in", "lead", "delivered"),
        ):
            ChatMessageFactory(
                broker=lead.broker, lead=lead, at=at - number * DAY, direction=direction,
                author=author, status=status,
            )  # fmt: skip
    assert "quick_answers" not in points(scoring.current_receipt(lead, at=at))


@pytest.mark.django_db
def test_components_stay_true_where_the_total_is_held_at_zero(lead, at) -> None:
    ChatMessageFactory(broker=lead.broker, lead=lead, at=at)
    scoring.note(lead, SignalKind.OPTED_OUT, source_key="all", at=at)
    scoring.rescore(lead, at=at)
    receipt = scoring.rescore(lead, at=at + 28 * DAY)
    stored = Lead.objects.get(pk=lead.pk)
    assert (stored.lead_score, stored.lead_score_components) == (0, receipt.components)


@pytest.mark.django_db
def test_score_changed_says_before_after_and_whether_in_bulk(
    lead, at, django_capture_on_commit_callbacks
) -> None:
    def rescored(moment: datetime, *, bulk: bool) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            scoring.rescore(lead, at=moment, bulk=bulk)

    ChatMessageFactory(broker=lead.broker, lead=lead, at=at)
    assert heard(lambda: rescored(at, bulk=False)) == [(lead.pk, 0, 7.4, False)]
    assert heard(lambda: rescored(at + 14 * DAY, bulk=True)) == [(lead.pk, 7.4, 6.4, True)]
    assert heard(lambda: rescored(at + 14 * DAY, bulk=True)) == []


@pytest.mark.django_db
def test_a_source_that_reports_again_corrects_itself(lead, at) -> None:
    for active in (True, True, False):
        scoring.note(lead, SignalKind.NO_SHOW, source_key="visit:1", at=at, active=active)
    row = LeadSignal.objects.get()
    assert (row.active, row.broker_id) == (False, lead.broker_id)
    assert scoring.current_receipt(lead, at=at).components["behavior"] == 0


def populate(broker: Broker, at: datetime, number: int) -> Lead:
    lead = LeadFactory(
        broker=broker,
        pipeline_stage=[Stage.ENTRY, Stage.WON, Stage.LOST][number % 3],
        status=[Status.COLD, Status.CONVERTED, Status.LOST][number % 3],
        metadata={"dicom": "clean", **pesos(number * 700_000)} if number % 2 else {},
    )
    for age in range(number):
        ChatMessageFactory(broker=broker, lead=lead, at=at - age * DAY)
    if number % 4 == 0:
        scoring.note(lead, SignalKind.NO_SHOW, source_key="a", at=at)
    return lead


@pytest.mark.django_db
def test_one_by_one_and_in_a_batch_are_the_same(broker, rival, at) -> None:
    singles = [populate(broker, at, n) for n in range(9)]
    batch = [populate(rival, at, n) for n in range(9)]
    for moment in (at, at + 20 * DAY):
        for lead in singles:
            scoring.rescore(lead, at=moment)
        rows = Lead.objects.filter(pk__in=[lead.pk for lead in batch]).order_by("pk")
        scoring.rescore_batch(rows.select_related("broker__brokerleadconfig"), at=moment)
    columns = ("lead_score", "lead_score_components", "status")
    left, right = (
        list(Lead.objects.filter(broker=owner).order_by("pk").values(*columns))
        for owner in (broker, rival)
    )
    assert left == right
    told = [
        [(entry.details["before"], entry.details["lines"]) for entry in receipts(lead)]
        for lead in singles + batch
    ]
    assert told[:9] == told[9:]


@pytest.mark.django_db
def test_a_batch_takes_few_statements(broker, at, django_assert_max_num_queries) -> None:
    for n in range(12):
        populate(broker, at, n)
    rows = list(Lead.objects.select_related("broker__brokerleadconfig"))
    scoring.rescore_batch(rows, at=at)
    with django_assert_max_num_queries(3):
        scoring.rescore_batch(rows, at=at + DAY)


@given(days=st.lists(st.integers(0, 30), max_size=5), noshows=st.integers(0, 5))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.django_db
def test_whatever_happened_the_last_receipt_is_the_stored_score_unless_only_time_passed(
    broker, at, days, noshows
) -> None:
    lead = LeadFactory(broker=broker)
    for age in days:
        ChatMessageFactory(broker=broker, lead=lead, at=at - age * DAY)
    for number in range(noshows):
        scoring.note(lead, SignalKind.NO_SHOW, source_key=str(number), at=at)
    scoring.rescore(lead, at=at)
    told = receipts(lead)[-1].details
    assert round(sum(line["points"] for line in told["lines"]), 1) == told["total"]
    assert told["total"] == Lead.objects.get(pk=lead.pk).lead_score
