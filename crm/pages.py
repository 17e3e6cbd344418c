"""Whether this process can show its pages: every static file that they name is collected, as it is."""

import filecmp
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage

ADVICE = "run `python manage.py collectstatic --no-input`, then start the web again"


@cache
def trouble() -> str:
    """What is wrong, or "". Asked once: a process reads the list of its files once, too."""
    storage = staticfiles_storage
    if not isinstance(storage, ManifestFilesMixin):
        return ""  # with DEBUG they are served from where they lie
    if not storage.hashed_files:
        return f"The static files are not collected: {ADVICE}."
    for name, source in _sources().items():
        collected = storage.hashed_files.get(storage.hash_key(name))
        if collected is None or not storage.exists(collected):
            return f"The static files are incomplete ({name} is missing): {ADVICE}."
        if not filecmp.cmp(source, storage.path(name), shallow=False):
            return f"The static files are of another version ({name} differs): {ADVICE}."
    return ""


def _sources() -> dict[str, Path]:
    """Where each file comes from; of two with one name the first finder's counts."""
    staticfiles: Any = apps.get_app_config("staticfiles")
    found: dict[str, Path] = {}
    for finder in get_finders():
        for name, source in finder.list(staticfiles.ignore_patterns):
            found.setdefault(name, Path(source.path(name)))
    return found
