"""The list of identifiers that must not be contacted: put, taken in from a list, and lifted."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from brokers.models import Broker
from crm import emails
from crm.errors import DomainError
from leads import identity, phones
from leads.enums import SuppressionChange
from leads.models import Lead, Suppression, SuppressionEvent

MAX_BYTES = 5_000_000
MAX_LINES = 20_000
MAX_SHOWN = 200
BATCH = 2000
Mark = tuple[str, str]
"""Channel ("" for all) and normalised identifier."""

_DIGITS = re.compile(r"\d")


@dataclass
class Report:
    """What became of a list: how many were taken, known, and which lines were not understood."""

    accepted: int = 0
    known: int = 0
    invalid: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, text: str) -> None:
        """Counts every one; shows the first ones."""
        self.invalid += 1
        if len(self.refused) < MAX_SHOWN:
            self.refused.append((line, text[:100]))


class NotUnderstood(DomainError):
    code = "invalid_identifier"
    message = _("Escribe un teléfono que se pueda marcar o un correo.")


def normalise(text: str, *, country: str) -> str | None:
    """The identifier as leads keep it: E.164 or a lower-case e-mail; None for anything else."""
    written = text.strip().strip("\"'")
    if "@" not in written:
        return phones.to_e164(written, country=country)
    try:
        return emails.checked(written)
    except ValidationError:
        return None


def of_lead(lead: Lead) -> QuerySet[Suppression]:
    """The marks that stand against any name of the lead."""
    theirs = Q(identifier__in=identity.identifiers(lead))
    for channel, external in lead.identities.values_list("channel", "external_id"):
        theirs |= Q(identifier=external, channel__in=["", channel])
    found: QuerySet[Suppression] = Suppression.objects.filter(theirs, broker_id=lead.broker_id)
    return found


def names_of(lead: Lead, *, scope: str = "") -> list[Mark]:
    """Every name of the lead as a mark: their own everywhere, each channel's id on the channel."""
    external = lead.identities.filter(channel=scope) if scope else lead.identities.all()
    marks = [(scope, identifier) for identifier in identity.identifiers(lead)]
    return [*marks, *((each.channel, each.external_id) for each in external)]


@transaction.atomic
def put(
    broker_id: int, marks: Iterable[Mark], *, reason: str, at: datetime, by: Any = None,
    renew: bool = False,
) -> int:  # fmt: skip
    """Mark identifiers; returns how many are new. ``renew`` makes known ones count from now on.

    Sorted, because two lists that overlap must not wait for each other crosswise.
    """
    wanted = sorted(set(marks))
    known = _known(broker_id, wanted)
    rows = [
        Suppression(
            broker_id=broker_id, channel=channel, identifier=identifier, reason=reason[:200],
            created_at=at,
        )
        for channel, identifier in wanted
        if renew or (channel, identifier) not in known
    ]  # fmt: skip
    again: dict[str, Any] = {
        "update_conflicts": True,
        "update_fields": ["created_at", "updated_at"],
        "unique_fields": ["broker", "identifier", "channel"],
    }
    Suppression.objects.bulk_create(
        rows, batch_size=BATCH, **(again if renew else {"ignore_conflicts": True})
    )
    new = [mark for mark in wanted if mark not in known]
    _tell(broker_id, new, SuppressionChange.ADDED, reason, at, by)
    return len(new)


def _known(broker_id: int, marks: list[Mark]) -> set[Mark]:
    found: set[Mark] = set()
    for start in range(0, len(marks), BATCH):
        names = [identifier for _channel, identifier in marks[start : start + BATCH]]
        rows = Suppression.objects.filter(broker_id=broker_id, identifier__in=names)
        found |= set(rows.values_list("channel", "identifier"))
    return found


def _tell(
    broker_id: int, marks: Iterable[Mark], change: SuppressionChange, reason: str, at: datetime,
    by: Any,
) -> None:  # fmt: skip
    SuppressionEvent.objects.bulk_create(
        [
            SuppressionEvent(
                broker_id=broker_id, channel=channel, identifier=identifier, change=change,
                reason=reason[:200], at=at, by=by,
            )
            for channel, identifier in marks
        ],
        batch_size=BATCH,
    )  # fmt: skip


def add(
    broker: Broker, text: str, *, channel: str = "", reason: str, by: Any, at: datetime
) -> tuple[Suppression, bool]:
    """Mark one phone or e-mail as typed; whether it is new."""
    identifier = normalise(text, country=broker.country)
    if identifier is None:
        raise NotUnderstood(field="identifier")
    is_new = put(broker.pk, [(channel, identifier)], reason=reason, at=at, by=by)
    row = Suppression.objects.get(broker=broker, channel=channel, identifier=identifier)
    return row, bool(is_new)


def take_in(
    broker: Broker, content: str | bytes, *, channel: str = "", reason: str, by: Any, at: datetime
) -> Report:
    """Mark every phone and e-mail of a list: one a line, or cells of a CSV with other columns."""
    report, marks = Report(), set()
    for number, cells in enumerate(_lines(_decoded(content)), start=1):
        if number > MAX_LINES:
            raise DomainError(
                _("La lista tiene demasiadas líneas: divídela en partes de hasta 20.000."),
                code="too_large",
                field="file",
            )
        found = [name for cell in cells if (name := normalise(cell, country=broker.country))]
        if not found and not (number == 1 and _is_header(cells)):
            report.refuse(number, " ".join(cells))
        for name in found:
            report.known += (channel, name) in marks
            marks.add((channel, name))
    report.accepted = put(broker.pk, marks, reason=reason, at=at, by=by)
    report.known += len(marks) - report.accepted
    return report


def _decoded(content: str | bytes) -> str:
    if len(content) > MAX_BYTES:
        raise DomainError(_("La lista supera los 5 MB."), code="too_large", field="file")
    if isinstance(content, str):
        return content
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise DomainError(
            _("El archivo no es texto: guárdalo como CSV y vuelve a subirlo."),
            code="not_text",
            field="file",
        )
    return text


def _lines(text: str) -> Iterable[list[str]]:
    """The cells of each line with something in it, whatever separates them."""
    for line in io.StringIO(text.lstrip("\ufeff")):
        if line.strip():
            separator = next((sign for sign in ";\t," if sign in line), ";")
            yield [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]


def _is_header(cells: list[str]) -> bool:
    return not any("@" in cell or _DIGITS.search(cell) for cell in cells)


@transaction.atomic
def lift(marks: QuerySet[Suppression], *, reason: str, by: Any, at: datetime) -> list[Mark]:
    """Take marks off the list; who did it and why stays in the history."""
    rows = list(marks.select_for_update().order_by("pk"))
    lifted = [(row.channel, row.identifier) for row in rows]
    Suppression.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        _tell(
            row.broker_id, [(row.channel, row.identifier)], SuppressionChange.LIFTED, reason, at, by
        )
    return lifted


def forget_history(broker_id: int, identifiers: Iterable[str]) -> int:
    """The history of identifiers that are not on the list any more: nothing keeps it."""
    gone = SuppressionEvent.objects.filter(broker_id=broker_id, identifier__in=list(identifiers))
    standing = Suppression.objects.filter(broker_id=broker_id).values("identifier")
    count: int = gone.exclude(identifier__in=standing).delete()[0]
    return count
