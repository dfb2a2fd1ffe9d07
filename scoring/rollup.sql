-- name: lock_marks
-- Waits for writers that may rely on a mark that still stands, and holds new ones until the roll-up has committed.
lock table dirty_unit_days in share row exclusive mode

-- name: room_to_work
-- A stretch of days is sorted in memory, not on disk, for this transaction alone.
set local work_mem = '64MB'

-- name: mark_silent
-- Units that have devices but no row for the days: silence too must be seen.
insert into dirty_unit_days (unit_id, day)
select u.unit_id, d.day::date
from (select distinct unit_id from devices where status = 'active') u,
     generate_series(%(first)s::date::timestamp, %(last)s::date::timestamp, interval '1 day') d(day)
where not exists (select from unit_days x where x.unit_id = u.unit_id and x.day = d.day::date)
order by 1, 2
on conflict do nothing

-- name: mark_unit_days
-- Mark days of one unit.
insert into dirty_unit_days (unit_id, day)
select %(unit)s, d::date from generate_series(%(first)s::date::timestamp, %(last)s::date::timestamp, interval '1 day') d
on conflict do nothing

-- name: waiting
-- How many unit-days wait on each day before the day of the run.
select day, count(*) as units from dirty_unit_days where day < %(before)s group by day order by day

-- name: analyze
-- Fresh figures for the planner.
analyze readings, events, states, alarms, devices, units

-- name: take
-- The marked unit-days of a stretch of days, with the moments at which each begins and ends.
create temp table taken on commit drop as
with gone as (
    delete from dirty_unit_days where day between %(first)s and %(last)s returning unit_id, day
)
select unit_id, day, day::timestamp at time zone 'Asia/Shanghai' as starts,
       (day + 1)::timestamp at time zone 'Asia/Shanghai' as ends
from gone

-- name: index_taken
-- So that a day's numbers find their row.
create index on taken (unit_id, day)

-- name: carriers
-- Devices of the units taken, with the limits that hold for each: its own, else those of the unit's kind and height.
create temp table carriers on commit drop as
select d.device_id, d.unit_id, d.kind, d.installed_on, d.status,
       case when jsonb_typeof(d.settings -> 'low') = 'number' and d.kind = 'water_pressure'
            then (d.settings ->> 'low')::float8 else l.mpa end as low,
       case when jsonb_typeof(d.settings -> 'high') = 'number' and d.kind = 'water_pressure'
            then (d.settings ->> 'high')::float8 else %(pressure_high)s end as high
from devices d
join units u using (unit_id)
left join lateral (
    select r.mpa
    from unnest(%(low_kinds)s::text[], %(low_heights)s::float8[], %(low_mpa)s::float8[])
         with ordinality r(kinds, height, mpa, place)
    where (r.kinds = '' or u.kind = any(string_to_array(r.kinds, ','))) and coalesce(u.height_m, 0) > r.height
    order by r.place limit 1
) l on true
where d.unit_id in (select unit_id from taken)

-- name: measured
-- What each device measured on each day.
create temp table measured on commit drop as
select r.device_id, legal_day(r.ts) as day, count(*) as readings,
       count(*) filter (where r.metric_id = %(pressure)s) as pressure_readings,
       count(*) filter (where r.metric_id = %(pressure)s and (r.value < c.low or r.value > c.high)) as pressure_out,
       count(*) filter (where r.metric_id = %(leakage)s) as leakage_readings,
       count(*) filter (where r.metric_id = %(leakage)s and r.value >= %(leakage_over)s) as leakage_over,
       count(*) filter (where r.metric_id = %(cable)s) as cable_readings,
       count(*) filter (where r.metric_id = %(cable)s and r.value >= %(cable_over)s) as cable_over,
       coalesce(bool_or(r.metric_id = %(battery)s and r.value < %(battery_low)s), false) as battery_low
from readings r join carriers c using (device_id)
where r.ts >= %(starts)s and r.ts < %(ends)s
group by r.device_id, legal_day(r.ts)

-- name: heard
-- Days on which a device said anything at all. That it was found offline is not its own word.
create temp table heard on commit drop as
select device_id, day from measured
union
select e.device_id, legal_day(e.ts) from events e join carriers c using (device_id)
where e.ts >= %(starts)s and e.ts < %(ends)s and e.kind <> 'offline'
union
select s.device_id, legal_day(s.ts) from states s join carriers c using (device_id)
where s.ts >= %(starts)s and s.ts < %(ends)s

-- name: conditions
-- Stretches during which a condition lasted, or a fault case was open; one without an end is open.
create temp table conditions on commit drop as
select unit_id, device_id, kind, began, ended
from (
    select c.unit_id, e.device_id, e.kind, e.active, e.ts as began,
           lead(e.ts) over (partition by e.device_id, e.kind, e.point order by e.ts, e.active desc) as ended
    from events e join carriers c using (device_id)
    where e.kind in ('shielded', 'manual_mode', 'system_off', 'offline') and e.ts < %(ends)s
) e
where active and coalesce(ended, 'infinity') > %(starts)s
union all
select a.unit_id, a.device_id, 'fault', a.opened_at, a.restored_at
from alarms a
where a.kind = any(%(fault_kinds)s) and a.opened_at < %(ends)s and coalesce(a.restored_at, 'infinity') > %(starts)s
  and a.unit_id in (select unit_id from taken) and a.verdict is distinct from 'test'

-- name: hours
-- Hours of each unit-day with at least one such condition; offline hours of each device-day.
create temp table hours on commit drop as
select unit_id, day, device_id, kind, extract(epoch from sum(upper(span) - lower(span))) / 3600.0 as hours
from (
    select t.unit_id, t.day, case when c.kind = 'offline' then c.device_id end as device_id, c.kind,
           range_agg(tstzrange(greatest(c.began, t.starts), least(coalesce(c.ended, 'infinity'), t.ends))) as spans
    from taken t join conditions c
      on c.unit_id = t.unit_id and c.began < t.ends and coalesce(c.ended, 'infinity') > t.starts
    group by 1, 2, 3, 4
) joined, unnest(spans) span
group by unit_id, day, device_id, kind

-- name: later_days
-- A condition that is learnt of late changes the days after its own that were rolled up before it was known.
insert into dirty_unit_days (unit_id, day)
select distinct x.unit_id, x.day
from events e
join carriers c using (device_id)
join unit_days x on x.unit_id = c.unit_id and x.day > legal_day(e.ts) and x.computed_at < e.received_at
where e.ts >= %(starts)s and e.ts < %(ends)s and e.kind in ('shielded', 'manual_mode', 'system_off', 'offline')
  and not exists (select from taken t where t.unit_id = x.unit_id and t.day = x.day)
  and x.day > %(first)s and x.day < %(before)s and x.day >= coalesce(%(closed_before)s::date, '-infinity')
on conflict do nothing

-- name: closed_before
-- Telemetry of the days before may be gone.
select max(kept_from) as day from retention_marks

-- name: store
-- One row for each unit-day taken. A day whose telemetry may be gone is left to store_closed: it keeps the row it has,
-- and gets none it has not, since nobody could tell it from a day on which every device was silent.
insert into unit_days (unit_id, day, devices, devices_heard, readings, fire_alarms, alarms_confirmed, alarms_false,
    faults, fault_hours, shielded_hours, manual_hours, system_off_hours, offline_hours, pressure_readings, pressure_out,
    leakage_readings, leakage_over, cable_readings, cable_over, battery_low, computed_at)
select t.unit_id, t.day, coalesce(d.devices, 0), coalesce(d.devices_heard, 0), coalesce(d.readings, 0),
       coalesce(a.fire_alarms, 0), coalesce(a.confirmed, 0), coalesce(a.refuted, 0), coalesce(a.faults, 0),
       coalesce(h.fault, 0), coalesce(h.shielded, 0), coalesce(h.manual, 0), coalesce(h.system_off, 0),
       coalesce(d.offline_hours, 0), coalesce(d.pressure_readings, 0), coalesce(d.pressure_out, 0),
       coalesce(d.leakage_readings, 0), coalesce(d.leakage_over, 0), coalesce(d.cable_readings, 0),
       coalesce(d.cable_over, 0), coalesce(d.battery_low, 0), clock_timestamp()
from taken t
left join (
    select t.unit_id, t.day, count(*) as devices, count(s.device_id) as devices_heard,
           sum(m.readings) as readings, sum(m.pressure_readings) as pressure_readings,
           sum(m.pressure_out) as pressure_out, sum(m.leakage_readings) as leakage_readings,
           sum(m.leakage_over) as leakage_over, sum(m.cable_readings) as cable_readings,
           sum(m.cable_over) as cable_over, count(*) filter (where m.battery_low) as battery_low,
           sum(case when s.device_id is null and c.kind = any(%(silent_kinds)s) then 24
                    else coalesce(o.hours, 0) end) as offline_hours
    from taken t
    join carriers c using (unit_id)
    left join heard s on s.device_id = c.device_id and s.day = t.day
    left join measured m on m.device_id = c.device_id and m.day = t.day
    left join hours o on o.unit_id = t.unit_id and o.day = t.day and o.device_id = c.device_id and o.kind = 'offline'
    where s.device_id is not null
       or (c.status = 'active' and coalesce(c.installed_on, t.day) <= t.day)
    group by t.unit_id, t.day
) d using (unit_id, day)
left join (
    select unit_id, legal_day(opened_at) as day,
           count(*) filter (where kind = any(%(alarm_kinds)s) and verdict is distinct from 'test') as fire_alarms,
           count(*) filter (where kind = any(%(alarm_kinds)s) and verdict = 'confirmed') as confirmed,
           count(*) filter (where kind = any(%(alarm_kinds)s) and verdict = 'false') as refuted,
           count(*) filter (where kind = any(%(fault_kinds)s) and verdict is distinct from 'test') as faults
    from alarms
    where opened_at >= %(starts)s and opened_at < %(ends)s
    group by 1, 2
) a using (unit_id, day)
left join (
    select unit_id, day, sum(hours) filter (where kind = 'fault') as fault,
           sum(hours) filter (where kind = 'shielded') as shielded,
           sum(hours) filter (where kind = 'manual_mode') as manual,
           sum(hours) filter (where kind = 'system_off') as system_off
    from hours where device_id is null
    group by unit_id, day
) h using (unit_id, day)
where t.day >= coalesce(%(closed_before)s::date, '-infinity')
on conflict (unit_id, day) do update set devices = excluded.devices, devices_heard = excluded.devices_heard,
    readings = excluded.readings, fire_alarms = excluded.fire_alarms, alarms_confirmed = excluded.alarms_confirmed,
    alarms_false = excluded.alarms_false, faults = excluded.faults, fault_hours = excluded.fault_hours,
    shielded_hours = excluded.shielded_hours, manual_hours = excluded.manual_hours,
    system_off_hours = excluded.system_off_hours, offline_hours = excluded.offline_hours,
    pressure_readings = excluded.pressure_readings, pressure_out = excluded.pressure_out,
    leakage_readings = excluded.leakage_readings, leakage_over = excluded.leakage_over,
    cable_readings = excluded.cable_readings, cable_over = excluded.cable_over, battery_low = excluded.battery_low,
    computed_at = excluded.computed_at

-- name: store_closed
-- What rests on cases, of days whose telemetry may be gone.
update unit_days u
set fire_alarms = coalesce(a.fire_alarms, 0), alarms_confirmed = coalesce(a.confirmed, 0),
    alarms_false = coalesce(a.refuted, 0), faults = coalesce(a.faults, 0), fault_hours = coalesce(h.hours, 0),
    computed_at = clock_timestamp()
from taken t
left join (
    select unit_id, legal_day(opened_at) as day,
           count(*) filter (where kind = any(%(alarm_kinds)s) and verdict is distinct from 'test') as fire_alarms,
           count(*) filter (where kind = any(%(alarm_kinds)s) and verdict = 'confirmed') as confirmed,
           count(*) filter (where kind = any(%(alarm_kinds)s) and verdict = 'false') as refuted,
           count(*) filter (where kind = any(%(fault_kinds)s) and verdict is distinct from 'test') as faults
    from alarms
    where opened_at >= %(starts)s and opened_at < %(ends)s
    group by 1, 2
) a using (unit_id, day)
left join hours h on h.unit_id = t.unit_id and h.day = t.day and h.kind = 'fault' and h.device_id is null
where u.unit_id = t.unit_id and u.day = t.day and t.day < %(closed_before)s::date
