#!/bin/sh
# deploy/restore.sh NAME: puts a backup in the place of what is there. Without NAME: lists them.
set -eu
cd "$(dirname "$0")/.."

if [ $# != 1 ]; then
    docker compose run --rm --no-deps restore ls /backups
    echo "usage: deploy/restore.sh crm-YYYYMMDDTHHMMSSZ"
    exit 2
fi
printf 'This deletes the database and the files of this installation. Type %s to go on: ' "$1"
read -r answer
[ "$answer" = "$1" ] || exit 1

docker compose stop web worker beat backup
docker compose run --rm restore python manage.py restore "/backups/$1" --replace
# What the queue holds is about rows that are gone; the sweeps find what is due.
docker compose exec redis redis-cli FLUSHALL
docker compose up --detach
