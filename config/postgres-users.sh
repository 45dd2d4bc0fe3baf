#!/bin/sh
# Run once by the postgres image, on an empty volume, before any migration: a user for each service, who is a member of
# its group role (sql/6_roles.sql says what that one may do). Passwords come from the environment.
set -eu

make_user() {
  psql -v ON_ERROR_STOP=1 -v user="$1" -v role="bourse_$1" -v password="$2" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
create role :"role" nologin;
create role :"user" login password :'password' in role :"role";
SQL
}

# A standby (config/postgres-standby.sh) may follow, from the containers' own networks.
echo "host replication all samenet scram-sha-256" >>"$PGDATA/pg_hba.conf"

make_user order_handler "$ORDER_HANDLER_PASSWORD"
make_user order_processing "$ORDER_PROCESSING_PASSWORD"
make_user matching_engine "$MATCHING_ENGINE_PASSWORD"
make_user trade_processing "$TRADE_PROCESSING_PASSWORD"
make_user market_data_notifier "$MARKET_DATA_NOTIFIER_PASSWORD"
make_user reconciliation "$RECONCILIATION_PASSWORD"
make_user gateway "$GATEWAY_PASSWORD"
make_user back_office "$BACK_OFFICE_PASSWORD"
make_user operator "$OPERATOR_PASSWORD"

# What standbys lack is told to whoever monitors.
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -c "grant pg_monitor to reconciliation"
