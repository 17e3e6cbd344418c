"""Every setting that cannot work is named in one line when we start, and its value is not shown."""

import ast
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from crm import files
from crm.environment import Env, load
from crm.starting import in_one_line
from tests.databases import SECRETS

ROOT = Path(settings.BASE_DIR)
SOURCE = ROOT / "crm" / "settings.py"
PRODUCTION = {**SECRETS, "DEBUG": "false"}
WORDS = "secreto y más"
# By the method that reads it, what no setting of that kind can be.
WRONG: dict[str, tuple[str, ...]] = {
    "flag": ("maybe", "2", WORDS),
    "text": ("una\nsecreto", " secreto ", "\x1b[31msecreto"),
    "name": (WORDS, "secreto\n", "más"),
    "words": ("una,\nsecreto",),
    "choice": ("chatty", WORDS),
    "whole": ("secreto", "-1", "1.5", "9" * 30, "9" * 5000, "nan", "1e3"),
    "number": ("secreto", "-1", "nan", "inf", "1e400"),
    "exact": ("secreto", "-1", "NaN", "Infinity", "1e999999999999999999999"),
    "seconds": ("web=x", "web", "15", "web=-1", "web=nan", "web=inf", "web=1e300", "wbe=5"),
    "rate": ("lots", "600", "600/fortnight", "-1/minute", "0/minute", "1.5/hour", "/day"),
    "address": ("notaurl", "//secreto", "ftp://secreto/", "https://", "http://a:b/", "http://a:0"),
    "origin": ("notaurl", "https://", "https://secreto/crm", "http://a:99999", "localhost:8000"),
    "origins": ("null", "*", "app.example.com", "https://a.test,https://b.test/secreto"),
    "hosts": ("https://secreto", "a.test/", "a.test:8000", "a.test b.test", "a.test,*.b.test"),
    "postgres": (
        "secreto",
        "mysql://x",
        "postgres://",
        "postgres://h:5432/",
        "postgres://a:secreto@127.0.0.1:abc/x",
        "postgres://a:secreto@127.0.0.1:99999/x",
        "postgres://a:secreto@one:abc,two:5432/x",
        "postgres://a:secreto@one:5432,two:abc/x",
        "postgres://a:secreto@[::1/x",
        "sqlite://:memory:",
    ),
    "redis": ("foo", "http://h", "redis://h:abc/0", "redis://h/secreto", "redis://h:99999/0"),
    "mail": ("foo://x", "secreto", "smtp://a:secreto@h:abc", "smtp://", "smtp://h:99999"),
    "mailbox": ("secreto", "a@", "CRM <secreto>", "@b.test"),
    "dsn": ("notaurl", "https://host/1", "https://secreto@host", "https://secreto@host/x"),
    "model": ("acme:secreto", "google:", ":secreto", WORDS),
}


def _readings() -> dict[str, str]:
    """Each setting with the method that reads it, as crm/settings.py is written."""
    tree = ast.parse(SOURCE.read_text())
    found: dict[str, str] = dict.fromkeys(files.NAMES, "text") | dict.fromkeys(files.PLAIN, "name")
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        of = call.func.value
        if isinstance(of, ast.Name) and of.id == "env" and isinstance(call.args[0], ast.Constant):
            found[str(call.args[0].value)] = call.func.attr
    return found


READINGS = _readings()


@pytest.fixture
def read_with(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs crm/settings.py in an environment of its own, in this process."""
    before = dict(os.environ)

    def run(**environment: str) -> dict[str, Any]:
        for name in [*READINGS, *SECRETS]:
            monkeypatch.delenv(name, raising=False)
        for name, value in {**PRODUCTION, **environment}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SOURCE))

    yield run
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize("name", sorted(READINGS))
def test_every_setting_that_cannot_work_is_named_in_one_line(
    name: str, read_with: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in WRONG[READINGS[name]]:
        with pytest.raises(SystemExit) as ended, in_one_line():
            read_with(**{name: value})
        errors = capsys.readouterr().err
        assert (ended.value.code, errors.count("\n")) == (1, 1), value
        assert errors.startswith(f"{name} takes "), value
        assert "secreto" not in errors


def test_every_setting_is_read_by_its_kind(read_with: Any) -> None:
    assert set(read_with()["env"].takes) == set(READINGS)
    assert len(READINGS) > 70
    assert set(WRONG) == {
        name for name in vars(Env) if not name.startswith("_") and name != "read"
    }, "a kind of setting without a value that it cannot be"
    assert not re.search(r"environ\[|environ\.get|getenv", SOURCE.read_text())


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("BCRYPT_ROUNDS", "99", "a whole number from 4 to 16"),
        ("WEB_THREADS", "0", "a whole number from 1 to 1000"),
        ("PORT", "65536", "a whole number from 1 to 65535"),
        ("SECRET_KEY", "short", "32 characters or more, in one line"),
        ("LLM_REQUEST_TIMEOUT_SECONDS", "0", "a number from 0.1 to 600"),
        ("LOG_LEVEL", "chatty", "one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ("FIELD_ENCRYPTION_KEYS", "short", "Fernet keys"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_bounds(
    name: str, value: str, what: str, read_with: Any
) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} takes {what}"):
        read_with(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("DEBUG", "Yes", True),
        ("PUBLIC_URL", "https://crm.example.com/", "https://crm.example.com"),
        ("ALLOWED_HOSTS", "crm.test, .b.test,*,[::1]", ["crm.test", ".b.test", "*", "[::1]"]),
        ("ALLOWED_HOSTS", "", ["127.0.0.1", "localhost"]),
        ("CORS_ALLOWED_ORIGINS", "https://a.test", ["https://a.test"]),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("LLM_MODEL", "gemini-2.5-flash", "gemini-2.5-flash"),
        ("LLM_FALLBACK_MODEL", "openai:ft:gpt-6:ours", "openai:ft:gpt-6:ours"),
        ("REDIS_URL", "rediss://:pass@h:6380/1", "rediss://:pass@h:6380/1"),
        ("SENTRY_DSN", "https://key@o1.example.com/7", "https://key@o1.example.com/7"),
        ("DEFAULT_FROM_EMAIL", "CRM <crm@example.com>", "CRM <crm@example.com>"),
        ("SWEEP_SECONDS", "", 60),
        ("METRICS_TOKEN", "$ecret", "$ecret"),
    ],
)
def test_what_works_is_read(name: str, value: str, read: Any, read_with: Any) -> None:
    assert read_with(**{name: value})[name] == read


@pytest.mark.parametrize("debug", ["true", "false"])
def test_hosts_that_nobody_named_are_this_machine_and_the_public_one(
    debug: str, read_with: Any
) -> None:
    found = read_with(DEBUG=debug, PUBLIC_URL="https://crm.example.com:8443")
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "crm.example.com", "localhost"]


def test_several_databases_may_be_named(read_with: Any) -> None:
    found = read_with(DATABASE_URL="postgres://crm:pass@one:5432,two:5433/crm")
    assert found["DATABASES"]["default"]["HOST"] == "one,two"


def test_a_file_of_settings_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("NAME=año".encode("latin-1"))
    with pytest.raises(ImproperlyConfigured, match=r"^\.env takes text in UTF-8\.$"):
        load(tmp_path / ".env")


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "check"),
        ("-m", "crm.web"),
        ("-m", "celery", "-A", "crm.celery:app", "worker"),
        ("-m", "celery", "-A", "crm.celery:app", "beat"),
    ],
    ids=" ".join,
)
def test_every_way_of_starting_says_so_in_one_line(command: tuple[str, ...]) -> None:
    started = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **PRODUCTION, "DB_STATEMENT_TIMEOUT": "web=x"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (started.returncode, started.stdout) == (1, "")
    assert started.stderr.startswith("DB_STATEMENT_TIMEOUT takes seconds as in web=15")
    assert started.stderr.count("\n") == 1
