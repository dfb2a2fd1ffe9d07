-- name: insert_chain
-- The year's chain, unless there is one.
insert into entropy_chains (year, anchor, root, length) values (%(year)s, %(anchor)s, %(root)s, %(length)s)
on conflict (year) do nothing;

-- name: anchor
-- The published end of a year's chain.
select anchor from entropy_chains where year = %s;

-- name: chain
-- A year's chain with its secret root.
select anchor, root, length from entropy_chains where year = %s;

-- name: later_link
-- A draw of the same year, for a later day, whose chain link is public.
select draw_no from draws
where status = 'drawn' and draw_date > %(day)s and extract(year from draw_date) = %(year)s
  and entropy @> '[{"source": "chain"}]'
order by draw_date limit 1;
