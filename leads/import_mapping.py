"""What the columns of an imported file are called, and which facts they may hold."""

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm.errors import DomainError
from leads.folding import clean, fold

IGNORED = ""
TARGETS: dict[str, Any] = {
    "name": _("Nombre"),
    "phone": _("Teléfono"),
    "email": _("Correo"),
    "location": _("Comunas"),
    "budget": _("Presupuesto"),
    "income": _("Renta líquida"),
    "dicom": _("DICOM"),
    "debt_amount": _("Deuda"),
    "timeline": _("Plazo"),
    "property_type": _("Tipo de propiedad"),
    "bedrooms": _("Dormitorios"),
    "notes": _("Notas internas"),
    "tags": _("Etiquetas"),
    "source": _("Origen"),
    "assigned_to": _("Correo de quien lo atiende"),
}
SEVERAL = frozenset({"name", "location", "notes", "tags"})
_SAID: dict[str, str] = {
    "name": "nombre|nombres|name|full name|first name|nombre completo|nombre y apellido|nombre cliente|cliente"
    "|contacto|contact|lead|prospecto|interesado|nombre contacto|nombre del cliente|customer",
    "phone": "telefono|fono|celular|cel|movil|tel|phone|mobile|cell|whatsapp|wsp|numero|numero de telefono"
    "|telefono celular|telefono movil|telefono 1|telefono contacto|phone number|mobile phone|nro telefono|fono contacto",
    "email": "correo|email|e mail|mail|correo electronico|email address|e mail address|mail contacto|correo contacto",
    "location": "comuna|comunas|ubicacion|sector|zona|ciudad|location|city|comuna de interes|comunas de interes|district",
    "budget": "presupuesto|budget|monto|precio|precio maximo|valor|presupuesto uf|presupuesto clp|monto uf"
    "|presupuesto maximo|price|rango de precio|presupuesto en uf|budget uf",
    "income": "renta|ingreso|ingresos|sueldo|income|salary|renta liquida|ingreso mensual|renta mensual|sueldo liquido"
    "|ingresos mensuales|monthly income|ingreso liquido|renta liquida mensual",
    "dicom": "dicom|estado dicom|situacion dicom|boletin comercial|morosidad|deudor",
    "debt_amount": "deuda|monto deuda|deuda dicom|debt|debt amount|monto de la deuda",
    "timeline": "plazo|cuando compra|timeline|urgencia|fecha de compra|plazo de compra|cuando quiere comprar",
    "property_type": "tipo|tipo de propiedad|tipo propiedad|property type|propiedad|tipo inmueble|inmueble",
    "bedrooms": "dormitorios|dorm|dorms|habitaciones|piezas|bedrooms|n dormitorios|cantidad de dormitorios",
    "notes": "notas|nota|comentario|comentarios|observacion|observaciones|notes|comments|mensaje|message|detalle",
    "tags": "etiquetas|etiqueta|tags|tag|labels|segmento|categoria",
    "source": "origen|fuente|source|canal|medio|utm source|procedencia|como nos conocio|campana",
    "assigned_to": "asignado a|asignado|ejecutivo|agente|vendedor|asesor|assigned to|owner|agent|responsable"
    "|correo ejecutivo|correo agente|email agente|agent email|correo vendedor|email ejecutivo",
}
_TARGET_OF = {said: target for target, words in _SAID.items() for said in words.split("|")}
_FAMILY_NAMES = frozenset(
    [
        "apellido",
        "apellidos",
        "last_name",
        "lastname",
        "surname",
        "apellido_paterno",
        "apellido_materno",
    ]
)
_NOT_WORDS = re.compile(r"[^a-z0-9]+")


def title(header: Sequence[str], place: int) -> str:
    return header[place] or _t("Columna %(number)d") % {"number": place + 1}


def suggest(header: Sequence[str]) -> list[str]:
    """For each title the target that it most likely names; none twice but where texts add up."""
    suggested: list[str] = []
    for written in header:
        target = _target_of(" ".join(_NOT_WORDS.sub(" ", fold(clean(written))).split()))
        taken = target in suggested and not _adds_up(written, target)
        suggested.append(IGNORED if taken else target)
    return suggested


def _target_of(said: str) -> str:
    if said.replace(" ", "_") in _FAMILY_NAMES:
        return "name"
    if said in _TARGET_OF:
        return _TARGET_OF[said]
    without_number = re.sub(r" \d+$", "", said)
    return _TARGET_OF.get(without_number, IGNORED)


def _adds_up(written: str, target: str) -> bool:
    if target == "name":
        return _NOT_WORDS.sub("_", fold(clean(written))).strip("_") in _FAMILY_NAMES
    return target in SEVERAL


def check(header: Sequence[str], mapping: Sequence[str]) -> None:
    """Refuse a mapping that names no contact, or two columns for what has one place."""
    if len(mapping) != len(header) or set(mapping) - {IGNORED, *TARGETS}:
        raise DomainError(
            _("Indica para cada columna un dato de la lista, o ninguno."),
            code="invalid",
            field="mapping",
        )
    twice = [name for name in TARGETS if mapping.count(name) > 1 and name not in SEVERAL]
    if twice:
        message = _t("Hay más de una columna para «%(name)s»: deja una.") % {
            "name": TARGETS[twice[0]]
        }
        raise DomainError(message, code="duplicate_column", field="mapping")
    if not {"phone", "email"} & set(mapping):
        raise DomainError(
            _("Indica al menos una columna con el teléfono o el correo."),
            code="no_contact_column",
            field="mapping",
        )
