"""Ends what was begun before, whenever it changes who may enter: a trigger of the database counts."""

from django.db import migrations

# The only writer of both columns: whoever changes who may enter, by whatever way, ends what was
# begun before. A row that was read earlier and is saved whole cannot turn the count back.
EPOCHS = """
CREATE OR REPLACE FUNCTION count_users_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.sessions_epoch := OLD.sessions_epoch + (
        (NEW.is_active, NEW.role, NEW.broker_id) IS DISTINCT FROM
        (OLD.is_active, OLD.role, OLD.broker_id)
    )::int;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER users_epoch BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION count_users_epoch();
CREATE OR REPLACE FUNCTION count_brokers_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.sessions_epoch := OLD.sessions_epoch + (NEW.is_active <> OLD.is_active)::int;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER brokers_epoch BEFORE UPDATE ON brokers
    FOR EACH ROW EXECUTE FUNCTION count_brokers_epoch();
"""
NO_EPOCHS = """
DROP TRIGGER brokers_epoch ON brokers;
DROP FUNCTION count_brokers_epoch();
DROP TRIGGER users_epoch ON users;
DROP FUNCTION count_users_epoch();
"""


class Migration(migrations.Migration):
    dependencies = [("brokers", "0001_initial")]

    operations = [migrations.RunSQL(EPOCHS, NO_EPOCHS)]
