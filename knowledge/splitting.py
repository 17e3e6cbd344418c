"""Splits a document into the pieces that answers are made of; pure."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from knowledge.models import DocumentFormat, SourceType
from leads.folding import fold

LONGEST = 1_200  # characters of a piece: what a model reads well beside others
TITLE = 255
HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
FENCE = re.compile(r"^\s*(```|~~~)")
BLANK = re.compile(r"\n\s*\n")
SENTENCE = re.compile(r"(?<=[.!?;:])\s+|\n")
DELIMITERS = ",;\t|"
ONE_COLUMN = "\x1f"  # a sign that no table holds
SAMPLE = 20  # lines
TITLES = {"title", "titulo", "nombre", "name"}
CONTENTS = {"content", "contenido", "descripcion", "description", "texto", "text"}
TYPES = {"source_type", "tipo_de_fuente", "tipo de fuente", "source type"}


class Unreadable(ValueError):
    """The reason, as a stable code, why a document has nothing to say."""


@dataclass(frozen=True)
class Piece:
    title: str
    content: str
    source_type: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


def split(text: str, kind: DocumentFormat | str, title: str) -> list[Piece]:
    """The pieces of a document in its order; raises Unreadable when there is none."""
    ways = {
        DocumentFormat.CSV: _rows,
        DocumentFormat.MARKDOWN: _sections,
        DocumentFormat.TEXT: _plain,
    }
    pieces = list(ways[DocumentFormat(kind)](text.replace("\r\n", "\n").replace("\r", "\n"), title))
    if not pieces:
        raise Unreadable("nothing_to_read")
    return pieces


# --- Text and Markdown ------------------------------------------------------------------------


def _plain(text: str, title: str) -> Iterator[Piece]:
    for content in _packed(text):
        yield Piece(title[:TITLE], content)


def _sections(text: str, title: str) -> Iterator[Piece]:
    """One section a heading, under the path of headings above it."""
    for path, body in _by_heading(text):
        named = " · ".join([title, *path])[:TITLE]
        for content in _packed(body):
            yield Piece(named, content)


def _by_heading(text: str) -> Iterator[tuple[list[str], str]]:
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fenced ^= bool(FENCE.match(line))
        heading = None if fenced else HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        yield [name for _, name in path], "\n".join(lines)
        level, lines = len(heading[1]), []
        path = [*((above, name) for above, name in path if above < level), (level, heading[2])]
    yield [name for _, name in path], "\n".join(lines)


def _packed(text: str) -> Iterator[str]:
    """Whole paragraphs together as long as they fit; one that does not is cut at its sentences."""
    paragraphs = (part.strip() for part in BLANK.split(text))
    parts = [(part, "\n\n") for part in paragraphs if part]
    yield from _fitting(
        piece
        for part, glue in parts
        for piece in ([(part, glue)] if len(part) <= LONGEST else _sentences(part))
    )


def _sentences(paragraph: str) -> Iterator[tuple[str, str]]:
    glue = "\n\n"
    for sentence in filter(None, (part.strip() for part in SENTENCE.split(paragraph))):
        for piece in _words(sentence):
            yield piece, glue
            glue = " "


def _words(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST:
        cut = sentence.rfind(" ", 1, LONGEST + 1)
        cut = cut if cut > 0 else LONGEST
        yield sentence[:cut].strip()
        sentence = sentence[cut:].strip()
    if sentence:
        yield sentence


def _fitting(parts: Iterable[tuple[str, str]]) -> Iterator[str]:
    held = ""
    for part, glue in parts:
        joined = f"{held}{glue}{part}" if held else part
        if len(joined) <= LONGEST:
            held = joined
            continue
        yield held
        held = part
    if held:
        yield held


# --- CSV --------------------------------------------------------------------------------------


def _rows(text: str, title: str) -> Iterator[Piece]:
    """One piece a row: its title and text by the columns' names, every other column as a line."""
    try:
        rows = list(
            csv.reader(io.StringIO(text.strip("\n")), delimiter=delimiter_of(text), strict=True)
        )
    except csv.Error as error:
        raise Unreadable("bad_csv") from error
    filled = [cells for row in rows if (cells := _trimmed(row))]
    if len(filled) < 2:
        raise Unreadable("no_rows")
    header, *body = filled
    for number, row in enumerate(body, start=1):
        if len(row) > len(header):
            raise Unreadable("bad_csv")
        yield _piece(dict(zip(header, row, strict=False)), f"{title} {number}")


def _trimmed(row: list[str]) -> list[str]:
    """Without the empty cells that spreadsheets leave at the end."""
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def delimiter_of(text: str) -> str:
    """The sign that cuts the first lines into the same number of columns, the more the better."""
    sample = text.strip("\n").split("\n")[:SAMPLE]
    best = max(DELIMITERS, key=lambda sign: _fit(sample, sign))
    return best if _fit(sample, best)[0] else ONE_COLUMN


def _fit(sample: list[str], sign: str) -> tuple[int, int]:
    try:
        widths = [len(row) for row in csv.reader(sample, delimiter=sign) if row]
    except csv.Error:
        return 0, 0
    columns = widths[0] if widths else 0
    return (sum(width == columns for width in widths) if columns > 1 else 0), columns


def _piece(row: dict[str, str], fallback: str) -> Piece:
    given = {name: value for name, value in row.items() if value}
    named, content = _take(given, TITLES), _take(given, CONTENTS)
    told = _take(given, TYPES)
    title = named or next(iter(given.values()), "") or fallback
    lines = [content, *(f"{name}: {value}" for name, value in given.items() if name)]
    text = "\n".join(line for line in lines if line) or title
    return Piece(title[:TITLE], text, _source_type(told), {k: v for k, v in given.items() if k})


def _take(given: dict[str, str], names: set[str]) -> str:
    found = next((name for name in given if fold(name) in names), None)
    return given.pop(found) if found is not None else ""


def _source_type(told: str) -> str:
    """By value or by its Spanish name; empty when it is neither."""
    known = {fold(str(label)): value for value, label in SourceType.choices}
    asked = fold(told)
    return asked if asked in SourceType.values else known.get(asked, "")
