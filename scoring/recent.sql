-- name: visits_about
-- How many visits the record has, as the statistics of the table say.
select greatest(max(reltuples), 0)::bigint as visits from pg_class where oid = 'inspections'::regclass
