"""The approximate index: built over an empty table it knows no neighbourhoods, so it is rebuilt."""

from django.db import connection

from crm import rowsecurity
from knowledge.models import KnowledgeEntry

INDEX = "knowledge_base_embedding"
WORTH_IT = 2_000  # embedded entries; below, every search is exact
_LOCK = 7_368_001  # any number that nothing else locks


def refresh() -> bool:
    """Rebuild the index over what is there, without stopping anybody; False where it is not due.

    Not inside a transaction: PostgreSQL refuses to rebuild concurrently there. Only its owner may:
    where the application joins as another role, the owner's nightly run does it.
    """
    if not _is_ours():
        return False
    if KnowledgeEntry.objects.filter(embedding__isnull=False)[WORTH_IT:].exists():
        return _alone()
    return False


def _is_ours() -> bool:
    owned = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(%s)"
    with connection.cursor() as cursor:
        cursor.execute(owned, [INDEX])
        return bool(cursor.fetchone()[0])


def _alone() -> bool:
    # Told for whom it is, PostgreSQL would take the statement for part of a transaction.
    with rowsecurity.nobody(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return False
        try:
            cursor.execute(f"REINDEX INDEX CONCURRENTLY {INDEX}")
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return True
