-- name: insert_chain
-- The year's chain, unless there is one.
insert into entropy_chains (year, anchor, root, length, per_day)
values (%(year)s, %(anchor)s, %(root)s, %(length)s, %(per_day)s)
on conflict (year) do nothing;

-- name: anchor
-- The published end of a year's chain, and how many links a day has.
select anchor, per_day from entropy_chains where year = %s;

-- name: chain
-- A year's chain with its secret root.
select anchor, root, length from entropy_chains where year = %s;

-- name: later_link
-- A draw of the year that has opened this link or a deeper one.
select d.draw_no from draws d, jsonb_array_elements(d.entropy) source
where d.status = 'drawn' and source ->> 'source' = 'chain' and (source ->> 'year')::int = %(year)s
  and (source ->> 'index')::int >= %(index)s
order by d.draw_date, d.sequence limit 1;

-- name: taken_link
-- The deepest link of a day that a list draw has been frozen with.
select max((source ->> 'index')::int) as index
from draws d, jsonb_array_elements(convert_from(d.frame, 'UTF8')::jsonb -> 'entropy') source
where d.draw_date = %(day)s and d.kind <> 'daily' and source ->> 'source' = 'chain';

-- name: list_link
-- The link of a frozen list draw.
select list_link(%s) as value;
