-- name: conditions
-- Stretches of a condition of a device, or at its points, that lasted longer than is allowed for its kind.
select d.unit_id, s.device_id, %(kind)s as kind, s.point, lower(s.span) as began,
       case when upper(s.span) <= %(as_of)s then upper(s.span) end as ended,
       d.vendor_code, d.device_no, d.kind as device_kind, d.location
from (
    select device_id, point, unnest(range_agg(tstzrange(began, coalesce(ended, 'infinity')))) as span
    from (
        select e.device_id, e.point, e.active, e.ts as began,
               lead(e.ts) over (partition by e.device_id, e.point order by e.ts, e.active desc) as ended
        from events e
        -- The literals are those of the index events_conditions.
        where e.kind in ('shielded', 'manual_mode', 'system_off', 'offline') and e.kind = %(kind)s
          and e.ts <= %(as_of)s
    ) told
    where active and coalesce(ended, 'infinity') > began
    group by device_id, point
) s
join devices d using (device_id)
join units u using (unit_id)
where d.status = 'active' and u.status = 'active' and upper(s.span) > %(since)s
  and least(upper(s.span), %(as_of)s) - lower(s.span) > interval '1 hour' * coalesce(
      (%(hours)s::jsonb ->> d.kind)::float8, (%(hours)s::jsonb ->> 'default')::float8)
order by s.device_id, s.point, 5

-- name: faults
-- Fault cases that lasted longer than is allowed for the kind of device; a case that was a test is none.
select a.unit_id, a.device_id, a.kind, a.point, a.opened_at as began,
       case when a.restored_at <= %(as_of)s then a.restored_at end as ended, a.alarm_id,
       d.vendor_code, d.device_no, d.kind as device_kind, d.location
from alarms a
join devices d using (device_id)
join units u on u.unit_id = a.unit_id
where a.kind = any (%(kinds)s::text[]) and a.opened_at <= %(as_of)s
  and (a.restored_at is null or a.restored_at > %(since)s)
  and not (coalesce(a.verdict = 'test', false) and coalesce(a.verdict_at, a.opened_at) <= %(as_of)s)
  and d.status = 'active' and u.status = 'active'
  and least(coalesce(a.restored_at, 'infinity'), %(as_of)s) - a.opened_at > interval '1 hour' * coalesce(
      (%(hours)s::jsonb ->> d.kind)::float8, (%(hours)s::jsonb ->> 'default')::float8)
order by a.device_id, a.opened_at, a.kind, a.point

-- name: unhandled
-- Alarms that a person confirmed and that for too long were neither restored, nor followed by a fire on record or a
-- visit.
select a.alarm_id, a.unit_id, a.device_id, a.kind, a.point, a.opened_at, a.verdict_at, a.verdict_by,
       case when h.handled_at <= %(as_of)s then h.handled_at end as handled_at,
       d.vendor_code, d.device_no, d.kind as device_kind, d.location
from alarms a
join devices d using (device_id)
join units u on u.unit_id = a.unit_id
cross join lateral (
    select least(a.restored_at,
        (select min(i.started_at) from inspections i
         where i.unit_id = a.unit_id and i.status = 'done' and i.started_at >= a.opened_at),
        -- greatest passes over null, and a unit without a fire has handled nothing.
        (select case when min(f.occurred_at) is not null then greatest(min(f.occurred_at), a.opened_at) end from fires f
         where f.unit_id = a.unit_id and f.occurred_at between a.opened_at - interval '1 hour'
               and a.opened_at + interval '24 hours')) as handled_at
) h
where a.verdict = 'confirmed' and a.verdict_rule is null and a.verdict_at <= %(as_of)s
  and a.kind = any (%(kinds)s::text[]) and a.opened_at > %(since)s and a.opened_at <= %(as_of)s
  and u.status = 'active'
  and least(coalesce(h.handled_at, 'infinity'), %(as_of)s) - a.verdict_at >
      interval '1 hour' * (%(hours)s::jsonb ->> 'default')::float8
order by a.alarm_id

-- name: false_alarms
-- Units and legal days with more false alarms than a day may have, by the verdicts given by the moment.
select a.unit_id, legal_day(a.opened_at) as day, count(*) as alarms,
       count(*) filter (where a.verdict_rule is not null) as by_rule,
       array_agg(a.alarm_id order by a.opened_at, a.alarm_id) as alarm_ids,
       jsonb_agg(distinct jsonb_build_object('device_id', d.device_id, 'vendor_code', d.vendor_code,
           'device_no', d.device_no, 'device_kind', d.kind, 'location', d.location)) as devices
from alarms a
join devices d using (device_id)
join units u on u.unit_id = a.unit_id
where a.kind = any (%(kinds)s::text[]) and a.opened_at >= %(since)s and a.opened_at <= %(as_of)s
  and a.verdict = 'false' and coalesce(a.verdict_at, a.opened_at) <= %(as_of)s and u.status = 'active'
group by a.unit_id, legal_day(a.opened_at)
having count(*) > %(more_than)s
order by 1, 2

-- name: pressure
-- Runs of pressure readings out of range, without one in range or a long silence between them. The limits are those of
-- the roll-up: the device's own, else those of the unit's kind and height.
with asked as (
    select unit_id from unit_days where day >= %(first_day)s and pressure_out > 0
    union
    select unit_id from findings where rule = 'pressure_out' and (ended_at is null or ended_at > %(since)s)
), carriers as (
    select d.device_id, d.unit_id, d.vendor_code, d.device_no, d.kind as device_kind, d.location,
           case when jsonb_typeof(d.settings -> 'low') = 'number' and d.kind = 'water_pressure'
                then (d.settings ->> 'low')::float8 else l.mpa end as low,
           case when jsonb_typeof(d.settings -> 'high') = 'number' and d.kind = 'water_pressure'
                then (d.settings ->> 'high')::float8 else %(pressure_high)s end as high
    from asked
    join units u using (unit_id)
    join devices d using (unit_id)
    left join lateral (
        select r.mpa
        from unnest(%(low_kinds)s::text[], %(low_heights)s::float8[], %(low_mpa)s::float8[])
             with ordinality r(kinds, height, mpa, place)
        where (r.kinds = '' or u.kind = any(string_to_array(r.kinds, ','))) and coalesce(u.height_m, 0) > r.height
        order by r.place limit 1
    ) l on true
    where d.status = 'active' and u.status = 'active'
), measured as (
    select r.device_id, r.ts, r.value, r.value < c.low or r.value > c.high as is_out,
           lag(r.ts) over w as before, lead(r.ts) over w is null as is_newest
    from carriers c
    cross join lateral (
        select r.device_id, r.ts, r.value from readings r
        where r.device_id = c.device_id and r.ts > %(since)s and r.ts <= %(as_of)s
          and r.metric_id = (select metric_id from metrics where code = 'water_pressure')
    ) r
    window w as (partition by r.device_id order by r.ts)
), islands as (
    select *, count(*) filter (where is_out is not true or ts - before > %(gap)s::interval)
              over (partition by device_id order by ts) as island
    from measured
), runs as (
    select device_id, island, min(ts) as began, max(ts) as last, count(*) as readings, min(value) as least,
           max(value) as most, bool_or(is_newest) as newest
    from islands where is_out group by device_id, island
)
select c.unit_id, c.device_id, c.vendor_code, c.device_no, c.device_kind, c.location, c.low, c.high, r.began, r.last,
       r.readings, r.least, r.most, r.newest
from runs r join carriers c using (device_id)
where r.last - r.began > interval '1 hour' * (%(hours)s::jsonb ->> 'default')::float8 and r.readings >= %(readings)s
order by c.device_id, r.began

-- name: leakage
-- Days on which a device measured residual current over the limit.
with asked as (
    select unit_id from unit_days where day >= %(first_day)s and leakage_over > 0
    union
    select unit_id from findings where rule = 'leakage_over' and (ended_at is null or ended_at > %(since)s)
)
select d.unit_id, d.device_id, d.vendor_code, d.device_no, d.kind as device_kind, d.location, o.*
from asked
join units u using (unit_id)
join devices d using (unit_id)
cross join lateral (
    select legal_day(r.ts) as day, count(*) as readings, max(r.value) as most, min(r.ts) as first, max(r.ts) as last
    from readings r
    where r.device_id = d.device_id and r.ts > %(since)s and r.ts <= %(as_of)s and r.value >= %(leakage_over)s
      and r.metric_id = (select metric_id from metrics where code = 'residual_current')
    group by 1
) o
where d.status = 'active' and u.status = 'active'
order by d.device_id, o.day

-- name: has_duty_checks
-- Whether this schema keeps duty checks.
select to_regclass('gbt_requests') is not null as there

-- name: duty
-- Duty checks that nobody answered in time.
select r.unit_id, r.device_id, r.request_id, r.asked_at, r.ended_at, d.vendor_code, d.device_no,
       d.kind as device_kind, d.location
from gbt_requests r
join devices d using (device_id)
join units u on u.unit_id = r.unit_id
where r.kind = 'duty_check' and r.state = 'unanswered' and r.ended_at <= %(as_of)s and r.ended_at > %(since)s
  and d.status = 'active' and u.status = 'active'
order by r.unit_id, r.asked_at, r.request_id
