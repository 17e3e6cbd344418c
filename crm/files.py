"""Where files are kept, as the environment says: on a disk, or in a bucket of an S3-compatible server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

PRIVATE = "private"  # the folder of what leads send, within that of all files
NAMES = (
    "S3_BUCKET",
    "S3_ENDPOINT_URL",
    "S3_REGION",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "S3_PREFIX",
    "S3_ADDRESSING",
)
PLAIN = ("S3_BUCKET", "S3_REGION")  # whose names a server refuses only when it is asked
STYLES = ("path", "virtual", "auto")


def on_disk(media: Path, attachments: str) -> dict[str, Any]:
    return {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        # No address reaches these: they are served by views that ask who may see them.
        "attachments": {
            "BACKEND": "crm.storage.WholeFiles",
            "OPTIONS": {"location": attachments or str(media / PRIVATE)},
        },
    }


def in_bucket(given: Mapping[str, str]) -> dict[str, Any]:
    """The same names as on a disk, below S3_PREFIX: files can be moved there as they lie."""
    common = {
        "bucket_name": given["S3_BUCKET"],
        "endpoint_url": given["S3_ENDPOINT_URL"] or None,
        "region_name": given["S3_REGION"] or None,
        "access_key": given["S3_ACCESS_KEY"] or None,
        "secret_key": given["S3_SECRET_KEY"] or None,
        # A server of one's own seldom has a host name for each bucket.
        "addressing_style": given["S3_ADDRESSING"]
        or ("path" if given["S3_ENDPOINT_URL"] else "auto"),
    }
    root = given["S3_PREFIX"].strip("/")
    private = f"{root}/{PRIVATE}".lstrip("/")
    return {
        "default": _objects(location=root, file_overwrite=False, **common),
        "attachments": _objects(location=private, file_overwrite=True, **common),
    }


def _objects(**options: Any) -> dict[str, Any]:
    return {"BACKEND": "crm.objects.Objects", "OPTIONS": options}


def refuse_half(given: Mapping[str, str], *, folder: str) -> None:
    """Raises ImproperlyConfigured, with one line, where the settings do not say where files go."""
    named = sorted(name for name, value in given.items() if value)
    if named and not given["S3_BUCKET"]:
        raise ImproperlyConfigured(f"Set S3_BUCKET, or leave out {' and '.join(named)}.")
    if bool(given["S3_ACCESS_KEY"]) != bool(given["S3_SECRET_KEY"]):
        raise ImproperlyConfigured(
            "Set both S3_ACCESS_KEY and S3_SECRET_KEY, or neither where the host has a role of its own."
        )
    if given["S3_BUCKET"] and folder:
        raise ImproperlyConfigured("Set S3_BUCKET or ATTACHMENTS_ROOT: files are in one place.")
    address = urlsplit(given["S3_ENDPOINT_URL"])
    if given["S3_ENDPOINT_URL"] and not (address.scheme in ("http", "https") and address.hostname):
        raise ImproperlyConfigured(
            "S3_ENDPOINT_URL: write it as https://host or https://host:port."
        )
    if given["S3_ADDRESSING"] not in ("", *STYLES):
        raise ImproperlyConfigured(f"S3_ADDRESSING: choose one of {', '.join(STYLES)}.")
