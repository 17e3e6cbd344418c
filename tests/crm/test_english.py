"""Every text that is marked for translation has its English."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from crm.logs import OURS

ROOT = Path(settings.BASE_DIR)
MARKS = {"_", "_t", "_n", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
IN_TEMPLATE = re.compile(r'{%\s*translate\s+"([^"]+)"')
ENGLISH = ("crm/api/schema.py",)  # what programmers read in the schema is English in both


def _files() -> Iterator[str]:
    for app in OURS:
        for path in sorted((ROOT / app).rglob("*")):
            name = str(path.relative_to(ROOT))
            is_ours = "/migrations/" not in name and name not in ENGLISH
            if is_ours and path.suffix in (".py", ".html"):
                yield name


def _marked(name: str) -> Iterator[str]:
    text = (ROOT / name).read_text()
    if name.endswith(".html"):
        yield from IN_TEMPLATE.findall(text)
        return
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in MARKS:
            continue
        if node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value:
            yield str(node.args[0].value)


def test_every_marked_text_has_its_english() -> None:
    with open(ROOT / "crm/locale/en/LC_MESSAGES/django.mo", "rb") as compiled:
        catalog = gettext.GNUTranslations(compiled)._catalog  # type: ignore[attr-defined]
    missing = [
        f"{name}: {text}"
        for name in _files()
        for text in _marked(name)
        if text not in catalog and (text, 0) not in catalog
    ]
    assert missing == []
