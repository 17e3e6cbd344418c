"""Restoring a backup into an empty product, and comparing what is there then with what was saved."""

from pathlib import Path

from crm import secrecy
from crm.backups import database, files
from crm.backups.manifest import BackupError, Manifest

SHOWN = 10  # differences; more of them tell nothing new


def restore(folder: Path, *, replace: bool = False, without_keys: bool = False) -> Manifest:
    """Everything is looked at before anything is changed."""
    manifest = Manifest.read(folder)
    manifest.verify(folder)
    if not without_keys:
        _refuse_without_keys(manifest)
    database.refuse_older_server(manifest)
    are_files_left = files.any_left()  # also tells a storage that does not answer
    if replace:
        database.delete_all()
        files.delete_all()
    elif not database.is_empty() or are_files_left:
        raise BackupError(
            "The database or the folder of files is not empty: --replace deletes what is there."
        )
    database.restore(folder, manifest)
    files.restore(folder, manifest)
    _compare(manifest)
    return manifest


def _refuse_without_keys(manifest: Manifest) -> None:
    needed = {name: count for name, count in manifest.keys.items() if name}
    lost = sum(count for name, count in needed.items() if name not in secrecy.known_keys())
    if lost:
        raise BackupError(
            f"FIELD_ENCRYPTION_KEYS lacks the keys of {lost} of {sum(needed.values())} stored"
            " credentials: set those of the time of the backup, or go on with --without-keys and"
            " enter the credentials again."
        )


def _compare(manifest: Manifest) -> None:
    found = [*database.differences(manifest), *files.differences(manifest)]
    if found:
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise BackupError(f"The copy differs: {'; '.join(found[:SHOWN])}{more}.")
