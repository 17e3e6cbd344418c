"""Visitors of the web chat: a secret that the server issues, and nobody can make up."""

import hashlib
import secrets

from django.core.signing import BadSignature, Signer

from brokers.models import Broker


def issue(broker: Broker) -> str:
    """A new visitor's secret, worth something at this broker only."""
    return _signer(broker).sign(secrets.token_urlsafe(18))


def is_ours(broker: Broker, visitor: str) -> bool:
    try:
        _signer(broker).unsign(visitor)
    except BadSignature:
        return False
    return True


def external_id(visitor: str) -> str:
    """What is stored of a visitor: enough to recognise them, not to impersonate them."""
    return hashlib.sha256(visitor.encode()).hexdigest()[:40]


def _signer(broker: Broker) -> Signer:
    return Signer(salt=f"visitor:{broker.pk}")
