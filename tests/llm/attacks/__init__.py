"""Attacks on the assistant as data: what the lead does, what a hostile model answers, what must not come of it."""

from tests.llm.attacks.data import Attack
from tests.llm.attacks.disguises import DISGUISES
from tests.llm.attacks.inventions import INVENTIONS
from tests.llm.attacks.tenants import TENANTS
from tests.llm.attacks.workings import WORKINGS

ATTACKS: tuple[Attack, ...] = (*WORKINGS, *INVENTIONS, *DISGUISES, *TENANTS)

__all__ = ["ATTACKS", "Attack"]
