"""Webhooks as the vendors document them."""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


def load(name: str) -> Any:
    return json.loads((_FOLDER / f"{name}.json").read_text())
