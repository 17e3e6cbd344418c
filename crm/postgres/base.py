"""The backend that settings name: ``crm.postgres``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from crm import rowsecurity
from crm.postgres.cursors import Connection, Cursor, ServerSideCursor


def _psycopg() -> ModuleType:
    """psycopg as Django uses it, whose ``connect`` makes connections of ours."""
    module = ModuleType("psycopg")
    module.__dict__.update(vars(psycopg), connect=Connection.connect)
    return module


class DatabaseWrapper(base.DatabaseWrapper):
    Database = _psycopg()

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "cursor_factory": Cursor}

    def create_cursor(self, name: str | None = None) -> Any:
        if name is None:
            return super().create_cursor()
        kind: Any = ServerSideCursor
        return kind(
            self.connection, name=name, scrollable=False, withhold=self.connection.autocommit
        )

    def on_commit(self, func: Callable[[], object], robust: bool = False) -> None:
        """What waits for the commit runs for the tenant for whom it was asked."""
        super().on_commit(rowsecurity.kept(func), robust)

    @contextmanager
    def _nodb_cursor(self) -> Iterator[Any]:
        """Databases are made and dropped by their owner."""
        owner = type(self)(
            {**self.settings_dict, **settings.DATABASE_OWNER, "NAME": None}, NO_DB_ALIAS
        )
        try:
            with owner.cursor() as cursor:
                yield cursor
        finally:
            owner.close()

    @contextmanager
    def as_owner(self) -> Iterator[None]:
        """Within it the connection is the owner's of the tables, for migrations."""
        own = self.settings_dict
        self.close()
        self.settings_dict = {**own, **settings.DATABASE_OWNER, "NAME": own["NAME"]}
        try:
            yield
        finally:
            self.close()
            self.settings_dict = own
