"""Log lines as JSON or text: one an event, tied together by identifiers, without anybody's data.

Our own loggers write identifiers and kinds of errors. What libraries log may quote anything: of
theirs, the sentence stays and its values go, but for the few loggers that speak of servers only.
"""

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from crm import correlation
from crm.connections import is_passing

JSON: str = "json"
LINE: str = "line"
FORMATS: tuple[str, ...] = (JSON, LINE)
LEVELS: tuple[str, ...] = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
OURS = ("crm", "brokers", "leads", "llm", "knowledge", "scheduling", "voice", "campaigns")

# Loggers of libraries whose values are addresses of servers, names of processes and paths.
TRUSTED = ("celery", "kombu", "_granian", "py.warnings")
# Of these, what quotes the body of a task that nobody knows.
QUOTING = ("celery.worker.consumer.consumer",)
# Their sentence is the text of the error: a file's name, whatever was sent as a host.
WORDLESS = "django.security."

# What a line may say beside its message.
DETAILS = (
    "route",
    "method",
    "status",
    "outcome",
    "attempt",
    "duration_ms",
    "statements",
    "database_ms",
)

# Who knows it may write to a broker's webhook, change a visit, read a calendar, or choose a password.
SECRET = re.compile(r"(/hooks/(?:voice/)?[\w-]+/|/visit/|/cal/|/password/[^/\s]+/)[^/\s]+")
_PERSONAL = (
    (re.compile(r"(/[^\s?\"']*\?)[^\s\"']+"), r"\1…"),  # what an address asks
    (re.compile(r"://[^/\s@]*@"), "://…@"),  # a password in an address
    (re.compile(r"\b(Bearer|Basic|Token)\s+\S+", re.IGNORECASE), r"\1 …"),
    (re.compile(r"\bbot\d+:[\w-]+"), "bot…"),  # Telegram puts its token in the path
    (re.compile(r"\beyJ[\w-]+\.[\w.-]+"), "…"),  # a signed token
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "…"),  # an e-mail address
    # A telephone number, which is neither a date nor part of an identifier.
    (re.compile(r"(?<![\w.:-])(?!\d{4}-\d\d-\d\d)\+?\d[\d ()-]{7,}\d(?![\w-])"), "…"),
)
_FRAMES = 12
LONGEST_LINE = 2_000
_HIDDEN = "…"


def scrubbed(text: str) -> str:
    """Without keys, passwords, tokens, e-mail addresses and telephone numbers; cut where it is long.

    Some of the patterns look ahead from every sign: what a stranger sends must not cost the line.
    """
    text = SECRET.sub(r"\1…", text[:LONGEST_LINE])
    for pattern, instead in _PERSONAL:
        text = pattern.sub(instead, text)
    return text


class WithoutOutages(logging.Filter):
    """A database that is away is one line for each request, not a trace: the code is not at fault."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if is_passing(error) or getattr(record, "status_code", None) == 503:
            record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
        return True


class WithoutKeys(logging.Filter):
    """Masks what is secret or personal before any handler sees it, also one that is not ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = scrubbed(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(
                scrubbed(value) if isinstance(value, str) else value for value in record.args
            )
        return True


def frames(trace: TracebackType | None) -> list[str]:
    """The lines of code that led to an error, without the values, which may be personal."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found[-_FRAMES:]


def kinds(error: BaseException) -> str:
    """The error's kind and those that it came from: ``IntegrityError < UniqueViolation``."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 5:
        chain.append(type(cause).__name__)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return " < ".join(chain)


class Formatter(logging.Formatter):
    """What a line says, whichever its format."""

    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        at = datetime.fromtimestamp(record.created, UTC)
        written = {
            "time": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": message(record),
        }
        more = {name: record.__dict__[name] for name in DETAILS if name in record.__dict__}
        return {**written, **more, **correlation.current(), **_failure(record)}


class JSONFormatter(Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.fields(record), ensure_ascii=False, default=_kind)


class LineFormatter(Formatter):
    """One line of text: time, level, logger, message, and the rest as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        fields = self.fields(record)
        head = [fields.pop(name) for name in ("time", "level", "logger", "message")]
        where = fields.pop("traceback", [])
        rest = [f"{name}={value}" for name, value in fields.items()]
        return " ".join([*head, *rest, *(["at", " > ".join(where)] if where else [])])


def message(record: logging.LogRecord) -> str:
    text = str(record.msg)
    if record.name.startswith(WORDLESS) and not record.args:
        return "refused"
    try:
        # A library's further lines quote what it worked on.
        sentence = text if _is_ours(record) else text.partition("\n")[0]
        text = sentence % _harmless(record) if record.args else sentence
    except (TypeError, ValueError, KeyError):
        text = text.partition("%")[0]  # its values do not fit it: the sentence alone
    return scrubbed(text).replace("\n", "\\n").replace("\r", "\\r")


def _harmless(record: logging.LogRecord) -> Any:
    trusted = _is_ours(record) or _is_trusted(record.name)
    given: Any = record.args
    if isinstance(given, Mapping):
        return {name: _value(value, trusted=trusted) for name, value in given.items()}
    return tuple(_value(value, trusted=trusted) for value in given)


def _value(value: Any, *, trusted: bool) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return value if trusted else _HIDDEN
    if isinstance(value, BaseException):
        return kinds(value)
    return str(value) if trusted else _kind(value)


def _kind(value: Any) -> str:
    return type(value).__name__


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def _is_trusted(name: str) -> bool:
    within = (f"{name}.".startswith(f"{logger}.") for logger in TRUSTED)
    return any(within) and name not in QUOTING


def _failure(record: logging.LogRecord) -> dict[str, Any]:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return {}
    return {"error": kinds(error), "traceback": frames(error.__traceback__)}


def config(form: str, level: str) -> dict[str, Any]:
    """The configuration of every process: web, worker, beat and commands.

    ``level`` holds for our own loggers. Of libraries nothing below INFO is written whatever it
    says: there they print requests with their headers, and statements with their values.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "without_keys": {"()": "crm.logs.WithoutKeys"},
            "without_outages": {"()": "crm.logs.WithoutOutages"},
        },
        "formatters": {
            JSON: {"()": "crm.logs.JSONFormatter"},
            LINE: {"()": "crm.logs.LineFormatter"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": level if level != "DEBUG" else "INFO"},
        "loggers": {**{name: {"level": level} for name in OURS}, **_LIBRARIES},
    }


_LIBRARIES: dict[str, dict[str, Any]] = {
    # Without its own handlers, which on a laptop write everything a second time.
    "django": {"handlers": [], "level": "INFO"},
    "django.server": {"handlers": [], "level": "INFO"},
    # A stranger's faults are in our line of each request, and nothing for people to act on.
    "django.request": {"level": "ERROR", "filters": ["without_keys", "without_outages"]},
    "django.security": {"level": "CRITICAL"},
    "django.security.csrf": {"level": "WARNING", "filters": ["without_keys"]},
    "environ": {"level": "WARNING"},
    "httpx": {"level": "WARNING"},
    "axes": {"level": "WARNING"},
    "google_genai": {"level": "WARNING"},
    "telegram": {"level": "WARNING"},
    # It writes answers that it cannot read in full, and they quote the lead.
    "telegram.request": {"level": "CRITICAL"},
    # Tasks have a line of ours (`crm.observed`): these quote arguments, results and errors.
    "celery.app.trace": {"level": "CRITICAL"},
    "celery.worker.strategy": {"level": "WARNING"},
    "celery.beat": {"level": "WARNING"},
}
