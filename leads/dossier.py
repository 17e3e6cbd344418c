"""Everything held about a lead in one file: data as JSON, the conversation as text, the files."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath
from typing import IO, Any

from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from leads import holdings, parts, suppressing, words
from leads.models import ChatMessage, Lead, RightsRequest, Suppression

IN_MEMORY = 5_000_000
DATA, STORY, FILES = "datos.json", "conversacion.txt", "archivos"


def write(lead: Lead, *, at: datetime) -> IO[bytes]:
    """A zip, ready to be read from its start."""
    target: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        told = {
            "generado": at,
            "responsable": lead.broker.name,
            "personas": [_person(each) for each in holdings.persons(lead)],
        }
        pack.writestr(DATA, json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        pack.writestr(STORY, "\n".join(_story(lead)))
        for name in _files(lead):
            _add_file(pack, name)
    target.seek(0)
    return target


def _person(lead: Lead) -> dict[str, Any]:
    """One record with everything that hangs on it, section by section."""
    own = {model._meta.db_table: model for model in holdings.own_models()}
    sections = {
        table: _section(model._meta.label, holdings.rows(model, holdings.of_lead(model, lead)))
        for table, model in own.items()
    }
    for part in parts.parts():
        sections[part.name] = _section(part.model._meta.label, part.export(lead))
    for model, found in (
        (Suppression, suppressing.of_lead(lead)),
        (RightsRequest, RightsRequest.objects.filter(lead=lead)),
    ):
        sections[model._meta.db_table] = _section(model._meta.label, holdings.rows(model, found))
    record = next(holdings.rows(Lead, Lead.objects.filter(pk=lead.pk)))
    return {"ficha": record, "secciones": sections}


def _section(label: str, rows: Any) -> dict[str, Any]:
    return {"titulo": words.held(label), "filas": list(rows)}


def _story(lead: Lead) -> Iterator[str]:
    """The conversation as a person reads it."""
    yield _("Conversación de %(lead)s con %(broker)s") % {"lead": lead, "broker": lead.broker.name}
    messages = ChatMessage.objects.filter(lead__in=holdings.persons(lead)).order_by("at", "pk")
    for message in messages.iterator(chunk_size=2000):
        when = message.at.isoformat(timespec="minutes")
        yield f"[{when}] {message.get_author_display()}: {message.message_text}"


def _files(lead: Lead) -> list[str]:
    """What the parts keep in the storage of this lead."""
    named = [
        part.files(each) for part in parts.parts() if part.files for each in holdings.persons(lead)
    ]
    return sorted({name for names in named for name in names})


def _add_file(pack: zipfile.ZipFile, name: str) -> None:
    if not default_storage.exists(name):
        return
    with default_storage.open(name) as file, pack.open(f"{FILES}/{PurePath(name).name}", "w") as to:
        for chunk in iter(lambda: file.read(1 << 16), b""):
            to.write(chunk)
