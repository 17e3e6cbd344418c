"""The tree of errors that doors raise and edges translate."""

import errno
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


RETRY_AFTER = 5  # seconds: most restarts and failovers of a database take no longer


class NoSuchAddress(DomainError):
    """No row of ours can be meant by this address."""

    code = "not_found"
    status = 404
    message = _("Esta dirección no existe.")


class Refused(DomainError):
    """What was refused before anything of ours looked at it: a foreign host, a broken request."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(code="error" if status >= 500 else "invalid_request")


class Unavailable(DomainError):
    """What the request needs is away for a moment; ``retry_after`` (seconds) is in ``data``."""

    code = "unavailable"
    status = 503
    message = _(
        "El servicio no está disponible en este momento. Vuelve a intentarlo en unos segundos."
    )


class Broken(DomainError):
    """A fault of ours."""

    code = "error"
    status = 500
    message = _("Algo falló de nuestro lado. Vuelve a intentarlo en un momento.")


class FilesAway(Unavailable):
    """The server that keeps files does not answer as it should: nothing of what was asked is stored."""

    code = "files_unavailable"
    message = _(
        "Los archivos no están disponibles en este momento. Vuelve a intentarlo en unos segundos."
    )


class NoRoom(DomainError):
    """No room is left for a file: nothing of what was asked is stored."""

    code = "no_room"
    status = 507
    message = _("No queda espacio para guardar archivos. Avisa a quien administra el sistema.")


def is_no_room(error: BaseException | None) -> bool:
    """Whether the disk, a quota or a limit on the size of files refused to take more."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class ProviderError(DomainError):
    """A vendor failed; ``retryable`` tells whether the same call may succeed later."""

    code = "provider_error"
    status = 502
    message = _("El proveedor no respondió. Vuelve a intentarlo en unos minutos.")

    def __init__(self, message: Any = None, *, retryable: bool, **data: Any) -> None:
        self.retryable = retryable
        super().__init__(message, **data)
