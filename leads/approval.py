"""The one writer of a template's approval: handed in to Meta, listed from Meta, told by Meta."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from brokers.models import Broker, BrokerChatConfig
from crm.errors import Conflict, DomainError, ProviderError
from leads import reasons, templating
from leads.channels import whatsapp_api as api
from leads.channels import whatsapp_catalogue as catalogue
from leads.channels.whatsapp_catalogue import Account, Remote
from leads.channels.whatsapp_payload import TemplateEvent
from leads.connecting import NotConfigured
from leads.delivery import OUTCOME_UNKNOWN
from leads.enums import Channel, TemplateApproval
from leads.models import MessageTemplate

LANGUAGE = "es_CL"
MAX_BODY = 1024
LOST_AFTER = timedelta(minutes=10)
WHY = {
    "ABUSIVE_CONTENT": _lazy("Meta considera ofensivo o amenazante el contenido"),
    "CATEGORY_NOT_AVAILABLE": _lazy("La categoría no está disponible para tu cuenta"),
    "INCORRECT_CATEGORY": _lazy("La categoría no corresponde al contenido: cámbiala y reenvíala"),
    "INVALID_FORMAT": _lazy("El formato no es válido: revisa variables y texto"),
    "PROMOTIONAL": _lazy("Tiene contenido promocional: usa la categoría marketing"),
    "SCAM": _lazy("Meta lo tomó por un engaño"),
    "TAG_CONTENT_MISMATCH": _lazy("El idioma o la categoría no corresponde al contenido"),
}


class NotTaken(DomainError):
    """Meta refused, or could not be asked; the message says which and what to do."""

    code = "whatsapp_refused"
    status = 409


@dataclass(frozen=True)
class Synced:
    """What a look at Meta's list changed."""

    seen: int
    created: int
    changed: int
    usable: int


def connected() -> list[int]:
    """The brokers whose templates can be kept in step."""
    configs = BrokerChatConfig.objects.filter(broker__is_active=True).order_by("broker_id")
    return [config.broker_id for config in configs if _account_in(config)]


def _account_in(config: BrokerChatConfig) -> Account | None:
    whatsapp = config.provider_configs.get(Channel.WHATSAPP) or {}
    number, token = whatsapp.get("business_account_id"), whatsapp.get("access_token")
    return Account(str(number), str(token)) if number and token else None


def _account(broker_id: int) -> Account:
    account = _account_in(BrokerChatConfig.objects.get(broker=broker_id))
    if account is None:
        raise NotConfigured(
            _(
                "Guarda en «Canales» el token de acceso y el identificador de la cuenta de "
                "WhatsApp Business."
            )
        )
    if not account.id.isdecimal():
        raise NotConfigured(
            _("El identificador de la cuenta de WhatsApp Business son solo dígitos.")
        )
    return account


# --- Listed from Meta ---


def sync(broker_id: int, *, at: datetime) -> Synced:
    """Bring the broker's templates in step with Meta's list, which is right about everything but
    the names of our variables. Raises NotConfigured or NotTaken."""
    account = _account(broker_id)
    try:
        remotes = list(catalogue.listed(account))
    except ProviderError as error:
        raise NotTaken(_told(error)) from error
    return _apply(broker_id, remotes, at)


@transaction.atomic
def _apply(broker_id: int, remotes: list[Remote], at: datetime) -> Synced:
    # One sync of a broker at a time: two would each make the same new template.
    BrokerChatConfig.objects.select_for_update().get(broker=broker_id)
    mine = MessageTemplate.objects.filter(broker=broker_id, channel=Channel.WHATSAPP)
    rows = list(mine.select_for_update(of=("self",)))
    by_id = {row.whatsapp_id: row for row in rows if row.whatsapp_id}
    by_name = {(row.whatsapp_name, row.whatsapp_language): row for row in rows}
    names = {row.name for row in rows}
    created = changed = usable = 0
    for remote in remotes:
        row = by_id.get(remote.id) or by_name.get((remote.name, remote.language))
        if row is None:
            row = _made(broker_id, remote, names)
            created += 1
            _take(row, remote, at)
        elif row.checked_at is None or row.checked_at <= at:
            changed += _take(row, remote, at)
        usable += row.opens_window
    _note_missing(rows, {remote.id for remote in remotes}, at)
    return Synced(len(remotes), created, changed, usable)


def _made(broker_id: int, remote: Remote, names: set[str]) -> MessageTemplate:
    wanted = (remote.name, f"{remote.name} ({remote.language})", f"{remote.id} {remote.name}")
    name = next(name for name in wanted if name[:200] not in names)[:200]
    names.add(name)
    return MessageTemplate(broker_id=broker_id, channel=Channel.WHATSAPP, name=name)


def _take(row: MessageTemplate, remote: Remote, at: datetime) -> bool:
    """Write what Meta says into the row; True where that was news."""
    before = _standing(row)
    if remote.body and row.whatsapp_body != remote.body:
        if templating.pairs(row.content, remote.body) is None:
            row.content = templating.from_vendor(remote.body, row.pairs or {})
        row.whatsapp_body = remote.body
    row.whatsapp_id, row.whatsapp_name = remote.id, remote.name
    row.whatsapp_language, row.parameters = remote.language, remote.parameters
    row.category = catalogue.category_of(remote.category) or row.category
    row.approval, row.quality = remote.approval, remote.quality
    row.approval_reason = _why(remote)
    row.checked_at = at
    row.save()
    return _standing(row) != before


def _standing(row: MessageTemplate) -> tuple[str, ...]:
    return (row.whatsapp_id, row.whatsapp_body, row.category, row.approval, row.approval_reason)


def _why(remote: Remote) -> str:
    if remote.approval == TemplateApproval.UNSUPPORTED:
        return _("Lleva un encabezado o botones con datos que este sistema no completa.")
    code = remote.rejected_reason or ""
    return str(WHY.get(code, "")) if remote.approval == TemplateApproval.REJECTED else ""


def _note_missing(rows: Iterable[MessageTemplate], seen: set[str], at: datetime) -> None:
    """What Meta no longer lists, and what was handed in and never arrived."""
    for row in rows:
        if row.whatsapp_id and row.whatsapp_id not in seen:
            _judge(row, TemplateApproval.DISABLED, _("Ya no existe en Meta."), at)
        elif _is_lost(row, at):
            _judge(row, TemplateApproval.NONE, _("No llegó a Meta: envíala de nuevo."), at)


def _is_lost(row: MessageTemplate, at: datetime) -> bool:
    waits = not row.whatsapp_id and row.approval == TemplateApproval.PENDING
    return waits and row.updated_at < at - LOST_AFTER


def _judge(row: MessageTemplate, approval: TemplateApproval, reason: str, at: datetime) -> None:
    row.approval, row.approval_reason, row.checked_at = approval, reason[:500], at
    row.save(update_fields=["approval", "approval_reason", "checked_at", "variables", "updated_at"])


# --- Handed in ---


def submit(template: MessageTemplate, *, at: datetime) -> None:
    """Hand a template in for approval, new or with its new text; from now on it is pending.

    Raises DomainError with what is wrong with it, NotConfigured, or NotTaken.
    """
    account = _account(template.broker_id)
    before = _begin(template)
    try:
        whatsapp_id = catalogue.submit(account, template)
    except ProviderError as error:
        raise _undone(template, before, error, at) from error
    known = {"whatsapp_id": whatsapp_id} if whatsapp_id else {}
    MessageTemplate.objects.filter(pk=template.pk).update(checked_at=at, updated_at=at, **known)


@transaction.atomic
def _begin(template: MessageTemplate) -> dict[str, Any]:
    """Mark it pending before Meta is asked, so that nobody hands it in twice; what stood before."""
    row = MessageTemplate.objects.select_for_update(of=("self",)).get(pk=template.pk)
    _check(row)
    before = {"approval": row.approval, "whatsapp_body": row.whatsapp_body}
    row.whatsapp_name = row.whatsapp_name or _name_for(row)
    row.whatsapp_language = row.whatsapp_language or LANGUAGE
    row.whatsapp_body = catalogue.body_of(row)
    row.approval, row.approval_reason = TemplateApproval.PENDING, ""
    row.save()
    template.__dict__.update(row.__dict__)
    return before


def _check(row: MessageTemplate) -> None:
    if row.channel != Channel.WHATSAPP:
        raise DomainError(
            _("Solo las plantillas de WhatsApp necesitan aprobación."), code="invalid"
        )
    if row.approval == TemplateApproval.PENDING:
        raise Conflict(_("Ya está en revisión en Meta."))
    if row.opens_window:
        raise Conflict(_("Meta ya la aprobó tal como está."))
    if row.approval in (TemplateApproval.DISABLED, TemplateApproval.UNSUPPORTED):
        raise Conflict(_("En Meta ya no se puede cambiar: crea otra plantilla con otro nombre."))
    if complaint := _complaint(row.content.strip()):
        raise DomainError(complaint, code="invalid", field="content")


def _complaint(content: str) -> str:
    """What Meta would refuse without reading on."""
    found = list(templating.VARIABLE.finditer(content))
    if len(content) > MAX_BODY:
        return _("WhatsApp acepta hasta 1.024 caracteres por plantilla.")
    if found and (found[0].start() == 0 or found[-1].end() == len(content)):
        return _("WhatsApp no acepta una variable al comienzo ni al final del texto.")
    if any(not content[a.end() : b.start()].strip() for a, b in pairwise(found)):
        return _("WhatsApp no acepta dos variables seguidas: pon texto entre ellas.")
    return ""


def _name_for(row: MessageTemplate) -> str:
    return slugify(row.name).replace("-", "_")[:200] or f"plantilla_{row.pk}"


def _undone(
    template: MessageTemplate, before: dict[str, Any], error: ProviderError, at: datetime
) -> NotTaken:
    """Put back what stood before, unless nobody knows whether Meta has it now."""
    told = _told(error)
    pending = MessageTemplate.objects.filter(pk=template.pk, approval=TemplateApproval.PENDING)
    if api.meaning(error).reason == OUTCOME_UNKNOWN:
        told = _("No se supo si llegó a Meta. Sincroniza en unos minutos para verlo.")
        pending.update(approval_reason=told, updated_at=at)
    else:
        pending.update(**before, approval_reason=told[:500], updated_at=at)
    return NotTaken(told)


def _told(error: ProviderError) -> str:
    """Our words for Meta's error number, and Meta's own where it wrote some for people."""
    ours = reasons.told(api.meaning_of_reading(error).reason)
    theirs = str(error.data.get("vendor_told") or "")
    return f"{ours} Meta: {theirs}" if theirs else ours


# --- Told by Meta ---


@transaction.atomic
def note(broker: Broker, event: TemplateEvent, *, at: datetime) -> None:
    """What a webhook says of one template; of one that is not known the next sync tells."""
    row = _row_of(broker, event)
    if row is None:
        return
    row.whatsapp_id = row.whatsapp_id or event.message_template_id
    row.quality = event.new_quality_score[:20] or row.quality
    row.category = catalogue.category_of(event.new_category) or row.category
    state = catalogue.STATES.get(event.event.upper())
    keeps = row.approval == TemplateApproval.UNSUPPORTED and state == TemplateApproval.APPROVED
    if state is not None and not keeps:
        row.approval, row.approval_reason = state, _event_reason(event)[:500]
    row.checked_at = at
    row.save()


def _row_of(broker: Broker, event: TemplateEvent) -> MessageTemplate | None:
    mine = MessageTemplate.objects.select_for_update(of=("self",)).filter(
        broker=broker, channel=Channel.WHATSAPP
    )
    found: MessageTemplate | None = None
    if event.message_template_id:
        found = mine.filter(whatsapp_id=event.message_template_id).first()
    name, language = event.message_template_name, event.message_template_language
    return (
        found
        or mine.filter(whatsapp_id="", whatsapp_name=name, whatsapp_language=language)
        .exclude(whatsapp_name="")
        .first()
    )


def _event_reason(event: TemplateEvent) -> str:
    told = [
        str(WHY.get(event.reason, "")),
        event.rejection_info.reason,
        event.other_info.description,
    ]
    return ". ".join(part.strip(" .") for part in told if part)
