-- name: silent
-- Online devices not heard for longer than is allowed for their kind, or for themselves; locked in one order.
select l.device_id, d.unit_id, l.last_received_at + allowed.silence as since
from device_last l
join devices d using (device_id)
cross join lateral (
    select coalesce(
        case when jsonb_typeof(d.settings -> 'offline_after_minutes') = 'number'
                  and (d.settings ->> 'offline_after_minutes')::numeric between 1 and 525600
             then (d.settings ->> 'offline_after_minutes')::numeric end,
        (%(minutes)s::jsonb ->> d.kind)::numeric,
        (%(minutes)s::jsonb ->> 'default')::numeric) * interval '1 minute' as silence) as allowed
where l.online and d.status = 'active' and l.last_received_at + allowed.silence < %(now)s
order by l.device_id
for update of l

-- name: mark_offline
-- Devices that have gone silent.
update device_last l set online = false, offline_since = gone.since
from unnest(%(devices)s::integer[], %(since)s::timestamptz[]) as gone (device_id, since)
where l.device_id = gone.device_id
