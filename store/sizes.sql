-- name: tables
-- Every table with its rows as last estimated and its bytes on disk. Chunks and the extension's own tables lie elsewhere.
select c.relname as name, greatest(c.reltuples, 0)::bigint as rows, pg_table_size(c.oid) as table_bytes,
       pg_indexes_size(c.oid) as index_bytes
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
order by pg_total_relation_size(c.oid) desc, c.relname

-- name: hypertables
-- Tables that lie in chunks: all of their chunks together, also compressed ones.
select h.hypertable_name as name, approximate_row_count(('public.' || quote_ident(h.hypertable_name))::regclass) as rows,
       s.table_bytes + coalesce(s.toast_bytes, 0) as table_bytes, s.index_bytes,
       (select count(*) from timescaledb_information.chunks c
        where c.hypertable_schema = 'public' and c.hypertable_name = h.hypertable_name) as chunks,
       (select count(*) from timescaledb_information.chunks c
        where c.hypertable_schema = 'public' and c.hypertable_name = h.hypertable_name and c.is_compressed) as compressed
from timescaledb_information.hypertables h
cross join lateral hypertable_detailed_size(('public.' || quote_ident(h.hypertable_name))::regclass) s
where h.hypertable_schema = 'public'

-- name: database
-- What the whole database takes on disk.
select pg_database_size(current_database()) as bytes

-- name: note
-- Write down the sizes of a day; the last of a day stands.
insert into size_history (day, relation, rows, bytes)
select %(day)s, relation, rows, bytes
from unnest(%(relations)s::text[], %(rows)s::bigint[], %(bytes)s::bigint[]) as told (relation, rows, bytes)
on conflict (day, relation) do update set rows = excluded.rows, bytes = excluded.bytes

-- name: history
-- The database's size on the days that were noted, the newest first.
select day, bytes from size_history where relation = '' and day > %(day)s::date - %(days)s::integer and day <= %(day)s
order by day desc

-- name: forget
-- Sizes of long ago.
delete from size_history where day < %(day)s::date - 800
