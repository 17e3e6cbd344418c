"""Documents: taken in once, split in the background, retried, and gone with their entries."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from knowledge import documents, embedding, ingestion, tasks
from knowledge.models import EmbedStatus, KnowledgeDocument, KnowledgeEntry, KnowledgeGap
from knowledge.search import search
from tests.api import codes, signed_in
from tests.factories import KnowledgeDocumentFactory, KnowledgeEntryFactory, KnowledgeGapFactory
from tests.racing import race

pytestmark = pytest.mark.django_db

DOCUMENTS, GAPS = "/api/v1/knowledge/documents/", "/api/v1/knowledge/gaps/"
RULES = "# Mascotas\n\nSe aceptan mascotas pequeñas.\n\n# Ruidos\n\nSilencio desde las 22."
STOCK = (
    "título;precio;tipo_de_fuente\nDepto Ñuñoa;UF 3.500;propiedad\nCasa Maipú;UF 4.100;propiedad\n"
)


def file(content: str | bytes, name: str = "reglas.md") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def upload(user: User, content: str | bytes, name: str = "reglas.md", **fields: Any) -> Any:
    return signed_in(user).post(DOCUMENTS, {"file": file(content, name), **fields}, "multipart")


def run(task: Any, *args: Any) -> Any:
    return task.apply(args=args).get()


def test_a_file_becomes_entries_that_answer(admin: User, broker: Broker, at: datetime) -> None:
    made = upload(admin, RULES, source_type="policy")
    document = KnowledgeDocument.objects.get()
    assert (made.status_code, made.json()["status"], made.json()["entries"]) == (201, "pending", 0)
    assert run(tasks.split_document, document.pk) is True
    run(tasks.embed_document, document.pk)
    told = signed_in(admin).get(f"{DOCUMENTS}{document.pk}/").json()
    assert [told[name] for name in ("title", "status", "entries", "embedded")] == [
        "reglas",
        "ready",
        2,
        2,
    ]
    assert [
        (entry.title, entry.part, entry.source_type)
        for entry in KnowledgeEntry.objects.order_by("part")
    ] == [("reglas · Mascotas", 0, "policy"), ("reglas · Ruidos", 1, "policy")]
    assert search(broker, "¿aceptan mascotas?", at=at)[0].title == "reglas · Mascotas"


def test_a_row_of_a_table_is_an_entry(admin: User) -> None:
    upload(admin, STOCK, "stock.csv")
    run(tasks.split_document, KnowledgeDocument.objects.get().pk)
    assert list(
        KnowledgeEntry.objects.order_by("part").values_list("title", "source_type", "metadata")
    ) == [
        ("Depto Ñuñoa", "property", {"precio": "UF 3.500"}),
        ("Casa Maipú", "property", {"precio": "UF 4.100"}),
    ]


def test_the_same_file_again_is_a_no_op(admin: User) -> None:
    first = upload(admin, RULES)
    run(tasks.split_document, first.json()["id"])
    again = upload(admin, RULES, "otro-nombre.md")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert (KnowledgeDocument.objects.count(), KnowledgeEntry.objects.count()) == (1, 2)
    assert run(tasks.split_document, first.json()["id"]) is False


def test_a_pasted_text_is_a_document(admin: User) -> None:
    pasted = {"title": "Reglas", "text": RULES, "format": "markdown"}
    made = signed_in(admin).post(DOCUMENTS, pasted)
    assert (made.status_code, made.json()["format"]) == (201, "markdown")


def test_spreadsheets_of_windows_are_read(admin: User) -> None:
    upload(admin, STOCK.encode("cp1252"), "stock.csv")
    assert KnowledgeDocument.objects.get().text == STOCK


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"x" * (documents.MAX_BYTES + 1), "grande.txt", "too_large"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "foto.txt", "not_text"),
        ("hola".encode("utf-16"), "utf16.txt", "not_text"),
        (b" \n ", "blanco.txt", "blank"),
        (b"%PDF", "folleto.pdf", "unknown_format"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    admin: User, content: bytes, name: str, code: str
) -> None:
    answer = upload(admin, content, name)
    assert (answer.status_code, codes(answer)) == (400, [("file", code)])
    assert not KnowledgeDocument.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "file"),
        ({"text": "hola"}, "title"),
        ({"text": "hola", "title": "x", "format": "pdf"}, "format"),
        ({"text": "hola", "title": "x", "source_type": "rumor"}, "source_type"),
    ],
)
def test_an_upload_that_does_not_fit_is_refused_by_field(
    admin: User, given: dict[str, str], field: str
) -> None:
    answer = signed_in(admin).post(DOCUMENTS, given)
    assert (answer.status_code, codes(answer)[0][0]) == (400, field)


def test_a_table_that_breaks_fails_with_its_reason_and_is_tried_again(admin: User) -> None:
    pk = upload(admin, "a,b\n1,2,3\n", "malo.csv").json()["id"]
    run(tasks.split_document, pk)
    client = signed_in(admin)
    told = client.get(f"{DOCUMENTS}{pk}/").json()
    assert (told["status"], told["error"]) == ("failed", "bad_csv")
    assert client.post(f"{DOCUMENTS}{pk}/retry/").json()["status"] == "pending"
    assert client.post(f"{DOCUMENTS}{pk}/retry/").status_code == 409


def test_a_document_of_too_many_pieces_fails(admin: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(documents, "MAX_ENTRIES", 1)
    pk = upload(admin, RULES).json()["id"]
    run(tasks.split_document, pk)
    assert KnowledgeDocument.objects.get().error == "too_many_entries"
    assert not KnowledgeEntry.objects.exists()


def test_deleting_a_document_deletes_its_entries_only(admin: User) -> None:
    other = KnowledgeEntryFactory(broker=admin.broker)
    pk = upload(admin, RULES).json()["id"]
    run(tasks.split_document, pk)
    assert signed_in(admin).delete(f"{DOCUMENTS}{pk}/").status_code == 204
    assert list(KnowledgeEntry.objects.all()) == [other]


def test_an_agent_reads_documents_and_uploads_none(agent: User) -> None:
    document = KnowledgeDocumentFactory(broker=agent.broker)
    assert upload(agent, RULES).status_code == 403
    client, url = signed_in(agent), f"{DOCUMENTS}{document.pk}/"
    assert client.get(url).json()["title"] == document.title
    assert [client.delete(url).status_code, client.post(f"{url}retry/").status_code] == [403, 403]


def test_a_worker_that_died_leaves_the_document_to_the_sweep(broker: Broker, at: datetime) -> None:
    document = KnowledgeDocumentFactory(
        broker=broker, attempts=1, due_at=at + documents.LEASE, format="markdown", text=RULES
    )
    assert documents.due(at=at) == []
    assert documents.process(document.pk, at=at) is False
    later = at + documents.LEASE
    assert documents.due(at=later) == [document.pk]
    assert documents.process(document.pk, at=later) is True
    assert KnowledgeEntry.objects.count() == 2


def test_a_document_over_which_workers_die_is_given_up(broker: Broker, at: datetime) -> None:
    document = KnowledgeDocumentFactory(broker=broker, attempts=documents.MAX_ATTEMPTS)
    documents.process(document.pk, at=at)
    document.refresh_from_db()
    assert (document.status, document.error) == ("failed", "no_result_after_attempts")


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_split_a_document_once(broker: Broker, at: datetime) -> None:
    document = KnowledgeDocumentFactory(broker=broker, format="markdown", text=RULES)
    done = race(4, lambda _: documents.process(document.pk, at=at))
    assert (sorted(done), KnowledgeEntry.objects.count()) == ([False, False, False, True], 2)


@pytest.mark.django_db(transaction=True)
def test_the_same_upload_at_the_same_moment_is_one_document(broker: Broker) -> None:
    made = race(4, lambda _: documents.add(broker, title="R", text=RULES, kind="markdown")[1])
    assert sorted(made) == [False, False, False, True]


def test_an_entry_that_failed_is_tried_again(broker: Broker, at: datetime) -> None:
    entry = KnowledgeEntryFactory(broker=broker)
    failed = {"embed_status": EmbedStatus.FAILED, "embed_attempts": 5, "embed_error": "x"}
    KnowledgeEntry.objects.update(**failed, embed_due_at=at + timedelta(days=1))
    assert ingestion.retry(KnowledgeEntry.objects.all(), at=at) == 1
    run(tasks.embed_pending, broker.pk)
    entry.refresh_from_db()
    assert (entry.embed_status, entry.embedding_model) == ("ready", embedding.preferred_model())


# --- Gaps -------------------------------------------------------------------------------------


def test_an_admin_resolves_a_question_without_answer(admin: User, agent: User) -> None:
    gap = KnowledgeGapFactory(broker=admin.broker, times=3)
    client = signed_in(admin)
    assert client.get(GAPS, {"state": "open"}).json()["results"][0]["times"] == 3
    resolved = client.post(f"{GAPS}{gap.pk}/resolve/")
    assert (resolved.status_code, resolved.json()["state"]) == (200, "resolved")
    assert client.get(GAPS, {"state": "open"}).json()["count"] == 0
    assert signed_in(agent).get(GAPS).status_code == 403


# --- Admin ------------------------------------------------------------------------------------


@pytest.fixture
def berta(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


ADD = "admin:knowledge_knowledgedocument_add"


def test_a_file_is_uploaded_in_admin(berta: Client, broker: Broker) -> None:
    page = berta.get(reverse(ADD)).content.decode()
    assert 'type="file"' in page
    given = {"title": "Stock", "source_type": "property", "pasted": ""}
    answer = berta.post(reverse(ADD), {**given, "file": file(STOCK, "stock.csv")})
    document = KnowledgeDocument.objects.get()
    assert (answer.status_code, document.broker, document.format) == (302, broker, "csv")
    again = berta.post(reverse(ADD), {**given, "file": file(STOCK, "stock.csv")}, follow=True)
    assert "ya estaba" in again.content.decode()
    assert KnowledgeDocument.objects.count() == 1


def test_a_text_is_pasted_in_admin(berta: Client) -> None:
    berta.post(reverse(ADD), {"title": "Reglas", "source_type": "policy", "pasted": RULES})
    document = KnowledgeDocument.objects.get()
    assert (document.title, document.format) == ("Reglas", "markdown")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"pasted": ""}, "Elige un archivo o pega un texto"),
        ({"pasted": RULES, "file": "stock.csv"}, "Elige un archivo o pega un texto"),
        ({"file": "foto.png"}, "Sube un archivo CSV"),
    ],
)
def test_admin_says_what_is_wrong_with_an_upload(
    berta: Client, given: dict[str, Any], told: str
) -> None:
    if "file" in given:
        given = {**given, "file": file(STOCK, given["file"])}
    answer = berta.post(reverse(ADD), {"title": "x", "source_type": "faq", **given})
    assert (answer.status_code, KnowledgeDocument.objects.count()) == (200, 0)
    assert told in answer.content.decode()


def test_admin_shows_why_a_document_failed_and_tries_it_again(
    berta: Client, broker: Broker
) -> None:
    document = KnowledgeDocumentFactory(broker=broker, status="failed", error="bad_csv")
    assert (
        "El CSV no se entiende"
        in berta.get(reverse("admin:knowledge_knowledgedocument_changelist")).content.decode()
    )
    berta.post(reverse("admin:knowledge_knowledgedocument_retry", args=[document.pk]))
    document.refresh_from_db()
    assert document.status == "pending"


def test_admin_resolves_chosen_gaps_and_retries_failed_entries(
    berta: Client, broker: Broker
) -> None:
    gap, entry = KnowledgeGapFactory(broker=broker), KnowledgeEntryFactory(broker=broker)
    KnowledgeEntry.objects.update(embed_status="failed")
    for model, action, row in (
        ("knowledgegap", "resolve_chosen", gap),
        ("knowledgeentry", "retry_chosen", entry),
    ):
        chosen = {"action": action, "_selected_action": [row.pk]}
        berta.post(reverse(f"admin:knowledge_{model}_changelist"), chosen)
    assert KnowledgeGap.objects.get().state == "resolved"
    assert KnowledgeEntry.objects.get().embed_status == "pending"
