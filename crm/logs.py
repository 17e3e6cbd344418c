"""What is logged of a request: never the unguessable part of its address."""

import logging
import re

# Who knows it may write to a broker's webhook, change a visit, read a calendar, or choose a password.
SECRET = re.compile(r"(/hooks/(?:voice/)?[\w-]+/|/visit/|/cal/|/password/[^/\s]+/)[^/\s]+")


class WithoutKeys(logging.Filter):
    """Masks the key in the address that Django's own loggers tell of."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = SECRET.sub(r"\1…", record.getMessage()), ()
        return True
