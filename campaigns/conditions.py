"""What a step asks of its lead at the moment it runs, and what a campaign's trigger listens for."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from leads.stages import Stage, Status

MOST_DAYS = 365


def _is_score(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def _is_days(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_DAYS


def _is_list_of(known: list[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(each in known for each in value)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


OF_STEP: dict[str, Callable[[Any], bool]] = {
    "status": _is_list_of(Status.values),
    "pipeline_stage": _is_list_of(Stage.values),
    "score_min": _is_score,
    "score_max": _is_score,
    "tags": _is_texts,
    "replied": lambda value: isinstance(value, bool),
}
ENTERED = [stage.value for stage in Stage if not stage.is_closed]  # nobody is approached after
OF_TRIGGER: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "lead_score": ("score", lambda value: _is_score(value) and value > 0),
    "stage_change": ("stage", lambda value: value in ENTERED),
    "inactivity": ("days", _is_days),
}


def validate(given: Any) -> None:
    """Refuse a step's conditions that nobody could meet or understand."""
    if not isinstance(given, dict):
        raise ValidationError(_("Escribe las condiciones como un objeto JSON."))
    for key, value in given.items():
        if key not in OF_STEP:
            raise ValidationError(_("«%(key)s» no es una condición."), params={"key": key})
        if not OF_STEP[key](value):
            raise ValidationError(_("El valor de «%(key)s» no es válido."), params={"key": key})


def validate_trigger(trigger: str, given: Any) -> None:
    if not isinstance(given, dict):
        raise ValidationError(_("Escribe la condición como un objeto JSON."))
    if trigger not in OF_TRIGGER:
        return
    key, fits = OF_TRIGGER[trigger]
    if not fits(given.get(key)):
        raise ValidationError(_("Indica «%(key)s» con un valor válido."), params={"key": key})


def unmet(lead: Any, asked: Mapping[str, Any], *, replied: bool) -> str:
    """The first condition that the lead does not meet, or nothing."""
    met: dict[str, Callable[[Any], bool]] = {
        "status": lambda value: not value or lead.status in value,
        "pipeline_stage": lambda value: not value or lead.pipeline_stage in value,
        "score_min": lambda value: lead.lead_score >= value,
        "score_max": lambda value: lead.lead_score <= value,
        "tags": lambda value: set(value) <= set(lead.tags),
        "replied": lambda value: replied == value,
    }
    return next((key for key, value in asked.items() if not met[key](value)), "")
