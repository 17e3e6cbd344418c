"""The tree of errors that doors raise and edges translate."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal with a stable ``code``, an HTTP ``status``, and a sentence that says what to do."""

    code = "refused"
    status = 400
    message: Any = _("No se pudo completar la operación.")

    def __init__(self, message: Any = None, *, code: str | None = None, **data: Any) -> None:
        self.message = message or self.message
        self.code = code or self.code
        self.data: Mapping[str, Any] = data
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Whole through a pickle, as Celery sends it: the default would call without keywords."""
        return _again, (type(self), self.__dict__)


def _again(kind: type[DomainError], state: dict[str, Any]) -> DomainError:
    error = kind.__new__(kind, state["code"])
    error.__dict__.update(state)
    return error


class Conflict(DomainError):
    """Somebody else was first, or the row changed meanwhile."""

    code = "conflict"
    status = 409
    message = _("Alguien cambió esto mientras tanto. Recarga y vuelve a intentarlo.")


class NotAllowed(DomainError):
    """The caller's role does not include this."""

    code = "permission_denied"
    status = 403
    message = _("Tu rol no permite esta acción.")


class TooMany(DomainError):
    """A limit was reached; ``retry_after`` (seconds) is in ``data``."""

    code = "throttled"
    status = 429
    message = _("Demasiados intentos. Espera un momento y vuelve a intentarlo.")


class ProviderError(DomainError):
    """A vendor failed; ``retryable`` tells whether the same call may succeed later."""

    code = "provider_error"
    status = 502
    message = _("El proveedor no respondió. Vuelve a intentarlo en unos minutos.")

    def __init__(self, message: Any = None, *, retryable: bool, **data: Any) -> None:
        self.retryable = retryable
        super().__init__(message, **data)
