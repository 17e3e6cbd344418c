"""What the doors of campaigns refuse, and with which words."""

from django.utils.translation import gettext_lazy as _

from crm.errors import Conflict, DomainError


class NotActive(Conflict):
    code = "campaign_not_active"
    message = _("La campaña no está activa.")


class CannotActivate(Conflict):
    code = "campaign_cannot_activate"
    message = _("Una campaña terminada no vuelve a activarse: crea otra.")


class Incomplete(DomainError):
    """The steps do not say all that is needed to run; the message says which."""

    code = "campaign_incomplete"
    status = 409
    message = _("A la campaña le falta al menos un paso.")


class HasHistory(Conflict):
    code = "campaign_has_history"
    message = _("Ya hay leads que pasaron por aquí: termina la campaña en vez de borrarla.")
