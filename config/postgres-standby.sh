#!/bin/sh
# The entry of the compose service postgres-standby: on an empty volume it copies the primary, then it follows it. A volume that has
# data is started as it is: a standby, or, once it was promoted, a primary.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  pg_basebackup --pgdata="$PGDATA" --write-recovery-conf --wal-method=stream --checkpoint=fast \
    --dbname="host=postgres user=bourse password=$POSTGRES_PASSWORD application_name=standby"
  chmod 700 "$PGDATA"
fi
exec docker-entrypoint.sh postgres "$@"
