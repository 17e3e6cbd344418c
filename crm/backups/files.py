"""The files of all storages, through Django's interface: on a disk or at a vendor alike."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages

from crm.backups.manifest import FILES, BackupError, Manifest, Seal, seal_of, sealed
from crm.errors import FilesAway

COLLECTED = "staticfiles"  # made anew from the code


@contextmanager
def reachable() -> Iterator[None]:
    """A storage that goes away meanwhile is told in one line, as what else may be in the way."""
    try:
        yield
    except FilesAway as error:
        raise BackupError(f"The storage of files does not answer: {error.__cause__}.") from error


def saved(folder: Path, before: tuple[Path, Manifest] | None) -> dict[str, dict[str, Seal]]:
    """Copies every file below `folder`; what the backup `before` has too takes no room twice."""
    return {alias: dict(_saved(alias, folder, before)) for alias in _aliases()}


def _saved(
    alias: str, folder: Path, before: tuple[Path, Manifest] | None
) -> Iterator[tuple[str, Seal]]:
    known = before[1].files.get(alias, {}) if before else {}
    for name in names(alias):
        target = folder / FILES / alias / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with storages[alias].open(name, "rb") as source, target.open("wb") as copy:
                seal = seal_of(source, copy)
        except FileNotFoundError:
            target.unlink(missing_ok=True)
            continue  # erased since it was listed, as it should be
        if before and known.get(name) == seal:
            _share(before[0] / FILES / alias / name, target, seal)
        yield name, seal


def _share(earlier: Path, target: Path, seal: Seal) -> None:
    """One file under both names, unless the earlier one was damaged since or cannot be linked."""
    draft = target.with_name(f"{target.name}.link")
    try:
        if sealed(earlier) == seal:
            os.link(earlier, draft)
            draft.replace(target)
    except OSError:
        draft.unlink(missing_ok=True)


def restore(folder: Path, manifest: Manifest) -> None:
    for alias, held in manifest.files.items():
        for name in held:
            with (folder / FILES / alias / name).open("rb") as source:
                given = storages[alias].save(name, File(source))
            if given != name:
                raise BackupError(f"The storage {alias} took {name} under another name: {given}.")


def differences(manifest: Manifest) -> Iterator[str]:
    """What the storages hold otherwise than the backup, each in a few words."""
    for alias in {*_aliases(), *manifest.files}:
        held, found = manifest.files.get(alias, {}), set(names(alias))
        yield from (f"file {name} is missing" for name in held.keys() - found)
        yield from (f"file {name} is not of the backup" for name in found - held.keys())
        for name in held.keys() & found:
            with storages[alias].open(name, "rb") as file:
                if seal_of(file) != held[name]:
                    yield f"file {name} differs"


def any_left() -> bool:
    return any(True for alias in _aliases() for _ in names(alias))


def delete_all() -> None:
    for alias in _aliases():
        for name in list(names(alias)):
            storages[alias].delete(name)


def names(alias: str) -> Iterator[str]:
    """Every file of a storage, but those of another one that lies inside it."""
    inner = _inside(alias)
    yield from _below(storages[alias], "", inner)


def _below(storage: Any, folder: str, inner: set[str]) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from sorted(f"{folder}{name}" for name in files if name)
    for each in sorted(folders):
        if f"{folder}{each}" not in inner:
            yield from _below(storage, f"{folder}{each}/", inner)


def _aliases() -> list[str]:
    return sorted(alias for alias in settings.STORAGES if alias != COLLECTED)


def _inside(alias: str) -> set[str]:
    bucket, place = _place(alias)
    others = [_place(other) for other in _aliases() if other != alias]
    outer = f"{place}/" if place else ""
    return {
        other.removeprefix(outer)
        for its_bucket, other in others
        if its_bucket == bucket and other != place and other.startswith(outer)
    }


def _place(alias: str) -> tuple[str, str]:
    """The bucket, or "" for a disk, and the folder in it."""
    storage: Any = storages[alias]
    return getattr(storage, "bucket_name", ""), str(getattr(storage, "location", "")).rstrip("/")
