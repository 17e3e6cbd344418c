"""Files are whole or not there: the kernel itself refuses in the middle of one."""

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from crm.errors import is_no_room
from crm.storage import WholeFiles

LARGE = b"x" * 200_000


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process grows beyond it, as on a disk that is full by then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_is_kept_under_its_name(tmp_path) -> None:
    storage = WholeFiles(location=tmp_path)
    name = storage.save("7/photo.jpg", ContentFile(LARGE))
    assert (name, files_in(tmp_path)) == ("7/photo.jpg", ["7/photo.jpg"])
    assert storage.open(name).read() == LARGE


def test_a_disk_that_fills_up_leaves_no_half_file(tmp_path) -> None:
    storage = WholeFiles(location=tmp_path)
    with room_for(50_000), pytest.raises(OSError) as refused:  # noqa: PT011 - told by its number
        storage.save("7/photo.jpg", ContentFile(LARGE))
    assert is_no_room(refused.value)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "full"),
    [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EFBIG, True), (errno.EACCES, False)],
)
def test_no_room_is_told_from_other_refusals(number, full) -> None:
    assert is_no_room(OSError(number, "")) is full
