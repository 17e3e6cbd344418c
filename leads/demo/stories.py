"""Composes each person's conversation: who said what, when, and which facts it told."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from crm.demo import SEED, ZONE, Context
from leads.demo import lines
from leads.demo.people import Person
from leads.facts import Facts, Money, Timeline
from leads.stages import Stage

WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
AFTER_A_VISIT = {"liked": 0, "doubts": 0, "referral": 10, "won": 10}  # in working days
MIN_INCOME, MAX_DEBT = 500_000, 500_000
MINUTES_AGO = {"requested": 14, "anger": 35}
Group = tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One message of a story; ``who`` is lead, assistant or agent."""

    at: datetime
    who: str
    text: str
    facts: Facts | None = None


@dataclass
class Story:
    """A conversation on its way through time, and the moments upper apps hang theirs on."""

    context: Context
    person: Person
    broker: Any
    agent: str
    phone: str
    rng: Random
    clock: datetime
    told: list[Line] = field(default_factory=list)
    booked_at: datetime | None = None
    named: bool = False

    @property
    def visit_at(self) -> datetime | None:
        visit = self.person.visit
        if visit is None:
            return None
        return self.context.on(self.context.workday(visit.day), time(visit.hour))

    def lead(self, text: str, facts: Facts | None = None, **words: str) -> None:
        self._say("lead", text, facts, self.rng.randint(35, 230), words)

    def assistant(self, text: str, **words: str) -> None:
        self._say("assistant", text, None, self.rng.randint(6, 19), words)

    def agent_writes(self, text: str) -> None:
        self._say("agent", text, None, self.rng.randint(240, 900), {})

    def _say(
        self, who: str, text: str, facts: Facts | None, pause: int, words: dict[str, str]
    ) -> None:
        self.clock += timedelta(seconds=pause)
        self.told.append(Line(self.clock, who, self.filled(text, **words), facts))
        self.named = self.named or (facts is not None and facts.name is not None)

    def filled(self, text: str, **words: str) -> str:
        return text.format(**{**_words(self), **words})

    def pick(self, pool: tuple[str, ...]) -> str:
        return self.rng.choice(pool)


def compose(context: Context, person: Person, *, broker: Any, agent: str, phone: str) -> Story:
    rng = Random(f"{SEED}:{person.key}")  # noqa: S311 - chance, not secrets
    start = context.on(
        context.workday(person.started), time(rng.randint(10, 18), rng.randint(0, 59))
    )
    story = Story(context, person, broker, agent, phone, rng, start)
    groups = _groups(person)
    groups = _open(story, groups)
    if person.stage == Stage.ENTRY:
        story.clock += timedelta(minutes=rng.randint(100, 150))
        story.assistant(story.pick(lines.NUDGES))
        return story
    _converse(story, groups)
    if person.visit:
        _book(story)
    _end(story)
    return story


def _groups(person: Person) -> list[Group]:
    """Who has a long story to tell says more at a time."""
    groups = list(person.told)
    if person.ending in AFTER_A_VISIT:
        return [(*groups[0], *groups[1]), *groups[2:]]
    return groups


def _open(story: Story, groups: list[Group]) -> list[Group]:
    """The first message, which may name the place already; what is left to tell after it."""
    person = story.person
    tells_place = any("location" in group for group in groups) and story.rng.random() < 0.5
    if not (tells_place or person.stage == Stage.ENTRY):
        story.lead(story.pick(lines.OPENINGS["without_place"]))
        _introduce(story, groups)
        return groups
    opening = story.pick(lines.OPENINGS["with_place"])
    told: Group = ("location",)
    if person.stage == Stage.ENTRY and person.told:
        pause = "" if opening.endswith("?") else "."
        opening, told = f"{opening}{pause} Soy {{name}}", ("location", "name")
    story.lead(opening, _facts(story, told))
    rest = [tuple(fact for fact in group if fact not in told) for group in groups]
    left = [group for group in rest if group]
    _introduce(story, left)
    return left


def _introduce(story: Story, groups: list[Group]) -> None:
    unnamed: Group = ("budget",) if story.named else ("name",)
    question = story.pick(lines.ASKS[groups[0] if groups else unnamed])
    story.assistant(story.pick(lines.INTRODUCTIONS), question=question)


def _converse(story: Story, groups: list[Group]) -> None:
    """Answers in the order they were asked for; the lead's own question comes with the second."""
    person = story.person
    asked_with = min(1, len(groups) - 1) if person.asks else -1
    for place, group in enumerate(groups):
        said = _said(story, group)
        facts = _facts(story, group, asks_financing=place == asked_with)
        reaction = ""
        if place == asked_with:
            question, reaction = lines.QUESTIONS[person.asks]
            said = f"{said}. {question}"
        story.lead(said, facts)
        reaction = reaction or story.pick(lines.REACTIONS if story.named else lines.PLAIN_REACTIONS)
        following = groups[place + 1] if place + 1 < len(groups) else None
        answer = story.pick(lines.ASKS[following]) if following else _closing(story)
        story.assistant(answer if answer in lines.CLOSINGS.values() else f"{reaction} {answer}")


def _said(story: Story, group: Group) -> str:
    parts = [
        story.pick(lines.DICOM[story.person.dicom] if fact == "dicom" else lines.TELLS[fact])
        for fact in group
    ]
    if "phone" in group and story.person.email:
        parts.append(story.pick(lines.TELLS["email"]))
    return ", ".join(parts)


def _facts(story: Story, group: Group, *, asks_financing: bool = False) -> Facts:
    person = story.person
    known: dict[str, Any] = {
        "name": person.name,
        "phone": story.phone,
        "location": [person.comuna],
        "budget": Money(amount=person.budget, currency="UF") if person.budget else None,
        "income": Money(amount=person.income, currency="CLP") if person.income else None,
        "dicom": person.dicom,
    }
    told = {fact: known[fact] for fact in group}
    if "location" in group:
        told |= {"property_type": person.kind, "bedrooms": person.bedrooms}
    if "dicom" in group and person.dicom == "has_debt":
        told["debt_amount"] = person.debt
    if "phone" in group and person.email:
        told["email"] = person.email
    if asks_financing and person.asks in lines.FINANCING:
        told["asked_financing"] = True
    return Facts(**told)


def _closing(story: Story) -> str:
    """The assistant's last words before the lead is silent, chooses a time, or a person comes."""
    person, told = story.person, {fact for group in story.person.told for fact in group}
    if person.visit:
        return story.pick(lines.OFFERS)
    if "income" in told and (person.income or 0) < MIN_INCOME:
        return lines.CLOSINGS["low_income"]
    if "dicom" in told and (person.debt or 0) > MAX_DEBT:
        return lines.CLOSINGS["debt"]
    if "dicom" in told:
        return lines.CLOSINGS["unknown_dicom" if person.dicom == "unknown" else "visit"]
    missing = next(fact for fact in lines.ORDER if fact not in told)
    return story.pick(lines.ASKS[(missing,)])


def _book(story: Story) -> None:
    phrase = story.pick(lines.TIMELINES[story.person.timeline])
    horizon: Any = story.person.timeline
    facts = Facts(timeline=Timeline(horizon=horizon, text=phrase))
    story.lead(story.pick(lines.CHOICES), facts, timeline=phrase)
    story.booked_at = story.clock + timedelta(seconds=4)
    story.assistant(story.pick(lines.BOOKED))


def _end(story: Story) -> None:
    """What came later: after the visit, some days on, or just now."""
    ending = story.person.ending
    if ending in lines.HANDOVERS:
        words, answer, *_ = lines.HANDOVERS[ending]
        story.clock = story.context.lately(MINUTES_AGO[ending])
        story.lead(words)
        story.assistant(answer)
        return
    if ending in lines.ENDINGS:
        story.clock = _resumes(story)
    for who, text in lines.ENDINGS.get(ending, ()):
        if who == "agent":
            story.agent_writes(text)
        else:
            story.lead(text)


def _resumes(story: Story) -> datetime:
    person, context = story.person, story.context
    if story.visit_at and person.visit:
        later = AFTER_A_VISIT[person.ending]
        if not later:
            return story.visit_at + timedelta(hours=5)
        return context.on(context.workday(person.visit.day + later), time(12, 10))
    later = 1 if person.ending == "not_qualified" else 5
    return context.on(context.workday(person.started + later), time(11, 20))


def _words(story: Story) -> dict[str, Any]:
    person, visit = story.person, story.visit_at
    house = person.kind == "casa"
    the, to_the, of_the = ("la", "a la", "de la") if house else ("el", "al", "del")
    return {
        "name": person.name,
        "first": person.name.rpartition(" ")[0] if "María" in person.name else person.first,
        "place": person.place,
        "comuna": person.comuna,
        "kind": person.kind,
        "a_kind": f"una {person.kind}" if house else f"un {person.kind}",
        "home": f"{the} {person.kind} de {person.place}",
        "to_home": f"{to_the} {person.kind} de {person.place}",
        "of_home": f"{of_the} {person.kind} de {person.place}",
        "article": the,
        "broker": story.broker.name,
        "agent": story.agent.partition(" ")[0],
        "phone": _typed_phone(story),
        "email": person.email,
        "budget": _dotted(person.budget or 0),
        "income": _income(person.income or 0, story.rng),
        "debt": "$" + _dotted(person.debt or 0),
        "slot": spoken(visit) if visit else "",
        "other": spoken(visit + timedelta(hours=1)) if visit else "",
    }


def spoken(moment: datetime) -> str:
    local = moment.astimezone(ZONE)
    return f"el {WEEKDAYS[local.weekday()]} {local.day} a las {local:%H:%M}"


def _typed_phone(story: Story) -> str:
    digits = story.phone[3:]
    ways = (digits, f"{digits[0]} {digits[1:5]} {digits[5:]}", f"+56 {digits[0]} {digits[1:]}")
    return story.rng.choice(ways)


def _dotted(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def _income(amount: int, rng: Random) -> str:
    if amount < 1_000_000:
        return rng.choice([f"{amount // 1000} lucas", _dotted(amount)])
    millions = f"{amount / 1_000_000:.2f}".rstrip("0").rstrip(".").replace(".", ",")
    return rng.choice([_dotted(amount), f"${_dotted(amount)}", f"{millions} millones"])
