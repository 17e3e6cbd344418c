"""Files are reached through Django's storages alone: they may lie on a disk, or at a vendor."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db.models import FileField

from crm import files
from crm.storage import NoAddress
from tests.test_doors import owner, sources

# What knows a disk when it has one: the storages themselves, static files, settings.
OF_THE_DISK = {"crm/storage.py", "crm/files.py", "crm/pages.py", "crm/settings.py"}
FILES = {"file", "files", "attachment", "storage", "default_storage", "private_storage", "storages"}
# A file's address for the public, and its place on a disk; a folder that only one host has.
BOUND = {"path", "url", "temporary_file_path"}
FOLDERS = {"MEDIA_ROOT", "MEDIA_URL", "FileSystemStorage", "TemporaryFileUploadHandler"}


def bound_to_a_host(tree: ast.Module) -> Iterator[int]:
    """The lines that would work on one host, or on a disk, only."""
    for node in ast.walk(tree):
        name = getattr(node, "attr", getattr(node, "id", ""))
        if name in FOLDERS or (
            isinstance(node, ast.Attribute) and name in BOUND and owner(node.value) in FILES
        ):
            yield node.lineno


def test_no_module_takes_a_file_to_lie_on_its_own_host() -> None:
    found = {name: list(bound_to_a_host(tree)) for name, tree in sources()}
    assert {name: lines for name, lines in found.items() if lines and name not in OF_THE_DISK} == {}


def test_every_column_of_files_keeps_them_where_no_address_leads() -> None:
    fields = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    stored = [field for field in fields if isinstance(field, FileField)]
    assert [field for field in stored if not isinstance(field.storage, NoAddress)] == []
    assert stored


def test_a_bucket_holds_the_files_of_every_storage_but_the_pages_own(settings: Any) -> None:
    given = dict.fromkeys(files.NAMES, "x")
    assert {*files.in_bucket(given), "staticfiles"} == set(settings.STORAGES)


@pytest.mark.parametrize(
    "line",
    [
        "row.file.path",
        "open(attachment.file.path)",
        "attachment.file.url",
        "storages['attachments'].path(name)",
        "default_storage.path(name)",
        "row.file.storage.url(name)",
        "os.listdir(settings.MEDIA_ROOT)",
        "file.temporary_file_path()",
    ],
)
def test_such_a_line_is_found(line: str) -> None:
    assert list(bound_to_a_host(ast.parse(line))) == [1]
