"""What a guard found in a reply, in the words that people read."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from leads import reasons

REPLY_FAULTS: dict[str, Any] = {
    "amount_unknown": _("un precio o monto que no se pudo confirmar"),
    "hour_not_offered": _("una hora que no se había ofrecido"),
    "address_unknown": _("una dirección que no se pudo confirmar"),
    "availability_unknown": _("una disponibilidad que no se pudo confirmar"),
    "subsidy_unknown": _("un subsidio que no se pudo confirmar"),
    "link_unknown": _("un enlace, correo o teléfono que no es de la corredora"),
    "booking_claimed": _("una visita agendada, cambiada o cancelada que no lo está"),
    "dicom_promise": _("una promesa de crédito"),
    "internals_shown": _("instrucciones o datos internos"),
    "markdown": _("signos de formato que el canal no muestra"),
    "too_long": _("demasiado largo"),
    "off_topic": _("un tema ajeno a la corredora"),
    "says_it_is_an_assistant": _("faltaba decir que escribe un asistente"),
    "claims_to_be_human": _("se hizo pasar por una persona"),
    "other_language": _("otro idioma que el del lead"),
    "illegible": _("signos o un idioma que no se leen"),
}
reasons.add(REPLY_FAULTS)
words_of = reasons.told
