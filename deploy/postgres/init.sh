#!/bin/sh
# Roles of a database: crm_owner owns the tables, migrates and saves them; crm_app is what web and
# workers join as: it reads and writes rows, under row-level security, and changes nothing else.
# Run by the image when it makes a new database, and again by hand whenever a password changes.
set -eu
: "${DB_OWNER_PASSWORD:?}" "${DB_APP_PASSWORD:?}"

# Passwords by \getenv: arguments of a command are seen by everybody on the machine.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv owner_password DB_OWNER_PASSWORD
\getenv app_password DB_APP_PASSWORD
BEGIN;
SELECT format('CREATE ROLE %I', role) FROM unnest(ARRAY['crm_owner', 'crm_app']) AS role
WHERE role NOT IN (SELECT rolname FROM pg_roles) \gexec
-- BYPASSRLS: migrations and backups see every broker's rows.
ALTER ROLE crm_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS
    PASSWORD :'owner_password';
ALTER ROLE crm_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'app_password';

-- Only a superuser may add what is not trusted; the migration finds it there.
CREATE EXTENSION IF NOT EXISTS vector;

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO crm_owner, crm_app', current_database()) \gexec
ALTER SCHEMA public OWNER TO crm_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO crm_app;
-- Of tables to come: whatever crm_owner makes.
ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO crm_app;
ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner IN SCHEMA public
    GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO crm_app;
COMMIT;
SQL
