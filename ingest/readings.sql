-- name: stage
-- A table of this session's own, so that rows of which some are there already can go in by COPY too.
create temp table if not exists stage_readings (
    device_id integer, metric_id smallint, ts timestamptz, value double precision, received_at timestamptz
) on commit delete rows

-- name: displaced
-- Taken off the stage: readings that go by the time of receipt and whose place is taken.
delete from stage_readings s using readings r
where s.ts = s.received_at and r.device_id = s.device_id and r.metric_id = s.metric_id and r.ts = s.ts
  and r.ts >= (select min(ts) from stage_readings)
returning s.device_id, s.metric_id, s.ts, s.value, s.received_at

-- name: take_staged
-- The staged readings that are not there yet.
insert into readings (device_id, metric_id, ts, value, received_at)
select device_id, metric_id, ts, value, received_at from stage_readings
on conflict (device_id, metric_id, ts) do nothing

-- name: contradicted
-- Staged readings whose place holds another value.
select s.device_id, d.vendor_code, d.device_no, s.metric_id, m.code as metric, s.ts, s.value, s.received_at,
       r.value as stored
from stage_readings s
join readings r on r.device_id = s.device_id and r.metric_id = s.metric_id and r.ts = s.ts
join metrics m on m.metric_id = s.metric_id
join devices d on d.device_id = s.device_id
where r.value <> s.value and r.ts >= %(earliest)s

-- name: clear_stage
-- One transaction may stage twice.
delete from stage_readings

-- name: add_one
-- One reading, if its place is free.
insert into readings (device_id, metric_id, ts, value, received_at)
values (%(device_id)s, %(metric_id)s, %(ts)s, %(value)s, %(received_at)s)
on conflict (device_id, metric_id, ts) do nothing

-- name: is_same
-- Whether a place holds this very reading.
select from readings
where device_id = %(device_id)s and metric_id = %(metric_id)s and ts = %(ts)s and value = %(value)s
  and received_at = %(received_at)s

-- name: seconds
-- Readings of devices and metrics within the seconds that begin then.
select distinct r.device_id, r.metric_id, asked.second, r.ts, r.value
from unnest(%(devices)b::integer[], %(metrics)b::smallint[], %(seconds)b::timestamptz[])
     as asked (device_id, metric_id, second)
join readings r on r.device_id = asked.device_id and r.metric_id = asked.metric_id
    and r.ts >= asked.second and r.ts < asked.second + interval '1 second'

-- name: add_placed
-- Readings at places that were found to be free.
insert into readings (device_id, metric_id, ts, value, received_at)
select * from unnest(%(devices)b::integer[], %(metrics)b::smallint[], %(times)b::timestamptz[],
                     %(values)b::double precision[], %(received)b::timestamptz[])
on conflict (device_id, metric_id, ts) do nothing
