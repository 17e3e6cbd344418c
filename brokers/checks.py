"""What a production should know of its accounts."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from brokers.models import User
from crm import health
from crm.demo import PASSWORD_HASH


def demo_accounts() -> str:
    """The demo's accounts in a production's database, or ""; it refuses their password."""
    if settings.DEBUG:
        return ""
    marked = User.objects.filter(password__startswith=f"{PASSWORD_HASH}$")
    emails = sorted(marked.values_list("email", flat=True))
    if not emails:
        return ""
    return (
        f"{len(emails)} accounts have the demo's password and cannot sign in:"
        f" {', '.join(emails)}. Give them another (`manage.py changepassword`) or deactivate them."
    )


@register(Tags.database, deploy=True)
def no_demo_accounts(
    app_configs: Any, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    text = demo_accounts() if "default" in (databases or ()) else ""
    return [Warning(text, id="brokers.W001")] if text else []


def _note() -> str:
    """For anybody who asks: nobody's address."""
    return "There are accounts with the demo's password; they cannot sign in." * bool(
        demo_accounts()
    )


health.NOTES.append(_note)
