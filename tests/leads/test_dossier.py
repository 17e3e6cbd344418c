"""Everything held about a person in one file that they can read."""

import json
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from leads import dossier, holdings, parts, rights, suppressing
from leads.models import Lead, RightsRequest
from tests.factories import FACTORIES, ChatMessageFactory, LeadFactory, make_row

pytestmark = pytest.mark.django_db


def opened(lead: Lead, at: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(dossier.write(lead, at=at))


def data(lead: Lead, at: Any) -> dict[str, Any]:
    return json.loads(opened(lead, at).read(dossier.DATA))


def test_every_table_with_a_key_to_a_lead_is_in_it(lead, at) -> None:
    """Found by looking at the models: a table that is added later is in it, or this fails."""
    referring = [
        model
        for model in apps.get_models()
        if any(f.related_model is Lead and f.name == "lead" for f in model._meta.concrete_fields)
    ]
    for model in referring:
        make_row(model, lead.broker, lead=lead)
    sections = data(lead, at)["personas"][0]["secciones"]
    by_title = {section["titulo"]: section["filas"] for section in sections.values()}
    empty = [
        model.__name__
        for model in set(referring) - set(holdings.GOES_ALONG)
        if not by_title.get(str(model._meta.verbose_name_plural))
    ]
    assert (empty, len(referring) >= 15) == ([], True)
    assert set(referring) <= set(FACTORIES)


def test_it_holds_the_record_the_words_and_the_merged_ones(lead, at) -> None:
    loser = LeadFactory(broker=lead.broker, name="Camila R.", merged_into=lead)
    ChatMessageFactory(broker=lead.broker, lead=lead, message_text="Busco en Ñuñoa", at=at)
    ChatMessageFactory(broker=lead.broker, lead=loser, message_text="Soy la misma", at=at)
    suppressing.put(lead.broker_id, [("", lead.phone_e164)], reason="x", at=at)
    told = data(lead, at)
    assert [person["ficha"]["name"] for person in told["personas"]] == [lead.name, "Camila R."]
    mine = told["personas"][0]["secciones"]
    assert [row["message_text"] for row in mine["chat_messages"]["filas"]] == ["Busco en Ñuñoa"]
    assert [row["identifier"] for row in mine["suppressions"]["filas"]] == [lead.phone_e164]
    story = opened(lead, at).read(dossier.STORY).decode()
    assert "lead: Busco en Ñuñoa" in story
    assert "lead: Soy la misma" in story


def test_nobody_elses_rows_are_in_it(lead, rival, at) -> None:
    ChatMessageFactory(broker=lead.broker, message_text="de otra persona")
    LeadFactory(broker=rival, phone=lead.phone, phone_e164=lead.phone_e164, name="Ajena")
    text = json.dumps(data(lead, at), ensure_ascii=False)
    assert "de otra persona" not in text
    assert "Ajena" not in text


def test_files_that_a_part_keeps_are_in_it(lead, at, settings, tmp_path, monkeypatch) -> None:
    settings.MEDIA_ROOT = tmp_path
    name = default_storage.save("leads/carnet.txt", ContentFile(b"foto"))
    part = parts.parts()[0]
    keeps = {**vars(part), "files": lambda _lead: [name, "leads/perdido.txt"]}
    monkeypatch.setitem(parts._parts, part.name, type(part)(**keeps))
    pack = opened(lead, at)
    assert pack.read(f"{dossier.FILES}/{name.split('/')[-1]}") == b"foto"
    assert len([each for each in pack.namelist() if each.startswith(dossier.FILES)]) == 1


def test_handing_it_over_is_recorded(lead, admin, at) -> None:
    asked = rights.ask(lead, kind="access", at=at)
    rights.export(lead, by=admin, asked_by="person", at=at)
    done = RightsRequest.objects.get()
    assert (done.pk, done.state, done.handled_by) == (asked.pk, "done", admin)
    assert lead.activity.filter(action_type="data_exported", user=admin).count() == 1
