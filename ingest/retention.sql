-- name: mark
-- From which day on telemetry of a kind is kept; null where nothing was ever dropped.
select max(kept_from) filter (where relation = %(relation)s) as kept_from, max(kept_from) as closed_before
from retention_marks

-- name: set_mark
-- Telemetry before a day may be gone from now on.
insert into retention_marks (relation, kept_from) values (%(relation)s, %(day)s)
on conflict (relation) do update set kept_from = excluded.kept_from, set_at = excluded.set_at
where retention_marks.kept_from < excluded.kept_from

-- name: hold_marks
-- Waits for a roll-up in progress, which may be reading what is to go, and for writers that may rely on a mark.
lock table dirty_unit_days in share row exclusive mode

-- name: waiting
-- The first open day before a day with unit-days that wait for their roll-up, and how many wait on it.
select day, count(*) as units from dirty_unit_days
where day < %(before)s and day >= coalesce(%(since)s::date, '-infinity')
group by day order by day limit 1

-- name: trusting
-- Devices whose clock is believed further back than policy's rule for all.
select count(*) as rows from devices where settings ->> 'clock' = 'trust' and status = 'active'

-- name: first_day
-- The first day that was rolled up.
select min(day) as day from unit_days where readings > 0 or devices_heard > 0

-- name: earlier_reading
-- The first reading before a moment, where there is one.
select min(ts) as ts from readings where ts < %(before)s

-- name: never_rolled_up
-- The first day of a stretch with readings and without any roll-up.
select day::date as day
from generate_series(%(first)s::date::timestamp, %(last)s::date::timestamp, interval '1 day') as day
where not exists (select from unit_days u where u.day = day.day::date)
  and exists (select from readings r where r.ts >= day.day at time zone 'Asia/Shanghai'
              and r.ts < (day.day + interval '1 day') at time zone 'Asia/Shanghai')
order by day limit 1

-- name: mark_day
-- Mark a day for the units of all devices that have readings of it.
insert into dirty_unit_days (unit_id, day)
select distinct d.unit_id, %(day)s::date
from (select distinct device_id from readings where ts >= %(starts)s and ts < %(ends)s) heard
join devices d using (device_id)
order by 1
on conflict do nothing

-- name: rolled_up
-- How many readings the roll-ups of a stretch of days counted.
select coalesce(sum(readings), 0)::bigint as rows from unit_days where day >= %(first)s and day < %(before)s

-- name: chunks
-- Chunks of readings that end before a moment.
select count(*) as chunks, coalesce(sum(s.total_bytes), 0)::bigint as bytes
from timescaledb_information.chunks c
join chunks_detailed_size('public.readings') s using (chunk_schema, chunk_name)
where c.hypertable_schema = 'public' and c.hypertable_name = 'readings' and c.range_end <= %(before)s

-- name: chunk_days
-- The first moment of the first chunk of readings, and the last of the last that ends before a moment.
select min(range_start) as starts, max(range_end) as ends from timescaledb_information.chunks
where hypertable_schema = 'public' and hypertable_name = 'readings' and range_end <= %(before)s

-- name: drop_chunks
-- Drop the chunks of readings that end before a moment.
select telemetry_chunks_drop(%(before)s) as chunks

-- name: chunk_hours
-- The span that new chunks of readings have.
select (extract(epoch from time_interval) / 3600)::integer as hours from timescaledb_information.dimensions
where hypertable_schema = 'public' and hypertable_name = 'readings' and dimension_number = 1

-- name: set_chunk_hours
-- Give new chunks of readings another span.
select telemetry_chunk_interval(%(hours)s)

-- name: to_compress
-- Chunks of readings that are old enough and not compressed yet.
select count(*) as chunks from timescaledb_information.chunks
where hypertable_schema = 'public' and hypertable_name = 'readings' and range_end <= %(older)s and not is_compressed

-- name: compress_chunk
-- Compress the oldest chunk that is old enough and not compressed, or got rows since; null where there is none.
select telemetry_chunk_compress(%(older)s) as chunk

-- name: delete_readings
-- Readings of a window of time.
delete from readings where ts >= %(starts)s and ts < %(ends)s

-- name: count_states
-- States before a moment that a newer one of their device and key follows.
select count(*) as rows from states s
where s.ts < %(ends)s
  and exists (select from states n where n.device_id = s.device_id and n.key = s.key and n.ts > s.ts)

-- name: delete_states
-- Of a window of time, states that a newer one of their device and key follows.
delete from states s
where s.ts >= %(starts)s and s.ts < %(ends)s
  and exists (select from states n where n.device_id = s.device_id and n.key = s.key and n.ts > s.ts)

-- name: count_events
-- Events of these kinds before a moment; of kinds that last, but for the last of each point.
select count(*) as rows from events e
where e.ts < %(ends)s and e.kind = any (%(kinds)s::text[])
  and (e.kind <> all (%(lasting)s::text[])
       or exists (select from events n where n.device_id = e.device_id and n.kind = e.kind and n.point = e.point
                  and n.ts > e.ts))

-- name: delete_events
-- Of a window of time, events of these kinds; of kinds that last, but for the last of each point.
delete from events e
where e.ts >= %(starts)s and e.ts < %(ends)s and e.kind = any (%(kinds)s::text[])
  and (e.kind <> all (%(lasting)s::text[])
       or exists (select from events n where n.device_id = e.device_id and n.kind = e.kind and n.point = e.point
                  and n.ts > e.ts))

-- name: earliest
-- When the first of a kind of telemetry was, of those before a moment.
select case %(relation)s
           when 'readings' then (select min(ts) from readings where ts < %(before)s)
           when 'states' then (select min(ts) from states where ts < %(before)s)
           else (select min(ts) from events where ts < %(before)s)
       end as ts

-- name: refresh_time_indexes
-- Let the block ranges of the time indexes be told again from what is in them.
select telemetry_time_indexes_refresh()

-- name: count_quarantine
-- Payloads last received before a moment.
select count(*) as rows, coalesce(sum(size), 0)::bigint as bytes from quarantine where received_at < %(before)s

-- name: count_summary
-- Lines of the summary of quarantine before a day.
select count(*) as rows, count(*) * 400 as bytes from quarantine_summary where day < %(before)s

-- name: delete_summary
-- Lines of the summary of quarantine before a day.
delete from quarantine_summary where day < %(before)s
