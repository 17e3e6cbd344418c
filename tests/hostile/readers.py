"""Finds every reader of free text: a public function of a text module that takes a text first."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from crm.patterns import Guarded, Pattern
from knowledge import listings
from knowledge.models import DocumentFormat
from knowledge.naming import Property
from leads.folding import clean, fold
from leads.models import Lead
from llm.guards.known import Known
from llm.offline.context import Hit
from llm.offline.home import Home
from llm.spanish import Offer

APPS = ("brokers", "campaigns", "crm", "knowledge", "leads", "llm", "scheduling", "voice")
PACKAGES = ("llm.spanish", "llm.offline")
# They read strangers' text without a regular expression.
WITHOUT_PATTERNS = {"leads.folding", "leads.storable", "leads.spreadsheets"}
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)

Reader = Callable[..., Any]


@cache
def modules() -> tuple[ModuleType, ...]:
    """Those that compile a pattern, those of the text packages, and the few that loop without one."""
    return tuple(_modules())


def _modules() -> Iterator[ModuleType]:
    for app in APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            name = ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts)
            name = name.removesuffix(".__init__")
            if ".migrations." in name or name.startswith("crm.embedded") or name == "crm.patterns":
                continue  # no stranger's text comes there
            if _reads_text(name, path):
                yield importlib.import_module(name)


def _reads_text(name: str, path: Path) -> bool:
    return (
        name.startswith(PACKAGES)
        or name in WITHOUT_PATTERNS
        or bool({"re", "crm.patterns"} & _imports(path))
    )


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def readers() -> list[Reader]:
    return [reader for module in modules() for reader in _readers(module)]


def _readers(module: ModuleType) -> Iterator[Reader]:
    for name, found in vars(module).items():
        if name.startswith("_") or inspect.isclass(found) or not callable(found):
            continue
        if getattr(found, "__module__", "") == module.__name__:
            reader = inspect.unwrap(found)  # past a cache, which would answer in its place
            first = next(iter(inspect.signature(reader).parameters.values()), None)
            if first is not None and first.annotation in (str, str | None):
                yield reader


def patterns(module: ModuleType) -> list[str]:
    named = (each for value in vars(module).values() for each in _inside(value))
    return list(dict.fromkeys([*named, *_within_functions(module)]))


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, re.Pattern | Pattern | Guarded) and isinstance(value.pattern, str):
        yield value.pattern
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _inside(each)


def _within_functions(module: ModuleType) -> Iterator[str]:
    """The patterns that are written where they are used."""
    tree = ast.parse(inspect.getsource(module))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
        of_re = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "re"
        source = call.args[0]
        if of_re and isinstance(source, ast.Constant) and isinstance(source.value, str):
            yield source.value


def read(reader: Reader, text: str, *, asked: str | None = None) -> None:
    """Run a reader to its end; that it refuses the text is an answer too."""
    given, named = [], {}
    for place, parameter in enumerate(inspect.signature(reader).parameters.values()):
        if place and parameter.default is not parameter.empty and parameter.name != "asked":
            continue
        value = _value(parameter, text, asked)
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            given.append(value)
    answer = reader(*given, **named)
    if isinstance(answer, Iterable):
        for _ in answer:
            pass


_BY_NAME: dict[str, Any] = {
    "country": "CL",
    "limit": 1000,
    "position": 1000,
    "kind": DocumentFormat.MARKDOWN,
}


def _value(parameter: inspect.Parameter, text: str, asked: str | None) -> Any:
    """One of the parameter's type; a new type of a new reader is to be added here."""
    kind, name = parameter.annotation, parameter.name
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name == "asked" and kind is not bool:
        return asked
    if name == "metadata":
        return dict.fromkeys(("comuna", "precio", "dormitorios", "entrega", "estado"), text)
    if kind in (str, str | None):
        return fold(clean(text)) if name == "folded" else text
    if "Offer" in str(kind):
        return [Offer(day, NOW.replace(month=12, day=day)) for day in (1, 2, 3)]
    if "Hit" in str(kind):
        return [Hit(text, text)]
    if "Home" in str(kind):
        return [Home(number, text, text) for number in (1, 2, 3)]
    if "Property" in str(kind):
        return [Property(number, text, listings.Listing()) for number in (1, 2, 3)]
    if kind is Known:
        return knowing(text)
    return _plain(kind)


def knowing(text: str) -> Known:
    """A turn in which everything that was told and asked is the text, too."""
    every = (text,)
    moments = (NOW.replace(tzinfo=None),)
    return Known(
        now=moments[0], question=text, ours=every, theirs=every, people=every, listings=every,
        offered=moments, owes=True, private=text, tools=("find_slots",), language="es",
    )  # fmt: skip


def _plain(kind: Any) -> Any:
    if "Mapping" in str(kind):
        return {}
    if "Collection" in str(kind):
        return ("find_slots",)
    plain = {
        bool: True,
        int: 4,
        date: NOW.date(),
        datetime: NOW.replace(tzinfo=None),
        ZoneInfo: ZoneInfo("America/Santiago"),
        Lead: Lead(metadata={"dicom": "has_debt"}),
    }
    return plain[kind]
