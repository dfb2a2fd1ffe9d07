-- name: vendors
-- The vendor that a trial names.
select vendor_code, status from vendors where vendor_code = %(vendor)s

-- name: devices
-- The devices that a trial names, and whether another vendor has one of that number.
select asked.device_no, d.device_id, d.unit_id, d.kind, d.status, d.settings::text,
    exists (select from devices o where o.device_no = asked.device_no and o.vendor_code <> %(vendor)s) as elsewhere
from unnest(%(numbers)s::text[]) as asked (device_no)
left join devices d on d.vendor_code = %(vendor)s and d.device_no = asked.device_no

-- name: stored
-- What is stored already under the keys of a trial's readings.
select asked.place, r.value
from unnest(%(devices)s::integer[], %(names)s::text[], %(times)s::timestamptz[])
     with ordinality as asked (device_id, code, ts, place)
join metrics m using (code)
join readings r on r.device_id = asked.device_id and r.metric_id = m.metric_id and r.ts = asked.ts

-- name: stored_states
-- What is stored already under the keys of a trial's states.
select asked.place, s.value
from unnest(%(devices)s::integer[], %(names)s::text[], %(times)s::timestamptz[])
     with ordinality as asked (device_id, key, ts, place)
join states s using (device_id, key, ts)
