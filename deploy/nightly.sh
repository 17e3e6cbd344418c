#!/bin/sh
# The backup service: every night at BACKUP_AT (UTC) what only the owner of the tables may do.
set -eu

night() {
    # A server that is away now may be back in a quarter of an hour.
    until python manage.py backup --keep "${BACKUP_KEEP:-14}"; do sleep 900; done
    python manage.py shell --verbosity 0 --command \
        "from knowledge import indexing; indexing.refresh()" || echo "The index was not rebuilt."
}

# A new installation does not wait for its first night.
ls "$BACKUPS_ROOT"/crm-*/manifest.json > /dev/null 2>&1 || night
while :; do
    now=$(date -u +%s)
    next=$(date -u -d "${BACKUP_AT:-03:30}" +%s)
    [ "$next" -gt "$now" ] || next=$((next + 86400))
    sleep $((next - now))
    night
done
