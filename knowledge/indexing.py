"""The approximate index: built over an empty table it knows no neighbourhoods, so it is rebuilt."""

from django.db import connection

from crm import connections, rowsecurity
from knowledge.models import KnowledgeEntry

INDEX = "knowledge_base_embedding"
WORTH_IT = 2_000  # embedded entries; below, every search is exact
# Its owner may, and since PostgreSQL 17 whoever was given the right to maintain the table.
_MAY_REBUILD = """
    SELECT pg_has_role(relowner, 'USAGE')
        OR CASE WHEN current_setting('server_version_num')::int >= 170000
           THEN has_table_privilege('knowledge_base', 'MAINTAIN') ELSE false END
      FROM pg_class WHERE oid = to_regclass(%s)
"""
_BEING_REBUILT = """
    SELECT 1 FROM pg_stat_progress_create_index
     WHERE datname = current_database() AND relid = %s::regclass
"""


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
    with connection.cursor() as cursor:
        cursor.execute(_MAY_REBUILD, [INDEX])
        return bool(cursor.fetchone()[0])


def _alone() -> bool:
    """Two at the same moment would do it twice, one after the other: no harm, only work.

    So a look is enough. A lock would have to hang on the connection, which a pooler shares out.
    """
    # Told for whom it is, PostgreSQL would take REINDEX for part of a transaction.
    with rowsecurity.nobody(), connections.long_statements(), connection.cursor() as cursor:
        cursor.execute(_BEING_REBUILT, [KnowledgeEntry._meta.db_table])
        if cursor.fetchone():
            return False
        cursor.execute(f"REINDEX INDEX CONCURRENTLY {INDEX}")
    return True
