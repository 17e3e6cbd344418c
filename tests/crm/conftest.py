"""The schema, rows of every model, and callers of every kind, for tests over the whole API."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception, request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from drf_spectacular.generators import SchemaGenerator
from schemathesis.config import ProjectsConfig, SchemathesisConfig

from brokers.models import Broker, User
from campaigns.models import Campaign, CampaignStatus, CampaignStep
from knowledge.models import KnowledgeDocument, KnowledgeEntry
from leads.models import Attachment, ChannelIdentity, ChatMessage, Lead
from scheduling.models import CalendarEvent
from tests.crm.contract import AS_SIGNED_IN, ROUTES, Ask
from tests.factories import LeadFactory, make_row

# What gave up may be tried again.
FAILED: dict[Any, dict[str, Any]] = {
    Attachment: {"state": "failed"},
    CalendarEvent: {"state": "failed"},
    KnowledgeEntry: {"embed_status": "failed", "source_type": "property"},
    KnowledgeDocument: {"status": "failed"},
}


@pytest.fixture(scope="session")
def drawn() -> Any:
    """The OpenAPI document; drawing it takes seconds."""
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    return generator.get_schema(public=True)


@pytest.fixture(scope="session")
def schema(drawn: Any) -> Any:
    config = SchemathesisConfig(projects=ProjectsConfig(default=AS_SIGNED_IN))
    loaded = schemathesis.openapi.from_dict(drawn, config=config)
    # Nobody closes what is streamed to this client, so it would take all places at the database.
    with override_settings(DB_PLACES=1_000_000):
        loaded.app = WSGIHandler()
    return loaded


@pytest.fixture
def rows(settings: Any, broker: Broker, admin: User, agent: User, lead: Lead) -> dict[Any, Any]:
    """One row of every model that a route shows, in a state in which much is allowed."""
    settings.API_THROTTLE_RATES = dict.fromkeys(settings.API_THROTTLE_RATES, "1000000/minute")
    campaign = make_row(Campaign, broker, status=CampaignStatus.ACTIVE)
    step = make_row(CampaignStep, broker, campaign=campaign, message_text="Hola {{first_name}}")
    make_row(ChannelIdentity, broker, lead=lead, channel="webchat")
    failed = {"direction": "out", "author": "assistant", "status": "failed"}
    message = make_row(ChatMessage, broker, lead=lead, **failed)
    rows: dict[Any, Any] = {Broker: broker, Lead: lead, User: agent, ChatMessage: message}
    rows |= {Campaign: campaign, CampaignStep: step, "loser": LeadFactory(broker=broker)}
    for model in {route.model for route in ROUTES.values()} - {None, *rows}:
        about = {"lead": lead} if "lead" in {field.name for field in model._meta.fields} else {}
        rows[model] = make_row(model, broker, **about, **FAILED.get(model, {}))
    return rows


@pytest.fixture
def ask(admin: User, agent: User, superadmin: User) -> Iterator[Ask]:
    asking = Ask({"agent": agent, "admin": admin, "superadmin": superadmin})
    got_request_exception.connect(asking.remember)
    # A request would end the connection whose transaction is the test's.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield asking
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
    got_request_exception.disconnect(asking.remember)
