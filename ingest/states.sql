-- Arrays go over as binary (%(name)b): escaping a thousand texts costs more than storing them.

-- name: add
-- States whose place is free.
insert into states (device_id, key, ts, value, received_at)
select * from unnest(%(devices)b::integer[], %(keys)b::text[], %(times)b::timestamptz[], %(values)b::text[],
                     %(received)b::timestamptz[])
on conflict (device_id, key, ts) do nothing

-- name: displaced
-- Which of these have another text in their place, in the order in which they came.
select asked.place::integer as place
from unnest(%(devices)b::integer[], %(keys)b::text[], %(times)b::timestamptz[], %(values)b::text[],
            %(received)b::timestamptz[])
     with ordinality as asked (device_id, key, ts, value, received_at, place)
join states s using (device_id, key, ts)
where s.value <> asked.value
order by asked.place

-- name: add_one
-- A state, if its place is free.
insert into states (device_id, key, ts, value, received_at)
values (%(device)s, %(key)s, %(ts)s, %(value)s, %(received)s)
on conflict (device_id, key, ts) do nothing

-- name: is_same
-- Whether a state stands there.
select from states where (device_id, key, ts, value) = (%(device)s, %(key)s, %(ts)s, %(value)s)
