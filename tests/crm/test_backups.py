"""Backups: which are kept, one at a time, and the files of storages that lie inside each other."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from crm.backups import files, saving
from crm.backups.manifest import BackupError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for day in range(1, 4):
        folder = tmp_path / f"crm-2026010{day}T000000Z"
        folder.mkdir()
        (folder / "manifest.json").touch()
    (tmp_path / "crm-20260104T000000Z").mkdir()  # without a manifest: not whole
    (tmp_path / "others").mkdir()
    return tmp_path


def test_the_newest_whole_ones_are_kept_and_nothing_of_others_is_touched(root: Path) -> None:
    assert saving.newest(root) == root / "crm-20260103T000000Z"
    assert [path.name for path in saving.forget(root, 2)] == ["crm-20260101T000000Z"]
    assert [path.name for path in saving.made(root)] == [
        "crm-20260102T000000Z",
        "crm-20260103T000000Z",
    ]
    assert (root / "others").is_dir()
    assert saving.forget(root, 5) == []


def test_two_at_once_do_not_work_in_one_folder(root: Path) -> None:
    with saving._alone(root), pytest.raises(BackupError, match="Another backup is being made"):
        saving.forget(root, 1)


def test_a_file_belongs_to_the_innermost_storage_that_holds_it(
    tmp_path: Path, settings: Any
) -> None:
    local = "django.core.files.storage.FileSystemStorage"
    places = {"default": "media", "attachments": "media/private", "other": "media/private/in/it"}
    settings.STORAGES = {
        **settings.STORAGES,
        **{
            alias: {"BACKEND": local, "OPTIONS": {"location": str(tmp_path / place)}}
            for alias, place in places.items()
        },
    }
    assert not files.any_left()
    for alias in places:
        storages[alias].save(f"of/{alias}", ContentFile(b"x"))
    assert {alias: list(files.names(alias)) for alias in places} == {
        alias: [f"of/{alias}"] for alias in places
    }
    files.delete_all()
    assert not files.any_left()
