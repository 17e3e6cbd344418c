"""Brokers, leads and messages for the workloads."""

import uuid
from datetime import datetime, timedelta

from django.utils import timezone

from brokers.models import Broker, User
from brokers.onboarding import open_broker
from crm.tenancy import Role
from leads.models import Conversation, Lead
from leads.stages import Stage, Status

PASSWORD = "Clave-Segura-1"
OPEN = [stage for stage in Stage if stage not in (Stage.WON, Stage.LOST)]
STATUSES = [Status.COLD, Status.WARM, Status.HOT]


def broker(kind: str = "bench") -> Broker:
    slug = f"{kind}-{uuid.uuid4().hex[:8]}"
    return open_broker(name=f"Propiedades {slug}", slug=slug)


def admin_of(owner: Broker) -> User:
    email = f"{uuid.uuid4().hex[:8]}@{owner.slug}.example.com"
    user: User = User.objects.create_user(
        email, PASSWORD, name="Admin", role=Role.ADMIN, broker=owner
    )
    return user


def fill(owner: Broker, count: int) -> None:
    """Leads with names, phones, stages and scores spread evenly."""
    now = timezone.now()
    leads = Lead.objects.bulk_create(
        [_lead(owner, number, now) for number in range(count)], batch_size=2000
    )
    Conversation.objects.bulk_create(
        [Conversation(broker=owner, lead=lead) for lead in leads], batch_size=2000
    )


def _lead(owner: Broker, number: int, now: datetime) -> Lead:
    phone = f"+569{owner.pk % 100:02d}{number:06d}"
    return Lead(
        broker=owner,
        name=f"Camila Rojas {number}",
        phone=phone,
        phone_e164=phone,
        email=f"camila{number}@example.com",
        pipeline_stage=OPEN[number % len(OPEN)],
        status=STATUSES[number % 3],
        lead_score=(number * 7) % 101,
        stage_entered_at=now - timedelta(minutes=number),
        tags=["inversionista"] if number % 10 == 0 else [],
    )
