"""The rows of an import, a chunk at a time: each gets its verdict, then becomes what it says."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from brokers.models import Broker, User
from crm.copying import copy_in
from leads import (
    assignment,
    briefs,
    editing,
    facts,
    import_columns,
    import_mapping,
    qualification,
    storable,
)
from leads.enums import HandoffReason
from leads.identity import Outcome
from leads.identity_batch import Entry, find_or_create_many, meet
from leads.import_columns import Columns, Understood
from leads.models import Conversation, Lead, LeadImport, LeadImportRow, Verdict
from leads.spreadsheets import Record

WAITING = (Verdict.CREATED, Verdict.MATCHED, Verdict.SUPPRESSED)
CELLS = 200
KEPT_CHARACTERS = 2_000


def columns_of(job: LeadImport) -> Columns:
    return Columns(job.header, job.mapping, job.broker.country, _team(job))


def _team(job: LeadImport) -> dict[str, int]:
    """Who may be given leads, by e-mail."""
    people = User.objects.filter(broker=job.broker_id, is_active=True)
    return dict(people.values_list("email", "pk"))


def check(job: LeadImport, chunk: Sequence[Record], columns: Columns, *, at: datetime) -> None:
    """Store a chunk of the file with what would become of each row."""
    rows = []
    for number, cells in chunk:
        values = [storable.text(cell) for cell in cells[:CELLS]]
        understood = import_columns.understand(values, columns)
        _leave_out_refused_facts(job.broker, understood, at)
        rows.append(_row(job, number, values, understood))
    accepted = [row for row in rows if row.verdict != Verdict.REFUSED]
    _judge(job, _without_duplicates(job, accepted))
    copy_in(rows)


def _leave_out_refused_facts(broker: Broker, understood: Understood, at: datetime) -> None:
    """What the door of facts would not take is told now, not found missing afterwards."""
    if understood.refused or not understood.facts:
        return
    told = facts.Facts.model_validate(understood.facts)
    refused = facts.tell(Lead(broker=broker), told, source=facts.Source.IMPORT, at=at).refused
    for name, reason in refused.items():
        understood.left_out.append((str(import_mapping.TARGETS[name]), reason))
        understood.facts.pop(name)


def _row(job: LeadImport, number: int, values: list[str], row: Understood) -> LeadImportRow:
    problems = row.refused or row.left_out
    return LeadImportRow(
        broker_id=job.broker_id,
        job=job,
        number=number,
        values=[value[:KEPT_CHARACTERS] for value in values],
        told={} if row.refused else row.told,
        phone_e164=None if row.refused else row.phone_e164,
        email=None if row.refused else row.email,
        verdict=Verdict.REFUSED if row.refused else Verdict.CREATED,
        problems=[list(problem) for problem in problems],
    )


def _without_duplicates(job: LeadImport, rows: list[LeadImportRow]) -> list[LeadImportRow]:
    """Mark whoever an earlier row of the file named already; the others."""
    first = _named_before(job, rows)
    unique = []
    for row in rows:
        keys = [key for key in (row.phone_e164, row.email) if key]
        earlier = next((first[key] for key in keys if key in first), None)
        if earlier is None:
            first.update(dict.fromkeys(keys, row.number))
            unique.append(row)
        else:
            row.verdict = Verdict.DUPLICATE
            row.problems = [["", f"duplicate:{earlier}"]]
            row.phone_e164 = row.email = None
    return unique


def _named_before(job: LeadImport, rows: Iterable[LeadImportRow]) -> dict[str, int]:
    phones = [row.phone_e164 for row in rows if row.phone_e164]
    emails = [row.email for row in rows if row.email]
    # Two indexed questions: an OR over both would read every row of the job.
    found: dict[str, int] = {}
    for column, values in (("phone_e164", phones), ("email", emails)):
        earlier = LeadImportRow.objects.filter(Q(**{f"{column}__in": values}), job=job)
        found |= dict(earlier.values_list(column, "number"))
    return found


def _judge(job: LeadImport, rows: list[LeadImportRow]) -> None:
    entries = [Entry(row.phone_e164, row.email) for row in rows]
    for row, met in zip(rows, meet(job.broker, entries), strict=True):
        if met is not None:
            row.verdict, row.lead = Verdict(met.outcome.value), met.lead


def waiting(job: LeadImport, limit: int) -> list[LeadImportRow]:
    """The next rows that the commit has not come to."""
    rows = LeadImportRow.objects.filter(job=job, number__gt=job.reached, verdict__in=WAITING).defer(
        "values"
    )
    return list(rows.order_by("number")[:limit])


def enrich(job: LeadImport, rows: Sequence[LeadImportRow], *, at: datetime) -> set[int]:
    """Add to known leads what their rows tell, each in a transaction of its own; whom it met.

    Done before the chunk is settled and harmless to repeat: it adds only what is missing.
    """
    entries = [Entry(row.phone_e164, row.email) for row in rows]
    known, team = set(), set(_team(job).values())
    for row, met in zip(rows, meet(job.broker, entries), strict=True):
        if met is not None and met.lead is not None:
            _add_to(met.lead, job, row, team, at)
            known.add(row.pk)
    return known


def settle(
    job: LeadImport, rows: Sequence[LeadImportRow], enriched: set[int], *, at: datetime
) -> None:
    """Make the leads that are still new, and write every row's outcome; one transaction."""
    team = set(_team(job).values())
    entries = [Entry(row.phone_e164, row.email, _columns(job, row, team)) for row in rows]
    told = {id(entry): row.told.get("facts", {}) for entry, row in zip(entries, rows, strict=True)}

    def prepare(entry: Entry, lead: Lead) -> Conversation:
        given = facts.Facts.model_validate(told[id(entry)])
        contact = {"phone": entry.phone_e164, "email": entry.email}
        facts.tell(lead, given, source=facts.Source.IMPORT, at=at, contact=contact)
        return _conversation(job.broker, lead)

    met = find_or_create_many(
        job.broker,
        entries,
        source=job.source,
        at=at,
        by=job.created_by,
        prepare=prepare,
        job=job.pk,
        filename=job.filename,
    )
    for row, each in zip(rows, met, strict=True):
        if each.outcome == Outcome.MATCHED and each.lead and row.pk not in enriched:
            _add_to(each.lead, job, row, team, at)  # somebody entered them meanwhile
    _write(
        [
            (row.pk, each.lead.pk if each.lead else None, each.outcome.value)
            for row, each in zip(rows, met, strict=True)
        ]
    )


def _columns(job: LeadImport, row: LeadImportRow, team: set[int]) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "notes": row.told.get("notes", ""),
        "tags": list(dict.fromkeys([*job.tags, *row.told.get("tags", [])])),
    }
    if source := row.told.get("source"):
        columns["source"] = source
    columns["assigned_to_id"] = _person(job, row, team)
    return columns


def _person(job: LeadImport, row: LeadImportRow, team: set[int]) -> int | None:
    """Whom the row or the import gives the lead to, if they are still here."""
    person: int | None = row.told.get("assigned_to") or job.assigned_to_id
    return person if person in team else None


def _conversation(broker: Broker, lead: Lead) -> Conversation:
    outcome = lead.metadata.get("calificacion", {}).get("outcome")
    if outcome != qualification.Outcome.NOT_QUALIFIED:
        return Conversation(broker=broker)
    reason = HandoffReason.NOT_QUALIFIED
    brief = briefs.write(lead, reason)
    return Conversation(broker=broker, waiting_reason=reason, brief=brief)


def _add_to(lead: Lead, job: LeadImport, row: LeadImportRow, team: set[int], at: datetime) -> None:
    """What the lead does not have yet: nothing that anybody said, or wrote, is replaced."""
    told = {"phone": row.phone_e164, "email": row.email, **row.told.get("facts", {})}
    missing = {
        name: value
        for name, value in told.items()
        if value is not None and facts.value_of(lead, name) in editing.EMPTY
    }
    if missing:
        given = facts.Facts.model_validate(missing)
        facts.record(lead, given, source=facts.Source.IMPORT, at=at)
    if changes := _additions(lead, job, row):
        editing.edit(lead, changes=changes, by=job.created_by, at=at)
    person = _person(job, row, team)
    if person and lead.assigned_to_id is None:
        assignment.give_if_unassigned(lead, to=User.objects.get(pk=person), at=at)


def _additions(lead: Lead, job: LeadImport, row: LeadImportRow) -> dict[str, Any]:
    additions: dict[str, Any] = {}
    tags = list(dict.fromkeys([*lead.tags, *job.tags, *row.told.get("tags", [])]))
    if tags != lead.tags:
        additions["tags"] = tags
    if row.told.get("notes") and not lead.notes:
        additions["notes"] = row.told["notes"]
    return additions


def _write(outcomes: list[tuple[int, int | None, str]]) -> None:
    """One statement for the whole chunk; bulk_update's CASE would grow with its square."""
    ids, leads, verdicts = (list(column) for column in zip(*outcomes, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE lead_import_rows r SET lead_id = o.lead, verdict = o.verdict, updated_at = now()"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS o(id, lead, verdict)"
            " WHERE r.id = o.id",
            [ids, leads, verdicts],
        )
