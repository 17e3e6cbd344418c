"""The one-line errors of the runtime: what went wrong and what to do about it, never a traceback."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class EmbeddedError(Exception):
    """Its text is one line for the person at the terminal."""


class PortTaken(EmbeddedError):
    """Another program was faster; a server without clients may try the next port."""


@contextmanager
def in_plain_words(directory: Path) -> Iterator[None]:
    """Turns what the system refuses while we prepare `directory` into one line."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EmbeddedError(_sentence(error, directory)) from error


def disk_full(directory: Path) -> str:
    return f"The disk that holds {directory} is full: free some space and start again."


def _sentence(error: OSError, directory: Path) -> str:
    if error.errno in _FULL:
        return disk_full(directory)
    where = error.filename or directory
    if error.errno in _FORBIDDEN:
        return f"No permission to write {where} (we are user {os.geteuid()}): {error.strerror}."
    return f"Cannot prepare {where}: {error.strerror or error}."
