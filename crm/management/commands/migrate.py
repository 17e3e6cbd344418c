"""`manage.py migrate`: as the owner of the tables, who sees all rows; then the second wall is laid."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections, transaction

from crm import rowsecurity
from crm.postgres import policies


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection: Any = connections[options["database"]]
        with connection.as_owner(), rowsecurity.across("migration"):
            super().handle(*args, **options)
            if options["plan"] or options["check_unapplied"]:
                return
            with transaction.atomic(connection.alias), connection.cursor() as cursor:
                policies.lay(cursor)
                policies.grant(cursor)
                policies.trust_text_search(cursor)
