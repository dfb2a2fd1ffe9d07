-- Arrays go over as binary (%(name)b): escaping a thousand texts costs more than storing them.

-- name: devices
-- The devices a batch names, by vendor and number.
select d.device_id, d.vendor_code, d.device_no, d.unit_id, d.kind, d.status, d.settings::text
from unnest(%(vendors)b::text[], %(numbers)b::text[]) as asked (vendor_code, device_no)
join devices d using (vendor_code, device_no)

-- name: vendors
-- The vendors a batch names.
select vendor_code, status from vendors where vendor_code = any (%(vendors)b::text[])

-- name: elsewhere
-- Of the devices a vendor named without having them, those that another vendor has.
select distinct asked.vendor_code, asked.device_no
from unnest(%(vendors)b::text[], %(numbers)b::text[]) as asked (vendor_code, device_no)
join devices d on d.device_no = asked.device_no and d.vendor_code <> asked.vendor_code

-- name: add_metrics
-- A number for each metric of policy that has none yet. A row that is there already would use up a number each time.
insert into metrics (code)
select code from unnest(%(codes)b::text[]) as told (code) where code not in (select code from metrics)
on conflict (code) do nothing

-- name: metrics
-- The numbers of all metrics.
select metric_id, code from metrics

-- name: known_deliveries
-- Deliveries and packets that were stored before, with the time.
select digest, received_at from deliveries where digest = any (%(digests)b::bytea[])

-- name: remember_deliveries
-- Remember deliveries, under the latest time.
insert into deliveries (digest, received_at)
select distinct on (digest) digest, received_at
from unnest(%(digests)b::bytea[], %(times)b::timestamptz[]) as seen (digest, received_at)
order by digest, received_at desc
on conflict (digest) do update set received_at = greatest(deliveries.received_at, excluded.received_at)

-- name: forget_deliveries
-- Deliveries whose window has passed.
delete from deliveries where received_at < %(before)s

-- name: begin_devices
-- A row for each device that is heard for the first time.
insert into device_last (device_id, last_received_at, online_since)
select device_id, heard, heard
from unnest(%(devices)b::integer[], %(heard)b::timestamptz[]) as heard (device_id, heard)
order by device_id
on conflict (device_id) do nothing

-- name: lock_devices
-- The last state of the devices of a batch, locked in one order so that two processes can't wait for each other.
select device_id, last_ts, last_received_at, online, online_since, offline_since
from device_last where device_id = any (%(devices)b::integer[])
order by device_id for update

-- name: keep_devices
-- The new last state of devices.
update device_last l
set last_ts = n.last_ts, last_received_at = n.last_received_at, online = n.is_online,
    online_since = case when n.is_online then n.online_since else l.online_since end,
    offline_since = case when n.is_online then null else l.offline_since end
from unnest(%(devices)b::integer[], %(last)s::timestamptz[], %(heard)b::timestamptz[], %(is_online)b::boolean[],
            %(online)s::timestamptz[]) as n (device_id, last_ts, last_received_at, is_online, online_since)
where l.device_id = n.device_id
