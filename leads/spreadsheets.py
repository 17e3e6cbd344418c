"""Reads and writes the CSV files of spreadsheet programs, in any delimiter and encoding they use."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TypeVar

DELIMITERS = (";", ",", "\t", "|")
HEAD_BYTES = 65_536
LOOKED_AT = 20
TITLE_ROWS = 10
LONGEST_CELL = 10_000
NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Record = tuple[int, list[str]]
T = TypeVar("T")


class Unreadable(Exception):
    """Not a table that we can read; the argument says in a word why."""


@dataclass
class EncodingGuess:
    """Watches a file's bytes go by, and says in the end how they are to be read."""

    head: bytes = b""
    broken: int = 0
    valid: int = 0
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def see(self, chunk: bytes) -> None:
        if len(self.head) < HEAD_BYTES:
            self.head += chunk[: HEAD_BYTES - len(self.head)]
        if not chunk.isascii():
            text = self._decoder.decode(chunk)
            broken = text.count("\ufffd")
            self.broken += broken
            self.valid += len(text.encode()) - len(text) - 2 * broken

    def encoding(self) -> str:
        """Raises Unreadable for what is no text."""
        if self.head.startswith(NOT_TEXT):
            raise Unreadable("not_csv")
        for bom, name in _BOMS:
            if self.head.startswith(bom):
                return name
        if b"\x00" in self.head:
            return self._without_bom()
        return "utf-8" if self.valid >= self.broken else "cp1252"

    def _without_bom(self) -> str:
        """UTF-16 leaves every other byte of Latin text empty."""
        half = len(self.head) // 2
        for name, zeros in (("utf-16-le", self.head[1::2]), ("utf-16-be", self.head[::2])):
            if zeros.count(0) > half * 0.7:
                return name
        raise Unreadable("not_csv")


class _Chunks(io.RawIOBase):
    """Pieces of bytes as one stream."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks, self.rest = iter(chunks), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        while not self.rest:
            piece = next(self.chunks, None)
            if piece is None:
                return 0
            self.rest = bytes(piece)
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size


def lines(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The text of a file; bytes that make none become U+FFFD."""
    stream = io.BufferedReader(_Chunks(chunks), HEAD_BYTES)
    return iter(io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=""))


def delimiter_of(head: str) -> str:
    """The one that splits the first rows most evenly; a ``sep=`` line decides by itself."""
    first = head.lstrip("\ufeff").split("\n", 1)[0].strip().strip('"').lower()
    if first.startswith("sep=") and len(first) <= 5:
        return first[4:] or "\t"
    return max(DELIMITERS, key=lambda sign: _evenness(head, sign))


def _evenness(head: str, delimiter: str) -> tuple[float, int]:
    try:
        rows = list(islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), 21))
    except csv.Error:
        return (0, 0)
    widths = [len(row) for row in rows[:LOOKED_AT] if any(cell.strip() for cell in row)]
    usual, times = Counter(widths).most_common(1)[0] if widths else (1, 0)
    return (times / len(widths), usual) if usual > 1 else (0, 0)


def records(chunks: Iterable[bytes], encoding: str, delimiter: str) -> Iterator[Record]:
    """Rows with their numbers as a spreadsheet shows them; empty ones are left out.

    Raises Unreadable where quotes stay open, or a cell is longer than any that is read.
    """
    end = _End()
    reader = csv.reader(chain(lines(chunks, encoding), end), delimiter=delimiter)
    number = line = 0
    try:
        for number, values in enumerate(reader, 1):
            if end.is_reached:  # within a row: only open quotes make the reader go on so far
                raise Unreadable(f"bad_quotes:{number}")
            line = reader.line_num
            if any(value.strip() for value in values) and not _is_sep(number, values):
                yield number, values
    except csv.Error as error:
        # A cell that has grown too long over several lines is one whose quotes were left open.
        code = "bad_quotes" if reader.line_num > line + 1 else "long_cell"
        raise Unreadable(f"{code}:{number + 1}") from error


class _End:
    """Stands behind the last line, and knows when a reader came by."""

    is_reached = False

    def __iter__(self) -> Iterator[str]:
        self.is_reached = True
        return iter(())


def _is_sep(number: int, values: list[str]) -> bool:
    """Excel's first line that tells the delimiter, which is split by it."""
    return number == 1 and "".join(values).lstrip("\ufeff").lower() == "sep="


def table(rows: Iterator[Record]) -> tuple[list[str], Iterator[Record]]:
    """The titles of the columns, past a heading above them, and the rows below."""
    first = list(islice(rows, TITLE_ROWS))
    if not first:
        raise Unreadable("empty")
    wide = (place for place, (_, values) in enumerate(first) if _filled(values) > 1)
    place = next(wide, 0)
    titles = [" ".join(title.lstrip("\ufeff").split())[:100] for title in first[place][1]]
    while titles and not titles[-1]:
        titles.pop()
    return titles, _rest(first[place + 1 :], rows)


def _rest(begun: list[Record], rows: Iterator[Record]) -> Iterator[Record]:
    yield from begun
    yield from rows


def in_chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of so many, the last one shorter."""
    left = iter(rows)
    while chunk := list(islice(left, size)):
        yield chunk


def _filled(values: list[str]) -> int:
    return sum(bool(value.strip()) for value in values)


def safe(value: str) -> str:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe.

    Spreadsheets show the apostrophe, and an import of ours drops it again.
    """
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value
