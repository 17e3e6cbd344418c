"""The one writer of what leads refused: what is offered next learns of it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm.errors import Conflict
from knowledge.models import KnowledgeEntry, ListingRefusal, RefusalReason, SourceType
from leads import storable
from leads.activity import log
from leads.enums import Actor
from leads.models import Lead

NOTE = 300


class NotAProperty(Conflict):
    """The entry is a text of another kind: there is nothing to refuse."""

    code = "not_a_property"
    message = _("Solo se rechazan propiedades.")


@transaction.atomic
def refuse(
    lead: Lead,
    entry: KnowledgeEntry,
    *,
    reason: RefusalReason | str,
    note: str = "",
    by: Any = None,
    at: datetime,
) -> ListingRefusal:
    """Keep that the lead did not want this property, with its figures of now; once for each reason.

    Told again for the price, the price of now is the one that was refused. Raises NotAProperty.
    """
    if entry.source_type != SourceType.PROPERTY:
        raise NotAProperty
    row, is_new = ListingRefusal.objects.update_or_create(
        lead=lead,
        entry=entry,
        reason=RefusalReason(reason),
        defaults={"listing": entry.listing or {}, "title": entry.title, "at": at},
        create_defaults={
            "broker_id": lead.broker_id,
            "listing": entry.listing or {},
            "title": entry.title,
            "note": storable.text(note)[:NOTE],
            "by": by,
            "at": at,
        },
    )
    if is_new:
        actor = Actor.HUMAN if by else Actor.LEAD
        details = {"entry": entry.pk, "title": entry.title, "reason": str(row.reason)}
        log(lead, "listing_refused", actor=actor, at=at, user=by, **details)
    return row
