"""What `manage.py check --deploy` asks of a production; with `--database default` of its rows too."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from crm import pages, secrecy, storage
from crm.errors import FilesAway

LOCAL = {"localhost", "127.0.0.1", "::1"}


@register(Tags.staticfiles, deploy=True)
def static_files(app_configs: Any, **_: Any) -> list[CheckMessage]:
    trouble = pages.trouble()
    return [Error(trouble, id="crm.E001")] if trouble else []


@register(Tags.security, deploy=True)
def public_url(app_configs: Any, **_: Any) -> list[CheckMessage]:
    if urlsplit(settings.PUBLIC_URL).hostname not in LOCAL:
        return []
    text = f"PUBLIC_URL is {settings.PUBLIC_URL}: links and webhooks reach nobody outside."
    return [Warning(text, id="crm.W001")]


@register(Tags.files, deploy=True)
def files(app_configs: Any, **_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    options = settings.STORAGES[storage.ATTACHMENTS].get("OPTIONS", {})
    address = urlsplit(options.get("endpoint_url") or "")
    if address.scheme == "http" and address.hostname not in LOCAL:
        text = (
            f"S3_ENDPOINT_URL: files travel to {address.hostname} readable for everybody between."
        )
        found.append(Warning(text, id="crm.W002"))
    try:
        storage.answers()
    except FilesAway as error:
        found.append(Error(f"The bucket cannot be had: {error.__cause__}.", id="crm.E003"))
    return found


@register(Tags.database, deploy=True)
def stored_secrets(
    app_configs: Any, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    if "default" not in (databases or ()) or not connections["default"].introspection.table_names():
        return []
    trouble = secrecy.trouble()
    return [Error(trouble, id="crm.E002")] if trouble else []
