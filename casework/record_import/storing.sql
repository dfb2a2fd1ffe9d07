-- name: towns
-- Which of some areas are towns.
select area_code as key from areas where area_code = any(%s) and level = 'town';

-- name: items
-- Which of some items the catalogue has, of whatever day.
select distinct item_code as key from inspection_items where item_code = any(%s);

-- name: size
-- How many rows a table had when it was looked at last.
select reltuples::float8 as rows from pg_class where oid = %s::regclass;
