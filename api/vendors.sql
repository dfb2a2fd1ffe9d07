-- name: listing
-- Vendors with their devices, their valid keys and what they sent in the last day.
select v.vendor_code, v.name, v.status,
       (select count(*) from devices d where d.vendor_code = v.vendor_code and d.status = 'active') as devices,
       (select count(*) from vendor_keys k where k.vendor_code = v.vendor_code and k.revoked_at is null
        and (k.ends_at is null or k.ends_at > %(now)s)
        and (k.certificate_ends_at is null or k.certificate_ends_at > %(now)s)) as valid_keys,
       coalesce(h.messages, 0)::bigint as messages, coalesce(h.refused, 0)::bigint as refused
from vendors v
left join lateral (select sum(messages) as messages, sum(refused) as refused from vendor_hours h
                   where h.vendor_code = v.vendor_code and h.hour > %(now)s::timestamptz - interval '24 hours') h on true
order by v.vendor_code limit %(limit)s;

-- name: state
-- How the active devices of a vendor stand.
select count(*) as devices, count(*) filter (where l.online) as online,
       count(*) filter (where not l.online) as offline, count(*) filter (where l.device_id is null) as unheard,
       max(l.last_received_at) as last_heard
from devices d left join device_last l using (device_id)
where d.vendor_code = %(vendor)s and d.status = 'active';

-- name: days
-- What a vendor sent on each legal day, by form, the newest first.
select legal_day(hour) as day, form, sum(messages)::bigint as messages, sum(bytes)::bigint as bytes,
       sum(readings)::bigint as readings, sum(events)::bigint as events, sum(refused)::bigint as refused
from vendor_hours
where vendor_code = %(vendor)s and hour >= %(since)s
group by 1, 2 order by 1 desc, 3 desc, 2 limit %(limit)s;

-- name: hours
-- What a vendor sent in each hour, by form, the newest first.
select hour, form, sum(messages)::bigint as messages, sum(bytes)::bigint as bytes, sum(readings)::bigint as readings,
       sum(events)::bigint as events, sum(refused)::bigint as refused
from vendor_hours
where vendor_code = %(vendor)s and hour >= %(since)s
group by 1, 2 order by 1 desc, 3 desc, 2 limit %(limit)s;

-- name: devices
-- A vendor's devices with when they were heard and the newest value of each metric, over the month before that.
select d.device_no, d.kind, d.location, d.status, u.name as unit_name, l.online, l.last_ts, l.last_received_at,
       coalesce(newest.values, '{}') as values, d.total
from (select *, count(*) over () as total from devices
      where vendor_code = %(vendor)s and (%(text)s::text is null or device_no ilike %(text)s)
      order by device_no limit %(limit)s offset %(offset)s) d
join units u using (unit_id) left join device_last l using (device_id) left join lateral (
    select jsonb_object_agg(m.code, jsonb_build_array(r.value, to_char(
               r.ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) as values
    from metrics m cross join lateral (
        select value, ts from readings
        where device_id = d.device_id and metric_id = m.metric_id and ts > l.last_ts - interval '30 days'
        order by ts desc limit 1) r) newest on true
order by d.device_no;

-- name: events
-- What a vendor's devices told of last: alarms, faults, tests and their ends, the newest received first.
select d.device_no, e.kind, e.point, e.active, e.ts, e.device_ts, e.received_at
from events e join devices d using (device_id)
where d.vendor_code = %(vendor)s and e.received_at > %(since)s and e.received_at <= %(now)s
order by e.received_at desc, d.device_no, e.kind, e.point limit %(limit)s;

-- name: numbers
-- Numbers of devices to choose from.
select device_no from devices where vendor_code = %(vendor)s and status = 'active' order by device_no limit %(limit)s;

-- name: refused
-- What of a vendor is in quarantine, for a file.
select quarantine_id, received_at, topic, reason_code, reason, times, payload_bytes, substring(payload for 2049) as payload
from quarantine where vendor_code = %(vendor)s and (%(reason)s::text is null or reason_code = %(reason)s)
order by quarantine_id desc limit %(limit)s;
