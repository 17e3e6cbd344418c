"""What needs no model: an hour pressed, or named beyond doubt, is booked; news of a visit reach its agent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from leads import facts, handoff, names
from leads.channels import choices
from leads.enums import Direction, HandoffReason
from leads.folding import excerpt
from leads.models import ChatMessage
from llm.guards.gathering import language_of
from llm.heeding import register_net
from llm.spanish import Offer, asked_in
from llm.thinking import call
from llm.tools import Settled, Turn, register_shortcut
from scheduling import availability, booking, choosing, offers, properties, replies
from scheduling.models import Appointment, AppointmentType, SlotOffer
from scheduling.properties import NO_SUBJECT
from scheduling.speech import spoken
from scheduling.tools import BOOK, FIND, TELL, enabled, told

_LONGEST_NUMBER = 18  # digits of an offer's id
_LONGEST_WORDS = 300  # characters of the lead's that an agent is shown


@dataclass(frozen=True)
class Pick:
    """The hour chosen: its offer, or for one that is gone its hour; and what else was written."""

    offer_id: int
    start: datetime | None = None
    kind: str = AppointmentType.PROPERTY_VISIT
    rest: str = ""


def choose_hour(turn: Turn, unanswered: Sequence[ChatMessage]) -> Settled | None:
    if not enabled(turn):
        return None
    pick = _picked(turn, unanswered)
    return _booked(turn, pick) if pick else None


def _picked(turn: Turn, unanswered: Sequence[ChatMessage]) -> Pick | None:
    """The latest press, unless what was written after it names another hour."""
    pressed = [place for place, each in enumerate(unanswered) if choices.chosen(each)]
    last = pressed[-1] if pressed else -1
    written = _written(unanswered[last + 1 :])
    if written and (pick := _named(turn, written, is_pressed=bool(pressed))):
        return pick
    choice = choices.chosen(unanswered[last]) if pressed else None
    return _of_press(choice, _written(unanswered)) if choice else None


def _written(messages: Sequence[ChatMessage]) -> str:
    typed = (each.message_text for each in messages if choices.chosen(each) is None)
    return "\n".join(typed)


def _of_press(choice: dict[str, Any], rest: str) -> Pick | None:
    value = str(choice.get("value") or "")
    if not (value.isdecimal() and len(value) <= _LONGEST_NUMBER):
        return None
    kind = choice.get("kind")
    known = kind if kind in AppointmentType.values else AppointmentType.PROPERTY_VISIT
    return Pick(int(value), _moment(choice.get("start")), str(known), rest)


def _moment(written: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _named(turn: Turn, text: str, *, is_pressed: bool) -> Pick | None:
    """An hour of the standing offers, which are only read where the words could name one."""
    language = language_of(turn)
    if not choosing.may_choose(text, language):
        return None
    zone = availability.zone_of(turn.broker)
    standing = {each.pk: each for each in offers.recent(turn.lead, at=turn.at)}
    found = choosing.choice(
        text,
        [Offer(each.pk, each.start_time.astimezone(zone)) for each in standing.values()],
        turn.at.astimezone(zone).date(),
        asked=is_pressed or _just_offered(turn),
        language=language,
    )
    if found is None:
        return None
    return Pick(found.offer_id, kind=standing[found.offer_id].appointment_type, rest=found.rest)


def _just_offered(turn: Turn) -> bool:
    """Whether our last message offered hours to choose from."""
    ours = [each for each in turn.history if each.direction == Direction.OUT]
    if not ours:
        return False
    return bool(choices.labels(ours[-1])) or asked_in(ours[-1].message_text) == "slot"


# --- Booking ------------------------------------------------------------------------------------


def _booked(turn: Turn, pick: Pick) -> Settled | None:
    """Through the tool, as a model would; ``None`` leaves it to one."""
    offered: SlotOffer | None = SlotOffer.objects.filter(lead=turn.lead, pk=pick.offer_id).first()
    start = offered.start_time if offered else pick.start
    if start is None:
        return None
    standing = booking.active(turn.lead, offered.appointment_type if offered else pick.kind)
    if standing is not None and standing.start_time == start:
        turn.progressed = True
        return _confirmed(turn, pick, told(standing, turn), replies.STANDS)
    offered = offered or _offered_anew(turn, pick, standing)
    if offered is None:
        return _other_hours(turn, pick, start)
    answer = call(BOOK, turn, {"offer_id": offered.pk})
    if "error" in answer:
        return None
    if not answer["booked"]:
        return _gone(turn, answer, pick.rest)
    if standing is None or standing.end_time <= turn.at:
        return _confirmed(turn, pick, answer, replies.BOOKED)
    return _confirmed(turn, pick, answer, replies.MOVED, before=standing.start_time)


def _offered_anew(turn: Turn, pick: Pick, standing: Appointment | None) -> SlotOffer | None:
    """An offer that was cleared away, as all others are by a booking: made again while it is free.

    Who presses another hour of an old message wants that hour.
    """
    if pick.start is None or pick.start <= turn.at:
        return None
    free = availability.free_slots(
        turn.broker,
        start=pick.start,
        end=pick.start + timedelta(days=1),
        at=turn.at,
        appointment_type=pick.kind,
        lead=turn.lead,
    )
    same = [slot for slot in free if slot.start == pick.start]
    subject = (
        properties.VisitSubject(standing.listing, standing.requested) if standing else NO_SUBJECT
    )
    made = offers.offer(
        turn.lead, slots=same, at=turn.at, appointment_type=pick.kind, subject=subject
    )
    return made[0] if made else None


def _other_hours(turn: Turn, pick: Pick, start: datetime) -> Settled:
    day = max(start, turn.at).astimezone(availability.zone_of(turn.broker)).date()
    near = {"date_from": day.isoformat(), "appointment_type": pick.kind}
    return _gone(turn, call(FIND, turn, near), pick.rest)


def _gone(turn: Turn, answer: dict[str, Any], rest: str) -> Settled:
    labels = [each["label"] for each in answer.get("slots") or ()]
    if not labels:
        brief = _("Eligió una hora que ya no está libre, y no quedan otras")
        handoff.flag(turn.lead, reason=HandoffReason.OTHER, brief=brief, at=turn.at)
    return Settled(replies.gone(labels, language_of(turn)), rest)


def _confirmed(
    turn: Turn,
    pick: Pick,
    answer: dict[str, Any],
    words: replies.Words,
    *,
    before: datetime | None = None,
) -> Settled:
    language, lead = language_of(turn), turn.lead
    with translation.override(language):
        was = spoken(before, availability.zone_of(turn.broker)) if before else ""
    reply = replies.booked(
        words,
        answer,
        kind=pick.kind,
        name=lead.name.split()[0] if lead.name and names.is_real(lead.name) else "",
        before=was,
        language=language,
    )
    # With more to answer, the model asks for what is missing, after its answer.
    question = "" if pick.rest else replies.asked(facts.missing(lead), language)
    return Settled(" ".join(filter(None, (reply, question))), pick.rest)


# --- News of a standing visit -------------------------------------------------------------------

_NEWS = {"running_late": "late", "confirms_visit": "coming"}
_OTHERWISE = ("wants_cancel", "wants_reschedule")


def pass_on(turn: Turn, intents: Collection[str]) -> None:
    """The agent is told that the lead runs late, or will come, where the model did not tell them."""
    if not turn.context.get("appointment") or TELL.name in turn.used:
        return
    if any(intent in intents for intent in _OTHERWISE):
        return
    news = next((kind for intent, kind in _NEWS.items() if intent in intents), None)
    if news is not None:
        words = excerpt(" ".join(turn.question.split()), _LONGEST_WORDS)[:_LONGEST_WORDS]
        call(TELL, turn, {"kind": news, "words": words})


register_shortcut(choose_hour)
register_net(pass_on)
