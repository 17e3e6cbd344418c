"""What each subject of a brokerage's policies asks a passage for: its kind of value and its concepts."""

from dataclasses import replace

from llm.offline.asking import Asked, Kind

_DS1, _DS19 = "=ds1", "=ds19"
_POLICIES: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "reserve_amount": (Kind.AMOUNT, ("=reserva",)),
    "reserve_refund": (Kind.WHETHER, ("=reserva", "=devolver")),
    "reserve_withdrawal": (Kind.WHETHER, ("=reserva", "=arrepentirse")),
    "reserve_discounted": (Kind.WHETHER, ("=reserva", "descuent")),
    "reserve_days": (Kind.DURATION, ("=reserva",)),
    "down_payment": (Kind.AMOUNT, ("=pie",)),
    "installments": (Kind.WHETHER, ("=cuotas",)),
    "subsidy_down_payment": (Kind.AMOUNT, ("=pie", "=subsidio")),
    "commission": (Kind.AMOUNT, ("=comision",)),
    "commission_used": (Kind.AMOUNT, ("=comision", "=usado")),
    "commission_new": (Kind.WHETHER, ("=comision", "=nuevo")),
    "commission_rent": (Kind.AMOUNT, ("=comision", "=arriendo")),
    "credit_documents": (Kind.WHICH, ("=documento", "=credito")),
    "documents_variable": (Kind.WHICH, ("=documento", "=variable")),
    "documents_independent": (Kind.WHICH, ("=independiente", "=documento")),
    "income_together": (Kind.WHETHER, ("=complementar",)),
    "seniority": (Kind.DURATION, ("=antiguedad",)),
    "dividend_limit": (Kind.AMOUNT, ("=dividendo",)),
    "closing_costs": (Kind.AMOUNT, ("=operacional",)),
    "evaluation_cost": (Kind.AMOUNT, ("=evaluacion",)),
    "cash": (Kind.WHETHER, ("=contado",)),
    "office_hours": (Kind.WHEN, ("=horario",)),
    "office_address": (Kind.WHERE, ("=oficina",)),
    "visit_cost": (Kind.AMOUNT, ("=visita",)),
    "visit_duration": (Kind.DURATION, ("=visita", "=duracion")),
    "visit_notice": (Kind.DURATION, ("=visita", "=anticipacion")),
    "pets": (Kind.WHETHER, ("=mascota",)),
    "pets_renting": (Kind.WHETHER, ("=mascota", "=arriendo")),
    "ds1_requirements": (Kind.WHICH, (_DS1, "=postular", "=registro")),
    "ds1_savings": (Kind.AMOUNT, (_DS1, "=ahorro")),
    "ds1_limit": (Kind.AMOUNT, (_DS1,)),
    "ds1_owner": (Kind.WHETHER, (_DS1, "=dueno")),
    "ds1_calls": (Kind.WHEN, (_DS1, "=llamado")),
    "ds1_account_age": (Kind.DURATION, (_DS1, "=ahorro")),
    "ds19_apply": (Kind.WHETHER, (_DS19, "=postular")),
    "ds19_values": (Kind.AMOUNT, (_DS19,)),
    "ds19_bonus": (Kind.AMOUNT, (_DS19, "=bono")),
    "foreigners": (Kind.WHETHER, ("=extranjero",)),
    "guarantees": (Kind.AMOUNT, ("=garantia", "=arriendo")),
}
# What is said where nothing speaks of the narrower case.
_WIDER = {"reserve_withdrawal": "=devolver"}
_STATED = frozenset({"=arriendo", "=usado", "=nuevo"})  # what a reply to "¿comisión?" depends on
# Yes or no is said only where a passage allows or refuses; these are answered by what it says.
_PLAIN = frozenset({"ds1_owner", "ds1_requirements"})


def is_policy(guess: str) -> bool:
    return guess in _POLICIES


def names(guess: str, asked: Asked) -> bool:
    """Whether the question has all the words of a policy's subject."""
    return guess in _POLICIES and asked.subject >= set(_POLICIES[guess][1])


def wider(asked: Asked) -> Asked | None:
    """The case next to the one that is asked about, of which more is known."""
    subject = _WIDER.get(asked.guess)
    return replace(asked, subject=frozenset({subject}), about=frozenset()) if subject else None


def meant(asked: Asked, *, rents: bool) -> Asked | None:
    """The question in the subject's own terms, without the words around it; nothing for other subjects."""
    guess = f"{asked.guess}_renting" if rents and asked.guess == "pets" else asked.guess
    if guess not in _POLICIES:
        return None
    kind, subject = _POLICIES[guess]
    kind = Kind.WHICH if guess in _PLAIN else kind
    stages = {each for each in asked.subject | asked.about if each.startswith("=tramo") or each[:5] == "tramo"}  # fmt: skip
    narrower = asked.subject & _STATED if guess.startswith("commission") else frozenset()
    if guess.startswith("ds1"):
        narrower |= {each for each in stages if each != "=tramo"}
    return replace(asked, kind=kind, subject=frozenset(subject) | narrower)
