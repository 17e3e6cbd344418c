"""What is logged of a request: never the unguessable part of its address."""

import logging
import re

from crm.connections import is_passing

# Who knows it may write to a broker's webhook, change a visit, read a calendar, or choose a password.
SECRET = re.compile(r"(/hooks/(?:voice/)?[\w-]+/|/visit/|/cal/|/password/[^/\s]+/)[^/\s]+")


class WithoutOutages(logging.Filter):
    """A database that is away is one line for each request, not a trace: the code is not at fault."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if is_passing(error) or getattr(record, "status_code", None) == 503:
            record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
        return True


class WithoutKeys(logging.Filter):
    """Masks the key in the address that Django's own loggers tell of."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = SECRET.sub(r"\1…", record.getMessage()), ()
        return True
