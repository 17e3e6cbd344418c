"""The knowledge base in Admin."""

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from knowledge.models import KnowledgeEntry, KnowledgeGap
from tests.crm.admin_walk import sent
from tests.factories import KnowledgeEntryFactory, KnowledgeGapFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def berta(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


def test_a_changed_text_waits_for_a_new_embedding(berta: Client, broker: Broker) -> None:
    entry = KnowledgeEntryFactory(broker=broker)
    ready = {"embed_status": "ready", "embedding": [0.1] * 768}
    KnowledgeEntry.objects.filter(pk=entry.pk).update(**ready)
    page = reverse("admin:knowledge_knowledgeentry_change", args=[entry.pk])
    data = sent(berta.get(page).context["adminform"].form)
    assert berta.post(page, data | {"title": entry.title}).status_code == 302
    assert KnowledgeEntry.objects.get().embed_status == "ready"
    assert berta.post(page, data | {"content": "Tres dormitorios."}).status_code == 302
    changed = KnowledgeEntry.objects.get()
    assert (changed.content, changed.embed_status) == ("Tres dormitorios.", "pending")


def test_questions_are_resolved_one_by_one_or_together(berta: Client, broker: Broker) -> None:
    one, *others = (KnowledgeGapFactory(broker=broker) for _ in range(3))
    berta.post(reverse("admin:knowledge_knowledgegap_resolve", args=[one.pk]))
    data = {"action": "resolve_chosen", "_selected_action": [gap.pk for gap in others]}
    berta.post(reverse("admin:knowledge_knowledgegap_changelist"), data)
    assert {gap.state for gap in KnowledgeGap.objects.all()} == {"resolved"}


def test_agents_read_and_do_not_write(client: Client, broker: Broker, agent: User) -> None:
    client.force_login(agent)
    entry = KnowledgeEntryFactory(broker=broker)
    page = reverse("admin:knowledge_knowledgeentry_change", args=[entry.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"title": "Otro"}).status_code == 403
    assert client.get(reverse("admin:knowledge_knowledgeentry_add")).status_code == 403
