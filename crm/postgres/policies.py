"""The policies that make PostgreSQL show a broker's rows to that broker, laid on after each migration.

Every table with a ``broker_id`` is covered because it has one: a new one is the day it is made.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from django.conf import settings

# Tables without a broker of their own and without a policy, each with the reason why.
OPEN = {
    "periodic_runs": "the product's own sweeps",
    "file_removals": "names of files, which tell nothing of whose they were",
    "django_migrations": "the product's own tables",
    "django_content_type": "names of models",
    "auth_permission": "names of rights",
    "auth_group": "not used: roles take its place",
    "auth_group_permissions": "not used: roles take its place",
    "django_session": "found by its unguessable key, before anybody is known; holds a user's id",
    "sign_ins": "found by an unguessable key, before anybody is known",
    "known_addresses": "asked while somebody signs in; holds users' ids and addresses",
    "axes_accessattempt": "counts guesses at e-mails that may be nobody's",
    "axes_accessattemptexpiration": "counts guesses at e-mails that may be nobody's",
    "axes_accessfailurelog": "not written",
    "axes_accesslog": "not written",
}

Policies = dict[str, tuple[str, str]]  # by name: for which commands, and which rows

# A star fits no number: it is compared as text, and never cast.
_ANYBODY = "(SELECT current_setting('crm.tenant', true) = '*')"
_BROKER = "(SELECT CASE WHEN current_setting('crm.tenant', true) ~ '^[0-9]+$'" + (
    " THEN current_setting('crm.tenant', true)::bigint END)"
)


def _owned(column: str) -> str:
    return f"{column} = {_BROKER} OR {_ANYBODY}"


def _of_users(column: str) -> str:
    return (
        f"{_ANYBODY} OR EXISTS (SELECT 1 FROM users"  # noqa: S608 - of our own names
        f" WHERE users.id = {column} AND users.broker_id = {_BROKER})"
    )


# Tables whose broker is found another way than by a broker_id of their own.
OTHERS = {
    "brokers": _owned("id"),
    "django_admin_log": _of_users("user_id"),
}
# Superadmins have no broker. Rows name them ("moved by"), so everybody with a broker may read who
# they are; nobody but themselves may write them.
NOBODYS = f"broker_id IS NULL AND {_BROKER} IS NOT NULL"
# By table, the name of the policy that lets every broker read the rows that have none. Of users they
# are the superadmins; of figures the installation's, for brokers without one of their own.
READ_BY_ALL = {"users": "superadmins", "figures": "shared"}

FIND = """
SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
    EXISTS (SELECT 1 FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'broker_id' AND NOT a.attisdropped),
    (SELECT string_agg(obj_description(p.oid, 'pg_policy'), ' ' ORDER BY p.polname)
        FROM pg_policy p WHERE p.polrelid = c.oid)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
ORDER BY c.relname
"""


def expected(table: str, *, has_broker: bool) -> Policies:
    """The policies of a table by name: for which commands, and which rows."""
    if table not in OTHERS and not has_broker:
        return {}
    found = {"tenant": ("ALL", OTHERS.get(table) or _owned("broker_id"))}
    if table in READ_BY_ALL:
        found[READ_BY_ALL[table]] = ("SELECT", NOBODYS)
    return found


def lay(cursor: Any) -> list[str]:
    """Lays what is missing or changed; what stands is not locked. Answers the tables it touched."""
    missing = dict(_unguarded(cursor))
    for table, policies in missing.items():
        _guard(cursor, table, policies)
    return list(missing)


def _unguarded(cursor: Any) -> Iterator[tuple[str, Policies]]:
    cursor.execute(FIND)
    for table, forced, has_broker, known in cursor.fetchall():
        policies = expected(table, has_broker=has_broker)
        versions = " ".join(_version(*policies[name]) for name in sorted(policies))
        if policies and (not forced or known != versions):
            yield table, policies


def _version(command: str, rows: str) -> str:
    return hashlib.sha256(f"{command} {rows}".encode()).hexdigest()[:12]


def _guard(cursor: Any, table: str, policies: Policies) -> None:
    cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    for name, (command, rows) in policies.items():
        cursor.execute(f'DROP POLICY IF EXISTS "{name}" ON "{table}"')
        cursor.execute(f'CREATE POLICY "{name}" ON "{table}" FOR {command} USING ({rows})')
        cursor.execute(f'COMMENT ON POLICY "{name}" ON "{table}" IS \'{_version(command, rows)}\'')


def hold(cursor: Any) -> bool:
    """Whether every table is guarded as it should be, also from the role that asks."""
    cursor.execute(
        "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user"
    )
    return bool(cursor.fetchone()[0]) and not list(_unguarded(cursor))


def trust_text_search(cursor: Any) -> None:
    """Lets the full-text index serve guarded tables, where the owner is a superuser, who alone may.

    PostgreSQL asks a condition before the policy only if it cannot tell what it saw; matching words
    raises no errors that quote them. Elsewhere one broker's entries are looked through one by one.
    """
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cursor.fetchone()[0]:
        cursor.execute("ALTER FUNCTION pg_catalog.ts_match_vq(tsvector, tsquery) LEAKPROOF")


def grant(cursor: Any) -> None:
    """What the application's role needs, where it is not the owner itself."""
    role = settings.DATABASES["default"]["USER"]
    cursor.execute("SELECT current_user = %s OR NOT EXISTS"
        " (SELECT 1 FROM pg_roles WHERE rolname = %s)", [role, role])  # fmt: skip
    if cursor.fetchone()[0]:
        return
    name = '"' + role.replace('"', '""') + '"'
    for what, on in (
        ("USAGE", "SCHEMA"),
        ("SELECT, INSERT, UPDATE, DELETE", "ALL TABLES IN SCHEMA"),
        ("USAGE, SELECT, UPDATE", "ALL SEQUENCES IN SCHEMA"),
    ):
        cursor.execute(f"GRANT {what} ON {on} public TO {name}")
    cursor.execute("SELECT current_setting('server_version_num')::int >= 170000")
    if cursor.fetchone()[0]:  # the right to rebuild an index; before, its owner alone has it
        cursor.execute(f"GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO {name}")
