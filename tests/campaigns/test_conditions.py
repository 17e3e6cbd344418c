"""What steps and triggers may ask."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from campaigns.conditions import unmet, validate, validate_trigger
from leads.models import Lead

LEAD = Lead(status="warm", pipeline_stage="perfilamiento", lead_score=40, tags=["vip", "pie"])


@pytest.mark.parametrize(
    ("asked", "missed"),
    [
        ({}, ""),
        ({"status": ["warm", "hot"]}, ""),
        ({"status": ["hot"]}, "status"),
        ({"pipeline_stage": ["perfilamiento"]}, ""),
        ({"pipeline_stage": ["entrada"]}, "pipeline_stage"),
        ({"score_min": 40, "score_max": 40}, ""),
        ({"score_min": 41}, "score_min"),
        ({"score_max": 39}, "score_max"),
        ({"tags": ["vip"]}, ""),
        ({"tags": ["vip", "otro"]}, "tags"),
        ({"replied": False}, ""),
        ({"replied": True}, "replied"),
    ],
)
def test_every_condition_must_be_met(asked: dict[str, Any], missed: str) -> None:
    validate(asked)
    assert unmet(LEAD, asked, replied=False) == missed


@pytest.mark.parametrize(
    "given",
    [[], "x", {"edad": 3}, {"score_min": 101}, {"score_min": True}, {"status": "warm"},
     {"pipeline_stage": ["otra"]}, {"tags": [1]}, {"replied": "sí"}],
)  # fmt: skip
def test_what_nobody_could_meet_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        validate(given)


@pytest.mark.parametrize(
    ("trigger", "given"),
    [("lead_score", {}), ("lead_score", {"score": 0}), ("stage_change", {"stage": "ganado"}),
     ("stage_change", {"stage": ["entrada"]}), ("inactivity", {"days": 0}),
     ("inactivity", {"days": 1.5}), ("inactivity", []), ("manual", "x")],
)  # fmt: skip
def test_a_trigger_that_says_too_little_is_refused(trigger: str, given: Any) -> None:
    with pytest.raises(ValidationError):
        validate_trigger(trigger, given)


@pytest.mark.parametrize(
    ("trigger", "given"),
    [("manual", {}), ("lead_score", {"score": 60}), ("stage_change", {"stage": "seguimiento"}),
     ("inactivity", {"days": 3})],
)  # fmt: skip
def test_a_trigger_that_says_what_it_needs_is_taken(trigger: str, given: Any) -> None:
    validate_trigger(trigger, given)
