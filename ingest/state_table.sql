-- Arrays go over as binary (%(name)b): escaping a thousand texts costs more than storing them.

-- name: add_states
-- States whose place is free; returns the places of those that are new.
insert into states (device_id, key, ts, value, received_at)
select * from unnest(%(devices)b::integer[], %(keys)b::text[], %(times)b::timestamptz[], %(values)b::text[],
                     %(received)b::timestamptz[])
on conflict (device_id, key, ts) do nothing
returning device_id, key, ts

-- name: standing
-- The states that stand within spans of time; spans that overlap are asked for once.
with asked as (
    select device_id, key, unnest(range_agg(tstzrange(begins, ends))) as span
    from unnest(%(devices)b::integer[], %(keys)b::text[], %(begins)b::timestamptz[], %(ends)b::timestamptz[])
         as told (device_id, key, begins, ends)
    group by device_id, key
)
select s.device_id, s.key, s.ts, s.value, s.received_at
from asked join states s using (device_id, key)
where s.ts >= lower(asked.span) and s.ts < upper(asked.span)
