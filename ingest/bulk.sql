-- name: metric_ids
-- The number of each metric, made where it is new.
with asked as (select unnest(%(codes)s::text[]) as code),
made as (
    insert into metrics (code) select code from asked where code not in (select code from metrics)
    on conflict (code) do nothing returning metric_id, code
)
select metric_id, code from made
union
select metrics.metric_id, metrics.code from metrics join asked using (code)

-- name: readings_empty
-- Whether no reading was ever stored.
select not exists (select from readings) as empty

-- name: drop_readings_key
-- Let the key go while a long history is loaded into an empty table: it is built once, not row by row.
alter table readings drop constraint readings_key

-- name: restore_readings_key
-- Build the key again; it fails, and with it the whole load, where a reading came twice.
alter table readings add constraint readings_key unique (device_id, metric_id, ts)

-- name: last_values
-- The last report of every device becomes its last state.
insert into device_last (device_id, last_ts, last_received_at, online, online_since)
select device_id, max(ts), max(received_at), true, max(received_at)
from readings where ts >= %(since)s
group by device_id
on conflict (device_id) do nothing

-- name: last_conditions
-- Conditions that still last are part of the last state.
update device_last set conditions = open.conditions
from (select device_id, jsonb_object_agg(kind, to_char(opened_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) as conditions
      from alarms where restored_at is null group by device_id) open
where open.device_id = device_last.device_id

-- name: last_points
-- The points at which conditions still last, so that a later report is known as their restore.
insert into device_points (device_id, kind, point, active, ts, since)
select device_id, kind, point, true, max(last_at), min(opened_at) from alarms where restored_at is null
group by device_id, kind, point
on conflict do nothing

-- name: mark_days
-- Every day of a period waits for its roll-up, for every unit that has a device.
insert into dirty_unit_days (unit_id, day)
select units.unit_id, day::date
from (select distinct unit_id from devices) units,
     generate_series(%(first)s::date, %(last)s::date, interval '1 day') day
on conflict do nothing

-- name: device_keys
-- The numbers that stand for each device and its unit.
select vendor_code, device_no, device_id, unit_id from devices
