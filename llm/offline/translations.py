"""What tools and passages say, as sentences in the lead's language."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from leads.folding import clean, fold
from leads.languages import Language
from llm.offline.asking import Asked
from llm.offline.home import Home
from llm.offline.passages import Passage

_LISTED = 3


def uf(result: Mapping[str, Any], language: Language) -> str:
    texts = {
        "es": "La UF está en {uf} ({uf_source}, {day}).",
        "en": "The UF is at {uf} ({uf_source}, {day}).",
        "pt": "A UF está em {uf} ({uf_source}, {day}).",
    }
    pesos = {
        "es": " {property} equivale a unos {in_pesos}.",
        "en": " {property} comes to about {in_pesos}.",
        "pt": " {property} equivale a cerca de {in_pesos}.",
    }
    text = texts[language].format(**result)
    return text + pesos[language].format(**result) if "in_pesos" in result else text


def dividend(result: Mapping[str, Any], language: Language) -> str:
    """Orientation with the figures it rests on, and that no bank has decided anything."""
    parts = []
    if "dividend_from" in result:
        parts.append(_MONTHLY[language].format(**result))
    if "price_from" in result:
        parts.append(_RANGE[language].format(**result))
    if not parts:
        return ""
    return " ".join([*parts, _ORIENTATION[language].format(**result)])


_MONTHLY: Mapping[Language, str] = {
    "es": "Con un pie del {down_payment}, el dividendo de {property} quedaría entre {dividend_from} y {dividend_to} al mes.",
    "en": "With {down_payment} down, the monthly payment of {property} would be between {dividend_from} and {dividend_to}.",
    "pt": "Com entrada de {down_payment}, a parcela de {property} ficaria entre {dividend_from} e {dividend_to} por mês.",
}
_RANGE: Mapping[Language, str] = {
    "es": "Con ese ingreso se suele mirar entre {price_from} y {price_to}.",
    "en": "With that income people usually look between {price_from} and {price_to}.",
    "pt": "Com essa renda se costuma procurar entre {price_from} e {price_to}.",
}
_ORIENTATION: Mapping[Language, str] = {
    "es": "Es solo una orientación (UF a {uf}, {uf_source}, {day}): las condiciones las define cada banco.",
    "en": "It is only a guide (UF at {uf}, {uf_source}, {day}): each bank sets its own conditions.",
    "pt": "É só uma orientação (UF a {uf}, {uf_source}, {day}): cada banco define as condições.",
}


def listed(result: Mapping[str, Any], search: Mapping[str, Any], language: Language) -> str:
    """The properties that a look-up found, by name and price; or that there is none."""
    matches = [each for each in result.get("matches") or () if isinstance(each, Mapping)][:_LISTED]
    where = " o ".join(search.get("places") or ())
    if not matches:
        return _NONE[language].format(where=f" {_IN[language]} {where}" if where else "")
    order = str(search.get("order") or "")
    if order and "most" not in search:
        return _FIRST[language].format(
            which=_WHICH[language][order], what=_line(matches[0], language)
        )
    if len(matches) == 1:
        return _ONE[language].format(what=_line(matches[0], language))
    lines = [f"- {_line(each, language)}" for each in matches]
    return "\n".join([_SEVERAL[language], *lines]) + "\n"


def _line(match: Mapping[str, Any], language: Language) -> str:
    title = str(match.get("title") or "")
    facts = [title]
    rooms = str(match.get("bedrooms") or "")
    if rooms and language == "es" and "dormitorio" not in fold(clean(title)):
        facts.append(f"{rooms} dormitorio{'s' if rooms != '1' else ''}")
    place = str(match.get("place") or "")
    if place and fold(clean(place)) not in fold(clean(title)):
        facts.append(place)
    price = match.get("price") or _NO_PRICE[language]
    says = match.get("says") if language == "es" else ""
    return f"{', '.join(facts)}: {price}" + (f" ({_lowered(str(says))})" if says else "")


def _lowered(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


_IN = {"es": "en", "en": "in", "pt": "em"}
_NO_PRICE = {"es": "precio por confirmar", "en": "price to be confirmed", "pt": "preço a confirmar"}
_NONE = {
    "es": "No tengo propiedades así{where} por ahora.",
    "en": "I have no property like that{where} right now.",
    "pt": "Não tenho imóveis assim{where} por enquanto.",
}
_ONE = {"es": "Sí, tengo {what}.", "en": "Yes, there is {what}.", "pt": "Sim, temos {what}."}
_SEVERAL = {"es": "Sí, tengo estas:", "en": "Yes, I have these:", "pt": "Sim, tenho estes:"}
_FIRST = {
    "es": "La propiedad {which} es {what}.",
    "en": "The {which} one is {what}.",
    "pt": "O imóvel {which} é {what}.",
}
_WHICH = {
    "es": {"cheapest": "más económica", "dearest": "más cara", "largest": "más grande", "smallest": "más chica"},
    "en": {"cheapest": "cheapest", "dearest": "most expensive", "largest": "largest", "smallest": "smallest"},
    "pt": {"cheapest": "mais barato", "dearest": "mais caro", "largest": "maior", "smallest": "menor"},
}  # fmt: skip


CAN_DO = {
    "es": "Te puedo mostrar propiedades, responder dudas de precios, requisitos y subsidios, y coordinar visitas.",
    "en": "I can show you properties, answer questions about prices and requirements, and arrange visits.",
    "pt": "Posso mostrar imóveis, tirar dúvidas de preços e requisitos, e marcar visitas.",
}  # fmt: skip


def compared(homes: Sequence[Home], order: str, language: Language) -> str:
    """Which of several is the cheapest or the largest, with the figures of all; empty without them."""
    key = "m2" if order in ("largest", "smallest") else "price"
    measured = [(number, home) for home in homes if (number := _figure(home.fields.get(key, "")))]
    if len(measured) < len(homes):
        return ""
    ranked = sorted(measured, key=lambda each: each[0], reverse=order in ("largest", "dearest"))
    first, *others = (f"{home.name}, {home.fields[key]}" for _number, home in ranked)
    which = _FIRST[language].format(which=_WHICH[language][order], what=first)
    rest = "; ".join(others)
    return f"{which[:-1]} ({rest})."


def _figure(text: str) -> float:
    found = re.search(r"\d[\d.]*(?:,\d+)?", text)
    return float(found.group().replace(".", "").replace(",", ".")) if found else 0.0


def subsidies(titles: Sequence[str], language: Language) -> str:
    names = ", ".join(dict.fromkeys(" ".join(each.split()[:2]) for each in titles))
    texts = {
        "es": "Hay subsidios del Estado que se pueden revisar: {names}. La asignación depende del Minvu.",
        "en": "There are State subsidies to look at: {names}. The ministry (Minvu) decides on them.",
        "pt": "Há subsídios do Estado para avaliar: {names}. Quem decide é o ministério (Minvu).",
    }
    return texts[language].format(names=names)


# --- Passages in another language -------------------------------------------------------------------

_AMOUNT = re.compile(r"\$ ?\d[\d.]*\d")
_PERCENT = re.compile(r"\d{1,2}(?:,\d)? ?%")
_TIMES = re.compile(r"\d{1,2}:\d\d")
_DAYS = re.compile(r"(\d{1,3}) dias")
_CLAIMS = re.compile(r"\b(?:no tienen?|sin) costo")


def passage(asked: Asked, found: Passage, language: Language) -> str:
    """Empty where no template has it: then a person answers in their language."""
    text = found.text
    folded = fold(clean(text))
    for subjects, made in _TEMPLATES:
        if subjects <= asked.subject | asked.about and (said := made(text, folded, language)):
            return said
    return ""


def _reservation(text: str, folded: str, language: Language) -> str:
    amount, days = _AMOUNT.search(text), _DAYS.search(folded)
    if amount and "reserva" in folded:
        off = (
            {"en": ", taken off the price", "pt": ", descontados do preço"}[language]
            if "descuent" in folded
            else ""
        )
        return {
            "en": "By our policy a property is reserved with {}{}.",
            "pt": "Pela nossa política, um imóvel é reservado com {}{}.",
        }[language].format(amount.group(), off)
    if days and "reserva" in folded:
        return {"en": "The reservation lasts {} days.", "pt": "A reserva dura {} dias."}[
            language
        ].format(days.group(1))
    return ""


def _refund(text: str, folded: str, language: Language) -> str:
    if "devuelve" not in folded or "banco" not in folded or "no se devuelve" in folded:
        return ""
    days = _DAYS.search(folded)
    within = (
        {"en": " within {} working days", "pt": " em {} dias úteis"}[language].format(days.group(1))
        if days
        else ""
    )
    return {
        "en": "Yes, if the bank turns the loan down the reservation is refunded in full{}.",
        "pt": "Sim, se o banco recusar o crédito a reserva é devolvida por completo{}.",
    }[language].format(within)


def _commission(text: str, folded: str, language: Language) -> str:
    if "no paga comision" in folded:
        return {
            "en": "On new projects the buyer pays no commission.",
            "pt": "Em projetos novos o comprador não paga comissão.",
        }[language]
    rate = _PERCENT.search(text)
    if rate is None or "comision" not in folded:
        return ""
    vat = {"en": " plus VAT", "pt": " mais IVA"}[language] if "iva" in folded else ""
    used = (
        {"en": " when buying a used home", "pt": " na compra de imóveis usados"}[language]
        if "usad" in folded
        else ""
    )
    return {
        "en": "By our policy the commission is {}{}{}.",
        "pt": "Pela nossa política, a comissão é de {}{}{}.",
    }[language].format(rate.group(), vat, used)


def _down_payment(text: str, folded: str, language: Language) -> str:
    rate = _PERCENT.search(text)
    if rate is None or "pie" not in folded:
        return ""
    with_subsidy = (
        {"en": " with a subsidy", "pt": " com subsídio"}[language] if "subsidio" in folded else ""
    )
    return {
        "en": "The usual down payment is {} of the price{}.",
        "pt": "A entrada habitual é de {} do valor{}.",
    }[language].format(rate.group(), with_subsidy)


def _pets(text: str, folded: str, language: Language) -> str:
    if "admiten mascotas" in folded or "aceptan mascotas" in folded:
        return {
            "en": "Yes, by our policy the homes we sell allow pets; each building's rules apply to the common areas.",
            "pt": "Sim, pela nossa política os imóveis à venda aceitam animais; cada condomínio tem regras para as áreas comuns.",
        }[language]
    if "depende del dueno" in folded:
        return {
            "en": "In rentals it depends on the owner, with an additional guarantee.",
            "pt": "No aluguel depende do proprietário, com uma garantia adicional.",
        }[language]
    return ""


def _office(text: str, folded: str, language: Language) -> str:
    times, street = (
        _TIMES.findall(text),
        re.search(
            r"\b(?:Avenida|Calle|Av\.) [^,.]+(?:, oficina \d+)?(?:, [A-ZÁÉÍÓÚÑ][\wáéíóúñ]+)?", text
        ),
    )
    parts = []
    if len(times) >= 2 and "lunes a viernes" in folded:
        parts.append(
            {
                "en": "We are open Monday to Friday from {} to {}",
                "pt": "Atendemos de segunda a sexta das {} às {}",
            }[language].format(*times[:2])
        )
        if len(times) >= 4 and "sabado" in folded:
            parts.append(
                {"en": " and on Saturdays from {} to {}", "pt": " e aos sábados das {} às {}"}[
                    language
                ].format(*times[2:4])
            )
    if street:
        place = street.group().replace(", oficina", {"en": ", office", "pt": ", sala"}[language])
        parts.append(
            {"en": "{} at {}", "pt": "{} na {}"}[language]
            .format("," if parts else {"en": "We are", "pt": "Estamos"}[language], place)
            .replace(" ,", ",")
        )
    return f"{''.join(parts)}." if parts else ""


def _visits(text: str, folded: str, language: Language) -> str:
    if not _CLAIMS.search(folded) or "visita" not in folded:
        return ""
    about = (
        {"en": " and take about an hour", "pt": " e duram cerca de uma hora"}[language]
        if "una hora" in folded
        else ""
    )
    return {"en": "Visits are free{}.", "pt": "As visitas são gratuitas{}."}[language].format(about)


_PAPERS = (
    ("liquidaciones de sueldo", "your last payslips", "os últimos holerites"),
    ("cotizaciones de afp", "the AFP pension certificate", "o certificado de contribuições da AFP"),
    ("cedula de identidad", "a valid ID card", "a carteira de identidade vigente"),
    ("declaraciones de renta", "your last income tax returns", "as últimas declarações de renda"),
    ("boletas", "fee receipts (boletas)", "recibos (boletas)"),
)  # fmt: skip


def _papers(text: str, folded: str, language: Language) -> str:
    names = [each[1 if language == "en" else 2] for each in _PAPERS if each[0] in folded]
    if not names:
        return ""
    return {"en": "The bank usually asks for {}.", "pt": "O banco costuma pedir {}."}[
        language
    ].format(", ".join(names))


_TEMPLATES: tuple[tuple[frozenset[str], Callable[[str, str, Language], str]], ...] = (
    (frozenset({"=devolver"}), _refund),
    (frozenset({"=reserva"}), _reservation),
    (frozenset({"=comision"}), _commission),
    (frozenset({"=pie"}), _down_payment),
    (frozenset({"=mascota"}), _pets),
    (frozenset({"=visita"}), _visits),
    (frozenset({"=documento"}), _papers),
    (frozenset({"=oficina"}), _office),
    (frozenset({"=horario"}), _office),
)
