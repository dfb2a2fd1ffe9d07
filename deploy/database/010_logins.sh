#!/bin/sh
# Runs once, when the database is made: a login for each process, a member of the group that the schema grants to.
set -eu

psql --set ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set ingest="$INGEST_DATABASE_PASSWORD" \
    --set scheduler="$SCHEDULER_DATABASE_PASSWORD" \
    --set api="$API_DATABASE_PASSWORD" \
    --set broker="$BROKER_DATABASE_PASSWORD" <<'SQL'
-- The groups; the schema's migration grants to them, and makes those that are missing.
create role huoyan_ingest nologin;
create role huoyan_scheduler nologin;
create role huoyan_api nologin;
create role huoyan_broker nologin;

create role huoyan_ingest_login login in role huoyan_ingest password :'ingest';
create role huoyan_scheduler_login login in role huoyan_scheduler password :'scheduler';
create role huoyan_api_login login in role huoyan_api password :'api';
create role huoyan_broker_login login in role huoyan_broker password :'broker';

-- Nobody but these and the owner, and nobody makes tables of their own.
revoke all on database :"DBNAME" from public;
grant connect, temporary on database :"DBNAME" to huoyan_ingest, huoyan_scheduler, huoyan_api,
    huoyan_broker;
revoke create on schema public from public;
SQL
