"""Why something automatic did not happen, in words that say what to do; upper apps add theirs."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

CODE = re.compile(r"^[a-z0-9]+(?:[_.-][a-z0-9]+)+$")
TOLD: dict[str, Any] = {
    # What the gate answers.
    "no_identity": _("El lead no está en ese canal. Llámalo o pídele otro contacto."),
    "blocked_by_lead": _("El lead bloqueó este canal. Prueba por otro."),
    "suppressed": _("El lead pidió no ser contactado."),
    "on_hold": _("El lead está en pausa: solo le escriben personas."),
    "manual_follow_up": _("El lead está en seguimiento manual."),
    "held_by_person": _("Una persona tiene la conversación."),
    "conversation_moved_on": _("Una persona tomó la conversación antes de enviarlo."),
    "person_took_over": _("Una persona tomó la conversación antes de enviarlo."),
    "reply_too_late": _("Pasaron más de 24 horas desde el último mensaje del lead."),
    "whatsapp_window_closed": _(
        "Pasaron más de 24 horas desde su último mensaje y WhatsApp solo deja enviar una "
        "plantilla aprobada. Elige una, o llama."
    ),
    "quiet_hours": _("Es horario de silencio."),
    "daily_cap": _("Ya recibió el máximo de mensajes comerciales del día."),
    # What a channel answers.
    "not_on_whatsapp": _(
        "WhatsApp no pudo entregarlo: el número no usa WhatsApp, o debe actualizar la aplicación. "
        "Llama al lead o escríbele por otro canal."
    ),
    "limited_by_whatsapp": _(
        "WhatsApp limita los mensajes de marketing que recibe esta persona. No lo repitas hoy: "
        "espera a que escriba, o llama."
    ),
    "marketing_stopped_by_lead": _(
        "El lead detuvo tus mensajes de marketing en WhatsApp, y ya no se le envían. Puedes "
        "contestarle cuando escriba."
    ),
    "own_number": _("Es el número de tu propia corredora. Corrige el teléfono del lead."),
    "number_not_allowed_yet": _(
        "Tu número es de prueba y Meta solo le deja escribir a teléfonos autorizados. Agrega este "
        "en Meta, o conecta un número definitivo."
    ),
    "display_name_pending": _(
        "Meta aún no aprueba el nombre visible de tu número. Revísalo en el administrador de "
        "WhatsApp."
    ),
    "needs_phone_number": _(
        "WhatsApp no envía ese mensaje a quien oculta su número. Pídele su teléfono, o escribe "
        "otro texto."
    ),
    "rate_limited": _(
        "Se enviaron demasiados mensajes seguidos. Mientras esté pendiente, se reintenta solo."
    ),
    "number_limited_for_spam": _(
        "WhatsApp restringió tu número por bloqueos o denuncias. Revisa su calidad en el "
        "administrador de WhatsApp antes de seguir enviando."
    ),
    "bot_not_started": _(
        "El lead no ha abierto un chat con este bot. Envíale el enlace de Telegram, o usa otro canal."
    ),
    "account_gone": _("La cuenta de Telegram del lead ya no existe. Llámalo o usa otro canal."),
    "bad_credentials": _(
        "El token de acceso venció o no tiene permisos. Un administrador debe pegar uno nuevo en "
        "«Canales»."
    ),
    "account_restricted": _(
        "Meta restringió o bloqueó la cuenta de WhatsApp Business. Revisa el motivo en el "
        "administrador comercial de Meta."
    ),
    "account_unpaid": _("Meta no pudo cobrar. Revisa el medio de pago de la cuenta de WhatsApp."),
    "number_not_registered": _(
        "El número no está registrado o verificado en Meta. Revisa el identificador del número en "
        "«Canales»."
    ),
    "media_not_available": _("El canal ya no tiene el archivo. Pide que lo envíen de nuevo."),
    "media_rejected": _("El canal no aceptó el archivo. Envíalo en otro formato o más liviano."),
    "template_values": _(
        "Las variables no calzan con la plantilla aprobada. Sincroniza las plantillas y revísala."
    ),
    "template_value_missing": _("Falta un dato que la plantilla necesita. Complétalo en el lead."),
    "template_missing": _("Meta no tiene esa plantilla en ese idioma. Sincroniza las plantillas."),
    "template_too_long": _("El texto es demasiado largo con los datos de este lead."),
    "template_rejected": _("Meta rechaza esta plantilla. Corrígela y envíala a aprobación."),
    "template_paused": _("Meta pausó la plantilla por su baja calidad. Usa otra mientras tanto."),
    "template_disabled": _("Meta desactivó la plantilla. Crea otra."),
    "channel_not_configured": _("Faltan las credenciales del canal. Complétalas en «Canales»."),
    "channel_not_available": _("El canal no está disponible."),
    "bot_blocked": _("La persona bloqueó el bot: tiene que desbloquearlo en su Telegram."),
    "rejected": _(
        "El canal no aceptó el mensaje. Cambia el texto o el archivo y envíalo otra vez."
    ),
    "vendor_error": _("El proveedor tuvo una falla. Mientras esté pendiente, se reintenta solo."),
    "unreachable": _("No se pudo llegar al proveedor. Mientras esté pendiente, se reintenta solo."),
    "try_later": _(
        "El servidor pidió intentarlo después. Mientras esté pendiente, se reintenta solo."
    ),
    "sender_died": _("El envío se interrumpió: se reintenta solo."),
    "interrupted_too_often": _("El envío se interrumpió varias veces antes de salir: reenvíalo."),
    "outcome_unknown": _(
        "No se supo si llegó. Si el canal lo confirma, el estado cambia solo; antes de repetirlo, "
        "pregunta al lead."
    ),
    # What else keeps, withdraws or puts off.
    "channel_off": _("el canal está desactivado"),
    "no_phone": _("no tiene teléfono"),
    "cap_is_zero": _("el tope diario de contactos es cero"),
    "over_budget": _("se alcanzó el tope de gasto del mes: espera con vectores locales"),
    "vendor_away": _("el proveedor de vectores no responde: se reintenta"),
    "vendor_resting": _("el proveedor de vectores falló varias veces: se reintenta"),
    "no_result_after_attempts": _("falló demasiadas veces"),
    "opted_out": _("El lead pidió no ser contactado."),
    "appointment_changed": _("la cita cambió"),
    "meet_pending": _("Google aún prepara el enlace de Meet"),
    # What becomes of a file.
    "files_not_resent": _("Un mensaje con archivos no se repite: adjúntalos de nuevo."),
    "bad_token": _("Telegram no reconoce el token del bot."),
    "files_not_taken": _("Este canal no lleva archivos: envía un texto o usa otro."),
    "gone": _("El archivo ya no está en el servidor."),
    "no_room": _("No queda espacio en el servidor: se descargará cuando lo haya."),
    "files_unavailable": _(
        "El servidor de archivos no responde: se sigue intentando hasta que vuelva."
    ),
    "too_large": _("El archivo supera el tamaño permitido."),
    "type_not_allowed": _("No se guarda ese tipo de archivo."),
    "type_mismatch": _("El archivo no es lo que dice ser, y no se guardó."),
}


def add(words: dict[str, Any]) -> None:
    """The codes of an upper app, with their words."""
    TOLD.update(words)


def told(code: str) -> str:
    """The words of a code; what a person wrote stays as it is."""
    if code in TOLD:
        return str(TOLD[code])
    return re.sub(r"[_.-]", " ", code) if CODE.match(code) else code
