"""A setting that cannot be read is named in one line, and its value is not shown."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from crm.environment import Env

SETTINGS = (Path(settings.BASE_DIR) / "crm" / "settings.py").read_text()
NUMBERS = sorted(set(re.findall(r'env\.(?:int|float)\("(\w+)"', SETTINGS)))


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_that_is_none_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "secreto")
    with pytest.raises(ImproperlyConfigured, match=f"^{name} takes a whole number.$"):
        Env().int(name, default=1)


def test_starting_says_so_in_one_line() -> None:
    environment = {**os.environ, "DEBUG": "true", "PROXY_COUNT": "abc"}
    started = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (started.returncode, started.stderr) == (1, "PROXY_COUNT takes a whole number.\n")
