"""What a backup holds, so that a restored copy can be compared with it: `manifest.json`."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Self

FORMAT = 1
NAME = "manifest.json"
DUMP = "database.dump"
FILES = "files"
CHUNK = 1 << 20


class BackupError(Exception):
    """Its text is one line for the person at the terminal."""


@dataclass(frozen=True)
class Seal:
    """Of one file: how long it is, and its checksum."""

    bytes: int
    sha256: str


@dataclass
class Manifest:
    made_at: str
    server: int  # PostgreSQL's major version
    dumped_with: int  # pg_dump's
    dump: Seal
    rows: dict[str, int]  # by table
    migrations: dict[str, str]  # the last one of each app
    keys: dict[str, int]  # secrets by the fingerprint of the key that opens them; "" for none
    versions: dict[str, str]
    files: dict[str, dict[str, Seal]] = field(default_factory=dict)  # by storage, then by name
    format: int = FORMAT

    @classmethod
    def read(cls, folder: Path) -> Self:
        try:
            content: dict[str, Any] = json.loads((folder / NAME).read_text())
        except (OSError, ValueError) as error:
            raise BackupError(f"{folder} is no backup: its {NAME} cannot be read.") from error
        if content.get("format") != FORMAT:
            raise BackupError(f"{folder} has another format than this version reads.")
        files = {
            storage: {name: Seal(**seal) for name, seal in names.items()}
            for storage, names in content.pop("files").items()
        }
        return cls(**{**content, "dump": Seal(**content["dump"]), "files": files})

    def write(self, folder: Path) -> None:
        (folder / NAME).write_text(json.dumps(asdict(self), indent=1, sort_keys=True))

    def parts(self, folder: Path) -> Iterator[tuple[Path, Seal]]:
        """Every file of the backup, with what it should be."""
        yield folder / DUMP, self.dump
        for storage, names in self.files.items():
            for name, seal in names.items():
                yield folder / FILES / storage / name, seal

    def verify(self, folder: Path) -> None:
        for path, seal in self.parts(folder):
            if not path.is_file():
                raise BackupError(f"The backup is incomplete: {path} is missing.")
            if sealed(path) != seal:
                raise BackupError(f"The backup is damaged: {path} is not what was saved.")


def sealed(path: Path) -> Seal:
    with path.open("rb") as file:
        return seal_of(file)


def seal_of(source: IO[bytes], copy: IO[bytes] | None = None) -> Seal:
    """The seal of what is read to its end, written on as it goes by."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if copy is not None:
            copy.write(chunk)
    return Seal(size, digest.hexdigest())
