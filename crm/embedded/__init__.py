"""PostgreSQL with pgvector and Redis for a machine that has neither, started as our children."""

from crm.embedded.errors import EmbeddedError
from crm.embedded.runfile import running_urls
from crm.embedded.servers import Servers, throw_away

__all__ = ["EmbeddedError", "Servers", "running_urls", "throw_away"]
