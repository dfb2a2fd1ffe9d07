-- Arrays go over as binary (%(name)b): escaping a thousand texts costs more than storing them.

-- name: add_events
-- Events that are not there yet; returns those that were new.
insert into events (device_id, ts, kind, point, active, detail, device_ts, received_at, source)
select device_id, ts, kind, point, active, detail::jsonb, device_ts, received_at, source
from unnest(%(devices)b::integer[], %(times)b::timestamptz[], %(kinds)b::text[], %(points)b::text[],
            %(active)b::boolean[], %(details)b::text[], %(device_times)s::timestamptz[],
            %(received)b::timestamptz[], %(sources)b::text[])
     as told (device_id, ts, kind, point, active, detail, device_ts, received_at, source)
on conflict (device_id, ts, kind, point, active) do nothing
returning device_id, ts, kind, point, active, received_at

-- name: standings
-- The conditions that hold at the points of devices, and those that ended after a time.
select p.device_id, p.kind, p.point, p.active, p.ts, p.since
from unnest(%(devices)b::integer[], %(earliest)b::timestamptz[]) as told (device_id, earliest)
join device_points p using (device_id)
where p.active or p.ts >= told.earliest

-- name: keep_points
-- The last known state of points.
insert into device_points (device_id, kind, point, active, ts, since)
select device_id, kind, point, active, ts, since
from unnest(%(devices)b::integer[], %(kinds)b::text[], %(points)b::text[], %(active)b::boolean[],
            %(times)b::timestamptz[], %(since)b::timestamptz[]) as told (device_id, kind, point, active, ts, since)
order by device_id, kind, point
on conflict (device_id, kind, point) do update
set active = excluded.active, ts = excluded.ts, since = excluded.since

-- name: keep_conditions
-- The conditions of devices, from their points; an open case knows best since when its condition holds.
update device_last l
set conditions = coalesce((
    select jsonb_object_agg(held.kind, held.since)
    from (select p.kind, min(coalesce(a.opened_at, p.since)) as since
          from device_points p
          left join alarms a on a.device_id = p.device_id and a.kind = p.kind and a.point = p.point
              and a.restored_at is null
          where p.device_id = l.device_id and p.active group by p.kind) as held), '{}')
where l.device_id = any (%(devices)b::integer[])

-- name: cases
-- Stored cases that have not ended before the first new event of their device, kind and point.
select a.alarm_id, a.device_id, a.kind, a.point, a.opened_at, a.received_at, a.last_at, a.restored_at
from unnest(%(devices)b::integer[], %(kinds)b::text[], %(points)b::text[], %(since)b::timestamptz[])
     as touched (device_id, kind, point, since)
join alarms a on a.device_id = touched.device_id and a.kind = touched.kind and a.point = touched.point
where a.restored_at is null or a.restored_at >= touched.since

-- name: marks
-- All events of devices, kinds and points, of each from a time on.
select asked.place::integer - 1 as place, e.ts, e.received_at, e.active
from unnest(%(devices)b::integer[], %(kinds)b::text[], %(points)b::text[], %(since)b::timestamptz[])
     with ordinality as asked (device_id, kind, point, since, place)
join events e on e.device_id = asked.device_id and e.kind = asked.kind and e.point = asked.point
where e.ts >= asked.since and e.ts >= %(earliest)s

-- name: last_before
-- The last event of devices, kinds and points before a time of each.
select asked.place::integer - 1 as place, e.ts, e.active
from unnest(%(devices)b::integer[], %(kinds)b::text[], %(points)b::text[], %(since)b::timestamptz[])
     with ordinality as asked (device_id, kind, point, since, place)
cross join lateral (
    select e.ts, e.active from events e
    where e.device_id = asked.device_id and e.kind = asked.kind and e.point = asked.point and e.ts < asked.since
    order by e.ts desc, e.received_at desc, e.active limit 1) e

-- name: open_cases
-- New cases; returns their numbers.
insert into alarms (device_id, unit_id, kind, point, opened_at, received_at, last_at, restored_at)
select * from unnest(%(devices)b::integer[], %(units)b::bigint[], %(kinds)b::text[], %(points)b::text[],
                     %(opened)b::timestamptz[], %(received)b::timestamptz[], %(last)b::timestamptz[],
                     %(restored)s::timestamptz[])
on conflict (device_id, kind, point, opened_at) do nothing
returning alarm_id, device_id, unit_id, kind, restored_at is null as open

-- name: change_cases
-- Cases that new events have widened, split or ended.
update alarms a
set opened_at = n.opened_at, received_at = n.received_at, last_at = n.last_at, restored_at = n.restored_at
from unnest(%(alarms)b::bigint[], %(opened)b::timestamptz[], %(received)b::timestamptz[], %(last)b::timestamptz[],
            %(restored)s::timestamptz[]) as n (alarm_id, opened_at, received_at, last_at, restored_at)
where a.alarm_id = n.alarm_id
returning a.alarm_id, a.device_id, a.unit_id, a.kind, a.restored_at is null as open

-- name: notify
-- Tell the pages, when this transaction commits.
select pg_notify('huoyan_alarm', payload) from unnest(%(payloads)b::text[]) as told (payload)
